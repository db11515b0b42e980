/// Training of recurrent prompts: its pass in double against central differences and against
/// autograd over all segments, against what reads with the result, its files and checkpoints, and a
/// toy that learns.

#include <ATen/ops/argmax.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <limits>

#include "engine/adapt/adapt.h"
#include "engine/adapt/prompt_trainer.h"
#include "engine/adapt/tensor_file.h"
#include "engine/error.h"
#include "engine/model/prompt_file.h"
#include "engine/model/prompt_reader.h"
#include "engine/model/safetensors.h"
#include "tests/unit/engine/adapt_support.h"

using namespace engine::adapt;
using namespace tests;
using engine::Code;
using engine::model::Mode;

namespace {

constexpr std::int64_t kRows = 6;

PromptShape smallPrompt(Mode method) {
    return {method, 2, 3, 6};
}

HandShape shapeOf(bool hasBias, bool hasQkNorm) {
    HandShape shape;
    shape.layers = 3;
    shape.hasBias = hasBias;
    shape.hasQkNorm = hasQkNorm;
    return shape;
}

/// Values none of which hides something.
Parameters randomPrompt(const engine::model::Weights& weights, const PromptShape& shape,
                        at::ScalarType type) {
    Parameters parameters = freshPrompt(weights, shape, 5, type);
    const c10::NoGradGuard none;
    std::uint64_t seed = 11;
    for (const Parameter& parameter : parameters.all) {
        parameter.values.add_(random(seed++, parameter.values.sizes().vec(), type, 0.3));
    }
    return parameters;
}

/// Two sequences over several segments.
struct Case {
    Case(Mode method, std::size_t segments, bool hasBias = false, bool hasQkNorm = false)
        : weights(doubleWeights(3, shapeOf(hasBias, hasQkNorm))),
          student(weights, smallPrompt(method)),
          parameters(randomPrompt(*weights, student.shape(), at::kDouble)) {
        for (std::size_t s = 0; s < segments; ++s) {
            ids.push_back(idRows({randomIds(20 + s, kRows), randomIds(40 + s, kRows)}));
        }
    }

