#include "app/cli/text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

namespace app::cli {
namespace {

struct CodePoint {
    char32_t value;
    std::size_t length;
};

/// The code point at `at`, or nothing when the bytes there are no valid UTF-8.
std::optional<CodePoint> decode(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(at);
    if (lead < 0x80)
        return CodePoint{lead, 1};
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || at + length > text.size())
        return std::nullopt;
    char32_t value = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0) != 0x80)
            return std::nullopt;
        value = (value << 6) | (byte(at + i) & 0x3FU);
    }
    const bool isOverlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    if (isOverlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return std::nullopt;
    return CodePoint{value, length};
}

/// Characters that change what a terminal does or the order in which it shows others.
bool isDangerous(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

std::string hex(const char* format, unsigned value) {
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, format, value);
    return buffer;
}

} // namespace

std::string escaped(std::string_view text, Lines lines) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const auto point = decode(text, at);
        if (!point) {
            result += hex("\\x%02x", static_cast<unsigned char>(text[at]));
            ++at;
            continue;
        }
        const char32_t c = point->value;
        if (c == '\n' || c == '\t')
            result += lines == Lines::Keep ? static_cast<char>(c) : ' ';
        else if (isDangerous(c))
            result += hex(c < 0x100 ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(c));
        else
            result += text.substr(at, point->length);
        at += point->length;
    }
    return result;
}

bool isUtf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto point = decode(text, at);
        if (!point)
            return false;
        at += point->length;
    }
    return true;
}

std::string shortened(const std::string& utf8, int columns) {
    std::size_t end = 0;
    std::size_t lastFit = 0;
    for (int count = 0; end < utf8.size(); ++count) {
        if (count == columns)
            return utf8.substr(0, lastFit) + "…";
        lastFit = end;
        const auto point = decode(utf8, end);
        end += point ? point->length : 1;
    }
    return utf8;
}

std::string wrapped(const std::string& utf8, int indent, int columns) {
    const std::string blanks(static_cast<std::size_t>(indent), ' ');
    std::string result = blanks;
    int used = indent;
    for (std::size_t at = 0; at < utf8.size();) {
        const std::size_t end = std::min(utf8.find(' ', at), utf8.size());
        const std::string_view word = std::string_view(utf8).substr(at, end - at);
        const auto isStart = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
        const int width = static_cast<int>(std::count_if(word.begin(), word.end(), isStart));
        if (columns > 0 && used > indent && used + 1 + width > columns) {
            result += '\n' + blanks;
            used = indent;
        } else if (at > 0) {
            result += ' ';
            ++used;
        }
        result += word;
        used += width;
        at = end + 1;
    }
    return result;
}

std::string shellQuoted(std::string_view word) {
    const std::string shown = escaped(word, Lines::Join);
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:@%+=";
    if (!shown.empty() && shown.find_first_not_of(kPlain) == std::string::npos)
        return shown;
    std::string result = "'";
    for (const char c : shown)
        result += c == '\'' ? "'\\''" : std::string(1, c);
    return result + "'";
}

std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number);
    const std::size_t first = number < 0 ? 1 : 0;
    for (std::size_t at = digits.size(); at > first + 3;) {
        at -= 3;
        digits.insert(at, 1, ',');
    }
    return digits;
}

std::string byteSize(std::int64_t bytes) {
    if (bytes < 1000)
        return std::to_string(bytes) + " B";
    double value = static_cast<double>(bytes);
    std::string_view units = "kMGT";
    value /= 1000;
    // 999.95 would be printed as 1000.0.
    while (value >= 999.95 && units.size() > 1) {
        value /= 1000;
        units.remove_prefix(1);
    }
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.1f %cB", value, units.front());
    return buffer;
}

std::string clockTime(double seconds) {
    const auto whole = static_cast<long long>(std::llround(std::clamp(seconds, 0.0, 1e9)));
    char buffer[48];
    if (whole >= 3600)
        std::snprintf(buffer, sizeof buffer, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60,
                      whole % 60);
    else
        std::snprintf(buffer, sizeof buffer, "%lld:%02lld", whole / 60, whole % 60);
    return buffer;
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
    return grouped(count) + " " + std::string(count == 1 ? one : many);
}

} // namespace app::cli
