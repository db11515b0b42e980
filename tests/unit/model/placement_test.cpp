// A whole model on a device. The device is the emulation behind a fake LibTorch, which refuses to
// mix its tensors with those of the processor; the processor is the witness.

#include "engine/model/placement.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <span>
#include <utility>

#include "engine/kernels/ops_cuda.h"
#include "engine/model/snapshot.h"
#include "tests/support/expect_error.h"
#include "tests/support/fake_cuda_plugin.h"
#include "tests/unit/model/hand_model.h"

using namespace engine::model;
using namespace tests;

namespace {

constexpr std::int64_t kSegment = 64, kSegments = 3;
constexpr double kHalfTolerance = 2e-2; ///< infini-attention.md, section 13

double rootMeanSquare(const at::Tensor& x) {
    return std::sqrt(x.to(at::kCPU).to(at::kDouble).square().mean().item<double>());
}

/// Of all of a memory, or of a cache, relative to what is expected.
double deviation(const ReadingState& found, const ReadingState& expected) {
    double largest = 0;
    const auto compare = [&](const std::vector<at::Tensor>& some,
                             const std::vector<at::Tensor>& others) {
        ASSERT_EQ(some.size(), others.size());
        for (std::size_t i = 0; i < some.size(); ++i) {
            ASSERT_EQ(some[i].sizes(), others[i].sizes());
            if (others[i].numel() == 0) {
                continue;
            }
            const at::Tensor a = some[i].to(at::kCPU).to(at::kDouble),
                             b = others[i].to(at::kCPU).to(at::kDouble);
            const double off = rootMeanSquare(a - b) / rootMeanSquare(b);
            EXPECT_FALSE(std::isnan(off));
            largest = std::max(largest, off);
        }
    };
    compare(found.memory.M, expected.memory.M);
    compare(found.memory.z, expected.memory.z);
    compare(found.cache.keys, expected.cache.keys);
    compare(found.cache.values, expected.cache.values);
    compare(found.cache.pooledKeys, expected.cache.pooledKeys);
    compare(found.cache.pooledValues, expected.cache.pooledValues);
    return largest;
}

void behave(const char* torch) {
    setenv("INFOLIO_FAKE_TORCH", torch, 1);
}

class Placement : public testing::Test {
protected:
    void SetUp() override {
        behave("");
        const auto opening = engine::kernels::openCuda({FAKE_DRIVER, {FAKE_PLUGIN}, FAKE_TORCH}, 0);
        ASSERT_NE(opening.device, nullptr) << opening.reason;
    }
    void TearDown() override { behave(""); }

    static HandShape shape() {
        HandShape s;
        s.layers = 4;
        s.heads = 4;
        s.kvHeads = 2;
        s.headWidth = 64;
        s.contextTokens = 256;
        s.firstMemory = 1;
        s.lastMemory = 2;
        return s;
    }

    static std::size_t count() { return kSegments * kSegment + 5; }

    std::vector<std::int32_t> m_ids = randomIds(2, count());
};

TEST_F(Placement, ReadingThroughTheKernelsEqualsTheProcessor) {
    const auto exact = handModel(1, Dtype::Float32, shape());
    const auto here = handModel(1, Dtype::BFloat16, shape());
    const auto there = onCuda(*here, 0);
    EXPECT_TRUE(there->weights->layers[0].qkv.values.is_cuda());
    for (const Mode mode : {Mode::InfiniLinear, Mode::InfiniDelta, Mode::Xl, Mode::Compressive}) {
        const ReadingState reference = readIds(exact, m_ids, mode, kSegment);
        const ReadingState expected = readIds(here, m_ids, mode, kSegment);
        const int attends = infolioFakeLaunches("attend"), sums = infolioFakeLaunches("sums"),
                  norms = infolioFakeLaunches("norm");
        const ReadingState found = readIds(there, m_ids, mode, kSegment);
        EXPECT_LT(deviation(found, expected), kHalfTolerance) << nameOf(mode);
        EXPECT_LT(deviation(found, reference), 2 * deviation(expected, reference)) << nameOf(mode);
        EXPECT_EQ(found.pending, expected.pending);
        // A reading ends at the last layer with a state, which stores and does not attend.
        const std::int64_t last = hasMemory(mode) ? shape().lastMemory : shape().layers - 1;
        EXPECT_EQ(infolioFakeLaunches("attend") - attends, kSegments * last) << nameOf(mode);
        EXPECT_EQ(infolioFakeLaunches("norm") - norms, kSegments * (2 * last + 1)) << nameOf(mode);
        EXPECT_EQ(infolioFakeLaunches("sums") - sums, hasMemory(mode) ? kSegments * 2 : 0);
    }
}

TEST_F(Placement, AnswersAgree) {
    const auto here = handModel(1, Dtype::BFloat16, shape());
    const auto there = onCuda(*here, 0);
    const std::vector<std::int32_t> question = randomIds(3, 20), answer = randomIds(4, 6);
    for (const Mode mode : {Mode::InfiniLinear, Mode::Local, Mode::Xl, Mode::Knn}) {
        AnswerSession asked(here, mode, readIds(here, m_ids, mode, kSegment));
        AnswerSession same(there, mode, readIds(there, m_ids, mode, kSegment));
        asked.feed(question);
        same.feed(question);
        const std::vector<float> expected = asked.logProbabilities(answer),
                                 found = same.logProbabilities(answer);
        ASSERT_EQ(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_NEAR(found[i], expected[i], 0.1) << nameOf(mode) << ", token " << i;
        }
        GenerateOptions options;
        options.maxTokens = 4;
        EXPECT_EQ(same.generate(options, {}).ids.empty(), asked.generate(options, {}).ids.empty());
    }
    const std::vector<std::vector<std::int32_t>> prefixes = {randomIds(5, 9), randomIds(6, 70)};
    const auto expected = scoreContinuation(*here, prefixes, answer),
               found = scoreContinuation(*there, prefixes, answer);
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
        for (std::size_t k = 0; k < answer.size(); ++k) {
            EXPECT_NEAR(found[i][k], expected[i][k], 0.1);
        }
    }
}

