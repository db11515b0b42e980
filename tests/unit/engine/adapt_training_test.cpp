/// Training as a whole on a tiny model: texts, needles, checkpoints, the adapter file, and what is
/// refused.

#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <tuple>

#include "engine/adapt/adapt.h"
#include "engine/adapt/adapter_writer.h"
#include "engine/adapt/dev_set.h"
#include "engine/adapt/infini_dev.h"
#include "engine/adapt/infini_training.h"
#include "engine/adapt/tensor_file.h"
#include "engine/adapt/trainer.h"
#include "engine/adapt/which_layers.h"
#include "engine/evaluate/suite.h"
#include "engine/model/adapter_file.h"
#include "engine/model/gguf.h"
#include "engine/model/sha256.h"
#include "tests/unit/engine/adapt_training_support.h"

using namespace engine::adapt;
using engine::Random;
using namespace tests;
using engine::Code;

namespace {

class AdaptTraining : public TinyTraining {
protected:
    [[nodiscard]] Corpus corpus() const { return corpusOf(recipe.leastTokens()); }

    [[nodiscard]] Trainer trainer(const Corpus& from, std::uint64_t seed = 1) const {
        const AdapterShape shape = smallShape(1, 1);
        return Trainer(weights, *tokenizer, from, shape,
                       Parameters::fresh(weights->config, shape, seed), recipe, seed);
    }

