#include "tests/unit/app/cli_run.h"

class Library : public CliTest {
protected:
    Library() {
        scenario.library = {support::fakeDocument('a', "Emma"),
                            support::fakeDocument('b', "Persuasion")};
        scenario.library[0].collections = {"Austen"};
        engine::DocumentInfo removed = support::fakeDocument('c', "Old");
        removed.state = engine::State::Removed;
        removed.isRemoved = true;
        scenario.trash = {removed};
    }
};

TEST_F(Library, Lists) {
    const Result result = run({"library", "list"});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.out, "aaaaaaaaaaaa  read            230/230 loc       Emma\n"
                          "bbbbbbbbbbbb  read            230/230 loc       Persuasion\n"
                          "cccccccccccc  removed         230/230 loc       Old\n");
    const auto all = records({"library", "list"});
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[2]["removed"], true);
}

TEST_F(Library, EmptyIsNoFailure) {
    scenario.library.clear();
    scenario.trash.clear();
    const Result result = run({"library", "list"});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.out, "");
}

TEST_F(Library, ShowsOneWithContents) {
    scenario.outline = {{1, "Volume I", {3, 3, "1", "1", false}, {0, 10}, "file"}};
    const std::string out = run({"library", "show", "Emma"}).out;
    EXPECT_NE(out.find(std::string(64, 'a')), std::string::npos) << out;
    EXPECT_NE(out.find("Volume I  p. 1 (PDF 3)"), std::string::npos) << out;
    const auto all = records({"library", "show", "aaaa"});
    ASSERT_EQ(types(all), std::vector<std::string>{"document"});
    EXPECT_EQ(all[0]["contents"][0]["page_label"], "1");
}

TEST_F(Library, ListsSnapshots) {
    engine::SnapshotInfo snapshot;
    snapshot.id = 7;
    snapshot.kind = "end";
    snapshot.tokens = 12'000;
    snapshot.mode = "infini-linear";
    scenario.memories = {snapshot};
    EXPECT_NE(run({"library", "snapshots", "Emma"}).out.find("12,000 tokens"), std::string::npos);
    const auto all = records({"library", "snapshots", "Emma"});
    ASSERT_EQ(types(all), std::vector<std::string>{"snapshot"});
    EXPECT_TRUE(all[0]["parent"].is_null());
}

TEST_F(Library, VerifyFailsWithEight) {
    scenario.script["verify"] = {engine::Check{scenario.library[0].id, "text", true, ""}};
    EXPECT_EQ(run({"library", "verify"}).status, 0);
    EXPECT_TRUE(scenario.verifyRequest.documents.empty());
    EXPECT_FALSE(scenario.verifyRequest.replay);
    scenario.script["verify"].push_back(
        engine::Check{scenario.library[0].id, "memory", false, "differs"});
    EXPECT_EQ(run({"library", "verify", "Emma", "--replay"}).status, 8);
    EXPECT_EQ(scenario.verifyRequest.documents.size(), 1U);
    EXPECT_TRUE(scenario.verifyRequest.replay);
    EXPECT_EQ(types(records({"library", "verify"})), (std::vector<std::string>{"check", "check"}));
}

TEST_F(Library, RemovalAsksOnATerminal) {
    terminals = {true, true, true};
    input = "n\n";
    EXPECT_EQ(run({"library", "remove", "Emma"}).status, 1);
    input = "";
    EXPECT_EQ(run({"library", "remove", "Emma"}).status, 1);
    EXPECT_TRUE(scenario.calls.empty());
    input = "y\n";
    EXPECT_EQ(run({"library", "remove", "Emma", "Persuasion", "Emma"}).status, 0);
    EXPECT_EQ(scenario.calls, std::vector<std::string>{"remove"});
    EXPECT_EQ(scenario.changed.size(), 2U);
}

TEST_F(Library, RemovalNeedsYesElsewhere) {
    input = "y\n";
    EXPECT_EQ(run({"library", "remove", "Emma"}).status, 2);
    EXPECT_EQ(run({"library", "purge"}).status, 2);
    EXPECT_TRUE(scenario.calls.empty());
    EXPECT_EQ(run({"--yes", "library", "remove", "Emma"}).status, 0);
    EXPECT_EQ(run({"library", "purge", "--yes"}).status, 0);
    EXPECT_EQ(scenario.calls, (std::vector<std::string>{"remove", "purge"}));
}

TEST_F(Library, RestoresFromTheTrash) {
    EXPECT_EQ(run({"library", "restore", "cccc"}).status, 0);
    ASSERT_EQ(scenario.changed.size(), 1U);
    EXPECT_EQ(scenario.changed[0], scenario.trash[0].id);
    EXPECT_EQ(run({"library", "restore", "Emma"}).status, 2);
    scenario.trash.push_back(support::fakeDocument('d', "Old"));
    EXPECT_EQ(run({"library", "restore", "Old"}).status, 2);
}

TEST_F(Library, PurgeOfAnEmptyTrashAsksNothing) {
    scenario.trash.clear();
    EXPECT_EQ(run({"library", "purge"}).status, 0);
    EXPECT_TRUE(scenario.calls.empty());
}

TEST_F(Library, ListsCollections) {
    EXPECT_EQ(run({"library", "collection", "list"}).out, "1 document      Austen\n");
    EXPECT_NE(run({"library", "collection", "list", "Austen"}).out.find("Emma"), std::string::npos);
    EXPECT_EQ(run({"library", "collection", "list", "Other"}).status, 1);
    EXPECT_EQ(types(records({"library", "collection", "list"})),
              std::vector<std::string>{"collection"});
}
