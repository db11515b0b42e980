#include "engine/adapt/student.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/log2.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/where.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <utility>

#include "engine/adapt/differentiable.h"

namespace engine::adapt {

MemoryState sum(const MemoryState& a, const MemoryState& b) {
    if (a.empty() || b.empty()) {
        return a.empty() ? b : a;
    }
    MemoryState result;
    for (std::size_t i = 0; i < a.size(); ++i) {
        result.push_back({a[i].M + b[i].M, a[i].z + b[i].z});
    }
    return result;
}

MemoryState scaled(const MemoryState& state, const at::Tensor& factors) {
    MemoryState result;
    for (const LayerMemory& layer : state) {
        const at::Tensor by = factors.to(layer.M.device(), layer.M.scalar_type());
        result.push_back({layer.M * by.view({1, -1, 1, 1}), layer.z * by.view({1, -1, 1})});
    }
    return result;
}

MemoryState mixed(const MemoryState& state, const at::Tensor& weights) {
    MemoryState result;
    for (const LayerMemory& layer : state) {
        const at::Tensor by = weights.to(layer.M.device(), layer.M.scalar_type());
        const at::IntArrayRef sizes = layer.M.sizes();
        result.push_back({by.matmul(layer.M.flatten(2)).view(sizes), by.matmul(layer.z)});
    }
    return result;
}

MemoryState joined(const std::vector<MemoryState>& states) {
    MemoryState result;
    for (std::size_t i = 0; i < states.front().size(); ++i) {
        std::vector<at::Tensor> M, z;
        for (const MemoryState& state : states) {
            M.push_back(state[i].M);
            z.push_back(state[i].z);
        }
        result.push_back({at::cat(M, 1), at::cat(z, 1)});
    }
    return result;
}

MemoryState meanOf(const MemoryState& state) {
    MemoryState result;
    for (const LayerMemory& layer : state) {
        result.push_back({layer.M.mean(1, true), layer.z.mean(1, true)});
    }
    return result;
}

MemoryState detached(const MemoryState& state) {
    MemoryState result;
    for (const LayerMemory& layer : state) {
        result.push_back({layer.M.detach(), layer.z.detach()});
    }
    return result;
}

at::Tensor features(const at::Tensor& rows, const at::Tensor& feature, const at::Tensor& bias) {
    return featureMap(at::baddbmm(bias.unsqueeze(1), rows.to(feature.scalar_type()).transpose(0, 1),
                                  feature.transpose(1, 2)));
}

Student::Student(std::shared_ptr<const model::Weights> weights, const AdapterShape& shape)
    : m_transformer(weights, nullptr), m_shape(shape),
      m_base(std::move(weights), shape.firstLayer) {}

Student::Heads Student::project(const FrozenLayer& layer, const at::Tensor& x,
                                bool withQuery) const {
    const at::Tensor normed =
        m_base.normed(x, layer.attentionNorm).view({x.size(0) * x.size(1), config().width});
    const auto heads = m_base.heads(layer, m_base.project(layer, normed, withQuery));
    return {normed, heads.query, heads.key, heads.value};
}

at::Tensor Student::attend(const Heads& heads, const at::Tensor& x, const Turn& turn,
                           const at::Tensor& mask) const {
    const std::int64_t B = x.size(0), T = x.size(1), H = config().heads, G = config().kvHeads,
                       d = config().headWidth;
    if (!c10::GradMode::is_enabled() && !mask.defined() && m_base.active() != at::kDouble) {
        return kernels::attend(heads.query.view({B, T, H, d}), heads.key.view({B, T, G, d}),
                               heads.value.view({B, T, G, d}), turn.cosines, turn.sines,
                               1.0 / std::sqrt(static_cast<double>(d)), {})
            .view({B, T, H, d});
    }
    const at::Tensor query = rotate(heads.query.view({B, T, H, d}), turn.cosines, turn.sines);
    const at::Tensor key = rotate(heads.key.view({B, T, G, d}), turn.cosines, turn.sines);
    return m_base.attend(query.transpose(1, 2), key.transpose(1, 2),
                         heads.value.view({B, T, G, d}).transpose(1, 2), mask);
}

at::Tensor Student::localLayer(const FrozenLayer& layer, const at::Tensor& x, const Turn& turn,
                               const at::Tensor& mask) const {
    return localLayer(layer, project(layer, x, true), x, turn, mask);
}

at::Tensor Student::localLayer(const FrozenLayer& layer, const Heads& heads, const at::Tensor& x,
                               const Turn& turn, const at::Tensor& mask) const {
    return m_base.feedForward(
        layer, x,
        attend(heads, x, turn, mask)
            .reshape({x.size(0) * x.size(1), config().heads * config().headWidth}),
        {});
}

at::Tensor Student::added(const at::Tensor& rows, const at::Tensor& down,
                          const at::Tensor& up) const {
    const double strength = m_shape.alpha / static_cast<double>(m_shape.rank);
    return at::linear(at::linear(rows.to(m_base.active()), down.to(m_base.active())),
                      (up * strength).to(m_base.active()));
}

at::Tensor Student::withAddition(const at::Tensor& base, const at::Tensor& normed,
                                 const at::Tensor& down, const at::Tensor& up) const {
    return base + added(normed, down, up).view(base.sizes());
}

at::Tensor Student::readMemory(const LayerParameters& p, const at::Tensor& query,
                               const LayerMemory& memory, std::int64_t B, std::int64_t T,
                               Gauges* gauges) const {
    const std::int64_t H = config().heads, G = config().kvHeads, R = H / G, d = config().headWidth,
                       f = m_shape.features;
    const at::Tensor phi = features(query, p.queryFeature, p.queryBias)
                               .view({G, R, B, T, f})
                               .transpose(1, 2)
                               .reshape({G * B, R * T, f});
    const at::Tensor M = memory.M.expand({G, B, f, d}).reshape({G * B, f, d});
    const at::Tensor z = memory.z.expand({G, B, f}).reshape({G * B, f, 1});
    const at::Tensor mass = at::bmm(phi, z);
    if (gauges != nullptr) {
        // A memory that holds nothing has none.
        const at::Tensor held = mass.detach().masked_select(mass > 0);
        if (held.numel() > 0) {
            gauges->leastMass = std::min(gauges->leastMass, held.min().item<double>());
        }
    }
    return (at::bmm(phi, M) / at::clamp_min(mass, m_shape.epsilon))
        .view({G, B, R, T, d})
        .permute({1, 3, 0, 2, 4})
        .reshape({B, T, H, d});
}

LayerMemory Student::write(const LayerParameters& p, const at::Tensor& normed,
                           const at::Tensor& key, const at::Tensor& value, std::int64_t B,
                           std::int64_t T, Gauges* gauges) const {
    const std::int64_t G = config().kvHeads, d = config().headWidth, f = m_shape.features;
    const at::Tensor gate = at::sigmoid(at::linear(normed.to(wide()), p.writeU, p.writeC));
    if (gauges != nullptr) {
        gauges->writeGate += gate.mean().item<double>();
        ++gauges->writes;
    }
    const at::Tensor phi =
        features(key, p.keyFeature, p.keyBias) * gate.transpose(0, 1).unsqueeze(2);
    const at::Tensor values = value.to(wide()).transpose(0, 1).reshape({G * B, T, d});
    return {at::bmm(phi.view({G * B, T, f}).transpose(1, 2), values).view({G, B, f, d}),
            phi.view({G, B, T, f}).sum(2)};
}

Student::Passed Student::memoryLayers(const std::vector<LayerParameters>& parameters,
                                      const at::Tensor& x, const MemoryState& read,
                                      const at::Tensor& nonEmpty, Want want, Gauges* gauges) const {
    const std::int64_t B = x.size(0), T = x.size(1), H = config().heads, d = config().headWidth;
    const bool wantsIncrement = want != Want::Rows;
    const Turn turn = rotation(T);
    const at::Tensor places =
        at::log2(at::arange(1, T + 1, at::TensorOptions().dtype(wide()).device(device())))
            .unsqueeze(1);
    Passed result;
    at::Tensor rows = x;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const LayerParameters& p = parameters[i];
        const FrozenLayer& layer = m_base.layer(m_shape.firstLayer + static_cast<std::int64_t>(i));
        const bool isLast = i + 1 == parameters.size();
        const bool wantsRows = !isLast || want == Want::Rows || want == Want::Both;
        const bool reads = wantsRows && !read.empty();
        const Heads heads = project(layer, rows, wantsRows);
        if (wantsIncrement) {
            result.increment.push_back(write(
                p, heads.normed, withAddition(heads.key, heads.normed, p.keyDown, p.keyUp),
                withAddition(heads.value, heads.normed, p.valueDown, p.valueUp), B, T, gauges));
        }
        if (!wantsRows) {
            break;
        }
        const c10::AutoGradMode rowsHaveGradient(c10::GradMode::is_enabled() &&
                                                 want != Want::IncrementOfGivenRows);
        at::Tensor mixed = attend(heads, rows, turn, {}), toOutput;
        if (reads) {
            const at::Tensor gate =
                at::sigmoid(p.beta + p.betaPosition * places).unsqueeze(2); // (T, H, 1)
            const at::Tensor query =
                withAddition(heads.query, heads.normed, p.queryDown, p.queryUp);
            const at::Tensor found = readMemory(p, query, read[i], B, T, gauges);
            const at::Tensor local = mixed.to(wide());
            at::Tensor both = at::lerp(local, found, gate), gated = found * gate;
            if (gauges != nullptr) {
                gauges->memoryShare += (gated.norm() / both.norm()).item<double>();
                ++gauges->reads;
            }
            if (nonEmpty.defined()) {
                const at::Tensor whose = nonEmpty.view({B, 1, 1, 1}).to(device());
                both = at::where(whose, both, local);
                gated = gated * whose;
            }
            toOutput = added(gated.reshape({B * T, H * d}), p.outputDown, p.outputUp);
            mixed = both.to(m_base.active());
        }
        rows = m_base.feedForward(layer, rows, mixed.reshape({B * T, H * d}), toOutput);
    }
    if (want == Want::Rows || want == Want::Both) {
        result.x = rows;
    }
    return result;
}

