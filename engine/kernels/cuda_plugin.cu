#include "engine/kernels/cuda_plugin.h"

extern "C" __attribute__((visibility("default"))) const InfolioCudaTable* infolioCudaTable() {
    static const InfolioCudaTable table{kInfolioCudaVersion, sizeof(InfolioCudaTable)};
    return &table;
}
