#include "engine/report/html.h"

#include <regex>
#include <set>

#include "engine/report/escape.h"
#include "engine/report/report.h"
#include "tests/unit/report/package_reader.h"

using namespace engine::report;

namespace {

pugi::xml_document page(const std::string& markdown) {
    pugi::xml_document xml;
    const std::string text = html(parseMarkdown(markdown));
    const auto result =
        xml.load_buffer(text.data(), text.size(), pugi::parse_full | pugi::parse_ws_pcdata);
    EXPECT_TRUE(result) << result.description() << "\n" << text;
    return xml;
}

} // namespace

TEST(Html, HoldsTablesCellByCell) {
    const auto xml = page("| a | b |\n|---|---|\n| 1 \\| x | **2** |\n| 3 | |\n");
    EXPECT_EQ(tests::texts(xml, "//table/tr/th"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(tests::texts(xml, "//table/tr/td"),
              (std::vector<std::string>{"1 | x", "2", "3", ""}));
    EXPECT_EQ(tests::texts(xml, "//td/strong"), std::vector<std::string>{"2"});
}

TEST(Html, LinksNotesBothWays) {
    const auto xml = page("# T\n\na[^1] b[^2] c[^1]\n\n[^1]: Emma, ch. 7, p. 214 (PDF 226): "
                          "\u201COne\u201D\n[^2]: Two\n");
    EXPECT_EQ(tests::texts(xml, "//sup/a"), (std::vector<std::string>{"1", "2", "1"}));
    EXPECT_EQ(
        tests::texts(xml, "//div[@class='notes']/p"),
        (std::vector<std::string>{
            "1. Emma, ch. 7, p. 214 (PDF 226): \u201COne\u201D \u21911 \u21912", "2. Two \u2191"}));
    std::set<std::string> ids;
    for (const auto& found : xml.select_nodes("//*[@id]"))
        EXPECT_TRUE(ids.insert(found.node().attribute("id").value()).second);
    std::set<std::string> targets;
    for (const auto& found : xml.select_nodes("//a[@href]"))
        targets.insert(std::string(found.node().attribute("href").value()).substr(1));
    EXPECT_EQ(ids, targets);
    EXPECT_EQ(ids.size(), 5U);
}

TEST(Html, WritesEveryBlock) {
    const auto xml =
        page("# A *b*\n\n> q\n\n- x\n\n  y\n- z\n  1. n\n\n7. k\n\n```\n a\n  <b>\n```\n\n"
             "`c` [l](https://x.example/?a&b) d\\\ne\n\n---\n");
    EXPECT_EQ(tests::texts(xml, "//h1"), std::vector<std::string>{"A b"});
    EXPECT_EQ(tests::texts(xml, "//title"), std::vector<std::string>{"A b"});
    EXPECT_EQ(tests::texts(xml, "//h1/em"), std::vector<std::string>{"b"});
    EXPECT_EQ(tests::texts(xml, "//blockquote/p"), std::vector<std::string>{"q"});
    EXPECT_EQ(tests::texts(xml, "//ul/li/p"), std::vector<std::string>{"y"});
    EXPECT_EQ(tests::texts(xml, "//ul/li/ol/li"), std::vector<std::string>{"n"});
    EXPECT_EQ(tests::texts(xml, "//ol[@start='7']/li"), std::vector<std::string>{"k"});
    EXPECT_EQ(tests::texts(xml, "//pre/code"), std::vector<std::string>{" a\n  <b>"});
    EXPECT_EQ(tests::texts(xml, "//p/code"), std::vector<std::string>{"c"});
    EXPECT_EQ(tests::texts(xml, "//a[@href='https://x.example/?a&b']"),
              std::vector<std::string>{"l"});
    EXPECT_TRUE(xml.select_node("//p/br"));
    EXPECT_TRUE(xml.select_node("//hr"));
}

TEST(Html, RunsNothingAndFetchesNothing) {
    const std::string text =
        html(parseMarkdown("# " + escapeMarkdown(tests::kHostile) +
                           "\n\n<script>x()</script>\n\n<img src=\"y.png\">\n\n"
                           "![p](https://x.example/p.png)\n"));
    EXPECT_FALSE(std::regex_search(
        text,
        std::regex("<(script|img|link|iframe|object|embed|form)|src=|url\\(|@import| on[a-z]+=")));
    EXPECT_NE(text.find("default-src 'none'"), std::string::npos);
    const auto xml = page("# " + escapeMarkdown(tests::kHostile));
    EXPECT_EQ(tests::texts(xml, "//h1"),
              std::vector<std::string>{escapeControls(oneLine(tests::kHostile))});
}

TEST(Html, IsTheSameEveryTime) {
    const Markup markup = parseMarkdown("# T\n\na[^1]\n\n[^1]: n\n");
    EXPECT_EQ(html(markup), html(markup));
}
