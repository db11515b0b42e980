#pragma once
/// The search behind an answer: candidates by BM25, the order by the model's likelihood of the
/// question, and how strongly the document supports the question at all.

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

Ranking rankEvidence(const store::Library& library, const model::Model* model,
                     const std::vector<Source>& sources, std::string_view question,
                     const Options& options, const Listener& listener);

/// Whether the documents speak about what was asked. Without a model the words decide.
bool isSupported(const Ranking& ranking, const Options& options);

} // namespace engine::answer
