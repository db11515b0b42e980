#pragma once
/// The offset map: where each word of a page's stored text stands on the page. A blob of 14 bytes a
/// word, little-endian: u32 offset in the page, u16 length, 4 x u16 box (x0 y0 x1 y1 as parts of
/// page size / 65,535, rotation applied). Words are in the order of the text; a word over two lines
/// has two entries.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/document/document.h"

namespace engine::document {

inline constexpr std::size_t kWordBytes = 14;

struct WordBox {
    std::int64_t begin = 0, end = 0; ///< offsets in the document
    Box box;
};

/// Packs words, which lie in [page.begin, page.end) in ascending order. A word longer than 65,535
/// is cut into several entries.
std::string packWords(const std::vector<WordBox>& words, const Page& page);

/// The words that share a character with [begin, end). A blob whose length is no multiple of 14 is
/// read up to the last whole word. O(log n + result).
std::vector<WordBox> boxes(std::string_view words, const Page& page, std::int64_t begin,
                           std::int64_t end);

} // namespace engine::document
