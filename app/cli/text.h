#pragma once
/// Text for people: escapes, numbers, durations. Pure functions.

#include <cstdint>
#include <string>
#include <string_view>

namespace app::cli {

enum class Lines { Keep, Join };

/// Text of a document, file name or argument as it may safely appear on a terminal: control
/// characters, direction overrides and bytes that are not UTF-8 become visible escapes (\x1b,
/// \u202e). Lines::Join turns line breaks and tabs into one space each; Lines::Keep leaves them.
std::string escaped(std::string_view text, Lines lines);

bool isUtf8(std::string_view text);

/// Cut to at most `columns` code points, the last being "…" when something was cut.
std::string shortened(const std::string& utf8, int columns);

/// Broken between words into lines of at most `columns` code points, each after `indent` blanks; a
/// longer word stays whole. Without a line break at the end. `columns` 0: one line.
std::string wrapped(const std::string& utf8, int indent, int columns);

/// As one word for a POSIX shell; control characters are escaped as in escaped().
std::string shellQuoted(std::string_view word);

std::string grouped(std::int64_t number); ///< 1,240
std::string byteSize(std::int64_t bytes); ///< 1.5 MB, powers of ten
std::string clockTime(double seconds);    ///< 0:52, 1:02:03
std::string counted(std::int64_t count, std::string_view one,
                    std::string_view many); ///< 1 page, 2,400 pages

} // namespace app::cli
