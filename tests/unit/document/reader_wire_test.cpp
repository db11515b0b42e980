#include <climits>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "engine/document/wire.h"

namespace engine::document::wire {
namespace {

RawPage samplePage() {
    RawPage page;
    page.index = 7;
    page.widthPt = 612;
    page.heightPt = 792;
    page.rotation = 90;
    page.reason = "";
    page.fonts = {"Times", "Courier"};
    page.words = {{"naïve", {1, 2, 3, 4}, 10.5F, 1, true}, {"草枕", {5, 6, 7, 8}, 12, 0, false}};
    return page;
}

OpenedFile sampleFile() {
    OpenedFile file;
    file.parts = 2;
    file.opened.kind = Kind::Pdf;
    file.opened.title = "Title";
    file.opened.author = "Author";
    file.opened.language = "en";
    file.opened.labels = {"i", ""};
    file.opened.outline = {{1, "One", 1, ""}, {2, "Two", 0, "part#id"}};
    file.opened.warnings = {"A warning."};
    return file;
}

RawSection sampleSection() {
    return {"part.xhtml",
            {{BlockKind::Heading, 2, "Title", "part.xhtml#a", "iv"},
             {BlockKind::Code, 0, "a\n  b", "", ""}}};
}

TEST(ReaderWire, PageComesBackAsItWas) {
    const RawPage page = decodePage(encode(samplePage()));
    EXPECT_EQ(page.index, 7);
    EXPECT_EQ(page.rotation, 90);
    EXPECT_EQ(page.fonts, samplePage().fonts);
    ASSERT_EQ(page.words.size(), 2U);
    EXPECT_EQ(page.words[0].utf8, "naïve");
    EXPECT_EQ(page.words[0].font, 1);
    EXPECT_TRUE(page.words[0].spaceAfter);
    EXPECT_FLOAT_EQ(page.words[1].box.y1, 8);
    EXPECT_FALSE(page.words[1].spaceAfter);
}

TEST(ReaderWire, OpenedComesBackAsItWas) {
    const OpenedFile file = decodeOpened(encode(sampleFile()));
    EXPECT_EQ(file.parts, 2);
    EXPECT_EQ(file.opened.pages, 2);
    EXPECT_EQ(file.opened.title, "Title");
    EXPECT_EQ(file.opened.author, "Author");
    EXPECT_EQ(file.opened.language, "en");
    EXPECT_EQ(file.opened.labels, sampleFile().opened.labels);
    ASSERT_EQ(file.opened.outline.size(), 2U);
    EXPECT_EQ(file.opened.outline[1].anchor, "part#id");
    EXPECT_EQ(file.opened.warnings, sampleFile().opened.warnings);
}

TEST(ReaderWire, OtherMessagesComeBackAsTheyWere) {
    const auto [part, section] = decodeSection(encode(3, sampleSection()));
    EXPECT_EQ(part, 3);
    ASSERT_EQ(section.blocks.size(), 2U);
    EXPECT_EQ(section.blocks[0].pageLabel, "iv");
    EXPECT_EQ(section.blocks[1].utf8, "a\n  b");
    EXPECT_EQ(decodeOpen(encode(Open{true, "\xE6\xF8"})).password, "\xE6\xF8");
    EXPECT_TRUE(decodeOpen(encode(Open{true, std::nullopt})).isMarkdown);
    EXPECT_FALSE(decodeOpen(encode(Open{})).password.has_value());
    EXPECT_EQ(decodeRefused(encode(Refused{Refusal::TooBig, "why"})).detail, "why");
    EXPECT_EQ(decodeRead(encode(Read{2, 9})).last, 9);
    EXPECT_EQ(decodeBegin(encode(12)), 12);
    EXPECT_EQ(decodeHello(encode(Hello{1, "a", "b", "c"})).sandbox, "c");
}

Render sampleRender() {
    return {4, 1.5F, 270, PixelBox{1, 2, 30, 40}};
}

Picture samplePicture() {
    return {2, 3, 12, std::string(36, 'p')};
}

std::vector<RawLink> sampleLinks() {
    return {{{1, 2, 3, 4}, 7, ""}, {{5, 6, 7, 8}, 0, "https://example.org/ä"}};
}

TEST(ReaderWire, PicturesAndLinksComeBackAsTheyWere) {
    const Render render = decodeRender(encode(sampleRender()));
    EXPECT_EQ(render.page, 4);
    EXPECT_EQ(render.scale, 1.5F);
    EXPECT_EQ(render.rotation, 270);
    ASSERT_TRUE(render.part);
    EXPECT_EQ(render.part->y, 2);
    EXPECT_EQ(render.part->height, 40);
    EXPECT_FALSE(decodeRender(encode(Render{})).part);
    const Picture picture = decodePicture(encode(samplePicture()));
    EXPECT_EQ(picture.width, 2);
    EXPECT_EQ(picture.height, 3);
    EXPECT_EQ(picture.stride, 12);
    EXPECT_EQ(picture.pixels, samplePicture().pixels);
    const auto links = decodeLinks(encode(sampleLinks()));
    ASSERT_EQ(links.size(), 2U);
    EXPECT_EQ(links[0].page, 7);
    EXPECT_EQ(links[1].box.x1, 7);
    EXPECT_EQ(links[1].uri, sampleLinks()[1].uri);
}

TEST(ReaderWire, PicturesOfOtherSizesThanTheySayThrow) {
    for (const Picture& picture :
         {Picture{2, 3, 12, std::string(35, 'p')}, Picture{2, 3, 7, std::string(21, 'p')},
          Picture{2, 3, 73, std::string(219, 'p')}, Picture{0, 3, 8, ""}, Picture{2, 0, 8, ""},
          Picture{-2, -3, 8, "p"}, Picture{kMaxPixels + 1, 1, 4 * kMaxPixels + 4, ""},
          Picture{kMaxPixels, 2, 4 * kMaxPixels, ""}, Picture{1 << 16, 1 << 16, 4 << 16, ""},
          Picture{2, INT_MAX, 8, "p"}})
        EXPECT_THROW(decodePicture(encode(picture)), WireError)
            << picture.width << " x " << picture.height;
}

TEST(ReaderWire, ImpossibleRendersThrow) {
    const auto changed = [](auto change) {
        Render render = sampleRender();
        change(render);
        return encode(render);
    };
    EXPECT_NO_THROW(decodeRender(changed([](Render&) {})));
    for (const int page : {0, -1, kMaxParts + 1})
        EXPECT_THROW(decodeRender(changed([&](Render& r) { r.page = page; })), WireError);
    for (const float scale : {0.0F, -1.0F, kMinScale / 2, kMaxScale * 2})
        EXPECT_THROW(decodeRender(changed([&](Render& r) { r.scale = scale; })), WireError);
    for (const int rotation : {-90, 45, 360})
        EXPECT_THROW(decodeRender(changed([&](Render& r) { r.rotation = rotation; })), WireError);
    for (const PixelBox part :
         {PixelBox{-1, 0, 1, 1}, PixelBox{0, -1, 1, 1}, PixelBox{0, 0, 0, 1}, PixelBox{0, 0, 1, 0},
          PixelBox{0, 0, kMaxSide + 1, 1}, PixelBox{kMaxSide + 1, 0, 1, 1}})
        EXPECT_THROW(decodeRender(changed([&](Render& r) { r.part = part; })), WireError);
    EXPECT_THROW(decodeLinks(encode(std::vector<RawLink>(kMaxLinks + 1))), WireError);
    EXPECT_THROW(decodeLinks(std::string(4, '\xFF')), WireError);
}

TEST(ReaderWire, EveryShortOrLongPayloadThrows) {
    const auto check = [](const std::string& payload, auto decode) {
        EXPECT_NO_THROW(decode(payload));
        for (std::size_t size = 0; size < payload.size(); ++size)
            EXPECT_THROW(decode(payload.substr(0, size)), WireError) << size;
        EXPECT_THROW(decode(payload + '\0'), WireError);
    };
    check(encode(samplePage()), decodePage);
    check(encode(sampleFile()), decodeOpened);
    check(encode(3, sampleSection()), decodeSection);
    check(encode(Open{false, "secret"}), decodeOpen);
    check(encode(Refused{}), decodeRefused);
    check(encode(Read{}), decodeRead);
    check(encode(1), decodeBegin);
    check(encode(sampleRender()), decodeRender);
    check(encode(samplePicture()), decodePicture);
    check(encode(sampleLinks()), decodeLinks);
    check(encode(Hello{}), decodeHello);
}

TEST(ReaderWire, CountsAreCheckedBeforeAnythingIsAllocated) {
    RawPage page = samplePage();
    page.fonts.clear();
    page.words.clear();
    std::string payload = encode(page);
    payload.replace(payload.size() - 4, 4, "\xFF\xFF\xFF\xFF");
    EXPECT_THROW(decodePage(payload), WireError);
}

TEST(ReaderWire, ValuesOutsideTheirRangeThrow) {
    RawPage page = samplePage();
    page.words[0].font = 2;
    EXPECT_THROW(decodePage(encode(page)), WireError);
    page = samplePage();
    page.words[0].utf8.clear();
    EXPECT_THROW(decodePage(encode(page)), WireError);
    page = samplePage();
    page.index = kMaxParts + 1;
    EXPECT_THROW(decodePage(encode(page)), WireError);
    page = samplePage();
    page.state = static_cast<PageState>(9);
    EXPECT_THROW(decodePage(encode(page)), WireError);
    OpenedFile file = sampleFile();
    file.opened.labels.pop_back();
    EXPECT_THROW(decodeOpened(encode(file)), WireError);
    file = sampleFile();
    file.opened.outline[0].page = 3;
    EXPECT_THROW(decodeOpened(encode(file)), WireError);
    EXPECT_THROW(decodeRead(encode(Read{5, 4})), WireError);
}

TEST(ReaderWire, NumbersThatAreNotFiniteThrow) {
    std::string payload = encode(samplePage());
    const float nothing = std::numeric_limits<float>::quiet_NaN();
    payload.replace(4, sizeof nothing, reinterpret_cast<const char*>(&nothing), sizeof nothing);
    EXPECT_THROW(decodePage(payload), WireError);
}

TEST(ReaderWire, EncodersRepairWhatDecodersRefuse) {
    RawPage page = samplePage();
    page.widthPt = std::numeric_limits<float>::infinity();
    page.words[0].utf8 = "a\xFFz";
    const RawPage back = decodePage(encode(page));
    EXPECT_EQ(back.widthPt, 0);
    EXPECT_EQ(back.words[0].utf8, "a\uFFFDz");
    std::string payload = encode(samplePage());
    payload[payload.find("Times")] = '\xFF';
    EXPECT_THROW(decodePage(payload), WireError);
}

TEST(ReaderWire, RepairKnowsTheEdgesOfUtf8) {
    EXPECT_EQ(repairUtf8("\xC0\x80"), "\uFFFD\uFFFD");
    EXPECT_EQ(repairUtf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(repairUtf8("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(repairUtf8("\xE0\x9F\xBF"), "\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(repairUtf8("\xF0\x9F\x98\x80"), "\U0001F600");
    EXPECT_EQ(repairUtf8(std::string_view("a\0b", 3)), "ab");
    EXPECT_EQ(repairUtf8("\xE4"), "\uFFFD");
}

TEST(ReaderWire, LongPayloadsTravelInFramesOfAtMostFourMebibytes) {
    std::string payload(kMaxFrame * 2, 'x');
    payload.back() = 'z';
    std::string bytes = frames(Type::Section, 5, payload);
    std::string together;
    int count = 0;
    for (;;) {
        const Header head = header(bytes.substr(0, kHeader));
        EXPECT_EQ(head.request, 5U);
        EXPECT_LE(head.payload + kHeader - 4, kMaxFrame);
        together += bytes.substr(kHeader, head.payload);
        bytes.erase(0, kHeader + head.payload);
        ++count;
        if (head.type == Type::Section)
            break;
        EXPECT_EQ(head.type, Type::More);
    }
    EXPECT_EQ(count, 3);
    EXPECT_TRUE(bytes.empty());
    EXPECT_EQ(together, payload);
}

TEST(ReaderWire, BadHeadersThrow) {
    const auto bytes = [](std::uint32_t length, std::uint16_t type) {
        std::string result(kHeader, '\0');
        std::copy_n(reinterpret_cast<const char*>(&length), 4, result.begin());
        std::copy_n(reinterpret_cast<const char*>(&type), 2, result.begin() + 4);
        return result;
    };
    EXPECT_EQ(header(bytes(6, 10)).payload, 0U);
    EXPECT_THROW(header(bytes(5, 10)), WireError);
    EXPECT_THROW(header(bytes(kMaxFrame + 1, 10)), WireError);
    EXPECT_THROW(header(bytes(6, 0)), WireError);
    EXPECT_EQ(header(bytes(6, 15)).type, Type::LinkList);
    EXPECT_THROW(header(bytes(6, 16)), WireError);
    EXPECT_THROW(header("short"), WireError);
}

RC_GTEST_PROP(ReaderWire, ChangedBytesGiveAPageOrAWireError,
              (std::vector<std::pair<std::uint16_t, char>> changes)) {
    std::string payload = encode(samplePage());
    for (const auto& [at, value] : changes)
        payload[at % payload.size()] = value;
    try {
        decodePage(payload);
    } catch (const WireError&) {
    }
}

RC_GTEST_PROP(ReaderWire, RepairedTextStaysAsItIs, (const std::string& bytes)) {
    const std::string repaired = repairUtf8(bytes);
    RC_ASSERT(repairUtf8(repaired) == repaired);
}

} // namespace
} // namespace engine::document::wire
