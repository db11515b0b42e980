#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmark-gfm.h>

#include <memory>

#include "engine/report/escape.h"
#include "engine/report/report.h"

using namespace engine::report;

namespace {

struct Parsed {
    std::string text;
    int paragraphs = 0,
        others = 0; ///< blocks that are a paragraph, and nodes that book text must not make
};

Parsed parse(const std::string& markdown) {
    const std::unique_ptr<cmark_node, decltype(&cmark_node_free)> root(
        cmark_parse_document(markdown.data(), markdown.size(), CMARK_OPT_FOOTNOTES),
        &cmark_node_free);
    const std::unique_ptr<cmark_iter, decltype(&cmark_iter_free)> walk(cmark_iter_new(root.get()),
                                                                       &cmark_iter_free);
    Parsed parsed;
    while (cmark_iter_next(walk.get()) != CMARK_EVENT_DONE) {
        cmark_node* node = cmark_iter_get_node(walk.get());
        const cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_TEXT)
            parsed.text += cmark_node_get_literal(node);
        else if (type == CMARK_NODE_PARAGRAPH)
            ++parsed.paragraphs;
        else if (type != CMARK_NODE_DOCUMENT)
            ++parsed.others;
    }
    return parsed;
}

} // namespace

TEST(EscapeControls, ShowsTerminalSequences) {
    EXPECT_EQ(escapeControls("a\x1b[31mred"), "a\\x1B[31mred");
    EXPECT_EQ(escapeControls("bell\a del\x7f"), "bell\\x07 del\\x7F");
    EXPECT_EQ(escapeControls("line\n\ttab"), "line\n\ttab");
    EXPECT_EQ(escapeControls("\r"), "\\x0D");
}

TEST(EscapeControls, ShowsDirectionMarksAndC1) {
    EXPECT_EQ(escapeControls("a\u202Eb"), "a\\u202Eb");
    EXPECT_EQ(escapeControls("a\u2066b"), "a\\u2066b");
    EXPECT_EQ(escapeControls("\xC2\x9B"), "\\x9B");
    EXPECT_EQ(escapeControls("\xEF\xBF\xBF \U0001FFFE \xEF\xB7\x90"), "\\uFFFF \\u1FFFE \\uFDD0");
}

TEST(EscapeControls, ShowsBytesThatAreNotUtf8) {
    EXPECT_EQ(escapeControls("a\xFFz"), "a\\xFFz");
    EXPECT_EQ(escapeControls("\xC0\xAF"), "\\xC0\\xAF");
    EXPECT_EQ(escapeControls("\xED\xA0\x80"), "\\xED\\xA0\\x80");
    EXPECT_EQ(escapeControls("\xE2\x82"), "\\xE2\\x82");
    EXPECT_EQ(escapeControls("p. 12 \u2013 ¶ \U0001F600"), "p. 12 \u2013 ¶ \U0001F600");
}

TEST(EscapeMarkdown, KeepsPlainProse) {
    EXPECT_EQ(escapeMarkdown("They met at 5.30, \"coldly\" (so he said); why?"),
              "They met at 5.30, \"coldly\" (so he said); why?");
}

TEST(EscapeMarkdown, BookTextMakesNoLinkFootnoteHeadingOrHtml) {
    for (const std::string text : {"[click](http://example.org)",
                                   "![x](y.png)",
                                   "<script>alert(1)</script>",
                                   "[^1]: forged",
                                   "a [^2] b",
                                   "# Heading",
                                   "1. list",
                                   "12) list",
                                   "- point",
                                   "+ point",
                                   "* point",
                                   "> quote",
                                   "===",
                                   "---",
                                   "```code```",
                                   "a *b* _c_ **d**",
                                   "&amp; &#42;",
                                   "<http://example.org>",
                                   "a\n\n    code",
                                   "Setext\n===",
                                   "back\\slash \\*",
                                   "~~gone~~",
                                   "| a | b |\n|---|---|"}) {
        const Parsed parsed = parse(escapeMarkdown(text));
        EXPECT_EQ(parsed.others, 0) << text;
        EXPECT_EQ(parsed.text, oneLine(text)) << text;
    }
}

TEST(EscapeMarkdown, BareAddressesAreBroken) {
    EXPECT_EQ(escapeMarkdown("see http://a.example and www.b.example"),
              "see http\\://a.example and www\\.b.example");
}

TEST(EscapeMarkdown, AnyPrintableTextComesBack) {
    EXPECT_TRUE(rc::check("escape, parse, same text", [] {
        const auto text = *rc::gen::container<std::string>(
            rc::gen::elementOf(std::string("ab1 .\\`*_{}[]()#+-!<>&|~:=^$\"'/\n")));
        const std::string line = oneLine(text);
        RC_PRE(!line.empty());
        const Parsed parsed = parse(escapeMarkdown(text));
        RC_ASSERT(parsed.text == line);
        RC_ASSERT(parsed.others == 0);
        RC_ASSERT(parsed.paragraphs == 2);
    }));
}
