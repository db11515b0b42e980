#pragma once
/// tokenizer.json of a checkpoint: byte-level BPE only, as the tables that a GGUF file has.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine::model {

struct TokenizerJson {
    std::string splitter;            ///< a name that PreTokenizer knows
    std::vector<std::string> tokens; ///< by id; ids without a token are "[PAD<id>]"
    std::vector<std::int64_t> types; ///< GGUF's: 1 normal, 3 control, 4 user-defined, 5 unused
    std::vector<std::string> merges; ///< "left right"
    std::optional<std::int64_t> unknown;
    std::optional<std::int64_t> begin; ///< which the post_processor puts before every text
};

/// `path` names the checkpoint in messages. Throws BadWeights: broken JSON, another algorithm than
/// byte-level BPE, a split, normaliser, post_processor or option that Infolio does not have, ids
/// that repeat, are out of range or contradict each other. Whether tokens and merges fit together
/// is for Tokenizer to check.
TokenizerJson readTokenizerJson(std::string_view text, const std::string& path);

} // namespace engine::model
