#pragma once
/// The file that a training leaves, of whatever kind: what each kind tells of its training and its
/// base, and the trained tensors.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/adapt/parameters.h"
#include "engine/model/weights.h"

namespace engine::adapt {

/// What such a file tells of the training; nothing is computed with it.
struct TrainingHistory {
    std::string engineVersion;
    std::string dataSha256;
    std::vector<std::string> texts;    ///< hashes that dataSha256 covers, in order; those of an
                                       ///< adapter that it began with included
    std::int64_t segmentTokens = 1024; ///< N that it was measured for, the longest of its training
    std::int64_t steps = 0;            ///< those of an adapter that it began with included
    std::int64_t seed = 0;
    double perplexityWithMemory = 1, perplexityZeroed = 1;
    std::string passkey = "not measured yet"; ///< a sentence
    /// Those of all runs, with what decided the result; texts go by their hashes. Of one that began
    /// with an adapter: behind that adapter's.
    std::string command;
    double seconds = 0; ///< of training, former runs and that of an adapter begun with included
};

/// A number in a field, to nine digits.
std::string fieldNumber(double value);

/// The bytes of a file with the fields of all kinds and those of `own`, which says what kind it is.
std::string trainedFileBytes(const std::map<std::string, std::string>& own,
                             const Parameters& parameters, const model::Weights& weights,
                             const TrainingHistory& history);

} // namespace engine::adapt
