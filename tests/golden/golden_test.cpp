#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/model/session.h"
#include "engine/model/transformer.h"

using namespace engine::model;

namespace {

std::string contentsOf(const std::string& name) {
    std::ifstream file(std::string(TEST_SOURCES "/tests/golden/data/") + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The default model against the golden files; each type is loaded once.
class Golden : public testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(TEST_MODEL)) {
            GTEST_SKIP() << "the default model is not here: " << TEST_MODEL;
        }
    }

    static std::shared_ptr<const Model> model(Dtype dtype) {
        static std::shared_ptr<const Model> loaded[2];
        auto& one = loaded[dtype == Dtype::Float32];
        if (!one) {
            one = Model::load(TEST_MODEL, "", dtype);
        }
        return one;
    }

    /// Of the sampled logits: root mean square of the difference over that of the expected values'
    /// spread.
    void expectLogits(Dtype dtype, const std::string& name, double tolerance) const {
        const c10::InferenceMode inference;
        const std::vector<std::int64_t> ids = golden["ids"];
        const auto loaded = model(dtype);
        const Transformer transformer(loaded->weights, loaded->adapter);
        const at::Tensor x =
            transformer
                .forward(at::tensor(ids, at::TensorOptions().dtype(at::kLong)).unsqueeze(0), {})
                .select(0, 0);
        double error = 0, size = 0;
        for (const auto& row : golden["logits"][name]) {
            const at::Tensor logits = transformer.logits(x.narrow(0, row["position"], 1));
            const float* found = logits.const_data_ptr<float>();
            const auto compare = [&](std::int64_t id, double expected) {
                error += std::pow(found[id] - expected, 2);
                size += std::pow(expected, 2);
                EXPECT_NEAR(found[id], expected, 60 * tolerance)
                    << "position " << row["position"] << ", token " << id;
            };
            for (const auto& best : row["top"]) {
                compare(best[0], best[1]);
            }
            for (std::size_t i = 0; i < row["strided"].size(); ++i) {
                compare(static_cast<std::int64_t>(i) * 1536, row["strided"][i]);
            }
            EXPECT_NEAR(logits.logsumexp({1}).item<double>(), row["logsumexp"].get<double>(),
                        60 * tolerance);
        }
        ASSERT_GT(size, 0.0);
        EXPECT_LT(std::sqrt(error / size), tolerance);
    }

    ReadingState readConsumed(Mode mode) const {
        const std::vector<std::int32_t> ids = golden["ids"];
        ReadingSession session(model(Dtype::Float32), mode, golden["memory"]["segment"]);
        auto rest = std::span(ids).first(golden["memory"]["consumed"].get<std::size_t>());
        while (!rest.empty()) {
            rest = rest.subspan(session.push(rest));
        }
        return session.state();
    }

    void expectGreedy(Mode mode, const std::string& name) const {
        AnswerSession session(model(Dtype::Float32), mode, readConsumed(mode));
        const std::vector<std::int32_t> ids = golden["ids"];
        session.feed(std::span(ids).subspan(golden["memory"]["consumed"].get<std::size_t>()));
        GenerateOptions options;
        options.maxTokens = 64;
        const std::vector<std::int32_t> expected = golden["greedy"][name];
        EXPECT_EQ(session.generate(options, {}).ids, expected)
            << model(Dtype::Float32)->tokenizer->decode(expected);
    }

    const nlohmann::json golden = nlohmann::json::parse(contentsOf("smollm2.json"));
};

} // namespace

TEST_F(Golden, TokensAreThoseOfTheIndependentTokenizer) {
    EXPECT_EQ(model(Dtype::Float32)->tokenizer->encodeIds(golden["text"].get<std::string>()),
              golden["ids"].get<std::vector<std::int32_t>>());
}

TEST_F(Golden, LogitsInFloat) {
    expectLogits(Dtype::Float32, "fp32", 2e-5);
}

TEST_F(Golden, LogitsInBfloat16) {
    expectLogits(Dtype::BFloat16, "bf16", 2e-2);
}

TEST_F(Golden, MemoryAfterThreeSegments) {
    const c10::InferenceMode inference;
    const ReadingState state = readConsumed(Mode::InfiniLinear);
    ASSERT_EQ(state.segments, 3);
    const std::string bytes = contentsOf("smollm2_memory.f32");
    std::vector<float> expected(bytes.size() / sizeof(float));
    std::memcpy(expected.data(), bytes.data(), bytes.size());
    const at::Tensor z = at::stack(state.memory.z).contiguous();
    const at::Tensor M = at::stack({state.memory.M.front(), state.memory.M.back()}).contiguous();
    ASSERT_EQ(static_cast<std::int64_t>(expected.size()), z.numel() + M.numel());
    const auto difference = [](const at::Tensor& found, const float* values) {
        double error = 0, size = 0;
        for (std::int64_t i = 0; i < found.numel(); ++i) {
            error += std::pow(found.const_data_ptr<float>()[i] - values[i], 2);
            size += std::pow(values[i], 2);
        }
        return std::sqrt(error / size);
    };
    EXPECT_LT(difference(z, expected.data()), 2e-5);
    EXPECT_LT(difference(M, expected.data() + z.numel()), 2e-5);
}

TEST_F(Golden, GreedyTextOfTheBaseModel) {
    expectGreedy(Mode::Local, "base");
}

TEST_F(Golden, GreedyTextWithTheMemory) {
    expectGreedy(Mode::InfiniLinear, "memory");
}
