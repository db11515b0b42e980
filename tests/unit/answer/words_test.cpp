#include <gtest/gtest.h>

#include "engine/answer/words.h"

using namespace engine::answer;

namespace {

std::vector<std::string> lowers(std::string_view text) {
    std::vector<std::string> result;
    for (const Word& word : words(text))
        result.push_back(word.lower);
    return result;
}

std::string stem(std::string_view word) {
    return words(word).front().stem;
}

} // namespace

TEST(Words, SplitsAtEverythingThatIsNoLetterOrDigit) {
    EXPECT_EQ(lowers("The fir-tree, 3 feet; \u201CÉmile\u201D!"),
              (std::vector<std::string>{"the", "fir", "tree", "3", "feet", "émile"}));
    EXPECT_TRUE(words(" ... \u2014 \u201C\u201D ").empty());
}

TEST(Words, DropsThePossessiveAndKeepsOtherApostrophes) {
    EXPECT_EQ(
        lowers("Finn's wife can't; the giants\u2019 house, Anne\u2019s"),
        (std::vector<std::string>{"finn", "wife", "can't", "the", "giants", "house", "anne"}));
}

TEST(Words, FoldsCapitalsOfSeveralScripts) {
    EXPECT_EQ(lowers("ÀÉ Žluť ΑΘΗΝΑ МОСКВА Ё"),
              (std::vector<std::string>{"àé", "žluť", "αθηνα", "москва", "ё"}));
}

TEST(Words, SurvivesBytesThatAreNotUtf8) {
    EXPECT_EQ(lowers("a\xFF\xFE b\xE2"), (std::vector<std::string>{"a", "b"}));
}

TEST(Words, MarksNamesNumbersAndFunctionWords) {
    const auto parts = words("Then Oonagh saw 12 men of Cullamore. Giants came.");
    EXPECT_TRUE(parts[0].isFunction);
    EXPECT_FALSE(parts[0].isName);
    EXPECT_TRUE(parts[1].isName);
    EXPECT_TRUE(parts[3].isNumber);
    EXPECT_TRUE(parts[6].isName);
    EXPECT_FALSE(parts[7].isName) << "a capital that opens a sentence tells nothing";
}

TEST(Words, NumbersInWordsAreTheirDigits) {
    const auto parts = words("Twenty men waited 20 seconds for one hundredth");
    EXPECT_TRUE(parts[0].isNumber);
    EXPECT_EQ(parts[0].stem, parts[3].stem);
    EXPECT_FALSE(parts[6].isNumber);
    EXPECT_FALSE(parts[7].isNumber);
}

TEST(Words, FormsOfOneWordShareAStem) {
    EXPECT_EQ(stem("giants"), stem("giant"));
    EXPECT_EQ(stem("lived"), stem("live"));
    EXPECT_EQ(stem("living"), stem("lives"));
    EXPECT_EQ(stem("stopped"), stem("stop"));
    EXPECT_EQ(stem("stories"), stem("story"));
    EXPECT_EQ(stem("boxes"), stem("box"));
    EXPECT_EQ(stem("wished"), stem("wishes"));
    EXPECT_NE(stem("king"), stem("kin"));
    EXPECT_NE(stem("princess"), stem("prince"));
}

TEST(Words, CountsAndFoldsWhiteSpace) {
    EXPECT_EQ(countWords("  one two\nthree\t four "), 4);
    EXPECT_EQ(countWords(""), 0);
    EXPECT_EQ(foldSpace(" a\n\n b\t c "), "a b c");
}
