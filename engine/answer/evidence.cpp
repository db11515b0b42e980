#include "engine/answer/evidence.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <unordered_set>

#include "engine/answer/prompt.h"
#include "engine/answer/question.h"
#include "engine/answer/quote.h"
#include "engine/answer/words.h"
#include "engine/document/document_text.h"
#include "engine/error.h"

namespace engine::answer {
namespace {

constexpr double kBm25Weight = 2.0;
/// Bounds of what one token of the question can say for or against a passage, in nats.
constexpr double kLeastTokenGain = -1, kMostTokenGain = 4;
/// What a token's gain loses when it is a passage's one, two or three places away, in nats.
constexpr std::array kNeighbourPenalties = {1.0, 1.4, 1.8};
/// What a passage's score loses for each neighbour that stands before it already, in units of BM25:
/// two places beside each other mostly tell the same. On the dev collection it lifts the first
/// three of BM25 from .875 to .882 and the first five from .926 to .930.
constexpr double kRepetition = 1.0;
/// Candidates scored in one call, so that a cancel waits for few.
constexpr std::size_t kBatch = 4;
/// Tokens of a prompt that leaves a passage enough to be compared by.
constexpr std::int64_t kLeastPrefix = 128;
/// Longest look-ahead of the rule that ends a passage (documents.md, section 3, 7).
constexpr std::int64_t kLookAhead = 64;
/// Longer than any passage with its look-ahead, so that the passage before a bound is always among
/// those fetched.
constexpr std::int64_t kLongestTail = 4096;

struct Ranked {
    Quote quote;
    bool isContents = false;
    int ordinal = 0;           ///< of the passage in its document
    std::vector<double> gains; ///< of the question's tokens, held within bounds
};

/// Share of the question's content words that a text holds.
double wordShare(const std::vector<std::string>& questionStems, std::string_view text) {
    std::unordered_set<std::string> found;
    for (Word& word : words(text))
        found.insert(std::move(word.stem));
    const auto count = std::ranges::count_if(
        questionStems, [&](const std::string& stem) { return found.contains(stem); });
    return questionStems.empty()
               ? 0
               : static_cast<double>(count) / static_cast<double>(questionStems.size());
}

/// Words next to each other, at least one of them with content: "the eagle", "eagle left".
std::vector<std::string> wordPairs(std::string_view question) {
    const std::vector<Word> parts = words(question);
    std::vector<std::string> pairs;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        if (!parts[i - 1].isFunction || !parts[i].isFunction)
            pairs.push_back(parts[i - 1].lower + " " + parts[i].lower);
    }
    return pairs;
}

class Search {
public:
    Search(const store::Library& library, const model::Model* model, std::string_view question)
        : m_library(library), m_quotes(library), m_model(model), m_question(question),
          m_words(questionWords(question)) {
        for (const std::string& word : m_words) {
            for (const Word& part : words(word))
                m_stems.push_back(part.stem);
        }
    }

    void collect(const std::vector<Source>& sources, int limit) {
        std::vector<store::Scope> scopes;
        for (const Source& source : sources)
            scopes.push_back({source.documentId, source.bound});
        for (const store::Candidate& candidate :
             m_library.candidates(m_words, wordPairs(m_question), scopes, limit)) {
            const auto row = m_library.passage(candidate.passageId);
            if (row)
                add(candidate.documentId, *row, candidate.bm25);
        }
        const double best = m_ranked.empty() ? 0 : m_ranked.front().quote.bm25;
        for (const Source& source : sources) {
            if (source.bound)
                addTail(source.documentId, *source.bound, best);
        }
        for (const Word& word : words(m_question))
            m_namesStranger = m_namesStranger || (word.isName && isStranger(word, scopes));
    }

