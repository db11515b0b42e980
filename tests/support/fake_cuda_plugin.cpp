// A plugin like libinfolio_cuda.so whose kernels run in the emulation. INFOLIO_FAKE_PLUGIN says how
// it behaves; without it everything is right.

#define infolioCudaTable emulatedCudaTable
#include "tests/support/cuda_emulated_kernels.cpp"
#undef infolioCudaTable

#include "tests/support/fake_cuda_plugin.h"

#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace {

bool behaves(std::string_view how) {
    const char* const value = std::getenv("INFOLIO_FAKE_PLUGIN");
    return value != nullptr && how == value;
}

std::map<std::string, int> launches;

template <class Arguments>
InfolioCudaStatus counted(const char* function,
                          InfolioCudaStatus (*launch)(const Arguments*, void*), const Arguments* p,
                          void* stream) {
    launches[function] += stream == infolioFakeStream() ? 1 : 0;
    if (behaves("no memory at launch")) {
        return {kInfolioCudaNoMemory, "out of memory"};
    }
    if (behaves("failing launch")) {
        return {kInfolioCudaFailed, "unspecified launch failure"};
    }
    return launch(p, stream);
}

/// The table of the emulation, which counts its calls.
InfolioCudaTable countingTable() {
    InfolioCudaTable table = *emulatedCudaTable();
#define COUNTED(function, Arguments)                                                               \
    table.function = [](const Arguments* p, void* stream) {                                        \
        return counted(#function, emulatedCudaTable()->function, p, stream);                       \
    }
    COUNTED(prepare, InfolioPrepare);
    COUNTED(sums, InfolioSums);
    COUNTED(decay, InfolioDecay);
    COUNTED(attend, InfolioAttend);
    COUNTED(norm, InfolioNorm);
    COUNTED(gate, InfolioGate);
#undef COUNTED
    return table;
}

InfolioCudaStatus failingUse(int /*number*/) {
    return {kInfolioCudaFailed, "CUDA driver version is insufficient for CUDA runtime version"};
}

InfolioCudaStatus failingAllocate(void** /*memory*/, std::size_t /*bytes*/) {
    return {kInfolioCudaNoMemory, "out of memory"};
}

InfolioCudaStatus wrongAttend(const InfolioAttend* p, void* stream) {
    InfolioAttend wrong = *p;
    wrong.scale = -p->scale;
    return emulatedCudaTable()->attend(&wrong, stream);
}

InfolioCudaStatus wrongScan(const InfolioScan* p, void* stream) {
    InfolioScan wrong = *p;
    wrong.decay = nullptr;
    return emulatedCudaTable()->scanMemory(&wrong, stream);
}

InfolioCudaStatus wrongGate(const InfolioGate* p, void* stream) {
    InfolioGate wrong = *p;
    wrong.rows = 1;
    wrong.width = p->width / 2;
    return emulatedCudaTable()->gate(&wrong, stream);
}

} // namespace

extern "C" __attribute__((visibility("default"))) const InfolioCudaTable* infolioCudaTable() {
    static InfolioCudaTable table;
    table = countingTable();
    if (behaves("other version")) {
        table.version = kInfolioCudaVersion + 1;
    } else if (behaves("other size")) {
        table.size -= 8;
    } else if (behaves("old driver")) {
        table.use = failingUse;
    } else if (behaves("no memory")) {
        table.allocate = failingAllocate;
    } else if (behaves("wrong attention")) {
        table.attend = wrongAttend;
    } else if (behaves("wrong gate")) {
        table.gate = wrongGate;
    } else if (behaves("wrong delta")) {
        table.scanMemory = wrongScan;
    }
    return &table;
}

extern "C" __attribute__((visibility("default"))) void* infolioFakeStream() {
    static int stream;
    return &stream;
}

extern "C" __attribute__((visibility("default"))) int infolioFakeLaunches(const char* function) {
    const auto found = launches.find(function);
    return found == launches.end() ? 0 : found->second;
}
