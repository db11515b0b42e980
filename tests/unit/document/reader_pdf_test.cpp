#include <chrono>

#include <nlohmann/json.hpp>

#include "tests/unit/document/reader_test_files.h"

namespace engine::document {
namespace {

std::string pdf(const std::string& name) {
    return TEST_DATA "/pdf/" + name;
}

std::string words(const RawPage& page) {
    std::string result;
    for (const RawWord& word : page.words)
        result += word.utf8 + " ";
    return result;
}

/// The real reader, with real PDFs.
class ReaderPdf : public ReaderTest {
protected:
    void SetUp() override { NEED_TEST_DATA(); }

    static RawDocument readPdf(const std::string& name,
                               std::optional<std::string> password = std::nullopt) {
        ReaderOptions options = readerOptions();
        options.password = std::move(password);
        return readWhole(pdf(name), options);
    }
};

TEST_F(ReaderPdf, EveryPdfEndsInANamedState) {
    const auto manifest = nlohmann::json::parse(contentOf(pdf("MANIFEST.json")));
    ASSERT_EQ(manifest.size(), 51U);
    for (const auto& entry : manifest) {
        const std::string name = entry["file"];
        ReaderOptions options = readerOptions();
        options.pageCpuSeconds = 2;
        if (!entry["password"].is_null())
            options.password = entry["password"].get<std::string>();
        try {
            const RawDocument document = readWhole(pdf(name), options);
            EXPECT_EQ(document.opened.kind, Kind::Pdf) << name;
            EXPECT_EQ(document.pages.size(), static_cast<std::size_t>(document.opened.pages))
                << name;
            EXPECT_EQ(document.opened.labels.size(), document.pages.size()) << name;
            EXPECT_EQ(document.opened.sizes.size(), document.pages.size()) << name;
            if (entry["pages_poppler"] == entry["pages_mupdf"]) {
                EXPECT_EQ(document.opened.pages, entry["pages_poppler"].get<int>()) << name;
            }
            for (const RawPage& page : document.pages)
                EXPECT_EQ(page.state == PageState::Failed, !page.reason.empty()) << name;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Code::BadFile) << name << ": " << error.what();
            EXPECT_TRUE(entry["pages_poppler"].is_null()) << name << ": " << error.what();
        }
    }
}

TEST_F(ReaderPdf, PasswordsOpenWhetherUtf8OrLatin1) {
    const std::vector<std::pair<std::string, std::string>> known{
        {"pdf.js__issue6010_2.pdf", "æøå"},
        {"pdfium__encrypted_hello_world_r6.pdf", "âge"},
        {"qpdf__enc-XI-R6,V5,U=view,O=master.pdf", "view"},
        {"qpdf__enc-XI-R6,V5,U=view,O=master.pdf", "master"},
        {"format-corpus__encryption_openpassword.pdf", "test123"},
        {"sample-files__libreoffice-writer-password.pdf", "openpassword"}};
    for (const auto& [name, password] : known) {
        EXPECT_FALSE(readPdf(name, password).pages.front().words.empty()) << name;
        ReaderOptions options = readerOptions();
        EXPECT_EQ(failure(pdf(name), options), Code::Locked) << name;
        options.password = "wrong";
        EXPECT_EQ(failure(pdf(name), options), Code::Locked) << name;
        options.password = "草枕";
        EXPECT_EQ(failure(pdf(name), options), Code::Locked) << name;
    }
    EXPECT_FALSE(readPdf("qpdf__enc-R3,V2.pdf").pages.front().words.empty());
    EXPECT_FALSE(readPdf("format-corpus__encryption_notextaccess.pdf").pages.front().words.empty());
}

TEST_F(ReaderPdf, ABombCostsItsPageAndNothingElse) {
    ReaderOptions options = readerOptions();
    options.pageCpuSeconds = 1;
    const RawDocument document = readWhole(pdf("pdf.js__bomb_giant.pdf"), options);
    ASSERT_EQ(document.pages.size(), 1U);
    EXPECT_EQ(document.pages[0].state, PageState::Failed);
    EXPECT_FALSE(document.pages[0].reason.empty());
}

TEST_F(ReaderPdf, HopelessFilesAreDamaged) {
    for (const char* name :
         {"Test-PDF-Files__corrupted.pdf", "format-corpus__T04_008_trailer-no-trailer-keyword.pdf",
          "qpdf__issue-100.pdf"})
        EXPECT_EQ(failure(pdf(name)), Code::BadFile) << name;
}

TEST_F(ReaderPdf, WordsHaveBoxesFontsAndSizes) {
    const RawDocument document = readPdf("pdf.js__tracemonkey.pdf");
    const RawPage& page = document.pages.front();
    ASSERT_GT(page.words.size(), 500U);
    EXPECT_EQ(page.words[0].utf8, "Trace-based");
    EXPECT_GT(page.words[0].fontSize, 15);
    EXPECT_TRUE(page.words[0].spaceAfter);
    EXPECT_EQ(page.fonts[page.words[0].font], "NimbusRomNo9L-Medi");
    EXPECT_FLOAT_EQ(page.widthPt, 612);
    for (const RawWord& word : page.words) {
        EXPECT_GE(word.box.x0, 0);
        EXPECT_LE(word.box.x1, page.widthPt);
        EXPECT_LT(word.box.y0, word.box.y1);
        EXPECT_LE(word.box.y1, page.heightPt);
    }
}

TEST_F(ReaderPdf, FontsThatAreNotEmbeddedAreFoundInsideTheSandbox) {
    EXPECT_EQ(readPdf("format-corpus__text_only_fontsNotEmbedded.pdf").pages[0].words.size(), 38U);
}

TEST_F(ReaderPdf, BoxesFollowTheRotationOfThePage) {
    const RawDocument document = readPdf("pdf.js__rotation.pdf");
    const RawPage& page = document.pages.at(1);
    EXPECT_EQ(page.rotation, 90);
    EXPECT_FLOAT_EQ(page.widthPt, 792);
    EXPECT_FLOAT_EQ(page.heightPt, 612);
    ASSERT_GT(page.words.size(), 2U);
    EXPECT_LT(page.words[0].box.x1, page.words[1].box.x0);
    EXPECT_NEAR(page.words[0].box.y0, page.words[1].box.y0, 1);
    EXPECT_EQ(document.opened.sizes[1], std::make_pair(792.0F, 612.0F));
}

TEST_F(ReaderPdf, OutlineHasDestinationsAndLabelsArePrintedNames) {
    const RawDocument document = readPdf("PDFS__bookvol8.pdf");
    EXPECT_EQ(document.pages.size(), 617U);
    ASSERT_EQ(document.opened.outline.size(), 340U);
    EXPECT_EQ(document.opened.labels.at(0), "i");
    int page = 1;
    for (const RawOutlineEntry& entry : document.opened.outline) {
        EXPECT_GE(entry.page, page) << entry.title;
        page = entry.page;
    }
    // The entry is found where it points.
    const RawOutlineEntry& overview = document.opened.outline.at(0);
    EXPECT_EQ(overview.level, 1);
    EXPECT_NE(words(document.pages.at(static_cast<std::size_t>(overview.page) - 1))
                  .find(overview.title.substr(0, 8)),
              std::string::npos);
}

TEST_F(ReaderPdf, TextOutsideLatin1Arrives) {
    EXPECT_NE(words(readPdf("sample-files__habibi.pdf").pages[0]).find("حَبيبي"), std::string::npos);
    EXPECT_EQ(words(readPdf("pdf.js__noembed-sjis.pdf").pages[0]).substr(0, 6), "あい");
}

TEST_F(ReaderPdf, DamagedPagesLeaveTheOthers) {
    const RawDocument document = readPdf("pdf.js__Pages-tree-refs.pdf");
    EXPECT_EQ(document.pages.at(0).state, PageState::Text);
    EXPECT_EQ(document.pages.at(1).state, PageState::Failed);
    EXPECT_EQ(document.pages.at(1).reason, "the page is damaged");
}

TEST_F(ReaderPdf, TheNumberOfPagesIsNeverBelieved) {
    // A hundred thousand and one claimed pages, none of which is there.
    const std::string content = "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
                                "2 0 obj\n<</Type/Pages/Count 1410065407/Kids[3 0 R]>>\nendobj\n"
                                "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n"
                                "trailer\n<</Root 1 0 R>>\n%%EOF\n";
    const std::string claims = file("claims.pdf", content);
    int seen = 0;
    try {
        const RawDocument document = readFile(claims, readerOptions(), [&](int, int total) {
            seen = total;
            return false;
        });
        EXPECT_LE(document.opened.pages, 100'000);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::BadFile);
    }
    EXPECT_LE(seen, 100'000);
}

TEST_F(ReaderPdf, ATextCalledPdfIsReadAsText) {
    EXPECT_EQ(readWhole(file("text.pdf", "Only words.\n")).opened.kind, Kind::Text);
    EXPECT_EQ(readWhole(file("about.txt", "Such files begin with %PDF-1.4.\n")).opened.kind,
              Kind::Text);
    const std::string minimal = contentOf(pdf("sample-files__minimal-document.pdf"));
    EXPECT_EQ(readWhole(file("late.pdf", std::string(100, '\n') + minimal)).opened.kind, Kind::Pdf);
    EXPECT_EQ(readWhole(file("minimal.txt", minimal)).opened.kind, Kind::Pdf);
}

} // namespace
} // namespace engine::document