    /// Sets likelihood and gain. Returns false when cancelled.
    bool score(const Listener& listener) {
        if (m_model == nullptr || m_ranked.empty())
            return true;
        const auto continuation = m_model->tokenizer->encodeIds(rankingContinuation(m_question));
        const std::int64_t room =
            m_model->weights->config.contextTokens - static_cast<std::int64_t>(continuation.size());
        if (room < kLeastPrefix)
            throw Error(Code::DoesNotFit,
                        "The question takes " + std::to_string(continuation.size()) +
                            " tokens and the model's window holds " +
                            std::to_string(m_model->weights->config.contextTokens) +
                            " together with a passage; ask a shorter question.");
        const auto alone =
            model::scoreContinuation(*m_model, {prefix("", room)}, continuation).front();
        for (std::size_t begin = 0; begin < m_ranked.size(); begin += kBatch) {
            if (listener.isCancelled && listener.isCancelled())
                return false;
            const std::size_t end = std::min(begin + kBatch, m_ranked.size());
            std::vector<std::vector<std::int32_t>> prefixes;
            for (std::size_t i = begin; i < end; ++i)
                prefixes.push_back(prefix(m_ranked[i].quote.text, room));
            const auto scores = model::scoreContinuation(*m_model, prefixes, continuation);
            for (std::size_t i = begin; i < end; ++i)
                setGains(m_ranked[i], scores[i - begin], alone);
            if (listener.onProgress)
                listener.onProgress("rank", static_cast<std::int64_t>(end),
                                    static_cast<std::int64_t>(m_ranked.size()));
        }
        for (Ranked& ranked : m_ranked)
            ranked.quote.score = sharedGain(ranked) + kBm25Weight * ranked.quote.bm25;
        return true;
    }

    Ranking result(int count) {
        Ranking ranking;
        ranking.gain = m_gain;
        ranking.namesStranger = m_namesStranger;
        for (const Ranked& ranked : m_ranked)
            ranking.coverage = std::max(ranking.coverage, wordShare(m_stems, ranked.quote.text));
        const auto isBetter = [](const Ranked& a, const Ranked& b) {
            return a.isContents != b.isContents ? b.isContents : a.quote.score > b.quote.score;
        };
        const double repetition = kRepetition * (m_gain ? kBm25Weight : 1);
        for (auto next = m_ranked.begin(); next != m_ranked.end(); ++next) {
            if (static_cast<int>(ranking.quotes.size()) == count)
                break;
            const auto best = std::min_element(next, m_ranked.end(), isBetter);
            std::rotate(next, best, std::next(best)); // keeps the order of equals
            for (auto later = std::next(next); later != m_ranked.end(); ++later) {
                if (distance(*next, *later) == 1)
                    later->quote.score -= repetition;
            }
            next->quote.number = static_cast<int>(ranking.quotes.size()) + 1;
            ranking.quotes.push_back(next->quote);
        }
        return ranking;
    }

private:
    void add(std::int64_t documentId, const store::PassageRow& passage, double bm25) {
        auto quote = m_quotes.quote(documentId, passage.begin, passage.end);
        if (!quote)
            return;
        quote->bm25 = bm25;
        quote->score = bm25;
        quote->outline = passage.outline;
        m_ranked.push_back({std::move(*quote), passage.isContents, passage.ordinal, {}});
    }

    void setGains(Ranked& ranked, const std::vector<float>& logs, const std::vector<float>& alone) {
        double sum = 0;
        ranked.gains.clear();
        ranked.quote.likelihood = 0;
        for (std::size_t t = 0; t < logs.size(); ++t) {
            const double gain = static_cast<double>(logs[t]) - static_cast<double>(alone[t]);
            sum += gain;
            ranked.quote.likelihood += static_cast<double>(logs[t]);
            ranked.gains.push_back(std::clamp(gain, kLeastTokenGain, kMostTokenGain));
        }
        const double mean = sum / static_cast<double>(logs.size());
        m_gain = std::max(m_gain.value_or(mean), mean);
    }

    /// Passages from one to the other; SIZE_MAX when they are not in one document.
    static std::size_t distance(const Ranked& a, const Ranked& b) {
        return a.quote.documentId != b.quote.documentId
                   ? SIZE_MAX
                   : static_cast<std::size_t>(std::abs(a.ordinal - b.ordinal));
    }

