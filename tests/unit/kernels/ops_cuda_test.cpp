// The way of tensors to the CUDA kernels: a fake LibTorch whose device is the emulation stands in
// for the machine, and the same operations on the processor are the witness.

#include "engine/kernels/ops_cuda.h"
#include "tests/support/fake_cuda_plugin.h"
#include "tests/unit/kernels/tensors.h"

#include <ATen/ops/full.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace engine::kernels {

namespace {

using tests::difference;
using tests::kEpsilon;
using tests::kHalfTolerance;
using tests::random;

const at::Device kDevice(at::kCUDA, 0);
constexpr std::int64_t kBatch = 2, kHeads = 6, kGroups = 2, kWidth = 64;

at::Tensor there(const at::Tensor& x) {
    return x.defined() ? x.to(kDevice) : x;
}

double deviation(const at::Tensor& found, const at::Tensor& expected) {
    EXPECT_TRUE(found.is_cuda());
    EXPECT_EQ(found.scalar_type(), expected.scalar_type());
    EXPECT_EQ(found.sizes(), expected.sizes());
    return difference(found.to(at::kCPU), expected);
}

CudaLibraries fakes() {
    return {FAKE_DRIVER, {FAKE_PLUGIN}, FAKE_TORCH};
}

void behave(const char* plugin, const char* torch) {
    setenv("INFOLIO_FAKE_PLUGIN", plugin, 1);
    setenv("INFOLIO_FAKE_TORCH", torch, 1);
}

class OpsCuda : public testing::Test {
protected:
    void SetUp() override {
        behave("", "");
        const CudaOpening opening = openCuda(fakes(), 0);
        ASSERT_NE(opening.device, nullptr) << opening.reason;
    }
    void TearDown() override { behave("", ""); }
};

/// The launches of a function while it lives.
class Launches {
public:
    explicit Launches(const char* function)
        : m_function(function), m_before(infolioFakeLaunches(function)) {}
    [[nodiscard]] int count() const { return infolioFakeLaunches(m_function) - m_before; }

private:
    const char* m_function;
    int m_before;
};

at::Tensor heads(std::uint64_t seed, std::int64_t rows, std::int64_t count,
                 std::int64_t width = kWidth) {
    return random(seed, {kBatch, rows, count, width}, at::kBFloat16);
}

struct Angles {
    at::Tensor cosines, sines;

