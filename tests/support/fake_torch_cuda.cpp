// A library like libtorch_cuda.so whose device is the emulation: its memory is that of the fake
// plugin, and what is no kernel of ours computes on the processor. A tensor there and one on the
// processor do not mix, as in reality. INFOLIO_FAKE_TORCH says how it behaves:
//     "no memory"  no tensor finds room
//     "BYTES"      that much memory is there
//     "wrong"      matrix products are 0

#include "engine/kernels/cuda_plugin.h"
#include "tests/support/fake_cuda_plugin.h"

#include <ATen/EmptyTensor.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

namespace {

using at::Tensor;

constexpr at::DeviceType kType = at::DeviceType::CUDA;
const at::Device kOnly(kType, 0);

std::string behaviour() {
    const char* const value = std::getenv("INFOLIO_FAKE_TORCH");
    return value != nullptr ? value : "";
}

class Memory final : public at::Allocator {
public:
    at::DataPtr allocate(std::size_t bytes) override {
        const std::string how = behaviour();
        const std::lock_guard lock(m_mutex);
        const bool isFull = how == "no memory" ||
                            (!how.empty() && how.find_first_not_of("0123456789") == how.npos &&
                             m_used + bytes > std::stoull(how));
        TORCH_CHECK_WITH(OutOfMemoryError, !isFull, "CUDA out of memory.\nTried to allocate ",
                         bytes, " bytes.");
        void* memory = nullptr;
        if (bytes > 0) {
            infolioCudaTable()->allocate(&memory, bytes);
            m_sizes[memory] = bytes;
            m_used += bytes;
        }
        return {memory, memory, &release, kOnly};
    }
    at::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void* target, const void* source, std::size_t bytes) const override {
        default_copy_data(target, source, bytes);
    }

private:
    static void release(void* memory);

    std::mutex m_mutex;
    std::map<void*, std::size_t> m_sizes;
    std::size_t m_used = 0;
};

/// Never destroyed: tensors may outlive everything.
Memory& memory() {
    static auto* const only = new Memory;
    return *only;
}

void Memory::release(void* block) {
    if (block == nullptr) {
        return;
    }
    Memory& all = memory();
    const std::lock_guard lock(all.m_mutex);
    all.m_used -= all.m_sizes[block];
    all.m_sizes.erase(block);
    if (infolioCudaTable()->release(block).code != kInfolioCudaDone) {
        std::fputs("a kernel wrote outside its tensor\n", stderr);
        std::abort();
    }
}

struct Guard final : c10::impl::DeviceGuardImplInterface {
    at::DeviceType type() const override { return kType; }
    at::Device exchangeDevice(at::Device) const override { return kOnly; }
    at::Device getDevice() const override { return kOnly; }
    void setDevice(at::Device) const override {}
    void uncheckedSetDevice(at::Device) const noexcept override {}
    c10::Stream getStream(at::Device) const override {
        return c10::Stream(c10::Stream::DEFAULT, kOnly);
    }
    c10::Stream exchangeStream(c10::Stream stream) const override { return stream; }
    void* getStreamNativeHandle(const c10::Stream) const override { return infolioFakeStream(); }
    at::DeviceIndex deviceCount() const noexcept override { return 1; }
};

C10_REGISTER_GUARD_IMPL(CUDA, Guard);

/// By which differentiation finds out that there is a device.
struct Hooks final : at::CUDAHooksInterface {
    explicit Hooks(at::CUDAHooksArgs) {}
    void init() const override {}
    bool hasCUDA() const override { return true; }
    bool isBuilt() const override { return true; }
    bool isAvailable() const override { return true; }
    bool hasPrimaryContext(at::DeviceIndex) const override { return true; }
    at::DeviceIndex deviceCount() const override { return 1; }
    at::DeviceIndex getCurrentDevice() const override { return 0; }
};

[[maybe_unused]] const bool kIsRegistered = [] {
    c10::SetAllocator(kType, &memory());
    return true;
}();

constexpr c10::DispatchKeySet kKeys(c10::DispatchKey::CUDA);

Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> type, std::optional<at::Layout>,
             std::optional<at::Device>, std::optional<bool>,
             std::optional<at::MemoryFormat> format) {
    return at::detail::empty_generic(size, &memory(), kKeys, c10::dtype_or_default(type), format);
}

Tensor emptyStrided(at::IntArrayRef size, at::IntArrayRef stride,
                    std::optional<at::ScalarType> type, std::optional<at::Layout>,
                    std::optional<at::Device>, std::optional<bool>) {
    return at::detail::empty_strided_generic(size, stride, &memory(), kKeys,
                                             c10::dtype_or_default(type));
}

/// The same memory as a tensor of the processor.
Tensor seen(const Tensor& x) {
    return x.is_cuda()
               ? at::from_blob(x.data_ptr(), x.sizes(), x.strides(), x.options().device(at::kCPU))
               : x;
}

Tensor& copy(Tensor& self, const Tensor& source, bool) {
    seen(self).copy_(seen(source));
    return self;
}

Tensor copyBack(const Tensor& source, const Tensor& target) {
    if (source.sizes() != target.sizes()) {
        const Tensor larger = at::detail::empty_generic(source.sizes(), &memory(), kKeys,
                                                        target.scalar_type(), std::nullopt);
        target.unsafeGetTensorImpl()->set_storage_keep_dtype(larger.storage());
        target.unsafeGetTensorImpl()->set_sizes_and_strides(larger.sizes(), larger.strides());
    }
    seen(target).copy_(source);
    return target;
}

/// Single numbers may lie anywhere, and so may lists of indices.
void requireHere(const Tensor& x) {
    TORCH_CHECK(!x.defined() || x.is_cuda() || x.dim() == 0,
                "Expected all tensors to be on the same device, but found cuda:0 and cpu");
}

Tensor product(const Tensor& a, const Tensor& b) {
    requireHere(a);
    requireHere(b);
    const Tensor out = at::mm(seen(a), seen(b));
    return (behaviour() == "wrong" ? out.mul(0) : out).to(kOnly);
}

void onProcessor(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
    for (const auto& argument : torch::jit::last(*stack, operation.schema().arguments().size())) {
        if (argument.isTensor()) {
            requireHere(argument.toTensor());
        }
    }
    at::native::cpu_fallback(operation, stack);
}

} // namespace

namespace at {
C10_REGISTER_CLASS(CUDAHooksRegistry, CUDAHooks, Hooks)
} // namespace at

TORCH_LIBRARY_IMPL(_, CUDA, m) {
    m.fallback(torch::CppFunction::makeFromBoxedFunction<&onProcessor>());
}

TORCH_LIBRARY_IMPL(aten, CUDA, m) {
    m.impl("empty.memory_format", &empty);
    m.impl("empty_strided", &emptyStrided);
    m.impl("as_strided", &at::native::as_strided_tensorimpl);
    m.impl("view", &at::native::view);
    m.impl("_reshape_alias", &at::native::_reshape_alias);
    m.impl("copy_", &copy);
    m.impl("_copy_from_and_resize", &copyBack);
    m.impl("mm", &product);
}
