#include "engine/reader/unicode.h"

#include <algorithm>

#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "engine/document/wire.h"

namespace engine::reader {
namespace {

void append(std::string& utf8, char32_t character) {
    if (character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
        character = 0xFFFD;
    std::uint8_t bytes[U8_MAX_LENGTH];
    std::size_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, static_cast<UChar32>(character));
    utf8.append(reinterpret_cast<const char*>(bytes), size);
}

} // namespace

std::string toUtf8(std::u32string_view text) {
    std::string result;
    result.reserve(text.size());
    for (const char32_t character : text)
        append(result, character);
    return result;
}

std::string toUtf8(std::u16string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char32_t character = text[i];
        if (character >= 0xD800 && character < 0xDC00 && i + 1 < text.size() &&
            text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000) {
            character = 0x10000 + ((character - 0xD800) << 10) + (text[i + 1] - 0xDC00U);
            ++i;
        }
        append(result, character);
    }
    return result;
}

std::u32string toUtf32(std::string_view utf8) {
    std::u32string result;
    result.reserve(utf8.size());
    std::int32_t i = 0;
    const auto size = static_cast<std::int32_t>(utf8.size());
    while (i < size) {
        UChar32 character = 0;
        U8_NEXT_OR_FFFD(utf8.data(), i, size, character);
        result += static_cast<char32_t>(character);
    }
    return result;
}

std::string foldSpace(std::string_view utf8) {
    std::string result;
    result.reserve(utf8.size());
    bool isPending = false;
    for (const char c : utf8) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte == ' ' || (byte >= '\t' && byte <= '\r')) {
            isPending = !result.empty();
            continue;
        }
        if (byte < ' ' || byte == 0x7F)
            continue;
        if (isPending)
            result += ' ';
        isPending = false;
        result += c;
    }
    return result;
}

bool isBlank(std::string_view utf8) {
    const std::u32string text = toUtf32(utf8);
    return std::all_of(text.begin(), text.end(),
                       [](char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0; });
}

std::string decodePdfString(std::string_view bytes) {
    if (bytes.substr(0, 3) == "\xEF\xBB\xBF")
        return foldSpace(document::wire::repairUtf8(bytes.substr(3)));
    if (bytes.substr(0, 2) == "\xFE\xFF" || bytes.substr(0, 2) == "\xFF\xFE") {
        const std::size_t high = bytes[0] == '\xFE' ? 0 : 1;
        std::u16string text;
        for (std::size_t i = 2; i + 1 < bytes.size(); i += 2)
            text += static_cast<char16_t>(static_cast<unsigned char>(bytes[i + high]) << 8 |
                                          static_cast<unsigned char>(bytes[i + 1 - high]));
        return foldSpace(toUtf8(text));
    }
    std::u32string text;
    for (const char c : bytes)
        text += static_cast<unsigned char>(c);
    return foldSpace(toUtf8(text));
}

std::string toLatin1(std::string_view utf8) {
    std::string result;
    for (const char32_t character : toUtf32(utf8)) {
        if (character > 0xFF)
            return "";
        result += static_cast<char>(character);
    }
    return result;
}

} // namespace engine::reader
