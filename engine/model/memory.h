#pragma once
/// The compressive memory of Infini-attention, what decides how it is read and written, and the
/// modes of reading.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/config.h"

namespace engine::model {

/// What a segment sees of the text before it.
enum class Mode {
    InfiniLinear,   ///< the memory, written by the linear rule
    InfiniDelta,    ///< the memory, written by the delta rule
    Local,          ///< nothing
    Xl,             ///< the tokens of the segment before (Transformer-XL)
    Compressive,    ///< as Xl, and pooled older ones (Compressive Transformer)
    Knn,            ///< as Xl, and in one layer the nearest of many (Memorizing Transformer)
    Full,           ///< everything
    Rmt,            ///< the vectors that the segment before wrote (Recurrent Memory Transformer)
    Autocompressor, ///< the vectors of all segments (AutoCompressor)
};

/// "infini-linear", "infini-delta", "local", "xl", "compressive", "knn", "full", "rmt" or
/// "autocompressor". Throws WrongUse for another name, naming them all.
Mode modeFromName(const std::string& name);
std::string nameOf(Mode mode);

/// Whether the mode reads and writes a `Memory`.
bool hasMemory(Mode mode);
/// Whether the mode carries vectors, which a `Prompt` was trained for.
bool hasVectors(Mode mode);
/// Whether a state of this mode may be stored: those of Knn, Full and Autocompressor grow with the
/// text.
bool isStorable(Mode mode);

/// The gate of every memory head without a trained adapter.
inline constexpr double kUntrainedGate = 0.06;

/// A low-rank addition (α/r)·x·Dᵀ·Uᵀ to a projection, for each memory layer.
struct LowRank {
    at::Tensor down; ///< D (l, r, in)
    at::Tensor up;   ///< U (l, out, r)
};

/// Which layers have memory, and how they read and write it (infini-attention.md, sections 2 and
/// 5). Without a trained adapter: g = 0.06 in the layers between 50 % and 83 % of the depth,
/// identity features, no deltas. Immutable; all tensors fp32.
///
/// Letters: l memory layers, E width, H query heads, G KV heads, d head width, f features, r rank;
/// x is the normed input of a layer.
struct Adapter {
    std::int64_t firstLayer = 0, lastLayer = -1; ///< inclusive, counted from 0
    std::int64_t features = 0;                   ///< f; d without a trained adapter
    at::Tensor beta;                             ///< β (l, H)
    double epsilon = 1e-10;
    std::string sha256 = "none";    ///< of the file in use, be it this adapter's or a prompt's
    std::vector<std::string> texts; ///< SHA-256 of what that was trained on; empty: not told

    // Of a trained adapter; undefined without one.
    at::Tensor betaPosition;   ///< (l, H), g = sigmoid(β + this·log2(1 + position)), or undefined
    at::Tensor queryFeature;   ///< Fq (l, H, f, d)
    at::Tensor queryBias;      ///< bq (l, H, f)
    at::Tensor keyFeature;     ///< Fk (l, G, f, d)
    at::Tensor keyBias;        ///< bk (l, G, f)
    at::Tensor writeU;         ///< u (l, G, E); write gate e = sigmoid(u·x + c)
    at::Tensor writeC;         ///< c (l, G)
    LowRank query, key, value; ///< of the memory path: in E; out H·d, G·d, G·d
    LowRank output;            ///< on g·A_mem only: in H·d, out E; or undefined
    double deltaScale = 1;     ///< α/r of all four
    std::string rule;          ///< "linear" or "delta", by which the memory was written in training
    /// N that it was measured for, the longest of its training; a multiple of 64 up to the model's
    /// context.
    std::int64_t segmentTokens = 0;

    [[nodiscard]] bool isTrained() const { return queryFeature.defined(); }

    static std::shared_ptr<const Adapter> untrained(const Config& config,
                                                    double gate = kUntrainedGate);
    [[nodiscard]] std::int64_t layers() const { return lastLayer - firstLayer + 1; }
};

/// M, z and n of every memory layer, on the adapter's device. Value semantics are explicit: `clone`
/// copies.
struct Memory {
    std::vector<at::Tensor> M; ///< per memory layer (B, G, f, d) fp32
    std::vector<at::Tensor> z; ///< per memory layer (B, G, f) fp32
    std::int64_t tokens = 0;   ///< n, tokens written so far

    static Memory empty(const Config& config, const Adapter& adapter, std::int64_t batch = 1);
    [[nodiscard]] Memory clone() const;
    [[nodiscard]] std::int64_t bytes() const; ///< 4·layers·G·f·(d + 1) for B = 1
};

} // namespace engine::model
