#pragma once
/// Finds the headings of a plain text, which marks them by nothing but words and white space.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace engine::reader {

/// Lines between blank lines; white space folded, no line empty.
struct Paragraph {
    std::vector<std::string> lines;
    int blankBefore = 0; ///< blank lines before it
};

struct Heading {
    int level = 1;
    int titleParagraphs = 0; ///< 1 when the next paragraph is its title: "Chapter I" / "Out to Sea"
};

struct Headings {
    std::string title, author;
    std::map<std::size_t, Heading> at; ///< by index of the paragraph
};

std::vector<Paragraph> splitParagraphs(std::string_view utf8);
Headings findHeadings(const std::vector<Paragraph>& paragraphs);

/// Whether the first letter is a lower-case one.
bool beginsInLowerCase(std::string_view utf8);

} // namespace engine::reader
