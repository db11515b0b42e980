/// The kernels of cpu.h as templates over an instruction set. Included once by each of the
/// translation units cpu_<set>.cpp, which define the set; nothing here may be shared between them,
/// so everything lies in an unnamed namespace and no header with inline functions is included: the
/// linker keeps one copy of a shared function, and that one could hold another machine's
/// instructions.
///
/// A Set has vectors V of W floats. A Form says what operands of matrix products look like: in
/// words of 32 bits along k, each two bf16 (Half) or one fp32 (Single).

#include "engine/kernels/cpu.h"

namespace engine::kernels::cpu {

namespace {

using Word = std::uint32_t;
using Half = std::uint16_t; ///< the bits of a bf16

constexpr std::int64_t kTile = 64;      ///< keys of a packed tile, columns of a packed panel
constexpr std::int64_t kGroupRows = 16; ///< rows whose scores are held at a time
constexpr std::int64_t kTaskRows = 64;  ///< rows of an attention task
constexpr std::int64_t kMostWidth = 256;
constexpr float kLog2E = 1.44269504f;
constexpr float kLowest = -__builtin_inff();

constexpr std::int64_t least(std::int64_t a, std::int64_t b) {
    return a < b ? a : b;
}
constexpr std::int64_t ceilDivide(std::int64_t a, std::int64_t b) {
    return (a + b - 1) / b;
}

inline float toFloat(float x) {
    return x;
}
inline float toFloat(std::int8_t x) {
    return static_cast<float>(x);
}
inline float toFloat(Half x) {
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(x) << 16);
}
inline void fromFloat(float* at, float x) {
    *at = x;
}
/// Round to nearest even; NaN stays NaN.
inline void fromFloat(Half* at, float x) {
    const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, x);
    *at = x != x ? 0x7fc0 : static_cast<Half>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/// 2^x on [-0.5, 0.5], minimax in relative error: 2e-9 for degree 6, 3e-6 for degree 4, which is
/// enough where the result is rounded to bf16.
template <class Set, int degree> inline typename Set::V smallPower2(typename Set::V x) {
    typename Set::V p;
    if constexpr (degree == 6) {
        p = Set::fma(Set::set(0.000153458124f), x, Set::set(0.00133999309f));
        p = Set::fma(p, x, Set::set(0.00961848907f));
        p = Set::fma(p, x, Set::set(0.0555032864f));
        p = Set::fma(p, x, Set::set(0.240226462f));
        p = Set::fma(p, x, Set::set(0.693147182f));
        p = Set::fma(p, x, Set::set(1.0f));
    } else {
        p = Set::fma(Set::set(0.0095701021f), x, Set::set(0.0559178591f));
        p = Set::fma(p, x, Set::set(0.240247443f));
        p = Set::fma(p, x, Set::set(0.693121791f));
        p = Set::fma(p, x, Set::set(0.999999285f));
    }
    return p;
}

/// 2^x for x ≤ 0 and NaN; −∞ gives exactly 0.
template <class Set, int degree> inline typename Set::V power2(typename Set::V x) {
    const typename Set::V bounded = Set::max(Set::set(Set::kLowestExponent), x);
    const typename Set::V n = Set::round(bounded);
    return Set::scale(smallPower2<Set, degree>(Set::sub(bounded, n)), n);
}

/// exp(x) for x ≤ 0 and NaN, relative error 1e-7; 0 below about −87.
template <class Set> inline typename Set::V exponential(typename Set::V x) {
    // ln 2 in two parts, so that x − n·ln 2 keeps its low bits.
    using V = typename Set::V;
    const V bounded = Set::max(Set::set(Set::kLowestExponent * 0.693147181f), x);
    const V n = Set::round(Set::mul(bounded, Set::set(kLog2E)));
    V r = Set::fma(n, Set::set(-0.693359375f), bounded);
    r = Set::fma(n, Set::set(2.12194440e-4f), r);
    return Set::scale(smallPower2<Set, 6>(Set::mul(r, Set::set(kLog2E))), n);
}

/// φ(x) = x > 0 ? x + 1 : exp(x).
template <class Set> inline typename Set::V featureMap(typename Set::V x) {
    const typename Set::V zero = Set::set(0.0f);
    return Set::add(exponential<Set>(Set::min(zero, x)), Set::max(zero, x));
}

// ---- Operands

template <class SetType> struct Single {
    using Set = SetType;
    using V = typename Set::V;
    using Operand = float;
    static constexpr std::int64_t kPerWord = 1;
    static constexpr int kDegree = 6;
    static V dot(V sum, V a, V b) { return Set::fma(a, b, sum); }
    static void storeOperand(float* at, V x) { Set::store(at, x); }
    static V rounded(V x) { return x; }
    /// Words of the rows `first` and, with two values a word, `second` of a column-wise operand.
    static V word(V first, V) { return first; }
};

template <class SetType> struct Paired {
    using Set = SetType;
    using V = typename Set::V;
    using Operand = Half;
    static constexpr std::int64_t kPerWord = 2;
    static constexpr int kDegree = 4;
    static V dot(V sum, V a, V b) { return Set::dotPairs(sum, a, b); }
    static void storeOperand(Half* at, V x) { Set::store(at, x); }
    static V rounded(V x) { return Set::roundToHalf(x); }
    static V word(V first, V second) { return Set::pair(first, second); }
};

// ---- Matrix products: C[rows × columns] += A[rows × words] · B[words × 64]

template <class Form, int rows, int vectors>
inline void productBlock(const Word* a, std::int64_t rowStride, std::int64_t wordStride,
                         const Word* b, std::int64_t words, float* c, std::int64_t cStride,
                         bool accumulate) {
    using Set = typename Form::Set;
    using V = typename Set::V;
    V sums[rows][vectors];
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
        for (int j = 0; j < vectors; ++j) {
            sums[r][j] = accumulate ? Set::load(c + r * cStride + j * Set::W) : Set::set(0.0f);
        }
    }
    for (std::int64_t w = 0; w < words; ++w) {
        V columns[vectors];
#pragma GCC unroll 16
        for (int j = 0; j < vectors; ++j) {
            columns[j] = Set::loadWords(b + w * kTile + j * Set::W);
        }
#pragma GCC unroll 16
        for (int r = 0; r < rows; ++r) {
            const V row = Set::broadcastWord(a + r * rowStride + w * wordStride);
#pragma GCC unroll 16
            for (int j = 0; j < vectors; ++j) {
                sums[r][j] = Form::dot(sums[r][j], row, columns[j]);
            }
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
        for (int j = 0; j < vectors; ++j) {
            Set::store(c + r * cStride + j * Set::W, sums[r][j]);
        }
    }
}

template <class Form, int vectors>
inline void productRows(std::int64_t rows, const Word* a, std::int64_t rowStride,
                        std::int64_t wordStride, const Word* b, std::int64_t words, float* c,
                        std::int64_t cStride, bool accumulate) {
    constexpr int most = Form::Set::kRows;
    for (; rows >= most; rows -= most, a += most * rowStride, c += most * cStride) {
        productBlock<Form, most, vectors>(a, rowStride, wordStride, b, words, c, cStride,
                                          accumulate);
    }
    for (; rows > 0; --rows, a += rowStride, c += cStride) {
        productBlock<Form, 1, vectors>(a, rowStride, wordStride, b, words, c, cStride, accumulate);
    }
}

/// `columns` a multiple of W up to 64. A's word w of row r is at a[r·rowStride + w·wordStride].
template <class Form>
void product(std::int64_t rows, std::int64_t columns, std::int64_t words, const Word* a,
             std::int64_t rowStride, std::int64_t wordStride, const Word* b, float* c,
             std::int64_t cStride, bool accumulate) {
    using Set = typename Form::Set;
    constexpr int most = Set::kVectors;
    for (; columns >= most * Set::W;
         columns -= most * Set::W, b += most * Set::W, c += most * Set::W) {
        productRows<Form, most>(rows, a, rowStride, wordStride, b, words, c, cStride, accumulate);
    }
    const std::int64_t rest = columns / Set::W;
    if constexpr (most > 3) {
        if (rest == 3) {
            productRows<Form, 3>(rows, a, rowStride, wordStride, b, words, c, cStride, accumulate);
        }
    }
    if constexpr (most > 2) {
        if (rest == 2) {
            productRows<Form, 2>(rows, a, rowStride, wordStride, b, words, c, cStride, accumulate);
        }
    }
    if (rest == 1) {
        productRows<Form, 1>(rows, a, rowStride, wordStride, b, words, c, cStride, accumulate);
    }
}

// ---- Packing

template <class E> inline const E* head(const Heads& heads, std::int64_t row, std::int64_t index) {
    return static_cast<const E*>(heads.data) + row * heads.rowStride + index * heads.headStride;
}

/// W values of a head of a row, of either element.
template <class Set>
inline typename Set::V loadHead(const Heads& heads, Element element, std::int64_t row,
                                std::int64_t index, std::int64_t i) {
    return element == Element::Float ? Set::load(head<float>(heads, row, index) + i)
                                     : Set::load(head<Half>(heads, row, index) + i);
}

/// One head of one row, turned and scaled, as an operand along k.
template <class Form, class E>
inline void turnedRow(const E* x, Turn turn, std::int64_t row, std::int64_t width, float scale,
                      typename Form::Operand* out) {
    using Set = typename Form::Set;
    using V = typename Set::V;
    const V factor = Set::set(scale);
    if (turn.cosines == nullptr) {
        for (std::int64_t i = 0; i < width; i += Set::W) {
            Form::storeOperand(out + i, Set::mul(Set::load(x + i), factor));
        }
        return;
    }
    const std::int64_t half = width / 2;
    const float *cosines = turn.cosines + row * half, *sines = turn.sines + row * half;
    for (std::int64_t i = 0; i < half; i += Set::W) {
        const V first = Set::load(x + i), second = Set::load(x + half + i);
        const V c = Set::load(cosines + i), s = Set::load(sines + i);
        const V low = Set::sub(Set::mul(first, c), Set::mul(second, s));
        const V high = Set::fma(first, s, Set::mul(second, c));
        Form::storeOperand(out + i, Set::mul(low, factor));
        Form::storeOperand(out + half + i, Set::mul(high, factor));
    }
}

/// Rows as words (row pair, column): panels of 64 columns, each [64 / kPerWord][64]. `value` maps
/// (row, column) to a vector; rows from `count` on are 0.
template <class Form, class Value>
inline void packColumns(std::int64_t count, std::int64_t width, Word* out, Value value) {
    using Set = typename Form::Set;
    using V = typename Set::V;
    constexpr std::int64_t words = kTile / Form::kPerWord;
    const V zero = Set::set(0.0f);
    for (std::int64_t panel = 0; panel < width; panel += kTile, out += words * kTile) {
        for (std::int64_t w = 0; w < words; ++w) {
            const std::int64_t first = w * Form::kPerWord, second = first + 1;
            for (std::int64_t c = 0; c < kTile; c += Set::W) {
                const bool inside = panel + c < width;
                const V a = inside && first < count ? value(first, panel + c) : zero;
                const V b = inside && Form::kPerWord == 2 && second < count
                                ? value(second, panel + c)
                                : zero;
                Set::storeWords(out + w * kTile + c, Form::word(a, b));
            }
        }
    }
}

// ---- Attention

template <class Form> struct AttentionShape {
    std::int64_t tiles, panels, keyTile, valueTile, memoryPanel, group;
    explicit AttentionShape(const Attention& a)
        : tiles(ceilDivide(a.keys, kTile)), panels(ceilDivide(a.width, kTile)),
          keyTile(a.width / Form::kPerWord * kTile),
          valueTile(panels * kTile / Form::kPerWord * kTile),
          memoryPanel(a.read.features / Form::kPerWord * kTile),
          group(tiles * (keyTile + valueTile) + panels * memoryPanel) {}
    [[nodiscard]] Word* keys(const Attention& a, std::int64_t g, std::int64_t tile) const {
        return a.scratch + g * group + tile * (keyTile + valueTile);
    }
    [[nodiscard]] Word* values(const Attention& a, std::int64_t g, std::int64_t tile) const {
        return keys(a, g, tile) + keyTile;
    }
    [[nodiscard]] Word* memory(const Attention& a, std::int64_t g) const {
        return keys(a, g, tiles);
    }
};

template <class Form, class E> void packTile(const Attention& a, std::int64_t task) {
    using Set = typename Form::Set;
    using Operand = typename Form::Operand;
    const AttentionShape<Form> shape(a);
    const std::int64_t g = task / shape.tiles, tile = task % shape.tiles;
    const std::int64_t begin = tile * kTile, count = least(kTile, a.keys - begin);
    const std::int64_t words = a.width / Form::kPerWord;
    alignas(64) Word rows[kTile * kMostWidth / Form::kPerWord];
    for (std::int64_t t = 0; t < count; ++t) {
        turnedRow<Form, E>(head<E>(a.key, begin + t, g), a.keyTurn, begin + t, a.width, 1.0f,
                           reinterpret_cast<Operand*>(rows + t * words));
    }
    for (Word* w = rows + count * words; w < rows + kTile * words; ++w) {
        *w = 0;
    }
    Word* out = shape.keys(a, g, tile);
    for (std::int64_t w = 0; w < words; ++w) {
        for (std::int64_t t = 0; t < kTile; ++t) {
            out[w * kTile + t] = rows[t * words + w];
        }
    }
    packColumns<Form>(count, a.width, shape.values(a, g, tile),
                      [&](std::int64_t t, std::int64_t c) {
                          return Set::load(head<E>(a.value, begin + t, g) + c);
                      });
    if (tile == 0 && a.read.memory != nullptr) {
        // Features stand where keys stand in V: M is read as a product over them.
        const float* memory = a.read.memory + g * a.read.features * a.width;
        for (std::int64_t f = 0; f < a.read.features; f += kTile) {
            alignas(64) Word block[kTile * kMostWidth];
            const std::int64_t rowsHere = least(kTile, a.read.features - f);
            packColumns<Form>(rowsHere, a.width, block, [&](std::int64_t t, std::int64_t c) {
                return Set::load(memory + (f + t) * a.width + c);
            });
            constexpr std::int64_t blockWords = kTile / Form::kPerWord * kTile;
            for (std::int64_t p = 0; p < shape.panels; ++p) {
                Word* to = shape.memory(a, g) + p * shape.memoryPanel + f / Form::kPerWord * kTile;
                for (std::int64_t w = 0; w < rowsHere / Form::kPerWord * kTile; ++w) {
                    to[w] = block[p * blockWords + w];
                }
            }
        }
    }
}

/// What the rows of one group carry from key tile to key tile.
struct Running {
    alignas(64) float sums[kTaskRows * kMostWidth]; ///< Σ p·V, not yet divided
    alignas(64) float weights[kTaskRows * 16];      ///< Σ p, by lane
    float largest[kTaskRows];
};

/// softmax of the scores of one row over one tile; returns nothing but P's operands. `valid` of
/// `columns` scores are seen.
template <class Form>
inline void softmaxRow(float* scores, std::int64_t valid, std::int64_t columns, std::int64_t width,
                       float* sums, float* weights, float& largest,
                       typename Form::Operand* probabilities) {
    using Set = typename Form::Set;
    using V = typename Set::V;
    for (std::int64_t c = valid > 0 ? valid : 0; c < columns; ++c) {
        scores[c] = kLowest;
    }
    V most = Set::load(scores);
    for (std::int64_t c = Set::W; c < columns; c += Set::W) {
        most = Set::max(most, Set::load(scores + c));
    }
    const float here = Set::largest(most);
    if (here > largest) {
        const V factor = power2<Set, 6>(Set::set((largest - here) * kLog2E));
        for (std::int64_t i = 0; i < width; i += Set::W) {
            Set::store(sums + i, Set::mul(Set::load(sums + i), factor));
        }
        Set::store(weights, Set::mul(Set::load(weights), factor));
        largest = here;
    }
    const V log2E = Set::set(kLog2E), shift = Set::set(-largest * kLog2E);
    V total = Set::load(weights);
    for (std::int64_t c = 0; c < columns; c += Set::W) {
        const V p = power2<Set, Form::kDegree>(Set::fma(Set::load(scores + c), log2E, shift));
        total = Set::add(total, p);
        Form::storeOperand(probabilities + c, p);
    }
    Set::store(weights, total);
}

/// A_mem of up to 16 rows of one head, mixed into their local attention, and the one store.
template <class Form, class E>
inline void finishRows(const Attention& a, const AttentionShape<Form>& shape, std::int64_t h,
                       std::int64_t begin, std::int64_t count, Running& running,
                       std::int64_t inTask) {
    using Set = typename Form::Set;
    using V = typename Set::V;
    using Operand = typename Form::Operand;
    const std::int64_t g = h / (a.heads / a.groups), f = a.read.features;
    const bool reads = a.read.memory != nullptr;
    alignas(64) float numerators[kGroupRows * kMostWidth];
    float denominators[kGroupRows];
    if (reads) {
        alignas(64) Operand phi[kGroupRows * kMostWidth];
        const float* norm = a.read.norm + g * f;
        for (std::int64_t r = 0; r < count; ++r) {
            V sum = Set::set(0.0f);
            for (std::int64_t i = 0; i < f; i += Set::W) {
                const V x = Form::rounded(
                    featureMap<Set>(loadHead<Set>(a.read.query, a.read.element, begin + r, h, i)));
                Form::storeOperand(phi + r * f + i, x);
                sum = Set::fma(x, Set::load(norm + i), sum);
            }
            const float total = Set::sum(sum);
            denominators[r] = total > a.read.epsilon ? total : a.read.epsilon;
        }
        for (std::int64_t p = 0; p < shape.panels; ++p) {
            product<Form>(count, least(kTile, a.width - p * kTile), f / Form::kPerWord,
                          reinterpret_cast<const Word*>(phi), f / Form::kPerWord, 1,
                          shape.memory(a, g) + p * shape.memoryPanel, numerators + p * kTile,
                          a.width, false);
        }
    }
    for (std::int64_t r = 0; r < count; ++r) {
        const float* sums = running.sums + (inTask + r) * a.width;
        const float total = Set::sum(Set::load(running.weights + (inTask + r) * 16));
        E* out = static_cast<E*>(a.out) + ((begin + r) * a.heads + h) * a.width;
        const float gate = reads ? a.read.gates[(begin + r) * a.read.gateRowStride + h] : 0.0f;
        if (reads && a.read.gated != nullptr) {
            E* gated = static_cast<E*>(a.read.gated) + ((begin + r) * a.heads + h) * a.width;
            const V past = Set::set(gate / denominators[r]);
            for (std::int64_t i = 0; i < a.width; i += Set::W) {
                Set::store(gated + i, Set::mul(Set::load(numerators + r * a.width + i), past));
            }
        }
        if (gate == 0.0f) {
            const V inverse = Set::set(1.0f / total);
            for (std::int64_t i = 0; i < a.width; i += Set::W) {
                Set::store(out + i, Set::mul(Set::load(sums + i), inverse));
            }
            continue;
        }
        const V local = Set::set((1.0f - gate) / total), past = Set::set(gate / denominators[r]);
        for (std::int64_t i = 0; i < a.width; i += Set::W) {
            const V x = Set::mul(Set::load(sums + i), local);
            Set::store(out + i, Set::fma(Set::load(numerators + r * a.width + i), past, x));
        }
    }
}

template <class Form, class E> void attendRows(const Attention& a, std::int64_t task) {
    using Set = typename Form::Set;
    using Operand = typename Form::Operand;
    const AttentionShape<Form> shape(a);
    const std::int64_t rowTiles = ceilDivide(a.rows, kTaskRows);
    // The last rows see the most keys and are taken first, so that no thread is left with them.
    const std::int64_t rowTile = rowTiles - 1 - task / a.heads, h = task % a.heads;
    const std::int64_t g = h / (a.heads / a.groups);
    const std::int64_t begin = rowTile * kTaskRows, count = least(kTaskRows, a.rows - begin);
    const std::int64_t words = a.width / Form::kPerWord, before = a.keys - a.rows;
    alignas(64) Operand query[kTaskRows * kMostWidth];
    alignas(64) float scores[kGroupRows * kTile];
    alignas(64) Operand probabilities[kGroupRows * kTile];
    Running running;
    for (std::int64_t r = 0; r < count; ++r) {
        turnedRow<Form, E>(head<E>(a.query, begin + r, h), a.queryTurn, begin + r, a.width, a.scale,
                           query + r * a.width);
        running.largest[r] = kLowest;
    }
    for (std::int64_t i = 0; i < count * a.width; i += Set::W) {
        Set::store(running.sums + i, Set::set(0.0f));
    }
    for (std::int64_t i = 0; i < count * 16; i += Set::W) {
        Set::store(running.weights + i, Set::set(0.0f));
    }
    const std::int64_t tiles = ceilDivide(before + begin + count, kTile);
    for (std::int64_t tile = 0; tile < tiles; ++tile) {
        const Word *keys = shape.keys(a, g, tile), *values = shape.values(a, g, tile);
        for (std::int64_t first = 0; first < count; first += kGroupRows) {
            const std::int64_t rows = least(kGroupRows, count - first);
            // Keys of this tile that the group's first row sees; each later row sees one more.
            const std::int64_t seen = before + begin + first + 1 - tile * kTile;
            if (seen + rows - 1 <= 0) {
                continue;
            }
            const std::int64_t columns = ceilDivide(least(kTile, seen + rows - 1), Set::W) * Set::W;
            product<Form>(rows, columns, words,
                          reinterpret_cast<const Word*>(query) + first * words, words, 1, keys,
                          scores, kTile, false);
            for (std::int64_t r = 0; r < rows; ++r) {
                softmaxRow<Form>(scores + r * kTile, seen + r, columns, a.width,
                                 running.sums + (first + r) * a.width,
                                 running.weights + (first + r) * 16, running.largest[first + r],
                                 probabilities + r * kTile);
            }
            for (std::int64_t p = 0; p < shape.panels; ++p) {
                product<Form>(rows, least(kTile, a.width - p * kTile), columns / Form::kPerWord,
                              reinterpret_cast<const Word*>(probabilities), kTile / Form::kPerWord,
                              1, values + p * (kTile / Form::kPerWord) * kTile,
                              running.sums + first * a.width + p * kTile, a.width, true);
            }
        }
    }
    for (std::int64_t first = 0; first < count; first += kGroupRows) {
        finishRows<Form, E>(a, shape, h, begin + first, least(kGroupRows, count - first), running,
                            first);
    }
}

template <class Form, class E> void attend(const Attention& a, Team team) {
    const AttentionShape<Form> shape(a);
    Attention copy = a;
    team.run(
        a.groups * shape.tiles,
        [](void* context, std::int64_t task) {
            packTile<Form, E>(*static_cast<const Attention*>(context), task);
        },
        &copy);
    team.run(
        a.heads * ceilDivide(a.rows, kTaskRows),
        [](void* context, std::int64_t task) {
            attendRows<Form, E>(*static_cast<const Attention*>(context), task);
        },
        &copy);
}

template <class Form> std::int64_t attentionWords(const Attention& a) {
    return AttentionShape<Form>(a).group * a.groups;
}

// ---- Memory write

template <class Form> struct WriteShape {
    std::int64_t tiles, panels, featureTile, valueTile, group;
    explicit WriteShape(const MemoryWrite& m)
        : tiles(ceilDivide(m.rows, kTile)), panels(ceilDivide(m.width, kTile)),
          featureTile(ceilDivide(m.features, kTile) * kTile / Form::kPerWord * kTile),
          valueTile(panels * kTile / Form::kPerWord * kTile),
          group(tiles * (featureTile + valueTile)) {}
    [[nodiscard]] Word* features(const MemoryWrite& m, std::int64_t g, std::int64_t tile) const {
        return m.scratch + g * group + tile * (featureTile + valueTile);
    }
    [[nodiscard]] Word* values(const MemoryWrite& m, std::int64_t g, std::int64_t tile) const {
        return features(m, g, tile) + featureTile;
    }
};

template <class Form, class E> void packWrite(const MemoryWrite& m, std::int64_t task) {
    using Set = typename Form::Set;
    const WriteShape<Form> shape(m);
    const std::int64_t g = task / shape.tiles, tile = task % shape.tiles;
    const std::int64_t begin = tile * kTile, count = least(kTile, m.rows - begin);
    const auto scaleOf = [&](std::int64_t t) {
        return m.scales == nullptr ? 1.0f : m.scales[(begin + t) * m.groups + g];
    };
    // Chosen, not multiplied: 0 · NaN is NaN.
    packColumns<Form>(
        count, m.features, shape.features(m, g, tile), [&](std::int64_t t, std::int64_t c) {
            const float scale = scaleOf(t);
            return scale == 0.0f ? Set::set(0.0f)
                                 : Set::mul(featureMap<Set>(loadHead<Set>(m.key, m.keyElement,
                                                                          begin + t, g, c)),
                                            Set::set(scale));
        });
    packColumns<Form>(count, m.width, shape.values(m, g, tile),
                      [&](std::int64_t t, std::int64_t c) {
                          return scaleOf(t) == 0.0f ? Set::set(0.0f)
                                                    : Set::load(head<E>(m.value, begin + t, g) + c);
                      });
}

/// Sixteen features of one group: their rows of dM and their dz.
template <class Form> void writeRows(const MemoryWrite& m, std::int64_t task) {
    using Set = typename Form::Set;
    using V = typename Set::V;
    const WriteShape<Form> shape(m);
    const std::int64_t blocks = m.features / kGroupRows, g = task / blocks;
    const std::int64_t first = task % blocks * kGroupRows;
    constexpr std::int64_t words = kTile / Form::kPerWord;
    // A column of ones is what sums φ: dz is made of the same operands in the same order as dM.
    alignas(64) Word ones[words * kTile];
    for (std::int64_t w = 0; w < words; ++w) {
        for (std::int64_t c = 0; c < Set::W; c += Set::W) {
            Set::storeWords(ones + w * kTile + c, Form::word(Set::set(1.0f), Set::set(1.0f)));
        }
    }
    alignas(64) float part[kGroupRows * kTile], norm[kGroupRows * kTile];
    float* memory = m.memory + (g * m.features + first) * m.width;
    float totals[kGroupRows] = {};
    for (std::int64_t tile = 0; tile < shape.tiles; ++tile) {
        const Word* a = shape.features(m, g, tile) + first / kTile * words * kTile + first % kTile;
        for (std::int64_t p = 0; p < shape.panels; ++p) {
            const std::int64_t columns = least(kTile, m.width - p * kTile);
            product<Form>(kGroupRows, columns, words, a, 1, kTile,
                          shape.values(m, g, tile) + p * words * kTile, part, kTile, false);
            for (std::int64_t r = 0; r < kGroupRows; ++r) {
                float* to = memory + r * m.width + p * kTile;
                for (std::int64_t c = 0; c < columns; c += Set::W) {
                    const V x = Set::load(part + r * kTile + c);
                    Set::store(to + c, tile == 0 ? x : Set::add(Set::load(to + c), x));
                }
            }
        }
        product<Form>(kGroupRows, Set::W, words, a, 1, kTile, ones, norm, kTile, false);
        for (std::int64_t r = 0; r < kGroupRows; ++r) {
            totals[r] += norm[r * kTile];
        }
    }
    for (std::int64_t r = 0; r < kGroupRows; ++r) {
        m.norm[g * m.features + first + r] = totals[r];
    }
}

template <class Form, class E> void write(const MemoryWrite& m, Team team) {
    const WriteShape<Form> shape(m);
    MemoryWrite copy = m;
    team.run(
        m.groups * shape.tiles,
        [](void* context, std::int64_t task) {
            packWrite<Form, E>(*static_cast<const MemoryWrite*>(context), task);
        },
        &copy);
    team.run(
        m.groups * (m.features / kGroupRows),
        [](void* context, std::int64_t task) {
            writeRows<Form>(*static_cast<const MemoryWrite*>(context), task);
        },
        &copy);
}

template <class Form> std::int64_t writeWords(const MemoryWrite& m) {
    return WriteShape<Form>(m).group * m.groups;
}

// ---- Rows of the residual stream and of the feed-forward part

constexpr std::int64_t kRowsOfTask = 16;

template <class Set, class E> void normRows(const RmsNorm& n, std::int64_t task) {
    using V = typename Set::V;
    const std::int64_t whole = n.width / Set::W * Set::W;
    const std::int64_t end = least(n.rows, (task + 1) * kRowsOfTask);
    for (std::int64_t t = task * kRowsOfTask; t < end; ++t) {
        float* x = n.x + t * n.width;
        const E* add = n.add == nullptr ? nullptr : static_cast<const E*>(n.add) + t * n.width;
        E* out = n.out == nullptr ? nullptr : static_cast<E*>(n.out) + t * n.width;
        V squares = Set::set(0.0f), more = squares;
        std::int64_t i = 0;
        for (; i < whole; i += Set::W) {
            V v = Set::load(x + i);
            if (add != nullptr) {
                v = Set::add(v, Set::load(add + i));
                Set::store(x + i, v);
            }
            squares = Set::fma(v, v, squares);
            const V swap = squares;
            squares = more;
            more = swap;
        }
        float sum = Set::sum(Set::add(squares, more));
        for (; i < n.width; ++i) {
            if (add != nullptr) {
                x[i] += toFloat(add[i]);
            }
            sum += x[i] * x[i];
        }
        if (out == nullptr) {
            continue;
        }
        const float scale = 1.0f / __builtin_sqrtf(sum / static_cast<float>(n.width) + n.epsilon);
        const V factor = Set::set(scale);
        for (i = 0; i < whole; i += Set::W) {
            Set::store(out + i,
                       Set::mul(Set::mul(Set::load(x + i), factor), Set::load(n.weight + i)));
        }
        for (; i < n.width; ++i) {
            fromFloat(out + i, x[i] * scale * n.weight[i]);
        }
    }
}

template <class Set, class E> void siluRows(const SiluMultiply& s, std::int64_t task) {
    using V = typename Set::V;
    const std::int64_t whole = s.width / Set::W * Set::W;
    const std::int64_t end = least(s.rows, (task + 1) * kRowsOfTask);
    const V one = Set::set(1.0f);
    const auto silu = [&](V x) {
        // exp(−|x|) never overflows; σ(x) is 1/(1+e) above 0 and e/(1+e) below.
        const V e = exponential<Set>(Set::min(Set::sub(Set::set(0.0f), x), x));
        const V top = Set::positive(x, one, e);
        return Set::mul(x, Set::div(top, Set::add(one, e)));
    };
    for (std::int64_t t = task * kRowsOfTask; t < end; ++t) {
        const E* gate = static_cast<const E*>(s.gateUp) + t * 2 * s.width;
        const E* up = gate + s.width;
        E* out = static_cast<E*>(s.out) + t * s.width;
        for (std::int64_t i = 0; i < whole; i += Set::W) {
            Set::store(out + i, Set::mul(silu(Set::load(gate + i)), Set::load(up + i)));
        }
        for (std::int64_t i = whole; i < s.width; ++i) {
            alignas(64) float lanes[Set::W];
            Set::store(lanes, silu(Set::set(toFloat(gate[i]))));
            fromFloat(out + i, lanes[0] * toFloat(up[i]));
        }
    }
}

template <class Set> void normOf(const RmsNorm& n, Team team) {
    RmsNorm copy = n;
    const auto body =
        n.element == Element::BFloat16
            ? [](void* c,
                 std::int64_t i) { normRows<Set, Half>(*static_cast<const RmsNorm*>(c), i); }
            : [](void* c, std::int64_t i) {
                  normRows<Set, float>(*static_cast<const RmsNorm*>(c), i);
              };
    team.run(ceilDivide(n.rows, kRowsOfTask), body, &copy);
}

template <class Set> void siluOf(const SiluMultiply& s, Team team) {
    SiluMultiply copy = s;
    const auto body =
        s.element == Element::BFloat16
            ? [](void* c,
                 std::int64_t i) { siluRows<Set, Half>(*static_cast<const SiluMultiply*>(c), i); }
            : [](void* c, std::int64_t i) {
                  siluRows<Set, float>(*static_cast<const SiluMultiply*>(c), i);
              };
    team.run(ceilDivide(s.rows, kRowsOfTask), body, &copy);
}

// ---- The table of one set: bf16 tensors are multiplied in the form `ForHalf`

template <class Set, class ForHalf>
Table makeTable(Isa isa, const char* name, const DecodeTable& decode) {
    return {
        isa,
        name,
        [](const Attention& a) {
            return a.element == Element::BFloat16 ? attentionWords<ForHalf>(a)
                                                  : attentionWords<Single<Set>>(a);
        },
        [](const MemoryWrite& m) {
            return m.element == Element::BFloat16 ? writeWords<ForHalf>(m)
                                                  : writeWords<Single<Set>>(m);
        },
        [](const Attention& a, Team team) {
            a.element == Element::BFloat16 ? attend<ForHalf, Half>(a, team)
                                           : attend<Single<Set>, float>(a, team);
        },
        [](const MemoryWrite& m, Team team) {
            m.element == Element::BFloat16 ? write<ForHalf, Half>(m, team)
                                           : write<Single<Set>, float>(m, team);
        },
        normOf<Set>,
        siluOf<Set>,
        decode,
    };
}

} // namespace

} // namespace engine::kernels::cpu
