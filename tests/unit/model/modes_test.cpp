/// Every mode of reading against the oracle, against each other, and however it is read: in any
/// pushes, layer by layer over many segments, several documents at once.

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/error.h"
#include "engine/model/controls.h"
#include "engine/model/session.h"
#include "tests/support/expect_error.h"
#include "tests/unit/model/reading_checks.h"

using namespace engine::model;
using namespace tests;

namespace {

constexpr std::int64_t kSegment = 8;
constexpr double kFloatTolerance = 2e-5;
constexpr double kHalfTolerance = 2e-2;
constexpr Mode kModes[] = {Mode::InfiniLinear, Mode::InfiniDelta, Mode::Local, Mode::Xl,
                           Mode::Compressive,  Mode::Knn,         Mode::Full};

/// Four layers, three query heads a KV head, memory in the middle, where the neighbours are too.
HandShape shape() {
    HandShape shape;
    shape.layers = 4;
    shape.heads = 6;
    shape.firstMemory = 1;
    shape.lastMemory = 2;
    return shape;
}

/// (1, G, S, d) as the oracle's rows of G·d.
std::vector<double> rowsOf(const at::Tensor& tensor) {
    return valuesOf(tensor.select(0, 0).transpose(0, 1));
}

double stateDifference(const ReadingState& state, const OracleMemory& expected) {
    double largest = 0;
    const auto compare = [&](const at::Tensor& found, const std::vector<double>& values) {
        largest = std::max(largest, relativeDifference(found, values));
    };
    for (std::size_t i = 0; i < state.memory.M.size(); ++i) {
        compare(state.memory.M[i], expected.M[i]);
        compare(state.memory.z[i], expected.z[i]);
    }
    const auto compareRows = [&](const at::Tensor& found, const OracleMemory::Rows& rows) {
        largest = std::max(largest, rows.empty() ? static_cast<double>(found.numel())
                                                 : relativeDifference(rowsOf(found), flat(rows)));
    };
    const SegmentCache& cache = state.cache;
    for (std::size_t i = 0; i < cache.keys.size(); ++i) {
        compareRows(cache.keys[i], expected.keys[i]);
        compareRows(cache.values[i], expected.values[i]);
        compareRows(cache.sinkKeys[i], expected.sinkKeys[i]);
        compareRows(cache.sinkValues[i], expected.sinkValues[i]);
        compareRows(cache.pooledKeys[i], expected.pooledKeys[i]);
        compareRows(cache.pooledValues[i], expected.pooledValues[i]);
    }
    return largest;
}

class Modes : public testing::TestWithParam<Mode> {};

} // namespace

TEST_P(Modes, ReadsAndAnswersAsTheOracle) {
    const Mode mode = GetParam();
    const auto book = randomIds(2, 7 * kSegment + 5), question = randomIds(3, 9);
    for (const Dtype dtype : {Dtype::Float32, Dtype::BFloat16}) {
        const auto model = handModel(1, dtype, shape());
        const double tolerance = dtype == Dtype::Float32 ? kFloatTolerance : kHalfTolerance;
        const Oracle oracle(*model, mode);
        for (const std::size_t length : {0, 1, 8, 9, 15, 16, 24, 33, 61}) {
            const auto ids = std::span(book).first(length);
            const ReadingState state = readIds(model, ids, mode, kSegment);
            const OracleMemory expected = oracle.read(ids, kSegment);
            EXPECT_LT(stateDifference(state, expected), tolerance * 2) << length;
            EXPECT_LT(relativeDifference(answered(model, mode, state, question),
                                         expectedAnswer(oracle, expected, state.pending, question)),
                      tolerance * 2)
                << length;
        }
    }
}

TEST_P(Modes, TellsWhetherAWindowShowsText) {
    const Mode mode = GetParam();
    const auto model = handModel(1, Dtype::Float32, shape());
    const auto book = randomIds(2, 3 * kSegment);
    for (const std::size_t length : {0, 1, 8, 9, 24}) {
        const ReadingState state = readIds(model, std::span(book).first(length), mode, kSegment);
        const SegmentCache visible = visibleCache(*model, mode, state);
        EXPECT_EQ(state.showsText(),
                  !state.pending.empty() || (visible.hasLayers() && visible.count(0).total() > 0))
            << length;
    }
}

TEST_P(Modes, DiffersFromEveryOtherMode) {
    const Mode mode = GetParam();
    const auto model = handModel(4, Dtype::Float32, shape());
    const auto book = randomIds(5, 6 * kSegment + 3), question = randomIds(6, 9);
    const ReadingState state = readIds(model, book, mode, kSegment);
    const auto found = answered(model, mode, state, question);
    for (const Mode other : kModes) {
        const Oracle oracle(*model, other);
        const double off = relativeDifference(
            found, expectedAnswer(oracle, oracle.read(book, kSegment), state.pending, question));
        if (other == mode) {
            EXPECT_LT(off, kFloatTolerance);
        } else {
            EXPECT_GT(off, 1e-4) << nameOf(other);
        }
    }
}

