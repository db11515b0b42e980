#include "tests/support/infini_oracle.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace tests {

using namespace engine::model;

namespace {

constexpr std::size_t kPool = 3;
constexpr std::size_t kNearest = 32;
constexpr double kFixedGate = 0.06;

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

double dot(const double* a, const double* b, std::size_t count) {
    return std::inner_product(a, a + count, b, 0.0);
}

std::vector<double> softmax(std::vector<double> scores) {
    const double largest = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (double& score : scores) {
        score = std::exp(score - largest);
        sum += score;
    }
    for (double& score : scores) {
        score /= sum;
    }
    return scores;
}

/// To the nearest bfloat16, ties to even.
double rounded(double value) {
    auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    bits += 0x7fffu + ((bits >> 16) & 1u);
    return std::bit_cast<float>(bits & 0xffff0000u);
}

void forget(OracleMemory::Rows& rows, std::size_t most) {
    if (rows.size() > most) {
        rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(most));
    }
}

bool isWritten(std::span<const int> mask, std::size_t t) {
    return mask.empty() || mask[t] != 0;
}

} // namespace

std::vector<double> valuesOf(const at::Tensor& tensor) {
    const at::Tensor whole = tensor.to(at::kDouble).contiguous();
    const double* values = whole.const_data_ptr<double>();
    return {values, values + whole.numel()};
}

std::vector<double> valuesOf(const engine::kernels::Matrix& matrix) {
    std::vector<double> values = valuesOf(matrix.values);
    if (matrix.isInt8()) {
        const std::vector<double> groups = valuesOf(matrix.groups);
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = values[i] * groups[i / 32 * 2] + groups[i / 32 * 2 + 1];
        }
    }
    return values;
}

Oracle::Oracle(const Model& model, Mode mode)
    : m_config(model.weights->config), m_mode(mode), m_H(static_cast<std::size_t>(m_config.heads)),
      m_G(static_cast<std::size_t>(m_config.kvHeads)),
      m_d(static_cast<std::size_t>(m_config.headWidth)), m_firstMemory(model.adapter->firstLayer),
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

bool Oracle::hasMemory(std::size_t layer) const {
    const auto l = static_cast<std::int64_t>(layer);
    return l >= m_firstMemory && l <= m_lastMemory;
}

OracleMemory Oracle::emptyMemory() const {
    OracleMemory memory;
    const auto layers = static_cast<std::size_t>(m_lastMemory - m_firstMemory + 1);
    memory.M.assign(layers, std::vector<double>(m_G * m_d * m_d));
    memory.z.assign(layers, std::vector<double>(m_G * m_d));
    for (auto* rows : {&memory.keys, &memory.values, &memory.sinkKeys, &memory.sinkValues,
                       &memory.pooledKeys, &memory.pooledValues}) {
        rows->resize(m_layers.size());
    }
    return memory;
}

std::vector<double> Oracle::rotated(const double* v, std::size_t position) const {
    std::vector<double> out(m_d);
    const std::size_t half = m_d / 2;
    for (std::size_t i = 0; i < half; ++i) {
        const double angle = static_cast<double>(position) * m_frequencies[i];
        out[i] = v[i] * std::cos(angle) - v[i + half] * std::sin(angle);
        out[i + half] = v[i + half] * std::cos(angle) + v[i] * std::sin(angle);
    }
    return out;
}

