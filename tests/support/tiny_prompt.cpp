#include "tests/support/tiny_prompt.h"

#include "tests/support/tiny_trained.h"

namespace tests {

SafetensorsFile tinyPrompt(std::uint64_t seed, const std::string& method,
                           const std::string& baseSha256) {
    constexpr std::int64_t L = 2, E = 32, H = 4, G = 2, d = 8, p = 3, r = 4;
    SafetensorsFile file = tinyTrained(baseSha256, {{"format", "infolio-prompt"},
                                                    {"version", "2"},
                                                    {"method", method},
                                                    {"p", "3"},
                                                    {"passkey", "30/32 at 2"}});
    std::mt19937_64 random(seed);
    const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape,
                         float scale) { addRandom(file, random, name, shape, scale); };
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
