#pragma once
/// Small models built in memory, and comparisons of what they leave.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/model/session.h"
#include "tests/support/infini_oracle.h"

namespace tests {

struct HandShape {
    std::int64_t layers = 2, width = 32, heads = 4, kvHeads = 2, headWidth = 8, feedForward = 48;
    std::int64_t vocabulary = 61, contextTokens = 96;
    std::int64_t firstMemory = 0, lastMemory = 1;
    double gate = 0.3;
    bool hasBias = false;
    bool hasQkNorm = false;
};

/// Seeded weights, a tokenizer with one token per value 0 … 60 (token 2 stops), an adapter with
/// memory in the given layers. Dtype::Int8 needs widths that are multiples of 32.
std::shared_ptr<engine::model::Model> handModel(std::uint64_t seed, engine::model::Dtype dtype,
                                                const HandShape& shape = {});

/// The same model with a seeded trained adapter in the same layers: `features` per head, rank 4,
/// gates by position and, if wanted, a delta of the output.
std::shared_ptr<engine::model::Model> withAdapter(const engine::model::Model& model,
                                                  std::uint64_t seed, std::int64_t features,
                                                  bool hasOutput = false);

/// The same model with seeded vectors for rmt or autocompressor: p of a segment, additions of
/// rank 4.
std::shared_ptr<engine::model::Model> withPrompt(const engine::model::Model& model,
                                                 std::uint64_t seed, engine::model::Mode method,
                                                 std::int64_t p = 3);

/// An int8 model's weights in bf16.
std::shared_ptr<engine::model::Model> widened(const engine::model::Model& model);

/// The same model with another gate parameter β in every layer and head.
std::shared_ptr<engine::model::Model> withBeta(const engine::model::Model& model, float beta);

/// `count` seeded ids, 3 and above.
std::vector<std::int32_t> randomIds(std::uint64_t seed, std::size_t count,
                                    std::int64_t vocabulary = 61);

/// Largest difference, relative to the largest expected value.
double relativeDifference(std::span<const double> found, std::span<const double> expected);
double relativeDifference(const at::Tensor& found, std::span<const double> expected);
/// The largest of all layers' M and z.
double memoryDifference(const engine::model::Memory& found, const OracleMemory& expected);

bool sameBits(const at::Tensor& a, const at::Tensor& b);
bool sameBits(const engine::model::Memory& a, const engine::model::Memory& b);
bool sameBits(const engine::model::SegmentCache& a, const engine::model::SegmentCache& b);
bool sameBits(const engine::model::ReadingState& a, const engine::model::ReadingState& b);

/// The state that a session of `mode` has after these ids, given in pushes of at most `push`.
engine::model::ReadingState readIds(const std::shared_ptr<const engine::model::Model>& model,
                                    std::span<const std::int32_t> ids, engine::model::Mode mode,
                                    std::int64_t N, std::size_t push = 1000,
                                    std::int64_t chunk = 0);

} // namespace tests
