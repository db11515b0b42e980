#pragma once
/// Texts whose memory is asked, and choosing one of four answers by how likely they are over it:
/// what `distance` and `card` have in common, and in part `squad`.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/evaluate/suite.h"

namespace engine::evaluate {

/// A prompt and four ways to go on; the first is the right one.
struct Choice {
    std::string id;
    std::vector<std::string> groups;
    std::string prompt;
    std::vector<std::string> answers;
    Json more = Json::object();
};

/// The text as a reading takes it. Reads nothing.
ReadBook openBook(const Text& text, const model::Tokenizer& tokenizer);

/// Reads the book, unless it is read; false when it was stopped.
bool readBook(Bench& bench, const std::string& suite, ReadBook& book);

/// Makes tokens of the texts of the part's collections, and of one more for the control where there
/// is only one, in `bench.books`, unless they are there. Reads nothing.
void openCollections(Bench& bench);

/// The place in the state of the token that holds the last byte before `end`: the segments from it
/// to the end of the memory, itself counted; 0: it is pending. The book need not be read.
std::int64_t segmentsBehind(const ReadBook& book, std::int64_t N, std::int64_t end);

/// Scores the choices over the state of bench.books[own], by mean log-probability per token: scores
/// `right` (1 or 0; equal values count as wrong) and `gold` (nats, tokens). Arms `on`, `zeroed` and
/// `other`, the memory of the next book, cyclic; the pending tokens stand in the window in all.
/// Choices of a story follow each other: it is measured in all arms before the next one.
/// Reads the books whose state an arm needs that is missing. Returns false when it was stopped.
bool measureChoices(Bench& bench, const std::string& suite, std::size_t own,
                    const std::vector<Choice>& choices);

/// `count` items of 0 … size − 1 in random order.
std::vector<std::size_t> drawn(Random& random, std::size_t size, std::size_t count);

} // namespace engine::evaluate
