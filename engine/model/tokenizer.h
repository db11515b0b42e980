#pragma once
/// Byte-level BPE: text to token ids and back, exactly. Control tokens are recognised in templates
/// only, never in text.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/chat_template.h"

namespace engine::model {

class ModelFile;

struct Token {
    std::int32_t id = 0;
    std::uint32_t byteBegin = 0, byteEnd = 0; ///< range in the encoded text
};

inline bool operator==(const Token& a, const Token& b) {
    return a.id == b.id && a.byteBegin == b.byteBegin && a.byteEnd == b.byteEnd;
}

/// Immutable after construction and safe to share between threads.
class Tokenizer {
public:
    /// Throws BadWeights: no tokenizer in the file, unknown pre-tokenizer, SentencePiece, damaged
    /// tables.
    static std::shared_ptr<const Tokenizer> load(const ModelFile& file);
    virtual ~Tokenizer() = default;

    /// Any bytes, fewer than 2^32. Bytes that are not UTF-8 become byte tokens. decode(encode(x)) =
    /// x: a byte for which the vocabulary has no token becomes two, the file's unknown token and
    /// one that tells which byte; both have its range.
    [[nodiscard]] virtual std::vector<Token> encode(std::string_view text) const = 0;
    [[nodiscard]] std::vector<std::int32_t> encodeIds(std::string_view text) const;
    /// The ids of a text that begins here: the begin token, if the file asks for one, before them.
    [[nodiscard]] std::vector<std::int32_t> encodeFromBegin(std::string_view text) const;
    [[nodiscard]] virtual std::string decode(const std::vector<std::int32_t>& ids) const = 0;
    /// The bytes of one token; control tokens give "".
    [[nodiscard]] virtual std::string_view bytesOf(std::int32_t id) const = 0;
    /// Id of a control or user-defined token by its text, for templates; -1 when absent.
    [[nodiscard]] virtual std::int32_t control(std::string_view name) const = 0;
    /// The token with which the file asks every text to begin (add_bos_token of a GGUF file, where
    /// llama-bpe without that key asks too, as in llama.cpp; the post_processor of tokenizer.json);
    /// -1: none.
    [[nodiscard]] virtual std::int32_t beginToken() const = 0;
    [[nodiscard]] virtual std::int64_t vocabulary() const = 0;
    [[nodiscard]] virtual std::vector<std::int32_t> stopTokens() const = 0;
    /// Hash of tables, merges, pre-tokenizer name and begin token.
    [[nodiscard]] virtual const std::string& sha256() const = 0;
};

/// Collects token bytes and gives out complete UTF-8 only.
class Utf8Stream {
public:
    /// The complete characters that `bytes` finishes; may be "".
    std::string push(std::string_view bytes);
    /// What is left at the end, broken characters as U+FFFD.
    std::string finish();

private:
    std::string m_pending;
};

} // namespace engine::model
