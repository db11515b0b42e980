#include "app/cli/progress.h"

#include <gtest/gtest.h>

#include "app/cli/output.h"

using namespace app::cli;
using namespace std::chrono_literals;

namespace {

engine::Progress at(std::int64_t done, std::int64_t total,
                    engine::Stage stage = engine::Stage::Read) {
    engine::Progress progress;
    progress.stage = stage;
    progress.document.sha256 = "d";
    progress.done = done;
    progress.total = total;
    return progress;
}

/// Numbers of events that pass when one comes every `step` and the work has `total` steps.
int passed(ProgressFilter::Pace pace, std::chrono::milliseconds step, int total) {
    ProgressFilter filter(pace);
    ProgressFilter::Clock::time_point now{1h};
    int count = 0;
    for (int i = 0; i <= total; ++i, now += step)
        count += filter.passes(at(i, total), now) ? 1 : 0;
    return count;
}

} // namespace

TEST(Progress, WritesTheLineOfTheManual) {
    engine::Progress progress = at(96, 230);
    progress.title = "Persuasion";
    progress.unit = "locations";
    progress.perSecond = 2.6;
    progress.tokensPerSecond = 1240;
    progress.etaSeconds = 52;
    progress.memoryBytes = 1'500'000;
    EXPECT_EQ(progressLine(progress),
              "reading  Persuasion  96/230 loc  2.6/s  1,240 tok/s  ETA 0:52  memory 1.5 MB");
}

TEST(Progress, LeavesOutWhatIsNotKnown) {
    engine::Progress progress = at(5'000'000, 13'000'000, engine::Stage::Hash);
    progress.unit = "bytes";
    EXPECT_EQ(progressLine(progress), "hashing  5.0 MB/13.0 MB");
    EXPECT_EQ(progressLine(at(0, 0, engine::Stage::Search)), "searching");
}

TEST(Progress, EscapesTitles) {
    engine::Progress progress = at(1, 2);
    progress.title = "a\x1b[2Jb";
    EXPECT_EQ(progressLine(progress).find('\x1b'), std::string::npos);
}

TEST(Progress, ShowsAtMostTenLinesASecondOnATerminal) {
    EXPECT_LE(passed(ProgressFilter::Pace::TenPerSecond, 1ms, 1000), 12);
    EXPECT_GE(passed(ProgressFilter::Pace::TenPerSecond, 1ms, 1000), 10);
}

TEST(Progress, ShowsAStepOfTenPercentInALog) {
    EXPECT_EQ(passed(ProgressFilter::Pace::TenPercent, 1ms, 1000), 11);
}

TEST(Progress, ShowsALineEveryThirtySecondsInALog) {
    ProgressFilter filter(ProgressFilter::Pace::TenPercent);
    const ProgressFilter::Clock::time_point start{1h};
    EXPECT_TRUE(filter.passes(at(1, 1000), start));
    EXPECT_FALSE(filter.passes(at(2, 1000), start + 29s));
    EXPECT_TRUE(filter.passes(at(3, 1000), start + 30s));
    EXPECT_FALSE(filter.passes(at(4, 1000), start + 31s));
}

TEST(Progress, AlwaysShowsFirstAndLastOfAStage) {
    ProgressFilter filter(ProgressFilter::Pace::TwoPerSecond);
    const ProgressFilter::Clock::time_point now{1h};
    EXPECT_TRUE(filter.passes(at(0, 10), now));
    EXPECT_FALSE(filter.passes(at(5, 10), now));
    EXPECT_TRUE(filter.passes(at(10, 10), now));
    EXPECT_FALSE(filter.passes(at(10, 10), now));
    EXPECT_TRUE(filter.passes(at(0, 10, engine::Stage::Rank), now));
}

TEST(Progress, NamesPlaces) {
    EXPECT_EQ(placeName({58, 58, "58", "58", true}), "loc. 58");
    EXPECT_EQ(placeName({12, 12, "12", "12", false}), "p. 12");
    EXPECT_EQ(placeName({40, 40, "30", "30", false}), "p. 30 (PDF 40)");
    EXPECT_EQ(placeName({40, 41, "30", "31", false}), "pp. 30–31 (PDF 40–41)");
    EXPECT_EQ(placeName({9, 9, "", "", false}), "p. 9");
    EXPECT_EQ(placeName({226, 226, "214", "214", false, true}), "p. 214");
}

TEST(Progress, SaysWhatWasCovered) {
    engine::Coverage coverage;
    coverage.read = coverage.text = coverage.total = 230;
    coverage.isLocation = true;
    EXPECT_EQ(coverageLine(coverage), "Read 230 of 230 locations. As of the end.");
    coverage = {};
    coverage.read = 212;
    coverage.total = 617;
    coverage.byOcr = 3;
    coverage.empty = 2;
    coverage.failed = 1;
    coverage.failedPages = {17};
    EXPECT_EQ(coverageLine(coverage), "Read 212 of 617 pages (3 by OCR; 2 empty; 1 failed: 17).");
    coverage.bound = engine::PageRange{222, 222, "212", "212", false};
    EXPECT_EQ(coverageLine(coverage),
              "Read 212 of 617 pages (3 by OCR; 2 empty; 1 failed: 17). As of p. 212 (PDF 222).");
}
