#pragma once
/// The transformer with recurrent prompts (model/prompt.h) as training differentiates it: the
/// frozen weights, composed of ATen operations, and the trained vectors and low-rank additions.
///
/// Letters: B sequences, T tokens of a segment, m vectors that are read, p that are written, E
/// width, H query heads, G KV heads, d head width, V vocabulary.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/adapt/frozen_base.h"
#include "engine/adapt/prompt_parameters.h"
#include "engine/model/weights.h"

namespace engine::adapt {

/// Immutable; any thread, one graph at a time.
class PromptStudent {
public:
    /// Matrices of int8 are widened to bf16. With fp64 weights everything is computed in fp64.
    PromptStudent(std::shared_ptr<const model::Weights> weights, const PromptShape& shape);

    struct Passed {
        at::Tensor x; ///< (B, T, E), the tokens behind the last layer; undefined if not wanted
        at::Tensor written; ///< (B, p, E) what is carried on; undefined if not wanted
    };
    enum class Want { Rows, Written, Both };
    /// One segment; ids (B, T) int64, `read` (B, m, E) or undefined: nothing, so that the tokens
    /// are the base model's, without gradient.
    [[nodiscard]] Passed segment(const Parameters& parameters, const at::Tensor& ids,
                                 const at::Tensor& read, Want want) const;
    /// What the next segment reads, given what this one read and wrote.
    [[nodiscard]] at::Tensor carried(const at::Tensor& read, const at::Tensor& written) const;
    /// Rows (n, E) of the residual stream to logits (n, V), fp32 or fp64.
    [[nodiscard]] at::Tensor logits(const at::Tensor& rows) const { return m_base.logits(rows); }

    [[nodiscard]] const PromptShape& shape() const { return m_shape; }
    [[nodiscard]] const model::Config& config() const { return m_base.config(); }
    /// Of the residual stream and of what trains it.
    [[nodiscard]] at::ScalarType wide() const { return m_base.wide(); }
    /// Of the weights, of what trains and of all results. Ids may lie anywhere.
    [[nodiscard]] at::Device device() const { return m_base.device(); }

private:
    /// Rotated keys and values (B, G, S, d) of rows that are seen.
    struct Seen {
        at::Tensor key, value;
    };
    /// One layer over rows x (B, R, E) behind those of `past` (maybe none), of which the first
    /// `before` and the last `after` are vectors; `turn` is of their positions. `past` is replaced
    /// by all that is seen then.
    [[nodiscard]] at::Tensor layer(const FrozenLayer& layer, const PromptLayer& additions,
                                   const at::Tensor& x, std::int64_t before, std::int64_t after,
                                   const FrozenBase::Turn& turn, Seen& past) const;
    [[nodiscard]] at::Tensor added(const PromptLayer& additions, const at::Tensor& normed) const;

    FrozenBase m_base;
    PromptShape m_shape;
    at::Tensor m_ones; ///< (E)
};

/// Consecutive segments with losses.
struct PromptSegments {
    std::vector<at::Tensor> ids; ///< (B, T) int64 each
    /// Loss of segment s given its rows; asked for where `hasLoss` says so.
    std::function<at::Tensor(std::size_t s, const at::Tensor& x)> loss;
    std::function<bool(std::size_t s)> hasLoss;
};

/// Adds the gradients of the sum of all losses, through all that is carried, to those of the
/// parameters, with the activations of one segment at a time: a pass without gradient keeps what is
/// carried, then each segment is run again from the last one back, with the gradient of the later
/// losses in what it wrote. Returns the sum.
double backThroughVectors(const PromptStudent& student, const Parameters& parameters,
                          const PromptSegments& segments);

} // namespace engine::adapt
