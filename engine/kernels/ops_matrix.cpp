#include "engine/kernels/ops_matrix.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>

#include <algorithm>

#include "engine/kernels/team.h"
#include "engine/kernels/to_floor.h"

namespace engine::kernels {

namespace {

constexpr std::int64_t kHeadBlock = 4096;       ///< rows of the output head converted at a time
constexpr std::int64_t kGroupsAtOnce = 1 << 10; ///< fewer are not worth another thread

void requireGroups(const Matrix& matrix) {
    const at::Tensor &values = matrix.values, &groups = matrix.groups;
    TORCH_CHECK(values.scalar_type() == at::kChar && values.is_contiguous() &&
                    groups.scalar_type() == at::kHalf && groups.is_contiguous() &&
                    values.size(1) % kGroupInputs == 0 &&
                    groups.sizes() ==
                        at::IntArrayRef({values.size(0), values.size(1) / kGroupInputs, 2}),
                "int8 weights: values ", values.sizes(), ", groups ", groups.sizes());
}

void widenGroups(const std::int8_t* q, const at::Half* groups, std::int64_t count,
                 at::BFloat16* out) {
    for (std::int64_t g = 0; g < count; ++g) {
        const float scale = groups[2 * g], offset = groups[2 * g + 1];
        for (std::int64_t i = g * kGroupInputs; i < (g + 1) * kGroupInputs; ++i) {
            out[i] = static_cast<float>(q[i]) * scale + offset;
        }
    }
}

bool isForFewRows(const at::Tensor& x, const Matrix& matrix) {
    return x.size(0) > 0 && x.size(0) <= cpu::kMostSequences && isForFloor(x) &&
           matrix.inputs() % kGroupInputs == 0 && matrix.values.is_contiguous() &&
           (matrix.isInt8() ||
            (isForFloor(matrix.values) && x.scalar_type() == matrix.values.scalar_type()));
}

/// x (T, in) of what `isForFewRows` says; (T, out) fp32.
at::Tensor productOfFewRows(const at::Tensor& x, const Matrix& matrix) {
    TORCH_CHECK(x.size(1) == matrix.inputs(), "product: x ", x.sizes(), ", weights ",
                matrix.values.sizes());
    const at::Tensor rows = x.contiguous();
    at::Tensor out = at::empty({x.size(0), matrix.outputs()}, x.options().dtype(at::kFloat));
    cpu::best().decode.rowProduct({elementOf(x), x.size(0), rows.const_data_ptr(), matrixOf(matrix),
                                   out.mutable_data_ptr<float>()},
                                  kTeam);
    return out;
}

} // namespace

cpu::Matrix matrixOf(const Matrix& matrix) {
    if (matrix.isInt8()) {
        requireGroups(matrix);
    }
    return {matrix.values.const_data_ptr(),
            matrix.isInt8() ? static_cast<const std::uint16_t*>(matrix.groups.const_data_ptr())
                            : nullptr,
            matrix.outputs(), matrix.inputs()};
}

std::int64_t Matrix::bytes() const {
    return static_cast<std::int64_t>(values.nbytes() + (isInt8() ? groups.nbytes() : 0));
}

Matrix Matrix::rows(std::int64_t begin, std::int64_t count) const {
    return {values.narrow(0, begin, count), isInt8() ? groups.narrow(0, begin, count) : groups};
}

Matrix Matrix::rows(const at::Tensor& indices) const {
    return {values.index_select(0, indices), isInt8() ? groups.index_select(0, indices) : groups};
}

at::Tensor widened(const Matrix& matrix) {
    if (!matrix.isInt8()) {
        return matrix.values;
    }
    requireGroups(matrix);
    at::Tensor out = at::empty(matrix.values.sizes(), at::TensorOptions().dtype(at::kBFloat16));
    const auto* q = matrix.values.const_data_ptr<std::int8_t>();
    const auto* groups = matrix.groups.const_data_ptr<at::Half>();
    auto* values = out.mutable_data_ptr<at::BFloat16>();
    struct Widening {
        const std::int8_t* q;
        const at::Half* groups;
        std::int64_t count;
        at::BFloat16* values;
    } widening{q, groups, matrix.values.numel() / kGroupInputs, values};
    kTeam.run((widening.count + kGroupsAtOnce - 1) / kGroupsAtOnce,
              [](void* context, std::int64_t task) {
                  const Widening& w = *static_cast<const Widening*>(context);
                  const std::int64_t begin = task * kGroupsAtOnce;
                  widenGroups(w.q + begin * kGroupInputs, w.groups + begin * 2,
                              std::min(kGroupsAtOnce, w.count - begin),
                              w.values + begin * kGroupInputs);
              },
              &widening);
    return out;
}

at::Tensor linear(const at::Tensor& x, const Matrix& matrix) {
    if (!matrix.isInt8()) {
        return at::linear(x, matrix.values);
    }
    TORCH_CHECK(x.scalar_type() == at::kBFloat16, "linear: x is ", x.scalar_type(),
                ", for int8 weights it must be bf16");
    const at::Tensor rows = x.reshape({-1, x.size(-1)});
    if (!isForFewRows(rows, matrix)) {
        return at::linear(x, widened(matrix));
    }
    auto sizes = x.sizes().vec();
    sizes.back() = matrix.outputs();
    return productOfFewRows(rows, matrix).to(x.scalar_type()).view(sizes);
}

at::Tensor headLogits(const at::Tensor& x, const Matrix& head) {
    if (isForFewRows(x, head)) {
        return productOfFewRows(x, head);
    }
    const std::int64_t vocabulary = head.outputs();
    const at::Tensor rows = x.to(at::kFloat);
    at::Tensor out = at::empty({x.size(0), vocabulary}, rows.options());
    for (std::int64_t begin = 0; begin < vocabulary; begin += kHeadBlock) {
        const std::int64_t count = std::min(kHeadBlock, vocabulary - begin);
        out.narrow(1, begin, count)
            .copy_(at::linear(rows, widened(head.rows(begin, count)).to(at::kFloat)));
    }
    return out;
}

} // namespace engine::kernels
