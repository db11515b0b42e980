#pragma once
/// What libinfolio_cuda.so hands out: one versioned table of launch functions, found by the name of
/// its one exported function. Launches are asynchronous on `stream` (a cudaStream_t), allocate
/// nothing and may be called from any thread. Same input, same bits.

#include "engine/kernels/cuda_arguments.h"

#include <cstddef>
#include <cstdint>

extern "C" {

inline constexpr std::uint32_t kInfolioCudaVersion = 4;

/// How a call ended: 0, or one of the codes below with a sentence that lives for ever.
struct InfolioCudaStatus {
    std::int32_t code;
    const char* sentence; ///< "" for code 0
};
inline constexpr std::int32_t kInfolioCudaDone = 0;
inline constexpr std::int32_t kInfolioCudaRefused = 1;  ///< shapes, strides or pointers do not fit
inline constexpr std::int32_t kInfolioCudaFailed = 2;   ///< the CUDA runtime says so
inline constexpr std::int32_t kInfolioCudaNoMemory = 3; ///< device memory is used up

struct InfolioCudaTable {
    std::uint32_t version; ///< of this struct's layout; another one is not used
    std::uint32_t size;    ///< bytes of this struct
    /// The calling thread's device, from 0, for everything below.
    InfolioCudaStatus (*use)(int number);
    InfolioCudaStatus (*allocate)(void** memory, std::size_t bytes);
    InfolioCudaStatus (*release)(void* memory);
    /// Both copies wait for the stream's work before them and return when they are done.
    InfolioCudaStatus (*copyIn)(void* device, const void* host, std::size_t bytes, void* stream);
    InfolioCudaStatus (*copyOut)(void* host, const void* device, std::size_t bytes, void* stream);
    InfolioCudaStatus (*prepare)(const InfolioPrepare*, void* stream);
    InfolioCudaStatus (*sums)(const InfolioSums*, void* stream);
    InfolioCudaStatus (*scanNorm)(const InfolioScan*, void* stream); ///< z and n; after sums
    InfolioCudaStatus (*decay)(const InfolioDecay*, void* stream);   ///< after scanNorm
    InfolioCudaStatus (*scanMemory)(const InfolioScan*, void* stream);
    InfolioCudaStatus (*attend)(const InfolioAttend*, void* stream);
    InfolioCudaStatus (*norm)(const InfolioNorm*, void* stream);
    InfolioCudaStatus (*gate)(const InfolioGate*, void* stream);
};

/// The plugin's table, alive as long as the library is loaded.
const InfolioCudaTable* infolioCudaTable();
}
