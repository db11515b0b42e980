#include "engine/kernels/ops_decode.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "engine/kernels/team.h"
#include "engine/kernels/to_floor.h"

namespace engine::kernels {

namespace {

/// The same for all matrices of a step.
at::ScalarType typeOf(const DecodeLayer& layer) {
    return layer.qkv.values.scalar_type();
}

bool isForStep(const Matrix& matrix, at::ScalarType type) {
    const at::Tensor& x = matrix.values;
    return x.is_cpu() && x.dim() == 2 && x.scalar_type() == type &&
           matrix.isInt8() == (type == at::kChar) && x.is_contiguous() && x.size(1) % 32 == 0 &&
           !x.requires_grad();
}

bool isForStep(const DecodeMemory& memory, const DecodeSizes& sizes) {
    for (const at::Tensor& M : memory.memory) {
        const std::int64_t f = M.size(2);
        if (M.scalar_type() != at::kFloat || !M.is_contiguous() || f % 32 != 0 || f > 256 ||
            (memory.queries.empty() && f != sizes.headWidth)) {
            return false;
        }
    }
    const auto isThin = [](const auto& own) { return own.down.size(0) <= cpu::kMostRank; };
    return std::ranges::all_of(memory.queries, isThin) &&
           std::ranges::all_of(memory.additions, isThin);
}

const float* floats(const at::Tensor& x) {
    return x.defined() ? x.const_data_ptr<float>() : nullptr;
}

cpu::DecodeLayer layerOf(const DecodeLayer& layer) {
    cpu::DecodeLayer plain{};
    plain.attentionNorm = floats(layer.attentionNorm);
    plain.feedForwardNorm = floats(layer.feedForwardNorm);
    plain.qkv = matrixOf(layer.qkv);
    plain.output = matrixOf(layer.output);
    plain.gateUp = matrixOf(layer.gateUp);
    plain.down = matrixOf(layer.down);
    plain.qkvBias = floats(layer.qkvBias);
    plain.queryNorm = floats(layer.queryNorm);
    plain.keyNorm = floats(layer.keyNorm);
    return plain;
}

cpu::QueryFeatures queryOf(const DecodeQuery& query, const DecodeSizes& sizes, std::int64_t width,
                           std::int64_t f) {
    const std::int64_t r = query.down.size(0), H = sizes.heads, d = sizes.headWidth;
    TORCH_CHECK(query.down.numel() == r * width && query.up.numel() == r * H * d &&
                    query.matrix.numel() == H * d * f && query.bias.numel() == H * f,
                "decode: query of rank ", r, ", matrix ", query.matrix.sizes(), ", bias ",
                query.bias.sizes());
    for (const at::Tensor* x : {&query.down, &query.up, &query.matrix, &query.bias}) {
        TORCH_CHECK(x->is_contiguous() && x->scalar_type() == at::kFloat,
                    "decode: a query is fp32 and contiguous");
    }
    return {floats(query.down), floats(query.up), floats(query.matrix), floats(query.bias), r, f};
}

cpu::OutputAddition additionOf(const DecodeAddition& own, const DecodeSizes& sizes,
                               std::int64_t width) {
    const std::int64_t r = own.down.size(0);
    TORCH_CHECK(own.down.numel() == r * sizes.heads * sizes.headWidth &&
                    own.up.numel() == r * width && own.down.is_contiguous() &&
                    own.up.is_contiguous() && own.down.scalar_type() == at::kFloat &&
                    own.up.scalar_type() == at::kFloat,
                "decode: addition ", own.down.sizes(), ", ", own.up.sizes());
    return {floats(own.down), floats(own.up), r};
}

void readMemory(const DecodeMemory& memory, const DecodeSizes& sizes, std::int64_t sequences,
                std::span<cpu::DecodeLayer> layers) {
    const std::size_t first = static_cast<std::size_t>(memory.firstLayer),
                      count = memory.memory.size();
    TORCH_CHECK(first + count <= layers.size() && memory.norm.size() == count &&
                    (memory.queries.empty() || memory.queries.size() == count) &&
                    (memory.additions.empty() || memory.additions.size() == count),
                "decode: ", count, " memories from layer ", first, " of ", layers.size());
    if (count == 0) {
        return;
    }
    const std::int64_t rows = memory.gates.dim() == 3 ? sequences : 1;
    TORCH_CHECK(memory.gates.is_contiguous() &&
                    memory.gates.numel() == static_cast<std::int64_t>(count) * rows * sizes.heads,
                "decode: gates ", memory.gates.sizes());
    for (std::size_t i = 0; i < count; ++i) {
        const at::Tensor &M = memory.memory[i], &z = memory.norm[i];
        const std::int64_t f = M.size(2);
        TORCH_CHECK(M.numel() == sizes.groups * f * sizes.headWidth && z.is_contiguous() &&
                        z.numel() == sizes.groups * f,
                    "decode: memory ", M.sizes(), ", norm ", z.sizes());
        layers[first + i].memory = floats(M);
        layers[first + i].norm = floats(z);
        layers[first + i].gates =
            floats(memory.gates) + static_cast<std::int64_t>(i) * rows * sizes.heads;
        layers[first + i].gateStride = rows > 1 ? sizes.heads : 0;
    }
}

} // namespace

bool canDecode(std::span<const DecodeLayer> layers, const DecodeMemory& memory,
               const DecodeSizes& sizes, std::int64_t sequences) {
    if (layers.empty() || sequences < 1 || sequences > cpu::kMostSequences ||
        sizes.headWidth % 32 != 0 || sizes.headWidth > 256) {
        return false;
    }
    const at::ScalarType type = typeOf(layers[0]);
    if (type != at::kChar && !isFloorType(type)) {
        return false;
    }
    for (const DecodeLayer& layer : layers) {
        for (const Matrix* m : {&layer.qkv, &layer.output, &layer.gateUp, &layer.down}) {
            if (!isForStep(*m, type)) {
                return false;
            }
        }
    }
    return isForStep(memory, sizes);
}

void decode(std::span<const DecodeLayer> layers, const DecodeMemory& memory,
            const DecodeSizes& sizes, std::span<const DecodeCache> caches,
            std::span<const std::int64_t> positions, const at::Tensor& cosines,
            const at::Tensor& sines, at::Tensor& x) {
    const std::int64_t sequences = x.size(0);
    TORCH_CHECK(canDecode(layers, memory, sizes, sequences) &&
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
    readMemory(memory, sizes, sequences, plainLayers);
    std::vector<cpu::QueryFeatures> queries;
    for (std::size_t i = 0; i < memory.queries.size(); ++i) {
        queries.push_back(queryOf(memory.queries[i], sizes, x.size(1), memory.memory[i].size(2)));
    }
    for (std::size_t i = 0; i < queries.size(); ++i) {
        plainLayers[static_cast<std::size_t>(memory.firstLayer) + i].query = &queries[i];
    }
    std::vector<cpu::OutputAddition> additions;
    for (const DecodeAddition& own : memory.additions) {
        additions.push_back(additionOf(own, sizes, x.size(1)));
    }
    for (std::size_t i = 0; i < additions.size(); ++i) {
        plainLayers[static_cast<std::size_t>(memory.firstLayer) + i].addition = &additions[i];
    }
    // Beside int8 weights the caches say what is computed with.
    const at::ScalarType type =
        typeOf(layers[0]) == at::kChar ? caches[0].keys.scalar_type() : typeOf(layers[0]);
    std::vector<cpu::Cache> plainCaches;
    for (std::size_t i = 0; i < caches.size(); ++i) {
        const at::Tensor &keys = caches[i].keys, &values = caches[i].values;
        TORCH_CHECK(
            keys.is_contiguous() && values.is_contiguous() && keys.sizes() == values.sizes() &&
                keys.size(1) == sizes.groups && keys.size(3) == sizes.headWidth &&
                keys.size(2) > positions[i % positions.size()] && keys.scalar_type() == type &&
                values.scalar_type() == type && isFloorType(type),
            "decode: cache ", keys.sizes(), " at position ", positions[i % positions.size()]);
        plainCaches.push_back({keys.data_ptr(), values.data_ptr(), keys.size(2)});
    }
    cpu::DecodeStep step{};
    step.element = elementOf(caches[0].keys);
    step.threads = at::get_num_threads();
    step.sequences = sequences;
    step.layers = static_cast<std::int64_t>(layers.size());
    step.width = x.size(1);
    step.heads = sizes.heads;
    step.groups = sizes.groups;
    step.headWidth = sizes.headWidth;
    step.feedForward = layers[0].down.inputs();
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
