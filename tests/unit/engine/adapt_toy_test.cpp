/// A model of two layers with random weights, of which only the memory is trained, finds a token
/// that stood eight segments before the question; without the gradient through the memory it
/// cannot.

#include <ATen/ops/argmax.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "engine/adapt/adjoint.h"
#include "engine/adapt/needles.h"
#include "engine/adapt/optimizer.h"
#include "tests/unit/engine/adapt_support.h"

using namespace engine::adapt;
using engine::Random;
using namespace tests;

namespace {

constexpr std::int64_t kBatch = 32, kTokens = 16, kDistance = 8, kSteps = 400;
constexpr std::int32_t kFirstNeedle = 50, kNeedles = 8, kQuestion = 3, kFirstFiller = 4;

/// One in eight is chance; 256 samples of it stay below.
constexpr double kChance = 0.25;

struct Toy {
    Toy() {
        HandShape shape;
        shape.layers = 2;
        shape.width = 64;
        shape.heads = 4;
        shape.kvHeads = 2;
        shape.headWidth = 16;
        shape.feedForward = 64;
        const auto weights = handModel(7, engine::model::Dtype::Float32, shape)->weights;
        AdapterShape adapter = smallShape(0, 1);
        adapter.features = 32;
        adapter.rank = 16;
        adapter.alpha = 32;
        student = std::make_unique<Student>(weights, adapter);
        parameters = Parameters::fresh(weights->config, adapter, 1);
        // Four hundred steps are enough for what is written, read and gated, and too few for the
        // addition to the output beside it, which starts in random directions.
        for (const char* name : {"o_down", "o_up"}) {
            at::Tensor values = parameters[name];
            values.requires_grad_(false);
        }
    }

    /// A needle among filler, seven segments of filler, the question; and the needles.
    std::vector<at::Tensor> draw(Random& random, std::vector<std::int64_t>& answers) const {
        std::vector<std::vector<std::vector<std::int32_t>>> segments(kDistance + 1);
        answers.clear();
        for (std::int64_t b = 0; b < kBatch; ++b) {
            const std::int64_t needle = random.below(kNeedles);
            answers.push_back(kFirstNeedle + needle);
            for (std::int64_t s = 0; s <= kDistance; ++s) {
                std::vector<std::int32_t> ids;
                for (std::int64_t t = 0; t < (s < kDistance ? kTokens : 2); ++t) {
                    ids.push_back(
                        static_cast<std::int32_t>(random.between(kFirstFiller, kFirstNeedle - 1)));
                }
                if (s == 0) {
                    ids[static_cast<std::size_t>(random.below(kTokens))] =
                        static_cast<std::int32_t>(kFirstNeedle + needle);
                } else if (s == kDistance) {
                    ids.back() = kQuestion;
                }
                segments[static_cast<std::size_t>(s)].push_back(ids);
            }
        }
        std::vector<at::Tensor> rows;
        for (const auto& segment : segments) {
            rows.push_back(student->lower(idRows(segment)));
        }
        return rows;
    }

    [[nodiscard]] at::Tensor logits(const at::Tensor& x) const {
        return student->logits(student->upper(x).select(1, 1));
    }

    void train(std::size_t truncation) {
        Optimizer optimizer(parameters);
        Random random(2);
        std::vector<std::int64_t> answers;
        for (std::int64_t step = 0; step < kSteps; ++step) {
            Segments segments;
            segments.rows = draw(random, answers);
            segments.hasLoss = [](std::size_t s) { return s == kDistance; };
            segments.loss = [&](std::size_t, const at::Tensor& x) {
                return at::cross_entropy_loss(logits(x), at::tensor(answers));
            };
            segments.truncation = truncation;
            parameters.clearGradients();
            backThroughSegments(*student, parameters, segments);
            const double share = step < kSteps * 3 / 5 ? 3.0 : 0.6;
            optimizer.step(parameters, parameters.gradientNorm(), 1.0, share);
        }
    }

    enum class Read { Own, Nothing, OfAnother, Shuffled };

    /// Shuffled: values whose entries are in reverse. Keys in another order would not do: where
    /// one thing is stored, a read gives it whatever its key.
    static MemoryState controlled(MemoryState memory, Read read) {
        if (read == Read::Nothing) {
            return {};
        }
        for (LayerMemory& layer : memory) {
            if (read == Read::OfAnother) {
                layer.M = layer.M.roll(1, 1);
                layer.z = layer.z.roll(1, 1);
            } else if (read == Read::Shuffled) {
                layer.M = layer.M.flip(3);
            }
        }
        return memory;
    }

    [[nodiscard]] double accuracy(Read read = Read::Own) const {
        const c10::NoGradGuard none;
        Random random(1000);
        const auto views = parameters.layers();
        std::vector<std::int64_t> answers;
        double right = 0;
        for (int i = 0; i < 8; ++i) {
            MemoryState memory;
            const auto rows = draw(random, answers);
            for (std::size_t s = 0; s < kDistance; ++s) {
                memory =
                    sum(memory,
                        student->memoryLayers(views, rows[s], memory, {}, Student::Want::Increment)
                            .increment);
            }
            memory = controlled(std::move(memory), read);
            const at::Tensor x =
                student->memoryLayers(views, rows.back(), memory, {}, Student::Want::Rows).x;
            right += (at::argmax(logits(x), -1) == at::tensor(answers)).sum().item<double>();
        }
        return right / (8 * kBatch);
    }

    std::unique_ptr<Student> student;
    Parameters parameters;
};

TEST(AdaptToy, FindsANeedleEightSegmentsBack) {
    Toy toy;
    toy.train(0);
    EXPECT_GE(toy.accuracy(), 0.95);
    for (const Toy::Read read : {Toy::Read::Nothing, Toy::Read::OfAnother, Toy::Read::Shuffled}) {
        EXPECT_LT(toy.accuracy(read), kChance) << static_cast<int>(read);
    }
}

TEST(AdaptToy, StaysAtChanceWithoutTheGradientThroughTheMemory) {
    Toy toy;
    toy.train(1);
    EXPECT_LT(toy.accuracy(), kChance);
}

} // namespace
