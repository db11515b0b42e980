#include "tests/unit/app/cli_run.h"

class Options : public CliTest {};

TEST_F(Options, ReachTheEngine) {
    const std::string model = write("m.gguf", "x");
    run({"--library", "/l",        "--model", model,      "--adapter", "none",      "--mode",
         "local",     "--weights", "int8",    "--device", "cuda:1",    "--threads", "3",
         "--seed",    "9",         "--wait",  "1.5",      "search",    "x"});
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->libraryPath, "/l");
    EXPECT_EQ(opened->modelPath, model);
    EXPECT_EQ(opened->adapterPath, "none");
    EXPECT_EQ(opened->mode, "local");
    EXPECT_EQ(opened->dtype, "int8");
    EXPECT_EQ(opened->device, "cuda:1");
    EXPECT_EQ(opened->threads, 3);
    EXPECT_EQ(opened->seed, 9U);
    EXPECT_EQ(opened->waitSeconds, 1.5);
}

TEST_F(Options, MayFollowTheCommand) {
    run({"search", "x", "--library=/l", "-q"});
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->libraryPath, "/l");
}

TEST_F(Options, TakeEveryMode) {
    for (const char* mode : {"infini-linear", "infini-delta", "local", "xl", "compressive", "knn",
                             "full", "rmt", "autocompressor"}) {
        run({"--mode", mode, "search", "x"});
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->mode, mode);
    }
}

TEST_F(Options, HaveDefaults) {
    run({"search", "x"});
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->libraryPath, folder / "infolio/library");
    EXPECT_EQ(opened->modelPath, "");
    EXPECT_EQ(opened->mode, "infini-linear");
    EXPECT_EQ(opened->dtype, "bf16");
    EXPECT_EQ(opened->device, "auto");
    EXPECT_EQ(opened->segmentTokens, 1024);
    EXPECT_EQ(opened->snapshotEvery, 8);
}

TEST_F(Options, BeatTheEnvironment) {
    const Variable library("INFOLIO_LIBRARY", "/from/environment");
    const Variable device("INFOLIO_DEVICE", "cpu");
    run({"search", "x"});
    EXPECT_EQ(opened->libraryPath, "/from/environment");
    EXPECT_EQ(opened->device, "cpu");
    run({"--library", "/from/option", "search", "x"});
    EXPECT_EQ(opened->libraryPath, "/from/option");
}

TEST_F(Options, AfterTwoDashesAreWords) {
    run({"search", "--", "--limit"});
    EXPECT_EQ(scenario.searchRequest.query, "--limit");
}

TEST_F(Options, BracketsStayAsTheyAre) {
    run({"search", "[a,b]"});
    EXPECT_EQ(scenario.searchRequest.query, "[a,b]");
}

TEST_F(Options, ACommandNameMayBeAWord) {
    run({"search", "read"});
    EXPECT_EQ(scenario.searchRequest.query, "read");
}

TEST_F(Options, ANamedModelMayBeAFolder) {
    run({"--model", folder.string(), "search", "x"});
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->modelPath, folder.string());
}

TEST_F(Options, ANamedModelMustBeThere) {
    EXPECT_EQ(run({"--model", "/no/such.gguf", "search", "x"}).status, 5);
    EXPECT_EQ(run({"--model", "/dev/null", "search", "x"}).status, 5);
    const Variable model("INFOLIO_MODEL", "/no/such.gguf");
    const Result result = run({"search", "x"});
    EXPECT_EQ(result.status, 5);
    EXPECT_NE(result.err.find("INFOLIO_MODEL"), std::string::npos) << result.err;
}

TEST_F(Options, HelpNeedsNoLibrary) {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"-h"}, {"--help"}, {"ask", "-h"}, {"library", "verify", "--help"}}) {
        const Result result = run(words);
        EXPECT_EQ(result.status, 0);
        EXPECT_NE(result.out, "");
        EXPECT_EQ(result.err, "");
        EXPECT_FALSE(opened);
    }
    const std::string screen = run({"-h"}).out;
    EXPECT_LE(std::count(screen.begin(), screen.end(), '\n'), 24);
    EXPECT_EQ(run({"--help"}).out.find("--ocr"), std::string::npos)
        << "a refused option is offered";
}

