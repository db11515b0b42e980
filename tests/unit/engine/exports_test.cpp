#include "engine/exports.h"

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "engine/book_markdown.h"
#include "engine/report/markup.h"
#include "tests/unit/engine/manual.h"
#include "tests/unit/report/package_reader.h"

namespace {

using engine::ExportRequest;
using What = ExportRequest::What;

/// Throws when the export failed.
std::string contentOf(engine::Engine& engine, const ExportRequest& request) {
    tests::Events events;
    engine.exportDocument(request, events.sink()).wait();
    EXPECT_TRUE(events.isWhole());
    if (const auto failures = events.of<engine::Failed>(); !failures.empty())
        throw engine::Error(failures[0].code, failures[0].message);
    return events.of<engine::Exported>().at(0).content;
}

class ExportsTest : public tests::ManualTest {
protected:
    static void SetUpTestSuite() {
        tests::ManualTest::SetUpTestSuite();
        const auto library = engine::store::Library::open(
            s_folder->file("library"), engine::store::Library::Access::ReadWrite);
        engine::store::AnswerRow row;
        row.conversation = "talk";
        row.question = "Who <b>asked</b>?";
        row.outcome = "answered";
        row.documents = {library->documentBySha256(s_book.id.sha256)->id};
        const std::int64_t id = row.documents[0];
        s_quote = library->text(id, 5000, 5060);
        row.evidence = {{1, id, 5000, 5060, 1, 1, s_quote}};
        row.gist = {{0, "One.", "evidence", {1}}, {1, "Two.", "memory", {1}}};
        library->addAnswer(row);
    }

    static std::string exported(What what, const std::string& format) {
        ExportRequest request;
        request.document = s_book.id;
        request.what = what;
        request.format = format;
        return contentOf(*s_engine, request);
    }

    inline static std::string s_quote;
};

TEST_F(ExportsTest, AnswersGoOutInEveryFormat) {
    const std::string page = exported(What::All, "html");
    pugi::xml_document xml;
    ASSERT_TRUE(xml.load_buffer(page.data(), page.size()));
    EXPECT_EQ(tests::texts(xml, "//h1"), std::vector<std::string>{s_book.title});
    EXPECT_EQ(tests::texts(xml, "//h2"), std::vector<std::string>{"Who <b>asked</b>?"});
    EXPECT_EQ(tests::texts(xml, "//sup/a"), (std::vector<std::string>{"1", "1"}));

    const auto notes = tests::texts(tests::part(exported(What::All, "docx"), "word/footnotes.xml"),
                                    "//w:footnote[not(@w:type)]");
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_TRUE(notes[0].starts_with(" " + s_book.title + ", ")) << notes[0];
    const auto bodies = tests::texts(tests::part(exported(What::Answers, "odt"), "content.xml"),
                                     "//text:note-body");
    ASSERT_EQ(bodies.size(), 1U);
    EXPECT_EQ(" " + bodies[0], notes[0]);
}

TEST_F(ExportsTest, TextOutlineAndCoverageAreLaidOut) {
    const auto text = tests::part(exported(What::Text, "odt"), "content.xml");
    EXPECT_GT(text.select_nodes("//text:p").size(), 100U);
    EXPECT_GT(text.select_nodes("//text:h").size(), 10U);
    const std::string outline = exported(What::Outline, "html");
    const auto contents = s_engine->contents(s_book.id);
    pugi::xml_document xml;
    ASSERT_TRUE(xml.load_buffer(outline.data(), outline.size()));
    EXPECT_EQ(xml.select_nodes("//li").size(), contents.size());
    EXPECT_NE(exported(What::Coverage, "html").find("<p>Read 0 of "), std::string::npos);
}

TEST_F(ExportsTest, NoWordOfTheTextIsLost) {
    const auto words = [](const std::string& text) {
        std::string only;
        for (const char c : text)
            if (c != ' ' && c != '\n' && c != '\t')
                only += c;
        return only;
    };
    const auto xml = tests::part(exported(What::Text, "docx"), "word/document.xml");
    EXPECT_EQ(words(tests::textOf(xml)), words(s_book.title + exported(What::Text, "txt")));
}

TEST_F(ExportsTest, RefusesOtherFormats) {
    EXPECT_EQ(tests::codeOf([] { exported(What::All, "pdf"); }), engine::Code::WrongUse);
    EXPECT_EQ(tests::codeOf([] { exported(What::Summaries, "odt"); }), engine::Code::WrongUse);
}

/// What a library of one document by hand says of it.
class KeptExportsTest : public testing::Test {
protected:
    engine::store::AnswerRow answer(const std::string& question) const {
        engine::store::AnswerRow row;
        row.question = question;
        row.outcome = "answered";
        row.documents = {m_document.id};
        row.evidence = {{1, m_document.id, 0, 4, 1, 1, m_library->text(m_document.id, 0, 4)}};
        return row;
    }
    engine::store::SummaryRow summary(const std::string& title, std::int64_t begin,
                                      bool isOfBook) const {
        engine::store::SummaryRow row;
        row.documentId = m_document.id;
        row.title = title;
        row.begin = begin;
        row.end = begin + 9;
        row.isOfBook = isOfBook;
        row.length = "medium";
        row.style = "prose";
        row.coverage = isOfBook ? "Read 2 of 3 pages. As of p. 2." : "Read 1 of 3 pages.";
        row.gist = {{0, "Of " + title + ".", "memory", {}}};
        return row;
    }
    std::string exported(const std::string& format) const {
        ExportRequest request;
        request.format = format;
        return engine::exported(*m_library, m_document, request);
    }

