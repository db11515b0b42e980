#pragma once
/// What the tests of the modes share: answers from a state, and what must hold in each mode however
/// it is read.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "engine/model/controls.h"
#include "engine/model/session.h"
#include "tests/unit/model/hand_model.h"

namespace tests {

using ModelPointer = std::shared_ptr<const engine::model::Model>;

/// log P of each id of the question but the first.
inline std::vector<double> answered(
    const ModelPointer& model, engine::model::Mode mode, const engine::model::ReadingState& state,
    const std::vector<std::int32_t>& question,
    engine::model::AnswerSession::MemoryUse use = engine::model::AnswerSession::MemoryUse::Loaded) {
    engine::model::AnswerSession session(model, mode, state, use);
    session.feed(std::span(question).first(1));
    const auto logs = session.logProbabilities(std::span(question).subspan(1));
    return {logs.begin(), logs.end()};
}

/// The same by an oracle that has read `memory`, behind the pending ids in `window`.
template <typename AnyOracle, typename Memory>
std::vector<double> expectedAnswer(const AnyOracle& oracle, const Memory& memory,
                                   std::vector<std::int32_t> window,
                                   const std::vector<std::int32_t>& question) {
    window.insert(window.end(), question.begin(), question.end());
    const auto logs = oracle.logProbabilities(window, memory);
    return {logs.end() - static_cast<std::ptrdiff_t>(question.size() - 1), logs.end()};
}

inline std::vector<double> flat(const std::vector<std::vector<double>>& rows) {
    std::vector<double> all;
    for (const auto& row : rows) {
        all.insert(all.end(), row.begin(), row.end());
    }
    return all;
}

/// Reads the documents together and expects each to be as if it were read alone.
inline void expectReadAlikeTogether(const ModelPointer& model, engine::model::Mode mode,
                                    std::int64_t N, std::int64_t chunk,
                                    const std::vector<std::vector<std::int32_t>>& documents) {
    using engine::model::ReadingSession;
    std::vector<ReadingSession> sessions;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        sessions.emplace_back(model, mode, N, chunk);
    }
    std::vector<std::span<const std::int32_t>> rest(documents.begin(), documents.end());
    std::vector<ReadingSession*> all;
    for (ReadingSession& session : sessions) {
        all.push_back(&session);
    }
    while (std::ranges::any_of(rest, [](auto ids) { return !ids.empty(); })) {
        const auto taken = ReadingSession::pushTogether(all, rest);
        for (std::size_t i = 0; i < rest.size(); ++i) {
            rest[i] = rest[i].subspan(taken[i]);
        }
    }
    for (std::size_t i = 0; i < documents.size(); ++i) {
        EXPECT_TRUE(sameBits(sessions[i].state(), readIds(model, documents[i], mode, N))) << i;
    }
}

inline void expectTheBaseModelUpToOneSegment(const ModelPointer& model, engine::model::Mode mode,
                                             std::int64_t N, std::span<const std::int32_t> ids,
                                             const std::vector<std::int32_t>& question) {
    using engine::model::Mode;
    for (const std::size_t length : {0, 1, 5, 7}) {
        const auto text = ids.first(length);
        EXPECT_EQ(answered(model, mode, readIds(model, text, mode, N), question),
                  answered(model, Mode::Local, readIds(model, text, Mode::Local, N), question))
            << length;
    }
}

/// Returns the room there was before the question.
inline std::int64_t expectStepwiseAsInOneGo(const ModelPointer& model, engine::model::Mode mode,
                                            const engine::model::ReadingState& state,
                                            const std::vector<std::int32_t>& question,
                                            double tolerance) {
    engine::model::AnswerSession whole(model, mode, state), steps(model, mode, state);
    const std::int64_t room = steps.room();
    std::vector<double> stepwise;
    for (const std::int32_t id : question) {
        stepwise.push_back(steps.logProbabilities({&id, 1}).front());
        steps.feed({&id, 1});
    }
    const auto expected = whole.logProbabilities(question);
    EXPECT_LT(relativeDifference(stepwise, std::vector<double>(expected.begin(), expected.end())),
              tolerance);
    EXPECT_EQ(steps.room(), room - std::ssize(question));
    return room;
}

/// What the model says without the state is what the mode local says; every control differs from
/// the state itself, unless there is none.
inline void expectControlsTakeTheStateAway(const ModelPointer& model, engine::model::Mode mode,
                                           const engine::model::ReadingState& state,
                                           const engine::model::ReadingState& other,
                                           const std::vector<std::int32_t>& prompt,
                                           const std::vector<std::int32_t>& ids) {
    using namespace engine::model;
    const ControlScores scores = scoreWithControls(model, mode, state, &other, prompt, ids);
    ReadingState nothing;
    nothing.pending = state.pending;
    AnswerSession local(model, Mode::Local, nothing);
    local.feed(prompt);
    EXPECT_EQ(scores.zeroed, local.logProbabilities(ids));
    EXPECT_TRUE(scoreWithControls(model, mode, state, nullptr, prompt, ids).other.empty());
    for (const auto* control : {&scores.zeroed, &scores.shuffled, &scores.other}) {
        ASSERT_EQ(control->size(), ids.size());
        EXPECT_EQ(*control == scores.loaded, mode == Mode::Local);
    }
}

} // namespace tests
