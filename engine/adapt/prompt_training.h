#pragma once
/// A training of recurrent prompts: the methods rmt and autocompressor.

#include <memory>

#include "engine/adapt/adapt.h"
#include "engine/adapt/training.h"

namespace engine::adapt {

/// For options whose method is rmt or autocompressor; the loss is cross entropy alone, whatever
/// klWeight says. `tokenizer` must outlive the result. Throws WrongUse: options that have no
/// meaning here (layers, gates alone, an adapter to begin with), a context that is too short.
std::unique_ptr<Training> promptTraining(std::shared_ptr<const model::Weights> weights,
                                         const model::Tokenizer& tokenizer, const Options& options);

} // namespace engine::adapt
