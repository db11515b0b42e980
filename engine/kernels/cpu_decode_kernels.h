/// The step of decoding as a template over an instruction set; included beside cpu_kernels.h, under
/// the same rules.

#include "engine/kernels/cpu_decode.h"
#include "engine/kernels/cpu_kernels.h"

namespace engine::kernels::cpu {

namespace {

constexpr std::int64_t kChunk = 128;      ///< keys of a partial softmax
constexpr std::int64_t kGroupInputs = 32; ///< weights of one int8 group
constexpr std::int64_t kLine = 64;        ///< bytes that memory gives at once
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
    Share(std::int64_t first, std::int64_t last) : begin(first), end(last) {}
    Share(std::int64_t total, std::int64_t step, Thread thread) {
        const std::int64_t steps = ceilDivide(total, step);
        begin = least(total, steps * thread.index / thread.count * step);
        end = least(total, steps * (thread.index + 1) / thread.count * step);
    }
    std::int64_t begin, end;
};

/// Asks for what will be read next, so that memory works on while the processor does not.
inline void prefetch(const void* from, std::int64_t bytes) {
#pragma GCC unroll 4
    for (std::int64_t i = 0; i < bytes; i += kLine) {
        __builtin_prefetch(static_cast<const char*>(from) + i);
    }
}

// ---- Products of a few rows

constexpr std::int64_t kStep = 16;    ///< outputs by which shares of threads are rounded
constexpr std::int64_t kHeads = 4;    ///< whose scores of a chunk are held at a time
constexpr std::int64_t kAhead = 4096; ///< bytes asked for before they are needed

/// The operands of one dot.
template <class Form, class E> inline typename Form::Set::V loadOperand(const E* at) {
    if constexpr (Form::kPerWord == 2) {
        return Form::Set::loadWords(reinterpret_cast<const Word*>(at));
    } else {
        return Form::Set::load(at);
    }
}

/// One output of a matrix for each row of x: y[r] = weights·x_r. Outputs are taken one at a time,
/// which walks through the weights in the order in which they lie: what memory is fast at.
template <class Form, class E, int rows>
inline void outputOf(const E* weights, std::int64_t inputs, const E* x, float* y,
                     std::int64_t yStride) {
    using Set = typename Form::Set;
    using V = typename Set::V;
    constexpr std::int64_t step = Set::W * Form::kPerWord;
    // Sums that need not wait for each other; as many for any number of rows, so that a row has the
    // same bits in any company.
    constexpr int chains = 2;
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
            const E* at = weights + i + c * step;
            if constexpr (rows > 1) {
                // One row alone leaves the processor time to run ahead by itself.
                __builtin_prefetch(reinterpret_cast<const char*>(at) + kAhead);
            }
            const V w = loadOperand<Form>(at);
#pragma GCC unroll 8
            for (int r = 0; r < rows; ++r) {
                sums[r][c] =
                    Form::dot(sums[r][c], w, loadOperand<Form>(x + r * inputs + i + c * step));
            }
        }
    }
    for (; i < inputs; i += step) {
        const V w = loadOperand<Form>(weights + i);
#pragma GCC unroll 8
        for (int r = 0; r < rows; ++r) {
            sums[r][0] = Form::dot(sums[r][0], w, loadOperand<Form>(x + r * inputs + i));
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
        y[r * yStride] = Set::sum(Set::add(sums[r][0], sums[r][1]));
    }
}

/// `outputOf` for as many rows at a time as there are registers for.
template <class Form, class E, int rows>
inline void outputOfRows(const E* weights, std::int64_t inputs, const E* x, float* y,
                         std::int64_t yStride) {
    constexpr int some = least(rows, Form::Set::kRows * Form::Set::kVectors / 2);
    outputOf<Form, E, some>(weights, inputs, x, y, yStride);
    if constexpr (rows > some) {
        outputOfRows<Form, E, rows - some>(weights, inputs, x + some * inputs, y + some * yStride,
                                           yStride);
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
        outputOfRows<Form, E, rows>(weights + o * m.inputs, m.inputs, x, y + o, m.outputs);
    }
}

