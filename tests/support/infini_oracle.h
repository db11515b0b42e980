#pragma once
/// The oracle: the whole transformer with every mode's memory or cache, in plain loops over
/// doubles. It shares nothing with the engine but the numbers of the weights.

#include <cstdint>
#include <span>
#include <vector>

#include "engine/model/session.h"

namespace tests {

std::vector<double> valuesOf(const at::Tensor& tensor);
/// Of int8 weights exactly q·scale + offset.
std::vector<double> valuesOf(const engine::kernels::Matrix& matrix);

/// What the oracle has read: M and z per memory layer, KV head by KV head, or rows of G·d keys and
/// values per layer, oldest first.
struct OracleMemory {
    using Rows = std::vector<std::vector<double>>;
    std::vector<std::vector<double>> M, z;
    std::vector<Rows> keys, values, sinkKeys, sinkValues, pooledKeys, pooledValues;
    Rows storeKeys, storeValues;
    std::int64_t tokens = 0;
};

class Oracle {
public:
    explicit Oracle(const engine::model::Model& model,
                    engine::model::Mode mode = engine::model::Mode::InfiniLinear);

    std::size_t window = 8;           ///< W = N of xl, compressive and knn
    std::size_t sinks = 4;            ///< of the text's first tokens, of the same modes
    std::size_t storeTokens = 65'536; ///< of knn

    [[nodiscard]] OracleMemory emptyMemory() const;
    /// One segment or window behind what the mode shows. Reads `memory`; writes the rows whose mask
    /// is not 0 to it when asked. Returns the logits of all rows, one behind the other.
    std::vector<double> run(std::span<const std::int32_t> ids, OracleMemory& memory, bool isWritten,
                            std::span<const int> mask = {}) const;
    /// Whole segments of N tokens into a memory; the rest of the ids is ignored.
    [[nodiscard]] OracleMemory read(std::span<const std::int32_t> ids, std::int64_t N) const;
    /// log P of each id but the first.
    [[nodiscard]] std::vector<double> logProbabilities(std::span<const std::int32_t> ids,
                                                       const OracleMemory& memory) const;

private:
    struct Layer {
        std::vector<double> attentionNorm, qkv, bias, queryNorm, keyNorm, output, feedForwardNorm,
            gateUp, down;
    };
    using Rows = OracleMemory::Rows;

    [[nodiscard]] std::vector<double> rotated(const double* v, std::size_t position) const;
    [[nodiscard]] Rows attended(std::size_t layer, const Rows& qkv,
                                const OracleMemory& memory) const;
    void mixMemory(std::size_t m, std::size_t h, const double* q, const OracleMemory& memory,
                   double* out) const;
    void mixNearest(std::size_t h, const double* q, const OracleMemory& memory, double* out) const;
    void write(std::size_t layer, const Rows& qkv, std::span<const int> mask,
               OracleMemory& memory) const;
    void writeInfini(std::size_t m, const Rows& qkv, std::span<const int> mask,
                     OracleMemory& memory) const;
    [[nodiscard]] bool hasMemory(std::size_t layer) const;

    const engine::model::Config m_config;
    const engine::model::Mode m_mode;
    const std::size_t m_H, m_G, m_d;
    std::int64_t m_firstMemory = 0, m_lastMemory = -1;
    double m_epsilon = 0;
    std::vector<double> m_gates; ///< per memory layer and head
    std::vector<double> m_embedding, m_outputNorm, m_head, m_frequencies;
    std::vector<Layer> m_layers;
};

} // namespace tests
