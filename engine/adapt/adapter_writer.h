#pragma once
/// Parameters as an adapter file (infini-attention.md, section 5), and back.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/adapt/parameters.h"
#include "engine/model/weights.h"

namespace engine::adapt {

/// What an adapter file tells of the training; nothing is computed with it.
struct TrainingHistory {
    std::string engineVersion;
    std::string dataSha256;
    std::vector<std::string> texts;    ///< hashes that dataSha256 covers, in order
    std::int64_t segmentTokens = 1024; ///< N that it was trained and measured for
    std::int64_t steps = 0;
    std::int64_t seed = 0;
    double perplexityWithMemory = 1, perplexityZeroed = 1;
    std::string passkey; ///< a sentence
};

/// The bytes of the file.
std::string adapterBytes(const Parameters& parameters, const AdapterShape& shape,
                         const model::Weights& weights, const TrainingHistory& history);

/// Parameters to go on from, and their shape. Throws what model::AdapterFile does.
struct ReadAdapter {
    AdapterShape shape;
    Parameters parameters;
};
ReadAdapter readAdapter(const std::string& path, const model::Weights& weights);

} // namespace engine::adapt
