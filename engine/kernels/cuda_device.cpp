#include "engine/kernels/cuda_device.h"

#include "engine/kernels/cuda_self_test.h"

#include <dlfcn.h>
#include <filesystem>
#include <optional>
#include <utility>

namespace engine::kernels {

namespace {

namespace fs = std::filesystem;

// The driver's interface as far as it is needed here; the numbers are those of cuda.h.
using DriverResult = int;
constexpr DriverResult kNoDevice = 100;     // CUDA_ERROR_NO_DEVICE
constexpr int kComputeCapabilityMajor = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
constexpr int kComputeCapabilityMinor = 76; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR
constexpr int kLeastComputeCapability = 8;  // bf16 products and asynchronous copies

/// Either a value or the reason why there is none.
template <class T> struct Found {
    std::optional<T> value;
    std::string reason;
};

std::string loaderMessage() {
    const char* const message = dlerror();
    return message != nullptr ? message : "no reason given";
}

class Driver {
public:
    /// The libraries of NVIDIA do not bear being unloaded, so nothing here is ever closed.
    static Found<Driver> open(const std::string& library) {
        void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle == nullptr) {
            return {{}, "there is no NVIDIA driver on this machine (" + loaderMessage() + ")"};
        }
        Driver driver;
        const bool isComplete = find(handle, "cuInit", driver.m_start) &&
                                find(handle, "cuDeviceGetCount", driver.m_count) &&
                                find(handle, "cuDeviceGet", driver.m_get) &&
                                find(handle, "cuDeviceGetName", driver.m_name) &&
                                find(handle, "cuDeviceGetAttribute", driver.m_attribute);
        if (!isComplete) {
            return {{}, "the NVIDIA driver " + library + " is incomplete; install it again"};
        }
        return {driver, ""};
    }

    /// The name of a device that can run the kernels.
    [[nodiscard]] Found<std::string> device(int number) const {
        int count = 0;
        DriverResult result = m_start(0);
        result = result == 0 ? m_count(&count) : result;
        if (result == kNoDevice || (result == 0 && count == 0)) {
            return {{}, "the NVIDIA driver finds no device"};
        }
        if (result != 0) {
            return {{},
                    "the NVIDIA driver does not start (error " + std::to_string(result) +
                        "); restart the machine or install the driver again"};
        }
        if (number < 0 || number >= count) {
            return {{},
                    "there is no device " + std::to_string(number) + "; the driver counts " +
                        std::to_string(count) + ", from 0"};
        }
        int device = 0, major = 0, minor = 0;
        char name[256] = {};
        if (m_get(&device, number) != 0 || m_name(name, sizeof name - 1, device) != 0 ||
            m_attribute(&major, kComputeCapabilityMajor, device) != 0 ||
            m_attribute(&minor, kComputeCapabilityMinor, device) != 0) {
            return {{}, "the NVIDIA driver does not answer for device " + std::to_string(number)};
        }
        const std::string full = std::string(name) + ", compute capability " +
                                 std::to_string(major) + "." + std::to_string(minor);
        if (major < kLeastComputeCapability) {
            return {{}, full + ", is too old; 8.0 or later is needed"};
        }
        return {full, ""};
    }

private:
    template <class Function> static bool find(void* handle, const char* name, Function*& out) {
        out = reinterpret_cast<Function*>(dlsym(handle, name));
        return out != nullptr;
    }

    DriverResult (*m_start)(unsigned) = nullptr;
    DriverResult (*m_count)(int*) = nullptr;
    DriverResult (*m_get)(int*, int) = nullptr;
    DriverResult (*m_name)(char*, int, int) = nullptr;
    DriverResult (*m_attribute)(int*, int, int) = nullptr;
};

Found<const InfolioCudaTable*> openPlugin(const std::vector<std::string>& paths) {
    std::string path, tried;
    for (const std::string& candidate : paths) {
        std::error_code ignored;
        if (fs::exists(candidate, ignored)) {
            path = candidate;
            break;
        }
        tried += (tried.empty() ? "" : ", ") + candidate;
    }
    if (path.empty()) {
        return {{}, "the CUDA kernels are not installed (looked for " + tried + ")"};
    }
    void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        return {{}, "the CUDA kernels cannot be loaded (" + loaderMessage() + ")"};
    }
    const auto table =
        reinterpret_cast<const InfolioCudaTable* (*)()>(dlsym(handle, "infolioCudaTable"));
    if (table == nullptr) {
        return {{}, path + " is no library of Infolio's CUDA kernels; install it again"};
    }
    const InfolioCudaTable* const found = table();
    if (found->version != kInfolioCudaVersion || found->size != sizeof(InfolioCudaTable)) {
        return {{},
                path + " belongs to another version of Infolio (its kernels have version " +
                    std::to_string(found->version) + ", this program needs " +
                    std::to_string(kInfolioCudaVersion) + "); install both from the same release"};
    }
    return {found, ""};
}

} // namespace

CudaLibraries CudaLibraries::standard() {
    CudaLibraries libraries;
    std::error_code error;
    const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    for (const char* const place : {".", "../lib", "../lib/infolio"}) {
        libraries.plugins.push_back((folder / place / "libinfolio_cuda.so").lexically_normal());
    }
    return libraries;
}

CudaOpening CudaDevice::open(const CudaLibraries& libraries, int number) {
    const Found<Driver> driver = Driver::open(libraries.driver);
    if (!driver.value) {
        return {nullptr, driver.reason};
    }
    const Found<std::string> name = driver.value->device(number);
    if (!name.value) {
        return {nullptr, name.reason};
    }
    const Found<const InfolioCudaTable*> plugin = openPlugin(libraries.plugins);
    if (!plugin.value) {
        return {nullptr, plugin.reason};
    }
    if (const std::string fault = cudaSelfTest(**plugin.value, number); !fault.empty()) {
        return {nullptr, "the CUDA kernels do not work on " + *name.value + ": " + fault};
    }
    return {std::shared_ptr<const CudaDevice>(new CudaDevice(*plugin.value, number, *name.value)),
            ""};
}

} // namespace engine::kernels
