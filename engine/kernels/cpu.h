#pragma once
/// The ground floor on the CPU: kernels on raw pointers, one table of them per instruction set.
///
/// Letters as in ops.h. A head of a row lies contiguous; rows and heads have strides, in elements.
/// Kernels own no memory and no threads: the caller passes both. Tiles are fixed and sums have one
/// order, so results do not depend on the team. Thread-safe.

#include <cstdint>

namespace engine::kernels::cpu {

/// In rising order; each machine runs those up to its own.
enum class Isa : std::int32_t { Plain, Avx2, Avx512, Avx512Bf16 };

/// What tensors hold. Sums and everything between load and store are fp32.
enum class Element : std::int32_t { BFloat16, Float };

/// The caller's threads.
struct Team {
    /// Runs body(context, i) once for each i in [0, tasks), in any order on any threads, and
    /// returns when all have ended.
    void (*run)(std::int64_t tasks, void (*body)(void* context, std::int64_t task), void* context);
    /// Runs body(context, i, threads) for i in [0, threads), all at the same time, so that they may
    /// wait for each other.
    void (*together)(void (*body)(void* context, std::int64_t thread, std::int64_t threads),
                     void* context);
    void (*yield)(); ///< lets another thread have the processor
};

/// Heads of rows: head h of row t is at data + t·rowStride + h·headStride.
struct Heads {
    const void* data;
    std::int64_t rowStride, headStride;
};

/// Cosines and sines (rows, d/2), contiguous; both null: the heads are taken as they are.
struct Turn {
    const float *cosines, *sines;
};

/// The compressive memory of one sequence as its rows read it (Infini-attention, eq. 7 and 10).
struct MemoryRead {
    const float* memory; ///< M (G, f, d); null: not read
    const float* norm;   ///< z (G, f)
    const float* gates;  ///< g of head h and row t at gates[t·gateRowStride + h]
    std::int64_t gateRowStride;
    Heads query;     ///< (T, H, f) before the feature map
    Element element; ///< of `query`
    std::int64_t features;
    float epsilon;
    void* gated; ///< g·A_mem (T, H·d), contiguous, of the element type of the result; or null
};

/// softmax(scale · rope(Q)·rope(K)ᵀ)·V of one sequence, where row t sees the keys 0 … S − T + t,
/// and what the memory adds. d and f multiples of 32 up to 256, S ≥ T.
struct Attention {
    Element element;
    std::int64_t rows, keys, heads, groups, width; ///< T, S, H, G, d
    Heads query, key, value;                       ///< (T, H, d), (S, G, d), (S, G, d)
    Turn queryTurn, keyTurn;
    float scale;
    MemoryRead read;
    void* out;              ///< (T, H·d), contiguous
    std::uint32_t* scratch; ///< attentionScratch() words, aligned to 64 bytes
};

/// dM = φ(K)ᵀ·V and dz = Σ φ(K) of one sequence (eq. 8), summed over 64 rows at a time. Rows of
/// scale 0 leave no trace, whatever they hold. f and d multiples of 32 up to 256.
struct MemoryWrite {
    Element element;                            ///< of value; decides how products are formed
    Element keyElement;                         ///< of key
    std::int64_t rows, groups, features, width; ///< T, G, f, d
    Heads key, value;                           ///< (T, G, f) before the feature map, (T, G, d)
    const float* scales;                        ///< (T, G) of φ(K), or null: 1
    float *memory, *norm;                       ///< dM (G, f, d), dz (G, f)
    std::uint32_t* scratch;                     ///< memoryWriteScratch() words
};

/// y = x · rsqrt(mean(x²) + ε) · weight; with `add`, x += add first.
struct RmsNorm {
    Element element;          ///< of add and out
    std::int64_t rows, width; ///< rows are contiguous
    float* x;
    const void* add; ///< or null
    const float* weight;
    float epsilon;
    void* out;
};

/// SiLU(gate)·up of rows [gate | up].
struct SiluMultiply {
    Element element;
    std::int64_t rows, width; ///< of the result
    const void* gateUp;
    void* out;
};

struct DecodeTable;

struct Table {
    Isa isa;
    const char* name; ///< "avx512bf16", "avx512", "avx2" or "plain"
    std::int64_t (*attentionScratch)(const Attention&);
    std::int64_t (*memoryWriteScratch)(const MemoryWrite&);
    void (*attention)(const Attention&, Team);
    void (*memoryWrite)(const MemoryWrite&, Team);
    void (*rmsNorm)(const RmsNorm&, Team);
    void (*siluMultiply)(const SiluMultiply&, Team);
    const DecodeTable& decode; ///< cpu_decode.h
};

/// The best table of this machine; the environment variable INFOLIO_ISA may cap it by name.
/// Chosen once.
const Table& best();
/// The table of one instruction set, or null where the machine has not got it.
const Table* tableOf(Isa isa);

// One per translation unit; each may run only where its instructions exist.
const Table& plainTable();
const Table& avx2Table();
const Table& avx512Table();
const Table& avx512Bf16Table();

} // namespace engine::kernels::cpu
