#pragma once
/// What the tensor front doors ask before they hand tensors to the CPU's floor.

#include <ATen/core/Tensor.h>

#include "engine/kernels/cpu.h"
#include "engine/kernels/cpu_decode.h"
#include "engine/kernels/ops_matrix.h"

namespace engine::kernels {

inline bool isFloorType(at::ScalarType type) {
    return type == at::kBFloat16 || type == at::kFloat;
}

/// Of a dtype that the floor computes with, on the CPU, and not for autograd.
inline bool isForFloor(const at::Tensor& x) {
    return x.is_cpu() && isFloorType(x.scalar_type()) && !x.requires_grad();
}

inline cpu::Element elementOf(const at::Tensor& x) {
    return x.scalar_type() == at::kBFloat16 ? cpu::Element::BFloat16 : cpu::Element::Float;
}

/// Throws c10::Error when the groups of int8 weights do not fit them.
cpu::Matrix matrixOf(const Matrix& matrix);

} // namespace engine::kernels
