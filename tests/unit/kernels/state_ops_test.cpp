#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/unit/kernels/tensors.h"

using namespace engine::kernels;
using namespace tests;

namespace {

Written deltaAffine(const at::Tensor& key, const at::Tensor& value, std::int64_t segment) {
    const auto options =
        key.options().dtype(key.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
    const std::int64_t groups = key.size(2), d = key.size(3);
    Written state{at::zeros({key.size(0), groups, d, d}, options),
                  at::zeros({key.size(0), groups, d}, options)};
    for (std::int64_t begin = 0; begin < key.size(1); begin += segment) {
        const DeltaIncrement increment = deltaIncrement(
            key.narrow(1, begin, segment), value.narrow(1, begin, segment), state.norm, kEpsilon);
        state.memory = affineStep(state.memory, increment);
        state.norm.add_(increment.norm);
    }
    return state;
}

} // namespace

TEST(Memory, ARangeIsTheSumOfItsIncrements) {
    at::Tensor total = at::zeros({1, 2, 8, 8}), range = at::zeros({1, 2, 8, 8}), before;
    for (std::uint64_t segment = 0; segment < 512; ++segment) {
        const MemoryIncrement more = memoryIncrement(random(2000 + segment, {1, 64, 2, 8}),
                                                     random(3000 + segment, {1, 64, 2, 8}));
        if (segment == 100) {
            before = total.clone();
        }
        total.add_(more.memory);
        if (segment >= 100 && segment < 400) {
            range.add_(more.memory);
        }
        if (segment == 399) {
            EXPECT_LT(difference(total - before, range), kFloatTolerance);
        }
    }
    EXPECT_GT(difference(total - before, range), 1e-3) << "a range with another end passes";
}

TEST(Delta, InAffineFormIsTheDirectForm) {
    const at::Tensor k = random(80, {2, 200, 2, 8}, at::kDouble),
                     v = random(81, {2, 200, 2, 8}, at::kDouble);
    for (const std::int64_t segment : {1, 40, 50, 100, 200}) {
        const Written direct = deltaDirect(k, v, segment), affine = deltaAffine(k, v, segment);
        EXPECT_LT(difference(affine.memory, direct.memory), kDoubleTolerance) << segment;
        EXPECT_LT(difference(affine.norm, direct.norm), kDoubleTolerance) << segment;
        const Written single = deltaAffine(k.to(at::kFloat), v.to(at::kFloat), segment);
        EXPECT_EQ(single.memory.scalar_type(), at::kFloat);
        EXPECT_LT(difference(single.memory, direct.memory), kFloatTolerance) << segment;
    }
    // The mutant whose z counts the segment's own keys too.
    const Written first = write(k.narrow(1, 0, 100), v.narrow(1, 0, 100));
    const at::Tensor rest = k.narrow(1, 100, 100);
    const Written more = write(rest, v.narrow(1, 100, 100));
    const at::Tensor mutant =
        affineStep(first.memory,
                   deltaIncrement(rest, v.narrow(1, 100, 100), first.norm + more.norm, kEpsilon));
    EXPECT_GT(difference(mutant, deltaDirect(k, v, 100).memory), 1e-3);
}

TEST(Delta, TheFirstSegmentIsLinearToTheBit) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kDouble}) {
        const at::Tensor k = random(82, {1, 100, 2, 8}, type), v = random(83, {1, 100, 2, 8}, type);
        const Written linear = write(k, v), delta = deltaAffine(k, v, 100);
        EXPECT_TRUE(sameBits(delta.memory, linear.memory));
        EXPECT_TRUE(sameBits(delta.norm, linear.norm));
    }
}

TEST(Delta, NewKeysAreAddedKnownOnesAreLeftAndOthersReplaced) {
    // φ(0) = 1 and φ(−100) = 0 to all digits: keys whose features are orthonormal.
    const auto unit = [](std::int64_t at) {
        at::Tensor key = at::full({1, 1, 1, 8}, -100.0, at::TensorOptions().dtype(at::kDouble));
        key.select(3, at).zero_();
        return key;
    };
    const at::Tensor v = random(84, {1, 2, 1, 8}, at::kDouble);
    const Written first = write(unit(0), v.narrow(1, 0, 1));
    const auto after = [&](const at::Tensor& key, const at::Tensor& value) {
        return affineStep(first.memory, deltaIncrement(key, value, first.norm, kEpsilon));
    };
    EXPECT_LT(difference(after(unit(3), v.narrow(1, 1, 1)),
                         first.memory + write(unit(3), v.narrow(1, 1, 1)).memory),
              kDoubleTolerance);
    // Stored once with φ·z = 1, so the read-out is the value itself and nothing is left to add.
    EXPECT_LT(difference(after(unit(0), v.narrow(1, 0, 1)), first.memory), kDoubleTolerance);
    EXPECT_LT(difference(after(unit(0), v.narrow(1, 1, 1)).select(2, 0),
                         v.narrow(1, 1, 1).view({1, 1, 8})),
              kDoubleTolerance);
    EXPECT_GT(difference(first.memory + write(unit(0), v.narrow(1, 1, 1)).memory,
                         after(unit(0), v.narrow(1, 1, 1))),
              0.1)
        << "the linear rule passes";
}

