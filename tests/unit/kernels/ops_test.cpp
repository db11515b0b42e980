#include "engine/kernels/ops.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <tuple>
#include <vector>

#include "tests/unit/kernels/tensors.h"

using namespace engine::kernels;
using namespace tests;

namespace {

/// softmax(Q·Kᵀ)·V with the keys of KV head `group(h)`; query (B, T, H, d), key and value (B, G, S,
/// d).
template <typename Group>
std::vector<double> attentionOracle(const at::Tensor& query, const at::Tensor& key,
                                    const at::Tensor& value, Group group) {
    const Values q(query), k(key), v(value);
    const std::int64_t B = query.size(0), T = query.size(1), H = query.size(2), d = query.size(3),
                       S = key.size(2);
    std::vector<double> out;
    for (std::int64_t b = 0; b < B; ++b) {
        for (std::int64_t t = 0; t < T; ++t) {
            for (std::int64_t h = 0; h < H; ++h) {
                const std::int64_t g = group(h), seen = S - T + t + 1;
                std::vector<double> weights(static_cast<std::size_t>(seen)),
                    row(static_cast<std::size_t>(d));
                double sum = 0;
                for (std::int64_t s = 0; s < seen; ++s) {
                    double score = 0;
                    for (std::int64_t i = 0; i < d; ++i) {
                        score += q(b, t, h, i) * k(b, g, s, i);
                    }
                    weights[static_cast<std::size_t>(s)] = std::exp(score);
                    sum += weights[static_cast<std::size_t>(s)];
                }
                for (std::int64_t s = 0; s < seen; ++s) {
                    for (std::int64_t i = 0; i < d; ++i) {
                        row[static_cast<std::size_t>(i)] +=
                            weights[static_cast<std::size_t>(s)] / sum * v(b, g, s, i);
                    }
                }
                out.insert(out.end(), row.begin(), row.end());
            }
        }
    }
    return out;
}

/// A_mem by explicit weights φ(q)·φ(k_t) / Σ over every key; key, value (B, S, G, d), query (B, T,
/// H, d).
template <typename Group>
std::vector<double> linearAttentionOracle(const at::Tensor& query, const at::Tensor& key,
                                          const at::Tensor& value, Group group) {
    const Values q(query), k(key), v(value);
    const std::int64_t B = query.size(0), T = query.size(1), H = query.size(2), d = query.size(3),
                       S = key.size(1);
    std::vector<double> out;
    for (std::int64_t b = 0; b < B; ++b) {
        for (std::int64_t t = 0; t < T; ++t) {
            for (std::int64_t h = 0; h < H; ++h) {
                double sum = 0;
                std::vector<double> row(static_cast<std::size_t>(d));
                for (std::int64_t s = 0; s < S; ++s) {
                    double weight = 0;
                    for (std::int64_t i = 0; i < d; ++i) {
                        weight += phi(q(b, t, h, i)) * phi(k(b, s, group(h), i));
                    }
                    sum += weight;
                    for (std::int64_t i = 0; i < d; ++i) {
                        row[static_cast<std::size_t>(i)] += weight * v(b, s, group(h), i);
                    }
                }
                for (double& value_ : row) {
                    out.push_back(value_ / sum);
                }
            }
        }
    }
    return out;
}

} // namespace

TEST(RmsNorm, EqualsTheOracle) {
    const at::Tensor x = random(1, {2, 3, 24}, at::kFloat, 4), w = random(2, {24});
    const Values vx(x), vw(w);
    std::vector<double> expected;
    for (std::int64_t b = 0; b < 2; ++b) {
        for (std::int64_t t = 0; t < 3; ++t) {
            double sum = 0;
            for (std::int64_t i = 0; i < 24; ++i) {
                sum += vx(b, t, i) * vx(b, t, i);
            }
            for (std::int64_t i = 0; i < 24; ++i) {
                expected.push_back(vx(b, t, i) / std::sqrt(sum / 24 + 1e-2) * vw(i));
            }
        }
    }
    EXPECT_LT(difference(rmsNorm(x, w, 1e-2, at::kFloat), expected), kFloatTolerance);
    EXPECT_LT(difference(rmsNorm(x, w, 1e-2, at::kBFloat16), expected), kHalfTolerance);
    EXPECT_GT(difference(rmsNorm(x, w, 1e-5, at::kFloat), expected), 1e-4) << "epsilon is unused";
}

