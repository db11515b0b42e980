#include "engine/answer/words.h"

#include <array>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>

namespace engine::answer {
namespace {

struct Decoded {
    char32_t codePoint = 0;
    std::size_t length = 1;
};

/// One code point at `position`. A byte that is not UTF-8 counts as a separator of length 1.
Decoded decode(std::string_view text, std::size_t position) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(position);
    if (first < 0x80)
        return {first, 1};
    const std::size_t length = first >= 0xF8   ? 0
                               : first >= 0xF0 ? 4
                               : first >= 0xE0 ? 3
                               : first >= 0xC0 ? 2
                                               : 0;
    if (length == 0 || position + length > text.size())
        return {0xFFFD, 1};
    char32_t value = first & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(position + i) & 0xC0) != 0x80)
            return {0xFFFD, 1};
        value = value << 6 | (byte(position + i) & 0x3Fu);
    }
    return {value, length};
}

void append(std::string& out, char32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | c >> 6);
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | c >> 12);
        out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | c >> 18);
        out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
        out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    }
}

/// Latin, Greek and Cyrillic capitals. Full folding needs tables that the comparison of a gist with
/// its passage does not: both sides come through here.
char32_t lowerCase(char32_t c) {
    if (c >= 'A' && c <= 'Z')
        return c + 32;
    if (c >= 0xC0 && c <= 0xDE && c != 0xD7)
        return c + 32;
    const bool isEvenPair =
        (c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177) || (c >= 0x460 && c <= 0x481);
    if (isEvenPair && c % 2 == 0)
        return c + 1;
    const bool isOddPair = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
    if (isOddPair && c % 2 == 1)
        return c + 1;
    if ((c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))
        return c + 32;
    if (c >= 0x400 && c <= 0x40F)
        return c + 80;
    return c;
}

bool isDigit(char32_t c) {
    return c >= '0' && c <= '9';
}

bool isLetter(char32_t c) {
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool isPunctuation = (c < 0xC0 && c != 0xAA && c != 0xB5 && c != 0xBA) || c == 0xD7 ||
                               c == 0xF7 || (c >= 0x2000 && c <= 0x206F) ||
                               (c >= 0x2190 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x303F) ||
                               (c >= 0xFF00 && c <= 0xFF0F) || c == 0xFFFD;
    return !isPunctuation;
}

bool isApostrophe(char32_t c) {
    return c == '\'' || c == 0x2019;
}
bool isSentenceEnd(char32_t c) {
    return c == '.' || c == '!' || c == '?' || c == ':' || c == 0x3002;
}

const std::unordered_set<std::string_view>& functionWords() {
    static const std::unordered_set<std::string_view> kWords = {
        "a",       "about", "after",   "again",  "all",     "also",       "am",      "an",
        "and",     "any",   "are",     "as",     "at",      "be",         "because", "been",
        "before",  "being", "but",     "by",     "can",     "could",      "did",     "do",
        "does",    "doing", "done",    "during", "each",    "either",     "for",     "from",
        "had",     "has",   "have",    "having", "he",      "her",        "here",    "hers",
        "herself", "him",   "himself", "his",    "how",     "i",          "if",      "in",
        "into",    "is",    "it",      "its",    "itself",  "just",       "many",    "may",
        "me",      "might", "more",    "most",   "much",    "must",       "my",      "no",
        "nor",     "not",   "of",      "off",    "on",      "or",         "our",     "out",
        "over",    "own",   "shall",   "she",    "should",  "so",         "some",    "such",
        "than",    "that",  "the",     "their",  "them",    "themselves", "then",    "there",
        "these",   "they",  "this",    "those",  "through", "to",         "too",     "under",
        "until",   "up",    "upon",    "us",     "very",    "was",        "we",      "were",
        "what",    "when",  "where",   "which",  "while",   "who",        "whom",    "whose",
        "why",     "will",  "with",    "would",  "you",     "your",       "don't",   "didn't",
        "doesn't", "isn't", "wasn't",  "won't",  "can't",   "couldn't",   "wouldn't"};
    return kWords;
}

bool endsWith(const std::string& word, std::string_view ending) {
    return word.size() > ending.size() && word.ends_with(ending);
}

