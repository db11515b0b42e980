#pragma once
/// The recurrent prompts: vectors of the width of the residual stream that carry a text from
/// segment to segment, in the modes rmt and autocompressor, over the frozen base model.
///
/// rmt: Bulatov et al. 2022 (arXiv:2207.06881), decoder form. A segment is read as
/// [memory | tokens | memory] in causal order. The outputs behind the second memory, the write
/// positions, are the memory of the next segment; they have read the first memory, the tokens and
/// the write positions before them.
///
/// autocompressor: Chevalier et al. 2023 (arXiv:2305.14788). A segment is read as
/// [summaries of all segments before | tokens | p learned summary tokens] in causal order. The
/// outputs at the summary tokens are the segment's summary vectors.
///
/// What the papers leave open, or what a frozen base asks for:
///
/// - Positions run on: the vectors that are read take 0 … m − 1, the tokens m … m + N − 1, the
///   write positions the p after them. Vectors too see only what stands before them, as in the
///   authors' later code for decoders; the first paper lets those of a block see each other.
/// - Nothing is read in the first segment, so its tokens have the base model's bits. rmt's learned
///   first memory stands at that segment's write positions alone; the papers' code also shows it to
///   the tokens.
/// - The papers train all weights or low-rank additions everywhere. Here the additions, to the
///   query, key and value projections of all layers, apply to the rows of vectors alone (those read
///   and those written). Tokens are projected by the base model and change by what they attend to.
/// - "Output" is, as in the papers' code, the residual stream behind the last layer after a norm,
///   here RMS. Its weight is trained: the model's own leads to logits and not to the scale of
///   embeddings. What is carried is the learned vectors plus that output: with a small weight at
///   first, every segment begins behind the same vectors, which a frozen base can soon read, and
///   gradients through many segments stay small.
///
/// Letters: L layers, E width, H query heads, G KV heads, d head width, p vectors of a segment, m
/// vectors that are read, r rank, B batch, T rows.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/memory.h"

namespace engine::model {

/// What is trained. Immutable; all tensors fp32.
struct Prompt {
    Mode method = Mode::Rmt; ///< or Autocompressor
    at::Tensor vectors;    ///< (p, E): rmt's memory before a text, autocompressor's summary tokens
    at::Tensor outputNorm; ///< (E), the weight of the RMS norm of what is added to the vectors
    LowRank query, key, value;      ///< (L, r, E); (L, H·d, r), (L, G·d, r), (L, G·d, r)
    double deltaScale = 1;          ///< α/r
    std::string sha256;             ///< of the file
    std::vector<std::string> texts; ///< SHA-256 of what it was trained on; empty: not told

    [[nodiscard]] std::int64_t count() const { return vectors.size(0); } ///< p
};

/// The low-rank additions made ready for use beside weights whose activations have the type
/// `activations`. Immutable.
class PromptPath {
public:
    PromptPath(const Prompt& prompt, at::ScalarType activations);

    /// Adds to the projections of rows of vectors, in place: normed (B, T, E), qkv
    /// (B, T, (H + 2·G)·d) before norms of the heads and rotary embedding.
    void addTo(std::int64_t layer, const at::Tensor& normed, at::Tensor& qkv) const;

private:
    /// Dᵀ and (α/r)·Uᵀ of one projection.
    struct Delta {
        at::Tensor down, up; ///< (E, r), (r, out)
    };
    std::vector<std::vector<Delta>> m_layers; ///< of each layer: query, key, value
};

} // namespace engine::model
