#pragma once
/// What the kernels share: bf16, φ, sizes of a sequence's segments, tiles in shared memory.

#include "engine/kernels/device.h"

namespace engine::kernels::device {

constexpr int kTile = 64;   ///< rows of a tile, in tokens, keys or query rows
constexpr int kPadding = 8; ///< values after each row of a tile, so that ldmatrix has no conflicts
constexpr float kLog2E = 1.4426950408889634f;

/// φ(x), the feature map of the memory; x + 1 and exp(x) meet at 0.
INFOLIO_DEVICE float featureMap(float x) {
    return x > 0.0f ? x + 1.0f : exponential(x);
}

INFOLIO_DEVICE float lowBf16(std::uint32_t pair) {
    return floatOfBits(pair << 16);
}
INFOLIO_DEVICE float highBf16(std::uint32_t pair) {
    return floatOfBits(pair & 0xFFFF0000u);
}

INFOLIO_DEVICE int segments(const InfolioSizes& sizes) {
    return (sizes.rows + sizes.segment - 1) / sizes.segment;
}

/// One segment of one sequence.
struct Segment {
    int sequence, number;
    int begin; ///< its first row in the sequence
    int rows;  ///< how many are read; 0 past the sequence's end
    int past;  ///< keys of a window before its first row
};

INFOLIO_DEVICE Segment segmentOf(const InfolioSizes& sizes, int index) {
    const int perSequence = segments(sizes);
    Segment s{index / perSequence, index % perSequence, 0, 0, 0};
    s.past = sizes.past == nullptr ? 0 : sizes.past[s.sequence];
    s.begin = s.number * sizes.segment;
    const int length = sizes.lengths == nullptr ? sizes.rows : sizes.lengths[s.sequence];
    const int left = (length < sizes.rows ? length : sizes.rows) - s.begin;
    s.rows = left < 0 ? 0 : left < sizes.segment ? left : sizes.segment;
    return s;
}

template <class Rows>
INFOLIO_DEVICE auto* rowOf(const Rows& rows, int sequence, int row, int head) {
    return rows.data + sequence * rows.batch + row * rows.row + head * rows.head;
}

/// Rotates eight neighbours of the first half and their partners of the second (rotate-half).
INFOLIO_DEVICE void rotate8(Vector16& first, Vector16& second, const float* cosines,
                            const float* sines) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const float x0 = lowBf16(first.word[i]), x1 = highBf16(first.word[i]);
        const float y0 = lowBf16(second.word[i]), y1 = highBf16(second.word[i]);
        const float c0 = cosines[2 * i], c1 = cosines[2 * i + 1];
        const float s0 = sines[2 * i], s1 = sines[2 * i + 1];
        first.word[i] = packBf16(x0 * c0 - y0 * s0, x1 * c1 - y1 * s1);
        second.word[i] = packBf16(y0 * c0 + x0 * s0, y1 * c1 + x1 * s1);
    }
}

/// Where lane l points for the A fragment of a row-major tile, and for the B fragments of two
/// neighbouring column tiles of a tile that is stored with k along its rows.
INFOLIO_DEVICE int rowMajorOffset(int lane, int stride) {
    return lane % 16 * stride + lane / 16 * 8;
}
/// The same for the A fragment of a tile that is stored transposed, and for the B fragments of two
/// neighbouring column tiles stored with n along its rows.
INFOLIO_DEVICE int transposedOffset(int lane, int stride) {
    return (lane / 16 * 8 + lane % 8) * stride + lane / 8 % 2 * 8;
}

} // namespace engine::kernels::device
