#include "engine/adapt/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <cmath>

namespace engine::adapt {

namespace {

constexpr double kFirst = 0.9, kSecond = 0.98, kSmall = 1e-8;

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

} // namespace engine::adapt
