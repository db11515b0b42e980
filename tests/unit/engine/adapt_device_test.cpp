/// Training on a device. The device is the emulation behind a fake LibTorch, which refuses to mix
/// its tensors with those of the processor; the processor is the witness.

#include <cstdlib>

#include "engine/adapt/dev_set.h"
#include "engine/adapt/infini_dev.h"
#include "engine/adapt/prompt_trainer.h"
#include "engine/adapt/trainer.h"
#include "engine/adapt/which_layers.h"
#include "engine/kernels/ops_cuda.h"
#include "engine/model/placement.h"
#include "tests/unit/engine/adapt_training_support.h"

using namespace engine::adapt;
using namespace tests;

namespace {

constexpr int kSteps = 5;
constexpr double kTolerance = 1e-2;         ///< sums in another order, after kSteps of Adam
constexpr double kBfloat16Tolerance = 3e-2; ///< its rounding, beside that

class AdaptDevice : public TinyTraining {
protected:
    /// Before the first tensor: LibTorch looks once for what computes on a device.
    static void SetUpTestSuite() {
        setenv("INFOLIO_FAKE_TORCH", "", 1);
        const auto opening = engine::kernels::openCuda({FAKE_DRIVER, {FAKE_PLUGIN}, FAKE_TORCH}, 0);
        ASSERT_NE(opening.device, nullptr) << opening.reason;
    }
    void SetUp() override { m_there = on(engine::model::Dtype::Float32); }

    [[nodiscard]] std::shared_ptr<const engine::model::Weights>
    on(engine::model::Dtype dtype) const {
        const auto model = engine::model::Model::load(folder / "tiny.gguf", "", dtype);
        return engine::model::onCuda(*model, 0)->weights;
    }

    /// Steps of both are alike; what was trained on the device goes on on the processor.
    template <typename Trainer, typename Step>
    static void expectAlike(Trainer& here, Trainer& there, double tolerance, const Step& step) {
        for (const Parameter& parameter : there.parameters().all) {
            EXPECT_TRUE(parameter.values.is_cuda()) << parameter.name;
        }
        for (int i = 0; i < kSteps; ++i) {
            const auto expected = step(here), found = step(there);
            EXPECT_FALSE(found.isSkipped);
            EXPECT_EQ(found.hasNeedles, expected.hasNeedles);
            EXPECT_EQ(found.hasQuotes, expected.hasQuotes);
            EXPECT_EQ(found.hasBook, expected.hasBook);
            EXPECT_NEAR(found.needleLoss, expected.needleLoss, tolerance);
            EXPECT_NEAR(found.bookLoss, expected.bookLoss, tolerance);
            EXPECT_NEAR(found.quoteLoss, expected.quoteLoss, tolerance);
            EXPECT_NEAR(found.gradientNorm, expected.gradientNorm,
                        tolerance * expected.gradientNorm);
        }
        const std::string stored = there.checkpoint({});
        here.restore(stored, "x");
        EXPECT_EQ(here.checkpoint({}), stored);
        there.restore(stored, "x");
        EXPECT_TRUE(there.parameters().all.front().values.is_cuda());
        EXPECT_FALSE(step(there).isSkipped);
    }

    [[nodiscard]] Trainer trainer(const std::shared_ptr<const engine::model::Weights>& with,
                                  const Corpus& corpus, const Recipe& recipe) const {
        const AdapterShape shape = smallShape(1, 1);
        return Trainer(with, *tokenizer, corpus, shape, Parameters::fresh(with->config, shape, 1),
                       recipe, 1);
    }

    void expectAdaptersAlike(const std::shared_ptr<const engine::model::Weights>& onProcessor,
                             const std::shared_ptr<const engine::model::Weights>& onDevice,
                             double tolerance) const {
        const Recipe recipe = smallRecipe();
        const Corpus corpus = corpusOf(recipe.leastTokens());
        Trainer here = trainer(onProcessor, corpus, recipe),
                there = trainer(onDevice, corpus, recipe);
        expectAlike(here, there, tolerance, [](Trainer& one) { return one.step(0, true); });
    }

