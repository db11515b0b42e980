#include "engine/device.h"

#include <string_view>

#include "engine/error.h"
#include "engine/kernels/ops_cuda.h"

namespace engine {

namespace {

constexpr std::string_view kNumbered = "cuda:";

bool isNumbered(const std::string& name) {
    if (name.rfind(kNumbered, 0) != 0)
        return false;
    const std::string digits = name.substr(kNumbered.size());
    return !digits.empty() && digits.size() <= 2 &&
           digits.find_first_not_of("0123456789") == std::string::npos;
}

} // namespace

void requireDeviceName(const std::string& wanted) {
    if (wanted != "auto" && wanted != "cpu" && wanted != "cuda" && !isNumbered(wanted))
        throw Error(Code::WrongUse,
                    "The device \"" + wanted + "\" is unknown; use auto, cpu, cuda or cuda:N.");
}

Device openDevice(const std::string& wanted, const kernels::CudaLibraries& libraries) {
    requireDeviceName(wanted);
    if (wanted == "cpu")
        return {};
    const int number = isNumbered(wanted) ? std::stoi(wanted.substr(kNumbered.size())) : 0;
    const kernels::CudaOpening opening = kernels::openCuda(libraries, number);
    if (opening.device != nullptr)
        return {number, "cuda:" + std::to_string(number), opening.device->name()};
    if (wanted != "auto")
        throw Error(Code::NoDevice, "The device \"" + wanted + "\" cannot be used: " +
                                        opening.reason + ". Choose auto or cpu instead.");
    return {-1, "cpu", opening.reason};
}

} // namespace engine
