#include "engine/kernels/ops.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>

#include "engine/kernels/ops_cuda.h"
#include "engine/kernels/team.h"
#include "engine/kernels/to_floor.h"

namespace engine::kernels {

namespace {

constexpr std::int64_t kQueryBlock = 128; ///< rows of one attention block
constexpr std::int64_t kWriteBlock = 64;  ///< rows whose sum is formed before it is added

at::ScalarType wide(const at::Tensor& x) {
    return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

// ---- The way to the floor

constexpr std::int64_t kFewRows = 16; ///< below that packing the keys costs more than it brings

/// Heads of rows (T, heads, width) that the floor can walk over.
bool areHeads(const at::Tensor& x) {
    return isForFloor(x) && x.stride(-1) == 1 && x.size(-1) % 32 == 0 && x.size(-1) <= 256;
}

/// x (T, heads, width)
cpu::Heads headsOf(const at::Tensor& x) {
    return {x.const_data_ptr(), x.stride(0), x.stride(1)};
}

at::Tensor scratch(std::int64_t words) {
    return at::empty({words}, at::TensorOptions().dtype(at::kInt));
}

std::uint32_t* wordsOf(at::Tensor& x) {
    return static_cast<std::uint32_t*>(x.mutable_data_ptr());
}

/// Scales (B, T) or (B, T, G) as (B, T, G).
at::Tensor ofGroups(const at::Tensor& scales, std::int64_t groups) {
    return scales.dim() == 3 ? scales
                             : scales.unsqueeze(2).expand({scales.size(0), scales.size(1), groups});
}

bool isMemory(const at::Tensor& x) {
    return x.scalar_type() == at::kFloat && x.is_contiguous() && !x.requires_grad();
}

/// Whether the floor takes a query (B, T, H, d) over keys and values (B, S, G, d).
bool takesAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
    return query.size(1) >= kFewRows && areHeads(query) && areHeads(key) && areHeads(value) &&
           key.scalar_type() == query.scalar_type() && value.scalar_type() == query.scalar_type();
}

/// Local attention of one sequence after another, and the memory's read-out. `turn` is that of the
/// keys, of which the last T are the rows' own.
at::Tensor attendOnFloor(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                         cpu::Turn turn, double scale, const std::optional<MemoryReadout>& read,
                         at::Tensor* gated = nullptr) {
    const std::int64_t batch = query.size(0), rows = query.size(1), heads = query.size(2),
                       width = query.size(3);
    at::Tensor out = at::empty({batch, rows, heads * width}, query.options());
    if (read && gated != nullptr) {
        *gated = at::empty_like(out);
    }
    cpu::Attention a{};
    a.element = elementOf(query);
    a.rows = rows;
    a.keys = key.size(1);
    a.heads = heads;
    a.groups = key.size(2);
    a.width = width;
    a.keyTurn = a.queryTurn = turn;
    if (turn.cosines != nullptr) {
        const std::int64_t before = (a.keys - rows) * (width / 2);
        a.queryTurn = {turn.cosines + before, turn.sines + before};
    }
    a.scale = static_cast<float>(scale);
    if (read) {
        a.read.gates = read->gate.const_data_ptr<float>();
        a.read.gateRowStride = read->gate.dim() == 2 ? heads : 0;
        a.read.features = read->query.size(3);
        a.read.element = elementOf(read->query);
        a.read.epsilon = static_cast<float>(read->epsilon);
    }
    const cpu::Table& floor = cpu::best();
    at::Tensor words = scratch(floor.attentionScratch(a));
    a.scratch = wordsOf(words);
    for (std::int64_t b = 0; b < batch; ++b) {
        a.query = headsOf(query.select(0, b));
        a.key = headsOf(key.select(0, b));
        a.value = headsOf(value.select(0, b));
        a.out = out.select(0, b).mutable_data_ptr();
        if (read) {
            a.read.query = headsOf(read->query.select(0, b));
            a.read.memory = read->memory.select(0, b).const_data_ptr<float>();
            a.read.norm = read->norm.select(0, b).const_data_ptr<float>();
            a.read.gated = gated != nullptr ? gated->select(0, b).mutable_data_ptr() : nullptr;
        }
        floor.attention(a, kTeam);
    }
    return out;
}

void normOnFloor(at::Tensor& x, const at::Tensor& delta, const at::Tensor& weight, double epsilon,
                 at::Tensor& out) {
    cpu::RmsNorm arguments{};
    arguments.element = elementOf(out.defined() ? out : delta);
    arguments.width = x.size(-1);
    arguments.rows = x.numel() / arguments.width;
    arguments.x = x.mutable_data_ptr<float>();
    arguments.add = delta.defined() ? delta.const_data_ptr() : nullptr;
    arguments.weight = weight.defined() ? weight.const_data_ptr<float>() : nullptr;
    arguments.epsilon = static_cast<float>(epsilon);
    arguments.out = out.defined() ? out.mutable_data_ptr() : nullptr;
    cpu::best().rmsNorm(arguments, kTeam);
}

/// memoryIncrement of what the floor takes.
MemoryIncrement incrementOnFloor(const at::Tensor& key, const at::Tensor& value,
                                 const at::Tensor& given) {
    const std::int64_t batch = key.size(0), rows = key.size(1), groups = key.size(2),
                       features = key.size(3), width = value.size(3);
    const auto options = at::TensorOptions().dtype(at::kFloat);
    MemoryIncrement out{at::empty({batch, groups, features, width}, options),
                        at::empty({batch, groups, features}, options)};
    at::Tensor scales;
    if (given.defined()) {
        scales = ofGroups(given, groups).to(at::kFloat).contiguous();
    }
    cpu::MemoryWrite arguments{};
    arguments.element = elementOf(value);
    arguments.keyElement = elementOf(key);
    arguments.rows = rows;
    arguments.groups = groups;
    arguments.features = features;
    arguments.width = width;
    const cpu::Table& floor = cpu::best();
    at::Tensor words = scratch(floor.memoryWriteScratch(arguments));
    arguments.scratch = wordsOf(words);
    for (std::int64_t b = 0; b < batch; ++b) {
        arguments.key = headsOf(key.select(0, b));
        arguments.value = headsOf(value.select(0, b));
        arguments.scales = scales.defined() ? scales.select(0, b).const_data_ptr<float>() : nullptr;
        arguments.memory = out.memory.select(0, b).mutable_data_ptr<float>();
        arguments.norm = out.norm.select(0, b).mutable_data_ptr<float>();
        floor.memoryWrite(arguments, kTeam);
    }
    return out;
}

bool isResidual(const at::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous() && !x.requires_grad();
}

} // namespace

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon,
                   at::ScalarType dtype) {
    if (isResidual(x) && isMemory(weight) && isFloorType(dtype)) {
        at::Tensor out = at::empty(x.sizes(), x.options().dtype(dtype));
        at::Tensor rows = x;
        normOnFloor(rows, {}, weight, epsilon, out);
        return out;
    }
    if (dtype == at::kBFloat16) {
        if (const auto out = cuda::addRmsNorm(x, {}, weight, epsilon)) {
            return *out;
        }
    }
    const double width = static_cast<double>(x.size(-1));
    const at::Tensor norm = at::linalg_vector_norm(x, 2, at::IntArrayRef{-1}, true);
    const at::Tensor scale = norm.square().div_(width).add_(epsilon).rsqrt_();
    return at::mul(x, scale).mul_(weight).to(dtype);
}

