#pragma once
/// One run of the CUDA kernels through the plugin's table: inputs with odd strides are laid out in
/// device memory, outputs start as NaN, and everything that was written comes back.

#include "engine/kernels/cuda_plugin.h"
#include "tests/unit/kernels/cuda_oracle.h"

#include <cstddef>
#include <string>
#include <vector>

namespace cuda_test {

/// Device memory that starts as NaN and is released with this; every failed call is thrown as
/// std::runtime_error with its sentence.
class Buffer {
public:
    Buffer(const InfolioCudaTable& table, std::size_t bytes);
    ~Buffer();
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    [[nodiscard]] void* data() const { return m_data; }
    template <class T> [[nodiscard]] T* as() const { return static_cast<T*>(m_data); }
    void put(const void* host, std::size_t bytes, std::size_t offset = 0);
    template <class T> void put(const std::vector<T>& host) {
        put(host.data(), host.size() * sizeof(T));
    }
    template <class T> [[nodiscard]] std::vector<T> take(std::size_t count) const {
        std::vector<T> host(count);
        get(host.data(), count * sizeof(T));
        return host;
    }
    /// Throws when the guard words round it changed; the destructor ignores that.
    void release();

private:
    void get(void* host, std::size_t bytes) const;

    const InfolioCudaTable& m_table;
    void* m_data = nullptr;
};

/// What the kernels left.
struct Outputs {
    std::vector<std::uint16_t> output, memoryPart; ///< (B, T, H, d) contiguous
    std::vector<float> memory, norm;
    std::vector<std::int64_t> count;
    std::vector<float> memoryAfter, normAfter;   ///< snapshots after every segment
    bool operator==(const Outputs& other) const; ///< by bytes
};

/// Faults on the caller's side that the tests must notice.
enum class Misuse {
    None,
    ReadAfterWrite,       ///< a segment reads the memory that holds it
    ScaledWithoutMemory,  ///< (1 − g)·A_dot where nothing has been stored
    RotatedMemoryQueries, ///< φ of the rotated queries
};

/// Runs prep, sums, scan and attend. Throws std::runtime_error with the sentence of a status that
/// is not 0.
Outputs runKernels(const InfolioCudaTable& table, const Inputs& in, Misuse misuse = Misuse::None);

/// The same by runCudaLayer.
Outputs runLayer(const InfolioCudaTable& table, const Inputs& in);

/// The attention alone, without a memory.
std::vector<std::uint16_t> runLocal(const InfolioCudaTable& table, const Inputs& in);

/// The output of one segment in two calls: the first rows of each sequence, then the rest, to which
/// the first are a window's past.
std::vector<std::uint16_t> runWindow(const InfolioCudaTable& table, const Inputs& in,
                                     const std::vector<std::int32_t>& first);

/// Random values; `rows` past the lengths are NaN, so that reading them shows.
Inputs randomInputs(Inputs shape, std::uint32_t seed);

void check(const InfolioCudaStatus& status);

} // namespace cuda_test
