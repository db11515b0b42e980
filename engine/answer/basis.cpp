#include "engine/answer/basis.h"

#include <algorithm>
#include <cassert>
#include <unordered_set>

#include "engine/answer/words.h"

namespace engine::answer {
namespace {

constexpr std::size_t kMostCitations = 3;
/// A further quote is cited only when it supports the sentence nearly as well as the best one.
constexpr double kNearBest = 0.9;

std::unordered_set<std::string> stems(std::string_view text) {
    std::unordered_set<std::string> result;
    for (Word& word : words(text))
        result.insert(std::move(word.stem));
    return result;
}

} // namespace

double overlap(std::string_view sentence, std::string_view quote, std::string_view question) {
    const auto inQuote = stems(quote);
    const auto inQuestion = stems(question);
    double found = 0, all = 0;
    bool hasFinding = false;
    std::unordered_set<std::string> seen;
    for (const Word& word : words(sentence)) {
        if (word.isFunction || !seen.insert(word.stem).second)
            continue;
        const bool isAsked = inQuestion.contains(word.stem);
        const bool isFound = inQuote.contains(word.stem);
        if (!isFound && (word.isNumber || (word.isName && !isAsked)))
            return 0;
        const double weight =
            (word.isName || word.isNumber ? 2.0 : 1.0) * (isAsked ? 1.0 / 3 : 1.0);
        all += weight;
        found += isFound ? weight : 0;
        hasFinding = hasFinding || (isFound && !isAsked);
    }
    return hasFinding ? found / all : 0;
}

std::vector<int> citationsFor(std::string_view sentence, std::span<const Quote> quotes,
                              std::string_view question) {
    std::vector<std::pair<double, int>> supporting;
    for (const Quote& quote : quotes) {
        const double share = overlap(sentence, quote.text, question);
        if (share >= kCitationOverlap)
            supporting.emplace_back(share, quote.number);
    }
    std::ranges::stable_sort(supporting,
                             [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<int> numbers;
    for (const auto& [share, number] : supporting) {
        if (numbers.size() < kMostCitations && share >= kNearBest * supporting.front().first)
            numbers.push_back(number);
    }
    return numbers;
}

bool hasStrayNumber(std::string_view sentence, std::span<const std::string_view> texts) {
    std::unordered_set<std::string> known;
    for (const std::string_view text : texts)
        known.merge(stems(text));
    return std::ranges::any_of(words(sentence), [&](const Word& word) {
        const bool hasDigit = word.lower.find_first_of("0123456789") != std::string::npos;
        return hasDigit && !known.contains(word.stem);
    });
}

bool isEcho(std::string_view sentence, std::string_view question) {
    const auto inQuestion = stems(question);
    bool hasContent = false;
    for (const Word& word : words(sentence)) {
        if (!word.isFunction && !inQuestion.contains(word.stem))
            return false;
        hasContent = hasContent || !word.isFunction;
    }
    return hasContent;
}

std::vector<double> memoryLifts(std::span<const model::Token> tokens, std::span<const float> loaded,
                                std::span<const float> zeroed,
                                std::span<const ByteRange> sentences) {
    assert(tokens.size() == loaded.size() && tokens.size() == zeroed.size());
    std::vector<double> lifts;
    for (const ByteRange& sentence : sentences) {
        double sum = 0;
        int count = 0;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            // A token may begin with the space before its word, so its last byte decides.
            if (tokens[i].byteEnd <= sentence.begin || tokens[i].byteEnd > sentence.end)
                continue;
            sum += static_cast<double>(loaded[i]) - static_cast<double>(zeroed[i]);
            ++count;
        }
        lifts.push_back(count > 0 ? sum / count : 0);
    }
    return lifts;
}

} // namespace engine::answer
