#pragma once
/// The golden files of tests/golden.

#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

namespace tests {

inline nlohmann::json golden(const std::string& name) {
    std::ifstream in(std::string(TEST_SOURCES) + "/tests/golden/data/" + name);
    return nlohmann::json::parse(in);
}

inline std::string fromHex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

} // namespace tests
