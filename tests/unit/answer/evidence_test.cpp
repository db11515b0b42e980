#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <numeric>

#include "engine/answer/evidence.h"
#include "engine/answer/prompt.h"
#include "engine/answer/quote.h"
#include "engine/error.h"
#include "tests/unit/answer/support.h"

using namespace engine;
using namespace engine::answer;
using tests::Book;
using tests::tale;
using tests::tinyModel;

namespace {

constexpr std::string_view kQuestion = "Who rang the bell of the lighthouse in the storm?";

Ranking rank(const Book& book, const model::Model* model, std::string_view question,
             std::optional<std::int64_t> bound = {}) {
    return rankEvidence(book.library(), model, {book.source(bound)}, question, {}, {});
}

} // namespace

TEST(RankEvidence, GivesVerbatimTrimmedNumberedQuotes) {
    const Book book(tale());
    for (const model::Model* model :
         {static_cast<const model::Model*>(nullptr), tinyModel().get()}) {
        const auto quotes = rank(book, model, kQuestion).quotes;
        ASSERT_GE(quotes.size(), 2u);
        for (std::size_t i = 0; i < quotes.size(); ++i) {
            EXPECT_EQ(quotes[i].number, static_cast<int>(i) + 1);
            EXPECT_TRUE(isVerbatim(book.library(), quotes[i]));
            EXPECT_NE(quotes[i].text.back(), '\n');
            EXPECT_EQ(quotes[i].pageFirst, quotes[i].begin / 500 + 1);
            EXPECT_EQ(quotes[i].pageLast, (quotes[i].end - 1) / 500 + 1);
        }
    }
}

TEST(RankEvidence, OrdersByBm25WithoutAModel) {
    const Book book(tale());
    const auto quotes = rank(book, nullptr, kQuestion).quotes;
    EXPECT_NE(quotes.front().text.find("Marten rang the bell"), std::string::npos);
    EXPECT_TRUE(std::ranges::is_sorted(quotes, std::greater<>(), &Quote::score));
    EXPECT_EQ(quotes.front().score, quotes.front().bm25);
    for (const Quote& quote : quotes)
        EXPECT_LE(quote.score, quote.bm25) << "a neighbour that stands before it costs";
}

TEST(RankEvidence, PrefersWordsThatStandTogetherAsInTheQuestion) {
    const Book book("The blue door of the mill led to a long hall and a lamp.\n\n"
                    "The door of the mill was green and a blue lamp lit the long hall.\n\n"
                    "Nobody ever went to the sea in that year.\n\n");
    const auto quotes = rank(book, nullptr, "Who saw the blue lamp near the door?").quotes;
    ASSERT_GE(quotes.size(), 2u);
    EXPECT_NE(quotes.front().text.find("green"), std::string::npos);
}

TEST(RankEvidence, AddsWhatEachTokenOfTheQuestionGains) {
    std::string text;
    for (int i = 0; i < 4; ++i)
        text += tale();
    const Book book(text);
    Options options;
    options.evidenceCount = options.candidates;
    const auto quotes =
        rankEvidence(book.library(), tinyModel().get(), {book.source()}, kQuestion, options, {})
            .quotes;
    ASSERT_GE(quotes.size(), 8u);
    EXPECT_TRUE(std::ranges::is_sorted(quotes, std::greater<>(), &Quote::score));

    const auto continuation = tinyModel()->tokenizer->encodeIds(rankingContinuation(kQuestion));
    const auto logs = [&](std::string_view passage) {
        const auto prefix = tinyModel()->tokenizer->encodeIds(rankingPrefix(passage));
        return model::scoreContinuation(*tinyModel(), {prefix}, continuation).front();
    };
    const auto alone = logs("");
    std::map<std::int64_t, std::vector<float>> logsOf; // by the begin of the quote
    for (const Quote& quote : quotes)
        logsOf[quote.begin] = logs(quote.text);
    std::map<std::int64_t, std::size_t> places; // begin of a passage -> its place among all
    for (const store::PassageRow& row :
         book.library().passages(book.source().documentId, 0, book.source().characters))
        places.emplace(row.begin, places.size());
    for (const Quote& quote : quotes) {
        double likelihood = 0;
        for (const float log : logsOf.at(quote.begin))
            likelihood += static_cast<double>(log);
        EXPECT_NEAR(quote.likelihood, likelihood, 1e-2);
        double expected = 2 * quote.bm25;
        for (std::size_t t = 0; t < continuation.size(); ++t) {
            double best = -100;
            for (const Quote& other : quotes) {
                const auto apart = static_cast<int>(places.at(other.begin)) -
                                   static_cast<int>(places.at(quote.begin));
                const std::array penalties = {0.0, 1.0, 1.4, 1.8};
                if (std::abs(apart) > 3)
                    continue;
                const double gain = std::clamp<double>(logsOf.at(other.begin)[t] - alone[t], -1, 4);
                best = std::max(best, gain - penalties[static_cast<std::size_t>(std::abs(apart))]);
            }
            expected += best;
        }
        for (const Quote& before : quotes) {
            if (before.number < quote.number &&
                std::abs(static_cast<int>(places.at(before.begin)) -
                         static_cast<int>(places.at(quote.begin))) == 1)
                expected -= 2;
        }
        EXPECT_NEAR(quote.score, expected, 1e-2);
    }
}

