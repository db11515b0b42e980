// The CUDA kernels against plain loops in double (infini-attention.md, T16): every edge in small
// shapes. The same tests run in the emulation and, with the label gpu, on a device.

#include "engine/kernels/cuda_layer.h"
#include "tests/unit/kernels/cuda_backend.h"
#include "tests/unit/kernels/cuda_case.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace cuda_test {

namespace {

double rmsDifference(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return std::sqrt(sum / static_cast<double>(a.size()));
}

std::vector<double> widened(const std::vector<std::uint16_t>& bf16) {
    std::vector<double> out(bf16.size());
    std::transform(bf16.begin(), bf16.end(), out.begin(), valueOf);
    return out;
}

std::vector<double> widened(const std::vector<float>& values) {
    return {values.begin(), values.end()};
}

/// T16: at most twice the error of a plain implementation in the same dtype.
bool isAsGoodAsPlain(const std::vector<double>& got, const std::vector<double>& plain,
                     const std::vector<double>& exact) {
    return got.size() == exact.size() &&
           rmsDifference(got, exact) <= 2 * rmsDifference(plain, exact);
}

struct Shape {
    const char* name;
    int B, T, N, G, R, d, f;
    Rule rule = Rule::Linear;
    std::vector<std::int32_t> lengths = {};
    std::vector<std::int64_t> count = {};
    bool hasScale = false, hasMask = false, hasPosition = false;
};

void PrintTo(const Shape& shape, std::ostream* out) {
    *out << shape.name;
}

Inputs inputsOf(const Shape& shape, std::uint32_t seed = 1) {
    Inputs in;
    in.B = shape.B;
    in.T = shape.T;
    in.N = shape.N;
    in.G = shape.G;
    in.R = shape.R;
    in.d = shape.d;
    in.f = shape.f;
    in.rule = shape.rule;
    in.lengths = shape.lengths;
    in.count = shape.count;
    in = randomInputs(in, seed);
    for (int i = 0; shape.hasScale && i < in.B * in.T * in.G; ++i) {
        in.writeScale.push_back(i % 7 == 3 ? 0.0f : 0.01f * static_cast<float>(i * 37 % 100));
    }
    for (int i = 0; shape.hasMask && i < in.B * in.T; ++i) {
        in.writeMask.push_back(i * 31 % 5 == 0 ? 0 : 1);
    }
    for (int h = 0; shape.hasPosition && h < in.H(); ++h) {
        in.gatePosition.push_back(0.3f * static_cast<float>(h % 3 - 1));
    }
    return in;
}

class CudaKernels : public testing::TestWithParam<Shape> {
protected:
    void SetUp() override {
        std::string reason;
        m_table = backendTable(reason);
        if (m_table == nullptr) {
            GTEST_SKIP() << reason;
        }
        useVariant(0);
    }
    [[nodiscard]] const InfolioCudaTable& table() const { return *m_table; }

private:
    const InfolioCudaTable* m_table = nullptr;
};

const Shape kShapes[] = {
    {"OneToken", 1, 1, 1, 1, 1, 64, 64},
    {"SegmentsOfOneToken", 2, 3, 1, 1, 2, 64, 64},
    {"OddSegments", 2, 70, 33, 2, 3, 64, 64},
    {"ThreeTilesOfKeys", 1, 150, 140, 1, 1, 64, 64},
    {"SixteenHeadsToAGroup", 1, 22, 11, 1, 16, 64, 64},
    {"WideFeatures", 1, 100, 50, 1, 3, 64, 128, Rule::Linear, {}, {}, true, true, true},
    {"WideHeads", 1, 90, 45, 1, 2, 128, 64, Rule::Linear, {}, {}, false, true},
    {"WideBoth", 1, 140, 70, 1, 1, 128, 128, Rule::Linear, {}, {}, true, false, true},
    {"Lengths", 3, 60, 20, 1, 2, 64, 64, Rule::Linear, {60, 0, 33}, {0, 5, 7}, false, true},
    {"FromAState", 2, 40, 20, 2, 1, 64, 64, Rule::Linear, {}, {1000, 0}},
    {"ManySegments", 1, 48, 1, 1, 1, 64, 64},
    {"ManyDeltaSegments", 1, 64, 2, 1, 1, 64, 64, Rule::Delta},
    {"Delta", 2, 100, 33, 2, 2, 64, 64, Rule::Delta, {}, {0, 300}, true, true},
    {"DeltaWide", 1, 140, 70, 1, 1, 128, 128, Rule::Delta, {}, {200}, true},
    {"DeltaWideFeatures", 1, 60, 20, 1, 1, 64, 128, Rule::Delta, {50}},
};

TEST_P(CudaKernels, AreAsGoodAsAPlainImplementation) {
    const Inputs in = inputsOf(GetParam());
    const Outputs got = runKernels(table(), in);
    const Results exact = infiniAttention(in, Arithmetic::Exact);
    const Results plain = infiniAttention(in, Arithmetic::Plain);
    EXPECT_TRUE(isAsGoodAsPlain(widened(got.output), plain.output, exact.output))
        << rmsDifference(widened(got.output), exact.output) << " against "
        << rmsDifference(plain.output, exact.output);
    EXPECT_TRUE(isAsGoodAsPlain(widened(got.memoryPart), plain.memoryPart, exact.memoryPart))
        << rmsDifference(widened(got.memoryPart), exact.memoryPart) << " against "
        << rmsDifference(plain.memoryPart, exact.memoryPart);
    EXPECT_TRUE(isAsGoodAsPlain(widened(got.memory), plain.memory, exact.memory))
        << rmsDifference(widened(got.memory), exact.memory) << " against "
        << rmsDifference(plain.memory, exact.memory);
    EXPECT_TRUE(isAsGoodAsPlain(widened(got.norm), plain.norm, exact.norm));
    EXPECT_EQ(got.count, exact.count);
    EXPECT_TRUE(isAsGoodAsPlain(widened(got.memoryAfter), plain.memoryAfter, exact.memoryAfter));
    EXPECT_TRUE(isAsGoodAsPlain(widened(got.normAfter), plain.normAfter, exact.normAfter));
}

TEST_P(CudaKernels, SumInFp32) {
    const Inputs in = inputsOf(GetParam());
    const Outputs got = runKernels(table(), in);
    const Results sums = infiniAttention(in, Arithmetic::Rounded);
    constexpr double kTolerance = 2e-5; // fp32, infini-attention.md, section 13
    for (const auto& [values, exact] :
         {std::pair{widened(got.memory), sums.memory}, std::pair{widened(got.norm), sums.norm},
          std::pair{widened(got.memoryAfter), sums.memoryAfter},
          std::pair{widened(got.normAfter), sums.normAfter}}) {
        const std::vector<double> zeros(exact.size(), 0.0);
        EXPECT_LE(rmsDifference(values, exact), kTolerance * rmsDifference(exact, zeros));
    }
}

TEST_P(CudaKernels, GiveTheSameBitsAgain) {
    const Inputs in = inputsOf(GetParam());
    const Outputs first = runKernels(table(), in);
    for (int variant = 1; variant < backendVariants(); ++variant) {
        useVariant(variant);
        EXPECT_TRUE(runKernels(table(), in) == first) << "variant " << variant;
    }
}

std::string nameOf(const testing::TestParamInfo<Shape>& shape) {
    return shape.param.name;
}

TEST_P(CudaKernels, RunInTheirOrderAsALayer) {
    const Inputs in = inputsOf(GetParam());
    EXPECT_TRUE(runLayer(table(), in) == runKernels(table(), in));
}

INSTANTIATE_TEST_SUITE_P(Shapes, CudaKernels, testing::ValuesIn(kShapes), nameOf);

class CudaProperties : public CudaKernels {};
INSTANTIATE_TEST_SUITE_P(One, CudaProperties, testing::Values(kShapes[2]), nameOf);

Shape randomShape(std::mt19937& random) {
    const auto upTo = [&](int most) { return 1 + static_cast<int>(random() % most); };
    const int d = upTo(2) * 64, f = upTo(2) * 64, B = upTo(3), T = upTo(90);
    Shape shape{"random", B, T, upTo(T), upTo(3), upTo(5), d, f};
    shape.rule = upTo(2) == 1 ? Rule::Linear : Rule::Delta;
    for (int b = 0; b < B; ++b) {
        shape.lengths.push_back(upTo(T + 1) - 1);
        shape.count.push_back(upTo(2) == 1 ? 0 : upTo(1000));
    }
    shape.hasScale = upTo(2) == 1;
    shape.hasMask = upTo(2) == 1;
    shape.hasPosition = upTo(2) == 1;
    return shape;
}

TEST_P(CudaProperties, HoldForRandomShapes) {
    std::mt19937 random(5);
    for (int i = 0; i < 12; ++i) {
        const Shape shape = randomShape(random);
        SCOPED_TRACE(testing::Message()
                     << "B " << shape.B << " T " << shape.T << " N " << shape.N << " G " << shape.G
                     << " R " << shape.R << " d " << shape.d << " f " << shape.f);
        const Inputs in = inputsOf(shape, static_cast<std::uint32_t>(i));
        useVariant(i % backendVariants());
        const Outputs got = runKernels(table(), in);
        const Results exact = infiniAttention(in, Arithmetic::Exact);
        const Results plain = infiniAttention(in, Arithmetic::Plain);
        EXPECT_TRUE(isAsGoodAsPlain(widened(got.output), plain.output, exact.output));
        EXPECT_TRUE(isAsGoodAsPlain(widened(got.memory), plain.memory, exact.memory));
        EXPECT_TRUE(isAsGoodAsPlain(widened(got.norm), plain.norm, exact.norm));
        EXPECT_EQ(got.count, exact.count);
    }
}

bool isLocal(const Outputs& got, const std::vector<std::uint16_t>& local, const Inputs& in,
             int rows) {
    const std::size_t width = static_cast<std::size_t>(in.H()) * in.d;
    for (int b = 0; b < in.B; ++b) {
        const std::size_t begin = static_cast<std::size_t>(b) * in.T * width;
        if (std::memcmp(&got.output[begin], &local[begin], rows * width * 2) != 0) {
            return false;
        }
    }
    return true;
}

TEST_P(CudaProperties, AnEmptyMemoryLeavesTheBitsOfLocalAttention) {
    const Inputs in = inputsOf(GetParam());
    const auto local = runLocal(table(), in);
    EXPECT_TRUE(isLocal(runKernels(table(), in), local, in, in.N));
    EXPECT_FALSE(isLocal(runKernels(table(), in), local, in, in.T));
    EXPECT_FALSE(isLocal(runKernels(table(), in, Misuse::ScaledWithoutMemory), local, in, in.N));
}

TEST_P(CudaProperties, ASequenceDoesNotOpenTheMemoryOfAnother) {
    Shape shape = GetParam();
    shape.count = {0, 40};
    const Inputs in = inputsOf(shape);
    const auto local = runLocal(table(), in);
    Inputs first = in;
    first.B = 1;
    EXPECT_TRUE(isLocal(runKernels(table(), in), local, first, in.N));
    EXPECT_FALSE(isLocal(runKernels(table(), in), local, in, in.N));
}

TEST_P(CudaProperties, AClosedGateIsLocalAttention) {
    Inputs in = inputsOf(GetParam());
    in.gate.assign(in.H(), -std::numeric_limits<float>::infinity());
    EXPECT_TRUE(isLocal(runKernels(table(), in), runLocal(table(), in), in, in.T));
}

TEST_P(CudaProperties, WrongUseIsNoticed) {
    const Inputs in = inputsOf(GetParam());
    const auto exact = infiniAttention(in, Arithmetic::Exact).output;
    const auto plain = infiniAttention(in, Arithmetic::Plain).output;
    for (const Misuse misuse :
         {Misuse::ReadAfterWrite, Misuse::ScaledWithoutMemory, Misuse::RotatedMemoryQueries}) {
        const auto got = widened(runKernels(table(), in, misuse).output);
        EXPECT_FALSE(isAsGoodAsPlain(got, plain, exact)) << static_cast<int>(misuse);
    }
}

TEST_P(CudaProperties, ALaterTokenChangesNothingBefore) {
    Inputs in = inputsOf(GetParam());
    const Outputs first = runKernels(table(), in);
    constexpr int kToken = 41;
    const auto change = [&](std::vector<std::uint16_t>& rows) {
        const std::size_t row = rows.size() / in.B / in.T;
        std::fill_n(&rows[kToken * row], row, bf16Of(3.0f));
    };
    change(in.key);
    change(in.value);
    change(in.keyFeature);
    const Outputs second = runKernels(table(), in);
    const std::size_t bytes = static_cast<std::size_t>(kToken) * in.H() * in.d * 2;
    EXPECT_EQ(std::memcmp(first.output.data(), second.output.data(), bytes), 0);
    EXPECT_NE(std::memcmp(first.output.data(), second.output.data(), bytes + 2), 0);
}

TEST_P(CudaProperties, MaskedRowsLeaveNoTraceInTheMemory) {
    Shape shape = GetParam();
    shape.hasMask = true;
    Inputs in = inputsOf(shape);
    const Outputs first = runKernels(table(), in);
    const std::size_t key = static_cast<std::size_t>(in.G) * in.f;
    for (std::size_t token = 0; token < in.writeMask.size(); ++token) {
        if (in.writeMask[token] == 0) {
            std::fill_n(&in.keyFeature[token * key], key, std::uint16_t{0x7FFF});
        }
    }
    EXPECT_TRUE(runKernels(table(), in) == first);
}

TEST_P(CudaProperties, RowsWithoutWeightMayHoldAnything) {
    Inputs in = inputsOf(GetParam());
    in.writeMask.assign(static_cast<std::size_t>(in.B) * in.T, 1);
    in.writeMask[5] = 0;
    const Outputs first = runKernels(table(), in);
    const std::size_t row = static_cast<std::size_t>(in.G) * in.d;
    std::fill_n(&in.value[5 * row], row, std::uint16_t{0x7FFF});
    const Outputs second = runKernels(table(), in);
    EXPECT_EQ(std::memcmp(first.memory.data(), second.memory.data(), first.memory.size() * 4), 0);
}

TEST_P(CudaProperties, AWindowThatGrowsIsTheWholeWindow) {
    Shape shape = GetParam();
    shape.N = shape.T;
    shape.count = {0, 40};
    shape.hasPosition = true;
    const Inputs in = inputsOf(shape);
    const Outputs whole = runKernels(table(), in);
    for (const std::vector<std::int32_t>& first :
         {std::vector<std::int32_t>{1, 66}, {69, 3}, {64, 65}}) {
        EXPECT_EQ(runWindow(table(), in, first), whole.output) << first[0] << ", " << first[1];
    }
}

TEST_P(CudaProperties, LargeAndSmallValuesStayFinite) {
    Inputs in = inputsOf(GetParam());
    for (auto* rows : {&in.query, &in.queryFeature, &in.key, &in.keyFeature}) {
        for (std::size_t i = 0; i < rows->size(); ++i) {
            (*rows)[i] = bf16Of(i % 3 == 0 ? 100.0f : -100.0f);
        }
    }
    std::fill(in.queryFeature.begin(), in.queryFeature.end(), bf16Of(-100.0f));
    const auto got = widened(runKernels(table(), in).output);
    EXPECT_TRUE(std::all_of(got.begin(), got.end(), [](double x) { return std::isfinite(x); }));
}

TEST_P(CudaProperties, WhatDoesNotFitIsRefusedWithASentence) {
    const Inputs fine = inputsOf(GetParam());
    const auto refusal = [&](auto change) {
        Inputs in = fine;
        change(in);
        try {
            runKernels(table(), in);
        } catch (const std::runtime_error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(refusal([](Inputs&) {}), "");
    EXPECT_NE(refusal([](Inputs& in) { in.d = 32; }).find("head width"), std::string::npos);
    EXPECT_NE(refusal([](Inputs& in) { in.f = 32; }).find("feature width"), std::string::npos);
    EXPECT_THROW(runWindow(table(), fine, {1, 1}), std::runtime_error);
    const std::int32_t past = 0;
    engine::kernels::CudaLayer layer{};
    EXPECT_EQ(runCudaLayer(table(), layer, nullptr, nullptr).code, kInfolioCudaRefused);
    layer.sizes.past = &past;
    EXPECT_STREQ(runCudaLayer(table(), layer, nullptr, nullptr).sentence,
                 "rows that continue a window are not written");
    EXPECT_NE(refusal([](Inputs& in) { in.R = 0; }).find("query heads"), std::string::npos);
}

} // namespace

} // namespace cuda_test
