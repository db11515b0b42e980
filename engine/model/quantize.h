#pragma once
/// The int8 form of weights whose file has another one.

#include <cstdint>

namespace engine::model {

/// Rounds `count` finite values, a multiple of 32, to groups of int8: value = q·scale + offset.
/// Each group is symmetric (offset 0) or affine, whichever has the smaller sum of squared errors;
/// in both a value is off by half its group's scale at most. `groups` gets scale and offset of each
/// group as fp16. False when a group's values are too large for fp16 scales.
bool quantize(const float* values, std::int64_t count, std::int8_t* q, std::uint16_t* groups);

} // namespace engine::model
