#include "engine/model/transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "tests/unit/model/hand_model.h"

using namespace engine::model;
using namespace tests;

namespace {

constexpr double kFloatTolerance = 2e-5;
constexpr double kHalfTolerance = 2e-2;
constexpr std::int64_t kSegment = 8;

at::Tensor rows(const std::vector<std::vector<std::int32_t>>& sequences) {
    const auto length = static_cast<std::int64_t>(sequences.front().size());
    at::Tensor ids = at::empty({static_cast<std::int64_t>(sequences.size()), length},
                               at::TensorOptions().dtype(at::kLong));
    auto* out = ids.mutable_data_ptr<std::int64_t>();
    for (const auto& sequence : sequences) {
        out = std::copy(sequence.begin(), sequence.end(), out);
    }
    return ids;
}

Pass readAndWrite(Memory& memory) {
    Pass pass;
    pass.read = &memory;
    pass.write = &memory;
    return pass;
}

/// Sequences of whole segments, segment by segment through all layers; returns the last segment's
/// residual rows.
at::Tensor stream(const Transformer& transformer, const at::Tensor& ids, Memory& memory) {
    at::Tensor x;
    for (std::int64_t begin = 0; begin < ids.size(1); begin += kSegment) {
        x = transformer.forward(ids.narrow(1, begin, kSegment), readAndWrite(memory));
        memory.tokens += kSegment;
    }
    return x;
}

class TransformerTest : public testing::Test {
protected:
    c10::InferenceMode inference;
};

} // namespace

TEST_F(TransformerTest, StreamedEqualsTheOracleInBothTypesAndFamilies) {
    for (const char* family : {"llama", "qwen2", "qwen3"}) {
        HandShape shape;
        shape.hasBias = family == std::string("qwen2");
        shape.hasQkNorm = family == std::string("qwen3");
        for (const Dtype dtype : {Dtype::Float32, Dtype::BFloat16}) {
            const auto model = handModel(1, dtype, shape);
            const Transformer transformer(model->weights, model->adapter);
            Memory memory = Memory::empty(model->weights->config, *model->adapter);
            const auto ids = randomIds(2, 4 * kSegment);
            const at::Tensor x = stream(transformer, rows({ids}), memory);
            const Oracle oracle(*model);
            OracleMemory expected = oracle.read(std::span(ids).first(3 * kSegment), kSegment);
            const auto logits = oracle.run(std::span(ids).last(kSegment), expected, true);
            const double tolerance = dtype == Dtype::Float32 ? kFloatTolerance : kHalfTolerance;
            EXPECT_LT(memoryDifference(memory, expected), tolerance);
            EXPECT_LT(relativeDifference(transformer.logits(x.select(0, 0)), logits),
                      tolerance * 2);
        }
    }
}

TEST_F(TransformerTest, ThreeSequencesAreThreeReadings) {
    const auto model = handModel(3, Dtype::Float32);
    const Transformer transformer(model->weights, model->adapter);
    const std::vector<std::vector<std::int32_t>> sequences{
        randomIds(4, 2 * kSegment), randomIds(5, 2 * kSegment), randomIds(6, 2 * kSegment)};
    Memory memory = Memory::empty(model->weights->config, *model->adapter, 3);
    stream(transformer, rows(sequences), memory);
    const Oracle oracle(*model);
    for (std::int64_t b = 0; b < 3; ++b) {
        const OracleMemory expected = oracle.read(sequences[static_cast<std::size_t>(b)], kSegment);
        Memory one;
        for (std::size_t i = 0; i < memory.M.size(); ++i) {
            one.M.push_back(memory.M[i].narrow(0, b, 1));
            one.z.push_back(memory.z[i].narrow(0, b, 1));
        }
        EXPECT_LT(memoryDifference(one, expected), kFloatTolerance) << b;
    }
}

