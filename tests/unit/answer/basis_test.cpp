#include <gtest/gtest.h>

#include "engine/answer/basis.h"

using namespace engine::answer;

namespace {

constexpr std::string_view kQuote =
    "Finn lived at this time on Knockmany Hill, which faces Cullamore. He had 12 cattle and was "
    "very fond of his wife, Oonagh.";

Quote quote(int number, std::string_view text) {
    Quote result;
    result.number = number;
    result.text = text;
    return result;
}

engine::model::Token token(std::uint32_t begin, std::uint32_t end) {
    engine::model::Token result;
    result.byteBegin = begin;
    result.byteEnd = end;
    return result;
}

} // namespace

TEST(Overlap, IsTheShareOfContentThatTheQuoteHolds) {
    EXPECT_DOUBLE_EQ(overlap("He was fond of his wife.", kQuote, ""), 1.0);
    EXPECT_DOUBLE_EQ(overlap("He painted ships.", kQuote, ""), 0.0);
    EXPECT_NEAR(overlap("His wife painted ships.", kQuote, ""), 1.0 / 3, 1e-9);
}

TEST(Overlap, ANameOrNumberThatIsMissingRulesTheQuoteOut) {
    EXPECT_GT(overlap("He was very fond of Oonagh and had 12 cattle.", kQuote, ""), 0.9);
    EXPECT_EQ(overlap("He was very fond of Oonagh and had 13 cattle.", kQuote, ""), 0.0);
    EXPECT_EQ(overlap("He was very fond of Deirdre and his 12 cattle.", kQuote, ""), 0.0);
    EXPECT_GT(overlap("He was very fond of Oonagh and had twelve cattle.", kQuote, ""), 0.9);
    EXPECT_EQ(overlap("He was very fond of Oonagh and had thirteen cattle.", kQuote, ""), 0.0);
}

TEST(Overlap, WordsOfTheQuestionAloneSupportNothing) {
    EXPECT_EQ(overlap("Finn lived at this time.", kQuote, "Where did Finn live at this time?"),
              0.0);
    EXPECT_GT(overlap("Finn lived on Knockmany Hill.", kQuote, "Where did Finn live?"),
              kCitationOverlap);
}

TEST(IsEcho, IsASentenceWithNothingButTheQuestionsWords) {
    constexpr std::string_view kQuestion = "What happens when the power fails during reading?";
    EXPECT_TRUE(isEcho("The power fails while it is read.", kQuestion));
    EXPECT_FALSE(isEcho("When the power fails, one segment is lost.", kQuestion));
    EXPECT_FALSE(isEcho("Seven.", kQuestion));
    EXPECT_FALSE(isEcho("It is so.", kQuestion)) << "without content it repeats nothing";
}

TEST(HasStrayNumber, IsOneThatNoTextHas) {
    const std::vector<std::string_view> texts = {kQuote, "How many of 400 sheep came in 1784?"};
    EXPECT_FALSE(hasStrayNumber("He had 12 cattle and 400 sheep in 1784.", texts));
    EXPECT_TRUE(hasStrayNumber("He had 123 cattle.", texts));
    EXPECT_TRUE(hasStrayNumber("He had 1 cow.", texts)) << "a part of a number is another one";
    EXPECT_FALSE(hasStrayNumber("He had seven cattle.", texts)) << "in words it may be a turn of "
                                                                   "phrase";
    EXPECT_TRUE(hasStrayNumber("In 1784.", {}));
}

TEST(Overlap, AnEmptySentenceHasNoSupport) {
    EXPECT_EQ(overlap("It is so.", kQuote, ""), 0.0);
}

TEST(CitationsFor, NamesTheBestQuotesFirst) {
    const std::vector<Quote> quotes = {quote(1, "It rained for days on the hill."),
                                       quote(2, kQuote),
                                       quote(3, "Knockmany is a hill where Finn had lived.")};
    EXPECT_EQ(citationsFor("Finn lived on Knockmany Hill.", quotes, "Where did he live?"),
              (std::vector<int>{2, 3}));
    EXPECT_EQ(citationsFor("He painted seven ships.", quotes, ""), std::vector<int>{});
}

TEST(CitationsFor, GivesAtMostThree) {
    const std::vector<Quote> quotes(5, quote(1, kQuote));
    EXPECT_EQ(citationsFor("Finn lived on Knockmany Hill.", quotes, "").size(), 3u);
}

TEST(MemoryLifts, AreMeansOverTheTokensOfASentence) {
    // "Ab c" | " De": the token with the space before a word belongs to the sentence of the word.
    const std::vector<engine::model::Token> tokens = {token(0, 2), token(2, 4), token(4, 7)};
    const std::vector<float> loaded = {-1.0f, -2.0f, -3.0f}, zeroed = {-2.0f, -4.0f, -1.0f};
    const std::vector<ByteRange> sentences = {{0, 4}, {5, 7}, {7, 9}};
    const auto lifts = memoryLifts(tokens, loaded, zeroed, sentences);
    ASSERT_EQ(lifts.size(), 3u);
    EXPECT_NEAR(lifts[0], 1.5, 1e-6);
    EXPECT_NEAR(lifts[1], -2.0, 1e-6);
    EXPECT_EQ(lifts[2], 0.0);
}
