#pragma once
/// Small models built in memory, and the oracle: the whole transformer with its memory in plain
/// loops over doubles. The two share nothing but the numbers of the weights.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/model/session.h"

namespace tests {

struct HandShape {
    std::int64_t layers = 2, width = 32, heads = 4, kvHeads = 2, headWidth = 8, feedForward = 48;
    std::int64_t vocabulary = 61, contextTokens = 96;
    std::int64_t firstMemory = 0, lastMemory = 1;
    double gate = 0.3;
    bool hasBias = false;
    bool hasQkNorm = false;
};

/// Seeded weights, a tokenizer with one token per value 0 … 60 (token 2 stops), an adapter with
/// memory in the given layers.
std::shared_ptr<engine::model::Model> handModel(std::uint64_t seed, engine::model::Dtype dtype,
                                                const HandShape& shape = {});

/// The same model with another gate parameter β in every layer and head.
std::shared_ptr<engine::model::Model> withBeta(const engine::model::Model& model, float beta);

/// `count` seeded ids, 3 and above.
std::vector<std::int32_t> randomIds(std::uint64_t seed, std::size_t count,
                                    std::int64_t vocabulary = 61);

std::vector<double> valuesOf(const at::Tensor& tensor);

/// Largest difference, relative to the largest expected value.
double relativeDifference(std::span<const double> found, std::span<const double> expected);
double relativeDifference(const at::Tensor& found, std::span<const double> expected);

bool sameBits(const at::Tensor& a, const at::Tensor& b);
bool sameBits(const engine::model::Memory& a, const engine::model::Memory& b);

/// The oracle's memory: M and z per memory layer, KV head by KV head.
struct OracleMemory {
    std::vector<std::vector<double>> M, z;
    std::int64_t tokens = 0;
};

class Oracle {
public:
    explicit Oracle(const engine::model::Model& model);

    [[nodiscard]] OracleMemory emptyMemory() const;
    /// One segment or window from position 0. Reads `memory` when it holds tokens; writes to it
    /// when asked. Returns the logits of all rows, one behind the other.
    std::vector<double> run(std::span<const std::int32_t> ids, OracleMemory& memory,
                            bool isWritten) const;
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
    const engine::model::Config m_config;
    std::int64_t m_firstMemory = 0, m_lastMemory = -1;
    double m_epsilon = 0;
    std::vector<double> m_gates; ///< per memory layer and head
    std::vector<double> m_embedding, m_outputNorm, m_head, m_frequencies;
    std::vector<Layer> m_layers;
};

} // namespace tests