at::Tensor Student::lower(const at::Tensor& ids) const {
    const c10::NoGradGuard none;
    if (m_base.active() == at::kDouble) {
        at::Tensor x = m_base.embed(ids);
        const Turn turn = rotation(ids.size(1));
        for (std::int64_t i = 0; i < m_shape.firstLayer; ++i) {
            x = localLayer(m_base.layer(i), x, turn, {});
        }
        return x;
    }
    at::Tensor x = m_base.embed(ids);
    const model::Pass pass;
    const model::Rotation theirs = m_transformer.rotation(ids.size(1), pass);
    for (std::int64_t i = 0; i < m_shape.firstLayer; ++i) {
        m_transformer.layer(i, x, theirs, pass);
    }
    return x;
}

at::Tensor Student::upper(const at::Tensor& x) const {
    const Turn turn = rotation(x.size(1));
    at::Tensor rows = x;
    for (std::int64_t i = m_shape.lastLayer + 1; i < config().layers; ++i) {
        rows = localLayer(m_base.layer(i), rows, turn, {});
    }
    return rows;
}

at::Tensor Student::base(const at::Tensor& ids) const {
    const c10::NoGradGuard none;
    if (m_base.active() != at::kDouble) {
        return m_transformer.forward(ids, {});
    }
    at::Tensor x = lower(ids);
    const Turn turn = rotation(ids.size(1));
    for (std::int64_t i = m_shape.firstLayer; i < config().layers; ++i) {
        x = localLayer(m_base.layer(i), x, turn, {});
    }
    return x;
}

std::vector<Student::Heads> Student::baseHeads(const at::Tensor& ids) const {
    const c10::NoGradGuard none;
    at::Tensor x = lower(ids);
    const Turn turn = rotation(ids.size(1));
    std::vector<Heads> result;
    for (std::int64_t i = m_shape.firstLayer; i <= m_shape.lastLayer; ++i) {
        const FrozenLayer& layer = m_base.layer(i);
        result.push_back(project(layer, x, true));
        if (i < m_shape.lastLayer) {
            x = localLayer(layer, result.back(), x, turn, {});
        }
    }
    return result;
}

at::Tensor Student::baseWithCut(const at::Tensor& ids, const std::vector<bool>& cut,
                                const at::Tensor& mask) const {
    const c10::NoGradGuard none;
    at::Tensor x = m_base.embed(ids);
    const Turn turn = rotation(ids.size(1));
    for (std::int64_t i = 0; i < config().layers; ++i) {
        x = localLayer(m_base.layer(i), x, turn, cut[i] ? mask.to(device()) : at::Tensor());
    }
    return x;
}

} // namespace engine::adapt
