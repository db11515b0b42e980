#include "engine/report/docx.h"

#include "engine/report/escape.h"
#include "engine/report/report.h"
#include "tests/unit/report/package_reader.h"

using namespace engine::report;
using Texts = std::vector<std::string>;

namespace {

std::string written(const std::string& markdown) {
    return docx(parseMarkdown(markdown));
}

pugi::xml_document body(const std::string& markdown) {
    return tests::part(written(markdown), "word/document.xml");
}

} // namespace

TEST(Docx, HasItsPartsInOrder) {
    const auto entries = tests::unzipped(written("# T\n\na[^1]\n\n[^1]: n\n"));
    EXPECT_EQ(tests::names(entries),
              (Texts{"[Content_Types].xml", "_rels/.rels", "docProps/core.xml", "word/document.xml",
                     "word/_rels/document.xml.rels", "word/styles.xml", "word/numbering.xml",
                     "word/settings.xml", "word/footnotes.xml", "word/_rels/footnotes.xml.rels"}));
    for (const tests::Entry& entry : entries) {
        pugi::xml_document xml;
        EXPECT_TRUE(xml.load_buffer(entry.content.data(), entry.content.size())) << entry.name;
    }
}

TEST(Docx, EveryStyleAndPartThatIsNamedIsThere) {
    const std::string bytes = written(
        "# A\n\n###### B\n\n> q\n\n1. n\n\n```\nc\n```\n\n`c` [l](https://x.example)[^1]\n\n"
        "| a |\n|---|\n| 1 |\n\n---\n\n[^1]: n\n");
    const auto styles = tests::part(bytes, "word/styles.xml");
    for (const char* part : {"word/document.xml", "word/footnotes.xml"}) {
        const auto xml = tests::part(bytes, part);
        for (const auto& found : xml.select_nodes("//w:pStyle|//w:rStyle|//w:tblStyle")) {
            const std::string id = found.node().attribute("w:val").value();
            EXPECT_TRUE(styles.select_node(("//w:style[@w:styleId='" + id + "']").c_str())) << id;
        }
    }
    const auto entries = tests::names(tests::unzipped(bytes));
    const auto relations = tests::part(bytes, "word/_rels/document.xml.rels");
    for (const auto& found : relations.select_nodes("//Relationship[not(@TargetMode)]")) {
        const std::string target = std::string("word/") + found.node().attribute("Target").value();
        EXPECT_NE(std::find(entries.begin(), entries.end(), target), entries.end()) << target;
    }
}

TEST(Docx, HoldsRealFootnotes) {
    const std::string bytes = written("a[^1] b[^2] c[^1]\n\n[^1]: Emma, ch. 7, p. 214 (PDF 226): "
                                      "\u201COne\u201D\n[^2]: [Two](https://x.example)\n");
    const auto xml = tests::part(bytes, "word/document.xml");
    const auto references = xml.select_nodes("//w:footnoteReference");
    ASSERT_EQ(references.size(), 2U);
    EXPECT_STREQ(references[0].node().attribute("w:id").value(), "1");
    EXPECT_STREQ(references[1].node().attribute("w:id").value(), "2");
    const auto notes = tests::part(bytes, "word/footnotes.xml");
    EXPECT_EQ(tests::texts(notes, "//w:footnote[not(@w:type)]"),
              (Texts{" Emma, ch. 7, p. 214 (PDF 226): \u201COne\u201D", " Two"}));
    EXPECT_EQ(notes.select_nodes("//w:footnote[not(@w:type)]//w:footnoteRef").size(), 2U);
    // Mentioned again: a field that points at the first mark.
    EXPECT_STREQ(xml.select_node("//w:fldSimple").node().attribute("w:instr").value(),
                 " NOTEREF _RefNote1 \\f \\h ");
    EXPECT_EQ(tests::texts(xml, "//w:fldSimple"), Texts{"1"});
    EXPECT_EQ(xml.select_nodes("//w:bookmarkStart[@w:name='_RefNote1']").size(), 1U);
    const auto links = tests::part(bytes, "word/_rels/footnotes.xml.rels");
    const auto link = links.select_node("//Relationship[@TargetMode='External']").node();
    EXPECT_STREQ(link.attribute("Target").value(), "https://x.example");
    EXPECT_STREQ(link.attribute("Id").value(),
                 notes.select_node("//w:hyperlink").node().attribute("r:id").value());
}

