#include "engine/model/session.h"

#include <ATen/Parallel.h>
#include <ATen/ops/full_like.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <tuple>

#include "engine/error.h"
#include "engine/model/snapshot.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_model.h"
#include "tests/unit/model/hand_model.h"

using namespace engine::model;
using namespace tests;

namespace {

constexpr std::int64_t kSegment = 8;
constexpr double kFloatTolerance = 2e-5;
constexpr double kHalfTolerance = 4e-2;

ReadingState read(const std::shared_ptr<const Model>& model, std::span<const std::int32_t> ids,
                  std::size_t push = 1000, Mode mode = Mode::InfiniLinear,
                  std::int64_t N = kSegment) {
    return readIds(model, ids, mode, N, push);
}

std::vector<double> wide(const std::vector<float>& values) {
    return {values.begin(), values.end()};
}

} // namespace

TEST(ReadingSession, EqualsTheOracleAtEveryLength) {
    const auto model = handModel(1, Dtype::Float32);
    const Oracle oracle(*model);
    const auto all = randomIds(2, 3 * kSegment + 1);
    for (const std::size_t length : {0, 1, 7, 8, 9, 15, 16, 17, 23, 24, 25}) {
        const auto ids = std::span(all).first(length);
        const ReadingState state = read(model, ids);
        const auto whole = static_cast<std::int64_t>(length) / kSegment;
        EXPECT_EQ(state.segments, whole);
        EXPECT_EQ(state.tokens, static_cast<std::int64_t>(length));
        EXPECT_EQ(state.memory.tokens, whole * kSegment);
        const auto rest = ids.subspan(static_cast<std::size_t>(whole * kSegment));
        EXPECT_EQ(state.pending, std::vector<std::int32_t>(rest.begin(), rest.end()));
        if (whole == 0) {
            continue;
        }
        const OracleMemory expected = oracle.read(ids, kSegment);
        for (std::size_t i = 0; i < expected.M.size(); ++i) {
            EXPECT_LT(relativeDifference(state.memory.M[i], expected.M[i]), kFloatTolerance);
            EXPECT_LT(relativeDifference(state.memory.z[i], expected.z[i]), kFloatTolerance);
        }
    }
}

TEST(ReadingSession, AnyPushesGiveTheSameBits) {
    const auto model = handModel(3, Dtype::BFloat16);
    const auto ids = randomIds(4, 5 * kSegment + 3);
    const ReadingState expected = read(model, ids);
    for (const std::size_t push : {1, 7, 8, 9, 64}) {
        EXPECT_TRUE(sameBits(read(model, ids, push), expected)) << push;
    }
    rc::check("pushes of any lengths", [&] {
        ReadingSession session(model, Mode::InfiniLinear, kSegment);
        std::span<const std::int32_t> rest(ids);
        while (!rest.empty()) {
            const auto length = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
            rest = rest.subspan(session.push(rest.first(length)));
        }
        RC_ASSERT(sameBits(session.state(), expected));
    });
}

TEST(ReadingSession, TakesNoMoreThanCompletesASegmentAndWritesOnlyThere) {
    const auto model = handModel(5, Dtype::Float32);
    const auto ids = randomIds(6, 3 * kSegment);
    ReadingSession session(model, Mode::InfiniLinear, kSegment);
    EXPECT_EQ(session.push(ids), 8u);
    const Memory first = session.state().memory;
    EXPECT_EQ(session.push(std::span(ids).subspan(8, 5)), 5u);
    EXPECT_TRUE(sameBits(session.state().memory, first));
    EXPECT_EQ(session.push(std::span(ids).subspan(13)), 3u);
    EXPECT_FALSE(sameBits(session.state().memory, first));
    EXPECT_EQ(session.state().segments, 2);
    EXPECT_EQ(session.push({}), 0u);
    EXPECT_EQ(session.segmentTokens(), kSegment);
}

TEST(ReadingSession, AStateHandedOutDoesNotChangeLater) {
    const auto model = handModel(7, Dtype::Float32);
    const auto ids = randomIds(8, 2 * kSegment);
    ReadingSession session(model, Mode::InfiniLinear, kSegment);
    session.push(ids);
    const ReadingState kept = session.state();
    const Memory copy = kept.memory.clone();
    session.push(std::span(ids).subspan(8));
    EXPECT_TRUE(sameBits(kept.memory, copy));
}

