#include "tests/support/tiny_adapter.h"

#include <random>

namespace tests {

SafetensorsFile tinyAdapter(std::uint64_t seed, const std::string& baseSha256) {
    constexpr std::int64_t l = 1, E = 32, H = 4, G = 2, d = 8, f = 16, r = 4;
    SafetensorsFile file;
    file.metadata = {{"format", "infolio-adapter"},
                     {"version", "1"},
                     {"base_sha256", baseSha256},
                     {"base_name", "tiny"},
                     {"L", "2"},
                     {"E", "32"},
                     {"H", "4"},
                     {"G", "2"},
                     {"d", "8"},
                     {"f", "16"},
                     {"layers", "1-1"},
                     {"rule", "linear"},
                     {"feature_map", "elu1"},
                     {"segment", "1024"},
                     {"eps", "1e-10"},
                     {"rank", "4"},
                     {"alpha", "8"},
                     {"engine", "0.1.0"},
                     {"data_sha256", std::string(64, 'd')},
                     {"steps", "200"},
                     {"seed", "7"},
                     {"ppl_memory", "20.5"},
                     {"ppl_zeroed", "21.25"},
                     {"passkey", "32/32 at 131072"},
                     {"license", "Apache-2.0"}};
    std::mt19937_64 random(seed);
    const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
        std::size_t count = 1;
        for (const std::int64_t length : shape) {
            count *= static_cast<std::size_t>(length);
        }
        std::vector<float> values(count);
        for (float& value : values) {
            value = static_cast<float>(random() >> 40) * 0x1p-24f - 0.5f;
        }
        file.add(name, shape, values);
    };
    add("beta", {l, H});
    add("q_feature", {l, H, f, d});
    add("q_bias", {l, H, f});
    add("k_feature", {l, G, f, d});
    add("k_bias", {l, G, f});
    add("write_u", {l, G, E});
    add("write_c", {l, G});
    add("q_down", {l, r, E});
    add("q_up", {l, H * d, r});
    add("k_down", {l, r, E});
    add("k_up", {l, G * d, r});
    add("v_down", {l, r, E});
    add("v_up", {l, G * d, r});
    return file;
}

} // namespace tests
