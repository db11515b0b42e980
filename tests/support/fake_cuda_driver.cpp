// A library with the few functions of the NVIDIA driver that the engine calls. INFOLIO_FAKE_DRIVER
// says how it behaves; without it there is one device of compute capability 9.0.

#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

bool behaves(std::string_view how) {
    const char* const value = std::getenv("INFOLIO_FAKE_DRIVER");
    return value != nullptr && how == value;
}

} // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED int cuInit(unsigned /*flags*/) {
    return behaves("no device") ? 100 : behaves("broken") ? 999 : 0;
}

EXPORTED int cuDeviceGetCount(int* count) {
    *count = behaves("none counted") ? 0 : 1;
    return 0;
}

EXPORTED int cuDeviceGet(int* device, int number) {
    *device = number;
    return behaves("silent") ? 101 : 0;
}

EXPORTED int cuDeviceGetName(char* name, int length, int /*device*/) {
    std::strncpy(name, "Fake device", static_cast<std::size_t>(length));
    return 0;
}

EXPORTED int cuDeviceGetAttribute(int* value, int attribute, int /*device*/) {
    *value = attribute == 75 ? (behaves("old") ? 7 : 9) : attribute == 76 ? 0 : -1;
    return 0;
}
