#include "engine/document/page_renderer.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <set>

#include <sys/wait.h>

#include "tests/unit/document/reader_test_files.h"

namespace engine::document {
namespace {

using wire::Picture;
using wire::PixelBox;
using wire::Render;

std::uint32_t pixel(const Picture& picture, int x, int y) {
    std::uint32_t value = 0;
    std::memcpy(&value, picture.pixels.data() + y * picture.stride + 4 * x, sizeof value);
    return value;
}

/// Share of the pixels that are not white.
double ink(const Picture& picture) {
    int count = 0;
    for (int y = 0; y < picture.height; ++y)
        for (int x = 0; x < picture.width; ++x)
            count += pixel(picture, x, y) != 0xFFFFFFFFU;
    return static_cast<double>(count) / picture.width / picture.height;
}

Render whole(int page, float scale = 1, int rotation = 0) {
    return {page, scale, rotation, std::nullopt};
}

/// The real reader, with the sample book.
class RenderManual : public testing::Test {
protected:
    RenderManual()
        : m_renderer(PageRenderer::open(TEST_BINARIES "/../share/infolio/infolio-manual.pdf",
                                        readerOptions())) {}

    Picture draw(const Render& what) {
        const auto drawn = m_renderer->draw(what);
        EXPECT_TRUE(drawn && drawn->failure.empty()) << (drawn ? drawn->failure : "stopped");
        return drawn ? drawn->picture : Picture();
    }
    std::string failure(const Render& what) {
        const auto drawn = m_renderer->draw(what);
        EXPECT_TRUE(drawn && drawn->picture.pixels.empty());
        return drawn ? drawn->failure : "";
    }

    std::unique_ptr<PageRenderer> m_renderer;
};

TEST_F(RenderManual, APageHasItsSizeAndInk) {
    const RawDocument book = readWhole(TEST_BINARIES "/../share/infolio/infolio-manual.pdf");
    const RawPage& page = book.pages[4];
    for (const float scale : {0.25F, 1.0F, 2.0F}) {
        const Picture picture = draw(whole(5, scale));
        EXPECT_EQ(picture.width, std::lround(page.widthPt * scale));
        EXPECT_EQ(picture.height, std::lround(page.heightPt * scale));
        EXPECT_GT(ink(picture), 0.01);
        EXPECT_LT(ink(picture), 0.7);
        EXPECT_EQ(pixel(picture, 0, 0), 0xFFFFFFFFU) << "white paper, opaque";
    }
    EXPECT_EQ(m_renderer->pages(), static_cast<int>(book.pages.size()));
}

TEST_F(RenderManual, EveryPixelIsOpaque) {
    const Picture picture = draw(whole(1));
    for (int y = 0; y < picture.height; ++y)
        for (int x = 0; x < picture.width; ++x)
            ASSERT_EQ(pixel(picture, x, y) >> 24, 0xFFU);
}

TEST_F(RenderManual, APartIsThatPartOfTheWhole) {
    const Picture all = draw(whole(12, 1.5F));
    Render what = whole(12, 1.5F);
    what.part = PixelBox{100, 150, 200, 120};
    const Picture part = draw(what);
    ASSERT_EQ(part.width, 200);
    ASSERT_EQ(part.height, 120);
    EXPECT_GT(ink(part), 0.01);
    int different = 0;
    for (int y = 0; y < part.height; ++y)
        for (int x = 0; x < part.width; ++x)
            different += pixel(part, x, y) != pixel(all, x + 100, y + 150);
    EXPECT_EQ(different, 0);
}

TEST_F(RenderManual, APartIsCutAtTheEdgeOfThePage) {
    const Picture all = draw(whole(5));
    Render what = whole(5);
    what.part = PixelBox{all.width - 30, all.height - 40, 200, 200};
    const Picture part = draw(what);
    EXPECT_EQ(part.width, 30);
    EXPECT_EQ(part.height, 40);
    what.part = PixelBox{all.width, 0, 10, 10};
    EXPECT_EQ(failure(what), "the part to draw lies outside it");
}

TEST_F(RenderManual, RotationTurnsTheSize) {
    const Picture straight = draw(whole(5));
    const Picture right = draw(whole(5, 1, 90));
    EXPECT_EQ(right.width, straight.height);
    EXPECT_EQ(right.height, straight.width);
    const Picture over = draw(whole(5, 1, 180));
    EXPECT_EQ(over.width, straight.width);
}

TEST_F(RenderManual, MoreThanEightMegapixelsAreRefusedAndAPartIsNot) {
    EXPECT_EQ(failure(whole(5, 12)), "its picture would have more than 8 megapixels");
    Render what = whole(5, 12);
    what.part = PixelBox{1000, 1000, 500, 400};
    EXPECT_EQ(draw(what).width, 500);
    EXPECT_GT(ink(draw(whole(5))), 0.01) << "the reader goes on";
}

TEST_F(RenderManual, LinksOfTheContentsLieOnItsLinesAndLeadForward) {
    const RawDocument book = readWhole(TEST_BINARIES "/../share/infolio/infolio-manual.pdf");
    const auto links = m_renderer->links(5);
    ASSERT_GT(links.size(), 20U);
    int last = 0;
    for (const RawLink& link : links) {
        EXPECT_GE(link.page, last);
        last = link.page;
        EXPECT_TRUE(link.uri.empty());
        int words = 0;
        for (const RawWord& word : book.pages[4].words) {
            const float x = (word.box.x0 + word.box.x1) / 2, y = (word.box.y0 + word.box.y1) / 2;
            words += x > link.box.x0 && x < link.box.x1 && y > link.box.y0 && y < link.box.y1;
        }
        EXPECT_GE(words, 2) << "a title and a page number";
    }
    EXPECT_GT(last, 50);
}

/// The real reader, with PDFs of all kinds.
class RenderPdf : public ReaderTest {
protected:
    void SetUp() override { NEED_TEST_DATA(); }

