#include "engine/model/memory.h"

#include <ATen/ops/sigmoid.h>
#include <gtest/gtest.h>

#include "tests/unit/model/hand_model.h"
#include "tests/unit/model/refusal.h"

using namespace engine::model;

TEST(Mode, HasNames) {
    for (const Mode mode : {Mode::InfiniLinear, Mode::InfiniDelta, Mode::Local, Mode::Xl,
                            Mode::Compressive, Mode::Knn, Mode::Full}) {
        EXPECT_EQ(modeFromName(nameOf(mode)), mode);
    }
    EXPECT_EQ(nameOf(Mode::InfiniLinear), "infini-linear");
    EXPECT_EQ(nameOf(Mode::InfiniDelta), "infini-delta");
    EXPECT_EQ(nameOf(Mode::Full), "full");
    try {
        modeFromName("infini-quadratic");
        FAIL();
    } catch (const engine::Error& error) {
        EXPECT_EQ(error.code(), engine::Code::WrongUse);
        EXPECT_NE(std::string(error.what()).find("infini-quadratic"), std::string::npos);
        EXPECT_NE(std::string(error.what()).find("compressive, knn, full, rmt, autocompressor"),
                  std::string::npos);
    }
}

TEST(Adapter, UntrainedTakesTheLayersBetweenHalfAndFiveSixths) {
    Config config;
    config.heads = 9;
    config.headWidth = 64;
    const auto layers = [&](std::int64_t count) {
        config.layers = count;
        const auto adapter = Adapter::untrained(config);
        return std::pair(adapter->firstLayer, adapter->lastLayer);
    };
    EXPECT_EQ(layers(30), std::pair(std::int64_t{15}, std::int64_t{24}));
    EXPECT_EQ(layers(24), std::pair(std::int64_t{12}, std::int64_t{19}));
    EXPECT_EQ(layers(2), std::pair(std::int64_t{1}, std::int64_t{1}));
    EXPECT_EQ(layers(1), std::pair(std::int64_t{0}, std::int64_t{0}));
    config.layers = 30;
    const auto adapter = Adapter::untrained(config);
    EXPECT_EQ(adapter->features, 64);
    EXPECT_EQ(adapter->epsilon, 1e-10);
    EXPECT_EQ(adapter->beta.sizes(), (at::IntArrayRef{10, 9}));
    for (const double gate : tests::valuesOf(at::sigmoid(adapter->beta))) {
        EXPECT_NEAR(gate, 0.06, 1e-7);
    }
}

TEST(Memory, HasTheSizeThatTheLayersGive) {
    Config config;
    config.layers = 30;
    config.heads = 9;
    config.kvHeads = 3;
    config.headWidth = 64;
    const Memory memory = Memory::empty(config, *Adapter::untrained(config));
    EXPECT_EQ(memory.bytes(), 4 * 10 * 3 * 64 * 65);
    EXPECT_EQ(memory.tokens, 0);
    Memory copy = memory.clone();
    copy.M[0].add_(1);
    EXPECT_EQ(tests::valuesOf(memory.M[0])[0], 0.0);
}
