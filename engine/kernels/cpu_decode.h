#pragma once
/// The floor's step of decoding on the CPU: one row of each of a few sequences through all layers.
/// A step reads every weight once, so the bytes of the weights are its limit; it runs in one
/// region of the team, with barriers between its products instead of a region for each.

#include <cstdint>

#include "engine/kernels/cpu.h"

namespace engine::kernels::cpu {

constexpr std::int64_t kMostRank = 64;
constexpr std::int64_t kMostSequences = 8; ///< of a step, and rows of a RowProduct

/// (outputs, inputs), row after row, in the element type of the step or, with `groups`, int8 in
/// groups of 32 along the input: value = q·scale + offset.
struct Matrix {
    const void* values;
    const std::uint16_t* groups; ///< (outputs, inputs/32, 2) fp16 scale and offset; null: not int8
    std::int64_t outputs, inputs;
};

/// What a trained adapter asks the memory with: φ(F·(q + up·(down·x)) + b), x the normed input.
struct QueryFeatures {
    const float *down, *up;      ///< (r, E), (r, H·d)
    const float *matrix, *bias;  ///< F of each head transposed (H, d, f), (H, f)
    std::int64_t rank, features; ///< r, f
};

/// What a trained adapter adds to the output of attention: up·(down·(g·A_mem)).
struct OutputAddition {
    const float *down, *up; ///< (r, H·d), (r, E)
    std::int64_t rank;
};

struct DecodeLayer {
    const float *attentionNorm, *feedForwardNorm; ///< (E)
    Matrix qkv, output, gateUp, down;             ///< ((H + 2G)·d, E), (E, H·d), (2F, E), (E, F)
    const float* qkvBias;                         ///< ((H + 2G)·d) or null
    const float *queryNorm, *keyNorm;             ///< (d) or null
    const float *memory, *norm;                   ///< M (G, f, d), z (G, f); null: not read
    const float* gates; ///< g of head h in sequence b at b·gateStride + h
    std::int64_t gateStride;
    const QueryFeatures* query;     ///< null: φ(q), f = d
    const OutputAddition* addition; ///< null: nothing
};

/// A sequence's keys (turned) and values of one layer: (G, capacity, d).
struct Cache {
    void *keys, *values;
    std::int64_t capacity;
};

/// All sequences share weights and memory. d, f and all inputs multiples of 32, d and f up to 256,
/// r up to kMostRank.
struct DecodeStep {
    Element element;
    std::int64_t threads; ///< of the team at most
    std::int64_t sequences, layers;
    std::int64_t width, heads, groups, headWidth, feedForward; ///< E, H, G, d, F
    float normEpsilon, memoryEpsilon, scale;
    const DecodeLayer* layer;      ///< (layers)
    const Cache* caches;           ///< (layers, sequences)
    const std::int64_t* positions; ///< (sequences): rows before this one, which is stored behind
    const float *cosines, *sines;  ///< (sequences, d/2)
    float* x;                      ///< (sequences, E) residual stream, in and out
    std::uint32_t* scratch;        ///< scratch() words, aligned to 64 bytes
};

/// y = x·Wᵀ for a few rows, without rounding the result.
struct RowProduct {
    Element element; ///< of x
    std::int64_t rows;
    const void* x; ///< (rows, inputs)
    Matrix matrix;
    float* y; ///< (rows, outputs)
};

struct DecodeTable {
    std::int64_t (*scratch)(const DecodeStep&);
    void (*step)(const DecodeStep&, Team);
    void (*rowProduct)(const RowProduct&, Team);
};

} // namespace engine::kernels::cpu
