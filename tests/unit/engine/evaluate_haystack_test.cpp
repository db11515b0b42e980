// Reading many haystacks together against reading each by itself.

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <c10/core/InferenceMode.h>

#include <gtest/gtest.h>

#include <set>

#include "engine/evaluate/haystack.h"
#include "engine/evaluate/window.h"
#include "tests/unit/engine/evaluate_support.h"
#include "tests/unit/model/hand_model.h"

namespace {

using namespace engine;
using namespace engine::evaluate;
using model::Mode;

constexpr std::int64_t kSegment = 16;

tests::HandShape deepShape() {
    tests::HandShape shape;
    shape.layers = 5;
    shape.firstMemory = 1;
    shape.lastMemory = 3;
    return shape;
}

/// What is left of a state when the reader takes it back.
struct Left {
    std::size_t variant;
    std::int64_t segments;
    model::ReadingState state;
};

std::vector<Left> readAll(HaystackReader& reader, const std::vector<Variant>& variants) {
    std::vector<Left> left;
    reader.read(
        variants,
        [&](std::size_t variant, std::int64_t segments, const model::ReadingState& state) {
            left.push_back({variant, segments, state});
            left.back().state.memory = state.memory.clone();
        },
        [](std::int64_t, std::int64_t) { return true; });
    return left;
}

const std::vector<Variant> kVariants = {
    {{}, {2, 7}},                                 // the plain text, two ends
    {{{3, {5, 6, 7}}}, {1, 4, 7}},                // in the first segment
    {{{2 * kSegment + 9, {9, 9, 8, 8}}}, {7}},    // in the middle
    {{{4 * kSegment - 2, {11, 12, 13}}}, {5, 7}}, // over a border
    {{{1, {20}}, {5 * kSegment, {21, 22}}}, {6}}, // two of them
    {{{6 * kSegment + 15, {30}}}, {7}},           // the last token
};

TEST(HaystackReader, LeavesTheBitsOfAReading) {
    for (const auto dtype : {model::Dtype::Float32, model::Dtype::BFloat16}) {
        for (const Mode mode : {Mode::InfiniLinear, Mode::InfiniDelta}) {
            const auto model = tests::handModel(3, dtype, deepShape());
            const auto haystack = tests::randomIds(4, 7 * kSegment + 5);
            HaystackReader reader(model, mode, kSegment, haystack, Method::Stream);
            const std::vector<Left> left = readAll(reader, kVariants);
            std::size_t ends = 0;
            for (const Variant& variant : kVariants)
                ends += variant.ends.size();
            ASSERT_EQ(left.size(), ends);
            for (const Left& one : left) {
                auto ids = edited(haystack, kVariants[one.variant].edits);
                ids.resize(static_cast<std::size_t>(one.segments * kSegment));
                const auto expected = tests::readIds(model, ids, mode, kSegment);
                EXPECT_TRUE(tests::sameBits(one.state.memory, expected.memory))
                    << "variant " << one.variant << " after " << one.segments;
                EXPECT_EQ(one.state.tokens, expected.tokens);
                EXPECT_EQ(one.state.segments, expected.segments);
            }
        }
    }
}

TEST(HaystackReader, AnIncrementIsWhatTheEditsWroteMore) {
    const c10::InferenceMode inference;
    const auto model = tests::handModel(3, model::Dtype::Float32, deepShape());
    const auto haystack = tests::randomIds(4, 7 * kSegment);
    HaystackReader reader(model, Mode::InfiniLinear, kSegment, haystack, Method::Increment);
    const std::vector<Variant> variants = {
        {{{3, {5, 6, 7}}}, {1, 7}}, {{{4 * kSegment - 2, {11, 12, 13}}}, {7}}, {{}, {7}}};
    const std::vector<Left> left = readAll(reader, variants);
    ASSERT_EQ(left.size(), 4U);
    const auto bare = tests::readIds(model, haystack, Mode::InfiniLinear, kSegment);
    for (const Left& one : left) {
        const auto ids = edited(haystack, variants[one.variant].edits);
        const auto read = [&](std::vector<std::int32_t> text, std::int64_t segments) {
            text.resize(static_cast<std::size_t>(segments * kSegment));
            return tests::readIds(model, text, Mode::InfiniLinear, kSegment).memory;
        };
        // Up to the end of its edits a text is read as it is; then the plain one goes on.
        const std::int64_t last = one.variant == 1 ? 5 : 1;
        const model::Memory with = read(ids, last), without = read(haystack, last);
        const model::Memory end = read(haystack, one.segments);
        for (std::size_t i = 0; i < end.M.size(); ++i) {
            const at::Tensor expected =
                one.variant == 2 ? end.M[i] : end.M[i] + (with.M[i] - without.M[i]);
            EXPECT_TRUE(at::allclose(one.state.memory.M[i], expected, 1e-4, 1e-4));
        }
    }
    EXPECT_FALSE(tests::sameBits(left.back().state.memory, left[1].state.memory));
    EXPECT_TRUE(tests::sameBits(left.back().state.memory, bare.memory));
}

/// Each edited segment is read over the plain text's memory and what the edits before it wrote.
TEST(HaystackReader, IncrementsOfSeveralEditsAddUp) {
    const c10::InferenceMode inference;
    const auto model = tests::handModel(3, model::Dtype::Float32, deepShape());
    const auto haystack = tests::randomIds(4, 7 * kSegment);
    HaystackReader reader(model, Mode::InfiniLinear, kSegment, haystack, Method::Increment);
    const std::vector<Variant> variants = {
        {{{3, {5, 6, 7}}, {4 * kSegment - 2, {11, 12, 13}}}, {2, 4, 7}}};
    std::int64_t runs = 0;
    std::vector<model::ReadingState> found;
    reader.read(
        variants,
        [&](std::size_t, std::int64_t, const model::ReadingState& state) {
            found.push_back(state);
            found.back().memory = state.memory.clone();
        },
        [&](std::int64_t, std::int64_t tokens) {
            runs += tokens / kSegment;
            return true;
        });
    EXPECT_EQ(runs, 7 + 3); // the plain text, and the three segments that differ
    const auto segmentOf = [&](const std::vector<std::int32_t>& ids, std::int64_t s) {
        return std::vector<std::int32_t>(ids.begin() + s * kSegment,
                                         ids.begin() + (s + 1) * kSegment);
    };
    const auto other = edited(haystack, variants[0].edits);
    model::ReadingState plain = model::ReadingState::empty(*model, Mode::InfiniLinear, kSegment);
    model::ReadingState own = plain;
    own.memory = plain.memory.clone();
    model::Memory added = plain.memory.clone();
    std::size_t end = 0;
    for (std::int64_t s = 0; s < 7; ++s) {
        const bool isOther = s == 0 || s == 3 || s == 4;
        for (std::size_t i = 0; i < added.M.size(); ++i) {
            own.memory.M[i].copy_(plain.memory.M[i] + added.M[i]);
            own.memory.z[i].copy_(plain.memory.z[i] + added.z[i]);
        }
        const auto goOn = [&](model::ReadingState state, const std::vector<std::int32_t>& ids) {
            state.memory = state.memory.clone();
            model::ReadingSession session(model, Mode::InfiniLinear, kSegment, std::move(state));
            session.push(segmentOf(ids, s));
            model::ReadingState after = session.state();
            after.memory = after.memory.clone();
            return after;
        };
        const model::ReadingState before = plain;
        plain = goOn(before, haystack);
        if (isOther) {
            own = goOn(own, other);
            for (std::size_t i = 0; i < added.M.size(); ++i) {
                added.M[i].copy_(own.memory.M[i] - plain.memory.M[i]);
                added.z[i].copy_(own.memory.z[i] - plain.memory.z[i]);
            }
        }
        if (s + 1 == variants[0].ends[end]) {
            for (std::size_t i = 0; i < added.M.size(); ++i) {
                EXPECT_TRUE(at::allclose(found[end].memory.M[i], plain.memory.M[i] + added.M[i],
                                         1e-4, 1e-4))
                    << s;
            }
            ++end;
        }
    }
    EXPECT_EQ(end, 3U);
}

TEST(HaystackReader, StopsWhenTold) {
    const auto model = tests::handModel(3, model::Dtype::Float32, deepShape());
    const auto haystack = tests::randomIds(4, 7 * kSegment);
    HaystackReader reader(model, Mode::InfiniLinear, kSegment, haystack, Method::Stream);
    int asked = 0, segments = 0;
    const std::vector<Variant> variants = {{{}, {2, 5}}};
    reader.read(
        variants, [&](std::size_t, std::int64_t, const model::ReadingState&) { ++asked; },
        [&](std::int64_t, std::int64_t tokens) {
            EXPECT_EQ(tokens, kSegment);
            return ++segments < 3;
        });
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(segments, 3);
}

TEST(HaystackReader, RefusesWhatItCannotRead) {
    const auto model = tests::handModel(3, model::Dtype::Float32, deepShape());
    const auto haystack = tests::randomIds(4, 3 * kSegment);
    const auto make = [&](Mode mode, Method method) {
        return HaystackReader(model, mode, kSegment, haystack, method);
    };
    EXPECT_EQ(tests::codeOf([&] { make(Mode::Xl, Method::Stream); }), Code::WrongUse);
    EXPECT_EQ(tests::codeOf([&] { make(Mode::InfiniDelta, Method::Increment); }), Code::WrongUse);
    HaystackReader reader = make(Mode::InfiniLinear, Method::Stream);
    EXPECT_EQ(tests::codeOf([&] { readAll(reader, {{{}, {4}}}); }), Code::WrongUse);
}

TEST(StretchPosition, StaysInItsStretchAndCrossesABorderWhereItShould) {
    constexpr std::int64_t N = 64, length = 10;
    Random random(1);
    std::set<std::int64_t> borders;
    for (int i = 0; i < 200; ++i) {
        const std::int64_t at = stretchPosition(100, 260, N, length, true, random);
        EXPECT_GE(at, 100);
        EXPECT_LE(at + length, 260);
        EXPECT_NE(at / N, (at + length - 1) / N);
        borders.insert((at + length - 1) / N);
    }
    EXPECT_EQ(borders, (std::set<std::int64_t>{2, 3, 4})); // 128, 192, and 256 with its last four
    std::set<std::int64_t> places;
    for (int i = 0; i < 2'000; ++i)
        places.insert(stretchPosition(70, 90, N, length, true, random)); // no border inside
    EXPECT_EQ(*places.begin(), 70);
    EXPECT_EQ(*places.rbegin(), 80);
    EXPECT_EQ(places.size(), 11u);
    EXPECT_EQ(stretchPosition(64, 74, N, length, false, random), 64);
}

TEST(NeedlePosition, StaysInItsSegmentOrCrossesItsBorder) {
    for (int i = 0; i < 200; ++i) {
        Random random(static_cast<std::uint64_t>(i));
        for (const int depth : {0, 25, 50, 75, 100}) {
            const std::int64_t segment = std::min(8 * depth / 100, 7);
            const std::int64_t whole = needlePosition(8, kSegment, 0, depth, 6, false, random);
            EXPECT_GE(whole, segment * kSegment);
            EXPECT_LE(whole + 6, (segment + 1) * kSegment);
            const std::int64_t cut = needlePosition(8, kSegment, 0, depth, 6, true, random);
            const std::int64_t border = (depth == 100 ? 7 : segment + 1) * kSegment;
            EXPECT_LT(cut, border);
            EXPECT_GT(cut + 6, border);
        }
        EXPECT_LE(needlePosition(1, kSegment, 0, 50, kSegment, true, random), 0);
    }
    Random random(1);
    EXPECT_EQ(tests::codeOf([&] { needlePosition(8, 4, 0, 0, 5, false, random); }), Code::WrongUse);
}

TEST(NeedlePosition, LeavesTheBeginTokenOfAText) {
    Random random(1);
    std::set<std::int64_t> places;
    for (int i = 0; i < 500; ++i) {
        places.insert(needlePosition(8, kSegment, 1, 0, 6, false, random));
        EXPECT_GT(needlePosition(8, kSegment, 1, 0, kSegment - 1, true, random), 0);
    }
    EXPECT_EQ(*places.begin(), 1);
    EXPECT_EQ(*places.rbegin(), kSegment - 6);
    EXPECT_EQ(places.size(), 10U);
    EXPECT_EQ(tests::codeOf([&] { needlePosition(8, kSegment, 1, 0, kSegment, false, random); }),
              Code::WrongUse);
    // Other segments hold no such token.
    Random one(3), other(3);
    EXPECT_EQ(needlePosition(8, kSegment, 1, 50, 6, false, one),
              needlePosition(8, kSegment, 0, 50, 6, false, other));
}

TEST(Edited, KeepsEveryOtherToken) {
    const std::vector<std::int32_t> ids{3, 4, 5, 6, 7};
    const std::vector<Edit> edits{{1, {9, 9}}, {4, {8, 8}}};
    EXPECT_EQ(edited(ids, edits), (std::vector<std::int32_t>{3, 9, 9, 6, 8}));
}

TEST(WindowTest, ScoresAsAnAnswerDoes) {
    const auto model = tests::handModel(3, model::Dtype::Float32, deepShape());
    const auto ids = tests::randomIds(4, 3 * kSegment);
    const std::vector<std::int32_t> prompt{5, 6, 7}, answer{8, 9, 10};
    for (const Mode mode : {Mode::InfiniLinear, Mode::Local, Mode::Xl, Mode::Knn}) {
        const auto state = tests::readIds(model, ids, mode, kSegment);
        model::AnswerSession session(model, mode, state);
        session.feed(prompt);
        const auto expected = session.logProbabilities(answer);
        Window window(model, mode, state);
        const Scored scored = window.score(prompt, answer);
        ASSERT_EQ(scored.nats.size(), 3U);
        for (std::size_t i = 0; i < 3; ++i)
            EXPECT_NEAR(scored.nats[i], expected[i], 1e-4) << model::nameOf(mode);
        // The same with the prompt in the window, twice: scoring leaves no trace.
        window.feed(prompt);
        EXPECT_EQ(window.score({}, answer).nats.size(), 3U);
        const Scored again = window.score({}, answer);
        for (std::size_t i = 0; i < 3; ++i)
            EXPECT_NEAR(again.nats[i], expected[i], 1e-4);
        // What a greedy answer begins with is the likeliest token.
        model::GenerateOptions options;
        options.maxTokens = 1;
        const auto greedy = session.generate(options, {}).ids;
        if (!greedy.empty()) {
            EXPECT_EQ(window.score({}, greedy).isLikely.front(), 1);
            const std::vector<std::int32_t> wrong{greedy.front() == 5 ? 6 : 5};
            EXPECT_EQ(window.score({}, wrong).isLikely.front(), 0);
        }
    }
}

TEST(WindowTest, RefusesWhatItCannotScore) {
    const auto model = tests::handModel(3, model::Dtype::Float32, deepShape());
    Window window(model, Mode::Local, {});
    const std::vector<std::int32_t> one{5};
    EXPECT_TRUE(window.score(one, {}).nats.empty());
    EXPECT_EQ(tests::codeOf([&] { window.score({}, one); }), Code::WrongUse);
    const auto many = tests::randomIds(4, 97);
    EXPECT_EQ(tests::codeOf([&] { window.feed(many); }), Code::DoesNotFit);
}

} // namespace
