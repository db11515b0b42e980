#pragma once
/// What the model is given, word for word, and what is taken out of its reply. No prompt carries a
/// title, an author or a file name, so that an answer cannot lean on what the model knew of a
/// famous book.

#include <string>
#include <string_view>
#include <vector>

#include "engine/model/tokenizer.h"

namespace engine::answer {

/// The text before the question when a passage is ranked by log P(question | passage).
std::string rankingPrefix(std::string_view passage);
/// The text that is scored after it.
std::string rankingContinuation(std::string_view question);

/// A chat that asks `question` over passages. They come best first and stand in the prompt with the
/// best one next to the question. Without passages the memory alone has to answer.
std::vector<model::ChatMessage> askMessages(const std::vector<std::string_view>& passages,
                                            std::string_view question);

/// A chat that asks what happens in `text`.
std::vector<model::ChatMessage> summaryMessages(std::string_view text);

/// A sentence without what only the program may set: "[3]", "(p. 12)", "on page 12", list marks and
/// white space at the ends.
std::string withoutReferences(std::string_view sentence);

} // namespace engine::answer
