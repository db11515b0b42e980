#include <gtest/gtest.h>

#include "engine/evaluate/agreement.h"
#include "engine/evaluate/figures.h"
#include "engine/evaluate/plot.h"
#include "engine/evaluate/report.h"
#include "tests/unit/engine/evaluate_support.h"

namespace {

using namespace engine::evaluate;
using engine::Code;
using tests::codeOf;

Json item(const std::string& id, const std::string& arm, const std::string& group,
          const Json& scores, const std::string& error = "") {
    Item one;
    one.suite = group.rfind("segments", 0) == 0 ? "perplexity" : "passkey";
    one.id = id;
    one.document = "book";
    one.arm = arm;
    one.groups = {group};
    one.scores = scores;
    one.error = error;
    return one.json();
}

Json runLine(const std::string& adapter) {
    Json json = record("run");
    json["model"] = "tiny";
    json["settings"] = {{"adapter", adapter}, {"limit", 0}};
    return json;
}

const Figure& figure(const std::vector<Figure>& figures, const std::string& name) {
    for (const Figure& one : figures)
        if (one.name() == name)
            return one;
    ADD_FAILURE() << "no figure " << name;
    return figures.front();
}

TEST(Records, LinesComeBackAsTheyWereWritten) {
    const tests::TemporaryFolder folder;
    const std::string path = folder.file("lines.jsonl");
    std::vector<std::string> told;
    {
        Lines lines(path, false, [&](const std::string& line) { told.push_back(line); });
        lines.begin(runLine("a"));
        lines.add(item("1", "on", "book/8192/0", {{"exact", 1}}));
        EXPECT_TRUE(lines.has("passkey", "1", "on"));
        EXPECT_FALSE(lines.has("passkey", "1", "zeroed"));
    }
    EXPECT_EQ(told.size(), 2U);
    EXPECT_EQ(tests::contentOf(path), told[0] + "\n" + told[1] + "\n");
    EXPECT_EQ(readRecords(path).size(), 2U);
}

TEST(Records, ResumingKeepsWholeLinesAndSkipsACutOne) {
    const tests::TemporaryFolder folder;
    const std::string whole =
        runLine("a").dump() + "\n" + item("1", "on", "book/8192/0", {{"exact", 1}}).dump() + "\n";
    const std::string path = folder.write("lines.jsonl", whole + R"({"v":1,"type":"it)");
    Lines lines(path, true, {});
    EXPECT_EQ(tests::contentOf(path), whole);
    EXPECT_TRUE(lines.has("passkey", "1", "on"));
    lines.begin(runLine("a"));
    EXPECT_EQ(readRecords(path).size(), 3U);
    EXPECT_EQ(codeOf([&] { lines.begin(runLine("b")); }), Code::WrongUse);
    Json other = runLine("a");
    other["settings"]["segment"] = 64;
    EXPECT_EQ(codeOf([&] { lines.begin(other); }), Code::WrongUse);
}

TEST(Records, WhatIsNoRecordIsRefused) {
    const tests::TemporaryFolder folder;
    for (const char* line :
         {"nothing", "[]", R"({"type":"run"})", R"({"v":1})", R"({"v":1,"type":2})",
          R"({"v":2,"type":"run"})", R"({"v":1,"type":"item"})",
          R"({"v":1,"type":"item","suite":"a","id":"b","arm":"c","groups":[],"scores":1})"})
        EXPECT_EQ(codeOf([&] { parseRecords(std::string(line) + "\n", "x"); }), Code::BadFile)
            << line;
    EXPECT_EQ(codeOf([&] { readRecords(folder.file("none")); }), Code::FileMissing);
    EXPECT_EQ(codeOf([&] { Lines(folder.file("none"), true, {}); }), Code::FileMissing);
    EXPECT_EQ(codeOf([&] { Lines(folder.file("no/folder"), false, {}); }), Code::CannotWrite);
    // A disk that takes nothing.
    Lines full("/dev/full", false, {});
    EXPECT_EQ(codeOf([&] { full.add(runLine("a")); }), Code::DiskFull);
}

std::vector<Json> someRecords() {
    std::vector<Json> records{runLine("none")};
    for (int i = 0; i < 20; ++i) {
        const std::string id = "book/8192/0/" + std::to_string(i);
        records.push_back(
            item(id, "on", "book/8192/0", {{"exact", i < 18 ? 1 : 0}}, i == 19 ? "it broke" : ""));
        records.push_back(item(id, "zeroed", "book/8192/0", {{"exact", 0}}));
    }
    records.push_back(item("book/32768/0/0", "on", "book/32768/0", {{"exact", 1}}));
    for (int s = 0; s < 4; ++s) {
        const std::string id = "b/" + std::to_string(s);
        records.push_back(item(id, "on", "segments-2-3", {{"all", {10.0 + s, 10}}}));
        records.push_back(item(id, "zeroed", "segments-2-3", {{"all", {12.0 + s, 10}}}));
    }
    return records;
}

TEST(Figures, SharesMeansAndPairedDifferences) {
    const std::vector<Figure> figures = figuresOf(someRecords());
    ASSERT_EQ(figures.size(), 3U);
    EXPECT_EQ(figures[0].name(), "passkey/book/8192/0/exact"); // 8192 before 32768
    const Figure& exact = figure(figures, "passkey/book/8192/0/exact");
    EXPECT_EQ(exact.arms.at("on").interval.value, 0.9);
    EXPECT_EQ(exact.arms.at("on").interval.low, wilson(18, 20).low);
    EXPECT_EQ(exact.arms.at("on").method, "Wilson");
    EXPECT_EQ(exact.arms.at("on").failures, 1);
    EXPECT_EQ(exact.arms.at("zeroed").interval.value, 0);
    EXPECT_EQ(exact.differences.at("on-zeroed").interval.value, 0.9);
    EXPECT_GT(exact.differences.at("on-zeroed").interval.low, 0.7);
    const Figure& nats = figure(figures, "perplexity/segments-2-3/all");
    EXPECT_DOUBLE_EQ(nats.arms.at("on").interval.value, 1.15);
    EXPECT_DOUBLE_EQ(nats.differences.at("on-zeroed").interval.value, -0.2);
    EXPECT_DOUBLE_EQ(nats.differences.at("on-zeroed").interval.high, -0.2);
}

TEST(Figures, WhatFailedWithoutAScoreIsCounted) {
    std::vector<Json> records = someRecords();
    records.push_back(item("9", "local", "book/8192/0", Json::object(), "it broke"));
    records.push_back(item("8", "on", "book/8192/0", Json::object(), "it broke"));
    records.push_back(item("7", "on", "book/65536/0", Json::object(), "it broke"));
    const std::vector<Figure> figures = figuresOf(records);
    const Figure& exact = figure(figures, "passkey/book/8192/0/exact");
    EXPECT_EQ(exact.arms.at("local").n, 0);
    EXPECT_EQ(exact.arms.at("local").failures, 1);
    EXPECT_EQ(exact.arms.at("on").failures, 2);
    EXPECT_EQ(figure(figures, "passkey/book/65536/0/nothing").arms.at("on").failures, 1);
    std::string text;
    for (const Json& json : records)
        text += json.dump() + "\n";
    EXPECT_NE(report({{"x", text}}).markdown.find("| failed | not run |"), std::string::npos);
    EXPECT_NE(missed(requirement("passkey/book/8192/0/exact:local>=0"), figures), "");
}

TEST(Figures, EightBooksHaveAnIntervalOfTheirOwn) {
    const auto recordsOf = [](int books) {
        std::vector<Json> records{runLine("none")};
        for (int b = 0; b < books; ++b)
            for (int s = 0; s < 3; ++s) {
                const std::string name = "book " + std::to_string(b);
                Json json = item(name + "/" + std::to_string(s), "on", "segments-2-3",
                                 {{"all", {10.0 + b + s, 10}}});
                json["document"] = name;
                records.push_back(json);
            }
        return records;
    };
    const auto on = [](const std::vector<Json>& records) {
        return figure(figuresOf(records), "perplexity/segments-2-3/all").arms.at("on");
    };
    EXPECT_FALSE(on(recordsOf(7)).overBooks.has_value());
    const Value value = on(recordsOf(8));
    ASSERT_TRUE(value.overBooks.has_value());
    std::vector<Unit> books;
    for (int b = 0; b < 8; ++b)
        books.push_back({3 * (10.0 + b) + 3, 30});
    const Interval expected = bootstrap(books);
    EXPECT_EQ(value.overBooks->low, expected.low);
    EXPECT_EQ(value.overBooks->high, expected.high);
    EXPECT_LT(expected.low, value.interval.low); // books differ more than their segments do
    const Json line = figureRecord({"perplexity", "segments-2-3", "all", {}, {}}, "on", value);
    EXPECT_EQ(line["low_over_books"], expected.low);
    EXPECT_EQ(line["high_over_books"], expected.high);
    std::string text;
    for (const Json& json : recordsOf(8))
        text += json.dump() + "\n";
    EXPECT_NE(report({{"x", text}}).markdown.find("], over books ["), std::string::npos);
}

TEST(Figures, CardsAreComparedWithDistance) {
    std::vector<Json> records;
    for (const char* suite : {"distance", "card"})
        for (int story = 0; story < 3; ++story)
            for (int i = 0; i < 4; ++i) {
                Item one;
                one.suite = suite;
                one.id = std::to_string(story) + "/" + std::to_string(i);
                one.arm = "on";
                one.groups = {"story/" + std::to_string(story)};
                one.scores["right"] = i < story ? 1 : 0;
                records.push_back(one.json());
            }
    const auto found = correlations(figuresOf(records));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_DOUBLE_EQ(found[0].arms.at("on").interval.value, 1);
    EXPECT_EQ(found[0].arms.at("on").n, 3);
    EXPECT_TRUE(correlations({}).empty());
}

TEST(Requirements, AreMetOrNamed) {
    const std::vector<Figure> figures = figuresOf(someRecords());
    for (const char* met :
         {"passkey/book/8192/0/exact>=0.9", "passkey/book/8192/0/exact<0.91",
          "passkey/book/8192/0/exact:zeroed<=0", "passkey/book/8192/0/exact:on-zeroed.low>0",
          "passkey/book/8192/0/exact.high<1", "perplexity/segments-2-3/all:on-zeroed<-0.1"})
        EXPECT_EQ(missed(requirement(met), figures), "") << met;
    EXPECT_NE(missed(requirement("passkey/book/8192/0/exact>0.9"), figures).find("0.9000 (n 20)"),
              std::string::npos);
    for (const char* absent : {"passkey/book/1/0/exact>=0", "passkey/book/8192/0/exact:other>=0"})
        EXPECT_NE(missed(requirement(absent), figures).find("was not measured"), std::string::npos);
    // Figures of several files: those without the arm, or whose items all failed, say nothing.
    const auto several = [](const std::vector<std::pair<const char*, double>>& given) {
        std::vector<Figure> all;
        for (const auto& [arm, value] : given) {
            Figure one{"passkey", "book/8192/0", "exact", {}, {}};
            one.arms[arm].interval = {value, value, value};
            one.arms[arm].n = value < 0 ? 0 : 20;
            all.push_back(one);
        }
        return missed(requirement("passkey/book/8192/0/exact>=0.9"), all);
    };
    EXPECT_EQ(several({{"zeroed", 0}, {"on", -1}, {"on", 0.9}}), "");
    EXPECT_NE(several({{"on", 0.9}, {"on", 0.8}}).find("0.8000"), std::string::npos);
    EXPECT_NE(several({{"zeroed", 1}, {"on", -1}}).find("was not measured"), std::string::npos);
    for (const char* empty :
         {"", "exact", ">=1", "exact>=", "exact>=x", "exact>=1x", ":on>1", "a:>1"})
        EXPECT_EQ(codeOf([&] { requirement(empty); }), Code::WrongUse) << empty;
}

std::string textOf(const std::vector<Json>& records) {
    std::string text;
    for (const Json& json : records)
        text += json.dump() + "\n";
    return text;
}

TEST(ReportTest, IsTheSameBytesTwiceAndShowsEveryArm) {
    const LinesFile file{"/some/where/lines.jsonl", textOf(someRecords())};
    const Report one = report({file}), two = report({file});
    EXPECT_EQ(one.markdown, two.markdown);
    EXPECT_EQ(one.charts, two.charts);
    EXPECT_EQ(one.markdown.find("/some/where"), std::string::npos);
    EXPECT_NE(one.markdown.find("| book/8192/0, exact | 20 | 0.9000 [0.6990, 0.9721] | 0.0000 "
                                "[0.0000, 0.1611] | not run | not run | not run |"),
              std::string::npos)
        << one.markdown;
    EXPECT_NE(one.markdown.find("untrained"), std::string::npos);
    EXPECT_NE(one.markdown.find("did not come to its end"), std::string::npos);
    EXPECT_NE(one.markdown.find("| 1 |\n"), std::string::npos); // the failure
    ASSERT_EQ(one.charts.size(), 2U);
    EXPECT_EQ(one.charts[0].first, "passkey-book.svg");
    EXPECT_NE(one.charts[0].second.find(">90<"), std::string::npos);
    EXPECT_NE(one.charts[0].second.find("not run"), std::string::npos);
    EXPECT_EQ(one.charts[1].first, "perplexity-all.svg");
    EXPECT_NE(one.markdown.find("\n![passkey-book](passkey-book.svg)\n"
                                "![perplexity-all](perplexity-all.svg)\n"),
              std::string::npos)
        << one.markdown;
    // Charts of several files are told apart by the names of these, or by a number behind them.
    const LinesFile other{"/some/other/run (2).jsonl", file.text};
    const Report three = report({file, other, file});
    ASSERT_EQ(three.charts.size(), 6U);
    EXPECT_EQ(three.charts[0].first, "lines-passkey-book.svg");
    EXPECT_EQ(three.charts[2].first, "run--2--passkey-book.svg");
    EXPECT_EQ(three.charts[5].first, "lines-2-perplexity-all.svg");
    EXPECT_NE(three.markdown.find("![run--2--passkey-book](run--2--passkey-book.svg)"),
              std::string::npos);
    EXPECT_EQ(codeOf([] { report({{"x", "nothing\n"}}); }), Code::BadFile);
}

TEST(ReportTest, EveryCommitThatMeasuredIsNamed) {
    auto records = someRecords();
    records[0]["commit"] = "aaa";
    records[0]["start"] = "2026-01-01";
    EXPECT_NE(report({{"x", textOf(records)}}).markdown.find("; commit aaa, 2026-01-01. Lines"),
              std::string::npos);
    Json run = records[0];
    run["start"] = "2026-01-02";
    records.push_back(run);
    run["commit"] = "bbb";
    run["start"] = "2026-01-03";
    records.push_back(run);
    EXPECT_NE(report({{"x", textOf(records)}})
                  .markdown.find("; commit aaa, 2026-01-01; gone on with at commit bbb, "
                                 "2026-01-03. Lines"),
              std::string::npos);
    EXPECT_NE(report({{"x", ""}}).markdown.find("; commit ?, ?. Lines"), std::string::npos);
}

TEST(ReportTest, TextsOfTheTrainingAreNamed) {
    auto records = someRecords();
    EXPECT_EQ(report({{"x", textOf(records)}}).markdown.find("Seen"), std::string::npos);
    records[0]["seen"] = {"narrativeqa/35", "narrativeqa/77"};
    EXPECT_NE(report({{"x", textOf(records)}}).markdown.find("Seen, and so without a result"),
              std::string::npos);
}

TEST(ReportTest, ALimitedRunSaysSo) {
    auto records = someRecords();
    records[0]["settings"]["limit"] = 3;
    EXPECT_NE(report({{"x", textOf(records)}}).markdown.find("not comparable"), std::string::npos);
}

TEST(ReportTest, PutsTheModesOfSeveralRunsSideBySide) {
    const auto runOf = [](const std::string& mode) {
        Json json = runLine("none");
        json["settings"]["mode"] = mode;
        return json;
    };
    const auto cost = [](const std::string& arm, double bytes) {
        Json json = item(
            "4096", arm, "4096",
            {{"bytes", bytes}, {"bytes-of-full-attention", 8000.0}, {"tokens-per-second", 100.0}});
        json["suite"] = "cost";
        return json;
    };
    const auto nats = [](const std::string& arm, double sum) {
        Json json = item("a/2", arm, "segments-2-3", {{"all", Json::array({sum, 10})}});
        json["block"] = "a/0";
        return json;
    };
    const LinesFile first{
        "first", textOf({runOf("infini-linear"), cost("infini-linear", 80), cost("xl", 400),
                         cost("local", 0), nats("on", 30), nats("zeroed", 40), nats("xl", 35),
                         item("1", "on", "book/8192/0", {{"exact", 1}}),
                         item("2", "on", "book/8192/50", {{"exact", 0}}),
                         item("3", "on", "book/8192/100", {{"exact", 1}})})};
    const LinesFile second{"second",
                           textOf({runOf("xl"), item("1", "on", "book/8192/0", {{"exact", 0}})})};
    Json broken = item("4096", "knn", "4096", Json::object(), "it broke");
    broken["suite"] = "cost";
    const LinesFile third{
        "third", textOf({runOf("full"), item("1", "on", "book/8192/0", {{"exact", 0}}, "too long"),
                         item("2", "on", "book/8192/0", {{"exact", 0}}, "too long"), broken})};
    const LinesFile fourth{
        "fourth", textOf({runOf("infini-delta"), item("1", "on", "book/8192/0", {{"exact", 1}}),
                          item("2", "on", "book/8192/0", {{"exact", 0}}, "it broke")})};
    const std::string text = report({first, second, third, fourth}).markdown;
    const std::string modes = text.substr(text.find("## All modes"));
    EXPECT_NE(modes.find("| mode | bytes held after 4096 tokens | of full attention's | tokens/s "
                         "over 4096 tokens | segments 2-3 | pass keys, 8192 tokens |"),
              std::string::npos)
        << modes;
    EXPECT_NE(modes.find("| infini-linear | 80 | 1/100 | 100 | 3.0000 [3.0000, 3.0000], n 1 | 1 "
                         "of 2 [9, 91 %] |"),
              std::string::npos)
        << modes;
    EXPECT_NE(modes.find("| xl | 400 | 1/20 | 100 | 3.5000 [3.5000, 3.5000], n 1 | 0 of 1 [0, 79 "
                         "%] |"),
              std::string::npos);
    EXPECT_NE(modes.find("| local | 0 | 0 | nothing to do | 4.0000 [4.0000, 4.0000], n 1 | not "
                         "run |"),
              std::string::npos);
    EXPECT_NE(modes.find("| full | not run | not run | not run | not run | does not fit |"),
              std::string::npos);
    EXPECT_NE(modes.find("| knn | failed | failed | failed | not run | not run |"),
              std::string::npos);
    EXPECT_NE(modes.find("| 1 of 2 [9, 91 %], 1 failed |"), std::string::npos);
    EXPECT_EQ(modes.find("rmt"), std::string::npos);
    // Runs in one mode were not made to compare modes.
    EXPECT_EQ(report({first}).markdown.find("All modes"), std::string::npos);
    EXPECT_EQ(report({second}).markdown.find("All modes"), std::string::npos);
}

TEST(ReportTest, CountsMemoryAsThePaperDoes) {
    const auto cost = [](const std::string& arm, int length, double numbers) {
        const std::string id = std::to_string(length);
        Json json = item(id, arm, id, {{"bytes", 2 * numbers}, {"numbers", numbers}});
        json["suite"] = "cost";
        return json;
    };
    Json run = runLine("none");
    run["settings"]["mode"] = "infini-linear";
    std::vector<Json> records = {run,
                                 cost("infini-linear", 4096, 10),
                                 cost("infini-linear", 131'072, 10),
                                 cost("infini-linear", 1'048'576, 10),
                                 cost("local", 131'072, 0),
                                 cost("knn", 4096, 400),
                                 cost("xl", 131'072, 305)};
    // Without knn at that length the longest with it counts; 131,072 tokens are more than 4,096.
    const auto table = [&] {
        const std::string text = report({{"x", textOf(records)}}).markdown;
        const std::size_t at = text.find("## Memory, counted as the paper counts it");
        return at == std::string::npos ? std::string() : text.substr(at);
    };
    EXPECT_NE(table().find("numbers held after 4096 tokens"), std::string::npos) << table();
    records.push_back(cost("knn", 131'072, 1300));
    EXPECT_NE(table().find("numbers held after 131072 tokens"), std::string::npos) << table();
    EXPECT_NE(table().find("| infini-linear | 10 | 20 | 1 | 1 |"), std::string::npos) << table();
    EXPECT_NE(table().find("| knn | 1300 | 2600 | 130 | 114 |"), std::string::npos) << table();
    EXPECT_NE(table().find("| xl | 305 | 610 | 30.5 | 31.2 |"), std::string::npos) << table();
    EXPECT_NE(table().find("| local | 0 | 0 | 0 | not told |"), std::string::npos) << table();
    EXPECT_EQ(table().find("rmt"), std::string::npos);
    records.resize(5);
    EXPECT_EQ(table(), "");
}

TEST(Agreement, CountsSamplesThatWereReadInBothWays) {
    const auto answer = [](const char* method, const std::string& id, int exact,
                           const char* arm = "on") {
        Json json = item(id, arm, "group", {{"exact", exact}});
        json["method"] = method;
        json["local"] = false;
        return json;
    };
    Json local = answer("stream", "book/2048/100/0", 1);
    local["local"] = true;
    const FileRecords streamed{
        "a",
        {answer("stream", "book/2048/0/0", 1), answer("stream", "book/2048/0/1", 1),
         answer("stream", "book/2048/0/2", 0), answer("stream", "book/2048/0/3", 0),
         answer("stream", "book/16384/0/0", 1), answer("stream", "book/16384/0/9", 1), local}};
    const FileRecords added{"a",
                            {answer("increment", "book-increment/2048/0/0", 1),
                             answer("increment", "book-increment/2048/0/1", 0),
                             answer("increment", "book-increment/2048/0/2", 1),
                             answer("increment", "book-increment/2048/0/3", 0),
                             answer("increment", "book-increment/16384/0/0", 1),
                             answer("increment", "book-increment/16384/0/9", 0, "zeroed"),
                             answer("increment", "book-increment/2048/100/0", 1)}};
    const std::string table = agreementTable({streamed, added});
    EXPECT_NE(table.find("| passkey, book, 2048 tokens | 4 | 1 | 1 | 1 | 1 |\n"
                         "| passkey, book, 16384 tokens | 1 | 1 | 0 | 0 | 0 |\n"),
              std::string::npos)
        << table;
    // Another adapter's answers are no other way of reading.
    EXPECT_EQ(agreementTable({streamed, {"b", added.records}}), "");
    EXPECT_EQ(agreementTable({streamed}), "");
}

TEST(Plot, EscapesAndClosesWhatItDraws) {
    Curves curves{"a < b & c", "", "x", "y", {"1", "2"}, {{"on", {Interval{1, 0.5, 1.5}, {}}}},
                  0.25};
    const std::string svg = curvesSvg(curves);
    EXPECT_NE(svg.find("a &lt; b &amp; c"), std::string::npos);
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    EXPECT_NE(svg.find("</svg>"), std::string::npos);
    EXPECT_EQ(curvesSvg({"", "", "", "", {}, {}, {}}).find("nan"), std::string::npos);
    EXPECT_EQ(gridSvg({"", "", "", "", {}, {}, {}}).find("nan"), std::string::npos);
}

TEST(Plot, HasRoomForTheNamesOfItsCurves) {
    const auto widthWith = [](const std::string& name) {
        const std::string svg = curvesSvg({"", "", "", "", {"1"}, {{name, {}}}, {}});
        return std::stod(svg.substr(svg.find(" width=\"") + 8));
    };
    EXPECT_EQ(widthWith("on"), widthWith("zeroed"));
    EXPECT_GE(widthWith(std::string(40, 'w')), widthWith("on") + 100);
}

} // namespace
