#include "engine/model/controls.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <numeric>
#include <random>
#include <utility>

namespace engine::model {

namespace {

constexpr std::uint64_t kShuffleSeed = 1;

/// A seeded permutation of 0 … count − 1, drawn by hand because std::shuffle differs between
/// libraries.
at::Tensor permutation(std::int64_t count) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    std::mt19937_64 random(kShuffleSeed);
    for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[random() % i]);
    }
    return at::tensor(order);
}

at::Tensor shuffledRows(const at::Tensor& rows) {
    return at::index_select(rows, 2, permutation(rows.size(2)).to(rows.device()));
}

} // namespace

ReadingState controlState(const ReadingState& state, AnswerSession::MemoryUse use) {
    const c10::InferenceMode inference;
    ReadingState used = state;
    if (use == AnswerSession::MemoryUse::Zeroed) {
        used.memory = {};
        used.cache = {};
        used.vectors = at::Tensor();
    } else if (use == AnswerSession::MemoryUse::Shuffled) {
        for (std::size_t i = 0; i < used.memory.M.size(); ++i) {
            used.memory.M[i] = shuffledRows(used.memory.M[i]);
            used.memory.z[i] = shuffledRows(used.memory.z[i]);
        }
        for (std::vector<at::Tensor>* values :
             {&used.cache.values, &used.cache.sinkValues, &used.cache.pooledValues}) {
            for (at::Tensor& rows : *values) {
                rows = shuffledRows(rows);
            }
        }
        if (used.vectors.defined()) {
            used.vectors = at::index_select(
                used.vectors, 0, permutation(used.vectors.size(0)).to(used.vectors.device()));
        }
        if (used.cache.store.values.defined()) {
            used.cache.store.values = shuffledRows(used.cache.store.values);
        }
    }
    return used;
}

ReadingState stateWithMemoryOf(const ReadingState& own, const ReadingState& other) {
    ReadingState mixed = own;
    mixed.memory = other.memory;
    mixed.cache = other.cache;
    mixed.vectors = other.vectors;
    return mixed;
}

ControlScores scoreWithControls(const std::shared_ptr<const Model>& model, Mode mode,
                                const ReadingState& state, const ReadingState* other,
                                std::span<const std::int32_t> prompt,
                                std::span<const std::int32_t> ids) {
    using Use = AnswerSession::MemoryUse;
    const auto score = [&](const ReadingState& read, Use use) {
        AnswerSession session(model, mode, read, use);
        session.feed(prompt);
        return session.logProbabilities(ids);
    };
    ControlScores scores;
    scores.loaded = score(state, Use::Loaded);
    scores.zeroed = score(state, Use::Zeroed);
    scores.shuffled = score(state, Use::Shuffled);
    if (other != nullptr) {
        scores.other = score(stateWithMemoryOf(state, *other), Use::Loaded);
    }
    return scores;
}

} // namespace engine::model
