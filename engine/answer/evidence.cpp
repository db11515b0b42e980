#include "engine/answer/evidence.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <unordered_set>

#include "engine/answer/prompt.h"
#include "engine/answer/question.h"
#include "engine/answer/quote.h"
#include "engine/answer/words.h"
#include "engine/document/document_text.h"
#include "engine/error.h"

namespace engine::answer {
namespace {

/// log P(question | passage) + kBm25Weight · BM25, both in nats.
constexpr double kBm25Weight = 2.0;
/// Passages that BM25 hands over before their neighbours are looked at.
constexpr int kPool = 200;
/// What the passages one, two and three places away add to a passage's BM25: a story names its
/// people once and goes on with "he". On the dev collection it lifts BM25's first ten from .932 to
/// .951 and takes nothing from its first place (1,075 questions).
constexpr std::array kNeighbourShares = {0.2, 0.1, 0.1};
/// What pairs of words that stand together in the question add to BM25. On the dev collection it
/// lifts BM25's first place from .657 to .691 and its first five from .870 to .891 (1,075
/// questions).
constexpr double kPairShare = 0.45;
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
        struct Pooled {
            std::int64_t id = 0, documentId = 0;
            store::PassageRow row;
            double own = 0, score = 0; ///< without and with its neighbours
        };
        std::vector<Pooled> pool;
        std::map<std::pair<std::int64_t, int>, double> scores;
        for (const store::Candidate& candidate : m_library.candidates(m_words, scopes, kPool)) {
            auto row = m_library.passage(candidate.passageId);
            if (!row)
                continue;
            pool.push_back(
                {candidate.passageId, candidate.documentId, std::move(*row), candidate.bm25, 0});
        }
        for (const std::string& pair : wordPairs(m_question)) {
            for (const store::Candidate& hit :
                 m_library.search('"' + pair + '"', scopes, kPool, false)) {
                const auto found = std::ranges::find(pool, hit.passageId, &Pooled::id);
                if (found != pool.end())
                    found->own += kPairShare * hit.bm25;
            }
        }
        for (const Pooled& passage : pool)
            scores[{passage.documentId, passage.row.ordinal}] = passage.own;
        const auto scoreAt = [&](std::int64_t documentId, int ordinal) {
            const auto found = scores.find({documentId, ordinal});
            return found == scores.end() ? 0.0 : found->second;
        };
        for (Pooled& passage : pool) {
            passage.score = passage.own;
            for (std::size_t k = 0; k < kNeighbourShares.size(); ++k) {
                const int distance = static_cast<int>(k) + 1;
                passage.score += kNeighbourShares[k] *
                                 (scoreAt(passage.documentId, passage.row.ordinal - distance) +
                                  scoreAt(passage.documentId, passage.row.ordinal + distance));
            }
        }
        std::ranges::stable_sort(pool, std::greater<>(), &Pooled::score);
        if (pool.size() > static_cast<std::size_t>(limit))
            pool.resize(static_cast<std::size_t>(limit));
        for (const Pooled& passage : pool)
            add(passage.documentId, passage.row.begin, passage.row.end, passage.score,
                passage.row.isContents, passage.row.outline);
        const double best = pool.empty() ? 0 : pool.front().score;
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
        const double alone =
            model::scoreContinuation(*m_model, {prefix("", room)}, continuation).front();
        for (std::size_t begin = 0; begin < m_ranked.size(); begin += kBatch) {
            if (listener.isCancelled && listener.isCancelled())
                return false;
            const std::size_t end = std::min(begin + kBatch, m_ranked.size());
            std::vector<std::vector<std::int32_t>> prefixes;
            for (std::size_t i = begin; i < end; ++i)
                prefixes.push_back(prefix(m_ranked[i].quote.text, room));
            const auto scores = model::scoreContinuation(*m_model, prefixes, continuation);
            for (std::size_t i = begin; i < end; ++i) {
                Quote& quote = m_ranked[i].quote;
                quote.likelihood = scores[i - begin];
                quote.score = quote.likelihood + kBm25Weight * quote.bm25;
                const double gain =
                    (quote.likelihood - alone) / static_cast<double>(continuation.size());
                m_gain = std::max(m_gain.value_or(gain), gain);
            }
            if (listener.onProgress)
                listener.onProgress("rank", static_cast<std::int64_t>(end),
                                    static_cast<std::int64_t>(m_ranked.size()));
        }
        return true;
    }

