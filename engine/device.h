#pragma once
/// Where models compute, and why there.

#include <string>

#include "engine/kernels/cuda_device.h"

namespace engine {

struct Device {
    int cuda = -1;            ///< number of a CUDA device that is open; -1: the processor
    std::string name = "cpu"; ///< or "cuda:0"; what is stored beside a memory
    std::string reason;       ///< of "auto": what a CUDA device lacks; of a CUDA device: what it is
};

/// Throws WrongUse unless it is "auto", "cpu", "cuda" or "cuda:N", N below 100.
void requireDeviceName(const std::string& wanted);

/// Opens the device of that name; "auto" takes the first CUDA device, or the processor with the
/// reason, "cpu" opens nothing. Takes seconds where there is a device, a moment where there is
/// none. Throws NoDevice when a demanded device cannot be used, with the reason.
Device openDevice(const std::string& wanted, const kernels::CudaLibraries& libraries);

} // namespace engine
