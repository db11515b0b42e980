#include "tests/support/prototype_adapter.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/support/safetensors_writer.h"

namespace tests {

namespace {

/// Every tensor of the file, in its order.
SafetensorsFile read(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream),
                            std::istreambuf_iterator<char>()};
    if (bytes.size() < 8) {
        throw std::runtime_error(path + " cannot be read");
    }
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    const auto header = nlohmann::json::parse(bytes.substr(8, length));
    SafetensorsFile file;
    for (const auto& [name, tensor] : header.items()) {
        if (name == "__metadata__") {
            continue;
        }
        const std::size_t begin = tensor["data_offsets"][0], end = tensor["data_offsets"][1];
        file.tensors.push_back({name, tensor["dtype"], tensor["shape"],
                                bytes.substr(8 + length + begin, end - begin), std::nullopt});
    }
    return file;
}

} // namespace

std::string prototypeAdapter(const std::string& folder, const std::string& baseSha256,
                             bool gatesByPosition) {
    SafetensorsFile file = read(folder + "/prototype-adapter.safetensors");
    if (gatesByPosition) {
        file.erase("beta");
        for (const auto& tensor : read(folder + "/prototype-gates.safetensors").tensors) {
            file.tensors.push_back(tensor);
        }
    }
    file.metadata = {{"format", "infolio-adapter"},
                     {"version", "1"},
                     {"base_sha256", baseSha256},
                     {"base_name", "SmolLM2-135M-Instruct"},
                     {"L", "30"},
                     {"E", "576"},
                     {"H", "9"},
                     {"G", "3"},
                     {"d", "64"},
                     {"f", "128"},
                     {"layers", "15-24"},
                     {"rule", "linear"},
                     {"feature_map", "elu1"},
                     {"segment", "1024"},
                     {"eps", "1e-10"},
                     {"rank", "16"},
                     {"alpha", "16"},
                     {"engine", "prototype"},
                     {"data_sha256", std::string(64, '0')},
                     {"steps", "500"},
                     {"seed", "1"},
                     {"ppl_memory", "1"},
                     {"ppl_zeroed", "1"},
                     {"passkey", "32/32 at 131072"},
                     {"license", "Apache-2.0"}};
    return file.bytes();
}

} // namespace tests
