#include <gtest/gtest.h>

#include "engine/answer/gist.h"
#include "engine/answer/salience.h"

using namespace engine::answer;
using Texts = std::vector<std::string>;

TEST(GistSentences, SplitsAndCleans) {
    EXPECT_EQ(gistSentences("Anne came in [1].  She  sat down (p. 3).\n", true),
              (Texts{"Anne came in.", "She sat down."}));
    EXPECT_EQ(gistSentences("", true), Texts{});
    EXPECT_EQ(gistSentences(" [1] ... ", true), Texts{});
    EXPECT_EQ(gistSentences("1.\n2. She sat down.", true), Texts{"She sat down."});
    EXPECT_EQ(gistSentences("Seven.", true), Texts{"Seven."});
}

TEST(GistSentences, DropsAnUnfinishedLastSentenceUnlessItIsTheOnlyOne) {
    EXPECT_EQ(gistSentences("Anne came in. She sat on the", false), Texts{"Anne came in."});
    EXPECT_EQ(gistSentences("Anne came in and sat on the", false),
              Texts{"Anne came in and sat on the"});
    EXPECT_EQ(gistSentences("Anne came in. \u201CShe sat.\u201D", false),
              (Texts{"Anne came in.", "\u201CShe sat.\u201D"}));
    EXPECT_EQ(gistSentences("Anne came in. She sat", true), (Texts{"Anne came in.", "She sat"}));
}

TEST(GistSentences, DropsRepetitions) {
    EXPECT_EQ(gistSentences("It rained. It rained. It rained.", true), Texts{"It rained."});
}

TEST(Salience, PrefersWhatTheTextComesBackTo) {
    std::vector<SourceSentence> sentences;
    appendSentences(sentences,
                    "CHAPTER ONE\n\nThe giant of Knockmany feared the other giant of the hill. A "
                    "grocer somewhere sold apples and pears all day long. "
                    "The giant left the hill at night and Knockmany was quiet. \"The giant of the "
                    "hill is coming for us,\" she said.",
                    100, 4);
    weigh(sentences);
    ASSERT_EQ(sentences.size(), 5u);
    EXPECT_EQ(sentences[0].salience, 0) << "a heading";
    EXPECT_EQ(sentences[4].salience, 0) << "talk";
    EXPECT_GT(sentences[1].salience, sentences[2].salience);
    EXPECT_GT(sentences[3].salience, sentences[2].salience);
    EXPECT_EQ(sentences[1].passage, 4u);
    EXPECT_EQ(sentences[1].begin, 113);
    EXPECT_EQ(sentences[1].end - sentences[1].begin,
              static_cast<std::int64_t>(sentences[1].text.size()));
}
