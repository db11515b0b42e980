/// A step of decoding against the same layers composed of operations, in double.

#include "engine/kernels/ops_decode.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/kernels/ops.h"
#include "tests/unit/kernels/int8_matrix.h"

using namespace engine::kernels;

namespace {

constexpr std::int64_t E = 96, H = 6, G = 2, d = 32, F = 160, kSteps = 140;
constexpr double kEpsilon = 1e-5, kMemoryEpsilon = 1e-10;
const double kScale = 1 / std::sqrt(static_cast<double>(d));

at::Tensor random(std::vector<std::int64_t> sizes, double scale) {
    return at::randn(sizes, at::TensorOptions().dtype(at::kDouble)).mul_(scale);
}

enum class Extras { None, All };

/// Two layers of which the second reads a memory.
struct Layers {
    std::vector<DecodeLayer> weights;
    std::vector<at::Tensor> memory, norm; ///< one of each, or none
    at::Tensor gate;
    std::vector<DecodeAddition> additions; ///< one, or none

    [[nodiscard]] DecodeMemory read() const { return {1, memory, norm, gate, {}, additions}; }
};

Layers randomLayers(at::ScalarType type, Extras extras) {
    Layers layers;
    for (int i = 0; i < 2; ++i) {
        DecodeLayer layer;
        layer.attentionNorm = random({E}, 1).to(at::kFloat);
        layer.feedForwardNorm = random({E}, 1).to(at::kFloat);
        layer.qkv = {random({(H + 2 * G) * d, E}, 0.2).to(type)};
        layer.output = {random({E, H * d}, 0.1).to(type)};
        layer.gateUp = {random({2 * F, E}, 0.2).to(type)};
        layer.down = {random({E, F}, 0.1).to(type)};
        if (extras == Extras::All) {
            layer.qkvBias = random({(H + 2 * G) * d}, 0.5).to(at::kFloat);
            layer.queryNorm = random({d}, 1).to(at::kFloat);
            layer.keyNorm = random({d}, 1).to(at::kFloat);
        }
        layers.weights.push_back(layer);
    }
    layers.memory = {random({1, G, d, d}, 3).to(at::kFloat)};
    layers.norm = {random({1, G, d}, 9).abs().add_(1).to(at::kFloat)};
    layers.gate = random({1, H}, 1).sigmoid().to(at::kFloat);
    if (extras == Extras::All) {
        layers.additions = {
            {random({5, H * d}, 0.2).to(at::kFloat), random({5, E}, 0.5).to(at::kFloat)}};
    }
    return layers;
}

/// The layers with matrices made anew by `change`, which gets each.
template <typename Change> Layers changed(Layers layers, Change change) {
    for (DecodeLayer& layer : layers.weights) {
        for (Matrix* matrix : {&layer.qkv, &layer.output, &layer.gateUp, &layer.down}) {
            *matrix = change(*matrix);
        }
    }
    return layers;
}

/// Other weights of the same shapes and much the same size.
Layers inInt8(const Layers& layers) {
    std::uint64_t seed = 0;
    return changed(layers, [&](const Matrix& matrix) {
        Matrix int8 = tests::randomInt8(++seed, matrix.outputs(), matrix.inputs());
        int8.groups.mul_(0.2);
        return int8;
    });
}

struct Angles {
    at::Tensor cosines, sines;
};

Angles anglesOf(const at::Tensor& positions) {
    const at::Tensor frequencies = at::arange(d / 2, at::TensorOptions().dtype(at::kDouble))
                                       .mul_(-2.0 / d)
                                       .mul_(std::log(1e4))
                                       .exp_();
    const at::Tensor angles = positions.to(at::kDouble).unsqueeze(1) * frequencies;
    return {angles.cos().to(at::kFloat), angles.sin().to(at::kFloat)};
}

/// All rows (1, T, E) of one sequence in `type`.
at::Tensor composed(const Layers& layers, const at::Tensor& rows, at::ScalarType type) {
    const bool isDouble = type == at::kDouble;
    const at::ScalarType wide = isDouble ? at::kDouble : at::kFloat;
    const auto as = [&](const at::Tensor& x, at::ScalarType t) {
        return x.defined() ? x.to(t) : x;
    };
    at::Tensor x = rows.to(wide).clone();
    const std::int64_t T = x.size(1);
    const Angles turn = anglesOf(at::arange(T));
    const auto rotated = [&](const at::Tensor& heads, double scale) {
        if (!isDouble) {
            return rotate(heads, turn.cosines, turn.sines, scale);
        }
        const at::Tensor c = turn.cosines.to(at::kDouble).unsqueeze(1),
                         s = turn.sines.to(at::kDouble).unsqueeze(1);
        const at::Tensor a = heads.narrow(3, 0, d / 2), b = heads.narrow(3, d / 2, d / 2);
        return at::cat({a * c - b * s, b * c + a * s}, 3).mul(scale);
    };
    for (std::size_t i = 0; i < layers.weights.size(); ++i) {
        const DecodeLayer& layer = layers.weights[i];
        const at::Tensor normed = rmsNorm(x, as(layer.attentionNorm, wide), kEpsilon, type);
        at::Tensor projected = at::linear(normed, as(layer.qkv.values, type));
        if (layer.qkvBias.defined()) {
            projected = projected.add(layer.qkvBias.to(wide)).to(type);
        }
        projected = projected.view({1, T, H + 2 * G, d});
        at::Tensor q = projected.narrow(2, 0, H), k = projected.narrow(2, H, G);
        const at::Tensor v = projected.narrow(2, H + G, G);
        if (layer.queryNorm.defined()) {
            q = rmsNorm(q.to(wide).contiguous(), as(layer.queryNorm, wide), kEpsilon, type);
            k = rmsNorm(k.to(wide).contiguous(), as(layer.keyNorm, wide), kEpsilon, type);
        }
        at::Tensor mixed = causalAttention(rotated(q, kScale).contiguous(),
                                           rotated(k, 1).transpose(1, 2).contiguous(),
                                           v.transpose(1, 2).contiguous());
        at::Tensor gated;
        if (i == 1 && !layers.memory.empty()) {
            mixed = mixedRead({q, as(layers.memory[0], wide), as(layers.norm[0], wide),
                               as(layers.gate[0], wide), kMemoryEpsilon},
                              mixed, &gated);
        }
        at::Tensor output = at::linear(mixed, as(layer.output.values, type));
        if (gated.defined() && !layers.additions.empty()) {
            const DecodeAddition& own = layers.additions[0];
            output = output + at::linear(gated, as(own.down, type)).matmul(as(own.up, type));
        }
        x.add_(output);
        const at::Tensor second = rmsNorm(x, as(layer.feedForwardNorm, wide), kEpsilon, type);
        x.add_(at::linear(siluMultiply(at::linear(second, as(layer.gateUp.values, type))),
                          as(layer.down.values, type)));
    }
    return x;
}

/// Rows (B, T, E) of sequences of which the b-th begins b·7 steps later, decoded step by step; the
/// results in their places.
at::Tensor decoded(const Layers& layers, const at::Tensor& rows, at::ScalarType type) {
    const std::int64_t B = rows.size(0), T = rows.size(1);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    std::vector<DecodeCache> caches;
    for (std::size_t i = 0; i < layers.weights.size() * static_cast<std::size_t>(B); ++i) {
        const auto options = at::TensorOptions().dtype(type);
        caches.push_back(
            {at::full({1, G, T, d}, nan, options), at::full({1, G, T, d}, nan, options)});
    }
    at::Tensor out = at::full({B, T, E}, nan, at::TensorOptions().dtype(at::kFloat));
    const DecodeSizes sizes{H, G, d, kEpsilon, kMemoryEpsilon, kScale};
    for (std::int64_t t = 0; t < T; ++t) {
        std::vector<std::int64_t> positions;
        std::vector<at::Tensor> now, turns;
        for (std::int64_t b = 0; b < B; ++b) {
            // A sequence that has not begun repeats its first row.
            positions.push_back(std::max<std::int64_t>(0, t - 7 * b));
            now.push_back(rows.select(0, b).narrow(0, positions.back(), 1));
        }
        at::Tensor x = at::cat(now).to(at::kFloat).contiguous();
        const Angles turn = anglesOf(at::tensor(positions));
        decode(layers.weights, layers.read(), sizes, caches, positions, turn.cosines, turn.sines,
               x);
        for (std::int64_t b = 0; b < B; ++b) {
            out.select(0, b)
                .select(0, positions[static_cast<std::size_t>(b)])
                .copy_(x.select(0, b));
        }
    }
    return out;
}

double rms(const at::Tensor& found, const at::Tensor& exact) {
    const at::Tensor off = found.to(at::kDouble) - exact;
    return std::sqrt((off.square().sum() / exact.square().sum()).item<double>());
}

} // namespace

