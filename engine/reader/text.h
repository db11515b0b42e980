#pragma once
/// Plain text: its encoding, its paragraphs, its headings.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/reader/book.h"

namespace engine::reader {

/// The text as UTF-8 with line ends as '\n': by byte order mark, else strict UTF-8, else what ICU's
/// detector finds, else Windows-1252. Nothing when the bytes are no text (NUL or many control
/// characters), or text of another format (HTML, RTF, PostScript).
std::optional<std::string> decodeText(std::string_view bytes);

/// XML or XHTML as UTF-8: by byte order mark, else by the encoding in its declaration, else as
/// UTF-8; ill-formed bytes become U+FFFD.
std::string decodeXml(std::string_view bytes);

struct TextParts {
    std::string title, author; ///< from the lines at the top, "Title / by / Author"
    std::vector<document::RawBlock> blocks;
};

/// Paragraphs and headings of a text. Blank lines part paragraphs. In a hard-wrapped file lines are
/// joined, except in verse and lists, whose lines become blocks of their own; in any other file
/// each line is a paragraph. Headings are isolated lines that count ("CHAPTER IV", "II", "3. The
/// Storm"), name a usual part ("Epilogue"), or stand in capitals apart.
TextParts parseText(std::string_view utf8);

std::unique_ptr<Book> openText(std::string_view utf8);

} // namespace engine::reader
