#pragma once
/// Whether the CUDA kernels compute on a device what plain loops on the CPU compute.

#include "engine/kernels/cuda_plugin.h"

#include <string>

namespace engine::kernels {

/// Runs every launch function on small inputs, in all shapes of heads and features, on device
/// `number`. Returns "" or what is wrong, as part of a sentence. Results may differ by 2e-2
/// (infini-attention.md, section 13, bf16).
std::string cudaSelfTest(const InfolioCudaTable& table, int number);

} // namespace engine::kernels
