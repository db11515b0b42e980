#pragma once
/// Launches and device memory; what the CUDA runtime refuses comes back as a status.

#include "engine/kernels/device.h"

#if defined(__CUDACC__)

namespace engine::kernels::device {

inline InfolioCudaStatus statusOf(cudaError_t error) {
    if (error == cudaSuccess) {
        return {kInfolioCudaDone, ""};
    }
    return {error == cudaErrorMemoryAllocation ? kInfolioCudaNoMemory : kInfolioCudaFailed,
            cudaGetErrorString(error)};
}

/// The most shared memory that a block takes; every device from 8.0 on has it.
constexpr std::size_t kMostSharedBytes = 96 * 1024;

/// Shared memory is a parameter so that the name tells it to whoever reads what ptxas says.
template <class Kernel, class Arguments, std::size_t kSharedBytes>
__global__ void __launch_bounds__(Kernel::kThreads)
    entry(const __grid_constant__ Arguments arguments) {
    Kernel::run(arguments);
}

/// Runs Kernel::run in grid.x · grid.y · grid.z blocks of Kernel::kThreads threads with
/// Kernel::kSharedBytes of shared memory.
template <class Kernel, class Arguments>
InfolioCudaStatus launch(Index grid, const Arguments& arguments, void* stream) {
    static_assert(Kernel::kSharedBytes <= kMostSharedBytes);
    auto* kernel = entry<Kernel, Arguments, Kernel::kSharedBytes>;
    if (Kernel::kSharedBytes > 48 * 1024) {
        const cudaError_t error =
            cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 static_cast<int>(Kernel::kSharedBytes));
        if (error != cudaSuccess) {
            return statusOf(error);
        }
    }
    kernel<<<dim3(grid.x, grid.y, grid.z), Kernel::kThreads, Kernel::kSharedBytes,
             static_cast<cudaStream_t>(stream)>>>(arguments);
    return statusOf(cudaGetLastError());
}

inline InfolioCudaStatus use(int number) {
    return statusOf(cudaSetDevice(number));
}
inline InfolioCudaStatus allocate(void** memory, std::size_t bytes) {
    return statusOf(cudaMalloc(memory, bytes));
}
inline InfolioCudaStatus release(void* memory) {
    return statusOf(cudaFree(memory));
}
inline InfolioCudaStatus copy(void* target, const void* source, std::size_t bytes, void* stream) {
    const auto queue = static_cast<cudaStream_t>(stream);
    const cudaError_t error = cudaMemcpyAsync(target, source, bytes, cudaMemcpyDefault, queue);
    return statusOf(error != cudaSuccess ? error : cudaStreamSynchronize(queue));
}

} // namespace engine::kernels::device

#endif
