#include <gtest/gtest.h>

#include "engine/answer/prompt.h"

using namespace engine::answer;

TEST(RankingPrompt, FoldsWhiteSpace) {
    EXPECT_EQ(rankingPrefix("One\n two. "), "Passage: One two.\nQuestion about the passage:");
    EXPECT_EQ(rankingContinuation("Who\ncame?"), " Who came?");
}

TEST(AskMessages, HoldPassagesAndTheQuestionWordForWord) {
    const auto messages = askMessages({"Anne came in.", "It rained."}, "Who came?");
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].role, "system");
    EXPECT_EQ(messages[1].role, "user");
    EXPECT_NE(messages[1].content.find("Anne came in."), std::string::npos);
    EXPECT_NE(messages[1].content.find("It rained."), std::string::npos);
    EXPECT_NE(messages[1].content.find("Who came?"), std::string::npos);
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
