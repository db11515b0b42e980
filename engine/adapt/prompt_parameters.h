#pragma once
/// What a training of recurrent prompts changes (model/prompt.h says what they are), each with its
/// learning rate, and the file that it becomes.
///
/// Letters as in model/prompt.h.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/adapt/trained_file.h"
#include "engine/model/prompt.h"

namespace engine::adapt {

/// Sizes that the model does not give. As they are, 1.63 M values with SmolLM2-135M, about as many
/// as an adapter has.
struct PromptShape {
    model::Mode method = model::Mode::Rmt; ///< or Autocompressor
    std::int64_t vectors = 32;             ///< p
    std::int64_t rank = 20;
    double alpha = 40;
};

/// One layer's part of the low-rank additions; differentiable views.
struct PromptLayer {
    at::Tensor queryDown, queryUp; ///< (r, E), (H·d, r)
    at::Tensor keyDown, keyUp;     ///< (r, E), (G·d, r)
    at::Tensor valueDown, valueUp; ///< (r, E), (G·d, r)
};

/// The start: vectors are the embeddings of random tokens (as in prompt tuning, arXiv:2104.08691),
/// what a segment writes adds a tenth of an embedding's size to them, and nothing is added to the
/// projections. fp32 unless a test wants double.
Parameters freshPrompt(const model::Weights& weights, const PromptShape& shape, std::uint64_t seed,
                       at::ScalarType type = at::kFloat);

/// The differentiable views of each layer, for one graph.
std::vector<PromptLayer> promptLayers(const Parameters& parameters);

/// The bytes of a prompt file.
std::string promptBytes(const Parameters& parameters, const PromptShape& shape,
                        const model::Weights& weights, const TrainingHistory& history);

} // namespace engine::adapt
