#pragma once
/// AdamW without weight decay (arXiv:1412.6980, 1711.05101), the moments in the open so that a
/// checkpoint can hold them.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/adapt/parameters.h"

namespace engine::adapt {

class Optimizer {
public:
    explicit Optimizer(const Parameters& parameters);

    /// One step against the gradients, those of a longer vector than `clip` shortened to it; rates
    /// are each parameter's times `share`. Parameters without gradient stay.
    void step(Parameters& parameters, double norm, double clip, double share);

    std::vector<at::Tensor> first, second; ///< moments, of each parameter
    std::int64_t steps = 0;
};

/// Of the rates, after `steps` steps: rising over the first `warmUp` of them, falling from three
/// fifths of `progress` (0 to 1) on.
double rateShare(std::int64_t steps, std::int64_t warmUp, double progress);

} // namespace engine::adapt
