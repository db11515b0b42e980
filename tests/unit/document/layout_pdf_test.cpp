// Layout repair of pages: furniture, paragraphs, hyphens, notes, chapters.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "engine/document/dehyphenate.h"
#include "engine/document/word_map.h"
#include "layout_pages.h"

using namespace layout;

namespace {

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Ten pages of prose with a head, a number and whatever `add` puts there.
template <typename Add> RawDocument book(Add add) {
    std::vector<RawPage> pages;
    for (int i = 1; i <= 10; ++i) {
        PageBuilder page(i);
        page.line(50, 40, "A History of Mills");
        page.lines(50, 80, prose());
        page.line(190, 560, std::to_string(i));
        add(page, i);
        pages.push_back(page.page());
    }
    return pdf(std::move(pages));
}

} // namespace

TEST(LayoutPdf, removesRunningHeadsAndPageNumbers) {
    const Document document = repair(book([](PageBuilder&, int) {}));
    EXPECT_FALSE(holds(document.text, "History of Mills"));
    EXPECT_FALSE(holds(document.text, "10"));
    EXPECT_TRUE(holds(document.text, "The river ran low"));
    EXPECT_EQ(document.pages.size(), 10U);
}

TEST(LayoutPdf, removesHeadsThatChangeOnEveryPage) {
    std::vector<RawPage> pages;
    const char* heads[] = {"Abbey", "Bridge", "Castle",  "Dyke", "Estuary",
                           "Ford",  "Garden", "Harbour", "Inn",  "Jetty"};
    for (int i = 1; i <= 10; ++i)
        pages.push_back(PageBuilder(i).line(50, 40, heads[i - 1]).lines(50, 80, prose()).page());
    const Document document = repair(pdf(std::move(pages)));
    EXPECT_FALSE(holds(document.text, "Castle"));
}

TEST(LayoutPdf, keepsFirstAndLastLinesOfText) {
    std::vector<RawPage> pages;
    for (int i = 1; i <= 10; ++i) {
        PageBuilder page(i);
        std::vector<std::string> lines;
        for (int n = 0; n < 43; ++n)
            lines.push_back(prose()[static_cast<std::size_t>(n * 7 + i) % 6]);
        pages.push_back(page.lines(50, 50, lines).page());
    }
    const RawDocument raw = pdf(std::move(pages));
    const Document document = repair(raw);
    std::size_t words = 0;
    for (const RawPage& page : raw.pages)
        words += page.words.size();
    std::size_t stored = 0;
    for (const Page& page : document.pages)
        stored += page.words.size() / kWordBytes;
    EXPECT_EQ(stored, words);
}

TEST(LayoutPdf, partsParagraphsByIndentAndByGap) {
    PageBuilder page(1);
    page.lines(50, 80, prose());
    page.line(65, 152, "A new one begins here with an indent and goes on to the end");
    page.line(50, 164, "of its second line, which is full of words up to the margin");
    page.line(50, 190, "After a gap comes the third paragraph.");
    const Document document = repair(pdf({page.page()}));
    ASSERT_EQ(document.blocks.size(), 3U);
    EXPECT_TRUE(holds(blockText(document, 1),
                      "A new one begins here with an indent and goes on to the end of its second"));
    EXPECT_EQ(blockText(document, 2), "After a gap comes the third paragraph.");
    EXPECT_TRUE(holds(document.text, "two long lives.\n\nA new one"));
}

TEST(LayoutPdf, joinsParagraphsAcrossPages) {
    const std::vector<std::string> lines = prose();
    const Document document =
        repair(pdf({PageBuilder(1).lines(50, 80, {lines.begin(), lines.begin() + 4}).page(),
                    PageBuilder(2).lines(50, 80, {lines.begin() + 4, lines.end()}).page()}));
    ASSERT_EQ(document.blocks.size(), 1U);
    EXPECT_TRUE(holds(document.text, "every evening, as if words alone"));
    EXPECT_EQ(pageText(document, 2).substr(0, 8), "if words");
    EXPECT_EQ(pageText(document, 1).back(), ' ');
    EXPECT_LT(document.blocks[0].begin, document.pages[0].end);
    EXPECT_GT(document.blocks[0].end, document.pages[1].begin);
}

TEST(LayoutPdf, doesNotInterleaveColumns) {
    PageBuilder page(1);
    page.lines(30, 80,
               {"The left column has lines of its", "own which run down to the foot of",
                "the page and only there do they", "go on in the other column, where"});
    page.lines(220, 80,
               {"a reader finds the rest of what", "was said, and not one line of it", "before.",
                "Then it ends."});
    const Document document = repair(pdf({page.page()}));
    EXPECT_TRUE(holds(document.text, "in the other column, where a reader finds"));
    EXPECT_TRUE(holds(document.text, "lines of its own which run"));
}

