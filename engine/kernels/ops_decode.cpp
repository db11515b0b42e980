#include "engine/kernels/ops_decode.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include "engine/kernels/cpu_decode.h"
#include "engine/kernels/team.h"

namespace engine::kernels {

namespace {

bool isMatrix(const at::Tensor& x, at::ScalarType type) {
    return x.is_cpu() && x.dim() == 2 && x.scalar_type() == type && x.is_contiguous() &&
           x.size(1) % 32 == 0 && !x.requires_grad();
}

const float* floats(const at::Tensor& x) {
    return x.defined() ? x.const_data_ptr<float>() : nullptr;
}

cpu::Matrix matrixOf(const at::Tensor& x) {
    return {x.const_data_ptr(), nullptr, x.size(0), x.size(1)};
}

cpu::DecodeLayer layerOf(const DecodeLayer& layer) {
    return {floats(layer.attentionNorm),
            floats(layer.feedForwardNorm),
            matrixOf(layer.qkv),
            matrixOf(layer.output),
            matrixOf(layer.gateUp),
            matrixOf(layer.down),
            floats(layer.qkvBias),
            floats(layer.queryNorm),
            floats(layer.keyNorm),
            floats(layer.memory),
            floats(layer.norm),
            floats(layer.gate),
            0,
            nullptr};
}

} // namespace

bool canDecode(std::span<const DecodeLayer> layers, const DecodeSizes& sizes,
               std::int64_t sequences) {
    if (layers.empty() || sequences < 1 || sequences > cpu::kMostSequences ||
        sizes.headWidth % 32 != 0 || sizes.headWidth > 256) {
        return false;
    }
    const at::ScalarType type = layers[0].qkv.scalar_type();
    if (type != at::kBFloat16 && type != at::kFloat) {
        return false;
    }
    for (const DecodeLayer& layer : layers) {
        for (const at::Tensor* m : {&layer.qkv, &layer.output, &layer.gateUp, &layer.down}) {
            if (!isMatrix(*m, type)) {
                return false;
            }
        }
        if (layer.memory.defined() &&
            (layer.memory.scalar_type() != at::kFloat || layer.memory.size(2) != sizes.headWidth)) {
            return false;
        }
    }
    return true;
}

void decode(std::span<const DecodeLayer> layers, const DecodeSizes& sizes,
            std::span<const DecodeCache> caches, std::span<const std::int64_t> positions,
            const at::Tensor& cosines, const at::Tensor& sines, at::Tensor& x) {
    const std::int64_t sequences = x.size(0);
    TORCH_CHECK(canDecode(layers, sizes, sequences) &&
                    caches.size() == layers.size() * positions.size() &&
                    static_cast<std::int64_t>(positions.size()) == sequences &&
                    x.scalar_type() == at::kFloat && x.is_contiguous() && cosines.is_contiguous() &&
                    sines.is_contiguous() && cosines.numel() == sequences * sizes.headWidth / 2 &&
                    sines.numel() == cosines.numel(),
                "decode: ", layers.size(), " layers, x ", x.sizes(), ", cosines ", cosines.sizes());
    std::vector<cpu::DecodeLayer> plainLayers;
    for (const DecodeLayer& layer : layers) {
        plainLayers.push_back(layerOf(layer));
    }
    std::vector<cpu::Cache> plainCaches;
    for (std::size_t i = 0; i < caches.size(); ++i) {
        const at::Tensor &keys = caches[i].keys, &values = caches[i].values;
        TORCH_CHECK(
            keys.is_contiguous() && values.is_contiguous() && keys.sizes() == values.sizes() &&
                keys.size(1) == sizes.groups && keys.size(3) == sizes.headWidth &&
                keys.size(2) > positions[i % positions.size()] &&
                keys.scalar_type() == layers[0].qkv.scalar_type(),
            "decode: cache ", keys.sizes(), " at position ", positions[i % positions.size()]);
        plainCaches.push_back({keys.data_ptr(), values.data_ptr(), keys.size(2)});
    }
    cpu::DecodeStep step{};
    step.element =
        layers[0].qkv.scalar_type() == at::kBFloat16 ? cpu::Element::BFloat16 : cpu::Element::Float;
    step.threads = at::get_num_threads();
    step.sequences = sequences;
    step.layers = static_cast<std::int64_t>(layers.size());
    step.width = x.size(1);
    step.heads = sizes.heads;
    step.groups = sizes.groups;
    step.headWidth = sizes.headWidth;
    step.feedForward = layers[0].down.size(1);
    step.normEpsilon = static_cast<float>(sizes.normEpsilon);
    step.memoryEpsilon = static_cast<float>(sizes.memoryEpsilon);
    step.scale = static_cast<float>(sizes.scale);
    step.layer = plainLayers.data();
    step.caches = plainCaches.data();
    step.positions = positions.data();
    step.cosines = cosines.const_data_ptr<float>();
    step.sines = sines.const_data_ptr<float>();
    step.x = x.mutable_data_ptr<float>();
    const cpu::DecodeTable& floor = cpu::best().decode;
    at::Tensor scratch = at::empty({floor.scratch(step)}, at::TensorOptions().dtype(at::kInt));
    step.scratch = static_cast<std::uint32_t*>(scratch.mutable_data_ptr());
    floor.step(step, kTeam);
}

} // namespace engine::kernels