TEST(ReadingSession, GoesOnFromAStateWithTheSameBits) {
    const auto model = handModel(9, Dtype::BFloat16);
    const auto ids = randomIds(10, 4 * kSegment + 5);
    const ReadingState expected = read(model, ids);
    for (const std::size_t cut : {0, 3, 8, 19, 37}) {
        ReadingSession session(model, Mode::InfiniLinear, kSegment,
                               read(model, std::span(ids).first(cut)));
        auto rest = std::span<const std::int32_t>(ids).subspan(cut);
        while (!rest.empty()) {
            rest = rest.subspan(session.push(rest));
        }
        EXPECT_TRUE(sameBits(session.state(), expected)) << cut;
    }
}

TEST(ReadingSession, LocalModeKeepsNoState) {
    const auto model = handModel(11, Dtype::Float32);
    const ReadingState state = read(model, randomIds(12, 19), 1000, Mode::Local);
    EXPECT_TRUE(state.memory.M.empty());
    EXPECT_EQ(state.memory.tokens, 0);
    EXPECT_EQ(state.memory.bytes(), 0);
    EXPECT_EQ(state.segments, 2);
    EXPECT_EQ(state.tokens, 19);
    EXPECT_EQ(state.pending.size(), 3u);
}

TEST(ReadingSession, RefusesSegmentsThatTheModelCannotTake) {
    const auto model = handModel(13, Dtype::Float32);
    for (const std::int64_t N : {0, -1, 97}) {
        expectError([&] { ReadingSession(model, Mode::Local, N); }, engine::Code::WrongUse,
                    {std::to_string(N), "96"});
    }
}

TEST(ReadingSession, HoldsTheSameBytesAfterTwoHundredSegments) {
    const auto model = handModel(14, Dtype::Float32);
    const ReadingState few = read(model, randomIds(15, 2 * kSegment));
    const ReadingState many = read(model, randomIds(15, 200 * kSegment));
    EXPECT_EQ(many.memory.bytes(), few.memory.bytes());
    EXPECT_EQ(many.memory.bytes(), 4 * 2 * 2 * 8 * (8 + 1));
}

