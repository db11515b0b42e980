#include <gtest/gtest.h>

#include "engine/answer/prompt.h"

using namespace engine::answer;

TEST(RankingPrompt, FoldsWhiteSpace) {
    EXPECT_EQ(rankingPrefix("One\n two. "), "Passage: One two.\nQuestion about the passage:");
    EXPECT_EQ(rankingContinuation("Who\ncame?"), " Who came?");
}

TEST(AskMessages, EndWithTheBestPassageNextToTheQuestion) {
    const auto messages = askMessages({"Anne came in.", "It rained."}, "Who came?");
    EXPECT_EQ(messages.front().role, "system");
    EXPECT_EQ(messages.back().role, "user");
    EXPECT_EQ(messages.back().content,
              "Passage: It rained.\n\nPassage: Anne came in.\n\nQuestion: Who came?");
}

TEST(AskMessages, WithoutPassagesAskForWhatWasRead) {
    const auto messages = askMessages({}, "Who came?");
    EXPECT_EQ(messages.back().content.find("Passage"), std::string::npos);
    EXPECT_NE(messages.back().content.find("Who came?"), std::string::npos);
}

TEST(SummaryMessages, EndWithTheText) {
    const auto messages = summaryMessages("Anne\ncame in.");
    EXPECT_EQ(messages.back().role, "user");
    EXPECT_EQ(messages.back().content, "Text: Anne came in.");
}

TEST(WithoutReferences, TakesOutWhatOnlyTheProgramMayWrite) {
    EXPECT_EQ(withoutReferences("Anne came in [1]."), "Anne came in.");
    EXPECT_EQ(withoutReferences("Anne came in [1, 2] and sat [Passage 3]."),
              "Anne came in and sat.");
    EXPECT_EQ(withoutReferences("Anne came in (p. 12)."), "Anne came in.");
    EXPECT_EQ(withoutReferences("Anne came in, as stated on page 12."), "Anne came in.");
    EXPECT_EQ(withoutReferences("Anne came in (pp. 12-14) and sat."), "Anne came in and sat.");
    EXPECT_EQ(withoutReferences("  - 3. Anne came in. "), "Anne came in.");
}

TEST(WithoutReferences, LeavesProseAlone) {
    for (const std::string_view text :
         {"He turned the page and read on.", "Step 12 of the stair [sic] broke.",
          "At 3.30 p.m. they met 2 giants."})
        EXPECT_EQ(withoutReferences(text), text);
}
