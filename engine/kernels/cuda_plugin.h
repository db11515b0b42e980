#pragma once
/// What libinfolio_cuda.so hands out: one versioned table of launch functions, found by the name of
/// its one exported function.

#include <cstdint>

extern "C" {

struct InfolioCudaTable {
    std::uint32_t version; ///< of this struct's layout; another one is not used
    std::uint32_t size;    ///< bytes of this struct
};

/// The plugin's table, alive as long as the library is loaded.
const InfolioCudaTable* infolioCudaTable();
}

inline constexpr std::uint32_t kInfolioCudaVersion = 1;