    static std::unique_ptr<PageRenderer> open(const std::string& name,
                                              std::optional<std::string> password = std::nullopt) {
        ReaderOptions options = readerOptions();
        options.password = std::move(password);
        return PageRenderer::open(TEST_DATA "/pdf/" + name, options);
    }
};

TEST_F(RenderPdf, EveryPdfIsDrawnOrFailsWithAReason) {
    ReaderOptions options = readerOptions();
    options.pageCpuSeconds = 3;
    options.pageWallSeconds = 20;
    int drawnPages = 0;
    for (const auto& entry : std::filesystem::directory_iterator(TEST_DATA "/pdf")) {
        if (entry.path().extension() != ".pdf")
            continue;
        try {
            const auto renderer = PageRenderer::open(entry.path().string(), options);
            const auto drawn = renderer->draw({1, 0.5F, 0, std::nullopt});
            ASSERT_TRUE(drawn);
            EXPECT_NE(drawn->picture.pixels.empty(), drawn->failure.empty()) << entry.path();
            drawnPages += drawn->failure.empty() ? 1 : 0;
        } catch (const Error& error) {
            EXPECT_NE(error.code(), Code::ReaderFailed) << entry.path();
            EXPECT_NE(error.code(), Code::FileChanged) << entry.path();
        }
    }
    EXPECT_GT(drawnPages, 35);
}

TEST_F(RenderPdf, FontsThatAreNotEmbeddedAreDrawnInsideTheSandbox) {
    const auto drawn = open("format-corpus__text_only_fontsNotEmbedded.pdf")->draw(whole(1));
    ASSERT_TRUE(drawn);
    EXPECT_GT(ink(drawn->picture), 0.005) << drawn->failure;
}

TEST_F(RenderPdf, TheRotationOfThePageIsItsShape) {
    const auto renderer = open("pdf.js__rotation.pdf");
    const RawDocument document = readWhole(TEST_DATA "/pdf/pdf.js__rotation.pdf");
    for (const RawPage& page : document.pages) {
        const auto drawn = renderer->draw(whole(page.index));
        ASSERT_TRUE(drawn);
        EXPECT_EQ(drawn->picture.width, std::lround(page.widthPt)) << page.index;
        EXPECT_EQ(drawn->picture.height, std::lround(page.heightPt)) << page.index;
    }
}

TEST_F(RenderPdf, APasswordIsNeeded) {
    const std::string name = "format-corpus__encryption_openpassword.pdf";
    for (const std::optional<std::string>& password :
         {std::optional<std::string>(), std::optional<std::string>("wrong")}) {
        try {
            open(name, password);
            ADD_FAILURE() << "it opened";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Code::Locked);
        }
    }
}

TEST_F(RenderPdf, APasswordOpensAndDraws) {
    const auto renderer = open("format-corpus__encryption_openpassword.pdf", "test123");
    const auto drawn = renderer->draw(whole(1));
    ASSERT_TRUE(drawn);
    EXPECT_GT(ink(drawn->picture), 0.001) << drawn->failure;
    EXPECT_NO_THROW(renderer->links(1));
}

TEST_F(RenderPdf, LinksToTheWebKeepTheirAddress) {
    const auto links = open("sample-files__GeoTopo-komprimiert.pdf")->links(2);
    const auto isWeb = [](const RawLink& link) {
        return link.page == 0 && link.uri == "http://martin-thoma.com/geotopo/" &&
               link.box.x0 > 0 && link.box.x0 < link.box.x1 && link.box.y0 > 0 &&
               link.box.y0 < link.box.y1;
    };
    EXPECT_EQ(std::count_if(links.begin(), links.end(), isWeb), 1);
}

/// Against a reader that does what the document asks for.
class RenderClient : public ReaderTest {
protected:
    RenderClient() : m_options(readerOptions("hostile_reader")) {
        m_options.pageCpuSeconds = 1;
        m_options.pageWallSeconds = 1;
    }
    ~RenderClient() override {
        EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
        EXPECT_EQ(errno, ECHILD) << "every process was waited for";
    }

