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
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/where.h>
#include <c10/core/GradMode.h>

#include <cmath>

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
        const at::Tensor by = factors.to(layer.M.scalar_type());
        result.push_back({layer.M * by.view({1, -1, 1, 1}), layer.z * by.view({1, -1, 1})});
    }
    return result;
}

MemoryState mixed(const MemoryState& state, const at::Tensor& weights) {
    MemoryState result;
    for (const LayerMemory& layer : state) {
        const at::Tensor by = weights.to(layer.M.scalar_type());
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
    : m_weights(std::move(weights)), m_transformer(m_weights, nullptr), m_shape(shape),
      m_active(m_weights->embedding.isInt8() ? at::kBFloat16
                                             : m_weights->embedding.values.scalar_type()),
      m_wide(m_active == at::kDouble ? at::kDouble : at::kFloat),
      m_firstLayer(m_active == at::kDouble ? 0 : shape.firstLayer),
      m_outputNorm(forGraph(m_weights->outputNorm)), m_head(forGraph(m_weights->head)) {
    for (std::int64_t i = m_firstLayer; i < m_weights->config.layers; ++i) {
        const model::LayerWeights& from = m_weights->layers[i];
        m_layers.push_back(
            {forGraph(from.attentionNorm), forGraph(from.qkv), forGraph(from.qkvBias),
             forGraph(from.queryNorm), forGraph(from.keyNorm), forGraph(from.output),
             forGraph(from.feedForwardNorm), forGraph(from.gateUp), forGraph(from.down)});
    }
}

Student::Turn Student::rotation(std::int64_t T) const {
    const c10::NoGradGuard none;
    const at::Tensor positions = at::arange(T, at::TensorOptions().dtype(at::kDouble));
    const at::Tensor angles = positions.unsqueeze(1) * m_weights->ropeFrequencies.to(at::kDouble);
    return {angles.cos().to(m_wide), angles.sin().to(m_wide)};
}

at::Tensor Student::embed(const at::Tensor& ids) const {
    const at::Tensor rows = kernels::widened(m_weights->embedding.rows(ids.flatten()));
    return rows.to(m_wide).view({ids.size(0), ids.size(1), config().width});
}

Student::Heads Student::project(const Layer& layer, const at::Tensor& x, bool withQuery) const {
    const std::int64_t H = config().heads, G = config().kvHeads, d = config().headWidth;
    const std::int64_t rows = x.size(0) * x.size(1), queries = withQuery ? H : 0;
    Heads heads;
    heads.normed = rmsNorm(x, layer.attentionNorm, config().normEpsilon, m_active)
                       .view({rows, config().width});
    const std::int64_t first = (H - queries) * d, count = (queries + 2 * G) * d;
    at::Tensor all = at::linear(heads.normed, layer.qkv.narrow(0, first, count));
    if (layer.qkvBias.defined()) {
        all = all + layer.qkvBias.narrow(0, first, count).to(m_active);
    }
    all = all.view({rows, queries + 2 * G, d});
    const auto normed = [&](const at::Tensor& part, const at::Tensor& weight) {
        return weight.defined()
                   ? rmsNorm(part.to(m_wide).contiguous(), weight, config().normEpsilon, m_active)
                   : part;
    };
    if (withQuery) {
        heads.query = normed(all.narrow(1, 0, H), layer.queryNorm);
    }
    heads.key = normed(all.narrow(1, queries, G), layer.keyNorm);
    heads.value = all.narrow(1, queries + G, G);
    return heads;
}

at::Tensor Student::attend(const Heads& heads, const at::Tensor& x, const Turn& turn,
                           const at::Tensor& mask) const {
    const std::int64_t B = x.size(0), T = x.size(1), H = config().heads, G = config().kvHeads,
                       d = config().headWidth;
    if (!c10::GradMode::is_enabled() && !mask.defined() && m_active != at::kDouble) {
        return kernels::attend(heads.query.view({B, T, H, d}), heads.key.view({B, T, G, d}),
                               heads.value.view({B, T, G, d}), turn.cosines, turn.sines,
                               1.0 / std::sqrt(static_cast<double>(d)), {})
            .view({B, T, H, d});
    }
    const at::Tensor query = rotate(heads.query.view({B, T, H, d}), turn.cosines, turn.sines);
    const at::Tensor key = rotate(heads.key.view({B, T, G, d}), turn.cosines, turn.sines);
    // The heads of a group side by side: LibTorch's fast attention knows no groups.
    const auto repeated = [&](const at::Tensor& rows) {
        return rows.transpose(1, 2).unsqueeze(2).expand({B, G, H / G, T, d}).reshape({B, H, T, d});
    };
    const auto causal = mask.defined() ? std::optional<at::Tensor>(mask) : std::nullopt;
    return at::scaled_dot_product_attention(query.transpose(1, 2), repeated(key),
                                            repeated(heads.value.view({B, T, G, d})), causal, 0.0,
                                            !causal)
        .transpose(1, 2);
}

at::Tensor Student::feedForward(const Layer& layer, const at::Tensor& x, const at::Tensor& mixed,
                                const at::Tensor& added) const {
    at::Tensor output = at::linear(mixed, layer.output);
    if (added.defined()) {
        output = output + added;
    }
    const at::Tensor middle = x + output.view(x.sizes());
    const at::Tensor normed = rmsNorm(middle, layer.feedForwardNorm, config().normEpsilon, m_active)
                                  .view({-1, config().width});
    const at::Tensor active = siluMultiply(at::linear(normed, layer.gateUp));
    return middle + at::linear(active, layer.down).view(x.sizes());
}

at::Tensor Student::localLayer(const Layer& layer, const at::Tensor& x, const Turn& turn,
                               const at::Tensor& mask) const {
    return localLayer(layer, project(layer, x, true), x, turn, mask);
}

at::Tensor Student::localLayer(const Layer& layer, const Heads& heads, const at::Tensor& x,
                               const Turn& turn, const at::Tensor& mask) const {
    return feedForward(layer, x,
                       attend(heads, x, turn, mask)
                           .reshape({x.size(0) * x.size(1), config().heads * config().headWidth}),
                       {});
}

at::Tensor Student::added(const at::Tensor& rows, const at::Tensor& down,
                          const at::Tensor& up) const {
    const double strength = m_shape.alpha / static_cast<double>(m_shape.rank);
    return at::linear(at::linear(rows.to(m_active), down.to(m_active)),
                      (up * strength).to(m_active));
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
    const at::Tensor gate = at::sigmoid(at::linear(normed.to(m_wide), p.writeU, p.writeC));
    if (gauges != nullptr) {
        gauges->writeGate += gate.mean().item<double>();
        ++gauges->writes;
    }
    const at::Tensor phi =
        features(key, p.keyFeature, p.keyBias) * gate.transpose(0, 1).unsqueeze(2);
    const at::Tensor values = value.to(m_wide).transpose(0, 1).reshape({G * B, T, d});
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
        at::log2(at::arange(1, T + 1, at::TensorOptions().dtype(m_wide))).unsqueeze(1);
    Passed result;
    at::Tensor rows = x;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const LayerParameters& p = parameters[i];
        const Layer& layer = m_layers[m_shape.firstLayer - m_firstLayer + static_cast<int>(i)];
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
            const at::Tensor local = mixed.to(m_wide);
            at::Tensor both = at::lerp(local, found, gate), gated = found * gate;
            if (gauges != nullptr) {
                gauges->memoryShare += (gated.norm() / both.norm()).item<double>();
                ++gauges->reads;
            }
            if (nonEmpty.defined()) {
                const at::Tensor whose = nonEmpty.view({B, 1, 1, 1});
                both = at::where(whose, both, local);
                gated = gated * whose;
            }
            toOutput = added(gated.reshape({B * T, H * d}), p.outputDown, p.outputUp);
            mixed = both.to(m_active);
        }
        rows = feedForward(layer, rows, mixed.reshape({B * T, H * d}), toOutput);
    }
    if (want == Want::Rows || want == Want::Both) {
        result.x = rows;
    }
    return result;
}