TEST(SiluMultiply, EqualsTheOracle) {
    const at::Tensor x = random(3, {5, 14}, at::kFloat, 6);
    const Values v(x);
    std::vector<double> expected;
    for (std::int64_t t = 0; t < 5; ++t) {
        for (std::int64_t i = 0; i < 7; ++i) {
            expected.push_back(v(t, i) / (1 + std::exp(-v(t, i))) * v(t, i + 7));
        }
    }
    EXPECT_LT(difference(siluMultiply(x), expected), kFloatTolerance);
    EXPECT_LT(difference(siluMultiply(x.to(at::kBFloat16)), expected), kHalfTolerance);
}

TEST(Rotate, TurnsPairsOfHalves) {
    const at::Tensor x = random(4, {2, 3, 4, 6}), angles = random(5, {3, 3}, at::kFloat, 3);
    const Values v(x), a(angles);
    std::vector<double> expected, neighbours;
    for (std::int64_t b = 0; b < 2; ++b) {
        for (std::int64_t t = 0; t < 3; ++t) {
            for (std::int64_t h = 0; h < 4; ++h) {
                for (std::int64_t i = 0; i < 6; ++i) {
                    const double c = std::cos(a(t, i % 3)), s = std::sin(a(t, i % 3));
                    const double other = i < 3 ? -v(b, t, h, i + 3) : v(b, t, h, i - 3);
                    expected.push_back(0.5 * (v(b, t, h, i) * c + other * s));
                    const double beside = i % 2 == 0 ? -v(b, t, h, i + 1) : v(b, t, h, i - 1);
                    neighbours.push_back(0.5 * (v(b, t, h, i) * c + beside * s));
                }
            }
        }
    }
    const at::Tensor turned = rotate(x, angles.cos(), angles.sin(), 0.5);
    EXPECT_LT(difference(turned, expected), kFloatTolerance);
    EXPECT_GT(difference(turned, neighbours), 0.1) << "the mutant that turns neighbours passes";
    const at::Tensor strided = at::cat({x, x}, 2).narrow(2, 4, 4);
    EXPECT_TRUE(sameBits(rotate(strided, angles.cos(), angles.sin(), 0.5), turned));
}

class CausalAttention : public testing::TestWithParam<std::pair<std::int64_t, std::int64_t>> {};

TEST_P(CausalAttention, EqualsTheOracle) {
    const auto [rows, keys] = GetParam();
    const at::Tensor q = random(6, {2, rows, 6, 8}), k = random(7, {2, 2, keys, 8}),
                     v = random(8, {2, 2, keys, 8});
    const auto expected = attentionOracle(q, k, v, [](std::int64_t h) { return h / 3; });
    EXPECT_LT(difference(causalAttention(q, k, v), expected), kFloatTolerance);
    EXPECT_LT(
        difference(causalAttention(q.to(at::kBFloat16), k.to(at::kBFloat16), v.to(at::kBFloat16)),
                   expected),
        kHalfTolerance * 2);
}

INSTANTIATE_TEST_SUITE_P(Sizes, CausalAttention,
                         testing::Values(std::pair{1, 1}, std::pair{1, 9}, std::pair{5, 5},
                                         std::pair{7, 20}, std::pair{128, 128}, std::pair{129, 129},
                                         std::pair{300, 310}));

