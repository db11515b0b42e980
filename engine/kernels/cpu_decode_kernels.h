/// The step of decoding as a template over an instruction set; included beside cpu_kernels.h, under
/// the same rules.

#include "engine/kernels/cpu_decode.h"
#include "engine/kernels/cpu_kernels.h"

namespace engine::kernels::cpu {

namespace {

constexpr std::int64_t kChunk = 128;      ///< keys of a partial softmax
constexpr std::int64_t kGroupInputs = 32; ///< weights of one int8 group
constexpr std::int64_t kOutputs = 32;     ///< rows of a matrix that one thread takes at a time

/// All threads of a region meet here; each waits for the last.
class Barrier {
public:
    explicit Barrier(void (*yield)()) : m_yield(yield) {}
    void wait(std::int64_t threads) {
        const std::int64_t round = __atomic_load_n(&m_round, __ATOMIC_ACQUIRE);
        if (__atomic_add_fetch(&m_arrived, 1, __ATOMIC_ACQ_REL) == threads) {
            __atomic_store_n(&m_arrived, 0, __ATOMIC_RELAXED);
            __atomic_store_n(&m_round, round + 1, __ATOMIC_RELEASE);
            return;
        }
        for (int spins = 0; __atomic_load_n(&m_round, __ATOMIC_ACQUIRE) == round; ++spins) {
            if (spins < kSpins) {
                __builtin_ia32_pause();
            } else {
                // The thread waited for may have no processor.
                m_yield();
            }
        }
    }

private:
    static constexpr int kSpins = 4000;
    void (*m_yield)();
    std::int64_t m_arrived = 0, m_round = 0;
};

struct Thread {
    std::int64_t index, count; ///< of those that run together
};

/// One thread's part of `total`, in whole steps but for the end.
struct Share {
    Share(std::int64_t total, std::int64_t step, Thread thread) {
        const std::int64_t steps = ceilDivide(total, step);
        begin = least(total, steps * thread.index / thread.count * step);
        end = least(total, steps * (thread.index + 1) / thread.count * step);
    }
    std::int64_t begin, end;
};

/// Rounded to what a tensor of E would hold.
template <class E> inline float asStored(float x) {
    if constexpr (sizeof(E) == 2) {
        const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, x);
        return __builtin_bit_cast(float, (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
    } else {
        return x;
    }
}

// ---- Products of a few rows

constexpr std::int64_t kRowsAtOnce = 4; ///< more would not leave their x in the first cache

/// One output of a matrix for each row of x: y[r] = weights·x_r. Outputs are taken one at a time,
/// which walks through the weights in the order in which they lie: what memory is fast at.
template <class Form, class E, int rows>
inline void outputOf(const E* weights, std::int64_t inputs, const E* x, float* y,
                     std::int64_t yStride) {
    using Set = typename Form::Set;
    using V = typename Set::V;
    const auto load = [](const E* at) {
        if constexpr (Form::kPerWord == 2) {
            return Set::loadWords(reinterpret_cast<const Word*>(at));
        } else {
            return Set::load(at);
        }
    };
    constexpr std::int64_t step = Set::W * Form::kPerWord;
    // Sums that need not wait for each other; as many for any number of rows, so that a row has the
    // same bits in any company.
    constexpr int chains = 4;
    V sums[rows][chains];
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
        for (int c = 0; c < chains; ++c) {
            sums[r][c] = Set::set(0.0f);
        }
    }
    std::int64_t i = 0;
    for (; i + chains * step <= inputs; i += chains * step) {
#pragma GCC unroll 8
        for (int c = 0; c < chains; ++c) {
            const V w = load(weights + i + c * step);
#pragma GCC unroll 8
            for (int r = 0; r < rows; ++r) {
                sums[r][c] = Form::dot(sums[r][c], w, load(x + r * inputs + i + c * step));
            }
        }
    }
    for (; i < inputs; i += step) {
        const V w = load(weights + i);
#pragma GCC unroll 8
        for (int r = 0; r < rows; ++r) {
            sums[r][0] = Form::dot(sums[r][0], w, load(x + r * inputs + i));
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
        V sum = sums[r][0];
#pragma GCC unroll 8
        for (int c = 1; c < chains; ++c) {
            sum = Set::add(sum, sums[r][c]);
        }
        y[r * yStride] = Set::sum(sum);
    }
}

/// One output of an int8 matrix: Σ scale·(Σ q·x) + offset·Σ x over the groups.
template <class Set, class E, int rows>
inline void int8Row(const std::int8_t* q, const Half* groups, std::int64_t inputs, const E* x,
                    float* y, std::int64_t yStride) {
    using V = typename Set::V;
    V sums[rows];
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
        sums[r] = Set::set(0.0f);
    }
    for (std::int64_t i = 0; i < inputs; i += kGroupInputs, groups += 2) {
        const V scale = Set::set(Set::fromFloat16(groups[0]));
        const V offset = Set::set(Set::fromFloat16(groups[1]));
#pragma GCC unroll 8
        for (std::int64_t j = 0; j < kGroupInputs; j += Set::W) {
            const V w = Set::fma(Set::load(q + i + j), scale, offset);
#pragma GCC unroll 8
            for (int r = 0; r < rows; ++r) {
                sums[r] = Set::fma(w, Set::load(x + r * inputs + i + j), sums[r]);
            }
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
        y[r * yStride] = Set::sum(sums[r]);
    }
}

template <class Form, class E, int rows>
void productOfRows(const Matrix& m, const E* x, float* y, Share share) {
    std::int64_t o = share.begin;
    if (m.groups != nullptr) {
        const auto* q = static_cast<const std::int8_t*>(m.values);
        for (; o < share.end; ++o) {
            int8Row<typename Form::Set, E, rows>(q + o * m.inputs,
                                                 m.groups + o * (m.inputs / kGroupInputs) * 2,
                                                 m.inputs, x, y + o, m.outputs);
        }
        return;
    }
    const auto* weights = static_cast<const E*>(m.values);
    for (; o < share.end; ++o) {
        const E* row = weights + o * m.inputs;
        outputOf<Form, E, least(rows, kRowsAtOnce)>(row, m.inputs, x, y + o, m.outputs);
        if constexpr (rows > kRowsAtOnce) {
            outputOf<Form, E, rows - kRowsAtOnce>(row, m.inputs, x + kRowsAtOnce * m.inputs,
                                                  y + kRowsAtOnce * m.outputs + o, m.outputs);
        }
    }
}

template <class Form, class E>
void productOf(const Matrix& m, std::int64_t rows, const E* x, float* y, Share share) {
    switch (rows) {
    case 1:
        return productOfRows<Form, E, 1>(m, x, y, share);
    case 2:
        return productOfRows<Form, E, 2>(m, x, y, share);
    case 3:
        return productOfRows<Form, E, 3>(m, x, y, share);
    case 4:
        return productOfRows<Form, E, 4>(m, x, y, share);
    case 5:
        return productOfRows<Form, E, 5>(m, x, y, share);
    case 6:
        return productOfRows<Form, E, 6>(m, x, y, share);
    case 7:
        return productOfRows<Form, E, 7>(m, x, y, share);
    default:
        return productOfRows<Form, E, 8>(m, x, y, share);
    }
}

template <class Form, class E> void rowProduct(const RowProduct& p, Team team) {
    RowProduct copy = p;
    team.run(
        ceilDivide(p.matrix.outputs, kOutputs),
        [](void* context, std::int64_t task) {
            const RowProduct& product = *static_cast<const RowProduct*>(context);
            const std::int64_t outputs = product.matrix.outputs;
            const Share share(outputs, kOutputs, {task, ceilDivide(outputs, kOutputs)});
            productOf<Form, E>(product.matrix, product.rows, static_cast<const E*>(product.x),
                               product.y, share);
        },
        &copy);
}

// ---- The step

template <class Form, class E> class Decoder {
    using Set = typename Form::Set;
    using V = typename Set::V;

public:
    Decoder(const DecodeStep& step, void (*yield)())
        : s(step), m_barrier(yield), m_chunks(chunksOf(step)) {
        Word* at = s.scratch;
        const auto take = [&](std::int64_t values, std::int64_t bytes) {
            Word* from = at;
            at += ceilDivide(values * bytes, 64) * 16;
            return from;
        };
        const std::int64_t B = s.sequences;
        m_normed = reinterpret_cast<E*>(take(B * s.width, sizeof(E)));
        m_attended = reinterpret_cast<E*>(take(B * s.heads * s.headWidth, sizeof(E)));
        m_silu = reinterpret_cast<E*>(take(B * s.feedForward, sizeof(E)));
        m_projected = reinterpret_cast<float*>(take(B * projectedWidth(s), 4));
        m_gateUp = reinterpret_cast<float*>(take(B * 2 * s.feedForward, 4));
        m_added = reinterpret_cast<float*>(take(B * s.width, 4));
        m_partial = reinterpret_cast<float*>(take(B * s.heads * m_chunks * partialWidth(s), 4));
    }

    static std::int64_t words(const DecodeStep& s) {
        const std::int64_t values = s.width + s.heads * s.headWidth + s.feedForward +
                                    projectedWidth(s) + 2 * s.feedForward + s.width +
                                    s.heads * chunksOf(s) * partialWidth(s);
        return s.sequences * values + 7 * 16;
    }

    void run(Thread thread) {
        for (std::int64_t i = 0; i < s.layers; ++i) {
            const DecodeLayer& layer = s.layer[i];
            norm(layer.attentionNorm, thread);
            m_barrier.wait(thread.count);
            multiply(layer.qkv, m_normed, m_projected, thread);
            m_barrier.wait(thread.count);
            turnAndStore(i, thread);
            m_barrier.wait(thread.count);
            attendChunks(i, thread);
            m_barrier.wait(thread.count);
            mergeChunks(layer, thread);
            m_barrier.wait(thread.count);
            multiplyAndAdd(layer.output, m_attended, thread);
            m_barrier.wait(thread.count);
            norm(layer.feedForwardNorm, thread);
            m_barrier.wait(thread.count);
            multiply(layer.gateUp, m_normed, m_gateUp, thread);
            m_barrier.wait(thread.count);
            silu(thread);
            m_barrier.wait(thread.count);
            multiplyAndAdd(layer.down, m_silu, thread);
            m_barrier.wait(thread.count);
        }
    }

private:
    static std::int64_t projectedWidth(const DecodeStep& s) {
        return (s.heads + 2 * s.groups) * s.headWidth;
    }
    /// Σ p·V, then Σ p and the largest score.
    static std::int64_t partialWidth(const DecodeStep& s) { return s.headWidth + 16; }
    static std::int64_t chunksOf(const DecodeStep& s) {
        std::int64_t most = 0;
        for (std::int64_t b = 0; b < s.sequences; ++b) {
            const std::int64_t here = ceilDivide(s.positions[b] + 1, kChunk);
            most = here > most ? here : most;
        }
        return most;
    }

    void norm(const float* weight, Thread thread) {
        for (std::int64_t b = thread.index; b < s.sequences; b += thread.count) {
            const RmsNorm row{Element::Float, 1,      s.width,       s.x + b * s.width,
                              nullptr,        weight, s.normEpsilon, m_normed + b * s.width};
            normRows<Set, E>(row, 0);
        }
    }

    void multiply(const Matrix& m, const E* x, float* y, Thread thread) {
        productOf<Form, E>(m, s.sequences, x, y, Share(m.outputs, 16, thread));
    }

    void multiplyAndAdd(const Matrix& m, const E* x, Thread thread) {
        const Share share(m.outputs, 16, thread);
        productOf<Form, E>(m, s.sequences, x, m_added, share);
        for (std::int64_t b = 0; b < s.sequences; ++b) {
            for (std::int64_t o = share.begin; o < share.end; ++o) {
                s.x[b * s.width + o] += asStored<E>(m_added[b * s.width + o]);
            }
        }
    }

    /// Biases, norms of heads, and rotary embedding; keys and values go into the cache, turned and
    /// scaled queries behind the plain ones, which the memory is read with.
    void turnAndStore(std::int64_t i, Thread thread) {
        const DecodeLayer& layer = s.layer[i];
        const std::int64_t d = s.headWidth, all = s.heads + 2 * s.groups;
        const Share share(s.sequences * all, 1, thread);
        for (std::int64_t task = share.begin; task < share.end; ++task) {
            const std::int64_t b = task / all, h = task % all;
            float* row = m_projected + b * projectedWidth(s) + h * d;
            for (std::int64_t j = 0; j < d; ++j) {
                row[j] = asStored<E>(row[j]);
                if (layer.qkvBias != nullptr) {
                    row[j] = asStored<E>(row[j] + layer.qkvBias[h * d + j]);
                }
            }
            const float* weight = h < s.heads              ? layer.queryNorm
                                  : h < s.heads + s.groups ? layer.keyNorm
                                                           : nullptr;
            if (weight != nullptr) {
                normHead(row, weight);
            }
            if (h < s.heads) {
                continue;
            }
            const std::int64_t g = (h - s.heads) % s.groups;
            const Cache& cache = s.caches[i * s.sequences + b];
            const std::int64_t at = (g * cache.capacity + s.positions[b]) * d;
            if (h < s.heads + s.groups) {
                turn(row, b, 1.0f, static_cast<E*>(cache.keys) + at);
            } else {
                for (std::int64_t j = 0; j < d; j += Set::W) {
                    Set::store(static_cast<E*>(cache.values) + at + j, Set::load(row + j));
                }
            }
        }
    }

    void normHead(float* row, const float* weight) {
        const std::int64_t d = s.headWidth;
        float squares = 0;
        for (std::int64_t j = 0; j < d; ++j) {
            squares += row[j] * row[j];
        }
        const float factor =
            1.0f / __builtin_sqrtf(squares / static_cast<float>(d) + s.normEpsilon);
        for (std::int64_t j = 0; j < d; ++j) {
            row[j] = asStored<E>(row[j] * factor * weight[j]);
        }
    }

    /// Rotate-half, scaled and rounded once.
    void turn(const float* row, std::int64_t b, float scale, E* out) {
        const std::int64_t half = s.headWidth / 2;
        const float *c = s.cosines + b * half, *sine = s.sines + b * half;
        for (std::int64_t j = 0; j < half; ++j) {
            Set::one(out + j, (row[j] * c[j] - row[j + half] * sine[j]) * scale);
            Set::one(out + j + half, (row[j + half] * c[j] + row[j] * sine[j]) * scale);
        }
    }

    void attendChunks(std::int64_t i, Thread thread) {
        const std::int64_t perSequence = s.groups * m_chunks;
        for (std::int64_t task = thread.index; task < s.sequences * perSequence;
             task += thread.count) {
            const std::int64_t b = task / perSequence, rest = task % perSequence;
            const std::int64_t chunk = rest / s.groups, g = rest % s.groups;
            const std::int64_t count = least(kChunk, s.positions[b] + 1 - chunk * kChunk);
            if (count > 0) {
                const std::int64_t perGroup = s.heads / s.groups;
                for (std::int64_t h = g * perGroup; h < (g + 1) * perGroup; ++h) {
                    attendChunk(s.caches[i * s.sequences + b], b, h, g, chunk, count);
                }
            }
        }
    }

    void attendChunk(const Cache& cache, std::int64_t b, std::int64_t h, std::int64_t g,
                     std::int64_t chunk, std::int64_t count) {
        const std::int64_t d = s.headWidth, at = (g * cache.capacity + chunk * kChunk) * d;
        const E *keys = static_cast<const E*>(cache.keys) + at,
                *values = static_cast<const E*>(cache.values) + at;
        alignas(64) E query[kMostWidth];
        alignas(64) float scores[kChunk];
        turn(m_projected + b * projectedWidth(s) + h * d, b, s.scale, query);
        std::int64_t k = 0;
        for (; k < count; ++k) {
            outputOf<Form, E, 1>(keys + k * d, d, query, scores + k, 0);
        }
        float most = scores[0];
        for (k = 1; k < count; ++k) {
            most = scores[k] > most ? scores[k] : most;
        }
        for (k = count; k % Set::W != 0; ++k) {
            scores[k] = kLowest;
        }
        V total = Set::set(0.0f);
        const V shift = Set::set(-most * kLog2E);
        for (k = 0; k < count; k += Set::W) {
            const V p = power2<Set, 6>(Set::fma(Set::load(scores + k), Set::set(kLog2E), shift));
            Set::store(scores + k, p);
            total = Set::add(total, p);
        }
        float* partial = partialOf(b, h, chunk);
        std::int64_t j = 0;
        for (; j + 4 * Set::W <= d; j += 4 * Set::W) {
            weighValues<4>(values + j, count, scores, partial + j);
        }
        for (; j < d; j += 2 * Set::W) {
            weighValues<2>(values + j, count, scores, partial + j);
        }
        partial[d] = Set::sum(total);
        partial[d + 1] = most;
    }

    /// Σ p·V over the keys of a chunk, for some columns of V.
    template <int vectors>
    void weighValues(const E* values, std::int64_t count, const float* p, float* out) {
        V sums[vectors];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) {
            sums[v] = Set::set(0.0f);
        }
        for (std::int64_t k = 0; k < count; ++k) {
            const V weight = Set::set(p[k]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v) {
                sums[v] =
                    Set::fma(Set::load(values + k * s.headWidth + v * Set::W), weight, sums[v]);
            }
        }
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) {
            Set::store(out + v * Set::W, sums[v]);
        }
    }

