#include <cmath>
#include <cstring>
#include <limits>

#include "tests/support/tiny_model.h"
#include "tests/unit/engine/manual.h"

namespace {

using engine::Code;
using engine::Done;
using engine::Failed;
using engine::PagePicture;
using engine::PixelRect;
using engine::RenderRequest;
using engine::Task;
using tests::Events;

class RenderTest : public tests::ManualTest {
protected:
    static RenderRequest page(int index, float scale = 1) {
        RenderRequest request;
        request.document = s_book.id;
        request.page = index;
        request.scale = scale;
        return request;
    }
    static Events render(engine::Engine& engine, const RenderRequest& request) {
        Events events;
        engine.render(request, events.sink()).wait();
        EXPECT_TRUE(events.isWhole());
        return events;
    }
    static PagePicture picture(const RenderRequest& request) {
        const auto pictures = render(*s_engine, request).of<PagePicture>();
        EXPECT_EQ(pictures.size(), 1U);
        return pictures.empty() ? PagePicture() : pictures.front();
    }
    static Code failure(engine::Engine& engine, const RenderRequest& request) {
        const auto failures = render(engine, request).of<Failed>();
        EXPECT_EQ(failures.size(), 1U);
        return failures.empty() ? Code::Internal : failures.front().code;
    }
};

std::vector<engine::PageLinks> linksOf(engine::Engine& engine, const engine::LinksRequest& request,
                                       std::vector<Failed>* failures = nullptr) {
    Events events;
    engine.links(request, events.sink()).wait();
    EXPECT_TRUE(events.isWhole());
    if (failures != nullptr)
        *failures = events.of<Failed>();
    return events.of<engine::PageLinks>();
}

bool isBlank(const PagePicture& picture) {
    return picture.pixels.find_first_not_of('\xFF') == std::string::npos;
}

TEST_F(RenderTest, PageFiveOfTheManualHasItsSizeAndIsNotBlank) {
    const engine::PageInfo info = s_engine->pages(s_book.id)[4];
    for (const float scale : {1.0F, 2.0F}) {
        const PagePicture drawn = picture(page(5, scale));
        EXPECT_EQ(drawn.failure, "");
        EXPECT_EQ(drawn.document, s_book.id);
        EXPECT_EQ(drawn.page, 5);
        EXPECT_EQ(drawn.scale, scale);
        EXPECT_EQ(drawn.width, std::lround(info.widthPt * scale));
        EXPECT_EQ(drawn.height, std::lround(info.heightPt * scale));
        EXPECT_GE(drawn.stride, 4 * drawn.width);
        ASSERT_EQ(drawn.pixels.size(),
                  static_cast<std::size_t>(drawn.stride) * static_cast<std::size_t>(drawn.height));
        EXPECT_FALSE(isBlank(drawn));
    }
}

TEST_F(RenderTest, TheInkStandsInTheBoxesOfTheWords) {
    const PagePicture drawn = picture(page(12, 2));
    const auto words = s_engine->words(s_book.id, 12);
    std::size_t inked = 0;
    for (const engine::WordBox& word : words) {
        bool hasInk = false;
        for (int y = static_cast<int>(2 * word.y0); y < static_cast<int>(2 * word.y1); ++y)
            for (int x = static_cast<int>(2 * word.x0); x < static_cast<int>(2 * word.x1); ++x)
                hasInk =
                    hasInk ||
                    static_cast<unsigned char>(
                        drawn.pixels[static_cast<std::size_t>(y * drawn.stride + 4 * x)]) < 128;
        inked += hasInk ? 1 : 0;
    }
    EXPECT_EQ(inked, words.size());
}

TEST_F(RenderTest, APartAndARotationAreRepeatedInTheAnswer) {
    RenderRequest request = page(5, 3);
    request.rotation = 90;
    request.part = PixelRect{10, 20, 300, 200};
    const PagePicture drawn = picture(request);
    EXPECT_EQ(drawn.failure, "");
    EXPECT_EQ(drawn.rotation, 90);
    ASSERT_TRUE(drawn.part);
    EXPECT_EQ(drawn.part->y, 20);
    EXPECT_EQ(drawn.width, 300);
    EXPECT_EQ(drawn.height, 200);
}

TEST_F(RenderTest, TooLargeAPictureIsAFailureOfThatPage) {
    const PagePicture drawn = picture(page(5, 20));
    EXPECT_NE(drawn.failure.find("8 megapixels"), std::string::npos);
    EXPECT_TRUE(drawn.pixels.empty());
    EXPECT_EQ(picture(page(5)).failure, "");
}

TEST_F(RenderTest, ACancelledPictureEndsWithDone) {
    Events first, second;
    Task running = s_engine->render(page(6, 4), first.sink());
    Task queued = s_engine->render(page(7), second.sink());
    queued.cancel();
    running.cancel();
    running.wait();
    queued.wait();
    for (const Events* events : {&first, &second}) {
        EXPECT_TRUE(events->isWhole());
        EXPECT_TRUE(std::get<Done>(events->all.back()).cancelled);
        EXPECT_TRUE(events->of<Failed>().empty());
    }
    EXPECT_TRUE(second.of<PagePicture>().empty());
    EXPECT_EQ(picture(page(7)).failure, "") << "the next one is drawn";
}

TEST_F(RenderTest, APictureIsDrawnWhileABookIsRead) {
    const std::string model = s_folder->file("tiny.gguf");
    tests::writeTinyModel(model);
    engine::Options options;
    options.libraryPath = s_folder->file("busy");
    options.readerProgram = TEST_BINARIES "/infolio-reader";
    options.modelPath = model;
    options.dtype = "fp32";
    options.segmentTokens = 64;
    const auto engine = engine::Engine::open(options);
    tests::readText(*engine, tests::manualPath());
    // The reading holds the worker thread until the picture is there.
    std::atomic<bool> isReading = false, isDrawn = false;
    engine::ReadRequest request;
    request.paths = {tests::manualPath()};
    Task reading = engine->read(request, [&](const engine::Event& event) {
        if (!std::holds_alternative<engine::Progress>(event))
            return;
        isReading = true;
        while (!isDrawn)
            std::this_thread::yield();
    });
    while (!isReading)
        std::this_thread::yield();
    const Events events = render(*engine, page(5));
    ASSERT_EQ(events.of<PagePicture>().size(), 1U);
    EXPECT_FALSE(isBlank(events.of<PagePicture>().front()));
    EXPECT_FALSE(reading.isDone());
    isDrawn = true;
    reading.cancel();
    reading.wait();
}

TEST_F(RenderTest, WhatCannotBeDrawnIsWrongUse) {
    for (const int index : {0, -3, s_book.coverage.total + 1})
        EXPECT_EQ(failure(*s_engine, page(index)), Code::WrongUse);
    for (const float scale : {0.0F, -1.0F, 1000.0F, std::numeric_limits<float>::quiet_NaN()})
        EXPECT_EQ(failure(*s_engine, page(5, scale)), Code::WrongUse);
    for (const int rotation : {45, -90, 360}) {
        RenderRequest request = page(5);
        request.rotation = rotation;
        EXPECT_EQ(failure(*s_engine, request), Code::WrongUse);
    }
    for (const PixelRect part :
         {PixelRect{-1, 0, 5, 5}, PixelRect{0, 0, 0, 5}, PixelRect{0, 0, 5, 1 << 30}}) {
        RenderRequest request = page(5);
        request.part = part;
        EXPECT_EQ(failure(*s_engine, request), Code::WrongUse);
    }
    RenderRequest request = page(1);
    request.document = tests::readText(*s_engine, s_folder->write("a.txt", "Words alone.\n")).id;
    EXPECT_EQ(failure(*s_engine, request), Code::WrongUse);
    request.document = {std::string(64, 'f')};
    EXPECT_EQ(failure(*s_engine, request), Code::NotInLibrary);
}

TEST_F(RenderTest, TheFileMustBeTheOneThatWasRead) {
    namespace fs = std::filesystem;
    const std::string copy = s_folder->file("copy.pdf"), away = s_folder->file("away.pdf");
    fs::copy_file(tests::manualPath(), copy);
    const auto open = [] { return tests::openEngine(s_folder->file("moving")); };
    auto engine = open();
    tests::readText(*engine, copy);
    // Other times, but the same bytes.
    fs::last_write_time(copy, fs::last_write_time(copy) - std::chrono::hours(5));
    EXPECT_EQ(render(*engine, page(5)).of<PagePicture>().size(), 1U);

    fs::rename(copy, away);
    EXPECT_EQ(render(*engine, page(5)).of<PagePicture>().size(), 1U) << "it is still open";
    engine = open();
    EXPECT_EQ(failure(*engine, page(5)), Code::FileMissing);

    s_folder->write("copy.pdf", "%PDF-1.4 another file");
    EXPECT_EQ(failure(*engine, page(5)), Code::FileChanged);
    std::string bytes(fs::file_size(away), 'x');
    s_folder->write("copy.pdf", bytes);
    EXPECT_EQ(failure(*engine, page(5)), Code::FileChanged) << "the same size, other bytes";

    fs::rename(away, copy);
    EXPECT_EQ(render(*engine, page(5)).of<PagePicture>().size(), 1U);
    std::ofstream(copy, std::ios::app) << "more";
    EXPECT_EQ(failure(*engine, page(5)), Code::FileChanged) << "written to while it is open";
}

TEST_F(RenderTest, AFileOfFewerPagesThanWereReadIsAnotherOne) {
    namespace fs = std::filesystem;
    const std::string path = s_folder->file("twin.pdf");
    fs::copy_file(tests::manualPath(), path);
    const auto engine = tests::openEngine(s_folder->file("twin"));
    tests::readText(*engine, path);
    // A file of one page with the size and time of the one that was read.
    const auto time = fs::last_write_time(path);
    const auto size = fs::file_size(path);
    s_folder->write("twin.pdf", "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                                "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
                                "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\n"
                                "trailer<</Root 1 0 R/Size 4>>\n%%EOF\n");
    fs::resize_file(path, size);
    fs::last_write_time(path, time);
    EXPECT_EQ(failure(*engine, page(5)), Code::FileChanged);
}

TEST_F(RenderTest, APasswordOpensALockedFile) {
    const std::string path = TEST_DATA "/pdf/format-corpus__encryption_openpassword.pdf";
    if (!std::filesystem::exists(path))
        GTEST_SKIP() << "the folder with the test material is not there";
    auto engine = tests::openEngine(s_folder->file("locked"));
    engine::ReadRequest read;
    read.paths = {path};
    read.password = "test123";
    read.textOnly = true;
    Events events;
    engine->read(read, events.sink()).wait();
    ASSERT_EQ(events.of<engine::Document>().size(), 1U);
    RenderRequest request;
    request.document = events.of<engine::Document>().front().info.id;
    EXPECT_EQ(failure(*engine, request), Code::Locked);
    request.password = "wrong";
    EXPECT_EQ(failure(*engine, request), Code::Locked);
    request.password = "test123";
    EXPECT_EQ(render(*engine, request).of<PagePicture>().size(), 1U);
    request.password.reset();
    EXPECT_EQ(render(*engine, request).of<PagePicture>().size(), 1U) << "it is open";
}

TEST_F(RenderTest, LinksOfTheContentsLeadToLaterPages) {
    const auto answers = linksOf(*s_engine, {s_book.id, 5, {}});
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].document, s_book.id);
    EXPECT_EQ(answers[0].page, 5);
    ASSERT_GT(answers[0].links.size(), 20U);
    const engine::PageInfo page = s_engine->pages(s_book.id)[4];
    for (const engine::PageLink& link : answers[0].links) {
        EXPECT_GE(link.x0, 0);
        EXPECT_LT(link.x0, link.x1);
        EXPECT_LE(link.x1, page.widthPt);
        EXPECT_LT(link.y0, link.y1);
        EXPECT_LE(link.y1, page.heightPt);
        EXPECT_GE(link.page, 5);
        EXPECT_LE(link.page, s_book.coverage.total);
        EXPECT_EQ(link.uri, "");
    }
}