TEST(CausalAttention, SharesKeysByRepeatInterleave) {
    const at::Tensor q = random(9, {1, 12, 6, 8}), k = random(10, {1, 2, 12, 8}),
                     v = random(11, {1, 2, 12, 8});
    const at::Tensor found = causalAttention(q, k, v);
    const at::Tensor repeated =
        causalAttention(q, k.repeat_interleave(3, 1), v.repeat_interleave(3, 1));
    EXPECT_LT(difference(found, repeated), kFloatTolerance);
    const at::Tensor mutant = causalAttention(q, k.repeat({1, 3, 1, 1}), v.repeat({1, 3, 1, 1}));
    EXPECT_GT(difference(found, mutant), 0.05) << "the mutant with heads 0,1,0,1 passes";
}

TEST(CausalAttention, NeverSeesLaterRows) {
    const at::Tensor q = random(12, {1, 200, 2, 8}), k = random(13, {1, 1, 200, 8}),
                     v = random(14, {1, 1, 200, 8});
    const at::Tensor before = causalAttention(q, k, v);
    for (const std::int64_t t : {3, 127, 128, 150}) {
        at::Tensor changedKey = k.clone(), changedValue = v.clone();
        changedKey.select(2, t).add_(1.0);
        changedValue.select(2, t).add_(1.0);
        const at::Tensor after = causalAttention(q, changedKey, changedValue);
        EXPECT_TRUE(sameBits(after.narrow(1, 0, t), before.narrow(1, 0, t))) << t;
        EXPECT_FALSE(sameBits(after.narrow(1, t, 1), before.narrow(1, t, 1))) << t;
    }
    // The mistake that mixes time and heads: a view where a transpose belongs.
    const auto mutant = [&](const at::Tensor& query) {
        return causalAttention(query.view({1, 2, 200, 8}).transpose(1, 2).contiguous(), k, v);
    };
    at::Tensor changed = q.clone();
    changed.select(1, 150).add_(1.0);
    EXPECT_FALSE(sameBits(mutant(changed).narrow(1, 0, 150), mutant(q).narrow(1, 0, 150)))
        << "the mutant with a view instead of a transpose passes";
}

TEST(CausalAttention, RefusesShapesThatDoNotFit) {
    EXPECT_THROW(
        causalAttention(random(1, {1, 4, 3, 8}), random(2, {1, 2, 4, 8}), random(3, {1, 2, 4, 8})),
        c10::Error);
    EXPECT_THROW(
        causalAttention(random(1, {1, 4, 2, 8}), random(2, {1, 2, 3, 8}), random(3, {1, 2, 3, 8})),
        c10::Error);
}

TEST(Attend, SeesEarlierKeysAtTheirPositions) {
    // Heads of 64 and 16 rows run on the floor, the others in the composed form.
    for (const auto& [rows, past, width] :
         {std::tuple{20, 70, 64}, std::tuple{64, 4, 64}, std::tuple{15, 9, 64},
          std::tuple{20, 33, 8}, std::tuple{40, 0, 64}}) {
        const std::int64_t keys = past + rows;
        const at::Tensor q = random(40, {2, rows, 6, width}), k = random(41, {2, keys, 2, width}),
                         v = random(42, {2, keys, 2, width});
        const at::Tensor angles = random(43, {keys, width / 2});
        const at::Tensor cosines = angles.cos(), sines = angles.sin();
        const auto expected = [&](std::int64_t first) {
            return attentionOracle(
                rotate(q, cosines.narrow(0, first, rows), sines.narrow(0, first, rows), 0.3),
                rotate(k, cosines, sines, 1).transpose(1, 2), v.transpose(1, 2),
                [](std::int64_t h) { return h / 3; });
        };
        const at::Tensor found = attend(q, k, v, cosines, sines, 0.3, {});
        EXPECT_LT(difference(found, expected(past)), kFloatTolerance) << rows << " after " << past;
        EXPECT_LT(difference(attend(q.to(at::kBFloat16), k.to(at::kBFloat16), v.to(at::kBFloat16),
                                    cosines, sines, 0.3, {}),
                             expected(past)),
                  kHalfTolerance * 2)
            << rows << " after " << past;
        if (past > 0) {
            EXPECT_GT(difference(found, expected(0)), 1e-3)
                << "the mutant that turns the rows as if nothing preceded them passes";
        }
    }
}

