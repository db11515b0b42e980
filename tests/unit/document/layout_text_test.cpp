// Characters, offsets, sentences, the offset map, passages and locations.

#include <gtest/gtest.h>

#include "engine/document/clean.h"
#include "engine/document/document_text.h"
#include "engine/document/locations.h"
#include "engine/document/passages.h"
#include "engine/document/sentences.h"
#include "engine/document/word_map.h"

using namespace engine::document;

namespace {

std::vector<std::string> split(const std::string& utf8) {
    const DocumentText text(utf8);
    std::vector<std::string> out;
    for (const auto& [begin, end] : sentences(utf8))
        out.emplace_back(text.slice(begin, end));
    return out;
}

std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i)
        out += text;
    return out;
}

} // namespace

TEST(Clean, foldsLigaturesSpacesAndHyphens) {
    EXPECT_EQ(clean("of\uFB01ce \uFB00 \uFB03 \uFB06"), "office ff ffi st");
    EXPECT_EQ(clean("a\u00A0b\u2010c\u2011d"), "a b-c-d");
}

TEST(Clean, dropsWhatShowsNothing) {
    EXPECT_EQ(clean("ex\u00ADample\uFEFF\u200E"), "example");
    EXPECT_EQ(clean(std::string("a\0b\x01", 4)), "ab");
    EXPECT_EQ(clean("x\uE000y\U000F0000z"), "xyz");
}

TEST(Clean, keepsWhatMeansSomething) {
    EXPECT_EQ(clean("10\u00B2 \u2014 \u2116"), "10\u00B2 \u2014 \u2116");
    EXPECT_EQ(clean("\u0645\u06CC\u200C\u062E"), "\u0645\u06CC\u200C\u062E");
    EXPECT_EQ(clean("e\u0301"), "\u00E9");
}

TEST(Clean, replacesInvalidBytes) {
    const std::string out = clean("a\xFF\xC3z");
    EXPECT_TRUE(isUtf8(out));
    EXPECT_EQ(out, "a\uFFFD\uFFFDz");
}

TEST(Clean, foldsWhiteSpaceOfLines) {
    EXPECT_EQ(cleanLine("  one\n two\t three  "), "one two three");
    EXPECT_EQ(cleanLine(" \n\u00A0 "), "");
}

TEST(Clean, keepsLinesOfCode) {
    EXPECT_EQ(cleanCode("if (x)\n\tgo();\n\n\nend  \n"), "if (x)\n    go();\nend");
}

TEST(DocumentText, convertsBothWays) {
    const std::string utf8 = repeated("a\u00E9\u4E2D\U0001F600", 400);
    const DocumentText text(utf8);
    EXPECT_EQ(text.length(), 1600);
    for (const std::int64_t offset : {0, 1, 2, 3, 4, 255, 256, 257, 1023, 1599, 1600})
        EXPECT_EQ(text.offsetOf(text.byteOf(offset)), offset);
    EXPECT_EQ(text.slice(1598, 1600), "\u4E2D\U0001F600");
    EXPECT_EQ(DocumentText("").byteOf(0), 0U);
    EXPECT_EQ(DocumentText("").offsetOf(0), 0);
}

TEST(DocumentText, knowsUtf8) {
    EXPECT_TRUE(isUtf8("gr\u00FC\u00DFe"));
    EXPECT_FALSE(isUtf8("gr\xFC\xDF"
                        "e"));
    EXPECT_EQ(codePoints("gr\u00FC\u00DFe"), 5);
}

TEST(Sentences, endAtFullStops) {
    EXPECT_EQ(split("One went. Two stayed!  Three?"),
              (std::vector<std::string>{"One went.", "Two stayed!", "Three?"}));
    EXPECT_TRUE(split("").empty());
    EXPECT_TRUE(split(" \n ").empty());
}

TEST(Sentences, doNotEndAtTitlesInitialsAndReferences) {
    EXPECT_EQ(split("Mr. Bennet replied that he had not. Mrs. Long has.").size(), 2U);
    EXPECT_EQ(split("By J. R. Smith and Dr. Watson. See Fig. 3 and p. 12 there.").size(), 2U);
    EXPECT_EQ(split("It was only I. The others had left.").size(), 2U);
    EXPECT_EQ(split("He said no. Then he left.").size(), 2U);
}

TEST(Sentences, keepQuotationsWhole) {
    EXPECT_EQ(
        split("\u201CGo!\u201D said she. \u201CI will.\u201D He went."),
        (std::vector<std::string>{"\u201CGo!\u201D said she.", "\u201CI will.\u201D", "He went."}));
}

TEST(Sentences, endAtLineEnds) {
    EXPECT_EQ(split("A heading\n\nIt begins."),
              (std::vector<std::string>{"A heading", "It begins."}));
}