TEST_P(Modes, IsTheBaseModelUpToOneSegment) {
    const Mode mode = GetParam();
    for (const Dtype dtype : {Dtype::Float32, Dtype::BFloat16}) {
        const auto model = handModel(7, dtype, shape());
        expectTheBaseModelUpToOneSegment(model, mode, kSegment, randomIds(8, kSegment),
                                         randomIds(9, 5));
    }
}

TEST_P(Modes, ReadsAlikeInAnyPushesAndLayerByLayer) {
    const Mode mode = GetParam();
    const auto model = handModel(10, Dtype::BFloat16, shape());
    const auto book = randomIds(11, 7 * kSegment + 5);
    for (const std::size_t length : {8, 23, 25, 61}) {
        const auto ids = std::span(book).first(length);
        const ReadingState streamed = readIds(model, ids, mode, kSegment);
        for (const std::size_t push : {1, 7, 20, 1000}) {
            for (const std::int64_t chunk : {1, 3, 16}) {
                EXPECT_TRUE(
                    sameBits(readIds(model, ids, mode, kSegment, push, chunk * kSegment), streamed))
                    << length << " in pushes of " << push << ", chunks of " << chunk;
            }
        }
    }
}

TEST_P(Modes, ReadsSeveralDocumentsAlikeAloneAndTogether) {
    const Mode mode = GetParam();
    const auto model = handModel(12, Dtype::BFloat16, shape());
    std::vector<std::vector<std::int32_t>> documents;
    for (std::uint64_t i = 0; i < 8; ++i) {
        documents.push_back(randomIds(20 + i, static_cast<std::size_t>(7 * i + 4)));
    }
    for (const std::int64_t chunk : {1, 3}) {
        expectReadAlikeTogether(model, mode, kSegment, chunk * kSegment, documents);
    }
}

TEST_P(Modes, LeavesTheStateAloneWhileReadingOnAndAnswering) {
    const Mode mode = GetParam();
    const auto model = handModel(13, Dtype::BFloat16, shape());
    const auto book = randomIds(14, 3 * kSegment), question = randomIds(15, 9);
    ReadingSession session(model, mode, kSegment);
    session.push(book);
    session.push(std::span(book).subspan(8));
    const ReadingState kept = session.state();
    const ReadingState again = readIds(model, std::span(book).first(16), mode, kSegment);
    const auto first = answered(model, mode, kept, question);
    session.push(std::span(book).subspan(16));
    EXPECT_EQ(answered(model, mode, kept, question), first);
    EXPECT_TRUE(sameBits(kept, again));
}

TEST_P(Modes, AnswersStepwiseAsInOneGo) {
    const Mode mode = GetParam();
    const auto model = handModel(16, Dtype::Float32, shape());
    const ReadingState state = readIds(model, randomIds(17, 4 * kSegment + 5), mode, kSegment);
    const std::int64_t room =
        expectStepwiseAsInOneGo(model, mode, state, randomIds(18, 12), kFloatTolerance);
    // What is visible before the window takes its share of the positions.
    const std::int64_t visible = mode == Mode::Full                      ? 4 * kSegment
                                 : mode == Mode::Compressive             ? 2 * kSegment + 4
                                 : mode == Mode::Xl || mode == Mode::Knn ? kSegment + 4
                                                                         : 0;
    EXPECT_EQ(room, 96 - 5 - visible);
}

TEST_P(Modes, ChangesOnlyWhatFollowsAChangedToken) {
    const Mode mode = GetParam();
    const auto model = handModel(19, Dtype::Float32, shape());
    const ReadingState state = readIds(model, randomIds(20, 3 * kSegment), mode, kSegment);
    const auto question = randomIds(21, 9);
    const auto before = answered(model, mode, state, question);
    for (std::size_t t = 1; t < 8; ++t) {
        auto changed = question;
        changed[t] = changed[t] == 3 ? 4 : 3;
        const auto after = answered(model, mode, state, changed);
        EXPECT_TRUE(std::equal(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(t - 1),
                               after.begin()))
            << t;
        EXPECT_NE(after.back(), before.back()) << t;
    }
}

