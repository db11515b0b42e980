// The operations of ops.h that only some modes of reading need: the delta rule and the search among
// stored keys.

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "engine/kernels/ops.h"
#include "engine/kernels/ops_cuda.h"

namespace engine::kernels {

namespace {

constexpr std::int64_t kWriteBlock = 64;        ///< rows whose sum is formed before it is added
constexpr std::int64_t kScoresHeld = 8'000'000; ///< similarities in memory at a time

} // namespace

DeltaIncrement deltaIncrement(const at::Tensor& key, const at::Tensor& value,
                              const at::Tensor& norm, double epsilon, const at::Tensor& scales) {
    const std::int64_t batch = key.size(0), rows = key.size(1), groups = key.size(2),
                       features = key.size(3);
    TORCH_CHECK(norm.dim() == 3 && norm.size(0) == batch && norm.size(1) == groups &&
                    norm.size(2) == features,
                "deltaIncrement: key ", key.sizes(), ", norm ", norm.sizes());
    const MemoryIncrement linear = memoryIncrement(key, value, scales);
    if (const auto transition = cuda::transition(key, norm, epsilon, scales)) {
        return {*transition, linear.memory, linear.norm};
    }
    const at::Tensor phi = scaledFeatures(key, scales);
    // The same blocks as those of B, so that rows appended with mask 0 change no bit here either.
    const std::int64_t blocks = (rows + kWriteBlock - 1) / kWriteBlock;
    const at::Tensor blocked =
        at::constant_pad_nd(phi, {0, 0, 0, 0, 0, blocks * kWriteBlock - rows})
            .view({batch, blocks, kWriteBlock, groups, features})
            .permute({0, 3, 1, 2, 4})
            .contiguous();
    const at::Tensor mass = at::matmul(blocked, norm.view({batch, groups, 1, features, 1}));
    const at::Tensor share = at::where(mass > 0, at::clamp_min(mass, epsilon).reciprocal(),
                                       at::zeros({}, mass.options()));
    const at::Tensor sums = at::matmul(blocked.transpose(3, 4), blocked * share);
    at::Tensor transition = at::zeros({batch, groups, features, features}, phi.options());
    for (std::int64_t i = 0; i < blocks; ++i) {
        transition.add_(sums.select(2, i));
    }
    return {transition, linear.memory, linear.norm};
}

at::Tensor affineStep(const at::Tensor& memory, const DeltaIncrement& increment) {
    return memory.sub(at::matmul(increment.transition, memory)).add_(increment.memory);
}

at::Tensor nearestRead(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                       std::int64_t count, double scale) {
    const std::int64_t batch = query.size(0), rows = query.size(1), heads = query.size(2),
                       width = query.size(3);
    const std::int64_t groups = key.size(1), keys = key.size(2), perGroup = heads / groups;
    TORCH_CHECK(heads == groups * perGroup && keys >= 1 && count >= 1 &&
                    value.sizes() == key.sizes() && key.size(0) == batch && key.size(3) == width,
                "nearestRead: query ", query.sizes(), ", key ", key.sizes(), ", value ",
                value.sizes(), ", count ", count);
    const at::ScalarType type = query.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    const std::int64_t kept = std::min(count, keys);
    const at::Tensor all = query.to(type)
                               .mul(scale)
                               .view({batch, rows, groups, perGroup, width})
                               .permute({0, 2, 3, 1, 4});
    const at::Tensor keyT = key.to(type).transpose(2, 3);
    const at::Tensor flat = value.reshape({batch * groups * keys, width});
    const at::Tensor firsts =
        at::arange(batch * groups, query.options().dtype(at::kLong)).mul_(keys);
    const std::int64_t block = std::clamp<std::int64_t>(kScoresHeld / (batch * heads * keys), 1,
                                                        std::max<std::int64_t>(rows, 1));
    std::vector<at::Tensor> parts;
    for (std::int64_t begin = 0; begin < rows; begin += block) {
        const std::int64_t some = std::min(block, rows - begin);
        const at::Tensor part =
            all.narrow(3, begin, some).reshape({batch, groups, perGroup * some, width});
        const auto [scores, places] = at::topk(at::matmul(part, keyT), kept, -1);
        const at::Tensor index = places.view({batch * groups, -1}) + firsts.unsqueeze(1);
        const at::Tensor found = at::index_select(flat, 0, index.view({-1}))
                                     .to(type)
                                     .view({batch, groups, perGroup * some, kept, width});
        const at::Tensor mixed = at::matmul(at::softmax(scores, -1).unsqueeze(3), found);
        parts.push_back(mixed.view({batch, groups, perGroup, some, width})
                            .permute({0, 3, 1, 2, 4})
                            .reshape({batch, some, heads, width}));
    }
    return at::cat(parts, 1);
}

} // namespace engine::kernels
