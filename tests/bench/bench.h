#pragma once
/// What the benches share: arguments, a book's tokens, a clock.

#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/model/session.h"

namespace bench {

inline std::string argument(int count, char** arguments, int index, const std::string& otherwise) {
    return index < count ? arguments[index] : otherwise;
}

inline std::vector<std::int32_t> tokensOf(const engine::model::Model& model,
                                          const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    return model.tokenizer->encodeIds(text);
}

inline double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

} // namespace bench
