#pragma once
/// Chooses the next token from logits: greedy, or by temperature and top-p with a seed.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/random.h"

namespace engine::model {

struct SamplerOptions {
    std::optional<std::uint64_t> seed =
        std::nullopt;               ///< unset: greedy, the first of the largest logits
    double temperature = 0.7;       ///< with a seed; 0: greedy
    double topP = 0.9;              ///< with a seed; in (0, 1]
    double repetitionPenalty = 1.0; ///< >= 1; divides positive and multiplies negative logits
};

/// One generation's random state. The same options and logits give the same tokens in every run of
/// one build. One thread at a time.
class Sampler {
public:
    /// Throws WrongUse: temperature below 0, top-p outside (0, 1], penalty below 1, or one of them
    /// not finite.
    explicit Sampler(const SamplerOptions& options);

    /// The chosen index into `logits`, which must not be empty and is changed by the penalty.
    /// `recent` are the ids that the penalty applies to, each once; ids outside `logits` are
    /// ignored. A NaN never wins.
    std::int32_t next(std::span<float> logits, std::span<const std::int32_t> recent);

private:
    double weigh(std::span<const float> logits, double largest);

    SamplerOptions m_options;
    Random m_random;
    std::vector<std::int32_t> m_order;
    std::vector<double> m_weights;
};

} // namespace engine::model
