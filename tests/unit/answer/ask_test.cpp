#include <gtest/gtest.h>

#include <algorithm>

#include "engine/answer/answer.h"
#include "engine/error.h"
#include "tests/unit/answer/support.h"

using namespace engine;
using namespace engine::answer;
using tests::Book;
using tests::tale;
using tests::tinyModel;

namespace {

constexpr std::string_view kQuestion = "Who rang the bell of the lighthouse in the storm?";
constexpr auto kMode = model::Mode::InfiniLinear;

Answer askBook(const Book& book, std::string_view question, const Options& options,
               std::optional<std::int64_t> bound = {}, const Listener& listener = {}) {
    return ask(book.library(), tinyModel(), kMode, {book.source(bound)}, question, options,
               listener);
}

Options quick() {
    Options options;
    options.maxTokens = 40;
    options.evidenceCount = 2;
    // The tiny model knows no language, so no passage makes a question more probable to it.
    options.leastGain = options.leastGainStranger = -100;
    return options;
}

Code codeOf(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_GT(std::string(error.what()).size(), 20u);
        return error.code();
    }
    return Code::Internal;
}

} // namespace

TEST(Ask, ShowsEvidenceBeforeTheModelWrites) {
    const Book book(tale());
    std::string events;
    Listener listener;
    listener.onEvidence = [&](const Quote&) { events += 'e'; };
    listener.onGist = [&](std::string_view) { events += 'g'; };
    const Answer answer = askBook(book, kQuestion, quick(), {}, listener);
    ASSERT_FALSE(answer.evidence.empty());
    EXPECT_EQ(events.substr(0, answer.evidence.size()), std::string(answer.evidence.size(), 'e'));
    EXPECT_EQ(events.find('e', answer.evidence.size()), std::string::npos);
}

TEST(Ask, GivesTheSameAnswerTwice) {
    const Book book(tale());
    const Answer first = askBook(book, kQuestion, quick()),
                 second = askBook(book, kQuestion, quick());
    ASSERT_EQ(first.gist.size(), second.gist.size());
    for (std::size_t i = 0; i < first.gist.size(); ++i) {
        EXPECT_EQ(first.gist[i].text, second.gist[i].text);
        EXPECT_EQ(first.gist[i].memoryLift, second.gist[i].memoryLift);
    }
}

TEST(Ask, EverySentenceHasTheBasisThatItsCitationsGive) {
    const Book book(tale());
    const Answer answer = askBook(book, kQuestion, quick());
    for (const Sentence& sentence : answer.gist) {
        EXPECT_EQ(sentence.basis == Basis::Evidence, !sentence.citations.empty());
        for (const int citation : sentence.citations)
            EXPECT_TRUE(std::ranges::any_of(
                answer.evidence, [&](const Quote& quote) { return quote.number == citation; }));
    }
}

TEST(Ask, NothingAfterTheBoundChangesAByte) {
    for (const std::int64_t bound : {700, 1500, 2200}) {
        const Book whole(tale());
        const Book changed(tale().substr(0, static_cast<std::size_t>(bound)) +
                           "A storm took the lighthouse and its bell. ");
        const Answer a = askBook(whole, kQuestion, quick(), bound),
                     b = askBook(changed, kQuestion, quick(), bound);
        EXPECT_EQ(a.isRefused, b.isRefused);
        ASSERT_EQ(a.evidence.size(), b.evidence.size());
        for (std::size_t i = 0; i < a.evidence.size(); ++i)
            EXPECT_EQ(a.evidence[i].text, b.evidence[i].text);
        ASSERT_EQ(a.gist.size(), b.gist.size());
        for (std::size_t i = 0; i < a.gist.size(); ++i) {
            EXPECT_EQ(a.gist[i].text, b.gist[i].text);
            EXPECT_EQ(a.gist[i].memoryLift, b.gist[i].memoryLift);
        }
    }
}

TEST(Ask, RefusesWhenNeitherChannelSpeaks) {
    const Book book(tale());
    const Answer answer = askBook(book, "Which submarine lost helicopters?", quick());
    EXPECT_TRUE(answer.isRefused);
    EXPECT_TRUE(answer.gist.empty());
    EXPECT_EQ(answer.refusal.find("Not in this document"), 0u);
    Options options = quick();
    options.withGist = false;
    EXPECT_TRUE(askBook(book, "Which submarine lost helicopters?", options).isRefused);
    EXPECT_TRUE(ask(book.library(), nullptr, kMode, {book.source()},
                    "Which submarine lost helicopters?", quick(), {})
                    .isRefused);
}

TEST(Ask, WithoutAModelGivesEvidence) {
    const Book book(tale());
    const Answer answer =
        ask(book.library(), nullptr, kMode, {book.source()}, kQuestion, quick(), {});
    EXPECT_FALSE(answer.isRefused);
    EXPECT_FALSE(answer.evidence.empty());
    EXPECT_TRUE(answer.gist.empty());
}

