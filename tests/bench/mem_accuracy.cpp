/// How exact the memory stays over a million tokens: the state of both rules in fp32 by the
/// engine's operations, and by loops over doubles, on random keys and values; and what is read from
/// it. Beside them a state that is kept in bf16.
///
///     mem_accuracy [segments] [segment tokens]
///
/// Exit status 1 when a state's error exceeds 1e-5 of its largest value.

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "engine/kernels/ops.h"
#include "tests/bench/bench.h"

using namespace engine::kernels;

namespace {

constexpr std::int64_t kWidth = 64;
constexpr double kEpsilon = 1e-10;
constexpr double kBar = 1e-5;

struct State {
    std::vector<double> M = std::vector<double>(kWidth * kWidth), z = std::vector<double>(kWidth);
};

double phi(double x) {
    return x > 0 ? x + 1 : std::exp(x);
}

/// One segment by eq. 8 or 9; every row is compared with the memory as the segment found it.
void write(State& state, const float* keys, const float* values, std::int64_t rows, bool isDelta) {
    const State before = state;
    for (std::int64_t t = 0; t < rows; ++t) {
        double key[kWidth], value[kWidth], mass = 0;
        for (std::int64_t f = 0; f < kWidth; ++f) {
            key[f] = phi(keys[t * kWidth + f]);
            value[f] = values[t * kWidth + f];
            mass += key[f] * before.z[f];
        }
        if (isDelta && mass > 0) {
            for (std::int64_t f = 0; f < kWidth; ++f) {
                const double share = key[f] / std::max(mass, kEpsilon);
                for (std::int64_t i = 0; i < kWidth; ++i) {
                    value[i] -= share * before.M[f * kWidth + i];
                }
            }
        }
        for (std::int64_t f = 0; f < kWidth; ++f) {
            state.z[f] += key[f];
            for (std::int64_t i = 0; i < kWidth; ++i) {
                state.M[f * kWidth + i] += key[f] * value[i];
            }
        }
    }
}

double error(const at::Tensor& found, const std::vector<double>& expected) {
    const at::Tensor wide = found.to(at::kDouble).contiguous();
    const double* values = wide.const_data_ptr<double>();
    double off = 0, largest = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        off = std::max(off, std::abs(values[i] - expected[i]));
        largest = std::max(largest, std::abs(expected[i]));
    }
    return off / largest;
}

/// Error of what is read with `query` (1, T, 1, d), relative to the largest value read.
double readError(const at::Tensor& query, const at::Tensor& M, const at::Tensor& z,
                 const State& expected) {
    const at::Tensor read = memoryRead(query, M, z, kEpsilon);
    const float* q = query.const_data_ptr<float>();
    std::vector<double> out;
    for (std::int64_t t = 0; t < query.size(1); ++t) {
        double mass = 0;
        std::vector<double> row(kWidth);
        for (std::int64_t f = 0; f < kWidth; ++f) {
            const double feature = phi(q[t * kWidth + f]);
            mass += feature * expected.z[f];
            for (std::int64_t i = 0; i < kWidth; ++i) {
                row[i] += feature * expected.M[f * kWidth + i];
            }
        }
        for (const double value : row) {
            out.push_back(value / mass);
        }
    }
    return error(read, out);
}

} // namespace

int main(int count, char** arguments) {
    const std::int64_t segments = std::stoll(bench::argument(count, arguments, 1, "1024")),
                       rows = std::stoll(bench::argument(count, arguments, 2, "1024"));
    std::mt19937_64 random(1);
    std::normal_distribution<float> normal;
    const auto draw = [&](std::int64_t tokens) {
        at::Tensor values = at::empty({1, tokens, 1, kWidth}, at::kFloat);
        std::generate_n(values.mutable_data_ptr<float>(), values.numel(),
                        [&] { return normal(random); });
        return values;
    };
    bool isExact = true;
    std::printf("%-8s %12s %12s %12s %12s\n", "rule", "M", "z", "read", "M in bf16");
    for (const bool isDelta : {false, true}) {
        State exact;
        at::Tensor M = at::zeros({1, 1, kWidth, kWidth}), z = at::zeros({1, 1, kWidth}),
                   half = M.to(at::kBFloat16);
        for (std::int64_t s = 0; s < segments; ++s) {
            const at::Tensor key = draw(rows), value = draw(rows);
            if (isDelta) {
                const DeltaIncrement more = deltaIncrement(key, value, z, kEpsilon);
                M = affineStep(M, more);
                half = affineStep(half.to(at::kFloat), more).to(at::kBFloat16);
                z.add_(more.norm);
            } else {
                const MemoryIncrement more = memoryIncrement(key, value);
                M.add_(more.memory);
                half.add_(more.memory.to(at::kBFloat16));
                z.add_(more.norm);
            }
            write(exact, key.const_data_ptr<float>(), value.const_data_ptr<float>(), rows, isDelta);
        }
        const double inM = error(M, exact.M), inZ = error(z, exact.z);
        std::printf("%-8s %12.2e %12.2e %12.2e %12.2e\n", isDelta ? "delta" : "linear", inM, inZ,
                    readError(draw(64), M, z, exact), error(half, exact.M));
        isExact = isExact && inM <= kBar && inZ <= kBar;
    }
    return isExact ? 0 : 1;
}
