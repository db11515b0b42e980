#include "engine/adapt/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace engine::adapt {

namespace {

constexpr double kFirst = 0.9, kSecond = 0.98, kSmall = 1e-8;
constexpr double kFallsFrom = 0.6, kLeastShare = 0.05;

} // namespace

Optimizer::Optimizer(const Parameters& parameters) {
    const c10::NoGradGuard none;
    for (const Parameter& parameter : parameters.all) {
        first.push_back(at::zeros_like(parameter.values.detach()));
        second.push_back(at::zeros_like(parameter.values.detach()));
    }
}

void Optimizer::step(Parameters& parameters, double norm, double clip, double share) {
    const c10::NoGradGuard none;
    ++steps;
    const double shorten = norm > clip ? clip / norm : 1.0;
    const double firstScale = 1.0 - std::pow(kFirst, steps),
                 secondScale = 1.0 - std::pow(kSecond, steps);
    for (std::size_t i = 0; i < parameters.all.size(); ++i) {
        Parameter& parameter = parameters.all[i];
        if (!parameter.values.grad().defined()) {
            continue;
        }
        const at::Tensor gradient = parameter.values.grad() * shorten;
        first[i].mul_(kFirst).add_(gradient, 1.0 - kFirst);
        second[i].mul_(kSecond).addcmul_(gradient, gradient, 1.0 - kSecond);
        const at::Tensor spread = (second[i] / secondScale).sqrt_().add_(kSmall);
        parameter.values.addcdiv_(first[i], spread, -parameter.rate * share / firstScale);
    }
}

double rateShare(std::int64_t steps, std::int64_t warmUp, double progress) {
    const double warm = std::min(1.0, static_cast<double>(steps) /
                                          static_cast<double>(std::max<std::int64_t>(1, warmUp)));
    return progress <= kFallsFrom
               ? warm
               : warm * std::max(kLeastShare, (1.0 - progress) / (1.0 - kFallsFrom));
}

} // namespace engine::adapt
