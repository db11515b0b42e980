#include "engine/model/bpe.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <string>

#include "engine/model/tokenizer.h"

namespace engine::model {
namespace {

/// Byte-pair encoding as its definition reads: again and again, the pair of lowest rank, leftmost
/// first.
std::vector<Token> mergeSlowly(const std::vector<MergeTable::Merge>& merges,
                               std::vector<Token> symbols) {
    while (true) {
        std::size_t bestRank = merges.size();
        std::size_t bestAt = 0;
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            for (std::size_t rank = 0; rank < bestRank; ++rank) {
                if (merges[rank].left == symbols[i].id && merges[rank].right == symbols[i + 1].id) {
                    bestRank = rank;
                    bestAt = i;
                }
            }
        }
        if (bestRank == merges.size()) {
            return symbols;
        }
        symbols[bestAt].id = merges[bestRank].result;
        symbols[bestAt].byteEnd = symbols[bestAt + 1].byteEnd;
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(bestAt) + 1);
    }
}

TEST(Merger, DoesWhatTheDefinitionSays) {
    EXPECT_TRUE(rc::check("a random table and random symbols", [] {
        // Ids 0 to 3 are letters; merge i makes id 4 + i of any two ids before it, so that chains
        // arise.
        const int count = *rc::gen::inRange(0, 12);
        std::vector<MergeTable::Merge> merges;
        for (int i = 0; i < count; ++i) {
            merges.push_back({*rc::gen::inRange(0, 4 + i), *rc::gen::inRange(0, 4 + i), 4 + i});
        }
        std::vector<Token> symbols;
        const int length = *rc::gen::inRange(0, 40);
        for (int i = 0; i < length; ++i) {
            symbols.push_back({*rc::gen::inRange(0, 4), static_cast<std::uint32_t>(i),
                               static_cast<std::uint32_t>(i + 1)});
        }
        const MergeTable table(merges);
        Merger merger(table);
        std::vector<Token> found{{77, 0, 0}};
        merger.merge(symbols, found);
        found.erase(found.begin());
        RC_ASSERT(found == mergeSlowly(merges, symbols));
    }));
}

TEST(MergeTable, TheFirstOfTwoEqualPairsCounts) {
    const MergeTable table({{1, 2, 10}, {1, 2, 11}, {2, 1, 12}});
    EXPECT_EQ(table.find(1, 2).result, 10);
    EXPECT_EQ(table.find(1, 2).rank, 0u);
    EXPECT_EQ(table.find(2, 1).rank, 2u);
    EXPECT_EQ(table.find(2, 2).rank, MergeTable::kNoRank);
}

TEST(TokenTable, FindsEveryTokenAndNoOther) {
    std::vector<std::string> texts;
    for (int i = 0; i < 2000; ++i) {
        texts.push_back("token " + std::string(static_cast<std::size_t>(i % 40), 'x') +
                        std::to_string(i));
    }
    // Of equal length, with the same beginning and end.
    texts.push_back("begin of a long token");
    texts.push_back("begin of 1 long token");
    for (std::size_t length = 1; length <= 20; ++length) {
        texts.push_back(std::string(length, 'y'));
    }
    texts.push_back(std::string("\0", 1));
    texts.push_back(std::string("\0\0", 2));
    texts.push_back("");
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const TokenTable table(views);
    for (std::size_t id = 0; id + 1 < texts.size(); ++id) {
        EXPECT_EQ(table.find(texts[id]), static_cast<std::int32_t>(id));
    }
    EXPECT_EQ(table.find(""), -1);
    EXPECT_EQ(table.find("token"), -1);
    EXPECT_EQ(table.find("begin of 2 long token"), -1);
    EXPECT_EQ(table.find(std::string(21, 'y')), -1);
    EXPECT_EQ(table.find("yyyzyyy"), -1);
    EXPECT_EQ(table.find(std::string("\0\0\0", 3)), -1);
}

TEST(TokenTable, FindsWhatAMapFinds) {
    // Few letters, and lengths up to what a slot remembers whole, so that texts differ in little.
    const auto text = [] {
        const auto length = *rc::gen::inRange<std::size_t>(1, 18);
        const auto letters = *rc::gen::elementOf(std::vector<std::string>{"a", "ab"});
        return *rc::gen::container<std::string>(length, rc::gen::elementOf(letters));
    };
    EXPECT_TRUE(rc::check("random tokens and random texts", [&] {
        std::map<std::string, std::int32_t> expected;
        std::vector<std::string> texts;
        // Small tables put many tokens side by side.
        const int count = *rc::gen::inRange(1, 60);
        for (int i = 0; i < count; ++i) {
            texts.push_back(text());
            expected.emplace(texts.back(), i);
        }
        const TokenTable table(std::vector<std::string_view>(texts.begin(), texts.end()));
        for (int i = 0; i < 60; ++i) {
            const std::string one = i < count ? texts[static_cast<std::size_t>(i)] : text();
            const auto found = expected.find(one);
            RC_ASSERT(table.find(one) == (found == expected.end() ? -1 : found->second));
        }
    }));
}

} // namespace
} // namespace engine::model
