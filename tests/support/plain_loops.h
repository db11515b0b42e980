#pragma once
/// The arithmetic of a transformer in plain loops over doubles, for oracles.

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tests {

/// y (out) = W (out, in) · x
inline std::vector<double> product(const std::vector<double>& weight, std::span<const double> x) {
    std::vector<double> y(weight.size() / x.size());
    for (std::size_t o = 0; o < y.size(); ++o) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[o] += weight[o * x.size() + i] * x[i];
        }
    }
    return y;
}

/// RMS norm of one row.
inline std::vector<double> normed(std::span<const double> x, std::span<const double> weight,
                                  double epsilon) {
    double sum = 0;
    for (const double value : x) {
        sum += value * value;
    }
    const double scale = 1.0 / std::sqrt(sum / static_cast<double>(x.size()) + epsilon);
    std::vector<double> y(x.begin(), x.end());
    for (std::size_t i = 0; i < y.size(); ++i) {
        y[i] *= scale * weight[i];
    }
    return y;
}

} // namespace tests
