#pragma once
/// The tensor front door of the kernels: checks shapes, dtypes and devices, allocates outputs,
/// calls the floor (cpu.h). Every operation also has a form composed of ATen operations: the one
/// that training differentiates, and the one for what the floor does not take (fp64, head widths
/// that are no multiple of 32). The floor's results do not depend on the number of threads.
///
/// Letters as in the paper: Q, K, V queries, keys, values; M, z memory and normaliser; φ feature
/// map; B batch, H query heads, G KV heads, R = H/G query heads per KV head (head h = g·R + r), T
/// rows, S keys, d head width, f feature width, E width. Same input, same bits at a fixed thread
/// count. All throw c10::Error when shapes, dtypes or devices disagree.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace engine::kernels {

/// x · rsqrt(mean(x²) + ε) · weight over the last dimension, in fp32, rounded once to `dtype`.
///
/// x (…, E) fp32, weight (E) fp32; returns (…, E) of `dtype`.
at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon,
                   at::ScalarType dtype);

/// SiLU(gate) · up of a row [gate | up].
///
/// gateUp (…, 2·F); returns (…, F) of the same dtype.
at::Tensor siluMultiply(const at::Tensor& gateUp);

/// Rotary embedding in rotate-half order: (x₁, x₂) → (x₁·cos − x₂·sin, x₂·cos + x₁·sin) times
/// `scale`, in fp32, rounded once.
///
/// x (B, T, heads, d) of any strides; cosines, sines (T, d/2) fp32; returns (B, T, heads, d),
/// contiguous, dtype of x.
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines,
                  double scale);

/// softmax(Q·Kᵀ)·V where row t sees the keys 0 … S − T + t: the last T keys are the rows' own.
/// Scores are not scaled.
///
/// query (B, T, H, d), key and value (B, G, S, d), S ≥ T; returns (B, T, H·d), dtype of query. Keys
/// that no row of a block of rows sees cost nothing (blocks of 64 rows on the floor, of 128 in the
/// composed form), and the heads of a group share K and V without a copy.
at::Tensor causalAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value);

/// What `attend` reads from the memory beside local attention.
struct MemoryReadout {
    at::Tensor query;  ///< (B, T, H, f) before the feature map, bf16, fp32 or fp64
    at::Tensor memory; ///< M (B, G, f, d) fp32
    at::Tensor norm;   ///< z (B, G, f) fp32
    at::Tensor gate;   ///< g (H) or, by row, (T, H) in [0, 1]
    double epsilon;
};

/// The rows of B sequences in one pass: rotary embedding, local attention over the S − T
/// earlier keys and the rows' own, the memory's read-out, the gate and one store. The same as
/// `rotate`, `causalAttention`, `memoryRead` and `gatedMix` after another, within rounding.
///
/// query (B, T, H, d), key and value (B, S, G, d), S ≥ T, without rotary embedding, of any strides
/// with contiguous heads; cosines, sines (S, d/2) fp32, the last T of them the rows' own; scores
/// are scaled by `scale`. Returns (B, T, H·d), dtype of query. `gated`, where it is given and
/// something is read, becomes g·A_mem alone, of the same shape and dtype.
at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  const at::Tensor& cosines, const at::Tensor& sines, double scale,
                  const std::optional<MemoryReadout>& read, at::Tensor* gated = nullptr);

/// What the memory adds to local attention (B, T, H·d) that lies there already: as the end of
/// `attend`.
at::Tensor mixedRead(const MemoryReadout& read, const at::Tensor& local, at::Tensor* gated);

/// x += delta, in place, and its `rmsNorm` as in one pass. x (…, E) fp32, delta (…, E) of `dtype`.
at::Tensor addRmsNorm(at::Tensor& x, const at::Tensor& delta, const at::Tensor& weight,
                      double epsilon);
/// x += delta, in place. x (…, E) fp32, delta (…, E).
void addTo(at::Tensor& x, const at::Tensor& delta);

/// φ(x) = x > 0 ? x + 1 : exp(x) in fp32 (or in fp64 for fp64 input), never as elu(x) + 1, which
/// loses small values.
at::Tensor featureMap(const at::Tensor& x);

