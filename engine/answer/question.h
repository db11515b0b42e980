#pragma once
/// A question as a reader typed it, checked at the door.

#include <string>
#include <string_view>

namespace engine::answer {

/// The question with white space folded. Throws WrongUse: empty, only punctuation, not UTF-8.
std::string checkedQuestion(std::string_view question);

} // namespace engine::answer