TEST(Docx, HoldsTablesCellByCell) {
    const auto xml = body("| a | b |\n|---|---|\n| 1 \\| x | **2** |\n| 3 | |\n");
    EXPECT_EQ(tests::texts(xml, "//w:tr[1]/w:tc"), (Texts{"a", "b"}));
    EXPECT_EQ(tests::texts(xml, "//w:tr[2]/w:tc"), (Texts{"1 | x", "2"}));
    EXPECT_EQ(tests::texts(xml, "//w:tr[3]/w:tc"), (Texts{"3", ""}));
    EXPECT_EQ(xml.select_nodes("//w:gridCol").size(), 2U);
    EXPECT_EQ(xml.select_nodes("//w:tc[not(w:p)]").size(), 0U);
    EXPECT_EQ(xml.select_nodes("//w:tr[w:trPr/w:tblHeader]").size(), 1U);
    EXPECT_STREQ(xml.select_node("//w:tbl/following-sibling::*[1]").node().name(), "w:p");
}

TEST(Docx, ListsCountForThemselves) {
    const std::string bytes =
        written("3. a\n4. b\n   - c\n\ntext\n\n1. d\n\n- ```\n  e\n  ```\n-\n");
    const auto xml = tests::part(bytes, "word/document.xml");
    const auto numbering = tests::part(bytes, "word/numbering.xml");
    const auto listOf = [&](const std::string& text) {
        const std::string path = "//w:p[w:r/w:t='" + text + "']/w:pPr/w:numPr";
        const auto node = xml.select_node(path.c_str()).node();
        return node.child("w:numId").attribute("w:val").value() + std::string("/") +
               node.child("w:ilvl").attribute("w:val").value();
    };
    EXPECT_EQ(listOf("a"), "2/0");
    EXPECT_EQ(listOf("b"), "2/0");
    EXPECT_EQ(listOf("c"), "1/1");
    EXPECT_EQ(listOf("d"), "3/0");
    EXPECT_STREQ(numbering.select_node("//w:num[@w:numId='2']//w:startOverride")
                     .node()
                     .attribute("w:val")
                     .value(),
                 "3");
    EXPECT_STREQ(numbering.select_node("//w:num[@w:numId='3']//w:startOverride")
                     .node()
                     .attribute("w:val")
                     .value(),
                 "1");
    // An item without a paragraph has its mark all the same.
    EXPECT_EQ(xml.select_nodes("//w:p[w:pPr/w:numPr][not(w:r)]").size(), 2U);
}

TEST(Docx, LooksAreKept) {
    const auto xml =
        body("a **b** *c* `d  e` [f](https://x.example) g\\\nh\n\n```\n i\n\tj\n```\n");
    EXPECT_EQ(tests::texts(xml, "//w:r[w:rPr/w:b]"), Texts{"b"});
    EXPECT_EQ(tests::texts(xml, "//w:r[w:rPr/w:i]"), Texts{"c"});
    EXPECT_EQ(tests::texts(xml, "//w:r[w:rPr/w:rStyle/@w:val='CodeText']"), Texts{"d  e"});
    EXPECT_EQ(tests::texts(xml, "//w:hyperlink"), Texts{"f"});
    EXPECT_EQ(xml.select_nodes("//w:br").size(), 2U);
    EXPECT_EQ(xml.select_nodes("//w:tab").size(), 1U);
    EXPECT_EQ(xml.select_nodes("//w:t[not(@xml:space='preserve')]").size(), 0U);
}

TEST(Docx, HostileTextIsText) {
    const std::string line = escapeMarkdown(tests::kHostile);
    const std::string bytes = written("# " + line + "\n\na[^1]\n\n[^1]: " + line + "\n");
    const std::string expected = escapeControls(oneLine(tests::kHostile));
    EXPECT_EQ(tests::texts(tests::part(bytes, "word/document.xml"), "//w:p[1]"), Texts{expected});
    EXPECT_EQ(tests::texts(tests::part(bytes, "word/footnotes.xml"), "//w:footnote[@w:id='1']"),
              Texts{" " + expected});
    EXPECT_EQ(tests::texts(tests::part(bytes, "docProps/core.xml"), "//dc:title"), Texts{expected});
}

TEST(Docx, IsTheSameEveryTime) {
    EXPECT_EQ(written("# T\n\na[^1]\n\n[^1]: n\n"), written("# T\n\na[^1]\n\n[^1]: n\n"));
    EXPECT_FALSE(written("").empty());
}
