#pragma once
/// Where each passage of a document ends and how long it is, packed into one value per document, so
/// that a search over a thousand documents loads all of them in milliseconds and never touches a
/// passage's text.
///
/// A passage's id is a function of its document and place alone. Thereby documents are ranges of
/// ids, order by id is order in the text, and a change behind a bound changes no id before it, in
/// this document or in another.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace engine::store {

inline constexpr int kOrdinalBits = 20;
inline constexpr std::int64_t kMostPassages = std::int64_t{1} << kOrdinalBits;

constexpr std::int64_t passageId(std::int64_t documentId, std::int64_t ordinal) {
    return documentId << kOrdinalBits | ordinal;
}
constexpr std::int64_t documentOfPassage(std::int64_t id) {
    return id >> kOrdinalBits;
}
constexpr std::int64_t ordinalOfPassage(std::int64_t id) {
    return id & (kMostPassages - 1);
}

struct PassageEntry {
    std::uint32_t end; ///< offset
    std::uint32_t isContents : 1;
    std::uint32_t words : 31; ///< tokens of the full-text index
};
static_assert(sizeof(PassageEntry) == 8 && std::endian::native == std::endian::little,
              "entries are stored as they lie in memory");

/// Read-only view of the packed entries; the bytes belong to the caller.
class PassageIndex {
public:
    explicit PassageIndex(std::string_view packed) : m_packed(packed) {}

    [[nodiscard]] std::int64_t size() const {
        return static_cast<std::int64_t>(m_packed.size() / sizeof(PassageEntry));
    }
    [[nodiscard]] PassageEntry operator[](std::int64_t ordinal) const {
        PassageEntry entry;
        std::memcpy(&entry, m_packed.data() + static_cast<std::size_t>(ordinal) * sizeof entry,
                    sizeof entry);
        return entry;
    }
    /// Number of passages that end at or before `offset`; also the ordinal of the passage that
    /// contains it.
    [[nodiscard]] std::int64_t endingBy(std::int64_t offset) const {
        std::int64_t low = 0;
        std::int64_t high = size();
        while (low < high) {
            const std::int64_t middle = (low + high) / 2;
            if ((*this)[middle].end <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

private:
    std::string_view m_packed;
};

} // namespace engine::store
