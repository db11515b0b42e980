#include "tests/support/tiny_checkpoint.h"

#include <algorithm>
#include <utility>

#include "tests/support/tiny_model.h"

namespace tests {

namespace {

using nlohmann::json;

std::string storedName(const std::string& name) {
    static const std::vector<std::pair<std::string, std::string>> parts{
        {"token_embd", "model.embed_tokens"},
        {"output_norm", "model.norm"},
        {"blk.", "model.layers."},
        {"attn_q_norm", "self_attn.q_norm"},
        {"attn_k_norm", "self_attn.k_norm"},
        {"attn_norm", "input_layernorm"},
        {"attn_output", "self_attn.o_proj"},
        {"attn_q", "self_attn.q_proj"},
        {"attn_k", "self_attn.k_proj"},
        {"attn_v", "self_attn.v_proj"},
        {"ffn_norm", "post_attention_layernorm"},
        {"ffn_gate", "mlp.gate_proj"},
        {"ffn_up", "mlp.up_proj"},
        {"ffn_down", "mlp.down_proj"}};
    std::string result = name;
    for (const auto& [from, to] : parts) {
        const std::size_t at = result.find(from);
        if (at != std::string::npos) {
            result.replace(at, from.size(), to);
        }
        if (at != std::string::npos && from != "blk.") {
            break;
        }
    }
    return result;
}

/// From interleaved to rotate-half order: in each head first the even rows, then the odd ones.
std::string rotateHalf(const std::string& data, std::size_t rowBytes) {
    std::string result;
    const std::size_t width = kTinyHeadWidth;
    for (std::size_t head = 0; head < data.size() / rowBytes; head += width) {
        for (const std::size_t first : {0, 1}) {
            for (std::size_t row = first; row < width; row += 2) {
                result += data.substr((head + row) * rowBytes, rowBytes);
            }
        }
    }
    return result;
}

} // namespace

json tinyTokenizerJson() {
    const TinyTokenizer tables = tinyTokenizer();
    json vocabulary = json::object(), added = json::array();
    for (std::size_t id = 0; id < tables.tokens.size(); ++id) {
        if (tables.types[id] == 1) {
            vocabulary[tables.tokens[id]] = id;
        } else {
            added.push_back({{"id", id},
                             {"content", tables.tokens[id]},
                             {"special", true},
                             {"normalized", false}});
        }
    }
    const json byteLevel{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}};
    return {{"version", "1.0"},
            {"added_tokens", added},
            {"normalizer", nullptr},
            {"pre_tokenizer",
             {{"type", "Sequence"},
              {"pretokenizers", {{{"type", "Digits"}, {"individual_digits", true}}, byteLevel}}}},
            {"post_processor", nullptr},
            {"decoder", byteLevel},
            {"model",
             {{"type", "BPE"},
              {"dropout", nullptr},
              {"unk_token", nullptr},
              {"continuing_subword_prefix", nullptr},
              {"end_of_word_suffix", nullptr},
              {"fuse_unk", false},
              {"byte_fallback", false},
              {"ignore_merges", false},
              {"vocab", vocabulary},
              {"merges", tables.merges}}}};
}

TinyCheckpoint tinyCheckpoint(std::uint64_t seed, const std::string& family) {
    TinyCheckpoint checkpoint;
    const GgufFile file = tinyModel(seed, family);
    for (const GgufFile::Tensor& tensor : file.tensors) {
        SafetensorsFile::Tensor stored;
        stored.name = storedName(tensor.name);
        stored.shape.assign(tensor.dimensions.rbegin(), tensor.dimensions.rend());
        const bool isInterleaved = family == "llama" && (tensor.name.ends_with("attn_q.weight") ||
                                                         tensor.name.ends_with("attn_k.weight"));
        stored.data =
            isInterleaved ? rotateHalf(tensor.data, tensor.dimensions[0] * 4) : tensor.data;
        checkpoint.weights.tensors.push_back(std::move(stored));
    }
    checkpoint.weights.metadata = {{"format", "pt"}};
    checkpoint.config = {{"model_type", family},
                         {"num_hidden_layers", 2},
                         {"hidden_size", 32},
                         {"intermediate_size", 64},
                         {"num_attention_heads", 4},
                         {"num_key_value_heads", 2},
                         {"max_position_embeddings", 2048},
                         {"rms_norm_eps", 1e-5},
                         {"rope_theta", 10000},
                         {"rope_scaling", nullptr},
                         {"vocab_size", 279},
                         {"hidden_act", "silu"},
                         {"eos_token_id", kTinyEnd},
                         {"tie_word_embeddings", true},
                         {"torch_dtype", "float32"}};
    if (family == "qwen3") {
        checkpoint.config["head_dim"] = kTinyHeadWidth;
    }
    checkpoint.tokenizer = tinyTokenizerJson();
    return checkpoint;
}

std::map<std::string, std::string> TinyCheckpoint::files() const {
    return {{"config.json", config.dump()},
            {"tokenizer.json", tokenizer.dump()},
            {"model.safetensors", weights.bytes()}};
}

std::map<std::string, std::string> TinyCheckpoint::shardedFiles() const {
    const std::string names[2] = {"model-00001-of-00002.safetensors",
                                  "model-00002-of-00002.safetensors"};
    SafetensorsFile shards[2];
    json places = json::object();
    for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
        const std::size_t shard = i * 2 / weights.tensors.size();
        shards[shard].tensors.push_back(weights.tensors[i]);
        places[weights.tensors[i].name] = names[shard];
    }
    return {{"config.json", config.dump()},
            {"tokenizer.json", tokenizer.dump()},
            {"model.safetensors.index.json",
             json{{"metadata", {{"total_size", 1}}}, {"weight_map", places}}.dump()},
            {names[0], shards[0].bytes()},
            {names[1], shards[1].bytes()}};
}

} // namespace tests
