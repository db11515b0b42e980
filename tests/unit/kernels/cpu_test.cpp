/// Every kernel of the CPU's floor on every instruction set that the machine has, against plain
/// loops in double. A kernel may be twice as far from them as plain loops in the same dtype.

#include "engine/kernels/cpu.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "engine/kernels/cpu_decode.h"

using namespace engine::kernels::cpu;

namespace {

std::uint16_t toHalf(float x) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &x, 4);
    return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

float fromHalf(std::uint16_t x) {
    const std::uint32_t bits = static_cast<std::uint32_t>(x) << 16;
    float value = 0;
    std::memcpy(&value, &bits, 4);
    return value;
}

/// Values in the dtype under test, with guard words on both sides.
class Buffer {
public:
    Buffer(Element element, std::size_t count, float fill)
        : m_element(element), m_count(count),
          m_bytes((count + 2 * kGuard) * (element == Element::Float ? 4 : 2)) {
        std::memset(m_bytes.data(), 0x5a, m_bytes.size());
        for (std::size_t i = 0; i < count; ++i) {
            set(i, fill);
        }
    }
    [[nodiscard]] void* data() { return at(0); }
    void set(std::size_t i, float x) {
        if (m_element == Element::Float) {
            std::memcpy(at(i), &x, 4);
        } else {
            const std::uint16_t half = toHalf(x);
            std::memcpy(at(i), &half, 2);
        }
    }
    [[nodiscard]] float operator[](std::size_t i) const {
        float x = 0;
        if (m_element == Element::Float) {
            std::memcpy(&x, at(i), 4);
            return x;
        }
        std::uint16_t half = 0;
        std::memcpy(&half, at(i), 2);
        return fromHalf(half);
    }
    [[nodiscard]] std::size_t size() const { return m_count; }
    [[nodiscard]] bool isGuarded() const {
        const std::size_t bytes = kGuard * (m_element == Element::Float ? 4 : 2);
        const auto isFill = [](unsigned char x) { return x == 0x5a; };
        return std::all_of(m_bytes.begin(), m_bytes.begin() + static_cast<long>(bytes), isFill) &&
               std::all_of(m_bytes.end() - static_cast<long>(bytes), m_bytes.end(), isFill);
    }
    [[nodiscard]] bool sameBits(const Buffer& other) const { return m_bytes == other.m_bytes; }
    [[nodiscard]] Element element() const { return m_element; }

private:
    static constexpr std::size_t kGuard = 64;
    [[nodiscard]] const unsigned char* at(std::size_t i) const {
        return m_bytes.data() + (i + kGuard) * (m_element == Element::Float ? 4 : 2);
    }
    [[nodiscard]] unsigned char* at(std::size_t i) {
        return m_bytes.data() + (i + kGuard) * (m_element == Element::Float ? 4 : 2);
    }
    Element m_element;
    std::size_t m_count;
    std::vector<unsigned char> m_bytes;
};

Buffer randomBuffer(Element element, std::size_t count, unsigned seed, float scale = 1) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal;
    Buffer buffer(element, count, 0);
    for (std::size_t i = 0; i < count; ++i) {
        buffer.set(i, scale * normal(generator));
    }
    return buffer;
}

using Body = void (*)(void* context, std::int64_t task);
using TogetherBody = void (*)(void* context, std::int64_t thread, std::int64_t threads);

void forward(std::int64_t tasks, Body body, void* context) {
    for (std::int64_t i = 0; i < tasks; ++i) {
        body(context, i);
    }
}

void backward(std::int64_t tasks, Body body, void* context) {
    for (std::int64_t i = tasks; i-- > 0;) {
        body(context, i);
    }
}

