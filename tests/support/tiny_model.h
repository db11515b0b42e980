#pragma once
/// A model small enough to be made in a test: 2 layers, 32 wide, 4 heads, 2 KV heads, head width 8,
/// feed-forward 64, context 2,048 tokens, all tensors fp32 and random by a seed; byte-level BPE
/// with the three ChatML tokens, one token per byte and a few merges.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/gguf_writer.h"

namespace tests {

/// Ids of the control tokens; the 256 byte tokens and the merged ones follow.
inline constexpr std::int32_t kTinyEndOfText = 0; ///< <|endoftext|>
inline constexpr std::int32_t kTinyStart = 1;     ///< <|im_start|>
inline constexpr std::int32_t kTinyEnd = 2;       ///< <|im_end|>, the end-of-sequence token

inline constexpr std::int64_t kTinyHeadWidth = 8;

struct TinyTokenizer {
    std::vector<std::string> tokens; ///< as byte-level BPE writes them, by id
    std::vector<std::int32_t> types; ///< 1 normal, 3 control
    std::vector<std::string> merges; ///< "left right"
};
TinyTokenizer tinyTokenizer();

/// The file before it is written, so that a test can change it. `family` is "llama", "qwen2"
/// (biases on q, k and v) or "qwen3" (norms of the heads of q and k).
GgufFile tinyModel(std::uint64_t seed, const std::string& family = "llama");

/// The same seed gives the same bytes.
std::string tinyModelBytes(std::uint64_t seed);

/// Writes tinyModelBytes(1). Throws when the file cannot be written.
void writeTinyModel(const std::string& path);

} // namespace tests
