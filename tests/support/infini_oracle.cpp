#include "tests/support/infini_oracle.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "tests/support/plain_loops.h"

namespace tests {

using namespace engine::model;

namespace {

constexpr std::size_t kPool = 3;
constexpr std::size_t kNearest = 32;
constexpr double kFixedGate = 0.06;

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
      m_d(static_cast<std::size_t>(m_config.headWidth)),
      m_f(static_cast<std::size_t>(model.adapter->features)),
      m_firstMemory(model.adapter->firstLayer), m_lastMemory(model.adapter->lastLayer),
      m_epsilon(model.adapter->epsilon), m_beta(valuesOf(model.adapter->beta)),
      m_deltaScale(model.adapter->deltaScale), m_embedding(valuesOf(model.weights->embedding)),
      m_outputNorm(valuesOf(model.weights->outputNorm)), m_head(valuesOf(model.weights->head)),
      m_frequencies(valuesOf(model.weights->ropeFrequencies)) {
    for (std::int64_t i = 0; model.adapter->isTrained() && i < model.adapter->layers(); ++i) {
        const Adapter& a = *model.adapter;
        const auto of = [&](const at::Tensor& tensor) {
            return tensor.defined() ? valuesOf(tensor[i]) : std::vector<double>();
        };
        m_adapted.push_back({of(a.query.down), of(a.query.up), of(a.key.down), of(a.key.up),
                             of(a.value.down), of(a.value.up), of(a.output.down), of(a.output.up),
                             of(a.queryFeature), of(a.queryBias), of(a.keyFeature), of(a.keyBias),
                             of(a.writeU), of(a.writeC), of(a.betaPosition)});
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
    memory.M.assign(layers, std::vector<double>(m_G * m_f * m_d));
    memory.z.assign(layers, std::vector<double>(m_G * m_f));
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

Oracle::Shown Oracle::shown(std::size_t m, const std::vector<double>& normed,
                            const std::vector<double>& qkv) const {
    const auto part = [&](std::size_t first, std::size_t heads) {
        const auto begin = qkv.begin() + static_cast<std::ptrdiff_t>(first * m_d);
        return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(heads * m_d));
    };
    Shown all{part(0, m_H), part(m_H, m_G), part(m_H + m_G, m_G)};
    const Adapted* own = m_adapted.empty() ? nullptr : &m_adapted[m];
    const auto shift = [&](std::vector<double>& rows, const std::vector<double>& down,
                           const std::vector<double>& up) {
        const auto delta = product(up, product(down, normed));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i] += m_deltaScale * delta[i];
        }
    };
    const auto features = [&](std::vector<double>& rows, const std::vector<double>& matrix,
                              const std::vector<double>& bias) {
        std::vector<double> result;
        for (std::size_t h = 0; h < rows.size() / m_d; ++h) {
            for (std::size_t j = 0; j < m_f; ++j) {
                const double x = own == nullptr
                                     ? rows[h * m_d + j]
                                     : bias[h * m_f + j] +
                                           dot(&matrix[(h * m_f + j) * m_d], &rows[h * m_d], m_d);
                result.push_back(phi(x));
            }
        }
        rows = result;
    };
    if (own == nullptr) {
        features(all.query, {}, {});
        features(all.key, {}, {});
        return all;
    }
    shift(all.query, own->queryDown, own->queryUp);
    shift(all.key, own->keyDown, own->keyUp);
    shift(all.value, own->valueDown, own->valueUp);
    features(all.query, own->queryFeature, own->queryBias);
    features(all.key, own->keyFeature, own->keyBias);
    const auto gate = product(own->writeU, normed);
    for (std::size_t g = 0; g < m_G; ++g) {
        for (std::size_t j = 0; j < m_f; ++j) {
            all.key[g * m_f + j] /= 1 + std::exp(-gate[g] - own->writeC[g]);
        }
    }
    return all;
}

OracleMemory::Rows Oracle::attended(std::size_t layer, const Rows& qkv,
                                    const std::vector<Shown>& shown, const OracleMemory& memory,
                                    Rows& fromMemory) const {
    fromMemory.assign(qkv.size(), std::vector<double>(m_H * m_d));
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
                mixMemory(layer - static_cast<std::size_t>(m_firstMemory), h, t,
                          &shown[t].query[h * m_f], memory, out, &fromMemory[t][h * m_d]);
            }
            if (m_mode == Mode::Knn && layer == search && !memory.storeKeys.empty()) {
                mixNearest(h, q, memory, out);
            }
        }
    }
    return result;
}

