// B sums: what each segment adds to the memory, and for the delta rule what it takes away.

#include "engine/kernels/cuda_kernels.h"
#include "engine/kernels/cuda_tiles.h"

namespace engine::kernels::device {

namespace {

INFOLIO_DEVICE bool isWritten(const InfolioWrite& write, const InfolioSizes& sizes, int sequence,
                              int row) {
    return write.mask == nullptr ||
           write.mask[static_cast<std::int64_t>(sequence) * sizes.rows + row] != 0;
}

/// e·w of a row of the segment; 0 past its end.
INFOLIO_DEVICE float writeScale(const InfolioWrite& write, const InfolioSizes& sizes,
                                const Segment& segment, int row, int head) {
    if (row >= segment.rows || !isWritten(write, sizes, segment.sequence, segment.begin + row)) {
        return 0.0f;
    }
    const std::int64_t token =
        static_cast<std::int64_t>(segment.sequence) * sizes.rows + segment.begin + row;
    return write.scale == nullptr ? 1.0f : write.scale[token * sizes.groups + head];
}

/// Eight neighbours of φk of a row, rounded to bf16. A row without weight is chosen to be 0, not
/// multiplied: 0 · NaN is NaN.
INFOLIO_DEVICE Vector16 writeFeatures(const InfolioWrite& write, const Segment& segment, int row,
                                      int head, int column, float scale) {
    Vector16 v{{0, 0, 0, 0}};
    if (scale > 0.0f) {
        v = load16(rowOf(write.keyFeature, segment.sequence, segment.begin + row, head) + column);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            v.word[i] = packBf16(featureMap(lowBf16(v.word[i])) * scale,
                                 featureMap(highBf16(v.word[i])) * scale);
        }
    }
    return v;
}

/// acc += φkᵀ·right for the 16 features of this warp and a tile of rows.
template <int kFeatures, int kWidth>
INFOLIO_DEVICE void multiplyTile(float (&acc)[kWidth / 8][4], const std::uint16_t* features,
                                 const std::uint16_t* right, int warp, int lane) {
    constexpr int kFeatureStride = kFeatures + kPadding, kStride = kWidth + kPadding;
#pragma unroll
    for (int k = 0; k < kTile; k += 16) {
        std::uint32_t a[4], b[4];
        ldmatrix4Transposed(a, features + k * kFeatureStride + warp * 16 +
                                   transposedOffset(lane, kFeatureStride));
#pragma unroll
        for (int n = 0; n < kWidth; n += 16) {
            ldmatrix4Transposed(b, right + k * kStride + n + rowMajorOffset(lane, kStride));
            mma(acc[n / 8], a, b[0], b[1]);
            mma(acc[n / 8 + 1], a, b[2], b[3]);
        }
    }
}

/// Writes 16 features × kWidth columns of accumulators to (f, kWidth) fp32.
template <int kWidth>
INFOLIO_DEVICE void storeSums(float* out, const float (&acc)[kWidth / 8][4], int warp, int lane) {
    const int feature = warp * 16 + lane / 4, column = lane % 4 * 2;
#pragma unroll
    for (int n = 0; n < kWidth / 8; ++n) {
#pragma unroll
        for (int r = 0; r < 4; ++r) {
            out[(feature + r / 2 * 8) * kWidth + n * 8 + column + r % 2] = acc[n][r];
        }
    }
}

/// A block for each (segment of a sequence, KV head); a warp for each 16 features. The next tile
/// of V is under way and the next φk is made while the tensor cores work on this one.
template <int kFeatures, int kWidth> struct Sums {
    static constexpr int kWarps = kFeatures / 16;
    static constexpr unsigned kThreads = 32 * kWarps;
    static constexpr int kFeatureStride = kFeatures + kPadding, kStride = kWidth + kPadding;
    static constexpr int kStage = kTile * (kFeatureStride + kStride);
    static constexpr std::size_t kSharedBytes = 2 * kStage * sizeof(std::uint16_t);

    INFOLIO_DEVICE static void run(const InfolioSums& p) {
        const int thread = static_cast<int>(threadIndex()), warp = thread / 32, lane = thread % 32;
        const int head = static_cast<int>(blockIndex().y);
        const Segment segment = segmentOf(p.sizes, static_cast<int>(blockIndex().x));
        auto* const shared = reinterpret_cast<std::uint16_t*>(sharedMemory());
        const int tiles = (segment.rows + kTile - 1) / kTile;
        float acc[kWidth / 8][4] = {}, norm[4] = {};
        // A column of ones makes z the sum of exactly the φk that M uses, in the same order.
        const std::uint32_t ones = lane / 4 == 0 ? 0x3F803F80u : 0u;
        if (tiles > 0) {
            startValues(p, segment, head, 0, shared);
            storeFeatures(p, segment, head, 0, shared);
        }
        for (int tile = 0; tile < tiles; ++tile) {
            const std::uint16_t* features = shared + tile % 2 * kStage;
            std::uint16_t* next = shared + (tile + 1) % 2 * kStage;
            cpAsyncWait<0>();
            syncBlock();
            if (tile + 1 < tiles) {
                startValues(p, segment, head, tile + 1, next);
            }
            multiplyTile<kFeatures, kWidth>(acc, features, features + kTile * kFeatureStride, warp,
                                            lane);
#pragma unroll
            for (int k = 0; k < kTile; k += 16) {
                std::uint32_t a[4];
                ldmatrix4Transposed(a, features + k * kFeatureStride + warp * 16 +
                                           transposedOffset(lane, kFeatureStride));
                mma(norm, a, ones, ones);
            }
            if (tile + 1 < tiles) {
                storeFeatures(p, segment, head, tile + 1, next);
            }
        }
        const std::int64_t block =
            static_cast<std::int64_t>(blockIndex().x) * p.sizes.groups + head;
        storeSums<kWidth>(p.memoryIncrement + block * kFeatures * kWidth, acc, warp, lane);
        if (lane % 4 == 0) {
            float* out = p.normIncrement + block * kFeatures + warp * 16 + lane / 4;
            out[0] = norm[0];
            out[8] = norm[2];
        }
        if (head == 0 && warp == 0) {
            storeCount(p, segment, lane);
        }
    }

    INFOLIO_DEVICE static void startValues(const InfolioSums& p, const Segment& segment, int head,
                                           int tile, std::uint16_t* stage) {
        constexpr int kPieces = kWidth / 8;
        for (int i = static_cast<int>(threadIndex()); i < kTile * kPieces; i += kThreads) {
            const int row = tile * kTile + i / kPieces, column = i % kPieces * 8;
            const bool isThere = writeScale(p.write, p.sizes, segment, row, head) > 0.0f;
            const std::uint16_t* from =
                isThere ? rowOf(p.value, segment.sequence, segment.begin + row, head) + column
                        : p.value.data;
            cpAsync16(stage + kTile * kFeatureStride + i / kPieces * kStride + column, from,
                      isThere);
        }
        cpAsyncCommit();
    }

    INFOLIO_DEVICE static void storeFeatures(const InfolioSums& p, const Segment& segment, int head,
                                             int tile, std::uint16_t* stage) {
        constexpr int kPieces = kFeatures / 8;
#pragma unroll
        for (int i = 0; i < kTile * kPieces / static_cast<int>(kThreads); ++i) {
            const int piece = i * static_cast<int>(kThreads) + static_cast<int>(threadIndex());
            const int row = piece / kPieces, column = piece % kPieces * 8;
            const float scale = writeScale(p.write, p.sizes, segment, tile * kTile + row, head);
            store16(stage + row * kFeatureStride + column,
                    writeFeatures(p.write, segment, tile * kTile + row, head, column, scale));
        }
    }

    INFOLIO_DEVICE static void storeCount(const InfolioSums& p, const Segment& segment, int lane) {
        float count = 0.0f;
        for (int row = lane; row < segment.rows; row += 32) {
            count +=
                isWritten(p.write, p.sizes, segment.sequence, segment.begin + row) ? 1.0f : 0.0f;
        }
        for (int mask = 16; mask > 0; mask /= 2) {
            count += shuffleXor(count, mask);
        }
        if (lane == 0) {
            p.written[blockIndex().x] = static_cast<std::int32_t>(count);
        }
    }
};

/// A_s for each (segment, KV head). φk / max(φk·z, ε) is kept as two bf16 parts: rounded once, its
/// error would not be shared by the φk on the other side.
template <int kFeatures> struct Decay {
    static constexpr int kWarps = kFeatures / 16;
    static constexpr unsigned kThreads = 32 * kWarps;
    static constexpr int kStride = kFeatures + kPadding;
    static constexpr std::size_t kSharedBytes = 3 * kTile * kStride * sizeof(std::uint16_t);

    INFOLIO_DEVICE static void run(const InfolioDecay& p) {
        const int thread = static_cast<int>(threadIndex()), warp = thread / 32, lane = thread % 32;
        const int head = static_cast<int>(blockIndex().y);
        const Segment segment = segmentOf(p.sizes, static_cast<int>(blockIndex().x));
        const std::int64_t block =
            static_cast<std::int64_t>(blockIndex().x) * p.sizes.groups + head;
        auto* const features = reinterpret_cast<std::uint16_t*>(sharedMemory());
        const int tiles =
            p.writtenBefore[blockIndex().x] == 0 ? 0 : (segment.rows + kTile - 1) / kTile;
        float acc[kFeatures / 8][4] = {};
        for (int tile = 0; tile < tiles; ++tile) {
            storeTiles(p, segment, head, tile, p.normBefore + block * kFeatures, features);
            syncBlock();
            for (int part = 1; part <= 2; ++part) {
                multiplyTile<kFeatures, kFeatures>(acc, features, features + part * kTile * kStride,
                                                   warp, lane);
            }
            syncBlock();
        }
        storeSums<kFeatures>(p.decay + block * kFeatures * kFeatures, acc, warp, lane);
    }

    INFOLIO_DEVICE static void storeTiles(const InfolioDecay& p, const Segment& segment, int head,
                                          int tile, const float* norm, std::uint16_t* features) {
        constexpr int kPieces = kFeatures / 8;
        for (int i = 0; i < kTile * kPieces / static_cast<int>(kThreads); ++i) {
            const int piece = i * static_cast<int>(kThreads) + static_cast<int>(threadIndex());
            const int row = piece / kPieces, column = piece % kPieces * 8;
            const float scale = writeScale(p.write, p.sizes, segment, tile * kTile + row, head);
            const Vector16 phi =
                writeFeatures(p.write, segment, tile * kTile + row, head, column, scale);
            float den = 0.0f;
#pragma unroll
            for (int k = 0; k < 4; ++k) {
                den = fusedMultiplyAdd(lowBf16(phi.word[k]), norm[column + 2 * k], den);
                den = fusedMultiplyAdd(highBf16(phi.word[k]), norm[column + 2 * k + 1], den);
            }
            for (int mask = 1; mask < kPieces; mask *= 2) {
                den += shuffleXor(den, mask);
            }
            const float factor = 1.0f / (den > p.epsilon ? den : p.epsilon);
            Vector16 high, low;
#pragma unroll
            for (int k = 0; k < 4; ++k) {
                const float x = lowBf16(phi.word[k]) * factor, y = highBf16(phi.word[k]) * factor;
                high.word[k] = packBf16(x, y);
                low.word[k] = packBf16(x - lowBf16(high.word[k]), y - highBf16(high.word[k]));
            }
            std::uint16_t* target = features + row * kStride + column;
            store16(target, phi);
            store16(target + kTile * kStride, high);
            store16(target + 2 * kTile * kStride, low);
        }
    }
};

const char* refusalOfWrite(const InfolioWrite& write) {
    return refusalOfRows(write.keyFeature);
}

} // namespace

