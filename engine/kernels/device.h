#pragma once
/// The machine as the kernels see it: every use of PTX stands here, every use of the CUDA runtime
/// in device_launch.h. The tests supply the same names for g++ (tests/support/cuda_emulation.h,
/// included before these).
///
/// Fragments of mma m16n8k16, lane l, i = l/4, j = 2(l%4); each register holds two neighbours,
/// the first in its low half (PTX ISA, warp-level matrix instructions):
///     A  (i, j), (i + 8, j), (i, j + 8), (i + 8, j + 8), neighbours in the column
///     B  (k = j, n = i), (k = j + 8, n = i), neighbours in k
///     C  (i, j), (i, j + 1), (i + 8, j), (i + 8, j + 1)

#include "engine/kernels/cuda_plugin.h"

#if defined(__CUDACC__)

#include <cuda_runtime.h>

#define INFOLIO_DEVICE __device__ __forceinline__

namespace engine::kernels::device {

struct Index {
    unsigned x, y, z;
};
struct alignas(16) Vector16 {
    std::uint32_t word[4];
};

INFOLIO_DEVICE unsigned threadIndex() {
    return threadIdx.x;
}
INFOLIO_DEVICE Index blockIndex() {
    return {blockIdx.x, blockIdx.y, blockIdx.z};
}
INFOLIO_DEVICE unsigned char* sharedMemory() {
    extern __shared__ __align__(128) unsigned char memory[];
    return memory;
}
INFOLIO_DEVICE std::uint32_t sharedAddress(const void* pointer) {
    return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}

INFOLIO_DEVICE void syncBlock() {
    __syncthreads();
}
INFOLIO_DEVICE void syncWarp() {
    __syncwarp();
}
INFOLIO_DEVICE float shuffleXor(float value, int mask) {
    return __shfl_xor_sync(0xffffffffu, value, mask);
}

INFOLIO_DEVICE Vector16 load16(const void* source) {
    const uint4 v = *static_cast<const uint4*>(source);
    return {{v.x, v.y, v.z, v.w}};
}
INFOLIO_DEVICE void store16(void* target, const Vector16& v) {
    *static_cast<uint4*>(target) = make_uint4(v.word[0], v.word[1], v.word[2], v.word[3]);
}

/// Copies 16 bytes to shared memory, or writes zeros where not `isThere`; done when its group is.
INFOLIO_DEVICE void cpAsync16(void* shared, const void* global, bool isThere) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(shared)),
                 "l"(global), "r"(isThere ? 16 : 0)
                 : "memory");
}
INFOLIO_DEVICE void cpAsyncCommit() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}
/// Waits until at most `kPending` of this thread's groups are under way.
template <int kPending> INFOLIO_DEVICE void cpAsyncWait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

/// Four 8×8 matrices; lane l names row l%8 of matrix l/8.
INFOLIO_DEVICE void ldmatrix4(std::uint32_t (&r)[4], const void* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(sharedAddress(row))
                 : "memory");
}
INFOLIO_DEVICE void ldmatrix4Transposed(std::uint32_t (&r)[4], const void* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(sharedAddress(row))
                 : "memory");
}
/// Two 8×8 matrices; the lanes 0 … 15 name their rows.
INFOLIO_DEVICE void ldmatrix2Transposed(std::uint32_t (&r)[2], const void* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(r[0]), "=r"(r[1])
                 : "r"(sharedAddress(row))
                 : "memory");
}
/// C += A·B of bf16 with fp32 sums.
INFOLIO_DEVICE void mma(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                        std::uint32_t b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, "
                 "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// Two values rounded to bf16, `low` in the low half.
INFOLIO_DEVICE std::uint32_t packBf16(float low, float high) {
    std::uint32_t packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
}
INFOLIO_DEVICE float floatOfBits(std::uint32_t bits) {
    return __uint_as_float(bits);
}
/// 2^x to about two units in the last place; 0 for −∞.
INFOLIO_DEVICE float exp2Fast(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
INFOLIO_DEVICE float exponential(float x) {
    return expf(x);
}
INFOLIO_DEVICE float logarithm2(float x) {
    return log2f(x);
}
INFOLIO_DEVICE float squareRoot(float x) {
    return sqrtf(x);
}
INFOLIO_DEVICE float fusedMultiplyAdd(float a, float b, float c) {
    return fmaf(a, b, c);
}

} // namespace engine::kernels::device

#elif !defined(INFOLIO_CUDA_EMULATION)
#error "kernels are compiled by nvcc, or by g++ with tests/support/cuda_emulation.h"
#endif
