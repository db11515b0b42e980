#include "engine/model/sampler.h"

#include <ATen/ops/exp.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "engine/error.h"

namespace engine::model {

namespace {

/// A NaN counts as the least likely token.
float comparable(float logit) {
    return std::isnan(logit) ? -std::numeric_limits<float>::infinity() : logit;
}

std::int32_t firstLargest(std::span<const float> logits) {
    // Several maxima side by side, because one alone waits for itself at each of 50,000 tokens. A
    // NaN is above nothing.
    constexpr std::size_t kLanes = 16;
    float most[kLanes];
    std::fill_n(most, kLanes, -std::numeric_limits<float>::infinity());
    std::size_t i = 0;
    for (; i + kLanes <= logits.size(); i += kLanes) {
        for (std::size_t j = 0; j < kLanes; ++j) {
            most[j] = logits[i + j] > most[j] ? logits[i + j] : most[j];
        }
    }
    for (; i < logits.size(); ++i) {
        most[0] = logits[i] > most[0] ? logits[i] : most[0];
    }
    const auto found =
        std::find(logits.begin(), logits.end(), *std::max_element(most, most + kLanes));
    return found == logits.end() ? 0 : static_cast<std::int32_t>(found - logits.begin());
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
    : m_options(options), m_random(options.seed.value_or(0)) {
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
    const double total = weigh(logits, largest);
    const double wanted = m_options.topP * total;
    // Sorting the whole vocabulary for the likeliest few would take as long as a layer. The order
    // is total, so it is always the same.
    double kept = 0.0;
    for (double least = 1e-4;; least = least > 1e-16 ? least * 1e-4 : 0.0) {
        m_order.clear();
        kept = 0.0;
        for (std::size_t i = 0; i < logits.size(); ++i) {
            if (m_weights[i] >= least) {
                m_order.push_back(static_cast<std::int32_t>(i));
                kept += m_weights[i];
            }
        }
        if (kept >= wanted || least == 0.0) {
            break;
        }
    }
    const auto weight = [this](std::int32_t id) { return m_weights[static_cast<std::size_t>(id)]; };
    std::sort(m_order.begin(), m_order.end(), [&](std::int32_t a, std::int32_t b) {
        return weight(a) != weight(b) ? weight(a) > weight(b) : a < b;
    });
    kept = 0.0;
    std::size_t count = 0;
    while (count < m_order.size() && kept < wanted) {
        kept += weight(m_order[count++]);
    }
    double left = m_random.uniform() * kept;
    for (std::size_t i = 0; i < count; ++i) {
        left -= weight(m_order[i]);
        if (left < 0.0) {
            return m_order[i];
        }
    }
    return likeliest;
}

/// exp((logit − largest)/temperature) of each token; returns their sum.
double Sampler::weigh(std::span<const float> logits, double largest) {
    m_weights.resize(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
        m_weights[i] = (comparable(logits[i]) - largest) / m_options.temperature;
    }
    at::Tensor weights =
        at::from_blob(m_weights.data(), static_cast<std::int64_t>(logits.size()), at::kDouble);
    weights.exp_();
    return std::reduce(m_weights.begin(), m_weights.end());
}

} // namespace engine::model
