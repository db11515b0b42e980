#pragma once
/// What the machine can do at best and what it is doing: the limits that figures are compared with,
/// and the signs by which a disturbed measurement is known.

#include <cstdint>
#include <string>

namespace bench {

/// Multiply-adds in registers on `threads` threads for about 0.1 s with the widest instruction of
/// this machine (bf16 dot product, AVX-512, AVX2, scalar); GFLOP/s of all threads together.
double registerPeak(int threads);
/// The instruction that `registerPeak` uses, for a person.
std::string registerPeakName();

/// GB/s at which `threads` threads together read 1 GB that no cache holds; the best of five.
double readBandwidth(int threads);

/// CPU seconds since the machine's start: of this process and its ended children, and of everything
/// that ran on the machine or was taken from it.
struct CpuSeconds {
    double own = 0, all = 0;
    static CpuSeconds now();
};

std::int64_t residentBytes();

/// Processor and number of threads, for the head of a table.
std::string machineName(int threads);

} // namespace bench