    float* partialOf(std::int64_t b, std::int64_t h, std::int64_t chunk) {
        return m_partial + ((b * s.heads + h) * m_chunks + chunk) * partialWidth(s);
    }

    /// The chunks' sums become local attention; the memory is read and mixed in.
    void mergeChunks(const DecodeLayer& layer, Thread thread) {
        const std::int64_t d = s.headWidth;
        const Share share(s.sequences * s.heads, 1, thread);
        for (std::int64_t task = share.begin; task < share.end; ++task) {
            const std::int64_t b = task / s.heads, h = task % s.heads;
            const std::int64_t chunks = ceilDivide(s.positions[b] + 1, kChunk);
            float most = kLowest, total = 0;
            for (std::int64_t c = 0; c < chunks; ++c) {
                const float here = partialOf(b, h, c)[d + 1];
                most = here > most ? here : most;
            }
            alignas(64) float sums[kMostWidth] = {};
            for (std::int64_t c = 0; c < chunks; ++c) {
                const float* partial = partialOf(b, h, c);
                alignas(64) float lanes[Set::W];
                Set::store(lanes, power2<Set, 6>(Set::set((partial[d + 1] - most) * kLog2E)));
                total += lanes[0] * partial[d];
                for (std::int64_t j = 0; j < d; j += Set::W) {
                    Set::store(sums + j, Set::fma(Set::load(partial + j), Set::set(lanes[0]),
                                                  Set::load(sums + j)));
                }
            }
            mixMemory(layer, b, h, sums, total);
        }
    }

