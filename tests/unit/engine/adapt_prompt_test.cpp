/// Training of recurrent prompts: its pass in double against central differences and against
/// autograd over all segments, against what reads with the result, its files and checkpoints, and a
/// toy that learns.

#include <ATen/ops/argmax.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "engine/adapt/adapt.h"
#include "engine/adapt/prompt_trainer.h"
#include "engine/adapt/prompt_training.h"
#include "engine/model/prompt_file.h"
#include "engine/model/prompt_reader.h"
#include "tests/unit/engine/adapt_gradient_support.h"
#include "tests/unit/engine/adapt_training_support.h"

using namespace engine::adapt;
using engine::Random;
using namespace tests;
using engine::Code;
using engine::model::Mode;

namespace {

PromptShape smallPrompt(Mode method) {
    return {method, 2, 3, 6};
}

Parameters randomPrompt(const engine::model::Weights& weights, const PromptShape& shape,
                        at::ScalarType type) {
    return moved(freshPrompt(weights, shape, 5, type));
}

struct Case : GradientCase {
    Case(Mode method, std::size_t segments, bool hasBias = false, bool hasQkNorm = false)
        : GradientCase(gradientShape(3, hasBias, hasQkNorm), segments),
          student(weights, smallPrompt(method)) {
        parameters = randomPrompt(*weights, student.shape(), at::kDouble);
    }

    [[nodiscard]] at::Tensor loss(std::size_t s, const at::Tensor& x) const {
        return lossOf(student, s, x);
    }

    /// Losses of all segments but the first, by autograd through everything.
    [[nodiscard]] at::Tensor plainLoss() const {
        at::Tensor vectors, total;
        for (std::size_t s = 0; s < ids.size(); ++s) {
            const auto passed =
                student.segment(parameters, ids[s], vectors, PromptStudent::Want::Both);
            if (s > 0) {
                total = total.defined() ? total + loss(s, passed.x) : loss(s, passed.x);
            }
            vectors = student.carried(vectors, passed.written);
        }
        return total;
    }

    [[nodiscard]] std::vector<at::Tensor> plainGradients() {
        parameters.clearGradients();
        plainLoss().backward();
        return taken();
    }

    [[nodiscard]] std::vector<at::Tensor> adjointGradients() {
        parameters.clearGradients();
        PromptSegments segments;
        segments.ids = ids;
        segments.loss = [this](std::size_t s, const at::Tensor& x) { return loss(s, x); };
        segments.hasLoss = [](std::size_t s) { return s > 0; };
        adjointLoss = backThroughVectors(student, parameters, segments);
        return taken();
    }