at::Tensor addRmsNorm(at::Tensor& x, const at::Tensor& delta, const at::Tensor& weight,
                      double epsilon) {
    TORCH_CHECK(x.sizes() == delta.sizes(), "addRmsNorm: x ", x.sizes(), ", delta ", delta.sizes());
    if (isResidual(x) && isForFloor(delta) && delta.is_contiguous() && isMemory(weight)) {
        at::Tensor out = at::empty(x.sizes(), delta.options());
        normOnFloor(x, delta, weight, epsilon, out);
        return out;
    }
    if (const auto out = cuda::addRmsNorm(x, delta, weight, epsilon)) {
        return *out;
    }
    x.add_(delta);
    return rmsNorm(x, weight, epsilon, delta.scalar_type());
}

void addTo(at::Tensor& x, const at::Tensor& delta) {
    TORCH_CHECK(x.sizes() == delta.sizes(), "addTo: x ", x.sizes(), ", delta ", delta.sizes());
    if (isResidual(x) && isForFloor(delta) && delta.is_contiguous()) {
        at::Tensor none;
        normOnFloor(x, delta, {}, 0, none);
        return;
    }
    x.add_(delta);
}

at::Tensor siluMultiply(const at::Tensor& gateUp) {
    const std::int64_t width = gateUp.size(-1) / 2;
    if (isForFloor(gateUp) && gateUp.is_contiguous()) {
        auto sizes = gateUp.sizes().vec();
        sizes.back() = width;
        at::Tensor out = at::empty(sizes, gateUp.options());
        const cpu::SiluMultiply arguments{elementOf(gateUp), out.numel() / width, width,
                                          gateUp.const_data_ptr(), out.mutable_data_ptr()};
        cpu::best().siluMultiply(arguments, kTeam);
        return out;
    }
    if (const auto out = cuda::siluMultiply(gateUp)) {
        return *out;
    }
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
    const at::Tensor keyRows = key.transpose(1, 2), valueRows = value.transpose(1, 2);
    if (takesAttention(query, keyRows, valueRows)) {
        return attendOnFloor(query, keyRows, valueRows, {}, 1, {});
    }
    if (const auto out = cuda::causalAttention(query, key, value)) {
        return *out;
    }
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

at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  const at::Tensor& cosines, const at::Tensor& sines, double scale,
                  const std::optional<MemoryReadout>& read, at::Tensor* gated) {
    const std::int64_t rows = query.size(1), keys = key.size(1), before = keys - rows;
    TORCH_CHECK(query.size(2) % key.size(2) == 0 && before >= 0 && value.sizes() == key.sizes() &&
                    cosines.size(0) == keys && sines.sizes() == cosines.sizes(),
                "attend: query ", query.sizes(), ", key ", key.sizes(), ", value ", value.sizes(),
                ", cosines ", cosines.sizes());
    if (!read || gated == nullptr) {
        if (const auto out = cuda::attend(query, key, value, cosines, sines, scale, read)) {
            return *out;
        }
    }
    const bool takesMemory = !read || (areHeads(read->query) && isMemory(read->memory) &&
                                       isMemory(read->norm) && isMemory(read->gate));
    if (takesAttention(query, key, value) && isMemory(cosines) && isMemory(sines) && takesMemory) {
        return attendOnFloor(query, key, value,
                             {cosines.const_data_ptr<float>(), sines.const_data_ptr<float>()},
                             scale, read, gated);
    }
    const at::Tensor turned =
        rotate(query, cosines.narrow(0, before, rows), sines.narrow(0, before, rows), scale);
    const at::Tensor turnedKeys = rotate(key, cosines, sines, 1.0).transpose(1, 2).contiguous();
    const at::Tensor local =
        causalAttention(turned, turnedKeys, value.transpose(1, 2).contiguous());
    return read ? mixedRead(*read, local, gated) : local;
}

