#pragma once
/// What the model would say next over a frozen state: the window of an answer, for scoring given
/// tokens instead of generating them.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/model/session.h"
#include "engine/model/transformer.h"

namespace engine::evaluate {

/// Of tokens that were given: how likely each was after all before it.
struct Scored {
    std::vector<float> nats;    ///< log-probability of each
    std::vector<char> isLikely; ///< 1: it was the likeliest token, as a greedy answer would have it
};

/// One thread. Reads the state's memory or tokens, and not its `pending`, which the caller feeds
/// where it wants them.
class Window {
public:
    Window(std::shared_ptr<const model::Model> model, model::Mode mode,
           const model::ReadingState& state);

    /// Appends tokens. Throws DoesNotFit beyond the model's context.
    void feed(std::span<const std::int32_t> ids);
    /// Scores `answer` behind the window and `prompt`, of which at least one must have a token
    /// (else WrongUse). The window stays as it is. Throws DoesNotFit.
    Scored score(std::span<const std::int32_t> prompt, std::span<const std::int32_t> answer);
    /// Tokens in the window and what the mode shows before it.
    [[nodiscard]] std::int64_t size() const { return m_size; }

private:
    at::Tensor run(std::span<const std::int32_t> ids, std::int64_t position);

    std::shared_ptr<const model::Model> m_model;
    model::Transformer m_transformer;
    model::Memory m_memory;
    model::Neighbours m_neighbours;
    model::KvCache m_cache;
    std::int64_t m_past = 0, m_size = 0;
    at::Tensor m_last; ///< residual row (1, E) of the last token
};

} // namespace engine::evaluate