TEST_F(TransformerTest, LayerByLayerGivesTheSameBits) {
    for (const std::int64_t batch : {1, 3}) {
        const auto model = handModel(7, Dtype::BFloat16);
        const Transformer transformer(model->weights, model->adapter);
        std::vector<std::vector<std::int32_t>> sequences;
        for (std::int64_t b = 0; b < batch; ++b) {
            sequences.push_back(randomIds(10 + static_cast<std::uint64_t>(b), 3 * kSegment));
        }
        const at::Tensor ids = rows(sequences);
        Memory streamed = Memory::empty(model->weights->config, *model->adapter, batch);
        const at::Tensor last = stream(transformer, ids, streamed);

        // A layer runs over all segments before the next begins; only the memory is ordered.
        Memory memory = Memory::empty(model->weights->config, *model->adapter, batch);
        std::vector<at::Tensor> x;
        for (std::int64_t begin = 0; begin < ids.size(1); begin += kSegment) {
            x.push_back(transformer.embed(ids.narrow(1, begin, kSegment)));
        }
        for (std::int64_t layer = 0; layer < model->weights->config.layers; ++layer) {
            memory.tokens = 0;
            for (at::Tensor& segment : x) {
                const Pass pass = readAndWrite(memory);
                transformer.layer(layer, segment, transformer.rotation(kSegment, pass), pass);
                memory.tokens += kSegment;
            }
        }
        EXPECT_TRUE(sameBits(memory, streamed));
        EXPECT_TRUE(sameBits(x.back(), last));
    }
}

TEST_F(TransformerTest, StoppingAfterTheLastMemoryLayerLeavesTheSameMemory) {
    HandShape shape;
    shape.layers = 4;
    shape.firstMemory = 1;
    shape.lastMemory = 2;
    for (const Dtype dtype : {Dtype::Float32, Dtype::BFloat16}) {
        const auto model = handModel(8, dtype, shape);
        const Transformer transformer(model->weights, model->adapter);
        const at::Tensor ids = rows({randomIds(9, 2 * kSegment)});
        Memory full = Memory::empty(model->weights->config, *model->adapter),
               stopped = full.clone();
        stream(transformer, ids, full);
        for (std::int64_t begin = 0; begin < ids.size(1); begin += kSegment) {
            transformer.read(ids.narrow(1, begin, kSegment), readAndWrite(stopped));
            stopped.tokens += kSegment;
        }
        EXPECT_TRUE(sameBits(stopped, full));
    }
}

TEST_F(TransformerTest, NoTokenSeesLaterOnesOrItsOwnSegmentsMemory) {
    const auto model = handModel(11, Dtype::Float32);
    const Transformer transformer(model->weights, model->adapter);
    auto ids = randomIds(12, 2 * kSegment);
    Memory first = Memory::empty(model->weights->config, *model->adapter);
    stream(transformer, rows({{ids.begin(), ids.begin() + kSegment}}), first);
    const auto second = [&](const std::vector<std::int32_t>& tokens, bool isWritten) {
        Memory memory = first.clone();
        Pass pass;
        pass.read = &memory;
        pass.write = isWritten ? &memory : nullptr;
        return transformer.forward(rows({{tokens.begin() + kSegment, tokens.end()}}), pass);
    };
    const at::Tensor before = second(ids, true);
    EXPECT_TRUE(sameBits(before, second(ids, false))) << "a token sees its own segment's memory";
    for (std::int64_t t = 0; t < kSegment; ++t) {
        auto changed = ids;
        auto& token = changed[static_cast<std::size_t>(kSegment + t)];
        token = token == 3 ? 4 : 3;
        const at::Tensor after = second(changed, true);
        EXPECT_TRUE(sameBits(after.narrow(1, 0, t), before.narrow(1, 0, t))) << t;
        EXPECT_FALSE(sameBits(after.narrow(1, t, 1), before.narrow(1, t, 1))) << t;
    }
    // The mutant that writes before it reads.
    Memory leaked = first.clone();
    Pass ahead;
    ahead.write = &leaked;
    ahead.read = &first;
    std::ignore = transformer.forward(rows({{ids.begin() + kSegment, ids.end()}}), ahead);
    Pass mutant;
    mutant.read = &leaked;
    EXPECT_FALSE(
        sameBits(transformer.forward(rows({{ids.begin() + kSegment, ids.end()}}), mutant), before));
}

