#include "tests/unit/model/hand_model.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full_like.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

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
    [[nodiscard]] std::int64_t vocabulary() const override { return m_vocabulary; }
    [[nodiscard]] std::vector<std::int32_t> stopTokens() const override { return {2}; }
    [[nodiscard]] const std::string& sha256() const override { return m_sha256; }

private:
    std::int64_t m_vocabulary;
    std::vector<std::string> m_bytes;
    std::string m_sha256 = "hand tokenizer";
};

/// y (out) = W (out, in) · x
std::vector<double> product(const std::vector<double>& weight, std::span<const double> x) {
    std::vector<double> y(weight.size() / x.size());
    for (std::size_t o = 0; o < y.size(); ++o) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[o] += weight[o * x.size() + i] * x[i];
        }
    }
    return y;
}

std::vector<double> normed(std::span<const double> x, const std::vector<double>& weight,
                           double epsilon) {
    double sum = 0;
    for (const double value : x) {
        sum += value * value;
    }
    const double scale = 1.0 / std::sqrt(sum / static_cast<double>(x.size()) + epsilon);
    std::vector<double> y(x.begin(), x.end());
    for (std::size_t i = 0; i < y.size(); ++i) {
        y[i] *= scale * weight[i];
    }
    return y;
}

double phi(double x) {
    return x > 0 ? x + 1 : std::exp(x);
}

} // namespace