TEST(Delta, ReadsHalfOfLinearOnStationaryText) {
    // z counts every key and M does not: after many segments of one distribution the read-out is
    // half of the linear one.
    const at::Tensor value = random(85, {1, 1, 1, 16}, at::kDouble);
    at::Tensor linear = at::zeros({1, 1, 16, 16}, at::TensorOptions().dtype(at::kDouble));
    at::Tensor delta = linear.clone(), norm = at::zeros({1, 1, 16}, linear.options());
    for (std::uint64_t segment = 0; segment < 400; ++segment) {
        const at::Tensor k = random(700 + segment, {1, 64, 1, 16}, at::kDouble, 0.3);
        const at::Tensor v = value.expand({1, 64, 1, 16});
        const DeltaIncrement increment = deltaIncrement(k, v, norm, kEpsilon);
        delta = affineStep(delta, increment);
        linear.add_(increment.memory);
        norm.add_(increment.norm);
    }
    const at::Tensor q = random(86, {1, 32, 1, 16}, at::kDouble, 0.3);
    const Values full(memoryRead(q, linear, norm, kEpsilon)),
        half(memoryRead(q, delta, norm, kEpsilon));
    for (std::int64_t i = 0; i < full.whole.numel(); ++i) {
        EXPECT_NEAR(half.data[i] / full.data[i], 0.5, 0.01);
    }
}

TEST(Delta, MaskedAndPaddedRowsLeaveNoTrace) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        const at::Tensor k = random(87, {2, 100, 2, 8}, type), v = random(88, {2, 100, 2, 8}, type);
        const at::Tensor norm = random(89, {2, 2, 8}).abs();
        const DeltaIncrement plain = deltaIncrement(k, v, norm, kEpsilon);
        for (const std::int64_t padding : {1, 28, 29, 100}) {
            const at::Tensor nan =
                at::full({2, padding, 2, 8}, std::numeric_limits<float>::quiet_NaN(), k.options());
            const at::Tensor mask = at::cat({at::ones({2, 100}), at::zeros({2, padding})}, 1);
            const DeltaIncrement padded =
                deltaIncrement(at::cat({k, nan}, 1), at::cat({v, nan}, 1), norm, kEpsilon, mask);
            EXPECT_TRUE(sameBits(padded.transition, plain.transition)) << padding;
            EXPECT_TRUE(sameBits(padded.memory, plain.memory)) << padding;
            EXPECT_TRUE(sameBits(padded.norm, plain.norm)) << padding;
        }
        const at::Tensor zeros = at::zeros({2, 28, 2, 8}, k.options());
        EXPECT_FALSE(
            sameBits(deltaIncrement(at::cat({k, zeros}, 1), at::cat({v, zeros}, 1), norm, kEpsilon)
                         .transition,
                     plain.transition));
    }
    EXPECT_THROW(deltaIncrement(random(1, {1, 4, 2, 8}), random(2, {1, 4, 2, 8}),
                                random(3, {1, 2, 7}), kEpsilon),
                 c10::Error);
}

TEST(Delta, StaysExactOver512SegmentsInFloatOnly) {
    const auto options = at::TensorOptions().dtype(at::kDouble);
    at::Tensor exact = at::zeros({1, 1, 8, 8}, options), exactNorm = at::zeros({1, 1, 8}, options);
    at::Tensor single = exact.to(at::kFloat), norm = exactNorm.to(at::kFloat),
               half = exact.to(at::kBFloat16);
    for (std::uint64_t segment = 0; segment < 512; ++segment) {
        const at::Tensor k = random(100 + segment, {1, 64, 1, 8}),
                         v = random(9000 + segment, {1, 64, 1, 8});
        const DeltaIncrement wide =
            deltaIncrement(k.to(at::kDouble), v.to(at::kDouble), exactNorm, kEpsilon);
        exact = affineStep(exact, wide);
        exactNorm.add_(wide.norm);
        const DeltaIncrement increment = deltaIncrement(k, v, norm, kEpsilon);
        single = affineStep(single, increment);
        half = affineStep(half.to(at::kFloat), increment).to(at::kBFloat16);
        norm.add_(increment.norm);
    }
    EXPECT_LT(difference(single, exact), 1e-5);
    EXPECT_LT(difference(norm, exactNorm), 1e-5);
    EXPECT_GT(difference(half, exact), 1e-2) << "the mutant with a bf16 state passes";
}