void Oracle::mixMemory(std::size_t m, std::size_t h, std::size_t position, const double* query,
                       const OracleMemory& memory, double* out, double* read) const {
    const std::size_t g = h / (m_H / m_G);
    double beta = m_beta[m * m_H + h];
    if (!m_adapted.empty() && !m_adapted[m].betaPosition.empty()) {
        beta += m_adapted[m].betaPosition[h] * std::log2(1 + static_cast<double>(position));
    }
    const double gate = 1 / (1 + std::exp(-beta));
    double den = 0;
    std::vector<double> num(m_d);
    for (std::size_t f = 0; f < m_f; ++f) {
        den += query[f] * memory.z[m][g * m_f + f];
        for (std::size_t i = 0; i < m_d; ++i) {
            num[i] += query[f] * memory.M[m][(g * m_f + f) * m_d + i];
        }
    }
    for (std::size_t i = 0; i < m_d; ++i) {
        read[i] = gate * num[i] / std::max(den, m_epsilon);
        out[i] = read[i] + (1 - gate) * out[i];
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
    for (std::size_t i = 0; i < m_d; ++i) {
        double read = 0;
        for (std::size_t k = 0; k < found.size(); ++k) {
            read += scores[k] * memory.storeValues[found[k].second][g * m_d + i];
        }
        out[i] = kFixedGate * read + (1 - kFixedGate) * out[i];
    }
}

void Oracle::writeInfini(std::size_t m, const std::vector<Shown>& shown, std::span<const int> mask,
                         OracleMemory& memory) const {
    // Every row is compared with the memory as the segment found it.
    const auto M = memory.M[m], z = memory.z[m];
    for (std::size_t t = 0; t < shown.size(); ++t) {
        for (std::size_t g = 0; g < m_G && isWritten(mask, t); ++g) {
            const double* key = &shown[t].key[g * m_f];
            std::vector<double> value(&shown[t].value[g * m_d], &shown[t].value[g * m_d] + m_d);
            if (m_mode == Mode::InfiniDelta) {
                double den = 0;
                std::vector<double> stored(m_d);
                for (std::size_t f = 0; f < m_f; ++f) {
                    den += key[f] * z[g * m_f + f];
                    for (std::size_t i = 0; i < m_d; ++i) {
                        stored[i] += key[f] * M[(g * m_f + f) * m_d + i];
                    }
                }
                for (std::size_t i = 0; i < m_d; ++i) {
                    value[i] -= stored[i] / std::max(den, m_epsilon);
                }
            }
            for (std::size_t f = 0; f < m_f; ++f) {
                memory.z[m][g * m_f + f] += key[f];
                for (std::size_t i = 0; i < m_d; ++i) {
                    memory.M[m][(g * m_f + f) * m_d + i] += key[f] * value[i];
                }
            }
        }
    }
}

void Oracle::write(std::size_t layer, const Rows& qkv, const std::vector<Shown>& shown,
                   std::span<const int> mask, OracleMemory& memory) const {
    if (engine::model::hasMemory(m_mode)) {
        if (hasMemory(layer)) {
            writeInfini(layer - static_cast<std::size_t>(m_firstMemory), shown, mask, memory);
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
        Rows qkv(T), fromMemory;
        std::vector<Shown> shownRows;
        for (std::size_t t = 0; t < T; ++t) {
            const auto input = normed(x[t], layer.attentionNorm, m_config.normEpsilon);
            qkv[t] = product(layer.qkv, input);
            for (std::size_t i = 0; i < layer.bias.size(); ++i) {
                qkv[t][i] += layer.bias[i];
            }
            for (std::size_t h = 0; h < m_H + m_G && !layer.queryNorm.empty(); ++h) {
                const std::span<double> head(&qkv[t][h * m_d], m_d);
                const auto scaled =
                    normed(head, h < m_H ? layer.queryNorm : layer.keyNorm, m_config.normEpsilon);
                std::copy(scaled.begin(), scaled.end(), head.begin());
            }
            if (hasMemory(l)) {
                shownRows.push_back(
                    shown(l - static_cast<std::size_t>(m_firstMemory), input, qkv[t]));
            }
        }
        const Rows attention = attended(l, qkv, shownRows, memory, fromMemory);
        if (isWritten) {
            write(l, qkv, shownRows, mask, memory);
        }
        const bool addsOutput =
            hasMemory(l) && !m_adapted.empty() && !m_adapted.front().outputDown.empty();
        for (std::size_t t = 0; t < T; ++t) {
            auto added = product(layer.output, attention[t]);
            if (addsOutput) {
                const Adapted& own = m_adapted[l - static_cast<std::size_t>(m_firstMemory)];
                const auto more = product(own.outputUp, product(own.outputDown, fromMemory[t]));
                for (std::size_t i = 0; i < E; ++i) {
                    added[i] += m_deltaScale * more[i];
                }
            }
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
