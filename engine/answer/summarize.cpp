#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "engine/answer/answer.h"
#include "engine/answer/basis.h"
#include "engine/answer/gist.h"
#include "engine/answer/prompt.h"
#include "engine/answer/quote.h"
#include "engine/answer/salience.h"
#include "engine/answer/words.h"
#include "engine/error.h"

namespace engine::answer {
namespace {

/// Words of summary that one part of the range yields: one or two sentences.
constexpr int kWordsPerPart = 40;
/// Tokens of stored text that stand before the model for one part. The cost of a summary is thereby
/// bound to its length, not to the length of the range.
constexpr std::int64_t kPartTokens = 768;
constexpr int kFewestWords = 5;         ///< of a sentence that says something
constexpr std::size_t kWidestQuote = 3; ///< sentences in a footnote
/// Two summary sentences that share so much say the same.
constexpr double kSameThing = 0.7;

struct Written {
    std::string text;
    std::int64_t begin = 0, end = 0; ///< the stored sentences that support it
    int words = 0;
};

class Summarizer {
public:
    Summarizer(const store::Library& library, std::shared_ptr<const model::Model> model,
               model::Mode mode, const Source& source, std::string_view heading,
               const SummaryOptions& options, const Listener& listener)
        : m_quotes(library), m_model(std::move(model)), m_mode(mode),
          m_documentId(source.documentId), m_heading(foldSpace(heading)), m_options(options),
          m_listener(listener) {
        auto state = source.state ? source.state() : std::nullopt;
        if (!state || mode == model::Mode::Local)
            m_mode = model::Mode::Local;
        if (state)
            m_state = std::move(*state);
        else
            m_state.memory = model::Memory::empty(m_model->weights->config, *m_model->adapter);
        // The open segment is text of the end of the range; the part at hand takes its place in the
        // window.
        m_state.tokens -= static_cast<std::int64_t>(m_state.pending.size());
        m_state.pending.clear();
    }

    void collect(const std::vector<store::PassageRow>& rows, std::int64_t begin, std::int64_t end) {
        const bool isContentsOnly = std::ranges::all_of(rows, &store::PassageRow::isContents);
        for (const store::PassageRow& row : rows) {
            if (row.isContents && !isContentsOnly)
                continue;
            auto quote =
                m_quotes.quote(m_documentId, std::max(begin, row.begin), std::min(end, row.end));
            if (!quote)
                continue;
            appendSentences(m_sentences, quote->text, quote->begin, m_passages.size());
            m_passages.push_back(std::move(*quote));
        }
        weigh(m_sentences);
    }

    Answer run() {
        Answer answer;
        if (m_passages.empty())
            return answer;
        const auto wanted =
            static_cast<std::size_t>((m_options.words + kWordsPerPart / 2) / kWordsPerPart);
        const std::size_t parts = std::clamp<std::size_t>(wanted, 1, m_passages.size());
        int left = m_options.words;
        std::vector<Written> written;
        for (std::size_t part = 0; part < parts; ++part) {
            if (m_listener.isCancelled && m_listener.isCancelled())
                return {};
            const std::size_t first = boundary(part, parts), last = boundary(part + 1, parts);
            const int budget = left / static_cast<int>(parts - part);
            std::vector<Written> sentences =
                first < last ? writePart(first, last, budget, written) : std::vector<Written>();
            for (Written& sentence : sentences) {
                left -= sentence.words;
                if (m_listener.onGist)
                    m_listener.onGist(sentence.text + " ");
                written.push_back(std::move(sentence));
            }
            if (m_listener.onProgress)
                m_listener.onProgress("write", static_cast<std::int64_t>(part + 1),
                                      static_cast<std::int64_t>(parts));
        }
        if (written.empty())
            written.push_back(opening());
        cite(written, answer);
        return answer;
    }

private:
    /// Index of the first passage of a part; parts are of nearly equal length.
    [[nodiscard]] std::size_t boundary(std::size_t part, std::size_t parts) const {
        const std::int64_t begin = m_passages.front().begin, length = m_passages.back().end - begin;
        const std::int64_t target =
            begin + length * static_cast<std::int64_t>(part) / static_cast<std::int64_t>(parts);
        if (part == parts)
            return m_passages.size();
        const auto found = std::ranges::find_if(m_passages, [&](const Quote& quote) {
            return (quote.begin + quote.end) / 2 >= target;
        });
        return static_cast<std::size_t>(found - m_passages.begin());
    }

