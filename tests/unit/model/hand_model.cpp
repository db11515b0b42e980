#include "tests/unit/model/hand_model.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full_like.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "engine/model/quantize.h"
#include "engine/model/transformer.h"

namespace tests {

using namespace engine::model;

namespace {

class HandTokenizer : public Tokenizer {
public:
    explicit HandTokenizer(std::int64_t vocabulary) : m_vocabulary(vocabulary) {
        for (std::int64_t i = 0; i < vocabulary; ++i) {
            m_bytes.emplace_back(1, static_cast<char>('0' + i));
        }
    }
    [[nodiscard]] std::vector<Token> encode(std::string_view text) const override {
        std::vector<Token> tokens;
        for (std::uint32_t i = 0; i < text.size(); ++i) {
            tokens.push_back({(text[i] - '0'), i, i + 1});
        }
        return tokens;
    }
    [[nodiscard]] std::string decode(const std::vector<std::int32_t>& ids) const override {
        std::string text;
        for (const std::int32_t id : ids) {
            text += bytesOf(id);
        }
        return text;
    }
    [[nodiscard]] std::string_view bytesOf(std::int32_t id) const override {
        return m_bytes[static_cast<std::size_t>(id)];
    }
    [[nodiscard]] std::int32_t control(std::string_view) const override { return -1; }
    [[nodiscard]] std::int32_t beginToken() const override { return -1; }
    [[nodiscard]] std::int64_t vocabulary() const override { return m_vocabulary; }
    [[nodiscard]] std::vector<std::int32_t> stopTokens() const override { return {2}; }
    [[nodiscard]] const std::string& sha256() const override { return m_sha256; }

private:
    std::int64_t m_vocabulary;
    std::vector<std::string> m_bytes;
    std::string m_sha256 = "hand tokenizer";
};

/// values (out, in) fp32.
engine::kernels::Matrix int8Matrix(const at::Tensor& values) {
    const std::int64_t out = values.size(0), in = values.size(1);
    engine::kernels::Matrix matrix{at::empty({out, in}, at::kChar),
                                   at::empty({out, in / 32, 2}, at::kHalf)};
    quantize(values.const_data_ptr<float>(), values.numel(),
             matrix.values.mutable_data_ptr<std::int8_t>(),
             static_cast<std::uint16_t*>(matrix.groups.mutable_data_ptr()));
    return matrix;
}

at::Tensor randomTensor(std::mt19937_64& random, const std::vector<std::int64_t>& sizes,
                        double scale, double offset) {
    at::Tensor t = at::empty(sizes, at::TensorOptions().dtype(at::kFloat));
    float* values = t.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < t.numel(); ++i) {
        const double uniform = static_cast<double>(random() >> 11) * 0x1p-53;
        values[i] = static_cast<float>(offset + scale * (2 * uniform - 1));
    }
    return t;
}

} // namespace

std::shared_ptr<Model> handModel(std::uint64_t seed, Dtype dtype, const HandShape& shape) {
    std::mt19937_64 random(seed);
    const auto tensor = [&](const std::vector<std::int64_t>& sizes, double scale, double offset) {
        return randomTensor(random, sizes, scale, offset);
    };
    const auto matrix = [&](std::int64_t out, std::int64_t in, double gain) {
        const at::Tensor values =
            tensor({out, in}, gain * std::sqrt(3.0 / static_cast<double>(in)), 0);
        return dtype == Dtype::Int8 ? int8Matrix(values)
                                    : engine::kernels::Matrix{values.to(scalarType(dtype))};
    };
    auto weights = std::make_shared<Weights>();
    Config& config = weights->config;
    config.family = shape.hasQkNorm ? "qwen3" : shape.hasBias ? "qwen2" : "llama";
    config.layers = shape.layers;
    config.width = shape.width;
    config.heads = shape.heads;
    config.kvHeads = shape.kvHeads;
    config.headWidth = shape.headWidth;
    config.feedForward = shape.feedForward;
    config.vocabulary = shape.vocabulary;
    config.contextTokens = shape.contextTokens;
    config.hasQkvBias = shape.hasBias;
    config.hasQkNorm = shape.hasQkNorm;
    weights->dtype = dtype;
    weights->sha256 = "hand weights " + std::to_string(seed);
    weights->embedding = matrix(shape.vocabulary, shape.width, 4);
    weights->outputNorm = tensor({shape.width}, 0.3, 1);
    weights->head = matrix(shape.vocabulary, shape.width, 2);
    weights->ropeFrequencies =
        at::empty({shape.headWidth / 2}, at::TensorOptions().dtype(at::kFloat));
    for (std::int64_t i = 0; i < shape.headWidth / 2; ++i) {
        weights->ropeFrequencies.mutable_data_ptr<float>()[i] = static_cast<float>(std::pow(
            10000.0, -2.0 * static_cast<double>(i) / static_cast<double>(shape.headWidth)));
    }
    const std::int64_t queries = shape.heads * shape.headWidth;
    const std::int64_t all = queries + 2 * shape.kvHeads * shape.headWidth;
    for (std::int64_t i = 0; i < shape.layers; ++i) {
        LayerWeights layer;
        layer.attentionNorm = tensor({shape.width}, 0.3, 1);
        layer.qkv = matrix(all, shape.width, 1.5);
        if (shape.hasBias) {
            layer.qkvBias = tensor({all}, 0.5, 0);
        }
        if (shape.hasQkNorm) {
            layer.queryNorm = tensor({shape.headWidth}, 0.5, 1);
            layer.keyNorm = tensor({shape.headWidth}, 0.5, 1);
        }
        layer.output = matrix(shape.width, queries, 1);
        layer.feedForwardNorm = tensor({shape.width}, 0.3, 1);
        layer.gateUp = matrix(2 * shape.feedForward, shape.width, 1);
        layer.down = matrix(shape.width, shape.feedForward, 1);
        weights->layers.push_back(layer);
    }
    auto adapter = std::make_shared<Adapter>(*Adapter::untrained(config, shape.gate));
    adapter->firstLayer = shape.firstMemory;
    adapter->lastLayer = shape.lastMemory;
    adapter->beta =
        tensor({adapter->layers(), shape.heads}, 0.5, std::log(shape.gate / (1 - shape.gate)));
    auto model = std::make_shared<Model>();
    model->weights = weights;
    model->tokenizer = std::make_shared<HandTokenizer>(shape.vocabulary);
    model->adapter = adapter;
    return model;
}

