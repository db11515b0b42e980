#pragma once
/// An adapter for the tiny model: memory in layer 1, 16 features, rank 4, all values random by a
/// seed.

#include <cstdint>
#include <string>

#include "tests/support/safetensors_writer.h"

namespace tests {

/// The file before it is written, so that a test can change it. `baseSha256` is the hash of the
/// tiny model's weights.
SafetensorsFile tinyAdapter(std::uint64_t seed, const std::string& baseSha256);

} // namespace tests
