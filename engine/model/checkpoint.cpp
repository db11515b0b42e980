#include "engine/model/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>

#include "engine/model/bad_weights.h"
#include "engine/model/checkpoint_config.h"
#include "engine/model/config.h"
#include "engine/model/json_text.h"
#include "engine/model/mapped_file.h"
#include "engine/model/safetensors.h"
#include "engine/model/tokenizer_json.h"

namespace engine::model {

namespace {

using nlohmann::json;

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr std::size_t kMostShards = 4096;
constexpr std::int64_t kUnused = 5;

struct Name {
    std::string_view gguf, stored;
};

constexpr Name kNames[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm.weight", "model.norm.weight"},
    {"output.weight", "lm_head.weight"},
};

constexpr std::string_view kBlock = "blk.";
constexpr std::string_view kStoredBlock = "model.layers.";

/// Behind the number of the layer.
constexpr Name kLayerNames[] = {
    {".attn_norm.weight", ".input_layernorm.weight"},
    {".attn_q.weight", ".self_attn.q_proj.weight"},
    {".attn_k.weight", ".self_attn.k_proj.weight"},
    {".attn_v.weight", ".self_attn.v_proj.weight"},
    {".attn_q.bias", ".self_attn.q_proj.bias"},
    {".attn_k.bias", ".self_attn.k_proj.bias"},
    {".attn_v.bias", ".self_attn.v_proj.bias"},
    {".attn_q_norm.weight", ".self_attn.q_norm.weight"},
    {".attn_k_norm.weight", ".self_attn.k_norm.weight"},
    {".attn_output.weight", ".self_attn.o_proj.weight"},
    {".ffn_norm.weight", ".post_attention_layernorm.weight"},
    {".ffn_gate.weight", ".mlp.gate_proj.weight"},
    {".ffn_up.weight", ".mlp.up_proj.weight"},
    {".ffn_down.weight", ".mlp.down_proj.weight"},
};

/// Changes a name from one set to the other; nothing for a name that is not in it.
std::optional<std::string> renamed(std::string_view name, std::string_view Name::*from,
                                   std::string_view Name::*to) {
    for (const Name& known : kNames) {
        if (name == known.*from) {
            return std::string(known.*to);
        }
    }
    const bool isStored = from == &Name::stored;
    const std::string_view prefix = isStored ? kStoredBlock : kBlock;
    if (!name.starts_with(prefix)) {
        return std::nullopt;
    }
    name.remove_prefix(prefix.size());
    const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
    for (const Name& known : kLayerNames) {
        if (digits > 0 && name.substr(digits) == known.*from) {
            return std::string(isStored ? kBlock : kStoredBlock) +
                   std::string(name.substr(0, digits)) + std::string(known.*to);
        }
    }
    return std::nullopt;
}

/// The name of the folder or file, also when the path ends with a slash.
std::string lastPartOf(const std::string& path) {
    const std::filesystem::path whole = std::filesystem::path(path).lexically_normal();
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

class CheckpointFiles final : public Checkpoint {
public:
    /// Gives the bytes of a file of the folder, which live as long as the object; nothing when it
    /// is not there.
    using Get = std::function<std::optional<std::string_view>(const std::string& name)>;

    CheckpointFiles(std::string path, Get get)
        : m_path(std::move(path)), m_get(std::move(get)), m_config(need("config.json"), m_path),
          m_tokenizer(readTokenizerJson(need("tokenizer.json"), m_path)) {}

    /// Takes the tensors of `single`, a file that must exist; nullptr: of what the folder has.
    void load(const std::string* single) {
        if (single != nullptr) {
            addTensors(*single, nullptr);
        } else if (m_get(kSingle)) {
            addTensors(kSingle, nullptr);
        } else {
            readIndex();
        }
        for (std::size_t i = 0; i < m_tensors.size(); ++i) {
            m_byName.emplace(m_tensors[i].name, i);
        }
        dropTiedHead();
        const Config config = readConfig(*this);
        addRopeDivisors(config);
        padTokens(config);
        m_tokenTexts.assign(m_tokenizer.tokens.begin(), m_tokenizer.tokens.end());
        m_mergeTexts.assign(m_tokenizer.merges.begin(), m_tokenizer.merges.end());
    }

    [[nodiscard]] const std::string& path() const override { return m_path; }

    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const override {
        if (key == "tokenizer.ggml.bos_token_id") {
            return m_tokenizer.begin;
        }
        return key == "tokenizer.ggml.unknown_token_id" ? m_tokenizer.unknown
                                                        : m_config.integer(key);
    }
    [[nodiscard]] std::optional<bool> boolean(std::string_view key) const override {
        return key == "tokenizer.ggml.add_bos_token" ? std::optional(m_tokenizer.begin.has_value())
                                                     : std::nullopt;
    }
    [[nodiscard]] std::optional<double> real(std::string_view key) const override {
        return m_config.real(key);
    }
    [[nodiscard]] std::optional<std::string_view> string(std::string_view key) const override {
        if (key == "general.name") {
            return m_name;
        }
        if (key == "tokenizer.ggml.model") {
            return "gpt2";
        }
        return key == "tokenizer.ggml.pre" ? m_tokenizer.splitter : m_config.string(key);
    }
    [[nodiscard]] std::optional<std::vector<std::string_view>>
    strings(std::string_view key) const override {
        if (key == "tokenizer.ggml.tokens") {
            return m_tokenTexts;
        }
        return key == "tokenizer.ggml.merges" ? std::optional(m_mergeTexts) : std::nullopt;
    }
    [[nodiscard]] std::optional<std::vector<std::int64_t>>
    integers(std::string_view key) const override {
        return key == "tokenizer.ggml.token_type" ? std::optional(m_tokenizer.types) : std::nullopt;
    }

    [[nodiscard]] const std::vector<FileTensor>& tensors() const override { return m_tensors; }

    [[nodiscard]] const FileTensor* find(std::string_view name) const override {
        const auto found = m_byName.find(std::string(name));
        return found == m_byName.end() ? nullptr : &m_tensors[found->second];
    }

    [[nodiscard]] bool hasInterleavedRows() const override { return false; }

    [[nodiscard]] std::string keyWords(std::string_view key) const override {
        return m_config.keyWords(key);
    }

    [[nodiscard]] std::string tensorWords(std::string_view name) const override {
        const auto stored = renamed(name, &Name::gguf, &Name::stored);
        const auto file = m_fileOf.find(std::string(name));
        return "tensor " + shown(stored.value_or(std::string(name))) +
               (file == m_fileOf.end() ? "" : " in " + shown(file->second));
    }

private:
    [[nodiscard]] std::string_view need(const std::string& name) const {
        const auto bytes = m_get(name);
        if (!bytes) {
            refuseWeights(m_path, shown(name), "missing", "a file beside the others");
        }
        return *bytes;
    }

    /// With an index, a shard must hold exactly the tensors that the index places in it.
    void addTensors(const std::string& file, const std::set<std::string>* expected) {
        const Safetensors stored = readSafetensors(need(file), m_path + ", " + shown(file));
        for (const FileTensor& tensor : stored.tensors) {
            const std::string what = "tensor " + shown(tensor.name) + " in " + shown(file);
            if (expected != nullptr && !expected->contains(tensor.name)) {
                refuseWeights(m_path, what, "present", "only tensors that the index places there");
            }
            FileTensor canonical = tensor;
            const auto name = renamed(tensor.name, &Name::stored, &Name::gguf);
            if (!name) {
                refuseWeights(m_path, what, "present", "only tensors of llama, qwen2 or qwen3");
            }
            canonical.name = *name;
            m_fileOf.emplace(*name, file);
            m_tensors.push_back(std::move(canonical));
        }
        if (expected != nullptr && stored.tensors.size() != expected->size()) {
            refuseWeights(m_path, "the number of tensors in " + shown(file),
                          std::to_string(stored.tensors.size()),
                          std::to_string(expected->size()) + ", as many as the index says");
        }
    }

    void readIndex() {
        const json index = parseJson(need(kIndex), m_path, kIndex);
        const json* places = memberOf(index, "weight_map");
        if (places == nullptr || !places->is_object() || places->empty()) {
            refuseWeights(m_path, std::string("weight_map of ") + kIndex,
                          places == nullptr ? "missing" : shownJson(*places),
                          "an object of files by tensor");
        }
        std::map<std::string, std::set<std::string>> shards;
        for (const auto& [tensor, file] : places->items()) {
            // A name with a slash would lead out of the folder.
            if (!file.is_string() ||
                file.get_ref<const std::string&>().find('/') != std::string::npos ||
                !file.get_ref<const std::string&>().ends_with(".safetensors")) {
                refuseWeights(m_path, "the file of tensor " + shown(tensor) + " in " + kIndex,
                              shownJson(file), "the name of a .safetensors file beside it");
            }
            shards[file.get<std::string>()].insert(tensor);
        }
        if (shards.size() > kMostShards) {
            refuseWeights(m_path, std::string("the number of files in ") + kIndex,
                          std::to_string(shards.size()), "at most " + std::to_string(kMostShards));
        }
        for (const auto& [file, tensors] : shards) {
            addTensors(file, &tensors);
        }
    }

    /// A head that config.json calls tied may be stored a second time.
    void dropTiedHead() {
        const FileTensor* head = find("output.weight");
        if (!m_config.isTied()) {
            if (head == nullptr) {
                refuseWeights(m_path, tensorWords("output.weight"), "missing",
                              "there, since tie_word_embeddings of config.json is not true");
            }
            return;
        }
        if (head == nullptr) {
            return;
        }
        const FileTensor* embedding = find("token_embd.weight");
        if (embedding == nullptr || embedding->type != head->type ||
            embedding->shape != head->shape ||
            std::memcmp(embedding->data, head->data, head->bytes) != 0) {
            refuseWeights(m_path, tensorWords("output.weight"), "not the embedding",
                          "the same values, since tie_word_embeddings of config.json is true");
        }
        m_tensors.erase(m_tensors.begin() + (head - m_tensors.data()));
        m_byName.clear();
        for (std::size_t i = 0; i < m_tensors.size(); ++i) {
            m_byName.emplace(m_tensors[i].name, i);
        }
    }

    void addRopeDivisors(const Config& config) {
        if (!m_config.llama3()) {
            return;
        }
        m_ropeDivisors = m_config.llama3()->divisors(config.headWidth, config.ropeBase);
        m_byName.emplace("rope_freqs.weight", m_tensors.size());
        m_tensors.push_back({"rope_freqs.weight",
                             TensorType::F32,
                             {static_cast<std::int64_t>(m_ropeDivisors.size())},
                             reinterpret_cast<const std::uint8_t*>(m_ropeDivisors.data()),
                             m_ropeDivisors.size() * sizeof(float)});
    }

    /// Rows of the embedding without a token count as unused ones, as they do in a GGUF file.
    void padTokens(const Config& config) {
        const FileTensor* embedding = find("token_embd.weight");
        if (embedding == nullptr || embedding->shape[0] != config.vocabulary) {
            return; // Weights refuses it.
        }
        for (auto id = static_cast<std::int64_t>(m_tokenizer.tokens.size()); id < config.vocabulary;
             ++id) {
            m_tokenizer.tokens.push_back("[PAD" + std::to_string(id) + "]");
            m_tokenizer.types.push_back(kUnused);
        }
    }

    std::string m_path;
    std::string m_name = lastPartOf(m_path);
    Get m_get;
    CheckpointConfig m_config;
    TokenizerJson m_tokenizer;
    std::vector<std::string_view> m_tokenTexts, m_mergeTexts;
    std::vector<float> m_ropeDivisors;
    std::vector<FileTensor> m_tensors;
    std::unordered_map<std::string, std::size_t> m_byName;
    std::unordered_map<std::string, std::string> m_fileOf; ///< by GGUF's name
};

} // namespace

std::shared_ptr<const Checkpoint> Checkpoint::parse(const Files& files, const std::string& name) {
    auto checkpoint = std::make_shared<CheckpointFiles>(
        name, [files](const std::string& file) -> std::optional<std::string_view> {
            const auto found = files.find(file);
            return found == files.end() ? std::nullopt : std::optional(found->second);
        });
    checkpoint->load(nullptr);
    return checkpoint;
}

std::shared_ptr<const Checkpoint> Checkpoint::open(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code error;
    const bool isFolder = fs::is_directory(path, error);
    const fs::path folder = isFolder ? fs::path(path) : fs::path(path).parent_path();
    // Shared with the getter, which thus keeps the mappings as long as the object lives.
    const auto mapped =
        std::make_shared<std::map<std::string, std::shared_ptr<const MappedFile>>>();
    auto checkpoint = std::make_shared<CheckpointFiles>(
        path, [folder, mapped](const std::string& name) -> std::optional<std::string_view> {
            const fs::path file = folder / name;
            std::error_code ignored;
            if (!fs::exists(file, ignored)) {
                return std::nullopt;
            }
            std::shared_ptr<const MappedFile>& entry = (*mapped)[name];
            if (!entry) {
                entry = MappedFile::open(file.string());
            }
            return entry->bytes();
        });
    const std::string single = fs::path(path).filename().string();
    checkpoint->load(isFolder ? nullptr : &single);
    return checkpoint;
}

} // namespace engine::model