TEST_F(Options, VersionTellsDeviceAndLibraries) {
    EXPECT_EQ(run({"--version"}).out.rfind("infolio-cli ", 0), 0U);
    EXPECT_FALSE(opened);
    scenario.model.device = "cpu";
    scenario.model.deviceReason = "no CUDA device";
    scenario.model.libraries = {"SQLite 3.40.1"};
    const Result result = run({"--version", "-v"});
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.out.find("cpu, no CUDA device"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("SQLite 3.40.1"), std::string::npos) << result.out;
    ASSERT_TRUE(opened);
    EXPECT_NE(opened->libraryPath, folder / "infolio/library") << "the reader's library is touched";
    EXPECT_FALSE(std::filesystem::exists(opened->libraryPath));
    EXPECT_EQ(types(records({"--version", "-v"})), std::vector<std::string>{"version"});
}

TEST_F(Options, VersionWithoutAModelSaysSo) {
    openFails = engine::Error(engine::Code::NoModel, "No model file was found.");
    const Result result = run({"--version", "-v"});
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.out.find("No model file was found."), std::string::npos);
}

TEST_F(Options, VersionWithoutAModelTellsTheDevice) {
    scenario.modelFailure = engine::Error(engine::Code::NoModel, "No model file was found.");
    scenario.device = {"cpu", "there is no NVIDIA driver on this machine"};
    const Result result = run({"--version", "-v"});
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.out.find("cpu, there is no NVIDIA driver on this machine"), std::string::npos)
        << result.out;
    EXPECT_NE(result.out.find("No model file was found."), std::string::npos) << result.out;
    const auto lines = records({"--version", "-v"});
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0]["device"], "cpu");
    EXPECT_EQ(lines[0]["device_reason"], "there is no NVIDIA driver on this machine");
}

TEST_F(Options, FailuresToOpenHaveTheirStatus) {
    const auto status = [&](engine::Code code) {
        openFails = engine::Error(code, "A sentence.");
        return run({"search", "x"}).status;
    };
    EXPECT_EQ(status(engine::Code::LibraryBusy), 6);
    EXPECT_EQ(status(engine::Code::BadLibrary), 6);
    EXPECT_EQ(status(engine::Code::Newer), 6);
    EXPECT_EQ(status(engine::Code::DiskFull), 7);
    EXPECT_EQ(status(engine::Code::NoDevice), 7);
    EXPECT_EQ(status(engine::Code::BadWeights), 5);
}

TEST_F(Options, WaitingIsAdvisedOnlyWhereItHelps) {
    openFails = engine::Error(engine::Code::LibraryBusy, "Another program is writing.");
    EXPECT_EQ(run({"search", "x"}).err, "infolio-cli: Another program is writing.\n");
}

TEST_F(Options, ALibraryThatCannotBeWrittenIsOpenedForReading) {
    openFails = engine::Error(engine::Code::ReadOnly, "A sentence.");
    scenario.script["search"] = {engine::SearchHit{fakeEvidence(1, "x")}};
    const Result result = run({"search", "x"});
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.err.find("reading only"), std::string::npos) << result.err;
    ASSERT_TRUE(opened);
    EXPECT_TRUE(opened->readOnly);
}

TEST_F(Options, ColorIsForTerminals) {
    scenario.script["search"] = {engine::SearchHit{fakeEvidence(1, "x")}};
    scenario.library = {support::fakeDocument('a', "Emma")};
    const auto isColored = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"library", "show", "Emma"});
        return run(words).out.find("\033[1m") != std::string::npos;
    };
    EXPECT_FALSE(isColored({}));
    EXPECT_TRUE(isColored({"--color", "always"}));
    terminals.out = true;
    EXPECT_TRUE(isColored({}));
    EXPECT_FALSE(isColored({"--color", "never"}));
    const Variable noColor("NO_COLOR", "1");
    EXPECT_FALSE(isColored({}));
}

TEST_F(Options, ABugIsNotedWithItsTrace) {
    scenario.beforeDone = nullptr;
    openFails.reset();
    scenario.library = {support::fakeDocument('a', "Emma")};
    // An empty std::function throws std::bad_function_call, which no code is meant for.
    int status = 0;
    const auto all = records({"search", "x"}, &status);
    EXPECT_EQ(status, 70);
    ASSERT_EQ(types(all), std::vector<std::string>{"error"});
    EXPECT_EQ(all[0]["code"], "Internal");
}
