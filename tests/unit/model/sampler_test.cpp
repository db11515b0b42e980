#include "engine/model/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "engine/error.h"

namespace engine::model {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::int32_t pick(Sampler& sampler, std::vector<float> logits,
                  const std::vector<std::int32_t>& recent = {}) {
    return sampler.next(logits, recent);
}

TEST(Sampler, GreedyTakesTheFirstMaximum) {
    Sampler sampler({});
    EXPECT_EQ(pick(sampler, {0.0f, 2.0f, 1.0f, 2.0f}), 1);
    EXPECT_EQ(pick(sampler, {-3.0f}), 0);
    EXPECT_EQ(pick(sampler, {-kInfinity, -5.0f}), 1);
}

TEST(Sampler, NanNeverWins) {
    Sampler greedy({});
    EXPECT_EQ(pick(greedy, {std::nanf(""), -1.0f, std::nanf("")}), 1);
    EXPECT_EQ(pick(greedy, {std::nanf(""), std::nanf("")}), 0);
    Sampler seeded({.seed = 1, .temperature = 100.0, .topP = 1.0});
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(pick(seeded, {std::nanf(""), -1.0f, std::nanf("")}), 1);
    }
}

TEST(Sampler, SeedDecidesTheTokens) {
    const std::vector<float> logits(100, 1.0f);
    const auto run = [&](std::uint64_t seed) {
        Sampler sampler({.seed = seed, .temperature = 1.0, .topP = 1.0});
        std::vector<std::int32_t> ids;
        for (int i = 0; i < 20; ++i) {
            ids.push_back(pick(sampler, logits));
        }
        return ids;
    };
    EXPECT_EQ(run(7), run(7));
    EXPECT_NE(run(7), run(8));
}

/// Against the softmax itself: five standard deviations, with a fixed seed.
TEST(Sampler, FollowsTheSoftmaxAtItsTemperature) {
    const std::vector<float> logits{0.0f, 1.0f, -1.0f, 0.5f};
    constexpr double kTemperature = 0.7;
    double total = 0.0;
    for (const float logit : logits) {
        total += std::exp(logit / kTemperature);
    }
    Sampler sampler({.seed = 3, .temperature = kTemperature, .topP = 1.0});
    constexpr int kDraws = 20000;
    std::map<std::int32_t, int> counts;
    for (int i = 0; i < kDraws; ++i) {
        ++counts[pick(sampler, logits)];
    }
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const double p = std::exp(logits[i] / kTemperature) / total;
        EXPECT_NEAR(counts[static_cast<std::int32_t>(i)], kDraws * p,
                    5.0 * std::sqrt(kDraws * p * (1.0 - p)))
            << i;
    }
}

TEST(Sampler, TopPKeepsTheFewestThatReachIt) {
    // Probabilities 0.4, 0.3, 0.2, 0.1.
    const std::vector<float> logits{std::log(0.2f), std::log(0.4f), std::log(0.1f), std::log(0.3f)};
    const auto drawn = [&](double topP) {
        Sampler sampler({.seed = 5, .temperature = 1.0, .topP = topP});
        std::map<std::int32_t, int> counts;
        for (int i = 0; i < 2000; ++i) {
            ++counts[pick(sampler, logits)];
        }
        std::vector<std::int32_t> ids;
        for (const auto& [id, count] : counts) {
            ids.push_back(id);
        }
        return ids;
    };
    EXPECT_EQ(drawn(0.35), (std::vector<std::int32_t>{1}));
    EXPECT_EQ(drawn(0.65), (std::vector<std::int32_t>{1, 3}));
    EXPECT_EQ(drawn(0.85), (std::vector<std::int32_t>{0, 1, 3}));
    EXPECT_EQ(drawn(1.0), (std::vector<std::int32_t>{0, 1, 2, 3}));
}

TEST(Sampler, TemperatureZeroIsGreedy) {
    Sampler sampler({.seed = 5, .temperature = 0.0});
    EXPECT_EQ(pick(sampler, {0.0f, 0.1f, 0.05f}), 1);
}

TEST(Sampler, ExtremeLogitsGiveTheirMaximum) {
    Sampler sampler({.seed = 5, .temperature = 1e-300, .topP = 1.0});
    EXPECT_EQ(pick(sampler, {1.0f, 3.0f, 2.0f}), 1);
    Sampler plain({.seed = 5});
    EXPECT_EQ(pick(plain, {1.0f, kInfinity, 2.0f}), 1);
    EXPECT_EQ(pick(plain, {-kInfinity, -kInfinity}), 0);
}

TEST(Sampler, PenaltyLowersRecentTokensOnce) {
    Sampler sampler({.repetitionPenalty = 2.0});
    EXPECT_EQ(pick(sampler, {3.0f, 2.0f}, {0, 0, 0}), 1);
    std::vector<float> logits{3.0f, -2.0f, 1.0f};
    const std::vector<std::int32_t> recent{1, 0, 0, -1, 99};
    EXPECT_EQ(sampler.next(logits, recent), 0);
    EXPECT_EQ(logits, (std::vector<float>{1.5f, -4.0f, 1.0f}));
}

TEST(Sampler, WithoutPenaltyLeavesTheLogits) {
    Sampler sampler({.seed = 1});
    std::vector<float> logits{3.0f, -2.0f, 1.0f};
    const std::vector<std::int32_t> recent{0, 1};
    sampler.next(logits, recent);
    EXPECT_EQ(logits, (std::vector<float>{3.0f, -2.0f, 1.0f}));
}

TEST(Sampler, RefusesOptionsOutOfRange) {
    const double nan = std::nan("");
    const std::vector<SamplerOptions> bad{{.temperature = -0.1},
                                          {.temperature = nan},
                                          {.temperature = HUGE_VAL},
                                          {.topP = 0.0},
                                          {.topP = 1.01},
                                          {.topP = nan},
                                          {.repetitionPenalty = 0.9},
                                          {.repetitionPenalty = nan},
                                          {.repetitionPenalty = HUGE_VAL}};
    for (const SamplerOptions& options : bad) {
        try {
            Sampler sampler(options);
            ADD_FAILURE() << options.temperature << " " << options.topP << " "
                          << options.repetitionPenalty;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Code::WrongUse);
        }
    }
}

} // namespace
} // namespace engine::model