TEST(RankEvidence, ScoresPassagesBehindTheTokenThatTheFileAsksFor) {
    const Book book(tale());
    const auto asks = tests::tinyModelThatBegins();
    const auto quotes = rank(book, asks.get(), kQuestion).quotes;
    ASSERT_FALSE(quotes.empty());
    const auto continuation = asks->tokenizer->encodeIds(rankingContinuation(kQuestion));
    for (const Quote& quote : quotes) {
        auto prefix = asks->tokenizer->encodeIds(rankingPrefix(quote.text));
        prefix.insert(prefix.begin(), asks->tokenizer->beginToken());
        const auto logs = model::scoreContinuation(*asks, {prefix}, continuation).front();
        EXPECT_NEAR(quote.likelihood, std::accumulate(logs.begin(), logs.end(), 0.0), 1e-2);
    }
}

TEST(RankEvidence, CutsLongPassagesForRankingOnly) {
    std::string text = "bell ";
    for (int i = 0; i < 400; ++i)
        text += "word" + std::to_string(i) + (i % 90 == 89 ? ". " : " ");
    const Book book(text);
    const auto quotes = rank(book, tinyModel().get(), std::string(1200, 'a') + " bell").quotes;
    ASSERT_FALSE(quotes.empty());
    EXPECT_TRUE(isVerbatim(book.library(), quotes.front()));
    EXPECT_GT(quotes.front().text.size(), 900u);
}

TEST(RankEvidence, GivesNoMoreThanAskedFor) {
    const Book book(tale());
    Options options;
    options.evidenceCount = 1;
    EXPECT_EQ(rankEvidence(book.library(), nullptr, {book.source()}, kQuestion, options, {})
                  .quotes.size(),
              1u);
}

TEST(RankEvidence, FindsNothingForStrangeWords) {
    const Book book(tale());
    const Ranking ranking = rank(book, tinyModel().get(), "Which submarine lost helicopters?");
    EXPECT_TRUE(ranking.quotes.empty());
    EXPECT_FALSE(isSupported(ranking, {}));
}

TEST(RankEvidence, NoticesANameThatTheDocumentNeverMentions) {
    const Book book(tale());
    EXPECT_FALSE(rank(book, nullptr, "When did Marten ring the bell?").namesStranger);
    EXPECT_TRUE(rank(book, nullptr, "When did Ahab ring the bell?").namesStranger);
    EXPECT_FALSE(isSupported(rank(book, nullptr, "When did Ahab ring the bell?"), {}));
    EXPECT_TRUE(rank(book, nullptr, "When did the stranger ask for Marten?", 500).namesStranger);
}

TEST(RankEvidence, ReportsProgressAndStopsWhenCancelled) {
    const Book book(tale());
    Listener listener;
    int ranked = 0;
    listener.onProgress = [&](const char*, std::int64_t done, std::int64_t total) {
        EXPECT_LE(done, total);
        ranked = static_cast<int>(done);
    };
    EXPECT_FALSE(
        rankEvidence(book.library(), tinyModel().get(), {book.source()}, kQuestion, {}, listener)
            .isCancelled);
    EXPECT_GT(ranked, 0);
    listener.isCancelled = [] { return true; };
    EXPECT_TRUE(
        rankEvidence(book.library(), tinyModel().get(), {book.source()}, kQuestion, {}, listener)
            .isCancelled);
}

TEST(RankEvidence, RefusesAQuestionThatCannotBeAsked) {
    const Book book(tale());
    EXPECT_THROW(rank(book, nullptr, "  "), Error);
}

TEST(RankEvidence, ABoundHidesWhatFollowsAndShowsTheTailBeforeIt) {
    const Book book(tale());
    const auto bound = static_cast<std::int64_t>(tale().find("so that no ship"));
    const auto quotes = rank(book, nullptr, kQuestion, bound).quotes;
    ASSERT_FALSE(quotes.empty());
    for (const Quote& quote : quotes)
        EXPECT_LE(quote.end, bound);
    EXPECT_TRUE(std::ranges::any_of(quotes, [](const Quote& quote) {
        return quote.text.ends_with("through the whole night");
    }));
}

TEST(RankEvidence, NothingAfterTheBoundChangesAByte) {
    for (const std::int64_t bound : {120, 700, 1333, 1900, 2200}) {
        const Book whole(tale());
        std::string changedText = tale().substr(0, static_cast<std::size_t>(bound)) +
                                  "The bell of the lighthouse rang in the storm. Marten. ";
        const Book changed(changedText), cut(tale().substr(0, static_cast<std::size_t>(bound)));
        for (const model::Model* model :
             {static_cast<const model::Model*>(nullptr), tinyModel().get()}) {
            const auto expected = rank(whole, model, kQuestion, bound).quotes;
            for (const Book* other : {&changed, &cut}) {
                const auto quotes = rank(*other, model, kQuestion, bound).quotes;
                ASSERT_EQ(quotes.size(), expected.size()) << bound;
                for (std::size_t i = 0; i < quotes.size(); ++i) {
                    EXPECT_EQ(quotes[i].text, expected[i].text);
                    EXPECT_EQ(quotes[i].begin, expected[i].begin);
                    EXPECT_EQ(quotes[i].score, expected[i].score);
                }
            }
        }
    }
}

TEST(IsVerbatim, ComparesByteByByte) {
    const Book book(tale());
    QuoteReader reader(book.library());
    auto quote = reader.quote(book.source().documentId, 0, 40);
    ASSERT_TRUE(quote);
    EXPECT_TRUE(isVerbatim(book.library(), *quote));
    quote->text[3] = 'X';
    EXPECT_FALSE(isVerbatim(book.library(), *quote));
    EXPECT_FALSE(reader.quote(book.source().documentId, 7, 7));
}
