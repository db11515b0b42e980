#include "engine/model/weight_pages.h"

#include <ATen/ops/from_blob.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace engine::model {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kBlock = 32 * kHugePage;
constexpr std::size_t kAlignment = 64;

std::size_t upTo(std::size_t value, std::size_t step) {
    return (value + step - 1) / step * step;
}

std::shared_ptr<std::byte> allocate(std::size_t bytes) {
    void* const memory = std::aligned_alloc(kHugePage, bytes);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    // Only advice: without huge pages everything works as well, slower.
    static_cast<void>(madvise(memory, bytes, MADV_HUGEPAGE));
    return {static_cast<std::byte*>(memory), [](std::byte* block) { std::free(block); }};
}

} // namespace

at::Tensor WeightPages::empty(at::IntArrayRef shape, at::ScalarType type) {
    const std::size_t bytes =
        upTo(static_cast<std::size_t>(c10::multiply_integers(shape)) * c10::elementSize(type),
             kAlignment);
    if (m_used + bytes > m_size) {
        m_size = upTo(std::max(bytes, kBlock), kHugePage);
        m_block = allocate(m_size);
        m_used = 0;
    }
    std::byte* const begin = m_block.get() + m_used;
    m_used += bytes;
    return at::from_blob(
        begin, shape, [block = m_block](void*) mutable { block.reset(); }, at::TensorOptions(type));
}

} // namespace engine::model
