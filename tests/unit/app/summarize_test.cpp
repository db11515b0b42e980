#include "tests/unit/app/cli_run.h"

using Of = engine::SummaryRequest::Of;

class Summarize : public CliTest {
protected:
    Summarize() {
        scenario.library = {support::fakeDocument('a', "Persuasion")};
        engine::Summary summary;
        summary.title = "Chapter 7";
        summary.pages = {58, 61, "58", "61", true};
        summary.id = 42;
        scenario.script["summarize"] = {
            fakeEvidence(1, "They met."),
            engine::GistSentence{"They meet.", engine::Basis::Evidence, {1}, 0}, summary,
            scenario.library[0].coverage};
        scenario.exported = "# Persuasion\n";
    }
    const engine::SummaryRequest& requested(const std::string& of) {
        run({"summarize", "Persuasion", "--of", of});
        return scenario.summaryRequest;
    }
};

TEST_F(Summarize, UnderstandsTheScope) {
    EXPECT_EQ(requested("book").of, Of::Book);
    EXPECT_EQ(requested("chapters").of, Of::Chapters);
    EXPECT_EQ(requested("chapter:7").of, Of::Chapter);
    EXPECT_EQ(requested("chapter:7").chapter, 7);
    const auto pages = requested("xii..index:30");
    EXPECT_EQ(pages.of, Of::Pages);
    EXPECT_EQ(pages.first.text, "xii");
    EXPECT_EQ(pages.last.text, "index:30");
}

TEST_F(Summarize, PassesItsOptionsOn) {
    run({"summarize", "Persuasion", "--length", "long", "--style", "points", "--as-of", "212"});
    EXPECT_EQ(scenario.summaryRequest.length, engine::SummaryRequest::Length::Long);
    EXPECT_EQ(scenario.summaryRequest.style, engine::SummaryRequest::Style::Points);
    EXPECT_EQ(scenario.summaryRequest.asOf->text, "212");
}

TEST_F(Summarize, PrintsHeadingSentencesAndSources) {
    const Result result = run({"summarize", "Persuasion"});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.out, "Chapter 7  (loc. 58–61)\n  They meet. [1]\n"
                          "  [1] Persuasion, ch. 7, ¶ 31 (loc. 58)   \"They met.\"\n\n"
                          "Read 230 of 230 locations. As of the end.\n");
}

TEST_F(Summarize, WritesRecords) {
    const auto all = records({"summarize", "Persuasion"});
    ASSERT_EQ(types(all), (std::vector<std::string>{"evidence", "gist", "summary", "coverage"}));
    EXPECT_EQ(all[2]["title"], "Chapter 7");
    EXPECT_EQ(all[2]["id"], 42);
}

TEST_F(Summarize, WritesJustThisSummaryIntoAFile) {
    const std::string path = (folder / "s.md").string();
    EXPECT_EQ(run({"summarize", "Persuasion", "-o", path}).status, 0);
    EXPECT_EQ(contentOf(path), "# Persuasion\n");
    EXPECT_EQ(scenario.exportRequest.what, engine::ExportRequest::What::Summaries);
    EXPECT_EQ(scenario.exportRequest.summaryIds, std::vector<std::int64_t>{42});
    EXPECT_EQ(scenario.exportRequest.format, "md");
}

TEST_F(Summarize, DoesNotStartWhenTheFileExists) {
    const std::string path = write("s.md", "mine");
    const Result result = run({"summarize", "Persuasion", "-o", path});
    EXPECT_EQ(result.status, 2);
    EXPECT_TRUE(scenario.calls.empty());
    EXPECT_EQ(contentOf(path), "mine");
    EXPECT_EQ(run({"summarize", "Persuasion", "-o", path, "--force"}).status, 0);
    EXPECT_EQ(contentOf(path), "# Persuasion\n");
}

TEST_F(Summarize, PrintsADocumentWhenAFormatIsNamed) {
    EXPECT_EQ(run({"summarize", "Persuasion", "--format", "txt"}).out, "# Persuasion\n");
    EXPECT_EQ(scenario.exportRequest.format, "txt");
}

TEST_F(Summarize, DoesNotStartForBytesOnATerminal) {
    terminals.out = true;
    EXPECT_EQ(run({"summarize", "Persuasion", "--format", "docx"}).status, 2);
    EXPECT_TRUE(scenario.calls.empty());
    terminals.out = false;
    EXPECT_EQ(run({"summarize", "Persuasion", "--format", "docx"}).out, "# Persuasion\n");
    EXPECT_EQ(scenario.exportRequest.format, "docx");
}

TEST_F(Summarize, DoesNotStartWhereNothingCanBeKeptToWrite) {
    openFails = engine::Error(engine::Code::ReadOnly, "A sentence.");
    const std::string path = (folder / "s.md").string();
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"-o", path}, std::vector<std::string>{"--format", "txt"}}) {
        std::vector<std::string> all{"summarize", "Persuasion"};
        all.insert(all.end(), words.begin(), words.end());
        const Result result = run(all);
        EXPECT_EQ(result.status, 6);
        EXPECT_NE(result.err.find("leave out -o"), std::string::npos) << result.err;
        EXPECT_TRUE(scenario.calls.empty());
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_EQ(run({"summarize", "Persuasion"}).status, 0);
}

TEST_F(Summarize, FailuresHaveTheirStatus) {
    scenario.script["summarize"] = {engine::Failed{engine::Code::NoModel, "No model.", ""}};
    EXPECT_EQ(run({"summarize", "Persuasion"}).status, 5);
    scenario.script["summarize"] = {};
    EXPECT_EQ(run({"summarize", "Persuasion"}).status, 1);
}