TEST_F(Placement, AStateGoesFromOneToTheOther) {
    const auto here = handModel(1, Dtype::BFloat16, shape());
    const auto there = onCuda(*here, 0);
    for (const Mode mode : {Mode::InfiniLinear, Mode::Xl}) {
        SnapshotHeader header;
        header.mode = nameOf(mode);
        header.segmentTokens = kSegment;
        header.weightsSha256 = here->weights->sha256;
        header.adapterSha256 = here->adapter->sha256;
        header.tokenizerSha256 = here->tokenizer->sha256();
        const ReadingState state = readIds(there, m_ids, mode, kSegment);
        const std::string bytes = saveSnapshot(*there, header, state);
        const ReadingState back = loadSnapshot(*there, header, bytes).state;
        const ReadingState moved = loadSnapshot(*here, header, bytes).state;
        EXPECT_EQ(deviation(back, state), 0.0);
        EXPECT_EQ(deviation(moved, state), 0.0);
        for (const auto* tensors : {&back.memory.M, &back.memory.z, &back.cache.keys}) {
            for (const at::Tensor& tensor : *tensors) {
                EXPECT_TRUE(tensor.is_cuda());
            }
        }
        ReadingSession goesOn(here, mode, kSegment, moved);
        goesOn.push(m_ids);
    }
}

TEST_F(Placement, AModelThatFindsNoRoomSaysSo) {
    const auto here = handModel(1, Dtype::BFloat16, shape());
    behave("100000");
    expectError([&] { (void)onCuda(*here, 0); }, engine::Code::NoMemory,
                {"cuda:0 has no room for the weights"});
}

TEST_F(Placement, APassThatFindsNoRoomSaysSoAndLeavesTheStateWhole) {
    const auto there = onCuda(*handModel(1, Dtype::BFloat16, shape()), 0);
    ReadingSession reading(there, Mode::InfiniLinear, kSegment);
    reading.push(m_ids);
    reading.push(std::span(m_ids).first(5));
    AnswerSession answer(there, Mode::InfiniLinear, reading.state());
    const ReadingState before = reading.state();
    const std::vector<std::int32_t> some = randomIds(3, 20);
    behave("1"); // what is there already is more
    const std::pair<const char*, std::function<void()>> requests[] = {
        {"read", [&] { reading.push(m_ids); }},
        {"begin", [&] { ReadingSession(there, Mode::InfiniLinear, kSegment); }},
        {"answer", [&] { AnswerSession(there, Mode::InfiniLinear, before); }},
        {"feed", [&] { answer.feed(some); }},
        {"generate", [&] { answer.generate({}, {}); }},
        {"log-probabilities", [&] { (void)answer.logProbabilities(some); }},
        {"score", [&] { (void)scoreContinuation(*there, {some}, some); }},
    };
    for (const auto& [name, request] : requests) {
        SCOPED_TRACE(name);
        expectError(request, engine::Code::NoMemory,
                    {"the memory of the device cuda:0 is used up"});
    }
    behave("");
    EXPECT_EQ(reading.state().tokens, before.tokens);
    EXPECT_EQ(deviation(reading.state(), before), 0.0);
    EXPECT_GT(reading.push(m_ids), 0U);
    answer.feed(some);
    EXPECT_EQ(answer.logProbabilities(some).size(), some.size());
}

} // namespace
