#pragma once
/// Lines of all pages put together into paragraphs, across columns and pages, in the order in which
/// they are stored.

#include <string>
#include <vector>

#include "engine/document/lines.h"

namespace engine::document {

/// How a line is joined to the one before it in its paragraph.
enum class Join { Space, LineEnd, Nothing };

struct LineRef {
    int page = 0, line = 0; ///< indices into the pages and their lines
    Join join = Join::Space;
};

struct Paragraph {
    BlockKind kind = BlockKind::Paragraph;
    int level = 0;              ///< headings, from 1
    std::vector<LineRef> lines; ///< never empty; pages ascend
};

/// Paragraphs from indents, gaps and sentence ends. Pages ascend over the result: a page's lines
/// lie together. Notes, captions and tables that interrupt a paragraph stand in front of it or
/// after it, on their own page.
std::vector<Paragraph> makeParagraphs(const std::vector<LaidPage>& pages, const BodyStyle& body);

/// The text of a paragraph's lines, each followed by a space; for comparing, not for storing.
std::string paragraphText(const std::vector<LaidPage>& pages, const Paragraph& paragraph);

/// True for "Chapter 4", "PART II", "Appendix B" and the like, alone or with a title behind.
bool isChapterName(const std::string& text);

/// The depth of a leading number: 1 for "3 Methods", 2 for "3.1 Data"; 0 without one.
int numberDepth(const std::string& text);

} // namespace engine::document