TEST(LayoutPdf, putsNotesInFrontOfTheParagraphTheyInterrupt) {
    const std::vector<std::string> lines = prose();
    PageBuilder first(1);
    first.lines(50, 80, {"An opening paragraph of a single full line of the page, done."});
    first.lines(65, 92, {lines[0].substr(0, 57)});
    first.lines(50, 104, {lines[2], lines[3]});
    first.line(50, 520, "1 The mill burned down in 1871.", 8);
    const Document document =
        repair(pdf({first.page(), PageBuilder(2).lines(50, 80, {lines[4], lines[5]}).page()}));
    EXPECT_TRUE(holds(document.text, "every evening, as if words alone"));
    EXPECT_TRUE(holds(pageText(document, 1), "burned down"));
    EXPECT_FALSE(holds(pageText(document, 2), "burned down"));
    const auto note =
        std::find_if(document.blocks.begin(), document.blocks.end(),
                     [](const Block& block) { return block.kind == BlockKind::Note; });
    ASSERT_NE(note, document.blocks.end());
    EXPECT_LE(note->end, document.pages[0].end);
}

TEST(LayoutPdf, dropsNoteMarksButKeepsExponents) {
    PageBuilder page(1);
    page.lines(50, 80, prose());
    RawPage raw = page.page();
    const auto raise = [&](const std::string& text, float x, bool space) {
        RawWord word;
        word.utf8 = text;
        word.fontSize = 6;
        word.box = {x, 151.7F, x + 3, 157.7F};
        word.spaceAfter = space;
        raw.words.push_back(word);
    };
    const RawPage tail = PageBuilder(1).line(50, 160, "mills x").page();
    raw.words.push_back(tail.words[0]);
    raw.words.back().spaceAfter = false;
    raise("7", 75, true);
    raw.words.push_back(tail.words[1]);
    raw.words.back().spaceAfter = false;
    raise("2", 85, false);
    const Document document = repair(pdf({raw}));
    EXPECT_TRUE(holds(document.text, "mills x2")) << document.text;
}

TEST(LayoutPdf, joinsBrokenWordsByTheVocabularyOfTheBook) {
    std::vector<std::string> lines = prose();
    lines.push_back("Some said the dam was re-built, some said a re-built dam is");
    lines.push_back("worth nothing and the millwright agreed, for a good millwri-");
    lines.push_back("ght knows the difference. The dam which had been quickly re-");
    lines.push_back("built held for a year, and so the grist from upper farms was");
    const Document document = repair(pdf({PageBuilder(1).lines(50, 80, lines).page()}));
    EXPECT_TRUE(holds(document.text, "good millwright knows"));
    EXPECT_TRUE(holds(document.text, "quickly re-built held"));
}

TEST(LayoutPdf, doesNotJoinAWordBrokenOverAPageTurn) {
    std::vector<std::string> lines = prose();
    lines.back() = "which had ground the corn of the valley for two long centu-";
    const Document document =
        repair(pdf({PageBuilder(1).lines(50, 80, lines).page(),
                    PageBuilder(2)
                        .lines(50, 80,
                               {"ries until the river failed and nobody came to repair it in",
                                "all the years that followed."})
                        .page()}));
    EXPECT_TRUE(holds(document.text, "long centu- ries until"));
    EXPECT_EQ(document.blocks.size(), 1U);
}

TEST(LayoutPdf, keepsLinesOfCode) {
    PageBuilder page(1);
    page.lines(50, 80, prose());
    page.line(50, 170, "for i in list:", 10, kMono).line(60, 182, "print(i)", 10, kMono);
    const Document document = repair(pdf({page.page()}));
    EXPECT_EQ(document.blocks.back().kind, BlockKind::Code);
    EXPECT_EQ(blockText(document, document.blocks.size() - 1), "for i in list:\nprint(i)");
}

