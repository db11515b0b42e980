#include <sys/stat.h>
#include <unistd.h>

#include "app/cli/output_file.h"
#include "tests/unit/app/cli_run.h"

namespace fs = std::filesystem;

class Export : public CliTest {
protected:
    Export() {
        scenario.library = {support::fakeDocument('a', "Emma")};
        scenario.exported = "# Emma\n\x1b\n";
    }
    std::vector<std::string> files() {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder))
            names.push_back(entry.path().filename().string());
        return names;
    }
};

TEST_F(Export, PassesItsOptionsOn) {
    EXPECT_EQ(
        run({"export", "Emma", "--what", "outline", "--format", "json", "--conversation", "c"})
            .status,
        0);
    EXPECT_EQ(scenario.exportRequest.what, engine::ExportRequest::What::Outline);
    EXPECT_EQ(scenario.exportRequest.format, "json");
    EXPECT_EQ(scenario.exportRequest.conversation, "c");
    run({"export", "Emma"});
    EXPECT_EQ(scenario.exportRequest.what, engine::ExportRequest::What::All);
    EXPECT_EQ(scenario.exportRequest.format, "md");
}

TEST_F(Export, PrintsWithEscapes) {
    EXPECT_EQ(run({"export", "Emma"}).out, "# Emma\n\\x1b\n");
    const auto all = records({"export", "Emma", "-o", "-"});
    ASSERT_EQ(types(all), std::vector<std::string>{"export"});
    EXPECT_EQ(all[0]["text"], "# Emma\n\x1b\n");
}

TEST_F(Export, BytesGoOutUntouched) {
    scenario.exported = std::string("PK\x03\x04\0\x1b\xff", 7);
    for (const char* format : {"docx", "odt"}) {
        EXPECT_EQ(run({"export", "Emma", "--format", format}).out, scenario.exported);
        EXPECT_EQ(scenario.exportRequest.format, format);
        const std::string path = (folder / (std::string("emma.") + format)).string();
        EXPECT_EQ(run({"export", "Emma", "--format", format, "-o", path}).status, 0);
        EXPECT_EQ(contentOf(path), scenario.exported);
    }
}

TEST_F(Export, BytesReachATerminalOnlyWhenAsked) {
    terminals.out = true;
    const Result result = run({"export", "Emma", "--format", "docx"});
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find("-o FILE"), std::string::npos);
    EXPECT_TRUE(scenario.calls.empty());
    EXPECT_EQ(run({"export", "Emma", "--format", "docx", "-o", "-"}).out, scenario.exported);
    EXPECT_EQ(run({"export", "Emma", "--format", "html"}).status, 0);
}

TEST_F(Export, BytesHaveNoPlaceAmongJsonLines) {
    int status = 0;
    records({"export", "Emma", "--format", "odt", "-o", "-"}, &status);
    EXPECT_EQ(status, 2);
    const std::string path = (folder / "emma.odt").string();
    EXPECT_EQ(types(records({"export", "Emma", "--format", "odt", "-o", path})),
              std::vector<std::string>{"file"});
    EXPECT_EQ(contentOf(path), scenario.exported);
}

TEST_F(Export, WritesAsideAndLeavesNothingElse) {
    const fs::path path = folder / "emma.md";
    EXPECT_EQ(run({"export", "Emma", "-o", path.string()}).status, 0);
    EXPECT_EQ(contentOf(path), scenario.exported);
    EXPECT_EQ(files(), std::vector<std::string>{"emma.md"});
    struct stat status = {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    const mode_t mask = umask(0);
    umask(mask);
    EXPECT_EQ(status.st_mode & 0777, 0666 & ~mask);
}

TEST_F(Export, RefusesToReplaceWithoutForce) {
    const std::string path = write("emma.md", "mine");
    const Result result = run({"export", "Emma", "-o", path});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("--force"), std::string::npos);
    EXPECT_EQ(contentOf(path), "mine");
    EXPECT_EQ(run({"--force", "export", "Emma", "-o", path}).status, 0);
    EXPECT_EQ(contentOf(path), scenario.exported);
}

TEST_F(Export, RefusesPlacesThatCannotBeWritten) {
    EXPECT_EQ(run({"export", "Emma", "-o", (folder / "no/such/folder.md").string()}).status, 2);
    EXPECT_EQ(run({"export", "Emma", "-o", folder.string(), "--force"}).status, 2);
    EXPECT_TRUE(scenario.calls.empty());
    // Of some folders only the attempt tells.
    EXPECT_EQ(run({"export", "Emma", "-o", "/proc/x.md"}).status, 2);
}

TEST_F(Export, AFileThatAppearsMeanwhileSurvives) {
    const std::string path = (folder / "emma.md").string();
    app::cli::checkOutputFile(path, false);
    write("emma.md", "mine");
    try {
        app::cli::writeOutputFile(path, "new", false);
        FAIL() << "replaced";
    } catch (const engine::Error& error) {
        EXPECT_EQ(error.code(), engine::Code::CannotWrite);
    }
    EXPECT_EQ(contentOf(path), "mine");
    EXPECT_EQ(files(), std::vector<std::string>{"emma.md"});
}
