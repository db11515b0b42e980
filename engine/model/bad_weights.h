#pragma once
/// How every reader of a model file refuses it: one sentence with file, thing, found, expected and
/// what to do.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine::model {

/// `text` from a file as it may stand in a message: at most 64 printable ASCII characters, others
/// as '?'.
std::string shown(std::string_view text);

/// "512 x 1024".
std::string shapeText(const std::vector<std::int64_t>& shape);

/// Throws BadWeights: «file: what is found, expected expected; …».
[[noreturn]] void refuseWeights(const std::string& file, const std::string& what,
                                const std::string& found, const std::string& expected);

} // namespace engine::model
