#pragma once
/// What a training is judged by: numbers in held-out books at several depths, and what is carried
/// is worth in nats on held-out books. The same needles and book text whatever the method.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/adapt/dev_reader.h"
#include "engine/adapt/needles.h"
#include "engine/model/tokenizer.h"

namespace engine::adapt {

/// Nats per token gained by what is carried; by the token's place in its segment: below 64, below
/// 256, the rest; then over all.
struct Gains {
    double byPlace[3] = {0, 0, 0};
    double all = 0;
};

struct DevResult {
    using Shares = std::vector<std::pair<std::int64_t, double>>; ///< depth, share of exact answers
    Shares keys, named;
    double apart = 0; ///< share of exact answers, four names over four segments, one asked for
    Gains overNone;   ///< over no memory
    Gains overOther;  ///< over another book's memory; 0 where only one book is held out
    std::int64_t samples = 0; ///< of each depth
    std::string depthIs;      ///< what a depth is
    double perplexityWithMemory = 1, perplexityZeroed = 1;
    /// Questions in the chat with the passage in it, most of them for numbers, and behind a segment
    /// full of numbers: what is carried must not disturb the answer. Nats of KL(base that carries
    /// nothing ‖ trained) per token, and the share of tokens at which both find the same one
    /// likeliest.
    double besideNats = 0, besideSame = 1;

    [[nodiscard]] double keyAt(std::int64_t depth) const; ///< 0 when it was not measured
    /// "exact keys …: 1.00 at 0, 0.97 at 64 (32 samples each; a depth is …)"
    [[nodiscard]] std::string keySentence() const;
    [[nodiscard]] std::string line() const;
};

class DevSet {
public:
    /// Runs what the parameters have no part in, for which any of their values will do.
    DevSet(std::unique_ptr<DevReader> reader, const Parameters& parameters, const Corpus& corpus,
           const model::Tokenizer& tokenizer, const DevSizes& sizes);

    /// Nothing when `goOn` said no.
    [[nodiscard]] std::optional<DevResult> evaluate(const Parameters& parameters,
                                                    const std::function<bool()>& goOn) const;

private:
    struct Needles {
        at::Tensor segment, question; ///< as DevReader::prepared returned them
        NeedleBatch batch;
    };
    struct Book {
        std::size_t text = 0;             ///< which of those held out
        std::vector<at::Tensor> segments; ///< as DevReader::prepared returned them; B = 1
        std::vector<at::Tensor> targets;  ///< (N − 1) int64
        std::vector<at::Tensor> base; ///< nats (N − 1) of each segment but the first, nothing read
    };
    struct Beside {
        std::size_t book = 0; ///< in m_books, whose memory stands beside
        /// As DevReader::prepared returned them, B = 1: read behind it, and asked.
        at::Tensor numbers, question;
        at::Tensor rows; ///< (n) int64, those that predict the answer
    };
    /// Of samples whose digits are all the likeliest tokens behind the rows (B, T, E).
    [[nodiscard]] double exactShare(const at::Tensor& x, const NeedleBatch& batch) const;
    /// False when it was stopped, as `score`.
    bool measure(const Parameters& parameters, const Needles& needles,
                 const std::vector<std::int64_t>& depths, const std::function<bool()>& goOn,
                 DevResult::Shares& into) const;
    bool measureApart(const Parameters& parameters, const std::function<bool()>& goOn,
                      DevResult& result) const;
    bool score(const Parameters& parameters, const std::function<bool()>& goOn,
               DevResult& result) const;
    /// `read`: what is carried behind each book.
    bool measureBeside(const Parameters& parameters, const std::vector<Carried>& read,
                       const std::function<bool()>& goOn, DevResult& result) const;
    /// (N − 1) of a book's segment that reads `read`.
    [[nodiscard]] at::Tensor nats(const Parameters& parameters, const Book& book, std::size_t s,
                                  const Carried& read) const;

    std::unique_ptr<DevReader> m_reader;
    DevSizes m_sizes;
    Needles m_keys, m_named, m_apart;
    std::vector<at::Tensor> m_apartSegments; ///< as DevReader::prepared returned them
    std::vector<Book> m_books;
    std::vector<Beside> m_beside;
};

} // namespace engine::adapt
