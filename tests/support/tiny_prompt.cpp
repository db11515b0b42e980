#include "tests/support/tiny_prompt.h"

#include <random>

namespace tests {

SafetensorsFile tinyPrompt(std::uint64_t seed, const std::string& method,
                           const std::string& baseSha256) {
    constexpr std::int64_t L = 2, E = 32, H = 4, G = 2, d = 8, p = 3, r = 4;
    SafetensorsFile file;
    file.metadata = {{"format", "infolio-prompt"},
                     {"version", "1"},
                     {"method", method},
                     {"base_sha256", baseSha256},
                     {"base_name", "tiny"},
                     {"L", "2"},
                     {"E", "32"},
                     {"H", "4"},
                     {"G", "2"},
                     {"d", "8"},
                     {"p", "3"},
                     {"rank", "4"},
                     {"alpha", "8"},
                     {"segment", "1024"},
                     {"engine", "0.1.0"},
                     {"data_sha256", std::string(64, 'd')},
                     {"steps", "200"},
                     {"seed", "7"},
                     {"ppl_memory", "20.5"},
                     {"ppl_zeroed", "21.25"},
                     {"passkey", "30/32 at 2"},
                     {"license", "Apache-2.0"}};
    std::mt19937_64 random(seed);
    const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape,
                         float scale) {
        std::size_t count = 1;
        for (const std::int64_t length : shape) {
            count *= static_cast<std::size_t>(length);
        }
        std::vector<float> values(count);
        for (float& value : values) {
            value = scale * (static_cast<float>(random() >> 40) * 0x1p-24f - 0.5f);
        }
        file.add(name, shape, values);
    };
    add("vectors", {p, E}, 4);
    add("output_norm", {E}, 4);
    add("q_down", {L, r, E}, 1);
    add("q_up", {L, H * d, r}, 1);
    add("k_down", {L, r, E}, 1);
    add("k_up", {L, G * d, r}, 1);
    add("v_down", {L, r, E}, 1);
    add("v_up", {L, G * d, r}, 1);
    return file;
}

} // namespace tests
