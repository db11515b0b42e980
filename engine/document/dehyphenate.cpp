#include "engine/document/dehyphenate.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <hunspell.hxx>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "engine/document/code_points.h"

namespace engine::document {

namespace {

constexpr std::size_t kSample = 2000;

bool isInWord(UChar32 c) {
    return u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
}

std::string lower(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size());
    for (std::size_t i = 0; i < utf8.size();) {
        const UChar32 c = nextCodePoint(utf8, i);
        if (c < 0x80)
            out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        else
            appendCodePoint(out, u_tolower(c));
    }
    return out;
}

bool isInnerMark(UChar32 c) {
    return c == '-' || c == '\'' || c == 0x2019;
}

/// Calls use(word) for every word of a text; hyphens and apostrophes between letters belong to it.
template <typename Use> void forEachWord(std::string_view utf8, Use use) {
    std::size_t begin = 0;
    std::size_t end = 0;    // of the word so far; begin == end: none
    bool isPending = false; // a mark stands behind the word so far
    for (std::size_t i = 0; i < utf8.size();) {
        const std::size_t at = i;
        const UChar32 c = nextCodePoint(utf8, i);
        if (isInWord(c)) {
            if (begin == end)
                begin = at;
            end = i;
            isPending = false;
        } else if (begin != end && !isPending && isInnerMark(c)) {
            isPending = true;
        } else if (begin != end) {
            use(utf8.substr(begin, end - begin));
            begin = end;
            isPending = false;
        }
    }
    if (begin != end)
        use(utf8.substr(begin, end - begin));
}

/// The word at the end of `left` without its final hyphen; may hold inner hyphens.
std::string_view tailWord(std::string_view left) {
    left.remove_suffix(1);
    std::size_t begin = left.size();
    for (std::size_t i = left.size(); i > 0;) {
        const UChar32 c = previousCodePoint(left, i);
        if (isInWord(c))
            begin = i;
        else if (!isInnerMark(c))
            break;
    }
    return left.substr(begin);
}

/// The word that `right` begins with.
std::string_view headWord(std::string_view right) {
    std::string_view head;
    forEachWord(right, [&](std::string_view word) {
        if (word.data() == right.data())
            head = word;
    });
    return head;
}

bool isReadable(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error);
}

} // namespace

void Vocabulary::add(std::string_view text) {
    forEachWord(text, [&](std::string_view word) { ++m_counts[lower(word)]; });
}

std::int64_t Vocabulary::count(const std::string& word) const {
    const auto it = m_counts.find(word);
    return it == m_counts.end() ? 0 : it->second;
}

std::vector<std::string> Vocabulary::commonest(std::size_t most) const {
    std::vector<std::pair<std::int64_t, std::string>> all;
    all.reserve(m_counts.size());
    for (const auto& [word, count] : m_counts)
        if (u_isalpha(firstCodePoint(word)))
            all.emplace_back(-count, word);
    const std::size_t size = std::min(most, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size), all.end());
    std::vector<std::string> out;
    for (std::size_t i = 0; i < size; ++i)
        out.push_back(std::move(all[i].second));
    return out;
}

Dictionary::Dictionary() = default;
Dictionary::~Dictionary() = default;
Dictionary::Dictionary(Dictionary&&) noexcept = default;
Dictionary& Dictionary::operator=(Dictionary&&) noexcept = default;

Dictionary Dictionary::find(const std::string& folder, const std::string& language,
                            const Vocabulary& vocabulary) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
        std::filesystem::path dic = it->path();
        if (dic.extension() == ".aff" && isReadable(dic) &&
            isReadable(dic.replace_extension(".dic")))
            files.push_back(dic.replace_extension());
    }
    std::sort(files.begin(), files.end());
    const auto load = [](const std::filesystem::path& base) {
        Dictionary dictionary;
        dictionary.m_hunspell = std::make_unique<Hunspell>((base.string() + ".aff").c_str(),
                                                           (base.string() + ".dic").c_str());
        dictionary.m_encoding = dictionary.m_hunspell->get_dict_encoding();
        return dictionary;
    };

    std::string wanted = lower(language.substr(0, language.find_first_of("-_.@")));
    if (wanted.size() == 2 || wanted.size() == 3)
        for (const auto& file : files)
            if (lower(file.filename().string()).rfind(wanted + "_", 0) == 0 ||
                lower(file.filename().string()) == wanted)
                return load(file);
    const std::vector<std::string> words = vocabulary.commonest(kSample);
    for (const auto& file : files) {
        Dictionary dictionary = load(file);
        const auto known = std::count_if(words.begin(), words.end(), [&](const std::string& word) {
            return dictionary.knows(word);
        });
        if (!words.empty() && static_cast<std::size_t>(known) * 10 >= words.size() * 6)
            return dictionary;
    }
    return {};
}

