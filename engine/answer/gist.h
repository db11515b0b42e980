#pragma once
/// The model's reply as sentences: streamed, cleaned of what only the program may write, cut where
/// it stops making sense.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/answer/answer.h"

namespace engine::answer {

struct GistOptions {
    int maxTokens = 160;
    int maxSentences = 2;
    std::optional<std::uint64_t> seed;
};

/// Writes from the end of the session's window. The result has no references, no repeated sentence,
/// and no unfinished last sentence unless it is the only one. `onGist` of the listener gets the
/// sentences as they become complete.
std::vector<std::string> writeGist(model::AnswerSession& session, const GistOptions& options,
                                   const Listener& listener);

/// The sentences of a text, cleaned; the white space around them folded. An unfinished last one is
/// dropped unless it is the only one, when `isComplete` is false.
std::vector<std::string> gistSentences(std::string_view utf8, bool isComplete);

} // namespace engine::answer
