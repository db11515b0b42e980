#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "engine/evaluate/choice.h"
#include "engine/evaluate/evaluate.h"
#include "tests/support/tiny_prompt.h"
#include "tests/unit/engine/evaluate_support.h"

namespace {

using namespace engine::evaluate;
using engine::Code;
using tests::codeOf;

std::vector<Json> itemsOf(const std::string& text) {
    std::vector<Json> items;
    for (const Json& json : parseRecords(text, "x"))
        if (json["type"] == "item")
            items.push_back(json);
    return items;
}

/// What was measured, without what a clock says.
std::vector<std::string> timeless(const std::string& text) {
    std::vector<std::string> lines;
    for (Json json : itemsOf(text)) {
        json.erase("seconds");
        for (const char* name : {"tokens-per-second", "resident-megabytes", "first-token-seconds"})
            json["scores"].erase(name);
        lines.push_back(json.dump());
    }
    return lines;
}

/// Pass keys in the published filler, which needs no test material.
Measurement inRepeatedText(const tests::TemporaryFolder& folder) {
    Measurement run = tests::tinyRun(folder, {"passkey"});
    run.plan.haystacks = {"repeat"};
    return run;
}

TEST(Smoke, RunsEverySuiteWithAllItsArms) {
    const tests::TemporaryFolder folder;
    Measurement run = tests::tinyRun(folder);
    run.linesPath = folder.file("smoke.jsonl");
    int steps = 0;
    const std::string text = measure(run, {{}, [&](const Step& step) {
                                               EXPECT_LE(step.done, step.total);
                                               ++steps;
                                               return true;
                                           }});
    EXPECT_GT(steps, 10);
    EXPECT_EQ(text, tests::contentOf(run.linesPath));
    const auto records = parseRecords(text, "x");
    EXPECT_EQ(records.front()["type"], "run");
    EXPECT_EQ(records.back()["type"], "done");
    EXPECT_EQ(records.back()["failures"], 0);
    std::map<std::string, std::set<std::string>> arms;
    for (const Json& json : itemsOf(text))
        arms[json["suite"]].insert(json["arm"].get<std::string>());
    using Names = std::set<std::string>;
    EXPECT_EQ(arms["passkey"], (Names{"on", "zeroed", "other", "local"}));
    EXPECT_EQ(arms["needle"], (Names{"on", "zeroed", "other", "local"}));
    // The memory of the tiny model is smaller than what xl keeps of five tokens.
    EXPECT_EQ(arms["perplexity"], (Names{"on", "zeroed", "other", "xl"}));
    EXPECT_EQ(arms["distance"], (Names{"on", "zeroed", "other"}));
    EXPECT_EQ(arms["card"], (Names{"on", "zeroed", "other"}));
    EXPECT_EQ(arms["cost"].size(), 7U);
    // The same once more gives the same scores, and its report the same figures.
    run.linesPath.clear();
    EXPECT_EQ(timeless(measure(run, {})), timeless(text));
    const Report made = report({{"smoke", text}});
    for (const Figure& figure : made.figures)
        if (figure.suite == "perplexity" && figure.score == "equal-to-base") {
            EXPECT_EQ(figure.arms.at("on").interval.value, 1); // bit for bit
            EXPECT_EQ(figure.arms.at("on").n, 2);
        }
    for (const Json& json : itemsOf(text))
        if (json["suite"] == "cost" && json["arm"] != "full") {
            EXPECT_EQ(json["scores"]["bytes"], json["scores"]["bytes-by-formula"]) << json["arm"];
        }
}

TEST(Smoke, ModesThatKeepTokensAreMeasuredWhenTheyAreNamed) {
    const tests::TemporaryFolder folder;
    Measurement run = tests::tinyRun(folder);
    run.plan.arms = {"on", "zeroed", "compressive", "knn", "full"};
    std::map<std::string, std::map<std::string, double>> nats;
    for (const Json& json : itemsOf(measure(run, {})))
        if (json["suite"] == "perplexity")
            nats[json["arm"]][json["id"]] = json["scores"]["all"][0].get<double>();
    ASSERT_EQ(nats.size(), 5U);
    for (const char* arm : {"compressive", "knn", "full"}) {
        ASSERT_EQ(nats[arm].size(), nats["on"].size()) << arm;
        int equal = 0;
        for (const auto& [id, value] : nats[arm]) {
            const bool isFirst = id.ends_with("/1");
            EXPECT_EQ(value == nats["zeroed"][id], isFirst) << arm << " " << id;
            equal += isFirst;
        }
        EXPECT_GT(equal, 0) << arm;
    }
}

TEST(Smoke, RunsEverySuiteInTheModesThatCarryVectors) {
    const tests::TemporaryFolder folder;
    for (const std::string method : {"rmt", "autocompressor"}) {
        Measurement run = tests::tinyRun(folder);
        const std::string path = folder.file(method + ".safetensors");
        std::ofstream(path, std::ios::binary)
            << tests::tinyPrompt(1, method, run.subject.model->weights->sha256).bytes();
        run.subject.model = run.subject.model->withAdapter(path);
        run.subject.mode = engine::model::modeFromName(method);
        const std::string text = measure(run, {});
        EXPECT_EQ(parseRecords(text, "x").back()["failures"], 0) << text;
        std::map<std::string, std::set<std::string>> arms;
        for (const Json& json : itemsOf(text)) {
            arms[json["suite"]].insert(json["arm"].get<std::string>());
            if (json["suite"] == "cost" && json["arm"] == method) {
                EXPECT_EQ(json["scores"]["bytes"], json["scores"]["bytes-by-formula"]);
                EXPECT_EQ(json["scores"]["bytes"], 4 * 32 * 3 * (method == "rmt" ? 1 : 4));
            }
        }
        using Names = std::set<std::string>;
        EXPECT_EQ(arms["passkey"], (Names{"on", "zeroed", "other", "local"}));
        EXPECT_EQ(arms["perplexity"], (Names{"on", "zeroed", "other", "xl"}));
        EXPECT_EQ(arms["cost"], (Names{method, "local", "xl", "compressive", "knn", "full"}));
        for (const Figure& figure : report({{"smoke", text}}).figures)
            if (figure.suite == "perplexity" && figure.score == "equal-to-base") {
                EXPECT_EQ(figure.arms.at("on").interval.value, 1); // bit for bit
                EXPECT_EQ(figure.arms.at("on").n, 2);
            }
        // Vectors of the other method are of no use, and an adapter's modes have none.
        run.suites = {"perplexity"};
        run.dataFolder = tests::writeData(folder);
        run.subject.mode = engine::model::Mode::InfiniLinear;
        EXPECT_EQ(codeOf([&] { measure(run, {}); }), Code::WrongUse);
    }
}

TEST(Perplexity, NamesTheLimitThatTheVectorsOfABookNeed) {
    const tests::TemporaryFolder folder;
    Measurement run = tests::tinyRun(folder, {"smoke"});
    const std::string path = folder.file("a.safetensors");
    std::ofstream(path, std::ios::binary)
        << tests::tinyPrompt(1, "autocompressor", run.subject.model->weights->sha256).bytes();
    auto narrow = std::make_shared<engine::model::Model>(*run.subject.model->withAdapter(path));
    auto weights = std::make_shared<engine::model::Weights>(*narrow->weights);
    weights->config.contextTokens = 64 + 3;
    narrow->weights = weights;
    run.subject.model = narrow;
    run.subject.mode = engine::model::Mode::Autocompressor;
    try {
        const Data data = sampleData(200);
        Lines lines("", false, {});
        const Plan plan;
        Bench bench{run.subject, plan, data, lines, [](const Step&) { return true; }, {}};
        measurePerplexity(bench);
        ADD_FAILURE() << "no error";
    } catch (const engine::Error& error) {
        EXPECT_EQ(error.code(), Code::DoesNotFit);
        EXPECT_NE(std::string(error.what()).find("give --limit 1"), std::string::npos)
            << error.what();
    }
}

TEST(Smoke, AStoppedRunGoesOnWhereItStopped) {
    const tests::TemporaryFolder folder;
    Measurement run = tests::tinyRun(folder);
    const std::string whole = measure(run, {});
    run.linesPath = folder.file("lines.jsonl");
    int left = 25;
    const std::string part = measure(run, {{}, [&](const Step&) { return --left > 0; }});
    EXPECT_EQ(part.find("\"done\""), std::string::npos);
    const std::size_t before = itemsOf(part).size();
    EXPECT_GT(before, 0U);
    EXPECT_LT(before, itemsOf(whole).size());
    run.isResumed = true;
    const std::string rest = measure(run, {});
    EXPECT_EQ(rest, tests::contentOf(run.linesPath));
    EXPECT_EQ(rest.rfind(part, 0), 0U);
    auto expected = timeless(whole), found = timeless(rest);
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, expected);
    // Other settings are another measurement.
    run.subject.N = 128;
    EXPECT_EQ(codeOf([&] { measure(run, {}); }), Code::WrongUse);
}

