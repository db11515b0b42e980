#include "engine/document/clean.h"

#include <algorithm>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "engine/document/code_points.h"

namespace engine::document {

namespace {

bool isPlain(std::string_view utf8) {
    return std::all_of(utf8.begin(), utf8.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return (u >= 0x20 && u < 0x7F) || u == '\n' || u == '\t';
    });
}

const char* ligature(UChar32 c) {
    static constexpr const char* kLetters[] = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};
    return c >= 0xFB00 && c <= 0xFB06 ? kLetters[c - 0xFB00] : nullptr;
}

bool showsNothing(UChar32 c) {
    if (c == 0x200C || c == 0x200D) // joiners change letters of Arabic and Indic scripts
        return false;
    switch (u_charType(c)) {
    case U_CONTROL_CHAR:
    case U_FORMAT_CHAR: // soft hyphen, byte order mark, direction marks
    case U_PRIVATE_USE_CHAR:
    case U_SURROGATE:
        return true;
    case U_UNASSIGNED:
        return (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
    default:
        return false;
    }
}

void append(icu::UnicodeString& out, UChar32 c) {
    if (const char* letters = ligature(c))
        out.append(icu::UnicodeString::fromUTF8(letters));
    else if (c == '\n' || c == '\t')
        out.append(c);
    else if (c == 0x2028 || c == 0x2029 || c == 0x85)
        out.append(static_cast<UChar32>('\n'));
    else if (c == 0x2010 || c == 0x2011)
        out.append(static_cast<UChar32>('-'));
    else if (u_charType(c) == U_SPACE_SEPARATOR || c == '\r' || c == '\f' || c == '\v')
        out.append(static_cast<UChar32>(' '));
    else if (!showsNothing(c))
        out.append(c);
}

bool isSpace(char c) {
    return c == ' ' || c == '\n' || c == '\t';
}

} // namespace

std::string clean(std::string_view utf8) {
    if (isPlain(utf8))
        return std::string(utf8);
    icu::UnicodeString folded;
    for (std::size_t i = 0; i < utf8.size();)
        append(folded, nextCodePoint(utf8, i));
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
    std::string out;
    if (U_SUCCESS(status) && !nfc->isNormalized(folded, status))
        nfc->normalize(folded, status).toUTF8String(out);
    else
        folded.toUTF8String(out);
    return out;
}

std::string cleanLine(std::string_view utf8) {
    const std::string text = clean(utf8);
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (!isSpace(c))
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    if (!out.empty() && out.back() == ' ')
        out.pop_back();
    return out;
}

std::string cleanCode(std::string_view utf8) {
    const std::string text = clean(utf8);
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == '\t') {
            out += "    ";
        } else if (c == '\n') {
            while (!out.empty() && out.back() == ' ')
                out.pop_back();
            if (!out.empty() && out.back() != '\n')
                out += '\n';
        } else {
            out += c;
        }
    }
    while (!out.empty() && isSpace(out.back()))
        out.pop_back();
    return out;
}

bool startsWithMark(std::string_view utf8) {
    return (U_GET_GC_MASK(firstCodePoint(utf8)) & U_GC_M_MASK) != 0;
}

} // namespace engine::document