at::Tensor Student::lower(const at::Tensor& ids) const {
    const c10::NoGradGuard none;
    if (m_active == at::kDouble) {
        at::Tensor x = embed(ids);
        const Turn turn = rotation(ids.size(1));
        for (std::int64_t i = 0; i < m_shape.firstLayer; ++i) {
            x = localLayer(m_layers[i], x, turn, {});
        }
        return x;
    }
    at::Tensor x = embed(ids);
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
        rows = localLayer(m_layers[i - m_firstLayer], rows, turn, {});
    }
    return rows;
}

at::Tensor Student::logits(const at::Tensor& rows) const {
    return at::linear(rmsNorm(rows, m_outputNorm, config().normEpsilon, m_active), m_head)
        .to(m_wide);
}

at::Tensor Student::base(const at::Tensor& ids) const {
    const c10::NoGradGuard none;
    if (m_active != at::kDouble) {
        return m_transformer.forward(ids, {});
    }
    at::Tensor x = lower(ids);
    const Turn turn = rotation(ids.size(1));
    for (std::int64_t i = m_shape.firstLayer; i < config().layers; ++i) {
        x = localLayer(m_layers[i - m_firstLayer], x, turn, {});
    }
    return x;
}

std::vector<Student::Heads> Student::baseHeads(const at::Tensor& ids) const {
    const c10::NoGradGuard none;
    at::Tensor x = lower(ids);
    const Turn turn = rotation(ids.size(1));
    std::vector<Heads> result;
    for (std::int64_t i = m_shape.firstLayer; i <= m_shape.lastLayer; ++i) {
        const Layer& layer = m_layers[i - m_firstLayer];
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
    at::Tensor x = embed(ids);
    const Turn turn = rotation(ids.size(1));
    for (std::int64_t i = 0; i < config().layers; ++i) {
        x = localLayer(m_layers[i - m_firstLayer], x, turn, cut[i] ? mask : at::Tensor());
    }
    return x;
}

} // namespace engine::adapt
