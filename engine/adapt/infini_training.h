#pragma once
/// A training of a memory adapter: the method infini.

#include <memory>

#include "engine/adapt/adapt.h"
#include "engine/adapt/training.h"

namespace engine::adapt {

/// `tokenizer` must outlive the result. Throws WrongUse: options that contradict each other, layers
/// that are none, a context that is too short.
std::unique_ptr<Training> infiniTraining(std::shared_ptr<const model::Weights> weights,
                                         const model::Tokenizer& tokenizer, const Options& options);

} // namespace engine::adapt
