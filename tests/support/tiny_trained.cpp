#include "tests/support/tiny_trained.h"

namespace tests {

SafetensorsFile tinyTrained(const std::string& baseSha256,
                            const std::vector<std::pair<std::string, std::string>>& own) {
    SafetensorsFile file;
    file.metadata = {{"base_sha256", baseSha256},
                     {"base_name", "tiny"},
                     {"L", "2"},
                     {"E", "32"},
                     {"H", "4"},
                     {"G", "2"},
                     {"d", "8"},
                     {"segment", "1024"},
                     {"rank", "4"},
                     {"alpha", "8"},
                     {"engine", "0.1.0"},
                     {"data_sha256", std::string(64, 'd')},
                     {"steps", "200"},
                     {"seed", "7"},
                     {"ppl_memory", "20.5"},
                     {"ppl_zeroed", "21.25"},
                     {"license", "Apache-2.0"}};
    file.metadata.insert(file.metadata.end(), own.begin(), own.end());
    return file;
}

void addRandom(SafetensorsFile& file, std::mt19937_64& random, const std::string& name,
               const std::vector<std::int64_t>& shape, float scale) {
    std::size_t count = 1;
    for (const std::int64_t length : shape) {
        count *= static_cast<std::size_t>(length);
    }
    std::vector<float> values(count);
    for (float& value : values) {
        value = scale * (static_cast<float>(random() >> 40) * 0x1p-24f - 0.5f);
    }
    file.add(name, shape, values);
}

} // namespace tests
