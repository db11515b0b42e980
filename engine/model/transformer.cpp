#include "engine/model/transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/sigmoid.h>

#include <algorithm>
#include <cmath>

#include "engine/kernels/ops.h"

namespace engine::model {

namespace {

constexpr std::int64_t kLogitRows = 64; ///< rows whose logits are held at a time

} // namespace

at::ScalarType scalarType(Dtype dtype) {
    return dtype == Dtype::BFloat16 ? at::kBFloat16 : at::kFloat;
}

KvCache::KvCache(const Weights& weights) {
    const Config& config = weights.config;
    const auto options = at::TensorOptions().dtype(scalarType(weights.dtype));
    for (std::int64_t i = 0; i < config.layers; ++i) {
        m_keys.push_back(at::empty({1, config.kvHeads, 0, config.headWidth}, options));
        m_values.push_back(at::empty({1, config.kvHeads, 0, config.headWidth}, options));
    }
}

void KvCache::write(std::int64_t layer, std::int64_t position, const at::Tensor& key,
                    const at::Tensor& value) {
    const std::int64_t rows = key.size(1), end = position + rows;
    const auto store = [&](at::Tensor& cache, const at::Tensor& from) {
        if (cache.size(2) < end) {
            const std::int64_t capacity = std::max<std::int64_t>({end, 2 * cache.size(2), 256});
            at::Tensor larger =
                at::empty({1, cache.size(1), capacity, cache.size(3)}, cache.options());
            larger.narrow(2, 0, position).copy_(cache.narrow(2, 0, position));
            cache = larger;
        }
        cache.narrow(2, position, rows).copy_(from.transpose(1, 2));
    };
    store(m_keys[layer], key);
    store(m_values[layer], value);
}

at::Tensor KvCache::keys(std::int64_t layer, std::int64_t count) const {
    return m_keys[layer].narrow(2, 0, count);
}

at::Tensor KvCache::values(std::int64_t layer, std::int64_t count) const {
    return m_values[layer].narrow(2, 0, count);
}

Transformer::Transformer(std::shared_ptr<const Weights> weights,
                         std::shared_ptr<const Adapter> adapter)
    : m_weights(std::move(weights)), m_adapter(std::move(adapter)) {
    if (m_adapter) {
        m_gates = at::sigmoid(m_adapter->beta);
    }
}

bool Transformer::hasMemory(std::int64_t index) const {
    return m_adapter && index >= m_adapter->firstLayer && index <= m_adapter->lastLayer;
}

at::Tensor Transformer::embed(const at::Tensor& ids) const {
    return at::embedding(m_weights->embedding, ids).to(at::kFloat);
}

Rotation Transformer::rotation(std::int64_t rows, const Pass& pass) const {
    // From double, so that late positions are as exact as early ones.
    const auto options = at::TensorOptions().dtype(at::kDouble);
    at::Tensor positions;
    if (pass.sequences.empty()) {
        positions = at::arange(pass.position, pass.position + rows, options);
    } else {
        std::vector<at::Tensor> parts;
        for (const std::int64_t length : pass.sequences) {
            parts.push_back(at::arange(length, options));
        }
        positions = at::cat(parts);
    }
    const at::Tensor angles = positions.unsqueeze(1) * m_weights->ropeFrequencies.to(at::kDouble);
    return {angles.cos().to(at::kFloat), angles.sin().to(at::kFloat)};
}

Transformer::Projected Transformer::project(std::int64_t index, const at::Tensor& x) const {
    const Config& config = m_weights->config;
    const LayerWeights& weights = m_weights->layers[index];
    const at::Tensor normed = kernels::rmsNorm(x, weights.attentionNorm, config.normEpsilon,
                                               scalarType(m_weights->dtype));
    at::Tensor all = at::linear(normed, weights.qkv);
    if (weights.qkvBias.defined()) {
        all.add_(weights.qkvBias);
    }
    const std::int64_t H = config.heads, G = config.kvHeads;
    const at::Tensor heads = all.view({x.size(0), x.size(1), H + 2 * G, config.headWidth});
    Projected result{heads.narrow(2, 0, H), heads.narrow(2, H, G), heads.narrow(2, H + G, G)};
    if (config.hasQkNorm) {
        const auto normedHeads = [&](const at::Tensor& rows, const at::Tensor& weight) {
            return kernels::rmsNorm(rows.to(at::kFloat), weight, config.normEpsilon,
                                    rows.scalar_type());
        };
        result.query = normedHeads(result.query, weights.queryNorm);
        result.key = normedHeads(result.key, weights.keyNorm);
    }
    return result;
}

at::Tensor Transformer::attend(std::int64_t index, const Projected& heads, const Rotation& turn,
                               const Pass& pass) const {
    const std::int64_t rows = heads.query.size(1);
    const double scale = 1.0 / std::sqrt(static_cast<double>(m_weights->config.headWidth));
    const at::Tensor query = kernels::rotate(heads.query, turn.cosines, turn.sines, scale);
    const at::Tensor key = kernels::rotate(heads.key, turn.cosines, turn.sines, 1.0);
    at::Tensor local;
    if (pass.cache != nullptr) {
        pass.cache->write(index, pass.position, key, heads.value);
        const std::int64_t seen = pass.position + rows;
        local = kernels::causalAttention(query, pass.cache->keys(index, seen),
                                         pass.cache->values(index, seen));
    } else {
        const at::Tensor keys = key.transpose(1, 2), values = heads.value.transpose(1, 2);
        if (pass.sequences.empty()) {
            local = kernels::causalAttention(query, keys.contiguous(), values.contiguous());
        } else {
            std::vector<at::Tensor> parts;
            std::int64_t begin = 0;
            for (const std::int64_t length : pass.sequences) {
                parts.push_back(kernels::causalAttention(
                    query.narrow(1, begin, length), keys.narrow(2, begin, length).contiguous(),
                    values.narrow(2, begin, length).contiguous()));
                begin += length;
            }
            local = at::cat(parts, 1);
        }
    }
    // The empty memory is a branch and not a product with 0: the base model's bits.
    if (!hasMemory(index) || pass.read == nullptr || pass.read->tokens == 0) {
        return local;
    }
    const std::int64_t i = index - m_adapter->firstLayer;
    const at::Tensor memory =
        kernels::memoryRead(heads.query, pass.read->M[i], pass.read->z[i], m_adapter->epsilon);
    return kernels::gatedMix(memory, local, m_gates[i]);
}

void Transformer::writeMemory(std::int64_t index, const Projected& heads, const Pass& pass) const {
    if (!hasMemory(index) || pass.write == nullptr) {
        return;
    }
    const std::int64_t i = index - m_adapter->firstLayer;
    const kernels::MemoryIncrement increment =
        kernels::memoryIncrement(heads.key, heads.value, pass.mask);
    pass.write->M[i].add_(increment.memory);
    pass.write->z[i].add_(increment.norm);
}

void Transformer::layer(std::int64_t index, at::Tensor& x, const Rotation& turn,
                        const Pass& pass) const {
    const Config& config = m_weights->config;
    const LayerWeights& weights = m_weights->layers[index];
    const Projected heads = project(index, x);
    x.add_(at::linear(attend(index, heads, turn, pass), weights.output));
    writeMemory(index, heads, pass);
    const at::Tensor normed = kernels::rmsNorm(x, weights.feedForwardNorm, config.normEpsilon,
                                               scalarType(m_weights->dtype));
    x.add_(at::linear(kernels::siluMultiply(at::linear(normed, weights.gateUp)), weights.down));
}

at::Tensor Transformer::forward(const at::Tensor& ids, const Pass& pass) const {
    at::Tensor x = embed(ids);
    const Rotation turn = rotation(ids.size(1), pass);
    for (std::int64_t i = 0; i < m_weights->config.layers; ++i) {
        layer(i, x, turn, pass);
    }
    return x;
}

void Transformer::read(const at::Tensor& ids, const Pass& pass) const {
    at::Tensor x = embed(ids);
    const Rotation turn = rotation(ids.size(1), pass);
    for (std::int64_t i = 0; i < m_adapter->lastLayer; ++i) {
        layer(i, x, turn, pass);
    }
    writeMemory(m_adapter->lastLayer, project(m_adapter->lastLayer, x), pass);
}

at::Tensor Transformer::logits(const at::Tensor& x) const {
    return kernels::headLogits(kernels::rmsNorm(x, m_weights->outputNorm,
                                                m_weights->config.normEpsilon,
                                                scalarType(m_weights->dtype)),
                               m_weights->head);
}

std::vector<float> Transformer::logProbabilities(const at::Tensor& x,
                                                 std::span<const std::int32_t> targets) const {
    std::vector<float> result;
    result.reserve(targets.size());
    for (std::int64_t begin = 0; begin < x.size(0); begin += kLogitRows) {
        const std::int64_t count = std::min(kLogitRows, x.size(0) - begin);
        const at::Tensor log = at::log_softmax(logits(x.narrow(0, begin, count)), 1);
        const float* values = log.const_data_ptr<float>();
        for (std::int64_t i = 0; i < count; ++i) {
            result.push_back(values[i * log.size(1) + targets[begin + i]]);
        }
    }
    return result;
}

} // namespace engine::model