bool Dictionary::knows(const std::string& utf8) const {
    if (m_hunspell == nullptr || utf8.size() > 80)
        return false;
    if (m_encoding == "UTF-8" || std::all_of(utf8.begin(), utf8.end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x80;
        }))
        return m_hunspell->spell(utf8);
    const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(utf8);
    char bytes[128];
    const auto size = wide.extract(0, wide.length(), bytes, sizeof(bytes), m_encoding.c_str());
    return size > 0 && size < static_cast<std::int32_t>(sizeof(bytes)) &&
           m_hunspell->spell(std::string(bytes, static_cast<std::size_t>(size)));
}

Dehyphenator::Dehyphenator(const Vocabulary& vocabulary, std::string folder, std::string language)
    : m_vocabulary(vocabulary), m_folder(std::move(folder)), m_language(std::move(language)) {}

bool Dehyphenator::knows(const std::string& word) {
    if (!m_isLoaded) {
        m_dictionary = Dictionary::find(m_folder, m_language, m_vocabulary);
        m_isLoaded = true;
    }
    return m_dictionary.knows(word);
}

Hyphen Dehyphenator::decide(std::string_view left, std::string_view right) {
    const std::string_view head = headWord(right);
    const std::string_view tail = tailWord(left);
    const std::string begin = lower(tail);
    const std::string rest = lower(head);
    const std::int64_t joined = m_vocabulary.count(begin + rest);
    const std::int64_t hyphenated = m_vocabulary.count(begin + "-" + rest);
    if (joined != hyphenated)
        return joined > hyphenated ? Hyphen::Join : Hyphen::Keep;
    if (u_isupper(firstCodePoint(head)) || u_isdigit(firstCodePoint(head)) ||
        u_isupper(lastCodePoint(tail)) || u_isdigit(lastCodePoint(tail)))
        return Hyphen::Keep;
    if (knows(begin + rest) || knows(std::string(tail) + std::string(head)))
        return Hyphen::Join;
    const std::size_t inner = begin.rfind('-');
    const std::string half = inner == std::string::npos ? begin : begin.substr(inner + 1);
    const std::string other = rest.substr(0, rest.find('-'));
    if (inner != std::string::npos && knows(half + other))
        return Hyphen::Join;
    return knows(half) && knows(other) ? Hyphen::Keep : Hyphen::Join;
}

bool isBroken(std::string_view left, std::string_view right) {
    if (left.size() < 2 || left.back() != '-' || right.empty())
        return false;
    return isInWord(lastCodePoint(left.substr(0, left.size() - 1))) &&
           isInWord(firstCodePoint(right));
}

Vocabulary vocabularyOf(const std::vector<LaidPage>& pages) {
    Vocabulary vocabulary;
    for (const LaidPage& page : pages) {
        bool follows = false;
        for (const Line& line : page.lines) {
            if (line.isFurniture)
                continue;
            std::string text = lineText(page, line);
            const bool breaks = text.size() > 1 && text.back() == '-';
            if (follows) {
                const std::size_t space = text.find(' ');
                text = space == std::string::npos ? std::string() : text.substr(space);
            }
            if (breaks) {
                const std::size_t space = text.rfind(' ');
                text = space == std::string::npos ? std::string() : text.substr(0, space);
            }
            vocabulary.add(text);
            follows = breaks;
        }
    }
    return vocabulary;
}

} // namespace engine::document
