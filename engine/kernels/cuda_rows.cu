// What stands between the matrix products: residual and norm, and the gate of the feed-forward.

#include "engine/kernels/cuda_kernels.h"
#include "engine/kernels/cuda_tiles.h"

namespace engine::kernels::device {

namespace {

/// A block for each row: x += add, then the norm.
struct Norm {
    static constexpr unsigned kThreads = 128;
    static constexpr int kWarps = 4;
    static constexpr std::size_t kSharedBytes = kWarps * sizeof(float);

    INFOLIO_DEVICE static void run(const InfolioNorm& p) {
        const int thread = static_cast<int>(threadIndex());
        const std::int64_t begin = static_cast<std::int64_t>(blockIndex().x) * p.width;
        float* const x = p.residual + begin;
        float sum = 0.0f;
        for (int i = thread * 2; i < p.width; i += 2 * static_cast<int>(kThreads)) {
            if (p.add != nullptr) {
                const auto pair = *reinterpret_cast<const std::uint32_t*>(p.add + begin + i);
                x[i] += lowBf16(pair);
                x[i + 1] += highBf16(pair);
            }
            sum = fusedMultiplyAdd(x[i], x[i], sum);
            sum = fusedMultiplyAdd(x[i + 1], x[i + 1], sum);
        }
        const float mean = sumOfBlock(sum) / static_cast<float>(p.width);
        const float factor = 1.0f / squareRoot(mean + p.epsilon);
        for (int i = thread * 2; i < p.width; i += 2 * static_cast<int>(kThreads)) {
            *reinterpret_cast<std::uint32_t*>(p.output + begin + i) =
                packBf16(x[i] * factor * p.weight[i], x[i + 1] * factor * p.weight[i + 1]);
        }
    }

    INFOLIO_DEVICE static float sumOfBlock(float sum) {
        auto* const sums = reinterpret_cast<float*>(sharedMemory());
        for (int mask = 16; mask > 0; mask /= 2) {
            sum += shuffleXor(sum, mask);
        }
        if (threadIndex() % 32 == 0) {
            sums[threadIndex() / 32] = sum;
        }
        syncBlock();
        return (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }
};

/// A thread for eight neighbours.
struct Gate {
    static constexpr unsigned kThreads = 128;
    static constexpr std::size_t kSharedBytes = 0;

    INFOLIO_DEVICE static float multiply(float gate, float up) {
        return gate / (1.0f + exponential(-gate)) * up;
    }

    INFOLIO_DEVICE static void run(const InfolioGate& p) {
        const int pieces = p.width / 8;
        const std::int64_t piece =
            static_cast<std::int64_t>(blockIndex().x) * kThreads + threadIndex();
        const std::int64_t row = piece / pieces;
        if (row >= p.rows) {
            return;
        }
        const std::int64_t column = piece % pieces * 8;
        const Vector16 gate = load16(p.gateUp + row * 2 * p.width + column);
        const Vector16 up = load16(p.gateUp + row * 2 * p.width + p.width + column);
        Vector16 out;
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            out.word[i] = packBf16(multiply(lowBf16(gate.word[i]), lowBf16(up.word[i])),
                                   multiply(highBf16(gate.word[i]), highBf16(up.word[i])));
        }
        store16(p.output + row * p.width + column, out);
    }
};

const char* refusalOfRowSizes(std::int32_t rows, std::int32_t width) {
    return refusalUnless(rows >= 1 && width >= 8 && width % 8 == 0,
                         "rows must be at least 1 and their width a multiple of 8");
}

} // namespace

InfolioCudaStatus launchNorm(const InfolioNorm* p, void* stream) {
    const char* refusal =
        firstOf(refusalOfRowSizes(p->rows, p->width),
                refusalUnless(isAligned(p->residual) && isAligned(p->weight) &&
                                  isAligned(p->output) && (p->add == nullptr || isAligned(p->add)),
                              "rows, weight and result must be there, at multiples of 16 bytes"));
    if (refusal != nullptr) {
        return {kInfolioCudaRefused, refusal};
    }
    return launch<Norm>(Index{static_cast<unsigned>(p->rows), 1, 1}, *p, stream);
}

InfolioCudaStatus launchGate(const InfolioGate* p, void* stream) {
    const char* refusal =
        firstOf(refusalOfRowSizes(p->rows, p->width),
                refusalUnless(isAligned(p->gateUp) && isAligned(p->output),
                              "rows and result must be there, at multiples of 16 bytes"));
    if (refusal != nullptr) {
        return {kInfolioCudaRefused, refusal};
    }
    const std::int64_t pieces = static_cast<std::int64_t>(p->rows) * (p->width / 8);
    return launch<Gate>(
        Index{static_cast<unsigned>((pieces + Gate::kThreads - 1) / Gate::kThreads), 1, 1}, *p,
        stream);
}

} // namespace engine::kernels::device