TEST(Attend, TellsWhatTheMemoryAdds) {
    // Heads of 64 and 16 rows run on the floor, the others in the composed form.
    for (const auto& [rows, width] : {std::pair{80, 64}, std::pair{9, 64}, std::pair{20, 8}}) {
        const std::int64_t f = 2 * width;
        const at::Tensor q = random(50, {2, rows, 6, width}), k = random(51, {2, rows, 2, width}),
                         v = random(52, {2, rows, 2, width});
        const at::Tensor angles = random(53, {rows, width / 2});
        at::Tensor gate = at::sigmoid(random(54, {rows, 6}));
        gate.select(1, 2).zero_();
        const MemoryReadout read{random(55, {2, rows, 6, f}), random(56, {2, 2, f, width}),
                                 random(57, {2, 2, f}).abs() + 1, gate, 1e-10};
        at::Tensor gated;
        const at::Tensor with = attend(q, k, v, angles.cos(), angles.sin(), 0.3, read, &gated);
        EXPECT_TRUE(with.equal(attend(q, k, v, angles.cos(), angles.sin(), 0.3, read)));
        const at::Tensor expected =
            memoryRead(read.query, read.memory, read.norm, read.epsilon) * gate.unsqueeze(-1);
        EXPECT_LT(difference(gated.view(expected.sizes()), expected), kFloatTolerance) << rows;
        const at::Tensor local = attend(q, k, v, angles.cos(), angles.sin(), 0.3, {});
        const at::Tensor kept = local.view(expected.sizes()) * (1 - gate.unsqueeze(-1));
        EXPECT_LT(difference(with.view(expected.sizes()), kept + expected), kFloatTolerance);
    }
}

TEST(Attend, RefusesShapesThatDoNotFit) {
    const at::Tensor q = random(44, {1, 20, 4, 32}), k = random(45, {1, 30, 2, 32}),
                     angles = random(46, {30, 16});
    const auto run = [](const at::Tensor& query, const at::Tensor& keys, const at::Tensor& turn) {
        return attend(query, keys, keys, turn.cos(), turn.sin(), 1, {});
    };
    EXPECT_NO_THROW(run(q, k, angles));
    EXPECT_THROW(run(q, k, angles.narrow(0, 0, 20)), c10::Error);
    EXPECT_THROW(run(q, k.narrow(1, 0, 19), angles.narrow(0, 0, 19)), c10::Error);
    EXPECT_THROW(run(q.narrow(2, 0, 3), k, angles), c10::Error);
}

TEST(FeatureMap, IsExactWhereEluPlusOneIsNot) {
    const at::Tensor x = at::tensor({-12.0f, -87.0f, -7.5f, -1e-3f, 0.0f, 2.5f});
    const Values found(featureMap(x)), in(x);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
        EXPECT_NEAR(found(i) / phi(in(i)), 1.0, 1e-6) << in(i);
    }
    EXPECT_NEAR(found(0), 6.14e-6, 6.14e-9);
    const Values half(featureMap(x.to(at::kBFloat16)));
    EXPECT_GT(half(0), 0.0);
    // The mutant elu(x) + 1 in bf16 is 0 there.
    const Values mutant(at::elu(x.to(at::kBFloat16)).add_(1));
    EXPECT_EQ(mutant(0), 0.0);
    const at::Tensor wide = at::linspace(-100, 100, 2001, at::TensorOptions().dtype(at::kFloat));
    const Values all(featureMap(wide));
    for (std::int64_t i = 0; i < 2001; ++i) {
        EXPECT_TRUE(std::isfinite(all(i)) && all(i) >= 0) << i;
    }
}

