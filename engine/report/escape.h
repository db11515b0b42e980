#pragma once
/// Text of a book made harmless for the place where it will stand.

#include <string>

namespace engine::report {

/// One line of Markdown that shows `utf8` and nothing else: white space folded, control characters
/// visible, every character with a meaning in Markdown escaped.
std::string escapeMarkdown(const std::string& utf8);

/// White space folded into single spaces, none at the ends.
std::string oneLine(const std::string& utf8);

} // namespace engine::report
