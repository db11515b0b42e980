#pragma once
/// Recurrent prompts for the tiny model: 3 vectors, rank 4, all values random by a seed.

#include <cstdint>
#include <string>

#include "tests/support/safetensors_writer.h"

namespace tests {

/// The file before it is written, so that a test can change it. `method` is rmt or autocompressor,
/// `baseSha256` the hash of the tiny model's weights.
SafetensorsFile tinyPrompt(std::uint64_t seed, const std::string& method,
                           const std::string& baseSha256);

} // namespace tests
