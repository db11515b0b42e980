#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "engine/answer/answer.h"
#include "engine/answer/words.h"
#include "engine/error.h"
#include "tests/unit/answer/support.h"

using namespace engine;
using namespace engine::answer;
using tests::Book;
using tests::tale;
using tests::tinyModel;

namespace {

Answer summary(const Source& source, const Book& book, std::int64_t begin, std::int64_t end,
               int wordCount, const Listener& listener = {}) {
    SummaryOptions options;
    options.words = wordCount;
    return summarize(book.library(), tinyModel(), model::Mode::InfiniLinear, source, begin, end, "",
                     options, listener);
}

int length(const Answer& answer) {
    return std::accumulate(
        answer.gist.begin(), answer.gist.end(), 0,
        [](int sum, const Sentence& sentence) { return sum + countWords(sentence.text); });
}

Code codeOf(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.code();
    }
    return Code::Internal;
}

} // namespace

TEST(Summarize, CitesEverySentenceAndKeepsToItsLength) {
    const Book book(tale());
    for (const int wanted : {60, 100, 150}) {
        const Answer answer = summary(book.source(), book, 0, 100000, wanted);
        ASSERT_FALSE(answer.gist.empty());
        EXPECT_GE(length(answer), wanted * 0.8);
        EXPECT_LE(length(answer), wanted * 1.2);
        for (const Sentence& sentence : answer.gist) {
            EXPECT_EQ(sentence.basis, Basis::Evidence);
            ASSERT_EQ(sentence.citations.size(), 1u);
            EXPECT_LE(sentence.citations.front(), static_cast<int>(answer.evidence.size()));
        }
        for (std::size_t i = 0; i < answer.evidence.size(); ++i) {
            EXPECT_EQ(answer.evidence[i].number, static_cast<int>(i) + 1);
            EXPECT_TRUE(isVerbatim(book.library(), answer.evidence[i]));
        }
    }
}

TEST(Summarize, StaysInsideItsRangeAndItsBound) {
    const Book book(tale());
    for (const Quote& quote : summary(book.source(), book, 700, 1500, 60).evidence) {
        EXPECT_GE(quote.begin, 700);
        EXPECT_LE(quote.end, 1500);
    }
    for (const Quote& quote : summary(book.source(1000), book, 0, 2000, 60).evidence)
        EXPECT_LE(quote.end, 1000);
}

TEST(Summarize, ARangeWithoutASentenceThatStandsAloneIsQuoted) {
    const Book book("CHAPTER ONE\n\n\"No,\" he said. \"Yes,\" she said.\n\n");
    const Answer answer = summary(book.source(), book, 0, 1000, 100);
    ASSERT_EQ(answer.gist.size(), 1u);
    EXPECT_EQ(answer.evidence.size(), 1u);
}

TEST(Summarize, SaysTheSameTwice) {
    const Book book(tale());
    const Answer a = summary(book.source(), book, 0, 3000, 60),
                 b = summary(book.source(), book, 0, 3000, 60);
    ASSERT_EQ(a.gist.size(), b.gist.size());
    for (std::size_t i = 0; i < a.gist.size(); ++i)
        EXPECT_EQ(a.gist[i].text, b.gist[i].text);
}

TEST(Summarize, RefusesAnEmptyRangeAndAMissingModel) {
    const Book book(tale());
    EXPECT_EQ(codeOf([&] { summary(book.source(), book, 500, 500, 100); }), Code::WrongUse);
    EXPECT_EQ(codeOf([&] { summary(book.source(300), book, 500, 900, 100); }), Code::WrongUse);
    EXPECT_EQ(codeOf([&] {
                  summarize(book.library(), nullptr, model::Mode::Local, book.source(), 0, 500, "",
                            {}, {});
              }),
              Code::NoModel);
}

TEST(Summarize, ACancelledSummaryEnds) {
    const Book book(tale());
    Listener listener;
    listener.isCancelled = [] { return true; };
    EXPECT_TRUE(summary(book.source(), book, 0, 3000, 100, listener).gist.empty());
}
