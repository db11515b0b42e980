#include "engine/kernels/ops_cuda.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/logit.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>

#include <atomic>
#include <utility>

namespace engine::kernels {

namespace {

constexpr std::int64_t kMostPerGroup = 16; ///< query heads of a KV head
constexpr std::int64_t kAlignment = 8;     ///< bf16 values in 16 bytes

std::atomic<const InfolioCudaTable*> opened = nullptr;

/// The kernels for x, or null.
const InfolioCudaTable* tableFor(const at::Tensor& x) {
    return x.is_cuda() && !x.requires_grad() ? opened.load() : nullptr;
}

void requireDone(const InfolioCudaStatus& status) {
    TORCH_CHECK_WITH(OutOfMemoryError, status.code != kInfolioCudaNoMemory, status.sentence);
    TORCH_CHECK(status.code == kInfolioCudaDone, "CUDA kernels: ", status.sentence);
}

template <class Arguments>
void launch(InfolioCudaStatus (*function)(const Arguments*, void*), const Arguments& arguments,
            const at::Tensor& on) {
    requireDone(tableFor(on)->use(on.get_device()));
    const c10::impl::VirtualGuardImpl guard(on.device().type());
    requireDone(function(&arguments, guard.getStream(on.device()).native_handle()));
}

bool isAligned(const at::Tensor& x) {
    return reinterpret_cast<std::uintptr_t>(x.const_data_ptr()) % 16 == 0;
}

bool isWidth(std::int64_t width) {
    return width == 64 || width == 128;
}

/// x (B, T, heads, width)
bool areRows(const at::Tensor& x) {
    return tableFor(x) != nullptr && x.scalar_type() == at::kBFloat16 && x.numel() > 0 &&
           x.stride(3) == 1 && isWidth(x.size(3)) && x.stride(0) % kAlignment == 0 &&
           x.stride(1) % kAlignment == 0 && x.stride(2) % kAlignment == 0 && isAligned(x);
}

bool areFloats(const at::Tensor& x) {
    return tableFor(x) != nullptr && x.scalar_type() == at::kFloat && x.is_contiguous() &&
           isAligned(x);
}

bool isFlat(const at::Tensor& x) {
    return tableFor(x) != nullptr && x.scalar_type() == at::kBFloat16 && x.numel() > 0 &&
           x.is_contiguous() && isAligned(x);
}

const std::uint16_t* bitsOf(const at::Tensor& x) {
    return static_cast<const std::uint16_t*>(x.const_data_ptr());
}

InfolioRows rowsOf(const at::Tensor& x) {
    return {bitsOf(x), x.stride(0), x.stride(1), x.stride(2)};
}

/// x (B, T, heads, width)
InfolioOutputRows outputOf(const at::Tensor& x) {
    return {static_cast<std::uint16_t*>(x.mutable_data_ptr()), x.stride(0), x.stride(1),
            x.stride(2)};
}

/// The rows of x are one segment of each sequence.
InfolioSizes oneSegment(const at::Tensor& x, std::int64_t groups, std::int64_t width,
                        std::int64_t features) {
    InfolioSizes sizes{};
    sizes.batch = static_cast<std::int32_t>(x.size(0));
    sizes.rows = sizes.segment = static_cast<std::int32_t>(x.size(1));
    sizes.groups = static_cast<std::int32_t>(groups);
    sizes.perGroup = static_cast<std::int32_t>(x.size(2) / groups);
    sizes.width = static_cast<std::int32_t>(width);
    sizes.features = static_cast<std::int32_t>(features);
    return sizes;
}

/// What an InfolioAttend reads of the memory, as its kernel wants it.
struct Readout {
    at::Tensor before;  ///< (B, G, f, d + 8) bf16: M, z and zeros
    at::Tensor written; ///< n (B); the memory is not empty
    at::Tensor gate;    ///< β (H)

    explicit Readout(const MemoryReadout& read) {
        std::vector<std::int64_t> rest = read.memory.sizes().vec();
        rest[3] = kAlignment - 1;
        before =
            at::cat({read.memory, read.norm.unsqueeze(3), at::zeros(rest, read.memory.options())},
                    3)
                .to(at::kBFloat16);
        written = at::ones({read.memory.size(0)}, read.memory.options().dtype(at::kLong));
        gate = at::logit(read.gate);
    }

