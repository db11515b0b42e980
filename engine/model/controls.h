#pragma once
/// Controls of what a state is worth: the same question over nothing, over a scrambled state and
/// over another document's (evaluation.md, section 3).

#include <cstdint>
#include <span>
#include <vector>

#include "engine/model/session.h"

namespace engine::model {

/// The state as `use` lets an answer read it; `pending` and counts stay. Zeroed: empty, so the
/// window is read as the base model reads it. Shuffled: the rows of (M, z) of every layer and KV
/// head in another order, alike for M and z, so that a read is still a weighted mean of stored
/// values; or, in the other modes, values that no longer belong to their keys, or the vectors in
/// another order. One fixed order for each size.
ReadingState controlState(const ReadingState& state, AnswerSession::MemoryUse use);

/// `own` with the memory, tokens or vectors of another document of the same model, mode and N.
ReadingState stateWithMemoryOf(const ReadingState& own, const ReadingState& other);

/// log P (nats) of the same tokens over the state and over each control.
struct ControlScores {
    std::vector<float> loaded, zeroed, shuffled;
    std::vector<float> other; ///< empty: not run
};

/// Scores `ids` as the continuation of `prompt`, which follows the pending tokens. `other` may be
/// null. Throws as AnswerSession does.
ControlScores scoreWithControls(const std::shared_ptr<const Model>& model, Mode mode,
                                const ReadingState& state, const ReadingState* other,
                                std::span<const std::int32_t> prompt,
                                std::span<const std::int32_t> ids);

} // namespace engine::model
