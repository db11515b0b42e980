#pragma once
/// How the dev set reads with what is trained: one implementation for each kind of training.
///
/// Letters: B sequences, T tokens of a segment, E width, V vocabulary.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/adapt/corpus.h"
#include "engine/adapt/parameters.h"
#include "engine/adapt/student.h"
#include "engine/random.h"

namespace engine::adapt {

struct DevSizes {
    std::int64_t samples = 32;      ///< needles of each kind
    std::int64_t needleTokens = 64; ///< N of needles and of segments behind them
    std::int64_t books = 4;
    std::int64_t bookTokens = 1024;                ///< N
    std::int64_t bookSegments = 3;                 ///< of each book; the first is only read
    std::vector<std::int64_t> depths, namedDepths; ///< of needles, as DevReader::depth says
};

/// What a segment reads of those before it, in the form of the training; both empty: nothing.
struct Carried {
    MemoryState memory; ///< of an adapter
    at::Tensor vectors; ///< of recurrent prompts
};

/// No gradient anywhere. One thread at a time.
class DevReader {
public:
    virtual ~DevReader() = default;

    /// Draws what stands behind needles; called once, before `behind`.
    virtual void draw(const std::vector<Text>& texts, const DevSizes& sizes, Random& random) = 0;
    /// A segment's ids (B, T) int64 in the form that the functions below take: what the parameters
    /// have no part in is computed.
    [[nodiscard]] virtual at::Tensor prepared(const at::Tensor& ids) const = 0;
    /// What is carried behind a segment that reads `before`.
    [[nodiscard]] virtual Carried after(const Parameters& parameters, const at::Tensor& segment,
                                        const Carried& before) const = 0;
    /// The segment's rows (B, T, E) behind the last layer; those of the base model, whatever the
    /// parameters, when nothing is read.
    [[nodiscard]] virtual at::Tensor rows(const Parameters& parameters, const at::Tensor& segment,
                                          const Carried& read) const = 0;
    /// Rows (n, E) to logits (n, V).
    [[nodiscard]] virtual at::Tensor logits(const at::Tensor& rows) const = 0;
    /// What a depth is a number of.
    [[nodiscard]] virtual std::string depth() const = 0;
    /// Hands to `found`, depth after depth, what is carried when so much was read with `needles`.
    /// False when `goOn`, which is asked in between, said no.
    virtual bool behind(const Parameters& parameters, const at::Tensor& needles,
                        const std::vector<std::int64_t>& depths, const std::function<bool()>& goOn,
                        const std::function<void(std::int64_t, const Carried&)>& found) const = 0;
};

} // namespace engine::adapt
