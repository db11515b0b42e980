#include <sys/stat.h>

#include "tests/unit/app/cli_run.h"

namespace fs = std::filesystem;
using engine::Code;

class Read : public CliTest {
protected:
    Read() { scenario.library = {support::fakeDocument('a', "Emma")}; }
    engine::Event document(char digit, engine::State state) {
        engine::DocumentInfo info = support::fakeDocument(digit, "Emma");
        info.state = state;
        return engine::Document{info};
    }
    int statusAfter(const std::vector<engine::Event>& events) {
        scenario.script["read"] = events;
        return run({"read", write("a.epub", "x")}).status;
    }
};

TEST_F(Read, PassesItsOptionsOn) {
    const std::string book = write("emma.epub", "x");
    const std::string list = write("list", book + "\r\n\n" + write("b.txt", "y") + "\n");
    run({"read", "--collection", "Austen", "--text-only", "--again", "--segment", "512",
         "--snapshot-every", "4", "--password-file", write("pw", "geheim\r\nrest"), "--files-from",
         list, "--model", write("m.gguf", "x")});
    const engine::ReadRequest& request = scenario.readRequest;
    EXPECT_EQ(request.paths, (std::vector<std::string>{book, (folder / "b.txt").string()}));
    EXPECT_EQ(request.collection, "Austen");
    EXPECT_EQ(request.password, "geheim");
    EXPECT_TRUE(request.textOnly);
    EXPECT_TRUE(request.again);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->segmentTokens, 512);
    EXPECT_EQ(opened->snapshotEvery, 4);
}

TEST_F(Read, TakesPathsFromStandardInput) {
    input = write("a.txt", "x") + "\n";
    run({"read", "--files-from", "-"});
    EXPECT_EQ(scenario.readRequest.paths.size(), 1U);
}

TEST_F(Read, FoldersNeedRecursive) {
    const Result result = run({"read", folder.string()});
    EXPECT_EQ(result.status, 4);
    EXPECT_NE(result.err.find("--recursive"), std::string::npos) << result.err;
    EXPECT_FALSE(opened);
}

TEST_F(Read, WalksFoldersOnceAndListsWhatItSkips) {
    write("shelf/b/two.PDF", "x");
    write("shelf/a/one.epub", "x");
    write("shelf/a/cover.jpg", "x");
    fs::create_directory_symlink(folder / "shelf", folder / "shelf/a/loop");
    mkfifo((folder / "shelf/pipe.txt").c_str(), 0600);
    const Result result = run({"read", "--recursive", (folder / "shelf").string()});
    EXPECT_EQ(scenario.readRequest.paths,
              (std::vector<std::string>{(folder / "shelf/a/one.epub").string(),
                                        (folder / "shelf/b/two.PDF").string()}));
    EXPECT_NE(result.err.find("cover.jpg"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("pipe.txt"), std::string::npos) << result.err;
}

TEST_F(Read, AMissingFileDoesNotStopTheOthers) {
    scenario.script["read"] = {document('a', engine::State::Read)};
    const Result result = run({"read", "/no/such.pdf", write("a.epub", "x")});
    EXPECT_EQ(result.status, 3);
    EXPECT_NE(result.err.find("/no/such.pdf"), std::string::npos);
    EXPECT_EQ(scenario.readRequest.paths.size(), 1U);
    EXPECT_EQ(run({"read", "/no/such.pdf"}).status, 4);
}

TEST_F(Read, HasTheStatusOfWhatHappened) {
    const engine::Failed bad{Code::BadFile, "x.pdf is damaged.", "x.pdf"};
    EXPECT_EQ(statusAfter({document('a', engine::State::Read)}), 0);
    EXPECT_EQ(statusAfter({bad, document('a', engine::State::Read)}), 3);
    EXPECT_EQ(statusAfter({bad, bad}), 4);
    EXPECT_EQ(statusAfter({document('a', engine::State::Reading),
                           engine::Failed{Code::DiskFull, "Full.", ""}}),
              7);
    EXPECT_EQ(statusAfter({engine::Failed{Code::LibraryBusy, "Busy.", ""}}), 6);
    EXPECT_EQ(statusAfter({engine::Failed{Code::NoModel, "None.", ""}}), 5);
    EXPECT_EQ(statusAfter({bad, engine::Failed{Code::Internal, "A bug.", ""}}), 70);
}

TEST_F(Read, ShowsEachDocumentOnceForPeopleAndEachStepAsRecords) {
    scenario.script["read"] = {document('a', engine::State::TextReady),
                               document('a', engine::State::Read)};
    const std::string book = write("a.epub", "x");
    const Result result = run({"read", book});
    EXPECT_EQ(result.out, "aaaaaaaaaaaa  read            230/230 loc       Emma\n"
                          "Read 230 of 230 locations. As of the end.\n");
    const auto all = records({"read", book});
    ASSERT_EQ(types(all),
              (std::vector<std::string>{"document", "document", "document", "coverage"}));
    EXPECT_EQ(all[0]["state"], "text_ready");
    EXPECT_EQ(all[2]["state"], "read");
    EXPECT_EQ(all[2]["coverage"]["total"], 230);
    EXPECT_EQ(all[3]["document"], std::string(64, 'a'));
    EXPECT_EQ(all[3]["read"], 230);
}

TEST_F(Read, DryRunOnlyListsFiles) {
    const Result result = run({"read", "--dry-run", write("a.epub", "four"), "/no/such.pdf"});
    EXPECT_EQ(result.status, 3);
    EXPECT_NE(result.out.find("4 B"), std::string::npos) << result.out;
    EXPECT_FALSE(opened);
    EXPECT_EQ(types(records({"read", "--dry-run", write("a.epub", "four")})),
              std::vector<std::string>{"file"});
}

TEST_F(Read, ShowsProgressWhereItIsWanted) {
    engine::Progress progress;
    progress.stage = engine::Stage::Read;
    progress.title = "Emma";
    progress.unit = "locations";
    progress.done = 1;
    progress.total = 2;
    scenario.script["read"] = {progress, document('a', engine::State::Read)};
    const std::string book = write("a.epub", "x");
    EXPECT_EQ(run({"read", book}).err, "reading  Emma  1/2 loc\n");
    EXPECT_EQ(run({"read", "-q", book}).err, "");
    EXPECT_EQ(run({"read", "--progress", "never", book}).err, "");
    EXPECT_EQ(types(records({"read", book})),
              (std::vector<std::string>{"progress", "document", "document", "coverage"}));
    terminals.err = true;
    EXPECT_EQ(run({"read", book}).err, "\rreading  Emma  1/2 loc\033[K\r\033[K");
    EXPECT_EQ(run({"read", "--progress", "plain", book}).err, "reading  Emma  1/2 loc\n");
}

TEST_F(Read, NamesThatAreNotUtf8GiveValidJson) {
    engine::DocumentInfo info = support::fakeDocument('a', "caf\xe9");
    info.paths = {"/books/caf\xe9.pdf"};
    scenario.library = {info};
    scenario.script["read"] = {engine::Document{info}};
    EXPECT_EQ(types(records({"read", write("a.epub", "x")})),
              (std::vector<std::string>{"document", "document", "coverage"}));
}
