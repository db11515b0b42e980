#pragma once
/// The transformer as training differentiates it: the frozen weights, and Infini-attention in the
/// memory layers with trained parameters (infini-attention.md, sections 2 and 5), composed of ATen
/// operations.
///
/// Letters: B sequences, T rows, E width, H query heads, G KV heads, R = H/G, d head width, f
/// features, V vocabulary. The memory's tensors have the KV head first: (G, B, f, d).

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "engine/adapt/frozen_base.h"
#include "engine/adapt/parameters.h"
#include "engine/model/transformer.h"
#include "engine/model/weights.h"

namespace engine::adapt {

struct LayerMemory {
    at::Tensor M; ///< (G, B, f, d) fp32, or fp64 with fp64 weights
    at::Tensor z; ///< (G, B, f)
};

/// One entry for each memory layer; none: nothing is stored, and nothing is read.
using MemoryState = std::vector<LayerMemory>;

/// a + b; either may be empty.
MemoryState sum(const MemoryState& a, const MemoryState& b);
/// Each sequence's memory times its factor; `factors` (B), and B of the state may be 1.
MemoryState scaled(const MemoryState& state, const at::Tensor& factors);
/// Each sequence's memory becomes a weighted sum over all of them; `weights` (B, B).
MemoryState mixed(const MemoryState& state, const at::Tensor& weights);
/// The sequences of all, one after another.
MemoryState joined(const std::vector<MemoryState>& states);
/// The mean over the sequences; B = 1.
MemoryState meanOf(const MemoryState& state);
MemoryState detached(const MemoryState& state);
/// φ(F·x + b) of rows (n, heads, d) with F (heads, f, d) and b (heads, f); (heads, n, f).
at::Tensor features(const at::Tensor& rows, const at::Tensor& feature, const at::Tensor& bias);

/// What a pass tells of itself beside its results; sums over what was seen.
struct Gauges {
    double writeGate = 0;   ///< mean of sigmoid(u·x + c)
    double memoryShare = 0; ///< mean of ‖g·A_mem‖ / ‖A‖
    double leastMass = std::numeric_limits<double>::infinity(); ///< least φ(q)·z above 0
    std::int64_t writes = 0, reads = 0;                         ///< layers that were counted
};

/// Immutable but for nothing; any thread, one graph at a time.
class Student {
public:
    /// Matrices of int8 are widened to bf16. With fp64 weights everything is computed in fp64.
    Student(std::shared_ptr<const model::Weights> weights, const AdapterShape& shape);

    struct Passed {
        at::Tensor x;          ///< (B, T, E) behind the last memory layer; undefined if not wanted
        MemoryState increment; ///< dM and dz of each memory layer; empty if not wanted
    };
    enum class Want {
        Increment,
        /// The increment's gradient stops at the rows of each layer: it reaches what is written and
        /// not, through the rows, what was read before. A third of the work.
        IncrementOfGivenRows,
        Rows,
        Both,
    };
    /// The memory layers over one segment; x (B, T, E) is what `lower` returned. `read` is the
    /// memory of the segments before, `nonEmpty` (B) bool says whose holds anything; undefined:
    /// everyone's.
    [[nodiscard]] Passed memoryLayers(const std::vector<LayerParameters>& parameters,
                                      const at::Tensor& x, const MemoryState& read,
                                      const at::Tensor& nonEmpty, Want want,
                                      Gauges* gauges = nullptr) const;

    /// What attention sees of the rows of a layer; B·T rows.
    struct Heads {
        at::Tensor normed;            ///< (B·T, E)
        at::Tensor query, key, value; ///< (B·T, heads, d) before rotary embedding
    };
    /// That of each memory layer in the base model with full attention; no gradient.
    [[nodiscard]] std::vector<Heads> baseHeads(const at::Tensor& ids) const;
    using Turn = FrozenBase::Turn;
    /// Of the positions 0 … T − 1.
    [[nodiscard]] Turn rotation(std::int64_t T) const { return m_base.rotation(0, T); }
    /// `base` (n, heads, d) of n rows `normed` (n, E) with the low-rank addition of the memory's
    /// side.
    [[nodiscard]] at::Tensor withAddition(const at::Tensor& base, const at::Tensor& normed,
                                          const at::Tensor& down, const at::Tensor& up) const;

    /// ids (B, T) int64 through the embedding and the layers below the memory; no gradient.
    [[nodiscard]] at::Tensor lower(const at::Tensor& ids) const;
    /// The layers above the memory.
    [[nodiscard]] at::Tensor upper(const at::Tensor& x) const;
    /// Rows (n, E) of the residual stream to logits (n, V), fp32 or fp64.
    [[nodiscard]] at::Tensor logits(const at::Tensor& rows) const { return m_base.logits(rows); }
    /// All layers of the base model with full attention; no gradient.
    [[nodiscard]] at::Tensor base(const at::Tensor& ids) const;
    /// As `base`, where the layers marked in `cut` (L) attend by `mask` (T, T) bool instead.
    [[nodiscard]] at::Tensor baseWithCut(const at::Tensor& ids, const std::vector<bool>& cut,
                                         const at::Tensor& mask) const;

    [[nodiscard]] const AdapterShape& shape() const { return m_shape; }
    [[nodiscard]] const model::Config& config() const { return m_base.config(); }
    /// Of M and z, of the residual stream and of what trains it.
    [[nodiscard]] at::ScalarType wide() const { return m_base.wide(); }
    /// Of the weights, of what trains and of all results. Ids may lie anywhere.
    [[nodiscard]] at::Device device() const { return m_base.device(); }

private:
    [[nodiscard]] Heads project(const FrozenLayer& layer, const at::Tensor& x,
                                bool withQuery) const;
    /// (B, T, H, d)
    [[nodiscard]] at::Tensor attend(const Heads& heads, const at::Tensor& x, const Turn& turn,
                                    const at::Tensor& mask) const;
    [[nodiscard]] at::Tensor localLayer(const FrozenLayer& layer, const at::Tensor& x,
                                        const Turn& turn, const at::Tensor& mask) const;
    /// With the heads of x at hand.
    [[nodiscard]] at::Tensor localLayer(const FrozenLayer& layer, const Heads& heads,
                                        const at::Tensor& x, const Turn& turn,
                                        const at::Tensor& mask) const;
    /// up·down·rows times α/r; (n, …).
    [[nodiscard]] at::Tensor added(const at::Tensor& rows, const at::Tensor& down,
                                   const at::Tensor& up) const;
    [[nodiscard]] at::Tensor readMemory(const LayerParameters& p, const at::Tensor& query,
                                        const LayerMemory& memory, std::int64_t B, std::int64_t T,
                                        Gauges* gauges) const;
    [[nodiscard]] LayerMemory write(const LayerParameters& p, const at::Tensor& normed,
                                    const at::Tensor& key, const at::Tensor& value, std::int64_t B,
                                    std::int64_t T, Gauges* gauges) const;

    model::Transformer m_transformer; ///< without an adapter
    AdapterShape m_shape;
    FrozenBase m_base; ///< from the first memory layer on
};

} // namespace engine::adapt
