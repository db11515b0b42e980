#pragma once
/// A CUDA device and the plugin with its kernels, opened at run time: nothing links a CUDA library.
/// Whatever is missing or wrong means that the CPU computes, and is said in a sentence.

#include "engine/kernels/cuda_plugin.h"

#include <memory>
#include <string>
#include <vector>

namespace engine::kernels {

/// Where the libraries are looked for.
struct CudaLibraries {
    std::string driver = "libcuda.so.1"; ///< by the dynamic loader's rules
    std::vector<std::string> plugins;    ///< paths; the first that exists is opened
    /// What LibTorch computes with on a device; by the loader's rules. Opened by openCuda alone.
    std::string torch = "libtorch_cuda.so";

    /// libinfolio_cuda.so beside this program, in ../lib and in ../lib/infolio.
    static CudaLibraries standard();
};

class CudaDevice;

/// Exactly one of the two: the device, or why there is none, a sentence for a person.
struct CudaOpening {
    std::shared_ptr<const CudaDevice> device;
    std::string reason;
};

/// A device of compute capability 8.0 or later whose kernels have passed the self-test. Immutable,
/// may be used by any thread; the libraries stay loaded until the process ends.
class CudaDevice {
public:
    /// Opens device `number`, counted from 0 by the driver. Takes a second or two the first time,
    /// for the driver's start and the self-test. Never throws for what a machine may lack.
    static CudaOpening open(const CudaLibraries& libraries, int number = 0);

    /// The launch functions. Before its first call a thread says `use(number())`.
    [[nodiscard]] const InfolioCudaTable& table() const { return *m_table; }
    [[nodiscard]] int number() const { return m_number; }
    /// For example "NVIDIA H200, compute capability 9.0".
    [[nodiscard]] const std::string& name() const { return m_name; }

private:
    CudaDevice(const InfolioCudaTable* table, int number, std::string name)
        : m_table(table), m_number(number), m_name(std::move(name)) {}

    const InfolioCudaTable* m_table;
    int m_number;
    std::string m_name;
};

} // namespace engine::kernels
