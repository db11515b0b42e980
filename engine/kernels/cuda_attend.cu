// A: causal attention in a segment, read of the memory before it, and their mix, in one pass.

#include "engine/kernels/cuda_kernels.h"
#include "engine/kernels/cuda_tiles.h"

namespace engine::kernels::device {

namespace {

/// What a block works on: 64 rows of one (segment, KV head), row = token·R + r.
struct Work {
    Segment segment;
    int head; ///< KV head
    int firstRow;
    int perGroup;

    INFOLIO_DEVICE int rows() const { return segment.rows * perGroup; }
    INFOLIO_DEVICE bool isThere(int row) const { return firstRow + row < rows(); }
    /// Rows past the end compute with the last one's place; nobody stores them.
    INFOLIO_DEVICE int token(int row) const {
        const int last = rows() - 1, at = firstRow + row;
        return (at < last ? at : last) / perGroup;
    }
    INFOLIO_DEVICE int position(int row) const { return segment.past + token(row); }
    INFOLIO_DEVICE int keys() const { return segment.past + segment.rows; }
    INFOLIO_DEVICE int queryHead(int row) const {
        return head * perGroup + (firstRow + row) % perGroup;
    }
};

/// Four warps of 16 rows each. Shared memory holds the queries and two stages of 64 keys and
/// values; [M|z] lies in the second stage until the first keys are worked on.
template <int kFeatures, int kWidth> struct Attend {
    static constexpr unsigned kThreads = 128;
    static constexpr int kStride = kWidth + kPadding;
    static constexpr int kTileValues = kTile * kStride;
    static constexpr std::size_t kSharedBytes = 5 * kTileValues * sizeof(std::uint16_t);
    static constexpr int kColumnTiles = kWidth / 8;
    static_assert(kFeatures <= 2 * kTile, "[M|z] fits into one stage");

    /// A thread's part of 16 rows × kWidth: the rows lane/4 and lane/4 + 8 of its warp.
    using Accumulators = float[kColumnTiles][4];

    INFOLIO_DEVICE static void run(const InfolioAttend& p) {
        const int thread = static_cast<int>(threadIndex()), warp = thread / 32, lane = thread % 32;
        // Blocks with many keys first.
        const int tiles = (p.sizes.segment * p.sizes.perGroup + kTile - 1) / kTile;
        const Work work{segmentOf(p.sizes, static_cast<int>(blockIndex().x)),
                        static_cast<int>(blockIndex().y),
                        (tiles - 1 - static_cast<int>(blockIndex().z)) * kTile, p.sizes.perGroup};
        const bool hasMemory = p.before != nullptr && p.writtenBefore[blockIndex().x] > 0;
        if (!work.isThere(kTile - 1)) {
            storeZeros(p, work, p.output, false);
        }
        if (p.memoryPart.data != nullptr && !(hasMemory && work.isThere(kTile - 1))) {
            storeZeros(p, work, p.memoryPart, !hasMemory);
        }
        if (!work.isThere(0)) {
            return;
        }
        auto* const queries = reinterpret_cast<std::uint16_t*>(sharedMemory());
        std::uint16_t* const stages = queries + kTileValues;
        if (hasMemory) {
            startMemory(p, work, stages + 2 * kTileValues);
        }
        cpAsyncCommit();
        startKeys(p, work, 0, stages);
        storeQueries(p, work, queries);
        Accumulators memory, local = {};
        if (hasMemory) {
            cpAsyncWait<1>();
            syncBlock();
            readMemory(p, work, stages + 2 * kTileValues, memory, warp, lane);
            syncBlock();
        }
        attendLocally(p, work, queries, stages, local, warp, lane);
        if (hasMemory) {
            mix(p, work, local, memory, warp, lane);
            if (p.memoryPart.data != nullptr) {
                storeRows(p.memoryPart, work, queries, memory, warp, lane);
                syncWarp();
            }
        }
        storeRows(p.output, work, queries, local, warp, lane);
    }

    /// The rows of this tile that the sequence has room for but does not reach, or all.
    INFOLIO_DEVICE static void storeZeros(const InfolioAttend& p, const Work& work,
                                          const InfolioOutputRows& output, bool isAll) {
        constexpr int kPieces = kWidth / 8;
        const int left = p.sizes.rows - work.segment.begin;
        const int end = (left < p.sizes.segment ? left : p.sizes.segment) * work.perGroup;
        for (int i = static_cast<int>(threadIndex()); i < kTile * kPieces; i += kThreads) {
            const int row = i / kPieces, at = work.firstRow + row;
            if ((isAll || !work.isThere(row)) && at < end) {
                store16(rowOf(output, work.segment.sequence,
                              work.segment.begin + at / work.perGroup, work.queryHead(row)) +
                            i % kPieces * 8,
                        Vector16{{0, 0, 0, 0}});
            }
        }
    }

    INFOLIO_DEVICE static void startMemory(const InfolioAttend& p, const Work& work,
                                           std::uint16_t* target) {
        const std::uint16_t* const from =
            p.before + (static_cast<std::int64_t>(blockIndex().x) * p.sizes.groups + work.head) *
                           kFeatures * kStride;
        for (int i = static_cast<int>(threadIndex()); i < kFeatures * kStride / 8; i += kThreads) {
            cpAsync16(target + i * 8, from + i * 8, true);
        }
    }

    /// Keys and values past the segment's end are 0: their weight is 0, and 0 · NaN is NaN.
    INFOLIO_DEVICE static void startKeys(const InfolioAttend& p, const Work& work, int tile,
                                         std::uint16_t* stage) {
        constexpr int kPieces = kWidth / 8;
        for (int i = static_cast<int>(threadIndex()); i < kTile * kPieces; i += kThreads) {
            const int key = tile * kTile + i / kPieces, column = i % kPieces * 8;
            const bool isThere = key < work.keys();
            const int row = work.segment.begin + (isThere ? key : 0);
            std::uint16_t* const target = stage + i / kPieces * kStride + column;
            cpAsync16(target, rowOf(p.key, work.segment.sequence, row, work.head) + column,
                      isThere);
            cpAsync16(target + kTileValues,
                      rowOf(p.value, work.segment.sequence, row, work.head) + column, isThere);
        }
        cpAsyncCommit();
    }

    INFOLIO_DEVICE static void storeQueries(const InfolioAttend& p, const Work& work,
                                            std::uint16_t* queries) {
        constexpr int kHalf = kWidth / 2, kPieces = kHalf / 8;
        for (int i = static_cast<int>(threadIndex()); i < kTile * kPieces; i += kThreads) {
            const int row = i / kPieces, column = i % kPieces * 8, token = work.token(row);
            const std::uint16_t* const from =
                rowOf(p.query, work.segment.sequence, work.segment.begin + token,
                      work.queryHead(row)) +
                column;
            Vector16 first = load16(from), second = load16(from + kHalf);
            const std::int64_t angle =
                static_cast<std::int64_t>(work.position(row)) * kHalf + column;
            rotate8(first, second, p.cosines + angle, p.sines + angle);
            store16(queries + row * kStride + column, first);
            store16(queries + row * kStride + column + kHalf, second);
        }
    }

    /// φ(q)·[M|z] and the division: A_mem of this thread's part.
    INFOLIO_DEVICE static void readMemory(const InfolioAttend& p, const Work& work,
                                          const std::uint16_t* state, Accumulators& memory,
                                          int warp, int lane) {
        const std::uint16_t* rows[2];
        for (int r = 0; r < 2; ++r) {
            const int row = warp * 16 + lane / 4 + 8 * r;
            rows[r] = rowOf(p.queryFeature, work.segment.sequence,
                            work.segment.begin + work.token(row), work.queryHead(row)) +
                      lane % 4 * 2;
        }
        float den[4] = {};
#pragma unroll
        for (auto& tile : memory) {
            tile[0] = tile[1] = tile[2] = tile[3] = 0.0f;
        }
#pragma unroll
        for (int k = 0; k < kFeatures; k += 16) {
            std::uint32_t a[4], b[4], z[2];
#pragma unroll
            for (int r = 0; r < 4; ++r) {
                const std::uint32_t pair =
                    *reinterpret_cast<const std::uint32_t*>(rows[r % 2] + k + r / 2 * 8);
                a[r] = packBf16(featureMap(lowBf16(pair)), featureMap(highBf16(pair)));
            }
#pragma unroll
            for (int n = 0; n < kWidth; n += 16) {
                ldmatrix4Transposed(b, state + k * kStride + n + rowMajorOffset(lane, kStride));
                mma(memory[n / 8], a, b[0], b[1]);
                mma(memory[n / 8 + 1], a, b[2], b[3]);
            }
            ldmatrix2Transposed(z, state + (k + lane % 16) * kStride + kWidth);
            mma(den, a, z[0], z[1]);
        }
        // Column 0 of the last tile is φ(q)·z; the first of each four lanes holds it.
#pragma unroll
        for (int r = 0; r < 2; ++r) {
            float sum = lane % 4 == 0 ? den[2 * r] : 0.0f;
            sum += shuffleXor(sum, 1);
            sum += shuffleXor(sum, 2);
            const float factor = 1.0f / (sum > p.epsilon ? sum : p.epsilon);
#pragma unroll
            for (auto& tile : memory) {
                tile[2 * r] *= factor;
                tile[2 * r + 1] *= factor;
            }
        }
    }

    INFOLIO_DEVICE static void attendLocally(const InfolioAttend& p, const Work& work,
                                             const std::uint16_t* queries, std::uint16_t* stages,
                                             Accumulators& local, int warp, int lane) {
        const int last = work.position(kTile - 1) / kTile, least = work.position(0);
        const int position[2] = {work.position(warp * 16 + lane / 4),
                                 work.position(warp * 16 + lane / 4 + 8)};
        float largest[2] = {-INFINITY, -INFINITY}, total[2] = {0.0f, 0.0f};
        for (int tile = 0; tile <= last; ++tile) {
            std::uint16_t* const stage = stages + tile % 2 * 2 * kTileValues;
            if (tile < last) {
                startKeys(p, work, tile + 1, stages + (tile + 1) % 2 * 2 * kTileValues);
            } else {
                cpAsyncCommit();
            }
            cpAsyncWait<1>();
            syncBlock();
            float scores[kTile / 8][4] = {};
            multiplyKeys(scores, queries + warp * 16 * kStride, stage, lane);
            if (tile * kTile + kTile - 1 > least) {
                hideLaterKeys(scores, position, tile * kTile + lane % 4 * 2);
            }
            weigh(scores, local, largest, total, p.scale * kLog2E);
            multiplyValues(local, scores, stage + kTileValues, lane);
            syncBlock();
        }
#pragma unroll
        for (int r = 0; r < 2; ++r) {
            float sum = total[r] + shuffleXor(total[r], 1);
            sum += shuffleXor(sum, 2);
            const float factor = 1.0f / sum;
#pragma unroll
            for (auto& columns : local) {
                columns[2 * r] *= factor;
                columns[2 * r + 1] *= factor;
            }
        }
    }

    INFOLIO_DEVICE static void multiplyKeys(float (&scores)[kTile / 8][4],
                                            const std::uint16_t* queries, const std::uint16_t* keys,
                                            int lane) {
#pragma unroll
        for (int k = 0; k < kWidth; k += 16) {
            std::uint32_t a[4], b[4];
            ldmatrix4(a, queries + k + rowMajorOffset(lane, kStride));
#pragma unroll
            for (int n = 0; n < kTile; n += 16) {
                ldmatrix4(b, keys + n * kStride + k + transposedOffset(lane, kStride));
                mma(scores[n / 8], a, b[0], b[1]);
                mma(scores[n / 8 + 1], a, b[2], b[3]);
            }
        }
    }

    INFOLIO_DEVICE static void hideLaterKeys(float (&scores)[kTile / 8][4],
                                             const int (&position)[2], int firstKey) {
#pragma unroll
        for (int n = 0; n < kTile / 8; ++n) {
#pragma unroll
            for (int r = 0; r < 4; ++r) {
                if (firstKey + n * 8 + r % 2 > position[r / 2]) {
                    scores[n][r] = -INFINITY;
                }
            }
        }
    }

    /// Online softmax: scores become weights relative to the largest score so far. Key 0 is seen by
    /// every row, so the largest is finite from the first tile on.
    INFOLIO_DEVICE static void weigh(float (&scores)[kTile / 8][4], Accumulators& local,
                                     float (&largest)[2], float (&total)[2], float scale) {
#pragma unroll
        for (int r = 0; r < 2; ++r) {
            float most = largest[r];
#pragma unroll
            for (auto& tile : scores) {
                most = fmaxf(most, fmaxf(tile[2 * r], tile[2 * r + 1]));
            }
            most = fmaxf(most, shuffleXor(most, 1));
            most = fmaxf(most, shuffleXor(most, 2));
            const float correction = exp2Fast((largest[r] - most) * scale);
            largest[r] = most;
            total[r] *= correction;
#pragma unroll
            for (auto& columns : local) {
                columns[2 * r] *= correction;
                columns[2 * r + 1] *= correction;
            }
#pragma unroll
            for (auto& tile : scores) {
#pragma unroll
                for (int i = 2 * r; i < 2 * r + 2; ++i) {
                    tile[i] = exp2Fast((tile[i] - most) * scale);
                    total[r] += tile[i];
                }
            }
        }
    }

    INFOLIO_DEVICE static void multiplyValues(Accumulators& local,
                                              const float (&weights)[kTile / 8][4],
                                              const std::uint16_t* values, int lane) {
#pragma unroll
        for (int k = 0; k < kTile; k += 16) {
            const auto& left = weights[k / 8];
            const auto& right = weights[k / 8 + 1];
            const std::uint32_t a[4] = {packBf16(left[0], left[1]), packBf16(left[2], left[3]),
                                        packBf16(right[0], right[1]), packBf16(right[2], right[3])};
            std::uint32_t b[4];
#pragma unroll
            for (int n = 0; n < kWidth; n += 16) {
                ldmatrix4Transposed(b, values + k * kStride + n + rowMajorOffset(lane, kStride));
                mma(local[n / 8], a, b[0], b[1]);
                mma(local[n / 8 + 1], a, b[2], b[3]);
            }
        }
    }

    /// memory = g·A_mem, local = memory + (1 − g)·A_dot.
    INFOLIO_DEVICE static void mix(const InfolioAttend& p, const Work& work, Accumulators& local,
                                   Accumulators& memory, int warp, int lane) {
#pragma unroll
        for (int r = 0; r < 2; ++r) {
            const int row = warp * 16 + lane / 4 + 8 * r, head = work.queryHead(row);
            float beta = p.gate[head];
            if (p.gatePosition != nullptr) {
                const float position = static_cast<float>(1 + work.position(row));
                beta = fusedMultiplyAdd(p.gatePosition[head], logarithm2(position), beta);
            }
            const float g = 1.0f / (1.0f + exponential(-beta));
#pragma unroll
            for (int n = 0; n < kColumnTiles; ++n) {
#pragma unroll
                for (int i = 2 * r; i < 2 * r + 2; ++i) {
                    memory[n][i] *= g;
                    local[n][i] = fusedMultiplyAdd(1.0f - g, local[n][i], memory[n][i]);
                }
            }
        }
    }

    /// Through shared memory, whose 16 rows of queries this warp alone reads, to whole lines.
    INFOLIO_DEVICE static void storeRows(const InfolioOutputRows& output, const Work& work,
                                         std::uint16_t* queries, const Accumulators& values,
                                         int warp, int lane) {
        std::uint16_t* const rows = queries + warp * 16 * kStride;
#pragma unroll
        for (int n = 0; n < kColumnTiles; ++n) {
#pragma unroll
            for (int r = 0; r < 2; ++r) {
                *reinterpret_cast<std::uint32_t*>(rows + (lane / 4 + 8 * r) * kStride + n * 8 +
                                                  lane % 4 * 2) =
                    packBf16(values[n][2 * r], values[n][2 * r + 1]);
            }
        }
        syncWarp();
        constexpr int kPieces = kWidth / 8;
#pragma unroll
        for (int i = 0; i < 16 * kPieces / 32; ++i) {
            const int piece = i * 32 + lane, row = warp * 16 + piece / kPieces;
            const int column = piece % kPieces * 8;
            if (work.isThere(row)) {
                store16(rowOf(output, work.segment.sequence, work.segment.begin + work.token(row),
                              work.queryHead(row)) +
                            column,
                        load16(rows + piece / kPieces * kStride + column));
            }
        }
    }
};

} // namespace

InfolioCudaStatus launchAttend(const InfolioAttend* p, void* stream) {
    const std::int64_t tiles =
        (static_cast<std::int64_t>(p->sizes.segment) * p->sizes.perGroup + kTile - 1) / kTile;
    const char* refusal = firstOf(
        refusalOfSizes(p->sizes), refusalOfRows(p->query), refusalOfRows(p->key),
        refusalOfRows(p->value), refusalOfRows(p->output),
        refusalUnless(p->cosines != nullptr && p->sines != nullptr,
                      "the tables of cosines and sines must be there"),
        p->before == nullptr ? nullptr : refusalOfRows(p->queryFeature),
        p->memoryPart.data == nullptr ? nullptr : refusalOfRows(p->memoryPart),
        refusalUnless(p->before == nullptr || (isAligned(p->before) && p->gate != nullptr &&
                                               p->writtenBefore != nullptr),
                      "the states before the segments, their counts and the gate must be there, "
                      "the states at a multiple of 16 bytes"),
        refusalUnless(tiles <= 65535, "the segment is too long"));
    if (refusal != nullptr) {
        return {kInfolioCudaRefused, refusal};
    }
    const Index grid{blocksOfSegments(p->sizes), static_cast<unsigned>(p->sizes.groups),
                     static_cast<unsigned>(tiles)};
    if (p->sizes.features == 64) {
        return p->sizes.width == 64 ? launch<Attend<64, 64>>(grid, *p, stream)
                                    : launch<Attend<64, 128>>(grid, *p, stream);
    }
    return p->sizes.width == 64 ? launch<Attend<128, 64>>(grid, *p, stream)
                                : launch<Attend<128, 128>>(grid, *p, stream);
}

} // namespace engine::kernels::device
