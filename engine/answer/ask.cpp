#include <algorithm>

#include "engine/answer/answer.h"
#include "engine/answer/basis.h"
#include "engine/answer/evidence.h"
#include "engine/answer/gist.h"
#include "engine/answer/prompt.h"
#include "engine/answer/question.h"
#include "engine/error.h"

namespace engine::answer {
namespace {

/// A window that has no room for so many tokens of an answer cannot hold the question either.
constexpr std::int64_t kShortestAnswer = 32;

/// A small model answers best from little text: the best passage, and another one only when it is
/// nearly as good. In nats of the score; every passage is shown to the reader all the same.
constexpr double kNearBest = 6;
constexpr std::size_t kMostPassages = 2;

constexpr std::string_view kNotInDocument =
    "Not in this document: no passage and nothing in the memory answers the question.";
constexpr std::string_view kNotInDocuments =
    "Not in these documents: no passage and nothing in the memory answers the question.";

using Ids = std::vector<std::int32_t>;

bool isCancelled(const Listener& listener) {
    return listener.isCancelled && listener.isCancelled();
}

/// One question over one memory: what fits, what the model writes, what each sentence rests on.
class Asking {
public:
    Asking(std::shared_ptr<const model::Model> model, model::Mode mode,
           std::optional<model::ReadingState> state, std::string question, const Options& options)
        : m_model(std::move(model)), m_hasMemory(state.has_value() && mode != model::Mode::Local),
          m_mode(m_hasMemory ? mode : model::Mode::Local), m_question(std::move(question)),
          m_options(options) {
        if (state)
            m_state = std::move(*state);
        else
            m_state.memory = model::Memory::empty(m_model->weights->config, *m_model->adapter);
    }

    [[nodiscard]] bool hasMemory() const { return m_hasMemory; }

    /// Writes the gist over as many of the quotes as fit. Quotes that do not are named in
    /// `leftOut`. Where no quote supports how it begins, it is written again without the memory,
    /// and that is taken if it is better supported: a memory full of numbers makes up others.
    std::vector<Sentence> write(const std::vector<Quote>& quotes, std::vector<int>& leftOut,
                                const Listener& listener) {
        const Ids prompt =
            promptFor(quotes, model::AnswerSession(m_model, m_mode, m_state).room(), leftOut);
        if (!m_hasMemory || quotes.empty())
            return measured(draft(prompt, quotes, MemoryUse::Loaded, listener), prompt, listener);
        // What a quote supports is shown as it comes, the rest once it is known to stay.
        Listener guarded;
        guarded.isCancelled = listener.isCancelled;
        std::string held;
        bool isShown = false;
        guarded.onGist = [&](std::string_view text) {
            isShown = isShown || (held.empty() && !citationsFor(text, quotes, m_question).empty());
            if (isShown && listener.onGist)
                listener.onGist(text);
            else
                held += text;
        };
        std::vector<Sentence> gist = draft(prompt, quotes, MemoryUse::Loaded, guarded);
        if (isShown || isCancelled(listener))
            return measured(std::move(gist), prompt, listener);
        Listener silent;
        silent.isCancelled = listener.isCancelled;
        std::vector<Sentence> other = draft(prompt, quotes, MemoryUse::Zeroed, silent);
        if (!isCancelled(listener) && support(other, quotes) > support(gist, quotes))
            gist = std::move(other);
        for (const Sentence& sentence : gist) {
            if (listener.onGist)
                listener.onGist(&sentence == gist.data() ? sentence.text : " " + sentence.text);
        }
        return measured(std::move(gist), prompt, listener);
    }

private:
    using MemoryUse = model::AnswerSession::MemoryUse;

