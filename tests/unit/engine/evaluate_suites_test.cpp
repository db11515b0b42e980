#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <set>
#include <span>

#include <gtest/gtest.h>

#include "engine/evaluate/choice.h"
#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/numbers.h"
#include "engine/evaluate/squad.h"
#include "engine/model/transformer.h"
#include "tests/support/tiny_adapter.h"
#include "tests/support/tiny_prompt.h"
#include "tests/unit/engine/evaluate_support.h"
#include "tests/unit/model/hand_model.h"

namespace {

using namespace engine::evaluate;
using engine::Code;
using engine::model::Mode;
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
        for (const char* name :
             {"tokens-per-second", "resident-megabytes-of-process", "first-token-seconds"})
            json["scores"].erase(name);
        lines.push_back(json.dump());
    }
    return lines;
}

/// A number of each record, by its id and arm; `place` is a JSON pointer.
std::map<std::string, double> measured(const Lines& lines, const char* place) {
    std::map<std::string, double> found;
    for (const Json& json : lines.records())
        found[json["id"].get<std::string>() + " " + json["arm"].get<std::string>()] =
            json[Json::json_pointer(place)].get<double>();
    return found;
}

/// Pass keys in the published filler, which needs no test material.
Measurement inRepeatedText(const tests::TemporaryFolder& folder) {
    Measurement run = tests::tinyRun(folder, {"passkey"});
    run.plan.haystacks = {"repeat"};
    return run;
}

/// A tiny model with an adapter whose gates are open, so that its memory changes what it says.
Subject trainedSubject(const tests::TemporaryFolder& folder,
                       const std::shared_ptr<const engine::model::Model>& model) {
    const std::string path = folder.file("adapter-" + model->tokenizer->sha256() + ".safetensors");
    std::ofstream(path, std::ios::binary) << tests::tinyAdapter(1, model->weights->sha256).bytes();
    return {model->withAdapter(path), Mode::InfiniLinear, 64};
}

Subject trainedSubject(const tests::TemporaryFolder& folder) {
    return trainedSubject(folder, tests::tinyModelLoaded(folder));
}

