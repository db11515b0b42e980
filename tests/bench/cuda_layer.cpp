/// One layer of Infini-attention on a CUDA device, 9 query and 3 KV heads, random rows: time of
/// each launch function and the attention's TFLOP/s, its causal half and the memory's read-out
/// counted.
///
///     cuda_layer [TOKENS [SEGMENT [WIDTH [FEATURES [DRIVER PLUGIN]]]]]
///
/// By default 32,768 tokens in segments of 1,024, d = 64, f = 128. Ends with 77 and the reason
/// where there is no device. DRIVER and PLUGIN may be the fakes of tests/support.

#include "engine/kernels/cuda_layer.h"
#include "engine/kernels/cuda_device.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <vector>

using namespace engine::kernels;

namespace {

constexpr int kGroups = 3, kPerGroup = 3, kHeads = kGroups * kPerGroup, kRounds = 5, kTimes = 20;

void check(const InfolioCudaStatus& status) {
    if (status.code != kInfolioCudaDone) {
        throw std::runtime_error(status.sentence);
    }
}

/// Device memory until the program ends.
template <class T> T* put(const InfolioCudaTable& table, const std::vector<T>& host) {
    void* memory = nullptr;
    check(table.allocate(&memory, host.size() * sizeof(T)));
    check(table.copyIn(memory, host.data(), host.size() * sizeof(T), nullptr));
    return static_cast<T*>(memory);
}
template <class T> T* zeros(const InfolioCudaTable& table, std::size_t count) {
    return put(table, std::vector<T>(count));
}

std::uint16_t* rows(const InfolioCudaTable& table, std::size_t count) {
    std::mt19937 random(1);
    std::vector<std::uint16_t> values(count);
    for (auto& value : values) {
        value = static_cast<std::uint16_t>((random() & 0x80FF) | 0x3F00); // ±0.5 … ±2
    }
    return put(table, values);
}

CudaLayer layerOf(const InfolioCudaTable& table, int tokens, int segment, int width, int features) {
    const std::size_t T = tokens, d = width, f = features;
    const std::size_t segments = (T + segment - 1) / segment;
    const auto heads = [&](int count, int w) {
        return InfolioRows{rows(table, T * count * w), 0, static_cast<std::int64_t>(count) * w, w};
    };
    CudaLayer layer{};
    layer.sizes = {1, tokens, segment, kGroups, kPerGroup, width, features, nullptr, nullptr};
    layer.query = heads(kHeads, width);
    layer.key = heads(kGroups, width);
    layer.value = layer.memoryValue = heads(kGroups, width);
    layer.queryFeature = heads(kHeads, features);
    layer.keyFeature = heads(kGroups, features);
    layer.cosines = put(table, std::vector<float>(segment * d / 2, 0.8f));
    layer.sines = put(table, std::vector<float>(segment * d / 2, 0.6f));
    layer.memory = zeros<float>(table, kGroups * f * d);
    layer.norm = zeros<float>(table, kGroups * f);
    layer.count = zeros<std::int64_t>(table, 1);
    layer.gate = zeros<float>(table, kHeads);
    layer.scale = 1 / std::sqrt(static_cast<float>(width));
    layer.epsilon = 1e-10f;
    layer.output = {zeros<std::uint16_t>(table, T * kHeads * d), 0, kHeads * width, width};
    layer.normIncrement = zeros<float>(table, segments * kGroups * f);
    return layer;
}

template <class Arguments> InfolioCudaStatus nothing(const Arguments* /*arguments*/, void*) {
    return {kInfolioCudaDone, ""};
}

/// A table that launches the part with this number only.
InfolioCudaTable onlyPart(const InfolioCudaTable& table, int part) {
    InfolioCudaTable only = table;
    only.prepare = part == 0 ? table.prepare : nothing<InfolioPrepare>;
    only.sums = part == 1 ? table.sums : nothing<InfolioSums>;
    only.scanNorm = part == 2 ? table.scanNorm : nothing<InfolioScan>;
    only.decay = part == 3 ? table.decay : nothing<InfolioDecay>;
    only.scanMemory = part == 4 ? table.scanMemory : nothing<InfolioScan>;
    only.attend = part == 5 ? table.attend : nothing<InfolioAttend>;
    return only;
}

/// Median over the rounds, in microseconds.
double timeOf(const InfolioCudaTable& table, const CudaLayer& layer, void* workspace, int times) {
    std::int64_t count = 0;
    std::vector<double> rounds;
    for (int round = 0; round < kRounds; ++round) {
        check(table.copyOut(&count, layer.count, sizeof count, nullptr));
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < times; ++i) {
            check(runCudaLayer(table, layer, workspace, nullptr));
        }
        check(table.copyOut(&count, layer.count, sizeof count, nullptr));
        const std::chrono::duration<double, std::micro> passed =
            std::chrono::steady_clock::now() - begin;
        rounds.push_back(passed.count() / times);
    }
    std::sort(rounds.begin(), rounds.end());
    return rounds[kRounds / 2];
}

void report(const InfolioCudaTable& table, CudaLayer layer, bool isDelta, int times) {
    constexpr std::array<const char*, 6> kParts = {"prepare", "sums",      "scan of z",
                                                   "decay",   "scan of M", "attend"};
    layer.isDelta = isDelta;
    void* const workspace = zeros<unsigned char>(table, cudaLayerWorkspace(layer));
    const double whole = timeOf(table, layer, workspace, times);
    std::printf("%s: %.1f us a layer, %.2f M tokens/s\n", isDelta ? "delta" : "linear", whole,
                layer.sizes.rows / whole);
    for (int part = 0; part < static_cast<int>(kParts.size()); ++part) {
        if (part == 3 && !isDelta) {
            continue;
        }
        const double time = timeOf(onlyPart(table, part), layer, workspace, times);
        std::printf("  %-10s %9.1f us", kParts[part], time);
        if (part == 5) {
            const double perToken =
                2.0 * kHeads * layer.sizes.width * (layer.sizes.segment + layer.sizes.features);
            std::printf(", %.1f TFLOP/s", perToken * layer.sizes.rows / time / 1e6);
        }
        std::printf("\n");
    }
}

} // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int i, int otherwise) {
        return argc > i ? std::atoi(argv[i]) : otherwise;
    };
    CudaLibraries libraries = CudaLibraries::standard();
    if (argc > 6) {
        libraries = {argv[5], {argv[6]}};
    }
    const CudaOpening opening = CudaDevice::open(libraries);
    if (opening.device == nullptr) {
        std::fprintf(stderr, "%s\n", opening.reason.c_str());
        return 77;
    }
    try {
        const InfolioCudaTable& table = opening.device->table();
        check(table.use(opening.device->number()));
        const CudaLayer layer = layerOf(table, argument(1, 32768), argument(2, 1024),
                                        argument(3, 64), argument(4, 128));
        std::printf("%s\n", opening.device->name().c_str());
        for (const bool isDelta : {false, true}) {
            report(table, layer, isDelta, argc > 6 ? 1 : kTimes);
        }
    } catch (const std::runtime_error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
