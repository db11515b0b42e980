#pragma once
/// What later segments see of earlier ones in the modes that keep tokens instead of a memory: xl,
/// compressive, knn and full (infini-attention.md, section 6).

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/model/memory.h"
#include "engine/model/weights.h"

namespace engine::model {

inline constexpr std::int64_t kPoolRate = 3;             ///< tokens per pooled entry
inline constexpr std::int64_t kSinkTokens = 4;           ///< of a text's beginning, never forgotten
inline constexpr std::int64_t kNeighbourTokens = 65'536; ///< kept for the search
inline constexpr std::int64_t kNearestNeighbours = 32;   ///< found per query and head

/// The layer whose rows search among stored tokens: ⌈0.75·L⌉ counted from 1; returned from 0.
std::int64_t neighbourLayer(const Config& config);

/// The stored tokens of the neighbour layer, oldest first.
struct Neighbours {
    at::Tensor keys, values; ///< (B, G, S, d) bf16; undefined while nothing is stored
};

/// Entries of one layer, in the order in which they are seen; their positions are 0 … total − 1.
struct CacheCount {
    std::int64_t sinks = 0, pooled = 0, window = 0;
    [[nodiscard]] std::int64_t total() const { return sinks + pooled + window; }
};

/// Keys before rotary embedding and values, per layer, in the dtype of the weights, oldest first.
/// Tensors are replaced and never written to, so a copy shares them and keeps its values.
///
/// A model that was not trained on such windows leans on the first token of a text, whatever it is
/// (attention sinks, arXiv:2309.17453): without it the modes predict worse than `local`. So the
/// text's first tokens stay visible when they leave the window, before everything else.
struct SegmentCache {
    std::int64_t window = 0;     ///< tokens that stay visible, W
    std::int64_t sinks = 0;      ///< of the text's first tokens that stay visible beside them
    std::int64_t pooled = 0;     ///< pooled entries that stay visible; 0: none are made
    std::int64_t neighbours = 0; ///< tokens that stay in `store`

    std::vector<at::Tensor> keys, values;             ///< (B, G, S, d)
    std::vector<at::Tensor> sinkKeys, sinkValues;     ///< (B, G, ≤ sinks, d)
    std::vector<at::Tensor> pooledKeys, pooledValues; ///< (B, G, ≤ pooled, d)
    Neighbours store;

    /// For segments of N tokens; of a mode without tokens: nothing.
    static SegmentCache empty(Mode mode, const Weights& weights, std::int64_t N,
                              std::int64_t batch = 1);
    [[nodiscard]] bool hasLayers() const { return !keys.empty(); }
    /// Entries that the next segment sees in a layer.
    [[nodiscard]] CacheCount count(std::int64_t layer) const;
    /// What `count` is after whole segments of N tokens.
    [[nodiscard]] CacheCount countAfter(std::int64_t segments, std::int64_t N) const;
    /// All entries of a layer (B, G, total, d).
    [[nodiscard]] at::Tensor visibleKeys(std::int64_t layer) const;
    [[nodiscard]] at::Tensor visibleValues(std::int64_t layer) const;
    /// Takes in a segment's key and value (B, T, G, d) of a layer, before rotary embedding. What no
    /// longer fits into the window becomes a sink while there are fewer than `sinks`; the rest is
    /// pooled by means of `kPoolRate` tokens (the last of a segment may be of fewer), or lost.
    void write(std::int64_t layer, const at::Tensor& key, const at::Tensor& value);
    /// As `write`, for the tokens among which the neighbour layer searches.
    void writeStore(const at::Tensor& key, const at::Tensor& value);
    [[nodiscard]] std::int64_t bytes() const;
    [[nodiscard]] std::int64_t numbers() const; ///< whatever their width
};

} // namespace engine::model
