#pragma once
/// Reads segments in the modes rmt and autocompressor (prompt.h says how).
///
/// Letters as in prompt.h; N tokens of a segment.

#include <cstdint>
#include <memory>
#include <span>

#include "engine/model/prompt.h"
#include "engine/model/transformer.h"

namespace engine::model {

/// Immutable and safe to share between threads; holds no state of a reading.
class PromptReader {
public:
    PromptReader(std::shared_ptr<const Weights> weights, std::shared_ptr<const Prompt> prompt);

    struct Segment {
        at::Tensor rows;    ///< (1, N, E), the residual stream of the tokens behind the last layer
        at::Tensor vectors; ///< what the next segment reads
    };
    /// One segment behind `vectors` (m, E) fp32; undefined: nothing, and `rows` are the base
    /// model's, bit for bit. Every product has the rows of the tokens, of what is read or of what
    /// is written, never of both.
    [[nodiscard]] Segment read(std::span<const std::int32_t> ids, const at::Tensor& vectors) const;
    /// The vectors as rows of a window see them: keys and values of all layers, at the positions
    /// 0 … m − 1. Without vectors: no entries.
    [[nodiscard]] SegmentCache shown(const at::Tensor& vectors) const;
    [[nodiscard]] const Transformer& transformer() const { return m_transformer; }

private:
    Transformer m_transformer; ///< without an adapter
    std::shared_ptr<const Prompt> m_prompt;
    PromptPath m_path;
};

} // namespace engine::model
