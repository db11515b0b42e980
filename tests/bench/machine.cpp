#include "tests/bench/machine.h"

#include <immintrin.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <numeric>
#include <span>
#include <sstream>
#include <thread>
#include <vector>

#include "engine/model/weight_pages.h"
#include "tests/bench/bench.h"

namespace bench {

namespace {

constexpr int kSums = 12; ///< independent sums, so that latency is hidden
constexpr int kSteps = 20000;
constexpr double kProbeSeconds = 0.1;

// Each does kSums · kSteps multiply-adds of a whole register. The empty assembly keeps the sums
// alive and unknown to the compiler.

__attribute__((target("avx512f,avx512bf16"))) void bf16Steps() {
    __m512 sums[kSums] = {};
    __m512i factor = _mm512_set1_epi32(0x3f803f80);
    asm volatile("" : "+v"(factor));
    for (int step = 0; step < kSteps; ++step) {
#pragma GCC unroll 16
        for (__m512& sum : sums) {
            sum = _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(factor),
                                   reinterpret_cast<__m512bh>(factor));
        }
    }
    for (__m512& sum : sums) {
        asm volatile("" : "+v"(sum));
    }
}

__attribute__((target("avx512f"))) void avx512Steps() {
    __m512 sums[kSums] = {};
    __m512 factor = _mm512_set1_ps(1.0f);
    asm volatile("" : "+v"(factor));
    for (int step = 0; step < kSteps; ++step) {
#pragma GCC unroll 16
        for (__m512& sum : sums) {
            sum = _mm512_fmadd_ps(factor, factor, sum);
        }
    }
    for (__m512& sum : sums) {
        asm volatile("" : "+v"(sum));
    }
}

__attribute__((target("avx2,fma"))) void avx2Steps() {
    __m256 sums[kSums] = {};
    __m256 factor = _mm256_set1_ps(1.0f);
    asm volatile("" : "+x"(factor));
    for (int step = 0; step < kSteps; ++step) {
#pragma GCC unroll 16
        for (__m256& sum : sums) {
            sum = _mm256_fmadd_ps(factor, factor, sum);
        }
    }
    for (__m256& sum : sums) {
        asm volatile("" : "+x"(sum));
    }
}

void scalarSteps() {
    float sums[kSums] = {};
    float factor = 1.0f;
    asm volatile("" : "+x"(factor));
    for (int step = 0; step < kSteps; ++step) {
#pragma GCC unroll 16
        for (float& sum : sums) {
            sum += factor * factor;
        }
    }
    for (float& sum : sums) {
        asm volatile("" : "+x"(sum));
    }
}

struct Probe {
    const char* name;
    void (*steps)();
    double operations; ///< of one instruction
};

const Probe& probe() {
    static const Probe chosen = [] {
        if (__builtin_cpu_supports("avx512bf16")) {
            return Probe{"AVX-512 bf16 dot product", bf16Steps, 64};
        }
        if (__builtin_cpu_supports("avx512f")) {
            return Probe{"AVX-512 fp32 multiply-add", avx512Steps, 32};
        }
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
            return Probe{"AVX2 fp32 multiply-add", avx2Steps, 16};
        }
        return Probe{"scalar fp32 multiply and add", scalarSteps, 2};
    }();
    return chosen;
}

/// The sum of what `work(thread)` returns.
double onThreads(int threads, const std::function<double(int)>& work) {
    std::vector<double> results(static_cast<std::size_t>(threads));
    std::vector<std::thread> team;
    for (int i = 0; i < threads; ++i) {
        team.emplace_back([&, i] { results[static_cast<std::size_t>(i)] = work(i); });
    }
    for (std::thread& thread : team) {
        thread.join();
    }
    return std::accumulate(results.begin(), results.end(), 0.0);
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

} // namespace

double registerPeak(int threads) {
    return onThreads(threads, [](int) {
        const double begin = now();
        double operations = 0, time = 0;
        do {
            probe().steps();
            operations += probe().operations * kSums * kSteps;
            time = now() - begin;
        } while (time < kProbeSeconds);
        return operations / time / 1e9;
    });
}

std::string registerPeakName() {
    return probe().name;
}

double readBandwidth(int threads) {
    constexpr std::size_t kBytes = std::size_t{1} << 30;
    const std::size_t words = kBytes / sizeof(std::uint64_t) / static_cast<std::size_t>(threads);
    // In pages like those of weights: in small ones it would be another limit.
    engine::model::WeightPages pages;
    std::vector<std::span<std::uint64_t>> parts;
    std::vector<at::Tensor> tensors;
    for (int thread = 0; thread < threads; ++thread) {
        tensors.push_back(pages.empty({static_cast<std::int64_t>(words)}, at::kLong));
        parts.emplace_back(static_cast<std::uint64_t*>(tensors.back().mutable_data_ptr()), words);
    }
    onThreads(threads, [&](int thread) {
        std::ranges::fill(parts[static_cast<std::size_t>(thread)], 1);
        return 0.0;
    });
    double best = 0;
    for (int round = 0; round < 5; ++round) {
        const double begin = now();
        onThreads(threads, [&](int thread) {
            // Eight sums, so that the loads and not the additions take the time.
            std::uint64_t sums[8] = {};
            const std::span<std::uint64_t> part = parts[static_cast<std::size_t>(thread)];
            for (std::size_t i = 0; i + 8 <= part.size(); i += 8) {
                for (std::size_t j = 0; j < 8; ++j) {
                    sums[j] += part[i + j];
                }
            }
            std::uint64_t sum = std::accumulate(std::begin(sums), std::end(sums), std::uint64_t{0});
            asm volatile("" : "+r"(sum));
            return 0.0;
        });
        best = std::max(best, static_cast<double>(words) * sizeof(std::uint64_t) * threads /
                                  (now() - begin) / 1e9);
    }
    return best;
}

CpuSeconds CpuSeconds::now() {
    CpuSeconds result;
    for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage usage{};
        getrusage(static_cast<__rusage_who>(who), &usage);
        result.own += seconds(usage.ru_utime) + seconds(usage.ru_stime);
    }
    // user, nice, system, idle, waiting, interrupts, soft interrupts, taken by the host.
    std::ifstream file("/proc/stat");
    std::string name;
    file >> name;
    const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
    double value = 0;
    for (int i = 0; i < 8 && file >> value; ++i) {
        result.all += i == 3 || i == 4 ? 0 : value * tick;
    }
    return result;
}

std::int64_t residentBytes() {
    std::ifstream file("/proc/self/statm");
    std::int64_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

std::string machineName(int threads) {
    std::ifstream file("/proc/cpuinfo");
    std::string line, name = "unknown processor";
    while (std::getline(file, line)) {
        if (line.starts_with("model name")) {
            name = line.substr(line.find(':') + 2);
            break;
        }
    }
    return name + ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

} // namespace bench
