#pragma once
/// Back-propagation through the memory of consecutive segments by the adjoint trick
/// (infini-attention.md, section 10): one more forward pass, and the activations of one segment at
/// a time, however many segments there are.

#include <functional>
#include <vector>

#include "engine/adapt/student.h"

namespace engine::adapt {

struct Segments {
    std::vector<at::Tensor> rows; ///< of each segment what Student::lower returned, (B, T, E)
    MemoryState start;            ///< before the first; without gradient; may be empty
    /// Loss of segment s given its rows behind the last memory layer; undefined: it has none, and
    /// its rows are not asked for when `hasLoss` says so.
    std::function<at::Tensor(std::size_t s, const at::Tensor& x)> loss;
    std::function<bool(std::size_t s)> hasLoss;
    std::size_t truncation = 0; ///< the gradient is cut every so many segments; 0: never
    bool wantsWritten = false;  ///< whether what all segments add to the memory is asked for
};

struct Gone {
    double loss = 0;     ///< sum over the segments
    MemoryState written; ///< sum over the segments, without gradient; empty if not wanted
};

/// Adds the gradients of the sum of all losses to those of the parameters.
Gone backThroughSegments(const Student& student, const Parameters& parameters,
                         const Segments& segments);

} // namespace engine::adapt
