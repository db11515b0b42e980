#pragma once
/// Small conversions of text that several formats need.

#include <string>
#include <string_view>

namespace engine::reader {

/// Ill-formed units become U+FFFD.
std::string toUtf8(std::u32string_view text);
std::string toUtf8(std::u16string_view text);
std::u32string toUtf32(std::string_view utf8);

/// Runs of white space (NBSP excepted) become one space; none at the ends. Other control characters
/// go.
std::string foldSpace(std::string_view utf8);

/// Whether there is nothing to see: white space of any script only, or nothing.
bool isBlank(std::string_view utf8);

/// A text string of a PDF: UTF-16 with a byte order mark, UTF-8 with one, else PDFDocEncoding,
/// whose printable part is Latin-1.
std::string decodePdfString(std::string_view bytes);

/// The text in Latin-1; nothing when it has other characters.
std::string toLatin1(std::string_view utf8);

} // namespace engine::reader
