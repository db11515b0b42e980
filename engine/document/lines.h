#pragma once
/// Words of a page grouped into lines, cleaned; the first step of layout repair.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/document/raw.h"

namespace engine::document {

struct Word {
    std::string text; ///< cleaned, never empty
    Box box;
    float size = 0; ///< points
    bool isBold = false;
    bool isMono = false;
    bool spaceAfter = false;
};

/// Consecutive words of a page that stand beside each other.
struct Line {
    int first = 0, last = 0; ///< words [first, last) of the page
    Box box;
    float size = 0;     ///< of most of its characters
    float baseline = 0; ///< bottom of the words of that size
    int characters = 0; ///< bytes of its words
    bool isBold = false;
    bool isMono = false;
    bool isFurniture = false;

    [[nodiscard]] float height() const { return box.y1 - box.y0; }
};

struct LaidPage {
    int index = 0; ///< from 1
    float width = 0, height = 0;
    std::string label;
    std::vector<Word> words;
    std::vector<Line> lines; ///< in the order of the reader
    bool isContents = false; ///< a printed table of contents
};

/// Cleans the words of a page and groups them. Note marks (small raised digits after a word) are
/// left out.
LaidPage layLines(const RawPage& page, const std::string& label);

/// A line of the words [first, last), which is not empty.
Line makeLine(const std::vector<Word>& words, int first, int last);

/// The text of a line with one space wherever a reader sees one.
std::string lineText(const LaidPage& page, const Line& line);

/// Whether a space stands between two words of one line.
bool hasSpaceBetween(const Word& left, const Word& right);

/// What most of the text of a document looks like.
struct BodyStyle {
    float size = 10;  ///< the commonest font size, by characters
    float pitch = 12; ///< the commonest distance of baselines
};

BodyStyle bodyStyle(const std::vector<LaidPage>& pages);

} // namespace engine::document
