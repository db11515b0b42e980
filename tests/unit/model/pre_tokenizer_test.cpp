#include "engine/model/pre_tokenizer.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/model/golden.h"

namespace engine::model {
namespace {

std::vector<std::size_t> endsOf(const PreTokenizer& splitter, const std::string& text) {
    PreTokenizer::Pieces pieces(splitter);
    pieces.start(text);
    std::vector<std::size_t> ends;
    for (std::size_t at = 0; at < text.size(); at = ends.back()) {
        ends.push_back(pieces.end(at));
    }
    return ends;
}

class EveryPattern : public testing::TestWithParam<const char*> {};

TEST_P(EveryPattern, SplitsLikeTheIndependentScript) {
    const auto compiled = PreTokenizer::create(GetParam());
    const auto interpreted = PreTokenizer::create(GetParam(), PreTokenizer::Jit::Off);
    ASSERT_TRUE(compiled && interpreted);
    for (const nlohmann::json& one : tests::golden("pieces.json")) {
        const std::string text = tests::fromHex(one["text"]);
        const auto expected = one["ends"][GetParam()].get<std::vector<std::size_t>>();
        EXPECT_EQ(endsOf(*compiled, text), expected) << text;
        EXPECT_EQ(endsOf(*interpreted, text), expected) << text;
    }
}

TEST_P(EveryPattern, GoesOnWhereAPieceIsVeryLong) {
    const auto splitter = PreTokenizer::create(GetParam());
    for (const std::string unit : {" ", "a", "-", "\n", "\xe2\x80\x83"}) {
        std::string text;
        while (text.size() < 300000) {
            text += unit;
        }
        const std::vector<std::size_t> ends = endsOf(*splitter, text + "x");
        EXPECT_EQ(ends.back(), text.size() + 1) << unit;
        EXPECT_LE(ends.size(), 3u) << unit;
    }
}

INSTANTIATE_TEST_SUITE_P(PreTokenizer, EveryPattern,
                         testing::Values("gpt-2", "smollm", "qwen2", "llama-bpe"),
                         [](const auto& pattern) {
                             std::string name = pattern.param;
                             std::erase(name, '-');
                             return name;
                         });

TEST(PreTokenizer, KnowsNoOtherNames) {
    EXPECT_EQ(PreTokenizer::create("default"), nullptr);
    EXPECT_EQ(PreTokenizer::create(""), nullptr);
}

TEST(PreTokenizer, OnlyLlamaTakesWholeTokens) {
    EXPECT_TRUE(PreTokenizer::create("llama-bpe")->takesWholeTokens());
    EXPECT_FALSE(PreTokenizer::create("smollm")->takesWholeTokens());
}

} // namespace
} // namespace engine::model
