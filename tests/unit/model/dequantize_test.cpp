#include "engine/model/dequantize.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/util/Half.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "tests/unit/model/golden.h"

namespace engine::model {
namespace {

const std::map<std::string, TensorType> kTypes{
    {"F32", TensorType::F32},   {"F16", TensorType::F16},   {"BF16", TensorType::BF16},
    {"Q4_0", TensorType::Q4_0}, {"Q4_1", TensorType::Q4_1}, {"Q5_0", TensorType::Q5_0},
    {"Q5_1", TensorType::Q5_1}, {"Q8_0", TensorType::Q8_0}, {"Q2_K", TensorType::Q2_K},
    {"Q3_K", TensorType::Q3_K}, {"Q4_K", TensorType::Q4_K}, {"Q5_K", TensorType::Q5_K},
    {"Q6_K", TensorType::Q6_K}};

TEST(Dequantize, GivesTheBitsOfTheIndependentScript) {
    const nlohmann::json cases = tests::golden("dequantize.json");
    ASSERT_EQ(cases.size(), kTypes.size());
    for (const auto& [name, type] : kTypes) {
        const std::string packed = tests::fromHex(cases[name]["packed"]);
        const std::string expected = tests::fromHex(cases[name]["values"]);
        const std::size_t count = expected.size() / sizeof(float);
        const Block block = *blockOf(static_cast<std::uint32_t>(type));
        ASSERT_EQ(packed.size() * static_cast<std::size_t>(block.values),
                  count * static_cast<std::size_t>(block.bytes))
            << name;
        // One byte off, so that no read may rely on alignment.
        const std::string shifted = " " + packed;
        std::vector<float> found(count, std::nanf(""));
        unpack(type, reinterpret_cast<const std::uint8_t*>(shifted.data() + 1),
               static_cast<std::int64_t>(count), found.data());
        for (std::size_t i = 0; i < count; ++i) {
            std::uint32_t bits;
            std::memcpy(&bits, expected.data() + i * sizeof bits, sizeof bits);
            ASSERT_EQ(std::bit_cast<std::uint32_t>(found[i]), bits) << name << " value " << i;
        }
    }
}

/// q·scale + offset in double, rounded to fp32: each bit, the sign of zero too.
TEST(Dequantize, Int8GroupsHaveTheValuesOfTheFile) {
    const nlohmann::json cases = tests::golden("dequantize.json");
    int grouped = 0;
    for (const auto& [name, type] : kTypes) {
        if (!isGrouped(type)) {
            continue;
        }
        ++grouped;
        const std::string packed = " " + tests::fromHex(cases[name]["packed"]);
        const std::string expected = tests::fromHex(cases[name]["values"]);
        const std::size_t count = expected.size() / sizeof(float);
        std::vector<std::int8_t> q(count);
        std::vector<std::uint16_t> groups(count / 16);
        unpackGroups(type, reinterpret_cast<const std::uint8_t*>(packed.data() + 1),
                     static_cast<std::int64_t>(count), q.data(), groups.data());
        for (std::size_t i = 0; i < count; ++i) {
            const double scale = c10::Half(groups[i / 32 * 2], c10::Half::from_bits()),
                         offset = c10::Half(groups[i / 32 * 2 + 1], c10::Half::from_bits());
            const auto value = static_cast<float>(q[i] * scale + offset);
            std::uint32_t bits;
            std::memcpy(&bits, expected.data() + i * sizeof bits, sizeof bits);
            ASSERT_EQ(std::bit_cast<std::uint32_t>(value), bits) << name << " value " << i;
        }
    }
    EXPECT_EQ(grouped, 5);
}

TEST(Dequantize, KnowsNoOtherTypes) {
    for (const std::uint32_t type : {4u, 5u, 9u, 15u, 29u, 31u, 1000u}) {
        EXPECT_FALSE(blockOf(type)) << type;
    }
}

TEST(Dequantize, UnpacksHalfPrecisionSpecials) {
    const std::uint16_t halves[] = {0x7c00, 0xfc00, 0x0001, 0x8001, 0x03ff, 0x0400, 0x7bff, 0x8000};
    const float expected[] = {std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity(),
                              0x1p-24f,
                              -0x1p-24f,
                              1023 * 0x1p-24f,
                              0x1p-14f,
                              65504.0f,
                              -0.0f};
    float found[8];
    unpack(TensorType::F16, reinterpret_cast<const std::uint8_t*>(halves), 8, found);
    for (int i = 0; i < 8; ++i) {
        EXPECT_EQ(std::bit_cast<std::uint32_t>(found[i]), std::bit_cast<std::uint32_t>(expected[i]))
            << i;
    }
    const std::uint16_t nan = 0x7e01;
    unpack(TensorType::F16, reinterpret_cast<const std::uint8_t*>(&nan), 1, found);
    EXPECT_TRUE(std::isnan(found[0]));
}

/// LibTorch's conversion is the second witness.
TEST(Dequantize, RoundsToTheNearestEvenBfloat16) {
    std::mt19937 draw(1);
    std::vector<float> values{0.0f,
                              -0.0f,
                              1.0f,
                              std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity(),
                              std::numeric_limits<float>::max()};
    for (std::uint32_t high : {0x3f80u, 0x3f81u, 0x0000u, 0x8001u, 0x7f7fu}) {
        for (std::uint32_t low : {0x7fffu, 0x8000u, 0x8001u, 0xffffu, 0x0001u}) {
            values.push_back(std::bit_cast<float>(high << 16 | low));
        }
    }
    while (values.size() < 100000) {
        const float value = std::bit_cast<float>(static_cast<std::uint32_t>(draw()));
        values.push_back(std::isnan(value) ? 0.5f : value);
    }
    const auto count = static_cast<std::int64_t>(values.size());
    std::vector<std::uint16_t> found(values.size());
    roundToBfloat16(values.data(), count, found.data());
    at::Tensor tensor = at::empty({count}, at::kFloat);
    std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<float>());
    const at::Tensor expected = tensor.to(at::kBFloat16);
    EXPECT_EQ(std::memcmp(found.data(), expected.const_data_ptr(), found.size() * 2), 0);
}

TEST(Dequantize, KeepsNanWhenRounding) {
    // The largest fraction would carry into infinity or zero.
    const float nans[] = {std::bit_cast<float>(0x7fffffffu), std::bit_cast<float>(0xffffffffu),
                          std::bit_cast<float>(0x7f800001u)};
    std::uint16_t found[3];
    roundToBfloat16(nans, 3, found);
    for (const std::uint16_t bits : found) {
        EXPECT_TRUE(std::isnan(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16)));
    }
}

TEST(Dequantize, SeesWhatIsNotFinite) {
    std::vector<float> values(100, 1.0f);
    values[1] = std::numeric_limits<float>::max();
    values[2] = std::numeric_limits<float>::denorm_min();
    EXPECT_TRUE(isFinite(values.data(), 100));
    for (const float bad : {std::nanf(""), -std::nanf(""), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity()}) {
        values[99] = bad;
        EXPECT_FALSE(isFinite(values.data(), 100)) << bad;
    }
}

} // namespace
} // namespace engine::model