TEST(ReadingSession, AMillionTokensTakeNoMoreRoomThanTenThousand) {
    constexpr std::int64_t kLong = 512;
    HandShape shape;
    shape.contextTokens = kLong;
    shape.width = shape.feedForward = 16;
    shape.heads = 2;
    shape.kvHeads = 1;
    const auto model = handModel(70, Dtype::Float32, shape);
    const auto ids = randomIds(71, 8 * kLong);
    const auto resident = [] {
        std::ifstream file("/proc/self/statm");
        std::int64_t total = 0, pages = 0;
        file >> total >> pages;
        return pages * sysconf(_SC_PAGESIZE);
    };
    setThreads(1);
    ReadingSession session(model, Mode::InfiniLinear, kLong, 8 * kLong);
    const auto readTo = [&](std::int64_t tokens) {
        while (session.state().tokens < tokens) {
            session.push(ids);
        }
    };
    SnapshotHeader header;
    header.mode = "infini-linear";
    header.segmentTokens = kLong;
    readTo(12'288);
    const std::int64_t before = resident(), state = session.state().bytes();
    const std::size_t stored = saveSnapshot(*model, header, session.state()).size();
    readTo(1 << 20);
    setThreads(0);
    EXPECT_LT(resident() - before, 4 << 20);
    EXPECT_EQ(session.state().bytes(), state);
    EXPECT_EQ(saveSnapshot(*model, header, session.state()).size(), stored);
    EXPECT_EQ(session.state().memory.tokens, 1 << 20);
}

namespace {

/// Wide enough for the kernels, which smaller heads and shorter segments pass by.
HandShape kernelShape() {
    HandShape shape;
    shape.width = 64;
    shape.headWidth = 32;
    shape.feedForward = 96;
    shape.hasBias = true;
    return shape;
}

} // namespace

TEST(ReadingSession, TheKernelsEqualTheOracle) {
    const auto model = handModel(40, Dtype::Float32, kernelShape());
    const Oracle oracle(*model);
    const auto ids = randomIds(41, 4 * 32);
    const OracleMemory expected = oracle.read(ids, 32);
    const ReadingState state = read(model, ids, 1000, Mode::InfiniLinear, 32);
    for (std::size_t i = 0; i < expected.M.size(); ++i) {
        EXPECT_LT(relativeDifference(state.memory.M[i], expected.M[i]), kFloatTolerance);
        EXPECT_LT(relativeDifference(state.memory.z[i], expected.z[i]), kFloatTolerance);
    }
}

class Stepwise : public testing::TestWithParam<HandShape> {};

INSTANTIATE_TEST_SUITE_P(Shapes, Stepwise, testing::Values(HandShape{}, kernelShape()));

TEST_P(Stepwise, EqualsTheFullForwardAtEveryToken) {
    const auto model = handModel(20, Dtype::Float32, GetParam());
    const Oracle oracle(*model);
    const auto book = randomIds(21, 3 * kSegment + 5), question = randomIds(22, 12);
    const ReadingState state = read(model, book);
    std::vector<std::int32_t> window = state.pending;
    window.insert(window.end(), question.begin(), question.end());
    const auto expected = oracle.logProbabilities(window, oracle.read(book, kSegment));
    const std::span<const double> tail(expected.data() + 4, 12);

    AnswerSession whole(model, Mode::InfiniLinear, state);
    EXPECT_LT(relativeDifference(wide(whole.logProbabilities(question)), tail), kFloatTolerance);

    AnswerSession steps(model, Mode::InfiniLinear, state);
    std::vector<double> stepwise;
    for (const std::int32_t id : question) {
        stepwise.push_back(steps.logProbabilities({&id, 1}).front());
        steps.feed({&id, 1});
    }
    EXPECT_LT(relativeDifference(stepwise, tail), kFloatTolerance);
    EXPECT_EQ(steps.room(), 96 - 17);

    AnswerSession chunks(model, Mode::InfiniLinear, state);
    chunks.feed(std::span(question).first(5));
    EXPECT_LT(relativeDifference(wide(chunks.logProbabilities(std::span(question).subspan(5))),
                                 tail.subspan(5)),
              kFloatTolerance);

    // The mutant that loses the memory while answering.
    AnswerSession lost(model, Mode::InfiniLinear, state, AnswerSession::MemoryUse::Zeroed);
    EXPECT_GT(relativeDifference(wide(lost.logProbabilities(question)), tail), 1e-3);
}

TEST(AnswerSession, RoundedWeightsStayNearTheOracle) {
    const auto model = handModel(23, Dtype::BFloat16);
    const Oracle oracle(*model);
    const auto book = randomIds(24, 2 * kSegment + 3), question = randomIds(25, 12);
    std::vector<std::int32_t> window(book.end() - 3, book.end());
    window.insert(window.end(), question.begin(), question.end());
    const auto expected = oracle.logProbabilities(window, oracle.read(book, kSegment));
    AnswerSession session(model, Mode::InfiniLinear, read(model, book));
    EXPECT_LT(relativeDifference(wide(session.logProbabilities(question)),
                                 std::span(expected).subspan(2)),
              kHalfTolerance);
}

TEST(ReadingSession, Int8LeavesTheBitsOfItsValuesInBf16) {
    constexpr std::int64_t N = 16; // more rows than are read as they lie
    const auto int8 = handModel(60, Dtype::Int8, kernelShape());
    const auto ids = randomIds(61, 3 * N + 5);
    for (const Mode mode : {Mode::InfiniLinear, Mode::Xl}) {
        const ReadingState state = read(int8, ids, 1000, mode, N);
        EXPECT_TRUE(sameBits(state, read(widened(*int8), ids, 1000, mode, N)));
        EXPECT_FALSE(sameBits(
            state, read(handModel(60, Dtype::BFloat16, kernelShape()), ids, 1000, mode, N)));
    }
}

TEST(AnswerSession, Int8IsItsValuesWithinRounding) {
    const auto int8 = handModel(62, Dtype::Int8, kernelShape());
    const auto plain = widened(*int8);
    const auto book = randomIds(63, 3 * 16 + 5), question = randomIds(64, 12);
    const auto stepwise = [&](const std::shared_ptr<const Model>& model, Mode mode) {
        AnswerSession session(model, mode, read(plain, book, 1000, mode, 16));
        std::vector<double> logs;
        for (const std::int32_t id : question) {
            logs.push_back(session.logProbabilities({&id, 1}).front());
            session.feed({&id, 1});
        }
        return logs;
    };
    // A mode for which layers run one after another is among them.
    for (const Mode mode : {Mode::InfiniLinear, Mode::Xl, Mode::Knn}) {
        const std::vector<double> expected = stepwise(plain, mode);
        EXPECT_LT(relativeDifference(stepwise(int8, mode), expected), kHalfTolerance);
        auto mutant = std::make_shared<Model>(*int8);
        auto weights = std::make_shared<Weights>(*int8->weights);
        weights->layers[0].down.groups = weights->layers[0].down.groups.mul(8);
        mutant->weights = weights;
        EXPECT_GT(relativeDifference(stepwise(mutant, mode), expected), 2 * kHalfTolerance);
    }
    std::vector<std::int32_t> window(book.end() - 5, book.end());
    window.insert(window.end(), question.begin(), question.end());
    const Oracle oracle(*int8);
    const auto exact = oracle.logProbabilities(window, oracle.read(book, 16));
    EXPECT_LT(relativeDifference(stepwise(int8, Mode::InfiniLinear), std::span(exact).subspan(4)),
              kHalfTolerance);
}

TEST(AnswerSession, WindowsOfAnyLengthGiveTheSameNumbers) {
    // Longer than one chunk of rows, so that several passes fill the window.
    HandShape shape;
    shape.contextTokens = 2600;
    shape.layers = 1;
    shape.lastMemory = 0;
    const auto model = handModel(26, Dtype::Float32, shape);
    const Oracle oracle(*model);
    const auto ids = randomIds(27, 1300);
    const auto expected = oracle.logProbabilities(ids, oracle.emptyMemory());
    AnswerSession session(model, Mode::InfiniLinear, {});
    session.feed(std::span(ids).first(1));
    EXPECT_LT(
        relativeDifference(wide(session.logProbabilities(std::span(ids).subspan(1))), expected),
        kFloatTolerance);
    session.feed(std::span(ids).subspan(1, 1199));
    EXPECT_LT(relativeDifference(wide(session.logProbabilities(std::span(ids).subspan(1200))),
                                 std::span(expected).subspan(1199)),
              kFloatTolerance);
}

TEST(AnswerSession, ZeroedMemoryIsLocal) {
    const auto model = handModel(28, Dtype::BFloat16);
    const auto book = randomIds(29, 2 * kSegment + 3), question = randomIds(30, 9);
    AnswerSession zeroed(model, Mode::InfiniLinear, read(model, book),
                         AnswerSession::MemoryUse::Zeroed);
    AnswerSession local(model, Mode::Local, read(model, book, 1000, Mode::Local));
    const auto expected = local.logProbabilities(question);
    EXPECT_EQ(zeroed.logProbabilities(question), expected);
    const auto closed = withBeta(*model, -std::numeric_limits<float>::infinity());
    AnswerSession shut(closed, Mode::InfiniLinear, read(model, book));
    EXPECT_EQ(shut.logProbabilities(question), expected);
    AnswerSession loaded(model, Mode::InfiniLinear, read(model, book));
    EXPECT_NE(loaded.logProbabilities(question), expected);
}

TEST(AnswerSession, AsksLeaveStateAndWindowAlone) {
    const auto model = handModel(31, Dtype::BFloat16);
    const ReadingState state = read(model, randomIds(32, 3 * kSegment + 2));
    const Memory before = state.memory.clone();
    const auto question = randomIds(33, 9), other = randomIds(34, 5);
    const auto ask = [&] {
        AnswerSession session(model, Mode::InfiniLinear, state);
        session.feed(question);
        GenerateOptions options;
        options.maxTokens = 20;
        return session.generate(options, {});
    };
    const Generated first = ask();
    EXPECT_EQ(ask().ids, first.ids);
    EXPECT_TRUE(sameBits(state.memory, before));

    AnswerSession session(model, Mode::InfiniLinear, state);
    session.feed(question);
    const auto expected = session.logProbabilities(other);
    EXPECT_EQ(session.logProbabilities(question).size(), question.size());
    EXPECT_EQ(session.logProbabilities(other), expected);
    EXPECT_TRUE(session.logProbabilities({}).empty());
}

TEST(AnswerSession, GeneratesTheMostProbableTokens) {
    const auto model = handModel(35, Dtype::Float32);
    const Oracle oracle(*model);
    std::vector<std::int32_t> window = randomIds(36, 9);
    AnswerSession session(model, Mode::InfiniLinear, {});
    session.feed(window);
    GenerateOptions options;
    options.maxTokens = 12;
    std::string heard;
    const Generated result = session.generate(options, [&](std::string_view text) {
        heard += text;
        return true;
    });
    OracleMemory none = oracle.emptyMemory();
    for (const std::int32_t id : result.ids) {
        const auto logits = oracle.run(window, none, false);
        const auto last = logits.end() - 61;
        EXPECT_EQ(id, std::max_element(last, logits.end()) - last);
        window.push_back(id);
    }
    EXPECT_EQ(heard, result.text);
    EXPECT_EQ(result.text, model->tokenizer->decode(result.ids));
    EXPECT_EQ(session.room(), 96 - static_cast<std::int64_t>(window.size()));
    if (result.end == Generated::End::MaxTokens) {
        EXPECT_EQ(result.ids.size(), 12u);
    } else {
        const auto logits = oracle.run(window, none, false);
        const auto last = logits.end() - 61;
        EXPECT_EQ(std::max_element(last, logits.end()) - last, 2) << "not at the stop token";
    }
}

TEST(AnswerSession, EndsAtTheStopTokenTheLimitTheWindowOrOnDemand) {
    const auto model = handModel(37, Dtype::Float32);
    // With a head that wants one token only, the end is known.
    const auto wanting = [&](std::int32_t id) {
        auto weights = std::make_shared<Weights>(*model->weights);
        // Every residual row is 1, so its normed row is outputNorm, whose product with itself is
        // positive; all others are 0.
        weights->embedding = {at::full_like(weights->embedding.values, 1.0)};
        for (LayerWeights& layer : weights->layers) {
            layer.output = {at::full_like(layer.output.values, 0.0)};
            layer.down = {at::full_like(layer.down.values, 0.0)};
        }
        weights->head = {at::full_like(weights->head.values, 0.0)};
        weights->head.values.select(0, id).copy_(weights->outputNorm);
        auto changed = std::make_shared<Model>(*model);
        changed->weights = weights;
        return changed;
    };
    const auto run = [&](std::int32_t id, int most, std::size_t fed, bool isHeard) {
        AnswerSession session(wanting(id), Mode::InfiniLinear, {});
        session.feed(randomIds(38, fed));
        GenerateOptions options;
        options.maxTokens = most;
        return session.generate(options, [&](std::string_view) { return isHeard; });
    };
    EXPECT_EQ(run(2, 10, 5, true).end, Generated::End::StopToken);
    EXPECT_TRUE(run(2, 10, 5, true).ids.empty());
    EXPECT_EQ(run(7, 10, 5, true).end, Generated::End::MaxTokens);
    EXPECT_EQ(run(7, 10, 5, true).ids, std::vector<std::int32_t>(10, 7));
    EXPECT_EQ(run(7, 10, 90, true).end, Generated::End::WindowFull);
    EXPECT_EQ(run(7, 10, 90, true).ids.size(), 6u);
    EXPECT_EQ(run(7, 10, 5, false).end, Generated::End::Cancelled);
    EXPECT_EQ(run(7, 10, 5, false).ids.size(), 1u);
}

TEST(AnswerSession, ASeedDrawsTheSameTokensAgain) {
    const auto model = handModel(39, Dtype::Float32);
    const auto draw = [&](std::uint64_t seed) {
        AnswerSession session(model, Mode::InfiniLinear, {});
        session.feed(randomIds(40, 5));
        GenerateOptions options;
        options.maxTokens = 30;
        options.seed = seed;
        options.temperature = 3;
        return session.generate(options, {}).ids;
    };
    EXPECT_EQ(draw(1), draw(1));
    EXPECT_NE(draw(1), draw(2));
}

TEST(GenerateTogether, GivesEachWindowWhatItGetsAlone) {
    for (const HandShape& shape : {HandShape{}, kernelShape()}) {
        const auto model = handModel(50, Dtype::BFloat16, shape);
        const ReadingState state = read(model, randomIds(51, 5 * kSegment + 3));
        constexpr std::size_t kWindows = 11; // more than one step takes
        const auto asked = [&](std::size_t i) {
            AnswerSession session(model, Mode::InfiniLinear, state);
            session.feed(randomIds(60 + i, 3 + 5 * i));
            return session;
        };
        std::vector<AnswerSession> sessions;
        std::vector<AnswerSession*> pointers;
        std::vector<GenerateOptions> options(kWindows);
        std::vector<std::string> heard(kWindows);
        for (std::size_t i = 0; i < kWindows; ++i) {
            sessions.push_back(asked(i));
            options[i].maxTokens = 4 + 3 * static_cast<int>(i);
            if (i % 2 == 1) {
                options[i].seed = i;
            }
        }
        for (AnswerSession& session : sessions) {
            pointers.push_back(&session);
        }
        const auto together =
            generateTogether(pointers, options, [&](std::size_t i, std::string_view text) {
                heard[i] += text;
                return i != 4; // the fifth is stopped by its reader
            });
        ASSERT_EQ(together.size(), kWindows);
        for (std::size_t i = 0; i < kWindows; ++i) {
            AnswerSession alone = asked(i);
            const Generated expected =
                alone.generate(options[i], [&](std::string_view) { return i != 4; });
            EXPECT_EQ(together[i].ids, expected.ids) << i;
            EXPECT_EQ(together[i].text, expected.text) << i;
            EXPECT_EQ(together[i].end, expected.end) << i;
            EXPECT_EQ(heard[i], expected.text) << i;
            EXPECT_EQ(sessions[i].room(), alone.room()) << i;
        }
    }
}

TEST(GenerateTogether, RefusesDifferentMemories) {
    const auto model = handModel(52, Dtype::Float32);
    AnswerSession one(model, Mode::InfiniLinear, read(model, randomIds(53, 2 * kSegment)));
    AnswerSession other(model, Mode::InfiniLinear, read(model, randomIds(54, 2 * kSegment)));
    one.feed(randomIds(55, 3));
    other.feed(randomIds(55, 3));
    std::vector<AnswerSession*> both{&one, &other};
    const std::vector<GenerateOptions> options(2);
    expectError([&] { generateTogether(both, options, {}); }, engine::Code::WrongUse,
                {"different memories"});
    EXPECT_TRUE(generateTogether({}, {}, {}).empty());
}

TEST(AnswerSession, RefusesWhatDoesNotFitOrHasNoContext) {
    const auto model = handModel(41, Dtype::Float32);
    AnswerSession session(model, Mode::InfiniLinear, {});
    expectError([&] { session.generate({}, {}); }, engine::Code::WrongUse, {"empty window"});
    expectError([&] { std::ignore = session.logProbabilities(randomIds(1, 2)); },
                engine::Code::WrongUse, {"empty window"});
    session.feed(randomIds(42, 90));
    EXPECT_EQ(session.room(), 6);
    expectError([&] { session.feed(randomIds(43, 7)); }, engine::Code::DoesNotFit,
                {"96", "90", "7"});
    expectError([&] { std::ignore = session.logProbabilities(randomIds(44, 7)); },
                engine::Code::DoesNotFit, {"96", "90", "7"});
    session.feed(randomIds(45, 6));
    EXPECT_EQ(session.room(), 0);
}

TEST(ScoreContinuation, GivesWhatTheOracleGives) {
    const auto model = handModel(46, Dtype::Float32);
    const Oracle oracle(*model);
    const auto continuation = randomIds(47, 4);
    std::vector<std::vector<std::int32_t>> prefixes;
    for (const std::size_t length : {1, 5, 40, 92, 17}) {
        prefixes.push_back(randomIds(48 + length, length));
    }
    const auto scores = scoreContinuation(*model, prefixes, continuation);
    ASSERT_EQ(scores.size(), prefixes.size());
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
        auto ids = prefixes[i];
        ids.insert(ids.end(), continuation.begin(), continuation.end());
        const auto logs = oracle.logProbabilities(ids, oracle.emptyMemory());
        ASSERT_EQ(scores[i].size(), continuation.size());
        for (std::size_t k = 0; k < continuation.size(); ++k) {
            const double expected = logs[logs.size() - continuation.size() + k];
            EXPECT_NEAR(scores[i][k], expected, std::abs(expected) * kFloatTolerance) << i;
        }
    }
    EXPECT_EQ(scoreContinuation(*model, prefixes, {}), std::vector<std::vector<float>>(5));
    EXPECT_TRUE(scoreContinuation(*model, {}, continuation).empty());
}

