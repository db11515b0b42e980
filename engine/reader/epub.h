#pragma once
/// EPUB 2 and 3: the package document, its reading order, its outline and printed pages.

#include <memory>
#include <string_view>

#include "engine/reader/book.h"

namespace engine::reader {

/// Opens the archive in `bytes`, which must outlive the book. One section per item of the spine.
/// Throws RefusedError: Unsupported for an archive that is no EPUB, Protected when its content is
/// encrypted (obfuscated fonts are not content), BadFile without a readable package document or
/// spine, TooBig as Archive.
std::unique_ptr<Book> openEpub(std::string_view bytes);

} // namespace engine::reader
