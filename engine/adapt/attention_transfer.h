#pragma once
/// Teaches the memory's keys, queries and write gate, layer by layer and without a pass through the
/// model, to weigh earlier tokens as the base model's attention weighs them while they stand in its
/// text (attention transfer: arXiv:2402.04347, arXiv:2410.10254). What tells one name from another
/// is there from the start, before the first number is learnt.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/adapt/corpus.h"
#include "engine/adapt/student.h"
#include "engine/random.h"

namespace engine::adapt {

/// B texts, whose first P tokens stand for what memory holds.
struct AttentionBatch {
    at::Tensor ids;        ///< (B, T) int64
    std::int64_t held = 0; ///< P
    at::Tensor rows;       ///< (B, n) int64 in P … T − 1: who attends
    at::Tensor weights;    ///< (B, n) fp64: how much a row counts
    /// What the base's weights are to be before they are taught: in row i of text b all on token
    /// `from` is put on token `to`, both below P. The base confuses names; its heads that look for
    /// a number at all are taught to look for the right one.
    struct Move {
        std::int64_t b = 0, i = 0, from = 0, to = 0;
        bool isFirstDigit = false; ///< which alone tells one number from another
    };
    std::vector<Move> moves;
};

struct AttentionWish {
    std::int64_t samples = 4;        ///< B
    std::int64_t heldTokens = 448;   ///< P
    std::int64_t contextTokens = 24; ///< between what is held and the question
    int names = 12;                  ///< of named numbers in a text at most
    int questions = 4;               ///< for these in a text at most
};

/// Two of three texts hide numbers and end in questions for some; the others are books.
AttentionBatch makeAttentionBatch(const AttentionWish& wish, const std::vector<Text>& texts,
                                  const model::Tokenizer& tokenizer, Random& random);

/// What is to be made small: with p the base's weights on held tokens, moved, and q those of the
/// memory, g·φ(q)·φ(k) over their sum, the mean of −Σ p·log q per unit of p, over rows, heads and
/// layers.
struct AttentionLoss {
    at::Tensor value;      ///< a scalar with gradient
    double divergence = 0; ///< the same less what p itself has: nats, at least 0
    /// (layers, H): of what q puts on the first digits of a text's named numbers, the share on the
    /// one that is asked for, mean over questions; undefined: there was none.
    at::Tensor told;
    at::Tensor toldByBase;   ///< the same share of the base's own weights, before they are moved
    double toldByChance = 0; ///< one of as many as there were
};

/// The first token counts for nothing: attention rests there when it looks for nothing.
AttentionLoss attentionLoss(const Student& student, const std::vector<LayerParameters>& views,
                            const AttentionBatch& batch);

} // namespace engine::adapt
