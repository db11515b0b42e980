// Stored text of formats without pages.

#include <gtest/gtest.h>

#include "layout_pages.h"

using namespace layout;

namespace {

RawDocument sections(Kind kind, std::vector<RawSection> all) {
    RawDocument raw;
    raw.opened.kind = kind;
    raw.sections = std::move(all);
    return raw;
}

RawBlock block(BlockKind kind, const std::string& text, int level = 0,
               const std::string& anchor = "") {
    RawBlock out;
    out.kind = kind;
    out.utf8 = text;
    out.level = level;
    out.anchor = anchor;
    return out;
}

RawBlock paragraph(const std::string& text) {
    return block(BlockKind::Paragraph, text);
}

std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i)
        out += text;
    return out;
}

} // namespace

TEST(LayoutSections, storesBlocksPartedByEmptyLines) {
    const Document document = repair(sections(
        Kind::Markdown, {{"",
                          {block(BlockKind::Heading, "Title", 1), paragraph("One  \n two."),
                           paragraph(" \u00AD "), block(BlockKind::Code, "a\n\n\tb\n")}}}));
    EXPECT_EQ(document.text, "Title\n\nOne two.\n\na\n    b");
    EXPECT_EQ(document.characters, codePoints(document.text));
    ASSERT_EQ(document.blocks.size(), 3U);
    EXPECT_EQ(document.blocks[2].kind, BlockKind::Code);
    EXPECT_EQ(blockText(document, 1), "One two.");
    EXPECT_TRUE(document.hasLocations);
    ASSERT_EQ(document.outline.size(), 1U);
    EXPECT_EQ(document.outline[0].source, "file");
}

TEST(LayoutSections, makesLocations) {
    std::vector<RawBlock> blocks;
    for (int i = 0; i < 20; ++i)
        blocks.push_back(paragraph(repeated("Seventeen chars. ", 20)));
    const Document document = repair(sections(Kind::Text, {{"", blocks}}));
    ASSERT_GT(document.pages.size(), 2U);
    EXPECT_GT(document.pages[0].end, 1800);
    EXPECT_LT(document.pages[0].end, 1800 + 400);
    EXPECT_EQ(document.pages[1].label, "2");
    EXPECT_TRUE(document.pages[0].words.empty());
}

TEST(LayoutSections, followsThePageListOfTheFile) {
    RawBlock second = paragraph("On the second page.");
    second.pageLabel = "2";
    RawBlock hollow = paragraph("");
    hollow.pageLabel = "3";
    const Document document = repair(sections(
        Kind::Epub,
        {{"a.xhtml", {paragraph("Before."), second, hollow, paragraph("On the third.")}}}));
    EXPECT_FALSE(document.hasLocations);
    ASSERT_EQ(document.pages.size(), 3U);
    EXPECT_EQ(document.pages[1].label, "2");
    EXPECT_EQ(pageText(document, 3), "On the third.");
}

TEST(LayoutSections, placesTheOutlineByAnchors) {
    RawDocument raw =
        sections(Kind::Epub,
                 {{"cover.xhtml", {}},
                  {"one.xhtml",
                   {block(BlockKind::Heading, "One", 1), paragraph("First."),
                    block(BlockKind::Heading, "Inner", 2, "one.xhtml#in"), paragraph("Second.")}},
                  {"two.xhtml", {block(BlockKind::Heading, "Two", 1), paragraph("Third.")}}});
    raw.opened.outline = {{1, "One", 0, "one.xhtml"},
                          {2, "Inner", 0, "one.xhtml#in"},
                          {1, "Two", 0, "two.xhtml#gone"},
                          {1, "Lost", 0, "three.xhtml"}};
    const Document document = repair(raw);
    const DocumentText text(document.text);
    ASSERT_EQ(document.outline.size(), 3U);
    EXPECT_EQ(document.outline[1].parent, 0);
    EXPECT_EQ(text.slice(document.outline[1].begin, document.outline[1].begin + 5), "Inner");
    EXPECT_EQ(text.slice(document.outline[2].begin, document.outline[2].begin + 3), "Two");
    ASSERT_EQ(document.warnings.size(), 1U);
    EXPECT_EQ(document.warnings[0], "1 of 4 entries of the file's outline lead nowhere.");
    ASSERT_EQ(document.passages.size(), 3U);
    EXPECT_EQ(document.passages[1].outline, 1);
}

TEST(LayoutSections, marksContents) {
    std::vector<RawBlock> blocks = {block(BlockKind::Heading, "CONTENTS", 1)};
    for (int i = 1; i < 30; ++i)
        blocks.push_back(
            paragraph("Chapter " + std::to_string(i) + ". In which something happens to someone"));
    blocks.push_back(block(BlockKind::Heading, "Chapter 1", 1));
    blocks.push_back(paragraph(repeated("Seventeen chars. ", 30)));
    const Document document = repair(sections(Kind::Text, {{"", blocks}}));
    ASSERT_GE(document.passages.size(), 2U);
    EXPECT_TRUE(document.passages.front().isContents);
    EXPECT_FALSE(document.passages.back().isContents);
    EXPECT_EQ(document.outline[0].source, "guessed");
}

TEST(LayoutSections, takesAnEmptyFile) {
    const Document document = repair(sections(Kind::Text, {}));
    EXPECT_EQ(document.characters, 0);
    EXPECT_EQ(document.pages.size(), 1U);
    EXPECT_EQ(document.pages[0].state, PageState::Empty);
    EXPECT_TRUE(document.passages.empty());
}