class Decode : public testing::TestWithParam<at::ScalarType> {
    const c10::InferenceMode m_inference;
};

INSTANTIATE_TEST_SUITE_P(Types, Decode, testing::Values(at::kFloat, at::kBFloat16));

TEST_P(Decode, EqualsTheLayersOneAfterAnother) {
    for (const Extras extras : {Extras::None, Extras::All}) {
        const auto layers = randomLayers(GetParam(), extras);
        for (const std::int64_t B : {1, 3, 8}) {
            const at::Tensor rows = random({B, kSteps, E}, 2);
            const at::Tensor found = decoded(layers, rows, GetParam());
            for (std::int64_t b = 0; b < B; ++b) {
                const std::int64_t count = kSteps - 7 * b;
                const at::Tensor own = rows.narrow(0, b, 1).narrow(1, 0, count);
                const at::Tensor exact = composed(layers, own, at::kDouble);
                const double plain = rms(composed(layers, own, GetParam()), exact);
                EXPECT_LE(rms(found.narrow(0, b, 1).narrow(1, 0, count), exact), 2 * plain)
                    << B << " sequences, " << b;
            }
        }
    }
}

TEST_P(Decode, HasTheSameBitsWithAnyTeamAndCompany) {
    const auto layers = randomLayers(GetParam(), Extras::None);
    const at::Tensor rows = random({3, 40, E}, 2);
    const int threads = at::get_num_threads();
    const at::Tensor together = decoded(layers, rows, GetParam());
    at::set_num_threads(1);
    const at::Tensor alone = decoded(layers, rows, GetParam());
    at::set_num_threads(threads);
    EXPECT_TRUE(together.narrow(1, 0, 26).equal(alone.narrow(1, 0, 26)));
    const at::Tensor first = decoded(layers, rows.narrow(0, 0, 1), GetParam());
    EXPECT_TRUE(first.select(0, 0).equal(together.select(0, 0)));
}

