#include "engine/answer/gist.h"

#include <algorithm>

#include "engine/answer/prompt.h"
#include "engine/answer/words.h"
#include "engine/document/document_text.h"
#include "engine/document/sentences.h"

namespace engine::answer {
namespace {

/// Small models fall into loops; a light penalty keeps them from it and does not forbid a name to
/// come twice.
constexpr double kRepetitionPenalty = 1.1;

bool endsSentence(std::string_view sentence) {
    while (!sentence.empty()) {
        for (const std::string_view closing : {"\"", "'", ")", "\u201D", "\u2019"}) {
            if (sentence.ends_with(closing)) {
                sentence.remove_suffix(closing.size());
                break;
            }
        }
        const char last = sentence.empty() ? ' ' : sentence.back();
        if (last == '.' || last == '!' || last == '?')
            return true;
        if (last != '"' && last != '\'' && last != ')')
            break;
    }
    for (const std::string_view ideographic : {"\u3002", "\uFF01", "\uFF1F", "\u2026"}) {
        if (sentence.ends_with(ideographic))
            return true;
    }
    return false;
}

} // namespace

std::vector<std::string> gistSentences(std::string_view utf8, bool isComplete) {
    const document::DocumentText text(utf8);
    std::vector<std::string> result;
    for (const auto& [begin, end] : document::sentences(utf8)) {
        std::string sentence = withoutReferences(text.slice(begin, end));
        const std::vector<Word> parts = words(sentence);
        // "1." is a list's mark, not a sentence.
        const bool isEmpty = std::ranges::all_of(parts, [](const Word& part) {
            return part.lower.front() >= '0' && part.lower.front() <= '9';
        });
        if (!isEmpty && std::ranges::find(result, sentence) == result.end())
            result.push_back(std::move(sentence));
    }
    if (!isComplete && result.size() > 1 && !endsSentence(result.back()))
        result.pop_back();
    return result;
}

std::vector<std::string> writeGist(model::AnswerSession& session, const GistOptions& options,
                                   const Listener& listener) {
    model::GenerateOptions generate;
    generate.maxTokens = options.maxTokens;
    generate.seed = options.seed;
    generate.repetitionPenalty = kRepetitionPenalty;

    std::string raw;
    std::size_t shown = 0;
    std::vector<std::string> sentences;
    const auto show = [&](std::size_t count) {
        for (; shown < count; ++shown) {
            if (listener.onGist)
                listener.onGist(shown == 0 ? sentences[shown] : " " + sentences[shown]);
        }
    };
    bool isCancelled = false;
    const auto generated = session.generate(generate, [&](std::string_view piece) {
        raw += piece;
        isCancelled = listener.isCancelled && listener.isCancelled();
        sentences = gistSentences(raw, true);
        // The last one may still grow.
        const std::size_t complete = sentences.empty() ? 0 : sentences.size() - 1;
        show(std::min<std::size_t>(complete, static_cast<std::size_t>(options.maxSentences)));
        return !isCancelled && complete < static_cast<std::size_t>(options.maxSentences);
    });
    sentences = gistSentences(raw, generated.end == model::Generated::End::StopToken);
    if (sentences.size() > static_cast<std::size_t>(options.maxSentences))
        sentences.resize(static_cast<std::size_t>(options.maxSentences));
    if (!isCancelled)
        show(sentences.size());
    return sentences;
}

} // namespace engine::answer
