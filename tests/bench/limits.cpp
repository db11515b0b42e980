/// Prints the register peak in GFLOP/s, then processor, threads, the instruction and the bandwidth
/// of reads: the head of the table of tests/bench/run.sh.

#include <cstdio>

#include "tests/bench/bench.h"
#include "tests/bench/machine.h"
#include "tests/bench/rounds.h"

int main() {
    const int threads = bench::setting().threads;
    const double peak = bench::bestPeak();
    std::printf("%.1f %s, %s, reads %.1f GB/s\n", peak, bench::machineName(threads).c_str(),
                bench::registerPeakName().c_str(), bench::readBandwidth(threads));
    return 0;
}
