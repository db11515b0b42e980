#include "engine/document/document_text.h"

#include <algorithm>
#include <cassert>

#include <unicode/utf8.h>

namespace engine::document {

namespace {

bool isContinuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

} // namespace

DocumentText::DocumentText(std::string_view utf8) : m_utf8(utf8) {
    m_bytes.reserve(utf8.size() / kStride + 1);
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        if (isContinuation(utf8[i]))
            continue;
        if (m_length % kStride == 0)
            m_bytes.push_back(i);
        ++m_length;
    }
}

std::size_t DocumentText::byteOf(std::int64_t offset) const {
    assert(offset >= 0 && offset <= m_length);
    if (offset == m_length)
        return m_utf8.size();
    std::size_t byte = m_bytes[static_cast<std::size_t>(offset / kStride)];
    for (std::int64_t rest = offset % kStride; rest > 0; --rest) {
        ++byte;
        while (isContinuation(m_utf8[byte]))
            ++byte;
    }
    return byte;
}

std::int64_t DocumentText::offsetOf(std::size_t byte) const {
    assert(byte <= m_utf8.size());
    if (m_bytes.empty())
        return 0;
    const auto after = std::upper_bound(m_bytes.begin(), m_bytes.end(), byte);
    const auto index = static_cast<std::size_t>(after - m_bytes.begin()) - 1;
    return static_cast<std::int64_t>(index) * kStride +
           codePoints(m_utf8.substr(m_bytes[index], byte - m_bytes[index]));
}

std::string_view DocumentText::slice(std::int64_t begin, std::int64_t end) const {
    const std::size_t first = byteOf(begin);
    return m_utf8.substr(first, byteOf(end) - first);
}

std::int64_t codePoints(std::string_view utf8) {
    return std::count_if(utf8.begin(), utf8.end(), [](char c) { return !isContinuation(c); });
}

bool isUtf8(std::string_view bytes) {
    const auto length = static_cast<std::int64_t>(bytes.size());
    std::int64_t i = 0;
    while (i < length) {
        UChar32 c = 0;
        U8_NEXT(bytes.data(), i, length, c);
        if (c < 0)
            return false;
    }
    return true;
}

} // namespace engine::document
