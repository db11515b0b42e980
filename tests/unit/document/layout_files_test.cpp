// Real files: the whole way from a file to its stored text, against what people typed.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/document/document.h"
#include "engine/document/document_text.h"
#include "engine/document/reader_client.h"
#include "tests/support/word_grams.h"

using namespace engine::document;

namespace {

class LayoutFiles : public ::testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::is_directory(TEST_DATA))
            GTEST_SKIP() << "The test material is not at " << TEST_DATA << ".";
    }

    static Document read(const std::string& file) {
        ReaderOptions options;
        options.program = std::string(TEST_BINARIES) + "/infolio-reader";
        return repair(
            readFile(std::string(TEST_DATA) + "/" + file, options, [](int, int) { return true; }));
    }

    static std::string slurp(const std::string& file) {
        std::ifstream in(std::string(TEST_DATA) + "/" + file, std::ios::binary);
        std::ostringstream out;
        out << in.rdbuf();
        return out.str();
    }

    static std::string fromArchive(const std::string& archive, const std::string& member) {
        const std::string command = "tar --occurrence=1 -xJOf '" + std::string(TEST_DATA) + "/" +
                                    archive + "' '" + member + "'";
        std::string out;
        FILE* pipe = popen(command.c_str(), "r");
        if (pipe == nullptr)
            return out;
        std::array<char, 65536> buffer{};
        for (std::size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
            out.append(buffer.data(), n);
        pclose(pipe);
        return out;
    }
};

bool holds(const Document& document, const std::string& part) {
    return document.text.find(part) != std::string::npos;
}

} // namespace

TEST_F(LayoutFiles, aNovelAsPdf) {
    const Document document = read("pdf/Pride-and-Prejudice__1342-pdf.pdf");
    EXPECT_EQ(document.pages.size(), 234U);
    const auto measured =
        support::overlap(document.text, fromArchive("train/train_text.tar.xz",
                                                    "train/1342_pride-and-prejudice.txt"));
    // The PDF holds a licence that the text does not.
    EXPECT_GE(measured.recall, 0.99);
    EXPECT_GE(measured.precision, 0.97);
    const auto chapters = std::count_if(
        document.outline.begin(), document.outline.end(),
        [](const OutlineEntry& entry) { return entry.title.rfind("Chapter ", 0) == 0; });
    EXPECT_EQ(chapters, 61);
}

TEST_F(LayoutFiles, aNovelAsEpub) {
    const Document document = read("epub/Persuasion__Persuasion.epub");
    const auto measured = support::overlap(document.text, slurp("narrativeqa/105_persuasion.txt"));
    // The EPUB holds a biographical notice, captions and older spelling that the text does not.
    EXPECT_GE(measured.recall, 0.985);
    EXPECT_GE(measured.precision, 0.955);
}

TEST_F(LayoutFiles, anotherEditionOfANovel) {
    const Document document = read("epub/time-machine-h-g-wells_standardebooks.epub");
    const auto measured =
        support::overlap(document.text, slurp("narrativeqa/35_the-time-machine.txt"));
    EXPECT_GE(measured.recall, 0.97);
    EXPECT_GE(measured.precision, 0.96);
}

TEST_F(LayoutFiles, aPaperInTwoColumns) {
    const Document document = read("pdf/pdf.js__tracemonkey.pdf");
    EXPECT_TRUE(holds(document, "The loop on lines 4-5 becomes hot on its second iteration, so "
                                "TraceMonkey enters recording mode"));
    EXPECT_TRUE(
        holds(document,
              "JavaScript, for example, is the de facto standard for client-side web programming"));
    EXPECT_TRUE(holds(
        document, "is used for the application logic of browser-based productivity applications"));
    EXPECT_GE(std::count_if(document.outline.begin(), document.outline.end(),
                            [](const OutlineEntry& entry) { return entry.level == 1; }),
              10);
}

TEST_F(LayoutFiles, aGazetteInThreeColumns) {
    const Document document = read("pdf/pdfplumber__federal-register-2020-17221.pdf");
    EXPECT_TRUE(holds(
        document,
        "operators of Boeing Model 737 MAX airplanes to require revising certificate limitations"));
    EXPECT_FALSE(holds(document, "VerDate Sep"));
    EXPECT_FALSE(holds(document, "DSKJLSW7X2PROD"));
}

TEST_F(LayoutFiles, columnsWithoutNumbers) {
    const Document document = read("pdf/sample-files__multicolumn.pdf");
    EXPECT_TRUE(holds(document, "Nullam elementum ullamcorper leo.") ||
                holds(document, "Nam elementum ullamcorper leo."));
    EXPECT_FALSE(holds(document, "\n\n2\n\n"));
}

TEST_F(LayoutFiles, ligatures) {
    const Document document = read("pdf/pdf.js__copy_paste_ligatures.pdf");
    EXPECT_FALSE(holds(document, "\uFB01"));
    EXPECT_TRUE(holds(document, "ffi"));
}

TEST_F(LayoutFiles, aGermanBookWithFormulas) {
    const Document document = read("pdf/sample-files__GeoTopo-komprimiert.pdf");
    EXPECT_EQ(document.pages.size(), 117U);
    EXPECT_EQ(document.outline.size(), 35U);
    EXPECT_TRUE(holds(document, "Zusammenhangskomponenten"));
}

TEST_F(LayoutFiles, aLongManual) {
    const Document document = read("pdf/PDFS__bookvol8.pdf");
    EXPECT_EQ(document.pages.size(), 617U);
    EXPECT_EQ(document.outline.size(), 340U);
    EXPECT_EQ(document.passages.back().end, document.characters);
}

TEST_F(LayoutFiles, pictures) {
    const Document document = read("pdf/PDFS__AldorDesign.pdf");
    EXPECT_EQ(document.characters, 0);
    EXPECT_EQ(std::count_if(document.pages.begin(), document.pages.end(),
                            [](const Page& page) { return page.state == PageState::Empty; }),
              27);
}
