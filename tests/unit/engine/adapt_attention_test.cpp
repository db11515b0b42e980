/// Attention transfer: what is to be weighed, in double and against sums written out, its gradient
/// against central differences, and the texts it is taught on.

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/adapt/attention_transfer.h"
#include "engine/adapt/needles.h"
#include "engine/adapt/optimizer.h"
#include "tests/unit/engine/adapt_support.h"

using namespace engine::adapt;
using namespace tests;

namespace {

constexpr std::int64_t kTexts = 2, kTokens = 11, kHeld = 6;

/// Two texts, memory in layers 1 and 2 of 4, everything in double.
struct Case {
    Case()
        : weights(doubleWeights(3, shapeOf())), student(weights, smallShape(1, 2)),
          parameters(randomParameters(weights->config, student.shape(), at::kDouble)) {
        batch.ids = idRows({randomIds(20, kTokens), randomIds(40, kTokens)});
        batch.held = kHeld;
        batch.rows = at::tensor(std::vector<std::int64_t>{6, 8, 10, 7, 7, 9}).view({kTexts, 3});
        batch.weights = at::tensor(std::vector<double>{1, 2, 0.5, 1, 0, 3}).view({kTexts, 3});
    }

    static HandShape shapeOf() {
        HandShape shape;
        shape.layers = 4;
        return shape;
    }

    [[nodiscard]] AttentionLoss loss() const {
        return attentionLoss(student, parameters.layers(), batch);
    }

    std::shared_ptr<engine::model::Weights> weights;
    Student student;
    Parameters parameters;
    AttentionBatch batch;
};

/// A row of (…, d), turned to position t by the pairs (i, i + d/2).
std::vector<double> turned(const at::Tensor& row, const Student::Turn& turn, std::int64_t t) {
    const std::int64_t d = row.size(0), half = d / 2;
    std::vector<double> out(static_cast<std::size_t>(d));
    for (std::int64_t i = 0; i < half; ++i) {
        const double a = row[i].item<double>(), b = row[i + half].item<double>(),
                     c = turn.cosines[t][i].item<double>(), s = turn.sines[t][i].item<double>();
        out[i] = a * c - b * s;
        out[i + half] = b * c + a * s;
    }
    return out;
}

double product(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += a[i] * b[i];
    }
    return sum;
}

/// φ(F·(x + α/r·U·D·n) + b), each sum written out.
std::vector<double> feature(const at::Tensor& x, const at::Tensor& normed, const at::Tensor& down,
                            const at::Tensor& up, double strength, const at::Tensor& F,
                            const at::Tensor& b) {
    const at::Tensor moved = x + up.matmul(down.matmul(normed)) * strength;
    std::vector<double> out;
    for (std::int64_t i = 0; i < F.size(0); ++i) {
        double sum = b[i].item<double>();
        for (std::int64_t j = 0; j < F.size(1); ++j) {
            sum += F[i][j].item<double>() * moved[j].item<double>();
        }
        out.push_back(sum > 0 ? sum + 1 : std::exp(sum));
    }
    return out;
}

TEST(AdaptAttention, WeighsWhatTheMemoryHoldsAgainstWhereTheBaseAttends) {
    const Case c;
    const c10::NoGradGuard none;
    const engine::model::Config& config = c.weights->config;
    const std::int64_t H = config.heads, G = config.kvHeads, d = config.headWidth;
    const double strength = c.student.shape().alpha / static_cast<double>(c.student.shape().rank);
    const auto heads = c.student.baseHeads(c.batch.ids);
    const auto views = c.parameters.layers();
    const Student::Turn turn = c.student.rotation(kTokens);
    double cross = 0, own = 0, mass = 0;
    for (std::size_t l = 0; l < views.size(); ++l) {
        const LayerParameters& p = views[l];
        for (std::int64_t b = 0; b < kTexts; ++b) {
            for (std::int64_t i = 0; i < 3; ++i) {
                const std::int64_t row = c.batch.rows[b][i].item<std::int64_t>();
                const double counts = c.batch.weights[b][i].item<double>();
                for (std::int64_t h = 0; h < H; ++h) {
                    const std::int64_t g = h / (H / G);
                    const at::Tensor query = heads[l].query[b * kTokens + row][h];
                    std::vector<double> wanted, weights;
                    double all = 0, sum = 0;
                    for (std::int64_t t = 0; t <= row; ++t) {
                        const at::Tensor key = heads[l].key[b * kTokens + t][g];
                        wanted.push_back(
                            std::exp(product(turned(query, turn, row), turned(key, turn, t)) /
                                     std::sqrt(static_cast<double>(d))));
                        all += wanted.back();
                    }
                    const auto asked = feature(query, heads[l].normed[b * kTokens + row],
                                               p.queryDown, p.queryUp.view({H, d, -1})[h], strength,
                                               p.queryFeature[h], p.queryBias[h]);
                    for (std::int64_t t = 1; t < kHeld; ++t) {
                        const at::Tensor normed = heads[l].normed[b * kTokens + t];
                        const double gate =
                            1 / (1 + std::exp(-p.writeU[g].dot(normed).item<double>() -
                                              p.writeC[g].item<double>()));
                        weights.push_back(
                            gate *
                            product(asked, feature(heads[l].key[b * kTokens + t][g], normed,
                                                   p.keyDown, p.keyUp.view({G, d, -1})[g], strength,
                                                   p.keyFeature[g], p.keyBias[g])));
                        sum += weights.back();
                    }
                    double share = 0;
                    for (std::int64_t t = 1; t < kHeld; ++t) {
                        share += wanted[t] / all;
                    }
                    for (std::int64_t t = 1; t < kHeld; ++t) {
                        const double q = wanted[t] / all;
                        cross -= counts * q * std::log(weights[t - 1] / sum);
                        own -= counts * q * std::log(q / share);
                    }
                    mass += counts * share;
                }
            }
        }
    }
    const AttentionLoss loss = c.loss();
    EXPECT_NEAR(loss.value.item<double>(), cross / mass, 1e-10);
    EXPECT_NEAR(loss.divergence, (cross - own) / mass, 1e-10);
    EXPECT_GT(loss.divergence, 0);
}