template <class Form, class E, int rows = 1>
void productOf(const Matrix& m, std::int64_t count, const E* x, float* y, Share share) {
    if constexpr (rows < kMostSequences) {
        if (count != rows) {
            return productOf<Form, E, rows + 1>(m, count, x, y, share);
        }
    }
    productOfRows<Form, E, rows>(m, x, y, share);
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

/// Between barriers threads share the outputs of a product. What is cheap, norms and heads, each
/// thread that needs it computes again, because a barrier costs more.
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
        m_normed = reinterpret_cast<E*>(take(s.threads * normedWidth(s), sizeof(E)));
        m_attended = reinterpret_cast<E*>(take(B * s.heads * s.headWidth, sizeof(E)));
        m_silu = reinterpret_cast<E*>(take(B * s.feedForward, sizeof(E)));
        m_projected = reinterpret_cast<float*>(take(B * projectedWidth(s), 4));
        m_gateUp = reinterpret_cast<float*>(take(B * 2 * s.feedForward, 4));
        m_added = reinterpret_cast<float*>(take(B * s.width, 4));
        m_partial = reinterpret_cast<float*>(take(B * s.heads * m_chunks * partialWidth(s), 4));
        m_low = reinterpret_cast<float*>(take(s.threads * B * kMostRank, 4));
        m_gated = reinterpret_cast<float*>(take(B * s.heads * s.headWidth, 4));
        m_attendedChunks = reinterpret_cast<std::int32_t*>(take(B * s.groups, 4));
        for (std::int64_t i = 0; i < B * s.groups; ++i) {
            m_attendedChunks[i] = 0;
        }
        m_taken = reinterpret_cast<std::int64_t*>(take(2, kLine));
        m_taken[0] = 0;
    }

    static std::int64_t words(const DecodeStep& s) {
        const std::int64_t values = 2 * s.heads * s.headWidth + s.feedForward + projectedWidth(s) +
                                    2 * s.feedForward + s.width +
                                    s.heads * chunksOf(s) * partialWidth(s) + s.groups;
        return s.threads * (normedWidth(s) + s.sequences * kMostRank) + s.sequences * values +
               13 * 16;
    }

    void run(Thread thread) {
        for (std::int64_t i = 0; i < s.layers; ++i) {
            const DecodeLayer& layer = s.layer[i];
            const E* normed = norm(layer.attentionNorm, thread);
            lowRank(layer, normed, thread);
            multiply(layer.qkv, normed, m_projected, shareOf(layer.qkv.outputs, thread));
            m_barrier.wait(thread.count);
            attend(i, thread);
            m_barrier.wait(thread.count);
            multiplyAndAdd(layer.output, m_attended, thread, layer.addition);
            askForRows(layer.gateUp, shareOf(s.feedForward, thread));
            m_barrier.wait(thread.count);
            feedForward(layer, thread);
            askForRows(layer.down, shareOf(layer.down.outputs, thread));
            m_barrier.wait(thread.count);
            multiplyAndAdd(layer.down, m_silu, thread);
            if (i + 1 < s.layers) {
                const Matrix& next = s.layer[i + 1].qkv;
                askForRows(next, shareOf(next.outputs, thread));
            }
            m_barrier.wait(thread.count);
        }
    }