/// φ(K) of rows that are written, times their `scales`, as `memoryIncrement` takes both. key
/// (B, T, G, f); returns the same shape in fp32 or fp64.
at::Tensor scaledFeatures(const at::Tensor& key, const at::Tensor& scales);

/// Reads the compressive memory with one segment's queries.
///
///     A_mem = φ(Q)·M / max(φ(Q)·z, ε)      Infini-attention (arXiv:2404.07143), eq. 7
///
/// query (B, T, H, d) bf16, fp32 or fp64, without rotary embedding; memory (B, G, d, dv) and norm
/// (B, G, d) in fp32, fp64 or, as a rounded copy, bf16. Returns (B, T, H, dv) fp32, or fp64 for
/// fp64 input; rows whose φ(Q)·z is 0 are 0, not NaN.
at::Tensor memoryRead(const at::Tensor& query, const at::Tensor& memory, const at::Tensor& norm,
                      double epsilon);

/// What one segment adds to the memory.
struct MemoryIncrement {
    at::Tensor memory; ///< dM = φ(K)ᵀ·V (B, G, d, dv)
    at::Tensor norm;   ///< dz = Σ φ(K)  (B, G, d)
};

/// Writes by the linear rule (eq. 8), where φ(K) is multiplied by `scales`. A row with scale 0
/// leaves no trace, whatever it holds, NaN included.
///
/// key and value (B, T, G, f), (B, T, G, dv) of bf16, fp32 or fp64; `scales` (B, T), a mask, or
/// (B, T, G), a write gate, 0 or more; undefined for all ones. Sums in fp32 (fp64 for fp64 input),
/// in blocks of 64 rows added in order, so that rows appended with scale 0 change no bit.
MemoryIncrement memoryIncrement(const at::Tensor& key, const at::Tensor& value,
                                const at::Tensor& scales = {});

/// What one segment does to the memory by the delta rule (eq. 9) in affine form, M ← M − A·M + B
/// and z ← z + dz, with
///
///     A = φ(K)ᵀ·diag(1 / max(φ(K)·z, ε))·φ(K),   B = φ(K)ᵀ·V
///
/// A row whose φ(k)·z is 0 takes nothing away, so on an empty memory A = 0 and the rule is linear.
struct DeltaIncrement {
    at::Tensor transition; ///< A  (B, G, d, d)
    at::Tensor memory;     ///< B  (B, G, d, dv)
    at::Tensor norm;       ///< dz (B, G, d)
};

/// Needs z before the segment, norm (B, G, d), and not M, so that all segments can be prepared at
/// once. Otherwise as `memoryIncrement`.
DeltaIncrement deltaIncrement(const at::Tensor& key, const at::Tensor& value,
                              const at::Tensor& norm, double epsilon,
                              const at::Tensor& scales = {});

/// M − A·M + B, the serial part of the delta rule; memory (B, G, d, dv) of the increment's dtype.
at::Tensor affineStep(const at::Tensor& memory, const DeltaIncrement& increment);

/// Attends to the `count` most similar of many stored keys (Memorizing Transformers,
/// arXiv:2203.08913): per row and head the exact largest Q·Kᵀ·scale, softmax over them, Σ p·V.
///
/// query (B, T, H, d), key and value (B, G, S, d), S ≥ 1, of any float dtypes; scores and sums in
/// fp32, or fp64 for an fp64 query. Returns (B, T, H, d) fp32 or fp64. Finds by matrix products
/// over all S, in blocks of rows that keep 32 MB of scores at a time.
at::Tensor nearestRead(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                       std::int64_t count, double scale);

/// g·A_mem + (1 − g)·A_dot (eq. 10) in fp32, rounded once to the dtype of `local`.
///
/// memory (B, T, H, d), local (B, T, H·d), gate (H) or (T, H) in [0, 1]; returns (B, T, H·d).
at::Tensor gatedMix(const at::Tensor& memory, const at::Tensor& local, const at::Tensor& gate);

} // namespace engine::kernels