TEST(Memory, IsLinearAttentionOverEverythingWritten) {
    const at::Tensor q = random(20, {2, 5, 6, 8}), k = random(21, {2, 70, 2, 8}),
                     v = random(22, {2, 70, 2, 8});
    const auto expected = linearAttentionOracle(q, k, v, [](std::int64_t h) { return h / 3; });
    const Written exact = write(k.to(at::kDouble), v.to(at::kDouble));
    const at::Tensor read = memoryRead(q.to(at::kDouble), exact.memory, exact.norm, kEpsilon);
    EXPECT_LT(difference(read, expected), kDoubleTolerance);
    const Written single = write(k, v);
    EXPECT_EQ(single.memory.scalar_type(), at::kFloat);
    EXPECT_LT(difference(memoryRead(q, single.memory, single.norm, kEpsilon), expected),
              kFloatTolerance);
    const Written half = write(k.to(at::kBFloat16), v.to(at::kBFloat16));
    EXPECT_EQ(half.memory.scalar_type(), at::kFloat);
    EXPECT_LT(difference(memoryRead(q.to(at::kBFloat16), half.memory.to(at::kBFloat16),
                                    half.norm.to(at::kBFloat16), kEpsilon),
                         expected),
              kHalfTolerance);
    // Heads 0,1,0,1,… instead of 0,0,0,1,1,1.
    const auto repeated = linearAttentionOracle(q, k, v, [](std::int64_t h) { return h % 2; });
    EXPECT_GT(difference(read, repeated), 1e-3) << "the repeat mutant passes";

    // Inside the range of the stored values, per dimension.
    const Values stored(v), out(read);
    for (std::int64_t b = 0; b < 2; ++b) {
        for (std::int64_t h = 0; h < 6; ++h) {
            for (std::int64_t i = 0; i < 8; ++i) {
                double low = 1e9, high = -1e9;
                for (std::int64_t s = 0; s < 70; ++s) {
                    low = std::min(low, stored(b, s, h / 3, i));
                    high = std::max(high, stored(b, s, h / 3, i));
                }
                for (std::int64_t t = 0; t < 5; ++t) {
                    EXPECT_GE(out(b, t, h, i), low);
                    EXPECT_LE(out(b, t, h, i), high);
                }
            }
        }
    }
}

TEST(Memory, NeedsTheRotationToComeAfterIt) {
    // Rotating keys and queries by different positions changes a NoPE memory; the oracle sees it.
    const at::Tensor q = random(23, {1, 4, 2, 8}), k = random(24, {1, 40, 1, 8}),
                     v = random(25, {1, 40, 1, 8});
    const at::Tensor angles = at::linspace(0, 40, 40, at::TensorOptions().dtype(at::kFloat))
                                  .unsqueeze(1)
                                  .mul(at::ones({1, 4}));
    const Written mutant = write(rotate(k, angles.cos(), angles.sin(), 1), v);
    const auto expected = linearAttentionOracle(q, k, v, [](std::int64_t) { return 0; });
    EXPECT_GT(difference(memoryRead(q, mutant.memory, mutant.norm, kEpsilon), expected), 1e-3);
}

TEST(Memory, AnyOrderAndChunkingGivesTheSame) {
    const at::Tensor k = random(26, {1, 96, 2, 8}, at::kDouble),
                     v = random(27, {1, 96, 2, 8}, at::kDouble);
    const Written whole = write(k, v);
    const Written backward = write(k.flip(1), v.flip(1));
    EXPECT_LT(difference(backward.memory, whole.memory), kDoubleTolerance);
    EXPECT_LT(difference(backward.norm, whole.norm), kDoubleTolerance);
    for (const std::int64_t chunk : {1, 7, 32, 64}) {
        at::Tensor memory = at::zeros_like(whole.memory), norm = at::zeros_like(whole.norm);
        for (std::int64_t begin = 0; begin < 96; begin += chunk) {
            const std::int64_t count = std::min(chunk, 96 - begin);
            const Written part = write(k.narrow(1, begin, count), v.narrow(1, begin, count));
            memory.add_(part.memory);
            norm.add_(part.norm);
        }
        EXPECT_LT(difference(memory, whole.memory), kDoubleTolerance) << chunk;
        EXPECT_LT(difference(norm, whole.norm), kDoubleTolerance) << chunk;
    }
    // The delta rule is not additive: the same comparison must refuse it.
    EXPECT_GT(
        difference(deltaDirect(k.flip(1), v.flip(1), 32).memory, deltaDirect(k, v, 32).memory),
        1e-3);
}