    PromptStudent student;
};

class PromptGradient : public testing::TestWithParam<Mode> {};

TEST_P(PromptGradient, OfEveryGroupAgreesWithDifferences) {
    Case c(GetParam(), 3);
    expectDifferences(c);
}

TEST_P(PromptGradient, AgreesWithBiasesAndWithNormsOfTheHeads) {
    Case biased(GetParam(), 2, true, false);
    expectDifferences(biased);
    Case normed(GetParam(), 2, false, true);
    expectDifferences(normed);
}

TEST_P(PromptGradient, OfTheAdjointIsThatOfAutogradOverFourSegments) {
    Case c(GetParam(), 4);
    expectAutograds(c, c.adjointGradients());
}

TEST_P(PromptGradient, ReachesWhatWasWrittenThreeSegmentsBefore) {
    Case c(GetParam(), 4);
    PromptSegments segments;
    segments.ids = c.ids;
    segments.loss = [&](std::size_t s, const at::Tensor& x) { return c.loss(s, x); };
    segments.hasLoss = [](std::size_t s) { return s == 3; };
    backThroughVectors(c.student, c.parameters, segments);
    for (const Parameter& parameter : c.parameters.all) {
        EXPECT_GT(parameter.values.grad().abs().max().item<double>(), 0) << parameter.name;
    }
    c.parameters.clearGradients();
    // Nothing is read in the first segment, so its loss depends on nothing that is trained.
    segments.hasLoss = [](std::size_t s) { return s == 0; };
    EXPECT_GT(backThroughVectors(c.student, c.parameters, segments), 0);
    EXPECT_EQ(c.parameters.gradientNorm(), 0);
}

/// What reads with the file computes what was trained.
TEST_P(PromptGradient, PassIsTheReaders) {
    const Mode method = GetParam();
    const auto weights = handModel(3, engine::model::Dtype::Float32, gradientShape(3))->weights;
    const PromptShape shape = smallPrompt(method);
    const PromptStudent student(weights, shape);
    const Parameters parameters = randomPrompt(*weights, shape, at::kFloat);
    auto prompt = std::make_shared<engine::model::Prompt>();
    prompt->method = method;
    const auto value = [&](const char* name) { return parameters[name].detach(); };
    prompt->vectors = value("vectors");
    prompt->outputNorm = value("output_norm");
    prompt->query = {value("q_down"), value("q_up")};
    prompt->key = {value("k_down"), value("k_up")};
    prompt->value = {value("v_down"), value("v_up")};
    prompt->deltaScale = shape.alpha / static_cast<double>(shape.rank);
    const engine::model::PromptReader reader(weights, prompt);
    const c10::NoGradGuard none;
    at::Tensor trained, read;
    for (std::uint64_t s = 0; s < 4; ++s) {
        const auto ids = randomIds(60 + s, 9);
        const auto passed =
            student.segment(parameters, idRows({ids}), trained, PromptStudent::Want::Both);
        const auto segment = reader.read(ids, read);
        EXPECT_LT(distance(passed.x, segment.rows), 1e-4) << s;
        trained = student.carried(trained, passed.written);
        read = segment.vectors;
        EXPECT_LT(distance(trained[0], read), 1e-4) << s;
    }
}

INSTANTIATE_TEST_SUITE_P(Both, PromptGradient, testing::Values(Mode::Rmt, Mode::Autocompressor),
                         [](const auto& mode) { return engine::model::nameOf(mode.param); });

// ---- learning

/// Share of answers found at the end: a model of two layers with random weights, of which nothing
/// is trained, is asked for a token that stood in the segment before the question, or two before.
/// `isCut`: the gradient stops at what the question's segment reads.
double foundByToy(bool isCut) {
    constexpr std::int64_t kBatch = 16, kTokens = 8, kSteps = 250;
    constexpr std::int32_t kFirstNeedle = 50, kNeedles = 4, kQuestion = 3, kFirstFiller = 4;
    HandShape shape;
    shape.width = 64;
    shape.heads = 4;
    shape.kvHeads = 2;
    shape.headWidth = 16;
    shape.feedForward = 64;
    const auto weights = handModel(7, engine::model::Dtype::Float32, shape)->weights;
    const PromptStudent student(weights, {Mode::Rmt, 4, 16, 32});
    Parameters parameters = freshPrompt(*weights, student.shape(), 1);
    Optimizer optimizer(parameters);
    Random random(2);
    double last = 0;
    for (std::int64_t step = 0; step < kSteps; ++step) {
        const std::int64_t between = random.below(2);
        std::vector<std::vector<std::vector<std::int32_t>>> rows(
            static_cast<std::size_t>(between + 2));
        std::vector<std::int64_t> answers;
        for (std::int64_t b = 0; b < kBatch; ++b) {
            answers.push_back(kFirstNeedle + random.below(kNeedles));
            for (std::size_t s = 0; s < rows.size(); ++s) {
                std::vector<std::int32_t> ids;
                for (std::int64_t t = 0; t < (s + 1 < rows.size() ? kTokens : 2); ++t) {
                    ids.push_back(
                        static_cast<std::int32_t>(random.between(kFirstFiller, kFirstNeedle - 1)));
                }
                if (s == 0) {
                    ids[static_cast<std::size_t>(random.below(kTokens))] =
                        static_cast<std::int32_t>(answers.back());
                }
                if (s + 1 == rows.size()) {
                    ids.back() = kQuestion;
                }
                rows[s].push_back(ids);
            }
        }
        PromptSegments segments;
        for (const auto& one : rows) {
            segments.ids.push_back(idRows(one));
        }
        double right = 0;
        segments.hasLoss = [&](std::size_t s) { return s + 1 == rows.size(); };
        segments.loss = [&](std::size_t, const at::Tensor& x) {
            const at::Tensor logits = student.logits(x.select(1, 1));
            right = (at::argmax(logits.detach(), -1) == at::tensor(answers)).sum().item<double>() /
                    kBatch;
            return at::cross_entropy_loss(logits, at::tensor(answers));
        };
        parameters.clearGradients();
        if (isCut) {
            at::Tensor vectors;
            for (std::size_t s = 0; s + 1 < rows.size(); ++s) {
                const c10::NoGradGuard none;
                const at::Tensor written =
                    student
                        .segment(parameters, segments.ids[s], vectors, PromptStudent::Want::Written)
                        .written;
                vectors = student.carried(vectors, written);
            }
            segments
                .loss(rows.size() - 1, student
                                           .segment(parameters, segments.ids.back(), vectors,
                                                    PromptStudent::Want::Rows)
                                           .x)
                .backward();
        } else {
            backThroughVectors(student, parameters, segments);
        }
        optimizer.step(parameters, parameters.gradientNorm(), 1.0, step < 150 ? 3.0 : 0.6);
        if (step >= kSteps - 20) {
            last += right / 20;
        }
    }
    return last;
}

// One in four is chance; 320 samples of it stay below 0.35.
TEST(PromptToy, FindsANeedleInEarlierSegments) {
    EXPECT_GT(foundByToy(false), 0.6);
}

TEST(PromptToy, FindsNothingWithoutTheGradientThroughWhatIsCarried) {
    EXPECT_LT(foundByToy(true), 0.35);
}

// ---- training

class PromptTraining : public TinyTraining {
protected:
    [[nodiscard]] Corpus corpus() const { return corpusOf(recipe.leastTokens()); }

