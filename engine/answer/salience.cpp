#include "engine/answer/salience.h"

#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "engine/answer/words.h"
#include "engine/document/document_text.h"
#include "engine/document/sentences.h"

namespace engine::answer {
namespace {

constexpr int kFewestWords = 7;
constexpr int kMostWords = 40;

bool standsAlone(const SourceSentence& sentence, const std::vector<Word>& parts) {
    if (sentence.words < kFewestWords || sentence.words > kMostWords || parts.empty())
        return false;
    const char first = sentence.text.front();
    const bool isTalk = sentence.text.find('"') != std::string::npos ||
                        sentence.text.find("\u201C") != std::string::npos;
    const bool isOpen = (first >= 'a' && first <= 'z') || first == '(' || first == '-';
    const char last = sentence.text.back();
    return !isTalk && !isOpen && (last == '.' || last == '!');
}

/// A sentence that begins with one of these leans on the one before it.
bool leansOnFormer(const std::string& firstWord) {
    static const std::unordered_set<std::string_view> kLeaning = {
        "he",   "she", "it",  "they",  "this", "that", "these",   "those", "but", "and", "so",
        "then", "his", "her", "their", "such", "here", "however", "for",   "or",  "yet"};
    return kLeaning.contains(firstWord);
}

} // namespace

void appendSentences(std::vector<SourceSentence>& sentences, std::string_view passage,
                     std::int64_t begin, std::size_t number) {
    const document::DocumentText text(passage);
    for (const auto& [from, to] : document::sentences(passage)) {
        SourceSentence sentence;
        sentence.begin = begin + from;
        sentence.end = begin + to;
        sentence.passage = number;
        sentence.text = foldSpace(text.slice(from, to));
        sentence.words = countWords(sentence.text);
        sentences.push_back(std::move(sentence));
    }
}

void weigh(std::vector<SourceSentence>& sentences) {
    std::vector<std::vector<Word>> parts;
    std::unordered_map<std::string, int> frequency;
    for (const SourceSentence& sentence : sentences) {
        parts.push_back(words(sentence.text));
        for (const Word& word : parts.back())
            frequency[word.stem] += word.isFunction ? 0 : 1;
    }
    for (std::size_t i = 0; i < sentences.size(); ++i) {
        if (!standsAlone(sentences[i], parts[i]))
            continue;
        double sum = 0;
        int count = 0;
        std::unordered_set<std::string_view> seen;
        for (const Word& word : parts[i]) {
            if (word.isFunction || !seen.insert(word.stem).second)
                continue;
            sum += std::log(static_cast<double>(frequency[word.stem]));
            ++count;
        }
        // Divided by less than the count, so that a sentence with more to say comes before a short
        // one of common words.
        const double central = count > 0 ? sum / std::sqrt(static_cast<double>(count)) : 0;
        sentences[i].salience =
            (0.1 + central) * (leansOnFormer(parts[i].front().lower) ? 0.6 : 1.0);
    }
}

} // namespace engine::answer
