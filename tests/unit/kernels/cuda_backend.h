#pragma once
/// Where the tests of the CUDA kernels run: in the emulation or on a device. Each program links
/// one.

#include "engine/kernels/cuda_plugin.h"

#include <string>

namespace cuda_test {

/// The kernels; null, with a reason, where there is nothing to run them on.
const InfolioCudaTable* backendTable(std::string& reason);

/// Runs must give the same bits in every variant: the emulation's schedules, a device's repetition.
int backendVariants();
void useVariant(int variant);

} // namespace cuda_test