/// Numbers in words, so that "twenty" and "20" support each other and "five" does not pass for
/// "twenty". "One" is left out: mostly it counts nothing.
std::string_view digitsOf(std::string_view word) {
    static const std::unordered_map<std::string_view, std::string_view> kNumbers = {
        {"two", "2"},          {"three", "3"},     {"four", "4"},      {"five", "5"},
        {"six", "6"},          {"seven", "7"},     {"eight", "8"},     {"nine", "9"},
        {"ten", "10"},         {"eleven", "11"},   {"twelve", "12"},   {"thirteen", "13"},
        {"fourteen", "14"},    {"fifteen", "15"},  {"sixteen", "16"},  {"seventeen", "17"},
        {"eighteen", "18"},    {"nineteen", "19"}, {"twenty", "20"},   {"thirty", "30"},
        {"forty", "40"},       {"fifty", "50"},    {"sixty", "60"},    {"seventy", "70"},
        {"eighty", "80"},      {"ninety", "90"},   {"hundred", "100"}, {"thousand", "1000"},
        {"million", "1000000"}};
    const auto found = kNumbers.find(word);
    return found == kNumbers.end() ? std::string_view() : found->second;
}

/// A light stem: plural, -ed, -ing, -ly and a silent e. Errors are symmetric, so they cost little
/// in a comparison.
std::string stemOf(const std::string& word) {
    if (word.size() < 4)
        return word;
    std::string stem = word;
    if (endsWith(stem, "ies") && stem.size() > 4)
        stem.replace(stem.size() - 3, 3, "y");
    else if (endsWith(stem, "sses") || endsWith(stem, "shes") || endsWith(stem, "ches") ||
             endsWith(stem, "xes"))
        stem.resize(stem.size() - 2);
    else if (endsWith(stem, "s") && !endsWith(stem, "ss") && !endsWith(stem, "us"))
        stem.resize(stem.size() - 1);
    for (const std::string_view ending : {"ing", "ed", "ly"}) {
        if (!endsWith(stem, ending) || stem.size() < ending.size() + 3)
            continue;
        stem.resize(stem.size() - ending.size());
        const std::size_t n = stem.size();
        const bool isDoubled =
            stem[n - 1] == stem[n - 2] && stem[n - 1] != 'l' && stem[n - 1] != 's';
        if (isDoubled)
            stem.resize(n - 1);
        break;
    }
    if (stem.size() > 3 && stem.back() == 'e')
        stem.pop_back();
    if (stem.size() > 3 && stem.back() == 'y')
        stem.back() = 'i';
    return stem;
}

} // namespace

std::vector<Word> words(std::string_view utf8) {
    std::vector<Word> result;
    bool opensSentence = true;
    for (std::size_t i = 0; i < utf8.size();) {
        Decoded c = decode(utf8, i);
        if (!isLetter(c.codePoint) && !isDigit(c.codePoint)) {
            if (isSentenceEnd(c.codePoint) || c.codePoint == '"' || c.codePoint == 0x201C)
                opensSentence = true;
            i += c.length;
            continue;
        }
        Word word;
        const bool isCapital = lowerCase(c.codePoint) != c.codePoint;
        while (i < utf8.size()) {
            c = decode(utf8, i);
            if (isApostrophe(c.codePoint)) {
                const std::size_t next = i + c.length;
                if (next >= utf8.size() || !isLetter(decode(utf8, next).codePoint))
                    break;
                word.lower += '\'';
            } else if (isLetter(c.codePoint) || isDigit(c.codePoint)) {
                word.isNumber = word.isNumber || isDigit(c.codePoint);
                append(word.lower, lowerCase(c.codePoint));
            } else {
                break;
            }
            i += c.length;
        }
        if (endsWith(word.lower, "'s"))
            word.lower.resize(word.lower.size() - 2);
        word.isFunction = functionWords().contains(word.lower);
        word.isName = isCapital && !opensSentence && !word.isFunction;
        const std::string_view digits = digitsOf(word.lower);
        word.stem = word.isNumber    ? word.lower
                    : digits.empty() ? stemOf(word.lower)
                                     : std::string(digits);
        word.isNumber = word.isNumber || !digits.empty();
        opensSentence = false;
        result.push_back(std::move(word));
    }
    return result;
}

int countWords(std::string_view utf8) {
    int count = 0;
    bool isInside = false;
    for (const char c : utf8) {
        const bool isSpace = c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
        count += !isSpace && !isInside ? 1 : 0;
        isInside = !isSpace;
    }
    return count;
}

std::string foldSpace(std::string_view utf8) {
    std::string result;
    for (const char c : utf8) {
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r' && c != '\f')
            result += c;
        else if (!result.empty() && result.back() != ' ')
            result += ' ';
    }
    if (!result.empty() && result.back() == ' ')
        result.pop_back();
    return result;
}

} // namespace engine::answer