/// One whose texts begin with their first byte, and one whose texts begin with a token.
std::vector<Subject> trainedSubjects(const tests::TemporaryFolder& folder) {
    return {trainedSubject(folder), trainedSubject(folder, tests::tinyModelThatBegins(folder))};
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
    EXPECT_EQ(arms["squad"], (Names{"on", "zeroed", "other"}));
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
            // The store of knn alone is narrower.
            const auto bytes = json["scores"]["bytes"].get<std::int64_t>(),
                       numbers = json["scores"]["numbers"].get<std::int64_t>();
            EXPECT_EQ(bytes == 4 * numbers, json["arm"] != "knn") << json["arm"];
            EXPECT_GE(bytes, 2 * numbers) << json["arm"];
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

TEST(Perplexity, ReadsTheTokensBeforeASegmentAgainWhereThatIsAskedFor) {
    constexpr std::int64_t kReread = 64;
    const tests::TemporaryFolder folder;
    Measurement run = tests::tinyRun(folder);
    const std::int64_t N = run.subject.N;
    run.plan.arms = {"on", "reread", "reread-zeroed", "reread-other"};
    std::map<std::string, std::map<std::string, double>> nats;
    for (const Json& json : itemsOf(measure(run, {})))
        if (json["suite"] == "perplexity")
            nats[json["arm"]][json["id"]] = json["scores"]["all"][0].get<double>();
    int compared = 0;
    for (const Text& text : sampleData(static_cast<int>(N / 2)).books) {
        const std::vector<std::int32_t> ids = run.subject.model->tokenizer->encodeIds(text.utf8);
        for (std::int64_t s = 1; (s + 1) * N <= std::ssize(ids); ++s) {
            const std::string id = text.name() + "/" + std::to_string(s + 1);
            if (!nats["on"].contains(id)) // behind the few that are measured
                break;
            const auto shown = std::span(ids).subspan(static_cast<std::size_t>(s * N - kReread),
                                                      static_cast<std::size_t>(N + kReread));
            Window window(run.subject.model, Mode::Local, nothing());
            double expected = 0;
            for (const double one :
                 window.score(shown.first(kReread + 1), shown.subspan(kReread + 1)).nats)
                expected -= one;
            ASSERT_TRUE(nats["reread-zeroed"].contains(id)) << id;
            EXPECT_NEAR(nats["reread-zeroed"][id], expected, 1e-3 * expected) << id;
            // The same text, and what its own or another's memory adds.
            EXPECT_NE(nats["reread"][id], nats["reread-zeroed"][id]) << id;
            EXPECT_NE(nats["reread"][id], nats["reread-other"][id]) << id;
            EXPECT_NE(nats["reread"][id], nats["on"][id]) << id;
            ++compared;
        }
    }
    EXPECT_GT(compared, 1);
    EXPECT_EQ(nats["reread"].size(), static_cast<std::size_t>(compared));
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

TEST(Smoke, AFinishedRunReadsNothingAgain) {
    const tests::TemporaryFolder folder;
    Measurement run = tests::tinyRun(folder);
    run.linesPath = folder.file("lines.jsonl");
    const std::string whole = measure(run, {});
    run.isResumed = true;
    int steps = 0;
    const std::string again = measure(run, {{}, [&](const Step&) {
                                                ++steps;
                                                return true;
                                            }});
    EXPECT_EQ(steps, 0);
    EXPECT_EQ(timeless(again), timeless(whole));
}

TEST(Perplexity, ReadsNoFurtherThanWhatIsMissing) {
    const tests::TemporaryFolder folder;
    const Measurement run = tests::tinyRun(folder);
    const Data data = sampleData(60);
    Plan plan;
    plan.limit = 4;
    plan.arms = {"on", "zeroed", "other", "xl", "full"};
    const auto measureInto = [&](Lines& lines) {
        std::int64_t steps = 0;
        Bench bench{run.subject,
                    plan,
                    data,
                    lines,
                    [&](const Step& step) {
                        ++steps;
                        EXPECT_LE(step.done, step.total);
                        return true;
                    },
                    {}};
        EXPECT_TRUE(measurePerplexity(bench));
        return steps;
    };
    Lines whole("", false, {}), missing("", false, {});
    EXPECT_EQ(measureInto(whole), 2 * 4);
    EXPECT_EQ(measureInto(whole), 0);
    std::vector<Json> left;
    for (const Json& json : whole.records()) {
        if (json["id"] == "sample/sample-1/2" && json["arm"] == "full")
            left.push_back(json);
        else
            missing.add(json);
    }
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(measureInto(missing), 2 * 2); // two segments of each book
    EXPECT_EQ(missing.records().size(), whole.records().size());
    EXPECT_EQ(missing.records().back()["scores"], left.front()["scores"]);
}

TEST(Perplexity, QuartersAreThoseOfTheWholeBookWhateverTheLimit) {
    const tests::TemporaryFolder folder;
    const Measurement run = tests::tinyRun(folder);
    const Data data = sampleData(60);
    const auto groupsOf = [&](std::int64_t limit) {
        Plan plan;
        plan.limit = limit;
        plan.arms = {"on"};
        Lines lines("", false, {});
        Bench bench{run.subject, plan, data, lines, [](const Step&) { return true; }, {}};
        EXPECT_TRUE(measurePerplexity(bench));
        std::map<std::string, std::pair<Json, Json>> groups;
        for (const Json& json : lines.records())
            groups[json["id"]] = {json["groups"], json["document_items"]};
        return groups;
    };
    const auto whole = groupsOf(0), limited = groupsOf(4);
    EXPECT_EQ(limited.size(), 2U * 4);
    EXPECT_GT(whole.size(), 2U * 16);
    for (const auto& [id, groups] : limited)
        EXPECT_EQ(groups, whole.at(id)) << id;
    std::int64_t items = 0;
    for (const Text& text : data.books)
        items += limited.at(text.name() + "/1").second.get<std::int64_t>();
    EXPECT_EQ(items, std::ssize(whole));
}

TEST(Perplexity, WhatFullAttentionReadsIsAGroupOfItsOwn) {
    const tests::TemporaryFolder folder;
    Measurement run = tests::tinyRun(folder);
    auto narrow = std::make_shared<engine::model::Model>(*run.subject.model);
    auto weights = std::make_shared<engine::model::Weights>(*narrow->weights);
    weights->config.contextTokens = 3 * 64 + 10;
    narrow->weights = weights;
    run.subject.model = narrow;
    const Data data = sampleData(60);
    Plan plan;
    plan.limit = 5;
    plan.arms = {"on", "full"};
    Lines lines("", false, {});
    Bench bench{run.subject, plan, data, lines, [](const Step&) { return true; }, {}};
    ASSERT_TRUE(measurePerplexity(bench));
    int figures = 0;
    for (const Figure& figure : figuresOf(lines.records())) {
        if (figure.score != "all")
            continue;
        if (figure.group == "within-context" || figure.group == "beyond-first") {
            ++figures;
            EXPECT_EQ(figure.arms.at("full").n, 2 * 2);
            EXPECT_EQ(figure.arms.at("on").n, figure.group == "within-context" ? 2 * 2 : 2 * 4);
        }
    }
    EXPECT_EQ(figures, 2);
}

TEST(Smoke, TheRunSaysWhatItsAdapterWasTrainedFor) {
    const tests::TemporaryFolder folder;
    Measurement run = inRepeatedText(folder);
    run.plan.samples = 1;
    run.plan.lengths = {128};
    run.plan.depths = {0};
    const auto told = [&] { return parseRecords(measure(run, {}), "x").front(); };
    EXPECT_FALSE(told().contains("adapter_rule"));
    run.subject = trainedSubject(folder);
    EXPECT_EQ(told()["adapter_rule"], "linear");
    EXPECT_EQ(told()["adapter_segment"], 1024);
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
        EXPECT_EQ(json["block"], blockOf("passkey", json["id"]));
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
}

TEST(Passkey, ATextThatDoesNotFitIsAFailureAndNotTheEnd) {
    const tests::TemporaryFolder folder;
    Measurement run = inRepeatedText(folder);
    run.plan.samples = 2;
    run.plan.lengths = {256, 4096}; // the model's context holds 2,048
    run.plan.depths = {0};
    run.plan.arms = {"on", "zeroed", "other"};
    run.subject.mode = Mode::Full;
    const std::string text = measure(run, {});
    int failed = 0;
    for (const Json& json : itemsOf(text)) {
        // Nothing is read for a zeroed state.
        const bool isTooLong = json["id"].get<std::string>().find("/4096/") != std::string::npos &&
                               json["arm"] != "zeroed";
        EXPECT_EQ(json["error"].is_null(), !isTooLong) << json;
        EXPECT_EQ(json["scores"]["digits"][1], 5) << json;
        if (!isTooLong)
            continue;
        ++failed;
        EXPECT_EQ(json["scores"]["exact"], 0);
        EXPECT_EQ(json["scores"]["digits"][0], 0);
        EXPECT_NE(json["error"].get<std::string>().find("2048"), std::string::npos) << json;
    }
    EXPECT_EQ(failed, 4);
    const auto records = parseRecords(text, "x");
    EXPECT_EQ(records.back()["failures"], 4);
    int cells = 0;
    for (const Figure& figure : figuresOf(records)) {
        if (figure.name() != "passkey/repeat/4096/0/exact")
            continue;
        ++cells;
        for (const char* arm : {"on", "other"}) {
            EXPECT_EQ(figure.arms.at(arm).n, 2) << arm;
            EXPECT_EQ(figure.arms.at(arm).failures, 2) << arm;
            EXPECT_EQ(figure.arms.at(arm).interval.value, 0) << arm;
        }
        EXPECT_EQ(figure.arms.at("zeroed").failures, 0);
    }
    EXPECT_EQ(cells, 1);
}

TEST(Passkey, FullAttentionIsNotReadForAQuestionThatHasNoRoom) {
    const tests::TemporaryFolder folder;
    Measurement run = inRepeatedText(folder);
    run.plan.samples = 2;
    run.plan.lengths = {1024, 2048}; // the model's context holds 2,048, and a question besides
    run.plan.depths = {0, 100};
    run.plan.arms = {"on"};
    run.subject.mode = Mode::Full;
    std::set<std::string> read;
    int failed = 0;
    for (const Json& json : itemsOf(measure(run, {{}, [&](const Step& step) {
                                                      read.insert(step.what);
                                                      return true;
                                                  }}))) {
        const bool isTooLong = json["id"].get<std::string>().find("/2048/") != std::string::npos;
        EXPECT_EQ(json["error"].is_null(), !isTooLong) << json;
        if (!isTooLong)
            continue;
        ++failed;
        const std::string error = json["error"];
        EXPECT_NE(error.find("full attention over 2048 tokens and the question"), std::string::npos)
            << error;
        EXPECT_NE(error.find("shorter --lengths"), std::string::npos) << error;
    }
    EXPECT_EQ(failed, 4);
    EXPECT_EQ(read, (std::set<std::string>{"passkey repeat/1024/0", "passkey repeat/1024/100"}));
}

TEST(Passkey, MoreSamplesGoOnWhereTheControlsStayTheSame) {
    const tests::TemporaryFolder folder;
    Measurement run = inRepeatedText(folder);
    run.linesPath = folder.file("lines.jsonl");
    run.plan.lengths = {128};
    run.plan.depths = {0};
    run.plan.arms = {"on", "other"};
    const auto measured = [&](std::int64_t samples, bool isResumed) {
        run.plan.samples = samples;
        run.isResumed = isResumed;
        return measure(run, {});
    };
    for (const std::int64_t before : {10, 3}) {
        measured(before, false);
        const std::string kept = tests::contentOf(run.linesPath);
        if (before == 10) { // a whole group
            auto resumed = timeless(measured(12, true));
            auto whole = timeless([&] {
                Measurement other = run;
                other.linesPath.clear();
                other.isResumed = false;
                return measure(other, {});
            }());
            std::sort(resumed.begin(), resumed.end());
            std::sort(whole.begin(), whole.end());
            EXPECT_EQ(resumed, whole);
            continue;
        }
        for (const std::int64_t other : {2, 4, 10, 20}) {
            try {
                measured(other, true);
                ADD_FAILURE() << other;
            } catch (const engine::Error& error) {
                EXPECT_EQ(error.code(), Code::WrongUse);
                const std::string last = std::to_string(std::min<std::int64_t>(other, 10) - 1);
                EXPECT_EQ(std::string(error.what()),
                          "of 3 samples these lines have measured repeat/128/0/0 with the memory "
                          "of repeat/128/0/2, of " +
                              std::to_string(other) + " that would be repeat/128/0/" + last +
                              "; give --samples 3, or begin a new file with -o.");
            }
            EXPECT_EQ(tests::contentOf(run.linesPath), kept);
        }
        EXPECT_NO_THROW(measured(before, true));
        // Without these controls nothing depends on how many there are.
        run.plan.arms = {"on"};
        EXPECT_NO_THROW(measured(4, true));
    }
}

/// What the resumed lines of a run are refused with, after a change; empty: they are gone on with.
template <typename Change>
std::string refusalOf(Measurement run, const std::string& kept, const Change& change) {
    std::ofstream(run.linesPath, std::ios::trunc) << kept;
    run.isResumed = true;
    change(run);
    try {
        measure(run, {});
        return "";
    } catch (const engine::Error& error) {
        EXPECT_EQ(error.code(), Code::WrongUse);
        EXPECT_EQ(tests::contentOf(run.linesPath), kept);
        return error.what();
    }
}

TEST(Passkey, ControlsOfCellsThatThePlanDoesNotAskForMayBeOthers) {
    const tests::TemporaryFolder folder;
    Measurement first = tests::tinyRun(folder, {"passkey"});
    first.dataFolder = tests::writeData(folder);
    first.linesPath = folder.file("lines.jsonl");
    first.plan.haystacks = {"repeat", "book"};
    first.plan.method = Method::Increment;
    first.plan.samples = 10;
    first.plan.lengths = {128};
    first.plan.depths = {0};
    first.plan.arms = {"on", "other"};
    const std::string kept = measure(first, {});
    const auto refusal = [&](const auto& change) {
        return refusalOf(first, kept, [&](Measurement& run) {
            run.plan.samples = 12;
            change(run);
        });
    };
    // Increments read the repeated text for a hundred samples at once, and the book for ten.
    EXPECT_NE(refusal([](Measurement&) {})
                  .find("repeat-increment/128/0/0 with the memory of repeat-increment/128/0/9, of "
                        "12 that would be repeat-increment/128/0/11;"),
              std::string::npos);
    EXPECT_EQ(refusal([](Measurement& run) { run.plan.haystacks = {"book"}; }), "");
    EXPECT_NE(tests::contentOf(first.linesPath).find("book-increment/128/0/11"), std::string::npos);
    EXPECT_EQ(refusal([](Measurement& run) { run.plan.depths = {50}; }), "");
    // No book is opened, so that nothing tells how its samples were read.
    EXPECT_EQ(refusal([](Measurement& run) {
                  run.plan.haystacks = {"repeat"};
                  run.plan.lengths = {192};
              }),
              "");
    EXPECT_EQ(refusal([](Measurement& run) { run.plan.samples = 1; }), ""); // pairs nothing
}

TEST(Needle, ControlsOfOtherCountsMayBeOthers) {
    const tests::TemporaryFolder folder;
    Measurement first = tests::tinyRun(folder, {"needle"});
    first.dataFolder = tests::writeData(folder);
    first.linesPath = folder.file("lines.jsonl");
    first.plan.samples = 3;
    first.plan.lengths = {256};
    first.plan.needles = {1};
    first.plan.arms = {"on", "other"};
    const std::string kept = measure(first, {});
    const auto refusal = [&](int needles) {
        return refusalOf(first, kept, [&](Measurement& run) {
            run.plan.samples = 4;
            run.plan.needles = {needles};
        });
    };
    EXPECT_NE(refusal(1).find("book/256/1/0 with the memory of book/256/1/2,"), std::string::npos);
    EXPECT_EQ(refusal(2), "");
}

TEST(Passkey, AnotherSettingIsNamedBeforeTheControls) {
    const tests::TemporaryFolder folder;
    Measurement first = inRepeatedText(folder);
    first.linesPath = folder.file("lines.jsonl");
    first.plan.samples = 10;
    first.plan.lengths = {256};
    first.plan.depths = {0};
    first.plan.arms = {"on", "other"};
    const std::string kept = measure(first, {});
    EXPECT_NE(refusalOf(first, kept,
                        [](Measurement& run) {
                            run.plan.samples = 12;
                            run.plan.method = Method::Increment;
                        })
                  .find("another setting of \"method\""),
              std::string::npos);
    EXPECT_NE(refusalOf(first, kept,
                        [](Measurement& run) {
                            run.plan.samples = 4;
                            run.subject.N = 128;
                        })
                  .find("another setting of \"segment\""),
              std::string::npos);
}

TEST(Passkey, TenSamplesAtMostShareAStretchOfABook) {
    const tests::TemporaryFolder folder;
    const Measurement run = tests::tinyRun(folder);
    const Data data = sampleData(20);
    for (const Method method : {Method::Stream, Method::Increment}) {
        Plan plan;
        plan.method = method;
        plan.samples = 11;
        plan.lengths = {128};
        plan.depths = {0};
        plan.arms = {"on"};
        Lines lines("", false, {});
        std::set<std::string> told;
        Bench bench{run.subject,
                    plan,
                    data,
                    lines,
                    [&](const Step& step) {
                        told.insert(step.what);
                        return true;
                    },
                    {}};
        EXPECT_TRUE(measurePasskey(bench));
        EXPECT_TRUE(told.contains("passkey book, samples from 11"));
        // The filler is the same for all groups: increments read it once.
        EXPECT_EQ(told.contains("passkey repeat, samples from 11"), method == Method::Stream);
        EXPECT_EQ(lines.records().size(), 22U);
    }
}

/// Values that are computed in the same way have the same bits; others are further apart.
constexpr double kSame = 1e-6, kApart = 1e-5;

/// Whatever adapter is in use, as the arms of perplexity say it.
TEST(Controls, ModesWithoutAMemoryRunOnTheBaseModel) {
    const tests::TemporaryFolder folder;
    const auto trained = trainedSubject(folder).model, base = tests::tinyModelLoaded(folder);
    ASSERT_TRUE(trained->adapter->isTrained());
    const auto book = tests::randomIds(4, 256, 200), question = tests::randomIds(5, 20, 200);
    for (const Mode mode :
         {Mode::InfiniLinear, Mode::Local, Mode::Xl, Mode::Compressive, Mode::Knn, Mode::Full}) {
        const auto nats = [&](const std::shared_ptr<const engine::model::Model>& model) {
            Window window(model, mode, tests::readIds(model, book, mode, 64));
            return window.score(std::span(question).first(10), std::span(question).subspan(10))
                .nats;
        };
        EXPECT_EQ(nats(trained) == nats(base), mode != Mode::InfiniLinear)
            << engine::model::nameOf(mode);
    }
}

void expectApart(double on, double zeroed, double other, const std::string& where) {
    EXPECT_GT(std::abs(on - zeroed), kApart) << where;
    EXPECT_GT(std::abs(on - other), kApart) << where;
    EXPECT_GT(std::abs(other - zeroed), kApart) << where;
}

/// Nats of the scored tokens of a segment read over a memory; null: by the base model.
double segmentNats(const engine::model::Model& model, std::span<const std::int32_t> ids,
                   const engine::model::Memory* memory) {
    const c10::InferenceMode inference;
    std::shared_ptr<const engine::model::Adapter> adapter;
    if (memory)
        adapter = model.adapter;
    const engine::model::Transformer transformer(model.weights, adapter);
    engine::model::Pass pass;
    pass.read = memory;
    const auto N = static_cast<std::int64_t>(ids.size());
    const at::Tensor x = transformer.forward(engine::model::idTensor(ids, N), pass);
    double nats = 0;
    for (const float log :
         transformer.logProbabilities(x.select(0, 0).narrow(0, 0, N - 1), ids.subspan(1)))
        nats -= log;
    return nats;
}

void expectPerplexityOf(const Subject& subject) {
    const Data data = sampleData(60);
    Plan plan;
    plan.limit = 4;
    plan.arms = {"on", "zeroed", "other"};
    Lines lines("", false, {});
    Bench bench{subject, plan, data, lines, [](const Step&) { return true; }, {}};
    ASSERT_TRUE(measurePerplexity(bench));
    const auto found = measured(lines, "/scores/all/0");
    ASSERT_EQ(found.size(), 2U * (4 + 4 + 3)); // before the first segment no memory is another's
    std::vector<std::vector<std::int32_t>> ids;
    for (const Text& text : data.books)
        ids.push_back(subject.model->tokenizer->encodeFromBegin(text.utf8));
    for (std::size_t b = 0; b < 2; ++b)
        for (std::size_t s = 0; s < 4; ++s) {
            const std::string id = data.books[b].name() + "/" + std::to_string(s + 1);
            const auto segment = std::span<const std::int32_t>(ids[b]).subspan(64 * s, 64);
            const double zeroed = segmentNats(*subject.model, segment, nullptr);
            EXPECT_NEAR(found.at(id + " zeroed"), zeroed, kSame) << id;
            if (s == 0)
                continue;
            const auto memoryOf = [&](std::size_t book) {
                return tests::readIds(subject.model,
                                      std::span<const std::int32_t>(ids[book]).first(64 * s),
                                      subject.mode, 64)
                    .memory;
            };
            const engine::model::Memory own = memoryOf(b), others = memoryOf(1 - b);
            const double on = segmentNats(*subject.model, segment, &own),
                         other = segmentNats(*subject.model, segment, &others);
            EXPECT_NEAR(found.at(id + " on"), on, kSame) << id;
            EXPECT_NEAR(found.at(id + " other"), other, kSame) << id;
            expectApart(on, zeroed, other, id);
        }
}

TEST(Controls, OfPerplexityReadWhatTheySay) {
    const tests::TemporaryFolder folder;
    for (const Subject& subject : trainedSubjects(folder))
        expectPerplexityOf(subject);
}

/// Nats of a number's digits as the answer to its question, which stands behind the last tokens of
/// a text.
double natsOf(const Hidden& hidden, Window& window, const engine::model::Tokenizer& tokenizer,
              std::vector<std::int32_t> prompt) {
    const auto question = tokenizer.encodeIds("\n" + hidden.question);
    prompt.insert(prompt.end(), question.begin(), question.end());
    const auto answer = tokenizer.encodeIds(" " + hidden.number);
    const Scored scored = window.score(prompt, answer);
    double sum = 0;
    for (std::size_t i = 0; i < answer.size(); ++i)
        if (tokenizer.bytesOf(answer[i]).find_first_of("0123456789") != std::string_view::npos)
            sum += scored.nats[i];
    return sum;
}

TEST(Controls, OfNumbersReadWhatTheySay) {
    const tests::TemporaryFolder folder;
    Subject subject = trainedSubject(folder);
    const engine::model::Tokenizer& tokenizer = *subject.model->tokenizer;
    constexpr std::int64_t kSamples = 3, kLength = 256;
    const Data data;
    Plan plan;
    plan.arms = {"on", "zeroed", "other"};
    for (const Mode mode : {Mode::InfiniLinear, Mode::Xl}) {
        subject.mode = mode;
        NumberTest test;
        test.suite = "passkey";
        test.document = "book";
        test.haystack = tests::randomIds(4, kLength + 8, 200);
        test.samples = kSamples;
        for (std::int64_t i = 0; i < kSamples; ++i) {
            Variant variant;
            // In the segment before the question, which is all that xl still sees.
            variant.edits.push_back(
                {3 * 64 + 5, tests::randomIds(10 + static_cast<std::uint64_t>(i), 40, 200)});
            test.variants.push_back(variant);
            test.hidden.push_back({"Which number is it? It is", std::to_string(23'456 + i)});
            Ask ask;
            ask.variant = static_cast<std::size_t>(i);
            ask.segments = kLength / 64;
            ask.length = kLength;
            ask.cell = "cell";
            ask.groups = {"cell"};
            ask.sample = i;
            ask.hidden = static_cast<std::size_t>(i);
            test.asks.push_back(ask);
        }
        Lines lines("", false, {});
        Bench bench{subject, plan, data, lines, [](const Step&) { return true; }, {}};
        ASSERT_TRUE(measureNumbers(bench, test));
        const auto found = measured(lines, "/nats");
        ASSERT_EQ(found.size(), 9U) << engine::model::nameOf(mode);
        const auto nats = [&](std::size_t sample, const engine::model::ReadingState& state) {
            Window window(subject.model, mode, state);
            return natsOf(test.hidden[sample], window, tokenizer,
                          {test.haystack.begin() + kLength, test.haystack.end()});
        };
        std::vector<engine::model::ReadingState> states;
        for (const Variant& variant : test.variants) {
            auto ids = edited(test.haystack, variant.edits);
            ids.resize(kLength);
            states.push_back(tests::readIds(subject.model, ids, mode, 64));
        }
        for (std::size_t i = 0; i < 3; ++i) {
            const std::string id = "cell/" + std::to_string(i);
            const double on = nats(i, states[i]), zeroed = nats(i, {}),
                         other = nats(i, states[(i + 2) % 3]); // of the sample before
            EXPECT_NEAR(found.at(id + " on"), on, kSame) << id;
            EXPECT_NEAR(found.at(id + " zeroed"), zeroed, kSame) << id;
            EXPECT_NEAR(found.at(id + " other"), other, kSame) << id;
            expectApart(on, zeroed, other, id);
        }
    }
}

/// What the suites hide is read and asked for again, behind the token that a text begins with.
void expectNumbersOf(const Subject& subject) {
    const engine::model::Tokenizer& tokenizer = *subject.model->tokenizer;
    constexpr std::int64_t kLength = 256;
    const std::int64_t kept = tokenizer.beginToken() >= 0 ? 1 : 0;
    const Data data = sampleData(60);
    Plan plan;
    plan.arms = {"on", "full"};
    plan.samples = 3;
    plan.lengths = {kLength};
    plan.depths = {0};
    plan.needles = {1};
    Lines lines("", false, {});
    Bench bench{subject, plan, data, lines, [](const Step&) { return true; }, {}};
    ASSERT_TRUE(measurePasskey(bench));
    ASSERT_TRUE(measureNeedle(bench));
    const auto found = measured(lines, "/nats");
    ASSERT_EQ(found.size(), 3U * 3 * 2);
    const auto compare = [&](const std::string& id, const std::string& haystack, const Edit& edit,
                             const Hidden& hidden) {
        std::vector<std::int32_t> text = tokenizer.encodeFromBegin("");
        const std::vector<std::int32_t> once =
            haystack == "book"
                ? bookTokens(tokenizer, data.haystack)
                : tokenizer.encodeIds(" The grass is green. The sky is blue. The sun is yellow. "
                                      "Here we go. There and back again.");
        while (std::ssize(text) < kLength + 8)
            text.insert(text.end(), once.begin(), once.end());
        const std::vector<std::int32_t> behind(text.begin() + kLength, text.begin() + kLength + 8);
        text = edited(text, {&edit, 1});
        text.resize(kLength);
        Window own(subject.model, subject.mode,
                   tests::readIds(subject.model, text, subject.mode, 64));
        EXPECT_NEAR(found.at(id + " on"), natsOf(hidden, own, tokenizer, behind), kSame) << id;
        Window whole(subject.model, Mode::Local, nothing());
        whole.feed(text);
        EXPECT_NEAR(found.at(id + " full"), natsOf(hidden, whole, tokenizer, behind), kSame) << id;
    };
    for (std::int64_t i = 0; i < plan.samples; ++i) {
        for (const std::string haystack : {"repeat", "book"}) {
            engine::Random key(seedOf(plan.seed, "passkey " + haystack, i)),
                place(seedOf(plan.seed, "place in " + haystack, i));
            const std::string number = fiveDigits(key);
            const auto needle = tokenizer.encodeIds(
                " The pass key is " + number + ". Remember it. " + number + " is the pass key.");
            const std::int64_t position =
                needlePosition(kLength / 64, 64, kept, 0, std::ssize(needle), false, place);
            compare(haystack + "/256/0/" + std::to_string(i), haystack, {position, needle},
                    {"What is the pass key? The pass key is", number});
        }
        engine::Random random(seedOf(plan.seed, "needle", 1, i)),
            place(seedOf(plan.seed, "places of 1", i, kLength));
        random.below(1); // the one that is asked for
        const std::string name =
            needleNames()[static_cast<std::size_t>(random.below(std::ssize(needleNames())))];
        const std::string number = fiveDigits(random);
        const auto needle =
            tokenizer.encodeIds(" The secret number of the " + name + " is " + number + ".");
        const std::int64_t position =
            stretchPosition(kept, kLength, 64, std::ssize(needle), false, place);
        compare("book/256/1/" + std::to_string(i), "book", {position, needle},
                {"What is the secret number of the " + name + "? The secret number of the " + name +
                     " is",
                 number});
    }
}

TEST(Controls, NumbersAreHiddenInTextsThatBeginAsAReadingDoes) {
    const tests::TemporaryFolder folder;
    for (const Subject& subject : trainedSubjects(folder))
        expectNumbersOf(subject);
}

void expectChoicesOf(const Subject& subject) {
    const engine::model::Tokenizer& tokenizer = *subject.model->tokenizer;
    const Data data = sampleData(30);
    Plan plan;
    plan.limit = 2;
    Lines lines("", false, {});
    Bench bench{subject, plan, data, lines, [](const Step&) { return true; }, {}};
    ASSERT_TRUE(measureDistance(bench));
    const auto found = measured(lines, "/scores/gold/0");
    ASSERT_EQ(found.size(), 2U * 2 * 3);
    std::vector<engine::model::ReadingState> states;
    for (const Collection& collection : data.collections)
        states.push_back(tests::readIds(
            subject.model, tokenizer.encodeFromBegin(collection.text.utf8), subject.mode, 64));
    for (std::size_t c = 0; c < 2; ++c)
        for (std::size_t q = 0; q < 2; ++q) {
            const Question& question = data.collections[c].questions[q];
            const auto gold = [&](const engine::model::ReadingState& state) {
                Window window(subject.model, subject.mode, state);
                window.feed(states[c].pending);
                const Scored scored =
                    window.score(tokenizer.encodeIds("\nQuestion: " + question.text + "\nAnswer:"),
                                 tokenizer.encodeIds(" " + question.answers.front()));
                return std::accumulate(scored.nats.begin(), scored.nats.end(), 0.0);
            };
            const double on = gold(states[c]), zeroed = gold({}), other = gold(states[1 - c]);
            EXPECT_NEAR(found.at(question.id + " on"), on, kSame) << question.id;
            EXPECT_NEAR(found.at(question.id + " zeroed"), zeroed, kSame) << question.id;
            EXPECT_NEAR(found.at(question.id + " other"), other, kSame) << question.id;
            expectApart(on, zeroed, other, question.id);
        }
}

TEST(Controls, OfChoicesReadWhatTheySay) {
    const tests::TemporaryFolder folder;
    for (const Subject& subject : trainedSubjects(folder))
        expectChoicesOf(subject);
}

TEST(Choices, AStoryIsMeasuredInAllArmsBeforeTheNextOne) {
    const tests::TemporaryFolder folder;
    const Subject subject{tests::tinyModelLoaded(folder), Mode::InfiniLinear, 64};
    const Data data = sampleData(24);
    const Plan plan;
    for (const auto& [suite, measureSuite] :
         {std::pair{"distance", &measureDistance}, {"card", &measureCard}}) {
        Lines lines("", false, {});
        int left = 1;
        Bench bench{subject,
                    plan,
                    data,
                    lines,
                    [&](const Step& step) {
                        EXPECT_LE(step.done, step.total);
                        // Somewhere in the middle of the second story.
                        const auto& records = lines.records();
                        if (step.unit == "items" &&
                            records.back()["block"] != records.front()["block"])
                            return --left > 0;
                        return true;
                    },
                    {}};
        ASSERT_FALSE(measureSuite(bench));
        std::map<std::string, std::set<std::string>> arms;
        std::set<std::string> blocks;
        for (const Json& json : lines.records()) {
            EXPECT_EQ(json["block"], blockOf(suite, json["id"]));
            blocks.insert(json["block"].get<std::string>());
            arms[json["arm"]].insert(json["id"].get<std::string>());
        }
        EXPECT_EQ(blocks.size(), 2U) << suite;
        ASSERT_EQ(arms.size(), 3U) << suite;
        EXPECT_GE(arms["other"].size(), 3U) << suite;
        EXPECT_EQ(arms["zeroed"], arms["other"]) << suite;
        EXPECT_EQ(arms["on"].size(), arms["other"].size() + 1) << suite;
    }
}

TEST(Card, WhatStandsInTheWindowIsLocal) {
    const tests::TemporaryFolder folder;
    const Subject subject{tests::tinyModelLoaded(folder), Mode::InfiniLinear, 512};
    Data data;
    data.collections.resize(1);
    Collection& collection = data.collections.front();
    collection.text.set = "sample";
    collection.text.id = "1";
    std::string& text = collection.text.utf8;
    const auto tell = [&](const std::string& story, const std::string& whom) {
        const auto begin = static_cast<std::int64_t>(text.size());
        for (int i = 0; i < 4; ++i)
            text += "On a long morning the patient " + whom + " carried heavy baskets home again. ";
        collection.stories.push_back({story, begin, static_cast<std::int64_t>(text.size())});
    };
    tell("early", "miller");
    while (subject.model->tokenizer->encodeIds(text).size() < 512)
        text += "More. ";
    tell("late", "captain");
    const auto tokens = subject.model->tokenizer->encodeIds(text).size();
    ASSERT_TRUE(tokens > 512 + 64 && tokens < 1024) << tokens;
    Plan plan;
    plan.arms = {"on"};
    Lines lines("", false, {});
    Bench bench{subject, plan, data, lines, [](const Step&) { return true; }, {}};
    ASSERT_TRUE(measureCard(bench));
    std::map<std::string, int> counts;
    for (const Json& json : lines.records()) {
        const bool isLate = json["id"].get<std::string>().find("/late/") != std::string::npos;
        EXPECT_EQ(json["groups"], isLate ? Json::array({"local"})
                                         : Json::array({"all", "sample/1", "story/early"}));
        EXPECT_EQ(json["block"], isLate ? "sample/1/late" : "sample/1/early");
        EXPECT_EQ(json["document_items"], 8);
        EXPECT_EQ(json["segments_behind"], isLate ? 0 : 1);
        ++counts[isLate ? "late" : "early"];
    }
    EXPECT_EQ(counts, (std::map<std::string, int>{{"early", 4}, {"late", 4}}));
}

TEST(Suites, NeedlesLieWhereTheirLengthSaysAndOneInFiveIsCut) {
    const tests::TemporaryFolder folder;
    Measurement run = tests::tinyRun(folder, {"needle"});
    run.dataFolder = tests::writeData(folder);
    run.plan.samples = 5;
    run.plan.needles = {2};
    run.plan.arms = {"on", "other"};
    run.plan.lengths = {512};
    std::map<std::string, Json> alone;
    int cut = 0;
    for (const Json& json : itemsOf(measure(run, {}))) {
        const std::string id = json["id"], arm = json["arm"];
        alone[id + arm] = json["nats"];
        const bool isCut = json["groups"][1] == "book/all/2-cut";
        EXPECT_TRUE(isCut || json["groups"][1] == "book/all/2-whole");
        EXPECT_TRUE(isCut || id != "book/512/2/4");
        cut += isCut && arm == "on" ? 1 : 0;
        if (arm == "other") {
            EXPECT_EQ(json["other"],
                      id == "book/512/2/0"
                          ? "book/512/2/4"
                          : "book/512/2/" + std::to_string(std::stoi(id.substr(11)) - 1));
        }
    }
    EXPECT_GE(cut, 1);
    EXPECT_EQ(alone.size(), 10U);
    // Beside a shorter text, and other counts, they lie where they lay alone.
    run.plan.lengths = {256, 512};
    run.plan.needles = {1, 2};
    for (const Json& json : itemsOf(measure(run, {}))) {
        const auto found =
            alone.find(json["id"].get<std::string>() + json["arm"].get<std::string>());
        if (found != alone.end()) {
            EXPECT_EQ(found->second, json["nats"]) << found->first;
            alone.erase(found);
        }
    }
    EXPECT_TRUE(alone.empty());
}

/// A text of more than half of the books is one for all samples, and is read once.
TEST(Suites, ATextAsLongAsTheBooksIsReadOnce) {
    const tests::TemporaryFolder folder;
    Measurement run = tests::tinyRun(folder, {"passkey"});
    run.dataFolder = tests::writeData(folder);
    run.plan.haystacks = {"book"};
    run.plan.method = Method::Increment;
    run.plan.samples = 11;
    run.plan.depths = {0};
    run.plan.arms = {"on"};
    const auto beginnings = [&](std::vector<std::int64_t> lengths) {
        run.plan.lengths = std::move(lengths);
        std::set<std::string> found;
        measure(run, {{}, [&](const Step& step) {
                          found.insert(step.what);
                          return true;
                      }});
        return found;
    };
    const std::string once = "passkey book, samples from 1",
                      again = "passkey book, samples from 11";
    const auto shorter = beginnings({128}), longer = beginnings({1'048'576 / 16});
    EXPECT_TRUE(shorter.contains(once) && shorter.contains(again));
    EXPECT_TRUE(longer.contains(once) && !longer.contains(again));
    // Beside a long text a short one stays what it is.
    const auto nats = [&](std::vector<std::int64_t> lengths) {
        run.plan.lengths = std::move(lengths);
        std::map<std::string, Json> result;
        for (const Json& json : itemsOf(measure(run, {})))
            result[json["id"]] = json["nats"];
        return result;
    };
    const auto alone = nats({128}), beside = nats({128, 65'536});
    EXPECT_EQ(alone.size(), 11U);
    for (const auto& [id, value] : alone)
        EXPECT_EQ(beside.at(id), value) << id;
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
    EXPECT_EQ(codeOf([&] { textFrom(*run.subject.model->tokenizer, {}, 0, 1); }), Code::NoText);
}

TEST(Suites, ATextIsAsLongAsItShouldBeWithItsBeginToken) {
    const tests::TemporaryFolder folder;
    const auto plain = tests::tinyModelLoaded(folder), begins = tests::tinyModelThatBegins(folder);
    using Ids = std::vector<std::int32_t>;
    const Ids ids{7, 8, 9};
    EXPECT_EQ(textFrom(*plain->tokenizer, ids, 5, 4), (Ids{9, 7, 8, 9}));
    EXPECT_EQ(textFrom(*begins->tokenizer, ids, 5, 4), (Ids{tests::kTinyStart, 9, 7, 8}));
    Ids filler = fillerTokens(*plain->tokenizer, 99);
    filler.insert(filler.begin(), tests::kTinyStart);
    EXPECT_EQ(fillerTokens(*begins->tokenizer, 100), filler);
}

TEST(Cost, KeysAndValuesAreAsWideAsTheyAreKept) {
    const tests::TemporaryFolder folder;
    engine::model::Weights weights = *tests::tinyModelLoaded(folder)->weights;
    EXPECT_EQ(kvBytesPerToken(weights), 2 * tests::kTinyHeadWidth * 2 * 2 * 4);
    for (const auto dtype : {engine::model::Dtype::BFloat16, engine::model::Dtype::Int8}) {
        weights.dtype = dtype;
        EXPECT_EQ(kvBytesPerToken(weights), 2 * tests::kTinyHeadWidth * 2 * 2 * 2);
    }
}

TEST(Squad, GistsAreScoredAsTheSetCompares) {
    const std::string paragraph = "Tesla sold 1,200 lamps in 1893, at the fair; eleven failed.";
    const Question question{"1", "a", "How many of 400 did he sell?", {"1,200", "the 1,200 lamps"},
                            0,   0};
    const auto scores = [&](const char* gist) { return gistScores(gist, question, paragraph); };
    EXPECT_EQ(scores("The 1,200!")["exact"], 1);
    const Json whole = scores("He sold 1,200 lamps.");
    EXPECT_EQ(whole["exact"], 0);
    EXPECT_EQ(whole["contained"], 1);
    EXPECT_DOUBLE_EQ(whole["f1"].get<double>(), 2 * 2 / (4.0 + 2)); // of "1,200 lamps"
    EXPECT_EQ(whole["stray-number"], 0);
    EXPECT_EQ(scores("He sold 1,2004 lamps.")["contained"], 0);
    EXPECT_EQ(scores("He sold 1,2004 lamps.")["stray-number"], 1);
    EXPECT_EQ(scores("He sold 400, and 11 failed.")["stray-number"], 0);
    EXPECT_EQ(scores("")["f1"], 0);
}

TEST(Squad, EachArmWritesOverTheMemoryThatItSays) {
    const tests::TemporaryFolder folder;
    const Subject subject = trainedSubject(folder);
    const Data data = sampleData(24);
    const Plan plan;
    Lines lines("", false, {});
    Bench bench{subject, plan, data, lines, [](const Step&) { return true; }, {}};
    ASSERT_TRUE(measureSquad(bench));
    std::map<std::string, std::map<std::string, std::string>> gists; // arm, question
    for (const Json& json : lines.records()) {
        EXPECT_TRUE(json["error"].is_null()) << json["error"];
        EXPECT_EQ(json["groups"], (std::vector<std::string>{"all", "numbers"}));
        gists[json["arm"]][json["id"]] = json["prediction"];
    }
    ASSERT_EQ(gists["on"].size(), data.articles.questions.size());
    EXPECT_NE(gists["on"], gists["zeroed"]);
    EXPECT_NE(gists["on"], gists["other"]);
    EXPECT_NE(gists["zeroed"], gists["other"]);

    Plan less = plan;
    less.limit = 2;
    less.arms = {"zeroed"};
    Lines few("", false, {});
    Bench again{subject, less, data, few, [](const Step&) { return true; }, {}};
    ASSERT_TRUE(measureSquad(again));
    ASSERT_EQ(few.records().size(), 2U);
    for (const Json& json : few.records())
        EXPECT_EQ(json["prediction"], gists["zeroed"][json["id"]]);
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
    // All paragraphs are read whatever the part, which is asked for alone.
    EXPECT_EQ(dev.articles.text.utf8, "A ship came in 1784.\n\né is a town.\n\nIt is old.\n\n");
    EXPECT_EQ(test.articles.text.utf8, dev.articles.text.utf8);
    ASSERT_EQ(dev.articles.questions.size(), 1U);
    EXPECT_EQ(dev.articles.questions[0].story, "Ships/1");
    ASSERT_EQ(test.articles.questions.size(), 1U);
    const Question& town = test.articles.questions[0];
    EXPECT_EQ(test.articles.text.utf8.substr(static_cast<std::size_t>(town.begin),
                                             static_cast<std::size_t>(town.end - town.begin)),
              "é is a town.");
    EXPECT_EQ(all.articles.questions.size(), 2U);
    EXPECT_EQ(all.articles.stories.size(), 3U);
}

TEST(DataTest, QuestionsOfOneIdAreToldApart) {
    const tests::TemporaryFolder folder;
    const std::string root = tests::writeData(folder);
    const auto path = std::filesystem::path(root) / "fairytaleqa/irish-fairybook.json";
    const std::string whole = tests::contentOf(path);
    std::string twice = whole;
    for (const char* number : {"3", "4"}) {
        const std::string id = std::string("irish-fairybook/") + number + "\"";
        twice.replace(twice.find(id), id.size(), "irish-fairybook/1\"");
    }
    const auto idsOf = [&] {
        std::vector<std::string> ids;
        const Data data = loadData(root, "dev");
        for (const Question& question : data.collections[0].questions)
            ids.push_back(question.id.substr(question.id.find('/') + 1));
        return ids;
    };
    EXPECT_EQ(idsOf(), (std::vector<std::string>{"0", "1", "2", "3", "4", "5"}));
    std::ofstream(path, std::ios::trunc) << twice;
    EXPECT_EQ(idsOf(), (std::vector<std::string>{"0", "1", "2", "1#2", "1#3", "5"}));

    // What measured but the first of each goes on with the others.
    Measurement run = tests::tinyRun(folder, {"distance"});
    run.dataFolder = root;
    run.linesPath = folder.file("lines.jsonl");
    std::string kept;
    std::vector<std::string> expected;
    for (const Json& json : parseRecords(measure(run, {}), "x")) {
        const bool isRepeated =
            json["type"] == "item" && json["id"].get<std::string>().find('#') != std::string::npos;
        if (isRepeated)
            expected.push_back(json["id"].get<std::string>() + json["arm"].get<std::string>());
        else if (json["type"] == "run" || json["type"] == "item")
            kept += json.dump() + "\n";
    }
    EXPECT_EQ(expected.size(), 2U * 3);
    std::ofstream(run.linesPath, std::ios::trunc) << kept;
    run.isResumed = true;
    const std::string resumed = measure(run, {});
    ASSERT_EQ(resumed.rfind(kept, 0), 0U);
    std::vector<std::string> found;
    for (const Json& json : itemsOf(resumed.substr(kept.size())))
        found.push_back(json["id"].get<std::string>() + json["arm"].get<std::string>());
    EXPECT_EQ(found, expected);
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
    EXPECT_EQ(data.articles.questions.size(), 1U);
    withoutSeen(data, {data.articles.text.sha256});
    EXPECT_TRUE(data.articles.questions.empty());
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
    std::ofstream(story, std::ios::trunc) << whole;
    const auto squad = root / "squad/squad_dev_en_500.json";
    const std::string articles = tests::contentOf(squad);
    const std::string answer = R"({"text":"1784"})";
    for (const std::string& broken :
         {std::string("[]"), std::string(articles).erase(articles.find(answer), answer.size())}) {
        std::ofstream(squad, std::ios::trunc) << broken;
        EXPECT_EQ(codeOf([&] { loadData(root, "dev"); }), Code::BadFile) << broken;
    }
    std::filesystem::remove(squad);
    EXPECT_EQ(codeOf([&] { loadData(root, "dev"); }), Code::FileMissing);
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
