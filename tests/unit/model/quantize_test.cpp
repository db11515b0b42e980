#include "engine/model/quantize.h"

#include <c10/util/Half.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "engine/model/dequantize.h"

namespace engine::model {
namespace {

struct Packed {
    std::vector<std::int8_t> q;
    std::vector<std::uint16_t> groups;
    bool fits = false;

    [[nodiscard]] double scale(std::size_t group) const {
        return c10::Half(groups[2 * group], c10::Half::from_bits());
    }
    [[nodiscard]] double offset(std::size_t group) const {
        return c10::Half(groups[2 * group + 1], c10::Half::from_bits());
    }
    [[nodiscard]] double value(std::size_t i) const {
        return q[i] * scale(i / 32) + offset(i / 32);
    }
};

Packed quantized(const std::vector<float>& values) {
    Packed packed{std::vector<std::int8_t>(values.size()),
                  std::vector<std::uint16_t>(values.size() / 16)};
    packed.fits = quantize(values.data(), static_cast<std::int64_t>(values.size()), packed.q.data(),
                           packed.groups.data());
    return packed;
}

/// Groups around `middle`, of `spread` to either side.
std::vector<float> drawn(float middle, float spread, std::size_t groups) {
    std::mt19937_64 random(1);
    std::vector<float> values(32 * groups);
    for (float& value : values) {
        value = middle + spread * (static_cast<float>(random() >> 40) * 0x1p-23f - 1.0f);
    }
    return values;
}

/// The largest error in steps of the group's scale.
double stepsOff(const std::vector<float>& values, const Packed& packed) {
    double most = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double off = std::abs(packed.value(i) - static_cast<double>(values[i]));
        most = std::max(most, off == 0 ? 0 : off / packed.scale(i / 32));
    }
    return most;
}

TEST(Quantize, IsOffByHalfAStepAtMost) {
    // fp32 computes the step to be taken, so that ties may fall either way.
    constexpr double half = 0.5 + 1e-4;
    for (const float spread : {1e-7f, 1e-5f, 1e-3f, 0.1f, 3.0f, 1e4f, 3e5f}) {
        for (const float middle : {0.0f, 0.3f * spread, -spread, 3 * spread, -20 * spread}) {
            const std::vector<float> values = drawn(middle, spread, 40);
            const Packed packed = quantized(values);
            EXPECT_EQ(packed.fits, true) << middle << " " << spread;
            EXPECT_LE(stepsOff(values, packed), half) << middle << " " << spread;
        }
    }
}

TEST(Quantize, TakesTheFinerOfTwoGrids) {
    // 255 steps between the ends, or 254 between largest and its opposite.
    for (const float middle : {0.0f, 1.0f, 4.0f}) {
        const std::vector<float> values = drawn(middle, 1, 200);
        const Packed packed = quantized(values);
        double sum = 0, scales = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            sum += std::pow(packed.value(i) - static_cast<double>(values[i]), 2);
            scales += packed.scale(i / 32) / static_cast<double>(values.size());
        }
        // Values from −1 to 1 about the middle: an affine step is 2/255 less what chance leaves.
        EXPECT_LT(scales, 2.0 / 255 * 1.03) << middle;
        // Rounding to steps of s is off by s²/12 on average; the choice of a grid makes it less.
        EXPECT_NEAR(std::sqrt(12 * sum / static_cast<double>(values.size())), scales, 0.1 * scales)
            << middle;
    }
}

TEST(Quantize, KeepsWhatAGridHoldsExactly) {
    std::vector<float> values(96);
    for (std::size_t i = 0; i < 32; ++i) {
        const auto step = static_cast<float>(i);
        values[i] = 0.25f * (step * 8 - 124);
        values[32 + i] = -0.0f;
        values[64 + i] = 0.375f;
    }
    values[0] = -127 * 0.25f; // the end of a symmetric grid of quarters
    const Packed packed = quantized(values);
    for (std::size_t i = 0; i < values.size(); ++i) {
        EXPECT_EQ(packed.value(i), static_cast<double>(values[i])) << i;
    }
}

TEST(Quantize, SaysWhatNoScaleHolds) {
    EXPECT_TRUE(quantized(drawn(0, 8e6f, 1)).fits);
    EXPECT_FALSE(quantized(drawn(0, 2e7f, 1)).fits);
    EXPECT_FALSE(quantized(std::vector<float>(32, 3e38f)).fits);
    EXPECT_FALSE(quantized(std::vector<float>(32, -3e38f)).fits);
    // One group is enough.
    std::vector<float> values = drawn(0, 1, 3);
    values[40] = 1e30f;
    EXPECT_FALSE(quantized(values).fits);
}

} // namespace
} // namespace engine::model