    std::vector<Sentence> draft(const Ids& prompt, const std::vector<Quote>& quotes, MemoryUse use,
                                const Listener& listener) {
        model::AnswerSession session(m_model, m_mode, m_state, use);
        session.feed(prompt);
        GistOptions options;
        options.maxTokens = m_options.maxTokens;
        options.seed = m_options.seed;
        std::vector<Sentence> gist;
        for (std::string& text : writeGist(session, options, listener)) {
            if (isEcho(text, m_question))
                continue;
            Sentence sentence;
            sentence.citations = citationsFor(text, quotes, m_question);
            sentence.basis = sentence.citations.empty() ? Basis::Model : Basis::Evidence;
            sentence.text = std::move(text);
            gist.push_back(std::move(sentence));
        }
        return gist;
    }

    /// 0: nothing is said, or with a number from nowhere; 1: nothing of that; 2: a quote supports
    /// how it begins.
    int support(const std::vector<Sentence>& gist, const std::vector<Quote>& quotes) const {
        if (gist.empty())
            return 0;
        if (gist.front().basis == Basis::Evidence)
            return 2;
        std::vector<std::string_view> texts{m_question};
        for (const Quote& quote : quotes)
            texts.emplace_back(quote.text);
        return std::ranges::none_of(
            gist, [&](const Sentence& one) { return hasStrayNumber(one.text, texts); });
    }

    /// What rests on no quote is measured.
    std::vector<Sentence> measured(std::vector<Sentence> gist, const Ids& prompt,
                                   const Listener& listener) {
        const bool isAllCited =
            std::ranges::all_of(gist, [](const Sentence& s) { return s.basis == Basis::Evidence; });
        if (m_hasMemory && !isAllCited && !isCancelled(listener))
            measureLift(gist, prompt);
        return gist;
    }

    Ids promptFor(const std::vector<Quote>& quotes, std::int64_t room, std::vector<int>& leftOut) {
        std::vector<std::string_view> passages;
        Ids prompt = chat(passages);
        const auto size = [](const Ids& ids) { return static_cast<std::int64_t>(ids.size()); };
        if (size(prompt) + kShortestAnswer > room)
            throw Error(Code::DoesNotFit,
                        "The question takes " + std::to_string(size(prompt)) +
                            " tokens and the model's window has room for " +
                            std::to_string(std::max<std::int64_t>(0, room - kShortestAnswer)) +
                            "; ask a shorter question.");
        const std::int64_t answer = std::clamp<std::int64_t>(m_options.maxTokens, kShortestAnswer,
                                                             std::max(kShortestAnswer, room / 2));
        for (const Quote& quote : quotes) {
            if (quotes.front().score - quote.score > kNearBest || passages.size() == kMostPassages)
                break;
            passages.push_back(quote.text);
            Ids longer = chat(passages);
            if (size(longer) + answer <= room) {
                prompt = std::move(longer);
            } else {
                passages.pop_back();
                leftOut.push_back(quote.number);
            }
        }
        return prompt;
    }

    [[nodiscard]] Ids chat(const std::vector<std::string_view>& passages) const {
        return model::encodeChat(*m_model->tokenizer, askMessages(passages, m_question),
                                 m_state.showsText() ? model::Before::Text
                                                     : model::Before::Nothing);
    }

    /// Scores the finished gist with the memory loaded and zeroed; sentences that the memory made
    /// more probable rest on it.
    void measureLift(std::vector<Sentence>& gist, const Ids& prompt) {
        std::string text;
        std::vector<ByteRange> ranges;
        for (const Sentence& sentence : gist) {
            text += text.empty() ? "" : " ";
            ranges.push_back({text.size(), text.size() + sentence.text.size()});
            text += sentence.text;
        }
        // Written again, broken characters take more tokens than they did, so the end may not fit.
        std::vector<model::Token> tokens = m_model->tokenizer->encode(text);
        const std::int64_t room = model::AnswerSession(m_model, m_mode, m_state).room() -
                                  static_cast<std::int64_t>(prompt.size());
        tokens.resize(
            std::min(tokens.size(), static_cast<std::size_t>(std::max<std::int64_t>(0, room))));
        Ids ids;
        for (const model::Token& token : tokens)
            ids.push_back(token.id);
        const auto probabilities = [&](model::AnswerSession::MemoryUse use) {
            model::AnswerSession session(m_model, m_mode, m_state, use);
            session.feed(prompt);
            return session.logProbabilities(ids);
        };
        const auto loaded = probabilities(model::AnswerSession::MemoryUse::Loaded);
        const auto zeroed = probabilities(model::AnswerSession::MemoryUse::Zeroed);
        const std::vector<double> lifts = memoryLifts(tokens, loaded, zeroed, ranges);
        for (std::size_t i = 0; i < gist.size(); ++i) {
            gist[i].memoryLift = lifts[i];
            if (gist[i].basis == Basis::Model && lifts[i] > kMemoryLift)
                gist[i].basis = Basis::Memory;
        }
    }

