/// The composed operations as training differentiates them, in double: against central differences,
/// and back-propagation through segments by the adjoint trick against autograd over all of them.

#include <ATen/TensorOperators.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <vector>

#include "tests/unit/kernels/tensors.h"

using namespace engine::kernels;
using namespace tests;

namespace {

using Tensors = std::vector<at::Tensor>;

at::Tensor leaf(const at::Tensor& values) {
    return values.detach().clone().requires_grad_();
}

Tensors leaves(const Tensors& values) {
    Tensors all;
    for (const at::Tensor& value : values) {
        all.push_back(leaf(value));
    }
    return all;
}

/// d Σ out·weight / d input for every input; an input that plays no part has zeros.
Tensors gradients(const at::Tensor& loss, const Tensors& inputs) {
    Tensors found = torch::autograd::grad({loss}, inputs, {}, std::nullopt, false, true);
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (!found[i].defined()) {
            found[i] = at::zeros_like(inputs[i]);
        }
    }
    return found;
}

void expectGradients(const std::function<at::Tensor(const Tensors&)>& loss, const Tensors& values) {
    constexpr double kStep = 1e-5;
    const Tensors inputs = leaves(values);
    const Tensors found = gradients(loss(inputs), inputs);
    const c10::NoGradGuard none;
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::vector<double> expected;
        for (std::int64_t k = 0; k < values[i].numel(); ++k) {
            const auto moved = [&](double by) {
                Tensors changed = values;
                changed[i] = values[i].clone();
                changed[i].view({-1})[k] += by;
                return loss(changed).item<double>();
            };
            expected.push_back((moved(kStep) - moved(-kStep)) / (2 * kStep));
        }
        EXPECT_LT(difference(found[i], expected), 1e-7) << "input " << i;
    }
}

at::Tensor weighted(const at::Tensor& out, std::uint64_t seed) {
    return (out * random(seed, out.sizes().vec(), at::kDouble)).sum();
}

at::Tensor doubles(std::uint64_t seed, std::vector<std::int64_t> sizes) {
    return random(seed, std::move(sizes), at::kDouble);
}

// ---- a layer over segments

constexpr std::int64_t kRows = 6, kWidth = 8, kHeads = 4, kGroups = 2, kHead = 4;

enum class Rule { Linear, Delta };

/// Trained values of one layer: queries, values, the memory keys' low-rank addition, gates.
struct Layer {
    Tensors values = {doubles(1, {kWidth, kHeads* kHead}), doubles(2, {kWidth, kGroups* kHead}),
                      doubles(3, {2, kGroups* kHead}), doubles(4, {kHeads})};
    at::Tensor key = doubles(5, {kWidth, kGroups*kHead}), down = doubles(6, {kWidth, 2});
};

struct Step {
    at::Tensor loss, memory, norm;
};

at::Tensor emptyState(bool isNorm) {
    return isNorm ? at::zeros({1, kGroups, kHead}, at::kDouble)
                  : at::zeros({1, kGroups, kHead, kHead}, at::kDouble);
}

Step segment(const Layer& layer, const Tensors& p, std::int64_t s, Rule rule,
             const at::Tensor& memory, const at::Tensor& norm) {
    const at::Tensor x = doubles(100 + static_cast<std::uint64_t>(s), {1, kRows, kWidth});
    const auto heads = [](const at::Tensor& rows) { return rows.view({1, kRows, -1, kHead}); };
    const at::Tensor q = heads(x.matmul(p[0])), v = heads(x.matmul(p[1])),
                     k = heads(x.matmul(layer.key)),
                     memoryKey = heads(x.matmul(layer.key) + x.matmul(layer.down).matmul(p[2]));
    at::Tensor out = causalAttention(q, k.transpose(1, 2), v.transpose(1, 2));
    if (s > 0) {
        out = gatedMix(memoryRead(q, memory, norm, kEpsilon), out, at::sigmoid(p[3]));
    }
    const at::Tensor loss = weighted(out, 200 + static_cast<std::uint64_t>(s));
    if (rule == Rule::Delta) {
        const DeltaIncrement more = deltaIncrement(memoryKey, v, norm, kEpsilon);
        return {loss, affineStep(memory, more), norm + more.norm};
    }
    const MemoryIncrement more = memoryIncrement(memoryKey, v);
    return {loss, memory + more.memory, norm + more.norm};
}

constexpr std::int64_t kSegments = 4;

/// Autograd through all segments; the state is cut before every `cut`-th segment, 0: never.
Tensors plainGradients(const Layer& layer, Rule rule, std::int64_t cut) {
    const Tensors p = leaves(layer.values);
    at::Tensor memory = emptyState(false), norm = emptyState(true), loss;
    for (std::int64_t s = 0; s < kSegments; ++s) {
        if (cut > 0 && s % cut == 0) {
            memory = memory.detach();
            norm = norm.detach();
        }
        const Step step = segment(layer, p, s, rule, memory, norm);
        loss = loss.defined() ? loss + step.loss : step.loss;
        memory = step.memory;
        norm = step.norm;
    }
    return gradients(loss, p);
}

