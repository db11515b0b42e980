#include <chrono>
#include <csignal>
#include <thread>

#include "tests/unit/app/cli_run.h"

class Adapt : public CliTest {
protected:
    Adapt() {
        scenario.script["adapt"] = {
            engine::Training{"step 10  needle 3.1", false, 10, 0.5, 60.0},
            engine::Training{"dev keys 1.00 at 0", true, 20, 1.0, std::nullopt}};
    }
    void expectRefused(std::vector<std::string> words, const std::string& part) {
        words.insert(words.begin(), "adapt");
        const Result result = run(words);
        EXPECT_EQ(result.status, 2);
        EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
        EXPECT_TRUE(scenario.calls.empty());
    }
    std::string output() { return (folder / "x").string(); }
    std::string checkpoint() { return output() + ".checkpoint"; }
    /// What a training says that is interrupted; with a checkpoint written before its end where
    /// `writes`. Once in a test.
    std::string saysInterrupted(const std::vector<std::string>& more, bool writes) {
        scenario.beforeDone = [this, writes](const engine::Task::Impl& task) {
            interrupt.onSignal(SIGINT);
            while (!task.isCancelled())
                std::this_thread::yield();
            if (writes)
                write("x.checkpoint", "new");
        };
        std::vector<std::string> words = {"adapt", "a.txt", "-o", output(), "--steps", "20"};
        words.insert(words.end(), more.begin(), more.end());
        const Result result = run(words);
        EXPECT_EQ(result.status, 130);
        EXPECT_NE(result.err.find("Stopping at the end of this step. Once more"), std::string::npos)
            << result.err;
        return result.err;
    }
    /// A checkpoint of an hour ago.
    void leaveCheckpoint() {
        write("x.checkpoint", "old");
        std::filesystem::last_write_time(
            checkpoint(), std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
    }
};

TEST_F(Adapt, PassesItsOptionsOn) {
    EXPECT_EQ(run({"adapt",     "a.txt",         "books",    "-o",      "x.safetensors",
                   "--minutes", "1.5",           "--steps",  "200",     "--target",
                   "512",       "--layers",      "15-24",    "--stage", "gates",
                   "--from",    "y.safetensors", "--refuse", "list",    "--kl",
                   "0.5",       "--checkpoint",  "3",        "--seed",  "7",
                   "--force"})
                  .status,
              0);
    const engine::AdaptRequest& request = scenario.adaptRequest;
    EXPECT_EQ(request.texts, (std::vector<std::string>{"a.txt", "books"}));
    EXPECT_EQ(request.output, "x.safetensors");
    EXPECT_EQ(request.minutes, 1.5);
    EXPECT_EQ(request.steps, 200);
    EXPECT_EQ(request.target, 512);
    EXPECT_EQ(request.layers, "15-24");
    EXPECT_TRUE(request.gatesOnly);
    EXPECT_EQ(request.from, "y.safetensors");
    EXPECT_EQ(request.refused, "list");
    EXPECT_EQ(request.klWeight, 0.5);
    EXPECT_EQ(request.checkpointMinutes, 3);
    EXPECT_EQ(request.seed, 7u);
    EXPECT_TRUE(request.force);
    EXPECT_FALSE(request.resume);
    run({"adapt", "a.txt", "-o", "x", "--steps", "1", "--resume"});
    EXPECT_TRUE(request.resume);
    EXPECT_FALSE(request.gatesOnly);
    EXPECT_EQ(request.method, "infini");
    run({"adapt", "a.txt", "-o", "x", "--steps", "1", "--method", "autocompressor"});
    EXPECT_EQ(request.method, "autocompressor");
}

TEST_F(Adapt, PrintsResultsAndKeepsProgressBesideThem) {
    const Result result = run({"adapt", "a.txt", "-o", "x", "--steps", "20"});
    EXPECT_EQ(result.out, "dev keys 1.00 at 0\n");
    EXPECT_NE(result.err.find("step 10  needle 3.1"), std::string::npos) << result.err;
    EXPECT_EQ(run({"adapt", "a.txt", "-o", "x", "--steps", "20", "-q"}).err, "");
}

TEST_F(Adapt, WritesRecords) {
    const auto all = records({"adapt", "a.txt", "-o", "x", "--steps", "20"});
    ASSERT_EQ(types(all), (std::vector<std::string>{"training", "training"}));
    EXPECT_EQ(all[0]["step"], 10);
    EXPECT_EQ(all[0]["eta_seconds"], 60.0);
    EXPECT_EQ(all[1]["result"], true);
    EXPECT_TRUE(all[1]["eta_seconds"].is_null());
}

TEST_F(Adapt, RefusesWhatCannotMeanAnything) {
    expectRefused({"-o", "x", "--steps", "1"}, "No texts to train on");
    expectRefused({"a.txt", "--steps", "1"}, "-o FILE");
    expectRefused({"a.txt", "-o", "-", "--steps", "1"}, "-o FILE");
    expectRefused({"a.txt", "-o", "x"}, "no end");
    expectRefused({"a.txt", "-o", "x", "--minutes", "0"}, "above 0");
    expectRefused({"a.txt", "-o", "x", "--minutes", "soon"}, "--minutes is 'soon'");
    expectRefused({"a.txt", "-o", "x", "--steps", "1", "--kl", "-1"}, "from 0");
    expectRefused({"a.txt", "-o", "x", "--steps", "0"}, "--steps");
    expectRefused({"a.txt", "-o", "x", "--steps", "1", "--stage", "some"}, "--stage");
    expectRefused({"a.txt", "-o", "x", "--steps", "1", "--method", "xl"}, "--method");
    expectRefused({"a.txt", "-o", "x", "--steps", "1", "--method", "rmt", "--kl", "3"},
                  "leave it out with --method rmt");
}

TEST_F(Adapt, RefusesOptionsOfReadingThatAreTyped) {
    const std::vector<std::string> whole = {"a.txt", "-o", "x", "--steps", "1"};
    const auto with = [&](const char* option, const char* value) {
        std::vector<std::string> words = whole;
        words.insert(words.end(), {option, value});
        return words;
    };
    expectRefused(with("--adapter", "y.safetensors"),
                  "--adapter names what answers use; to begin with an adapter, give --from FILE.");
    expectRefused(with("--mode", "rmt"), "--mode says how a book is read; give --method");
    expectRefused(with("--weights", "int8"), "--weights says how the model is held for answers");
    expectRefused(with("--segment", "512"), "--segment is for reading");
    const Result before = run({"--adapter", "none", "adapt", "a.txt", "-o", "x", "--steps", "1"});
    EXPECT_EQ(before.status, 2);
    EXPECT_TRUE(scenario.calls.empty());
}

TEST_F(Adapt, LeavesVariablesOfReadingAlone) {
    const Variable adapter("INFOLIO_ADAPTER", "y.safetensors"), mode("INFOLIO_MODE", "local"),
        weights("INFOLIO_WEIGHTS", "int8"), segment("INFOLIO_SEGMENT", "512");
    EXPECT_EQ(run({"adapt", "a.txt", "-o", "x", "--steps", "1"}).status, 0);
    EXPECT_EQ(scenario.calls, std::vector<std::string>{"adapt"});
}

TEST_F(Adapt, InterruptedSaysHowToGoOn) {
    const std::string said = saysInterrupted({"--seed", "7"}, true);
    EXPECT_NE(said.find("What was trained is kept; go on with the same command (--seed 7) and "
                        "--resume\n"),
              std::string::npos)
        << said;
    EXPECT_EQ(said.find("read is kept"), std::string::npos) << said;
}

TEST_F(Adapt, InterruptedNamesTheSeedThatNobodyGave) {
    leaveCheckpoint();
    const std::string said = saysInterrupted({"--from", "y", "--force"}, true);
    EXPECT_NE(said.find("(--seed 0) and --resume in place of --from"), std::string::npos) << said;
}

TEST_F(Adapt, InterruptedBeforeItsFirstStepKeepsNothing) {
    EXPECT_EQ(saysInterrupted({}, false).find("is kept"), std::string::npos);
}

TEST_F(Adapt, InterruptedSaysNothingOfAnotherTrainingsCheckpoint) {
    leaveCheckpoint();
    EXPECT_EQ(saysInterrupted({"--force"}, false).find("is kept"), std::string::npos);
}

TEST_F(Adapt, InterruptedWhileItGoesOnKeepsWhatWasThere) {
    leaveCheckpoint();
    EXPECT_NE(saysInterrupted({"--resume"}, false).find("What was trained is kept"),
              std::string::npos);
}

TEST_F(Adapt, InterruptedPromisesNothingWhenWritingFails) {
    scenario.script["adapt"] = {engine::Failed{engine::Code::DiskFull, "The disk is full.", ""}};
    EXPECT_EQ(saysInterrupted({}, true).find("is kept"), std::string::npos);
}

TEST_F(Adapt, HelpSaysWhatATargetCountsAndTheSeedFixes) {
    EXPECT_NE(run({"adapt", "-h"}).out.find("among K times 64 tokens"), std::string::npos);
    EXPECT_NE(run({"--help"}).out.find("seeds adapt and evaluate too"), std::string::npos);
}
