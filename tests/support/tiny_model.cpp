#include "tests/support/tiny_model.h"

#include <cmath>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace tests {

namespace {

constexpr std::int64_t kLayers = 2;
constexpr std::int64_t kWidth = 32;
constexpr std::int64_t kHeads = 4;
constexpr std::int64_t kKvHeads = 2;
constexpr std::int64_t kHeadWidth = kTinyHeadWidth;
constexpr std::int64_t kFeedForward = 64;
constexpr std::uint32_t kContext = 2048;

/// splitmix64, so that every platform draws the same values.
class Random {
public:
    explicit Random(std::uint64_t seed) : m_state(seed) {}

    /// Uniform in [-limit, limit).
    float uniform(float limit) {
        m_state += 0x9e3779b97f4a7c15u;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        return (static_cast<float>(z >> 40) * 0x1p-23f - 1.0f) * limit;
    }

private:
    std::uint64_t m_state;
};

/// The character that byte-level BPE writes for a byte (GPT-2's table), in UTF-8.
std::string symbolOfByte(unsigned byte) {
    unsigned code = byte;
    const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
    if (!printable) {
        if (byte <= 32) {
            code = 256 + byte;
        } else if (byte <= 160) {
            code = 256 + 33 + (byte - 127);
        } else {
            code = 256 + 67;
        }
    }
    if (code < 0x80) {
        return std::string(1, static_cast<char>(code));
    }
    return {static_cast<char>(0xc0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3f))};
}

void addTokenizer(GgufFile& file) {
    const TinyTokenizer tables = tinyTokenizer();
    file.set("tokenizer.ggml.model", "gpt2");
    file.set("tokenizer.ggml.pre", "smollm");
    file.set("tokenizer.ggml.tokens", tables.tokens);
    file.set("tokenizer.ggml.token_type", tables.types);
    file.set("tokenizer.ggml.merges", tables.merges);
    file.set("tokenizer.ggml.bos_token_id", static_cast<std::uint32_t>(kTinyStart));
    file.set("tokenizer.ggml.eos_token_id", static_cast<std::uint32_t>(kTinyEnd));
    file.set("tokenizer.ggml.add_bos_token", false);
}

} // namespace

TinyTokenizer tinyTokenizer() {
    TinyTokenizer tables;
    tables.tokens = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
    tables.types.assign(tables.tokens.size(), 3);
    for (unsigned byte = 0; byte < 256; ++byte) {
        tables.tokens.push_back(symbolOfByte(byte));
    }
    const std::string space = symbolOfByte(' ');
    const std::vector<std::pair<std::string, std::string>> pairs{
        {space, "t"}, {"h", "e"},          {space, "a"}, {"i", "n"},   {"r", "e"},
        {"o", "n"},   {space + "t", "he"}, {"e", "r"},   {space, "s"}, {"a", "t"},
        {"n", "d"},   {space, "w"},        {"o", "u"},   {"e", "n"},   {"i", "s"},
        {"in", "g"},  {space + "a", "nd"}, {"o", "r"},   {space, "o"}, {space + "o", "f"}};
    for (const auto& [left, right] : pairs) {
        tables.merges.push_back(left + " " + right);
        tables.tokens.push_back(left + right);
    }
    tables.types.resize(tables.tokens.size(), 1);
    return tables;
}

GgufFile tinyModel(std::uint64_t seed, const std::string& family) {
    GgufFile file;
    file.set("general.architecture", family);
    file.set("general.name", "tiny");
    file.set("general.alignment", std::uint32_t{32});
    const auto size = [&](const char* key, std::int64_t value) {
        file.set(family + "." + key, static_cast<std::uint32_t>(value));
    };
    size("block_count", kLayers);
    size("context_length", kContext);
    size("embedding_length", kWidth);
    size("feed_forward_length", kFeedForward);
    size("attention.head_count", kHeads);
    size("attention.head_count_kv", kKvHeads);
    size("rope.dimension_count", kHeadWidth);
    if (family == "qwen3") {
        size("attention.key_length", kHeadWidth);
        size("attention.value_length", kHeadWidth);
    }
    file.set(family + ".rope.freq_base", 10000.0f);
    file.set(family + ".attention.layer_norm_rms_epsilon", 1e-5f);
    addTokenizer(file);

    Random random(seed);
    const auto matrix = [&](const std::string& name, std::int64_t rows, std::int64_t columns) {
        std::vector<float> values(static_cast<std::size_t>(rows * columns));
        const float limit = std::sqrt(3.0f / static_cast<float>(columns));
        for (float& value : values) {
            value = random.uniform(limit);
        }
        file.add(name, {rows, columns}, values);
    };
    const auto vector = [&](const std::string& name, std::int64_t count, float middle) {
        std::vector<float> values(static_cast<std::size_t>(count));
        for (float& value : values) {
            value = middle + random.uniform(0.25f);
        }
        file.add(name, {count}, values);
    };
    const std::int64_t vocabulary = 3 + 256 + 20;
    size("vocab_size", vocabulary);
    matrix("token_embd.weight", vocabulary, kWidth);
    for (std::int64_t layer = 0; layer < kLayers; ++layer) {
        const std::string block = "blk." + std::to_string(layer) + ".";
        vector(block + "attn_norm.weight", kWidth, 1.0f);
        matrix(block + "attn_q.weight", kHeads * kHeadWidth, kWidth);
        matrix(block + "attn_k.weight", kKvHeads * kHeadWidth, kWidth);
        matrix(block + "attn_v.weight", kKvHeads * kHeadWidth, kWidth);
        if (family == "qwen2") {
            vector(block + "attn_q.bias", kHeads * kHeadWidth, 0.0f);
            vector(block + "attn_k.bias", kKvHeads * kHeadWidth, 0.0f);
            vector(block + "attn_v.bias", kKvHeads * kHeadWidth, 0.0f);
        }
        if (family == "qwen3") {
            vector(block + "attn_q_norm.weight", kHeadWidth, 1.0f);
            vector(block + "attn_k_norm.weight", kHeadWidth, 1.0f);
        }
        matrix(block + "attn_output.weight", kWidth, kHeads * kHeadWidth);
        vector(block + "ffn_norm.weight", kWidth, 1.0f);
        matrix(block + "ffn_gate.weight", kFeedForward, kWidth);
        matrix(block + "ffn_up.weight", kFeedForward, kWidth);
        matrix(block + "ffn_down.weight", kWidth, kFeedForward);
    }
    vector("output_norm.weight", kWidth, 1.0f);
    return file;
}

std::string tinyModelBytes(std::uint64_t seed) {
    return tinyModel(seed).bytes();
}

void writeTinyModel(const std::string& path) {
    const std::string bytes = tinyModelBytes(1);
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) {
        throw std::runtime_error("cannot write " + path);
    }
}

} // namespace tests
