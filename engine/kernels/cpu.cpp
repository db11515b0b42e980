#include "engine/kernels/cpu.h"

#include <cpuid.h>

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace engine::kernels::cpu {

namespace {

/// Asked of the processor itself: clang 14's probe does not know the name.
bool hasF16c() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}

// The compiler's probes look at the enabled register state too.
bool runs(Isa isa) {
    switch (isa) {
    case Isa::Plain:
        return true;
    case Isa::Avx2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && hasF16c();
    case Isa::Avx512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case Isa::Avx512Bf16:
        return runs(Isa::Avx512) && __builtin_cpu_supports("avx512bf16");
    }
    return false;
}

const Table& choose() {
    const char* cap = std::getenv("INFOLIO_ISA");
    const Table* highest = &plainTable();
    for (const Isa isa : {Isa::Plain, Isa::Avx2, Isa::Avx512, Isa::Avx512Bf16}) {
        if (const Table* table = tableOf(isa)) {
            highest = table;
            if (cap != nullptr && std::strcmp(cap, table->name) == 0) {
                break;
            }
        }
    }
    return *highest;
}

} // namespace

const Table* tableOf(Isa isa) {
    if (!runs(isa)) {
        return nullptr;
    }
    switch (isa) {
    case Isa::Plain:
        return &plainTable();
    case Isa::Avx2:
        return &avx2Table();
    case Isa::Avx512:
        return &avx512Table();
    case Isa::Avx512Bf16:
        return &avx512Bf16Table();
    }
    return nullptr;
}

const Table& best() {
    static const Table& table = choose();
    return table;
}

} // namespace engine::kernels::cpu