TEST(Passkey, AnUntrainedMemoryAndItsControlsAreAtChance) {
    const tests::TemporaryFolder folder;
    Measurement run = inRepeatedText(folder);
    run.plan.samples = 20;
    run.plan.lengths = {512};
    run.plan.depths = {0, 50};
    const std::string text = measure(run, {});
    const Report made = report({{"x", text}});
    int cells = 0;
    for (const Figure& figure : made.figures) {
        if (figure.score != "digits")
            continue;
        ++cells;
        for (const char* arm : {"on", "zeroed", "other"})
            EXPECT_LT(figure.arms.at(arm).interval.value, 0.3) << figure.name() << " " << arm;
    }
    EXPECT_EQ(cells, 4); // two depths, cut and whole
    std::set<std::string> ids;
    for (const Json& json : itemsOf(text)) {
        EXPECT_EQ(json["method"], "stream");
        EXPECT_TRUE(json["error"].is_null());
        EXPECT_EQ(json["scores"]["digits"][1], 5);
        EXPECT_TRUE(
            ids.insert(json["id"].get<std::string>() + json["arm"].get<std::string>()).second);
    }
    EXPECT_EQ(ids.size(), 2U * 20 * 4);
}

TEST(Passkey, OtherMethodsSayWhatTheyAre) {
    const tests::TemporaryFolder folder;
    Measurement run = inRepeatedText(folder);
    run.plan.samples = 2;
    run.plan.lengths = {256};
    run.plan.depths = {0, 100};
    run.plan.method = Method::Increment;
    for (const Json& json : itemsOf(measure(run, {}))) {
        EXPECT_EQ(json["method"], "increment");
        EXPECT_EQ(json["groups"][0].get<std::string>().rfind("repeat-increment/", 0), 0U);
    }
    run.plan.method = Method::Stream;
    run.plan.arms = {"on", "full"};
    run.subject.mode = engine::model::Mode::Xl;
    std::set<std::string> arms;
    for (const Json& json : itemsOf(measure(run, {}))) {
        EXPECT_EQ(json["method"], "plain");
        arms.insert(json["arm"].get<std::string>());
    }
    EXPECT_EQ(arms, (std::set<std::string>{"on", "full"}));
    // What fails is counted and not left out: two windows of 1,000 and more do not fit.
    run.subject.N = 1024;
    run.subject.mode = engine::model::Mode::InfiniLinear;
    run.plan.lengths = {2048};
    run.plan.depths = {100};
    run.plan.arms = {"on", "local"};
    run.subject.N = 1024;
    const auto items = itemsOf(measure(run, {}));
    EXPECT_EQ(items.size(), 4U);
}

