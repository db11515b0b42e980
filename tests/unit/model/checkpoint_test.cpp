#include "engine/model/checkpoint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

#include "engine/model/checkpoint_config.h"
#include "engine/model/gguf.h"
#include "engine/model/session.h"
#include "engine/model/tokenizer.h"
#include "engine/model/weights.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/tiny_model.h"
#include "tests/unit/model/refusal.h"

namespace engine::model {
namespace {

using nlohmann::json;
using tests::expectRefused;
using tests::GgufFile;
using tests::tinyCheckpoint;
using tests::TinyCheckpoint;
using tests::tinyModel;

using Texts = std::map<std::string, std::string>;

Checkpoint::Files viewsOf(const Texts& files) {
    return {files.begin(), files.end()};
}

std::shared_ptr<const Weights> weightsOf(const Texts& files, Dtype dtype = Dtype::Float32) {
    return Weights::load(*Checkpoint::parse(viewsOf(files), "/models/tiny"), dtype);
}

std::shared_ptr<const Weights> weightsOf(const GgufFile& file, Dtype dtype = Dtype::Float32) {
    const std::string bytes = file.bytes();
    return Weights::load(*Gguf::parse(bytes, "m.gguf"), dtype);
}

void refused(const Texts& files, std::vector<std::string> parts) {
    parts.push_back("/models/tiny");
    expectRefused([&] { weightsOf(files); }, parts);
}

void refused(const TinyCheckpoint& checkpoint, const std::vector<std::string>& parts) {
    refused(checkpoint.files(), parts);
}

void refusedConfig(const char* field, const json& value, const std::vector<std::string>& parts) {
    TinyCheckpoint checkpoint = tinyCheckpoint(1);
    checkpoint.config[field] = value;
    refused(checkpoint, parts);
}

void expectSame(const at::Tensor& a, const at::Tensor& b) {
    ASSERT_EQ(a.sizes(), b.sizes());
    EXPECT_EQ(std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()), 0);
}

/// Halves every value's bytes: fp32 rounded down to bf16.
std::string narrowed(const std::string& floats) {
    std::string result;
    for (std::size_t i = 0; i < floats.size(); i += 4) {
        result += floats.substr(i + 2, 2);
    }
    return result;
}

TEST(Checkpoint, GivesTheWeightsOfTheGgufFileWithTheSameValues) {
    for (const std::string family : {"llama", "qwen2", "qwen3"}) {
        const auto gguf = weightsOf(tinyModel(1, family));
        const auto stored = weightsOf(tinyCheckpoint(1, family).files());
        EXPECT_EQ(stored->sha256, gguf->sha256) << family;
        EXPECT_EQ(stored->config.family, family);
        EXPECT_EQ(stored->config.name, "tiny");
        EXPECT_EQ(stored->config.contextTokens, 2048);
        EXPECT_TRUE(stored->config.isTied);
        EXPECT_EQ(stored->config.hasQkvBias, family == "qwen2");
        EXPECT_EQ(stored->config.hasQkNorm, family == "qwen3");
        expectSame(stored->ropeFrequencies, gguf->ropeFrequencies);
        for (std::size_t i = 0; i < 2; ++i) {
            expectSame(stored->layers[i].qkv.values, gguf->layers[i].qkv.values);
            expectSame(stored->layers[i].gateUp.values, gguf->layers[i].gateUp.values);
        }
        EXPECT_NE(weightsOf(tinyCheckpoint(2, family).files())->sha256, gguf->sha256);
        EXPECT_EQ(weightsOf(tinyCheckpoint(1, family).shardedFiles())->sha256, gguf->sha256);
    }
}

TEST(Checkpoint, GivesTheHashOfBf16ValuesWhateverTheContainer) {
    GgufFile file = tinyModel(1);
    TinyCheckpoint checkpoint = tinyCheckpoint(1);
    for (GgufFile::Tensor& tensor : file.tensors) {
        tensor.type = static_cast<std::uint32_t>(TensorType::BF16);
        tensor.data = narrowed(tensor.data);
    }
    for (auto& tensor : checkpoint.weights.tensors) {
        tensor.dtype = "BF16";
        tensor.data = narrowed(tensor.data);
    }
    const std::string hash = weightsOf(file, Dtype::BFloat16)->sha256;
    EXPECT_EQ(weightsOf(checkpoint.files(), Dtype::BFloat16)->sha256, hash);
    EXPECT_EQ(weightsOf(checkpoint.files(), Dtype::Float32)->sha256, hash);
    EXPECT_NE(hash, weightsOf(tinyModel(1))->sha256);
}

TEST(Checkpoint, GivesTheTokenizerOfTheGgufFile) {
    const std::string bytes = tinyModel(1).bytes();
    const auto expected = Tokenizer::load(*Gguf::parse(bytes, "m.gguf"));
    TinyCheckpoint checkpoint = tinyCheckpoint(1);
    const Texts files = checkpoint.files();
    const auto found = Tokenizer::load(*Checkpoint::parse(viewsOf(files), "tiny"));
    EXPECT_EQ(found->sha256(), expected->sha256());
    EXPECT_EQ(found->stopTokens(), expected->stopTokens());
    EXPECT_EQ(found->encodeIds("the thing 12"), expected->encodeIds("the thing 12"));

    checkpoint.config["eos_token_id"] = {5, 6, 7};
    const Texts more = checkpoint.files();
    EXPECT_EQ(Tokenizer::load(*Checkpoint::parse(viewsOf(more), "tiny"))->stopTokens(),
              (std::vector<std::int32_t>{0, 2, 5, 6, 7}));
}

TEST(Checkpoint, BeginsATextAsTheGgufFile) {
    GgufFile file = tinyModel(1);
    file.set("tokenizer.ggml.add_bos_token", true);
    const std::string bytes = file.bytes();
    const auto expected = Tokenizer::load(*Gguf::parse(bytes, "m.gguf"));
    TinyCheckpoint checkpoint = tinyCheckpoint(1);
    checkpoint.tokenizer["post_processor"] = {
        {"type", "TemplateProcessing"},
        {"single", {{{"SpecialToken", {{"id", "<|im_start|>"}}}}, {{"Sequence", {{"id", "A"}}}}}},
        {"special_tokens", {{"<|im_start|>", {{"ids", {tests::kTinyStart}}}}}}};
    const Texts files = checkpoint.files();
    const auto found = Tokenizer::load(*Checkpoint::parse(viewsOf(files), "tiny"));
    EXPECT_EQ(found->beginToken(), tests::kTinyStart);
    EXPECT_EQ(found->sha256(), expected->sha256());
    EXPECT_EQ(found->encodeFromBegin("the thing"), expected->encodeFromBegin("the thing"));
}

TEST(Checkpoint, CountsRowsWithoutATokenAsUnused) {
    TinyCheckpoint checkpoint = tinyCheckpoint(1);
    auto& embedding = checkpoint.weights.tensor("model.embed_tokens.weight");
    embedding.shape[0] += 2;
    embedding.data += std::string(2 * 32 * 4, '\0');
    checkpoint.config["vocab_size"] = 281;
    const Texts files = checkpoint.files();
    const auto tokenizer = Tokenizer::load(*Checkpoint::parse(viewsOf(files), "tiny"));
    EXPECT_EQ(tokenizer->vocabulary(), 281);
    EXPECT_EQ(tokenizer->bytesOf(280), "");
}

TEST(Checkpoint, UsesAHeadOfItsOwnOrTheTiedOne) {
    TinyCheckpoint checkpoint = tinyCheckpoint(1);
    const std::string hash = weightsOf(checkpoint.files())->sha256;
    auto head = checkpoint.weights.tensor("model.embed_tokens.weight");
    head.name = "lm_head.weight";
    checkpoint.weights.tensors.push_back(head);
    EXPECT_EQ(weightsOf(checkpoint.files())->sha256, hash);
    checkpoint.config["tie_word_embeddings"] = false;
    const auto untied = weightsOf(checkpoint.files());
    EXPECT_FALSE(untied->config.isTied);
    expectSame(untied->head.values, untied->embedding.values);

    checkpoint.config["tie_word_embeddings"] = true;
    checkpoint.weights.tensor("lm_head.weight").data.back() ^= 1;
    refused(checkpoint, {"lm_head.weight", "not the embedding"});
    checkpoint.weights.erase("lm_head.weight");
    checkpoint.config.erase("tie_word_embeddings");
    refused(checkpoint, {"lm_head.weight", "missing", "tie_word_embeddings"});
    refusedConfig("tie_word_embeddings", 1, {"tie_word_embeddings", "true or false"});
}

TEST(Checkpoint, RefusesMissingUnknownAndMisshapenTensors) {
    const TinyCheckpoint whole = tinyCheckpoint(1, "qwen3");
    for (const auto& tensor : whole.weights.tensors) {
        TinyCheckpoint checkpoint = whole;
        checkpoint.weights.erase(tensor.name);
        refused(checkpoint, {"tensor " + tensor.name, "missing"});
        checkpoint = whole;
        auto& changed = checkpoint.weights.tensor(tensor.name);
        changed.shape.insert(changed.shape.begin(), 1);
        refused(checkpoint, {"tensor " + tensor.name + " in model.safetensors", "1 x "});
    }
    for (const char* name : {"score.weight", "model.layers.0.extra.weight",
                             "model.layers.x.mlp.up_proj.weight", "model.layers..mlp"}) {
        TinyCheckpoint checkpoint = whole;
        checkpoint.weights.add(name, {1}, {0});
        refused(checkpoint, {std::string("tensor ") + name, "present"});
    }
    TinyCheckpoint checkpoint = whole;
    checkpoint.weights.add("model.layers.2.mlp.up_proj.weight", {1}, {0});
    refused(checkpoint, {"model.layers.2.mlp.up_proj.weight", "present", "family qwen3"});
    checkpoint = tinyCheckpoint(1);
    const float bad = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(checkpoint.weights.tensor("model.norm.weight").data.data(), &bad, sizeof bad);
    refused(checkpoint, {"tensor model.norm.weight", "not finite"});
}

TEST(Checkpoint, RefusesMissingFiles) {
    for (const char* name : {"config.json", "tokenizer.json"}) {
        Texts files = tinyCheckpoint(1).files();
        files.erase(name);
        refused(files, {name, "missing"});
    }
    Texts files = tinyCheckpoint(1).files();
    files.erase("model.safetensors");
    refused(files, {"model.safetensors.index.json", "missing"});
    files = tinyCheckpoint(1).shardedFiles();
    files.erase("model-00002-of-00002.safetensors");
    refused(files, {"model-00002-of-00002.safetensors", "missing"});
}

TEST(Checkpoint, RefusesABadIndex) {
    const Texts whole = tinyCheckpoint(1).shardedFiles();
    const char* const name = "model.safetensors.index.json";
    const auto refusedIndex = [&](const std::function<void(json&)>& change,
                                  const std::vector<std::string>& parts) {
        Texts files = whole;
        json index = json::parse(files[name]);
        change(index);
        files[name] = index.dump();
        refused(files, parts);
    };
    refusedIndex([](json& index) { index.erase("weight_map"); }, {"weight_map", "missing"});
    refusedIndex([](json& index) { index["weight_map"] = json::array(); }, {"weight_map"});
    refusedIndex([](json& index) { index["weight_map"] = json::object(); }, {"weight_map"});
    for (const json& file : {json(1), json("../model.safetensors"), json("/etc/passwd"),
                             json("model.bin"), json("config.json")}) {
        refusedIndex([&](json& index) { index["weight_map"]["model.norm.weight"] = file; },
                     {"model.norm.weight", "a .safetensors file"});
    }
    refusedIndex(
        [](json& index) {
            index["weight_map"]["model.norm.weight"] = "model-00001-of-00002.safetensors";
        },
        {"model-00001-of-00002.safetensors", "as many as the index says"});
    refusedIndex([](json& index) { index["weight_map"].erase("model.norm.weight"); },
                 {"model.norm.weight", "present", "the index"});
    refusedIndex(
        [](json& index) {
            for (int i = 0; i < 4097; ++i) {
                index["weight_map"][std::to_string(i)] = std::to_string(i) + ".safetensors";
            }
        },
        {"number of files", "4099", "4096"});
    Texts files = whole;
    files[name] = "{";
    refused(files, {name, "JSON"});
}

TEST(Checkpoint, RefusesBrokenConfigs) {
    Texts files = tinyCheckpoint(1).files();
    for (const std::string text : {"", "{", "[]", "{\"a\":1,\"a\":1}"}) {
        files["config.json"] = text;
        refused(files, {"config.json"});
    }
    for (const char* field : {"num_hidden_layers", "hidden_size", "num_attention_heads",
                              "intermediate_size", "max_position_embeddings", "rms_norm_eps"}) {
        TinyCheckpoint checkpoint = tinyCheckpoint(1);
        checkpoint.config.erase(field);
        refused(checkpoint, {std::string(field) + " of config.json", "missing"});
        for (const json& value : {json("2"), json::array({2}), json(true)}) {
            refusedConfig(field, value, {std::string(field) + " of config.json", "number"});
        }
        refusedConfig(field, -1, {std::string(field) + " of config.json", "-1"});
        refusedConfig(field, 1e300, {std::string(field) + " of config.json"});
    }
    refusedConfig("vocab_size", UINT64_MAX, {"vocab_size", "18446744073709551615"});
    refusedConfig("num_hidden_layers", 2.5, {"num_hidden_layers", "2.5", "whole number"});
    refusedConfig("num_key_value_heads", 3, {"num_key_value_heads", "a divisor of the 4"});
    refusedConfig("head_dim", 7, {"head width", "7"});
    refusedConfig("rope_theta", 0.5, {"rope_theta", "0.5"});
    refusedConfig("eos_token_id", "2", {"eos_token_id", "token ids"});
    refusedConfig("eos_token_id", {1, 2, 3, 4}, {"eos_token_id", "one to three"});
}

TEST(Checkpoint, RefusesOtherComputationsByName) {
    refusedConfig("model_type", "mistral", {"model_type", "\"mistral\"", "llama, qwen2 or qwen3"});
    refusedConfig("model_type", nullptr, {"model_type", "missing"});
    refusedConfig("model_type", 1, {"model_type", "a string"});
    refusedConfig("hidden_act", "gelu", {"hidden_act", "gelu", "silu"});
    refusedConfig("attention_bias", true, {"attention_bias", "true", "false"});
    refusedConfig("mlp_bias", true, {"mlp_bias", "true", "false"});
    refusedConfig("use_sliding_window", true, {"use_sliding_window", "true", "false"});
    refusedConfig("partial_rotary_factor", 0.5, {"partial_rotary_factor", "0.5", "1"});
    refusedConfig("quantization_config", json::object(), {"quantization_config", "absent"});
    refusedConfig("layer_types", {"full_attention", "sliding_attention"},
                  {"layer_types", "sliding_attention", "full_attention"});
    TinyCheckpoint checkpoint = tinyCheckpoint(1);
    checkpoint.config["layer_types"] = {"full_attention", "full_attention"};
    checkpoint.config["quantization_config"] = nullptr;
    EXPECT_NO_THROW(weightsOf(checkpoint.files()));
}

std::vector<float> frequenciesOf(const Texts& files) {
    const at::Tensor values = weightsOf(files)->ropeFrequencies;
    return {values.const_data_ptr<float>(), values.const_data_ptr<float>() + values.numel()};
}

TEST(Checkpoint, ScalesTheRotaryEmbeddingLinearly) {
    TinyCheckpoint checkpoint = tinyCheckpoint(1);
    const std::string hash = weightsOf(checkpoint.files())->sha256;
    const std::vector<float> plain = frequenciesOf(checkpoint.files());
    for (const char* name : {"rope_scaling", "rope_parameters"}) {
        for (const char* type : {"type", "rope_type"}) {
            checkpoint.config.erase("rope_scaling");
            checkpoint.config.erase("rope_parameters");
            checkpoint.config[name] = {{type, "linear"}, {"factor", 4.0}};
            const std::vector<float> scaled = frequenciesOf(checkpoint.files());
            for (std::size_t i = 0; i < plain.size(); ++i) {
                EXPECT_FLOAT_EQ(scaled[i], plain[i] / 4);
            }
        }
    }
    EXPECT_NE(weightsOf(checkpoint.files())->sha256, hash);
    GgufFile file = tinyModel(1);
    file.set("llama.rope.scaling.type", "linear");
    file.set("llama.rope.scaling.factor", 4.0f);
    EXPECT_EQ(weightsOf(file)->sha256, weightsOf(checkpoint.files())->sha256);

    checkpoint.config["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 10000.0}};
    checkpoint.config.erase("rope_theta");
    EXPECT_EQ(weightsOf(checkpoint.files())->sha256, hash);
    checkpoint.config["rope_parameters"]["rope_theta"] = 20000.0;
    EXPECT_NE(weightsOf(checkpoint.files())->sha256, hash);
}

TEST(Checkpoint, RefusesOtherScalingsByName) {
    for (const char* type : {"yarn", "dynamic", "longrope", "su"}) {
        refusedConfig("rope_scaling", {{"type", type}, {"factor", 2.0}},
                      {"rope_type of config.json", type, "none, linear or llama3"});
    }
    refusedConfig("rope_scaling", 2, {"rope_scaling", "an object"});
    refusedConfig("rope_scaling", {{"type", 2}}, {"type", "a string"});
    refusedConfig("rope_scaling", {{"type", "linear"}}, {"factor of config.json", "missing"});
    refusedConfig("rope_scaling", {{"type", "linear"}, {"factor", 0.5}}, {"factor", "0.5"});
    const json sound{{"rope_type", "llama3"},
                     {"factor", 32.0},
                     {"low_freq_factor", 1.0},
                     {"high_freq_factor", 4.0},
                     {"original_max_position_embeddings", 8192}};
    TinyCheckpoint checkpoint = tinyCheckpoint(1);
    checkpoint.config["rope_scaling"] = sound;
    EXPECT_NO_THROW(weightsOf(checkpoint.files()));
    for (const auto& [field, value] : sound.items()) {
        if (field == "rope_type") {
            continue;
        }
        for (const json& bad : {json(), json("8"), json(0), json(-1), json(1e30)}) {
            json scaling = sound;
            scaling[field] = bad;
            refusedConfig("rope_scaling", scaling, {field + " of config.json"});
        }
    }
    json scaling = sound;
    scaling["high_freq_factor"] = 1.0;
    refusedConfig("rope_scaling", scaling, {"high_freq_factor", "above low_freq_factor"});
}

/// Llama 3's rule as its authors' code states it, by wavelengths.
double scaledFrequency(double frequency) {
    const double factor = 32, low = 1, high = 4, original = 8192;
    const double wavelength = 2 * 3.14159265358979323846 / frequency;
    if (wavelength < original / high) {
        return frequency;
    }
    if (wavelength > original / low) {
        return frequency / factor;
    }
    const double smooth = (original / wavelength - low) / (high - low);
    return (1 - smooth) * frequency / factor + smooth * frequency;
}

TEST(Checkpoint, ScalesTheRotaryEmbeddingAsLlama3Does) {
    TinyCheckpoint checkpoint = tinyCheckpoint(1);
    checkpoint.config["rope_theta"] = 500000.0;
    checkpoint.config["rope_scaling"] = {{"rope_type", "llama3"},
                                         {"factor", 32.0},
                                         {"low_freq_factor", 1.0},
                                         {"high_freq_factor", 4.0},
                                         {"original_max_position_embeddings", 8192}};
    const std::vector<float> found = frequenciesOf(checkpoint.files());
    ASSERT_EQ(found.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) {
        const double expected = scaledFrequency(std::pow(500000.0, -static_cast<double>(i) / 4));
        EXPECT_NEAR(found[i], expected, expected * 1.2e-7);
    }
    // A GGUF file with the same divisors has the same weights as used.
    const std::vector<float> divisors = Llama3Scaling{32, 1, 4, 8192}.divisors(8, 500000.0);
    GgufFile file = tinyModel(1);
    file.set("llama.rope.freq_base", 500000.0f);
    file.add("rope_freqs.weight", {4}, divisors);
    const auto gguf = weightsOf(file);
    EXPECT_EQ(gguf->sha256, weightsOf(checkpoint.files())->sha256);
    expectSame(gguf->ropeFrequencies, weightsOf(checkpoint.files())->ropeFrequencies);
}

TEST(Checkpoint, DividesTheFrequenciesOfLlama32AsItsGgufFileDoes) {
    const std::vector<float> divisors = Llama3Scaling{32, 1, 4, 8192}.divisors(64, 500000.0);
    ASSERT_EQ(divisors.size(), 32u);
    for (std::size_t i = 0; i < 32; ++i) {
        const double frequency = std::pow(500000.0, -static_cast<double>(i) / 32);
        EXPECT_NEAR(divisors[i], frequency / scaledFrequency(frequency), 32 * 6e-8) << i;
    }
    EXPECT_EQ(divisors[14], 1.0f);
    // From a script of its own, in double; these three lie in between.
    EXPECT_FLOAT_EQ(divisors[15], 1.6513292457638982f);
    EXPECT_FLOAT_EQ(divisors[16], 3.2922621029408843f);
    EXPECT_FLOAT_EQ(divisors[17], 9.666728978753293f);
    EXPECT_EQ(divisors[18], 32.0f);
}

class CheckpointOpen : public testing::Test {
protected:
    void SetUp() override {
        folder = std::filesystem::temp_directory_path() /
                 ("infolio-checkpoint-" + std::to_string(getpid())) / "tiny";
        std::filesystem::create_directories(folder);
    }
    void TearDown() override { std::filesystem::remove_all(folder.parent_path()); }

    void write(const Texts& files) const {
        for (const auto& [name, text] : files) {
            std::ofstream(folder / name, std::ios::binary) << text;
        }
    }

    std::filesystem::path folder;
};

TEST_F(CheckpointOpen, OpensAFolderOrTheFileInIt) {
    const std::string hash = weightsOf(tinyModel(1))->sha256;
    write(tinyCheckpoint(1).files());
    for (const std::string& path :
         {folder.string(), folder.string() + "/", (folder / "model.safetensors").string()}) {
        const auto file = ModelFile::open(path);
        EXPECT_EQ(file->path(), path);
        EXPECT_EQ(Weights::load(*file, Dtype::BFloat16)->sha256, hash);
        const auto model = Model::load(path, "", Dtype::BFloat16);
        EXPECT_EQ(model->weights->sha256, hash);
    }
    EXPECT_EQ(ModelFile::open(folder)->string("general.name"), "tiny");
    EXPECT_EQ(ModelFile::open(folder.string() + "/")->string("general.name"), "tiny");
    // The values' file may have another name, since it is given.
    std::filesystem::rename(folder / "model.safetensors", folder / "other.safetensors");
    EXPECT_EQ(
        Weights::load(*ModelFile::open(folder / "other.safetensors"), Dtype::BFloat16)->sha256,
        hash);
    expectRefused([&] { ModelFile::open(folder); }, {folder, "index.json", "missing"});
}

TEST_F(CheckpointOpen, OpensShards) {
    write(tinyCheckpoint(1).shardedFiles());
    EXPECT_EQ(Weights::load(*ModelFile::open(folder), Dtype::BFloat16)->sha256,
              weightsOf(tinyModel(1))->sha256);
    expectRefused(
        [&] {
            Weights::load(*ModelFile::open(folder / "model-00001-of-00002.safetensors"),
                          Dtype::BFloat16);
        },
        {"missing"});
}

TEST_F(CheckpointOpen, RefusesAFolderThatIsNoCheckpoint) {
    expectRefused([&] { ModelFile::open(folder); }, {folder, "config.json", "missing"});
    Texts files = tinyCheckpoint(1).files();
    files["config.json"] = "";
    write(files);
    expectRefused([&] { ModelFile::open(folder); }, {"config.json", "empty"});
    std::filesystem::remove(folder / "config.json");
    std::filesystem::create_directory(folder / "config.json");
    try {
        ModelFile::open(folder);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::NotAFile);
    }
}

} // namespace
} // namespace engine::model