TEST(NearestRead, IsASoftmaxOverTheMostSimilar) {
    const at::Tensor q = random(90, {2, 5, 6, 8}), k = random(91, {2, 2, 70, 8}),
                     v = random(92, {2, 2, 70, 8});
    const auto oracle = [&](std::size_t count, std::int64_t mostGroups) {
        const Values query(q), key(k), value(v);
        std::vector<double> out;
        for (std::int64_t b = 0; b < 2; ++b) {
            for (std::int64_t t = 0; t < 5; ++t) {
                for (std::int64_t h = 0; h < 6; ++h) {
                    const std::int64_t g = mostGroups == 2 ? h / 3 : h % 2;
                    std::vector<std::pair<double, std::int64_t>> scores;
                    for (std::int64_t s = 0; s < 70; ++s) {
                        double score = 0;
                        for (std::int64_t i = 0; i < 8; ++i) {
                            score += query(b, t, h, i) * key(b, g, s, i);
                        }
                        scores.emplace_back(0.3 * score, s);
                    }
                    std::sort(scores.rbegin(), scores.rend());
                    scores.resize(std::min<std::size_t>(count, scores.size()));
                    double sum = 0;
                    std::vector<double> row(8);
                    for (const auto& [score, s] : scores) {
                        sum += std::exp(score);
                        for (std::int64_t i = 0; i < 8; ++i) {
                            row[static_cast<std::size_t>(i)] += std::exp(score) * value(b, g, s, i);
                        }
                    }
                    for (const double x : row) {
                        out.push_back(x / sum);
                    }
                }
            }
        }
        return out;
    };
    for (const std::int64_t count : {1, 7, 32, 70, 100}) {
        const auto expected = oracle(static_cast<std::size_t>(count), 2);
        EXPECT_LT(difference(nearestRead(q, k, v, count, 0.3), expected), kFloatTolerance);
        EXPECT_LT(difference(nearestRead(q.to(at::kDouble), k.to(at::kDouble), v.to(at::kDouble),
                                         count, 0.3),
                             expected),
                  kDoubleTolerance);
        EXPECT_GT(difference(nearestRead(q, k, v, count, 0.3),
                             oracle(static_cast<std::size_t>(count), 0)),
                  1e-3)
            << "heads in the order 0,1,0,1 pass";
    }
    EXPECT_GT(difference(nearestRead(q, k, v, 32, 0.3), oracle(31, 2)), 1e-5);
    // Rounded stores, as they are kept, change no more than their rounding.
    const at::Tensor half = nearestRead(q, k.to(at::kBFloat16), v.to(at::kBFloat16), 70, 0.3);
    EXPECT_EQ(half.scalar_type(), at::kFloat);
    EXPECT_LT(difference(half, oracle(70, 2)), kHalfTolerance);
}

TEST(NearestRead, SearchesInBlocksOfRowsAndRefusesWhatDoesNotFit) {
    // So many keys that one row's scores for all heads fill a block.
    const at::Tensor q = random(93, {1, 3, 8, 2}), k = random(94, {1, 1, 700'000, 2}),
                     v = random(95, {1, 1, 700'000, 2});
    const at::Tensor all = nearestRead(q, k, v, 4, 1.0);
    for (std::int64_t t = 0; t < 3; ++t) {
        EXPECT_LT(difference(nearestRead(q.narrow(1, t, 1), k, v, 4, 1.0), all.narrow(1, t, 1)),
                  kFloatTolerance);
    }
    const at::Tensor none = at::zeros({1, 1, 0, 2});
    EXPECT_THROW(nearestRead(q, none, none, 4, 1.0), c10::Error);
    EXPECT_THROW(nearestRead(q, k, v, 0, 1.0), c10::Error);
    EXPECT_THROW(nearestRead(q.narrow(3, 0, 1), k, v, 4, 1.0), c10::Error);
    EXPECT_THROW(nearestRead(random(1, {1, 2, 3, 2}), random(2, {1, 2, 4, 2}),
                             random(3, {1, 2, 4, 2}), 4, 1.0),
                 c10::Error);
}
