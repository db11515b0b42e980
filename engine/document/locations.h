#pragma once
/// Pages for formats without pages.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/document/document.h"

namespace engine::document {

inline constexpr std::int64_t kLocationCharacters = 1800;

/// Where printed pages begin, if the file tells.
struct PageMark {
    std::int64_t begin = 0;
    std::string label;
};

/// Tiles [0, length) by the printed pages of `marks` (ascending), or, without marks, by locations:
/// each ends at the first paragraph end after kLocationCharacters. `paragraphEnds` ascends. At
/// least one page.
std::vector<Page> makeLocations(std::int64_t length, const std::vector<std::int64_t>& paragraphEnds,
                                const std::vector<PageMark>& marks);

} // namespace engine::document
