#include <cmath>

#include <gtest/gtest.h>

#include "engine/evaluate/statistics.h"
#include "engine/random.h"

namespace {

using namespace engine::evaluate;
using engine::Random;

TEST(Statistics, WilsonAsComputedByHand) {
    // p = 1, n = 20: middle (1 + 1.9208/20)/(1 + 3.8416/20) = 1.09604/1.19208 = 0.919435, half
    // 1.96/1.19208 · √(3.8416/1600) = 0.080565.
    const Interval all = wilson(20, 20);
    EXPECT_EQ(all.value, 1);
    EXPECT_NEAR(all.low, 0.838870, 1e-5);
    EXPECT_EQ(all.high, 1);
    EXPECT_NEAR(wilson(100, 100).low, 0.963005, 1e-5);
    // p = .5, n = 10: middle .5, half 1.96/1.38416 · √(.025 + .009604) = 0.263407.
    const Interval half = wilson(5, 10);
    EXPECT_NEAR(half.low, 0.236593, 1e-5);
    EXPECT_NEAR(half.high, 0.763407, 1e-5);
    const Interval none = wilson(0, 20);
    EXPECT_EQ(none.low, 0);
    EXPECT_NEAR(none.high, 0.161130, 1e-5);
    EXPECT_EQ(wilson(0, 0).high, 1);
}

TEST(Statistics, BootstrapAsComputedByHand) {
    // Two units, 0 and 1: a draw of two has mean 0, ½ or 1 with ¼, ½, ¼, so the middle 95 % is all.
    const std::vector<Unit> two{{0, 1}, {1, 1}};
    const Interval pair = bootstrap(two);
    EXPECT_EQ(pair.value, 0.5);
    EXPECT_EQ(pair.low, 0);
    EXPECT_EQ(pair.high, 1);
    // Equal differences leave nothing to draw.
    const Interval equal = bootstrap(std::vector<Unit>{{-6, 3}, {-2, 1}, {-4, 2}});
    EXPECT_EQ(equal.value, -2);
    EXPECT_EQ(equal.low, -2);
    EXPECT_EQ(equal.high, -2);
    // Many independent units: the interval is the normal one, ± 1.96·σ/√n.
    std::vector<Unit> many;
    Random random(7);
    for (int i = 0; i < 900; ++i)
        many.push_back({static_cast<double>(random.below(2)), 1});
    const Interval wide = bootstrap(many);
    EXPECT_NEAR(wide.high - wide.low, 2 * 1.96 * 0.5 / 30, 0.006);
    EXPECT_EQ(bootstrap(many).low, wide.low);
    EXPECT_EQ(bootstrap({}).high, 0);
}

TEST(Statistics, PairedSharesAsPublished) {
    // Newcombe's example of 50 pairs.
    const Interval published = pairedShares({36, 12, 2, 0});
    EXPECT_DOUBLE_EQ(published.value, 0.2);
    EXPECT_NEAR(published.low, 0.0569, 5e-5);
    EXPECT_NEAR(published.high, 0.3404, 5e-5);
    // Pairs that agree more often than they do by chance narrow it.
    EXPECT_LT(pairedShares({20, 14, 2, 14}).high, pairedShares({30, 14, 2, 4}).high);
    // Where one side has nothing to correlate, the two score intervals alone: 1 - w(5, 5) and
    // w(0, 5), 0.434 both, joined as squares.
    const Interval all = pairedShares({0, 5, 0, 0});
    EXPECT_EQ(all.value, 1);
    EXPECT_NEAR(all.low, 1 - std::sqrt(2.0) * wilson(0, 5).high, 1e-9);
    EXPECT_EQ(all.high, 1);
    const Interval same = pairedShares({5, 0, 0, 0});
    EXPECT_EQ(same.value, 0);
    EXPECT_NEAR(same.low, -wilson(0, 5).high, 1e-9);
    EXPECT_NEAR(same.high, wilson(0, 5).high, 1e-9);
    const Interval swapped = pairedShares({36, 2, 12, 0});
    EXPECT_NEAR(swapped.low, -published.high, 1e-12);
    EXPECT_EQ(pairedShares({}).low, -1);
}

TEST(Statistics, DrawingTellsNothingOfUnitsThatAreAlike) {
    EXPECT_TRUE(areAlike(std::vector<Unit>{{-6, 3}, {-2, 1}, {-4, 2}}));
    EXPECT_TRUE(areAlike(std::vector<Unit>{{0.1 + 0.2, 1}, {0.3, 1}})); // but for rounding
    EXPECT_FALSE(areAlike(std::vector<Unit>{{-6, 3}, {-2, 1}, {-4, 3}}));
    EXPECT_TRUE(areAlike({}));
}

TEST(Statistics, ChangesAreDrawnFromBothOrPairByPair) {
    std::vector<Unit> last, first;
    Random random(7);
    for (int i = 0; i < 400; ++i) {
        const auto book = static_cast<double>(random.below(100));
        first.push_back({book, 1});
        last.push_back({book + static_cast<double>(random.below(2)), 1});
    }
    const Interval apart = bootstrapChange(last, first, false),
                   paired = bootstrapChange(last, first, true);
    EXPECT_EQ(apart.value, paired.value);
    // Two means of numbers from 0 to 99: σ = 28.9·√2; of pairs that differ by 0 or 1: σ = ½.
    EXPECT_NEAR(apart.high - apart.low, 2 * 1.96 * 28.9 * std::sqrt(2.0) / 20, 1);
    EXPECT_NEAR(paired.high - paired.low, 2 * 1.96 * 0.5 / 20, 0.02);
    EXPECT_EQ(bootstrapChange(last, {}, false).high, 0);
}

TEST(Statistics, SharesOfItemsThatComeTogetherAreDrawnTogether) {
    std::vector<Unit> alone(20, {1, 1}), together(10, {2, 2});
    alone[0].sum = alone[1].sum = together[0].sum = 0;
    EXPECT_EQ(share(alone).low, wilson(18, 20).low);
    const Interval drawn = share(together), expected = bootstrap(together);
    EXPECT_EQ(drawn.value, 0.9);
    EXPECT_EQ(drawn.low, expected.low);
    EXPECT_EQ(drawn.high, expected.high);
    EXPECT_LT(drawn.low, bootstrap(alone).low);
    // Every draw of equal items is the same, so that it says nothing: ten numbers are no twenty.
    together[0].sum = 2;
    EXPECT_EQ(share(together).value, 1);
    EXPECT_EQ(share(together).low, wilson(10, 10).low);
    for (Unit& unit : together)
        unit.sum = 0;
    EXPECT_EQ(share(together).high, wilson(0, 10).high);
    EXPECT_EQ(share({}).high, 1);
}

TEST(Statistics, RankCorrelationAsComputedByHand) {
    const std::vector<double> up{1, 2, 3, 4}, down{9, 7, 5, 1}, mixed{1, 3, 2, 4};
    EXPECT_DOUBLE_EQ(rankCorrelation(up, up), 1);
    EXPECT_DOUBLE_EQ(rankCorrelation(up, down), -1);
    // 1 − 6·Σd²/(n(n² − 1)) = 1 − 6·2/60
    EXPECT_DOUBLE_EQ(rankCorrelation(up, mixed), 0.8);
    // Ties share their mean rank: ranks 0.5, 0.5, 2, 3 against 0 … 3 give 4.5/√(4.5·5).
    const std::vector<double> ties{1, 1, 2, 3};
    EXPECT_DOUBLE_EQ(rankCorrelation(up, ties), 4.5 / std::sqrt(4.5 * 5));
    EXPECT_EQ(rankCorrelation(up, std::vector<double>{2, 2, 2, 2}), 0);
    EXPECT_EQ(rankCorrelation(std::vector<double>{1}, std::vector<double>{1}), 0);
}

TEST(Statistics, NumbersAreTheSameEverywhere) {
    Random random(1);
    EXPECT_EQ(random.next(), 0x910a2dec89025cc1U);
    Random other(1);
    for (int i = 0; i < 100; ++i) {
        const std::int64_t value = other.below(3);
        EXPECT_GE(value, 0);
        EXPECT_LT(value, 3);
    }
}

} // namespace
