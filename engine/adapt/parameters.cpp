#include "engine/adapt/parameters.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "engine/random.h"

namespace engine::adapt {

namespace {

// Learning rates of the groups of section 10.
constexpr double kGateRate = 1e-2;
constexpr double kBiasRate = 1e-2;
constexpr double kFeatureRate = 2e-3;
constexpr double kLowRankRate = 1e-3;

constexpr double kFirstBeta = -2.0;

at::Tensor normals(Random& random, const std::vector<std::int64_t>& sizes, double deviation,
                   at::ScalarType type) {
    at::Tensor values = at::empty(sizes, at::TensorOptions().dtype(at::kDouble));
    double* const out = values.mutable_data_ptr<double>();
    for (std::int64_t i = 0; i < values.numel(); ++i) {
        out[i] = deviation * random.normal();
    }
    return values.to(type);
}

} // namespace

AdapterShape AdapterShape::usual(const model::Config& config) {
    AdapterShape shape;
    shape.firstLayer = config.layers / 2;
    shape.lastLayer = (5 * config.layers + 5) / 6 - 1;
    shape.features = 2 * config.headWidth;
    return shape;
}

Parameters Parameters::fresh(const model::Config& config, const AdapterShape& shape,
                             std::uint64_t seed, at::ScalarType type) {
    const std::int64_t l = shape.layers(), E = config.width, H = config.heads, G = config.kvHeads,
                       d = config.headWidth, f = shape.features, r = shape.rank;
    const auto options = at::TensorOptions().dtype(type);
    Random random(seed);
    // Rows of I and −I in turn, as far as f reaches: φ(x) and φ(−x) of every coordinate.
    const at::Tensor unit = at::eye(d, options);
    std::vector<at::Tensor> units;
    for (std::int64_t rows = 0; rows < f; rows += d) {
        const at::Tensor& part = rows / d % 2 == 0 ? unit : -unit;
        units.push_back(part.narrow(0, 0, std::min(d, f - rows)));
    }
    const at::Tensor feature = at::cat(units);
    const auto features = [&](std::int64_t heads) {
        return feature.expand({l, heads, f, d}).clone(at::MemoryFormat::Contiguous);
    };
    const auto down = [&](std::int64_t width) {
        return normals(random, {l, r, width}, 1.0 / std::sqrt(static_cast<double>(width)), type);
    };
    Parameters result;
    const auto add = [&](const std::string& name, at::Tensor values, double rate) {
        result.all.push_back({name, std::move(values).requires_grad_(), rate});
    };
    add("beta", at::full({l, H}, kFirstBeta, options), kGateRate);
    add("beta_pos", at::zeros({l, H}, options), kGateRate);
    add("q_feature", features(H), kFeatureRate);
    add("q_bias", at::zeros({l, H, f}, options), kBiasRate);
    add("k_feature", features(G), kFeatureRate);
    add("k_bias", at::zeros({l, G, f}, options), kBiasRate);
    add("write_u", at::zeros({l, G, E}, options), kFeatureRate);
    add("write_c", at::zeros({l, G}, options), kBiasRate);
    add("q_down", down(E), kLowRankRate);
    add("q_up", at::zeros({l, H * d, r}, options), kLowRankRate);
    add("k_down", down(E), kLowRankRate);
    add("k_up", at::zeros({l, G * d, r}, options), kLowRankRate);
    add("v_down", down(E), kLowRankRate);
    add("v_up", at::zeros({l, G * d, r}, options), kLowRankRate);
    add("o_down", down(H * d), kLowRankRate);
    add("o_up", at::zeros({l, E, r}, options), kLowRankRate);
    return result;
}

const at::Tensor& Parameters::operator[](const std::string& name) const {
    return std::find_if(all.begin(), all.end(),
                        [&](const Parameter& parameter) { return parameter.name == name; })
        ->values;
}

std::vector<LayerParameters> Parameters::layers() const {
    // Taken apart once: each view of its own would bring a gradient of the whole tensor's size.
    std::vector<std::vector<at::Tensor>> parts;
    for (const Parameter& parameter : all) {
        parts.push_back(parameter.values.unbind(0));
    }
    std::vector<LayerParameters> result;
    for (std::size_t i = 0; i < parts.front().size(); ++i) {
        const auto part = [&](std::size_t p) { return parts[p][i]; };
        result.push_back({part(0), part(1), part(2), part(3), part(4), part(5), part(6), part(7),
                          part(8), part(9), part(10), part(11), part(12), part(13), part(14),
                          part(15)});
    }
    return result;
}

void Parameters::keepOnlyGates() {
    for (Parameter& parameter : all) {
        parameter.values.requires_grad_(parameter.name == "beta" || parameter.name == "beta_pos");
    }
}

Parameters Parameters::on(at::Device device) const {
    Parameters there = *this;
    for (Parameter& parameter : there.all) {
        const bool isTrained = parameter.values.requires_grad();
        parameter.values =
            parameter.values.detach().to(device, false, true).requires_grad_(isTrained);
    }
    return there;
}

void Parameters::clearGradients() {
    for (Parameter& parameter : all) {
        parameter.values.mutable_grad() = at::Tensor();
    }
}

double Parameters::gradientNorm() const {
    const c10::NoGradGuard none;
    double sum = 0;
    for (const Parameter& parameter : all) {
        if (parameter.values.grad().defined()) {
            sum += parameter.values.grad().square().sum().item<double>();
        }
    }
    return std::sqrt(sum);
}

std::int64_t Parameters::count() const {
    std::int64_t sum = 0;
    for (const Parameter& parameter : all) {
        sum += parameter.values.requires_grad() ? parameter.values.numel() : 0;
    }
    return sum;
}

} // namespace engine::adapt
