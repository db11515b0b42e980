#include "engine/model/memory_path.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/log2.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/stack.h>

#include <utility>

namespace engine::model {

namespace {

/// rows (B, T, heads, d) + x·D·U, of the type of rows; x (B, T, E).
at::Tensor shifted(const at::Tensor& rows, const at::Tensor& x, const at::Tensor& down,
                   const at::Tensor& up) {
    const std::int64_t count = rows.size(0) * rows.size(1);
    const at::Tensor thin = at::matmul(x.reshape({count, x.size(2)}), down);
    return at::addmm(rows.reshape({count, rows.size(2) * rows.size(3)}), thin, up)
        .view(rows.sizes());
}

/// F·row + b of each head, in fp32: near −10, where most of what is not to be remembered lies, bf16
/// has steps of 6 % of φ. rows (B, T, heads, d), feature (heads, d, f), bias (heads, 1, f); returns
/// (B, T, heads, f), contiguous along f.
at::Tensor features(const at::Tensor& rows, const at::Tensor& feature, const at::Tensor& bias) {
    const std::int64_t B = rows.size(0), T = rows.size(1), heads = rows.size(2);
    const at::Tensor byHead =
        rows.to(at::kFloat).reshape({B * T, heads, rows.size(3)}).transpose(0, 1);
    return at::baddbmm(bias, byHead, feature).transpose(0, 1).unflatten(0, at::IntArrayRef{B, T});
}

} // namespace

MemoryPath::MemoryPath(std::shared_ptr<const Adapter> adapter, at::ScalarType activations)
    : m_adapter(std::move(adapter)) {
    if (!m_adapter->isTrained()) {
        return;
    }
    for (std::int64_t i = 0; i < m_adapter->layers(); ++i) {
        const auto delta = [&](const LowRank& from) {
            return from.down.defined() ? Delta{from.down[i].t().to(activations).contiguous(),
                                               (from.up[i] * m_adapter->deltaScale)
                                                   .t()
                                                   .to(activations)
                                                   .contiguous()}
                                       : Delta{};
        };
        m_layers.push_back({delta(m_adapter->query), delta(m_adapter->key), delta(m_adapter->value),
                            delta(m_adapter->output),
                            m_adapter->queryFeature[i].transpose(1, 2).contiguous(),
                            m_adapter->queryBias[i].unsqueeze(1),
                            m_adapter->keyFeature[i].transpose(1, 2).contiguous(),
                            m_adapter->keyBias[i].unsqueeze(1),
                            m_adapter->writeU[i].t().contiguous(), m_adapter->writeC[i]});
        m_decodeQueries.push_back(
            {m_adapter->query.down[i].contiguous(),
             (m_adapter->query.up[i] * m_adapter->deltaScale).t().contiguous(),
             m_layers.back().queryFeature, m_adapter->queryBias[i].contiguous()});
        if (hasOutput()) {
            m_decodeOutputs.push_back(
                {m_adapter->output.down[i].contiguous(),
                 (m_adapter->output.up[i] * m_adapter->deltaScale).t().contiguous()});
        }
    }
}

at::Tensor MemoryPath::gates(std::int64_t layer, const at::Tensor& positions) const {
    const at::Tensor beta = m_adapter->beta[layer];
    if (!m_adapter->betaPosition.defined()) {
        return at::sigmoid(beta);
    }
    const at::Tensor depth = at::log2(positions.to(beta.options()) + 1).unsqueeze(1);
    return at::sigmoid(beta + m_adapter->betaPosition[layer] * depth);
}

at::Tensor MemoryPath::decodeGates(const at::Tensor& positions) const {
    std::vector<at::Tensor> all;
    for (std::int64_t i = 0; i < m_adapter->layers(); ++i) {
        all.push_back(gates(i, positions));
    }
    return at::stack(all);
}

at::Tensor MemoryPath::query(std::int64_t layer, const at::Tensor& normed,
                             const at::Tensor& query) const {
    if (m_layers.empty()) {
        return query;
    }
    const Layer& own = m_layers[static_cast<std::size_t>(layer)];
    return features(shifted(query, normed, own.query.down, own.query.up), own.queryFeature,
                    own.queryBias);
}

MemoryWriteRows MemoryPath::written(std::int64_t layer, const at::Tensor& normed,
                                    const at::Tensor& key, const at::Tensor& value) const {
    if (m_layers.empty()) {
        return {key, value, {}};
    }
    const Layer& own = m_layers[static_cast<std::size_t>(layer)];
    return {features(shifted(key, normed, own.key.down, own.key.up), own.keyFeature, own.keyBias),
            shifted(value, normed, own.value.down, own.value.up),
            at::sigmoid(at::matmul(normed.to(at::kFloat), own.writeU) + own.writeC)};
}

void MemoryPath::addOutput(std::int64_t layer, const at::Tensor& gated, at::Tensor& output) const {
    const Delta& own = m_layers[static_cast<std::size_t>(layer)].output;
    output.add_(at::matmul(at::matmul(gated, own.down), own.up));
}

} // namespace engine::model
