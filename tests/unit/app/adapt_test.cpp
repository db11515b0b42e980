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
