#pragma once
/// The names of engine/kernels/device.h for g++: a block's threads are fibers that yield at counted
/// barriers, blocks run one after another, in an order that the schedule says. One thread of the
/// process at a time may launch.
///
/// A launch fails, with a sentence, when nobody can proceed, when lanes of a warp meet at different
/// instructions, when a 16-byte access is not aligned or outside its buffer, or when guard words
/// changed. Shared memory starts as NaN; the target of cp.async is NaN from issue to wait.

#define INFOLIO_CUDA_EMULATION 1
#define INFOLIO_DEVICE inline

#include "engine/kernels/cuda_plugin.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>

namespace emulation {

enum class Schedule { Forward, Reverse, Random };

/// Faults that are built in on purpose, to see that tests notice them.
enum class Fault { None, SwappedRowsOfA, SwappedColumnsOfB, SwappedColumnsOfC };

/// A place in a kernel's source where threads wait: "cuda_sums.cu:120".
using Site = std::string;

struct Settings {
    Schedule schedule = Schedule::Forward;
    std::uint32_t seed = 1; ///< of Schedule::Random
    Fault fault = Fault::None;
    Site droppedSite; ///< this barrier or wait does nothing
};

/// What the launches that follow use.
Settings& settings();

/// The barriers and waits that were met since the last call.
std::set<Site> takeSites();

} // namespace emulation

namespace engine::kernels::device {

struct Index {
    unsigned x, y, z;
};
struct alignas(16) Vector16 {
    std::uint32_t word[4];
};

unsigned threadIndex();
Index blockIndex();
unsigned char* sharedMemory();

void syncBlock(const char* file = __builtin_FILE(), int line = __builtin_LINE());
void syncWarp(const char* file = __builtin_FILE(), int line = __builtin_LINE());
float shuffleXor(float value, int mask, int line = __builtin_LINE());

Vector16 load16(const void* source);
void store16(void* target, const Vector16& v);

void cpAsync16(void* shared, const void* global, bool isThere);
void cpAsyncCommit();
void waitForGroups(int pending, const char* file, int line);
template <int kPending>
void cpAsyncWait(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    waitForGroups(kPending, file, line);
}

void ldmatrix4(std::uint32_t (&r)[4], const void* row, int line = __builtin_LINE());
void ldmatrix4Transposed(std::uint32_t (&r)[4], const void* row, int line = __builtin_LINE());
void ldmatrix2Transposed(std::uint32_t (&r)[2], const void* row, int line = __builtin_LINE());
void mma(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1,
         int line = __builtin_LINE());

inline float floatOfBits(std::uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}
std::uint32_t packBf16(float low, float high);
inline float exp2Fast(float x) {
    return std::exp2(x);
}
inline float exponential(float x) {
    return std::exp(x);
}
inline float logarithm2(float x) {
    return std::log2(x);
}
inline float squareRoot(float x) {
    return std::sqrt(x);
}
inline float fusedMultiplyAdd(float a, float b, float c) {
    return std::fma(a, b, c);
}

InfolioCudaStatus runBlocks(Index grid, unsigned threads, std::size_t sharedBytes,
                            void (*run)(const void*), const void* arguments);

template <class Kernel, class Arguments>
InfolioCudaStatus launch(Index grid, const Arguments& arguments, void* /*stream*/) {
    return runBlocks(
        grid, Kernel::kThreads, Kernel::kSharedBytes,
        [](const void* a) { Kernel::run(*static_cast<const Arguments*>(a)); }, &arguments);
}

InfolioCudaStatus use(int number);
/// Memory between guard words, filled with NaN, known to the checks above.
InfolioCudaStatus allocate(void** memory, std::size_t bytes);
/// Fails when guard words changed.
InfolioCudaStatus release(void* memory);
InfolioCudaStatus copy(void* target, const void* source, std::size_t bytes, void* stream);

} // namespace engine::kernels::device
