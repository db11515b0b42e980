// A checkpoint of which one file may be anything and the others are sound: config.json,
// tokenizer.json, the index of the shards, a header, or a whole file of tensors; and an adapter and
// a prompt with any header. Only Error may come out.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>

#include "engine/error.h"
#include "engine/model/adapter_file.h"
#include "engine/model/checkpoint.h"
#include "engine/model/prompt_file.h"
#include "engine/model/tokenizer.h"
#include "engine/model/weights.h"
#include "tests/fuzz/seeds.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/tiny_adapter.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/tiny_prompt.h"

namespace {

using Files = std::map<std::string, std::string>;

constexpr const char* kFamilies[] = {"llama", "qwen2", "qwen3"};
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kFirstShard = "model-00001-of-00002.safetensors";

/// What the first byte of an input says that the rest of it is.
enum Part : unsigned { kConfig, kTokenizer, kWeightMap, kHeader, kWhole, kAdapter, kParts };

const Files& sound(std::size_t family) {
    static const Files all[] = {tests::tinyCheckpoint(1, kFamilies[0]).shardedFiles(),
                                tests::tinyCheckpoint(1, kFamilies[1]).shardedFiles(),
                                tests::tinyCheckpoint(1, kFamilies[2]).shardedFiles()};
    return all[family];
}

std::size_t headerBytes(const std::string& file) {
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), sizeof length);
    return length;
}

void load(const Files& files) {
    using namespace engine::model;
    try {
        const auto checkpoint = Checkpoint::parse({files.begin(), files.end()}, "fuzz");
        try {
            Tokenizer::load(*checkpoint);
        } catch (const engine::Error&) {
        }
        Weights::load(*checkpoint, Dtype::BFloat16);
    } catch (const engine::Error&) {
    }
}

const engine::model::Weights& tinyWeights() {
    static const auto weights = [] {
        const Files& files = sound(0);
        return engine::model::Weights::load(
            *engine::model::Checkpoint::parse({files.begin(), files.end()}, "fuzz"),
            engine::model::Dtype::BFloat16);
    }();
    return *weights;
}

void loadTrained(const std::string& header) {
    static tests::SafetensorsFile adapter = tests::tinyAdapter(1, tinyWeights().sha256),
                                  prompt = tests::tinyPrompt(1, "rmt", tinyWeights().sha256);
    adapter.header = prompt.header = header;
    try {
        engine::model::AdapterFile::parse(adapter.bytes(), "fuzz", tinyWeights());
    } catch (const engine::Error&) {
    }
    try {
        engine::model::PromptFile::parse(prompt.bytes(), "fuzz", tinyWeights());
    } catch (const engine::Error&) {
    }
}

std::string input(std::size_t family, Part part, const std::string& text) {
    return std::string(1, static_cast<char>(family * kParts + part)) + text;
}

std::vector<std::string> seeds() {
    std::vector<std::string> all;
    for (std::size_t family = 0; family < std::size(kFamilies); ++family) {
        const Files& files = sound(family);
        all.push_back(input(family, kConfig, files.at("config.json")));
        all.push_back(input(family, kWeightMap, files.at(kIndex)));
        const std::string& shard = files.at(kFirstShard);
        all.push_back(input(family, kHeader, shard.substr(8, headerBytes(shard))));
    }
    tests::TinyCheckpoint scaled = tests::tinyCheckpoint(1);
    scaled.config["rope_scaling"] = {{"type", "linear"}, {"factor", 2.0}};
    all.push_back(input(0, kConfig, scaled.config.dump()));
    scaled.config["rope_scaling"] = {{"rope_type", "llama3"},
                                     {"factor", 32.0},
                                     {"low_freq_factor", 1.0},
                                     {"high_freq_factor", 4.0},
                                     {"original_max_position_embeddings", 8192}};
    all.push_back(input(0, kConfig, scaled.config.dump()));
    all.push_back(input(0, kTokenizer, scaled.tokenizer.dump()));
    all.push_back(input(0, kAdapter, tests::tinyAdapter(1, tinyWeights().sha256).description()));
    all.push_back(
        input(0, kAdapter, tests::tinyPrompt(1, "rmt", tinyWeights().sha256).description()));
    tests::SafetensorsFile small;
    small.metadata = {{"format", "pt"}};
    small.add("model.norm.weight", {4}, {1, 2, 3, 4});
    small.add("lm_head.weight", {1, 2}, {5, 6});
    all.push_back(input(0, kWhole, small.bytes()));
    return all;
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int* argumentCount, char*** arguments) {
    fuzz::addSeeds(*argumentCount, *arguments, seeds());
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] % kParts == kAdapter) {
        loadTrained(text);
        return 0;
    }
    Files files = sound(data[0] / kParts % std::size(kFamilies));
    std::string& shard = files[kFirstShard];
    switch (data[0] % kParts) {
    case kConfig:
        files["config.json"] = text;
        break;
    case kTokenizer:
        files["tokenizer.json"] = text;
        break;
    case kWeightMap:
        files[kIndex] = text;
        break;
    case kHeader:
        shard = tests::littleEndian<std::uint64_t>(text.size()) + text +
                shard.substr(8 + headerBytes(shard));
        break;
    default:
        files["model.safetensors"] = text;
    }
    load(files);
    return 0;
}
