#pragma once
/// What the launch functions of the CUDA plugin take: plain structs of pointers, sizes and strides.
///
/// Letters as in the paper (arXiv:2404.07143): Q, K, V; M, z memory and normaliser; φ feature map;
/// B sequences, T rows of each, N segment length, S = ⌈T / N⌉ segments, G KV heads, R query heads
/// per KV head (head h = g·R + r), d head width, f feature width, n tokens written before a
/// segment. Sequences start at a segment's first token. bf16 values are their 16 bits.
///
/// Pointers are device memory, 16-byte aligned, strides multiples of 8 elements, d and f each 64 or
/// 128, R ≤ 16; anything else is refused before a launch.

#include <cstdint>

extern "C" {

/// Rows (B, T, heads, width) of bf16 with the last dimension contiguous; strides in elements.
struct InfolioRows {
    const std::uint16_t* data;
    std::int64_t batch, row, head;
};
struct InfolioOutputRows {
    std::uint16_t* data;
    std::int64_t batch, row, head;
};

struct InfolioSizes {
    std::int32_t batch;    ///< B ≥ 1
    std::int32_t rows;     ///< T ≥ 1
    std::int32_t segment;  ///< N ≥ 1
    std::int32_t groups;   ///< G ≥ 1
    std::int32_t perGroup; ///< R in 1 … 16
    std::int32_t width;    ///< d
    std::int32_t features; ///< f
    /// (B) rows of each sequence that are read, at most T; null: all of them.
    const std::int32_t* lengths;
    /// (B) keys of a window that stand before each sequence's first row and that all its rows see;
    /// they count as positions. With it T ≤ N: one segment. Null: none. prepare and attend only.
    const std::int32_t* past;
};

/// K prep: output = rope(key), rotate-half, position = row in its segment, after `past`.
struct InfolioPrepare {
    InfolioSizes sizes;
    InfolioRows key;              ///< (B, T, G, d)
    InfolioOutputRows output;     ///< (B, past + T, G, d); may be `key` itself without `past`
    const float *cosines, *sines; ///< (N, d/2); with `past` (past + T, d/2)
};

/// What a row writes: φk = φ(keyFeature) · scale, in fp32, rounded once to bf16. A row with mask 0
/// or scale 0 leaves no trace, whatever it holds, NaN included.
struct InfolioWrite {
    InfolioRows keyFeature;   ///< (B, T, G, f) before φ; without an adapter the un-rotated keys
    const float* scale;       ///< (B, T, G) contiguous, ≥ 0, the write gate e; null: 1
    const std::uint8_t* mask; ///< (B, T) contiguous, 0 or 1, the write mask w; null: 1
};

/// B sums of every segment (eq. 8), fp32 accumulators.
struct InfolioSums {
    InfolioSizes sizes;
    InfolioWrite write;
    InfolioRows value;      ///< (B, T, G, d)
    float* memoryIncrement; ///< (B, S, G, f, d) = φkᵀV
    float* normIncrement;   ///< (B, S, G, f) = Σ φk
    std::int32_t* written;  ///< (B, S) rows with mask 1
};

/// A sums of every segment for the delta rule (eq. 9 in affine form); 0 where n = 0.
struct InfolioDecay {
    InfolioSizes sizes;
    InfolioWrite write;
    const float* normBefore;           ///< (B, S, G, f) of scanNorm
    const std::int64_t* writtenBefore; ///< (B, S) of scanNorm
    float* decay;                      ///< (B, S, G, f, f) = φkᵀ diag(1/max(φk·z, ε)) φk
    float epsilon;
};

/// C scan over the segments in order. `before` is what the attention reads: (B, S, G, f, d + 8)
/// bf16, column d is z, the columns after it are 0.
struct InfolioScan {
    InfolioSizes sizes;
    float* memory;                ///< (B, G, f, d), in and out
    float* norm;                  ///< (B, G, f), in and out
    std::int64_t* count;          ///< n (B), in and out
    const float* memoryIncrement; ///< of sums
    const float* normIncrement;
    const std::int32_t* written;
    const float* decay;          ///< of decay; null: the linear rule
    float* normBefore;           ///< (B, S, G, f), out
    std::int64_t* writtenBefore; ///< n before each segment (B, S), out
    std::uint16_t* before;       ///< out
    const std::int32_t* due;     ///< (S) slot for the state after the segment, or −1; null: none
    float* memorySnapshots;      ///< (slots, B, G, f, d), out; unused without `due`
    float* normSnapshots;        ///< (slots, B, G, f), out; unused without `due`
};

/// A: causal attention inside each segment (eq. 6), read of the memory before the segment (eq. 7)
/// and mix (eq. 10). Where n = 0 the output has the bits of attention alone.
struct InfolioAttend {
    InfolioSizes sizes;
    InfolioRows query;            ///< (B, T, H, d), not rotated
    InfolioRows queryFeature;     ///< (B, T, H, f) before φ
    InfolioRows key;              ///< (B, past + T, G, d), rotated
    InfolioRows value;            ///< (B, past + T, G, d)
    const float *cosines, *sines; ///< (N, d/2); with `past` (past + T, d/2)
    const std::uint16_t* before;  ///< of scanMemory; null: attention alone
    const std::int64_t* writtenBefore;
    const float* gate;         ///< β (H): g = sigmoid(β + β_pos·log2(1 + position))
    const float* gatePosition; ///< β_pos (H); null: 0
    InfolioOutputRows output;  ///< (B, T, H, d); rows from `lengths` on are 0
    /// g·A_mem alone (B, T, H, d), 0 where n = 0 or the row is not read; data null: not wanted.
    InfolioOutputRows memoryPart;
    float scale;   ///< of the scores, 1/√d
    float epsilon; ///< least denominator
};

/// residual += add, then output = residual · rsqrt(mean(residual²) + ε) · weight, sums in fp32.
struct InfolioNorm {
    std::int32_t rows, width; ///< contiguous; the width is a multiple of 8
    float* residual;          ///< in and out
    const std::uint16_t* add; ///< null: 0
    const float* weight;      ///< (width)
    std::uint16_t* output;
    float epsilon;
};

/// output = SiLU(gate)·up of rows [gate | up].
struct InfolioGate {
    std::int32_t rows, width;    ///< of the output; the width is a multiple of 8
    const std::uint16_t* gateUp; ///< (rows, 2·width) contiguous
    std::uint16_t* output;
};
}
