#pragma once
/// Whole trainings on a tiny model, of any method, and what must hold for each.

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/adapt/adapt.h"
#include "engine/adapt/corpus.h"
#include "engine/adapt/prompt_trainer.h"
#include "engine/adapt/tensor_file.h"
#include "engine/adapt/trainer.h"
#include "engine/model/safetensors.h"
#include "tests/support/expect_error.h"
#include "tests/unit/engine/adapt_support.h"

namespace tests {

inline constexpr auto kGoOn = [](std::int64_t, std::int64_t) { return true; };

/// A checkpoint whose fields and tensors can be changed.
struct Opened {
    explicit Opened(const std::string& bytes) {
        const auto stored = engine::model::readSafetensors(bytes, "x");
        fields = stored.metadata;
        for (const auto& tensor : stored.tensors) {
            tensors.emplace_back(tensor.name, engine::adapt::tensorOf(tensor));
        }
    }
    [[nodiscard]] std::string bytes() const {
        return engine::adapt::safetensorsBytes(fields, tensors);
    }
    std::map<std::string, std::string> fields;
    engine::adapt::NamedTensors tensors;
};

/// Trains `whole` and `first` alike, then `second`, which differs, from what `first` left.
template <typename Trainer, typename Train>
void expectResumedIsUninterrupted(Trainer& whole, Trainer& first, Trainer& second,
                                  const Train& train) {
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

/// Each of the fields, of another value or missing, is named in the refusal; so is the first
/// tensor. Nothing is changed by what is refused.
template <typename Trainer>
void expectCheckpointsRefused(Trainer& trainer, const std::vector<const char*>& fields) {
    const Opened sound(trainer.checkpoint({}));
    EXPECT_NO_THROW(trainer.restore(sound.bytes(), "x"));
    const auto refused = [&](const Opened& changed, const std::string& part) {
        expectError([&] { trainer.restore(changed.bytes(), "x"); }, engine::Code::BadWeights,
                    {part});
    };
    for (const char* name : fields) {
        Opened changed = sound;
        changed.fields[name] = "word";
        refused(changed, name);
        changed.fields.erase(name);
        refused(changed, name);
    }
    Opened lost = sound;
    lost.tensors.erase(lost.tensors.begin());
    refused(lost, sound.tensors.front().first);
    EXPECT_EQ(trainer.checkpoint({}), sound.bytes());
}

/// A parameter that is not finite makes a step that changes no other.
template <typename Trainer, typename Step>
void expectSkipped(Trainer& trainer, const char* poisoned, const char* other, const Step& step) {
    {
        const c10::NoGradGuard none;
        trainer.parameters()[poisoned].fill_(std::numeric_limits<float>::quiet_NaN());
    }
    const at::Tensor before = trainer.parameters()[other].detach().clone();
    EXPECT_TRUE(step(trainer).isSkipped);
    EXPECT_TRUE(sameBits(trainer.parameters()[other].detach(), before));
}

/// Batches of every kind, as small as they can be.
inline engine::adapt::Recipe smallRecipe() {
    engine::adapt::Recipe recipe;
    recipe.batch = 4;
    recipe.needleTokens = 128;
    recipe.laterNeedleTokens = {128, 256};
    recipe.distractors = 3;
    recipe.bookEvery = 2;
    recipe.bookRows = 256;
    recipe.bookTokens = {32, 64};
    recipe.longestContext = 32;
    recipe.transferSteps = 0;
    recipe.heldTokens = 128;
    recipe.warmUp = 2;
    return recipe;
}

inline engine::adapt::PromptRecipe smallPromptRecipe() {
    engine::adapt::PromptRecipe recipe;
    recipe.batch = 3;
    recipe.needleTokens = 96;
    recipe.laterNeedleTokens = {96, 128};
    recipe.firstNeedles = 1;
    recipe.bookRows = 256;
    recipe.bookTokens = {32, 64};
    recipe.warmUp = 2;
    return recipe;
}

class TinyTraining : public testing::Test {
protected:
    TinyTraining() {
        const std::string path = folder / "tiny.gguf";
        writeTinyModel(path);
        const auto file = engine::model::ModelFile::open(path);
        weights = engine::model::Weights::load(*file, engine::model::Dtype::Float32);
        tokenizer = engine::model::Tokenizer::load(*file);
        for (int i = 0; i < 6; ++i) {
            texts.push_back(writeText(folder / ("text" + std::to_string(i) + ".txt"),
                                      babble(static_cast<std::uint64_t>(i), 20'000)));
        }
    }

    [[nodiscard]] engine::adapt::Corpus corpusOf(std::int64_t leastTokens) const {
        return engine::adapt::Corpus::load(texts, "", *tokenizer, 1, leastTokens, kGoOn);
    }

    [[nodiscard]] engine::adapt::Options options(const std::string& name,
                                                 const std::string& method = "infini") const {
        engine::adapt::Options result;
        result.texts = texts;
        result.output = folder / name;
        result.method = method;
        result.steps = 2;
        result.engineVersion = "1.2.3";
        result.evaluateEvery = 50;
        return result;
    }

    /// The lines that are told.
    std::vector<std::string> run(const engine::adapt::Options& options) const {
        return run(options, weights);
    }
    std::vector<std::string> run(const engine::adapt::Options& options,
                                 const std::shared_ptr<const engine::model::Weights>& with) const {
        std::vector<std::string> lines;
        engine::adapt::adapt(
            with, *tokenizer, options,
            [&](const engine::adapt::Report& report) { lines.push_back(report.line); },
            [] { return false; });
        return lines;
    }

    /// What has no meaning whatever the method.
    void expectMeaninglessRefused(const std::string& method) const {
        using engine::Code;
        engine::adapt::Options endless = options("a", method);
        endless.steps.reset();
        expectError([&] { run(endless); }, Code::WrongUse, {"no end"});
        expectError([&] { run(options("none/a", method)); }, Code::CannotWrite, {"folder"});
        engine::adapt::Options lost = options("lost", method);
        lost.resume = true;
        expectError([&] { run(lost); }, Code::FileMissing, {});
        auto narrow = std::make_shared<engine::model::Weights>(*weights);
        narrow->config.contextTokens = 256;
        expectError([&] { run(options("b", method), narrow); }, Code::WrongUse,
                    {"too short for training"});
    }

    void expectEndWhenCancelled(engine::adapt::Options long_) const {
        long_.steps = 1'000'000;
        int asked = 0;
        engine::adapt::adapt(
            weights, *tokenizer, long_, [](const engine::adapt::Report&) {},
            [&] { return ++asked > 12; });
        EXPECT_FALSE(bytesOf(long_.output + ".checkpoint").empty());
    }

    Folder folder;
    std::shared_ptr<const engine::model::Weights> weights;
    std::shared_ptr<const engine::model::Tokenizer> tokenizer;
    std::vector<std::string> texts;
};

} // namespace tests
