// C scan: walks the segments of each sequence in order and leaves (M, z, n) before each of them.

#include "engine/kernels/cuda_kernels.h"
#include "engine/kernels/cuda_tiles.h"

namespace engine::kernels::device {

namespace {

/// The state of one (sequence, KV head) and where its parts lie, in blocks of (f, ·).
struct Place {
    int sequence, head;
    int segments;
    std::int64_t batch, groups;

    INFOLIO_DEVICE std::int64_t state() const { return sequence * groups + head; }
    INFOLIO_DEVICE std::int64_t segment(int number) const {
        return (static_cast<std::int64_t>(sequence) * segments + number) * groups + head;
    }
    INFOLIO_DEVICE std::int64_t snapshot(int slot) const { return slot * batch * groups + state(); }
};

INFOLIO_DEVICE Place placeOf(const InfolioSizes& sizes, unsigned sequence, unsigned head) {
    return {static_cast<int>(sequence), static_cast<int>(head), segments(sizes), sizes.batch,
            sizes.groups};
}

INFOLIO_DEVICE int slotOf(const InfolioScan& p, int segment) {
    return p.due == nullptr ? -1 : p.due[segment];
}

/// z and n: a thread for each feature.
struct ScanNorm {
    static constexpr unsigned kThreads = 128;
    static constexpr std::size_t kSharedBytes = 0;

    INFOLIO_DEVICE static void run(const InfolioScan& p) {
        const Place place = placeOf(p.sizes, blockIndex().x, blockIndex().y);
        const int feature = static_cast<int>(threadIndex()), features = p.sizes.features;
        if (feature == 0 && place.head == 0) {
            scanCount(p, place);
        }
        if (feature >= features) {
            return;
        }
        const int width = p.sizes.width, stride = width + kPadding;
        float* const state = p.norm + place.state() * features + feature;
        float z = *state;
#pragma unroll 4
        for (int s = 0; s < place.segments; ++s) {
            const std::int64_t row = place.segment(s) * features + feature;
            p.normBefore[row] = z;
            store16(p.before + row * stride + width, Vector16{{packBf16(z, 0.0f), 0, 0, 0}});
            z += p.normIncrement[row];
            const int slot = slotOf(p, s);
            if (slot >= 0) {
                p.normSnapshots[place.snapshot(slot) * features + feature] = z;
            }
        }
        *state = z;
    }

    INFOLIO_DEVICE static void scanCount(const InfolioScan& p, const Place& place) {
        std::int64_t count = p.count[place.sequence];
        for (int s = 0; s < place.segments; ++s) {
            const std::int64_t at = static_cast<std::int64_t>(place.sequence) * place.segments + s;
            p.writtenBefore[at] = count;
            count += p.written[at];
        }
        p.count[place.sequence] = count;
    }
};

/// M by the linear rule, a prefix sum: a thread for each two neighbours of a row.
struct ScanLinear {
    static constexpr unsigned kThreads = 128;
    static constexpr std::size_t kSharedBytes = 0;