    std::shared_ptr<const engine::model::Weights> m_there;
};

TEST_F(AdaptDevice, TrainsAnAdapterAsTheProcessorDoes) {
    expectAdaptersAlike(weights, m_there, kTolerance);
}

/// As the default model trains: in bf16 with heads of 64, for which the plugin has kernels of its
/// own.
TEST_F(AdaptDevice, TrainsInBfloat16AsTheProcessorDoes) {
    HandShape hand;
    hand.width = 128;
    hand.heads = 2;
    hand.kvHeads = 1;
    hand.headWidth = 64;
    hand.feedForward = 128;
    hand.vocabulary = tokenizer->vocabulary();
    hand.contextTokens = 2048;
    const auto model = handModel(5, engine::model::Dtype::BFloat16, hand);
    expectAdaptersAlike(model->weights, engine::model::onCuda(*model, 0)->weights,
                        kBfloat16Tolerance);
}

TEST_F(AdaptDevice, TransfersAttentionAsTheProcessorDoes) {
    Recipe recipe = smallRecipe();
    recipe.transferSteps = kSteps;
    const Corpus corpus = corpusOf(recipe.leastTokens());
    const auto loss = [&](const std::shared_ptr<const engine::model::Weights>& with) {
        Trainer one = trainer(with, corpus, recipe);
        one.step(0, false);
        return one.step(0, false).transferLoss;
    };
    EXPECT_NEAR(loss(m_there), loss(weights), kTolerance);
}

TEST_F(AdaptDevice, TrainsRecurrentPromptsAsTheProcessorDoes) {
    const PromptRecipe recipe = smallPromptRecipe();
    const Corpus corpus = corpusOf(recipe.leastTokens());
    for (const auto method : {engine::model::Mode::Rmt, engine::model::Mode::Autocompressor}) {
        const PromptShape shape{method, 2, 3, 6};
        PromptTrainer here(weights, *tokenizer, corpus, shape, recipe, 1),
            there(m_there, *tokenizer, corpus, shape, recipe, 1);
        expectAlike(here, there, kTolerance, [](PromptTrainer& one) { return one.step(0); });
    }
}

TEST_F(AdaptDevice, HoldsOutAndCutsLayersAsTheProcessorDoes) {
    const Recipe recipe = smallRecipe();
    const Corpus corpus = corpusOf(recipe.leastTokens());
    const AdapterShape shape = smallShape(1, 1);
    const Parameters parameters = randomParameters(weights->config, shape, at::kFloat);
    DevSizes sizes;
    sizes.samples = 2;
    sizes.bookTokens = 64;
    sizes.books = 2;
    sizes.depths = {0, 3};
    sizes.namedDepths = {2};
    const auto found = [&](const std::shared_ptr<const engine::model::Weights>& with) {
        const Student student(with, shape);
        const Parameters there = parameters.on(student.device());
        return DevSet(infiniDevReader(student), there, corpus, *tokenizer, sizes)
            .evaluate(there, [] { return true; });
    };
    const auto here = found(weights), there = found(m_there);
    ASSERT_TRUE(here && there);
    EXPECT_EQ(there->keys, here->keys);
    EXPECT_NEAR(there->overNone.all, here->overNone.all, kTolerance);
    EXPECT_NEAR(there->overOther.all, here->overOther.all, kTolerance);
    EXPECT_GT(here->besideNats, 0);
    EXPECT_NEAR(there->besideNats, here->besideNats, kTolerance);
    const auto lost = [&](const std::shared_ptr<const engine::model::Weights>& with) {
        return measureRecall(with, *tokenizer, corpus.train, 1, [] { return true; }).lost;
    };
    const std::vector<double> expected = lost(weights), measured = lost(m_there);
    ASSERT_EQ(measured.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_NEAR(measured[i], expected[i], kTolerance);
    }
}

} // namespace
