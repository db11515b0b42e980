#pragma once
/// Decides whether a hyphen at a line end belongs to the word: by the vocabulary of the book, then
/// by a dictionary.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/document/lines.h"

class Hunspell;

namespace engine::document {

/// The words of a book, as often as they stand unbroken inside lines; lower case.
class Vocabulary {
public:
    void add(std::string_view text);
    [[nodiscard]] std::int64_t count(const std::string& word) const;
    /// The commonest words, commonest first, ties in alphabetical order.
    [[nodiscard]] std::vector<std::string> commonest(std::size_t most) const;

private:
    std::unordered_map<std::string, std::int64_t> m_counts;
};

/// A spelling dictionary of this machine (hunspell), or none: then nothing is known.
class Dictionary {
public:
    Dictionary();
    ~Dictionary();
    Dictionary(Dictionary&&) noexcept;
    Dictionary& operator=(Dictionary&&) noexcept;

    /// The dictionary in `folder` for a language ("en", "de-DE"), else the first in alphabetical
    /// order that knows 60 % of the book's 2,000 commonest words, else none.
    static Dictionary find(const std::string& folder, const std::string& language,
                           const Vocabulary& vocabulary);

    [[nodiscard]] bool exists() const { return m_hunspell != nullptr; }
    [[nodiscard]] bool knows(const std::string& utf8) const;

private:
    std::unique_ptr<Hunspell> m_hunspell;
    std::string m_encoding;
};

/// Where Debian keeps dictionaries.
inline constexpr const char* kDictionaries = "/usr/share/hunspell";

enum class Hyphen { Join, Keep };

class Dehyphenator {
public:
    Dehyphenator(const Vocabulary& vocabulary, std::string folder, std::string language);

    /// `left` ends with the hyphen at the line end, `right` begins the next line; both are words as
    /// printed.
    Hyphen decide(std::string_view left, std::string_view right);

private:
    bool knows(const std::string& word);

    const Vocabulary& m_vocabulary;
    std::string m_folder, m_language;
    bool m_isLoaded = false; ///< a dictionary takes longer to load than a short document to repair
    Dictionary m_dictionary;
};

/// True when `left` is a word broken at a line end and `right` can be its rest.
bool isBroken(std::string_view left, std::string_view right);

/// The vocabulary of all pages, without furniture and words broken at line ends.
Vocabulary vocabularyOf(const std::vector<LaidPage>& pages);

} // namespace engine::document
