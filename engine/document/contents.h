#pragma once
/// Printed tables of contents: their rows, which readers tear apart, and what they say.

#include <string>
#include <vector>

#include "engine/document/lines.h"

namespace engine::document {

/// One row of a printed table of contents.
struct ContentsLine {
    std::string title;
    std::string label; ///< page as printed
    int level = 1;
};

/// Recognises a page of contents by its leaders, or by ascending numbers at the ends of its rows;
/// puts its words into rows and drops the leaders. Returns whether it is one (LaidPage::isContents
/// is set).
bool layContents(LaidPage& page);

/// The rows with a title and a page of the first run of contents pages; levels from indents and
/// numbers.
std::vector<ContentsLine> contentsLines(const std::vector<LaidPage>& pages);

} // namespace engine::document
