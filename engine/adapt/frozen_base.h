#pragma once
/// The frozen weights of a base model as training differentiates through them: the operations of
/// its layers, of which none has a gradient of its own weights.
///
/// Letters: B sequences, T rows, S rows that they see, E width, H query heads, G KV heads, d head
/// width, F feed-forward width, V vocabulary. "Active" is the dtype of activations, that of the
/// weights and beside int8 bf16; "wide" is fp64 with fp64 weights, else fp32.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/model/weights.h"

namespace engine::adapt {

/// Matrices are active, the rest as model::LayerWeights has it.
struct FrozenLayer {
    at::Tensor attentionNorm;      ///< (E)
    at::Tensor qkv;                ///< ((H + 2G)·d, E)
    at::Tensor qkvBias;            ///< ((H + 2G)·d); undefined without biases
    at::Tensor queryNorm, keyNorm; ///< (d); undefined without norms of the heads
    at::Tensor output;             ///< (E, H·d)
    at::Tensor feedForwardNorm;    ///< (E)
    at::Tensor gateUp;             ///< (2·F, E)
    at::Tensor down;               ///< (E, F)
};

/// Immutable; any thread.
class FrozenBase {
public:
    /// Holds the layers from `firstLayer` on; of fp64 weights all, since nothing else computes
    /// with those.
    FrozenBase(std::shared_ptr<const model::Weights> weights, std::int64_t firstLayer);

    [[nodiscard]] const model::Config& config() const { return m_weights->config; }
    [[nodiscard]] at::ScalarType active() const { return m_active; }
    [[nodiscard]] at::ScalarType wide() const { return m_wide; }
    /// Of the weights, and of all that is computed with them.
    [[nodiscard]] at::Device device() const { return m_weights->embedding.values.device(); }
    /// By its number in the model.
    [[nodiscard]] const FrozenLayer& layer(std::int64_t index) const;

    /// ids (B, T) int64, on any device, to the residual stream (B, T, E), wide.
    [[nodiscard]] at::Tensor embed(const at::Tensor& ids) const;
    /// Rows (n, E) of the residual stream to logits (n, V), wide.
    [[nodiscard]] at::Tensor logits(const at::Tensor& rows) const;

    struct Turn {
        at::Tensor cosines, sines; ///< (count, d/2), wide
    };
    /// For rotary embedding of the positions first … first + count − 1; computed in double.
    [[nodiscard]] Turn rotation(std::int64_t first, std::int64_t count) const;

    /// x (…, n) wide, with one of the norms, `weight` (n); active.
    [[nodiscard]] at::Tensor normed(const at::Tensor& x, const at::Tensor& weight) const;
    /// Rows (…, E) with the layer's attention norm to queries, keys and values side by side,
    /// (…, (H + 2G)·d) active; without the queries (…, 2G·d).
    [[nodiscard]] at::Tensor project(const FrozenLayer& layer, const at::Tensor& rows,
                                     bool withQuery) const;
    struct Heads {
        at::Tensor query, key, value; ///< (…, heads, d) active, before rotary embedding
    };
    /// What `project` returned, with the norms of the heads; `query` is undefined where that has
    /// none.
    [[nodiscard]] Heads heads(const FrozenLayer& layer, const at::Tensor& projected) const;
    /// Softmax attention of query (B, H, T, d) to key and value (B, G, S, d) after rotary
    /// embedding, by `mask` (T, S) bool; undefined: causal, and S = T. Returns (B, T, H, d), of any
    /// strides.
    [[nodiscard]] at::Tensor attend(const at::Tensor& query, const at::Tensor& key,
                                    const at::Tensor& value, const at::Tensor& mask) const;
    /// The rest of a layer over x (B, T, E) wide; `mixed` (B·T, H·d) active is what attention
    /// found. `added` (B·T, E) to its output; undefined: nothing. Returns (B, T, E) wide.
    [[nodiscard]] at::Tensor feedForward(const FrozenLayer& layer, const at::Tensor& x,
                                         const at::Tensor& mixed, const at::Tensor& added) const;

private:
    std::shared_ptr<const model::Weights> m_weights;
    at::ScalarType m_active, m_wide;
    std::int64_t m_firstLayer; ///< of m_layers
    std::vector<FrozenLayer> m_layers;
    at::Tensor m_outputNorm, m_head;
};

} // namespace engine::adapt