TEST(Ask, WithoutAMemoryRestsOnTheText) {
    const Book book(tale());
    Source source = book.source();
    source.state = nullptr;
    const Answer answer = ask(book.library(), tinyModel(), kMode, {source}, kQuestion, quick(), {});
    for (const Sentence& sentence : answer.gist)
        EXPECT_NE(sentence.basis, Basis::Memory);
}

TEST(Ask, NumbersFromNowhereLeaveTheGistToTheModelAlone) {
    const Book book(tale());
    int alone = 0, own = 0;
    for (std::uint64_t seed = 0; seed < 24; ++seed) {
        Options options = quick();
        options.seed = seed;
        std::string streamed;
        Listener listener;
        listener.onGist = [&](std::string_view text) { streamed += text; };
        const Answer answer = askBook(book, kQuestion, options, {}, listener);
        const Answer local = ask(book.library(), tinyModel(), model::Mode::Local, {book.source()},
                                 kQuestion, options, {});
        const auto said = [](const Answer& one) {
            std::string text;
            for (const Sentence& sentence : one.gist)
                text += (text.empty() ? "" : " ") + sentence.text;
            return text;
        };
        const auto hasDigit = [&](const Answer& one) {
            return one.gist.empty() || said(one).find_first_of("0123456789") != std::string::npos;
        };
        EXPECT_EQ(streamed, said(answer));
        for (const Sentence& sentence : answer.gist)
            ASSERT_EQ(sentence.basis == Basis::Evidence, !sentence.citations.empty());
        if (said(answer) == said(local)) {
            ++alone;
            EXPECT_FALSE(hasDigit(local)) << said(local);
        } else {
            ++own;
            EXPECT_TRUE(!hasDigit(answer) || hasDigit(local)) << said(answer);
        }
    }
    EXPECT_GT(alone, 0);
    EXPECT_GT(own, 0);
}

TEST(Ask, StrictKeepsCitedSentencesOnly) {
    const Book book(tale());
    Options options = quick();
    options.strict = true;
    for (const Sentence& sentence : askBook(book, kQuestion, options).gist)
        EXPECT_FALSE(sentence.citations.empty());
}

TEST(Ask, TheGistChannelAloneSearchesNothing) {
    const Book book(tale());
    Options options = quick();
    options.withEvidence = false;
    EXPECT_TRUE(askBook(book, kQuestion, options).evidence.empty());
}

TEST(Ask, NamesEvidenceThatDoesNotFit) {
    // The tiny model has about a token per character and a window of 2,048 tokens.
    std::string paragraph = "Marten rang the bell of the lighthouse in the storm. ";
    while (paragraph.size() < 1100)
        paragraph += "Zq" + std::to_string(paragraph.size()) + " xv. ";
    const Book book(paragraph + "\n\n" + paragraph + "\n\n");
    const Answer answer = askBook(book, kQuestion, quick());
    EXPECT_EQ(answer.evidence.size(), 2u);
    EXPECT_EQ(answer.leftOut, std::vector<int>{2});
}

TEST(Ask, RefusesAQuestionThatDoesNotFitAndNeverCutsIt) {
    const Book book(tale());
    Options options = quick();
    options.withEvidence = false;
    EXPECT_EQ(codeOf([&] { askBook(book, std::string(2100, 'q'), options); }), Code::DoesNotFit);
    EXPECT_EQ(codeOf([&] { askBook(book, std::string(2100, 'q'), quick()); }), Code::DoesNotFit);
    EXPECT_EQ(codeOf([&] { askBook(book, "bell " + std::string(2100, 'q'), quick()); }),
              Code::DoesNotFit);
}

TEST(Ask, TheChatBeginsATextOnlyWhereNoneStandsBeforeIt) {
    const Book book(tale());
    Options options = quick();
    options.withEvidence = false;
    // The refusal counts the tokens of the chat.
    const auto counted = [&](const std::shared_ptr<const model::Model>& model, bool isRead) {
        Source source = book.source();
        if (!isRead)
            source.state = nullptr;
        try {
            (void)ask(book.library(), model, kMode, {source}, std::string(2100, 'q'), options, {});
        } catch (const Error& error) {
            const std::string sentence = error.what();
            return sentence.substr(0, sentence.find(" and "));
        }
        return std::string();
    };
    const std::string plain = counted(tinyModel(), false);
    EXPECT_NE(plain.find("tokens"), std::string::npos) << plain;
    EXPECT_EQ(counted(tinyModel(), true), plain);
    EXPECT_EQ(counted(tests::tinyModelThatBegins(), true), plain);
    EXPECT_NE(counted(tests::tinyModelThatBegins(), false), plain);
}

TEST(Ask, RefusesAnEmptyQuestion) {
    const Book book(tale());
    EXPECT_EQ(codeOf([&] { askBook(book, " ", quick()); }), Code::WrongUse);
    EXPECT_EQ(codeOf([&] { askBook(book, "\xC3", quick()); }), Code::WrongUse);
}

TEST(Ask, ACancelledQuestionEnds) {
    const Book book(tale());
    Listener listener;
    listener.isCancelled = [] { return true; };
    listener.onEvidence = [](const Quote&) { FAIL(); };
    EXPECT_TRUE(askBook(book, kQuestion, quick(), {}, listener).gist.empty());
}
