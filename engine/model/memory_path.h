#pragma once
/// What a memory layer's rows show of themselves to the memory: the projections with the adapter's
/// low-rank deltas, features and write gate (infini-attention.md, sections 2 and 5).
///
/// Letters: B batch, T rows, E width, H query heads, G KV heads, d head width, f features, r rank.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/kernels/ops_decode.h"
#include "engine/model/memory.h"

namespace engine::model {

/// What a layer writes of its rows.
struct MemoryWriteRows {
    at::Tensor key;    ///< Fk·Km + bk (B, T, G, f), before the feature map
    at::Tensor value;  ///< Vm (B, T, G, d)
    at::Tensor scales; ///< write gate e (B, T, G) fp32; undefined: 1
};

/// An adapter made ready for use beside weights whose activations have the type `activations`.
/// Immutable. Layers are counted from the adapter's first.
class MemoryPath {
public:
    MemoryPath(std::shared_ptr<const Adapter> adapter, at::ScalarType activations);

    [[nodiscard]] const Adapter& adapter() const { return *m_adapter; }
    [[nodiscard]] bool hasLayer(std::int64_t modelLayer) const {
        return modelLayer >= m_adapter->firstLayer && modelLayer <= m_adapter->lastLayer;
    }

    /// g of rows at `positions` (T) fp32 in their segment or window: (H), or (T, H) where it
    /// depends on the position.
    [[nodiscard]] at::Tensor gates(std::int64_t layer, const at::Tensor& positions) const;
    /// Fq·Qm + bq (B, T, H, f), before the feature map: fp32, without an adapter `query` itself.
    /// normed (B, T, E), query (B, T, H, d) before rotary embedding.
    [[nodiscard]] at::Tensor query(std::int64_t layer, const at::Tensor& normed,
                                   const at::Tensor& query) const;
    /// normed (B, T, E); key (before rotary embedding) and value (B, T, G, d).
    [[nodiscard]] MemoryWriteRows written(std::int64_t layer, const at::Tensor& normed,
                                          const at::Tensor& key, const at::Tensor& value) const;
    /// Whether the adapter adds to the output projection of A_mem.
    [[nodiscard]] bool hasOutput() const { return m_adapter->output.down.defined(); }
    /// Adds (α/r)·(g·A_mem)·Dᵀ·Uᵀ to `output` (B, T, E), in place; gated (B, T, H·d) of its dtype.
    void addOutput(std::int64_t layer, const at::Tensor& gated, at::Tensor& output) const;

    /// For a step of decoding: of each layer, empty without an adapter.
    [[nodiscard]] const std::vector<kernels::DecodeQuery>& decodeQueries() const {
        return m_decodeQueries;
    }
    /// What decoding adds to the output of attention in each layer; empty: nothing.
    [[nodiscard]] const std::vector<kernels::DecodeAddition>& decodeOutputs() const {
        return m_decodeOutputs;
    }
    /// The gates of windows whose next rows are at `positions` (B): (layers, H), or (layers, B, H).
    [[nodiscard]] at::Tensor decodeGates(const at::Tensor& positions) const;

private:
    /// Dᵀ and (α/r)·Uᵀ of one projection.
    struct Delta {
        at::Tensor down, up; ///< (in, r), (r, out) of the activations' type
    };
    struct Layer {
        Delta query, key, value, output;
        at::Tensor queryFeature, queryBias; ///< Fᵀ (H, d, f), b (H, 1, f) fp32
        at::Tensor keyFeature, keyBias;     ///< (G, d, f), (G, 1, f) fp32
        at::Tensor writeU, writeC;          ///< (E, G), (G) fp32
    };

    std::shared_ptr<const Adapter> m_adapter;
    std::vector<Layer> m_layers; ///< of a trained adapter
    std::vector<kernels::DecodeQuery> m_decodeQueries;
    std::vector<kernels::DecodeAddition> m_decodeOutputs;
};

} // namespace engine::model
