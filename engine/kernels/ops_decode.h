#pragma once
/// The tensor front door of decoding: one token of each of a few sequences through all layers in
/// one call. Letters as in ops.h; F feed-forward width.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "engine/kernels/ops_matrix.h"

namespace engine::kernels {

/// Weights of one layer: matrices all int8, or all of one dtype, bf16 or fp32; everything else
/// fp32. Undefined tensors: no bias, no norm of heads.
struct DecodeLayer {
    at::Tensor attentionNorm, feedForwardNorm; ///< (E)
    Matrix qkv, output, gateUp, down;          ///< ((H + 2G)·d, E), (E, H·d), (2F, E), (E, F)
    at::Tensor qkvBias;                        ///< ((H + 2G)·d)
    at::Tensor queryNorm, keyNorm;             ///< (d)
};

/// What a trained adapter asks the memory with: φ(F·(q + up·(down·x)) + b), x the normed input;
/// fp32 and contiguous.
struct DecodeQuery {
    at::Tensor down, up;     ///< (r, E), (r, H·d); scaled by α/r already
    at::Tensor matrix, bias; ///< Fᵀ of each head (H, d, f), b (H, f)
};

/// What a trained adapter adds to the output of attention: up·(down·(g·A_mem)); fp32, contiguous.
struct DecodeAddition {
    at::Tensor down, up; ///< (r, H·d), (r, E); scaled by α/r already
};

/// What is read from the memory, fp32 and contiguous: layer firstLayer + i reads memory[i].
struct DecodeMemory {
    std::int64_t firstLayer = 0;
    std::span<const at::Tensor> memory, norm;  ///< M (1, G, f, d), z (1, G, f); empty: nothing
    at::Tensor gates;                          ///< (layers that read, H) or (layers, B, H)
    std::span<const DecodeQuery> queries;      ///< of each of these layers; empty: φ(q), f = d
    std::span<const DecodeAddition> additions; ///< of each of these layers; or empty
};

/// Keys, turned, and values of one sequence in one layer: (1, G, capacity, d), contiguous.
struct DecodeCache {
    at::Tensor keys, values;
};

struct DecodeSizes {
    std::int64_t heads, groups, headWidth;
    double normEpsilon, memoryEpsilon, scale;
};

/// Whether `decode` takes such layers: on the CPU, widths multiples of 32, up to eight sequences.
bool canDecode(std::span<const DecodeLayer> layers, const DecodeMemory& memory,
               const DecodeSizes& sizes, std::int64_t sequences);

/// x (B, E) fp32 residual stream, in place; caches (layers × B) of the dtype of the weights, beside
/// int8 bf16 or fp32, where row b is stored behind its positions[b] earlier rows; cosines, sines
/// (B, d/2) fp32. The same as the layers one after another, within rounding. Results do not depend
/// on the number of threads. Throws c10::Error where shapes, dtypes or capacities disagree.
void decode(std::span<const DecodeLayer> layers, const DecodeMemory& memory,
            const DecodeSizes& sizes, std::span<const DecodeCache> caches,
            std::span<const std::int64_t> positions, const at::Tensor& cosines,
            const at::Tensor& sines, at::Tensor& x);

} // namespace engine::kernels