TEST_P(Modes, ControlsTakeTheStateAway) {
    const Mode mode = GetParam();
    const auto model = handModel(22, Dtype::Float32, shape());
    const ReadingState state = readIds(model, randomIds(23, 4 * kSegment + 3), mode, kSegment),
                       other = readIds(model, randomIds(24, 3 * kSegment + 1), mode, kSegment);
    const auto prompt = randomIds(25, 4), ids = randomIds(26, 6);
    expectControlsTakeTheStateAway(model, mode, state, other, prompt, ids);
    AnswerSession own(model, mode, stateWithMemoryOf(other, state));
    EXPECT_EQ(own.room(), AnswerSession(model, mode, state).room() + 2);
    EXPECT_TRUE(sameBits(state, readIds(model, randomIds(23, 4 * kSegment + 3), mode, kSegment)));
}

INSTANTIATE_TEST_SUITE_P(All, Modes, testing::ValuesIn(kModes), [](const auto& mode) {
    std::string name = nameOf(mode.param);
    name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
    return name;
});

TEST(NeighbourStore, ForgetsTheOldestAndRoundsWhatItKeeps) {
    const auto model = handModel(30, Dtype::Float32, shape());
    const auto book = randomIds(31, 7 * kSegment), question = randomIds(32, 9);
    ReadingState start = ReadingState::empty(*model, Mode::Knn, kSegment);
    EXPECT_EQ(start.cache.neighbours, 65'536);
    start.cache.neighbours = 44;
    ReadingSession session(model, Mode::Knn, kSegment, start);
    for (std::span<const std::int32_t> rest(book); !rest.empty();) {
        rest = rest.subspan(session.push(rest));
    }
    Oracle oracle(*model, Mode::Knn);
    oracle.storeTokens = 44;
    const OracleMemory expected = oracle.read(book, kSegment);
    const Neighbours& store = session.state().cache.store;
    EXPECT_EQ(store.keys.scalar_type(), at::kBFloat16);
    EXPECT_LT(relativeDifference(rowsOf(store.keys), flat(expected.storeKeys)), 4e-3);
    EXPECT_LT(relativeDifference(rowsOf(store.values), flat(expected.storeValues)), 4e-3);
    EXPECT_LT(relativeDifference(answered(model, Mode::Knn, session.state(), question),
                                 expectedAnswer(oracle, expected, {}, question)),
              kFloatTolerance);
    // The mutant that keeps everything.
    const Oracle all(*model, Mode::Knn);
    EXPECT_GT(relativeDifference(answered(model, Mode::Knn, session.state(), question),
                                 expectedAnswer(all, all.read(book, kSegment), {}, question)),
              1e-4);
}

TEST(NeighbourStore, TheGateIsTheUntrainedOneWhateverTheAdapterHolds) {
    const auto book = randomIds(34, 6 * kSegment), question = randomIds(35, 9);
    const auto answer = [&](const std::shared_ptr<Model>& model) {
        return answered(model, Mode::Knn, readIds(model, book, Mode::Knn, kSegment), question);
    };
    HandShape below = shape();
    below.firstMemory = below.lastMemory = 0;
    for (const HandShape& where : {below, shape()}) {
        const auto model = handModel(33, Dtype::Float32, where);
        const Oracle oracle(*model, Mode::Knn);
        EXPECT_LT(
            relativeDifference(answer(model),
                               expectedAnswer(oracle, oracle.read(book, kSegment), {}, question)),
            kFloatTolerance);
        EXPECT_EQ(answer(withBeta(*model, 3)), answer(model));
        EXPECT_EQ(answer(withAdapter(*model, 36, 16, true)), answer(model));
    }
    Config config;
    for (const auto& [layers, searched] : {std::pair{30, 22}, std::pair{1, 0}, std::pair{2, 1},
                                           std::pair{3, 2}, std::pair{4, 2}, std::pair{32, 23}}) {
        config.layers = layers;
        EXPECT_EQ(neighbourLayer(config), searched) << layers;
    }
}

TEST(Sinks, TheFirstTokensOfATextStayVisibleBeforeAllElse) {
    const auto model = handModel(50, Dtype::Float32, shape());
    const auto book = randomIds(51, 7 * kSegment + 3), question = randomIds(52, 9);
    for (const Mode mode : {Mode::Xl, Mode::Compressive, Mode::Knn}) {
        EXPECT_EQ(ReadingState::empty(*model, mode, kSegment).cache.sinks, kSinkTokens);
        // None, some, a segment, and more than the first segments hold.
        for (const std::size_t sinks : {0, 1, 4, 8, 11, 17}) {
            Oracle oracle(*model, mode);
            oracle.sinks = sinks;
            for (const std::size_t length : {8, 16, 19, 24, 32, 59}) {
                const auto ids = std::span(book).first(length);
                ReadingState start = ReadingState::empty(*model, mode, kSegment);
                start.cache.sinks = static_cast<std::int64_t>(sinks);
                ReadingSession session(model, mode, kSegment, start);
                for (auto rest = ids; !rest.empty();) {
                    rest = rest.subspan(session.push(rest));
                }
                const ReadingState& state = session.state();
                const OracleMemory expected = oracle.read(ids, kSegment);
                EXPECT_LT(stateDifference(state, expected), 2 * kFloatTolerance)
                    << nameOf(mode) << " " << sinks << " " << length;
                EXPECT_LT(
                    relativeDifference(answered(model, mode, state, question),
                                       expectedAnswer(oracle, expected, state.pending, question)),
                    2 * kFloatTolerance)
                    << nameOf(mode) << " " << sinks << " " << length;
                const CacheCount found = state.cache.count(3),
                                 counted = state.cache.countAfter(state.segments, kSegment);
                EXPECT_EQ(found.sinks, counted.sinks) << sinks << " " << length;
                EXPECT_EQ(found.pooled, counted.pooled) << sinks << " " << length;
                EXPECT_EQ(found.window, counted.window) << sinks << " " << length;
                Oracle mutant(*model, mode);
                mutant.sinks = sinks + 1;
                if (length > kSegment * 2 + sinks) {
                    EXPECT_GT(relativeDifference(answered(model, mode, state, question),
                                                 expectedAnswer(mutant, mutant.read(ids, kSegment),
                                                                state.pending, question)),
                              1e-4)
                        << "the mutant that keeps one more passes: " << nameOf(mode) << " " << sinks
                        << " " << length;
                }
            }
        }
    }
    EXPECT_EQ(ReadingState::empty(*model, Mode::Full, kSegment).cache.sinks, 0);
}

TEST(State, HoldsWhatThePapersCount) {
    const auto model = handModel(36, Dtype::BFloat16, shape());
    const std::int64_t L = 4, G = 2, d = 8, N = kSegment;
    const auto bytes = [&](Mode mode, std::size_t segments) {
        return readIds(model, randomIds(37, segments * kSegment), mode, N).bytes();
    };
    const std::int64_t memory = 4 * 2 * G * d * (d + 1), token = 2 * 2 * d * G;
    const std::int64_t sinks = token * kSinkTokens * L; ///< kept beside what the papers count
    for (const std::size_t segments : {6, 10}) {
        EXPECT_EQ(bytes(Mode::InfiniLinear, segments), memory);
        EXPECT_EQ(bytes(Mode::InfiniDelta, segments), memory);
        EXPECT_EQ(bytes(Mode::Local, segments), 0);
        EXPECT_EQ(bytes(Mode::Xl, segments), token * N * L + sinks);
        EXPECT_EQ(bytes(Mode::Compressive, segments), 2 * token * N * L + sinks);
        const auto tokens = static_cast<std::int64_t>(segments) * N;
        EXPECT_EQ(bytes(Mode::Knn, segments), token * N * L + token * tokens + sinks);
        EXPECT_EQ(bytes(Mode::Full, segments), token * tokens * L);
    }
}

TEST(Full, IsRefusedWithFiguresWhereItDoesNotFit) {
    const auto model = handModel(38, Dtype::BFloat16, shape());
    const auto ids = randomIds(39, 97);
    ReadingSession session(model, Mode::Full, kSegment, 12 * kSegment);
    EXPECT_EQ(session.push(std::span(ids).first(96)), 96u);
    expectError([&] { session.push(std::span(ids).subspan(96)); }, engine::Code::DoesNotFit,
                {"97", "96", "infini-linear"});
    EXPECT_EQ(session.state().tokens, 96);
    EXPECT_TRUE(session.state().pending.empty());

    auto small = std::make_shared<Model>(*model);
    small->stateBytes = 64 * 20 * 4;
    ReadingSession tight(small, Mode::Full, kSegment);
    tight.push(ids);
    tight.push(std::span(ids).subspan(8));
    expectError([&] { tight.push(std::span(ids).subspan(16)); }, engine::Code::NoMemory,
                {"24 tokens", std::to_string(64 * 24 * 4), std::to_string(64 * 20 * 4)});
    EXPECT_EQ(tight.state().tokens, 16);
}

TEST(Segments, AreRefusedWhenTheContextDoesNotHoldWhatTheModeShows) {
    const auto model = handModel(40, Dtype::Float32, shape());
    const auto open = [&](Mode mode, std::int64_t N) { ReadingSession(model, mode, N); };
    for (const auto& [mode, most] :
         {std::pair{Mode::Xl, 46}, std::pair{Mode::Knn, 46}, std::pair{Mode::Compressive, 30},
          std::pair{Mode::Full, 96}, std::pair{Mode::InfiniDelta, 96}}) {
        EXPECT_NO_THROW(open(mode, most));
        expectError([&] { open(mode, most + 1); }, engine::Code::WrongUse,
                    {std::to_string(most + 1), std::to_string(most), "96"});
    }
}
