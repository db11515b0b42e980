#include "engine/report/escape.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "engine/report/report.h"

namespace engine::report {
namespace {

/// Length of the well-formed UTF-8 character at `i` and its code point; length 0 for any other
/// byte.
std::size_t decode(const std::string& text, std::size_t i, std::uint32_t& codePoint) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const unsigned char first = byte(i);
    if (first < 0x80) {
        codePoint = first;
        return 1;
    }
    const std::size_t length = first >= 0xF0 && first < 0xF5   ? 4
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xC2 && first < 0xE0 ? 2
                                                               : 0;
    if (length == 0 || i + length > text.size())
        return 0;
    codePoint = first & (0xFFu >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
        if ((byte(i + k) & 0xC0) != 0x80)
            return 0;
        codePoint = codePoint << 6 | (byte(i + k) & 0x3Fu);
    }
    constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
    const bool isSurrogate = codePoint >= 0xD800 && codePoint < 0xE000;
    return codePoint < kLeast[length] || isSurrogate || codePoint > 0x10FFFF ? 0 : length;
}

/// Characters that move the cursor, hide text or turn its direction around, and those that are
/// none: XML has no place for them.
bool isHidden(std::uint32_t c) {
    const bool isControl = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c <= 0x9F);
    const bool isDirection = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
                             c == 0x200E || c == 0x200F || c == 0x061C;
    const bool isNone = (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
    return isControl || isDirection || isNone || c == 0x2028 || c == 0x2029 || c == 0xFEFF;
}

std::string escaped(std::uint32_t c) {
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), c <= 0xFF ? "\\x%02X" : "\\u%04X",
                  static_cast<unsigned>(c));
    return buffer.data();
}

} // namespace

std::string escapeControls(const std::string& utf8) {
    std::string result;
    for (std::size_t i = 0; i < utf8.size();) {
        std::uint32_t c = 0;
        const std::size_t length = decode(utf8, i, c);
        if (length == 0) {
            result += escaped(static_cast<unsigned char>(utf8[i++]));
            continue;
        }
        if (isHidden(c))
            result += escaped(c);
        else
            result.append(utf8, i, length);
        i += length;
    }
    return result;
}

std::string oneLine(const std::string& utf8) {
    std::string result;
    for (const char c : utf8) {
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r' && c != '\f')
            result += c;
        else if (!result.empty() && result.back() != ' ')
            result += ' ';
    }
    if (!result.empty() && result.back() == ' ')
        result.pop_back();
    return result;
}

std::string escapeMarkdown(const std::string& utf8) {
    const std::string text = escapeControls(oneLine(utf8));
    constexpr std::string_view kAlways = "\\`*_[]<>&~|#^$";
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const std::string_view before = std::string_view(text).substr(0, i);
        bool isSpecial = kAlways.find(c) != std::string_view::npos;
        isSpecial = isSpecial || (i == 0 && (c == '+' || c == '-' || c == '='));
        // "1." and "1)" open a list at the start of a line.
        isSpecial = isSpecial || ((c == '.' || c == ')') && i > 0 && i < 10 &&
                                  before.find_first_not_of("0123456789") == std::string_view::npos);
        // Bare addresses become links in many renderers.
        isSpecial = isSpecial || (c == ':' && std::string_view(text).substr(i).starts_with("://"));
        isSpecial = isSpecial || (c == '.' && (before.ends_with("www") || before.ends_with("WWW")));
        isSpecial = isSpecial || (c == '!' && i + 1 < text.size() && text[i + 1] == '[');
        if (isSpecial)
            result += '\\';
        result += c;
    }
    return result;
}

} // namespace engine::report
