#pragma once
/// A trained memory adapter as its file holds it: one safetensors file, checked like a model file
/// (infini-attention.md, section 5).
///
/// Letters: l memory layers, L layers, E width, H query heads, G KV heads, d head width, f
/// features, r rank, N segment; x is the normed input of a layer.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/model/memory.h"
#include "engine/model/weights.h"

namespace engine::model {

/// A low-rank addition (α/r)·x·Dᵀ·Uᵀ to a projection; α/r is AdapterFile's.
struct LowRank {
    at::Tensor down; ///< D, (l, r, in)
    at::Tensor up;   ///< U, (l, out, r)
};

/// Immutable. All tensors are fp32 and finite; bf16 values are widened.
struct AdapterFile {
    Adapter adapter; ///< layers, f, β, ε; the hash is that of the file's bytes

    at::Tensor betaPosition; ///< (l, H), gate bias per log2(1 + position in segment), or undefined
    at::Tensor queryFeature; ///< Fq (l, H, f, d)
    at::Tensor queryBias;    ///< bq (l, H, f)
    at::Tensor keyFeature;   ///< Fk (l, G, f, d)
    at::Tensor keyBias;      ///< bk (l, G, f)
    at::Tensor writeU;       ///< u (l, G, E); write gate e = sigmoid(u·x + c)
    at::Tensor writeC;       ///< c (l, G)
    LowRank query, key, value; ///< of the memory path: in E; out H·d, G·d, G·d
    LowRank output;            ///< on g·A_mem only: in H·d, out E; or undefined

    std::int64_t rank = 0;          ///< r, 1 to 1,024
    double alpha = 0;               ///< α, above 0
    std::string rule;               ///< "linear" or "delta"
    std::int64_t segmentTokens = 0; ///< N, a multiple of 64 up to the model's context
    std::int64_t steps = 0;         ///< of training
    std::int64_t seed = 0;
    double perplexityWithMemory = 0, perplexityZeroed = 0; ///< as measured, 1 or more
    std::string baseName, engineVersion, dataSha256, passkey, license;

    /// Throws FileMissing; NotAFile; BadWeights naming file, field or tensor, found and expected:
    /// whatever readSafetensors refuses; a field missing or out of range; an adapter of another
    /// base than `weights`; tensors unknown, missing, of another shape or type, not finite.
    static std::shared_ptr<const AdapterFile> load(const std::string& path, const Weights& weights);
    /// The same on bytes in memory.
    static std::shared_ptr<const AdapterFile> parse(std::string_view bytes, const std::string& path,
                                                    const Weights& weights);
};

} // namespace engine::model