TEST(LayoutPdf, guessesHeadings) {
    std::vector<RawPage> pages;
    for (int i = 1; i <= 3; ++i) {
        PageBuilder page(i);
        page.line(50, 80, "Chapter " + std::to_string(i), 16);
        page.lines(50, 120, prose());
        page.line(50, 210, std::to_string(i) + ".1 Wheels", 10, kBold);
        page.lines(50, 234, prose());
        pages.push_back(page.page());
    }
    const Document document = repair(pdf(std::move(pages)));
    ASSERT_EQ(document.outline.size(), 6U);
    EXPECT_EQ(document.outline[2].title, "Chapter 2");
    EXPECT_EQ(document.outline[2].level, 1);
    EXPECT_EQ(document.outline[2].pageIndex, 2);
    EXPECT_EQ(document.outline[3].parent, 2);
    EXPECT_EQ(document.outline[3].source, "guessed");
    for (const OutlineEntry& entry : document.outline)
        EXPECT_TRUE(
            std::any_of(document.passages.begin(), document.passages.end(),
                        [&](const Passage& passage) { return passage.begin == entry.begin; }));
}

TEST(LayoutPdf, placesTheOutlineOfTheFile) {
    RawDocument raw = book([](PageBuilder& page, int i) {
        if (i % 2 == 0)
            page.line(50, 200, "The Wheel", 14).lines(50, 230, prose());
    });
    raw.opened.outline = {
        {1, "The Wheel", 2, ""}, {2, "Nowhere to be seen", 5, ""}, {1, "3. The wheel", 6, ""}};
    const Document document = repair(raw);
    ASSERT_EQ(document.outline.size(), 3U);
    EXPECT_EQ(document.outline[0].pageIndex, 2);
    EXPECT_EQ(
        DocumentText(document.text).slice(document.outline[0].begin, document.outline[0].begin + 9),
        "The Wheel");
    EXPECT_EQ(document.outline[1].pageIndex, 5);
    EXPECT_EQ(document.outline[1].parent, 0);
    EXPECT_EQ(document.outline[2].pageIndex, 6);
    EXPECT_EQ(document.outline[2].source, "file");
    ASSERT_EQ(document.warnings.size(), 1U);
    EXPECT_EQ(document.warnings[0],
              "1 of 3 titles of the file's outline do not stand on their pages.");
}

TEST(LayoutPdf, toleratesAnOutlineOutOfOrder) {
    RawDocument raw = book([](PageBuilder&, int) {});
    raw.opened.outline = {{1, "Last", 10, ""},
                          {7, "First", 1, ""},
                          {0, "Second", 2, ""},
                          {1, "Beyond", 99, ""},
                          {1, "", 3, ""}};
    const Document document = repair(raw);
    ASSERT_EQ(document.outline.size(), 4U);
    for (std::size_t i = 1; i < document.outline.size(); ++i) {
        EXPECT_LE(document.outline[i - 1].begin, document.outline[i].begin);
        EXPECT_LT(document.outline[i].parent, static_cast<int>(i));
    }
    EXPECT_EQ(document.outline[2].pageIndex, 2);
}

TEST(LayoutPdf, readsPrintedContents) {
    std::vector<RawPage> pages;
    PageBuilder contents(1);
    contents.line(50, 80, "Contents", 14);
    const char* titles[] = {"Water", "Wheels", "Stones", "Corn", "Flour", "Bread"};
    for (int i = 0; i < 6; ++i)
        contents.line(50, 110 + 12.0F * static_cast<float>(i),
                      std::string(titles[i]) + " . . . . . . . .");
    for (int i = 0; i < 6; ++i)
        contents.line(330, 110 + 12.0F * static_cast<float>(i), std::to_string(i + 1));
    pages.push_back(contents.page());
    RawDocument raw;
    for (int i = 0; i < 6; ++i)
        pages.push_back(
            PageBuilder(i + 2).line(50, 120, titles[i], 10.5F).lines(50, 160, prose()).page());
    raw = pdf(std::move(pages));
    raw.opened.labels = {"i", "1", "2", "3", "4", "5", "6"};
    const Document document = repair(raw);
    ASSERT_EQ(document.outline.size(), 6U) << document.text;
    EXPECT_EQ(document.outline[3].title, "Corn");
    EXPECT_TRUE(
        std::any_of(document.blocks.begin(), document.blocks.end(), [&](const Block& block) {
            return block.kind == BlockKind::Heading && block.begin == document.outline[3].begin;
        }));
    EXPECT_EQ(document.outline[3].source, "printed");
    EXPECT_EQ(document.outline[3].pageIndex, 5);
    EXPECT_TRUE(document.passages[0].isContents);
    EXPECT_FALSE(document.passages.back().isContents);
    EXPECT_TRUE(holds(pageText(document, 1), "Water 1\n\nWheels 2")) << pageText(document, 1);
    EXPECT_EQ(document.pages[1].label, "1");
}