    void into(InfolioAttend& attend) const {
        attend.before = bitsOf(before);
        attend.writtenBefore = written.const_data_ptr<std::int64_t>();
        attend.gate = gate.const_data_ptr<float>();
    }
};

bool takes(const std::optional<MemoryReadout>& read) {
    // A gate that differs from row to row has no kernel.
    return !read || (areRows(read->query) && areFloats(read->memory) && areFloats(read->norm) &&
                     areFloats(read->gate) && read->gate.dim() == 1);
}

InfolioWrite writeOf(const at::Tensor& key, const at::Tensor& mask) {
    return {rowsOf(key), nullptr, mask.defined() ? mask.const_data_ptr<std::uint8_t>() : nullptr};
}

/// Launches the attention of query (B, T, H, d) over turned keys and values (B, S, G, d), of which
/// the last T are the rows' own; the caller fills in the scale and what is read of the memory.
at::Tensor attendTo(InfolioAttend attend, const at::Tensor& query, const at::Tensor& keys,
                    const at::Tensor& values, const at::Tensor& cosines, const at::Tensor& sines,
                    std::int64_t features) {
    const std::int64_t rows = query.size(1), before = keys.size(1) - rows;
    const at::Tensor past = at::full({query.size(0)}, before, query.options().dtype(at::kInt));
    const at::Tensor out = at::empty(query.sizes(), query.options());
    attend.sizes = oneSegment(query, keys.size(2), query.size(3), features);
    attend.sizes.past = before > 0 ? past.const_data_ptr<std::int32_t>() : nullptr;
    attend.query = rowsOf(query);
    attend.key = rowsOf(keys);
    attend.value = rowsOf(values);
    attend.cosines = cosines.const_data_ptr<float>();
    attend.sines = sines.const_data_ptr<float>();
    attend.output = outputOf(out);
    launch(tableFor(query)->attend, attend, query);
    return out.view({query.size(0), rows, query.size(2) * query.size(3)});
}

/// A scale of its own for each KV head has no kernel.
bool isMask(const at::Tensor& scales) {
    return !scales.defined() || scales.dim() == 2;
}

at::Tensor bytesOf(const at::Tensor& mask) {
    return mask.defined() ? mask.to(at::kByte).contiguous() : mask;
}

/// Why LibTorch cannot compute on the device; empty: it can.
std::string faultOfTensors(const std::string& library, int number) {
    // It enters what it can compute into LibTorch's own tables.
    if (dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
        const char* const message = dlerror();
        return message != nullptr ? message : library + " cannot be loaded";
    }
    try {
        const at::Device device(at::kCUDA, static_cast<at::DeviceIndex>(number));
        const at::Tensor ones = at::ones({16, 16}, at::kFloat);
        const at::Tensor product = at::linear(ones.to(device), ones.to(device)).to(at::kCPU);
        return product.eq(16).all().item<bool>() ? "" : "a product of matrices comes out wrong";
    } catch (const c10::Error& error) {
        const std::string message = error.what_without_backtrace();
        return message.substr(0, message.find_first_of(".\n"));
    }
}

} // namespace

CudaOpening openCuda(const CudaLibraries& libraries, int number) {
    CudaOpening opening = CudaDevice::open(libraries, number);
    if (opening.device == nullptr) {
        return opening;
    }
    if (const std::string fault = faultOfTensors(libraries.torch, number); !fault.empty()) {
        return {nullptr, "LibTorch does not compute on " + opening.device->name() + ": " + fault};
    }
    opened = &opening.device->table();
    return opening;
}

namespace cuda {

std::optional<at::Tensor> attend(const at::Tensor& query, const at::Tensor& key,
                                 const at::Tensor& value, const at::Tensor& cosines,
                                 const at::Tensor& sines, double scale,
                                 const std::optional<MemoryReadout>& read) {
    const std::int64_t groups = key.size(2), heads = query.size(2), width = query.size(3);
    if (!areRows(query) || !areRows(key) || !areRows(value) || !areFloats(cosines) ||
        !areFloats(sines) || heads / groups > kMostPerGroup || !takes(read)) {
        return std::nullopt;
    }
    const InfolioCudaTable& table = *tableFor(query);
    const at::Tensor turned = at::empty(key.sizes(), key.options());
    const InfolioPrepare prepare{oneSegment(key, groups, width, width), rowsOf(key),
                                 outputOf(turned), cosines.const_data_ptr<float>(),
                                 sines.const_data_ptr<float>()};
    launch(table.prepare, prepare, query);
    InfolioAttend attend{};
    std::optional<Readout> memory;
    if (read) {
        memory.emplace(*read);
        memory->into(attend);
        attend.queryFeature = rowsOf(read->query);
        attend.epsilon = static_cast<float>(read->epsilon);
    }
    attend.scale = static_cast<float>(scale);
    return attendTo(attend, query, turned, value, cosines, sines,
                    read ? read->query.size(3) : width);
}

std::optional<at::Tensor> causalAttention(const at::Tensor& query, const at::Tensor& key,
                                          const at::Tensor& value) {
    const at::Tensor keys = key.transpose(1, 2), values = value.transpose(1, 2);
    const std::int64_t width = query.size(3);
    if (!areRows(query) || !areRows(keys) || !areRows(values) ||
        query.size(2) / keys.size(2) > kMostPerGroup) {
        return std::nullopt;
    }
    // The queries have been turned already: by no angle here.
    const auto floats = query.options().dtype(at::kFloat);
    InfolioAttend attend{};
    attend.scale = 1;
    return attendTo(attend, query, keys, values, at::ones({keys.size(1), width / 2}, floats),
                    at::zeros({keys.size(1), width / 2}, floats), width);
}

std::optional<MemoryIncrement> memoryIncrement(const at::Tensor& key, const at::Tensor& value,
                                               const at::Tensor& mask) {
    if (!areRows(key) || !areRows(value) || !isMask(mask)) {
        return std::nullopt;
    }
    const std::int64_t batch = key.size(0), groups = key.size(2), features = key.size(3),
                       width = value.size(3);
    const auto floats = key.options().dtype(at::kFloat);
    MemoryIncrement out{at::empty({batch, groups, features, width}, floats),
                        at::empty({batch, groups, features}, floats)};
    const at::Tensor kept = bytesOf(mask);
    const at::Tensor written = at::empty({batch}, key.options().dtype(at::kInt));
    const InfolioSums sums{oneSegment(key, groups, width, features),
                           writeOf(key, kept),
                           rowsOf(value),
                           out.memory.mutable_data_ptr<float>(),
                           out.norm.mutable_data_ptr<float>(),
                           written.mutable_data_ptr<std::int32_t>()};
    launch(tableFor(key)->sums, sums, key);
    return out;
}

std::optional<at::Tensor> transition(const at::Tensor& key, const at::Tensor& norm, double epsilon,
                                     const at::Tensor& mask) {
    if (!areRows(key) || !areFloats(norm) || !isMask(mask)) {
        return std::nullopt;
    }
    const std::int64_t batch = key.size(0), groups = key.size(2), features = key.size(3);
    const at::Tensor out =
        at::empty({batch, groups, features, features}, key.options().dtype(at::kFloat));
    const at::Tensor kept = bytesOf(mask);
    // φ is positive, so z is 0 in an empty memory only.
    const at::Tensor written = norm.flatten(1).ne(0).any(1).to(at::kLong);
    const InfolioDecay decay{oneSegment(key, groups, features, features),
                             writeOf(key, kept),
                             norm.const_data_ptr<float>(),
                             written.const_data_ptr<std::int64_t>(),
                             out.mutable_data_ptr<float>(),
                             static_cast<float>(epsilon)};
    launch(tableFor(key)->decay, decay, key);
    return out;
}

std::optional<at::Tensor> addRmsNorm(const at::Tensor& x, const at::Tensor& delta,
                                     const at::Tensor& weight, double epsilon) {
    const std::int64_t width = x.size(-1);
    if (!areFloats(x) || !areFloats(weight) || x.numel() == 0 || width % kAlignment != 0 ||
        (delta.defined() && !isFlat(delta))) {
        return std::nullopt;
    }
    at::Tensor out = at::empty(x.sizes(), x.options().dtype(at::kBFloat16));
    const InfolioNorm norm{static_cast<std::int32_t>(x.numel() / width),
                           static_cast<std::int32_t>(width),
                           x.mutable_data_ptr<float>(),
                           delta.defined() ? bitsOf(delta) : nullptr,
                           weight.const_data_ptr<float>(),
                           static_cast<std::uint16_t*>(out.mutable_data_ptr()),
                           static_cast<float>(epsilon)};
    launch(tableFor(x)->norm, norm, x);
    return out;
}

std::optional<at::Tensor> siluMultiply(const at::Tensor& gateUp) {
    const std::int64_t width = gateUp.size(-1) / 2;
    if (!isFlat(gateUp) || width % kAlignment != 0) {
        return std::nullopt;
    }
    std::vector<std::int64_t> sizes = gateUp.sizes().vec();
    sizes.back() = width;
    at::Tensor out = at::empty(sizes, gateUp.options());
    const InfolioGate gate{static_cast<std::int32_t>(out.numel() / width),
                           static_cast<std::int32_t>(width), bitsOf(gateUp),
                           static_cast<std::uint16_t*>(out.mutable_data_ptr())};
    launch(tableFor(gateUp)->gate, gate, gateUp);
    return out;
}

} // namespace cuda

} // namespace engine::kernels
