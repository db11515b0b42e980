// A plugin like libinfolio_cuda.so whose kernels run in the emulation. INFOLIO_FAKE_PLUGIN says how
// it behaves; without it everything is right.

#define infolioCudaTable emulatedCudaTable
#include "tests/support/cuda_emulated_kernels.cpp"
#undef infolioCudaTable

#include <cstdlib>
#include <string_view>

namespace {

bool behaves(std::string_view how) {
    const char* const value = std::getenv("INFOLIO_FAKE_PLUGIN");
    return value != nullptr && how == value;
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
    table = *emulatedCudaTable();
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