std::shared_ptr<Model> withAdapter(const Model& model, std::uint64_t seed, std::int64_t features,
                                   bool hasOutput) {
    const Config& config = model.weights->config;
    const std::int64_t l = model.adapter->layers(), E = config.width, H = config.heads,
                       G = config.kvHeads, d = config.headWidth, f = features, r = 4;
    std::mt19937_64 random(seed);
    const auto tensor = [&](std::vector<std::int64_t> sizes, double scale, double offset = 0) {
        return randomTensor(random, sizes, scale, offset);
    };
    auto adapter = std::make_shared<Adapter>(*model.adapter);
    adapter->features = f;
    adapter->sha256 = "hand adapter " + std::to_string(seed);
    adapter->betaPosition = tensor({l, H}, 0.3);
    adapter->queryFeature = tensor({l, H, f, d}, 0.4);
    adapter->queryBias = tensor({l, H, f}, 0.5, -1);
    adapter->keyFeature = tensor({l, G, f, d}, 0.4);
    adapter->keyBias = tensor({l, G, f}, 0.5, -1);
    adapter->writeU = tensor({l, G, E}, 0.3);
    adapter->writeC = tensor({l, G}, 0.5);
    adapter->query = {tensor({l, r, E}, 0.2), tensor({l, H * d, r}, 0.5)};
    adapter->key = {tensor({l, r, E}, 0.2), tensor({l, G * d, r}, 0.5)};
    adapter->value = {tensor({l, r, E}, 0.2), tensor({l, G * d, r}, 0.5)};
    if (hasOutput) {
        adapter->output = {tensor({l, r, H * d}, 0.3), tensor({l, E, r}, 0.5)};
    }
    adapter->deltaScale = 2;
    auto changed = std::make_shared<Model>(model);
    changed->adapter = adapter;
    return changed;
}

std::shared_ptr<Model> withPrompt(const Model& model, std::uint64_t seed, Mode method,
                                  std::int64_t p) {
    const Config& config = model.weights->config;
    const std::int64_t L = config.layers, E = config.width, r = 4,
                       queries = config.heads * config.headWidth,
                       keys = config.kvHeads * config.headWidth;
    std::mt19937_64 random(seed);
    const auto tensor = [&](std::vector<std::int64_t> sizes, double scale, double offset = 0) {
        return randomTensor(random, sizes, scale, offset);
    };
    auto prompt = std::make_shared<Prompt>();
    prompt->method = method;
    prompt->vectors = tensor({p, E}, 2);
    prompt->outputNorm = tensor({E}, 0.5, 1.5);
    prompt->query = {tensor({L, r, E}, 0.3), tensor({L, queries, r}, 0.5)};
    prompt->key = {tensor({L, r, E}, 0.3), tensor({L, keys, r}, 0.5)};
    prompt->value = {tensor({L, r, E}, 0.3), tensor({L, keys, r}, 0.5)};
    prompt->deltaScale = 2;
    prompt->sha256 = "hand prompt " + std::to_string(seed);
    auto adapter = std::make_shared<Adapter>(*model.adapter);
    adapter->sha256 = prompt->sha256;
    auto changed = std::make_shared<Model>(model);
    changed->adapter = adapter;
    changed->prompt = prompt;
    changed->adapterPath = "hand.safetensors";
    return changed;
}

