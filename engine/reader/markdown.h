#pragma once
/// Markdown (GitHub's dialect) through cmark-gfm.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/reader/book.h"

namespace engine::reader {

struct MarkdownParts {
    std::string title, author,
        language; ///< of the front matter; without one, the title is a first heading of level 1
    std::vector<document::RawBlock> blocks;
};

/// Code stays verbatim; markup, links and inline HTML leave only their text; tables are read by
/// row.
MarkdownParts parseMarkdown(std::string_view utf8);

std::unique_ptr<Book> openMarkdown(std::string_view utf8);

} // namespace engine::reader