    void mixMemory(const DecodeLayer& layer, std::int64_t b, std::int64_t h, const float* sums,
                   float total) {
        const std::int64_t d = s.headWidth, g = h / (s.heads / s.groups);
        E* out = m_attended + (b * s.heads + h) * d;
        const float gate = layer.memory == nullptr ? 0.0f : layer.gates[h];
        if (gate == 0.0f) {
            const V inverse = Set::set(1.0f / total);
            for (std::int64_t j = 0; j < d; j += Set::W) {
                Set::store(out + j, Set::mul(Set::load(sums + j), inverse));
            }
            return;
        }
        const float* query = m_projected + b * projectedWidth(s) + h * d;
        const float *memory = layer.memory + g * d * d, *norm = layer.norm + g * d;
        alignas(64) float phi[kMostWidth], read[kMostWidth] = {};
        float weight = 0;
        for (std::int64_t j = 0; j < d; j += Set::W) {
            Set::store(phi + j, featureMap<Set>(Set::load(query + j)));
        }
        for (std::int64_t j = 0; j < d; ++j) {
            const V p = Set::set(phi[j]);
            weight += phi[j] * norm[j];
            for (std::int64_t c = 0; c < d; c += Set::W) {
                Set::store(read + c,
                           Set::fma(Set::load(memory + j * d + c), p, Set::load(read + c)));
            }
        }
        const float denominator = weight > s.memoryEpsilon ? weight : s.memoryEpsilon;
        const V local = Set::set((1.0f - gate) / total), past = Set::set(gate / denominator);
        for (std::int64_t j = 0; j < d; j += Set::W) {
            Set::store(out + j,
                       Set::fma(Set::load(read + j), past, Set::mul(Set::load(sums + j), local)));
        }
    }