TEST(Suites, MeasureTheTestMaterial) {
    const tests::TemporaryFolder folder;
    Measurement run =
        tests::tinyRun(folder, {"passkey", "needle", "perplexity", "distance", "card"});
    run.dataFolder = tests::writeData(folder);
    run.plan.samples = 2;
    run.plan.lengths = {256};
    run.plan.needles = {2};
    run.plan.limit = 3;
    const std::string text = measure(run, {});
    std::map<std::string, int> counts;
    for (const Json& json : itemsOf(text)) {
        EXPECT_TRUE(json["error"].is_null()) << json;
        ++counts[json["suite"].get<std::string>() + " " + json["arm"].get<std::string>()];
        if (json["suite"] == "distance" && json["arm"] == "other") {
            EXPECT_EQ(json["other"], "fairytaleqa/native-american-fairybook");
        }
    }
    EXPECT_EQ(counts["distance on"], 3);
    EXPECT_EQ(counts["distance other"], 3); // dev has one collection, and borrows a memory
    EXPECT_EQ(counts["needle on"], 2);
    EXPECT_EQ(counts["passkey on"], 2 * 2 * 5);
    EXPECT_GT(counts["perplexity on"], 4);
    EXPECT_GT(counts["card on"], 0);
    EXPECT_NE(report({{"x", text}}).markdown.find("not comparable"), std::string::npos);
}

TEST(Suites, RefuseWhatMeansNothing) {
    const tests::TemporaryFolder folder;
    const Plan plan;
    const auto refused = [&](const std::vector<std::string>& suites, const Plan& how,
                             const std::string& part = "dev") {
        EXPECT_EQ(codeOf([&] { requireMeaning(suites, how, part); }), Code::WrongUse);
    };
    refused({}, plan);
    refused({"passky"}, plan);
    refused({"passkey"}, plan, "train");
    Plan arms, haystacks;
    arms.arms = {"off"};
    refused({"passkey"}, arms);
    haystacks.haystacks = {"news"};
    refused({"passkey"}, haystacks);
    EXPECT_NO_THROW(requireMeaning({"all", "smoke"}, plan, "test"));
    EXPECT_EQ(codeOf([] { methodFromName("replay"); }), Code::WrongUse);

    Measurement run = tests::tinyRun(folder, {"passkey"});
    run.plan.haystacks = {"repeat"};
    run.plan.lengths = {64};
    EXPECT_EQ(codeOf([&] { measure(run, {}); }), Code::WrongUse); // shorter than two segments
    run.plan.lengths = {512};
    run.plan.depths = {101};
    EXPECT_EQ(codeOf([&] { measure(run, {}); }), Code::WrongUse);
    run.dataFolder = tests::writeData(folder);
    run.suites = {"needle"};
    run.plan.needles = {0};
    EXPECT_EQ(codeOf([&] { measure(run, {}); }), Code::WrongUse);
    run.plan.needles = {16};
    run.plan.lengths = {128};
    EXPECT_EQ(codeOf([&] { measure(run, {}); }), Code::WrongUse); // no room for 16
    run.suites = {"perplexity"};
    run.subject.mode = engine::model::Mode::Xl;
    EXPECT_EQ(codeOf([&] { measure(run, {}); }), Code::WrongUse);
    EXPECT_EQ(codeOf([] { around({}, 0, 1); }), Code::NoText);
}

