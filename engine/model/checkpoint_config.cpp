#include "engine/model/checkpoint_config.h"

#include <cmath>
#include <numbers>

#include "engine/model/bad_weights.h"
#include "engine/model/json_text.h"

namespace engine::model {

using nlohmann::json;

namespace {

struct Name {
    std::string_view key; ///< GGUF's, behind the family
    std::string_view field;
};

constexpr Name kNames[] = {
    {"block_count", "num_hidden_layers"},
    {"context_length", "max_position_embeddings"},
    {"embedding_length", "hidden_size"},
    {"feed_forward_length", "intermediate_size"},
    {"attention.head_count", "num_attention_heads"},
    {"attention.head_count_kv", "num_key_value_heads"},
    {"attention.key_length", "head_dim"},
    {"attention.layer_norm_rms_epsilon", "rms_norm_eps"},
    {"rope.freq_base", "rope_theta"},
    {"vocab_size", "vocab_size"},
};

/// Fields that must have this value or be absent.
struct Fixed {
    const char* field;
    json value;
};

const std::vector<Fixed>& fixedFields() {
    static const std::vector<Fixed> fields{
        {"hidden_act", "silu"},
        {"attention_bias", false},
        {"mlp_bias", false},
        {"use_sliding_window", false},
        {"partial_rotary_factor", 1} // of each head's width
    };
    return fields;
}

/// The ends of a text as GGUF tells them apart; a list of ids fills them in this order.
constexpr std::string_view kStopKeys[] = {
    "tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"};

} // namespace

std::vector<float> Llama3Scaling::divisors(std::int64_t headWidth, double base) const {
    std::vector<float> result;
    for (std::int64_t i = 0; i < headWidth / 2; ++i) {
        const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(headWidth);
        const double turns = originalTokens * std::pow(base, -exponent) / (2 * std::numbers::pi);
        const double share = (turns - lowFrequency) / (highFrequency - lowFrequency);
        const double kept = share < 0 ? 0 : share > 1 ? 1 : share;
        result.push_back(static_cast<float>(1 / ((1 - kept) / factor + kept)));
    }
    return result;
}

CheckpointConfig::CheckpointConfig(std::string_view bytes, const std::string& path)
    : m_path(path), m_root(parseJson(bytes, path, "config.json")) {
    m_family = text(m_root, "model_type", "");
    if (const json* tied = memberOf(m_root, "tie_word_embeddings")) {
        if (!tied->is_boolean()) {
            refuse("tie_word_embeddings", *tied, "true or false");
        }
        m_isTied = tied->get<bool>();
    }
    readFixedFields();
    readRope();
    readStops();
}

void CheckpointConfig::refuse(const std::string& field, const json& found,
                              const std::string& expected) const {
    refuseWeights(m_path, field + " of config.json", shownJson(found), expected);
}

std::string CheckpointConfig::text(const json& object, const std::string& name,
                                   const std::string& otherwise) const {
    const json* value = memberOf(object, name);
    if (value != nullptr && !value->is_string()) {
        refuse(name, *value, "a string");
    }
    return value == nullptr ? otherwise : value->get<std::string>();
}

void CheckpointConfig::readFixedFields() const {
    for (const Fixed& fixed : fixedFields()) {
        const json* value = memberOf(m_root, fixed.field);
        if (value != nullptr && *value != fixed.value) {
            refuse(fixed.field, *value, fixed.value.dump());
        }
    }
    if (const json* quantized = memberOf(m_root, "quantization_config")) {
        refuse("quantization_config", *quantized, "absent: weights in F32, F16 or BF16");
    }
    if (const json* kinds = memberOf(m_root, "layer_types")) {
        for (const json& kind : *kinds) {
            if (kind != "full_attention") {
                refuse("layer_types", kind, "\"full_attention\" only");
            }
        }
    }
}

void CheckpointConfig::readRope() {
    const char* const name =
        memberOf(m_root, "rope_scaling") != nullptr ? "rope_scaling" : "rope_parameters";
    if (const json* scaling = memberOf(m_root, name)) {
        if (!scaling->is_object()) {
            refuse(name, *scaling, "an object");
        }
        m_rope = *scaling;
    } else {
        m_rope = json::object();
    }
    m_ropeType = text(m_rope, "rope_type", text(m_rope, "type", "none"));
    m_ropeType = m_ropeType == "default" ? "none" : m_ropeType;
    if (m_ropeType != "llama3") {
        return;
    }
    m_ropeType = "none"; // Its divisors come as a tensor, as they do in a GGUF file.
    const auto number = [&](const char* field, double least, double most) {
        const json* value = memberOf(m_rope, field);
        const double found =
            value != nullptr && value->is_number() ? value->get<double>() : std::nan("");
        if (!(found >= least && found <= most)) {
            refuse(field, value == nullptr ? json() : *value,
                   std::to_string(least) + " to " + std::to_string(most));
        }
        return found;
    };
    constexpr double kMostTokens = 1 << 24;
    Llama3Scaling scaling{};
    scaling.factor = number("factor", 1, 1e6);
    scaling.lowFrequency = number("low_freq_factor", 1e-6, 1e6);
    scaling.highFrequency = number("high_freq_factor", 1e-6, 1e6);
    scaling.originalTokens = number("original_max_position_embeddings", 1, kMostTokens);
    if (scaling.highFrequency <= scaling.lowFrequency) {
        refuse("high_freq_factor", m_rope["high_freq_factor"], "above low_freq_factor");
    }
    m_llama3 = scaling;
}

void CheckpointConfig::readStops() {
    const json* ids = memberOf(m_root, "eos_token_id");
    if (ids == nullptr) {
        return;
    }
    const std::vector<json> list =
        ids->is_array() ? ids->get<std::vector<json>>() : std::vector<json>{*ids};
    for (const json& id : list) {
        const auto number = integerOf(id);
        if (!number || m_stops.size() == std::size(kStopKeys)) {
            refuse("eos_token_id", *ids, "one to three token ids");
        }
        m_stops.push_back(*number);
    }
}

/// The field of a key, or nullptr.
const json* CheckpointConfig::field(std::string_view key) const {
    if (!key.starts_with(m_family + ".")) {
        return nullptr;
    }
    key.remove_prefix(m_family.size() + 1);
    if (key == "rope.scaling.factor") {
        return memberOf(m_rope, "factor");
    }
    for (const Name& name : kNames) {
        if (name.key == key) {
            const json* value = memberOf(m_root, name.field);
            return value == nullptr && key == "rope.freq_base" ? memberOf(m_rope, name.field)
                                                               : value;
        }
    }
    return nullptr;
}

std::optional<std::int64_t> CheckpointConfig::integer(std::string_view key) const {
    for (std::size_t i = 0; i < m_stops.size(); ++i) {
        if (key == kStopKeys[i]) {
            return m_stops[i];
        }
    }
    const json* value = field(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    const auto number = integerOf(*value);
    if (!number) {
        refuseWeights(m_path, keyWords(key), shownJson(*value), "a whole number");
    }
    return number;
}

std::optional<double> CheckpointConfig::real(std::string_view key) const {
    const json* value = field(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_number()) {
        refuseWeights(m_path, keyWords(key), shownJson(*value), "a number");
    }
    return value->get<double>();
}

std::optional<std::string_view> CheckpointConfig::string(std::string_view key) const {
    if (key == "general.architecture" && !m_family.empty()) {
        return m_family;
    }
    if (key == m_family + ".rope.scaling.type") {
        return m_ropeType;
    }
    return std::nullopt;
}

std::string CheckpointConfig::keyWords(std::string_view key) const {
    std::string_view field = key;
    for (const Name& name : kNames) {
        if (key == m_family + "." + std::string(name.key)) {
            field = name.field;
        }
    }
    if (key == "general.architecture") {
        field = "model_type";
    } else if (key.ends_with(".rope.scaling.type")) {
        field = "rope_type";
    } else if (key.ends_with(".rope.scaling.factor")) {
        field = "factor";
    } else if (key.ends_with("_token_id")) {
        field = "eos_token_id";
    }
    return shown(field) + " of config.json";
}

} // namespace engine::model
