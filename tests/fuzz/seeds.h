#pragma once
/// Puts sound inputs, as the tests' own writers make them, into the corpus before a fuzzer starts.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace fuzz {

/// Writes `seeds` into the first folder among the arguments, which libFuzzer then reads; without a
/// folder there is nothing to do.
inline void addSeeds(int argumentCount, char** arguments, const std::vector<std::string>& seeds) {
    for (int i = 1; i < argumentCount; ++i) {
        const std::filesystem::path folder = arguments[i];
        if (!std::filesystem::is_directory(folder)) {
            continue;
        }
        for (std::size_t k = 0; k < seeds.size(); ++k) {
            std::ofstream(folder / ("seed-" + std::to_string(k)), std::ios::binary) << seeds[k];
        }
        return;
    }
}

} // namespace fuzz
