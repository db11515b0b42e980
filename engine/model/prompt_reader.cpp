#include "engine/model/prompt_reader.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <utility>

namespace engine::model {

PromptReader::PromptReader(std::shared_ptr<const Weights> weights,
                           std::shared_ptr<const Prompt> prompt)
    : m_transformer(std::move(weights), nullptr), m_prompt(std::move(prompt)),
      m_path(*m_prompt, scalarType(m_transformer.weights().dtype)) {}

SegmentCache PromptReader::shown(const at::Tensor& vectors) const {
    // A window without end: all that lies before a row is seen by it.
    SegmentCache seen = SegmentCache::empty(Mode::Full, m_transformer.weights(), 1);
    if (!vectors.defined()) {
        return seen;
    }
    Pass pass;
    pass.past = pass.keep = &seen;
    pass.prompt = &m_path;
    // The layers work in place.
    at::Tensor x = vectors.unsqueeze(0).clone();
    const Rotation turn = m_transformer.rotation(vectors.size(0), pass);
    const std::int64_t last = m_transformer.lastStateLayer(pass);
    for (std::int64_t i = 0; i < last; ++i) {
        m_transformer.layer(i, x, turn, pass);
    }
    m_transformer.store(last, x, pass);
    return seen;
}

PromptReader::Segment PromptReader::read(std::span<const std::int32_t> ids,
                                         const at::Tensor& vectors) const {
    const std::int64_t layers = m_transformer.weights().config.layers,
                       N = static_cast<std::int64_t>(ids.size()),
                       m = vectors.defined() ? vectors.size(0) : 0;
    const auto run = [&](at::Tensor x, const Pass& pass) {
        const Rotation turn = m_transformer.rotation(x.size(1), pass);
        for (std::int64_t i = 0; i < layers; ++i) {
            m_transformer.layer(i, x, turn, pass);
        }
        return x;
    };
    SegmentCache seen = shown(vectors);
    Pass tokens;
    tokens.position = m;
    tokens.past = tokens.keep = &seen;
    Segment segment;
    segment.rows = run(m_transformer.embed(idTensor(ids, N)), tokens);

    Pass written;
    written.position = m + N;
    written.past = &seen;
    written.prompt = &m_path;
    const bool isCarried = m_prompt->method == Mode::Rmt;
    const at::Tensor& input = isCarried && m > 0 ? vectors : m_prompt->vectors;
    const at::Tensor x = run(input.unsqueeze(0).clone(), written);
    const at::Tensor carried =
        kernels::rmsNorm(x, m_prompt->outputNorm, m_transformer.weights().config.normEpsilon,
                         at::kFloat)
            .select(0, 0) +
        m_prompt->vectors;
    segment.vectors = isCarried || m == 0 ? carried : at::cat({vectors, carried});
    return segment;
}

} // namespace engine::model