TEST(Memory, SharesOfSegmentsSumToOneAndMergeAsPooledKeys) {
    const at::Tensor q = random(28, {1, 3, 4, 8}, at::kDouble),
                     k = random(29, {1, 120, 2, 8}, at::kDouble),
                     v = random(30, {1, 120, 2, 8}, at::kDouble);
    const Written first = write(k.narrow(1, 0, 50), v.narrow(1, 0, 50));
    const Written second = write(k.narrow(1, 50, 70), v.narrow(1, 50, 70));
    const Written pooled = write(k, v);
    EXPECT_LT(difference(first.memory + second.memory, pooled.memory), kDoubleTolerance);
    EXPECT_LT(difference(pooled.memory - first.memory, second.memory), kDoubleTolerance);
    const at::Tensor norm = first.norm + second.norm;
    // w_s = φ(q)·dz_s / φ(q)·z, as a memory whose only value is that share.
    const auto share = [&](const Written& part) {
        return memoryRead(q, part.norm.unsqueeze(3), norm, kEpsilon);
    };
    const at::Tensor a = share(first), b = share(second);
    EXPECT_LT(difference(a + b, at::ones_like(a)), 1e-5);
    const at::Tensor split = a * memoryRead(q, first.memory, first.norm, kEpsilon) +
                             b * memoryRead(q, second.memory, second.norm, kEpsilon);
    EXPECT_LT(difference(memoryRead(q, pooled.memory, pooled.norm, kEpsilon), split),
              kDoubleTolerance);
}

TEST(Memory, EmptyReadsAsZeroAndExtremesStayFinite) {
    const at::Tensor q = random(31, {1, 6, 4, 8}, at::kFloat, 100);
    const at::Tensor nothing =
        memoryRead(q, at::zeros({1, 2, 8, 8}), at::zeros({1, 2, 8}), kEpsilon);
    EXPECT_TRUE(sameBits(nothing, at::zeros_like(nothing)));
    const Written far =
        write(random(32, {1, 64, 2, 8}, at::kFloat, 100), random(33, {1, 64, 2, 8}));
    for (const at::Tensor& query : {q, -q.abs(), at::full({1, 6, 4, 8}, -100.0f)}) {
        const Values read(memoryRead(query, far.memory, far.norm, kEpsilon));
        for (std::int64_t i = 0; i < read.whole.numel(); ++i) {
            EXPECT_TRUE(std::isfinite(read.data[i]));
        }
    }
    const Written none = write(random(34, {1, 0, 2, 8}), random(35, {1, 0, 2, 8}));
    EXPECT_TRUE(sameBits(none.memory, at::zeros({1, 2, 8, 8})));
    EXPECT_THROW(memoryRead(random(36, {1, 2, 3, 8}), far.memory, far.norm, kEpsilon), c10::Error);
    EXPECT_THROW(write(random(37, {1, 4, 2, 8}), random(38, {1, 5, 2, 8})), c10::Error);
}

