#include <algorithm>
#include <sstream>

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
    EXPECT_EQ(codeOf([&] { lines.requireSame(other); }), Code::WrongUse);
    EXPECT_NO_THROW(lines.requireSame(runLine("a")));
    EXPECT_EQ(readRecords(path).size(), 3U);
}

TEST(Records, AnotherTextOfTheSameNameIsAnotherMeasurement) {
    const tests::TemporaryFolder folder;
    Json begun = runLine("a"), goneOn = runLine("a");
    begun["data"] = {{"novel", "1f"}, {"fairybook", "2e"}};
    goneOn["data"] = {{"novel", "1f"}, {"tales", "3d"}};
    Lines lines(folder.write("lines.jsonl", begun.dump() + "\n"), true, {});
    EXPECT_NO_THROW(lines.begin(goneOn));
    goneOn["data"]["novel"] = "4c";
    EXPECT_EQ(codeOf([&] { lines.begin(goneOn); }), Code::WrongUse);
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

TEST(Records, WhatItemsAreDrawnWithFollowsFromTheirIds) {
    EXPECT_EQ(blockOf("distance", "irish-fairybook/a-story/71#2"), "irish-fairybook/a-story");
    EXPECT_EQ(blockOf("card", "fairytaleqa/irish-fairybook/a-story/3"),
              "fairytaleqa/irish-fairybook/a-story");
    EXPECT_EQ(blockOf("passkey", "book-increment/8192/50/17"), "book-increment/17");
    EXPECT_EQ(blockOf("passkey", "book-increment/32768/0/17"), "book-increment/17");
    EXPECT_EQ(blockOf("needle", "book/8192/4/17"), "book/4/17");
    EXPECT_EQ(blockOf("perplexity", "narrativeqa/35/7"), "narrativeqa/35/7");
    EXPECT_EQ(blockOf("cost", "8192"), "8192");
}

TEST(Records, ARunHasEndedWhenNoOtherFollowsItsEnd) {
    const Json run = record("run"), done = record("done"), figure = record("figure");
    EXPECT_FALSE(hasEnded({}));
    EXPECT_FALSE(hasEnded({run, figure}));
    EXPECT_TRUE(hasEnded({run, figure, done}));
    EXPECT_FALSE(hasEnded({run, figure, done, run}));
    EXPECT_TRUE(hasEnded({run, run, done}));
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
    // Shares of the same twenty answers, and not a mean that the bootstrap could take.
    const Value& gain = exact.differences.at("on-zeroed");
    EXPECT_EQ(gain.interval.value, 0.9);
    EXPECT_EQ(gain.interval.low, pairedShares({0, 18, 0, 2}).low);
    EXPECT_EQ(gain.method, "paired Newcombe over 20 items");
    const Figure& nats = figure(figures, "perplexity/segments-2-3/all");
    EXPECT_DOUBLE_EQ(nats.arms.at("on").interval.value, 1.15);
    EXPECT_DOUBLE_EQ(nats.differences.at("on-zeroed").interval.value, -0.2);
    EXPECT_DOUBLE_EQ(nats.differences.at("on-zeroed").interval.high, -0.2);
}

Json choice(const std::string& suite, const std::string& story, int number, const std::string& arm,
            int right) {
    Item one;
    one.suite = suite;
    one.id = "tales/" + story + "/" + std::to_string(number);
    one.document = "fairytaleqa/tales";
    one.arm = arm;
    one.groups = {"all", "story/" + story};
    one.scores = {{"right", right}, {"gold", {-1.0 - right - number, 2}}};
    return one.json();
}

TEST(Figures, ArmsOfAStoppedRunAreMeansOfTheSameItems) {
    std::vector<Json> records;
    for (int i = 0; i < 20; ++i) {
        const std::string id = "book/8192/0/" + std::to_string(i);
        records.push_back(item(id, "on", "book/8192/0", {{"exact", i < 10 ? 1 : 0}}));
        if (i < 10)
            records.push_back(item(id, "zeroed", "book/8192/0", {{"exact", 0}}));
    }
    const auto on = [&](bool isStopped) {
        return figure(figuresOf(records, isStopped), "passkey/book/8192/0/exact").arms.at("on");
    };
    EXPECT_EQ(on(false).interval.value, 0.5); // as a run that was meant so
    EXPECT_EQ(on(true).interval.value, 1);
    EXPECT_EQ(on(true).n, 10);
    EXPECT_TRUE(figuresOf(records, true).front().isCut);
    EXPECT_FALSE(figuresOf(records, false).front().isCut);
    // A failure has been measured: it takes nothing from the other arm, and stays one.
    records.push_back(item("book/8192/0/10", "zeroed", "book/8192/0", Json::object(), "it broke"));
    EXPECT_EQ(on(true).n, 11);
    const Figure exact = figuresOf(records, true).front();
    EXPECT_EQ(exact.arms.at("zeroed").n, 10);
    EXPECT_EQ(exact.arms.at("zeroed").failures, 1);
    // An arm that has but failures says nothing of which items count.
    records.push_back(item("book/8192/0/0", "full", "book/8192/0", Json::object(), "too long"));
    EXPECT_EQ(on(true).n, 11);
    EXPECT_EQ(figuresOf(records, true).front().arms.at("full").failures, 1);
    // Nor is there a row of what no two arms share.
    std::vector<Json> apart = {item("1", "on", "book/8192/0", {{"exact", 1}}),
                               item("2", "zeroed", "book/8192/0", {{"exact", 1}})};
    EXPECT_TRUE(figuresOf(apart, true).empty());
    EXPECT_EQ(figuresOf(apart, false).size(), 1U);
}

TEST(Figures, FullAttentionIsAskedForWhatItCanHold) {
    std::vector<Json> records;
    const auto add = [&](const char* suite, const std::string& id, const char* arm,
                         const std::vector<std::string>& groups) {
        Json json = item(id, arm, "segments-2-3", {{"all", {10, 10}}});
        json["suite"] = suite;
        json["groups"] = groups;
        records.push_back(json);
    };
    for (int s = 2; s <= 20; ++s) {
        const std::string id = "a/" + std::to_string(s);
        const std::vector<std::string> groups =
            s <= 8 ? std::vector<std::string>{"beyond-first", "within-context"}
                   : std::vector<std::string>{"beyond-first"};
        add("perplexity", id, "on", groups);
        if (s <= 6) // it stopped here, with room for two more
            add("perplexity", id, "full", groups);
    }
    for (int i = 0; i < 10; ++i)
        for (const char* length : {"4096", "32768"}) {
            const std::string id = std::string("book/") + length + "/0/" + std::to_string(i);
            add("passkey", id, "on", {"book/all/whole"});
            if (length == std::string("4096") && i < 7)
                add("passkey", id, "full", {"book/all/whole"});
        }
    const auto figures = figuresOf(records, true);
    const Figure& nats = figure(figures, "perplexity/beyond-first/all");
    EXPECT_EQ(nats.arms.at("on").n, 19 - 2);
    EXPECT_EQ(nats.arms.at("full").n, 5);
    EXPECT_EQ(figure(figures, "perplexity/within-context/all").arms.at("on").n, 5);
    const Figure& keys = figure(figures, "passkey/book/all/whole/all");
    EXPECT_EQ(keys.arms.at("on").n, 10 + 7);
    EXPECT_EQ(keys.arms.at("full").n, 7);
}

TEST(Figures, AFewUnitsHaveNoInterval) {
    const auto recordsOf = [](int count) {
        std::vector<Json> records{runLine("none")};
        for (int i = 0; i < count; ++i) {
            const std::string id = "book/8192/0/" + std::to_string(i);
            records.push_back(item(id, "on", "book/8192/0", {{"exact", 1}}));
            records.push_back(item(id, "zeroed", "book/8192/0", {{"exact", 0}}));
            records.push_back(item(id, "other", "book/8192/0", {{"exact", 1}}));
        }
        return records;
    };
    const auto exact = [&](int count) { return figuresOf(recordsOf(count)).front(); };
    EXPECT_TRUE(exact(5).arms.at("on").hasInterval());
    // Five that are alike leave much open: neither is the interval a point.
    const Value five = exact(5).differences.at("on-zeroed");
    EXPECT_TRUE(five.hasInterval());
    EXPECT_LT(five.interval.low, 0.4);
    EXPECT_EQ(five.interval.high, 1);
    EXPECT_LT(exact(5).differences.at("on-other").interval.low, -0.4);
    EXPECT_GT(exact(5).differences.at("on-other").interval.high, 0.4);
    EXPECT_NE(missed(requirement("passkey/book/8192/0/exact:on-zeroed.low>=0.98"), {exact(5)}), "");
    const Figure few = exact(4);
    EXPECT_FALSE(few.arms.at("on").hasInterval());
    EXPECT_EQ(few.arms.at("on").interval.low, 1);
    EXPECT_EQ(few.arms.at("on").method, kTooFew);
    EXPECT_EQ(few.differences.at("on-zeroed").method, kTooFew);
    const Json line = figureRecord(few, "on", few.arms.at("on"));
    EXPECT_EQ(line["value"], 1);
    EXPECT_TRUE(line["low"].is_null() && line["high"].is_null());
    const auto textOf = [&](int count) {
        std::string text;
        for (const Json& json : recordsOf(count))
            text += json.dump() + "\n";
        return report({{"x", text}}).markdown;
    };
    EXPECT_NE(textOf(4).find("| 1.0000, too few for an interval | 0.0000, too few for an interval "
                             "| 1.0000, too few for an interval | not run | not run | 1.0000, too "
                             "few for an interval | 0.0000, too few for an interval | 0 |"),
              std::string::npos)
        << textOf(4);
    EXPECT_EQ(textOf(5).find("too few"), std::string::npos);
    EXPECT_EQ(missed(requirement("passkey/book/8192/0/exact>=1"), {few}), "");
    EXPECT_EQ(missed(requirement("passkey/book/8192/0/exact.low>=0"), {few}),
              "passkey/book/8192/0/exact.low>=0 is missed: there is too little for an interval (n "
              "4).");
}

TEST(Figures, WhatIsDrawnAndAllAlikeHasNoInterval) {
    std::vector<Json> records;
    for (int i = 0; i < 8; ++i)
        for (const char* depth : {"0", "50"})
            for (const char* arm : {"on", "zeroed"}) {
                // Each number is found at one of two depths, and three of its digits at either.
                const bool isRight = arm == std::string("on") && depth == std::string("0");
                const std::string cell = std::string("book/8192/") + depth;
                Json json = item(cell + "/" + std::to_string(i), arm, cell,
                                 {{"exact", isRight ? 1 : 0}, {"digits", {3, 5}}});
                json["groups"].push_back("book/all/whole");
                records.push_back(json);
            }
    const auto figures = figuresOf(records);
    const Figure& digits = figure(figures, "passkey/book/8192/0/digits");
    for (const Value& value :
         {digits.arms.at("on"), digits.differences.at("on-zeroed"),
          figure(figures, "passkey/book/all/whole/exact").arms.at("on"),
          figure(figures, "passkey/book/all/whole/exact").differences.at("on-zeroed")}) {
        EXPECT_FALSE(value.hasInterval());
        EXPECT_EQ(value.lack, kAllAlike);
        EXPECT_EQ(value.interval.low, value.interval.value);
    }
    const Json line = figureRecord(digits, "on", digits.arms.at("on"));
    EXPECT_TRUE(line["low"].is_null() && line["high"].is_null());
    EXPECT_EQ(line["method"], kAllAlike);
    EXPECT_EQ(missed(requirement("passkey/book/8192/0/digits.low>=0"), figures),
              "passkey/book/8192/0/digits.low>=0 is missed: all are alike, so that there is no "
              "interval (n 8).");
    // Shares of whole numbers have the intervals of as many numbers.
    EXPECT_EQ(figure(figures, "passkey/book/8192/0/exact").arms.at("on").interval.low,
              wilson(8, 8).low);
    EXPECT_EQ(figure(figures, "passkey/book/all/whole/exact").arms.at("zeroed").interval.high,
              wilson(0, 8).high);
    std::string text;
    for (Json& json : records) {
        if (json["arm"] == "on")
            json["scores"]["exact"] = 1;
        text += json.dump() + "\n";
    }
    // Also where each is asked for twice.
    const Value uniform =
        figure(figuresOf(records), "passkey/book/all/whole/exact").differences.at("on-zeroed");
    EXPECT_EQ(uniform.interval.low, pairedShares({0, 8, 0, 0}).low);
    EXPECT_EQ(uniform.method, "paired Newcombe over 8 blocks");
    EXPECT_NE(report({{"x", text}}).markdown.find("| 0.6000, all alike, no interval |"),
              std::string::npos);
    EXPECT_EQ(report({{"x", text}}).markdown.find("[1.0000, 1.0000]"), std::string::npos);
}

TEST(Figures, NumbersThatAreAskedForSeveralTimesAreDrawnOnce) {
    std::vector<Json> records;
    for (int i = 0; i < 10; ++i)
        for (const char* depth : {"0", "25", "50", "75"}) {
            const std::string cell = std::string("book/8192/") + depth;
            Json json = item(cell + "/" + std::to_string(i), "on", cell,
                             {{"exact", i == 0 ? 0 : 1}, {"digits", {i == 0 ? 1 : 5, 5}}});
            json["groups"].push_back("book/all/whole");
            records.push_back(json);
            json["arm"] = "zeroed";
            json["scores"]["exact"] = 0;
            records.push_back(json);
        }
    const auto figures = figuresOf(records);
    const Figure& all = figure(figures, "passkey/book/all/whole/exact");
    std::vector<Unit> numbers(10, {4, 4});
    numbers[0].sum = 0;
    const Value& on = all.arms.at("on");
    EXPECT_EQ(on.n, 40);
    EXPECT_EQ(on.blocks.size(), 10U);
    EXPECT_EQ(on.interval.low, bootstrap(numbers).low);
    EXPECT_LT(on.interval.low, wilson(36, 40).low);
    EXPECT_EQ(on.method, "bootstrap over 10 blocks");
    EXPECT_EQ(all.arms.at("zeroed").method, "Wilson over 10 blocks");
    EXPECT_EQ(all.differences.at("on-zeroed").interval.low, bootstrap(numbers).low);
    EXPECT_EQ(figure(figures, "passkey/book/all/whole/digits").arms.at("on").blocks.size(), 10U);
    const Figure& cell = figure(figures, "passkey/book/8192/50/exact");
    EXPECT_EQ(cell.arms.at("on").interval.low, wilson(9, 10).low);
    EXPECT_EQ(cell.arms.at("on").method, "Wilson");
    // A line's own word goes before what its id says.
    for (Json& json : records)
        json["block"] = "one";
    EXPECT_EQ(figuresOf(records).front().arms.at("on").blocks.size(), 1U);
}

TEST(Figures, QuestionsAreDrawnByStoryAndHaveARowForTheirCollection) {
    std::vector<Json> records;
    for (int story = 0; story < 6; ++story)
        for (int i = 0; i < 8; ++i)
            records.push_back(
                choice("distance", "story-" + std::to_string(story), i, "on", story % 2));
    for (const bool isNamed : {false, true}) {
        // Lines that name the row of the collection themselves count once in it.
        for (Json& json : records)
            if (isNamed)
                json["groups"].push_back("fairytaleqa/tales");
        const auto figures = figuresOf(records);
        for (const std::string row : {"distance/all", "distance/fairytaleqa/tales"}) {
            const Value& right = figure(figures, row + "/right").arms.at("on");
            EXPECT_EQ(right.n, 48) << row;
            EXPECT_EQ(right.blocks.size(), 6U) << row;
            EXPECT_EQ(right.method, "bootstrap over 6 blocks") << row;
            EXPECT_LT(right.interval.low, wilson(24, 48).low) << row;
            EXPECT_EQ(figure(figures, row + "/gold").arms.at("on").method,
                      "bootstrap over 6 blocks");
        }
    }
    const auto figures = figuresOf(records);
    const Value& story = figure(figures, "distance/story/story-1/right").arms.at("on");
    EXPECT_EQ(story.blocks.size(), 8U);
    EXPECT_EQ(story.interval.low, wilson(8, 8).low);
}

TEST(Figures, RereadIsComparedWithItsControls) {
    std::vector<Json> records{runLine("none")};
    for (int s = 0; s < 6; ++s)
        for (const auto& [arm, nats] : {std::pair{"on", 20.0},
                                        {"reread", 10.0},
                                        {"reread-zeroed", 11.0},
                                        {"reread-other", 13.0}})
            records.push_back(
                item("a/" + std::to_string(s), arm, "segments-2-3", {{"all", {nats + s, 10}}}));
    const Figure nats = figuresOf(records).front();
    EXPECT_NEAR(nats.differences.at("reread-reread-zeroed").interval.value, -0.1, 1e-9);
    EXPECT_NEAR(nats.differences.at("reread-reread-other").interval.value, -0.3, 1e-9);
    EXPECT_EQ(missed(requirement("perplexity/segments-2-3/all:reread-reread-other<-0.2"), {nats}),
              "");
    EXPECT_EQ(missed(requirement("perplexity/segments-2-3/all:reread-other<1.7"), {nats}), "");
    const auto tableOf = [&] {
        std::string text;
        for (const Json& json : records)
            text += json.dump() + "\n";
        return report({{"x", text}}).markdown;
    };
    EXPECT_NE(tableOf().find("| reread − reread-zeroed [95 %] | reread − reread-other [95 %] |"),
              std::string::npos);
    EXPECT_NE(tableOf().find("| -0.1000, all alike, no interval | -0.3000, all alike, no "
                             "interval | 0 |"),
              std::string::npos)
        << tableOf();
    records.resize(2);
    EXPECT_EQ(tableOf().find("reread − "), std::string::npos);
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

TEST(ReportTest, ADifferenceCountsWhenItHoldsOverBooksToo) {
    // The first book alone gains much, the others lose a little; their segments are many.
    const auto linesOf = [](double lost) {
        std::string text = runLine("none").dump() + "\n";
        for (int book = 0; book < 8; ++book)
            for (int s = 0; s < 30; ++s)
                for (const char* arm : {"on", "zeroed"}) {
                    const double gain = arm == std::string("zeroed") ? 0
                                        : book == 0                  ? -8.0 - s % 3
                                                                     : lost + s % 3;
                    const std::string name = "book " + std::to_string(book);
                    Json json = item(name + "/" + std::to_string(s), arm, "segments-2-3",
                                     {{"all", {50 + gain, 10}}});
                    json["document"] = name;
                    text += json.dump() + "\n";
                }
        return text;
    };
    const Report apart = report({{"x", linesOf(-0.9)}});
    const Value& value =
        figure(apart.figures, "perplexity/segments-2-3/all").differences.at("on-zeroed");
    ASSERT_TRUE(value.overBooks.has_value());
    EXPECT_LT(value.interval.high, 0);
    EXPECT_GT(value.overBooks->high, 0);
    EXPECT_NE(apart.markdown.find("], no difference shown |"), std::string::npos) << apart.markdown;
    const std::string name = "perplexity/segments-2-3/all:on-zeroed.high";
    const Requirement demand = requirement(name + "<0");
    EXPECT_EQ(missed(demand, apart.figures).find(name + "<0 is missed: over books it is "), 0U);
    EXPECT_EQ(missed(requirement(name + "<-9"), apart.figures).find(name + "<-9 is missed: it is "),
              0U);
    const Report together = report({{"x", linesOf(-3)}});
    EXPECT_EQ(together.markdown.find("no difference shown"), std::string::npos)
        << together.markdown;
    EXPECT_EQ(missed(demand, together.figures), "");
}

TEST(Figures, QuartersAreComparedWithinTheBooksThatHaveBoth) {
    const auto recordsOf = [](int whole, int begun) {
        std::vector<Json> records{runLine("none")};
        for (int book = 0; book < whole + begun; ++book)
            for (const int quarter : {1, 4})
                for (int s = 0; s < 6 && (quarter == 1 || book < whole); ++s)
                    for (const char* arm : {"on", "zeroed"}) {
                        // The books that were but begun gain more.
                        const double gain = arm == std::string("zeroed") ? 0
                                            : book >= whole              ? 3
                                            : quarter == 1               ? 1
                                                                         : 2;
                        const std::string name = "book " + std::to_string(book);
                        Json json =
                            item(name + "/" + std::to_string(10 * quarter + s), arm, "segments-2-3",
                                 {{"all", {50 + s % 2 + book - (1 + s % 3) * gain, 10}}});
                        json["document"] = name;
                        json["groups"] = {"quarter-" + std::to_string(quarter)};
                        records.push_back(json);
                    }
        return records;
    };
    const auto gain = [](const std::vector<Figure>& figures, const std::string& group) {
        return figure(figures, "perplexity/" + group + "/all").differences.at("on-zeroed");
    };
    const auto begun = figuresOf(recordsOf(2, 3), true);
    EXPECT_EQ(gain(begun, "quarter-1").n, 5 * 6);
    EXPECT_EQ(gain(begun, "quarter-1-same-books").n, 2 * 6);
    EXPECT_EQ(gain(begun, "quarter-4-same-books").n, 2 * 6);
    EXPECT_NEAR(gain(begun, "quarter-1-same-books").interval.value, -0.2, 1e-9);
    EXPECT_NEAR(gain(begun, "quarter-4-same-books").interval.value, -0.4, 1e-9);
    const Value change = gain(begun, "quarter-4-less-quarter-1");
    EXPECT_EQ(change.n, 2 * 12);
    EXPECT_NEAR(change.interval.value, -0.2, 1e-9);
    EXPECT_TRUE(change.hasInterval());
    EXPECT_LT(change.interval.low, change.interval.value);
    EXPECT_GT(change.interval.high, change.interval.value);
    EXPECT_FALSE(change.overBooks.has_value());
    std::string text;
    for (const Json& json : recordsOf(2, 3))
        text += json.dump() + "\n";
    EXPECT_NE(report({{"x", text}}).markdown.find("the other quarters are of different books."),
              std::string::npos);
    // Where all books have both, the quarters themselves are compared, over books too from eight
    // on.
    const auto whole = figuresOf(recordsOf(8, 0));
    EXPECT_EQ(gain(whole, "quarter-4-less-quarter-1").n, 8 * 12);
    EXPECT_TRUE(std::none_of(whole.begin(), whole.end(),
                             [](const Figure& one) { return one.group.ends_with("-same-books"); }));
    EXPECT_TRUE(figure(whole, "perplexity/quarter-4-less-quarter-1/all")
                    .arms.at("on")
                    .overBooks.has_value());
    const auto few = figuresOf(recordsOf(0, 3));
    EXPECT_TRUE(std::none_of(few.begin(), few.end(), [](const Figure& one) {
        return one.group == "quarter-4-less-quarter-1";
    }));
}

TEST(Figures, CardsAreComparedWithDistance) {
    constexpr int kQuestions = 12;
    const auto recordsOf = [](int stories, int cards, const std::vector<std::string>& arms) {
        std::vector<Json> records;
        for (const char* suite : {"distance", "card"})
            for (int story = 0; story < (suite == std::string("card") ? cards : stories); ++story)
                for (const std::string& arm : arms)
                    for (int i = 0; i < kQuestions; ++i)
                        records.push_back(choice(suite, "story-" + std::to_string(story), i, arm,
                                                 i < story ? 1 : 0));
        return records;
    };
    const auto storiesOf = [](const std::vector<Json>& records, bool isStopped) {
        const auto found = correlations(figuresOf(records, isStopped));
        return found.empty() ? 0 : found[0].arms.at("on").n;
    };
    const auto found = correlations(figuresOf(recordsOf(11, 11, {"on"})));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_DOUBLE_EQ(found[0].arms.at("on").interval.value, 1);
    EXPECT_EQ(found[0].arms.at("on").n, 11);
    EXPECT_TRUE(correlations({}).empty());
    EXPECT_EQ(storiesOf(recordsOf(9, 9, {"on"}), false), 0);
    EXPECT_EQ(storiesOf(recordsOf(10, 10, {"on"}), false), 10);
    // Nobody knows how many questions the last card lacks; that of distance is whole, because
    // another suite followed.
    EXPECT_EQ(storiesOf(recordsOf(12, 11, {"on"}), true), 10);
    EXPECT_EQ(storiesOf(recordsOf(11, 10, {"on"}), true), 0);
    // With another arm behind it the story is whole in the first.
    EXPECT_EQ(storiesOf(recordsOf(12, 11, {"on", "zeroed"}), true), 11);
    // Unless that arm is not: then the row counts but a part of it.
    auto cut = recordsOf(12, 11, {"on", "zeroed"});
    cut.pop_back();
    EXPECT_EQ(storiesOf(cut, true), 10);
    // Another run that measures the cards alone does not end the stories of distance.
    auto resumed = recordsOf(11, 12, {"on"});
    EXPECT_EQ(storiesOf(resumed, true), 11);
    resumed.insert(resumed.begin() + 11 * kQuestions, runLine("none"));
    EXPECT_EQ(storiesOf(resumed, true), 10);
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

/// The cells of a table's row, of which the second is its name.
std::vector<std::string> rowOf(const std::vector<Json>& records, const std::string& name) {
    const std::string markdown = report({{"x", textOf(records)}}).markdown;
    const std::size_t begin = markdown.find("| " + name + " |");
    EXPECT_NE(begin, std::string::npos) << name << markdown;
    std::vector<std::string> cells;
    if (begin == std::string::npos)
        return cells;
    std::istringstream line(markdown.substr(begin, markdown.find('\n', begin) - begin));
    for (std::string cell; std::getline(line, cell, '|');)
        cells.push_back(cell);
    return cells;
}

TEST(Figures, DigitsThatAreAllRightHaveTheIntervalOfAShare) {
    const std::string name = "passkey/book/8192/25/digits";
    const auto digits = [&](int wrong) {
        std::vector<Json> records;
        for (int i = 0; i < 100; ++i) {
            const std::string id = "book/8192/25/" + std::to_string(i);
            records.push_back(item(id, "on", "book/8192/25", {{"digits", {i < wrong ? 4 : 5, 5}}}));
            records.push_back(item(id, "zeroed", "book/8192/25", {{"digits", {0, 5}}}));
        }
        return figure(figuresOf(records), name);
    };
    const Figure all = digits(0), most = digits(1);
    EXPECT_EQ(all.arms.at("on").interval.low, wilson(100, 100).low);
    EXPECT_EQ(all.arms.at("on").method, "Wilson over 100 items");
    EXPECT_TRUE(all.arms.at("on").hasInterval());
    EXPECT_EQ(all.arms.at("zeroed").interval.high, wilson(0, 100).high);
    EXPECT_EQ(all.differences.at("on-zeroed").interval.low, pairedShares({0, 100, 0, 0}).low);
    EXPECT_EQ(all.differences.at("on-zeroed").method, "paired Newcombe over 100 items");
    // Where a part is right it is no share, and is drawn.
    EXPECT_EQ(most.arms.at("on").method, "bootstrap over 100 items");
    EXPECT_EQ(most.differences.at("on-zeroed").method, "paired bootstrap over 100 items");
    for (const Figure& one : {all, most})
        EXPECT_EQ(missed(requirement(name + ".low>=0.95"), {one}), "");
    // Nor is an amount one that happens to be 1.
    std::vector<Json> amounts;
    for (int s = 0; s < 100; ++s)
        amounts.push_back(item("a/" + std::to_string(s), "on", "segments-2-3", {{"all", {5, 5}}}));
    EXPECT_EQ(figuresOf(amounts).front().arms.at("on").lack, kAllAlike);
}

TEST(Figures, FailuresCountInTheQuartersOfTheirBooks) {
    std::vector<Json> records{runLine("none")};
    const auto add = [&](int book, int quarter, int s, const char* arm, bool isFailure) {
        const std::string name = "book " + std::to_string(book);
        const Json scores = isFailure ? Json::object() : Json{{"all", {50.0 + s % 2 + book, 10}}};
        Json json = item(name + "/" + std::to_string(10 * quarter + s), arm, "segments-2-3", scores,
                         isFailure ? "it broke" : "");
        json["document"] = name;
        json["groups"] = Json::array({"quarter-" + std::to_string(quarter)});
        records.push_back(json);
    };
    for (int book = 0; book < 3; ++book)
        for (const int quarter : {1, 4}) {
            if (book == 2 && quarter == 4) // it was but begun
                continue;
            for (int s = 0; s < 6; ++s) {
                add(book, quarter, s, "on", false);
                add(book, quarter, s, "full", quarter == 4);
            }
            add(book, quarter, 6, "on", true);
        }
    records.push_back(record("done"));
    const auto figures = figuresOf(records);
    const auto failures = [&](const std::string& group) {
        return figure(figures, "perplexity/" + group + "/all").arms.at("on").failures;
    };
    EXPECT_EQ(failures("quarter-1"), 3);
    EXPECT_EQ(failures("quarter-1-same-books"), 2);
    EXPECT_EQ(failures("quarter-4-same-books"), 2);
    EXPECT_EQ(failures("quarter-4-less-quarter-1"), 2 + 2);
    // What failed in one quarter throughout has no change, but failures.
    const Value& full = figure(figures, "perplexity/quarter-4-less-quarter-1/all").arms.at("full");
    EXPECT_EQ(full.n, 0);
    EXPECT_EQ(full.failures, 2 * 6);
    EXPECT_EQ(rowOf(records, "quarter-4-less-quarter-1, all").back(), " 16 ");
}

TEST(ReportTest, AChangeOfAnArmIsADifference) {
    std::vector<Json> records{runLine("none")};
    for (const int quarter : {1, 4})
        for (int s = 0; s < 6; ++s)
            for (const char* arm : {"on", "zeroed"}) {
                const bool isBetter = quarter == 4 && arm == std::string("on");
                Json json = item("a/" + std::to_string(10 * quarter + s), arm, "segments-2-3",
                                 {{"all", {50.0 + s % 2 - (isBetter ? 20 : 0), 10}}});
                json["groups"] = Json::array({"quarter-" + std::to_string(quarter)});
                records.push_back(json);
            }
    records.push_back(record("done"));
    const auto row = rowOf(records, "quarter-4-less-quarter-1, all");
    ASSERT_GT(row.size(), 4U);
    EXPECT_EQ(row[3].find(" -2.0000 ["), 0U) << row[3];
    EXPECT_EQ(row[3].find("no difference"), std::string::npos) << row[3];
    EXPECT_TRUE(row[4].ends_with("], no difference shown ")) << row[4];
    // What is no difference has none to show.
    EXPECT_EQ(rowOf(records, "quarter-4, all").at(4).find("no difference"), std::string::npos);
}

TEST(ReportTest, WhereNothingIsDrawnTheValueStandsAlone) {
    std::vector<Json> records{item("4096", "xl", "4096", {{"bytes", 400.0}})};
    records.front()["suite"] = "cost";
    for (const char* suite : {"distance", "card"})
        for (int story = 0; story < 11; ++story)
            for (int i = 0; i < 12; ++i)
                records.push_back(
                    choice(suite, "story-" + std::to_string(story), i, "on", i < story ? 1 : 0));
    records.push_back(record("done"));
    EXPECT_EQ(rowOf(records, "4096, bytes").at(6), " 400.0 ");
    EXPECT_EQ(rowOf(records, "stories, rank-correlation-with-distance").at(3), " 1.0000 ");
    auto figures = figuresOf(records);
    for (const Figure& one : correlations(figures))
        figures.push_back(one);
    EXPECT_EQ(missed(requirement("cost/4096/bytes:xl.high<500"), figures),
              "cost/4096/bytes:xl.high<500 is missed: one measurement has no interval (n 1).");
    EXPECT_EQ(missed(requirement("card/stories/rank-correlation-with-distance.low>0"), figures),
              "card/stories/rank-correlation-with-distance.low>0 is missed: a correlation has no "
              "interval (n 11).");
}

TEST(ReportTest, SuitesOfSharesSayAlikeHowTheyAreDrawn) {
    std::vector<Json> records{item("book/8192/0/0", "on", "book/8192/0", {{"exact", 1}})};
    records.push_back(records.front());
    records.back()["suite"] = "needle";
    records.push_back(choice("distance", "a", 0, "on", 1));
    records.push_back(choice("card", "a", 0, "on", 1));
    const std::string markdown = report({{"x", textOf(records)}}).markdown;
    const std::string said = "Newcombe's of the pairs.";
    int count = 0;
    for (std::size_t at = markdown.find(said); at != std::string::npos;
         at = markdown.find(said, at + 1))
        ++count;
    EXPECT_EQ(count, 4) << markdown;
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
    EXPECT_NE(one.charts[0].second.find(", n = 1 to 20 a cell</text>"), std::string::npos);
    EXPECT_NE(one.charts[0].second.find(": 90.0 % [69.9, 97.2 %], n 20</title>"),
              std::string::npos);
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

TEST(ReportTest, AnAdapterOfAnotherTrainingIsNamed) {
    auto records = someRecords();
    records[0]["settings"]["adapter"] = "abc";
    records[0]["settings"]["mode"] = "infini-delta";
    records[0]["settings"]["segment"] = 1024;
    const auto head = [&] { return report({{"x", textOf(records)}}).markdown; };
    EXPECT_NE(head().find("adapter abc; mode infini-delta"), std::string::npos); // not told
    records[0]["adapter_rule"] = "delta";
    records[0]["adapter_segment"] = 1024;
    EXPECT_NE(head().find("adapter abc; mode infini-delta"), std::string::npos);
    records[0]["adapter_rule"] = "linear";
    EXPECT_NE(head().find("adapter abc, made for the linear rule; mode infini-delta"),
              std::string::npos);
    records[0]["settings"]["segment"] = 512;
    EXPECT_NE(head().find("adapter abc, made for the linear rule and segments of 1024 "
                          "tokens; mode infini-delta"),
              std::string::npos);
    records[0]["settings"]["mode"] = "knn"; // which uses none
    EXPECT_NE(head().find("adapter abc; mode knn"), std::string::npos);
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
    // Lines of before say nothing of how many there are, and counted quarters otherwise.
    EXPECT_NE(
        report({{"x", textOf(records)}})
            .markdown.find("\nLimited to 3 items of each document: perplexity 4 items, of how "
                           "many is not told (its quarters are those of what was read); not "
                           "comparable.\n"),
        std::string::npos)
        << report({{"x", textOf(records)}}).markdown;
    for (int story = 0; story < 2; ++story) {
        records.push_back(choice("distance", "a", story, "on", 1));
        records.back()["document"] = "text " + std::to_string(story);
        records.back()["document_items"] = 70 + story;
    }
    for (Json& json : records)
        if (json.value("suite", "") == "perplexity")
            json["document_items"] = 90;
    EXPECT_NE(report({{"x", textOf(records)}})
                  .markdown.find("\nLimited to 3 items of each document: distance 2 of 141 items, "
                                 "perplexity 4 of 90 items; not comparable.\n"),
              std::string::npos);
}

TEST(ReportTest, SaysWhereAnArmCountsOtherItems) {
    auto records = someRecords();
    records.push_back(record("done"));
    EXPECT_EQ(report({{"x", textOf(records)}}).markdown.find(", n "), std::string::npos);
    records.push_back(item("book/8192/0/0", "full", "book/8192/0", {{"exact", 1}}));
    records.push_back(record("done"));
    EXPECT_NE(report({{"x", textOf(records)}})
                  .markdown.find("| not run | not run | 1.0000, too few for an interval, n 1 |"),
              std::string::npos);
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
    std::vector<Json> lines = {runOf("infini-linear"), cost("infini-linear", 80), cost("xl", 400),
                               cost("local", 0)};
    for (int book = 0; book < 5; ++book)
        for (const auto& [arm, sum] : {std::pair{"on", 30}, {"zeroed", 40}, {"xl", 35}})
            if (book == 0 || arm != std::string("zeroed")) {
                const std::string id = std::to_string(book) + "/2";
                lines.push_back(item(id, arm, "segments-2-3", {{"all", Json::array({sum, 10})}}));
                lines.back()["block"] = id;
            }
    // The same six numbers at two depths are twelve answers and six units.
    for (const char* depth : {"0", "50", "100"})
        for (int i = 0; i < 6; ++i) {
            const std::string cell = std::string("book/8192/") + depth;
            lines.push_back(item(cell + "/" + std::to_string(i), "on", cell,
                                 {{"exact", i == 0 && depth[0] == '5' ? 0 : 1}}));
        }
    lines.push_back(record("done"));
    const LinesFile first{"first", textOf(lines)};
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
    EXPECT_NE(modes.find("| infini-linear | 80 | 1/100 | 100 | 3.0000, all alike, no interval, n "
                         "5 | 11 of 12 [75, 100 %] |"),
              std::string::npos)
        << modes;
    EXPECT_NE(modes.find("| xl | 400 | 1/20 | 100 | 3.5000, all alike, no interval, n 5 | 0 of 1, "
                         "too few for an interval |"),
              std::string::npos);
    EXPECT_NE(modes.find("| local | 0 | 0 | nothing to do | 4.0000, too few for an interval, n 1 | "
                         "not run |"),
              std::string::npos);
    EXPECT_NE(modes.find("| full | not run | not run | not run | not run | does not fit |"),
              std::string::npos);
    EXPECT_NE(modes.find("| knn | failed | failed | failed | not run | not run |"),
              std::string::npos);
    EXPECT_NE(modes.find("| 1 of 2, too few for an interval, 1 failed |"), std::string::npos);
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
    records.push_back(cost("rmt", 131'072, 40));
    EXPECT_NE(table().find("Of rmt the paper counts 2·d·p numbers"), std::string::npos) << table();
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
    // Answers in another setting are no other way of reading.
    EXPECT_EQ(agreementTable({streamed, {"b", added.records}}), "");
    EXPECT_EQ(agreementTable({streamed}), "");
}

TEST(Plot, EscapesAndClosesWhatItDraws) {
    Curves curves{"a < b & c", "", "x", "y", {"1", "2"}, {{"on", {Mark{{1, 0.5, 1.5}, 9}, {}}}},
                  0.25};
    const std::string svg = curvesSvg(curves);
    EXPECT_NE(svg.find("a &lt; b &amp; c"), std::string::npos);
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    EXPECT_NE(svg.find("</svg>"), std::string::npos);
    EXPECT_EQ(curvesSvg({"", "", "", "", {}, {}, {}}).find("nan"), std::string::npos);
    EXPECT_EQ(gridSvg({"", "", "", "", {}, {}, {}}).find("nan"), std::string::npos);
}

TEST(Plot, TellsOfEachValueHowSureItIs) {
    Grid grid{"", "", "", "depth", {"8K", "32K"}, {"50 %"}, {{"on", {{{}, {}}}}}};
    auto& cells = grid.panels[0].cells[0];
    cells[0] = Mark{{0.99, 0.946, 0.998}, 100};
    const std::string one = gridSvg(grid);
    EXPECT_NE(one.find("<title>on, 50 %, 8K: 99.0 % [94.6, 99.8 %], n 100</title>"),
              std::string::npos)
        << one;
    EXPECT_NE(one.find("<title>on, 50 %, 32K: not run</title>"), std::string::npos);
    cells[1] = Mark{{0.5, 0.5, 0.5}, 2, kTooFew};
    EXPECT_NE(gridSvg(grid).find("32K: 50.0 %, too few for an interval, n 2</title>"),
              std::string::npos);
    const auto curve = [](const Mark& mark) {
        return curvesSvg({"", "", "", "", {"1"}, {{"on", {mark}}}, 0.25});
    };
    const std::string sure = curve({{1, 0.5, 1.5}, 30}), unsure = curve({{1, 1, 1}, 3, kTooFew});
    EXPECT_NE(sure.find("<title>on, 1: 1.000 [0.500, 1.500], n 30</title>"), std::string::npos);
    EXPECT_NE(unsure.find("<title>on, 1: 1.000, too few for an interval, n 3</title>"),
              std::string::npos);
    EXPECT_NE(sure.find("stroke-width=\"1.5\""), std::string::npos);
    EXPECT_EQ(unsure.find("stroke-width=\"1.5\""), std::string::npos);
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
