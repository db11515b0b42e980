#pragma once
/// Numbers hidden in book text, and the questions for them.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "engine/adapt/corpus.h"
#include "engine/model/tokenizer.h"
#include "engine/random.h"

namespace engine::adapt {

enum class NeedleKind {
    PassKey, ///< one number of 4 to 6 digits, said twice
    Named,   ///< some named numbers, one of which is asked for
    Apart,   ///< one named number, whose name no other sample of this kind has while names last
};

/// B samples. Their needles stand in one segment or in consecutive ones, the question in a segment
/// behind.
struct NeedleBatch {
    std::vector<at::Tensor> segments; ///< (B, N) int64 each
    at::Tensor question;              ///< (B, T) int64, padded behind the answers; T of few sizes
    /// Per digit of an answer: the row (of B·T) that predicts it, its token, its sample, and which
    /// of the sample's numbers it belongs to, at which place.
    std::vector<std::int64_t> rows, tokens, samples, asked, digits;
    /// Of each answer: the row that predicts the token behind its digits, and that token; empty
    /// unless the wish has `endsAnswers`.
    std::vector<std::int64_t> endRows, endTokens;
    /// Of each sample the numbers in its segments: where the digits begin, counted from the first
    /// segment's first token, and how many there are.
    struct Number {
        std::int64_t begin = 0, digits = 0;
    };
    std::vector<std::vector<Number>> numbers;
};

struct NeedleWish {
    std::vector<NeedleKind> kinds; ///< of each sample
    /// Of each sample of NeedleKind::Apart: those of one group are asked for each other's numbers
    /// too, and so must read them. Empty: nobody's.
    std::vector<std::int64_t> groups;
    std::int64_t segmentTokens = 64; ///< N
    int segments = 1;                ///< of two, most pass keys are cut by the boundary
    std::int64_t contextTokens = 1;  ///< of book text before the question
    int leastNames = 1, names = 4;   ///< of NeedleKind::Named
    int questions = 1;               ///< for different ones of these, at most, each answered
    bool endsAnswers = false;        ///< a full stop stands behind each
};

/// What named numbers are numbers of: nothing that `evaluate needle` asks for.
std::span<const char* const> trainingNames();

NeedleBatch makeNeedles(const NeedleWish& wish, const std::vector<Text>& texts,
                        const model::Tokenizer& tokenizer, Random& random);

/// How the questions were answered.
struct Answered {
    std::vector<double> ofSample;      ///< share of its digits that are right
    std::vector<double> wholeOfSample; ///< share of its questions without a wrong digit
    double digits = 0, exact = 0;      ///< share of all digits, of questions without a wrong one
};

/// `right` (at least as many as the batch's digits) fp64: 1 where a digit is right, 0 where not.
Answered answered(const NeedleBatch& batch, const at::Tensor& right);

/// (1, ids) or (rows, columns) int64.
at::Tensor idRows(const std::vector<std::vector<std::int32_t>>& rows);

} // namespace engine::adapt