    [[nodiscard]] PromptTrainer trainer(const Corpus& from, std::uint64_t seed = 1,
                                        Mode method = Mode::Rmt) const {
        return {weights, *tokenizer, from, smallPrompt(method), recipe, seed};
    }

    PromptRecipe recipe = smallPromptRecipe();
};

TEST_F(PromptTraining, BooksAreInEveryStepAndNeedlesTakeTurnsWithQuotesOnceTheyBegin) {
    recipe.firstNeedles = 3;
    const Corpus from = corpus();
    PromptTrainer one = trainer(from);
    for (int i = 0; i < 8; ++i) {
        const bool isForNeedles = i == 4 || i == 6;
        const PromptStepReport report = one.step(0);
        EXPECT_TRUE(report.hasBook) << i;
        EXPECT_GT(report.bookLoss, 0) << i;
        EXPECT_EQ(report.hasNeedles, isForNeedles) << i;
        EXPECT_EQ(report.needleLoss > 0, isForNeedles) << i;
        EXPECT_EQ(report.hasQuotes, !isForNeedles) << i;
        EXPECT_EQ(report.quoteLoss > 0, !isForNeedles) << i;
    }
}

TEST_F(PromptTraining, OfAFewStepsNeedlesTakeTheirShare) {
    recipe.firstNeedles = 100;
    const Corpus from = corpus();
    PromptTrainer one = trainer(from);
    EXPECT_FALSE(one.step(0.2).hasNeedles);
    EXPECT_FALSE(one.step(0.25).hasNeedles);
    EXPECT_TRUE(one.step(0.25).hasNeedles);
}

TEST_F(PromptTraining, WhatASmallContextCannotHoldIsNotTrained) {
    auto narrow = std::make_shared<engine::model::Weights>(*weights);
    narrow->config.contextTokens = 512;
    // Four segments of 256 and the token behind them; needles of 1,024 would want twice as many.
    EXPECT_EQ(promptTraining(narrow, *tokenizer, options("a", "rmt"))->leastTokens(), 1025);
}

TEST_F(PromptTraining, ATargetThatCannotBeReadIsRefused) {
    Options deep = options("a", "rmt");
    deep.target = 257;
    expectError([&] { run(deep); }, Code::WrongUse, {"257", "256 at most"});
    deep.target = 256;
    const auto depths = promptTraining(weights, *tokenizer, deep)->devSizes(256).depths;
    EXPECT_EQ(depths, (std::vector<std::int64_t>{0, 1, 2, 4, 8, 256}));
    EXPECT_EQ(promptTraining(weights, *tokenizer, deep)->devSizes(4).depths.size(), 5u);
    deep.method = "autocompressor"; // 32 vectors a segment, half of a context of 2,048
    deep.target = 33;
    expectError([&] { run(deep); }, Code::WrongUse, {"33", "32 at most"});
}

TEST_F(PromptTraining, ResumedIsUninterruptedBitForBit) {
    const Corpus from = corpus();
    for (const Mode method : {Mode::Rmt, Mode::Autocompressor}) {
        PromptTrainer whole = trainer(from, 1, method), first = trainer(from, 1, method),
                      second = trainer(from, 9, method);
        const auto train = [](PromptTrainer& t) {
            bool hasBook = false;
            for (int i = 0; i < 3; ++i) {
                hasBook = t.step(0.3 * i).hasBook || hasBook;
            }
            EXPECT_TRUE(hasBook);
        };
        expectResumedIsUninterrupted(whole, first, second, train);
    }
}

TEST_F(PromptTraining, ACheckpointOfSomethingElseIsRefused) {
    const Corpus from = corpus();
    PromptTrainer one = trainer(from);
    expectCheckpointsRefused(one,
                             {"format", "method", "base_sha256", "data_sha256", "p", "rank",
                              "alpha", "step", "optimizer_steps", "random", "ceiling", "accuracy"});
    PromptTrainer other = trainer(from, 1, Mode::Autocompressor);
    expectError([&] { other.restore(one.checkpoint({}), "x"); }, Code::BadWeights, {"method"});
}

TEST_F(PromptTraining, AStepWhoseGradientsAreNotFiniteChangesNothing) {
    const Corpus from = corpus();
    PromptTrainer one = trainer(from);
    expectSkipped(one, "output_norm", "vectors", [](PromptTrainer& t) { return t.step(0); });
}

TEST_F(PromptTraining, WritesFileCheckpointAndLogAndGoesOn) {
    const Options first = options("a.safetensors", "rmt");
    run(first);
    const auto file = engine::model::PromptFile::load(first.output, *weights);
    EXPECT_EQ(file->prompt.method, Mode::Rmt);
    EXPECT_EQ(file->steps, 2);
    EXPECT_EQ(file->engineVersion, "1.2.3");
    EXPECT_GT(file->perplexityZeroed, 1);
    EXPECT_NE(file->passkey.find("held-out"), std::string::npos);
    EXPECT_EQ(file->prompt.texts, corpus().hashes);
    const std::string log = bytesOf(first.output + ".log");
    EXPECT_NE(log.find("method rmt, 32 vectors"), std::string::npos) << log;
    EXPECT_NE(log.find("dev keys"), std::string::npos) << log;
    expectError([&] { run(first); }, Code::CannotWrite, {"is there already"});
    Options second = first;
    second.steps = 10;
    second.resume = true;
    const auto lines = run(second);
    EXPECT_NE(lines.back().find("after 10 steps"), std::string::npos) << lines.back();
    // Of the adapter it is KL.
    EXPECT_NE(bytesOf(first.output + ".log").find("  quotes cross entropy "), std::string::npos);
}

TEST_F(PromptTraining, OfAnAutocompressorWritesItsFileAndMeasuresItsTarget) {
    Options target = options("b.safetensors", "autocompressor");
    target.steps = 1;
    target.target = 3;
    bool isMeasured = false;
    for (const std::string& line : run(target)) {
        isMeasured = isMeasured || line.find(" at 3, ") != std::string::npos;
    }
    EXPECT_TRUE(isMeasured);
    EXPECT_EQ(engine::model::PromptFile::load(target.output, *weights)->prompt.method,
              Mode::Autocompressor);
}

TEST_F(PromptTraining, RefusesWhatCannotMeanAnything) {
    expectMeaninglessRefused("rmt");
    for (int which = 0; which < 3; ++which) {
        Options wrong = options("a", "rmt");
        wrong.layers = which == 0 ? "auto" : "";
        wrong.gatesOnly = which == 1;
        wrong.from = which == 2 ? "b" : "";
        expectError([&] { run(wrong); }, Code::WrongUse, {"method rmt"});
    }
    expectError([&] { run(options("a", "xl")); }, Code::WrongUse,
                {"infini, rmt or autocompressor"});
}

TEST_F(PromptTraining, EndsBetweenStepsWhenItIsCancelled) {
    expectEndWhenCancelled(options("cancelled.safetensors", "rmt"));
}

} // namespace
