#pragma once
/// Memory for weights in huge pages. Decoding reads all weights for every token, and in pages of
/// 4 KiB the processor's prefetching ends at every page.

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <memory>

namespace engine::model {

/// Hands out tensors that share large blocks; a block lives as long as one of its tensors. Where
/// the system gives no huge pages, ordinary ones serve. Not thread-safe.
class WeightPages {
public:
    /// Contiguous, not initialised, aligned to 64 bytes. Throws std::bad_alloc.
    at::Tensor empty(at::IntArrayRef shape, at::ScalarType type);

private:
    std::shared_ptr<std::byte> m_block;
    std::size_t m_size = 0, m_used = 0; ///< bytes of the block
};

} // namespace engine::model
