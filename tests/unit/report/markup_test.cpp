#include "engine/report/markup.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "engine/report/escape.h"
#include "engine/report/report.h"

using namespace engine::report;
using Kind = Block::Kind;

namespace {

std::string shown(const std::vector<Run>& runs) {
    std::string text;
    for (const Run& run : runs) {
        if (run.kind == Run::Kind::Note)
            text += "{" + std::to_string(run.note) + "." + std::to_string(run.mention) + "}";
        else if (run.kind == Run::Kind::Break)
            text += "{br}";
        else
            text += run.text;
    }
    return text;
}

/// A block as one line: its kind's letter, then its runs or its children in brackets.
std::string shown(const Block& block) {
    const char letter = "HPQCLITRcX"[static_cast<int>(block.kind)];
    std::string text(1, letter);
    if (!block.children.empty()) {
        text += "[";
        for (const Block& child : block.children)
            text += shown(child);
        return text + "]";
    }
    return text + "(" + shown(block.runs) + block.text + ")";
}

std::string shown(const std::vector<Block>& blocks) {
    std::string text;
    for (const Block& block : blocks)
        text += shown(block);
    return text;
}

} // namespace

TEST(Markup, KnowsEveryBlock) {
    const Markup markup = parseMarkdown("# Title *one*\n\nText.\nMore.\n\n> quoted\n\n"
                                        "- a\n  - b\n- c\n\n4. d\n\n```\ncode <b>\n  two\n```\n\n"
                                        "| x | y |\n| - | - |\n| 1 | 2 |\n| 3 |\n\n---\n");
    EXPECT_EQ(shown(markup.blocks),
              "H(Title one)P(Text. More.)Q[P(quoted)]L[I[P(a)L[I[P(b)]]]I[P(c)]]L[I[P(d)]]"
              "C(code <b>\n  two)T[R[c(x)c(y)]R[c(1)c(2)]R[c(3)c()]]X()");
    EXPECT_EQ(markup.title(), "Title one");
    EXPECT_EQ(markup.blocks[0].level, 1);
    EXPECT_FALSE(markup.blocks[3].isOrdered);
    EXPECT_TRUE(markup.blocks[4].isOrdered);
    EXPECT_EQ(markup.blocks[4].start, 4);
}

TEST(Markup, KnowsEveryLook) {
    const Markup markup =
        parseMarkdown("a **b *c*** `d` [e](https://x.example/?a&b)\\\nf ![g](h.png)");
    const auto& runs = markup.blocks.at(0).runs;
    ASSERT_EQ(runs.size(), 9U);
    EXPECT_EQ(runs[1].text, "b ");
    EXPECT_TRUE(runs[1].isStrong && !runs[1].isEmphasis);
    EXPECT_TRUE(runs[2].isStrong && runs[2].isEmphasis);
    EXPECT_EQ(runs[4].kind, Run::Kind::Code);
    EXPECT_EQ(runs[6].link, "https://x.example/?a&b");
    EXPECT_EQ(runs[7].kind, Run::Kind::Break);
    EXPECT_EQ(runs[8].text, "f g");
}

TEST(Markup, LinksElsewhereAreText) {
    for (const std::string url :
         {"javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "other.html", "#x"}) {
        const Markup markup = parseMarkdown("[e](" + url + ")");
        EXPECT_EQ(markup.blocks.at(0).runs.at(0).link, "") << url;
        EXPECT_EQ(shown(markup.blocks), "P(e)") << url;
    }
    EXPECT_EQ(parseMarkdown("[e](mailto:a@b.example)").blocks[0].runs[0].link,
              "mailto:a@b.example");
}

TEST(Markup, CountsNotesAndTheirMentions) {
    const Markup markup =
        parseMarkdown("a[^x] b[^y] c[^x] d[^z]\n\n[^y]: Second.\n[^x]: First[^y].\n"
                      "[^u]: Nobody asks.\n");
    EXPECT_EQ(shown(markup.blocks), "P(a{1.1} b{2.1} c{1.2} d[^z])");
    ASSERT_EQ(markup.notes.size(), 2U);
    EXPECT_EQ(shown(markup.notes[0].blocks), "P(First[2].)");
    EXPECT_EQ(shown(markup.notes[1].blocks), "P(Second.)");
    EXPECT_EQ(markup.notes[0].mentions, 2);
    EXPECT_EQ(markup.notes[1].mentions, 1);
}

TEST(Markup, LeavesOutRawHtmlAndShowsControls) {
    EXPECT_EQ(shown(parseMarkdown("a <b>c</b>\n\n<script>\nx()\n</script>\n").blocks), "P(a c)");
    EXPECT_EQ(shown(parseMarkdown("`\x1b[2J` \xEF\xBF\xBF").blocks), "P(\\x1B[2J \\uFFFF)");
    EXPECT_EQ(shown(parseMarkdown(std::string("a\0b\xFF", 4)).blocks), "P(a\xEF\xBF\xBD"
                                                                       "b\xEF\xBF\xBD)");
    EXPECT_EQ(shown(parseMarkdown("").blocks), "");
}

TEST(Markup, DepthDoesNotReachTheCallStack) {
    const Markup quotes = parseMarkdown(std::string(20000, '>') + " deep");
    EXPECT_NE(shown(quotes.blocks).find("deep"), std::string::npos);
    std::string emphasis;
    for (int i = 0; i < 2000; ++i)
        emphasis += "*a **b ";
    emphasis += "deep";
    for (int i = 0; i < 2000; ++i)
        emphasis += "** *";
    EXPECT_NE(shown(parseMarkdown(emphasis).blocks).find("deep"), std::string::npos);
}

TEST(Markup, AReportComesBackWordByWord) {
    EXPECT_TRUE(rc::check("write, parse, same report", [] {
        const auto bookText = [] {
            const auto text = *rc::gen::container<std::string>(
                rc::gen::elementOf(std::string("ab1 .\\`*_{}[]()#+-!<>&|~:=^$\"'/\n\x1b")));
            return oneLine(text).empty() ? "x" : oneLine(text);
        };
        Report report;
        report.title = bookText();
        Section section;
        section.heading = bookText();
        section.style = "points";
        const int lines = *rc::gen::inRange(1, 4);
        for (int i = 1; i <= lines; ++i) {
            section.lines.push_back({bookText(), "evidence", {i}});
            section.footnotes.push_back({i, bookText(), bookText()});
        }
        report.sections = {section};
        const Markup markup = parseMarkdown(markdown(report));
        RC_ASSERT(markup.blocks.size() == 3U);
        RC_ASSERT(shown(markup.blocks[0].runs) == escapeControls(report.title));
        RC_ASSERT(shown(markup.blocks[1].runs) == escapeControls(section.heading));
        RC_ASSERT(markup.notes.size() == section.lines.size());
        for (int i = 0; i < lines; ++i) {
            const std::string number = std::to_string(i + 1);
            const auto at = static_cast<std::size_t>(i);
            const Block& item = markup.blocks[2].children.at(at);
            RC_ASSERT(shown(item) ==
                      "I[P(" + escapeControls(section.lines[at].text) + "{" + number + ".1})]");
            const Footnote& note = section.footnotes[at];
            RC_ASSERT(shown(markup.notes[at].blocks) == "P(" + escapeControls(note.citation) +
                                                            ": \u201C" +
                                                            escapeControls(note.quote) + "\u201D)");
        }
    }));
}
