#pragma once
/// Finds the layers through which a model recalls what stands earlier in its window: the attention
/// of one layer at a time is cut between a number and the question for it.

#include <functional>
#include <utility>
#include <vector>

#include "engine/adapt/corpus.h"
#include "engine/adapt/student.h"

namespace engine::adapt {

struct RecallLayers {
    std::int64_t first = 0, last = 0; ///< the shortest range that carries most of the recall
    std::vector<double> lost;         ///< of each layer: nats per digit that its cut costs
};

/// Weights are those of the model; `goOn` is asked before each layer, and when it says no the
/// layers of AdapterShape::usual are returned.
RecallLayers measureRecall(const std::shared_ptr<const model::Weights>& weights,
                           const model::Tokenizer& tokenizer, const std::vector<Text>& texts,
                           std::uint64_t seed, const std::function<bool()>& goOn);

/// The shortest range of layers that holds `share` of the sum of what is above 0.
std::pair<std::int64_t, std::int64_t> shortestRange(const std::vector<double>& lost, double share);

} // namespace engine::adapt
