#include "engine/document/sentences.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <memory>

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>

#include "engine/document/code_points.h"
#include "engine/document/document_text.h"

namespace engine::document {

namespace {

/// Never end a sentence, in lower case and sorted.
constexpr std::array<std::string_view, 36> kTitles = {
    "adm", "approx", "art", "bros", "capt", "cf",  "col", "cpt",    "dr",   "drs", "e.g",  "ed",
    "fr",  "gen",    "gov", "hon",  "i.e",  "lt",  "maj", "messrs", "mlle", "mme", "mons", "mr",
    "mrs", "ms",     "mt",  "prof", "rep",  "rev", "sen", "sgt",    "sr",   "st",  "viz",  "vs"};

/// Do not end a sentence before a number, in lower case and sorted.
constexpr std::array<std::string_view, 20> kReferences = {
    "app", "ch", "chap", "eq", "eqs", "fig", "figs", "fol", "l",   "ll",
    "lib", "no", "nos",  "nr", "op",  "p",   "pp",   "sec", "vol", "vols"};

bool isAsciiLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool isSpace(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/// The word in front of a full stop that ends `before`, or nothing when it ends otherwise.
std::string_view wordBeforeStop(std::string_view before) {
    if (before.empty() || before.back() != '.')
        return {};
    before.remove_suffix(1);
    std::size_t begin = before.size();
    while (begin > 0 && (isAsciiLetter(before[begin - 1]) || before[begin - 1] == '.'))
        --begin;
    if (begin > 0 && static_cast<unsigned char>(before[begin - 1]) >= 0x80)
        return {};
    return before.substr(begin);
}

bool endsWithAbbreviation(std::string_view before, UChar32 next) {
    const std::string_view word = wordBeforeStop(before);
    if (word.empty() || word.size() > 8)
        return false;
    if (word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z' && word[0] != 'I')
        return true;
    std::string lower(word);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (std::binary_search(kTitles.begin(), kTitles.end(), lower))
        return true;
    return u_isdigit(next) && std::binary_search(kReferences.begin(), kReferences.end(), lower);
}

/// ICU found a sentence end before `at`; tells whether a reader would.
bool isRealStart(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (end > 0 && isSpace(text[end - 1])) {
        if (text[end - 1] == '\n')
            return true;
        --end;
    }
    std::size_t next = at;
    UChar32 c = nextCodePoint(text, next);
    while (next < text.size() && (c == '"' || c == '\'' || c == '(' || c == 0x201C || c == 0x2018))
        c = nextCodePoint(text, next);
    if (u_islower(c))
        return false;
    return !endsWithAbbreviation(text.substr(0, end), c);
}

icu::BreakIterator& breakIterator() {
    // Making one reads rule data; a thread keeps its own, since an iterator holds a position.
    thread_local const std::unique_ptr<icu::BreakIterator> iterator = [] {
        UErrorCode status = U_ZERO_ERROR;
        std::unique_ptr<icu::BreakIterator> made(
            icu::BreakIterator::createSentenceInstance(icu::Locale::getRoot(), status));
        assert(U_SUCCESS(status)); // the rules of the root locale are compiled into ICU
        return made;
    }();
    return *iterator;
}

} // namespace

std::vector<std::size_t> sentenceStarts(std::string_view utf8) {
    std::vector<std::size_t> out;
    if (utf8.empty())
        return out;
    UErrorCode status = U_ZERO_ERROR;
    UText text = UTEXT_INITIALIZER;
    utext_openUTF8(&text, utf8.data(), static_cast<std::int64_t>(utf8.size()), &status);
    icu::BreakIterator& iterator = breakIterator();
    iterator.setText(&text, status);
    if (U_SUCCESS(status)) {
        for (auto at = iterator.next(); at != icu::BreakIterator::DONE; at = iterator.next())
            if (static_cast<std::size_t>(at) < utf8.size() &&
                isRealStart(utf8, static_cast<std::size_t>(at)))
                out.push_back(static_cast<std::size_t>(at));
    }
    utext_close(&text);
    return out;
}

std::vector<std::pair<std::int64_t, std::int64_t>> sentences(std::string_view utf8) {
    std::vector<std::pair<std::int64_t, std::int64_t>> out;
    std::vector<std::size_t> starts = sentenceStarts(utf8);
    starts.push_back(utf8.size());
    std::size_t begin = 0;
    std::int64_t offset = 0;
    for (const std::size_t end : starts) {
        const std::string_view piece = utf8.substr(begin, end - begin);
        std::size_t first = 0;
        std::size_t last = piece.size();
        while (first < last && isSpace(piece[first]))
            ++first;
        while (last > first && isSpace(piece[last - 1]))
            --last;
        if (first < last) {
            const std::int64_t from = offset + static_cast<std::int64_t>(first);
            out.emplace_back(from, from + codePoints(piece.substr(first, last - first)));
        }
        offset += codePoints(piece);
        begin = end;
    }
    return out;
}

} // namespace engine::document
