#include "engine/kernels/ops.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>

namespace engine::kernels {

namespace {

constexpr std::int64_t kQueryBlock = 128; ///< rows of one attention block
constexpr std::int64_t kWriteBlock = 64;  ///< rows whose sum is formed before it is added
constexpr std::int64_t kHeadBlock = 4096; ///< rows of the output head converted at a time

at::ScalarType wide(const at::Tensor& x) {
    return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

} // namespace

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon,
                   at::ScalarType dtype) {
    const double width = static_cast<double>(x.size(-1));
    const at::Tensor norm = at::linalg_vector_norm(x, 2, at::IntArrayRef{-1}, true);
    const at::Tensor scale = norm.square().div_(width).add_(epsilon).rsqrt_();
    return at::mul(x, scale).mul_(weight).to(dtype);
}

at::Tensor siluMultiply(const at::Tensor& gateUp) {
    const std::int64_t width = gateUp.size(-1) / 2;
    return at::silu(gateUp.narrow(-1, 0, width)).mul_(gateUp.narrow(-1, width, width));
}

at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines,
                  double scale) {
    const std::int64_t half = x.size(-1) / 2;
    const at::Tensor in = x.to(at::kFloat).contiguous();
    const at::Tensor c = cosines.unsqueeze(1), s = sines.unsqueeze(1);
    const at::Tensor first = in.narrow(-1, 0, half), second = in.narrow(-1, half, half);
    at::Tensor out = at::empty(in.sizes(), in.options());
    at::Tensor outFirst = out.narrow(-1, 0, half), outSecond = out.narrow(-1, half, half);
    at::mul_out(outFirst, first, c);
    outFirst.addcmul_(second, s, -1);
    at::mul_out(outSecond, second, c);
    outSecond.addcmul_(first, s);
    if (scale != 1.0) {
        out.mul_(scale);
    }
    return out.to(x.scalar_type());
}

at::Tensor causalAttention(const at::Tensor& query, const at::Tensor& key,
                           const at::Tensor& value) {
    const std::int64_t batch = query.size(0), rows = query.size(1), heads = query.size(2),
                       width = query.size(3);
    const std::int64_t groups = key.size(1), keys = key.size(2), perGroup = heads / groups;
    TORCH_CHECK(heads == groups * perGroup && keys >= rows && value.sizes() == key.sizes(),
                "causalAttention: query ", query.sizes(), ", key ", key.sizes(), ", value ",
                value.sizes());
    const at::Tensor q = query.view({batch, rows, groups, perGroup, width});
    const at::Tensor keyT = key.transpose(2, 3);
    at::Tensor out = at::empty({batch, rows, groups, perGroup, width}, query.options());
    const std::int64_t largest = std::min(kQueryBlock, rows);
    const at::Tensor future =
        at::full({largest, largest}, -std::numeric_limits<double>::infinity(), query.options())
            .triu(1);
    for (std::int64_t begin = 0; begin < rows; begin += kQueryBlock) {
        const std::int64_t count = std::min(kQueryBlock, rows - begin);
        const std::int64_t seen = keys - rows + begin + count;
        const at::Tensor block = q.narrow(1, begin, count)
                                     .permute({0, 2, 3, 1, 4})
                                     .reshape({batch, groups, perGroup * count, width});
        at::Tensor scores = at::matmul(block, keyT.narrow(3, 0, seen));
        if (count > 1) {
            scores.view({batch, groups, perGroup, count, seen})
                .narrow(4, seen - count, count)
                .add_(future.narrow(0, 0, count).narrow(1, 0, count));
        }
        const at::Tensor mixed =
            at::matmul(at::_softmax(scores, -1, false), value.narrow(2, 0, seen));
        out.narrow(1, begin, count)
            .copy_(mixed.view({batch, groups, perGroup, count, width}).permute({0, 3, 1, 2, 4}));
    }
    return out.view({batch, rows, heads * width});
}

at::Tensor featureMap(const at::Tensor& x) {
    // exp(min(x, 0)) + max(x, 0) is x + 1 above 0 and exp(x) below, to the bit, without a branch.
    const at::Tensor in = x.to(wide(x));
    return at::clamp_max(in, 0).exp_().add_(at::clamp_min(in, 0));
}