TEST(AdaptAttention, HasTheGradientOfItsDifferences) {
    constexpr double kStep = 1e-5;
    Case c;
    c.parameters.clearGradients();
    c.loss().value.backward();
    std::vector<at::Tensor> gradients;
    for (const Parameter& parameter : c.parameters.all) {
        gradients.push_back(parameter.values.grad());
    }
    const c10::NoGradGuard none;
    for (std::size_t p = 0; p < c.parameters.all.size(); ++p) {
        const std::string& name = c.parameters.all[p].name;
        const bool isWeighed = name[0] == 'q' || name[0] == 'k' || name[0] == 'w';
        const double scale = gradients[p].defined() ? gradients[p].abs().max().item<double>() : 0.0;
        EXPECT_EQ(scale > 0, isWeighed) << name;
        if (!isWeighed) {
            continue;
        }
        const at::Tensor values = c.parameters.all[p].values.view({-1});
        Random random(p);
        for (int i = 0; i < 8; ++i) {
            const std::int64_t k = random.below(values.numel());
            const auto moved = [&](double by) {
                values[k].add_(by);
                const double loss = c.loss().value.item<double>();
                values[k].sub_(by);
                return loss;
            };
            EXPECT_NEAR(gradients[p].view({-1})[k].item<double>(),
                        (moved(kStep) - moved(-kStep)) / (2 * kStep), 1e-6 * std::max(scale, 1e-3))
                << name << " " << k;
        }
    }
}

TEST(AdaptAttention, IsLearnt) {
    Case c;
    Optimizer optimizer(c.parameters);
    const double before = c.loss().divergence;
    for (int i = 0; i < 60; ++i) {
        c.parameters.clearGradients();
        c.loss().value.backward();
        optimizer.step(c.parameters, c.parameters.gradientNorm(), 1.0, 5.0);
    }
    EXPECT_LT(c.loss().divergence, 0.5 * before);
}

TEST(AdaptAttention, TextsHideWhatTheirLastRowsAskFor) {
    const Folder folder;
    const std::string path = folder / "tiny.gguf";
    writeTinyModel(path);
    const auto tokenizer = engine::model::Tokenizer::load(*engine::model::ModelFile::open(path));
    const std::vector<Text> texts = {{"a", "", tokenizer->encodeIds(babble(1, 40'000))},
                                     {"b", "", tokenizer->encodeIds(babble(2, 40'000))}};
    Random random(1);
    int questions = 0, books = 0;
    for (int i = 0; i < 20; ++i) {
        AttentionWish wish;
        wish.samples = 3;
        wish.heldTokens = 256;
        wish.names = 3;
        const AttentionBatch batch = makeAttentionBatch(wish, texts, *tokenizer, random);
        const std::int64_t T = batch.ids.size(1);
        ASSERT_EQ(batch.held, 256);
        EXPECT_GE(batch.rows.min().item<std::int64_t>(), 256);
        EXPECT_LT(batch.rows.max().item<std::int64_t>(), T);
        for (std::int64_t b = 0; b < 3; ++b) {
            const double most = batch.weights[b].max().item<double>();
            if (most == 1) {
                ++books;
                continue;
            }
            ++questions;
            const std::int64_t place = batch.weights[b].argmax().item<std::int64_t>(),
                               first = batch.rows[b][place].item<std::int64_t>() + 1,
                               last = batch.rows[b][-1].item<std::int64_t>() + 1;
            std::string held, number;
            for (std::int64_t t = 0; t < 256; ++t) {
                held += tokenizer->bytesOf(batch.ids[b][t].item<int>());
            }
            for (std::int64_t t = first; t <= last; ++t) {
                number += tokenizer->bytesOf(batch.ids[b][t].item<int>());
            }
            EXPECT_GE(number.size(), 3u);
            EXPECT_EQ(number.find_first_not_of("0123456789"), std::string::npos) << number;
            EXPECT_NE(held.find(number), std::string::npos) << number << " in " << held;
        }
    }
    EXPECT_GT(questions, 25);
    EXPECT_GT(books, 8);
}

} // namespace