    explicit Angles(std::int64_t rows, std::int64_t width = kWidth) {
        const at::Tensor angles = random(9, {rows, width / 2}, at::kFloat, 3);
        cosines = angles.cos();
        sines = angles.sin();
    }
};

MemoryReadout readout(const at::Tensor& query, const at::Tensor& gate) {
    const std::int64_t features = query.size(3);
    return {query, random(5, {kBatch, kGroups, features, kWidth}),
            random(6, {kBatch, kGroups, features}).abs().add(1.0), gate, kEpsilon};
}

MemoryReadout there(const MemoryReadout& read) {
    return {there(read.query), there(read.memory), there(read.norm), there(read.gate),
            read.epsilon};
}

TEST_F(OpsCuda, AttentionOfASegmentAlone) {
    const Launches prepare("prepare"), attention("attend");
    const std::int64_t rows = 70;
    const at::Tensor query = heads(1, rows, kHeads), key = heads(2, rows, kGroups),
                     value = heads(3, rows, kGroups);
    const Angles turn(rows);
    const at::Tensor found = attend(there(query), there(key), there(value), there(turn.cosines),
                                    there(turn.sines), 0.125, {});
    EXPECT_LT(deviation(found, attend(query, key, value, turn.cosines, turn.sines, 0.125, {})),
              kHalfTolerance);
    EXPECT_EQ(prepare.count(), 1);
    EXPECT_EQ(attention.count(), 1);
}

TEST_F(OpsCuda, AttentionThatReadsTheMemory) {
    const Launches attention("attend");
    const std::int64_t rows = 70;
    // As a projection leaves them: heads side by side in one row.
    const at::Tensor all = heads(1, rows, kHeads + 2 * kGroups), far = there(all);
    const auto cut = [&](const at::Tensor& x, std::int64_t begin, std::int64_t count) {
        return x.narrow(2, begin, count);
    };
    const Angles turn(rows);
    const MemoryReadout read = readout(cut(all, 0, kHeads), random(7, {kHeads}).sigmoid());
    MemoryReadout readThere = there(read);
    readThere.query = cut(far, 0, kHeads);
    const at::Tensor found =
        attend(cut(far, 0, kHeads), cut(far, kHeads, kGroups), cut(far, kHeads + kGroups, kGroups),
               there(turn.cosines), there(turn.sines), 0.125, readThere);
    const at::Tensor expected =
        attend(cut(all, 0, kHeads), cut(all, kHeads, kGroups), cut(all, kHeads + kGroups, kGroups),
               turn.cosines, turn.sines, 0.125, read);
    EXPECT_LT(deviation(found, expected), kHalfTolerance);
    EXPECT_EQ(attention.count(), 1);
    const at::Tensor local =
        attend(cut(all, 0, kHeads), cut(all, kHeads, kGroups), cut(all, kHeads + kGroups, kGroups),
               turn.cosines, turn.sines, 0.125, {});
    EXPECT_GT(deviation(found, local), 2 * kHalfTolerance) << "the memory makes no difference";
}

TEST_F(OpsCuda, AttentionBehindEarlierKeys) {
    const Launches attention("attend");
    const std::int64_t rows = 40, keys = 90;
    const at::Tensor query = heads(1, rows, kHeads), key = heads(2, keys, kGroups),
                     value = heads(3, keys, kGroups);
    const Angles turn(keys);
    const MemoryReadout read = readout(query, random(7, {kHeads}).sigmoid());
    EXPECT_LT(deviation(attend(there(query), there(key), there(value), there(turn.cosines),
                               there(turn.sines), 0.125, there(read)),
                        attend(query, key, value, turn.cosines, turn.sines, 0.125, read)),
              kHalfTolerance);
    EXPECT_EQ(attention.count(), 1);
}

TEST_F(OpsCuda, AttentionOverAWindow) {
    for (const std::int64_t rows : {1, 30, 90}) {
        const Launches attention("attend");
        const std::int64_t keys = 90;
        const at::Tensor query = heads(1, rows, kHeads);
        const at::Tensor key = random(2, {kBatch, kGroups, keys, kWidth}, at::kBFloat16),
                         value = random(3, {kBatch, kGroups, keys, kWidth}, at::kBFloat16);
        const at::Tensor found = causalAttention(there(query), there(key), there(value));
        EXPECT_LT(deviation(found, causalAttention(query, key, value)), kHalfTolerance) << rows;
        EXPECT_EQ(attention.count(), 1) << rows;
    }
}

TEST_F(OpsCuda, WritingTheMemory) {
    const std::int64_t rows = 70;
    const at::Tensor key = heads(1, rows, kGroups), value = heads(2, rows, kGroups);
    at::Tensor mask = at::full({kBatch, rows}, 1.0f);
    mask.narrow(1, 40, 30).fill_(0);
    key.narrow(1, 40, 30).fill_(std::numeric_limits<double>::quiet_NaN());
    const Launches sums("sums");
    const MemoryIncrement found = memoryIncrement(there(key), there(value), there(mask));
    const MemoryIncrement expected = memoryIncrement(key, value, mask);
    EXPECT_LT(deviation(found.memory, expected.memory), kHalfTolerance);
    EXPECT_LT(deviation(found.norm, expected.norm), kHalfTolerance);
    EXPECT_EQ(sums.count(), 1);
}

TEST_F(OpsCuda, TheDeltaRule) {
    const std::int64_t rows = 70;
    const at::Tensor key = heads(1, rows, kGroups), value = heads(2, rows, kGroups);
    for (const bool isEmpty : {false, true}) {
        at::Tensor norm = random(3, {kBatch, kGroups, kWidth}).abs().add(1.0);
        if (isEmpty) {
            norm.zero_();
        }
        const Launches decay("decay"), sums("sums");
        const DeltaIncrement found =
            deltaIncrement(there(key), there(value), there(norm), kEpsilon);
        const DeltaIncrement expected = deltaIncrement(key, value, norm, kEpsilon);
        if (isEmpty) {
            EXPECT_EQ(found.transition.abs().max().item<float>(), 0.0f);
        } else {
            EXPECT_LT(deviation(found.transition, expected.transition), kHalfTolerance);
        }
        EXPECT_LT(deviation(found.memory, expected.memory), kHalfTolerance);
        EXPECT_LT(deviation(found.norm, expected.norm), kHalfTolerance);
        EXPECT_EQ(decay.count(), 1);
        EXPECT_EQ(sums.count(), 1);
    }
}

TEST_F(OpsCuda, NormsAndTheGateOfTheFeedForward) {
    const Launches norms("norm"), gates("gate");
    const at::Tensor weight = random(3, {72}), gateUp = random(4, {1, 5, 144}, at::kBFloat16);
    const at::Tensor delta = random(2, {1, 5, 72}, at::kBFloat16);
    at::Tensor x = random(1, {1, 5, 72}), far = there(x);
    EXPECT_LT(deviation(rmsNorm(far, there(weight), 1e-5, at::kBFloat16),
                        rmsNorm(x, weight, 1e-5, at::kBFloat16)),
              kHalfTolerance);
    EXPECT_LT(deviation(addRmsNorm(far, there(delta), there(weight), 1e-5),
                        addRmsNorm(x, delta, weight, 1e-5)),
              kHalfTolerance);
    EXPECT_LT(deviation(far, x), tests::kFloatTolerance);
    addTo(x, delta);
    addTo(far, there(delta));
    EXPECT_LT(deviation(far, x), tests::kFloatTolerance);
    EXPECT_LT(deviation(siluMultiply(there(gateUp)), siluMultiply(gateUp)), kHalfTolerance);
    EXPECT_EQ(norms.count(), 2);
    EXPECT_EQ(gates.count(), 1);
}

TEST_F(OpsCuda, WhatTheKernelsDoNotTakeIsComposedOnTheDevice) {
    const Launches attention("attend"), sums("sums"), norms("norm"), gates("gate");
    const std::int64_t rows = 20;
    struct Case {
        const char* what;
        std::int64_t width;
        at::ScalarType type;
        bool isGateByRow;
        double tolerance;
    };
    for (const Case& c : {Case{"fp32", 64, at::kFloat, false, tests::kFloatTolerance},
                          Case{"narrow heads", 32, at::kBFloat16, false, kHalfTolerance},
                          Case{"a gate by row", 64, at::kBFloat16, true, kHalfTolerance}}) {
        const auto some = [&](std::uint64_t seed, std::int64_t count) {
            return random(seed, {kBatch, rows, count, c.width}, c.type);
        };
        const at::Tensor query = some(1, kHeads), key = some(2, kGroups), value = some(3, kGroups);
        const Angles turn(rows, c.width);
        const at::Tensor gate =
            c.isGateByRow ? random(7, {rows, kHeads}).sigmoid() : random(7, {kHeads}).sigmoid();
        const MemoryReadout read{query, random(5, {kBatch, kGroups, c.width, c.width}),
                                 random(6, {kBatch, kGroups, c.width}).abs().add(1.0), gate,
                                 kEpsilon};
        EXPECT_LT(deviation(attend(there(query), there(key), there(value), there(turn.cosines),
                                   there(turn.sines), 0.125, there(read)),
                            attend(query, key, value, turn.cosines, turn.sines, 0.125, read)),
                  c.tolerance)
            << c.what;
        if (!c.isGateByRow) {
            EXPECT_LT(deviation(memoryIncrement(there(key), there(value)).memory,
                                memoryIncrement(key, value).memory),
                      c.tolerance)
                << c.what;
        }
    }
    const at::Tensor gateUp = random(4, {5, 20}, at::kBFloat16);
    EXPECT_LT(deviation(siluMultiply(there(gateUp)), siluMultiply(gateUp)), kHalfTolerance);
    EXPECT_EQ(attention.count(), 1) << "beside a gate by row the local attention has its kernel";
    EXPECT_EQ(sums.count() + norms.count() + gates.count(), 0);
}

TEST_F(OpsCuda, AFailedLaunchIsAnException) {
    const at::Tensor gateUp = there(random(4, {1, 5, 144}, at::kBFloat16));
    behave("no memory at launch", "");
    EXPECT_THROW((void)siluMultiply(gateUp), c10::OutOfMemoryError);
    behave("failing launch", "");
    try {
        (void)siluMultiply(gateUp);
        FAIL() << "the launch failed without a word";
    } catch (const c10::Error& error) {
        EXPECT_NE(std::string(error.what()).find("CUDA kernels: unspecified launch failure"),
                  std::string::npos)
            << error.what();
    }
}

TEST(OpsCudaOpening, ADeviceOnWhichLibTorchDoesNotCompute) {
    const auto reason = [](const char* torch, const CudaLibraries& libraries) {
        behave("", torch);
        const CudaOpening opening = openCuda(libraries, 0);
        behave("", "");
        EXPECT_EQ(opening.device, nullptr);
        return opening.reason;
    };
    const std::string before = "LibTorch does not compute on Fake device, compute capability 9.0: ";
    CudaLibraries without = fakes();
    without.torch = "libinfolio_no_such_torch.so";
    const std::string said = reason("", without);
    EXPECT_EQ(said.find(before + "libinfolio_no_such_torch.so: "), 0u) << said;
    EXPECT_EQ(reason("wrong", fakes()), before + "a product of matrices comes out wrong");
    EXPECT_EQ(reason("no memory", fakes()), before + "CUDA out of memory");
    CudaLibraries noDriver = fakes();
    noDriver.driver = "libinfolio_no_such_driver.so.1";
    EXPECT_EQ(reason("", noDriver).find("there is no NVIDIA driver on this machine ("), 0u);
}

} // namespace

} // namespace engine::kernels
