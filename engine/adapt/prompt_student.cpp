#include "engine/adapt/prompt_student.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <c10/core/GradMode.h>

#include <optional>
#include <utility>

#include "engine/adapt/differentiable.h"

namespace engine::adapt {

namespace {

/// A tensor that a graph may hold: those that were loaded in inference mode may not be.
at::Tensor forGraph(const at::Tensor& tensor) {
    return tensor.defined() && tensor.is_inference() ? tensor.clone() : tensor;
}

at::Tensor forGraph(const kernels::Matrix& matrix) {
    return forGraph(kernels::widened(matrix));
}

} // namespace

PromptStudent::PromptStudent(std::shared_ptr<const model::Weights> weights,
                             const PromptShape& shape)
    : m_weights(std::move(weights)), m_shape(shape),
      m_active(m_weights->embedding.isInt8() ? at::kBFloat16
                                             : m_weights->embedding.values.scalar_type()),
      m_wide(m_active == at::kDouble ? at::kDouble : at::kFloat),
      m_outputNorm(forGraph(m_weights->outputNorm)), m_head(forGraph(m_weights->head)),
      m_ones(at::ones({m_weights->config.width}, at::TensorOptions().dtype(m_wide))) {
    for (const model::LayerWeights& from : m_weights->layers) {
        m_layers.push_back(
            {forGraph(from.attentionNorm), forGraph(from.qkv), forGraph(from.qkvBias),
             forGraph(from.queryNorm), forGraph(from.keyNorm), forGraph(from.output),
             forGraph(from.feedForwardNorm), forGraph(from.gateUp), forGraph(from.down)});
    }
}

at::Tensor PromptStudent::added(const PromptLayer& additions, const at::Tensor& normed) const {
    const double scale = m_shape.alpha / static_cast<double>(m_shape.rank);
    const auto part = [&](const at::Tensor& down, const at::Tensor& up) {
        return at::matmul(at::matmul(normed, down.t().to(m_active)), (up * scale).t().to(m_active));
    };
    return at::cat({part(additions.queryDown, additions.queryUp),
                    part(additions.keyDown, additions.keyUp),
                    part(additions.valueDown, additions.valueUp)},
                   2);
}

at::Tensor PromptStudent::layer(const Layer& layer, const PromptLayer& additions,
                                const at::Tensor& x, std::int64_t before, std::int64_t after,
                                Seen& past) const {
    const std::int64_t B = x.size(0), R = x.size(1), H = config().heads, G = config().kvHeads,
                       d = config().headWidth, E = config().width, T = R - before - after,
                       S = past.key.defined() ? past.key.size(2) : 0;
    const at::Tensor normed = rmsNorm(x, layer.attentionNorm, config().normEpsilon, m_active);
    at::Tensor all = at::linear(normed, layer.qkv);
    if (layer.qkvBias.defined()) {
        all = all + layer.qkvBias.to(m_active);
    }
    if (before + after > 0) {
        const at::Tensor vectors =
            at::cat({normed.narrow(1, 0, before), normed.narrow(1, before + T, after)}, 1);
        const at::Tensor more = added(additions, vectors);
        all =
            at::cat({all.narrow(1, 0, before) + more.narrow(1, 0, before), all.narrow(1, before, T),
                     all.narrow(1, before + T, after) + more.narrow(1, before, after)},
                    1);
    }
    all = all.view({B, R, H + 2 * G, d});
    const auto headNormed = [&](const at::Tensor& part, const at::Tensor& weight) {
        return weight.defined()
                   ? rmsNorm(part.to(m_wide).contiguous(), weight, config().normEpsilon, m_active)
                   : part;
    };
    at::Tensor cosines, sines;
    {
        const c10::NoGradGuard none;
        const at::Tensor positions = at::arange(S, S + R, at::TensorOptions().dtype(at::kDouble));
        const at::Tensor angles =
            positions.unsqueeze(1) * m_weights->ropeFrequencies.to(at::kDouble);
        cosines = angles.cos().to(m_wide);
        sines = angles.sin().to(m_wide);
    }
    const at::Tensor query =
        rotate(headNormed(all.narrow(2, 0, H), layer.queryNorm), cosines, sines).transpose(1, 2);
    Seen seen{
        rotate(headNormed(all.narrow(2, H, G), layer.keyNorm), cosines, sines).transpose(1, 2),
        all.narrow(2, H + G, G).transpose(1, 2)};
    std::optional<at::Tensor> mask;
    if (S > 0) {
        seen = {at::cat({past.key, seen.key}, 2), at::cat({past.value, seen.value}, 2)};
        mask = at::ones({R, S + R}, at::TensorOptions().dtype(at::kBool)).tril(S);
    }
    // The heads of a group side by side: LibTorch's fast attention knows no groups.
    const auto repeated = [&](const at::Tensor& rows) {
        return rows.unsqueeze(2).expand({B, G, H / G, S + R, d}).reshape({B, H, S + R, d});
    };
    const at::Tensor mixed = at::scaled_dot_product_attention(
                                 query, repeated(seen.key), repeated(seen.value), mask, 0.0, !mask)
                                 .transpose(1, 2)
                                 .reshape({B, R, H * d});
    past = std::move(seen);
    const at::Tensor middle = x + at::linear(mixed, layer.output);
    const at::Tensor inner =
        rmsNorm(middle, layer.feedForwardNorm, config().normEpsilon, m_active).view({B * R, E});
    const at::Tensor active = siluMultiply(at::linear(inner, layer.gateUp));
    return middle + at::linear(active, layer.down).view({B, R, E});
}

PromptStudent::Passed PromptStudent::segment(const Parameters& parameters, const at::Tensor& ids,
                                             const at::Tensor& read, Want want) const {
    const std::int64_t B = ids.size(0), T = ids.size(1), E = config().width,
                       m = read.defined() ? read.size(1) : 0,
                       p = want == Want::Rows ? 0 : m_shape.vectors;
    const at::Tensor tokens =
        kernels::widened(m_weights->embedding.rows(ids.flatten())).to(m_wide).view({B, T, E});
    const bool isCarried = m_shape.method == model::Mode::Rmt && m > 0;
    const at::Tensor first =
        isCarried ? read
                  : parameters["vectors"].unsqueeze(0).expand({B, m_shape.vectors, E}).contiguous();
    const auto layers = promptLayers(parameters);
    Passed passed;
    at::Tensor written;
    if (m == 0) {
        // What is not read changes no token, so those need no gradient and no graph.
        at::Tensor x = tokens, w = first;
        for (std::size_t i = 0; i < m_layers.size(); ++i) {
            Seen seen;
            {
                const c10::NoGradGuard none;
                x = layer(m_layers[i], layers[i], x, 0, 0, seen);
            }
            if (p > 0) {
                w = layer(m_layers[i], layers[i], w, p, 0, seen);
            }
        }
        passed.x = x;
        written = w;
    } else {
        at::Tensor x = p > 0 ? at::cat({read, tokens, first}, 1) : at::cat({read, tokens}, 1);
        for (std::size_t i = 0; i < m_layers.size(); ++i) {
            Seen seen;
            x = layer(m_layers[i], layers[i], x, m, p, seen);
        }
        passed.x = x.narrow(1, m, T);
        written = x.narrow(1, m + T, p);
    }
    if (p > 0) {
        passed.written = rmsNorm(written.contiguous(), m_ones, config().normEpsilon, m_wide) *
                             parameters["output_norm"] +
                         parameters["vectors"];
    }
    if (want == Want::Written) {
        passed.x = at::Tensor();
    }
    return passed;
}

at::Tensor PromptStudent::carried(const at::Tensor& read, const at::Tensor& written) const {
    return m_shape.method == model::Mode::Rmt || !read.defined() ? written
                                                                 : at::cat({read, written}, 1);
}

at::Tensor PromptStudent::logits(const at::Tensor& rows) const {
    return at::linear(rmsNorm(rows, m_outputNorm, config().normEpsilon, m_active), m_head)
        .to(m_wide);
}

double backThroughVectors(const PromptStudent& student, const Parameters& parameters,
                          const PromptSegments& segments) {
    using Want = PromptStudent::Want;
    const std::size_t count = segments.ids.size();
    std::vector<at::Tensor> before(1);
    {
        const c10::NoGradGuard none;
        for (std::size_t s = 0; s + 1 < count; ++s) {
            const at::Tensor written =
                student.segment(parameters, segments.ids[s], before[s], Want::Written).written;
            before.push_back(student.carried(before[s], written));
        }
    }
    double total = 0;
    at::Tensor adjoint; // d losses of later segments / d what they read
    for (std::size_t s = count; s-- > 0;) {
        const bool hasLoss = segments.hasLoss(s);
        if (!hasLoss && !adjoint.defined()) {
            continue;
        }
        const Want want = !hasLoss ? Want::Written : adjoint.defined() ? Want::Both : Want::Rows;
        const at::Tensor leaf = s > 0 ? before[s].detach().requires_grad_() : at::Tensor();
        const auto passed = student.segment(parameters, segments.ids[s], leaf, want);
        const std::int64_t m = leaf.defined() ? leaf.size(1) : 0;
        const bool isAccumulated = student.shape().method == model::Mode::Autocompressor;
        at::Tensor objective;
        if (hasLoss) {
            objective = segments.loss(s, passed.x);
            total += objective.item<double>();
        }
        at::Tensor earlier; // of what is read again as it is
        if (adjoint.defined()) {
            const std::int64_t kept = isAccumulated ? m : 0;
            earlier = isAccumulated && m > 0 ? adjoint.narrow(1, 0, m) : at::Tensor();
            const at::Tensor along =
                (passed.written * adjoint.narrow(1, kept, adjoint.size(1) - kept)).sum();
            objective = objective.defined() ? objective + along : along;
        }
        if (objective.requires_grad()) {
            objective.backward();
        }
        adjoint = leaf.defined() ? leaf.grad() : at::Tensor();
        if (adjoint.defined() && earlier.defined()) {
            adjoint = adjoint + earlier;
        }
    }
    return total;
}

} // namespace engine::adapt
