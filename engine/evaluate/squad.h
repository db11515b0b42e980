#pragma once
/// What a gist beside the paragraph with the answer is worth.

#include <string>
#include <string_view>

#include "engine/evaluate/data.h"
#include "engine/evaluate/records.h"

namespace engine::evaluate {

/// `exact`, `contained` (an answer of the set stands in the gist) and `f1`, of the answer that is
/// best at each, after SQuAD's normalisation (Rajpurkar et al. 2016: lower case, no punctuation, no
/// articles); and `stray-number`, 1 where a number in digits stands neither in the paragraph nor in
/// the question.
Json gistScores(std::string_view gist, const Question& question, std::string_view paragraph);

} // namespace engine::evaluate
