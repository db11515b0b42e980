#pragma once
/// config.json of a checkpoint, under GGUF's keys.

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine::model {

/// Llama 3's stretching of the rotary embedding: slow frequencies are divided by `factor`, fast
/// ones stay, between the two the division is blended in.
struct Llama3Scaling {
    double factor;         ///< 1 or more
    double lowFrequency;   ///< low_freq_factor, below highFrequency
    double highFrequency;  ///< high_freq_factor
    double originalTokens; ///< original_max_position_embeddings

    /// What each of the d/2 frequencies base^(−2i/d) is divided by; computed in double, rounded to
    /// fp32 as the tensor rope_freqs.weight of a GGUF file is.
    [[nodiscard]] std::vector<float> divisors(std::int64_t headWidth, double base) const;
};

class CheckpointConfig {
public:
    /// `path` names the checkpoint in messages. Throws BadWeights: broken JSON, or a field by which
    /// the model computes something else than the families of readConfig do.
    CheckpointConfig(std::string_view text, const std::string& path);

    /// As in ModelFile; nothing for keys that no field stands for.
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;
    [[nodiscard]] std::optional<double> real(std::string_view key) const;
    [[nodiscard]] std::optional<std::string_view> string(std::string_view key) const;
    [[nodiscard]] std::string keyWords(std::string_view key) const;

    /// tie_word_embeddings.
    [[nodiscard]] bool isTied() const { return m_isTied; }
    [[nodiscard]] const std::optional<Llama3Scaling>& llama3() const { return m_llama3; }

private:
    [[nodiscard]] const nlohmann::json* field(std::string_view key) const;
    [[noreturn]] void refuse(const std::string& field, const nlohmann::json& found,
                             const std::string& expected) const;
    [[nodiscard]] std::string text(const nlohmann::json& object, const std::string& name,
                                   const std::string& otherwise) const;
    void readFixedFields() const;
    void readRope();
    void readStops();

    std::string m_path;
    nlohmann::json m_root;
    nlohmann::json m_rope; ///< rope_scaling, or rope_parameters as newer files call it
    std::string m_family;
    std::string m_ropeType;
    std::vector<std::int64_t> m_stops; ///< eos_token_id, at most three
    bool m_isTied = false;
    std::optional<Llama3Scaling> m_llama3;
};

} // namespace engine::model