template <std::int64_t count> void together(TogetherBody body, void* context) {
    std::vector<std::thread> threads;
    for (std::int64_t t = 0; t < count; ++t) {
        threads.emplace_back([=] { body(context, t, count); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

void threaded(std::int64_t tasks, Body body, void* context) {
    std::vector<std::thread> threads;
    for (std::int64_t t = 0; t < 3; ++t) {
        threads.emplace_back([=] {
            for (std::int64_t i = t; i < tasks; i += 3) {
                body(context, i);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

Team teamOf(decltype(&forward) run) {
    return {run, together<1>, std::this_thread::yield};
}

struct Scratch {
    explicit Scratch(std::int64_t words) : bytes(static_cast<std::size_t>(words) * 4 + 64, 0xff) {}
    [[nodiscard]] std::uint32_t* words() {
        void* at = bytes.data();
        std::size_t space = bytes.size();
        return static_cast<std::uint32_t*>(std::align(64, 1, at, space));
    }
    std::vector<unsigned char> bytes; ///< all NaN
};

double phi(double x) {
    return x > 0 ? x + 1 : std::exp(x);
}

template <typename Number> double rms(const Number& found, const std::vector<double>& expected) {
    double error = 0, total = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        error += (found[i] - expected[i]) * (found[i] - expected[i]);
        total += expected[i] * expected[i];
    }
    return std::sqrt(error / total);
}

// ---- Attention

struct Case {
    std::int64_t rows, keys, heads, groups, width, features;
    bool turns, reads, gatesByRow;
};

/// Features of another width than the heads are an adapter's, and fp32 beside any element.
struct AttentionInput {
    AttentionInput(Element type, const Case& c)
        : shape(c), element(type),
          query(randomBuffer(type, static_cast<std::size_t>(c.rows * rowStride()), 1)),
          past(randomBuffer(type, static_cast<std::size_t>(c.keys * rowStride()), 2)),
          features(randomBuffer(c.features == c.width ? type : Element::Float,
                                static_cast<std::size_t>(c.rows * c.heads * c.features), 3, 2)),
          memory(randomBuffer(Element::Float,
                              static_cast<std::size_t>(c.groups * c.features * c.width), 4, 10)),
          norm(randomBuffer(Element::Float, static_cast<std::size_t>(c.groups * c.features), 5,
                            100)),
          gates(randomBuffer(Element::Float, static_cast<std::size_t>(c.rows * c.heads), 6)) {
        for (std::size_t i = 0; i < norm.size(); ++i) {
            norm.set(i, std::abs(norm[i]) + 1);
        }
        for (std::size_t i = 0; i < gates.size(); ++i) {
            gates.set(i, 1 / (1 + std::exp(-gates[i])));
        }
        for (std::int64_t t = 0; t < c.keys; ++t) {
            for (std::int64_t i = 0; i < c.width / 2; ++i) {
                cosines.push_back(static_cast<float>(std::cos(angle(t, i))));
                sines.push_back(static_cast<float>(std::sin(angle(t, i))));
            }
        }
    }
    [[nodiscard]] std::int64_t rowStride() const {
        return (shape.heads + 2 * shape.groups) * shape.width;
    }
    [[nodiscard]] double angle(std::int64_t t, std::int64_t i) const {
        return static_cast<double>(t) *
               std::pow(1e4, -2.0 * static_cast<double>(i) / static_cast<double>(shape.width));
    }
    [[nodiscard]] double scale() const { return 1 / std::sqrt(static_cast<double>(shape.width)); }

    Buffer run(const Table& floor, decltype(&forward) team = forward) {
        Buffer out(element, static_cast<std::size_t>(shape.rows * shape.heads * shape.width),
                   std::numeric_limits<float>::quiet_NaN());
        Attention a{};
        a.element = element;
        a.rows = shape.rows;
        a.keys = shape.keys;
        a.heads = shape.heads;
        a.groups = shape.groups;
        a.width = shape.width;
        const std::int64_t bytes = element == Element::Float ? 4 : 2;
        const auto at = [&](Buffer& buffer, std::int64_t head) {
            return Heads{static_cast<char*>(buffer.data()) + head * shape.width * bytes,
                         rowStride(), shape.width};
        };
        a.query = at(query, 0);
        a.key = at(past, shape.heads);
        a.value = at(past, shape.heads + shape.groups);
        if (shape.turns) {
            const std::int64_t first = (shape.keys - shape.rows) * shape.width / 2;
            a.queryTurn = {cosines.data() + first, sines.data() + first};
            a.keyTurn = {cosines.data(), sines.data()};
        }
        a.scale = static_cast<float>(scale());
        if (shape.reads) {
            a.read = {static_cast<float*>(memory.data()),
                      static_cast<float*>(norm.data()),
                      static_cast<float*>(gates.data()),
                      shape.gatesByRow ? shape.heads : 0,
                      {features.data(), shape.heads * shape.features, shape.features},
                      features.element(),
                      shape.features,
                      1e-10f,
                      nullptr};
        }
        a.out = out.data();
        Scratch scratch(floor.attentionScratch(a));
        a.scratch = scratch.words();
        floor.attention(a, teamOf(team));
        EXPECT_TRUE(out.isGuarded());
        return out;
    }

    /// The definition in Number, rounded to the dtype where infini-attention rounds: turned q and
    /// k, probabilities, φ(q) and M as operands, the result.
    template <typename Number> std::vector<double> plain(std::int64_t groupOfHead = 0) const {
        const auto round = [&](Number x) {
            return std::is_same_v<Number, double> || element == Element::Float
                       ? x
                       : static_cast<Number>(fromHalf(toHalf(static_cast<float>(x))));
        };
        const std::int64_t d = shape.width, f = shape.features, before = shape.keys - shape.rows;
        const auto turned = [&](const Buffer& x, std::int64_t row, std::int64_t head,
                                std::int64_t position, Number factor) {
            std::vector<Number> out(static_cast<std::size_t>(d));
            const std::size_t base = static_cast<std::size_t>(row * rowStride() + head * d);
            for (std::int64_t i = 0; i < d / 2; ++i) {
                const Number a = x[base + static_cast<std::size_t>(i)],
                             b = x[base + static_cast<std::size_t>(i + d / 2)];
                const Number c =
                    shape.turns ? static_cast<Number>(std::cos(angle(position, i))) : 1;
                const Number s =
                    shape.turns ? static_cast<Number>(std::sin(angle(position, i))) : 0;
                out[static_cast<std::size_t>(i)] = round((a * c - b * s) * factor);
                out[static_cast<std::size_t>(i + d / 2)] = round((b * c + a * s) * factor);
            }
            return out;
        };
        std::vector<double> result;
        for (std::int64_t t = 0; t < shape.rows; ++t) {
            for (std::int64_t h = 0; h < shape.heads; ++h) {
                const std::int64_t g =
                    groupOfHead == 0 ? h / (shape.heads / shape.groups) : h % shape.groups;
                const auto q = turned(query, t, h, before + t, static_cast<Number>(scale()));
                std::vector<Number> scores;
                for (std::int64_t s = 0; s <= before + t; ++s) {
                    const auto k = turned(past, s, shape.heads + g, s, 1);
                    scores.push_back(std::inner_product(q.begin(), q.end(), k.begin(), Number{0}));
                }
                const Number most = *std::max_element(scores.begin(), scores.end());
                Number total = 0;
                std::vector<Number> row(static_cast<std::size_t>(d));
                for (std::size_t s = 0; s < scores.size(); ++s) {
                    const Number p = std::exp(scores[s] - most);
                    total += p;
                    for (std::int64_t i = 0; i < d; ++i) {
                        row[static_cast<std::size_t>(i)] +=
                            round(p) * static_cast<Number>(
                                           past[s * static_cast<std::size_t>(rowStride()) +
                                                static_cast<std::size_t>(
                                                    (shape.heads + shape.groups + g) * d + i)]);
                    }
                }
                Number denominator = 0;
                std::vector<Number> read(static_cast<std::size_t>(d));
                for (std::int64_t j = 0; j < f && shape.reads; ++j) {
                    const Number x = round(static_cast<Number>(
                        phi(features[static_cast<std::size_t>((t * shape.heads + h) * f + j)])));
                    denominator +=
                        x * static_cast<Number>(norm[static_cast<std::size_t>(g * f + j)]);
                    for (std::int64_t i = 0; i < d; ++i) {
                        read[static_cast<std::size_t>(i)] +=
                            x * round(static_cast<Number>(
                                    memory[static_cast<std::size_t>((g * f + j) * d + i)]));
                    }
                }
                const Number gate = shape.reads
                                        ? static_cast<Number>(gates[static_cast<std::size_t>(
                                              (shape.gatesByRow ? t * shape.heads : 0) + h)])
                                        : 0;
                for (std::int64_t i = 0; i < d; ++i) {
                    const Number past_ =
                        gate > 0 ? gate * read[static_cast<std::size_t>(i)] / denominator : 0;
                    result.push_back(static_cast<double>(
                        round(past_ + (1 - gate) * row[static_cast<std::size_t>(i)] / total)));
                }
            }
        }
        return result;
    }

    Case shape;
    Element element;
    Buffer query, past, features, memory, norm, gates;
    std::vector<float> cosines, sines;
};

std::vector<Isa> sets() {
    std::vector<Isa> found;
    for (const Isa isa : {Isa::Plain, Isa::Avx2, Isa::Avx512, Isa::Avx512Bf16}) {
        if (tableOf(isa) != nullptr) {
            found.push_back(isa);
        }
    }
    return found;
}

class Floor : public testing::TestWithParam<Isa> {
protected:
    const Table& floor = *tableOf(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Sets, Floor, testing::ValuesIn(sets()),
                         [](const auto& set) { return std::string(tableOf(set.param)->name); });

const std::vector<Case> kCases = {
    {1, 1, 1, 1, 32, 32, true, true, false},      {3, 3, 3, 1, 64, 64, true, true, false},
    {65, 65, 6, 2, 64, 64, true, true, false},    {130, 130, 4, 4, 32, 64, true, true, true},
    {17, 83, 3, 3, 64, 64, true, false, false},   {64, 129, 4, 2, 96, 96, true, true, true},
    {33, 33, 2, 1, 128, 128, false, true, false}, {80, 80, 2, 2, 64, 128, true, true, true},
    {20, 21, 2, 1, 256, 32, false, true, false},
};

TEST_P(Floor, AttentionIsAsCloseToTheDefinitionAsPlainLoops) {
    for (const Element element : {Element::Float, Element::BFloat16}) {
        for (std::size_t i = 0; i < kCases.size(); ++i) {
            AttentionInput input(element, kCases[i]);
            const std::vector<double> exact = input.plain<double>();
            const double plain = rms(input.plain<float>(), exact);
            EXPECT_LE(rms(input.run(floor), exact), 2 * plain)
                << "case " << i << (element == Element::Float ? " fp32" : " bf16");
        }
    }
}

TEST_P(Floor, AttentionSharesKeysAndMemoryByRepeatInterleave) {
    AttentionInput input(Element::Float, kCases[2]);
    EXPECT_GT(rms(input.run(floor), input.plain<double>(1)), 0.05)
        << "heads that take groups 0,1,0,1 pass";
}

TEST_P(Floor, AttentionHasTheSameBitsOnAnyTeam) {
    for (const Element element : {Element::Float, Element::BFloat16}) {
        AttentionInput input(element, kCases[3]);
        const Buffer once = input.run(floor);
        EXPECT_TRUE(once.sameBits(input.run(floor, backward)));
        EXPECT_TRUE(once.sameBits(input.run(floor, threaded)));
    }
}

TEST_P(Floor, RowsBeforeAChangedKeyKeepTheirBits) {
    for (const Element element : {Element::Float, Element::BFloat16}) {
        for (const std::size_t t : {0, 16, 63, 64, 100, 129}) {
            AttentionInput input(element, kCases[3]);
            const Buffer before = input.run(floor);
            const std::size_t row = static_cast<std::size_t>(input.rowStride());
            for (std::size_t i = 4 * 32; i < row; ++i) {
                input.past.set(t * row + i, 3e4f);
            }
            const Buffer after = input.run(floor);
            std::size_t same = 0;
            while (same < before.size() && before[same] == after[same]) {
                ++same;
            }
            EXPECT_EQ(same / (4 * 32), t);
        }
    }
}

TEST_P(Floor, AClosedGateIsLocalAttentionToTheBit) {
    for (const Element element : {Element::Float, Element::BFloat16}) {
        AttentionInput input(element, kCases[1]);
        for (std::size_t i = 0; i < input.gates.size(); ++i) {
            input.gates.set(i, 0);
        }
        const Buffer closed = input.run(floor);
        input.shape.reads = false;
        EXPECT_TRUE(closed.sameBits(input.run(floor)));
    }
}

TEST_P(Floor, AnEmptyMemoryReadsAsZeroNotNan) {
    AttentionInput input(Element::BFloat16, kCases[1]);
    for (std::size_t i = 0; i < input.memory.size(); ++i) {
        input.memory.set(i, 0);
    }
    for (std::size_t i = 0; i < input.norm.size(); ++i) {
        input.norm.set(i, 0);
    }
    const Buffer out = input.run(floor);
    for (std::size_t i = 0; i < out.size(); ++i) {
        ASSERT_TRUE(std::isfinite(out[i])) << i;
    }
}

TEST_P(Floor, NanReachesTheResult) {
    AttentionInput input(Element::Float, kCases[1]);
    input.query.set(0, std::numeric_limits<float>::quiet_NaN());
    EXPECT_TRUE(std::isnan(input.run(floor)[0]));
    AttentionInput features(Element::Float, kCases[1]);
    features.features.set(0, std::numeric_limits<float>::quiet_NaN());
    EXPECT_TRUE(std::isnan(features.run(floor)[0]));
}

// ---- Memory write

struct WriteInput {
    WriteInput(Element type, std::array<std::int64_t, 4> sizes)
        : element(type), rows(sizes[0]), groups(sizes[1]), features(sizes[2]), width(sizes[3]),
          key(randomBuffer(features == width ? type : Element::Float,
                           static_cast<std::size_t>(rows * groups * features), 7, 3)),
          value(randomBuffer(type, static_cast<std::size_t>(rows * groups * width), 8)),
          scales(static_cast<std::size_t>(rows * groups), 1.0f) {}

    /// dM, then dz.
    std::vector<float> run(const Table& floor, decltype(&forward) team = forward) {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        Buffer memory(Element::Float, static_cast<std::size_t>(groups * features * width), nan);
        Buffer norm(Element::Float, static_cast<std::size_t>(groups * features), nan);
        MemoryWrite m{element,
                      key.element(),
                      rows,
                      groups,
                      features,
                      width,
                      {key.data(), groups * features, features},
                      {value.data(), groups * width, width},
                      scales.data(),
                      static_cast<float*>(memory.data()),
                      static_cast<float*>(norm.data()),
                      nullptr};
        Scratch scratch(floor.memoryWriteScratch(m));
        m.scratch = scratch.words();
        floor.memoryWrite(m, teamOf(team));
        EXPECT_TRUE(memory.isGuarded() && norm.isGuarded());
        std::vector<float> out;
        for (std::size_t i = 0; i < memory.size(); ++i) {
            out.push_back(memory[i]);
        }
        for (std::size_t i = 0; i < norm.size(); ++i) {
            out.push_back(norm[i]);
        }
        return out;
    }

    template <typename Number> std::vector<double> plain() const {
        std::vector<Number> out(static_cast<std::size_t>(groups * features * (width + 1)));
        Number* norm = out.data() + groups * features * width;
        for (std::int64_t t = 0; t < rows; ++t) {
            for (std::int64_t g = 0; g < groups; ++g) {
                const Number scale = scales[static_cast<std::size_t>(t * groups + g)];
                for (std::int64_t j = 0; j < features && scale != 0; ++j) {
                    Number x = scale *
                               static_cast<Number>(phi(
                                   key[static_cast<std::size_t>((t * groups + g) * features + j)]));
                    if (!std::is_same_v<Number, double> && element == Element::BFloat16) {
                        x = fromHalf(toHalf(static_cast<float>(x)));
                    }
                    norm[g * features + j] += x;
                    for (std::int64_t i = 0; i < width; ++i) {
                        out[static_cast<std::size_t>((g * features + j) * width + i)] +=
                            x * static_cast<Number>(
                                    value[static_cast<std::size_t>((t * groups + g) * width + i)]);
                    }
                }
            }
        }
        return {out.begin(), out.end()};
    }

    Element element;
    std::int64_t rows, groups, features, width;
    Buffer key, value;
    std::vector<float> scales;
};

TEST_P(Floor, MemoryWriteIsAsCloseToTheDefinitionAsPlainLoops) {
    for (const Element element : {Element::Float, Element::BFloat16}) {
        for (const auto& sizes : std::vector<std::array<std::int64_t, 4>>{{1, 1, 32, 32},
                                                                          {64, 2, 64, 64},
                                                                          {201, 3, 64, 64},
                                                                          {77, 1, 128, 64},
                                                                          {65, 2, 96, 128}}) {
            WriteInput input(element, sizes);
            for (std::size_t i = 0; i < input.scales.size(); ++i) {
                input.scales[i] = i % 5 == 3 ? 0.0f : 1.0f / static_cast<float>(1 + i % 4);
            }
            const auto exact = input.plain<double>();
            EXPECT_LE(rms(input.run(floor), exact), 2 * rms(input.plain<float>(), exact))
                << sizes[0] << " rows";
        }
    }
}

TEST_P(Floor, MemoryWriteHasTheSameBitsOnAnyTeam) {
    WriteInput input(Element::BFloat16, {201, 3, 64, 64});
    const auto once = input.run(floor);
    EXPECT_EQ(once, input.run(floor, backward));
    EXPECT_EQ(once, input.run(floor, threaded));
}

TEST_P(Floor, RowsOfScaleZeroLeaveNoTrace) {
    for (const Element element : {Element::Float, Element::BFloat16}) {
        WriteInput input(element, {100, 2, 64, 64});
        WriteInput shorter(element, {77, 2, 64, 64});
        for (std::size_t i = 0; i < shorter.key.size(); ++i) {
            shorter.key.set(i, input.key[i]);
            shorter.value.set(i, input.value[i]);
        }
        const float nan = std::numeric_limits<float>::quiet_NaN();
        for (std::size_t i = shorter.key.size(); i < input.key.size(); ++i) {
            input.key.set(i, nan);
            input.value.set(i, nan);
            input.scales[i / 64] = 0;
        }
        EXPECT_EQ(input.run(floor), shorter.run(floor));
    }
}

TEST_P(Floor, TheNormIsTheSumOfTheRoundedFeatures) {
    // With V = 1 every column of M is z: to the bit, or A_mem is no weighted mean.
    WriteInput input(Element::BFloat16, {150, 1, 32, 32});
    for (std::size_t i = 0; i < input.value.size(); ++i) {
        input.value.set(i, 1);
    }
    const auto out = input.run(floor);
    for (std::size_t j = 0; j < 32; ++j) {
        EXPECT_EQ(out[j * 32], out[32 * 32 + j]);
    }
}

// ---- Rows

TEST_P(Floor, RmsNormIsAsCloseToTheDefinitionAsPlainLoops) {
    for (const Element element : {Element::Float, Element::BFloat16}) {
        for (const std::size_t width : {5, 64, 576}) {
            const std::size_t rows = 19;
            Buffer x = randomBuffer(Element::Float, rows * width, 9, 4);
            Buffer delta = randomBuffer(element, rows * width, 10);
            Buffer weight = randomBuffer(Element::Float, width, 11);
            Buffer out(element, rows * width, std::numeric_limits<float>::quiet_NaN());
            std::vector<double> exact, sums;
            for (std::size_t t = 0; t < rows; ++t) {
                double squares = 0;
                for (std::size_t i = 0; i < width; ++i) {
                    sums.push_back(x[t * width + i] + delta[t * width + i]);
                    squares += sums.back() * sums.back();
                }
                for (std::size_t i = 0; i < width; ++i) {
                    exact.push_back(sums[t * width + i] /
                                    std::sqrt(squares / static_cast<double>(width) + 1e-2) *
                                    weight[i]);
                }
            }
            const RmsNorm norm{element,
                               static_cast<std::int64_t>(rows),
                               static_cast<std::int64_t>(width),
                               static_cast<float*>(x.data()),
                               delta.data(),
                               static_cast<float*>(weight.data()),
                               1e-2f,
                               out.data()};
            floor.rmsNorm(norm, teamOf(backward));
            EXPECT_LT(rms(x, sums), 1e-7);
            EXPECT_LT(rms(out, exact), element == Element::Float ? 2e-7 : 2.5e-3);
            EXPECT_TRUE(x.isGuarded() && out.isGuarded());
        }
    }
}

TEST_P(Floor, SiluMultiplyIsAsCloseToTheDefinitionAsPlainLoops) {
    for (const Element element : {Element::Float, Element::BFloat16}) {
        const std::size_t rows = 18, width = 37;
        Buffer gateUp = randomBuffer(element, rows * 2 * width, 12, 8);
        gateUp.set(0, -200);
        gateUp.set(1, 200);
        gateUp.set(2, 0);
        Buffer out(element, rows * width, std::numeric_limits<float>::quiet_NaN());
        std::vector<double> exact;
        for (std::size_t t = 0; t < rows; ++t) {
            for (std::size_t i = 0; i < width; ++i) {
                const double gate = gateUp[t * 2 * width + i], up = gateUp[(t * 2 + 1) * width + i];
                exact.push_back(gate / (1 + std::exp(-gate)) * up);
            }
        }
        floor.siluMultiply({element, static_cast<std::int64_t>(rows),
                            static_cast<std::int64_t>(width), gateUp.data(), out.data()},
                           teamOf(forward));
        EXPECT_LT(rms(out, exact), element == Element::Float ? 2e-7 : 2.5e-3);
        EXPECT_TRUE(out.isGuarded());
    }
}

// ---- Decoding: what it computes is decode_test's matter

struct DecodeInput {
    static constexpr std::int64_t B = 3, E = 64, H = 4, G = 2, d = 32, F = 96, kCapacity = 200;

    explicit DecodeInput(Element type) : element(type) {
        for (unsigned i = 0; i < 2; ++i) {
            const auto add = [&](std::int64_t count, unsigned seed, float scale) {
                buffers.push_back(
                    randomBuffer(type, static_cast<std::size_t>(count), 20 * i + seed, scale));
                return buffers.back().data();
            };
            const auto addFloats = [&](std::int64_t count, unsigned seed) {
                buffers.push_back(
                    randomBuffer(Element::Float, static_cast<std::size_t>(count), 20 * i + seed));
                return static_cast<float*>(buffers.back().data());
            };
            DecodeLayer layer{};
            layer.attentionNorm = addFloats(E, 1);
            layer.feedForwardNorm = addFloats(E, 2);
            layer.qkv = {add((H + 2 * G) * d * E, 3, 0.2f), nullptr, (H + 2 * G) * d, E};
            layer.output = {add(E * H * d, 4, 0.1f), nullptr, E, H * d};
            layer.gateUp = {add(2 * F * E, 5, 0.2f), nullptr, 2 * F, E};
            layer.down = {add(E * F, 6, 0.1f), nullptr, E, F};
            layers.push_back(layer);
            for (std::int64_t b = 0; b < B; ++b) {
                const unsigned seed = 7 + 2 * static_cast<unsigned>(b);
                caches.push_back({add(G * kCapacity * d, seed, 1),
                                  add(G * kCapacity * d, seed + 1, 1), kCapacity});
            }
        }
        x = randomBuffer(Element::Float, B * E, 50);
    }

    Buffer run(const Table& floor, decltype(&together<1>) team) {
        Buffer rows = x;
        const std::vector<std::int64_t> positions{0, 130, 199};
        const std::vector<float> cosines(B * d / 2, 0.6f), sines(B * d / 2, 0.8f);
        DecodeStep step{};
        step.element = element;
        step.threads = 5;
        step.sequences = B;
        step.layers = 2;
        step.width = E;
        step.heads = H;
        step.groups = G;
        step.headWidth = d;
        step.feedForward = F;
        step.normEpsilon = 1e-5f;
        step.scale = 0.2f;
        step.layer = layers.data();
        step.caches = caches.data();
        step.positions = positions.data();
        step.cosines = cosines.data();
        step.sines = sines.data();
        step.x = static_cast<float*>(rows.data());
        Scratch scratch(floor.decode.scratch(step));
        step.scratch = scratch.words();
        floor.decode.step(step, {forward, team, std::this_thread::yield});
        for (const Buffer& buffer : buffers) {
            EXPECT_TRUE(buffer.isGuarded());
        }
        return rows;
    }

    Element element;
    std::deque<Buffer> buffers;
    std::vector<DecodeLayer> layers;
    std::vector<Cache> caches;
    Buffer x{Element::Float, 0, 0};
};

TEST_P(Floor, DecodingHasTheSameBitsOnAnyTeam) {
    for (const Element element : {Element::Float, Element::BFloat16}) {
        DecodeInput input(element);
        const Buffer once = input.run(floor, together<1>);
        EXPECT_TRUE(once.isGuarded());
        EXPECT_FALSE(once.sameBits(input.x));
        for (std::size_t i = 0; i < once.size(); ++i) {
            ASSERT_TRUE(std::isfinite(once[i])) << i;
        }
        EXPECT_TRUE(once.sameBits(input.run(floor, together<2>)));
        EXPECT_TRUE(once.sameBits(input.run(floor, together<5>)));
    }
}

TEST_P(Floor, RowProductsOfInt8AreThoseOfTheWidenedWeights) {
    constexpr std::int64_t outputs = 37, inputs = 96;
    std::mt19937 generator(60);
    std::vector<std::int8_t> q(outputs * inputs);
    for (std::int8_t& value : q) {
        value = static_cast<std::int8_t>(static_cast<int>(generator() % 256) - 128);
    }
    // 0.5 and 2^-24, the least there is, and an offset of -1.5, as fp16.
    const std::uint16_t scales[] = {0x3800, 0x0001, 0x3c00};
    const float asFloat[] = {0.5f, 0x1p-24f, 1.0f};
    std::vector<std::uint16_t> groups;
    for (std::int64_t i = 0; i < outputs * inputs / 32; ++i) {
        groups.push_back(scales[i % 3]);
        groups.push_back(0xbe00);
    }
    for (const Element element : {Element::Float, Element::BFloat16}) {
        for (const std::int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8}) {
            Buffer x = randomBuffer(element, static_cast<std::size_t>(rows * inputs), 61);
            Buffer y(Element::Float, static_cast<std::size_t>(rows * outputs),
                     std::numeric_limits<float>::quiet_NaN());
            std::vector<double> exact;
            for (std::int64_t r = 0; r < rows; ++r) {
                for (std::int64_t o = 0; o < outputs; ++o) {
                    double sum = 0;
                    for (std::int64_t i = 0; i < inputs; ++i) {
                        const double w =
                            q[static_cast<std::size_t>(o * inputs + i)] *
                                static_cast<double>(asFloat[(o * inputs + i) / 32 % 3]) -
                            1.5;
                        sum += w * x[static_cast<std::size_t>(r * inputs + i)];
                    }
                    exact.push_back(sum);
                }
            }
            floor.decode.rowProduct({element, rows, x.data(),
                                     Matrix{q.data(), groups.data(), outputs, inputs},
                                     static_cast<float*>(y.data())},
                                    teamOf(backward));
            EXPECT_LT(rms(y, exact), 1e-6) << rows;
            EXPECT_TRUE(y.isGuarded());
        }
    }
}

TEST(FloorTable, IsTheBestOfTheMachineOrTheCapped) {
    const std::vector<Isa> all = sets();
    const char* cap = std::getenv("INFOLIO_ISA");
    Isa expected = all.back();
    for (const Isa isa : all) {
        if (cap != nullptr && std::strcmp(tableOf(isa)->name, cap) == 0) {
            expected = isa;
        }
    }
    EXPECT_EQ(best().isa, expected);
}

} // namespace