    std::shared_ptr<const model::Model> m_model;
    bool m_hasMemory;
    model::Mode m_mode;
    model::ReadingState m_state;
    std::string m_question;
    Options m_options;
};

const Source* sourceOf(const std::vector<Source>& sources, std::int64_t documentId) {
    const auto found = std::ranges::find(sources, documentId, &Source::documentId);
    return found == sources.end() ? nullptr : &*found;
}

} // namespace

std::string refusalSentence(std::size_t documents) {
    return std::string(documents == 1 ? kNotInDocument : kNotInDocuments);
}

Answer ask(const store::Library& library, std::shared_ptr<const model::Model> model,
           model::Mode mode, const std::vector<Source>& sources, std::string_view question,
           const Options& options, const Listener& listener) {
    const std::string checked = checkedQuestion(question);
    Answer answer;
    const auto refuse = [&] {
        answer.gist.clear();
        answer.isRefused = true;
        answer.refusal = refusalSentence(sources.size());
    };

    bool isAnswered = true;
    if (options.withEvidence) {
        Ranking ranking = rankEvidence(library, model.get(), sources, checked, options, listener);
        if (ranking.isCancelled)
            return answer;
        isAnswered = isSupported(ranking, options);
        answer.evidence = std::move(ranking.quotes);
        if (listener.onEvidence)
            std::ranges::for_each(answer.evidence, listener.onEvidence);
    }
    if (!options.withGist || !model) {
        if (!isAnswered)
            refuse();
        return answer;
    }
    if (isCancelled(listener))
        return answer;

    // The evidence comes from all sources; the memory is that of the one that holds the best of it,
    // since memories of different books are not added.
    const Source* source =
        answer.evidence.empty() ? nullptr : sourceOf(sources, answer.evidence.front().documentId);
    if (source == nullptr && !sources.empty())
        source = &sources.front();
    std::optional<model::ReadingState> state;
    if (source != nullptr && source->state)
        state = source->state();
    if (isCancelled(listener))
        return answer;
    Asking asking(std::move(model), mode, std::move(state), checked, options);

    if (isAnswered) {
        answer.gist = asking.write(answer.evidence, answer.leftOut, listener);
        if (options.strict)
            std::erase_if(answer.gist, [](const Sentence& sentence) {
                return sentence.basis != Basis::Evidence;
            });
        return answer;
    }
    // Passages that do not speak about the question support no sentence, whatever words they share
    // with it. What remains is the memory, and its sentences are shown to nobody before they are
    // measured.
    if (asking.hasMemory() && !options.strict) {
        Listener silent;
        silent.isCancelled = listener.isCancelled;
        std::vector<int> none;
        answer.gist = asking.write({}, none, silent);
        std::erase_if(answer.gist,
                      [](const Sentence& sentence) { return sentence.memoryLift < kMemoryAlone; });
    }
    if (isCancelled(listener))
        return answer;
    if (answer.gist.empty())
        refuse();
    else if (listener.onGist)
        std::ranges::for_each(
            answer.gist, [&](const Sentence& sentence) { listener.onGist(sentence.text + " "); });
    return answer;
}

} // namespace engine::answer