at::Tensor mixedRead(const MemoryReadout& read, const at::Tensor& local, at::Tensor* gated) {
    const at::Tensor memory = memoryRead(read.query, read.memory, read.norm, read.epsilon);
    if (gated != nullptr) {
        *gated = (memory * read.gate.unsqueeze(-1)).flatten(2).to(local.scalar_type());
    }
    return gatedMix(memory, local, read.gate);
}

at::Tensor scaledFeatures(const at::Tensor& key, const at::Tensor& scales) {
    const at::Tensor phi = featureMap(key);
    if (!scales.defined()) {
        return phi;
    }
    const at::Tensor each = ofGroups(scales, key.size(2)).unsqueeze(3).to(phi.scalar_type());
    // Chosen, not multiplied: 0 · NaN is NaN.
    return at::where(each != 0, phi * each, at::zeros({}, phi.options()));
}

at::Tensor featureMap(const at::Tensor& x) {
    // exp(min(x, 0)) + max(x, 0) is x + 1 above 0 and exp(x) below, to the bit, without a branch.
    const at::Tensor in = x.to(wide(x));
    // Added to the side whose derivative does not need its result.
    return at::clamp_min(in, 0).add_(at::clamp_max(in, 0).exp_());
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
                                const at::Tensor& scales) {
    const std::int64_t batch = key.size(0), rows = key.size(1), groups = key.size(2),
                       features = key.size(3), width = value.size(3);
    TORCH_CHECK(value.size(0) == batch && value.size(1) == rows && value.size(2) == groups,
                "memoryIncrement: key ", key.sizes(), ", value ", value.sizes());
    if (areHeads(key) && areHeads(value)) {
        return incrementOnFloor(key, value, scales);
    }
    if (const auto out = cuda::memoryIncrement(key, value, scales)) {
        return *out;
    }
    at::Tensor phi = scaledFeatures(key, scales);
    at::Tensor extended = value.to(phi.scalar_type());
    if (scales.defined()) {
        extended = at::where(ofGroups(scales, groups).unsqueeze(3) != 0, extended,
                             at::zeros({}, phi.options()));
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
    const at::Tensor g = gate.to(memory.scalar_type()).unsqueeze(-1);
    const at::Tensor mixed =
        local.view(memory.sizes()).to(memory.scalar_type()).mul(1 - g).addcmul_(memory, g);
    return mixed.to(local.scalar_type()).view(local.sizes());
}

} // namespace engine::kernels
