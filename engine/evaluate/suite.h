#pragma once
/// What the suites share: what is measured, how much of it, and where results go.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/evaluate/data.h"
#include "engine/evaluate/haystack.h"
#include "engine/evaluate/records.h"
#include "engine/evaluate/window.h"

namespace engine::evaluate {

/// The model and how it reads.
struct Subject {
    std::shared_ptr<const model::Model> model;
    model::Mode mode = model::Mode::InfiniLinear;
    std::int64_t N = 1024;
};

/// How much is measured. Empty lists: what the suite measures by itself.
struct Plan {
    std::vector<std::string> arms; ///< empty: all but the costly full, compressive, knn, reread
    std::vector<std::string> haystacks = {"repeat", "book"};
    Method method = Method::Stream;
    std::int64_t limit = 0; ///< items of a document, segments of a book; 0: all
    std::int64_t samples = 20;
    std::vector<std::int64_t> lengths; ///< tokens
    std::vector<int> depths = {0, 25, 50, 75, 100};
    std::vector<int> needles = {1, 4, 16};
    std::uint64_t seed = 1;

    [[nodiscard]] bool wants(std::string_view arm) const;
};

/// Where a suite stands: `done` of `total` tokens or items.
struct Step {
    std::string what, unit;
    std::int64_t done = 0, total = 0;
};

/// A text, and what reading it to its end leaves.
struct ReadBook {
    std::string name;
    std::vector<model::Token> tokens; ///< with the begin token, of no bytes, where there is one
    bool isRead = false;
    model::ReadingState state; ///< once it is read: tokens that fill no segment are pending, and
                               ///< stand in the window
};

/// A suite at work. `onStep` returns false to stop after the step.
struct Bench {
    const Subject& subject;
    const Plan& plan;
    const Data& data;
    Lines& lines;
    std::function<bool(const Step&)> onStep;
    std::vector<ReadBook> books; ///< the collections, once a suite has opened them
};

/// Throws WrongUse where lines of `passkey` and `needle`, of cells that this plan asks for, have
/// controls that it would pair otherwise: `other` is the memory of the sample before, of the first
/// of a group that of the last, which is another one among more or fewer samples. The lines must
/// have been measured with the plan's settings; throws WrongUse also for lengths that are too
/// short.
void requireSameControls(const std::vector<std::string>& suites, const Plan& plan,
                         const Subject& subject, const Data& data,
                         const std::vector<Json>& records);

/// Each measures what is not in `bench.lines` yet and returns false when it was stopped.
bool measurePasskey(Bench& bench);
bool measureNeedle(Bench& bench);
/// What its numbers are numbers of: nothing that a training asks for.
std::span<const char* const> needleNames();
bool measurePerplexity(Bench& bench);
bool measureDistance(Bench& bench);
bool measureCard(Bench& bench);
bool measureCost(Bench& bench);
/// The gist as the program first writes it, beside the paragraph that holds the answer, scored as
/// `gistScores` (squad.h) says; one that fails says nothing of numbers. Groups: all, numbers (an
/// answer has a digit), words. The memory is that of all paragraphs, in `other` that of the first
/// collection.
bool measureSquad(Bench& bench);

/// The texts joined, as tokens, without a begin token.
std::vector<std::int32_t> bookTokens(const model::Tokenizer& tokenizer,
                                     const std::vector<Text>& texts);
/// A text of `tokens` tokens, at least 1, as a reading begins it: the tokenizer's begin token,
/// where it has one, then `ids` from `offset` on, around their end to the beginning as often as
/// needed. Throws NoText when there are no ids.
std::vector<std::int32_t> textFrom(const model::Tokenizer& tokenizer,
                                   std::span<const std::int32_t> ids, std::int64_t offset,
                                   std::int64_t tokens);
/// Such a text of the published filler of passkey tests.
std::vector<std::int32_t> fillerTokens(const model::Tokenizer& tokenizer, std::int64_t tokens);

/// Bytes of K and V of a token in all layers, in the dtype of a cache: 2·d·G·L·(4 or 2).
std::int64_t kvBytesPerToken(const model::Weights& weights);

/// "1", "2-3", "4-7", "8-15", …: the power of two that a count of 1 or more lies in.
std::string binOf(std::int64_t count);

/// Seconds of a clock that only goes forward.
double now();

/// A stable seed from words and numbers.
std::uint64_t seedOf(std::uint64_t seed, std::string_view name, std::int64_t a = 0,
                     std::int64_t b = 0);

/// A state without memory and cached tokens, with nothing pending.
model::ReadingState nothing();

/// The whole text read; false when it was stopped.
bool readText(Bench& bench, model::ReadingSession& session, std::span<const std::int32_t> ids,
              const std::string& what);

} // namespace engine::evaluate
