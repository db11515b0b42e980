#include "engine/model/bad_weights.h"

#include "engine/error.h"

namespace engine::model {

std::string shown(std::string_view text) {
    constexpr std::size_t kLongest = 64;
    std::string result;
    for (const char c : text.substr(0, kLongest)) {
        result.push_back(c >= ' ' && c <= '~' ? c : '?');
    }
    if (text.size() > kLongest) {
        result += "...";
    }
    return result;
}

std::string shapeText(const std::vector<std::int64_t>& shape) {
    std::string text;
    for (const std::int64_t length : shape) {
        text += (text.empty() ? "" : " x ") + std::to_string(length);
    }
    return text;
}

void refuseWeights(const std::string& file, const std::string& what, const std::string& found,
                   const std::string& expected) {
    throw Error(Code::BadWeights, file + ": " + what + " is " + found + ", expected " + expected +
                                      "; the file is damaged or of a kind that Infolio does not "
                                      "read, get it again or choose another");
}

} // namespace engine::model
