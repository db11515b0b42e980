#include "engine/model/segment_cache.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <limits>

#include "engine/model/transformer.h"

namespace engine::model {

namespace {

/// The last `most` rows of (B, G, S, d); memory of their own, so that the others are given back.
at::Tensor lastRows(const at::Tensor& rows, std::int64_t most) {
    const std::int64_t count = std::min(most, rows.size(2));
    return rows.narrow(2, rows.size(2) - count, count).contiguous();
}

/// Means of `kPoolRate` rows each in fp32, rounded once.
at::Tensor pooledRows(const at::Tensor& rows) {
    const std::int64_t whole = rows.size(2) / kPoolRate, rest = rows.size(2) % kPoolRate;
    const at::Tensor wide = rows.to(at::kFloat);
    std::vector<at::Tensor> parts;
    if (whole > 0) {
        parts.push_back(wide.narrow(2, 0, whole * kPoolRate)
                            .reshape({rows.size(0), rows.size(1), whole, kPoolRate, rows.size(3)})
                            .mean(3));
    }
    if (rest > 0) {
        parts.push_back(wide.narrow(2, whole * kPoolRate, rest).mean(2, true));
    }
    return at::cat(parts, 2).to(rows.scalar_type());
}

at::Tensor joined(const at::Tensor& older, const at::Tensor& newer) {
    return older.size(2) == 0 ? newer : at::cat({older, newer}, 2);
}

std::int64_t bytesOf(const std::vector<at::Tensor>& tensors) {
    std::int64_t sum = 0;
    for (const at::Tensor& tensor : tensors) {
        sum += static_cast<std::int64_t>(tensor.nbytes());
    }
    return sum;
}

} // namespace

std::int64_t neighbourLayer(const Config& config) {
    return (3 * config.layers + 3) / 4 - 1;
}

SegmentCache SegmentCache::empty(Mode mode, const Weights& weights, std::int64_t N,
                                 std::int64_t batch) {
    SegmentCache cache;
    if (hasMemory(mode) || mode == Mode::Local) {
        return cache;
    }
    const Config& config = weights.config;
    const at::Tensor none = at::empty({batch, config.kvHeads, 0, config.headWidth},
                                      at::TensorOptions().dtype(scalarType(weights.dtype)));
    const auto layers = static_cast<std::size_t>(config.layers);
    cache.window = mode == Mode::Full ? std::numeric_limits<std::int64_t>::max() : N;
    cache.keys.assign(layers, none);
    cache.values.assign(layers, none);
    if (mode == Mode::Compressive) {
        cache.pooled = N;
        cache.pooledKeys.assign(layers, none);
        cache.pooledValues.assign(layers, none);
    }
    if (mode == Mode::Knn) {
        cache.neighbours = kNeighbourTokens;
    }
    return cache;
}

std::int64_t SegmentCache::count(std::int64_t layer) const {
    const auto l = static_cast<std::size_t>(layer);
    return keys.empty() ? 0 : keys[l].size(2) + (pooledKeys.empty() ? 0 : pooledKeys[l].size(2));
}

at::Tensor SegmentCache::visibleKeys(std::int64_t layer) const {
    const auto l = static_cast<std::size_t>(layer);
    return pooledKeys.empty() ? keys[l] : joined(pooledKeys[l], keys[l]);
}

at::Tensor SegmentCache::visibleValues(std::int64_t layer) const {
    const auto l = static_cast<std::size_t>(layer);
    return pooledValues.empty() ? values[l] : joined(pooledValues[l], values[l]);
}

void SegmentCache::write(std::int64_t layer, const at::Tensor& key, const at::Tensor& value) {
    const auto l = static_cast<std::size_t>(layer);
    const auto take = [&](at::Tensor& rows, std::vector<at::Tensor>& older,
                          const at::Tensor& added) {
        const at::Tensor all = joined(rows, added.transpose(1, 2)).contiguous();
        const std::int64_t leaving = std::max<std::int64_t>(0, all.size(2) - window);
        if (leaving > 0 && pooled > 0) {
            older[l] = lastRows(joined(older[l], pooledRows(all.narrow(2, 0, leaving))), pooled);
        }
        rows = lastRows(all, window);
    };
    take(keys[l], pooledKeys, key);
    take(values[l], pooledValues, value);
}

void SegmentCache::writeStore(const at::Tensor& key, const at::Tensor& value) {
    const auto take = [&](at::Tensor& rows, const at::Tensor& added) {
        const at::Tensor rounded = added.transpose(1, 2).to(at::kBFloat16).contiguous();
        rows = lastRows(rows.defined() ? joined(rows, rounded) : rounded, neighbours);
    };
    take(store.keys, key);
    take(store.values, value);
}

std::int64_t SegmentCache::bytes() const {
    const std::int64_t stored =
        store.keys.defined()
            ? static_cast<std::int64_t>(store.keys.nbytes() + store.values.nbytes())
            : 0;
    return bytesOf(keys) + bytesOf(values) + bytesOf(pooledKeys) + bytesOf(pooledValues) + stored;
}

CacheCount cacheCount(Mode mode, std::int64_t N, std::int64_t segments) {
    if (segments == 0 || hasMemory(mode) || mode == Mode::Local) {
        return {};
    }
    const std::int64_t pooledPerSegment = (N + kPoolRate - 1) / kPoolRate;
    return {mode == Mode::Full ? segments * N : N,
            mode == Mode::Compressive ? std::min(N, std::min(segments - 1, N) * pooledPerSegment)
                                      : 0};
}

} // namespace engine::model
