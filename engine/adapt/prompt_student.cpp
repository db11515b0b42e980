#include "engine/adapt/prompt_student.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <c10/core/GradMode.h>

#include <utility>

#include "engine/adapt/differentiable.h"

namespace engine::adapt {

PromptStudent::PromptStudent(std::shared_ptr<const model::Weights> weights,
                             const PromptShape& shape)
    : m_base(std::move(weights), 0), m_shape(shape),
      m_ones(at::ones({config().width}, at::TensorOptions().dtype(wide()).device(device()))) {}

at::Tensor PromptStudent::added(const PromptLayer& additions, const at::Tensor& normed) const {
    const double scale = m_shape.alpha / static_cast<double>(m_shape.rank);
    const auto part = [&](const at::Tensor& down, const at::Tensor& up) {
        return at::matmul(at::matmul(normed, down.t().to(m_base.active())),
                          (up * scale).t().to(m_base.active()));
    };
    return at::cat({part(additions.queryDown, additions.queryUp),
                    part(additions.keyDown, additions.keyUp),
                    part(additions.valueDown, additions.valueUp)},
                   2);
}

at::Tensor PromptStudent::layer(const FrozenLayer& layer, const PromptLayer& additions,
                                const at::Tensor& x, std::int64_t before, std::int64_t after,
                                const FrozenBase::Turn& turn, Seen& past) const {
    const std::int64_t B = x.size(0), R = x.size(1), T = R - before - after,
                       S = past.key.defined() ? past.key.size(2) : 0;
    const at::Tensor normed = m_base.normed(x, layer.attentionNorm);
    at::Tensor all = m_base.project(layer, normed, true);
    if (before + after > 0) {
        const at::Tensor vectors =
            at::cat({normed.narrow(1, 0, before), normed.narrow(1, before + T, after)}, 1);
        const at::Tensor more = added(additions, vectors);
        all =
            at::cat({all.narrow(1, 0, before) + more.narrow(1, 0, before), all.narrow(1, before, T),
                     all.narrow(1, before + T, after) + more.narrow(1, before, after)},
                    1);
    }
    const auto heads = m_base.heads(layer, all);
    const at::Tensor query = rotate(heads.query, turn.cosines, turn.sines).transpose(1, 2);
    Seen seen{rotate(heads.key, turn.cosines, turn.sines).transpose(1, 2),
              heads.value.transpose(1, 2)};
    at::Tensor mask;
    if (S > 0) {
        seen = {at::cat({past.key, seen.key}, 2), at::cat({past.value, seen.value}, 2)};
        mask = at::ones({R, S + R}, at::TensorOptions().dtype(at::kBool).device(device())).tril(S);
    }
    past = std::move(seen);
    const at::Tensor mixed = m_base.attend(query, past.key, past.value, mask)
                                 .reshape({B * R, config().heads * config().headWidth});
    return m_base.feedForward(layer, x, mixed, {});
}

PromptStudent::Passed PromptStudent::segment(const Parameters& parameters, const at::Tensor& ids,
                                             const at::Tensor& read, Want want) const {
    const std::int64_t B = ids.size(0), T = ids.size(1), E = config().width,
                       m = read.defined() ? read.size(1) : 0,
                       p = want == Want::Rows ? 0 : m_shape.vectors;
    const at::Tensor tokens = m_base.embed(ids);
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
        const auto turn = m_base.rotation(0, T), behind = m_base.rotation(T, p);
        for (std::int64_t i = 0; i < config().layers; ++i) {
            const FrozenLayer& frozen = m_base.layer(i);
            Seen seen;
            {
                const c10::NoGradGuard none;
                x = layer(frozen, layers[i], x, 0, 0, turn, seen);
            }
            if (p > 0) {
                w = layer(frozen, layers[i], w, p, 0, behind, seen);
            }
        }
        passed.x = x;
        written = w;
    } else {
        at::Tensor x = p > 0 ? at::cat({read, tokens, first}, 1) : at::cat({read, tokens}, 1);
        const auto turn = m_base.rotation(0, m + T + p);
        for (std::int64_t i = 0; i < config().layers; ++i) {
            Seen seen;
            x = layer(m_base.layer(i), layers[i], x, m, p, turn, seen);
        }
        passed.x = x.narrow(1, m, T);
        written = x.narrow(1, m + T, p);
    }
    if (p > 0) {
        passed.written = rmsNorm(written.contiguous(), m_ones, config().normEpsilon, wide()) *
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
