#pragma once
/// From a question to evidence, gist and basis; and summaries. Talks to the store and the model by
/// their headers. No I/O of its own, no threads. Everything shown as a quote is stored text,
/// compared with the store again.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/session.h"
#include "engine/store/library.h"

namespace engine::answer {

/// One document to ask, up to its bound, with the memory as of that bound.
struct Source {
    std::int64_t documentId = 0;
    std::int64_t characters = 0;
    std::optional<std::int64_t> bound; ///< offset; unset: the whole document
    /// Loads the memory as of the bound when it is needed; empty, or returning nothing: no memory
    /// (text only).
    std::function<std::optional<model::ReadingState>()> state;
};

struct Options {
    int evidenceCount = 5;
    int candidates = 32; ///< passages that the model re-ranks
    bool withEvidence = true;
    bool withGist = true;
    bool strict = false;
    int maxTokens = 160;
    std::optional<std::uint64_t> seed;
    /// Nats per token that the best passage must add to the question's probability before the
    /// evidence counts as speaking about it; `leastGainStranger` when the question names what the
    /// documents never do.
    double leastGain = 1.1, leastGainStranger = 2.0;
};

/// A verified quote with its place.
struct Quote {
    int number = 0;
    std::int64_t documentId = 0;
    std::int64_t begin = 0, end = 0; ///< offsets of the shown quote
    int pageFirst = 1, pageLast = 1;
    int outline = -1;
    std::string text;
    double score = 0;      ///< the ranking's, nats (evidence.h); BM25 alone without a model
    double bm25 = 0;       ///< of the question's words and word pairs, neighbours counted in part
    double likelihood = 0; ///< log P(question | passage), nats
};

enum class Basis { Evidence, Memory, Model };

struct Sentence {
    std::string text;
    Basis basis = Basis::Model;
    std::vector<int> citations;
    double memoryLift =
        0; ///< nats per token, memory loaded minus zeroed; 0 when every sentence is cited
};

struct Answer {
    std::vector<Quote> evidence;
    std::vector<Sentence> gist;
    bool isRefused = false;
    std::string refusal;      ///< one sentence when refused
    std::vector<int> leftOut; ///< numbers of the evidence that did not fit the model's window
};

/// What an answer says that neither channel supports.
std::string refusalSentence(std::size_t documents);

/// What happens on the way; every callback may be empty. `isCancelled` is asked between steps and
/// tokens.
struct Listener {
    std::function<void(const Quote&)> onEvidence; ///< all quotes, before the model writes
    std::function<void(std::string_view)> onGist; ///< complete UTF-8, append
    std::function<void(const char* stage, std::int64_t done, std::int64_t total)> onProgress;
    std::function<bool()> isCancelled;
};

/// The words of a question that a search uses: lower case, question and function words removed, in
/// order, no duplicates.
std::vector<std::string> questionWords(std::string_view question);

/// Throws WrongUse (empty, not UTF-8) and DoesNotFit (with token counts).
Answer ask(const store::Library& library, std::shared_ptr<const model::Model> model,
           model::Mode mode, const std::vector<Source>& sources, std::string_view question,
           const Options& options, const Listener& listener);

struct SummaryOptions {
    int words = 300;
    enum class Style { Prose, Points, Outline } style = Style::Prose;
    std::optional<std::uint64_t> seed;
};

/// A summary of [begin, end) of one document, from the stored text with the memory loaded. Every
/// returned summary has at least one citation when the range has a passage.
Answer summarize(const store::Library& library, std::shared_ptr<const model::Model> model,
                 model::Mode mode, const Source& source, std::int64_t begin, std::int64_t end,
                 std::string_view heading, const SummaryOptions& options, const Listener& listener);

/// True when the stored text of the quote's range is the quote, byte by byte.
bool isVerbatim(const store::Library& library, const Quote& quote);

} // namespace engine::answer
