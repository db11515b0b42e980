#include "engine/model/sampler.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "engine/error.h"

namespace engine::model {

namespace {

/// A NaN counts as the least likely token.
double comparable(float logit) {
    return std::isnan(logit) ? -std::numeric_limits<double>::infinity() : logit;
}

std::int32_t firstLargest(std::span<const float> logits) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < logits.size(); ++i) {
        if (comparable(logits[i]) > comparable(logits[best])) {
            best = i;
        }
    }
    return static_cast<std::int32_t>(best);
}

/// Each id of `recent` counts once, however often it occurs.
void penalise(std::span<float> logits, std::span<const std::int32_t> recent, double penalty) {
    std::vector<std::int32_t> ids(recent.begin(), recent.end());
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (const std::int32_t id : ids) {
        if (id >= 0 && static_cast<std::size_t>(id) < logits.size()) {
            float& logit = logits[static_cast<std::size_t>(id)];
            const double changed = logit > 0.0f ? logit / penalty : logit * penalty;
            logit = static_cast<float>(changed);
        }
    }
}

} // namespace

Sampler::Sampler(const SamplerOptions& options)
    : m_options(options), m_state(options.seed.value_or(0)) {
    // Each test is written so that a NaN fails it.
    const bool isSound = options.temperature >= 0.0 && std::isfinite(options.temperature) &&
                         options.topP > 0.0 && options.topP <= 1.0 &&
                         options.repetitionPenalty >= 1.0 &&
                         std::isfinite(options.repetitionPenalty);
    if (!isSound) {
        throw Error(Code::WrongUse,
                    "the sampling options are out of range: temperature " +
                        std::to_string(options.temperature) + ", top-p " +
                        std::to_string(options.topP) + ", repetition penalty " +
                        std::to_string(options.repetitionPenalty) +
                        "; give a temperature of 0 or more, a top-p above 0 and up to 1, a penalty "
                        "of 1 or more");
    }
}

/// splitmix64: the top 53 bits as a number in [0, 1).
double Sampler::uniform() {
    m_state += 0x9e3779b97f4a7c15u;
    std::uint64_t z = m_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return static_cast<double>(z >> 11) * 0x1p-53;
}

std::int32_t Sampler::next(std::span<float> logits, std::span<const std::int32_t> recent) {
    if (m_options.repetitionPenalty > 1.0) {
        penalise(logits, recent, m_options.repetitionPenalty);
    }
    const std::int32_t likeliest = firstLargest(logits);
    if (!m_options.seed || m_options.temperature == 0.0) {
        return likeliest;
    }
    const double largest = comparable(logits[static_cast<std::size_t>(likeliest)]);
    if (!std::isfinite(largest)) {
        return likeliest;
    }
    m_order.resize(logits.size());
    m_weights.resize(logits.size());
    double total = 0.0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        m_order[i] = static_cast<std::int32_t>(i);
        m_weights[i] = std::exp((comparable(logits[i]) - largest) / m_options.temperature);
        total += m_weights[i];
    }
    // A heap gives up the likeliest few without sorting the whole vocabulary. The order is total,
    // so it is always the same.
    const auto isBehind = [this](std::int32_t a, std::int32_t b) {
        const double weightA = m_weights[static_cast<std::size_t>(a)];
        const double weightB = m_weights[static_cast<std::size_t>(b)];
        return weightA != weightB ? weightA < weightB : a > b;
    };
    std::make_heap(m_order.begin(), m_order.end(), isBehind);
    auto heapEnd = m_order.end();
    double kept = 0.0;
    while (heapEnd != m_order.begin() && kept < m_options.topP * total) {
        std::pop_heap(m_order.begin(), heapEnd, isBehind);
        --heapEnd;
        kept += m_weights[static_cast<std::size_t>(*heapEnd)];
    }
    // The kept tokens lie behind the heap, the likeliest at the very end.
    double left = uniform() * kept;
    for (auto candidate = m_order.end(); candidate != heapEnd;) {
        --candidate;
        left -= m_weights[static_cast<std::size_t>(*candidate)];
        if (left < 0.0) {
            return *candidate;
        }
    }
    return likeliest;
}

} // namespace engine::model