TEST(Memory, MaskedAndPaddedRowsLeaveNoTrace) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        const at::Tensor k = random(40, {2, 100, 2, 8}, type), v = random(41, {2, 100, 2, 8}, type);
        const MemoryIncrement plain = memoryIncrement(k, v);
        for (const std::int64_t padding : {1, 28, 29, 100}) {
            const at::Tensor nan =
                at::full({2, padding, 2, 8}, std::numeric_limits<float>::quiet_NaN(), k.options());
            const at::Tensor mask = at::cat({at::ones({2, 100}), at::zeros({2, padding})}, 1);
            const MemoryIncrement padded =
                memoryIncrement(at::cat({k, nan}, 1), at::cat({v, nan}, 1), mask);
            EXPECT_TRUE(sameBits(padded.memory, plain.memory)) << padding;
            EXPECT_TRUE(sameBits(padded.norm, plain.norm)) << padding;
        }
        // The mutant that writes its padding.
        const at::Tensor zeros = at::zeros({2, 28, 2, 8}, k.options());
        EXPECT_FALSE(sameBits(memoryIncrement(at::cat({k, zeros}, 1), at::cat({v, zeros}, 1)).norm,
                              plain.norm));
        // A masked row in the middle counts like one that was never there.
        at::Tensor mask = at::ones({2, 100});
        mask.select(1, 40).zero_();
        const MemoryIncrement holed = memoryIncrement(k, v, mask);
        const MemoryIncrement without =
            memoryIncrement(at::cat({k.narrow(1, 0, 40), k.narrow(1, 41, 59)}, 1),
                            at::cat({v.narrow(1, 0, 40), v.narrow(1, 41, 59)}, 1));
        EXPECT_LT(difference(holed.memory, without.memory), kFloatTolerance);
    }
}

TEST(Memory, StaysExactOver512SegmentsInFloatOnly) {
    at::Tensor exact = at::zeros({1, 1, 8, 9}, at::TensorOptions().dtype(at::kDouble));
    at::Tensor single = at::zeros({1, 1, 8, 9}), half = single.to(at::kBFloat16);
    for (std::uint64_t segment = 0; segment < 512; ++segment) {
        const at::Tensor k = random(100 + segment, {1, 64, 1, 8}),
                         v = random(9000 + segment, {1, 64, 1, 8});
        const auto both = [](const MemoryIncrement& increment) {
            return at::cat({increment.memory, increment.norm.unsqueeze(3)}, 3);
        };
        exact.add_(both(memoryIncrement(k.to(at::kDouble), v.to(at::kDouble))));
        single.add_(both(memoryIncrement(k, v)));
        half.add_(both(memoryIncrement(k, v)).to(at::kBFloat16));
    }
    EXPECT_LT(difference(single, exact), 1e-4);
    EXPECT_GT(difference(half, exact), 1e-2) << "the mutant with a bf16 state passes";
    const at::Tensor q = random(50, {1, 16, 1, 8});
    const auto read = [&](const at::Tensor& state) {
        return memoryRead(q.to(state.scalar_type()), state.narrow(3, 0, 8), state.select(3, 8),
                          kEpsilon);
    };
    EXPECT_LT(difference(read(single), read(exact)), 1e-4);
}

TEST(GatedMix, MixesInFloatWithOneGatePerHead) {
    const at::Tensor memory = random(60, {2, 3, 4, 5}), local = random(61, {2, 3, 20});
    const at::Tensor gate = at::tensor({0.0f, 1.0f, 0.25f, 0.9f});
    const Values m(memory), l(local), g(gate);
    std::vector<double> expected;
    for (std::int64_t b = 0; b < 2; ++b) {
        for (std::int64_t t = 0; t < 3; ++t) {
            for (std::int64_t i = 0; i < 20; ++i) {
                expected.push_back(g(i / 5) * m(b, t, i / 5, i % 5) + (1 - g(i / 5)) * l(b, t, i));
            }
        }
    }
    EXPECT_LT(difference(gatedMix(memory, local, gate), expected), kFloatTolerance);
    const at::Tensor half = local.to(at::kBFloat16);
    EXPECT_LT(difference(gatedMix(memory, half, gate), expected), kHalfTolerance);
    EXPECT_TRUE(sameBits(gatedMix(memory, half, at::zeros({4})), half));
    EXPECT_TRUE(sameBits(gatedMix(memory, local, at::ones({4})), memory.view({2, 3, 20})));
}
