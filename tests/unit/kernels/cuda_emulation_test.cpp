// The emulation itself: a probe with a known answer, every fault that it has to report, and mutants
// of the kernels (a barrier that is missing, fragments that are exchanged) that must not pass.

#include "tests/support/cuda_emulation.h"
#include "tests/unit/kernels/cuda_backend.h"
#include "tests/unit/kernels/cuda_case.h"

#include "engine/kernels/device.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace cuda_test {

namespace {

namespace device = engine::kernels::device;

/// A kernel of one block made of a function.
struct Probe {
    std::function<void(unsigned)> body;
};

template <unsigned kCount, std::size_t kBytes> struct ProbeKernel {
    static constexpr unsigned kThreads = kCount;
    static constexpr std::size_t kSharedBytes = kBytes;
    static void run(const Probe& probe) { probe.body(device::threadIndex()); }
};

template <unsigned kThreads = 32, std::size_t kBytes = 1024>
std::string failureOf(const std::function<void(unsigned)>& body) {
    emulation::settings() = {};
    const InfolioCudaStatus status =
        device::launch<ProbeKernel<kThreads, kBytes>>(device::Index{1, 1, 1}, Probe{body}, nullptr);
    EXPECT_EQ(status.code == kInfolioCudaDone, std::string(status.sentence).empty());
    return status.sentence;
}

bool has(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

float sharedFloat(std::size_t index) {
    float value;
    std::memcpy(&value, device::sharedMemory() + 4 * index, 4);
    return value;
}

TEST(CudaEmulation, MultipliesFragmentsAsDocumented) {
    float worst = 0;
    EXPECT_EQ(failureOf([&](unsigned lane) {
                  auto* const a = reinterpret_cast<std::uint16_t*>(device::sharedMemory());
                  std::uint16_t* const b = a + 16 * 16;
                  const auto valueA = [](int m, int k) { return 0.5f * static_cast<float>(m - k); };
                  const auto valueB = [](int k, int n) {
                      return static_cast<float>(k * 3 - n * 5) / 16;
                  };
                  for (int i = static_cast<int>(lane); i < 256; i += 32) {
                      a[i] = bf16Of(valueA(i / 16, i % 16));
                  }
                  for (int i = static_cast<int>(lane); i < 128; i += 32) {
                      b[i] = bf16Of(valueB(i / 8, i % 8));
                  }
                  device::syncWarp();
                  std::uint32_t fragmentA[4], fragmentB[2];
                  device::ldmatrix4(fragmentA, a + lane % 16 * 16 + lane / 16 * 8);
                  device::ldmatrix2Transposed(fragmentB, b + lane % 16 * 8);
                  float c[4] = {1, 1, 1, 1};
                  device::mma(c, fragmentA, fragmentB[0], fragmentB[1]);
                  for (int r = 0; r < 4; ++r) {
                      const int m = static_cast<int>(lane) / 4 + 8 * (r / 2);
                      const int n = static_cast<int>(lane) % 4 * 2 + r % 2;
                      float exact = 1;
                      for (int k = 0; k < 16; ++k) {
                          exact += valueA(m, k) * valueB(k, n);
                      }
                      worst = std::max(worst, std::abs(exact - c[r]));
                  }
              }),
              "");
    EXPECT_EQ(worst, 0.0f);
}

TEST(CudaEmulation, SharedMemoryStartsAsNan) {
    EXPECT_EQ(failureOf([](unsigned lane) { EXPECT_TRUE(std::isnan(sharedFloat(lane))); }), "");
}

TEST(CudaEmulation, NamesTheBarrierOfADeadlock) {
    const std::string failure = failureOf<64>([](unsigned thread) {
        if (thread != 40) {
            device::syncBlock();
        }
    });
    EXPECT_TRUE(has(failure, "63 threads wait and 1 have ended")) << failure;
    EXPECT_TRUE(has(failure, "the block's barrier at cuda_emulation_test.cpp:")) << failure;
}

TEST(CudaEmulation, RefusesABarrierThatMeetsAnother) {
    const std::string failure = failureOf<64>([](unsigned thread) {
        if (thread < 32) {
            device::syncBlock();
        } else {
            device::syncBlock();
        }
    });
    EXPECT_TRUE(has(failure, "meets the block's barrier at")) << failure;
}

TEST(CudaEmulation, RefusesLanesAtDifferentInstructions) {
    const std::string failure = failureOf([](unsigned lane) {
        if (lane < 16) {
            device::shuffleXor(1.0f, 1);
        } else {
            device::syncWarp();
        }
    });
    EXPECT_TRUE(has(failure, "meets lanes of its warp in line")) << failure;
}

TEST(CudaEmulation, RefusesAnAddressThatIsNotAligned) {
    EXPECT_TRUE(has(failureOf([](unsigned) { device::load16(device::sharedMemory() + 8); }),
                    "no multiple of 16"));
}

TEST(CudaEmulation, EnforcesTheSizeOfSharedMemory) {
    EXPECT_TRUE(has(failureOf<32, 64>([](unsigned) {
                        device::store16(device::sharedMemory() + 64, {{0, 0, 0, 0}});
                    }),
                    "outside shared memory"));
    EXPECT_TRUE(has(failureOf<32, 64>([](unsigned) { device::sharedMemory()[64] = 1; }),
                    "a write outside the dynamic shared memory"));
}

TEST(CudaEmulation, GuardsBuffers) {
    void* memory = nullptr;
    check(device::allocate(&memory, 32));
    EXPECT_TRUE(
        has(failureOf([&](unsigned) { device::load16(static_cast<unsigned char*>(memory) + 32); }),
            "outside shared memory and every buffer"));
    static_cast<unsigned char*>(memory)[32] = 0;
    EXPECT_TRUE(has(device::release(memory).sentence, "a write outside a buffer"));
    EXPECT_TRUE(has(device::release(memory).sentence, "not allocated"));
}

TEST(CudaEmulation, CopiesWhenTheGroupIsWaitedFor) {
    void* memory = nullptr;
    check(device::allocate(&memory, 32));
    const float values[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    check(device::copy(memory, values, 32, nullptr));
    EXPECT_EQ(failureOf([&](unsigned lane) {
                  if (lane != 0) {
                      return;
                  }
                  auto* const from = static_cast<unsigned char*>(memory);
                  device::cpAsync16(device::sharedMemory(), from, true);
                  device::cpAsyncCommit();
                  device::cpAsync16(device::sharedMemory() + 16, from + 16, true);
                  device::cpAsync16(device::sharedMemory() + 32, nullptr, false);
                  device::cpAsyncCommit();
                  EXPECT_TRUE(std::isnan(sharedFloat(0)));
                  device::cpAsyncWait<1>();
                  EXPECT_EQ(sharedFloat(3), 4.0f);
                  EXPECT_TRUE(std::isnan(sharedFloat(4)) && std::isnan(sharedFloat(8)));
                  device::cpAsyncWait<0>();
                  EXPECT_EQ(sharedFloat(4), 5.0f);
                  EXPECT_EQ(sharedFloat(8), 0.0f);
              }),
              "");
    check(device::release(memory));
}

TEST(CudaEmulation, RoundsToBf16) {
    for (const float x : {1.0f, 1.00390625f, 1.01171875f, -3.14159f, 1e-40f, INFINITY, NAN}) {
        EXPECT_EQ(device::packBf16(x, 2.0f), bf16Of(x) | 0x40000000u) << x;
    }
}

/// Three tiles of keys, two segments of which both use the memory, both rules.
Inputs mutantInputs(Rule rule) {
    Inputs in;
    in.T = 300;
    in.N = 150;
    in.rule = rule;
    in.count = {20};
    return randomInputs(in, 3);
}

Outputs runWith(const Inputs& in, emulation::Settings settings) {
    emulation::settings() = std::move(settings);
    return runKernels(*infolioCudaTable(), in);
}

/// Whether some schedule fails or gives other bits.
bool isNoticed(const Inputs& in, const Outputs& right, const emulation::Site& dropped) {
    for (const auto schedule : {emulation::Schedule::Forward, emulation::Schedule::Reverse,
                                emulation::Schedule::Random}) {
        try {
            if (!(runWith(in, {schedule, 1, emulation::Fault::None, dropped}) == right)) {
                return true;
            }
        } catch (const std::runtime_error&) {
            return true;
        }
    }
    return false;
}

TEST(CudaMutants, EveryBarrierAndWaitIsNeeded) {
    std::set<emulation::Site> all, noticed;
    for (const Rule rule : {Rule::Linear, Rule::Delta}) {
        const Inputs in = mutantInputs(rule);
        emulation::takeSites();
        const Outputs right = runWith(in, {});
        for (const emulation::Site& site : emulation::takeSites()) {
            all.insert(site);
            if (noticed.count(site) == 0 && isNoticed(in, right, site)) {
                noticed.insert(site);
            }
        }
    }
    emulation::settings() = {};
    EXPECT_GE(all.size(), 12u);
    EXPECT_EQ(noticed, all);
}

TEST(CudaMutants, TheBarrierOfTheNormIsNeeded) {
    const InfolioCudaTable& table = *infolioCudaTable();
    constexpr int kWidth = 512;
    const auto run = [&](emulation::Settings settings) {
        emulation::settings() = std::move(settings);
        Buffer x(table, kWidth * 4), weight(table, kWidth * 4), out(table, kWidth * 2);
        x.put(std::vector<float>(kWidth, 3.0f));
        weight.put(std::vector<float>(kWidth, 2.0f));
        const InfolioNorm norm{
            1, kWidth, x.as<float>(), nullptr, weight.as<float>(), out.as<std::uint16_t>(), 0.0f};
        check(table.norm(&norm, nullptr));
        return out.take<std::uint16_t>(kWidth);
    };
    emulation::takeSites();
    const auto right = run({});
    EXPECT_EQ(right, std::vector<std::uint16_t>(kWidth, bf16Of(2.0f)));
    const auto sites = emulation::takeSites();
    ASSERT_EQ(sites.size(), 1u);
    EXPECT_NE(run({emulation::Schedule::Forward, 1, emulation::Fault::None, *sites.begin()}),
              right);
    emulation::settings() = {};
}

TEST(CudaMutants, ExchangedFragmentsAreNoticed) {
    Inputs in = mutantInputs(Rule::Linear);
    in.T = in.N = 40;
    in = randomInputs(in, 3);
    const auto exact = infiniAttention(in, Arithmetic::Exact);
    const auto plain = infiniAttention(in, Arithmetic::Plain);
    const auto distance = [&](const std::vector<std::uint16_t>& got) {
        double sum = 0;
        for (std::size_t i = 0; i < got.size(); ++i) {
            sum += std::pow(valueOf(got[i]) - exact.output[i], 2);
        }
        return std::sqrt(sum);
    };
    double allowed = 0;
    for (std::size_t i = 0; i < plain.output.size(); ++i) {
        allowed += std::pow(plain.output[i] - exact.output[i], 2);
    }
    allowed = 2 * std::sqrt(allowed);
    EXPECT_LE(distance(runWith(in, {}).output), allowed);
    for (const auto fault : {emulation::Fault::SwappedRowsOfA, emulation::Fault::SwappedColumnsOfB,
                             emulation::Fault::SwappedColumnsOfC}) {
        const Outputs got = runWith(in, {emulation::Schedule::Forward, 1, fault, ""});
        EXPECT_FALSE(distance(got.output) <= allowed) << static_cast<int>(fault);
    }
    emulation::settings() = {};
}

} // namespace

} // namespace cuda_test
