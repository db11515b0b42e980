#include "engine/model/transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "engine/model/prompt.h"

namespace engine::model {

namespace {

constexpr std::int64_t kLogitRows = 64; ///< rows whose logits are held at a time

} // namespace

at::ScalarType scalarType(Dtype dtype) {
    return dtype == Dtype::Float32 ? at::kFloat : at::kBFloat16;
}

at::Tensor idTensor(std::span<const std::int32_t> ids, std::int64_t rows) {
    at::Tensor tensor = at::zeros({1, rows}, at::TensorOptions().dtype(at::kLong));
    std::copy(ids.begin(), ids.end(), tensor.mutable_data_ptr<std::int64_t>());
    return tensor;
}

KvCache::KvCache(const Weights& weights) {
    const Config& config = weights.config;
    const auto options = weights.embedding.values.options().dtype(scalarType(weights.dtype));
    for (std::int64_t i = 0; i < config.layers; ++i) {
        m_keys.push_back(at::empty({1, config.kvHeads, 0, config.headWidth}, options));
        m_values.push_back(at::empty({1, config.kvHeads, 0, config.headWidth}, options));
    }
}

void KvCache::grow(at::Tensor& cache, std::int64_t position, std::int64_t end) {
    if (cache.size(2) >= end) {
        return;
    }
    // Room for an answer behind the prompt, which would be copied otherwise.
    const std::int64_t capacity = std::max<std::int64_t>(end + 256, 2 * cache.size(2));
    at::Tensor larger = at::empty({1, cache.size(1), capacity, cache.size(3)}, cache.options());
    larger.narrow(2, 0, position).copy_(cache.narrow(2, 0, position));
    cache = larger;
}

void KvCache::write(std::int64_t layer, std::int64_t position, const at::Tensor& key,
                    const at::Tensor& value) {
    const std::int64_t rows = key.size(1);
    const auto store = [&](at::Tensor& cache, const at::Tensor& from) {
        grow(cache, position, position + rows);
        cache.narrow(2, position, rows).copy_(from.transpose(1, 2));
    };
    store(m_keys[layer], key);
    store(m_values[layer], value);
}

kernels::DecodeCache KvCache::withRoom(std::int64_t layer, std::int64_t position) {
    grow(m_keys[layer], position, position + 1);
    grow(m_values[layer], position, position + 1);
    return {m_keys[layer], m_values[layer]};
}

at::Tensor KvCache::keys(std::int64_t layer, std::int64_t count) const {
    return m_keys[layer].narrow(2, 0, count);
}

at::Tensor KvCache::values(std::int64_t layer, std::int64_t count) const {
    return m_values[layer].narrow(2, 0, count);
}

void KvCache::fill(const SegmentCache& past, const Rotation& turn) {
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(m_keys.size()); ++i) {
        const std::int64_t count = past.count(i).total();
        write(i, 0,
              kernels::rotate(past.visibleKeys(i).transpose(1, 2), turn.cosines.narrow(0, 0, count),
                              turn.sines.narrow(0, 0, count), 1.0),
              past.visibleValues(i).transpose(1, 2));
    }
}

Transformer::Transformer(std::shared_ptr<const Weights> weights,
                         std::shared_ptr<const Adapter> adapter)
    : m_weights(std::move(weights)),
      m_neighbourGates(at::full({m_weights->config.heads}, kUntrainedGate,
                                m_weights->outputNorm.options().dtype(at::kFloat))),
      m_neighbourLayer(neighbourLayer(m_weights->config)) {
    for (const LayerWeights& layer : m_weights->layers) {
        m_decodeLayers.push_back({layer.attentionNorm, layer.feedForwardNorm, layer.qkv,
                                  layer.output, layer.gateUp, layer.down, layer.qkvBias,
                                  layer.queryNorm, layer.keyNorm});
    }
    if (adapter) {
        m_path.emplace(std::move(adapter), scalarType(m_weights->dtype));
    }
}

bool Transformer::hasMemory(std::int64_t index) const {
    return m_path && m_path->hasLayer(index);
}

double Transformer::scoreScale() const {
    return 1.0 / std::sqrt(static_cast<double>(m_weights->config.headWidth));
}

at::Tensor Transformer::embed(const at::Tensor& ids) const {
    return kernels::widened(
               m_weights->embedding.rows(ids.flatten().to(m_weights->embedding.values.device())))
        .to(at::kFloat)
        .view({ids.size(0), ids.size(1), m_weights->config.width});
}

Rotation Transformer::rotation(std::int64_t rows, const Pass& pass) const {
    // From double, so that late positions are as exact as early ones.
    const auto options = at::TensorOptions().dtype(at::kDouble);
    at::Tensor positions;
    if (pass.sequences.empty()) {
        positions =
            at::arange(pass.past != nullptr ? 0 : pass.position, pass.position + rows, options);
    } else {
        std::vector<at::Tensor> parts;
        for (const std::int64_t length : pass.sequences) {
            parts.push_back(at::arange(length, options));
        }
        positions = at::cat(parts);
    }
    const at::Tensor angles = positions.unsqueeze(1) * m_weights->ropeFrequencies.to(at::kDouble);
    const auto there = m_weights->outputNorm.options().dtype(at::kFloat);
    return {angles.cos().to(there), angles.sin().to(there), positions.to(there)};
}