TEST(DataTest, PartsHoldWhatTheyShould) {
    const tests::TemporaryFolder folder;
    const std::string root = tests::writeData(folder);
    const Data dev = loadData(root, "dev"), test = loadData(root, "test"),
               all = loadData(root, "all");
    EXPECT_EQ(dev.books.size(), 4U);
    EXPECT_EQ(dev.books[0].name(), "narrativeqa/41");
    EXPECT_EQ(test.books.size(), 4U);
    EXPECT_EQ(all.books.size(), 8U);
    EXPECT_EQ(dev.collections.size(), 1U);
    EXPECT_EQ(dev.others.size(), 2U);
    EXPECT_EQ(test.collections.size(), 2U);
    EXPECT_EQ(all.others.size(), 0U);
    EXPECT_EQ(dev.haystack.size(), 8U + 3 + 2);
    // Offsets count code points, bytes are longer by one behind the é.
    const Question& question = dev.collections[0].questions[0];
    EXPECT_EQ(dev.collections[0].text.utf8.substr(
                  static_cast<std::size_t>(question.begin),
                  static_cast<std::size_t>(question.end - question.begin)),
              "é there was a king");
}

TEST(DataTest, TextsOfTheTrainingHaveNoResult) {
    const tests::TemporaryFolder folder;
    Data data = loadData(tests::writeData(folder), "dev");
    EXPECT_TRUE(withoutSeen(data, {std::string(64, '0')}).empty());
    // The collections of this material have one text, so one hash takes them all.
    EXPECT_EQ(withoutSeen(data, {data.books[1].sha256, data.others[0].text.sha256}).size(), 4U);
    EXPECT_EQ(data.books.size(), 3U);
    EXPECT_EQ(data.books[1].name(), "narrativeqa/215");
    EXPECT_TRUE(data.collections.empty() && data.others.empty());
    EXPECT_EQ(data.haystack.size(), 7U + 2);
}

TEST(DataTest, WhatIsMissingOrWrongIsNamed) {
    const tests::TemporaryFolder folder;
    const std::filesystem::path root = tests::writeData(folder);
    EXPECT_EQ(codeOf([&] { loadData(root, "train"); }), Code::WrongUse);
    const auto story = root / "fairytaleqa/irish-fairybook.json";
    const std::string whole = tests::contentOf(story);
    for (const std::string& broken : {std::string("{"), std::string("{}"),
                                      whole.substr(0, whole.find("[5,23]")) + "[5,9999]]}]}",
                                      whole.substr(0, whole.find("[5,23]")) + "[5,5]]}]}"}) {
        std::ofstream(story, std::ios::trunc) << broken;
        EXPECT_EQ(codeOf([&] { loadData(root, "dev"); }), Code::BadFile) << broken;
    }
    std::filesystem::remove(story);
    EXPECT_EQ(codeOf([&] { loadData(root, "dev"); }), Code::FileMissing);
    std::filesystem::remove(root / "narrativeqa/41_a-title.txt");
    try {
        loadData(root, "test");
        ADD_FAILURE();
    } catch (const engine::Error& error) {
        EXPECT_NE(std::string(error.what()).find("narrativeqa/41_*.txt"), std::string::npos);
    }
}

TEST(Choices, PlacesAreCountedInSegments) {
    ReadBook book;
    for (std::uint32_t i = 0; i < 25; ++i)
        book.tokens.push_back({5, 4 * i, 4 * i + 4});
    book.state.segments = 2; // of 10 tokens; five are pending
    EXPECT_EQ(segmentsBehind(book, 10, 4), 2);
    EXPECT_EQ(segmentsBehind(book, 10, 40), 2);
    EXPECT_EQ(segmentsBehind(book, 10, 41), 1);
    EXPECT_EQ(segmentsBehind(book, 10, 80), 1);
    EXPECT_EQ(segmentsBehind(book, 10, 81), 0);
    EXPECT_EQ(binOf(1), "1");
    EXPECT_EQ(binOf(3), "2-3");
    EXPECT_EQ(binOf(8), "8-15");
}

} // namespace
