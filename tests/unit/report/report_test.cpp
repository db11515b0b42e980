#include <gtest/gtest.h>

#include "engine/report/report.h"

using namespace engine::report;

namespace {

Place page(int first, int last, std::string firstLabel, std::string lastLabel) {
    Place place;
    place.firstIndex = first;
    place.lastIndex = last;
    place.firstLabel = std::move(firstLabel);
    place.lastLabel = std::move(lastLabel);
    return place;
}

Report sample() {
    Report report;
    report.title = "A <Book>";
    report.subtitle = "Who came?";
    Section first;
    first.heading = "One";
    first.lines = {{"Anne came.", "evidence", {2}}, {"It rained.", "memory", {}}};
    first.footnotes = {{1, "A Book, p. 3", "not cited"}, {2, "A Book, p. 4", "Anne came\nin."}};
    Section second;
    second.heading = "Two";
    second.style = "points";
    second.lines = {{"He left.", "evidence", {1}}, {"Nobody knows.", "model", {9}}};
    second.footnotes = {{1, "A Book, p. 9", "He [left]."}};
    report.sections = {first, second};
    report.facts = {{"Coverage", "Read 9 of 9 pages."}};
    return report;
}

} // namespace

TEST(PlaceText, Pages) {
    EXPECT_EQ(placeText(page(40, 40, "30", "30")), "p. 30 (PDF 40)");
    EXPECT_EQ(placeText(page(12, 12, "12", "12")), "p. 12");
    EXPECT_EQ(placeText(page(12, 12, "", "")), "p. 12");
    EXPECT_EQ(placeText(page(40, 41, "30", "31")), "pp. 30\u201331 (PDF 40\u201341)");
    EXPECT_EQ(placeText(page(4, 5, "iv", "1")), "pp. iv\u20131 (PDF 4\u20135)");
    Place printed = page(40, 41, "30", "31");
    printed.isPrinted = true;
    EXPECT_EQ(placeText(printed), "pp. 30\u201331");
    EXPECT_EQ(placeText(page(40, 41, "A", "A")), "pp. A\u2013A (PDF 40\u201341)");
}

TEST(PlaceText, Chapters) {
    Place place = page(226, 226, "214", "214");
    place.chapterNumber = 7;
    place.chapter = "Chapter 7";
    EXPECT_EQ(placeText(place), "ch. 7, p. 214 (PDF 226)");
    place.chapterNumber = 0;
    place.chapter = "Preface";
    EXPECT_EQ(placeText(place), "\u201CPreface\u201D, p. 214 (PDF 226)");
}

TEST(PlaceText, Locations) {
    Place place = page(37, 37, "37", "37");
    place.isLocation = true;
    EXPECT_EQ(placeText(place), "loc. 37");
    place.chapterNumber = 3;
    place.paragraph = 12;
    EXPECT_EQ(placeText(place), "ch. 3, ¶ 12 (loc. 37)");
    place.lastIndex = 38;
    EXPECT_EQ(placeText(place), "ch. 3, ¶ 12 (loc. 37\u201338)");
}

TEST(Markdown, NumbersFootnotesThroughTheReport) {
    EXPECT_EQ(markdown(sample()), "# A \\<Book\\>\n\n"
                                  "Who came?\n\n"
                                  "## One\n\n"
                                  "Anne came.[^1] \\~ It rained.\n\n"
                                  "Further passages:\n\n"
                                  "- A Book, p. 3: \u201Cnot cited\u201D\n\n"
                                  "## Two\n\n"
                                  "- He left.[^2]\n"
                                  "- \\? Nobody knows.\n\n"
                                  "[^1]: A Book, p. 4: \u201CAnne came in.\u201D\n"
                                  "[^2]: A Book, p. 9: \u201CHe \\[left\\].\u201D\n\n"
                                  "\\~ from memory, no evidence found.\n\n"
                                  "? neither evidence nor memory supports this sentence.\n\n"
                                  "- Coverage: Read 9 of 9 pages.\n");
}

TEST(PlainText, HasTheSameContent) {
    EXPECT_EQ(plainText(sample()), "A <Book>\n========\n\n"
                                   "Who came?\n\n"
                                   "One\n---\n\n"
                                   "Anne came. [1] ~ It rained.\n\n"
                                   "Further passages:\n\n"
                                   "- A Book, p. 3: \u201Cnot cited\u201D\n\n"
                                   "Two\n---\n\n"
                                   "- He left. [2]\n"
                                   "- ? Nobody knows.\n\n"
                                   "[1] A Book, p. 4: \u201CAnne came in.\u201D\n"
                                   "[2] A Book, p. 9: \u201CHe [left].\u201D\n\n"
                                   "~ from memory, no evidence found.\n\n"
                                   "? neither evidence nor memory supports this sentence.\n\n"
                                   "- Coverage: Read 9 of 9 pages.\n");
}

TEST(Markdown, OutlineIsANumberedList) {
    Report report;
    report.title = "T";
    Section section;
    section.style = "outline";
    section.lines = {{"First.", "evidence", {}}, {"Second.", "evidence", {}}};
    report.sections = {section};
    EXPECT_EQ(markdown(report), "# T\n\n1. First.\n2. Second.\n");
}

TEST(Markdown, CoverageEndsItsSection) {
    Report report;
    report.title = "T";
    Section refused;
    refused.heading = "Who?";
    refused.lines = {{"Not in this document.", "", {}}};
    refused.footnotes = {{1, "T, p. 3", "near"}};
    refused.coverage = "Read 3 of 9 pages. As of p. 3.";
    Section empty;
    empty.coverage = "Read 1 of 9 pages.";
    report.sections = {refused, empty};
    EXPECT_EQ(markdown(report), "# T\n\n## Who?\n\nNot in this document.\n\n"
                                "Further passages:\n\n- T, p. 3: \u201Cnear\u201D\n\n"
                                "Read 3 of 9 pages. As of p. 3.\n\nRead 1 of 9 pages.\n");
    EXPECT_TRUE(plainText(report).ends_with("Read 3 of 9 pages. As of p. 3.\n\n"
                                            "Read 1 of 9 pages.\n"));
}

TEST(PlainText, ControlCharactersOfABookAreVisible) {
    Report report;
    report.title = "Evil\x1b[2J";
    EXPECT_EQ(plainText(report), "Evil\\x1B[2J\n===========\n");
}
