#include "engine/model/dequantize.h"

#include <bit>
#include <cmath>
#include <cstring>

// The formats are those of GGML's block structures: a block is a few half-precision scales followed
// by packed integers. A "k" block has 256 values in groups of 16 or 32 with a small integer scale
// (and offset) of their own.

namespace engine::model {

namespace {

constexpr std::int64_t kSmall = kGroupValues;
constexpr std::int64_t kLarge = 256;

float halfToFloat(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000u) << 16;
    const std::uint32_t exponent = (half >> 10) & 0x1fu;
    const std::uint32_t fraction = half & 0x3ffu;
    if (exponent == 0x1f) {
        return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
    }
    if (exponent == 0) {
        const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
        return sign != 0 ? -magnitude : magnitude;
    }
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

std::uint16_t halfBitsAt(const std::uint8_t* at) {
    std::uint16_t bits;
    std::memcpy(&bits, at, sizeof bits);
    return bits;
}

float halfAt(const std::uint8_t* at) {
    return halfToFloat(halfBitsAt(at));
}

/// The fifth bits of the 32 values of a Q5_0 or Q5_1 block.
std::uint32_t highBitsAt(const std::uint8_t* at) {
    std::uint32_t bits;
    std::memcpy(&bits, at, sizeof bits);
    return bits;
}

void unpackHalf(const std::uint8_t* block, float* out) {
    *out = halfAt(block);
}

void unpackBfloat16(const std::uint8_t* block, float* out) {
    std::uint16_t bits;
    std::memcpy(&bits, block, sizeof bits);
    *out = std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// The types whose block is one group of int8.
struct Group {
    std::uint16_t scale, offset; ///< fp16
    std::int8_t q[kSmall];
};

constexpr std::uint16_t kNoOffset = 0x8000; ///< −0: x + −0 has the bits of x

void readQ4_0(const std::uint8_t* block, Group& group) {
    group.scale = halfBitsAt(block);
    group.offset = kNoOffset;
    const std::uint8_t* packed = block + 2;
    for (int i = 0; i < 16; ++i) {
        group.q[i] = static_cast<std::int8_t>((packed[i] & 15) - 8);
        group.q[i + 16] = static_cast<std::int8_t>((packed[i] >> 4) - 8);
    }
}

void readQ4_1(const std::uint8_t* block, Group& group) {
    group.scale = halfBitsAt(block);
    group.offset = halfBitsAt(block + 2);
    const std::uint8_t* packed = block + 4;
    for (int i = 0; i < 16; ++i) {
        group.q[i] = static_cast<std::int8_t>(packed[i] & 15);
        group.q[i + 16] = static_cast<std::int8_t>(packed[i] >> 4);
    }
}

/// Values of five bits, less `middle`.
void readFiveBits(const std::uint8_t* packed, std::uint32_t high, int middle, Group& group) {
    for (int i = 0; i < 16; ++i) {
        const int low = (packed[i] & 15) | static_cast<int>((high >> i) << 4 & 16);
        const int upper = (packed[i] >> 4) | static_cast<int>((high >> (i + 16)) << 4 & 16);
        group.q[i] = static_cast<std::int8_t>(low - middle);
        group.q[i + 16] = static_cast<std::int8_t>(upper - middle);
    }
}

void readQ5_0(const std::uint8_t* block, Group& group) {
    group.scale = halfBitsAt(block);
    group.offset = kNoOffset;
    readFiveBits(block + 6, highBitsAt(block + 2), 16, group);
}

void readQ5_1(const std::uint8_t* block, Group& group) {
    group.scale = halfBitsAt(block);
    group.offset = halfBitsAt(block + 2);
    readFiveBits(block + 8, highBitsAt(block + 4), 0, group);
}

void readQ8_0(const std::uint8_t* block, Group& group) {
    group.scale = halfBitsAt(block);
    group.offset = kNoOffset;
    std::memcpy(group.q, block + 2, kSmall);
}

/// The product of a value of eight bits and one of eleven is exact in fp32.
void widen(const Group& group, float* out) {
    const float scale = halfToFloat(group.scale), offset = halfToFloat(group.offset);
    for (int i = 0; i < kSmall; ++i) {
        out[i] = scale * static_cast<float>(group.q[i]) + offset;
    }
}

void unpackQ2_K(const std::uint8_t* block, float* out) {
    const std::uint8_t* scales = block;
    const std::uint8_t* packed = block + 16;
    const float scale = halfAt(block + 80);
    const float offset = halfAt(block + 82);
    // Each half of 128 values has 32 bytes; in it, each run of 32 values takes one pair of bits of
    // every byte.
    for (int group = 0; group < 16; ++group) {
        const float d = scale * static_cast<float>(scales[group] & 15);
        const float m = offset * static_cast<float>(scales[group] >> 4);
        const std::uint8_t* bytes = packed + group / 8 * 32 + group % 2 * 16;
        const int shift = group / 2 % 4 * 2;
        for (int i = 0; i < 16; ++i) {
            out[group * 16 + i] = d * static_cast<float>((bytes[i] >> shift) & 3) - m;
        }
    }
}

void unpackQ3_K(const std::uint8_t* block, float* out) {
    const std::uint8_t* high = block;
    const std::uint8_t* packed = block + 32;
    const std::uint8_t* scales = block + 96;
    const float scale = halfAt(block + 108);
    // The low two bits of the values lie as in Q2_K; the third ones of run k are bit k of `high`.
    for (int group = 0; group < 16; ++group) {
        const int low = group < 8 ? scales[group] & 15 : scales[group - 8] >> 4;
        const int upper = scales[8 + group % 4] >> (group / 4 * 2) & 3;
        const float d = scale * static_cast<float>((low | upper << 4) - 32);
        const std::uint8_t* bytes = packed + group / 8 * 32 + group % 2 * 16;
        const std::uint8_t* highBytes = high + group % 2 * 16;
        const int shift = group / 2 % 4 * 2;
        const int bit = group / 2;
        for (int i = 0; i < 16; ++i) {
            const int value = ((bytes[i] >> shift) & 3) | (highBytes[i] >> bit & 1) << 2;
            out[group * 16 + i] = d * static_cast<float>(value - 4);
        }
    }
}

/// The 6-bit scale and offset of a group of 32 in the 12 bytes that Q4_K and Q5_K share: groups 0-3
/// lie in the low six bits, groups 4-7 have their low four bits in the last four bytes and their
/// high two above those of groups 0-3.
struct GroupScale {
    float scale;
    float offset;
};

GroupScale groupScale(const std::uint8_t* scales, int group) {
    if (group < 4) {
        return {static_cast<float>(scales[group] & 63), static_cast<float>(scales[group + 4] & 63)};
    }
    return {static_cast<float>((scales[group + 4] & 15) | (scales[group - 4] >> 6 << 4)),
            static_cast<float>((scales[group + 4] >> 4) | (scales[group] >> 6 << 4))};
}

void unpackQ4_K(const std::uint8_t* block, float* out) {
    const float scale = halfAt(block);
    const float offset = halfAt(block + 2);
    const std::uint8_t* scales = block + 4;
    const std::uint8_t* packed = block + 16;
    for (int group = 0; group < 8; ++group) {
        const GroupScale small = groupScale(scales, group);
        const float d = scale * small.scale;
        const float m = offset * small.offset;
        const std::uint8_t* bytes = packed + group / 2 * 32;
        const int shift = group % 2 * 4;
        for (int i = 0; i < 32; ++i) {
            out[group * 32 + i] = d * static_cast<float>((bytes[i] >> shift) & 15) - m;
        }
    }
}

void unpackQ5_K(const std::uint8_t* block, float* out) {
    const float scale = halfAt(block);
    const float offset = halfAt(block + 2);
    const std::uint8_t* scales = block + 4;
    const std::uint8_t* high = block + 16;
    const std::uint8_t* packed = block + 48;
    for (int group = 0; group < 8; ++group) {
        const GroupScale small = groupScale(scales, group);
        const float d = scale * small.scale;
        const float m = offset * small.offset;
        const std::uint8_t* bytes = packed + group / 2 * 32;
        const int shift = group % 2 * 4;
        for (int i = 0; i < 32; ++i) {
            const int value = ((bytes[i] >> shift) & 15) | ((high[i] >> group & 1) << 4);
            out[group * 32 + i] = d * static_cast<float>(value) - m;
        }
    }
}

void unpackQ6_K(const std::uint8_t* block, float* out) {
    const std::uint8_t* low = block;
    const std::uint8_t* high = block + 128;
    const std::uint8_t* scales = block + 192;
    const float scale = halfAt(block + 208);
    // Each half of 128 values has 64 bytes of low and 32 bytes of high bits; in it, each run of 32
    // values takes one nibble and one pair of high bits of every byte.
    for (int run = 0; run < 8; ++run) {
        const int half = run / 4;
        const int part = run % 4;
        const std::uint8_t* nibbles = low + half * 64 + part % 2 * 32;
        const std::uint8_t* pairs = high + half * 32;
        for (int i = 0; i < 32; ++i) {
            const int value =
                ((nibbles[i] >> (part / 2 * 4)) & 15) | ((pairs[i] >> (part * 2) & 3) << 4);
            const float d =
                scale * static_cast<float>(static_cast<std::int8_t>(scales[run * 2 + i / 16]));
            out[run * 32 + i] = d * static_cast<float>(value - 32);
        }
    }
}

/// Calls `use` with what reads a group of the type; false when the type has none. A lambda rather
/// than a function pointer, so that each loop is compiled around its own block.
template <typename Function> bool withGroupReader(TensorType type, Function use) {
    switch (type) {
    case TensorType::Q4_0:
        use([](auto* block, auto& group) { readQ4_0(block, group); });
        return true;
    case TensorType::Q4_1:
        use([](auto* block, auto& group) { readQ4_1(block, group); });
        return true;
    case TensorType::Q5_0:
        use([](auto* block, auto& group) { readQ5_0(block, group); });
        return true;
    case TensorType::Q5_1:
        use([](auto* block, auto& group) { readQ5_1(block, group); });
        return true;
    case TensorType::Q8_0:
        use([](auto* block, auto& group) { readQ8_0(block, group); });
        return true;
    default:
        return false;
    }
}

template <typename Function>
void unpackBlocks(Block block, const std::uint8_t* data, std::int64_t count, float* out,
                  Function unpackBlock) {
    for (std::int64_t i = 0; i < count; i += block.values) {
        unpackBlock(data, out + i);
        data += block.bytes;
    }
}

} // namespace

std::optional<Block> blockOf(std::uint32_t type) {
    switch (static_cast<TensorType>(type)) {
    case TensorType::F32:
        return Block{1, 4};
    case TensorType::F16:
    case TensorType::BF16:
        return Block{1, 2};
    case TensorType::Q4_0:
        return Block{kSmall, 18};
    case TensorType::Q4_1:
        return Block{kSmall, 20};
    case TensorType::Q5_0:
        return Block{kSmall, 22};
    case TensorType::Q5_1:
        return Block{kSmall, 24};
    case TensorType::Q8_0:
        return Block{kSmall, 34};
    case TensorType::Q2_K:
        return Block{kLarge, 84};
    case TensorType::Q3_K:
        return Block{kLarge, 110};
    case TensorType::Q4_K:
        return Block{kLarge, 144};
    case TensorType::Q5_K:
        return Block{kLarge, 176};
    case TensorType::Q6_K:
        return Block{kLarge, 210};
    }
    return std::nullopt;
}

void unpack(TensorType type, const std::uint8_t* data, std::int64_t count, float* out) {
    const Block block = *blockOf(static_cast<std::uint32_t>(type));
    const bool isUnpacked = withGroupReader(type, [&](auto read) {
        unpackBlocks(block, data, count, out, [&](auto* b, auto* o) {
            Group group;
            read(b, group);
            widen(group, o);
        });
    });
    if (isUnpacked) {
        return;
    }
    switch (type) {
    case TensorType::F32:
        std::memcpy(out, data, static_cast<std::size_t>(count) * sizeof(float));
        return;
    case TensorType::F16:
        return unpackBlocks(block, data, count, out, [](auto* b, auto* o) { unpackHalf(b, o); });
    case TensorType::BF16:
        return unpackBlocks(block, data, count, out,
                            [](auto* b, auto* o) { unpackBfloat16(b, o); });
    case TensorType::Q2_K:
        return unpackBlocks(block, data, count, out, [](auto* b, auto* o) { unpackQ2_K(b, o); });
    case TensorType::Q3_K:
        return unpackBlocks(block, data, count, out, [](auto* b, auto* o) { unpackQ3_K(b, o); });
    case TensorType::Q4_K:
        return unpackBlocks(block, data, count, out, [](auto* b, auto* o) { unpackQ4_K(b, o); });
    case TensorType::Q5_K:
        return unpackBlocks(block, data, count, out, [](auto* b, auto* o) { unpackQ5_K(b, o); });
    case TensorType::Q6_K:
        return unpackBlocks(block, data, count, out, [](auto* b, auto* o) { unpackQ6_K(b, o); });
    default:
        return;
    }
}

bool isGrouped(TensorType type) {
    return withGroupReader(type, [](auto) {});
}

void unpackGroups(TensorType type, const std::uint8_t* data, std::int64_t count, std::int8_t* q,
                  std::uint16_t* groups) {
    const Block block = *blockOf(static_cast<std::uint32_t>(type));
    withGroupReader(type, [&](auto read) {
        for (std::int64_t i = 0; i < count; i += kSmall) {
            Group group;
            read(data + i / kSmall * block.bytes, group);
            std::memcpy(q + i, group.q, sizeof group.q);
            groups[i / kSmall * 2] = group.scale;
            groups[i / kSmall * 2 + 1] = group.offset;
        }
    });
}

void roundToBfloat16(const float* values, std::int64_t count, std::uint16_t* out) {
    for (std::int64_t i = 0; i < count; ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(values[i]);
        const std::uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
        // Rounding could carry a NaN's fraction into infinity; a quiet NaN keeps its sign.
        const std::uint32_t nan = (bits >> 16) | 0x40u;
        const bool isNan = (bits & 0x7fffffffu) > 0x7f800000u;
        out[i] = static_cast<std::uint16_t>(isNan ? nan : rounded);
    }
}

bool isFinite(const float* values, std::int64_t count) {
    std::uint32_t largest = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::uint32_t magnitude = std::bit_cast<std::uint32_t>(values[i]) & 0x7fffffffu;
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest < 0x7f800000u;
}

} // namespace engine::model