    INFOLIO_DEVICE static void run(const InfolioScan& p) {
        const Place place = placeOf(p.sizes, blockIndex().z, blockIndex().y);
        const int width = p.sizes.width, values = p.sizes.features * width;
        const int element = static_cast<int>(blockIndex().x * kThreads + threadIndex()) * 2;
        const int row = element / width, column = element % width;
        float* const state = p.memory + place.state() * values + element;
        float low = state[0], high = state[1];
#pragma unroll 4
        for (int s = 0; s < place.segments; ++s) {
            const std::int64_t segment = place.segment(s);
            std::uint16_t* const before =
                p.before + (segment * p.sizes.features + row) * (width + kPadding) + column;
            *reinterpret_cast<std::uint32_t*>(before) = packBf16(low, high);
            const float* const increment = p.memoryIncrement + segment * values + element;
            low += increment[0];
            high += increment[1];
            const int slot = slotOf(p, s);
            if (slot >= 0) {
                float* const kept = p.memorySnapshots + place.snapshot(slot) * values + element;
                kept[0] = low;
                kept[1] = high;
            }
        }
        state[0] = low;
        state[1] = high;
    }
};

/// M by the delta rule, M − A·M + B. Columns of M do not depend on each other, so a block takes 32
/// of them, keeps them in shared memory and streams A through it in pieces of 32 columns, the next
/// of which is loaded while this one is multiplied. A thread owns kFeatures/16 rows, 16 apart, and
/// 4 columns.
template <int kFeatures> struct ScanDelta {
    static constexpr unsigned kThreads = 128;
    static constexpr int kColumns = 32, kPiece = 32;
    static constexpr int kRows = kFeatures / 16;    ///< of a thread
    static constexpr int kPieceStride = kPiece + 1; ///< so that rows lie in different banks
    static constexpr int kPieces = kFeatures / kPiece;
    static constexpr int kLoads = kFeatures * kPiece / 4 / static_cast<int>(kThreads);
    static constexpr std::size_t kSharedBytes =
        (kFeatures * kColumns + kFeatures * kPieceStride) * sizeof(float);

    INFOLIO_DEVICE static void run(const InfolioScan& p) {
        const int thread = static_cast<int>(threadIndex());
        const int firstRow = thread / 8, column = thread % 8 * 4;
        const Place place = placeOf(p.sizes, blockIndex().z, blockIndex().y);
        const int firstColumn = static_cast<int>(blockIndex().x) * kColumns + column;
        auto* const memory = reinterpret_cast<float*>(sharedMemory());
        float* const piece = memory + kFeatures * kColumns;
        const int width = p.sizes.width, values = kFeatures * width;
        const int last = place.segments * kPieces - 1;

        float* const state = p.memory + place.state() * values;
        for (int i = 0; i < kRows; ++i) {
            const int row = firstRow + 16 * i;
            store16(memory + row * kColumns + column, load16(state + row * width + firstColumn));
        }
        Vector16 loaded[kLoads];
        load(loaded, p, place, 0);
        storePiece(piece, loaded);
        syncBlock();
        float acc[kRows][4];
        for (int step = 0; step <= last; ++step) {
            const int s = step / kPieces, k = step % kPieces * kPiece;
            if (k == 0) {
                writeBefore(p, place.segment(s), memory, firstRow, column, firstColumn);
                for (auto& row : acc) {
                    row[0] = row[1] = row[2] = row[3] = 0.0f;
                }
            }
            if (step < last) {
                load(loaded, p, place, step + 1);
            }
            multiply(acc, piece, memory + k * kColumns, firstRow, column);
            syncBlock();
            if (step < last) {
                storePiece(piece, loaded);
            }
            if (k + kPiece == kFeatures) {
                update(p, place, s, acc, memory, firstRow, column, firstColumn);
            }
            syncBlock();
        }
        for (int i = 0; i < kRows; ++i) {
            const int row = firstRow + 16 * i;
            store16(state + row * width + firstColumn, load16(memory + row * kColumns + column));
        }
    }

    INFOLIO_DEVICE static void load(Vector16 (&loaded)[kLoads], const InfolioScan& p,
                                    const Place& place, int step) {
        const float* const decay = p.decay + place.segment(step / kPieces) * kFeatures * kFeatures +
                                   step % kPieces * kPiece;
#pragma unroll
        for (int i = 0; i < kLoads; ++i) {
            const int at = i * static_cast<int>(kThreads) + static_cast<int>(threadIndex());
            loaded[i] = load16(decay + at / 8 * kFeatures + at % 8 * 4);
        }
    }

    INFOLIO_DEVICE static void storePiece(float* piece, const Vector16 (&loaded)[kLoads]) {
#pragma unroll
        for (int i = 0; i < kLoads; ++i) {
            const int at = i * static_cast<int>(kThreads) + static_cast<int>(threadIndex());
            float* const row = piece + at / 8 * kPieceStride + at % 8 * 4;
#pragma unroll
            for (int k = 0; k < 4; ++k) {
                row[k] = floatOfBits(loaded[i].word[k]);
            }
        }
    }

    INFOLIO_DEVICE static void multiply(float (&acc)[kRows][4], const float* piece,
                                        const float* memory, int firstRow, int column) {
#pragma unroll 4
        for (int k = 0; k < kPiece; ++k) {
            const Vector16 m = load16(memory + k * kColumns + column);
#pragma unroll
            for (int i = 0; i < kRows; ++i) {
                const float a = piece[(firstRow + 16 * i) * kPieceStride + k];
#pragma unroll
                for (int c = 0; c < 4; ++c) {
                    acc[i][c] = fusedMultiplyAdd(a, floatOfBits(m.word[c]), acc[i][c]);
                }
            }
        }
    }

    INFOLIO_DEVICE static void writeBefore(const InfolioScan& p, std::int64_t segment,
                                           const float* memory, int firstRow, int column,
                                           int firstColumn) {
        for (int i = 0; i < kRows; ++i) {
            const int row = firstRow + 16 * i;
            const float* const m = memory + row * kColumns + column;
            auto* const out = reinterpret_cast<std::uint32_t*>(
                p.before + (segment * kFeatures + row) * (p.sizes.width + kPadding) + firstColumn);
            out[0] = packBf16(m[0], m[1]);
            out[1] = packBf16(m[2], m[3]);
        }
    }

    INFOLIO_DEVICE static void update(const InfolioScan& p, const Place& place, int s,
                                      const float (&acc)[kRows][4], float* memory, int firstRow,
                                      int column, int firstColumn) {
        const int width = p.sizes.width;
        const std::int64_t values = static_cast<std::int64_t>(kFeatures) * width;
        const int slot = slotOf(p, s);
        for (int i = 0; i < kRows; ++i) {
            const int row = firstRow + 16 * i;
            float* const m = memory + row * kColumns + column;
            const std::int64_t element = static_cast<std::int64_t>(row) * width + firstColumn;
            const float* const increment = p.memoryIncrement + place.segment(s) * values + element;
#pragma unroll
            for (int c = 0; c < 4; ++c) {
                m[c] = m[c] - acc[i][c] + increment[c];
            }
            if (slot >= 0) {
                float* const kept = p.memorySnapshots + place.snapshot(slot) * values + element;
#pragma unroll
                for (int c = 0; c < 4; ++c) {
                    kept[c] = m[c];
                }
            }
        }
    }
};

const char* refusalOfScan(const InfolioScan& p) {
    return firstOf(
        refusalOfSizes(p.sizes),
        refusalUnless(isAligned(p.memory) && isAligned(p.norm) && isAligned(p.count),
                      "the state must be there, at multiples of 16 bytes"),
        refusalUnless(isAligned(p.memoryIncrement) && isAligned(p.normIncrement) &&
                          isAligned(p.written) && (p.decay == nullptr || isAligned(p.decay)),
                      "the sums must be there, at multiples of 16 bytes"),
        refusalUnless(isAligned(p.normBefore) && isAligned(p.writtenBefore) && isAligned(p.before),
                      "the states before the segments need somewhere to go, at multiples of 16 "
                      "bytes"),
        refusalUnless(p.due == nullptr ||
                          (isAligned(p.memorySnapshots) && isAligned(p.normSnapshots)),
                      "snapshots need somewhere to go, at multiples of 16 bytes"),
        refusalUnless(p.sizes.batch <= 65535, "at most 65,535 sequences"));
}

} // namespace

InfolioCudaStatus launchScanNorm(const InfolioScan* p, void* stream) {
    if (const char* refusal = refusalOfScan(*p)) {
        return {kInfolioCudaRefused, refusal};
    }
    return launch<ScanNorm>(
        Index{static_cast<unsigned>(p->sizes.batch), static_cast<unsigned>(p->sizes.groups), 1}, *p,
        stream);
}

InfolioCudaStatus launchScanMemory(const InfolioScan* p, void* stream) {
    if (const char* refusal = refusalOfScan(*p)) {
        return {kInfolioCudaRefused, refusal};
    }
    const auto batch = static_cast<unsigned>(p->sizes.batch);
    const auto groups = static_cast<unsigned>(p->sizes.groups);
    if (p->decay == nullptr) {
        const unsigned pairs = static_cast<unsigned>(p->sizes.features * p->sizes.width / 2);
        return launch<ScanLinear>(Index{pairs / ScanLinear::kThreads, groups, batch}, *p, stream);
    }
    const Index grid{static_cast<unsigned>(p->sizes.width / ScanDelta<64>::kColumns), groups,
                     batch};
    return p->sizes.features == 64 ? launch<ScanDelta<64>>(grid, *p, stream)
                                   : launch<ScanDelta<128>>(grid, *p, stream);
}

} // namespace engine::kernels::device
