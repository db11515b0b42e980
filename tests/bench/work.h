#pragma once
/// Floating-point operations and matrix products of a model, from its sizes (engine.md, section 4).

#include <cstdint>

#include "engine/model/session.h"

namespace bench {

/// Operations per token, two per multiply-add.
struct Work {
    double products = 0;  ///< projections and feed-forward
    double attention = 0; ///< causal half of the segment, on average
    double memory = 0;    ///< reading and writing M and z
    [[nodiscard]] double all() const { return products + attention + memory; }
};

/// What reading does in segments of N: the layers below the last memory layer, and that layer's k
/// and v; nothing above it has state.
Work readingWork(const engine::model::Model& model, std::int64_t N);
/// All layers, without memory and output head: what a prompt of N costs a plain transformer.
Work forwardWork(const engine::model::Model& model, std::int64_t N);

/// Bytes of the weights that one generated token reads: all layers and the head.
double weightBytes(const engine::model::Model& model);

/// GFLOP/s of LibTorch's linear in the dtype of the weights over the four products of one layer,
/// `rows` rows each, repeated until their weights lie in the cache.
double productRate(const engine::model::Model& model, std::int64_t rows);

} // namespace bench
