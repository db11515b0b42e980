#pragma once
/// Infini-attention of whole sequences by plain loops, for the tests of the CUDA kernels: in double
/// without rounding (the oracle), and as a plain implementation in bf16 with fp32 sums would do it,
/// which says how much error its dtype allows.

#include <cstdint>
#include <vector>

namespace cuda_test {

float valueOf(std::uint16_t bf16);
std::uint16_t bf16Of(float value); ///< to nearest, ties to even

enum class Rule { Linear, Delta };

/// Letters as in engine/kernels/cuda_plugin.h. All arrays are contiguous; bf16 as its bits.
struct Inputs {
    int B = 1, T = 1, N = 1, G = 1, R = 1, d = 64, f = 64;
    Rule rule = Rule::Linear;
    std::vector<std::uint16_t> query, queryFeature; ///< (B, T, H, d), (B, T, H, f)
    std::vector<std::uint16_t> key, value;          ///< (B, T, G, d)
    std::vector<std::uint16_t> keyFeature;          ///< (B, T, G, f)
    std::vector<float> cosines, sines;              ///< (N, d/2)
    std::vector<float> writeScale;                  ///< (B, T, G); empty: 1
    std::vector<std::uint8_t> writeMask;            ///< (B, T); empty: 1
    std::vector<std::int32_t> lengths;              ///< (B); empty: T
    std::vector<float> gate, gatePosition;          ///< (H); the second empty: 0
    std::vector<float> memory, norm;                ///< (B, G, f, d), (B, G, f)
    std::vector<std::int64_t> count;                ///< (B)
    float epsilon = 1e-10f;

    [[nodiscard]] int H() const { return G * R; }
    [[nodiscard]] int S() const { return (T + N - 1) / N; }
};

struct Results {
    std::vector<double> output;                 ///< (B, T, H, d), 0 past the lengths
    std::vector<double> memoryPart;             ///< g·A_mem of the output
    std::vector<double> memory, norm;           ///< after the last segment
    std::vector<std::int64_t> count;            ///< (B)
    std::vector<double> memoryAfter, normAfter; ///< (S, B, G, f, d), (S, B, G, f)
};

enum class Arithmetic {
    Exact,   ///< double
    Plain,   ///< operands and results rounded to bf16, sums in fp32
    Rounded, ///< the same, sums in double: what is left of a difference is the sums' error
};

Results infiniAttention(const Inputs& in, Arithmetic arithmetic);

} // namespace cuda_test
