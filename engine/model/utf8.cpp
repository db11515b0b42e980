#include "engine/model/utf8.h"

namespace engine::model {

Utf8Step utf8Step(std::string_view text) {
    using Kind = Utf8Step::Kind;
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return {Kind::Character, 1};
    }
    if (first < 0xc2 || first > 0xf4) {
        return {Kind::Broken, 1};
    }
    const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    // The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF.
    unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    for (std::size_t i = 1; i < length; ++i) {
        if (i == text.size()) {
            return {Kind::Cut, i};
        }
        if (byte(i) < least || byte(i) > most) {
            return {Kind::Broken, i};
        }
        least = 0x80;
        most = 0xbf;
    }
    return {Kind::Character, length};
}

} // namespace engine::model