    /// Passages of a part that fit before the model, the most telling ones when not all do, in the
    /// order of the text.
    [[nodiscard]] std::string digest(std::size_t first, std::size_t last) const {
        std::vector<double> weight(last - first, 0.0);
        for (const SourceSentence& sentence : m_sentences) {
            if (sentence.passage >= first && sentence.passage < last)
                weight[sentence.passage - first] =
                    std::max(weight[sentence.passage - first], sentence.salience);
        }
        std::vector<std::size_t> order(last - first);
        std::iota(order.begin(), order.end(), first);
        std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
            return weight[a - first] > weight[b - first];
        });
        std::vector<std::size_t> chosen;
        std::int64_t tokens = 0;
        for (const std::size_t passage : order) {
            const auto size = static_cast<std::int64_t>(
                m_model->tokenizer->encodeIds(m_passages[passage].text).size());
            if (tokens + size > kPartTokens && !chosen.empty())
                break;
            chosen.push_back(passage);
            tokens += size;
        }
        std::ranges::sort(chosen);
        std::string text;
        for (const std::size_t passage : chosen)
            text += (text.empty() ? "" : " ") + m_passages[passage].text;
        return text;
    }

    std::vector<Written> writePart(std::size_t first, std::size_t last, int budget,
                                   const std::vector<Written>& former) {
        std::vector<Written> sentences;
        int count = 0;
        const auto take = [&](Written&& sentence) {
            const bool isCloser =
                std::abs(budget - count - sentence.words) < std::abs(budget - count);
            if ((!isCloser && !sentences.empty()) || isRepeated(sentence.text, sentences) ||
                isRepeated(sentence.text, former))
                return;
            count += sentence.words;
            sentences.push_back(std::move(sentence));
        };
        for (const std::string& text : generate(first, last, budget)) {
            if (countWords(text) < kFewestWords)
                continue;
            if (auto sentence = supported(text, first, last))
                take(std::move(*sentence));
        }
        // What the model did not fill, or wrote without support, the text itself fills.
        std::vector<const SourceSentence*> telling;
        for (const SourceSentence& sentence : m_sentences) {
            if (sentence.passage >= first && sentence.passage < last && sentence.salience > 0 &&
                sentence.text != m_heading)
                telling.push_back(&sentence);
        }
        std::ranges::stable_sort(
            telling, [](const auto* a, const auto* b) { return a->salience > b->salience; });
        for (const SourceSentence* sentence : telling) {
            if (count >= budget)
                break;
            take({sentence->text, sentence->begin, sentence->end, sentence->words});
        }
        std::ranges::stable_sort(sentences, {}, &Written::begin);
        return sentences;
    }

    std::vector<std::string> generate(std::size_t first, std::size_t last, int budget) {
        model::AnswerSession session(m_model, m_mode, m_state);
        const auto prompt =
            model::encodeChat(*m_model->tokenizer, summaryMessages(digest(first, last)),
                              m_state.showsText() ? model::Before::Text : model::Before::Nothing);
        GistOptions options;
        options.maxSentences = std::max(1, budget / 15);
        options.maxTokens = std::clamp(budget * 2, 32, 128);
        options.seed = m_options.seed;
        if (session.room() < static_cast<std::int64_t>(prompt.size()) + options.maxTokens)
            return {};
        session.feed(prompt);
        Listener silent;
        silent.isCancelled = m_listener.isCancelled;
        return writeGist(session, options, silent);
    }