OracleMemory::Rows Oracle::attended(std::size_t layer, const Rows& qkv,
                                    const OracleMemory& memory) const {
    // What every row sees: the text's first tokens, pooled entries, cached tokens, then the rows up
    // to its own.
    Rows keys = memory.sinkKeys[layer], values = memory.sinkValues[layer];
    for (const auto* rows : {&memory.pooledKeys[layer], &memory.keys[layer]}) {
        keys.insert(keys.end(), rows->begin(), rows->end());
    }
    for (const auto* rows : {&memory.pooledValues[layer], &memory.values[layer]}) {
        values.insert(values.end(), rows->begin(), rows->end());
    }
    const std::size_t past = keys.size();
    for (const auto& row : qkv) {
        const auto key = row.begin() + static_cast<std::ptrdiff_t>(m_H * m_d);
        const auto value = key + static_cast<std::ptrdiff_t>(m_G * m_d);
        keys.emplace_back(key, value);
        values.emplace_back(value, row.end());
    }
    const auto search =
        static_cast<std::size_t>(std::ceil(0.75 * static_cast<double>(m_layers.size())) - 1);
    Rows result(qkv.size(), std::vector<double>(m_H * m_d));
    for (std::size_t h = 0; h < m_H; ++h) {
        const std::size_t g = h / (m_H / m_G);
        Rows turned;
        for (std::size_t s = 0; s < keys.size(); ++s) {
            turned.push_back(rotated(&keys[s][g * m_d], s));
        }
        for (std::size_t t = 0; t < qkv.size(); ++t) {
            const double* q = &qkv[t][h * m_d];
            const auto query = rotated(q, past + t);
            std::vector<double> scores;
            for (std::size_t s = 0; s <= past + t; ++s) {
                scores.push_back(dot(query.data(), turned[s].data(), m_d) /
                                 std::sqrt(static_cast<double>(m_d)));
            }
            scores = softmax(scores);
            double* out = &result[t][h * m_d];
            for (std::size_t s = 0; s < scores.size(); ++s) {
                for (std::size_t i = 0; i < m_d; ++i) {
                    out[i] += scores[s] * values[s][g * m_d + i];
                }
            }
            if (hasMemory(layer) && memory.tokens > 0 && engine::model::hasMemory(m_mode)) {
                mixMemory(layer - static_cast<std::size_t>(m_firstMemory), h, q, memory, out);
            }
            if (m_mode == Mode::Knn && layer == search && !memory.storeKeys.empty()) {
                mixNearest(h, q, memory, out);
            }
        }
    }
    return result;
}

void Oracle::mixMemory(std::size_t m, std::size_t h, const double* q, const OracleMemory& memory,
                       double* out) const {
    const std::size_t g = h / (m_H / m_G);
    const double gate = m_gates[m * m_H + h];
    double den = 0;
    std::vector<double> num(m_d);
    for (std::size_t f = 0; f < m_d; ++f) {
        den += phi(q[f]) * memory.z[m][g * m_d + f];
        for (std::size_t i = 0; i < m_d; ++i) {
            num[i] += phi(q[f]) * memory.M[m][(g * m_d + f) * m_d + i];
        }
    }
    for (std::size_t i = 0; i < m_d; ++i) {
        out[i] = gate * num[i] / std::max(den, m_epsilon) + (1 - gate) * out[i];
    }
}

void Oracle::mixNearest(std::size_t h, const double* q, const OracleMemory& memory,
                        double* out) const {
    const std::size_t g = h / (m_H / m_G);
    std::vector<std::pair<double, std::size_t>> found;
    for (std::size_t s = 0; s < memory.storeKeys.size(); ++s) {
        found.emplace_back(
            dot(q, &memory.storeKeys[s][g * m_d], m_d) / std::sqrt(static_cast<double>(m_d)), s);
    }
    std::sort(found.rbegin(), found.rend());
    found.resize(std::min(found.size(), kNearest));
    std::vector<double> scores;
    for (const auto& [score, s] : found) {
        scores.push_back(score);
    }
    scores = softmax(scores);
    const auto layer =
        static_cast<std::int64_t>(std::ceil(0.75 * static_cast<double>(m_layers.size())) - 1);
    const double gate = hasMemory(static_cast<std::size_t>(layer))
                            ? m_gates[static_cast<std::size_t>(layer - m_firstMemory) * m_H + h]
                            : kFixedGate;
    for (std::size_t i = 0; i < m_d; ++i) {
        double read = 0;
        for (std::size_t k = 0; k < found.size(); ++k) {
            read += scores[k] * memory.storeValues[found[k].second][g * m_d + i];
        }
        out[i] = gate * read + (1 - gate) * out[i];
    }
}

void Oracle::writeInfini(std::size_t m, const Rows& qkv, std::span<const int> mask,
                         OracleMemory& memory) const {
    // Every row is compared with the memory as the segment found it.
    const auto M = memory.M[m], z = memory.z[m];
    for (std::size_t t = 0; t < qkv.size(); ++t) {
        for (std::size_t g = 0; g < m_G && isWritten(mask, t); ++g) {
            const double* key = &qkv[t][(m_H + g) * m_d];
            std::vector<double> value(&qkv[t][(m_H + m_G + g) * m_d],
                                      &qkv[t][(m_H + m_G + g) * m_d] + m_d);
            if (m_mode == Mode::InfiniDelta) {
                double den = 0;
                std::vector<double> stored(m_d);
                for (std::size_t f = 0; f < m_d; ++f) {
                    den += phi(key[f]) * z[g * m_d + f];
                    for (std::size_t i = 0; i < m_d; ++i) {
                        stored[i] += phi(key[f]) * M[(g * m_d + f) * m_d + i];
                    }
                }
                for (std::size_t i = 0; i < m_d; ++i) {
                    value[i] -= stored[i] / std::max(den, m_epsilon);
                }
            }
            for (std::size_t f = 0; f < m_d; ++f) {
                memory.z[m][g * m_d + f] += phi(key[f]);
                for (std::size_t i = 0; i < m_d; ++i) {
                    memory.M[m][(g * m_d + f) * m_d + i] += phi(key[f]) * value[i];
                }
            }
        }
    }
}

