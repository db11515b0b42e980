#include "engine/adapt/prompt_parameters.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <cstdio>
#include <map>

#include "engine/adapt/random.h"
#include "engine/adapt/tensor_file.h"

namespace engine::adapt {

namespace {

constexpr double kVectorRate = 2e-3;
constexpr double kNormRate = 1e-3;
constexpr double kLowRankRate = 1e-3;

std::string number(double value) {
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%.9g", value);
    return buffer;
}

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
        kernels::widened(weights.embedding.rows(at::tensor(tokens))).to(type).clone();
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
    add("output_norm", at::full({E}, size, options), kNormRate);
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
    const model::Config& config = weights.config;
    std::map<std::string, std::string> metadata = {
        {"format", "infolio-prompt"},
        {"version", "1"},
        {"method", model::nameOf(shape.method)},
        {"base_sha256", weights.sha256},
        {"base_name", config.name.empty() ? "unnamed" : config.name},
        {"L", std::to_string(config.layers)},
        {"E", std::to_string(config.width)},
        {"H", std::to_string(config.heads)},
        {"G", std::to_string(config.kvHeads)},
        {"d", std::to_string(config.headWidth)},
        {"p", std::to_string(shape.vectors)},
        {"rank", std::to_string(shape.rank)},
        {"alpha", number(shape.alpha)},
        {"segment", std::to_string(history.segmentTokens)},
        {"engine", history.engineVersion},
        {"data_sha256", history.dataSha256},
        {"steps", std::to_string(history.steps)},
        {"seed", std::to_string(history.seed)},
        {"ppl_memory", number(history.perplexityWithMemory)},
        {"ppl_zeroed", number(history.perplexityZeroed)},
        {"passkey", history.passkey},
        {"license", "Apache-2.0"},
    };
    if (!history.texts.empty()) {
        std::string& texts = metadata["texts"];
        for (const std::string& hash : history.texts) {
            texts += (texts.empty() ? "" : " ") + hash;
        }
    }
    NamedTensors tensors;
    for (const Parameter& parameter : parameters.all) {
        tensors.emplace_back(parameter.name, parameter.values);
    }
    return safetensorsBytes(metadata, tensors);
}

} // namespace engine::adapt
