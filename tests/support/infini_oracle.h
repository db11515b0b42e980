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
    /// A trained adapter's tensors of one layer, in the file's order of dimensions.
    struct Adapted {
        std::vector<double> queryDown, queryUp, keyDown, keyUp, valueDown, valueUp, outputDown,
            outputUp, queryFeature, queryBias, keyFeature, keyBias, writeU, writeC, betaPosition;
    };
    /// What a row shows of itself to the memory: φ(q) and e·φ(k) of each head, v.
    struct Shown {
        std::vector<double> query, key, value;
    };

    /// One row, normed (E) and projected (qkv), of a layer with memory.
    [[nodiscard]] Shown shown(std::size_t m, const std::vector<double>& normed,
                              const std::vector<double>& qkv) const;
    [[nodiscard]] std::vector<double> rotated(const double* v, std::size_t position) const;
    /// `fromMemory` gets g·A_mem of each row.
    [[nodiscard]] Rows attended(std::size_t layer, const Rows& qkv, const std::vector<Shown>& shown,
                                const OracleMemory& memory, Rows& fromMemory) const;
    /// Mixes what head h of the row at `position` reads into `out` (d); `read` gets g·A_mem.
    void mixMemory(std::size_t m, std::size_t h, std::size_t position, const double* query,
                   const OracleMemory& memory, double* out, double* read) const;
    void mixNearest(std::size_t h, const double* q, const OracleMemory& memory, double* out) const;
    void write(std::size_t layer, const Rows& qkv, const std::vector<Shown>& shown,
               std::span<const int> mask, OracleMemory& memory) const;
    void writeInfini(std::size_t m, const std::vector<Shown>& shown, std::span<const int> mask,
                     OracleMemory& memory) const;
    [[nodiscard]] bool hasMemory(std::size_t layer) const;

    const engine::model::Config m_config;
    const engine::model::Mode m_mode;
    const std::size_t m_H, m_G, m_d, m_f;
    std::int64_t m_firstMemory = 0, m_lastMemory = -1;
    double m_epsilon = 0;
    std::vector<double> m_beta; ///< per memory layer and head
    double m_deltaScale = 1;
    std::vector<Adapted> m_adapted; ///< empty: untrained
    std::vector<double> m_embedding, m_outputNorm, m_head, m_frequencies;
    std::vector<Layer> m_layers;
};

} // namespace tests
