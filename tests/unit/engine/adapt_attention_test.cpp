/// Attention transfer: what is to be weighed, in double and against sums written out, its gradient
/// against central differences, and the texts it is taught on.

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/adapt/attention_transfer.h"
#include "engine/adapt/optimizer.h"
#include "tests/unit/engine/adapt_gradient_support.h"

using namespace engine::adapt;
using engine::Random;
using namespace tests;

namespace {

constexpr std::int64_t kHeld = 4;

/// Two texts, memory in layers 1 and 2 of 4.
struct Case : GradientCase {
    Case() : GradientCase(gradientShape(4), 1), student(weights, smallShape(1, 2)) {
        parameters = randomParameters(weights->config, student.shape(), at::kDouble);
        batch.ids = ids[0];
        batch.held = kHeld;
        batch.rows = at::tensor(std::vector<std::int64_t>{4, 5, 5, 4, 5, 4}).view({2, 3});
        batch.weights = at::tensor(std::vector<double>{1, 2, 0.5, 1, 0, 3}).view({2, 3});
        batch.moves = {
            {0, 0, 3, 1, false}, {0, 1, 2, 3, true}, {1, 2, 3, 1, true}, {1, 2, 0, 1, true}};
    }

    [[nodiscard]] AttentionLoss loss() const {
        return attentionLoss(student, parameters.layers(), batch);
    }
    [[nodiscard]] at::Tensor plainLoss() const { return loss().value; }
    [[nodiscard]] std::vector<at::Tensor> plainGradients() {
        parameters.clearGradients();
        loss().value.backward();
        return taken();
    }

    Student student;
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
    const Student::Turn turn = c.student.rotation(kGradientRows);
    double cross = 0, own = 0, mass = 0;
    at::Tensor told = at::zeros({2, H}, at::TensorOptions().dtype(at::kDouble));
    at::Tensor toldByBase = told.clone();
    for (std::size_t l = 0; l < views.size(); ++l) {
        const LayerParameters& p = views[l];
        for (std::int64_t b = 0; b < 2; ++b) {
            for (std::int64_t i = 0; i < 3; ++i) {
                const std::int64_t row = c.batch.rows[b][i].item<std::int64_t>();
                const double counts = c.batch.weights[b][i].item<double>();
                for (std::int64_t h = 0; h < H; ++h) {
                    const std::int64_t g = h / (H / G);
                    const at::Tensor query = heads[l].query[b * kGradientRows + row][h];
                    std::vector<double> wanted, weights;
                    double all = 0, sum = 0;
                    for (std::int64_t t = 0; t <= row; ++t) {
                        const at::Tensor key = heads[l].key[b * kGradientRows + t][g];
                        wanted.push_back(
                            std::exp(product(turned(query, turn, row), turned(key, turn, t)) /
                                     std::sqrt(static_cast<double>(d))));
                        all += wanted.back();
                    }
                    for (const AttentionBatch::Move& move : c.batch.moves) {
                        if (move.b == b && move.i == i && move.from > 0) {
                            if (move.isFirstDigit) {
                                toldByBase[static_cast<std::int64_t>(l)][h] +=
                                    wanted[move.to] / (wanted[move.to] + wanted[move.from]) / 2;
                            }
                            wanted[move.to] += wanted[move.from];
                            wanted[move.from] = 0;
                        }
                    }
                    const auto asked = feature(query, heads[l].normed[b * kGradientRows + row],
                                               p.queryDown, p.queryUp.view({H, d, -1})[h], strength,
                                               p.queryFeature[h], p.queryBias[h]);
                    for (std::int64_t t = 1; t < kHeld; ++t) {
                        const at::Tensor normed = heads[l].normed[b * kGradientRows + t];
                        const double gate =
                            1 / (1 + std::exp(-p.writeU[g].dot(normed).item<double>() -
                                              p.writeC[g].item<double>()));
                        weights.push_back(
                            gate *
                            product(asked, feature(heads[l].key[b * kGradientRows + t][g], normed,
                                                   p.keyDown, p.keyUp.view({G, d, -1})[g], strength,
                                                   p.keyFeature[g], p.keyBias[g])));
                        sum += weights.back();
                    }
                    for (const AttentionBatch::Move& move : c.batch.moves) {
                        if (move.b == b && move.i == i && move.from > 0 && move.isFirstDigit) {
                            const double right = weights[move.to - 1];
                            told[static_cast<std::int64_t>(l)][h] +=
                                right / (right + weights[move.from - 1]) / 2;
                        }
                    }
                    double share = 0;
                    for (std::int64_t t = 1; t < kHeld; ++t) {
                        share += wanted[t] / all;
                    }
                    for (std::int64_t t = 1; t < kHeld; ++t) {
                        const double q = wanted[t] / all;
                        cross -= counts * q * std::log(weights[t - 1] / sum);
                        own -= q > 0 ? counts * q * std::log(q / share) : 0;
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
    EXPECT_LT((loss.told - told).abs().max().item<double>(), 1e-12);
    EXPECT_LT((loss.toldByBase - toldByBase).abs().max().item<double>(), 1e-12);
    EXPECT_DOUBLE_EQ(loss.toldByChance, 0.5);
}

TEST(AdaptAttention, HasTheGradientOfItsDifferences) {
    Case c;
    expectDifferences(c, [](const std::string& name) {
        return name[0] == 'q' || name[0] == 'k' || name[0] == 'w';
    });
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
    int questions = 0, books = 0, moves = 0, several = 0;
    for (int round = 0; round < 20; ++round) {
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
            std::string held;
            for (std::int64_t t = 0; t < 256; ++t) {
                held += tokenizer->bytesOf(batch.ids[b][t].item<int>());
            }
            std::vector<std::string> numbers;
            for (std::int64_t i = 0; i < batch.rows.size(1); ++i) {
                const double weight = batch.weights[b][i].item<double>();
                if (weight == most) {
                    numbers.emplace_back();
                }
                if (weight >= 1) {
                    const std::int64_t next = batch.rows[b][i].item<std::int64_t>() + 1;
                    numbers.back() += tokenizer->bytesOf(batch.ids[b][next].item<int>());
                }
            }
            several += numbers.size() > 1;
            for (const std::string& number : numbers) {
                EXPECT_GE(number.size(), 3u);
                EXPECT_EQ(number.find_first_not_of("0123456789"), std::string::npos) << number;
                EXPECT_NE(held.find(number), std::string::npos) << number << " in " << held;
            }
            for (const auto& move : batch.moves) {
                if (move.b == b) {
                    ++moves;
                    const std::string from(tokenizer->bytesOf(batch.ids[b][move.from].item<int>()));
                    EXPECT_EQ(from.find_first_not_of("0123456789"), std::string::npos) << from;
                    EXPECT_EQ(batch.ids[b][move.to].item<std::int64_t>(),
                              batch.ids[b][batch.rows[b][move.i] + 1].item<std::int64_t>());
                }
            }
        }
    }
    EXPECT_GT(questions, 25);
    EXPECT_GT(books, 8);
    EXPECT_GT(moves, 20);
    EXPECT_GT(several, 10);
}

} // namespace
