#include "tests/bench/work.h"

#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>

#include "engine/model/transformer.h"
#include "tests/bench/bench.h"

using namespace engine::model;

namespace bench {

namespace {

double layerProducts(const Config& config) {
    const double E = static_cast<double>(config.width), d = static_cast<double>(config.headWidth),
                 H = static_cast<double>(config.heads), G = static_cast<double>(config.kvHeads),
                 F = static_cast<double>(config.feedForward);
    return 2 * (E * (H + 2 * G) * d + H * d * E + E * 2 * F + F * E);
}

double layerAttention(const Config& config, std::int64_t N) {
    // QKᵀ and PV, two operations per multiply-add, half of the keys on average.
    return 2.0 * static_cast<double>(N * config.heads * config.headWidth);
}

} // namespace

Work readingWork(const Model& model, std::int64_t N) {
    const Config& config = model.weights->config;
    const Adapter& adapter = *model.adapter;
    const double full = static_cast<double>(adapter.lastLayer);
    const double state = static_cast<double>(adapter.features * (config.headWidth + 1));
    const double memoryLayers = static_cast<double>(adapter.layers());
    return {full * layerProducts(config) +
                2.0 * static_cast<double>(config.width * 2 * config.kvHeads * config.headWidth),
            full * layerAttention(config, N),
            2 * state *
                ((memoryLayers - 1) * static_cast<double>(config.heads) +
                 memoryLayers * static_cast<double>(config.kvHeads))};
}

Work forwardWork(const Model& model, std::int64_t N) {
    const Config& config = model.weights->config;
    const double layers = static_cast<double>(config.layers);
    return {layers * layerProducts(config), layers * layerAttention(config, N), 0};
}

double weightBytes(const Model& model) {
    std::int64_t bytes = model.weights->head.bytes();
    for (const LayerWeights& layer : model.weights->layers) {
        bytes +=
            layer.qkv.bytes() + layer.output.bytes() + layer.gateUp.bytes() + layer.down.bytes();
    }
    return static_cast<double>(bytes);
}

double productRate(const Model& model, std::int64_t rows) {
    constexpr int kRepetitions = 16;
    const c10::InferenceMode inference;
    const Config& config = model.weights->config;
    const auto random = [&](std::int64_t width) {
        return at::randn({1, rows, width}, at::TensorOptions().dtype(at::kFloat))
            .to(scalarType(model.weights->dtype));
    };
    const at::Tensor x = random(config.width), a = random(config.heads * config.headWidth),
                     f = random(config.feedForward);
    const LayerWeights& layer = model.weights->layers.front();
    const auto layerOnce = [&] {
        engine::kernels::linear(x, layer.qkv);
        engine::kernels::linear(a, layer.output);
        engine::kernels::linear(x, layer.gateUp);
        engine::kernels::linear(f, layer.down);
    };
    layerOnce();
    const double begin = now();
    for (int i = 0; i < kRepetitions; ++i) {
        layerOnce();
    }
    return layerProducts(config) * static_cast<double>(rows) * kRepetitions / (now() - begin) / 1e9;
}

} // namespace bench
