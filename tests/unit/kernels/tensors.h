#pragma once
/// What the tests of the operations share: seeded tensors, tensors as doubles, comparisons, and the
/// memory as the paper writes it.

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "engine/kernels/ops.h"

namespace tests {

inline constexpr double kFloatTolerance = 2e-5;
inline constexpr double kDoubleTolerance = 1e-12;
inline constexpr double kHalfTolerance = 2e-2;
inline constexpr double kEpsilon = 1e-10;

inline at::Tensor random(std::uint64_t seed, std::vector<std::int64_t> sizes,
                         at::ScalarType type = at::kFloat, double scale = 1.5) {
    std::mt19937_64 engine(seed);
    at::Tensor t = at::empty(sizes, at::TensorOptions().dtype(at::kDouble));
    auto* values = t.mutable_data_ptr<double>();
    for (std::int64_t i = 0; i < t.numel(); ++i) {
        values[i] = scale * (static_cast<double>(engine() >> 11) * 0x1p-52 - 1.0);
    }
    return t.to(type);
}

/// A tensor as doubles with an index of up to five places.
struct Values {
    explicit Values(const at::Tensor& tensor)
        : whole(tensor.to(at::kDouble).contiguous()), data(whole.const_data_ptr<double>()) {}
    template <typename... I> double operator()(I... index) const {
        std::int64_t at = 0, dimension = 0;
        ((at = at * whole.size(dimension++) + index), ...);
        return data[at];
    }
    at::Tensor whole;
    const double* data;
};

inline double difference(const at::Tensor& found, const std::vector<double>& expected) {
    const at::Tensor whole = found.to(at::kDouble).contiguous();
    const double* values = whole.const_data_ptr<double>();
    double largest = 0, off = 0;
    if (static_cast<std::size_t>(whole.numel()) != expected.size()) {
        return std::numeric_limits<double>::infinity();
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (std::isnan(values[i])) {
            return std::numeric_limits<double>::infinity();
        }
        off = std::max(off, std::abs(values[i] - expected[i]));
        largest = std::max(largest, std::abs(expected[i]));
    }
    return off / largest;
}

inline double difference(const at::Tensor& found, const at::Tensor& expected) {
    const at::Tensor whole = expected.to(at::kDouble).contiguous();
    const double* values = whole.const_data_ptr<double>();
    return difference(found, std::vector<double>(values, values + whole.numel()));
}

inline bool sameBits(const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor left = a.contiguous(), right = b.contiguous();
    return left.sizes() == right.sizes() &&
           std::memcmp(left.const_data_ptr(), right.const_data_ptr(), left.nbytes()) == 0;
}

inline double phi(double x) {
    return x > 0 ? x + 1 : std::exp(x);
}

struct Written {
    at::Tensor memory, norm;
};

inline Written write(const at::Tensor& key, const at::Tensor& value) {
    const auto increment = engine::kernels::memoryIncrement(key, value);
    return {increment.memory, increment.norm};
}

/// The delta rule as eq. 9 states it: every key takes away what the memory returns for it.
inline Written deltaDirect(const at::Tensor& key, const at::Tensor& value, std::int64_t segment) {
    const std::int64_t groups = key.size(2), d = key.size(3);
    at::Tensor memory = at::zeros({key.size(0), groups, d, d}, key.options());
    at::Tensor norm = at::zeros({key.size(0), groups, d}, key.options());
    for (std::int64_t begin = 0; begin < key.size(1); begin += segment) {
        const at::Tensor part = key.narrow(1, begin, segment);
        const at::Tensor stored = engine::kernels::memoryRead(part, memory, norm, kEpsilon);
        const Written more = write(part, value.narrow(1, begin, segment) - stored);
        memory.add_(more.memory);
        norm.add_(more.norm);
    }
    return {memory, norm};
}

} // namespace tests
