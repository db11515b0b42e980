#pragma once
/// What a training of recurrent prompts is judged by, in the figures of DevSet: numbers in held-out
/// books at several depths, every segment really read, and what is carried is worth in nats on
/// held-out books. Always the same samples.

#include <functional>
#include <optional>
#include <vector>

#include "engine/adapt/corpus.h"
#include "engine/adapt/dev_set.h"
#include "engine/adapt/needles.h"
#include "engine/adapt/prompt_student.h"

namespace engine::adapt {

struct PromptDevSizes {
    std::int64_t samples = 32;      ///< needles of each kind
    std::int64_t needleTokens = 64; ///< N of needles and of segments behind them
    std::int64_t books = 4;
    std::int64_t bookTokens = 1024;                     ///< N
    std::int64_t bookSegments = 3;                      ///< of each book; the first is only read
    std::vector<std::int64_t> depths = {0, 1, 2, 4, 8}; ///< segments behind a needle, ascending
    std::vector<std::int64_t> namedDepths = {0, 2};
};

class PromptDevSet {
public:
    /// `student` must outlive the object.
    PromptDevSet(const PromptStudent& student, const Corpus& corpus,
                 const model::Tokenizer& tokenizer, const PromptDevSizes& sizes);

    /// Nothing when `goOn` said no.
    [[nodiscard]] std::optional<DevResult> evaluate(const Parameters& parameters,
                                                    const std::function<bool()>& goOn) const;

private:
    struct Book {
        std::vector<at::Tensor> ids;     ///< of each segment, (1, N)
        std::vector<at::Tensor> targets; ///< (N − 1) int64
        std::vector<at::Tensor> base; ///< nats (N − 1) of each segment but the first, nothing read
    };
    using Shares = std::vector<std::pair<std::int64_t, double>>;
    /// False when it was stopped.
    bool measure(const Parameters& parameters, const NeedleBatch& needles,
                 const std::vector<std::int64_t>& depths, const std::function<bool()>& goOn,
                 Shares& into) const;
    bool score(const Parameters& parameters, const std::function<bool()>& goOn,
               DevResult& result) const;
    /// Of the tokens behind the first in a segment that reads `vectors`.
    [[nodiscard]] at::Tensor nats(const Parameters& parameters, const at::Tensor& ids,
                                  const at::Tensor& targets, const at::Tensor& vectors) const;

    const PromptStudent& m_student;
    PromptDevSizes m_sizes;
    std::vector<at::Tensor> m_fillers; ///< (B, N) each, one for each segment behind a needle
    NeedleBatch m_keys, m_named;
    std::vector<Book> m_books;
};

} // namespace engine::adapt