    std::unique_ptr<PageRenderer> open(const std::string& mode) {
        return PageRenderer::open(file("document", mode), m_options);
    }
    /// Draws the third page, then another one, which must succeed.
    std::string failureOfThird(const std::string& mode) {
        const auto renderer = open(mode);
        const auto third = renderer->draw(whole(3));
        const auto other = renderer->draw(whole(2));
        EXPECT_TRUE(other && other->failure.empty());
        return third ? third->failure : "stopped";
    }
    static Code codeOf(const std::function<void()>& call) {
        try {
            call();
        } catch (const Error& error) {
            return error.code();
        }
        return Code::Internal;
    }

    ReaderOptions m_options;
};

std::uint32_t processOf(PageRenderer& renderer, int page) {
    const auto drawn = renderer.draw(whole(page));
    EXPECT_TRUE(drawn && drawn->failure.empty());
    return pixel(drawn->picture, 0, 0);
}

TEST_F(RenderClient, OneProcessDrawsAllPagesUntilItHasDrawnItsShare) {
    m_options.recyclePages = 3;
    const auto renderer = open("well");
    const std::uint32_t first = processOf(*renderer, 1);
    EXPECT_EQ(processOf(*renderer, 5), first);
    EXPECT_EQ(processOf(*renderer, 1), first);
    EXPECT_NE(processOf(*renderer, 2), first);
}

TEST_F(RenderClient, APageThatCrashesOnceIsDrawnAgain) {
    EXPECT_EQ(failureOfThird("crashonce3"), "");
}

TEST_F(RenderClient, APageThatEndsTheReaderTwiceFails) {
    EXPECT_EQ(failureOfThird("crash3"), "it crashes the reader");
    for (const char* mode : {"claims3", "kind3"})
        EXPECT_TRUE(failureOfThird(mode).starts_with("the reader answers nonsense")) << mode;
}

TEST_F(RenderClient, APageThatTakesTooLongFails) {
    EXPECT_EQ(failureOfThird("hang3"), "drawing it took longer than 1 s");
    m_options.pageWallSeconds = 60;
    EXPECT_EQ(failureOfThird("spin3"), "drawing it took longer than 1 s");
}

TEST_F(RenderClient, ARefusalIsOfThePageOrOfTheFile) {
    EXPECT_EQ(failureOfThird("damaged3"), "it is damaged");
    const auto renderer = open("refuse3");
    EXPECT_EQ(codeOf([&] { renderer->draw(whole(3)); }), Code::TooBig);
}

TEST_F(RenderClient, APictureLargerThanItsPartIsALie) {
    const auto renderer = open("well");
    Render what = whole(1);
    what.part = PixelBox{0, 0, 9, 20};
    const auto drawn = renderer->draw(what);
    ASSERT_TRUE(drawn);
    EXPECT_EQ(drawn->failure, "the reader answers nonsense: a picture larger than its part");
}

TEST_F(RenderClient, AStoppedPageGivesNothingAndTheNextIsDrawn) {
    m_options.pageWallSeconds = 60;
    m_options.pageCpuSeconds = 60;
    const auto renderer = open("hang3");
    int asked = 0;
    EXPECT_FALSE(renderer->draw(whole(3), [&] { return ++asked == 3; }));
    EXPECT_EQ(asked, 3);
    EXPECT_NE(processOf(*renderer, 2), 0U);
}

TEST_F(RenderClient, ColoursAndSidesAreWhereTheyBelong) {
    // Red at the bottom left, blue at the top right.
    const std::string drawing = "1 0 0 rg 0 0 50 50 re f 0 0 1 rg 50 150 50 50 re f";
    const std::string document =
        file("colours.pdf", "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                            "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
                            "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 200]/Contents 4 0 "
                            "R>>endobj\n4 0 obj<</Length " +
                                std::to_string(drawing.size()) + ">>stream\n" + drawing +
                                "\nendstream endobj\ntrailer<</Root 1 0 R/Size 5>>\n%%EOF\n");
    const auto renderer = PageRenderer::open(document, readerOptions());
    const Picture straight = renderer->draw(whole(1, 2))->picture;
    ASSERT_EQ(straight.width, 200);
    ASSERT_EQ(straight.height, 400);
    EXPECT_EQ(pixel(straight, 50, 350), 0xFFFF0000U);
    EXPECT_EQ(pixel(straight, 150, 50), 0xFF0000FFU);
    EXPECT_EQ(pixel(straight, 50, 50), 0xFFFFFFFFU);
    const Picture right = renderer->draw(whole(1, 2, 90))->picture;
    ASSERT_EQ(right.width, 400);
    EXPECT_EQ(pixel(right, 50, 50), 0xFFFF0000U) << "the bottom left is at the top left";
    EXPECT_EQ(pixel(right, 350, 150), 0xFF0000FFU);
}

TEST_F(RenderClient, AStoppedOpeningGivesNothing) {
    m_options.pageWallSeconds = 60;
    m_options.pageCpuSeconds = 60;
    const std::string document = file("document", "open-hang");
    EXPECT_EQ(PageRenderer::open(document, m_options, [] { return true; }), nullptr);
}

TEST_F(RenderClient, AFileThatChangesIsNoticed) {
    const auto renderer = open("well");
    EXPECT_NE(processOf(*renderer, 1), 0U);
    std::ofstream(path("document"), std::ios::app) << "more";
    EXPECT_EQ(codeOf([&] { renderer->draw(whole(1)); }), Code::FileChanged);
    const auto other = open("bus3");
    EXPECT_EQ(codeOf([&] { other->draw(whole(3)); }), Code::FileChanged);
}

TEST_F(RenderClient, AFileThatIsReplacedIsDrawnAsItWas) {
    const auto renderer = open("well");
    std::filesystem::rename(file("next", "open-crash"), path("document"));
    EXPECT_NE(processOf(*renderer, 1), 0U);
}

TEST_F(RenderClient, AnotherNumberOfPagesIsALie) {
    m_options.recyclePages = 1;
    const auto renderer = open("shrinks");
    EXPECT_NE(processOf(*renderer, 1), 0U);
    const auto drawn = renderer->draw(whole(1));
    ASSERT_TRUE(drawn);
    EXPECT_TRUE(drawn->failure.starts_with("the reader answers nonsense")) << drawn->failure;
}

TEST_F(RenderClient, LinksThatLeadNowhereAreLies) {
    EXPECT_EQ(open("well")->links(1).size(), 1U);
    EXPECT_TRUE(open("links-other")->links(1).empty());
}

TEST_F(RenderClient, WhatCannotBeOpenedIsNamed) {
    EXPECT_EQ(codeOf([&] { PageRenderer::open(path("nothing"), m_options); }), Code::FileMissing);
    EXPECT_EQ(codeOf([&] { open("open-crash"); }), Code::BadFile);
    EXPECT_EQ(codeOf([&] { open("open-refuse2"); }), Code::Protected);
    m_options.program = path("nobody");
    EXPECT_EQ(codeOf([&] { open("well"); }), Code::ReaderFailed);
}

} // namespace
} // namespace engine::document