    /// The sentence with the stored sentences that say the same, or nothing when none do.
    [[nodiscard]] std::optional<Written> supported(const std::string& text, std::size_t first,
                                                   std::size_t last) const {
        double best = 0;
        Written result{text, 0, 0, countWords(text)};
        for (std::size_t i = 0; i < m_sentences.size(); ++i) {
            std::string window;
            for (std::size_t k = i; k < std::min(i + kWidestQuote, m_sentences.size()); ++k) {
                if (m_sentences[k].passage != m_sentences[i].passage ||
                    m_sentences[k].passage < first || m_sentences[k].passage >= last)
                    break;
                window += " " + m_sentences[k].text;
                const double share = overlap(text, window, "");
                if (share > best + 1e-9) {
                    best = share;
                    result.begin = m_sentences[i].begin;
                    result.end = m_sentences[k].end;
                }
            }
        }
        if (best < kCitationOverlap)
            return std::nullopt;
        return result;
    }

    [[nodiscard]] static bool isRepeated(std::string_view text,
                                         const std::vector<Written>& former) {
        return std::ranges::any_of(former, [&](const Written& sentence) {
            return overlap(text, sentence.text, "") >= kSameThing;
        });
    }

    /// The first sentence of the range, for a range in which no sentence can stand alone.
    [[nodiscard]] Written opening() const {
        for (const SourceSentence& sentence : m_sentences) {
            if (sentence.text != m_heading)
                return {sentence.text, sentence.begin, sentence.end, sentence.words};
        }
        const Quote& passage = m_passages.front();
        return {foldSpace(passage.text), passage.begin, passage.end, countWords(passage.text)};
    }

    void cite(const std::vector<Written>& written, Answer& answer) {
        for (const Written& sentence : written) {
            auto quote = m_quotes.quote(m_documentId, sentence.begin, sentence.end);
            if (!quote)
                continue;
            const auto known = std::ranges::find_if(answer.evidence, [&](const Quote& q) {
                return q.begin == quote->begin && q.end == quote->end;
            });
            int number = 0;
            if (known != answer.evidence.end()) {
                number = known->number;
            } else {
                quote->number = number = static_cast<int>(answer.evidence.size()) + 1;
                const auto passage = std::ranges::find_if(
                    m_passages, [&](const Quote& q) { return q.end >= quote->end; });
                quote->outline = passage == m_passages.end() ? -1 : passage->outline;
                if (m_listener.onEvidence)
                    m_listener.onEvidence(*quote);
                answer.evidence.push_back(std::move(*quote));
            }
            answer.gist.push_back({sentence.text, Basis::Evidence, {number}, 0});
        }
    }

    QuoteReader m_quotes;
    std::shared_ptr<const model::Model> m_model;
    model::Mode m_mode;
    std::int64_t m_documentId;
    std::string m_heading;
    SummaryOptions m_options;
    const Listener& m_listener;
    model::ReadingState m_state;
    std::vector<Quote> m_passages; ///< of the range, not numbered
    std::vector<SourceSentence> m_sentences;
};

} // namespace

Answer summarize(const store::Library& library, std::shared_ptr<const model::Model> model,
                 model::Mode mode, const Source& source, std::int64_t begin, std::int64_t end,
                 std::string_view heading, const SummaryOptions& options,
                 const Listener& listener) {
    if (!model)
        throw Error(Code::NoModel,
                    "A summary needs a model and none is loaded; choose a model file.");
    end = std::min({end, source.characters, source.bound.value_or(source.characters)});
    begin = std::max<std::int64_t>(0, begin);
    if (begin >= end)
        throw Error(
            Code::WrongUse,
            "There is no text between the offsets " + std::to_string(begin) + " and " +
                std::to_string(end) +
                " to summarize; choose a range that begins before its end and before the bound.");
    Summarizer summarizer(library, std::move(model), mode, source, heading, options, listener);
    summarizer.collect(library.passages(source.documentId, begin, end), begin, end);
    return summarizer.run();
}

} // namespace engine::answer
