#include "engine/convert.h"

#include <gtest/gtest.h>

namespace {

using engine::chapterNumber;
using engine::PageSpec;

std::vector<engine::store::PageRow> pages() {
    std::vector<engine::store::PageRow> rows;
    for (int i = 0; i < 6; ++i) {
        engine::store::PageRow page;
        page.index = i + 1;
        page.label =
            i < 2 ? std::string(static_cast<std::size_t>(i + 1), 'i') : std::to_string(i - 1);
        page.begin = i * 100;
        page.end = (i + 1) * 100;
        page.status = i == 3 ? 3 : i == 4 ? 4 : 1;
        rows.push_back(page);
    }
    return rows;
}

engine::store::DocumentRow paged(const char* kind = "pdf") {
    engine::store::DocumentRow row;
    row.kind = kind;
    row.characters = 600;
    return row;
}

std::vector<engine::ContentsEntry> contents() {
    std::vector<engine::store::OutlineRow> rows;
    const auto add = [&](int level, const char* title, std::int64_t begin) {
        engine::store::OutlineRow row;
        row.ordinal = static_cast<int>(rows.size());
        row.level = level;
        row.title = title;
        row.begin = begin;
        rows.push_back(row);
    };
    add(1, "Chapter 1", 200);
    add(2, "A section", 250);
    add(1, "Chapter 2", 400);
    return engine::contentsEntries(rows, pages(), paged());
}

std::int64_t offset(const char* spec) {
    return engine::offsetOf(PageSpec{spec}, pages(), contents(), paged());
}

TEST(Convert, APageIsNamedByLabelIndexChapterOrOffset) {
    EXPECT_EQ(offset("ii"), 200);
    EXPECT_EQ(offset("2"), 400) << "the label 2 is page 4";
    EXPECT_EQ(offset("index:2"), 200);
    EXPECT_EQ(offset("6"), 600) << "no label 6: the index";
    EXPECT_EQ(offset("chapter:1"), 400);
    EXPECT_EQ(offset("chapter:2"), 600);
    EXPECT_EQ(offset("offset:123"), 123);
}

TEST(Convert, APlaceThatIsNotThereIsRefused) {
    for (const char* spec :
         {"", "0", "7", "xx", "index:0", "index:7", "index:", "loc:1", "chapter:0", "chapter:3",
          "offset:601", "offset:-1", "offset:x", "index:99999999999999999999"}) {
        try {
            offset(spec);
            ADD_FAILURE() << spec << " was accepted";
        } catch (const engine::Error& error) {
            EXPECT_EQ(error.code(), engine::Code::WrongUse) << spec;
        }
        EXPECT_THROW(engine::pageOf(PageSpec{spec}, pages(), contents(), paged()), engine::Error)
            << spec;
    }
}

TEST(Convert, ContentsEndWhereTheNextOfTheirLevelBegins) {
    const auto entries = contents();
    EXPECT_EQ(entries[0].range.end, 400);
    EXPECT_EQ(entries[1].range.end, 400);
    EXPECT_EQ(entries[2].range.end, 600);
    EXPECT_EQ(engine::chapters(entries).size(), 2u);
}

TEST(Convert, CoverageSumsToTheTotalAndCountsReadPagesWithoutGaps) {
    const auto whole = engine::coverage(pages(), false, 600);
    EXPECT_EQ(whole.text + whole.byOcr + whole.empty + whole.failed + whole.pending, whole.total);
    EXPECT_EQ(whole.read, 6);
    EXPECT_EQ(whole.failedPages, std::vector<int>{5});
    EXPECT_EQ(engine::coverage(pages(), false, 299).read, 2);
    EXPECT_EQ(engine::coverage(pages(), false, 0).read, 0);
    auto rows = pages();
    rows[0].end = rows[1].begin = rows[1].end = rows[2].begin = 0; // pages without text
    EXPECT_EQ(engine::coverage(rows, false, 0).read, 0) << "nothing was read";
    EXPECT_EQ(engine::coverage(rows, false, 1).read, 2);
}

TEST(Convert, ARangeOfTextLiesOnItsPages) {
    const auto range = engine::pageRange(pages(), paged(), 150, 250);
    EXPECT_EQ(range.first, 2);
    EXPECT_EQ(range.last, 3);
    EXPECT_EQ(range.firstLabel, "ii");
    EXPECT_EQ(range.lastLabel, "1");
    EXPECT_EQ(engine::pageRange(pages(), paged(), 100, 200).last, 2)
        << "the end is not part of the range";
    EXPECT_FALSE(range.isPrinted);
}

TEST(Convert, PagesOfAPrintedEditionAreNotTheFilesOwn) {
    auto rows = pages();
    rows[0].label = "";
    const auto range = engine::pageRange(rows, paged("epub"), 50, 250);
    EXPECT_TRUE(range.isPrinted);
    EXPECT_FALSE(range.isLocation);
    EXPECT_EQ(range.firstLabel, "[1]") << "nothing is printed there";
    EXPECT_EQ(range.lastLabel, "1");
    engine::store::DocumentRow flowing = paged("epub");
    flowing.hasLocations = true;
    EXPECT_FALSE(engine::pageRange(rows, flowing, 50, 250).isPrinted);
}

TEST(Convert, ANumberThatIsNotPrintedNamesNoPrintedPage) {
    auto rows = pages();
    rows[0].label = "";
    const auto bound = [&](const char* spec) {
        return engine::offsetOf(PageSpec{spec}, rows, {}, paged("epub"));
    };
    EXPECT_EQ(bound("4"), 600);
    EXPECT_EQ(bound("index:5"), 500);
    EXPECT_EQ(bound("index:1"), 100);
    EXPECT_EQ(bound("[1]"), 100) << "as it is shown";
    for (const char* spec : {"", "5", "6"}) {
        try {
            bound(spec);
            ADD_FAILURE() << spec << " was accepted";
        } catch (const engine::Error& error) {
            EXPECT_EQ(error.code(), engine::Code::WrongUse);
            EXPECT_NE(std::string(error.what()).find("end with 4"), std::string::npos)
                << error.what();
        }
    }
}

TEST(Convert, AnOffsetNamesThePageThatHoldsIt) {
    const auto page = [](const char* spec) {
        return engine::pageOf(PageSpec{spec}, pages(), contents(), paged());
    };
    EXPECT_EQ(page("offset:0"), 1);
    EXPECT_EQ(page("offset:99"), 1);
    EXPECT_EQ(page("offset:100"), 2);
    EXPECT_EQ(page("offset:600"), 6);
}

TEST(Convert, ChapterNumbersComeFromTheTitle) {
    EXPECT_EQ(chapterNumber("Chapter 7"), 7);
    EXPECT_EQ(chapterNumber("CHAPTER XIV. The storm"), 14);
    EXPECT_EQ(chapterNumber("12. Rain"), 12);
    EXPECT_EQ(chapterNumber("IX"), 9);
    EXPECT_EQ(chapterNumber("I remember"), 0);
    EXPECT_EQ(chapterNumber("Preface"), 0);
    EXPECT_EQ(chapterNumber(""), 0);
    EXPECT_EQ(chapterNumber("1984"), 0);
}

} // namespace
