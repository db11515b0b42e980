// The kernels of the CUDA plugin, compiled by g++ with the emulation in place of the device.

#include "tests/support/cuda_emulation.h"

#include "engine/kernels/cuda_attend.cu"
#include "engine/kernels/cuda_plugin.cu"
#include "engine/kernels/cuda_prepare.cu"
#include "engine/kernels/cuda_rows.cu"
#include "engine/kernels/cuda_scan.cu"
#include "engine/kernels/cuda_sums.cu"