TEST_P(Decode, ReadsTheMemoryAndWhatItAdds) {
    auto layers = randomLayers(GetParam(), Extras::All);
    const at::Tensor rows = random({1, 5, E}, 2);
    const at::Tensor whole = decoded(layers, rows, GetParam());
    layers.additions.clear();
    const at::Tensor with = decoded(layers, rows, GetParam());
    EXPECT_GT(rms(with, whole.to(at::kDouble)), 1e-2);
    layers.memory.clear();
    layers.norm.clear();
    EXPECT_GT(rms(with, decoded(layers, rows, GetParam()).to(at::kDouble)), 1e-2);
}

/// The weights are what the floor reads as they lie: against the same values in double.
TEST_P(Decode, Int8EqualsTheLayersWithItsValues) {
    const Layers int8 = inInt8(randomLayers(GetParam(), Extras::All));
    const Layers exactly =
        changed(int8, [](const Matrix& m) { return Matrix{tests::valuesOf(m)}; });
    for (const std::int64_t B : {1, 8}) {
        const at::Tensor rows = random({B, 40, E}, 2);
        const at::Tensor found = decoded(int8, rows, GetParam());
        for (const std::int64_t b : {std::int64_t{0}, B - 1}) {
            const std::int64_t count = std::max<std::int64_t>(1, 40 - 7 * b);
            const at::Tensor own = rows.narrow(0, b, 1).narrow(1, 0, count);
            const at::Tensor exact = composed(exactly, own, at::kDouble);
            const double plain = rms(composed(exactly, own, GetParam()), exact);
            EXPECT_LE(rms(found.narrow(0, b, 1).narrow(1, 0, count), exact), 2 * plain) << b;
        }
    }
}

