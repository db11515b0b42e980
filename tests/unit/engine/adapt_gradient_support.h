#pragma once
/// Gradients of a training's pass in double: against central differences, and by the adjoint trick
/// against autograd over all segments.

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engine/adapt/needles.h"
#include "engine/random.h"
#include "tests/unit/engine/adapt_support.h"

namespace tests {

constexpr std::int64_t kGradientRows = 6; ///< of a segment

inline HandShape gradientShape(std::int64_t layers, bool hasBias = false, bool hasQkNorm = false) {
    HandShape shape;
    shape.layers = layers;
    shape.hasBias = hasBias;
    shape.hasQkNorm = hasQkNorm;
    return shape;
}

inline double distance(const at::Tensor& a, const at::Tensor& b) {
    return ((a - b).abs().max() / b.abs().max().clamp_min(1e-12)).item<double>();
}

/// Two sequences over several segments, in double; what passes over them is for those that derive.
struct GradientCase {
    GradientCase(const HandShape& shape, std::size_t segments) : weights(doubleWeights(3, shape)) {
        for (std::size_t s = 0; s < segments; ++s) {
            ids.push_back(engine::adapt::idRows(
                {randomIds(20 + s, kGradientRows), randomIds(40 + s, kGradientRows)}));
        }
    }

    /// Cross entropy of the tokens of segment s, given its rows (2, T, E) behind the last layer.
    template <typename Student>
    [[nodiscard]] at::Tensor lossOf(const Student& student, std::size_t s,
                                    const at::Tensor& x) const {
        const at::Tensor logits =
            student.logits(x.narrow(1, 0, kGradientRows - 1).reshape({-1, x.size(2)}));
        return at::cross_entropy_loss(logits, ids[s].narrow(1, 1, kGradientRows - 1).reshape({-1}));
    }

    /// The gradients of all parameters, which are forgotten.
    std::vector<at::Tensor> taken() {
        std::vector<at::Tensor> gradients;
        for (const engine::adapt::Parameter& parameter : parameters.all) {
            gradients.push_back(parameter.values.grad().defined()
                                    ? parameter.values.grad().clone()
                                    : at::zeros_like(parameter.values.detach()));
        }
        parameters.clearGradients();
        return gradients;
    }

    std::shared_ptr<engine::model::Weights> weights;
    engine::adapt::Parameters parameters; ///< set by those that derive
    std::vector<at::Tensor> ids;
    double adjointLoss = 0;
};

/// `Case` derives from GradientCase and has plainLoss and plainGradients: the losses of all
/// segments but the first, by autograd through everything. Parameters of which `isReached` says no
/// by their name have no gradient.
template <typename Case, typename IsReached = decltype([](const std::string&) { return true; })>
void expectDifferences(Case& c, const IsReached& isReached = {}) {
    constexpr double kStep = 1e-5;
    const auto gradients = c.plainGradients();
    const c10::NoGradGuard none;
    for (std::size_t p = 0; p < c.parameters.all.size(); ++p) {
        const at::Tensor values = c.parameters.all[p].values.view({-1});
        const at::Tensor gradient = gradients[p].view({-1});
        const double scale = gradient.abs().max().template item<double>();
        EXPECT_EQ(scale > 0, isReached(c.parameters.all[p].name)) << c.parameters.all[p].name;
        engine::Random random(p);
        for (int i = 0; i < 8; ++i) {
            const std::int64_t k = random.below(values.numel());
            const auto moved = [&](double by) {
                values[k].add_(by);
                const double loss = c.plainLoss().template item<double>();
                values[k].sub_(by);
                return loss;
            };
            const double expected = (moved(kStep) - moved(-kStep)) / (2 * kStep);
            EXPECT_NEAR(gradient[k].template item<double>(), expected, 1e-6 * std::max(scale, 1e-3))
                << c.parameters.all[p].name << " " << k;
        }
    }
}

/// `found` are the gradients by the adjoint trick, which left c.adjointLoss.
template <typename Case> void expectAutograds(Case& c, const std::vector<at::Tensor>& found) {
    const auto expected = c.plainGradients();
    EXPECT_NEAR(c.adjointLoss, c.plainLoss().template item<double>(), 1e-12);
    for (std::size_t p = 0; p < found.size(); ++p) {
        EXPECT_LT(distance(found[p], expected[p]), 1e-10) << c.parameters.all[p].name;
    }
}

} // namespace tests
