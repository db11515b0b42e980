#pragma once
/// Converts between offsets (code points) and bytes of a UTF-8 text. The one class that does.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine::document {

/// A view of a UTF-8 text with an index for random access. The text must outlive it. Building costs
/// one pass; a conversion looks at no more than kStride code points.
class DocumentText {
public:
    explicit DocumentText(std::string_view utf8);

    [[nodiscard]] std::int64_t length() const { return m_length; } ///< code points
    [[nodiscard]] std::size_t byteOf(std::int64_t offset) const;   ///< offset in [0, length]
    [[nodiscard]] std::int64_t
    offsetOf(std::size_t byte) const; ///< byte at the start of a code point, or the end
    [[nodiscard]] std::string_view slice(std::int64_t begin, std::int64_t end) const;

    static constexpr std::int64_t kStride = 256;

private:
    std::string_view m_utf8;
    std::int64_t m_length = 0;
    std::vector<std::size_t> m_bytes; ///< byte of every kStride-th code point
};

/// Number of code points of valid UTF-8.
std::int64_t codePoints(std::string_view utf8);
bool isUtf8(std::string_view bytes);

} // namespace engine::document
