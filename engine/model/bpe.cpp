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

std::uint64_t hashOf(std::string_view bytes) {
    std::uint64_t hash = bytes.size();
    while (bytes.size() >= 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes.data(), sizeof word);
        hash = mix(hash ^ word);
        bytes.remove_prefix(8);
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, bytes.data(), bytes.size());
    return mix(hash ^ rest);
}

} // namespace

TokenTable::TokenTable(const std::vector<std::string_view>& tokens)
    : m_tokens(tokens), m_slots(slotsFor(tokens.size()), -1) {
    for (std::size_t id = 0; id < tokens.size(); ++id) {
        if (!tokens[id].empty()) {
            std::int32_t& slot = m_slots[slotOf(tokens[id])];
            slot = slot < 0 ? static_cast<std::int32_t>(id) : slot;
        }
    }
}

/// The slot that holds `bytes`, or the free one where they would go.
std::size_t TokenTable::slotOf(std::string_view bytes) const {
    const std::size_t mask = m_slots.size() - 1;
    std::size_t slot = hashOf(bytes) & mask;
    while (m_slots[slot] >= 0 && m_tokens[static_cast<std::size_t>(m_slots[slot])] != bytes) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

std::int32_t TokenTable::find(std::string_view bytes) const {
    return m_slots[slotOf(bytes)];
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