    Recipe recipe = smallRecipe();
};

// ---- texts

/// Whether `expect` holds for a user whom permissions bind, which root is not.
template <typename Expect> bool isRefusedToOrdinaryUser(Expect expect) {
    const pid_t child = ::fork();
    if (child == 0) {
        constexpr unsigned kNobody = 65534;
        const bool isOrdinary = ::geteuid() != 0 || (::setgroups(0, nullptr) == 0 &&
                                                     ::setresgid(kNobody, kNobody, kNobody) == 0 &&
                                                     ::setresuid(kNobody, kNobody, kNobody) == 0);
        expect();
        ::_exit(isOrdinary && !testing::Test::HasFailure() ? 0 : 1);
    }
    int status = -1;
    return ::waitpid(child, &status, 0) == child && status == 0;
}

TEST_F(AdaptTraining, TextsAreKnownByTheirBytesAndSomeAreHeldOut) {
    const Corpus a = corpus();
    EXPECT_EQ(a.train.size(), 5u);
    EXPECT_EQ(a.dev.size(), 1u);
    std::filesystem::create_directory(folder / "in");
    for (std::size_t i = 0; i < texts.size(); ++i) {
        std::filesystem::copy(texts[texts.size() - 1 - i],
                              folder / ("in/z" + std::to_string(i) + ".txt"));
    }
    writeText(folder / "in/short.txt", "Too short to be of use.");
    writeText(folder / "in/other.bin", babble(99, 20'000));
    const Corpus b = Corpus::load({folder / "in"}, "", *tokenizer, 1, recipe.leastTokens(), kGoOn);
    EXPECT_EQ(a.sha256, b.sha256);
    EXPECT_EQ(a.dev[0].sha256, b.dev[0].sha256);
    EXPECT_EQ(b.skipped.size(), 1u);
    Random random(1);
    EXPECT_EQ(Corpus::piece(a.train, random, 17).size(), 17u);
}

TEST_F(AdaptTraining, ATextBeginsAsABookIsRead) {
    tests::GgufFile file = tests::tinyModel(1);
    file.set("tokenizer.ggml.add_bos_token", true);
    const std::string bytes = file.bytes();
    const auto asks =
        engine::model::Tokenizer::load(*engine::model::Gguf::parse(bytes, "tiny.gguf"));
    for (const Text& text : Corpus::load(texts, "", *asks, 1, recipe.leastTokens(), kGoOn).train) {
        EXPECT_EQ(text.ids, asks->encodeFromBegin(bytesOf(text.path)));
        EXPECT_EQ(text.ids.front(), tests::kTinyStart);
    }
}

TEST_F(AdaptTraining, ATextThatMayNotBeTrainedOnIsRefused) {
    engine::model::Sha256 hash;
    hash.add(bytesOf(texts[2]));
    const auto load = [&](const std::string& list) {
        return Corpus::load(texts, list, *tokenizer, 1, recipe.leastTokens(), kGoOn);
    };
    expectError([&] { load(writeText(folder / "hashes", hash.digest() + "  a novel\n")); },
                Code::WrongUse, {"may not be trained on"});
    expectError([&] { load(writeText(folder / "paths", "\n" + texts[4] + "\r\n")); },
                Code::WrongUse, {"may not be trained on"});
    expectError([&] { load(folder / "none"); }, Code::FileMissing, {"list of refused texts"});
    expectError([&] { load(writeText(folder / "lost", (folder / "gone.txt") + "\n")); },
                Code::FileMissing, {"cannot be read"});
    EXPECT_EQ(load(writeText(folder / "fine", std::string(64, 'a') + "\n")).train.size(), 5u);
}

TEST_F(AdaptTraining, TooFewTextsAreRefused) {
    expectError(
        [&] {
            Corpus::load({texts[0], texts[0]}, "", *tokenizer, 1, recipe.leastTokens(), kGoOn);
        },
        Code::WrongUse, {"at least two texts"});
    expectError([&] { Corpus::load({folder / "none.txt"}, "", *tokenizer, 1, 1, kGoOn); },
                Code::FileMissing, {"cannot be read"});
    std::filesystem::permissions(folder / "", std::filesystem::perms(0755));
    std::filesystem::create_directories(folder / "shelf/closed");
    std::filesystem::permissions(folder / "shelf/closed", std::filesystem::perms::none);
    EXPECT_TRUE(isRefusedToOrdinaryUser([&] {
        expectError([&] { Corpus::load({folder / "shelf"}, "", *tokenizer, 1, 1, kGoOn); },
                    Code::FileMissing, {"shelf", "cannot be listed"});
    }));
    std::filesystem::permissions(folder / "shelf/closed", std::filesystem::perms(0755));
    const Corpus stopped =
        Corpus::load(texts, "", *tokenizer, 1, 1, [](std::int64_t, std::int64_t) { return false; });
    EXPECT_TRUE(stopped.train.empty());
}

// ---- needles

TEST_F(AdaptTraining, NeedlesHaveTheirAnswersWhereTheySay) {
    const Corpus from = corpus();
    Random random(3);
    for (const int segments : {1, 2}) {
        NeedleWish wish;
        wish.kinds = {NeedleKind::PassKey, NeedleKind::Named, NeedleKind::PassKey,
                      NeedleKind::Named};
        wish.segmentTokens = 128;
        wish.segments = segments;
        wish.contextTokens = 5;
        wish.names = 2;
        const NeedleBatch batch = makeNeedles(wish, from.train, *tokenizer, random);
        ASSERT_EQ(batch.segments.size(), static_cast<std::size_t>(segments));
        EXPECT_EQ(batch.segments[0].size(1), 128);
        std::vector<std::string> stories(4), answers(4), questions(4);
        for (std::int64_t b = 0; b < 4; ++b) {
            for (const at::Tensor& segment : batch.segments) {
                for (std::int64_t t = 0; t < 128; ++t) {
                    stories[b] += tokenizer->bytesOf(segment[b][t].item<int>());
                }
            }
            for (std::int64_t t = 0; t < batch.question.size(1); ++t) {
                questions[b] += tokenizer->bytesOf(batch.question[b][t].item<int>());
            }
        }
        const at::Tensor flat = batch.question.view({-1});
        for (std::size_t i = 0; i < batch.rows.size(); ++i) {
            EXPECT_EQ(flat[batch.rows[i] + 1].item<std::int64_t>(), batch.tokens[i]);
            answers[static_cast<std::size_t>(batch.samples[i])] +=
                tokenizer->bytesOf(static_cast<std::int32_t>(batch.tokens[i]));
        }
        for (std::size_t b = 0; b < 4; ++b) {
            EXPECT_NE(stories[b].find(answers[b]), std::string::npos) << stories[b];
            EXPECT_NE(questions[b].find(b % 2 == 0 ? "pass key" : "secret number"),
                      std::string::npos);
            EXPECT_EQ(answers[b].find_first_not_of("0123456789"), std::string::npos);
        }
    }
}

TEST_F(AdaptTraining, AnswersToNeedlesEndInAFullStopWhereThatIsWished) {
    const Corpus from = corpus();
    Random random(3);
    NeedleWish wish;
    wish.kinds = {NeedleKind::PassKey, NeedleKind::Named};
    wish.segmentTokens = 256;
    wish.questions = 2;
    EXPECT_TRUE(makeNeedles(wish, from.train, *tokenizer, random).endRows.empty());
    wish.endsAnswers = true;
    const NeedleBatch batch = makeNeedles(wish, from.train, *tokenizer, random);
    const auto questions = static_cast<std::size_t>(
        std::count(batch.digits.begin(), batch.digits.end(), std::int64_t{0}));
    ASSERT_EQ(batch.endRows.size(), questions);
    const at::Tensor flat = batch.question.view({-1});
    for (std::size_t i = 0; i < questions; ++i) {
        EXPECT_EQ(flat[batch.endRows[i] + 1].item<std::int64_t>(), batch.endTokens[i]);
        EXPECT_EQ(tokenizer->bytesOf(static_cast<std::int32_t>(batch.endTokens[i])), ".");
        EXPECT_TRUE(std::ranges::find(batch.rows, batch.endRows[i] - 1) != batch.rows.end())
            << "the token before is a digit of the answer";
    }
}

TEST_F(AdaptTraining, AnswersAreCountedBySampleAndQuestion) {
    NeedleBatch batch;
    batch.question = at::zeros({3, 4}, at::TensorOptions().dtype(at::kLong));
    batch.samples = {0, 0, 0, 0, 1, 2, 2};
    batch.digits = {0, 1, 0, 1, 0, 0, 1}; // two questions of the first sample
    const at::Tensor right = at::tensor(std::vector<double>{1, 1, 0, 1, 1, 0, 0, 1});
    const Answered found = answered(batch, right);
    EXPECT_EQ(found.ofSample, (std::vector<double>{0.75, 1, 0}));
    EXPECT_EQ(found.wholeOfSample, (std::vector<double>{0.5, 1, 0}));
    EXPECT_DOUBLE_EQ(found.digits, 4.0 / 7);
    EXPECT_DOUBLE_EQ(found.exact, 2.0 / 4);
}

TEST_F(AdaptTraining, TheRateRisesAndFalls) {
    EXPECT_DOUBLE_EQ(rateShare(1, 4, 0), 0.25);
    EXPECT_DOUBLE_EQ(rateShare(9, 4, 0.6), 1);
    EXPECT_DOUBLE_EQ(rateShare(9, 4, 0.8), 0.5);
    EXPECT_DOUBLE_EQ(rateShare(9, 4, 1), 0.05);
    EXPECT_DOUBLE_EQ(rateShare(1, 0, 0), 1);
}

TEST_F(AdaptTraining, MostOfASegmentsFirstRowsHaveALossAndNeverTheLast) {
    Random random(3);
    for (const auto& [N, early, late] : {std::tuple{48, 33, 0}, {256, 45, 48}}) {
        const auto rows = rowsWithLoss(N, random);
        EXPECT_TRUE(std::ranges::is_sorted(rows));
        EXPECT_EQ(std::ranges::count_if(rows, [](std::int64_t row) { return row < 64; }), early);
        EXPECT_EQ(std::ssize(rows), early + late);
        EXPECT_LT(rows.back(), N - 1);
    }
}

TEST_F(AdaptTraining, NoNameOfATrainingIsAskedForByAnEvaluation) {
    std::set<std::string> names(trainingNames().begin(), trainingNames().end());
    EXPECT_EQ(names.size(), trainingNames().size());
    for (const char* name : engine::evaluate::needleNames()) {
        EXPECT_FALSE(names.contains(name)) << name;
    }
}

/// The names that the row b of a batch's questions asks for, in order.
std::vector<std::string> namesAsked(const NeedleBatch& batch, std::int64_t b,
                                    const engine::model::Tokenizer& tokenizer) {
    std::string question;
    for (std::int64_t t = 0; t < batch.question.size(1); ++t) {
        question += tokenizer.bytesOf(batch.question[b][t].item<int>());
    }
    const std::string before = "What is the secret number of the ";
    std::vector<std::string> names;
    for (std::size_t at = question.find(before); at != std::string::npos;
         at = question.find(before, at + 1)) {
        const std::size_t begin = at + before.size();
        names.push_back(question.substr(begin, question.find('?', begin) - begin));
    }
    return names;
}

TEST_F(AdaptTraining, NamesOfNeedlesApartAreAllDifferent) {
    const Corpus from = corpus();
    Random random(4);
    NeedleWish wish;
    wish.kinds.assign(16, NeedleKind::Apart);
    wish.segmentTokens = 128;
    const NeedleBatch batch = makeNeedles(wish, from.train, *tokenizer, random);
    std::set<std::string> names;
    for (std::int64_t b = 0; b < 16; ++b) {
        const auto asked = namesAsked(batch, b, *tokenizer);
        ASSERT_EQ(asked.size(), 1u);
        names.insert(asked.front());
    }
    EXPECT_EQ(names.size(), 16u);
}

TEST_F(AdaptTraining, NeedlesOfOneGroupAreAskedForEachOthersNumbers) {
    const Corpus from = corpus();
    Random random(4);
    NeedleWish wish;
    wish.kinds.assign(6, NeedleKind::Apart);
    wish.kinds[2] = NeedleKind::PassKey;
    wish.groups = {1, 1, 1, 1, 2, 2};
    wish.segmentTokens = 128;
    wish.questions = 2;
    const NeedleBatch batch = makeNeedles(wish, from.train, *tokenizer, random);
    std::vector<std::vector<std::string>> asked;
    for (std::int64_t b = 0; b < 6; ++b) {
        asked.push_back(namesAsked(batch, b, *tokenizer));
    }
    // Each its own, then the next of its group that has a name.
    EXPECT_TRUE(asked[2].empty());
    const std::pair<std::size_t, std::size_t> next[] = {{0, 1}, {1, 3}, {3, 0}, {4, 5}, {5, 4}};
    for (const auto& [b, other] : next) {
        ASSERT_EQ(asked[b].size(), 2u) << b;
        EXPECT_EQ(asked[b].back(), asked[other].front()) << b;
    }
    // One answer for each question, counted as such.
    const Answered all =
        answered(batch, at::ones({std::ssize(batch.rows)}, at::TensorOptions().dtype(at::kDouble)));
    EXPECT_DOUBLE_EQ(all.exact, 1);
    EXPECT_EQ(std::ranges::count(batch.digits, 0), 5 * 2 + 1);
}

TEST_F(AdaptTraining, AsManyNamesAsAreWishedForStandInTheSegments) {
    const Corpus from = corpus();
    Random random(6);
    NeedleWish wish;
    wish.kinds.assign(3, NeedleKind::Named);
    wish.segmentTokens = 128;
    wish.segments = 3;
    wish.leastNames = wish.names;
    const NeedleBatch batch = makeNeedles(wish, from.train, *tokenizer, random);
    ASSERT_EQ(batch.segments.size(), 3u);
    for (const auto& numbers : batch.numbers) {
        EXPECT_EQ(std::ssize(numbers), wish.names);
        EXPECT_TRUE(std::ranges::all_of(numbers, [](const auto& n) {
            return n.digits >= 4 && n.digits <= 6; // 384 tokens have room for them
        }));
    }
}

// ---- quotes

TEST_F(AdaptTraining, QuotesAreAskedForInThePromptsOfTheProgram) {
    std::string story = "It was late.";
    for (int i = 0; i < 3000; ++i) {
        story += " The miller of Arden sold his old grey mare to a lawyer named Bram " +
                 std::to_string(i) + " times.";
    }
    const Text text{"story", "", tokenizer->encodeIds(story)};
    const auto said = [&](const at::Tensor& ids) {
        std::string result;
        for (std::int64_t t = 0; t < ids.size(0); ++t) {
            result += tokenizer->bytesOf(ids[t].item<int>());
        }
        return result;
    };
    Random random(5);
    for (const QuoteForm form : {QuoteForm::Plain, QuoteForm::Chat, QuoteForm::ChatWithPassage}) {
        QuoteWish wish;
        wish.form = form;
        wish.passageTokens = 512;
        wish.texts = {&text, &text};
        const QuoteBatch batch = makeQuotes(wish, *tokenizer, random);
        ASSERT_FALSE(batch.tokens.empty());
        EXPECT_EQ(batch.passages.sizes(), (std::vector<std::int64_t>{2, 512}));
        EXPECT_EQ(batch.memoryRows.size(), batch.tokens.size());
        EXPECT_EQ(batch.textRows.size(), batch.tokens.size());
        const at::Tensor alone = batch.memoryOnly.view({-1}), whole = batch.withText.view({-1});
        std::string answer;
        for (std::size_t i = 0; i < batch.tokens.size(); ++i) {
            EXPECT_EQ(alone[batch.memoryRows[i] + 1].item<std::int64_t>(), batch.tokens[i]);
            EXPECT_EQ(whole[batch.textRows[i] + 1].item<std::int64_t>(), batch.tokens[i]);
            if (batch.memoryRows[i] < batch.memoryOnly.size(1)) {
                answer += tokenizer->bytesOf(static_cast<std::int32_t>(batch.tokens[i]));
            }
        }
        const std::string asked = said(batch.memoryOnly[0]), taught = said(batch.withText[0]);
        EXPECT_NE(said(batch.passages[0]).find(answer.substr(1)), std::string::npos) << answer;
        EXPECT_NE(asked.find("Question: "), std::string::npos) << asked;
        EXPECT_EQ(asked == taught, form == QuoteForm::ChatWithPassage);
        EXPECT_NE(taught.find("grey mare to a lawyer"), std::string::npos) << taught;
    }
}

/// One sentence, again and again.
Text patientStory(const engine::model::Tokenizer& tokenizer) {
    std::string story;
    for (int i = 0; i < 800; ++i) {
        story += " Yesterday the patient miller patiently sold old horses again.";
    }
    return {"story", "", tokenizer.encodeIds(story)};
}

/// What stands before the first answer, and that answer.
struct AskedAndAnswered {
    std::string asked, answer;
};
AskedAndAnswered firstOf(const QuoteBatch& batch, const engine::model::Tokenizer& tokenizer) {
    AskedAndAnswered result;
    for (std::int64_t t = 0; t < batch.textRows.front() + 1; ++t) {
        result.asked += tokenizer.bytesOf(batch.withText[0][t].item<int>());
    }
    for (const std::int64_t token : batch.tokens) {
        result.answer += tokenizer.bytesOf(static_cast<std::int32_t>(token));
    }
    return result;
}

TEST_F(AdaptTraining, FactsAreAskedForAndAnsweredInTheWordsOfTheQuestion) {
    const Text text = patientStory(*tokenizer);
    Random random(5);
    QuoteWish wish;
    wish.form = QuoteForm::ChatWithPassage;
    wish.asksFacts = true;
    wish.mostAnswerTokens = 128;
    wish.texts = {&text};
    std::set<std::string> beginnings;
    for (int i = 0; i < 60; ++i) {
        const auto [asked, answer] = firstOf(makeQuotes(wish, *tokenizer, random), *tokenizer);
        const std::size_t question = asked.rfind("Question: ");
        ASSERT_NE(question, std::string::npos) << asked;
        const std::string line = asked.substr(question, asked.find('?', question) + 1 - question);
        const std::size_t subject = line.rfind(' ') + 1;
        const std::string word = line.substr(subject, line.size() - subject - 1);
        EXPECT_NE(answer.find(" Yesterday the"), std::string::npos) << answer;
        EXPECT_TRUE(line.find(" come?") != line.npos || line.find(" do it?") != line.npos ||
                    answer.find(word) < answer.find(" Yesterday"))
            << line << answer;
        beginnings.insert(line.substr(0, line.find(' ', 13)));
    }
    EXPECT_GE(beginnings.size(), 5u);
}

TEST_F(AdaptTraining, NumbersBesideAPassageEndWhereTheyEnd) {
    const Text text = patientStory(*tokenizer);
    Random random(5);
    QuoteWish wish;
    wish.asksFacts = true;
    wish.mostAnswerTokens = 128;
    wish.texts = {&text};
    const std::regex number("([0-9]+)( pounds| of [a-z ]+)?\\. Yesterday the");
    std::set<std::size_t> lengths;
    std::map<QuoteForm, int> numbers, stated;
    for (int i = 0; i < 200; ++i) {
        wish.form = i % 2 == 0 ? QuoteForm::ChatWithPassage : QuoteForm::Chat;
        const auto [before, answer] = firstOf(makeQuotes(wish, *tokenizer, random), *tokenizer);
        std::smatch found;
        if (std::regex_search(answer, found, number)) {
            ++numbers[wish.form];
            stated[wish.form] += before.find(" " + found.str(1)) != before.npos ? 1 : 0;
            lengths.insert(found.str(1).size());
        }
    }
    EXPECT_EQ(numbers[QuoteForm::Chat], 0) << "the memory holds no number then";
    EXPECT_GE(numbers[QuoteForm::ChatWithPassage], 60);
    EXPECT_GE(stated[QuoteForm::ChatWithPassage], 40);
    EXPECT_LT(stated[QuoteForm::ChatWithPassage], numbers[QuoteForm::ChatWithPassage]);
    EXPECT_EQ(lengths, (std::set<std::size_t>{1, 2, 3, 4, 5, 6}));
}

TEST_F(AdaptTraining, NumbersStandAllOverWhatIsReadBeforeAPassage) {
    const Text text = patientStory(*tokenizer);
    Random random(5);
    QuoteWish wish;
    wish.texts = {&text, &text};
    EXPECT_FALSE(makeQuotes(wish, *tokenizer, random).numbers.defined());
    wish.numberTokens = 256;
    std::set<std::string> numbers;
    for (int i = 0; i < 20; ++i) {
        const QuoteBatch batch = makeQuotes(wish, *tokenizer, random);
        ASSERT_EQ(batch.numbers.sizes(), (std::vector<std::int64_t>{2, 256}));
        std::string read;
        for (std::int64_t t = 0; t < 256; ++t) {
            read += tokenizer->bytesOf(batch.numbers[1][t].item<int>());
        }
        EXPECT_NE(read.find("patient"), std::string::npos) << read;
        const std::regex number("[0-9]+(,[0-9]{3})?");
        const auto first = std::sregex_iterator(read.begin(), read.end(), number);
        EXPECT_NE(first, std::sregex_iterator()) << read;
        for (auto found = first; found != std::sregex_iterator(); ++found) {
            numbers.insert(found->str());
        }
    }
    EXPECT_GE(numbers.size(), 60u);
    EXPECT_TRUE(std::ranges::any_of(
        numbers, [](const std::string& number) { return number.find(',') != number.npos; }));
}

TEST_F(AdaptTraining, TellsHowFarWhatIsCarriedDisturbsAnswersBesideAPassage) {
    const AdapterShape shape = smallShape(1, 1);
    const Corpus corpus = corpusOf(smallRecipe().leastTokens());
    Parameters parameters = randomParameters(weights->config, shape, at::kFloat);
    const Student student(weights, shape);
    DevSizes sizes;
    sizes.samples = 2;
    sizes.bookTokens = 64;
    sizes.books = 2;
    sizes.depths = sizes.namedDepths = {0};
    const auto found = [&] {
        return *DevSet(infiniDevReader(student), parameters, corpus, *tokenizer, sizes)
                    .evaluate(parameters, [] { return true; });
    };
    EXPECT_GT(found().besideNats, 1e-4);
    const c10::NoGradGuard none;
    parameters["beta"].fill_(-60); // nothing of the memory comes through
    parameters["beta_pos"].zero_();
    const DevResult silent = found();
    EXPECT_NEAR(silent.besideNats, 0, 1e-6);
    EXPECT_EQ(silent.besideSame, 1);
    EXPECT_NE(silent.line().find("beside a passage 0.000 nats from the base, 1.00 of"),
              std::string::npos)
        << silent.line();
}

TEST_F(AdaptTraining, ATextWithoutSentencesIsAskedForToo) {
    const Text text{"list", "", tokenizer->encodeIds(std::string(4000, 'x'))};
    Random random(5);
    QuoteWish wish;
    wish.passageTokens = 64;
    wish.texts = {&text};
    EXPECT_NO_THROW(makeQuotes(wish, *tokenizer, random));
}

TEST(AdaptDepth, RisesWithDeepSamplesThatAreAnswered) {
    Depth depth{0, 0.5, 0.92};
    Random random(1);
    EXPECT_EQ(depth.draw(random), 0);
    std::int64_t before = 0;
    for (int i = 0; i < 200; ++i) {
        depth.learn(1, 16, 100);
        EXPECT_GE(depth.ceiling, before);
        before = depth.ceiling;
    }
    EXPECT_EQ(depth.ceiling, 100);
    // A raise is followed by deep samples of the new depth before the next.
    Depth half{0, 0.9, 0.65};
    half.learn(1, 16, 100);
    half.learn(1, 2, 100);
    EXPECT_EQ(half.ceiling, 1);
    int none = 0, upper = 0;
    for (int i = 0; i < 1000; ++i) {
        const double k = depth.draw(random);
        EXPECT_LE(k, 101);
        none += k == 0;
        upper += k >= 50;
    }
    EXPECT_NEAR(none, 200, 50);
    EXPECT_GT(upper, 350);
}

// ---- files

TEST_F(AdaptTraining, AnAdapterFileIsReadBackAsItWas) {
    const AdapterShape shape = smallShape(0, 1);
    const Parameters parameters = randomParameters(weights->config, shape, at::kFloat);
    TrainingHistory history;
    history.engineVersion = "1";
    const Corpus from = corpus();
    history.dataSha256 = from.sha256;
    history.texts = from.hashes;
    history.segmentTokens = 128;
    history.steps = 7;
    history.passkey = "none";
    const std::string path = folder / "a.safetensors";
    replaceFile(path, adapterBytes(parameters, shape, *weights, history));
    EXPECT_EQ(engine::model::AdapterFile::parse(bytesOf(path), path, *weights)->adapter.texts,
              from.hashes);
    const ReadAdapter read = readAdapter(path, *weights);
    EXPECT_EQ(read.shape.firstLayer, 0);
    EXPECT_EQ(read.shape.lastLayer, 1);
    EXPECT_EQ(read.shape.features, shape.features);
    EXPECT_EQ(read.shape.rank, shape.rank);
    EXPECT_EQ(read.shape.alpha, shape.alpha);
    EXPECT_EQ(read.shape.epsilon, shape.epsilon);
    for (std::size_t i = 0; i < parameters.all.size(); ++i) {
        EXPECT_TRUE(
            sameBits(read.parameters.all[i].values.detach(), parameters.all[i].values.detach()))
            << parameters.all[i].name;
    }
    expectError([&] { readAdapter(texts[0], *weights); }, Code::BadWeights, {});
    expectError([&] { replaceFile(folder / "none/a", "bytes"); }, Code::CannotWrite,
                {"cannot be written"});
    std::filesystem::create_directories(folder / "taken/inside");
    expectError([&] { replaceFile(folder / "taken", "bytes"); }, Code::CannotWrite,
                {"cannot be written"});
}

TEST_F(AdaptTraining, ResumedIsUninterruptedBitForBit) {
    // Before and at the greatest depth, which is another mixture.
    for (const std::int64_t deepest : {std::int64_t{20'000}, std::int64_t{0}}) {
        recipe.deepest = deepest;
        recipe.quoteEvery = 2;
        const Corpus from = corpus();
        Trainer whole = trainer(from), first = trainer(from), second = trainer(from, 9);
        bool hasQuotes = false;
        const auto deepen = [&](Trainer& t) {
            for (int i = 0; i < 3; ++i) {
                const StepReport report = t.step(0.1 * i, i == 1);
                hasQuotes = hasQuotes || report.hasQuotes;
                EXPECT_TRUE(std::isfinite(report.quoteLoss + report.bookLoss));
            }
        };
        expectResumedIsUninterrupted(whole, first, second, deepen);
        EXPECT_EQ(Trainer::shapeOf(whole.checkpoint({}), "x").lastLayer, 1);
        EXPECT_TRUE(hasQuotes);
    }
}

TEST_F(AdaptTraining, ACheckpointOfSomethingElseIsRefused) {
    const Corpus from = corpus();
    Trainer one = trainer(from);
    expectCheckpointsRefused(one, {"base_sha256",
                                   "data_sha256",
                                   "held_out_sha256",
                                   "layers",
                                   "f",
                                   "rank",
                                   "alpha",
                                   "eps",
                                   "kl",
                                   "stage",
                                   "step",
                                   "optimizer_steps",
                                   "random",
                                   "transfer_steps",
                                   "keys_ceiling",
                                   "keys_accuracy",
                                   "named_ceiling",
                                   "named_accuracy",
                                   "bank",
                                   "tracks"});
    const Opened sound(one.checkpoint({}));
    one.step(0, false);
    one.step(0, false);
    one.step(0, false);
    Opened track(one.checkpoint({}));
    EXPECT_NO_THROW(one.restore(track.bytes(), "x"));
    track.fields["track.0.text"] = "5";
    expectError([&] { one.restore(track.bytes(), "x"); }, Code::BadWeights, {"none of the texts"});
    Opened other = sound;
    other.fields["format"] = "something";
    expectError([&] { Trainer::shapeOf(other.bytes(), "x"); }, Code::BadWeights, {"no checkpoint"});
    Opened layers = sound;
    layers.fields["layers"] = "all";
    expectError([&] { Trainer::shapeOf(layers.bytes(), "x"); }, Code::BadWeights, {"layers"});
}

TEST_F(AdaptTraining, AStepWhoseGradientsAreNotFiniteChangesNothing) {
    const Corpus from = corpus();
    Trainer one = trainer(from);
    expectSkipped(one, "write_c", "k_bias", [](Trainer& t) { return t.step(0, false); });
}

/// Rows without a loss stand behind those with one.
TEST(AdaptTaught, OnlyRowsThatAreTaughtCount) {
    const at::Tensor logits = at::tensor({1.0, 2.0, 0.5, -1.0, 0.0, 3.0}).view({2, 3});
    Taught taught;
    std::tie(taught.logs, taught.tokens) =
        at::topk(at::log_softmax(at::tensor({0.5, 0.5, 1.0}).view({1, 3}), -1), 3, -1);
    const double alone = taught.divergence(logits.narrow(0, 0, 1)).item<double>();
    EXPECT_GT(alone, 0.1);
    EXPECT_DOUBLE_EQ(taught.divergence(logits).item<double>(), alone);
}

/// What the likeliest tokens leave over counts as well: the teacher's own distribution is the best.
TEST(AdaptTaught, NothingIsBetterThanWhatIsTaught) {
    const at::Tensor theirs =
        at::log_softmax(at::linspace(0, 2, 50, at::kDouble).view({1, 50}), -1);
    Taught taught;
    std::tie(taught.logs, taught.tokens) = at::topk(theirs, 4, -1);
    at::Tensor own = theirs.clone().set_requires_grad(true);
    const at::Tensor none = taught.divergence(own);
    none.backward();
    EXPECT_NEAR(none.item<double>(), 0, 1e-12);
    EXPECT_LT(own.grad().abs().max().item<double>(), 1e-12);
    const at::Tensor named = at::zeros({1, 50}, at::kDouble).scatter(-1, taught.tokens, 1);
    for (const double more : {-3.0, -0.5, 0.5, 3.0, 100.0})
        EXPECT_GT(taught.divergence(theirs + named * more).item<double>(), 0.01) << more;
}

/// Segments that the base model's context does not hold together have cross entropy alone, and so
/// has the first, before which the base model read nothing and the memory what it holds.
TEST_F(AdaptTraining, BehindItsContextTheBaseModelTeachesNothing) {
    recipe.gatesOnly = true; // steps of book text alone
    const Corpus from = corpus();
    auto narrow = std::make_shared<engine::model::Weights>(*weights);
    const AdapterShape shape = smallShape(1, 1);
    std::set<std::string> results;
    recipe.bookTokens = {32};
    for (const std::int64_t context : {31, 32, 64, 2048}) {
        narrow->config.contextTokens = context;
        for (const double klWeight : {0.0, 3.0}) {
            recipe.klWeight = klWeight;
            Trainer one(narrow, *tokenizer, from, shape,
                        Parameters::fresh(narrow->config, shape, 1), recipe, 1);
            one.step(0, false);
            Opened trained(one.checkpoint({}));
            // Until one of the books that are read side by side is gone on with.
            for (std::string before; before != trained.fields["tracks"];) {
                before = trained.fields["tracks"];
                one.step(0, false);
                trained = Opened(one.checkpoint({}));
            }
            trained.fields.erase("kl");
            results.insert(trained.bytes());
        }
    }
    // Without KL all are alike, and so is what nothing was taught; two segments, or all.
    EXPECT_EQ(results.size(), 3u);
}

TEST_F(AdaptTraining, GatesAloneCanBeTrained) {
    recipe.gatesOnly = true;
    recipe.klWeight = 0.5;
    const Corpus from = corpus();
    Trainer one = trainer(from);
    const at::Tensor beta = one.parameters()["beta"].detach().clone(),
                     feature = one.parameters()["q_feature"].detach().clone();
    EXPECT_EQ(one.parameters().count(), 2 * beta.numel()); // beta and beta_pos
    const StepReport report = one.step(0, false);
    EXPECT_FALSE(report.hasNeedles);
    EXPECT_GT(report.bookLoss, 0);
    EXPECT_FALSE(sameBits(one.parameters()["beta"].detach(), beta));
    EXPECT_TRUE(sameBits(one.parameters()["q_feature"].detach(), feature));
}

TEST(AdaptLayers, TheShortestRangeThatHoldsMostIsTaken) {
    EXPECT_EQ(shortestRange({0, 0.1, 3, 4, -1, 2, 0}, 0.9),
              (std::pair<std::int64_t, std::int64_t>{2, 5}));
    EXPECT_EQ(shortestRange({0, 5, 0}, 0.9), (std::pair<std::int64_t, std::int64_t>{1, 1}));
    EXPECT_EQ(shortestRange({0, 0, -1}, 0.9), (std::pair<std::int64_t, std::int64_t>{0, 2}));
}

// ---- a whole training

TEST_F(AdaptTraining, WritesAdapterCheckpointAndLogAndGoesOn) {
    Options first = options("run.safetensors");
    first.layers = "1-1";
    run(first);
    EXPECT_NO_THROW(engine::model::AdapterFile::parse(bytesOf(first.output), "x", *weights));
    EXPECT_NE(bytesOf(first.output + ".log").find("memory in layers 1-1"), std::string::npos);
    expectError([&] { run(first); }, Code::CannotWrite, {"is there already"});
    const std::string written = bytesOf(first.output);
    EXPECT_NE(written.find("adapt --method infini --layers 1-1 --kl 3 --steps " +
                           std::to_string(*first.steps)),
              std::string::npos);
    EXPECT_NE(written.find("\"seconds\":\""), std::string::npos);
    Options second = first;
    second.steps = 4;
    second.resume = true;
    const auto lines = run(second);
    EXPECT_NE(lines.back().find("after 4 steps"), std::string::npos) << lines.back();
    second.layers = "0-1";
    expectError([&] { run(second); }, Code::WrongUse, {"0-1", "layers 1-1", "leave --layers out"});
    second.layers.clear();
    Opened timeless(bytesOf(first.output + ".checkpoint"));
    timeless.fields["note.seconds"] = "long";
    writeText(first.output + ".checkpoint", timeless.bytes());
    expectError([&] { run(second); }, Code::BadWeights, {"seconds", "no number", "begin anew"});
    Options third = options("from.safetensors");
    third.from = first.output;
    third.gatesOnly = true;
    third.steps = 1;
    const auto toldFrom = run(third);
    EXPECT_NE(toldFrom.back().find("after 1 steps"), std::string::npos);
    // Measured before the first step, and again behind it.
    EXPECT_EQ(std::ranges::count_if(toldFrom,
                                    [](const std::string& line) {
                                        return line.find("dev keys") != std::string::npos;
                                    }),
              2);
    // What the adapter says of its own training is kept: steps, seconds and command add up.
    third.resume = true;
    third.from.clear();
    third.steps = 2;
    run(third);
    const auto both = engine::model::AdapterFile::parse(bytesOf(third.output), "x", *weights);
    EXPECT_EQ(both->steps, 4 + 2);
    EXPECT_NE(bytesOf(third.output).find("--resume; then infolio-cli"), std::string::npos);
    Options fourth = options("quotes.safetensors");
    fourth.from = first.output;
    fourth.steps = 10;
    run(fourth);
    // Of recurrent prompts the loss of quotes is cross entropy.
    const std::string log = bytesOf(fourth.output + ".log");
    for (const char* part : {"  needle ", "  digits ", "  depth ", "  named ", "  book ",
                             "  quotes KL ", "  gates ", "  ETA ", "  peak RSS "}) {
        EXPECT_NE(log.find(part), std::string::npos) << part << "\n" << log;
    }
}

TEST_F(AdaptTraining, TellsTheCommandsOfAllItsRuns) {
    Options one = options("commands.safetensors");
    one.steps = 1;
    run(one);
    one.resume = true;
    for (const std::int64_t steps : {2, 3, 3}) {
        one.steps = steps;
        run(one);
    }
    const std::string command = "infolio-cli --seed 0 adapt --method infini --kl 3 --steps ";
    EXPECT_NE(bytesOf(one.output)
                  .find("\"" + command + "1; then " + command + "2 --resume; then " + command +
                        "3 --resume\""),
              std::string::npos);
}

TEST_F(AdaptTraining, IsGoneOnWithByTheSeedThatItBeganWith) {
    Options one = options("seed.safetensors");
    one.seed = 3;
    run(one);
    one.resume = true;
    one.seed = 0;
    expectError([&] { run(one); }, Code::WrongUse, {"seed.safetensors.checkpoint", "--seed 3"});
}

/// What the adapter that it begins with was trained on, this one was trained on too.
TEST_F(AdaptTraining, KeepsTheTextsOfTheAdapterThatItBeginsWith) {
    Options first = options("first.safetensors");
    first.texts.resize(3);
    run(first);
    const auto hashesOf = [&](const std::string& path) {
        return engine::model::AdapterFile::parse(bytesOf(path), path, *weights)->adapter.texts;
    };
    ASSERT_EQ(hashesOf(first.output).size(), 3u);
    Options second = options("second.safetensors");
    second.texts.erase(second.texts.begin(), second.texts.begin() + 2);
    second.from = first.output;
    const auto isRemarked = [](const std::vector<std::string>& lines) {
        return std::ranges::any_of(lines, [](const std::string& line) {
            return line.find("of the texts held out are among those of the adapter") !=
                   std::string::npos;
        });
    };
    run(second);
    EXPECT_EQ(hashesOf(second.output), corpusOf(1).hashes);
    second.resume = true;
    second.from.clear();
    second.steps = 3;
    run(second);
    EXPECT_EQ(hashesOf(second.output), corpusOf(1).hashes);
    Options same = options("same.safetensors");
    same.texts = first.texts;
    same.from = first.output;
    EXPECT_FALSE(isRemarked(run(same)));
    same.output = folder / "other.safetensors";
    same.seed = 1;
    EXPECT_TRUE(isRemarked(run(same)));
    // What the first of three held out by another seed the third still has been trained on.
    Options third = same;
    third.from = same.output;
    third.output = folder / "third.safetensors";
    EXPECT_TRUE(isRemarked(run(third)));
}

TEST_F(AdaptTraining, EndsByTimeAndByTarget) {
    for (const bool byTime : {true, false}) {
        Options one = options(byTime ? "time.safetensors" : "target.safetensors");
        one.steps.reset();
        if (byTime) {
            one.minutes = 1e-4;
        } else {
            one.target = 1;
            one.targetShare = 0;
            one.evaluateEvery = 1;
        }
        int asked = 0;
        std::string last;
        adapt(
            weights, *tokenizer, one, [&](const Report& report) { last = report.line; },
            [&] { return ++asked > 5'000; });
        EXPECT_LE(asked, 5'000);
        EXPECT_NE(last.find("written"), std::string::npos) << last;
    }
    Options missed = options("missed.safetensors");
    missed.target = 1;
    missed.targetShare = 1.1;
    missed.evaluateEvery = 1;
    EXPECT_NE(run(missed).back().find("after 2 steps"), std::string::npos);
    const auto training = infiniTraining(weights, *tokenizer, options("a"));
    EXPECT_TRUE(std::ranges::is_sorted(training->devSizes(100).depths));
}

/// A training that begins with an adapter begins as deep as that adapter finds numbers.
TEST_F(AdaptTraining, BeginsAtDepthsThatAreFound) {
    const Corpus from = corpus();
    Trainer one = trainer(from);
    one.beginAt(3, 1);
    const StepReport report = one.step(0, false);
    EXPECT_GE(report.keyCeiling, 3);
    EXPECT_GE(report.namedCeiling, 1);
    one.beginAt(recipe.deepest + 1, 0);
    EXPECT_EQ(one.step(0, false).keyCeiling, recipe.deepest);
}

/// A run that ends before it measures anything leaves what was measured before it.
TEST_F(AdaptTraining, KeepsWhatAFormerRunMeasured) {
    Options first = options("kept.safetensors");
    run(first);
    const auto measured = engine::model::AdapterFile::parse(bytesOf(first.output), "x", *weights);
    EXPECT_NE(measured->passkey.find("exact keys"), std::string::npos);
    first.resume = true;
    expectEndWhenCancelled(first);
    const auto kept = engine::model::AdapterFile::parse(bytesOf(first.output), "x", *weights);
    EXPECT_GT(kept->steps, measured->steps);
    EXPECT_EQ(kept->passkey, measured->passkey);
    EXPECT_EQ(kept->perplexityZeroed, measured->perplexityZeroed);
    EXPECT_GT(kept->perplexityZeroed, 1);
}

TEST_F(AdaptTraining, FindsItsLayersByMeasurement) {
    Options measured = options("auto.safetensors");
    measured.layers = "auto";
    measured.steps = 1;
    bool isTold = false;
    for (const std::string& line : run(measured)) {
        isTold = isTold || line.find("lost by a cut in each layer") != std::string::npos;
    }
    EXPECT_TRUE(isTold);
}

/// A cut that cuts nothing costs nothing.
TEST_F(AdaptTraining, EachLayersCutCostsSomething) {
    const RecallLayers recall =
        measureRecall(weights, *tokenizer, corpus().train, 1, [] { return true; });
    ASSERT_EQ(std::ssize(recall.lost), weights->config.layers);
    for (const double lost : recall.lost) {
        EXPECT_GT(std::abs(lost), 1e-6);
    }
}

TEST_F(AdaptTraining, RefusesWhatCannotMeanAnything) {
    expectMeaninglessRefused("infini");
    Options both = options("a");
    both.resume = true;
    both.from = "b";
    expectError([&] { run(both); }, Code::WrongUse, {"not both"});
    for (const char* layers : {"x", "1", "1-2", "1-0", "-1-1", "0-1x"}) {
        Options wrong = options("a");
        wrong.layers = layers;
        expectError([&] { run(wrong); }, Code::WrongUse, {"first-last"});
    }
}

TEST_F(AdaptTraining, EndsBetweenStepsWhenItIsCancelled) {
    expectEndWhenCancelled(options("cancelled.safetensors"));
}

} // namespace
