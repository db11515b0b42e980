#include "engine/model/segment_cache.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <limits>

#include "engine/model/transformer.h"

namespace engine::model {

namespace {

/// Rows of (B, G, S, d) in memory of their own, so that the others are given back.
at::Tensor someRows(const at::Tensor& rows, std::int64_t begin, std::int64_t count) {
    return rows.narrow(2, begin, count).clone(at::MemoryFormat::Contiguous);
}

at::Tensor lastRows(const at::Tensor& rows, std::int64_t most) {
    return rows.size(2) <= most ? rows : someRows(rows, rows.size(2) - most, most);
}

std::int64_t pooledCount(std::int64_t tokens) {
    return (tokens + kPoolRate - 1) / kPoolRate;
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

/// Σ size(tensor) over all that a cache keeps.
template <typename Size> std::int64_t sumOver(const SegmentCache& cache, const Size& size) {
    std::int64_t sum = 0;
    for (const auto* rows : {&cache.keys, &cache.values, &cache.sinkKeys, &cache.sinkValues,
                             &cache.pooledKeys, &cache.pooledValues}) {
        for (const at::Tensor& tensor : *rows) {
            sum += static_cast<std::int64_t>(size(tensor));
        }
    }
    if (cache.store.keys.defined()) {
        sum += static_cast<std::int64_t>(size(cache.store.keys) + size(cache.store.values));
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
    if (hasMemory(mode) || hasVectors(mode) || mode == Mode::Local) {
        return cache;
    }
    const Config& config = weights.config;
    const at::Tensor none =
        at::empty({batch, config.kvHeads, 0, config.headWidth},
                  weights.embedding.values.options().dtype(scalarType(weights.dtype)));
    const auto layers = static_cast<std::size_t>(config.layers);
    cache.window = mode == Mode::Full ? std::numeric_limits<std::int64_t>::max() : N;
    cache.sinks = mode == Mode::Full ? 0 : kSinkTokens;
    cache.pooled = mode == Mode::Compressive ? N : 0;
    for (auto* rows : {&cache.keys, &cache.values, &cache.sinkKeys, &cache.sinkValues,
                       &cache.pooledKeys, &cache.pooledValues}) {
        rows->assign(layers, none);
    }
    if (mode == Mode::Knn) {
        cache.neighbours = kNeighbourTokens;
    }
    return cache;
}

CacheCount SegmentCache::count(std::int64_t layer) const {
    if (!hasLayers()) {
        return {};
    }
    const auto l = static_cast<std::size_t>(layer);
    return {sinkKeys[l].size(2), pooledKeys[l].size(2), keys[l].size(2)};
}

CacheCount SegmentCache::countAfter(std::int64_t segments, std::int64_t N) const {
    if (!hasLayers()) {
        return {};
    }
    CacheCount count;
    count.window = std::min(segments * N, window);
    const std::int64_t left = segments * N - count.window;
    count.sinks = std::min(left, sinks);
    // Each segment is pooled by itself when it leaves: none of those that become sinks whole, the
    // rest of the one in which the sinks end, then all.
    const std::int64_t pooledSegments = left / N - sinks / N;
    if (pooled > 0 && pooledSegments > 0) {
        count.pooled = std::min(pooled, pooledCount(N - sinks % N) +
                                            std::min(pooledSegments - 1, pooled) * pooledCount(N));
    }
    return count;
}

at::Tensor SegmentCache::visibleKeys(std::int64_t layer) const {
    const auto l = static_cast<std::size_t>(layer);
    return at::cat({sinkKeys[l], pooledKeys[l], keys[l]}, 2);
}

at::Tensor SegmentCache::visibleValues(std::int64_t layer) const {
    const auto l = static_cast<std::size_t>(layer);
    return at::cat({sinkValues[l], pooledValues[l], values[l]}, 2);
}

void SegmentCache::write(std::int64_t layer, const at::Tensor& key, const at::Tensor& value) {
    const auto l = static_cast<std::size_t>(layer);
    const auto take = [&](at::Tensor& rows, at::Tensor& first, at::Tensor& older,
                          const at::Tensor& added) {
        const at::Tensor all = at::cat({rows, added.transpose(1, 2)}, 2);
        const std::int64_t leaving = std::max<std::int64_t>(0, all.size(2) - window);
        const std::int64_t kept = std::min(leaving, sinks - first.size(2));
        if (kept > 0) {
            first = at::cat({first, all.narrow(2, 0, kept)}, 2);
        }
        if (leaving > kept && pooled > 0) {
            const at::Tensor means = pooledRows(all.narrow(2, kept, leaving - kept));
            older = lastRows(at::cat({older, means}, 2), pooled);
        }
        rows = lastRows(all, window);
    };
    take(keys[l], sinkKeys[l], pooledKeys[l], key);
    take(values[l], sinkValues[l], pooledValues[l], value);
}

void SegmentCache::writeStore(const at::Tensor& key, const at::Tensor& value) {
    const auto take = [&](at::Tensor& rows, const at::Tensor& added) {
        const at::Tensor rounded = added.transpose(1, 2).to(at::kBFloat16).contiguous();
        rows = lastRows(rows.defined() ? at::cat({rows, rounded}, 2) : rounded, neighbours);
    };
    take(store.keys, key);
    take(store.values, value);
}

std::int64_t SegmentCache::bytes() const {
    return sumOver(*this, [](const at::Tensor& tensor) { return tensor.nbytes(); });
}

std::int64_t SegmentCache::numbers() const {
    return sumOver(*this, [](const at::Tensor& tensor) { return tensor.numel(); });
}

} // namespace engine::model