std::shared_ptr<Model> widened(const Model& model) {
    auto weights = std::make_shared<Weights>(*model.weights);
    const auto widen = [](engine::kernels::Matrix& matrix) {
        matrix = {engine::kernels::widened(matrix)};
    };
    weights->dtype = Dtype::BFloat16;
    widen(weights->embedding);
    widen(weights->head);
    for (LayerWeights& layer : weights->layers) {
        for (auto* matrix : {&layer.qkv, &layer.output, &layer.gateUp, &layer.down}) {
            widen(*matrix);
        }
    }
    auto changed = std::make_shared<Model>(model);
    changed->weights = weights;
    return changed;
}

std::shared_ptr<Model> withBeta(const Model& model, float beta) {
    auto adapter = std::make_shared<Adapter>(*model.adapter);
    adapter->beta = at::full_like(adapter->beta, beta);
    auto changed = std::make_shared<Model>(model);
    changed->adapter = adapter;
    return changed;
}

std::vector<std::int32_t> randomIds(std::uint64_t seed, std::size_t count,
                                    std::int64_t vocabulary) {
    std::mt19937_64 random(seed);
    std::vector<std::int32_t> ids(count);
    for (std::int32_t& id : ids) {
        id = static_cast<std::int32_t>(3 + random() % static_cast<std::uint64_t>(vocabulary - 3));
    }
    return ids;
}

double relativeDifference(std::span<const double> found, std::span<const double> expected) {
    if (found.size() != expected.size()) {
        return std::numeric_limits<double>::infinity();
    }
    double difference = 0, largest = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (!std::isfinite(found[i])) {
            return std::numeric_limits<double>::infinity();
        }
        difference = std::max(difference, std::abs(found[i] - expected[i]));
        largest = std::max(largest, std::abs(expected[i]));
    }
    return difference / largest;
}

double relativeDifference(const at::Tensor& found, std::span<const double> expected) {
    return relativeDifference(valuesOf(found), expected);
}

double memoryDifference(const Memory& found, const OracleMemory& expected) {
    double largest = 0;
    for (std::size_t i = 0; i < found.M.size(); ++i) {
        largest = std::max({largest, relativeDifference(found.M[i], expected.M[i]),
                            relativeDifference(found.z[i], expected.z[i])});
    }
    return largest;
}

bool sameBits(const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor left = a.contiguous(), right = b.contiguous();
    return left.sizes() == right.sizes() && left.scalar_type() == right.scalar_type() &&
           std::memcmp(left.const_data_ptr(), right.const_data_ptr(), left.nbytes()) == 0;
}

bool sameBits(const Memory& a, const Memory& b) {
    bool same = a.tokens == b.tokens && a.M.size() == b.M.size();
    for (std::size_t i = 0; same && i < a.M.size(); ++i) {
        same = sameBits(a.M[i], b.M[i]) && sameBits(a.z[i], b.z[i]);
    }
    return same;
}

bool sameBits(const SegmentCache& a, const SegmentCache& b) {
    const auto all = [](const SegmentCache& cache) {
        std::vector<at::Tensor> tensors;
        for (const auto* some : {&cache.keys, &cache.values, &cache.sinkKeys, &cache.sinkValues,
                                 &cache.pooledKeys, &cache.pooledValues}) {
            tensors.insert(tensors.end(), some->begin(), some->end());
        }
        if (cache.store.keys.defined()) {
            tensors.push_back(cache.store.keys);
            tensors.push_back(cache.store.values);
        }
        return tensors;
    };
    const auto left = all(a), right = all(b);
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const at::Tensor& x, const at::Tensor& y) { return sameBits(x, y); });
}

bool sameBits(const ReadingState& a, const ReadingState& b) {
    return sameBits(a.memory, b.memory) && sameBits(a.cache, b.cache) && a.pending == b.pending &&
           a.tokens == b.tokens && a.segments == b.segments &&
           a.vectors.defined() == b.vectors.defined() &&
           (!a.vectors.defined() || sameBits(a.vectors, b.vectors));
}

ReadingState readIds(const std::shared_ptr<const Model>& model, std::span<const std::int32_t> ids,
                     Mode mode, std::int64_t N, std::size_t push, std::int64_t chunk) {
    ReadingSession session(model, mode, N, chunk);
    while (!ids.empty()) {
        ids = ids.subspan(session.push(ids.first(std::min(push, ids.size()))));
    }
    return session.state();
}

} // namespace tests
