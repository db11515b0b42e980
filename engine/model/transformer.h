#pragma once
/// The transformer of the llama family with Infini-attention in the adapter's layers, or with the
/// cached tokens of the other modes: one pass over rows of tokens.
///
/// Letters: B batch, T rows, E width, H query heads, G KV heads, d head width, V vocabulary; M, z
/// the memory, n the tokens in it. Residual stream fp32, operands of matrix products in the dtype
/// of the weights, beside int8 bf16.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/kernels/ops.h"
#include "engine/kernels/ops_decode.h"
#include "engine/model/memory.h"
#include "engine/model/memory_path.h"
#include "engine/model/segment_cache.h"
#include "engine/model/weights.h"

namespace engine::model {

/// Of activations, and of keys and values that are kept.
at::ScalarType scalarType(Dtype dtype);

/// (1, rows) int64, filled up with token 0 behind the ids.
at::Tensor idTensor(std::span<const std::int32_t> ids, std::int64_t rows);

/// The positions of a pass's past and rows.
struct Rotation {
    at::Tensor cosines, sines; ///< (past + T, d/2) fp32
    at::Tensor positions;      ///< (past + T) fp32
};

/// Keys (rotated) and values of a window of one sequence, for all layers. Grows by doubling.
class KvCache {
public:
    explicit KvCache(const Weights& weights);

    /// Begins the window with a past: its keys at the positions 0 … count − 1.
    void fill(const SegmentCache& past, const Rotation& turn);
    /// Stores the rows key and value (1, T, G, d) from `position` on, over what was there.
    void write(std::int64_t layer, std::int64_t position, const at::Tensor& key,
               const at::Tensor& value);
    /// The first `count` rows (1, G, count, d); views.
    [[nodiscard]] at::Tensor keys(std::int64_t layer, std::int64_t count) const;
    [[nodiscard]] at::Tensor values(std::int64_t layer, std::int64_t count) const;
    /// Room for at least one row behind the first `position`.
    kernels::DecodeCache withRoom(std::int64_t layer, std::int64_t position);

private:
    void grow(at::Tensor& cache, std::int64_t position, std::int64_t end);

    std::vector<at::Tensor> m_keys, m_values; ///< (1, G, capacity, d)
};

class PromptPath;

/// The rule by which a segment is written to the memory: eq. 8 or eq. 9.
enum class Rule { Linear, Delta };

/// What a pass sees besides its own rows, and what it leaves behind.
struct Pass {
    std::int64_t position = 0; ///< of the first row: behind all that `past` or `cache` shows
    KvCache* cache =
        nullptr; ///< earlier rows of the window; this pass's rows are stored behind them
    const Memory* read = nullptr; ///< unset or n = 0: the base model, bit for bit
    Memory* write = nullptr; ///< gets dM and dz of each memory layer after that layer has read; n
                             ///< is the caller's
    Rule rule = Rule::Linear;
    const SegmentCache* past = nullptr; ///< every row sees its `position` entries; not with `cache`
    const Neighbours* neighbours = nullptr; ///< the neighbour layer reads them unless empty
    SegmentCache* keep = nullptr; ///< gets the rows of each layer after that layer has attended
    const PromptPath* prompt = nullptr; ///< the rows are vectors, and have its additions
    at::Tensor mask; ///< (B, T) write mask of 0 and 1 of `write`; undefined: all ones
    std::vector<std::int64_t>
        sequences; ///< B = 1: lengths of independent sequences packed into the rows; empty: one
};

/// Immutable and safe to share between threads; holds no state of a reading.
class Transformer {
public:
    /// Without an adapter every layer is local.
    Transformer(std::shared_ptr<const Weights> weights, std::shared_ptr<const Adapter> adapter);

    /// ids (B, T) int64; returns the residual stream (B, T, E) fp32.
    [[nodiscard]] at::Tensor embed(const at::Tensor& ids) const;
    /// For `rows` rows of a pass; the same for all its layers.
    [[nodiscard]] Rotation rotation(std::int64_t rows, const Pass& pass) const;
    /// One layer over the rows of x, in place.
    void layer(std::int64_t index, at::Tensor& x, const Rotation& turn, const Pass& pass) const;
    /// What one layer over x leaves in the state, without the layer's output.
    void store(std::int64_t index, const at::Tensor& x, const Pass& pass) const;
    /// The last layer of which a pass keeps anything; −1: none. Nothing above it has state.
    [[nodiscard]] std::int64_t lastStateLayer(const Pass& pass) const;
    /// All layers; returns the residual stream after the last.
    [[nodiscard]] at::Tensor forward(const at::Tensor& ids, const Pass& pass) const;
    /// As `forward`, but stops when the last layer with state has stored: the state has the same
    /// bits, and of an Infini reading a sixth of the work is saved.
    void read(const at::Tensor& ids, const Pass& pass) const;
    /// One token of each of B windows over the same memory in one step: the row b of ids stands
    /// behind the first positions[b] rows of caches[b]. Returns the residual stream (B, E). Where
    /// the kernels have no such step, or for neighbours, the windows run one after another.
    [[nodiscard]] at::Tensor decode(std::span<const std::int32_t> ids,
                                    std::span<KvCache* const> caches,
                                    std::span<const std::int64_t> positions, const Memory* read,
                                    const Neighbours* neighbours) const;
    /// Residual rows (T, E) to logits (T, V) fp32, on the processor.
    [[nodiscard]] at::Tensor logits(const at::Tensor& x) const;
    /// log P of each target (T) given the residual row (T, E) before it, in nats.
    [[nodiscard]] std::vector<float> logProbabilities(const at::Tensor& x,
                                                      std::span<const std::int32_t> targets) const;

    [[nodiscard]] const Weights& weights() const { return *m_weights; }

private:
    struct Projected {
        at::Tensor normed;            ///< (B, T, E), what they are projections of
        at::Tensor query, key, value; ///< (B, T, heads, d), of any strides, before rotary embedding
    };
    [[nodiscard]] Projected project(std::int64_t index, const at::Tensor& x,
                                    const Pass& pass) const;
    /// Softmax attention over `pass.cache` or within each of `pass.sequences`; (B, T, H·d).
    [[nodiscard]] at::Tensor attendWindow(std::int64_t index, const Projected& heads,
                                          const Rotation& turn, const Pass& pass) const;
    /// Softmax attention over all that the rows see, mixed with what the layer reads from memory
    /// (`read`) or neighbours.
    [[nodiscard]] at::Tensor attend(std::int64_t index, const Projected& heads,
                                    const Rotation& turn, const Pass& pass,
                                    const std::optional<kernels::MemoryReadout>& read,
                                    at::Tensor* gated) const;
    void storeRows(std::int64_t index, const Projected& heads, const Pass& pass) const;
    [[nodiscard]] bool hasMemory(std::int64_t index) const;
    [[nodiscard]] double scoreScale() const; ///< 1/√d
    /// What layer `index` reads from the memory in a pass; nothing while it is empty.
    [[nodiscard]] std::optional<kernels::MemoryReadout> readout(std::int64_t index,
                                                                const Projected& heads,
                                                                const Rotation& turn,
                                                                const Memory* read) const;

    std::shared_ptr<const Weights> m_weights;
    std::optional<MemoryPath> m_path;
    std::vector<kernels::DecodeLayer> m_decodeLayers;
    at::Tensor
        m_neighbourGates; ///< (H) fp32, the untrained gate: no file is trained for neighbours
    std::int64_t m_neighbourLayer;
};

} // namespace engine::model