TEST(ScoreContinuation, TakesMorePrefixesThanOnePassHolds) {
    HandShape shape;
    shape.layers = 1;
    shape.lastMemory = 0;
    shape.contextTokens = 2000;
    const auto model = handModel(50, Dtype::Float32, shape);
    const auto continuation = randomIds(51, 2);
    std::vector<std::vector<std::int32_t>> prefixes;
    for (std::uint64_t i = 0; i < 7; ++i) {
        prefixes.push_back(randomIds(60 + i, 900));
    }
    const auto together = scoreContinuation(*model, prefixes, continuation);
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
        const auto alone = scoreContinuation(*model, {prefixes[i]}, continuation).front();
        for (std::size_t k = 0; k < continuation.size(); ++k) {
            EXPECT_NEAR(together[i][k], alone[k], 1e-3);
        }
    }
}

TEST(ScoreContinuation, RefusesEmptyAndTooLongPrefixes) {
    const auto model = handModel(52, Dtype::Float32);
    expectError([&] { scoreContinuation(*model, {{}}, randomIds(1, 2)); }, engine::Code::WrongUse,
                {"at least one token"});
    expectError([&] { scoreContinuation(*model, {randomIds(2, 95)}, randomIds(1, 2)); },
                engine::Code::DoesNotFit, {"95", "96"});
}

