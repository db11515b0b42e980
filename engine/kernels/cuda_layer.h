#pragma once
/// Infini-attention of one layer over all segments of several sequences on a CUDA device: the
/// launch functions in their order, and the device memory between them.

#include "engine/kernels/cuda_plugin.h"

namespace engine::kernels {

/// Letters, layouts and limits as in cuda_arguments.h; everything is device memory of the caller.
struct CudaLayer {
    InfolioSizes sizes;
    InfolioRows query, key, value;                     ///< before rotary embedding, for attention
    InfolioRows queryFeature, keyFeature, memoryValue; ///< of the memory path: before φ, and Vm
    const float *cosines, *sines;                      ///< (N, d/2)
    const float* writeScale;                           ///< as InfolioWrite
    const std::uint8_t* writeMask;
    bool isDelta;                     ///< the delta rule in place of the linear one
    float *memory, *norm;             ///< M (B, G, f, d), z (B, G, f), in and out
    std::int64_t* count;              ///< n (B), in and out
    const float *gate, *gatePosition; ///< as InfolioAttend
    float scale, epsilon;             ///< as InfolioAttend
    InfolioOutputRows output;         ///< (B, T, H, d)
    InfolioOutputRows memoryPart;     ///< as InfolioAttend
    float* normIncrement;             ///< dz of every segment (B, S, G, f), for the ledger
    const std::int32_t* due;          ///< as InfolioScan
    float *memorySnapshots, *normSnapshots;
};

/// Bytes of device memory that `runCudaLayer` needs besides.
std::size_t cudaLayerWorkspace(const CudaLayer& layer);

/// Enqueues the layer on `stream` and returns without waiting. `workspace` is 16-byte aligned and
/// may be used again by what is enqueued later. sizes.past must be null.
InfolioCudaStatus runCudaLayer(const InfolioCudaTable& table, const CudaLayer& layer,
                               void* workspace, void* stream);

} // namespace engine::kernels