InfolioCudaStatus launchSums(const InfolioSums* p, void* stream) {
    const char* refusal =
        firstOf(refusalOfSizes(p->sizes), refusalOfWrite(p->write), refusalOfRows(p->value),
                refusalUnless(isAligned(p->memoryIncrement) && isAligned(p->normIncrement) &&
                                  isAligned(p->written),
                              "the sums need somewhere to go, at multiples of 16 bytes"));
    if (refusal != nullptr) {
        return {kInfolioCudaRefused, refusal};
    }
    const Index grid{blocksOfSegments(p->sizes), static_cast<unsigned>(p->sizes.groups), 1};
    if (p->sizes.features == 64) {
        return p->sizes.width == 64 ? launch<Sums<64, 64>>(grid, *p, stream)
                                    : launch<Sums<64, 128>>(grid, *p, stream);
    }
    return p->sizes.width == 64 ? launch<Sums<128, 64>>(grid, *p, stream)
                                : launch<Sums<128, 128>>(grid, *p, stream);
}

InfolioCudaStatus launchDecay(const InfolioDecay* p, void* stream) {
    const char* refusal =
        firstOf(refusalOfSizes(p->sizes), refusalOfWrite(p->write),
                refusalUnless(isAligned(p->normBefore) && isAligned(p->writtenBefore) &&
                                  isAligned(p->decay),
                              "z and n before each segment and the result must be there, at "
                              "multiples of 16 bytes"));
    if (refusal != nullptr) {
        return {kInfolioCudaRefused, refusal};
    }
    const Index grid{blocksOfSegments(p->sizes), static_cast<unsigned>(p->sizes.groups), 1};
    return p->sizes.features == 64 ? launch<Decay<64>>(grid, *p, stream)
                                   : launch<Decay<128>>(grid, *p, stream);
}

} // namespace engine::kernels::device