TEST_F(TransformerTest, EmptyMemoryOrClosedGateIsTheBaseModel) {
    for (const Dtype dtype : {Dtype::Float32, Dtype::BFloat16}) {
        const auto model = handModel(13, dtype);
        const Transformer base(model->weights, nullptr);
        const at::Tensor ids = rows({randomIds(14, kSegment)});
        const at::Tensor expected = base.forward(ids, {});
        Memory filled = Memory::empty(model->weights->config, *model->adapter);
        {
            const Transformer transformer(model->weights, model->adapter);
            stream(transformer, rows({randomIds(15, kSegment)}), filled);
            // n = 0 decides, and not the values.
            for (const float beta : {-2.0f, 0.0f, 9.0f}) {
                const auto gated = withBeta(*model, beta);
                Memory empty = filled.clone();
                empty.tokens = 0;
                const Transformer any(model->weights, gated->adapter);
                EXPECT_TRUE(sameBits(any.forward(ids, readAndWrite(empty)), expected)) << beta;
            }
            Pass pass;
            pass.read = &filled;
            EXPECT_FALSE(sameBits(transformer.forward(ids, pass), expected));
        }
        const auto closed = withBeta(*model, -std::numeric_limits<float>::infinity());
        Pass pass;
        pass.read = &filled;
        EXPECT_TRUE(
            sameBits(Transformer(model->weights, closed->adapter).forward(ids, pass), expected));

        // The mutant that scales the first segment by 1 - g.
        Memory zeros = Memory::empty(model->weights->config, *model->adapter);
        zeros.tokens = 1;
        Pass scaled;
        scaled.read = &zeros;
        EXPECT_FALSE(
            sameBits(Transformer(model->weights, model->adapter).forward(ids, scaled), expected));
    }
}

TEST_F(TransformerTest, MaskedTokensLeaveNoTraceInTheMemory) {
    const auto model = handModel(16, Dtype::Float32);
    const Transformer transformer(model->weights, model->adapter);
    const auto ids = randomIds(17, kSegment);
    const auto written = [&](std::vector<std::int32_t> tokens, bool isMasked) {
        Memory memory = Memory::empty(model->weights->config, *model->adapter);
        Pass pass;
        pass.write = &memory;
        if (isMasked) {
            pass.mask = at::cat({at::ones({1, 5}), at::zeros({1, 3})}, 1);
        }
        std::ignore = transformer.forward(rows({tokens}), pass);
        return memory;
    };
    auto other = ids;
    other[6] = other[6] == 3 ? 4 : 3;
    EXPECT_TRUE(sameBits(written(ids, true), written(other, true)));
    EXPECT_FALSE(sameBits(written(ids, false), written(other, false)));
}

TEST_F(TransformerTest, PackedSequencesDoNotSeeEachOther) {
    const auto model = handModel(18, Dtype::Float32);
    const Transformer transformer(model->weights, nullptr);
    const auto a = randomIds(19, 5), b = randomIds(20, 9);
    auto both = a;
    both.insert(both.end(), b.begin(), b.end());
    Pass pass;
    pass.sequences = {5, 9};
    const at::Tensor packed = transformer.forward(rows({both}), pass);
    EXPECT_LT(
        relativeDifference(packed.narrow(1, 0, 5), valuesOf(transformer.forward(rows({a}), {}))),
        kFloatTolerance);
    EXPECT_LT(
        relativeDifference(packed.narrow(1, 5, 9), valuesOf(transformer.forward(rows({b}), {}))),
        kFloatTolerance);
}

TEST_F(TransformerTest, CacheKeepsEarlierRowsWhileItGrows) {
    const auto model = handModel(21, Dtype::Float32);
    KvCache cache(*model->weights);
    std::vector<at::Tensor> parts;
    std::int64_t position = 0;
    for (const std::int64_t count : {3, 300, 1, 700}) {
        at::Tensor part = at::empty({1, count, 2, 8}, at::TensorOptions().dtype(at::kFloat));
        part.copy_(at::ones({1, count, 2, 8}) * static_cast<double>(position + 1));
        cache.write(1, position, part, part * 2);
        parts.push_back(part);
        position += count;
    }
    const at::Tensor all = at::cat(parts, 1).transpose(1, 2);
    EXPECT_TRUE(sameBits(cache.keys(1, position), all));
    EXPECT_TRUE(sameBits(cache.values(1, position), all * 2));
}
