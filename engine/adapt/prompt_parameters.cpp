#include "engine/adapt/prompt_parameters.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "engine/random.h"

namespace engine::adapt {

namespace {

constexpr double kVectorRate = 2e-3;
constexpr double kNormRate = 1e-3;
constexpr double kLowRankRate = 1e-3;
constexpr double kFirstOutput = 0.1; ///< what is added to the vectors, of an embedding's size

} // namespace

Parameters freshPrompt(const model::Weights& weights, const PromptShape& shape, std::uint64_t seed,
                       at::ScalarType type) {
    const c10::NoGradGuard none;
    const model::Config& config = weights.config;
    const std::int64_t L = config.layers, E = config.width, r = shape.rank,
                       queries = config.heads * config.headWidth,
                       keys = config.kvHeads * config.headWidth;
    const auto options = at::TensorOptions().dtype(type);
    Random random(seed);
    std::vector<std::int64_t> tokens;
    for (std::int64_t i = 0; i < shape.vectors; ++i) {
        tokens.push_back(random.below(config.vocabulary));
    }
    const at::Tensor vectors =
        kernels::widened(
            weights.embedding.rows(at::tensor(tokens).to(weights.embedding.values.device())))
            .to(at::kCPU, type)
            .clone();
    const double size = std::sqrt(vectors.square().mean().item<double>());
    const auto down = [&] {
        at::Tensor values = at::empty({L, r, E}, at::TensorOptions().dtype(at::kDouble));
        double* const out = values.mutable_data_ptr<double>();
        for (std::int64_t i = 0; i < values.numel(); ++i) {
            out[i] = random.normal() / std::sqrt(static_cast<double>(E));
        }
        return values.to(type);
    };
    Parameters result;
    const auto add = [&](const std::string& name, at::Tensor values, double rate) {
        result.all.push_back({name, std::move(values).requires_grad_(), rate});
    };
    add("vectors", vectors, kVectorRate);
    add("output_norm", at::full({E}, kFirstOutput * size, options), kNormRate);
    add("q_down", down(), kLowRankRate);
    add("q_up", at::zeros({L, queries, r}, options), kLowRankRate);
    add("k_down", down(), kLowRankRate);
    add("k_up", at::zeros({L, keys, r}, options), kLowRankRate);
    add("v_down", down(), kLowRankRate);
    add("v_up", at::zeros({L, keys, r}, options), kLowRankRate);
    return result;
}

std::vector<PromptLayer> promptLayers(const Parameters& parameters) {
    // Taken apart once: each view of its own would bring a gradient of the whole tensor's size.
    std::vector<std::vector<at::Tensor>> parts;
    for (const char* name : {"q_down", "q_up", "k_down", "k_up", "v_down", "v_up"}) {
        parts.push_back(parameters[name].unbind(0));
    }
    std::vector<PromptLayer> layers;
    for (std::size_t i = 0; i < parts.front().size(); ++i) {
        layers.push_back(
            {parts[0][i], parts[1][i], parts[2][i], parts[3][i], parts[4][i], parts[5][i]});
    }
    return layers;
}

std::string promptBytes(const Parameters& parameters, const PromptShape& shape,
                        const model::Weights& weights, const TrainingHistory& history) {
    return trainedFileBytes({{"format", "infolio-prompt"},
                             {"version", "2"},
                             {"method", model::nameOf(shape.method)},
                             {"p", std::to_string(shape.vectors)},
                             {"rank", std::to_string(shape.rank)},
                             {"alpha", fieldNumber(shape.alpha)}},
                            parameters, weights, history);
}

} // namespace engine::adapt
