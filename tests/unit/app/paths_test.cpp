#include "app/paths.h"

#include <sys/stat.h>

#include "tests/unit/app/cli_run.h"

namespace fs = std::filesystem;

class Paths : public CliTest {
protected:
    void makeProgram(const std::string& name) { chmod(write(name, "#!/bin/sh\n").c_str(), 0755); }
};

TEST_F(Paths, FollowsXdg) {
    const Variable data("XDG_DATA_HOME", "/somewhere/data");
    const Variable cache("XDG_CACHE_HOME", "/somewhere/cache");
    const Variable state("XDG_STATE_HOME", "/somewhere/state");
    EXPECT_EQ(app::dataFolder(), "/somewhere/data/infolio");
    EXPECT_EQ(app::cacheFolder(), "/somewhere/cache/infolio");
    EXPECT_EQ(app::stateFolder(), "/somewhere/state/infolio");
    EXPECT_EQ(app::defaultLibrary(), "/somewhere/data/infolio/library");
}

TEST_F(Paths, FallsBackToTheHomeFolder) {
    const Variable home("HOME", "/home/reader");
    const Variable relative("XDG_DATA_HOME", "not/absolute");
    const Variable unset("XDG_CACHE_HOME", nullptr);
    EXPECT_EQ(app::dataFolder(), "/home/reader/.local/share/infolio");
    EXPECT_EQ(app::cacheFolder(), "/home/reader/.cache/infolio");
}

TEST_F(Paths, FindsTheModelThatSetupBrings) {
    const Variable data("XDG_DATA_HOME", (folder / "data").c_str());
    const Variable cache("XDG_CACHE_HOME", (folder / "cache").c_str());
    const fs::path program = folder / "bin/infolio-cli";
    write("cache/infolio/models/b.gguf", "x");
    write("cache/infolio/models/a.gguf", "x");
    write("cache/infolio/models/0.txt", "x");
    EXPECT_EQ(app::findModel(program), folder / "cache/infolio/models/a.gguf");
    write("cache/infolio/models/SmolLM2-135M-Instruct.Q4_1.gguf", "x");
    EXPECT_EQ(app::findModel(program),
              folder / "cache/infolio/models/SmolLM2-135M-Instruct.Q4_1.gguf");
    write("data/infolio/models/mine.gguf", "x");
    EXPECT_EQ(app::findModel(program), folder / "data/infolio/models/mine.gguf");
}

TEST_F(Paths, FindsTheModelThatIsInstalledWithTheProgram) {
    const Variable data("XDG_DATA_HOME", (folder / "data").c_str());
    const Variable cache("XDG_CACHE_HOME", (folder / "cache").c_str());
    const fs::path program = folder / "bin/infolio-cli";
    write("share/infolio/models/packaged.gguf", "x");
    EXPECT_EQ(app::findModel(program), folder / "share/infolio/models/packaged.gguf");
    write("cache/infolio/models/fetched.gguf", "x");
    EXPECT_EQ(app::findModel(program), folder / "cache/infolio/models/fetched.gguf");
}

TEST_F(Paths, FindsTheReaderBesideTheProgramFirst) {
    const Variable path("PATH", ("relative::" + (folder / "path").string()).c_str());
    EXPECT_EQ(app::findReader(folder / "bin/infolio-cli"), "");
    makeProgram("path/infolio-reader");
    EXPECT_EQ(app::findReader(folder / "bin/infolio-cli"), folder / "path/infolio-reader");
    makeProgram("libexec/infolio/infolio-reader");
    EXPECT_EQ(app::findReader(folder / "bin/infolio-cli"),
              folder / "libexec/infolio/infolio-reader");
    write("bin/infolio-reader", "not executable");
    EXPECT_EQ(app::findReader(folder / "bin/infolio-cli"),
              folder / "libexec/infolio/infolio-reader");
    makeProgram("bin/infolio-reader");
    EXPECT_EQ(app::findReader(folder / "bin/infolio-cli"), folder / "bin/infolio-reader");
}

TEST_F(Paths, FindsTheSampleBookBesideTheProgram) {
    const fs::path program = folder / "bin/infolio";
    EXPECT_NE(app::findSampleBook(program), folder / "share/infolio/infolio-manual.pdf");
    write("share/infolio/infolio-manual.pdf", "x");
    EXPECT_EQ(app::findSampleBook(program), folder / "share/infolio/infolio-manual.pdf");
}

TEST_F(Paths, KnowsItsOwnFile) {
    EXPECT_EQ(app::programFile().filename(), "app_test");
}
