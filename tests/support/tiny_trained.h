#pragma once
/// What files that a training of the tiny model left have in common, whatever was trained.

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/safetensors_writer.h"

namespace tests {

/// A file with the fields that every kind has, of rank 4, and `own`; no tensors. `baseSha256` is
/// the hash of the tiny model's weights.
SafetensorsFile tinyTrained(const std::string& baseSha256,
                            const std::vector<std::pair<std::string, std::string>>& own);

/// Adds a tensor of values between −scale/2 and scale/2.
void addRandom(SafetensorsFile& file, std::mt19937_64& random, const std::string& name,
               const std::vector<std::int64_t>& shape, float scale = 1);

} // namespace tests
