#pragma once
/// Int8 weights for the tests of products with them.

#include <ATen/TensorOperators.h>

#include <cstdint>

#include "engine/kernels/ops_matrix.h"
#include "tests/unit/kernels/tensors.h"

namespace tests {

/// All values of int8, scales up to 0.01 of either sign, offsets up to 0.5.
inline engine::kernels::Matrix randomInt8(std::uint64_t seed, std::int64_t outputs,
                                          std::int64_t inputs) {
    const at::Tensor groups = random(seed + 1000, {outputs, inputs / 32, 2}, at::kFloat, 1);
    groups.select(2, 0).mul_(0.01);
    groups.select(2, 1).mul_(0.5);
    return {random(seed, {outputs, inputs}, at::kFloat, 128).floor().clamp(-128, 127).to(at::kChar),
            groups.to(at::kHalf)};
}

/// (outputs, inputs) fp64, exact.
inline at::Tensor valuesOf(const engine::kernels::Matrix& matrix) {
    const auto perGroup = [&](std::int64_t i) {
        return matrix.groups.select(2, i).to(at::kDouble).repeat_interleave(32, 1);
    };
    return matrix.values.to(at::kDouble) * perGroup(0) + perGroup(1);
}

} // namespace tests
