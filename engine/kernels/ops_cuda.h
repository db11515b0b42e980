#pragma once
/// The way of the operations of ops.h to the CUDA plugin. What its kernels take (bf16 rows on a
/// device, heads and features of 64 or 128) goes there, on LibTorch's current stream; for the rest
/// each function returns nothing, and the caller's composed form runs on the device. Letters and
/// shapes as in ops.h.

#include "engine/kernels/cuda_device.h"
#include "engine/kernels/ops.h"

namespace engine::kernels {

/// Opens device `number` as CudaDevice::open does, sees whether LibTorch computes on it, and sends
/// tensors there to its kernels from then on. Before the first tensor on a device; one thread.
CudaOpening openCuda(const CudaLibraries& libraries, int number);

namespace cuda {

std::optional<at::Tensor> attend(const at::Tensor& query, const at::Tensor& key,
                                 const at::Tensor& value, const at::Tensor& cosines,
                                 const at::Tensor& sines, double scale,
                                 const std::optional<MemoryReadout>& read);
std::optional<at::Tensor> causalAttention(const at::Tensor& query, const at::Tensor& key,
                                          const at::Tensor& value);
std::optional<MemoryIncrement> memoryIncrement(const at::Tensor& key, const at::Tensor& value,
                                               const at::Tensor& mask);
/// A of the delta rule.
std::optional<at::Tensor> transition(const at::Tensor& key, const at::Tensor& norm, double epsilon,
                                     const at::Tensor& mask);
/// Without `delta` x keeps its values.
std::optional<at::Tensor> addRmsNorm(const at::Tensor& x, const at::Tensor& delta,
                                     const at::Tensor& weight, double epsilon);
std::optional<at::Tensor> siluMultiply(const at::Tensor& gateUp);

} // namespace cuda

} // namespace engine::kernels
