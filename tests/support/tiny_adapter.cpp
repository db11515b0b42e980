#include "tests/support/tiny_adapter.h"

#include "tests/support/tiny_trained.h"

namespace tests {

SafetensorsFile tinyAdapter(std::uint64_t seed, const std::string& baseSha256) {
    constexpr std::int64_t l = 1, E = 32, H = 4, G = 2, d = 8, f = 16, r = 4;
    SafetensorsFile file = tinyTrained(baseSha256, {{"format", "infolio-adapter"},
                                                    {"version", "1"},
                                                    {"f", "16"},
                                                    {"layers", "1-1"},
                                                    {"rule", "linear"},
                                                    {"feature_map", "elu1"},
                                                    {"eps", "1e-10"},
                                                    {"passkey", "32/32 at 131072"}});
    std::mt19937_64 random(seed);
    const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
        addRandom(file, random, name, shape);
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
