#include "engine/adapt/frozen_base.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <c10/core/GradMode.h>

#include <optional>
#include <utility>

#include "engine/adapt/differentiable.h"

namespace engine::adapt {

namespace {

/// A tensor that a graph may hold: those that were loaded in inference mode may not be.
at::Tensor forGraph(const at::Tensor& tensor) {
    return tensor.defined() && tensor.is_inference() ? tensor.clone() : tensor;
}

at::Tensor forGraph(const kernels::Matrix& matrix) {
    return forGraph(kernels::widened(matrix));
}

} // namespace

FrozenBase::FrozenBase(std::shared_ptr<const model::Weights> weights, std::int64_t firstLayer)
    : m_weights(std::move(weights)),
      m_active(m_weights->embedding.isInt8() ? at::kBFloat16
                                             : m_weights->embedding.values.scalar_type()),
      m_wide(m_active == at::kDouble ? at::kDouble : at::kFloat),
      m_firstLayer(m_active == at::kDouble ? 0 : firstLayer),
      m_outputNorm(forGraph(m_weights->outputNorm)), m_head(forGraph(m_weights->head)) {
    for (std::int64_t i = m_firstLayer; i < m_weights->config.layers; ++i) {
        const model::LayerWeights& from = m_weights->layers[i];
        m_layers.push_back(
            {forGraph(from.attentionNorm), forGraph(from.qkv), forGraph(from.qkvBias),
             forGraph(from.queryNorm), forGraph(from.keyNorm), forGraph(from.output),
             forGraph(from.feedForwardNorm), forGraph(from.gateUp), forGraph(from.down)});
    }
}

const FrozenLayer& FrozenBase::layer(std::int64_t index) const {
    return m_layers[index - m_firstLayer];
}

at::Tensor FrozenBase::embed(const at::Tensor& ids) const {
    const at::Tensor rows = kernels::widened(m_weights->embedding.rows(ids.flatten().to(device())));
    return rows.to(m_wide).view({ids.size(0), ids.size(1), config().width});
}

at::Tensor FrozenBase::logits(const at::Tensor& rows) const {
    return at::linear(normed(rows, m_outputNorm), m_head).to(m_wide);
}

FrozenBase::Turn FrozenBase::rotation(std::int64_t first, std::int64_t count) const {
    const c10::NoGradGuard none;
    const at::Tensor positions =
        at::arange(first, first + count, at::TensorOptions().dtype(at::kDouble));
    const at::Tensor angles = positions.unsqueeze(1) * m_weights->ropeFrequencies.to(at::kDouble);
    return {angles.cos().to(device(), m_wide), angles.sin().to(device(), m_wide)};
}

at::Tensor FrozenBase::normed(const at::Tensor& x, const at::Tensor& weight) const {
    return rmsNorm(x, weight, config().normEpsilon, m_active);
}

at::Tensor FrozenBase::project(const FrozenLayer& layer, const at::Tensor& rows,
                               bool withQuery) const {
    const std::int64_t H = config().heads, G = config().kvHeads, d = config().headWidth;
    const std::int64_t first = withQuery ? 0 : H * d, count = (H + 2 * G) * d - first;
    const at::Tensor all = at::linear(rows, layer.qkv.narrow(0, first, count));
    return layer.qkvBias.defined() ? all + layer.qkvBias.narrow(0, first, count).to(m_active) : all;
}

FrozenBase::Heads FrozenBase::heads(const FrozenLayer& layer, const at::Tensor& projected) const {
    const std::int64_t G = config().kvHeads, d = config().headWidth;
    const at::Tensor all = projected.unflatten(-1, {-1, d});
    const std::int64_t queries = all.size(-2) - 2 * G;
    const auto headNormed = [&](const at::Tensor& part, const at::Tensor& weight) {
        return weight.defined() ? normed(part.to(m_wide).contiguous(), weight) : part;
    };
    Heads result;
    if (queries > 0) {
        result.query = headNormed(all.narrow(-2, 0, queries), layer.queryNorm);
    }
    result.key = headNormed(all.narrow(-2, queries, G), layer.keyNorm);
    result.value = all.narrow(-2, queries + G, G);
    return result;
}

at::Tensor FrozenBase::attend(const at::Tensor& query, const at::Tensor& key,
                              const at::Tensor& value, const at::Tensor& mask) const {
    const std::int64_t B = key.size(0), G = key.size(1), S = key.size(2), d = key.size(3),
                       H = query.size(1);
    // The heads of a group side by side: LibTorch's fast attention knows no groups.
    const auto repeated = [&](const at::Tensor& rows) {
        return rows.unsqueeze(2).expand({B, G, H / G, S, d}).reshape({B, H, S, d});
    };
    const auto shown = mask.defined() ? std::optional<at::Tensor>(mask) : std::nullopt;
    return at::scaled_dot_product_attention(query, repeated(key), repeated(value), shown, 0.0,
                                            !shown)
        .transpose(1, 2);
}

at::Tensor FrozenBase::feedForward(const FrozenLayer& layer, const at::Tensor& x,
                                   const at::Tensor& mixed, const at::Tensor& added) const {
    at::Tensor output = at::linear(mixed, layer.output);
    if (added.defined()) {
        output = output + added;
    }
    const at::Tensor middle = x + output.view(x.sizes());
    const at::Tensor inner = normed(middle, layer.feedForwardNorm).view({-1, config().width});
    const at::Tensor active = siluMultiply(at::linear(inner, layer.gateUp));
    return middle + at::linear(active, layer.down).view(x.sizes());
}

} // namespace engine::adapt
