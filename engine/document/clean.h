#pragma once
/// Makes the characters of a file fit to be stored: one form for each, nothing invisible.

#include <string>
#include <string_view>

namespace engine::document {

/// Folds U+FB00-FB06, the spaces other than U+0020 and the hyphens U+2010-2011; drops soft hyphens,
/// control, private-use and other characters that show nothing; replaces invalid UTF-8 by U+FFFD;
/// NFC. Keeps line ends and tabs. No NFKC: a raised 2 does not become 2. The result is valid UTF-8
/// and may be empty.
std::string clean(std::string_view utf8);

/// The same with runs of white space folded to one space and none at the ends.
std::string cleanLine(std::string_view utf8);

/// Cleans verbatim text: keeps inner line ends and spaces, tabs become four spaces, no empty lines
/// at the ends and at most one line end in a row, since two end a paragraph.
std::string cleanCode(std::string_view utf8);

/// True when the first code point combines with the one before it.
bool startsWithMark(std::string_view utf8);

} // namespace engine::document
