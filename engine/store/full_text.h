#pragma once
/// FTS5's tokenizers and occurrence counts for this library. Belongs to one connection and must not
/// outlive it.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/store/database.h"

namespace engine::store {

class FullText {
public:
    explicit FullText(const Database& database);
    ~FullText();
    FullText(const FullText&) = delete;
    FullText& operator=(const FullText&) = delete;

    /// Words as the full-text index stores them: folded, without diacritics, stemmed.
    [[nodiscard]] std::vector<std::string> stems(std::string_view text) const;
    /// Words as written, in lower case.
    [[nodiscard]] std::vector<std::string> words(std::string_view text) const;
    /// A stem or word with its place in the text, in bytes.
    struct Token {
        std::string text;
        int begin = 0, end = 0;
    };
    /// `exact`: words; else stems.
    [[nodiscard]] std::vector<Token> tokens(std::string_view text, bool exact) const;
    [[nodiscard]] std::int64_t count(std::string_view text) const; ///< of stems

    /// Calls `visit(passageId, occurrences)` in order of id for each passage with an id in [first,
    /// last] that contains `phrase` (its words one after the other, stemmed).
    void occurrences(std::string_view phrase, std::int64_t first, std::int64_t last,
                     const std::function<void(std::int64_t, std::int64_t)>& visit) const;

private:
    class Tokenizer;
    const Database& m_database;
    std::unique_ptr<Tokenizer> m_stems;
    std::unique_ptr<Tokenizer> m_words;
};

} // namespace engine::store
