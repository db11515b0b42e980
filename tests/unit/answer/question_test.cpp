#include <gtest/gtest.h>

#include "engine/answer/answer.h"
#include "engine/answer/question.h"
#include "engine/error.h"

using namespace engine;
using namespace engine::answer;

namespace {

Code codeOf(std::string_view question) {
    try {
        checkedQuestion(question);
    } catch (const Error& error) {
        return error.code();
    }
    return Code::Internal;
}

} // namespace

TEST(QuestionWords, KeepsContentInOrderWithoutDuplicates) {
    EXPECT_EQ(questionWords("Why did Finn give a short cough, and to whom did Finn laugh?"),
              (std::vector<std::string>{"finn", "give", "short", "cough", "laugh"}));
}

TEST(QuestionWords, AQuestionOfFunctionWordsKeepsThem) {
    EXPECT_EQ(questionWords("Who is he?"), (std::vector<std::string>{"who", "is", "he"}));
}

TEST(CheckedQuestion, FoldsWhiteSpace) {
    EXPECT_EQ(checkedQuestion(" Who\n came? "), "Who came?");
}

TEST(CheckedQuestion, RefusesWhatCannotBeAsked) {
    EXPECT_EQ(codeOf(""), Code::WrongUse);
    EXPECT_EQ(codeOf("  \n"), Code::WrongUse);
    EXPECT_EQ(codeOf("?!"), Code::WrongUse);
    EXPECT_EQ(codeOf("Who \xFF came?"), Code::WrongUse);
}
