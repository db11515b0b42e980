#pragma once
/// Steps through the code points of UTF-8. Damaged bytes read as U+FFFD.

#include <cstdint>
#include <string>
#include <string_view>

#include <unicode/utf8.h>

namespace engine::document {

/// The code point at byte `at`, which moves behind it. Needs at < utf8.size().
inline UChar32 nextCodePoint(std::string_view utf8, std::size_t& at) {
    UChar32 c = 0;
    auto i = static_cast<std::int64_t>(at);
    U8_NEXT_OR_FFFD(utf8.data(), i, static_cast<std::int64_t>(utf8.size()), c);
    at = static_cast<std::size_t>(i);
    return c;
}

/// The code point in front of byte `at`, which moves to it. Needs at > 0.
inline UChar32 previousCodePoint(std::string_view utf8, std::size_t& at) {
    std::size_t begin = at - 1;
    while (begin > 0 && at - begin < 4 && U8_IS_TRAIL(utf8[begin]))
        --begin;
    std::size_t end = begin;
    const UChar32 c = nextCodePoint(utf8, end);
    if (end == at) {
        at = begin;
        return c;
    }
    --at;
    return 0xFFFD;
}

/// The first code point, or 0.
inline UChar32 firstCodePoint(std::string_view utf8) {
    std::size_t at = 0;
    return utf8.empty() ? 0 : nextCodePoint(utf8, at);
}

/// The last code point, or 0.
inline UChar32 lastCodePoint(std::string_view utf8) {
    std::size_t at = utf8.size();
    return utf8.empty() ? 0 : previousCodePoint(utf8, at);
}

inline void appendCodePoint(std::string& out, UChar32 c) {
    char bytes[U8_MAX_LENGTH];
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(bytes, length, c);
    out.append(bytes, static_cast<std::size_t>(length));
}

} // namespace engine::document