TEST(WordMap, returnsTheBoxesOfAnInterval) {
    Page page;
    page.begin = 1000;
    page.end = 1020;
    page.widthPt = 400;
    page.heightPt = 600;
    const std::string blob = packWords({{1000, 1004, {10, 20, 50, 30}},
                                        {1005, 1010, {60, 20, 90, 30}},
                                        {1011, 1020, {10, 40, 70, 50}}},
                                       page);
    EXPECT_EQ(blob.size(), 3 * kWordBytes);
    const auto found = boxes(blob, page, 1004, 1012);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].begin, 1005);
    EXPECT_EQ(found[0].end, 1010);
    EXPECT_NEAR(found[0].box.x0, 60, 0.01);
    EXPECT_NEAR(found[1].box.y1, 50, 0.01);
    EXPECT_TRUE(boxes(blob, page, 1004, 1005).empty());
    EXPECT_EQ(boxes(blob.substr(0, blob.size() - 3), page, 1000, 1020).size(), 2U);
    EXPECT_TRUE(boxes("", page, 1000, 1020).empty());
}

TEST(WordMap, cutsLongWordsAndBoxesOutsideThePage) {
    Page page;
    page.begin = 0;
    page.end = 70000;
    page.widthPt = 100;
    page.heightPt = 100;
    const std::string blob = packWords({{0, 70000, {-5, 10, 200, 20}}}, page);
    const auto found = boxes(blob, page, 0, 70000);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].end, 65535);
    EXPECT_EQ(found[1].end, 70000);
    EXPECT_FLOAT_EQ(found[0].box.x0, 0);
    EXPECT_FLOAT_EQ(found[0].box.x1, 100);
}

TEST(Passages, endAtTheFirstParagraphEndAfter400) {
    const std::string utf8(3000, 'x');
    const DocumentText text(utf8);
    const auto ends = passageEnds(text, {300, 390, 900, 1650}, {});
    EXPECT_EQ(ends[0], 900);
    EXPECT_EQ(ends[1], 1650);
}

TEST(Passages, endAtASentenceAfter1000) {
    const std::string sentence = "This sentence has exactly fifty characters in all. ";
    const std::string utf8 = repeated(sentence, 60);
    const DocumentText text(utf8);
    const auto ends = passageEnds(text, {}, {});
    EXPECT_EQ(ends[0], 20 * static_cast<std::int64_t>(sentence.size()));
    EXPECT_EQ(ends.back(), text.length());
}

TEST(Passages, endAtALineEndAfter1000) {
    const std::string utf8 = repeated("call(a, b);\n", 200);
    EXPECT_EQ(passageEnds(DocumentText(utf8), {}, {})[0], 1008);
}

TEST(Passages, endAt2000AtTheLatestAndAtAWord) {
    EXPECT_TRUE(passageEnds(DocumentText(""), {}, {}).empty());
    const std::string words = repeated("abcdefg ", 500);
    const auto ends = passageEnds(DocumentText(words), {}, {});
    EXPECT_EQ(ends[0], 2000);
    const std::string shifted = "abc" + words;
    EXPECT_EQ(passageEnds(DocumentText(shifted), {}, {})[0], 1995);
    const std::string letters(5000, 'a');
    EXPECT_EQ(passageEnds(DocumentText(letters), {}, {})[0], 2000);
}

TEST(Passages, endWithTheChapter) {
    const std::string utf8(3000, 'x');
    const auto ends = passageEnds(DocumentText(utf8), {900}, {0, 500, 900});
    EXPECT_EQ(ends[0], 500);
    EXPECT_EQ(ends[1], 900);
}

TEST(Locations, endAtTheFirstParagraphEndAfter1800) {
    const auto pages = makeLocations(5000, {500, 1800, 1801, 3601, 3700}, {});
    ASSERT_EQ(pages.size(), 3U);
    EXPECT_EQ(pages[0].end, 1801);
    EXPECT_EQ(pages[1].end, 3700);
    EXPECT_EQ(pages[2].end, 5000);
    EXPECT_EQ(pages[2].label, "3");
    EXPECT_EQ(makeLocations(0, {}, {}).size(), 1U);
}

TEST(Locations, followThePrintedPages) {
    const auto pages = makeLocations(100, {10, 20}, {{10, "ix"}, {60, "1"}});
    ASSERT_EQ(pages.size(), 3U);
    EXPECT_EQ(pages[0].label, "");
    EXPECT_EQ(pages[1].label, "ix");
    EXPECT_EQ(pages[1].begin, 10);
    EXPECT_EQ(pages[1].end, 60);
    EXPECT_EQ(pages[2].end, 100);
}