TEST_P(Decode, RefusesWhatDoesNotFit) {
    const Layers layers = randomLayers(GetParam(), Extras::None);
    const DecodeSizes sizes{H, G, d, kEpsilon, kMemoryEpsilon, kScale};
    const auto can = [&](const Layers& some, std::int64_t sequences) {
        return canDecode(some.weights, some.read(), sizes, sequences);
    };
    EXPECT_TRUE(can(layers, 8));
    EXPECT_FALSE(can({}, 1));
    EXPECT_FALSE(can(layers, 9));
    EXPECT_FALSE(
        canDecode(layers.weights, layers.read(), {H, G, 24, kEpsilon, kMemoryEpsilon, kScale}, 1));
    Layers mixedTypes = layers;
    mixedTypes.weights[1].down.values = layers.weights[1].down.values.to(at::kDouble);
    EXPECT_FALSE(can(mixedTypes, 1));
    mixedTypes.weights[1].down = inInt8(layers).weights[1].down;
    EXPECT_FALSE(can(mixedTypes, 1));
    Layers otherMemory = layers;
    otherMemory.memory[0] = random({1, G, 16, d}, 1).to(at::kFloat);
    EXPECT_FALSE(can(otherMemory, 1));

    at::Tensor x = random({1, E}, 1).to(at::kFloat);
    const Angles turn = anglesOf(at::arange(1));
    const auto cache = [](at::ScalarType type) {
        const auto options = at::TensorOptions().dtype(type);
        return DecodeCache{at::empty({1, G, 4, d}, options), at::empty({1, G, 4, d}, options)};
    };
    const auto run = [&](const Layers& some, const std::vector<DecodeCache>& caches,
                         std::int64_t position) {
        decode(some.weights, some.read(), sizes, caches, std::vector{position}, turn.cosines,
               turn.sines, x);
    };
    const DecodeCache own = cache(GetParam());
    EXPECT_THROW(run(layers, {own, own}, 4), c10::Error) << "no room";
    EXPECT_THROW(run(layers, {own}, 3), c10::Error) << "a cache is missing";
    EXPECT_THROW(run(inInt8(layers), {own, cache(at::kDouble)}, 3), c10::Error);
    EXPECT_THROW(run(inInt8(layers), {cache(at::kDouble), own}, 3), c10::Error);
    Layers broken = layers;
    broken.norm.clear();
    EXPECT_THROW(run(broken, {own, own}, 3), c10::Error);
    broken = layers;
    broken.gate = layers.gate.narrow(1, 0, H - 1);
    EXPECT_THROW(run(broken, {own, own}, 3), c10::Error);
    broken = layers;
    broken.norm[0] = layers.norm[0].narrow(1, 0, 1);
    EXPECT_THROW(run(broken, {own, own}, 3), c10::Error);
    broken = inInt8(layers);
    broken.weights[0].qkv.groups = broken.weights[0].qkv.groups.narrow(0, 0, 1);
    EXPECT_THROW(run(broken, {own, own}, 3), c10::Error);
    EXPECT_NO_THROW(run(layers, {own, own}, 3));
}