TEST_F(RenderTest, LinksFailAsPicturesDo) {
    std::vector<Failed> failures;
    EXPECT_TRUE(linksOf(*s_engine, {s_book.id, 99'999, {}}, &failures).empty());
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].code, Code::WrongUse);
    EXPECT_TRUE(linksOf(*s_engine, {{std::string(64, '0')}, 1, {}}, &failures).empty());
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].code, Code::NotInLibrary);
}

TEST_F(RenderTest, NoMoreThanTwoDocumentsStayOpen) {
    namespace fs = std::filesystem;
    const auto readers = [] {
        int count = 0;
        for (const auto& entry : fs::directory_iterator("/proc/self/task"))
            for (std::ifstream children(entry.path() / "children"); !children.eof();) {
                std::string id;
                if (children >> id)
                    ++count;
            }
        return count;
    };
    const auto engine = tests::openEngine(s_folder->file("many"));
    const std::string manual = [] {
        std::ifstream stream(tests::manualPath(), std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    }();
    const int before = readers();
    for (int i = 0; i < 4; ++i) {
        const std::string path = s_folder->write("book" + std::to_string(i) + ".pdf",
                                                 manual + "%" + std::to_string(i) + "\n");
        RenderRequest request;
        request.document = tests::readText(*engine, path).id;
        EXPECT_EQ(render(*engine, request).of<PagePicture>().size(), 1U);
        EXPECT_EQ(readers() - before, std::min(i + 1, 2));
    }
}

} // namespace