Transformer::Projected Transformer::project(std::int64_t index, const at::Tensor& x,
                                            const Pass& pass) const {
    const Config& config = m_weights->config;
    const LayerWeights& weights = m_weights->layers[index];
    const at::Tensor normed = kernels::rmsNorm(x, weights.attentionNorm, config.normEpsilon,
                                               scalarType(m_weights->dtype));
    at::Tensor all = kernels::linear(normed, weights.qkv);
    if (weights.qkvBias.defined()) {
        all.add_(weights.qkvBias);
    }
    if (pass.prompt != nullptr) {
        pass.prompt->addTo(index, normed, all);
    }
    const std::int64_t H = config.heads, G = config.kvHeads;
    const at::Tensor heads = all.view({x.size(0), x.size(1), H + 2 * G, config.headWidth});
    Projected result{normed, heads.narrow(2, 0, H), heads.narrow(2, H, G),
                     heads.narrow(2, H + G, G)};
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

std::optional<kernels::MemoryReadout> Transformer::readout(std::int64_t index,
                                                           const Projected& heads,
                                                           const Rotation& turn,
                                                           const Memory* read) const {
    // The empty memory is a branch and not a product with 0: the base model's bits.
    if (!hasMemory(index) || read == nullptr || read->tokens == 0) {
        return std::nullopt;
    }
    const std::int64_t i = index - m_path->adapter().firstLayer, rows = heads.query.size(1);
    const at::Tensor own = turn.positions.narrow(0, turn.positions.size(0) - rows, rows);
    return kernels::MemoryReadout{m_path->query(i, heads.normed, heads.query), read->M[i],
                                  read->z[i], m_path->gates(i, own), m_path->adapter().epsilon};
}

at::Tensor Transformer::attendWindow(std::int64_t index, const Projected& heads,
                                     const Rotation& turn, const Pass& pass) const {
    const at::Tensor query = kernels::rotate(heads.query, turn.cosines, turn.sines, scoreScale());
    const at::Tensor key = kernels::rotate(heads.key, turn.cosines, turn.sines, 1.0);
    if (pass.cache != nullptr) {
        pass.cache->write(index, pass.position, key, heads.value);
        const std::int64_t seen = pass.position + query.size(1);
        return kernels::causalAttention(query, pass.cache->keys(index, seen),
                                        pass.cache->values(index, seen));
    }
    const at::Tensor keys = key.transpose(1, 2), values = heads.value.transpose(1, 2);
    std::vector<at::Tensor> parts;
    std::int64_t begin = 0;
    for (const std::int64_t length : pass.sequences) {
        parts.push_back(kernels::causalAttention(query.narrow(1, begin, length),
                                                 keys.narrow(2, begin, length).contiguous(),
                                                 values.narrow(2, begin, length).contiguous()));
        begin += length;
    }
    return at::cat(parts, 1);
}

at::Tensor Transformer::attend(std::int64_t index, const Projected& heads, const Rotation& turn,
                               const Pass& pass, const std::optional<kernels::MemoryReadout>& read,
                               at::Tensor* gated) const {
    at::Tensor local;
    if (pass.cache != nullptr || !pass.sequences.empty()) {
        local = attendWindow(index, heads, turn, pass);
        if (read) {
            return kernels::mixedRead(*read, local, gated);
        }
    } else if (pass.past != nullptr && pass.past->count(index).total() > 0) {
        const auto seen = [](const at::Tensor& past, const at::Tensor& own) {
            return at::cat({past, own.transpose(1, 2)}, 2).transpose(1, 2);
        };
        local = kernels::attend(heads.query, seen(pass.past->visibleKeys(index), heads.key),
                                seen(pass.past->visibleValues(index), heads.value), turn.cosines,
                                turn.sines, scoreScale(), read, gated);
    } else {
        local = kernels::attend(heads.query, heads.key, heads.value, turn.cosines, turn.sines,
                                scoreScale(), read, gated);
    }
    if (index == m_neighbourLayer && pass.neighbours != nullptr &&
        pass.neighbours->keys.defined()) {
        return kernels::gatedMix(kernels::nearestRead(heads.query, pass.neighbours->keys,
                                                      pass.neighbours->values, kNearestNeighbours,
                                                      scoreScale()),
                                 local, m_neighbourGates);
    }
    return local;
}

void Transformer::storeRows(std::int64_t index, const Projected& heads, const Pass& pass) const {
    if (pass.keep != nullptr) {
        pass.keep->write(index, heads.key, heads.value);
        if (index == m_neighbourLayer && pass.keep->neighbours > 0) {
            pass.keep->writeStore(heads.key, heads.value);
        }
    }
    if (!hasMemory(index) || pass.write == nullptr) {
        return;
    }
    const std::int64_t i = index - m_path->adapter().firstLayer;
    MemoryWriteRows rows = m_path->written(i, heads.normed, heads.key, heads.value);
    if (!rows.scales.defined()) {
        rows.scales = pass.mask;
    } else if (pass.mask.defined()) {
        rows.scales = rows.scales.masked_fill(pass.mask.unsqueeze(2) == 0, 0);
    }
    at::Tensor &M = pass.write->M[i], &z = pass.write->z[i];
    if (pass.rule == Rule::Delta) {
        const kernels::DeltaIncrement increment = kernels::deltaIncrement(
            rows.key, rows.value, z, m_path->adapter().epsilon, rows.scales);
        M.copy_(kernels::affineStep(M, increment));
        z.add_(increment.norm);
    } else {
        const kernels::MemoryIncrement increment =
            kernels::memoryIncrement(rows.key, rows.value, rows.scales);
        M.add_(increment.memory);
        z.add_(increment.norm);
    }
}

void Transformer::store(std::int64_t index, const at::Tensor& x, const Pass& pass) const {
    storeRows(index, project(index, x, pass), pass);
}

std::int64_t Transformer::lastStateLayer(const Pass& pass) const {
    if (pass.keep != nullptr) {
        return m_weights->config.layers - 1;
    }
    return pass.write != nullptr && m_path ? m_path->adapter().lastLayer : -1;
}

void Transformer::layer(std::int64_t index, at::Tensor& x, const Rotation& turn,
                        const Pass& pass) const {
    const Config& config = m_weights->config;
    const LayerWeights& weights = m_weights->layers[index];
    const Projected heads = project(index, x, pass);
    const auto read = readout(index, heads, turn, pass.read);
    const bool addsOutput = read && m_path->hasOutput();
    at::Tensor gated;
    at::Tensor mixed = kernels::linear(
        attend(index, heads, turn, pass, read, addsOutput ? &gated : nullptr), weights.output);
    if (addsOutput) {
        m_path->addOutput(index - m_path->adapter().firstLayer, gated, mixed);
    }
    storeRows(index, heads, pass);
    const at::Tensor normed =
        kernels::addRmsNorm(x, mixed, weights.feedForwardNorm, config.normEpsilon);
    const at::Tensor active = kernels::siluMultiply(kernels::linear(normed, weights.gateUp));
    kernels::addTo(x, kernels::linear(active, weights.down));
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
    const std::int64_t last = lastStateLayer(pass);
    if (last < 0) {
        return;
    }
    at::Tensor x = embed(ids);
    const Rotation turn = rotation(ids.size(1), pass);
    for (std::int64_t i = 0; i < last; ++i) {
        layer(i, x, turn, pass);
    }
    store(last, x, pass);
}

at::Tensor Transformer::decode(std::span<const std::int32_t> ids, std::span<KvCache* const> caches,
                               std::span<const std::int64_t> positions, const Memory* read,
                               const Neighbours* neighbours) const {
    const Config& config = m_weights->config;
    const auto B = static_cast<std::int64_t>(ids.size());
    const kernels::DecodeSizes sizes{config.heads,
                                     config.kvHeads,
                                     config.headWidth,
                                     config.normEpsilon,
                                     m_path ? m_path->adapter().epsilon : 0.0,
                                     scoreScale()};
    const at::Tensor at = at::tensor(at::ArrayRef<std::int64_t>(positions.data(), positions.size()),
                                     at::TensorOptions().dtype(at::kDouble));
    kernels::DecodeMemory memory;
    const bool reads = m_path && read != nullptr && read->tokens > 0;
    if (reads) {
        memory = {m_path->adapter().firstLayer,
                  read->M,
                  read->z,
                  m_path->decodeGates(at),
                  m_path->decodeQueries(),
                  m_path->decodeOutputs()};
    }
    if ((neighbours != nullptr && neighbours->keys.defined()) ||
        !kernels::canDecode(m_decodeLayers, memory, sizes, B)) {
        std::vector<at::Tensor> rows;
        for (std::size_t b = 0; b < ids.size(); ++b) {
            Pass pass;
            pass.position = positions[b];
            pass.cache = caches[b];
            pass.read = read;
            pass.neighbours = neighbours;
            rows.push_back(forward(idTensor(ids.subspan(b, 1), 1), pass).select(0, 0));
        }
        return at::cat(rows);
    }
    std::vector<kernels::DecodeCache> rooms;
    for (std::int64_t i = 0; i < config.layers; ++i) {
        for (std::size_t b = 0; b < caches.size(); ++b) {
            rooms.push_back(caches[b]->withRoom(i, positions[b]));
        }
    }
    at::Tensor x = embed(idTensor(ids, B)).select(0, 0).contiguous();
    const at::Tensor angles = at.unsqueeze(1) * m_weights->ropeFrequencies.to(at::kDouble);
    kernels::decode(m_decodeLayers, memory, sizes, rooms, positions, angles.cos().to(at::kFloat),
                    angles.sin().to(at::kFloat), x);
    return x;
}

at::Tensor Transformer::logits(const at::Tensor& x) const {
    return kernels::headLogits(kernels::rmsNorm(x, m_weights->outputNorm,
                                                m_weights->config.normEpsilon,
                                                scalarType(m_weights->dtype)),
                               m_weights->head)
        .to(at::kCPU);
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
