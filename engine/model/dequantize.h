#pragma once
/// The block formats of GGUF tensors, and their values in fp32 and bf16.

#include <cstdint>
#include <optional>

#include "engine/model/model_file.h"

namespace engine::model {

/// The unit in which a type is stored.
struct Block {
    std::int64_t values;
    std::int64_t bytes;
};

/// The block of GGML's type code; nothing when the type is not one of TensorType.
std::optional<Block> blockOf(std::uint32_t type);

/// Unpacks `count` values, a multiple of the type's block, from `data` (any alignment) into `out`.
/// Each operation of GGML's definition is rounded to fp32 once, without fused multiply-add.
void unpack(TensorType type, const std::uint8_t* data, std::int64_t count, float* out);

/// Rounds `count` values to the nearest bf16, ties to even. A NaN stays a NaN.
void roundToBfloat16(const float* values, std::int64_t count, std::uint16_t* out);

/// Whether none of `count` values is a NaN or infinite.
bool isFinite(const float* values, std::int64_t count);

} // namespace engine::model