    Ranking result(int count) {
        Ranking ranking;
        ranking.gain = m_gain;
        ranking.namesStranger = m_namesStranger;
        for (const Ranked& ranked : m_ranked)
            ranking.coverage = std::max(ranking.coverage, wordShare(m_stems, ranked.quote.text));
        std::ranges::stable_sort(m_ranked, [](const Ranked& a, const Ranked& b) {
            return a.isContents != b.isContents ? b.isContents : a.quote.score > b.quote.score;
        });
        for (Ranked& ranked : m_ranked) {
            if (static_cast<int>(ranking.quotes.size()) == count)
                break;
            ranked.quote.number = static_cast<int>(ranking.quotes.size()) + 1;
            ranking.quotes.push_back(std::move(ranked.quote));
        }
        return ranking;
    }

private:
    void add(std::int64_t documentId, std::int64_t begin, std::int64_t end, double bm25,
             bool isContents, int outline) {
        auto quote = m_quotes.quote(documentId, begin, end);
        if (!quote)
            return;
        quote->bm25 = bm25;
        quote->score = bm25;
        quote->outline = outline;
        m_ranked.push_back({std::move(*quote), isContents});
    }

    /// Whether neither the index of what may be seen nor a tail before a bound has the name.
    [[nodiscard]] bool isStranger(const Word& name, const std::vector<store::Scope>& scopes) const {
        const auto holds = [&](const Ranked& ranked) {
            return wordShare({name.stem}, ranked.quote.text) > 0;
        };
        return m_library.candidates({name.lower}, scopes, 1).empty() &&
               std::ranges::none_of(m_ranked, holds);
    }

    /// The text between the last passage that the bound admits and the bound. The index does not
    /// know it, so its BM25 is taken as the best one's, reduced to the share of the question's
    /// words in it.
    void addTail(std::int64_t documentId, std::int64_t bound, double bestBm25) {
        std::int64_t begin = std::max<std::int64_t>(0, bound - kLongestTail);
        int outline = -1;
        for (const store::PassageRow& passage : m_library.passages(documentId, begin, bound)) {
            if (passage.end + kLookAhead <= bound) {
                begin = passage.end;
            } else {
                outline = passage.outline;
                break;
            }
        }
        if (begin >= bound)
            return;
        const double share = wordShare(m_stems, m_library.text(documentId, begin, bound));
        if (share > 0)
            add(documentId, begin, bound, share * std::max(bestBm25, 1.0), false, outline);
    }

    /// Token ids of the prompt around a passage, the passage cut at its end when the model's
    /// context is too short.
    std::vector<std::int32_t> prefix(std::string_view passage, std::int64_t room) const {
        auto ids = m_model->tokenizer->encodeIds(rankingPrefix(passage));
        while (static_cast<std::int64_t>(ids.size()) > room && !passage.empty()) {
            const document::DocumentText text(passage);
            const auto kept = text.length() * room / static_cast<std::int64_t>(ids.size()) - 1;
            passage = text.slice(0, std::max<std::int64_t>(0, kept));
            ids = m_model->tokenizer->encodeIds(rankingPrefix(passage));
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

std::vector<Quote> findEvidence(const store::Library& library, const model::Model* model,
                                const std::vector<Source>& sources, std::string_view question,
                                const Options& options, const Listener& listener) {
    std::vector<Quote> quotes =
        rankEvidence(library, model, sources, question, options, listener).quotes;
    if (listener.onEvidence)
        std::ranges::for_each(quotes, listener.onEvidence);
    return quotes;
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
