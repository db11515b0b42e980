#include "engine/model/prompt.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>

namespace engine::model {

PromptPath::PromptPath(const Prompt& prompt, at::ScalarType activations) {
    const std::int64_t layers = prompt.query.down.size(0);
    for (std::int64_t i = 0; i < layers; ++i) {
        std::vector<Delta> deltas;
        for (const LowRank* from : {&prompt.query, &prompt.key, &prompt.value}) {
            deltas.push_back({from->down[i].t().to(activations).contiguous(),
                              (from->up[i] * prompt.deltaScale).t().to(activations).contiguous()});
        }
        m_layers.push_back(std::move(deltas));
    }
}

void PromptPath::addTo(std::int64_t layer, const at::Tensor& normed, at::Tensor& qkv) const {
    std::int64_t begin = 0;
    for (const Delta& delta : m_layers[static_cast<std::size_t>(layer)]) {
        const std::int64_t width = delta.up.size(1);
        qkv.narrow(2, begin, width).add_(at::matmul(at::matmul(normed, delta.down), delta.up));
        begin += width;
    }
}

} // namespace engine::model
