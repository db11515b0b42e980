#include "engine/model/weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <utility>

#include "engine/model/dequantize.h"
#include "engine/model/gguf.h"
#include "tests/support/infini_oracle.h"
#include "tests/support/tiny_model.h"
#include "tests/unit/model/refusal.h"

namespace engine::model {
namespace {

using tests::expectRefused;
using tests::GgufFile;
using tests::tinyModel;

std::shared_ptr<const Weights> load(const GgufFile& file, Dtype dtype = Dtype::Float32) {
    const std::string bytes = file.bytes();
    return Weights::load(*Gguf::parse(bytes, "m.gguf"), dtype);
}

void refused(const GgufFile& file, std::vector<std::string> parts) {
    parts.push_back("m.gguf");
    expectRefused([&] { load(file); }, parts);
}

std::vector<float> valuesOf(const GgufFile::Tensor& tensor) {
    std::vector<float> values(tensor.data.size() / sizeof(float));
    std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
    return values;
}

std::vector<float> valuesOf(const at::Tensor& tensor) {
    const at::Tensor floats = tensor.to(at::kFloat).contiguous();
    return {floats.const_data_ptr<float>(), floats.const_data_ptr<float>() + floats.numel()};
}

std::vector<float> valuesOf(const kernels::Matrix& matrix) {
    return valuesOf(kernels::widened(matrix));
}

std::vector<float> rowsOf(const std::vector<float>& values, std::int64_t columns,
                          const std::vector<std::int64_t>& rows) {
    std::vector<float> result;
    for (const std::int64_t row : rows) {
        result.insert(result.end(), values.begin() + row * columns,
                      values.begin() + (row + 1) * columns);
    }
    return result;
}

/// For each rotate-half row of `heads` heads of 8 rows, the row of the file that holds it.
std::vector<std::int64_t> interleaved(std::int64_t heads) {
    std::vector<std::int64_t> rows;
    for (std::int64_t head = 0; head < heads; ++head) {
        for (const std::int64_t row : {0, 2, 4, 6, 1, 3, 5, 7}) {
            rows.push_back(head * 8 + row);
        }
    }
    return rows;
}

TEST(Weights, StatesTheSizes) {
    const Config config = load(tinyModel(1))->config;
    EXPECT_EQ(config.family, "llama");
    EXPECT_EQ(config.name, "tiny");
    EXPECT_EQ(config.layers, 2);
    EXPECT_EQ(config.width, 32);
    EXPECT_EQ(config.heads, 4);
    EXPECT_EQ(config.kvHeads, 2);
    EXPECT_EQ(config.headWidth, 8);
    EXPECT_EQ(config.feedForward, 64);
    EXPECT_EQ(config.vocabulary, 279);
    EXPECT_EQ(config.contextTokens, 2048);
    EXPECT_EQ(config.normEpsilon, 1e-5f);
    EXPECT_EQ(config.ropeBase, 10000.0f);
    EXPECT_FALSE(config.hasQkvBias);
    EXPECT_TRUE(config.isTied);
}

TEST(Weights, PutsEveryTensorInItsPlace) {
    GgufFile file = tinyModel(1);
    const auto weights = load(file);
    EXPECT_EQ(valuesOf(weights->embedding), valuesOf(file.tensor("token_embd.weight")));
    EXPECT_EQ(valuesOf(weights->outputNorm), valuesOf(file.tensor("output_norm.weight")));
    EXPECT_TRUE(weights->head.values.is_same(weights->embedding.values));
    ASSERT_EQ(weights->layers.size(), 2u);
    for (int i = 0; i < 2; ++i) {
        const LayerWeights& layer = weights->layers[static_cast<std::size_t>(i)];
        const auto source = [&](const std::string& name) {
            return valuesOf(file.tensor("blk." + std::to_string(i) + "." + name + ".weight"));
        };
        EXPECT_EQ(valuesOf(layer.attentionNorm), source("attn_norm"));
        EXPECT_EQ(valuesOf(layer.output), source("attn_output"));
        EXPECT_EQ(valuesOf(layer.feedForwardNorm), source("ffn_norm"));
        EXPECT_EQ(valuesOf(layer.gateUp.rows(0, 64)), source("ffn_gate"));
        EXPECT_EQ(valuesOf(layer.gateUp.rows(64, 64)), source("ffn_up"));
        EXPECT_EQ(valuesOf(layer.down), source("ffn_down"));
        EXPECT_EQ(valuesOf(layer.qkv.rows(0, 32)), rowsOf(source("attn_q"), 32, interleaved(4)));
        EXPECT_EQ(valuesOf(layer.qkv.rows(32, 16)), rowsOf(source("attn_k"), 32, interleaved(2)));
        EXPECT_EQ(valuesOf(layer.qkv.rows(48, 16)), source("attn_v"));
        EXPECT_FALSE(layer.qkvBias.defined());
    }
}

TEST(Weights, TakesQwen2AsItLiesAndWithBiases) {
    GgufFile file = tinyModel(1, "qwen2");
    const auto weights = load(file);
    EXPECT_TRUE(weights->config.hasQkvBias);
    const LayerWeights& layer = weights->layers[1];
    const auto source = [&](const std::string& name) {
        return valuesOf(file.tensor("blk.1." + name));
    };
    EXPECT_EQ(valuesOf(layer.qkv.rows(0, 32)), source("attn_q.weight"));
    EXPECT_EQ(valuesOf(layer.qkv.rows(32, 16)), source("attn_k.weight"));
    EXPECT_EQ(layer.qkvBias.scalar_type(), at::kFloat);
    EXPECT_EQ(valuesOf(layer.qkvBias.narrow(0, 0, 32)), source("attn_q.bias"));
    EXPECT_EQ(valuesOf(layer.qkvBias.narrow(0, 32, 16)), source("attn_k.bias"));
    EXPECT_EQ(valuesOf(layer.qkvBias.narrow(0, 48, 16)), source("attn_v.bias"));
}

TEST(Weights, RoundsMatricesOnceAndKeepsNorms) {
    const GgufFile file = tinyModel(1);
    const auto exact = load(file, Dtype::Float32);
    const auto rounded = load(file, Dtype::BFloat16);
    EXPECT_EQ(rounded->embedding.values.scalar_type(), at::kBFloat16);
    EXPECT_EQ(rounded->layers[0].qkv.values.scalar_type(), at::kBFloat16);
    EXPECT_EQ(rounded->layers[0].attentionNorm.scalar_type(), at::kFloat);
    EXPECT_EQ(valuesOf(rounded->layers[0].attentionNorm), valuesOf(exact->layers[0].attentionNorm));
    EXPECT_EQ(valuesOf(rounded->layers[1].down),
              valuesOf(exact->layers[1].down.values.to(at::kBFloat16)));
    EXPECT_NE(valuesOf(rounded->layers[1].down), valuesOf(exact->layers[1].down));
}

/// All matrices as blocks of a type that int8 holds exactly, of random bytes behind the scales.
GgufFile inBlocks(TensorType type) {
    GgufFile file = tinyModel(1);
    const std::uint16_t halves[] = {0x2e66, 0xad1f}; // 0.1 and −0.08
    std::mt19937 random(5);
    const std::size_t bytes =
        static_cast<std::size_t>(blockOf(static_cast<std::uint32_t>(type))->bytes);
    for (GgufFile::Tensor& tensor : file.tensors) {
        if (tensor.dimensions.size() != 2) {
            continue;
        }
        const std::size_t blocks = tensor.data.size() / sizeof(float) / 32;
        tensor.type = static_cast<std::uint32_t>(type);
        tensor.data.resize(blocks * bytes);
        for (char& byte : tensor.data) {
            byte = static_cast<char>(random());
        }
        const bool hasOffset = type == TensorType::Q4_1 || type == TensorType::Q5_1;
        for (std::size_t i = 0; i < blocks; ++i) {
            std::memcpy(tensor.data.data() + i * bytes, halves, hasOffset ? 4 : 2);
        }
    }
    return file;
}

TEST(Weights, HoldsTheFilesGroupsInInt8Exactly) {
    for (const TensorType type : {TensorType::Q4_0, TensorType::Q4_1, TensorType::Q5_0,
                                  TensorType::Q5_1, TensorType::Q8_0}) {
        const GgufFile file = inBlocks(type);
        const auto exact = load(file, Dtype::Float32), rounded = load(file, Dtype::BFloat16),
                   int8 = load(file, Dtype::Int8);
        EXPECT_EQ(int8->embedding.values.scalar_type(), at::kChar);
        EXPECT_TRUE(int8->head.values.is_same(int8->embedding.values));
        // Reading computes with the bf16 values, so the weights are the same.
        EXPECT_EQ(int8->sha256, rounded->sha256);
        EXPECT_EQ(valuesOf(int8->embedding), valuesOf(rounded->embedding));
        for (std::size_t i = 0; i < 2; ++i) {
            const LayerWeights &a = int8->layers[i], &b = rounded->layers[i];
            EXPECT_EQ(valuesOf(a.qkv), valuesOf(b.qkv));
            EXPECT_EQ(valuesOf(a.output), valuesOf(b.output));
            EXPECT_EQ(valuesOf(a.gateUp), valuesOf(b.gateUp));
            EXPECT_EQ(valuesOf(a.down), valuesOf(b.down));
            EXPECT_EQ(valuesOf(a.attentionNorm), valuesOf(b.attentionNorm));
        }
        // Before any rounding.
        const std::vector<double> found = tests::valuesOf(int8->layers[1].qkv);
        const std::vector<float> values = valuesOf(exact->layers[1].qkv);
        ASSERT_EQ(found.size(), values.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            ASSERT_EQ(static_cast<float>(found[i]), values[i]) << i;
        }
    }
}

TEST(Weights, RoundsOtherTypesToInt8AndNamesThemSo) {
    const GgufFile file = tinyModel(1);
    const auto exact = load(file, Dtype::Float32), int8 = load(file, Dtype::Int8);
    EXPECT_NE(int8->sha256, exact->sha256);
    EXPECT_EQ(int8->sha256, load(file, Dtype::Int8)->sha256);
    EXPECT_EQ(valuesOf(int8->layers[0].attentionNorm), valuesOf(exact->layers[0].attentionNorm));
    for (const auto& [found, expected] :
         {std::pair{int8->embedding, exact->embedding},
          std::pair{int8->layers[0].qkv, exact->layers[0].qkv},
          std::pair{int8->layers[1].gateUp, exact->layers[1].gateUp}}) {
        const std::vector<double> values = tests::valuesOf(found);
        const std::vector<float> whole = valuesOf(expected);
        const auto [least, most] = std::minmax_element(whole.begin(), whole.end());
        const double step = static_cast<double>(*most - *least) / 254;
        ASSERT_EQ(values.size(), whole.size());
        for (std::size_t i = 0; i < whole.size(); ++i) {
            ASSERT_NEAR(values[i], whole[i], step / 2 * 1.01) << i;
        }
    }
}

TEST(Weights, TakesTheBytesOfItsFormat) {
    const GgufFile file = tinyModel(1);
    std::int64_t inMatrices = 0, inVectors = 8 * 4 / 2; // inverse frequencies
    for (const GgufFile::Tensor& tensor : file.tensors) {
        const auto bytes = static_cast<std::int64_t>(tensor.data.size());
        tensor.dimensions.size() == 2 ? inMatrices += bytes / 4 : inVectors += bytes;
    }
    EXPECT_EQ(load(file, Dtype::Float32)->bytes(), 4 * inMatrices + inVectors);
    EXPECT_EQ(load(file, Dtype::BFloat16)->bytes(), 2 * inMatrices + inVectors);
    EXPECT_EQ(load(file, Dtype::Int8)->bytes(), inMatrices * 9 / 8 + inVectors);
    GgufFile untied = file;
    untied.add("output.weight", {279, 32}, std::vector<float>(279 * 32, 0.25f));
    EXPECT_EQ(load(untied, Dtype::BFloat16)->bytes(),
              load(file, Dtype::BFloat16)->bytes() + 279 * 32 * 2);
}

TEST(Weights, RefusesWhatInt8CannotHold) {
    const auto refusedInt8 = [](const GgufFile& file, std::vector<std::string> parts) {
        parts.insert(parts.end(), {"m.gguf", "bf16"});
        expectRefused([&] { load(file, Dtype::Int8); }, parts);
        EXPECT_NO_THROW(load(file, Dtype::BFloat16));
    };
    GgufFile file = tinyModel(1);
    file.set("llama.feed_forward_length", 48u);
    for (int i = 0; i < 2; ++i) {
        const std::string block = "blk." + std::to_string(i) + ".ffn_";
        for (const char* name : {"gate", "up", "down"}) {
            GgufFile::Tensor& tensor = file.tensor(block + name + ".weight");
            std::replace(tensor.dimensions.begin(), tensor.dimensions.end(), std::uint64_t{64},
                         std::uint64_t{48});
            tensor.data.resize(32 * 48 * sizeof(float));
        }
    }
    refusedInt8(file, {"tensor blk.0.ffn_down.weight", "48", "32"});
    file = tinyModel(1);
    const float large = 1e7f;
    std::memcpy(file.tensor("blk.1.attn_k.weight").data.data() + 8, &large, sizeof large);
    refusedInt8(file, {"tensor blk.1.attn_k.weight", "too large"});
}

TEST(Weights, UsesAnUntiedHead) {
    GgufFile file = tinyModel(1);
    std::vector<float> values(279 * 32, 0.25f);
    file.add("output.weight", {279, 32}, values);
    const auto weights = load(file);
    EXPECT_FALSE(weights->config.isTied);
    EXPECT_EQ(valuesOf(weights->head), values);
}

TEST(Weights, DividesTheFrequenciesByTheFilesFactors) {
    GgufFile file = tinyModel(1);
    EXPECT_EQ(valuesOf(load(file)->ropeFrequencies),
              (std::vector<float>{1.0f, 0.1f, 0.01f, 0.001f}));
    file.add("rope_freqs.weight", {4}, {1.0f, 2.0f, 4.0f, 8.0f});
    EXPECT_EQ(valuesOf(load(file)->ropeFrequencies),
              (std::vector<float>{1.0f, 0.05f, 0.0025f, 0.000125f}));
}

TEST(Weights, DividesPositionsByALinearScale) {
    for (const char* key : {"llama.rope.scaling.factor", "llama.rope.scale_linear"}) {
        GgufFile file = tinyModel(1);
        file.set(key, 4.0f);
        if (std::string(key) == "llama.rope.scaling.factor") {
            file.set("llama.rope.scaling.type", "linear");
        }
        const auto weights = load(file);
        EXPECT_EQ(weights->config.ropeScale, 4.0f);
        EXPECT_EQ(valuesOf(weights->ropeFrequencies),
                  (std::vector<float>{0.25f, 0.025f, 0.0025f, 0.00025f}));
        EXPECT_NE(weights->sha256, load(tinyModel(1))->sha256);
    }
}

TEST(Weights, TakesQwen3WithTheNormsOfItsHeads) {
    GgufFile file = tinyModel(1, "qwen3");
    const auto weights = load(file);
    EXPECT_TRUE(weights->config.hasQkNorm);
    EXPECT_FALSE(weights->config.hasQkvBias);
    EXPECT_FALSE(weights->layers[0].qkvBias.defined());
    EXPECT_EQ(valuesOf(weights->layers[1].queryNorm),
              valuesOf(file.tensor("blk.1.attn_q_norm.weight")));
    EXPECT_EQ(valuesOf(weights->layers[1].keyNorm),
              valuesOf(file.tensor("blk.1.attn_k_norm.weight")));
    EXPECT_EQ(valuesOf(weights->layers[1].qkv.rows(0, 32)),
              valuesOf(file.tensor("blk.1.attn_q.weight")));
    // The head width is the file's, whatever width / heads would give.
    file.set("qwen3.attention.key_length", 16u);
    file.set("qwen3.attention.value_length", 16u);
    file.erase("qwen3.rope.dimension_count");
    refused(file, {"attn_q.weight", "32 x 32", "64 x 32"});
}

TEST(Weights, HashDependsOnTheValuesAsUsedOnly) {
    const std::string hash = load(tinyModel(1))->sha256;
    EXPECT_EQ(hash.size(), 64u);
    EXPECT_EQ(load(tinyModel(1), Dtype::BFloat16)->sha256, hash);
    EXPECT_NE(load(tinyModel(2))->sha256, hash);

    GgufFile renamed = tinyModel(1);
    renamed.set("general.name", "other");
    std::swap(renamed.tensors.front(), renamed.tensors.back());
    EXPECT_EQ(load(renamed)->sha256, hash);

    // The same values in bf16 are the same weights.
    GgufFile narrow = tinyModel(1);
    GgufFile::Tensor& tensor = narrow.tensor("token_embd.weight");
    const at::Tensor rounded = load(tinyModel(1))->embedding.values.to(at::kBFloat16).contiguous();
    tensor.type = static_cast<std::uint32_t>(TensorType::BF16);
    tensor.data.assign(static_cast<const char*>(rounded.const_data_ptr()),
                       static_cast<std::size_t>(rounded.numel()) * 2);
    EXPECT_EQ(load(narrow)->sha256, hash);

    GgufFile otherBase = tinyModel(1);
    otherBase.set("llama.rope.freq_base", 20000.0f);
    EXPECT_NE(load(otherBase)->sha256, hash);

    GgufFile changed = tinyModel(1);
    changed.tensor("blk.1.ffn_down.weight").data.back() ^= 1;
    EXPECT_NE(load(changed)->sha256, hash);
}

TEST(Weights, RefusesOtherFamilies) {
    GgufFile file = tinyModel(1);
    file.set("general.architecture", "falcon");
    refused(file, {"family", "\"falcon\"", "llama, qwen2 or qwen3"});
    file.erase("general.architecture");
    refused(file, {"family", "missing"});
}

TEST(Weights, RefusesMissingSizes) {
    for (const char* key :
         {"block_count", "embedding_length", "attention.head_count", "feed_forward_length",
          "context_length", "attention.layer_norm_rms_epsilon"}) {
        GgufFile file = tinyModel(1);
        file.erase(std::string("llama.") + key);
        refused(file, {std::string("key llama.") + key, "missing"});
    }
    GgufFile file = tinyModel(1);
    file.erase("llama.vocab_size");
    EXPECT_EQ(load(file)->config.vocabulary, 279);
    file.erase("tokenizer.ggml.tokens");
    refused(file, {"llama.vocab_size", "missing"});
}

TEST(Weights, RefusesSizesOutOfRange) {
    for (const char* key :
         {"block_count", "embedding_length", "attention.head_count", "attention.head_count_kv",
          "feed_forward_length", "context_length", "vocab_size"}) {
        for (const std::uint32_t value : {0u, 0x7fffffffu}) {
            GgufFile file = tinyModel(1);
            file.set(std::string("llama.") + key, value);
            refused(file, {std::string("key llama.") + key, std::to_string(value), "1 to"});
        }
    }
    GgufFile file = tinyModel(1);
    file.set("llama.block_count", tests::GgufValue::UInt64, tests::littleEndian(UINT64_MAX));
    refused(file, {"llama.block_count", "1 to"});
}

TEST(Weights, RefusesHeadsThatDoNotDivide) {
    GgufFile file = tinyModel(1);
    file.set("llama.attention.head_count_kv", 3u);
    refused(file, {"head_count_kv", "3", "a divisor of the 4"});
    file = tinyModel(1);
    file.set("llama.attention.head_count", 6u);
    refused(file, {"embedding_length", "32", "a multiple of the 6"});
    file = tinyModel(1);
    file.set("llama.attention.key_length", 7u);
    refused(file, {"head width", "7", "even"});
    file = tinyModel(1);
    file.set("llama.attention.value_length", 16u);
    refused(file, {"value_length", "16", "8"});
    file = tinyModel(1);
    file.set("llama.rope.dimension_count", 4u);
    refused(file, {"rope.dimension_count", "4", "8"});
    file = tinyModel(1);
    file.set("llama.expert_count", 8u);
    refused(file, {"expert_count", "8", "0"});
}

TEST(Weights, TakesAHeadWidthOfItsOwn) {
    GgufFile file = tinyModel(1);
    file.set("llama.attention.key_length", 8u);
    EXPECT_EQ(load(file)->config.headWidth, 8);
    file.erase("llama.rope.dimension_count");
    file.set("llama.attention.key_length", 16u);
    refused(file, {"attn_q.weight", "32 x 32", "64 x 32"});
}

TEST(Weights, RefusesFloatsOutOfRange) {
    for (const float value : {0.0f, 1.0f, std::nanf(""), std::numeric_limits<float>::infinity()}) {
        GgufFile file = tinyModel(1);
        file.set("llama.attention.layer_norm_rms_epsilon", value);
        refused(file, {"layer_norm_rms_epsilon"});
    }
    for (const float value : {0.5f, std::nanf(""), 1e20f}) {
        GgufFile file = tinyModel(1);
        file.set("llama.rope.freq_base", value);
        refused(file, {"rope.freq_base"});
    }
}

TEST(Weights, RefusesUnknownRopeScaling) {
    GgufFile file = tinyModel(1);
    file.set("llama.rope.scaling.type", "none");
    EXPECT_NO_THROW(load(file));
    file.set("llama.rope.scaling.type", "yarn");
    refused(file, {"rope.scaling.type", "\"yarn\"", "none, linear or llama3"});
    file.set("llama.rope.scaling.type", "linear");
    refused(file, {"rope.scaling.factor", "missing"});
    file.set("llama.rope.scaling.factor", 0.5f);
    refused(file, {"rope.scaling.factor", "0.5"});
    file.set("llama.rope.scaling.factor", 4.0f);
    file.set("llama.rope.scale_linear", 2.0f);
    refused(file, {"rope.scale_linear", "2.0", "4.0"});
    file.erase("llama.rope.scaling.type");
    file.set("llama.rope.scale_linear", std::nanf(""));
    refused(file, {"rope.scale_linear", "nan"});
}

TEST(Weights, RefusesMissingUnknownAndMisshapenTensors) {
    for (const char* family : {"qwen2", "qwen3"}) {
        const GgufFile whole = tinyModel(1, family);
        for (const GgufFile::Tensor& tensor : whole.tensors) {
            GgufFile file = whole;
            std::erase_if(file.tensors,
                          [&](const auto& other) { return other.name == tensor.name; });
            refused(file, {"tensor " + tensor.name, "missing"});
            file = whole;
            file.tensor(tensor.name).dimensions.back() -= 1;
            refused(file, {"tensor " + tensor.name, "expected"});
        }
    }
    GgufFile file = tinyModel(1);
    file.add("blk.2.attn_q.weight", {1}, {0.0f});
    refused(file, {"tensor blk.2.attn_q.weight", "present", "family llama"});
    file = tinyModel(1);
    file.add("output.weight", {279, 16}, std::vector<float>(279 * 16));
    refused(file, {"tensor output.weight", "279 x 16", "279 x 32"});
    file = tinyModel(1);
    file.add("rope_freqs.weight", {8}, std::vector<float>(8, 1.0f));
    refused(file, {"tensor rope_freqs.weight", "8", "4"});
}

TEST(Weights, RefusesValuesThatAreNotFinite) {
    for (const char* name : {"output_norm.weight", "blk.1.attn_norm.weight",
                             "blk.0.ffn_down.weight", "token_embd.weight"}) {
        for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
            GgufFile file = tinyModel(1);
            std::memcpy(file.tensor(name).data.data() + 8, &bad, sizeof bad);
            refused(file, {std::string("tensor ") + name, "not finite"});
        }
    }
    GgufFile file = tinyModel(1);
    file.add("rope_freqs.weight", {4}, {1.0f, 0.0f, 1.0f, 1.0f});
    refused(file, {"rope_freqs.weight", "above 0"});
}

TEST(Weights, LoadsTheDefaultModel) {
    if (std::string(TEST_MODEL).empty()) {
        GTEST_SKIP() << "the default model is not on this machine";
    }
    const auto file = Gguf::open(TEST_MODEL);
    EXPECT_EQ(file->tensors().size(), 272u);
    const auto weights = Weights::load(*file, Dtype::BFloat16);
    EXPECT_EQ(weights->config.layers, 30);
    EXPECT_EQ(weights->config.width, 576);
    EXPECT_EQ(weights->config.headWidth, 64);
    EXPECT_EQ(weights->config.vocabulary, 49152);
    EXPECT_EQ(weights->config.contextTokens, 8192);
    EXPECT_EQ(weights->config.ropeBase, 100000.0f);
    EXPECT_TRUE(weights->config.isTied);
    EXPECT_EQ(weights->layers[29].qkv.values.sizes(), (std::vector<std::int64_t>{960, 576}));
    // Its matrices are Q4_1 and Q8_0.
    const auto int8 = Weights::load(*file, Dtype::Int8);
    EXPECT_EQ(int8->sha256, weights->sha256);
    EXPECT_EQ(int8->bytes() / 1'000'000, 151);
}

} // namespace
} // namespace engine::model
