#include <csignal>
#include <thread>

#include "tests/unit/app/cli_run.h"

namespace fs = std::filesystem;

class Evaluate : public CliTest {
protected:
    Evaluate() {
        scenario.script["evaluate"] = {
            engine::MeasuredLine{R"({"v":1,"type":"item","id":"a"})"},
            engine::MeasuredLine{R"({"v":1,"type":"done","items":1})"},
            engine::MeasuredReport{"# Measured\n", {{"a.svg", "<svg/>"}}}};
    }
    std::string path(const char* name) { return (folder / name).string(); }
};

TEST_F(Evaluate, PassesItsOptionsOn) {
    const Result result =
        run({"evaluate",     "passkey",   "needle",   "--data",     "/d",   "--part",
             "test",         "--arms",    "on,other", "--haystack", "book", "--method",
             "increment",    "--limit",   "5",        "--samples",  "100",  "--lengths",
             "8192,128K,1M", "--depths",  "0,50",     "--needles",  "4,16", "-o",
             path("lines"),  "--require", "a>=1,b<2"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, "# Measured\n");
    const engine::EvaluateRequest& request = scenario.evaluateRequest;
    EXPECT_EQ(request.suites, (std::vector<std::string>{"passkey", "needle"}));
    EXPECT_EQ(request.dataPath, "/d");
    EXPECT_EQ(request.part, "test");
    EXPECT_EQ(request.arms, (std::vector<std::string>{"on", "other"}));
    EXPECT_EQ(request.haystacks, std::vector<std::string>{"book"});
    EXPECT_EQ(request.method, "increment");
    EXPECT_EQ(request.limit, 5);
    EXPECT_EQ(request.samples, 100);
    EXPECT_EQ(request.lengths, (std::vector<std::int64_t>{8'192, 131'072, 1'048'576}));
    EXPECT_EQ(request.depths, (std::vector<int>{0, 50}));
    EXPECT_EQ(request.needles, (std::vector<int>{4, 16}));
    EXPECT_EQ(request.linesPath, path("lines"));
    EXPECT_FALSE(request.resume);
    EXPECT_EQ(request.requirements, (std::vector<std::string>{"a>=1", "b<2"}));
    EXPECT_NE(request.command.find("--lengths 8192,128K,1M"), std::string::npos);
    EXPECT_EQ(request.command.find("/d"), std::string::npos); // no paths in a record
    run({"evaluate", "all"});
    EXPECT_EQ(scenario.evaluateRequest.dataPath, "../shared/data");
    EXPECT_EQ(scenario.evaluateRequest.part, "dev");
    EXPECT_EQ(scenario.evaluateRequest.samples, 20);
    EXPECT_TRUE(scenario.evaluateRequest.linesPath.empty());
}

TEST_F(Evaluate, TheFolderOfTheMaterialMayComeFromTheEnvironment) {
    const Variable data("INFOLIO_DATA", "/material");
    run({"evaluate", "card"});
    EXPECT_EQ(scenario.evaluateRequest.dataPath, "/material");
}

TEST_F(Evaluate, GoesOnInAFileThatExists) {
    const std::string lines = write("lines", "");
    EXPECT_EQ(run({"evaluate", "passkey", "--resume", lines}).status, 0);
    EXPECT_TRUE(scenario.evaluateRequest.resume);
    EXPECT_EQ(scenario.evaluateRequest.linesPath, lines);
    EXPECT_EQ(run({"evaluate", "passkey", "--resume", lines, "-o", lines}).status, 2);
    const Result exists = run({"evaluate", "passkey", "-o", lines});
    EXPECT_EQ(exists.status, 2);
    EXPECT_NE(exists.err.find("exists already"), std::string::npos);
}

TEST_F(Evaluate, WritesReportAndCharts) {
    const Result result = run(
        {"evaluate", "report", "x.jsonl", "--report", path("r.md"), "--charts", path("charts")});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(scenario.evaluateRequest.reportOf, std::vector<std::string>{"x.jsonl"});
    EXPECT_TRUE(scenario.evaluateRequest.suites.empty());
    EXPECT_EQ(contentOf(path("r.md")), "# Measured\n");
    EXPECT_EQ(contentOf(folder / "charts" / "a.svg"), "<svg/>");
    EXPECT_EQ(run({"evaluate", "report", "x.jsonl", "--report", path("r.md")}).status, 2);
    write("file", "");
    EXPECT_EQ(run({"evaluate", "report", "x", "--charts", path("file")}).status, 2);
}

TEST_F(Evaluate, RecordsAreLinesWithOneLastRecord) {
    int status = -1;
    const auto all = records({"evaluate", "passkey"}, &status);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(types(all), (std::vector<std::string>{"item", "export"}));
}

TEST_F(Evaluate, AMissedRequirementEndsWithEight) {
    scenario.script["evaluate"].push_back(
        engine::Failed{engine::Code::CheckFailed, "missed.", "a"});
    EXPECT_EQ(run({"evaluate", "passkey", "--require", "a>1"}).status, 8);
}

TEST_F(Evaluate, RefusesWhatMeansNothing) {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"evaluate"},
                                               {"evaluate", "report"},
                                               {"evaluate", "passkey", "--lengths", "8k"},
                                               {"evaluate", "passkey", "--lengths", ""},
                                               {"evaluate", "passkey", "--lengths", "8K,"},
                                               {"evaluate", "passkey", "--lengths", "999999M"},
                                               {"evaluate", "passkey", "--depths", "101"},
                                               {"evaluate", "passkey", "--depths", "-1"},
                                               {"evaluate", "passkey", "--samples", "0"},
                                               {"evaluate", "passkey", "--limit", "x"}}) {
        const Result result = run(words);
        EXPECT_EQ(result.status, 2) << words.back() << result.out;
        EXPECT_FALSE(result.err.empty());
    }
    EXPECT_TRUE(scenario.calls.empty());
}

TEST_F(Evaluate, NamesTheSuites) {
    const std::string suites =
        "passkey, needle, perplexity, distance, card, squad, cost, all or smoke";
    const Result nothing = run({"evaluate"});
    EXPECT_EQ(nothing.status, 2);
    EXPECT_NE(nothing.err.find("evaluate SUITE... (" + suites + ")"), std::string::npos)
        << nothing.err;
    const std::string help = run({"evaluate", "-h"}).out;
    EXPECT_NE(help.find("  SUITE is " + suites + "\n"), std::string::npos) << help;
    EXPECT_NE(help.find("  report FILE... "), std::string::npos) << help;
    EXPECT_NE(help.find("(manual, chapter 13)"), std::string::npos) << help;
}

TEST_F(Evaluate, InterruptedSaysHowToGoOn) {
    scenario.beforeDone = [this](const engine::Task::Impl& task) {
        interrupt.onSignal(SIGINT);
        while (!task.isCancelled())
            std::this_thread::yield();
    };
    const Result result = run({"evaluate", "passkey", "-o", path("lines")});
    EXPECT_EQ(result.status, 130);
    EXPECT_NE(result.err.find("What was measured is kept; go on with --resume"), std::string::npos)
        << result.err;
    EXPECT_EQ(result.err.find("read is kept"), std::string::npos) << result.err;
}