TEST(LayoutPdf, knowsContentsWithoutLeaders) {
    PageBuilder contents(1);
    contents.line(50, 80, "Contents", 14);
    for (int i = 0; i < 8; ++i)
        contents.line(50, 110 + 12.0F * static_cast<float>(i),
                      "What a mill needs " + std::to_string(3 * i + 2));
    const Document document =
        repair(pdf({contents.page(), PageBuilder(2).lines(50, 160, prose()).page()}));
    ASSERT_GE(document.passages.size(), 1U);
    EXPECT_TRUE(holds(document.text, "needs 2\n\nWhat a mill needs 5"));
    EXPECT_TRUE(holds(document.text, "needs 23\n\nThe river"));
}

TEST(LayoutPdf, namesPagesWithoutText) {
    RawPage failed;
    failed.index = 2;
    failed.state = PageState::Failed;
    failed.reason = "The page took too long.";
    const Document document =
        repair(pdf({PageBuilder(1).lines(50, 80, prose()).page(), failed, PageBuilder(3).page()}));
    ASSERT_EQ(document.pages.size(), 3U);
    EXPECT_EQ(document.pages[0].state, PageState::Text);
    EXPECT_EQ(document.pages[1].state, PageState::Failed);
    EXPECT_EQ(document.pages[1].reason, "The page took too long.");
    EXPECT_EQ(document.pages[2].state, PageState::Empty);
    EXPECT_EQ(document.pages[2].begin, document.characters);
    EXPECT_TRUE(repair(pdf({})).text.empty());
}

TEST(LayoutPdf, survivesAnyGeometry) {
    RawPage page = PageBuilder(1).lines(50, 80, prose()).page();
    page.words[3].box = {NAN, INFINITY, -INFINITY, 1e30F};
    page.words[4].fontSize = NAN;
    page.words[5].fontSize = -3;
    page.words[6].font = 999;
    page.widthPt = NAN;
    const Document document = repair(pdf({page}));
    EXPECT_FALSE(document.text.empty());
}

TEST(Dictionary, isFoundByLanguageOrByTheWordsOfTheBook) {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / "infolio-dictionary-test";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "xx_XX.aff") << "SET ISO8859-1\n";
    std::ofstream(folder / "xx_XX.dic") << "3\nriver\nmill\ngr\xFC"
                                           "n\n";
    std::ofstream(folder / "yy.aff") << "SET UTF-8\n";
    std::ofstream(folder / "yy.dic") << "1\nandere\n";
    Vocabulary vocabulary;
    vocabulary.add("river mill river unknown");
    const Dictionary named = Dictionary::find(folder, "yy-ZZ", vocabulary);
    EXPECT_TRUE(named.knows("andere"));
    const Dictionary guessed = Dictionary::find(folder, "", vocabulary);
    EXPECT_TRUE(guessed.knows("mill"));
    EXPECT_TRUE(guessed.knows("gr\u00FCn"));
    EXPECT_FALSE(guessed.knows("andere"));
    Vocabulary other;
    other.add("entirely foreign words");
    EXPECT_FALSE(Dictionary::find(folder, "", other).exists());
    EXPECT_FALSE(Dictionary::find(folder / "absent", "en", vocabulary).exists());
    EXPECT_FALSE(Dictionary().knows("mill"));
    std::filesystem::remove_all(folder);
}

TEST(Dehyphenator, followsTheBookThenCapitalsThenTheDictionary) {
    Vocabulary vocabulary;
    vocabulary.add("e-mail e-mail email cooperate well-known, state-of-the-art x");
    EXPECT_EQ(vocabulary.count("well-known"), 1);
    EXPECT_EQ(vocabulary.count("well"), 0);
    Dehyphenator dehyphenator(vocabulary, "/nonexistent", "en");
    EXPECT_EQ(dehyphenator.decide("e-", "mail"), Hyphen::Keep);
    EXPECT_EQ(dehyphenator.decide("(coop-", "erate)."), Hyphen::Join);
    EXPECT_EQ(dehyphenator.decide("state-of-", "the-art"), Hyphen::Keep);
    EXPECT_EQ(dehyphenator.decide("Anglo-", "Saxon"), Hyphen::Keep);
    EXPECT_EQ(dehyphenator.decide("SHA-", "256"), Hyphen::Keep);
    EXPECT_EQ(dehyphenator.decide("unheard-", "of"), Hyphen::Join);
    EXPECT_TRUE(isBroken("exam-", "ple"));
    EXPECT_FALSE(isBroken("--", "ple"));
    EXPECT_FALSE(isBroken("exam-", "(ple"));
    EXPECT_FALSE(isBroken("exam", "ple"));
}