private:
    static std::int64_t projectedWidth(const DecodeStep& s) {
        return (s.heads + 2 * s.groups) * s.headWidth;
    }
    /// Of one thread; whole cache lines, so that threads do not write to the same.
    static std::int64_t normedWidth(const DecodeStep& s) {
        return ceilDivide(s.sequences * s.width, 64) * 64;
    }
    /// Σ p·V, then Σ p and the largest score.
    static std::int64_t partialWidth(const DecodeStep& s) { return s.headWidth + 16; }
    static std::int64_t chunksOf(const DecodeStep& s, std::int64_t b) {
        return ceilDivide(s.positions[b] + 1, kChunk);
    }
    /// Of the longest sequence.
    static std::int64_t chunksOf(const DecodeStep& s) {
        std::int64_t most = 0;
        for (std::int64_t b = 0; b < s.sequences; ++b) {
            const std::int64_t here = chunksOf(s, b);
            most = here > most ? here : most;
        }
        return most;
    }

    static Share shareOf(std::int64_t outputs, const Thread& thread) {
        return Share(outputs, kStep, thread);
    }

    /// The beginning of what the thread multiplies with next.
    static void askForRows(const Matrix& m, Share own) { prefetch(rowOf(m, own.begin), kAhead); }
    static const char* rowOf(const Matrix& m, std::int64_t output) {
        const std::int64_t bytes = m.groups == nullptr ? sizeof(E) : 1;
        return static_cast<const char*>(m.values) + output * m.inputs * bytes;
    }

    /// All rows, normed, for this thread.
    const E* norm(const float* weight, const Thread& thread) {
        E* normed = m_normed + thread.index * normedWidth(s);
        for (std::int64_t b = 0; b < s.sequences; ++b) {
            const RmsNorm row{Element::Float, 1,      s.width,       s.x + b * s.width,
                              nullptr,        weight, s.normEpsilon, normed + b * s.width};
            normRows<Set, E>(row, 0);
        }
        return normed;
    }

    void multiply(const Matrix& m, const E* x, float* y, Share outputs) {
        productOf<Form, E>(m, s.sequences, x, y, outputs);
    }

    void multiplyAndAdd(const Matrix& m, const E* x, const Thread& thread,
                        const OutputAddition* addition = nullptr) {
        const Share outputs = shareOf(m.outputs, thread);
        multiply(m, x, m_added, outputs);
        if (addition != nullptr) {
            addGated(*addition, thread, outputs);
        }
        for (std::int64_t b = 0; b < s.sequences; ++b) {
            float* row = s.x + b * s.width;
            for (std::int64_t o = outputs.begin; o < outputs.end; o += Set::W) {
                Set::store(row + o, Set::add(Set::load(row + o),
                                             asStored(Set::load(m_added + b * s.width + o))));
            }
        }
    }

    /// What the memory adds to the thread's own outputs.
    void addGated(const OutputAddition& addition, const Thread& thread, Share outputs) {
        const std::int64_t width = s.heads * s.headWidth;
        for (std::int64_t b = 0; b < s.sequences; ++b) {
            float* low = lowOf(thread, b);
            thin(addition.down, addition.rank, m_gated + b * width, width, low);
            float* added = m_added + b * s.width;
            for (std::int64_t o = outputs.begin; o < outputs.end; o += Set::W) {
                V sum = Set::load(added + o);
                for (std::int64_t i = 0; i < addition.rank; ++i) {
                    sum = Set::fma(Set::load(addition.up + i * s.width + o), Set::set(low[i]), sum);
                }
                Set::store(added + o, sum);
            }
        }
    }

    /// SiLU(gate)·up of the thread's own columns.
    void feedForward(const DecodeLayer& layer, const Thread& thread) {
        const std::int64_t F = s.feedForward;
        const E* normed = norm(layer.feedForwardNorm, thread);
        const Share columns = shareOf(F, thread);
        multiply(layer.gateUp, normed, m_gateUp, columns);
        multiply(layer.gateUp, normed, m_gateUp, {columns.begin + F, columns.end + F});
        alignas(64) E gateUp[2 * kStep];
        for (std::int64_t b = 0; b < s.sequences; ++b) {
            for (std::int64_t f = columns.begin; f < columns.end; f += kStep) {
                const float* gate = m_gateUp + b * 2 * F + f;
                for (std::int64_t j = 0; j < kStep; j += Set::W) {
                    Set::store(gateUp + j, Set::load(gate + j));
                    Set::store(gateUp + kStep + j, Set::load(gate + F + j));
                }
                siluRows<Set, E>({Element::Float, 1, kStep, gateUp, m_silu + b * F + f}, 0);
            }
        }
    }

    /// A head of q, k or v as the projection's tensor would hold it, with bias and norm.
    void head(const DecodeLayer& layer, std::int64_t b, std::int64_t h, float* row) {
        const std::int64_t d = s.headWidth;
        const float* projected = m_projected + b * projectedWidth(s) + h * d;
        const float* weight = h < s.heads              ? layer.queryNorm
                              : h < s.heads + s.groups ? layer.keyNorm
                                                       : nullptr;
        V squares = Set::set(0.0f);
        for (std::int64_t j = 0; j < d; j += Set::W) {
            V x = asStored(Set::load(projected + j));
            if (layer.qkvBias != nullptr) {
                x = asStored(Set::add(x, Set::load(layer.qkvBias + h * d + j)));
            }
            squares = Set::fma(x, x, squares);
            Set::store(row + j, x);
        }
        if (weight == nullptr) {
            return;
        }
        const V factor = Set::set(
            1.0f / __builtin_sqrtf(Set::sum(squares) / static_cast<float>(d) + s.normEpsilon));
        for (std::int64_t j = 0; j < d; j += Set::W) {
            Set::store(row + j, asStored(Set::mul(Set::mul(Set::load(row + j), factor),
                                                  Set::load(weight + j))));
        }
    }

    /// Rounded to what a tensor of E would hold.
    static V asStored(V x) {
        alignas(64) E stored[Set::W];
        Set::store(stored, x);
        return Set::load(stored);
    }

    /// Rotate-half, scaled and rounded once.
    void turn(const float* row, std::int64_t b, float scale, E* out) {
        const std::int64_t half = s.headWidth / 2;
        const V factor = Set::set(scale), minus = Set::set(-1.0f);
        for (std::int64_t j = 0; j < half; j += Set::W) {
            const V c = Set::load(s.cosines + b * half + j),
                    sine = Set::load(s.sines + b * half + j);
            const V low = Set::load(row + j), high = Set::load(row + j + half);
            Set::store(out + j,
                       Set::mul(Set::fma(Set::mul(high, minus), sine, Set::mul(low, c)), factor));
            Set::store(out + j + half, Set::mul(Set::fma(low, sine, Set::mul(high, c)), factor));
        }
    }

    /// Weights of the next product that go into the second cache meanwhile.
    struct Weights {
        const char *next, *end;
    };

    /// Whoever attends the last chunk of a group puts its heads together.
    void attend(std::int64_t i, const Thread& thread) {
        const DecodeLayer& layer = s.layer[i];
        const std::int64_t perGroup = s.heads / s.groups;
        std::int64_t* taken = m_taken + i % 2 * (kLine / 8);
        // The other counter is in use in the next layer.
        __atomic_store_n(m_taken + (i + 1) % 2 * (kLine / 8), 0, __ATOMIC_RELAXED);
        const Share mine = shareOf(layer.output.outputs, thread);
        Weights weights{rowOf(layer.output, mine.begin), rowOf(layer.output, mine.end)};
        const auto take = [&] { return taskOf(__atomic_fetch_add(taken, 1, __ATOMIC_RELAXED)); };
        for (ChunkTask task = take(), next{}; task.b < s.sequences; task = next) {
            next = take();
            const Chunk own = chunkOf(i, task);
            const std::int64_t chunks = chunksOf(s, task.b);
            if (task.chunk + 1 == chunks) {
                storeRow(layer, own, task.b, task.g);
            }
            attendChunk(layer, task, own, next.b < s.sequences ? chunkOf(i, next).keys : nullptr,
                        weights);
            std::int32_t* attended = m_attendedChunks + task.b * s.groups + task.g;
            if (__atomic_add_fetch(attended, 1, __ATOMIC_ACQ_REL) == chunks) {
                __atomic_store_n(attended, 0, __ATOMIC_RELAXED);
                for (std::int64_t h = task.g * perGroup; h < (task.g + 1) * perGroup; ++h) {
                    mergeChunks(layer, thread, task.b, h, chunks);
                }
            }
        }
    }

    /// Sequence by sequence, chunk by chunk, group by group.
    struct ChunkTask {
        std::int64_t b, chunk, g;
    };
    ChunkTask taskOf(std::int64_t index) {
        std::int64_t b = 0;
        for (; b < s.sequences && index >= chunksOf(s, b) * s.groups; ++b) {
            index -= chunksOf(s, b) * s.groups;
        }
        return {b, index / s.groups, index % s.groups};
    }

    /// The keys (count, d) of a chunk of a group, and its values at the same distance.
    struct Chunk {
        E *keys, *values;
        std::int64_t count;
    };
    Chunk chunkOf(std::int64_t i, const ChunkTask& task) {
        const Cache& cache = s.caches[i * s.sequences + task.b];
        const std::int64_t at = (task.g * cache.capacity + task.chunk * kChunk) * s.headWidth;
        return {static_cast<E*>(cache.keys) + at, static_cast<E*>(cache.values) + at,
                least(kChunk, s.positions[task.b] + 1 - task.chunk * kChunk)};
    }

    /// The token's own key and value, behind those of its sequence.
    void storeRow(const DecodeLayer& layer, const Chunk& last, std::int64_t b, std::int64_t g) {
        const std::int64_t d = s.headWidth, at = (last.count - 1) * d;
        alignas(64) float row[kMostWidth];
        head(layer, b, s.heads + g, row);
        turn(row, b, 1.0f, last.keys + at);
        head(layer, b, s.heads + s.groups + g, row);
        for (std::int64_t j = 0; j < d; j += Set::W) {
            Set::store(last.values + at + j, Set::load(row + j));
        }
    }

    /// A group's heads, some at a time, over a chunk; meanwhile memory brings in the keys `next`.
    void attendChunk(const DecodeLayer& layer, const ChunkTask& task, const Chunk& own,
                     const E* next, Weights& weights) {
        const std::int64_t perGroup = s.heads / s.groups, end = (task.g + 1) * perGroup;
        alignas(64) float row[kMostWidth], scores[kHeads][kChunk];
        alignas(64) E query[kMostWidth];
        for (std::int64_t h = task.g * perGroup; h < end; h += kHeads) {
            const std::int64_t heads = least(kHeads, end - h);
            for (std::int64_t k = 0; k < heads; ++k) {
                head(layer, task.b, h + k, row);
                turn(row, task.b, s.scale, query);
                score(own, query, scores[k], {own.values, k, heads});
            }
            for (std::int64_t k = 0; k < heads; ++k) {
                weigh(own, scores[k], partialOf(task.b, h + k, task.chunk),
                      {next, k, heads, &weights});
            }
        }
    }

    /// Rows of a chunk that are asked for while another is worked on, in as many parts as there are
    /// heads; null: none.
    struct Ahead {
        const E* rows;
        std::int64_t part, parts;
        Weights* weights = nullptr;
    };
    void ask(const Ahead& ahead, const Chunk& own, std::int64_t first, std::int64_t count) {
        if (ahead.weights != nullptr && ahead.weights->next < ahead.weights->end) {
            __builtin_prefetch(ahead.weights->next, 0, 2);
            ahead.weights->next += kLine;
        }
        if (ahead.rows != nullptr) {
            const std::int64_t bytes = s.headWidth * static_cast<std::int64_t>(sizeof(E));
            prefetch(reinterpret_cast<const char*>(ahead.rows) +
                         (ahead.part * own.count + first) * bytes / ahead.parts,
                     ceilDivide(count * bytes, ahead.parts));
        }
    }

    /// Scores of the keys of a chunk; −∞ behind them up to a whole vector.
    void score(const Chunk& own, const E* query, float* scores, const Ahead& ahead) {
        const std::int64_t d = s.headWidth;
        constexpr std::int64_t step = Set::W * Form::kPerWord;
        for (std::int64_t k = 0; k < own.count; k += Set::W) {
            V sums[Set::W];
            const E* rows[Set::W];
#pragma GCC unroll 16
            for (int r = 0; r < Set::W; ++r) {
                sums[r] = Set::set(0.0f);
                rows[r] = own.keys + least(k + r, own.count - 1) * d;
            }
            for (std::int64_t j = 0; j < d; j += step) {
                const V q = loadOperand<Form>(query + j);
#pragma GCC unroll 16
                for (int r = 0; r < Set::W; ++r) {
                    sums[r] = Form::dot(sums[r], q, loadOperand<Form>(rows[r] + j));
                }
            }
            Set::store(scores + k, Set::sumEach(sums));
            ask(ahead, own, k, Set::W);
        }
        for (std::int64_t k = own.count; k % Set::W != 0; ++k) {
            scores[k] = kLowest;
        }
    }

    /// The softmax of a chunk's scores and its sums.
    void weigh(const Chunk& own, float* scores, float* partial, const Ahead& ahead) {
        const std::int64_t d = s.headWidth, count = own.count;
        V largest = Set::set(kLowest);
        for (std::int64_t k = 0; k < count; k += Set::W) {
            largest = Set::max(largest, Set::load(scores + k));
        }
        const float most = Set::largest(largest);
        V total = Set::set(0.0f);
        const V shift = Set::set(-most * kLog2E);
        for (std::int64_t k = 0; k < count; k += Set::W) {
            const V p = power2<Set, 6>(Set::fma(Set::load(scores + k), Set::set(kLog2E), shift));
            Set::store(scores + k, p);
            total = Set::add(total, p);
        }
        for (std::int64_t j = 0; j < d; j += Set::W) {
            Set::store(partial + j, Set::set(0.0f));
        }
        addRows(scores, count, own.values, d, d, partial,
                [&](std::int64_t k) { ask(ahead, own, k, 1); });
        partial[d] = Set::sum(total);
        partial[d + 1] = most;
    }

    /// out += Σ weights[i]·row i of some columns; calls meanwhile(i) after each row.
    template <int vectors, class F, class Meanwhile>
    static void addColumns(const float* weights, std::int64_t count, const F* rows,
                           std::int64_t stride, float* out, const Meanwhile& meanwhile) {
        V sums[vectors];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) {
            sums[v] = Set::load(out + v * Set::W);
        }
        for (std::int64_t i = 0; i < count; ++i) {
            const V weight = Set::set(weights[i]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v) {
                sums[v] = Set::fma(Set::load(rows + i * stride + v * Set::W), weight, sums[v]);
            }
            meanwhile(i);
        }
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) {
            Set::store(out + v * Set::W, sums[v]);
        }
    }

    /// out += Σ weights[i]·row i; asks ahead while the first columns are added.
    template <class F, class Meanwhile>
    static void addRows(const float* weights, std::int64_t count, const F* rows,
                        std::int64_t stride, std::int64_t columns, float* out,
                        const Meanwhile& meanwhile) {
        const auto nothing = [](std::int64_t) {};
        std::int64_t j = 0;
        if (columns >= 4 * Set::W) {
            addColumns<4>(weights, count, rows, stride, out, meanwhile);
            j = 4 * Set::W;
        } else {
            addColumns<2>(weights, count, rows, stride, out, meanwhile);
            j = 2 * Set::W;
        }
        for (; j + 4 * Set::W <= columns; j += 4 * Set::W) {
            addColumns<4>(weights, count, rows + j, stride, out + j, nothing);
        }
        for (; j < columns; j += 2 * Set::W) {
            addColumns<2>(weights, count, rows + j, stride, out + j, nothing);
        }
    }
    static void addRows(const float* weights, std::int64_t count, const float* rows,
                        std::int64_t stride, std::int64_t columns, float* out) {
        addRows(weights, count, rows, stride, columns, out, [](std::int64_t) {});
    }

    float* partialOf(std::int64_t b, std::int64_t h, std::int64_t chunk) {
        return m_partial + ((b * s.heads + h) * m_chunks + chunk) * partialWidth(s);
    }

    /// The chunks' sums become local attention; the memory is read and mixed in.
    void mergeChunks(const DecodeLayer& layer, const Thread& thread, std::int64_t b, std::int64_t h,
                     std::int64_t chunks) {
        const std::int64_t d = s.headWidth;
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
        mixMemory(layer, thread, b, h, sums, total);
    }

    void mixMemory(const DecodeLayer& layer, const Thread& thread, std::int64_t b, std::int64_t h,
                   const float* sums, float total) {
        const std::int64_t d = s.headWidth, g = h / (s.heads / s.groups);
        E* out = m_attended + (b * s.heads + h) * d;
        const float gate = layer.memory == nullptr ? 0.0f : layer.gates[b * layer.gateStride + h];
        float* gated = m_gated + (b * s.heads + h) * d;
        if (gate == 0.0f) {
            for (std::int64_t j = 0; layer.addition != nullptr && j < d; j += Set::W) {
                Set::store(gated + j, Set::set(0.0f));
            }
            const V inverse = Set::set(1.0f / total);
            for (std::int64_t j = 0; j < d; j += Set::W) {
                Set::store(out + j, Set::mul(Set::load(sums + j), inverse));
            }
            return;
        }
        alignas(64) float phi[kMostWidth], read[kMostWidth] = {};
        const std::int64_t f = features(layer, thread, b, h, phi);
        const float *memory = layer.memory + g * f * d, *norm = layer.norm + g * f;
        float weight = 0;
        for (std::int64_t j = 0; j < f; ++j) {
            weight += phi[j] * norm[j];
        }
        addRows(phi, f, memory, d, d, read);
        const float denominator = weight > s.memoryEpsilon ? weight : s.memoryEpsilon;
        const V local = Set::set((1.0f - gate) / total), past = Set::set(gate / denominator);
        for (std::int64_t j = 0; layer.addition != nullptr && j < d; j += Set::W) {
            Set::store(gated + j, asStored(Set::mul(Set::load(read + j), past)));
        }
        for (std::int64_t j = 0; j < d; j += Set::W) {
            Set::store(out + j,
                       Set::fma(Set::load(read + j), past, Set::mul(Set::load(sums + j), local)));
        }
    }

    /// φ of what head h asks the memory with; returns how many values.
    std::int64_t features(const DecodeLayer& layer, const Thread& thread, std::int64_t b,
                          std::int64_t h, float* phi) {
        const std::int64_t d = s.headWidth;
        alignas(64) float query[kMostWidth];
        head(layer, b, h, query);
        std::int64_t f = d;
        if (const QueryFeatures* own = layer.query; own == nullptr) {
            for (std::int64_t j = 0; j < d; j += Set::W) {
                Set::store(phi + j, Set::load(query + j));
            }
        } else {
            f = own->features;
            addRows(lowOf(thread, b), own->rank, own->up + h * d, s.heads * d, d, query);
            for (std::int64_t j = 0; j < d; j += Set::W) {
                Set::store(query + j, asStored(Set::load(query + j)));
            }
            for (std::int64_t j = 0; j < f; j += Set::W) {
                Set::store(phi + j, Set::load(own->bias + h * f + j));
            }
            addRows(query, d, own->matrix + h * d * f, f, f, phi);
        }
        for (std::int64_t j = 0; j < f; j += Set::W) {
            Set::store(phi + j, featureMap<Set>(Set::load(phi + j)));
        }
        return f;
    }

    /// down·x of sequence b, this thread's copy.
    float* lowOf(const Thread& thread, std::int64_t b) {
        return m_low + (thread.index * s.sequences + b) * kMostRank;
    }

    void lowRank(const DecodeLayer& layer, const E* normed, const Thread& thread) {
        if (layer.memory == nullptr || layer.query == nullptr) {
            return;
        }
        for (std::int64_t b = 0; b < s.sequences; ++b) {
            thin(layer.query->down, layer.query->rank, normed + b * s.width, s.width,
                 lowOf(thread, b));
        }
    }

    /// low = down·x; down (rank, width).
    template <class T>
    static void thin(const float* down, std::int64_t rank, const T* x, std::int64_t width,
                     float* low) {
        for (std::int64_t i = 0; i < rank; ++i) {
            V sum = Set::set(0.0f);
            for (std::int64_t j = 0; j < width; j += Set::W) {
                sum = Set::fma(Set::load(down + i * width + j), Set::load(x + j), sum);
            }
            low[i] = Set::sum(sum);
        }
    }

    const DecodeStep& s;
    Barrier m_barrier;
    std::int64_t m_chunks;
    E *m_normed, *m_attended, *m_silu; ///< normed rows: of each thread its own
    float *m_projected, *m_gateUp, *m_added, *m_partial;
    float* m_low;                   ///< (threads, sequences, kMostRank)
    float* m_gated;                 ///< g·A_mem (sequences, H·d)
    std::int32_t* m_attendedChunks; ///< (sequences, groups)
    std::int64_t*
        m_taken; ///< chunks of a layer that have been taken: in layers of even and of odd index
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
