#include "engine/evaluate/window.h"

#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/log_softmax.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "engine/error.h"

namespace engine::evaluate {

namespace {

constexpr std::int64_t kLargestChunk = 1024;

/// Matrix products are compiled for every number of rows that they meet.
std::int64_t rowBucket(std::int64_t rows) {
    std::int64_t bucket = 64;
    while (bucket < rows)
        bucket *= 2;
    return bucket;
}

} // namespace

Window::Window(std::shared_ptr<const model::Model> model, model::Mode mode,
               const model::ReadingState& state)
    : m_model(std::move(model)), m_transformer(m_model->weights, m_model->adapterOf(mode)),
      m_cache(*m_model->weights) {
    const c10::InferenceMode inference;
    const model::SegmentCache visible = model::visibleCache(*m_model, mode, state);
    if (model::hasMemory(mode)) {
        m_memory = state.memory;
    } else if (visible.hasLayers()) {
        model::Pass seen;
        seen.past = &visible;
        seen.position = visible.count(0).total();
        m_cache.fill(visible, m_transformer.rotation(0, seen));
        m_neighbours = visible.store;
        m_past = m_size = seen.position;
    }
}

at::Tensor Window::run(std::span<const std::int32_t> ids, std::int64_t position) {
    const std::int64_t context = m_model->weights->config.contextTokens;
    if (position + static_cast<std::int64_t>(ids.size()) > context)
        throw Error(Code::DoesNotFit, "the window of " + std::to_string(context) +
                                          " tokens holds " + std::to_string(position) +
                                          " and cannot take " + std::to_string(ids.size()) +
                                          " more; use shorter segments");
    std::vector<at::Tensor> rows;
    while (!ids.empty()) {
        const std::size_t count = std::min(ids.size(), static_cast<std::size_t>(kLargestChunk));
        const auto tokens = static_cast<std::int64_t>(count);
        model::Pass pass;
        pass.position = position;
        pass.cache = &m_cache;
        pass.read = &m_memory;
        pass.neighbours = &m_neighbours;
        const at::Tensor x =
            m_transformer.forward(model::idTensor(ids.first(count), rowBucket(tokens)), pass);
        rows.push_back(x.select(0, 0).narrow(0, 0, tokens));
        ids = ids.subspan(count);
        position += tokens;
    }
    return rows.size() == 1 ? rows.front() : at::cat(rows);
}

void Window::feed(std::span<const std::int32_t> ids) {
    if (ids.empty())
        return;
    const c10::InferenceMode inference;
    const at::Tensor rows = run(ids, m_size);
    m_last = rows.narrow(0, rows.size(0) - 1, 1).clone();
    m_size += static_cast<std::int64_t>(ids.size());
}

Scored Window::score(std::span<const std::int32_t> prompt, std::span<const std::int32_t> answer) {
    Scored scored;
    if (answer.empty())
        return scored;
    if (prompt.empty() && m_size == m_past)
        throw Error(Code::WrongUse,
                    "nothing precedes the answer that is to be scored; give it a prompt");
    const c10::InferenceMode inference;
    std::vector<std::int32_t> ids(prompt.begin(), prompt.end());
    ids.insert(ids.end(), answer.begin(), answer.end() - 1);
    std::vector<at::Tensor> parts;
    if (prompt.empty())
        parts.push_back(m_last);
    if (!ids.empty()) {
        const at::Tensor rows = run(ids, m_size);
        const auto wanted = static_cast<std::int64_t>(prompt.empty() ? ids.size() : answer.size());
        parts.push_back(rows.narrow(0, rows.size(0) - wanted, wanted));
    }
    const at::Tensor logits = m_transformer.logits(at::cat(parts));
    const at::Tensor log = at::log_softmax(logits, 1);
    const at::Tensor best = at::argmax(logits, 1);
    const float* values = log.const_data_ptr<float>();
    const auto* likeliest = best.const_data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < answer.size(); ++i) {
        scored.nats.push_back(values[static_cast<std::int64_t>(i) * log.size(1) + answer[i]]);
        scored.isLikely.push_back(likeliest[i] == answer[i] ? 1 : 0);
    }
    return scored;
}

} // namespace engine::evaluate
