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

inline constexpr std::int64_t kGroupValues = 32; ///< of one int8 group

/// Whether the values of a type are groups of q·scale + offset with q in int8 and fp16 for the
/// rest: Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0.
bool isGrouped(TensorType type);

/// The `count` values of such a type as int8: q and, by group, scale and offset as fp16. q·scale +
/// offset has the bits that `unpack` gives; where the type has no offset it is −0, which changes no
/// bit of a sum, the sign of zero included.
void unpackGroups(TensorType type, const std::uint8_t* data, std::int64_t count, std::int8_t* q,
                  std::uint16_t* groups);

/// Rounds `count` values to the nearest bf16, ties to even. A NaN stays a NaN.
void roundToBfloat16(const float* values, std::int64_t count, std::uint16_t* out);

/// Whether none of `count` values is a NaN or infinite.
bool isFinite(const float* values, std::int64_t count);

} // namespace engine::model
