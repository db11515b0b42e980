#pragma once
/// The tensor front door of products with weights, which are bf16, fp32 or int8. All throw
/// c10::Error when shapes or dtypes disagree. Results do not depend on the number of threads, but
/// for what LibTorch's products do.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace engine::kernels {

inline constexpr std::int64_t kGroupInputs = 32; ///< weights of one int8 group

/// The weights (out, in) of a product, on the CPU and contiguous: bf16 or fp32; or, with `groups`,
/// int8 in groups of 32 along the input, value = q·scale + offset.
struct Matrix {
    at::Tensor values;      ///< (out, in)
    at::Tensor groups = {}; ///< (out, in/32, 2) fp16 scale and offset; undefined: not int8

    [[nodiscard]] bool isInt8() const { return groups.defined(); }
    [[nodiscard]] std::int64_t outputs() const { return values.size(0); }
    [[nodiscard]] std::int64_t inputs() const { return values.size(1); }
    [[nodiscard]] std::int64_t bytes() const;
    /// Rows begin … begin + count − 1; a view.
    [[nodiscard]] Matrix rows(std::int64_t begin, std::int64_t count) const;
    /// A copy of the rows of these indices (n) int64.
    [[nodiscard]] Matrix rows(const at::Tensor& indices) const;
};

/// The values (out, in) as products of many rows take them: int8 becomes bf16, rounded once; other
/// weights stay what they are.
at::Tensor widened(const Matrix& matrix);

/// x·Wᵀ. x (…, in), bf16 when W is int8, else of its dtype; returns (…, out) of the dtype of x.
/// Int8 weights are widened for as long as the product takes; up to eight rows read them as they
/// lie.
at::Tensor linear(const at::Tensor& x, const Matrix& matrix);

/// Logits of the output head in fp32, not rounded to bf16 (steps of 0.125 at 16). No second copy of
/// the head is made: many rows convert it block by block, up to eight read it as it is.
///
/// x (T, E) as for `linear`, head (V, E); returns (T, V) fp32.
at::Tensor headLogits(const at::Tensor& x, const Matrix& head);

} // namespace engine::kernels
