#include "engine/model/config.h"

#include <cmath>
#include <optional>

#include "engine/model/bad_weights.h"
#include "engine/model/model_file.h"

namespace engine::model {

namespace {

/// Reads the keys of one file, each under the prefix of its family.
class Keys {
public:
    Keys(const ModelFile& file, std::string family)
        : m_file(file), m_prefix(std::move(family) + ".") {}

    [[nodiscard]] std::int64_t size(const std::string& key, std::int64_t most) const {
        const auto found = m_file.integer(m_prefix + key);
        if (!found) {
            refuse(key, "missing", "a number");
        }
        return inRange(key, *found, most);
    }

    [[nodiscard]] std::int64_t sizeOr(const std::string& key, std::int64_t most,
                                      std::int64_t otherwise) const {
        const auto found = m_file.integer(m_prefix + key);
        return found ? inRange(key, *found, most) : otherwise;
    }

    /// An optional size that may have only one value.
    void demand(const std::string& key, std::int64_t expected) const {
        const std::int64_t found = m_file.integer(m_prefix + key).value_or(expected);
        if (found != expected) {
            refuse(key, std::to_string(found), std::to_string(expected));
        }
    }

    [[nodiscard]] float real(const std::string& key, double least, double most,
                             std::optional<double> otherwise) const {
        const std::optional<double> found = m_file.real(m_prefix + key);
        if (!found && !otherwise) {
            refuse(key, "missing", "a float");
        }
        const double value = found ? *found : *otherwise;
        // Written so that a NaN is refused.
        if (!(value >= least && value <= most)) {
            refuse(key, std::to_string(value),
                   std::to_string(least) + " to " + std::to_string(most));
        }
        return static_cast<float>(value);
    }

    [[noreturn]] void refuse(const std::string& key, const std::string& found,
                             const std::string& expected) const {
        refuseWeights(m_file.path(), m_file.keyWords(m_prefix + key), found, expected);
    }

private:
    [[nodiscard]] std::int64_t inRange(const std::string& key, std::int64_t found,
                                       std::int64_t most) const {
        if (found < 1 || found > most) {
            refuse(key, std::to_string(found), "1 to " + std::to_string(most));
        }
        return found;
    }

    const ModelFile& m_file;
    std::string m_prefix;
};

} // namespace

Config readConfig(const ModelFile& file) {
    Config config;
    const auto family = file.string("general.architecture");
    if (family != "llama" && family != "qwen2" && family != "qwen3") {
        refuseWeights(file.path(), "the family (" + file.keyWords("general.architecture") + ")",
                      family ? "\"" + shown(*family) + "\"" : "missing", "llama, qwen2 or qwen3");
    }
    config.family = *family;
    config.name = shown(file.string("general.name").value_or(config.family));
    const Keys keys(file, config.family);
    constexpr std::int64_t kMostWidth = 1 << 17;
    config.layers = keys.size("block_count", 1024);
    config.width = keys.size("embedding_length", kMostWidth);
    config.heads = keys.size("attention.head_count", 1024);
    config.kvHeads = keys.sizeOr("attention.head_count_kv", 1024, config.heads);
    config.feedForward = keys.size("feed_forward_length", 1 << 20);
    config.contextTokens = keys.size("context_length", 1 << 24);
    if (config.heads % config.kvHeads != 0) {
        keys.refuse("attention.head_count_kv", std::to_string(config.kvHeads),
                    "a divisor of the " + std::to_string(config.heads) + " query heads");
    }
    config.headWidth = keys.sizeOr("attention.key_length", 1024, 0);
    if (config.headWidth == 0) {
        if (config.width % config.heads != 0) {
            keys.refuse("embedding_length", std::to_string(config.width),
                        "a multiple of the " + std::to_string(config.heads) + " heads");
        }
        config.headWidth = config.width / config.heads;
    }
    if (config.headWidth % 2 != 0 || config.headWidth > 1024) {
        refuseWeights(file.path(), "the head width", std::to_string(config.headWidth),
                      "an even number up to 1024");
    }
    keys.demand("attention.value_length", config.headWidth);
    keys.demand("rope.dimension_count", config.headWidth);
    keys.demand("expert_count", 0);
    config.normEpsilon = keys.real("attention.layer_norm_rms_epsilon", 1e-12, 1e-2, std::nullopt);
    config.ropeBase = keys.real("rope.freq_base", 1.0, 1e12, 10000.0);
    const auto scaling = file.string(config.family + ".rope.scaling.type").value_or("none");
    if (scaling == "linear") {
        config.ropeScale = keys.real("rope.scaling.factor", 1.0, 1e6, std::nullopt);
    } else if (scaling != "none") {
        keys.refuse("rope.scaling.type", "\"" + shown(scaling) + "\"", "none, linear or llama3");
    }
    // The older key for the same.
    const float scale = keys.real("rope.scale_linear", 1.0, 1e6, config.ropeScale);
    if (scaling == "linear" && scale != config.ropeScale) {
        keys.refuse("rope.scale_linear", std::to_string(scale),
                    std::to_string(config.ropeScale) + ", the factor of the scaling");
    }
    config.ropeScale = scale;
    constexpr std::int64_t kMostTokens = 1 << 24;
    const auto tokens = file.strings("tokenizer.ggml.tokens");
    config.vocabulary = keys.sizeOr("vocab_size", kMostTokens,
                                    tokens ? static_cast<std::int64_t>(tokens->size()) : 0);
    if (config.vocabulary == 0) {
        keys.refuse("vocab_size", "missing", "a number");
    }
    config.hasQkvBias = config.family == "qwen2";
    config.hasQkNorm = config.family == "qwen3";
    config.isTied = file.find("output.weight") == nullptr;
    return config;
}

} // namespace engine::model
