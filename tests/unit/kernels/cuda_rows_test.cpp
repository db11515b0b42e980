// Norm and feed-forward gate of the CUDA plugin against plain loops in double.

#include "tests/unit/kernels/cuda_backend.h"
#include "tests/unit/kernels/cuda_case.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace cuda_test {

namespace {

class CudaRows : public testing::TestWithParam<std::pair<int, int>> {
protected:
    void SetUp() override {
        std::string reason;
        m_table = backendTable(reason);
        if (m_table == nullptr) {
            GTEST_SKIP() << reason;
        }
        m_random.seed(7);
    }
    [[nodiscard]] const InfolioCudaTable& table() const { return *m_table; }
    [[nodiscard]] int rows() const { return GetParam().first; }
    [[nodiscard]] int width() const { return GetParam().second; }

    float next() { return 3 * m_normal(m_random); }
    std::vector<std::uint16_t> randomBf16(int count) {
        std::vector<std::uint16_t> values(count);
        for (auto& value : values) {
            value = bf16Of(next());
        }
        return values;
    }
    std::vector<float> randomFloats(int count) {
        std::vector<float> values(count);
        for (auto& value : values) {
            value = next();
        }
        return values;
    }

private:
    const InfolioCudaTable* m_table = nullptr;
    std::mt19937 m_random;
    std::normal_distribution<float> m_normal;
};

/// The result is rounded once: half a unit of bf16, and a little for the sums.
void expectRounded(std::uint16_t got, double exact) {
    EXPECT_NEAR(valueOf(got), exact, std::abs(exact) * (1.0 / 256 + 1e-5));
}

TEST_P(CudaRows, NormAddsThenScales) {
    const int count = rows() * width();
    const auto residual = randomFloats(count), weight = randomFloats(width());
    const auto add = randomBf16(count);
    for (const bool hasAdd : {false, true}) {
        std::vector<std::uint16_t> first;
        for (int variant = 0; variant < backendVariants(); ++variant) {
            useVariant(variant);
            Buffer x(table(), count * 4), w(table(), weight.size() * 4), a(table(), count * 2),
                out(table(), count * 2);
            x.put(residual);
            w.put(weight);
            a.put(add);
            const InfolioNorm norm{rows(),        width(),
                                   x.as<float>(), hasAdd ? a.as<std::uint16_t>() : nullptr,
                                   w.as<float>(), out.as<std::uint16_t>(),
                                   1e-5f};
            check(table().norm(&norm, nullptr));
            const auto got = out.take<std::uint16_t>(count);
            const auto sum = x.take<float>(count);
            first = variant == 0 ? got : first;
            EXPECT_EQ(got, first);
            for (int row = 0; row < rows(); ++row) {
                double squares = 0;
                for (int i = row * width(); i < (row + 1) * width(); ++i) {
                    const float expected = hasAdd ? residual[i] + valueOf(add[i]) : residual[i];
                    EXPECT_EQ(sum[i], expected);
                    squares += static_cast<double>(expected) * expected;
                }
                const double factor = 1 / std::sqrt(squares / width() + 1e-5);
                for (int i = 0; i < width(); ++i) {
                    const int at = row * width() + i;
                    expectRounded(got[at], sum[at] * factor * weight[i]);
                }
            }
            for (Buffer* buffer : {&x, &w, &a, &out}) {
                buffer->release();
            }
        }
    }
}

TEST_P(CudaRows, GateIsSiluTimesUp) {
    const int count = rows() * width();
    const auto gateUp = randomBf16(2 * count);
    Buffer in(table(), gateUp.size() * 2), out(table(), count * 2);
    in.put(gateUp);
    const InfolioGate gate{rows(), width(), in.as<std::uint16_t>(), out.as<std::uint16_t>()};
    check(table().gate(&gate, nullptr));
    const auto got = out.take<std::uint16_t>(count);
    for (int i = 0; i < count; ++i) {
        const int at = i / width() * 2 * width() + i % width();
        const double x = valueOf(gateUp[at]), up = valueOf(gateUp[at + width()]);
        expectRounded(got[i], x / (1 + std::exp(-x)) * up);
    }
    out.release();
}

TEST_P(CudaRows, WhatDoesNotFitIsRefused) {
    Buffer memory(table(), 64);
    const InfolioNorm norm{
        1, 12, memory.as<float>(), nullptr, memory.as<float>(), memory.as<std::uint16_t>(), 1e-5f};
    EXPECT_EQ(table().norm(&norm, nullptr).code, kInfolioCudaRefused);
    const InfolioGate gate{1, 8, memory.as<std::uint16_t>() + 1, memory.as<std::uint16_t>()};
    EXPECT_EQ(table().gate(&gate, nullptr).code, kInfolioCudaRefused);
}

INSTANTIATE_TEST_SUITE_P(Sizes, CudaRows,
                         testing::Values(std::pair{1, 8}, std::pair{3, 264}, std::pair{2, 576}));

} // namespace

} // namespace cuda_test
