#include <sstream>

#include "tests/unit/app/cli_run.h"

using engine::Basis;

class Ask : public CliTest {
protected:
    Ask() {
        scenario.library = {support::fakeDocument('a', "Persuasion"),
                            support::fakeDocument('b', "Emma")};
        engine::Coverage coverage = scenario.library[0].coverage;
        coverage.document = scenario.library[0].id;
        scenario.script["ask"] = {
            fakeEvidence(1, "They met at\nher sister's."),
            fakeEvidence(2, "Coldly polite."),
            engine::Gist{"They meet"},
            engine::GistSentence{"They meet at her sister's house.", Basis::Evidence, {1}, 0},
            engine::GistSentence{"They are coldly polite.", Basis::Evidence, {2}, 0},
            engine::GistSentence{"She regrets her choice.", Basis::Memory, {}, 0.2},
            coverage};
    }
};

TEST_F(Ask, PrintsEvidenceThenGistThenCoverage) {
    const Result result = run({"ask", "Persuasion", "How do they meet again?"});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.out, R"(Evidence
  [1] Persuasion, ch. 7, ¶ 31 (loc. 58)   "They met at her sister's."
  [2] Persuasion, ch. 7, ¶ 31 (loc. 58)   "Coldly polite."
Gist  (2 of 3 sentences have evidence)
  They meet at her sister's house. [1] They are coldly polite. [2] ~ She regrets her choice.
Read 230 of 230 locations. As of the end.   ~ from memory, no evidence found
)");
    EXPECT_EQ(result.err, "");
}

TEST_F(Ask, BreaksLongQuotesOnATerminal) {
    terminals.out = true;
    scenario.script["ask"] = {fakeEvidence(1, "Short."),
                              fakeEvidence(2, std::string(40, 'a') + ' ' + std::string(40, 'b'))};
    const std::string out = run({"ask", "--color", "never", "Persuasion", "How?"}).out;
    EXPECT_NE(out.find("(loc. 58)   \"Short.\"\n"), std::string::npos) << out;
    EXPECT_NE(out.find("(loc. 58)\n      \"" + std::string(40, 'a') + "\n      " +
                       std::string(40, 'b') + "\"\n"),
              std::string::npos)
        << out;
}

TEST_F(Ask, WritesRecords) {
    const auto all = records({"ask", "Persuasion", "How?"});
    ASSERT_EQ(types(all), (std::vector<std::string>{"evidence", "evidence", "gist", "gist", "gist",
                                                    "coverage"}));
    EXPECT_EQ(all[0]["n"], 1);
    EXPECT_EQ(all[0]["document"], std::string(64, 'a'));
    EXPECT_EQ(all[0]["title"], "Persuasion");
    EXPECT_EQ(all[0]["chapter"], "Chapter 7");
    EXPECT_EQ(all[0]["page_label"], "58");
    EXPECT_EQ(all[0]["page_index"], 58);
    EXPECT_EQ(all[0]["offset"], 100);
    EXPECT_EQ(all[0]["length"], 20);
    EXPECT_EQ(all[0]["quote"], "They met at\nher sister's.");
    EXPECT_EQ(all[2]["text"], "They meet at her sister's house.");
    EXPECT_EQ(all[2]["basis"], "evidence");
    EXPECT_EQ(all[2]["citations"], std::vector<int>{1});
    EXPECT_EQ(all[4]["basis"], "memory");
    EXPECT_EQ(all[5]["read"], 230);
    EXPECT_EQ(all[5]["total"], 230);
    EXPECT_TRUE(all[5]["bound"].is_null());
}

TEST_F(Ask, PassesItsOptionsOn) {
    run({"ask", "Persuasion", "Why?", "--as-of", "chapter:7", "--channel", "evidence", "--evidence",
         "7", "--strict", "--conversation", "c", "--max-tokens", "60", "--seed", "5"});
    ASSERT_EQ(scenario.askRequests.size(), 1U);
    const engine::AskRequest& request = scenario.askRequests[0];
    ASSERT_EQ(request.documents.size(), 1U);
    EXPECT_EQ(request.documents[0], scenario.library[0].id);
    EXPECT_EQ(request.question, "Why?");
    ASSERT_TRUE(request.asOf);
    EXPECT_EQ(request.asOf->text, "chapter:7");
    EXPECT_EQ(request.channel, engine::AskRequest::Channel::Evidence);
    EXPECT_EQ(request.evidenceCount, 7);
    EXPECT_TRUE(request.strict);
    EXPECT_EQ(request.conversation, "c");
    EXPECT_EQ(request.maxTokens, 60);
    EXPECT_EQ(request.seed, 5U);
}