/// One segment's graph at a time: the boundary states from a pass without gradient, then backwards
/// with loss_s + ⟨M_s, gM⟩ + ⟨z_s, gz⟩.
Tensors adjointGradients(const Layer& layer, Rule rule, std::int64_t cut) {
    Tensors memories = {emptyState(false)}, norms = {emptyState(true)};
    {
        const c10::NoGradGuard none;
        for (std::int64_t s = 0; s < kSegments; ++s) {
            const Step step = segment(layer, layer.values, s, rule, memories.back(), norms.back());
            memories.push_back(step.memory);
            norms.push_back(step.norm);
        }
    }
    Tensors sums;
    for (const at::Tensor& value : layer.values) {
        sums.push_back(at::zeros_like(value));
    }
    at::Tensor memoryGradient = emptyState(false), normGradient = emptyState(true);
    for (std::int64_t s = kSegments - 1; s >= 0; --s) {
        const auto at = static_cast<std::size_t>(s);
        Tensors inputs = leaves(layer.values);
        inputs.push_back(leaf(memories[at]));
        inputs.push_back(leaf(norms[at]));
        const Step step = segment(layer, inputs, s, rule, inputs[4], inputs[5]);
        const Tensors found = gradients(step.loss + (step.memory * memoryGradient).sum() +
                                            (step.norm * normGradient).sum(),
                                        inputs);
        for (std::size_t i = 0; i < sums.size(); ++i) {
            sums[i].add_(found[i]);
        }
        const bool isCut = cut > 0 && s % cut == 0;
        memoryGradient = isCut ? emptyState(false) : found[4];
        normGradient = isCut ? emptyState(true) : found[5];
    }
    return sums;
}

double largestDifference(const Tensors& found, const Tensors& expected) {
    double largest = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        largest = std::max(largest, difference(found[i], expected[i]));
    }
    return largest;
}

} // namespace

TEST(Gradient, OfReadWriteMixAndDelta) {
    const at::Tensor key = doubles(10, {2, 5, 2, 3}), value = doubles(11, {2, 5, 2, 3}),
                     query = doubles(12, {2, 4, 4, 3}), memory = doubles(13, {2, 2, 3, 3}),
                     norm = doubles(14, {2, 2, 3}).abs() + 0.5;
    expectGradients(
        [](const Tensors& in) { return weighted(memoryRead(in[0], in[1], in[2], kEpsilon), 15); },
        {query, memory, norm});
    expectGradients(
        [](const Tensors& in) {
            const MemoryIncrement more = memoryIncrement(in[0], in[1]);
            return weighted(more.memory, 16) + weighted(more.norm, 17);
        },
        {key, value});
    expectGradients(
        [](const Tensors& in) { return weighted(gatedMix(in[0], in[1], at::sigmoid(in[2])), 18); },
        {doubles(19, {2, 4, 4, 3}), doubles(20, {2, 4, 12}), doubles(21, {4})});
    expectGradients(
        [](const Tensors& in) {
            const DeltaIncrement more = deltaIncrement(in[0], in[1], in[3], kEpsilon);
            return weighted(affineStep(in[2], more), 22) + weighted(more.norm, 23);
        },
        {key, value, memory, norm});
}

TEST(Gradient, OfMaskedRowsIsZero) {
    at::Tensor mask = at::ones({2, 5});
    mask.select(1, 3).zero_();
    const Tensors inputs = leaves(
        {doubles(10, {2, 5, 2, 3}), doubles(11, {2, 5, 2, 3}), doubles(14, {2, 2, 3}).abs()});
    const DeltaIncrement more = deltaIncrement(inputs[0], inputs[1], inputs[2], kEpsilon, mask);
    const Tensors found =
        gradients(weighted(more.transition, 24) + weighted(more.memory, 25), inputs);
    for (const std::size_t i : {0u, 1u}) {
        EXPECT_EQ(found[i].select(1, 3).abs().max().item<double>(), 0.0);
        EXPECT_GT(found[i].select(1, 2).abs().max().item<double>(), 0.0);
    }
}

TEST(Adjoint, EqualsAutogradThroughAllSegments) {
    const Layer layer;
    for (const Rule rule : {Rule::Linear, Rule::Delta}) {
        const Tensors whole = plainGradients(layer, rule, 0);
        EXPECT_LT(largestDifference(adjointGradients(layer, rule, 0), whole), 1e-10);
        // Truncation is zeroing the state's gradient where plain autograd detaches.
        for (const std::int64_t cut : {2, 3}) {
            EXPECT_LT(largestDifference(adjointGradients(layer, rule, cut),
                                        plainGradients(layer, rule, cut)),
                      1e-10)
                << cut;
            EXPECT_GT(largestDifference(adjointGradients(layer, rule, cut), whole), 1e-3)
                << "cutting changes nothing";
        }
    }
}

TEST(Adjoint, TheMemoryKeysLearnThroughTheMemoryAlone) {
    const Layer layer;
    for (const Rule rule : {Rule::Linear, Rule::Delta}) {
        EXPECT_GT(plainGradients(layer, rule, 0)[2].abs().max().item<double>(), 1e-3);
        // The mutant that cuts the gradient at every segment.
        EXPECT_EQ(plainGradients(layer, rule, 1)[2].abs().max().item<double>(), 0.0);
        EXPECT_EQ(adjointGradients(layer, rule, 1)[2].abs().max().item<double>(), 0.0);
    }
}