at::Tensor memoryRead(const at::Tensor& query, const at::Tensor& memory, const at::Tensor& norm,
                      double epsilon) {
    const std::int64_t batch = query.size(0), rows = query.size(1), heads = query.size(2);
    const std::int64_t groups = memory.size(1), features = memory.size(2), width = memory.size(3);
    const std::int64_t perGroup = heads / groups;
    TORCH_CHECK(heads == groups * perGroup && query.size(3) == features, "memoryRead: query ",
                query.sizes(), ", memory ", memory.sizes());
    const at::Tensor phi = featureMap(query)
                               .view({batch, rows, groups, perGroup, features})
                               .permute({0, 2, 3, 1, 4})
                               .reshape({batch, groups, perGroup * rows, features});
    const at::Tensor state = at::cat({memory, norm.unsqueeze(3)}, 3).to(phi.scalar_type());
    const at::Tensor sums = at::matmul(phi, state);
    const at::Tensor read =
        sums.narrow(3, 0, width).div(at::clamp_min(sums.narrow(3, width, 1), epsilon));
    return read.view({batch, groups, perGroup, rows, width})
        .permute({0, 3, 1, 2, 4})
        .reshape({batch, rows, heads, width});
}

MemoryIncrement memoryIncrement(const at::Tensor& key, const at::Tensor& value,
                                const at::Tensor& mask) {
    const std::int64_t batch = key.size(0), rows = key.size(1), groups = key.size(2),
                       features = key.size(3), width = value.size(3);
    TORCH_CHECK(value.size(0) == batch && value.size(1) == rows && value.size(2) == groups,
                "memoryIncrement: key ", key.sizes(), ", value ", value.sizes());
    at::Tensor phi = featureMap(key);
    at::Tensor extended = value.to(phi.scalar_type());
    if (mask.defined()) {
        // Chosen, not multiplied: 0 · NaN is NaN.
        const at::Tensor keep = mask.view({batch, rows, 1, 1}).to(at::kBool);
        const at::Tensor zero = at::zeros({}, phi.options());
        phi = at::where(keep, phi, zero);
        extended = at::where(keep, extended, zero);
    }
    // A column of ones beside V makes z the sum of exactly the φ(K) that M uses, in the same order.
    extended = at::cat({extended, at::ones({batch, rows, groups, 1}, phi.options())}, 3);
    const std::int64_t blocks = (rows + kWriteBlock - 1) / kWriteBlock;
    const std::int64_t missing = blocks * kWriteBlock - rows;
    const auto blocked = [&](const at::Tensor& x) {
        return at::constant_pad_nd(x, {0, 0, 0, 0, 0, missing})
            .view({batch, blocks, kWriteBlock, groups, x.size(3)})
            .permute({0, 3, 1, 2, 4});
    };
    const at::Tensor sums = at::matmul(blocked(phi).transpose(3, 4), blocked(extended));
    at::Tensor total = at::zeros({batch, groups, features, width + 1}, phi.options());
    for (std::int64_t i = 0; i < blocks; ++i) {
        total.add_(sums.select(2, i));
    }
    return {total.narrow(3, 0, width).contiguous(), total.select(3, width).contiguous()};
}

at::Tensor gatedMix(const at::Tensor& memory, const at::Tensor& local, const at::Tensor& gate) {
    const at::Tensor g = gate.to(memory.scalar_type()).unsqueeze(1);
    const at::Tensor mixed =
        local.view(memory.sizes()).to(memory.scalar_type()).mul(1 - g).addcmul_(memory, g);
    return mixed.to(local.scalar_type()).view(local.sizes());
}

at::Tensor headLogits(const at::Tensor& x, const at::Tensor& head) {
    const std::int64_t vocabulary = head.size(0);
    const at::Tensor rows = x.to(at::kFloat);
    at::Tensor out = at::empty({x.size(0), vocabulary}, rows.options());
    for (std::int64_t begin = 0; begin < vocabulary; begin += kHeadBlock) {
        const std::int64_t count = std::min(kHeadBlock, vocabulary - begin);
        out.narrow(1, begin, count)
            .copy_(at::linear(rows, head.narrow(0, begin, count).to(at::kFloat)));
    }
    return out;
}

} // namespace engine::kernels
