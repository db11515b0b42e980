#pragma once
/// What a training is judged by: numbers in held-out books at several depths, and what the memory
/// is worth in nats on held-out books. Always the same samples.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/adapt/corpus.h"
#include "engine/adapt/needles.h"
#include "engine/adapt/student.h"

namespace engine::adapt {

struct DevSizes {
    std::int64_t samples = 32;      ///< needles of each kind
    std::int64_t needleTokens = 64; ///< N of needles and distractors
    std::int64_t distractors = 32;  ///< distinct segments whose mean stands for all
    std::int64_t books = 4;
    std::int64_t bookTokens = 1024; ///< N
    std::int64_t bookSegments = 3;  ///< of each book; the first is only read
    std::vector<std::int64_t> depths = {0, 64, 512, 4096, 16384}; ///< segments behind a needle
    std::vector<std::int64_t> namedDepths = {0, 64, 512};
};

/// Nats per token gained by the memory; by the token's place in its segment: below 64, below 256,
/// the rest; then over all.
struct Gains {
    double byPlace[3] = {0, 0, 0};
    double all = 0;
};

struct DevResult {
    std::vector<std::pair<std::int64_t, double>> keys, named; ///< depth, share of exact answers
    Gains overNone;                                           ///< over no memory
    Gains overOther;                                          ///< over another book's memory
    double perplexityWithMemory = 1, perplexityZeroed = 1;

    [[nodiscard]] double keyAt(std::int64_t depth) const; ///< 0 when it was not measured
    /// "exact 5-digit keys …: 1.00 at 0, 0.97 at 64 segments (32 samples)"
    [[nodiscard]] std::string keySentence(std::int64_t samples) const;
    [[nodiscard]] std::string line() const;
};

class DevSet {
public:
    /// Runs what the parameters have no part in; `student` must outlive the object.
    DevSet(const Student& student, const Corpus& corpus, const model::Tokenizer& tokenizer,
           const DevSizes& sizes);

    /// Nothing when `goOn` said no.
    [[nodiscard]] std::optional<DevResult> evaluate(const Parameters& parameters,
                                                    const std::function<bool()>& goOn) const;

    [[nodiscard]] const DevSizes& sizes() const { return m_sizes; }

private:
    struct Needles {
        at::Tensor segment, question; ///< (B, T, E) below the memory
        NeedleBatch batch;
    };
    struct Book {
        std::vector<at::Tensor> rows;    ///< of each segment, (1, N, E) below the memory
        std::vector<at::Tensor> targets; ///< (N − 1) int64
        std::vector<at::Tensor> base;    ///< nats (N − 1) without memory, of each segment
    };
    [[nodiscard]] double exactShare(const std::vector<LayerParameters>& views,
                                    const Needles& needles, std::int64_t depth) const;
    void score(const std::vector<LayerParameters>& views, const std::function<bool()>& goOn,
               DevResult& result) const;
    [[nodiscard]] at::Tensor nats(const at::Tensor& x, const at::Tensor& targets) const;

    const Student& m_student;
    DevSizes m_sizes;
    at::Tensor m_distractors;
    Needles m_keys, m_named;
    std::vector<Book> m_books;
};

} // namespace engine::adapt
