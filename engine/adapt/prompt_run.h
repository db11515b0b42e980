#pragma once
/// A whole training of recurrent prompts: what `adapt` does when its method is rmt or
/// autocompressor.

#include "engine/adapt/adapt.h"

namespace engine::adapt {

/// As `adapt`, for options whose method is rmt or autocompressor. The loss is cross entropy alone,
/// whatever klWeight says. Throws as `adapt` does; WrongUse also for options that have no meaning
/// here: layers, gates alone, an adapter to begin with.
void adaptPrompt(const std::shared_ptr<const model::Weights>& weights,
                 const model::Tokenizer& tokenizer, const Options& options,
                 const std::function<void(const Report&)>& tell,
                 const std::function<bool()>& isCancelled);

} // namespace engine::adapt