    tests::TemporaryFolder m_folder;
    std::unique_ptr<engine::store::Library> m_library = engine::store::Library::open(
        m_folder.file("library"), engine::store::Library::Access::ReadWrite);
    engine::store::DocumentRow m_document = tests::addDocument(
        *m_library, {tests::pageText(1, 30), tests::pageText(2, 30), tests::pageText(3, 30)});
};

TEST_F(KeptExportsTest, AnAnswerGoesOutWithItsOwnCoverage) {
    auto row = answer("Who came?");
    row.asOf = 200;
    row.coverage = "Read 1 of 3 pages. As of p. 1.";
    row.gist = {{0, "Anne.", "memory", {}}};
    m_library->addAnswer(row);
    for (const char* format : {"md", "txt", "html"}) {
        const std::string text = exported(format);
        EXPECT_NE(text.find("Read 1 of 3 pages. As of p. 1."), std::string::npos) << text;
        EXPECT_EQ(text.find("As of the end"), std::string::npos) << text;
    }
    const auto json = nlohmann::json::parse(exported("json"));
    EXPECT_EQ(json["answers"][0]["coverage"], "Read 1 of 3 pages. As of p. 1.");
    EXPECT_EQ(json["answers"][0]["as_of"], 200);
    EXPECT_EQ(json["answers"][0]["outcome"], "answered");
    EXPECT_EQ(json["coverage"], "Read 0 of 3 pages.");
}

TEST_F(KeptExportsTest, WhatWasRefusedSaysSo) {
    auto row = answer("Which train?");
    row.outcome = "refused";
    m_library->addAnswer(row);
    for (const char* format : {"md", "txt", "html"})
        EXPECT_NE(exported(format).find("Not in this document"), std::string::npos) << format;
    const auto json = nlohmann::json::parse(exported("json"));
    EXPECT_EQ(json["answers"][0]["outcome"], "refused");
    EXPECT_TRUE(json["answers"][0]["as_of"].is_null());
}

TEST_F(KeptExportsTest, WhatTheStoredTextContradictsStays) {
    auto row = answer("Who?");
    const std::string stored = row.evidence[0].quote;
    row.evidence.push_back({2, m_document.id, 0, 5, 1, 1, "Nobody ever said it."});
    row.gist = {{0, "One.", "evidence", {1, 2}}};
    m_library->addAnswer(row);
    for (const char* format : {"md", "json"}) {
        EXPECT_NE(exported(format).find(stored), std::string::npos) << format;
        EXPECT_EQ(exported(format).find("Nobody ever said it"), std::string::npos) << format;
    }
    EXPECT_EQ(nlohmann::json::parse(exported("json"))["answers"][0]["gist"][0]["citations"],
              nlohmann::json::array({1}));
}

TEST_F(KeptExportsTest, ABooksSummaryStandsUnderOneHeading) {
    m_library->addSummary(summary("One", 0, false));
    m_library->completeBookSummary(m_document.id, "medium", "prose",
                                   {m_library->addSummary(summary("One", 0, true)),
                                    m_library->addSummary(summary("Two", 9, true))});
    const std::string text = exported("md");
    EXPECT_NE(text.find("## Whole book\n\nRead 2 of 3 pages. As of p. 2.\n\n"
                        "### One\n\n\\~ Of One.\n\n### Two\n\n\\~ Of Two.\n\n"
                        "## One\n\n\\~ Of One.\n\nRead 1 of 3 pages.\n"),
              std::string::npos)
        << text;
    const auto summaries = nlohmann::json::parse(exported("json"))["summaries"];
    ASSERT_EQ(summaries.size(), 3U);
    EXPECT_EQ(summaries[0]["of_book"], false);
    EXPECT_EQ(summaries[0]["coverage"], "Read 1 of 3 pages.");
    EXPECT_EQ(summaries[2]["of_book"], true);
    EXPECT_EQ(summaries[2]["length"], "medium");
}

TEST_F(KeptExportsTest, SeveralSummariesOfABookSayWhatTheyAre) {
    for (const char* length : {"medium", "short"}) {
        auto row = summary("One", 0, true);
        row.length = length;
        m_library->completeBookSummary(m_document.id, length, "prose",
                                       {m_library->addSummary(row)});
    }
    const std::string text = exported("md");
    EXPECT_NE(text.find("## Whole book (medium, prose)\n"), std::string::npos) << text;
    EXPECT_NE(text.find("## Whole book (short, prose)\n"), std::string::npos) << text;
}

TEST(Coverage, WhatRestsOnTheTextAloneIsAsOfNoPlace) {
    engine::Coverage coverage;
    coverage.total = 614;
    EXPECT_EQ(engine::coverageSentence(coverage), "Read 0 of 614 pages.");
    coverage.read = 614;
    EXPECT_EQ(engine::coverageSentence(coverage), "Read 614 of 614 pages. As of the end.");
    coverage.bound.emplace().lastLabel = "212";
    EXPECT_EQ(engine::coverageSentence(coverage), "Read 614 of 614 pages. As of p. 212.");
}

TEST(BookMarkdown, OutlineSkipsNoLevel) {
    std::vector<engine::ContentsEntry> contents(4);
    const int levels[] = {2, 5, 3, 1};
    for (std::size_t i = 0; i < 4; ++i) {
        contents[i].level = levels[i];
        contents[i].title = "[" + std::to_string(i) + "](x)";
        contents[i].page.firstLabel = "xii";
    }
    EXPECT_EQ(engine::outlineMarkdown("T*", contents), "# T\\*\n\n"
                                                       "- \\[0\\](x) (p. xii)\n"
                                                       "  - \\[1\\](x) (p. xii)\n"
                                                       "  - \\[2\\](x) (p. xii)\n"
                                                       "- \\[3\\](x) (p. xii)\n");
}

TEST(BookMarkdown, BlocksKeepTheirKind) {
    tests::TemporaryFolder folder;
    const auto engine = tests::openEngine(folder.file("library"));
    const std::string path = folder.write(
        "book.md", "# One\n\nA *plain* line.\n\n> said\n\n- point\n\n~~~\ncode ``` a\n  b\n~~~\n");
    const auto book = tests::readText(*engine, path);
    ExportRequest request;
    request.document = book.id;
    request.what = What::Text;
    request.format = "html";
    const std::string page = contentOf(*engine, request);
    pugi::xml_document xml;
    ASSERT_TRUE(
        xml.load_buffer(page.data(), page.size(), pugi::parse_full | pugi::parse_ws_pcdata));
    EXPECT_EQ(tests::texts(xml, "//h2"), std::vector<std::string>{"One"});
    EXPECT_EQ(tests::texts(xml, "//body/p"), std::vector<std::string>{"A plain line."});
    EXPECT_EQ(tests::texts(xml, "//blockquote/p"), std::vector<std::string>{"said"});
    EXPECT_EQ(tests::texts(xml, "//ul/li"), std::vector<std::string>{"point"});
    EXPECT_EQ(tests::texts(xml, "//pre/code"), std::vector<std::string>{"code ``` a\n  b"});
}

} // namespace
