#include "engine/kernels/cuda_device.h"
#include "tests/unit/kernels/cuda_backend.h"

namespace cuda_test {

const InfolioCudaTable* backendTable(std::string& reason) {
    using engine::kernels::CudaDevice;
    static const auto opening = CudaDevice::open(engine::kernels::CudaLibraries::standard());
    reason = opening.reason;
    return opening.device != nullptr ? &opening.device->table() : nullptr;
}

int backendVariants() {
    return 2;
}

void useVariant(int /*variant*/) {}

} // namespace cuda_test
