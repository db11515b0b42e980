#pragma once
/// Operations of a transformer layer with derivatives written by hand, which keep less and pass
/// over memory less often than those composed by autograd. The values are those of kernels/ops.h.
///
/// All take fp32 and bf16, and fp64 throughout. Shapes as there; errors as there. Any thread.

#include <ATen/core/Tensor.h>

namespace engine::adapt {

/// kernels::rmsNorm; x (…, E) fp32 or fp64, weight (E) of the same dtype and without gradient.
at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon,
                   at::ScalarType dtype);
/// kernels::siluMultiply; gateUp (…, 2·F).
at::Tensor siluMultiply(const at::Tensor& gateUp);
/// kernels::featureMap: φ(x), whose derivative is min(φ(x), 1).
at::Tensor featureMap(const at::Tensor& x);
/// Rotary embedding in rotate-half order; x (B, T, heads, d), cosines and sines (T, d/2) fp32 or
/// fp64. Computed in their dtype and rounded once to that of x.
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines);

} // namespace engine::adapt