std::shared_ptr<Model> handModel(std::uint64_t seed, Dtype dtype, const HandShape& shape) {
    std::mt19937_64 random(seed);
    const auto tensor = [&](std::vector<std::int64_t> sizes, double scale, double offset) {
        at::Tensor t = at::empty(sizes, at::TensorOptions().dtype(at::kFloat));
        float* values = t.mutable_data_ptr<float>();
        for (std::int64_t i = 0; i < t.numel(); ++i) {
            const double uniform = static_cast<double>(random() >> 11) * 0x1p-53;
            values[i] = static_cast<float>(offset + scale * (2 * uniform - 1));
        }
        return t;
    };
    const auto matrix = [&](std::int64_t out, std::int64_t in, double gain) {
        return tensor({out, in}, gain * std::sqrt(3.0 / static_cast<double>(in)), 0)
            .to(scalarType(dtype));
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

std::vector<double> valuesOf(const at::Tensor& tensor) {
    const at::Tensor whole = tensor.to(at::kDouble).contiguous();
    const double* values = whole.const_data_ptr<double>();
    return {values, values + whole.numel()};
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

Oracle::Oracle(const Model& model)
    : m_config(model.weights->config), m_firstMemory(model.adapter->firstLayer),
      m_lastMemory(model.adapter->lastLayer), m_epsilon(model.adapter->epsilon),
      m_gates(valuesOf(model.adapter->beta)), m_embedding(valuesOf(model.weights->embedding)),
      m_outputNorm(valuesOf(model.weights->outputNorm)), m_head(valuesOf(model.weights->head)),
      m_frequencies(valuesOf(model.weights->ropeFrequencies)) {
    for (double& gate : m_gates) {
        gate = 1 / (1 + std::exp(-gate));
    }
    for (const LayerWeights& layer : model.weights->layers) {
        m_layers.push_back(
            {valuesOf(layer.attentionNorm), valuesOf(layer.qkv),
             layer.qkvBias.defined() ? valuesOf(layer.qkvBias) : std::vector<double>(),
             layer.queryNorm.defined() ? valuesOf(layer.queryNorm) : std::vector<double>(),
             layer.keyNorm.defined() ? valuesOf(layer.keyNorm) : std::vector<double>(),
             valuesOf(layer.output), valuesOf(layer.feedForwardNorm), valuesOf(layer.gateUp),
             valuesOf(layer.down)});
    }
}

OracleMemory Oracle::emptyMemory() const {
    const auto G = static_cast<std::size_t>(m_config.kvHeads);
    const auto d = static_cast<std::size_t>(m_config.headWidth);
    const auto layers = static_cast<std::size_t>(m_lastMemory - m_firstMemory + 1);
    return {std::vector(layers, std::vector<double>(G * d * d)),
            std::vector(layers, std::vector<double>(G * d)), 0};
}

std::vector<double> Oracle::run(std::span<const std::int32_t> ids, OracleMemory& memory,
                                bool isWritten) const {
    const auto E = static_cast<std::size_t>(m_config.width);
    const auto H = static_cast<std::size_t>(m_config.heads);
    const auto G = static_cast<std::size_t>(m_config.kvHeads);
    const auto d = static_cast<std::size_t>(m_config.headWidth);
    const std::size_t T = ids.size(), R = H / G;
    std::vector<std::vector<double>> x(T);
    for (std::size_t t = 0; t < T; ++t) {
        const auto* row = m_embedding.data() + static_cast<std::size_t>(ids[t]) * E;
        x[t].assign(row, row + E);
    }
    const auto rotated = [&](const double* v, std::size_t position) {
        std::vector<double> out(d);
        for (std::size_t i = 0; i < d / 2; ++i) {
            const double angle = static_cast<double>(position) * m_frequencies[i];
            out[i] = v[i] * std::cos(angle) - v[i + d / 2] * std::sin(angle);
            out[i + d / 2] = v[i + d / 2] * std::cos(angle) + v[i] * std::sin(angle);
        }
        return out;
    };
    for (std::size_t l = 0; l < m_layers.size(); ++l) {
        const Layer& layer = m_layers[l];
        std::vector<std::vector<double>> qkv(T);
        for (std::size_t t = 0; t < T; ++t) {
            qkv[t] = product(layer.qkv, normed(x[t], layer.attentionNorm, m_config.normEpsilon));
            for (std::size_t i = 0; i < layer.bias.size(); ++i) {
                qkv[t][i] += layer.bias[i];
            }
            for (std::size_t h = 0; h < H + G && !layer.queryNorm.empty(); ++h) {
                const std::span<double> head(&qkv[t][h * d], d);
                const auto scaled =
                    normed(head, h < H ? layer.queryNorm : layer.keyNorm, m_config.normEpsilon);
                std::copy(scaled.begin(), scaled.end(), head.begin());
            }
        }
        const auto index = static_cast<std::int64_t>(l);
        const bool hasMemory = index >= m_firstMemory && index <= m_lastMemory;
        const auto m = static_cast<std::size_t>(index - m_firstMemory);
        std::vector<std::vector<double>> attended(T, std::vector<double>(H * d));
        for (std::size_t h = 0; h < H; ++h) {
            const std::size_t g = h / R;
            for (std::size_t t = 0; t < T; ++t) {
                const double* q = &qkv[t][h * d];
                const auto turned = rotated(q, t);
                std::vector<double> scores(t + 1);
                double largest = -1e300, sum = 0;
                for (std::size_t s = 0; s <= t; ++s) {
                    const auto key = rotated(&qkv[s][(H + g) * d], s);
                    for (std::size_t i = 0; i < d; ++i) {
                        scores[s] += turned[i] * key[i];
                    }
                    scores[s] /= std::sqrt(static_cast<double>(d));
                    largest = std::max(largest, scores[s]);
                }
                for (double& score : scores) {
                    score = std::exp(score - largest);
                    sum += score;
                }
                double* out = &attended[t][h * d];
                for (std::size_t s = 0; s <= t; ++s) {
                    for (std::size_t i = 0; i < d; ++i) {
                        out[i] += scores[s] / sum * qkv[s][(H + G + g) * d + i];
                    }
                }
                if (hasMemory && memory.tokens > 0) {
                    const double gate = m_gates[m * H + h];
                    double den = 0;
                    std::vector<double> num(d);
                    for (std::size_t f = 0; f < d; ++f) {
                        den += phi(q[f]) * memory.z[m][g * d + f];
                        for (std::size_t i = 0; i < d; ++i) {
                            num[i] += phi(q[f]) * memory.M[m][(g * d + f) * d + i];
                        }
                    }
                    for (std::size_t i = 0; i < d; ++i) {
                        out[i] = gate * num[i] / std::max(den, m_epsilon) + (1 - gate) * out[i];
                    }
                }
            }
        }
        if (hasMemory && isWritten) {
            for (std::size_t t = 0; t < T; ++t) {
                for (std::size_t g = 0; g < G; ++g) {
                    for (std::size_t f = 0; f < d; ++f) {
                        const double key = phi(qkv[t][(H + g) * d + f]);
                        memory.z[m][g * d + f] += key;
                        for (std::size_t i = 0; i < d; ++i) {
                            memory.M[m][(g * d + f) * d + i] += key * qkv[t][(H + G + g) * d + i];
                        }
                    }
                }
            }
        }
        for (std::size_t t = 0; t < T; ++t) {
            const auto added = product(layer.output, attended[t]);
            for (std::size_t i = 0; i < E; ++i) {
                x[t][i] += added[i];
            }
            const auto both =
                product(layer.gateUp, normed(x[t], layer.feedForwardNorm, m_config.normEpsilon));
            std::vector<double> active(both.size() / 2);
            for (std::size_t i = 0; i < active.size(); ++i) {
                active[i] = both[i] / (1 + std::exp(-both[i])) * both[active.size() + i];
            }
            const auto down = product(layer.down, active);
            for (std::size_t i = 0; i < E; ++i) {
                x[t][i] += down[i];
            }
        }
    }
    if (isWritten) {
        memory.tokens += static_cast<std::int64_t>(T);
    }
    std::vector<double> logits;
    for (std::size_t t = 0; t < T; ++t) {
        const auto row = product(m_head, normed(x[t], m_outputNorm, m_config.normEpsilon));
        logits.insert(logits.end(), row.begin(), row.end());
    }
    return logits;
}

OracleMemory Oracle::read(std::span<const std::int32_t> ids, std::int64_t N) const {
    OracleMemory memory = emptyMemory();
    const auto length = static_cast<std::size_t>(N);
    for (; ids.size() >= length; ids = ids.subspan(length)) {
        run(ids.first(length), memory, true);
    }
    return memory;
}

std::vector<double> Oracle::logProbabilities(std::span<const std::int32_t> ids,
                                             const OracleMemory& memory) const {
    OracleMemory copy = memory;
    const std::vector<double> logits = run(ids, copy, false);
    const auto V = static_cast<std::size_t>(m_config.vocabulary);
    std::vector<double> result;
    for (std::size_t t = 0; t + 1 < ids.size(); ++t) {
        const double* row = &logits[t * V];
        const double largest = *std::max_element(row, row + V);
        double sum = 0;
        for (std::size_t v = 0; v < V; ++v) {
            sum += std::exp(row[v] - largest);
        }
        result.push_back(row[ids[t + 1]] - largest - std::log(sum));
    }
    return result;
}

} // namespace tests