TEST_F(Ask, IsGreedyWithoutASeed) {
    run({"ask", "Persuasion", "Why?"});
    EXPECT_FALSE(scenario.askRequests.at(0).seed);
}

TEST_F(Ask, AsksSeveralDocumentsOrACollection) {
    scenario.library[1].collections = {"Austen"};
    run({"ask", "Persuasion", "bbbb", "Why?"});
    EXPECT_EQ(scenario.askRequests.at(0).documents.size(), 2U);
    run({"ask", "--collection", "Austen", "Why?"});
    ASSERT_EQ(scenario.askRequests.at(1).documents.size(), 1U);
    EXPECT_EQ(scenario.askRequests.at(1).documents[0], scenario.library[1].id);
}

TEST_F(Ask, NamesTheDocumentBesideCoverageWhenThereAreSeveral) {
    EXPECT_NE(run({"ask", "Persuasion", "Emma", "Why?"}).out.find("Persuasion: Read 230"),
              std::string::npos);
}

TEST_F(Ask, NotInThisDocumentIsOne) {
    scenario.script["ask"] = {engine::Refusal{"This is not in the document."}};
    const Result result = run({"ask", "Persuasion", "Who is Darth Vader?"});
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.out, "This is not in the document.\n");
    EXPECT_EQ(types(records({"ask", "Persuasion", "Who?"})), std::vector<std::string>{"refusal"});
    scenario.script["ask"] = {};
    EXPECT_EQ(run({"ask", "Persuasion", "Who?", "--channel", "evidence"}).status, 1);
}

TEST_F(Ask, FailuresHaveTheirStatus) {
    scenario.script["ask"] = {
        engine::Failed{engine::Code::DoesNotFit, "The question has 9,000 tokens, 1,024 fit.", ""}};
    const Result result = run({"ask", "Persuasion", "Why?"});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("9,000 tokens"), std::string::npos);
}

TEST_F(Ask, AsksManyQuestions) {
    input = "Who?\n\nWhy?\n";
    int status = 0;
    const auto all = records({"ask", "Persuasion", "--questions", "-"}, &status);
    EXPECT_EQ(status, 0);
    ASSERT_EQ(scenario.askRequests.size(), 2U);
    EXPECT_EQ(scenario.askRequests[1].question, "Why?");
    EXPECT_EQ(all[0]["type"], "question");
    EXPECT_EQ(all[0]["text"], "Who?");
}

TEST_F(Ask, ReadsUnknownFilesFirstWhenTold) {
    const std::string book = write("emma.epub", "x");
    scenario.script["read"] = {engine::Document{support::fakeDocument('b', "Emma")}};
    // The fake engine does not learn; so the document stays unknown after the reading.
    EXPECT_EQ(run({"ask", "--read", book, "Why?"}).status, 2);
    EXPECT_EQ(scenario.calls, std::vector<std::string>{"read"});
    EXPECT_EQ(scenario.readRequest.paths, std::vector<std::string>{book});
    EXPECT_EQ(run({"ask", "--read", "Emma", "Why?"}).status, 0);
    EXPECT_EQ(run({"ask", "--read", "Unknown", "Why?"}).status, 2);
}

TEST_F(Ask, EscapesWhatADocumentSays) {
    scenario.script["ask"] = {fakeEvidence(1, "\x1b]0;pwned\x07"),
                              engine::GistSentence{"\x1b[2J", Basis::Model, {}, 0}};
    const std::string out = run({"ask", "Persuasion", "Why?"}).out;
    EXPECT_EQ(out.find('\x1b'), std::string::npos);
    EXPECT_NE(out.find("\\x1b]0;pwned\\x07"), std::string::npos);
}
