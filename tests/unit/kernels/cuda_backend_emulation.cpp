#include "tests/support/cuda_emulation.h"
#include "tests/unit/kernels/cuda_backend.h"

namespace cuda_test {

const InfolioCudaTable* backendTable(std::string& /*reason*/) {
    return infolioCudaTable();
}

int backendVariants() {
    return 3;
}

void useVariant(int variant) {
    constexpr emulation::Schedule kSchedules[] = {
        emulation::Schedule::Forward, emulation::Schedule::Reverse, emulation::Schedule::Random};
    emulation::settings().schedule = kSchedules[variant];
}

} // namespace cuda_test