    [[nodiscard]] at::Tensor loss(std::size_t s, const at::Tensor& x) const {
        const at::Tensor logits =
            student.logits(x.narrow(1, 0, kRows - 1).reshape({-1, x.size(2)}));
        return at::cross_entropy_loss(logits, ids[s].narrow(1, 1, kRows - 1).reshape({-1}));
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

    std::vector<at::Tensor> taken() {
        std::vector<at::Tensor> gradients;
        for (const Parameter& parameter : parameters.all) {
            gradients.push_back(parameter.values.grad().defined()
                                    ? parameter.values.grad().clone()
                                    : at::zeros_like(parameter.values.detach()));
        }
        parameters.clearGradients();
        return gradients;
    }

    std::shared_ptr<engine::model::Weights> weights;
    PromptStudent student;
    Parameters parameters;
    std::vector<at::Tensor> ids;
    double adjointLoss = 0;
};

double distance(const at::Tensor& a, const at::Tensor& b) {
    return ((a - b).abs().max() / b.abs().max().clamp_min(1e-12)).item<double>();
}

void expectGradients(Case& c) {
    constexpr double kStep = 1e-5;
    const auto gradients = c.plainGradients();
    const c10::NoGradGuard none;
    for (std::size_t p = 0; p < c.parameters.all.size(); ++p) {
        const at::Tensor values = c.parameters.all[p].values.view({-1});
        const at::Tensor gradient = gradients[p].view({-1});
        const double scale = gradient.abs().max().item<double>();
        EXPECT_GT(scale, 0) << c.parameters.all[p].name;
        Random random(p);
        for (int i = 0; i < 8; ++i) {
            const std::int64_t k = random.below(values.numel());
            const auto moved = [&](double by) {
                values[k].add_(by);
                const double loss = c.plainLoss().item<double>();
                values[k].sub_(by);
                return loss;
            };
            const double expected = (moved(kStep) - moved(-kStep)) / (2 * kStep);
            EXPECT_NEAR(gradient[k].item<double>(), expected, 1e-6 * std::max(scale, 1e-3))
                << c.parameters.all[p].name << " " << k;
        }
    }
}

class PromptGradient : public testing::TestWithParam<Mode> {};

TEST_P(PromptGradient, OfEveryGroupAgreesWithDifferences) {
    Case c(GetParam(), 3);
    expectGradients(c);
}

TEST_P(PromptGradient, AgreesWithBiasesAndWithNormsOfTheHeads) {
    Case biased(GetParam(), 2, true, false);
    expectGradients(biased);
    Case normed(GetParam(), 2, false, true);
    expectGradients(normed);
}

TEST_P(PromptGradient, OfTheAdjointIsThatOfAutogradOverFourSegments) {
    Case c(GetParam(), 4);
    const auto found = c.adjointGradients(), expected = c.plainGradients();
    EXPECT_NEAR(c.adjointLoss, c.plainLoss().item<double>(), 1e-12);
    for (std::size_t p = 0; p < found.size(); ++p) {
        EXPECT_LT(distance(found[p], expected[p]), 1e-10) << c.parameters.all[p].name;
    }
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
    const auto weights =
        handModel(3, engine::model::Dtype::Float32, shapeOf(false, false))->weights;
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

/// A model of two layers with random weights, of which nothing is trained, finds a token that stood
/// in the segment before the question, or two before.
TEST(PromptToy, FindsANeedleInEarlierSegments) {
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
        backThroughVectors(student, parameters, segments);
        optimizer.step(parameters, parameters.gradientNorm(), 1.0, step < 150 ? 3.0 : 0.6);
        if (step >= kSteps - 20) {
            last += right / 20;
        }
    }
    // One in four is chance; 320 samples of it stay below 0.35.
    EXPECT_GT(last, 0.6);
}

// ---- training

const auto kGoOn = [](std::int64_t, std::int64_t) { return true; };

template <typename Action> void expectError(Code code, const std::string& part, Action action) {
    try {
        action();
        ADD_FAILURE() << "no error: " << part;
    } catch (const engine::Error& error) {
        EXPECT_EQ(error.code(), code) << error.what();
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
}

class PromptTraining : public testing::Test {
protected:
    PromptTraining() {
        const std::string path = folder / "m.gguf";
        writeTinyModel(path);
        const auto file = engine::model::ModelFile::open(path);
        weights = engine::model::Weights::load(*file, engine::model::Dtype::Float32);
        tokenizer = engine::model::Tokenizer::load(*file);
        for (int i = 0; i < 6; ++i) {
            texts.push_back(writeText(folder / ("text" + std::to_string(i) + ".txt"),
                                      babble(static_cast<std::uint64_t>(i), 20'000)));
        }
        recipe.batch = 3;
        recipe.needleTokens = 96;
        recipe.bookEvery = 2;
        recipe.bookRows = 256;
        recipe.bookTokens = {32, 64};
        recipe.warmUp = 2;
    }

    [[nodiscard]] Corpus corpus() const {
        return Corpus::load(texts, "", *tokenizer, 1, recipe.leastTokens(), kGoOn);
    }

    [[nodiscard]] PromptTrainer trainer(const Corpus& from, std::uint64_t seed = 1,
                                        Mode method = Mode::Rmt) const {
        return {weights, *tokenizer, from, smallPrompt(method), recipe, seed};
    }

    [[nodiscard]] Options options(const std::string& name, const std::string& method) const {
        Options result;
        result.texts = texts;
        result.output = folder / name;
        result.method = method;
        result.steps = 2;
        result.engineVersion = "1.2.3";
        result.evaluateEvery = 50;
        return result;
    }

    std::vector<std::string> run(const Options& options) const {
        std::vector<std::string> lines;
        adapt(
            weights, *tokenizer, options, [&](const Report& r) { lines.push_back(r.line); },
            [] { return false; });
        return lines;
    }

    Folder folder;
    std::shared_ptr<const engine::model::Weights> weights;
    std::shared_ptr<const engine::model::Tokenizer> tokenizer;
    std::vector<std::string> texts;
    PromptRecipe recipe;
};

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
        train(whole);
        train(first);
        const std::string bytes = first.checkpoint({{"seconds", "12"}});
        EXPECT_EQ(bytes, whole.checkpoint({{"seconds", "12"}}));
        EXPECT_NE(bytes, second.checkpoint({{"seconds", "12"}}));
        EXPECT_EQ(second.restore(bytes, "x").at("seconds"), "12");
        train(whole);
        train(second);
        EXPECT_EQ(second.checkpoint({}), whole.checkpoint({}));
        EXPECT_EQ(second.steps(), 6);
    }
}

TEST_F(PromptTraining, ACheckpointOfSomethingElseIsRefused) {
    const Corpus from = corpus();
    PromptTrainer one = trainer(from);
    const std::string sound = one.checkpoint({});
    EXPECT_NO_THROW(one.restore(sound, "x"));
    const auto stored = engine::model::readSafetensors(sound, "x");
    NamedTensors tensors;
    for (const auto& tensor : stored.tensors) {
        tensors.emplace_back(tensor.name, tensorOf(tensor));
    }
    for (const char* name : {"format", "method", "base_sha256", "data_sha256", "p", "rank", "alpha",
                             "step", "optimizer_steps", "random", "ceiling", "accuracy"}) {
        auto fields = stored.metadata;
        fields[name] = "word";
        expectError(Code::BadWeights, name,
                    [&] { one.restore(safetensorsBytes(fields, tensors), "x"); });
        fields.erase(name);
        expectError(Code::BadWeights, name,
                    [&] { one.restore(safetensorsBytes(fields, tensors), "x"); });
    }
    NamedTensors fewer(tensors.begin() + 1, tensors.end());
    expectError(Code::BadWeights, tensors.front().first,
                [&] { one.restore(safetensorsBytes(stored.metadata, fewer), "x"); });
    PromptTrainer other = trainer(from, 1, Mode::Autocompressor);
    expectError(Code::BadWeights, "method", [&] { other.restore(sound, "x"); });
    EXPECT_EQ(one.checkpoint({}), sound);
}

TEST_F(PromptTraining, AStepWhoseGradientsAreNotFiniteChangesNothing) {
    const Corpus from = corpus();
    PromptTrainer one = trainer(from);
    {
        const c10::NoGradGuard none;
        one.parameters()["output_norm"].fill_(std::numeric_limits<float>::quiet_NaN());
    }
    const at::Tensor before = one.parameters()["vectors"].detach().clone();
    EXPECT_TRUE(one.step(0).isSkipped);
    EXPECT_TRUE(sameBits(one.parameters()["vectors"].detach(), before));
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
    expectError(Code::CannotWrite, "is there already", [&] { run(first); });
    Options second = first;
    second.steps = 3;
    second.resume = true;
    const auto lines = run(second);
    EXPECT_NE(lines.back().find("after 3 steps"), std::string::npos) << lines.back();
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
    Options endless = options("a", "rmt");
    endless.steps.reset();
    expectError(Code::WrongUse, "no end", [&] { run(endless); });
    for (int which = 0; which < 3; ++which) {
        Options wrong = options("a", "rmt");
        wrong.layers = which == 0 ? "auto" : "";
        wrong.gatesOnly = which == 1;
        wrong.from = which == 2 ? "b" : "";
        expectError(Code::WrongUse, "method rmt", [&] { run(wrong); });
    }
    expectError(Code::WrongUse, "infini, rmt or autocompressor", [&] { run(options("a", "xl")); });
    expectError(Code::CannotWrite, "folder", [&] { run(options("none/a", "rmt")); });
    Options lost = options("lost", "rmt");
    lost.resume = true;
    expectError(Code::FileMissing, "", [&] { run(lost); });
    auto narrow = std::make_shared<engine::model::Weights>(*weights);
    narrow->config.contextTokens = 256;
    expectError(Code::WrongUse, "too short for training", [&] {
        adapt(
            narrow, *tokenizer, options("b", "rmt"), [](const Report&) {}, [] { return false; });
    });
}

TEST_F(PromptTraining, EndsBetweenStepsWhenItIsCancelled) {
    Options long_ = options("cancelled.safetensors", "rmt");
    long_.steps = 1'000'000;
    int asked = 0;
    adapt(
        weights, *tokenizer, long_, [](const Report&) {}, [&] { return ++asked > 12; });
    EXPECT_FALSE(bytesOf(long_.output + ".checkpoint").empty());
}

} // namespace