TEST(SetThreads, ReportsTheNumberInForce) {
    EXPECT_GE(setThreads(0), 1);
    EXPECT_EQ(setThreads(1), 1);
    EXPECT_EQ(at::get_num_threads(), 1);
    setThreads(0);
}

class ModelOnDisk : public testing::Test {
protected:
    void SetUp() override {
        path = std::filesystem::temp_directory_path() /
               ("infolio-session-test-" + std::to_string(getpid()) + ".gguf");
        writeTinyModel(path);
    }
    void TearDown() override { std::filesystem::remove(path); }
    std::string path;
};

TEST_F(ModelOnDisk, LoadsReadsAndAnswers) {
    const auto model = Model::load(path, "", Dtype::BFloat16);
    EXPECT_EQ(model->adapter->firstLayer, 1);
    EXPECT_EQ(model->adapter->sha256, "none");
    const auto ids = model->tokenizer->encodeIds("The keeper of the lighthouse had three clocks.");
    const ReadingState state = read(model, ids, 1000, Mode::InfiniLinear, 16);
    EXPECT_GE(state.segments, 1);
    AnswerSession session(model, Mode::InfiniLinear, state);
    session.feed(encodeChat(*model->tokenizer, {{"user", "How many clocks?"}}));
    GenerateOptions options;
    options.maxTokens = 8;
    EXPECT_LE(session.generate(options, {}).ids.size(), 8u);
}

TEST_F(ModelOnDisk, RefusesWhatItCannotUse) {
    expectError([&] { Model::load("", "", Dtype::BFloat16); }, engine::Code::NoModel, {"empty"});
    expectError([&] { Model::load(path + ".gone", "", Dtype::BFloat16); }, engine::Code::NoModel,
                {path + ".gone"});
    expectError([&] { Model::load(path, "trained.safetensors", Dtype::BFloat16); },
                engine::Code::FileMissing, {"trained.safetensors"});
    expectError([&] { Model::load(path, "", Dtype::BFloat16, 1 << 20); }, engine::Code::NoMemory,
                {path, "1 MiB"});
    // What is left for the state tells what the weights were counted as.
    const auto left = [&](Dtype dtype) {
        return Model::load(path, "", dtype, 1 << 30)->stateBytes;
    };
    EXPECT_GT(left(Dtype::Int8), left(Dtype::BFloat16));
    EXPECT_GT(left(Dtype::BFloat16), left(Dtype::Float32));
}
