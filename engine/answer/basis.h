#pragma once
/// Why a gist sentence may be believed: which quotes say the same in words, names and numbers, and
/// whether the memory made it more probable. Measured after the model has written; the model has no
/// say.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/answer/answer.h"
#include "engine/model/tokenizer.h"

namespace engine::answer {

/// Share of a sentence's content that a quote must hold for a citation. Names and numbers count
/// twice, words of the question a third; a number, or a name that was not asked for, rules out a
/// quote that lacks it.
inline constexpr double kCitationOverlap = 0.6;
/// Nats per token that the memory must add before a sentence is said to come from it.
inline constexpr double kMemoryLift = 0.05;
/// The same, before a sentence counts as an answer although no passage speaks about the question.
inline constexpr double kMemoryAlone = 0.5;

/// Share of the sentence's content words found in the quote, 0 … 1. 0 as well when the only words
/// found are the question's.
double overlap(std::string_view sentence, std::string_view quote, std::string_view question);

/// Numbers of the quotes that support the sentence: at most three, best first, none far behind the
/// best.
std::vector<int> citationsFor(std::string_view sentence, std::span<const Quote> quotes,
                              std::string_view question);

/// Whether a number in digits stands in the sentence and in none of the texts.
bool hasStrayNumber(std::string_view sentence, std::span<const std::string_view> texts);

/// Whether a sentence has content and all of it stands in the question: it answers nothing.
bool isEcho(std::string_view sentence, std::string_view question);

/// A sentence's range of bytes in the gist.
struct ByteRange {
    std::size_t begin = 0, end = 0;
};

/// Mean of loaded[i] - zeroed[i] over the tokens that end inside each range. The three spans have
/// one entry per token.
std::vector<double> memoryLifts(std::span<const model::Token> tokens, std::span<const float> loaded,
                                std::span<const float> zeroed,
                                std::span<const ByteRange> sentences);

} // namespace engine::answer
