#include "engine/model/bpe.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>

#include "engine/model/tokenizer.h"

namespace engine::model {

namespace {

constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15u;

/// Room for twice as many entries, so that a search seldom looks at more than two slots.
std::size_t slotsFor(std::size_t entries) {
    return std::bit_ceil(entries * 2 + 1);
}

std::uint64_t mix(std::uint64_t value) {
    value *= kOdd;
    return value ^ (value >> 29);
}

template <typename Word> std::uint64_t wordAt(const char* at) {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

/// The first and the last bytes, eight of each at most; with the length they tell a text of up to
/// 16 bytes.
struct Ends {
    std::uint64_t first, last;
};

Ends endsOf(std::string_view bytes) {
    const char* const begin = bytes.data();
    const char* const end = begin + bytes.size();
    if (bytes.size() >= 8) {
        return {wordAt<std::uint64_t>(begin), wordAt<std::uint64_t>(end - 8)};
    }
    if (bytes.size() >= 4) {
        return {wordAt<std::uint32_t>(begin), wordAt<std::uint32_t>(end - 4)};
    }
    if (bytes.size() >= 2) {
        return {wordAt<std::uint16_t>(begin), wordAt<std::uint16_t>(end - 2)};
    }
    return {bytes.empty() ? 0 : wordAt<std::uint8_t>(begin), 0};
}

} // namespace

TokenTable::TokenTable(const std::vector<std::string_view>& tokens)
    : m_tokens(tokens), m_slots(slotsFor(tokens.size())) {
    for (std::size_t id = 0; id < tokens.size(); ++id) {
        if (!tokens[id].empty()) {
            Slot& slot = m_slots[slotOf(tokens[id])];
            if (slot.id < 0) {
                const Ends ends = endsOf(tokens[id]);
                slot = {ends.first, ends.last, static_cast<std::int32_t>(id),
                        static_cast<std::uint32_t>(tokens[id].size())};
            }
        }
    }
}

/// The slot that holds `bytes`, or the free one where they would go.
std::size_t TokenTable::slotOf(std::string_view bytes) const {
    const Ends ends = endsOf(bytes);
    const std::size_t mask = m_slots.size() - 1;
    const auto holds = [&](const Slot& slot) {
        // What a slot remembers decides without a look at the token itself, unless it is long.
        return slot.first == ends.first && slot.last == ends.last && slot.length == bytes.size() &&
               (bytes.size() <= 16 || m_tokens[static_cast<std::size_t>(slot.id)] == bytes);
    };
    std::size_t slot = mix(mix(ends.first ^ bytes.size()) ^ ends.last) & mask;
    while (m_slots[slot].id >= 0 && !holds(m_slots[slot])) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

std::int32_t TokenTable::find(std::string_view bytes) const {
    return m_slots[slotOf(bytes)].id;
}

namespace {

std::uint64_t pairOf(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
           static_cast<std::uint32_t>(right);
}

} // namespace

MergeTable::MergeTable(const std::vector<Merge>& merges) : m_slots(slotsFor(merges.size())) {
    const std::size_t mask = m_slots.size() - 1;
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
        const std::uint64_t pair = pairOf(merges[rank].left, merges[rank].right);
        std::size_t slot = mix(pair) & mask;
        while (m_slots[slot].pair != UINT64_MAX && m_slots[slot].pair != pair) {
            slot = (slot + 1) & mask;
        }
        if (m_slots[slot].pair != pair) {
            m_slots[slot] = {pair, {static_cast<std::uint32_t>(rank), merges[rank].result}};
        }
    }
}

MergeTable::Found MergeTable::find(std::int32_t left, std::int32_t right) const {
    const std::uint64_t pair = pairOf(left, right);
    const std::size_t mask = m_slots.size() - 1;
    for (std::size_t slot = mix(pair) & mask;; slot = (slot + 1) & mask) {
        if (m_slots[slot].pair == pair) {
            return m_slots[slot].found;
        }
        if (m_slots[slot].pair == UINT64_MAX) {
            return {};
        }
    }
}

/// Looks up the pair that begins at `at` and queues it.
void Merger::look(std::int32_t at) {
    Node& node = m_nodes[static_cast<std::size_t>(at)];
    node.pair = node.after < 0
                    ? MergeTable::Found{}
                    : m_table.find(node.id, m_nodes[static_cast<std::size_t>(node.after)].id);
    if (node.pair.rank != MergeTable::kNoRank) {
        m_heap.push_back(static_cast<std::uint64_t>(node.pair.rank) << 32 |
                         static_cast<std::uint32_t>(at));
        std::push_heap(m_heap.begin(), m_heap.end(), std::greater<>());
    }
}

void Merger::merge(const std::vector<Token>& symbols, std::vector<Token>& out) {
    const auto count = static_cast<std::int32_t>(symbols.size());
    m_nodes.clear();
    m_heap.clear();
    for (std::int32_t i = 0; i < count; ++i) {
        const Token& symbol = symbols[static_cast<std::size_t>(i)];
        m_nodes.push_back(
            {symbol.id, i - 1, i + 1 < count ? i + 1 : -1, {}, symbol.byteBegin, symbol.byteEnd});
    }
    for (std::int32_t i = 0; i < count; ++i) {
        look(i);
    }
    while (!m_heap.empty()) {
        const std::uint64_t first = m_heap.front();
        std::pop_heap(m_heap.begin(), m_heap.end(), std::greater<>());
        m_heap.pop_back();
        const auto at = static_cast<std::int32_t>(first & UINT32_MAX);
        Node& left = m_nodes[static_cast<std::size_t>(at)];
        // An entry is stale when its pair was broken up since; a merged-away symbol has no rank.
        if (left.pair.rank != first >> 32) {
            continue;
        }
        Node& right = m_nodes[static_cast<std::size_t>(left.after)];
        left.id = left.pair.result;
        left.end = right.end;
        left.after = right.after;
        right.pair = {};
        if (left.after >= 0) {
            m_nodes[static_cast<std::size_t>(left.after)].before = at;
        }
        look(at);
        if (left.before >= 0) {
            look(left.before);
        }
    }
    for (std::int32_t i = count > 0 ? 0 : -1; i >= 0;) {
        const Node& node = m_nodes[static_cast<std::size_t>(i)];
        out.push_back({node.id, node.begin, node.end});
        i = node.after;
    }
}

} // namespace engine::model
