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
    bool isCancelled = false;
};

Ranking rankEvidence(const store::Library& library, const model::Model* model,
                     const std::vector<Source>& sources, std::string_view question,
                     const Options& options, const Listener& listener);

/// Whether the document speaks about what was asked. The limit was chosen on questions asked of
/// their own book and of others.
bool isSupported(const Ranking& ranking);

} // namespace engine::answer
