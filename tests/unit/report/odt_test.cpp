#include "engine/report/odt.h"

#include "engine/report/escape.h"
#include "engine/report/report.h"
#include "tests/unit/report/package_reader.h"

using namespace engine::report;
using Texts = std::vector<std::string>;

namespace {

std::string written(const std::string& markdown) {
    return odt(parseMarkdown(markdown));
}

pugi::xml_document content(const std::string& markdown) {
    return tests::part(written(markdown), "content.xml");
}

} // namespace

TEST(Odt, StoresItsTypeFirstAndPlain) {
    const std::string bytes = written("# T\n\na[^1]\n\n[^1]: n\n");
    const auto entries = tests::unzipped(bytes);
    EXPECT_EQ(tests::names(entries), (Texts{"mimetype", "content.xml", "styles.xml", "meta.xml",
                                            "META-INF/manifest.xml"}));
    EXPECT_TRUE(entries.at(0).isStored);
    // Programs look at these very bytes.
    EXPECT_EQ(bytes.substr(30, 47), "mimetypeapplication/vnd.oasis.opendocument.text");
    for (std::size_t i = 1; i < entries.size(); ++i) {
        pugi::xml_document xml;
        EXPECT_TRUE(xml.load_buffer(entries[i].content.data(), entries[i].content.size()))
            << entries[i].name;
    }
    const auto manifest = tests::part(bytes, "META-INF/manifest.xml");
    for (const char* name : {"/", "content.xml", "styles.xml", "meta.xml"})
        EXPECT_TRUE(manifest.select_node(
            ("//manifest:file-entry[@manifest:full-path='" + std::string(name) + "']").c_str()));
}

TEST(Odt, EveryStyleThatIsNamedIsThere) {
    const std::string bytes =
        written("# A\n\n###### B\n\n> q\n\n1. n\n\n- m\n\n```\nc\n```\n\n`c` *d* **e** ***f*** "
                "[l](https://x.example)[^1][^1]\n\n| a |\n|---|\n| 1 |\n\n---\n\n[^1]: n\n");
    const auto xml = tests::part(bytes, "content.xml");
    const auto styles = tests::part(bytes, "styles.xml");
    for (const auto& found : xml.select_nodes("//@text:style-name|//@table:style-name")) {
        const std::string path =
            "//*[@style:name='" + std::string(found.attribute().value()) + "']";
        EXPECT_TRUE(styles.select_node(path.c_str()) || xml.select_node(path.c_str())) << path;
    }
}

TEST(Odt, HoldsRealFootnotes) {
    const auto xml = content("a[^1] b[^2] c[^1]\n\n[^1]: Emma, ch. 7, p. 214 (PDF 226): "
                             "\u201COne\u201D\n[^2]: Two\n");
    EXPECT_EQ(tests::texts(xml, "//text:note/text:note-citation"), (Texts{"1", "2"}));
    EXPECT_EQ(tests::texts(xml, "//text:note[@text:note-class='footnote']/text:note-body"),
              (Texts{"Emma, ch. 7, p. 214 (PDF 226): \u201COne\u201D", "Two"}));
    const auto again = xml.select_node("//text:note-ref").node();
    EXPECT_STREQ(again.attribute("text:ref-name").value(),
                 xml.select_node("//text:note[1]").node().attribute("text:id").value());
    EXPECT_EQ(tests::textOf(again), "1");
}

TEST(Odt, HoldsTablesCellByCell) {
    const auto xml = content("| a | b |\n|---|---|\n| 1 \\| x | **2** |\n| 3 | |\n");
    EXPECT_EQ(tests::texts(xml, "//table:table-header-rows//table:table-cell"), (Texts{"a", "b"}));
    EXPECT_EQ(tests::texts(xml, "//table:table/table:table-row[1]/table:table-cell"),
              (Texts{"1 | x", "2"}));
    EXPECT_EQ(tests::texts(xml, "//table:table/table:table-row[2]/table:table-cell"),
              (Texts{"3", ""}));
    EXPECT_EQ(xml.select_nodes("//table:table-cell[not(text:p)]").size(), 0U);
}

TEST(Odt, ATableInAListBecomesLines) {
    const auto xml = content("- item\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n");
    EXPECT_EQ(tests::texts(xml, "//text:list-item/text:p"), (Texts{"item", "a | b", "1 | 2"}));
    EXPECT_FALSE(xml.select_node("//table:table"));
}

TEST(Odt, ListsNestAndCount) {
    const auto xml = content("3. a\n4. b\n   - c\n");
    const auto list = xml.select_node("//office:text/text:list").node();
    EXPECT_STREQ(list.attribute("text:style-name").value(), "Numbers");
    EXPECT_STREQ(list.first_child().attribute("text:start-value").value(), "3");
    EXPECT_EQ(tests::texts(xml, "//text:list-item/text:list[@text:style-name='Bullets']"),
              Texts{"c"});
}

TEST(Odt, LooksAndSpacesAreKept) {
    const auto xml = content(
        "a **b** *c* ***d*** `e  f` [g](https://x.example) h\\\ni\n\n```\n j\n\tk  l\n```\n");
    const auto span = [&](const std::string& style) {
        return tests::texts(xml, "//text:span[@text:style-name='" + style + "']");
    };
    EXPECT_EQ(span("Strong"), Texts{"b"});
    EXPECT_EQ(span("Emphasis"), Texts{"c"});
    EXPECT_EQ(span("StrongEmphasis"), Texts{"d"});
    EXPECT_EQ(span("CodeText"), Texts{"e f"}); // the second space is an element
    EXPECT_EQ(tests::texts(xml, "//text:a[@xlink:href='https://x.example']"), Texts{"g"});
    EXPECT_EQ(xml.select_nodes("//text:s").size(), 3U);
    EXPECT_EQ(xml.select_nodes("//text:tab").size(), 1U);
    EXPECT_EQ(xml.select_nodes("//text:line-break").size(), 2U);
}

TEST(Odt, HostileTextIsText) {
    const std::string line = escapeMarkdown(tests::kHostile);
    const std::string bytes = written("# " + line + "\n\na[^1]\n\n[^1]: " + line + "\n");
    const std::string expected = escapeControls(oneLine(tests::kHostile));
    const auto xml = tests::part(bytes, "content.xml");
    EXPECT_EQ(tests::texts(xml, "//text:h"), Texts{expected});
    EXPECT_EQ(tests::texts(xml, "//text:note-body"), Texts{expected});
    EXPECT_EQ(tests::texts(tests::part(bytes, "meta.xml"), "//dc:title"), Texts{expected});
}

TEST(Odt, IsTheSameEveryTime) {
    EXPECT_EQ(written("# T\n\na[^1]\n\n[^1]: n\n"), written("# T\n\na[^1]\n\n[^1]: n\n"));
    EXPECT_FALSE(written("").empty());
}
