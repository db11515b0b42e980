// The one exported function of the plugin.

#include "engine/kernels/cuda_kernels.h"

namespace engine::kernels::device {

namespace {

InfolioCudaStatus copyIn(void* device, const void* host, std::size_t bytes, void* stream) {
    return copy(device, host, bytes, stream);
}

InfolioCudaStatus copyOut(void* host, const void* device, std::size_t bytes, void* stream) {
    return copy(host, device, bytes, stream);
}

} // namespace

} // namespace engine::kernels::device

extern "C" __attribute__((visibility("default"))) const InfolioCudaTable* infolioCudaTable() {
    namespace device = engine::kernels::device;
    static const InfolioCudaTable table{
        kInfolioCudaVersion,    sizeof(InfolioCudaTable), device::use,
        device::allocate,       device::release,          device::copyIn,
        device::copyOut,        device::launchPrepare,    device::launchSums,
        device::launchScanNorm, device::launchDecay,      device::launchScanMemory,
        device::launchAttend,   device::launchNorm,       device::launchGate,
    };
    return &table;
}