    /// Sum of the best that a passage and its neighbours among the candidates say for each token.
    [[nodiscard]] double sharedGain(const Ranked& ranked) const {
        std::vector<double> best = ranked.gains;
        for (const Ranked& other : m_ranked) {
            const std::size_t apart = distance(ranked, other);
            if (apart == 0 || apart > kNeighbourPenalties.size())
                continue;
            for (std::size_t t = 0; t < best.size(); ++t)
                best[t] = std::max(best[t], other.gains[t] - kNeighbourPenalties[apart - 1]);
        }
        return std::accumulate(best.begin(), best.end(), 0.0);
    }

    /// Whether neither the index of what may be seen nor a tail before a bound has the name.
    [[nodiscard]] bool isStranger(const Word& name, const std::vector<store::Scope>& scopes) const {
        const auto holds = [&](const Ranked& ranked) {
            return wordShare({name.stem}, ranked.quote.text) > 0;
        };
        return m_library.candidates({name.lower}, {}, scopes, 1).empty() &&
               std::ranges::none_of(m_ranked, holds);
    }

    /// The text between the last passage that the bound admits and the bound. The index does not
    /// know it, so its BM25 is taken as the best one's, reduced to the share of the question's
    /// words in it.
    void addTail(std::int64_t documentId, std::int64_t bound, double bestBm25) {
        store::PassageRow tail;
        tail.begin = std::max<std::int64_t>(0, bound - kLongestTail);
        tail.end = bound;
        tail.outline = -1;
        for (const store::PassageRow& passage : m_library.passages(documentId, tail.begin, bound)) {
            tail.ordinal = passage.ordinal;
            if (passage.end + kLookAhead > bound) {
                tail.outline = passage.outline;
                break;
            }
            tail.begin = passage.end;
            ++tail.ordinal;
        }
        if (tail.begin >= bound)
            return;
        const double share = wordShare(m_stems, m_library.text(documentId, tail.begin, bound));
        if (share > 0)
            add(documentId, tail, share * std::max(bestBm25, 1.0));
    }

    /// Token ids of the prompt around a passage, the passage cut at its end when the model's
    /// context is too short.
    std::vector<std::int32_t> prefix(std::string_view passage, std::int64_t room) const {
        auto ids = m_model->tokenizer->encodeFromBegin(rankingPrefix(passage));
        while (static_cast<std::int64_t>(ids.size()) > room && !passage.empty()) {
            const document::DocumentText text(passage);
            const auto kept = text.length() * room / static_cast<std::int64_t>(ids.size()) - 1;
            passage = text.slice(0, std::max<std::int64_t>(0, kept));
            ids = m_model->tokenizer->encodeFromBegin(rankingPrefix(passage));
        }
        return ids;
    }

    const store::Library& m_library;
    QuoteReader m_quotes;
    const model::Model* m_model;
    std::string_view m_question;
    std::vector<std::string> m_words, m_stems;
    std::vector<Ranked> m_ranked;
    std::optional<double> m_gain;
    bool m_namesStranger = false;
};

} // namespace

Ranking rankEvidence(const store::Library& library, const model::Model* model,
                     const std::vector<Source>& sources, std::string_view question,
                     const Options& options, const Listener& listener) {
    const std::string checked = checkedQuestion(question);
    Search search(library, model, checked);
    search.collect(sources, options.candidates);
    if (!search.score(listener)) {
        Ranking cancelled;
        cancelled.isCancelled = true;
        return cancelled;
    }
    return search.result(options.evidenceCount);
}

bool isSupported(const Ranking& ranking, const Options& options) {
    constexpr double kLeastCoverage = 0.5;
    if (ranking.quotes.empty())
        return false;
    if (!ranking.gain)
        return ranking.coverage >= kLeastCoverage && !ranking.namesStranger;
    return *ranking.gain >= (ranking.namesStranger ? options.leastGainStranger : options.leastGain);
}

} // namespace engine::answer