    void silu(Thread thread) {
        const std::int64_t F = s.feedForward;
        const Share share(F, 64, thread);
        alignas(64) E gateUp[2 * 64];
        for (std::int64_t b = 0; b < s.sequences; ++b) {
            for (std::int64_t f = share.begin; f < share.end; f += 64) {
                const std::int64_t count = least(64, share.end - f);
                for (std::int64_t j = 0; j < count; ++j) {
                    Set::one(gateUp + j, m_gateUp[b * 2 * F + f + j]);
                    Set::one(gateUp + count + j, m_gateUp[b * 2 * F + F + f + j]);
                }
                siluRows<Set, E>({Element::Float, 1, count, gateUp, m_silu + b * F + f}, 0);
            }
        }
    }

    const DecodeStep& s;
    Barrier m_barrier;
    std::int64_t m_chunks;
    E *m_normed, *m_attended, *m_silu;
    float *m_projected, *m_gateUp, *m_added, *m_partial;
};

template <class Form, class E> void decode(const DecodeStep& step, Team team) {
    Decoder<Form, E> decoder(step, team.yield);
    team.together(
        [](void* context, std::int64_t thread, std::int64_t threads) {
            static_cast<Decoder<Form, E>*>(context)->run({thread, threads});
        },
        &decoder);
}

template <class Set, class ForHalf> DecodeTable makeDecodeTable() {
    return {
        [](const DecodeStep& s) {
            return s.element == Element::BFloat16 ? Decoder<ForHalf, Half>::words(s)
                                                  : Decoder<Single<Set>, float>::words(s);
        },
        [](const DecodeStep& s, Team team) {
            s.element == Element::BFloat16 ? decode<ForHalf, Half>(s, team)
                                           : decode<Single<Set>, float>(s, team);
        },
        [](const RowProduct& p, Team team) {
            p.element == Element::BFloat16 ? rowProduct<ForHalf, Half>(p, team)
                                           : rowProduct<Single<Set>, float>(p, team);
        },
    };
}

} // namespace

} // namespace engine::kernels::cpu
