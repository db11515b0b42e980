#pragma once
/// Sentences of books and questions for them, in the words of the program's own prompts: who has
/// the passage before him teaches who has only the memory of it.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/adapt/corpus.h"
#include "engine/model/tokenizer.h"
#include "engine/random.h"

namespace engine::adapt {

enum class QuoteForm {
    Plain,           ///< "Question: … Answer: …" as running text
    Chat,            ///< the chat that asks the memory alone
    ChatWithPassage, ///< the chat with the passage in it: what memory must not disturb
};

/// B questions, each answered with a sentence of a passage.
struct QuoteBatch {
    at::Tensor passages;   ///< (B, N) int64
    at::Tensor memoryOnly; ///< (B, T) int64: what stands before who has the memory, with the answer
    at::Tensor withText;   ///< (B, U) int64: the same for who has the passage in the text
    at::Tensor numbers;    ///< (B, M) int64: book text with numbers in it, read before the passages
    /// Per token of an answer: the rows (of B·T and of B·U) that predict it, and the token.
    std::vector<std::int64_t> memoryRows, textRows, tokens;
};

struct QuoteWish {
    QuoteForm form = QuoteForm::Plain;
    std::int64_t passageTokens = 128;   ///< N
    std::int64_t mostAnswerTokens = 32; ///< longer answers are cut
    /// Questions of fact, and answers that begin in their words and go on with any of the passage:
    /// no token of these is right, but what a reader of the passage would say at each can be
    /// learnt. With the passage, most ask for a number that was put into it, or not.
    bool asksFacts = false;
    /// M. As manuals and histories have numbers all over, and a memory of them must not make up
    /// others beside a passage.
    std::int64_t numberTokens = 0;
    std::vector<const Text*> texts; ///< the book of each sample, of more than N and M tokens
};

QuoteBatch makeQuotes(const QuoteWish& wish, const model::Tokenizer& tokenizer, Random& random);

} // namespace engine::adapt