void Oracle::write(std::size_t layer, const Rows& qkv, std::span<const int> mask,
                   OracleMemory& memory) const {
    if (engine::model::hasMemory(m_mode)) {
        if (hasMemory(layer)) {
            writeInfini(layer - static_cast<std::size_t>(m_firstMemory), qkv, mask, memory);
        }
        return;
    }
    if (m_mode == Mode::Local) {
        return;
    }
    const bool isSearched =
        m_mode == Mode::Knn &&
        static_cast<double>(layer) == std::ceil(0.75 * static_cast<double>(m_layers.size())) - 1;
    const auto take = [&](std::size_t first, Rows& rows, Rows& begun, Rows& pooled, Rows& store) {
        for (const auto& row : qkv) {
            const auto begin = row.begin() + static_cast<std::ptrdiff_t>(first * m_d);
            rows.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(m_G * m_d));
            if (isSearched) {
                store.push_back(rows.back());
                std::transform(store.back().begin(), store.back().end(), store.back().begin(),
                               rounded);
            }
        }
        std::size_t leaving =
            m_mode == Mode::Full || rows.size() <= window ? 0 : rows.size() - window;
        for (; leaving > 0 && begun.size() < sinks; --leaving) {
            begun.push_back(rows.front());
            rows.erase(rows.begin());
        }
        if (m_mode == Mode::Compressive) {
            for (std::size_t begin = 0; begin < leaving; begin += kPool) {
                const std::size_t count = std::min(kPool, leaving - begin);
                std::vector<double> mean(m_G * m_d);
                for (std::size_t i = 0; i < mean.size(); ++i) {
                    for (std::size_t k = 0; k < count; ++k) {
                        mean[i] += rows[begin + k][i] / static_cast<double>(count);
                    }
                }
                pooled.push_back(mean);
            }
            forget(pooled, window);
        }
        forget(rows, rows.size() - leaving);
        forget(store, storeTokens);
    };
    take(m_H, memory.keys[layer], memory.sinkKeys[layer], memory.pooledKeys[layer],
         memory.storeKeys);
    take(m_H + m_G, memory.values[layer], memory.sinkValues[layer], memory.pooledValues[layer],
         memory.storeValues);
}

std::vector<double> Oracle::run(std::span<const std::int32_t> ids, OracleMemory& memory,
                                bool isWritten, std::span<const int> mask) const {
    const auto E = static_cast<std::size_t>(m_config.width);
    const std::size_t T = ids.size();
    Rows x(T);
    for (std::size_t t = 0; t < T; ++t) {
        const auto* row = m_embedding.data() + static_cast<std::size_t>(ids[t]) * E;
        x[t].assign(row, row + E);
    }
    for (std::size_t l = 0; l < m_layers.size(); ++l) {
        const Layer& layer = m_layers[l];
        Rows qkv(T);
        for (std::size_t t = 0; t < T; ++t) {
            qkv[t] = product(layer.qkv, normed(x[t], layer.attentionNorm, m_config.normEpsilon));
            for (std::size_t i = 0; i < layer.bias.size(); ++i) {
                qkv[t][i] += layer.bias[i];
            }
            for (std::size_t h = 0; h < m_H + m_G && !layer.queryNorm.empty(); ++h) {
                const std::span<double> head(&qkv[t][h * m_d], m_d);
                const auto scaled =
                    normed(head, h < m_H ? layer.queryNorm : layer.keyNorm, m_config.normEpsilon);
                std::copy(scaled.begin(), scaled.end(), head.begin());
            }
        }
        const Rows attention = attended(l, qkv, memory);
        if (isWritten) {
            write(l, qkv, mask, memory);
        }
        for (std::size_t t = 0; t < T; ++t) {
            const auto added = product(layer.output, attention[t]);
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
    for (std::size_t begin = 0; begin + length <= ids.size(); begin += length) {
        run(ids.subspan(begin, length), memory, true);
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
