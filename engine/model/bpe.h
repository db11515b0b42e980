#pragma once
/// Byte-pair encoding: the table of merges, the table of whole tokens, and the merging of one
/// piece.

#include <cstdint>
#include <string_view>
#include <vector>

namespace engine::model {

struct Token;

/// Finds a token by its bytes, which must outlive the table.
class TokenTable {
public:
    /// The bytes of each id; an empty one is never found. Of two ids with the same bytes the first
    /// is found.
    explicit TokenTable(const std::vector<std::string_view>& tokens);

    /// -1 when there is none.
    [[nodiscard]] std::int32_t find(std::string_view bytes) const;

private:
    struct Slot {
        std::uint64_t first = 0, last = 0; ///< the token's first and last eight bytes
        std::int32_t id = -1;
        std::uint32_t length = 0;
    };

    [[nodiscard]] std::size_t slotOf(std::string_view bytes) const;

    std::vector<std::string_view> m_tokens;
    std::vector<Slot> m_slots;
};

/// The merges in the order in which training found them. Immutable.
class MergeTable {
public:
    struct Merge {
        std::int32_t left, right, result;
    };
    static constexpr std::uint32_t kNoRank = UINT32_MAX;
    struct Found {
        std::uint32_t rank = kNoRank;
        std::int32_t result = -1;
    };

    /// Of two merges of the same pair the first counts.
    explicit MergeTable(const std::vector<Merge>& merges);

    [[nodiscard]] Found find(std::int32_t left, std::int32_t right) const;

private:
    struct Slot {
        std::uint64_t pair = UINT64_MAX;
        Found found;
    };
    std::vector<Slot> m_slots;
};

/// Merges pieces, one after another; keeps its buffers between them. One thread at a time.
class Merger {
public:
    explicit Merger(const MergeTable& table) : m_table(table) {}

    /// Applies the merges to `symbols`, lowest rank first and leftmost first, and appends what
    /// remains to `out`. n symbols cost n log n.
    void merge(const std::vector<Token>& symbols, std::vector<Token>& out);

private:
    struct Node {
        std::int32_t id;
        std::int32_t before, after; ///< indices of the neighbours, -1 at the ends
        MergeTable::Found pair;     ///< of this symbol with the one after it
        std::uint32_t begin, end;
    };

    void look(std::int32_t at);

    const MergeTable& m_table;
    std::vector<Node> m_nodes;
    std::vector<std::uint64_t> m_heap; ///< rank in the high half, index in the low half
};

} // namespace engine::model
