#pragma once
/// The search behind an answer: candidates by BM25, the order by how much each passage makes the
/// question more probable, and how strongly the document supports the question at all.
///
/// score(p) = sum over the question's tokens t of g(t, p) + 2·BM25(p), in nats, where
/// g(t, p) = max over passages p' up to 3 places from p of gain(t, p') − penalty(distance), and
/// gain(t, p) = log P(t | p, tokens before t) − log P(t | tokens before t), held within [−1, 4].
/// The plain sum of log P(t | p) is ruled by names: they are worth 5 nats and more where they
/// stand, and the passage that answers often says "she". Held and shared with the neighbours they
/// leave the word to what was asked. A passage whose neighbour stands before it loses 2 nats, so
/// that the first few come from several places.

#include <optional>
#include <string_view>
#include <vector>

#include "engine/answer/answer.h"

namespace engine::answer {

struct Ranking {
    std::vector<Quote> quotes; ///< verified, best first, numbered from 1
    /// Nats per token by which the best candidate makes the question more probable than no passage
    /// does; unset without a model.
    std::optional<double> gain;
    double coverage = 0; ///< largest share of the question's content words that one candidate holds
    bool namesStranger =
        false; ///< the question names somebody or something that the documents never do
    bool isCancelled = false;
};

/// Throws as `ask` does.
Ranking rankEvidence(const store::Library& library, const model::Model* model,
                     const std::vector<Source>& sources, std::string_view question,
                     const Options& options, const Listener& listener);

/// Whether the documents speak about what was asked. Without a model the words decide.
bool isSupported(const Ranking& ranking, const Options& options);

} // namespace engine::answer
