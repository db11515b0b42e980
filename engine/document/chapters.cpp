#include "engine/document/chapters.h"

#include <algorithm>
#include <map>

#include <unicode/uchar.h>

#include "engine/document/clean.h"
#include "engine/document/code_points.h"
#include "engine/document/document_text.h"
#include "engine/document/paragraphs.h"

namespace engine::document {

namespace {

constexpr std::size_t kLongestTitle = 300;
constexpr int kDeepest = 6;

/// What two prints of one title share.
std::string letters(std::string_view utf8) {
    std::string out;
    for (std::size_t i = 0; i < utf8.size();) {
        const UChar32 c = nextCodePoint(utf8, i);
        if (u_isalnum(c))
            appendCodePoint(out, u_tolower(c));
    }
    return out;
}

std::string_view upTo(std::string_view utf8, std::size_t bytes) {
    if (utf8.size() <= bytes)
        return utf8;
    while (bytes > 0 && (static_cast<unsigned char>(utf8[bytes]) & 0xC0) == 0x80)
        --bytes;
    return utf8.substr(0, bytes);
}

const Page& pageAt(const Document& document, std::int64_t offset) {
    const auto after = std::partition_point(document.pages.begin(), document.pages.end(),
                                            [&](const Page& page) { return page.end <= offset; });
    return after == document.pages.end() ? document.pages.back() : *after;
}

/// Where a chapter begins that is only known by its page: the first block that begins there.
std::int64_t firstBlockOf(const Document& document, int page) {
    const Page& wanted = document.pages[static_cast<std::size_t>(page) - 1];
    const auto block = std::partition_point(document.blocks.begin(), document.blocks.end(),
                                            [&](const Block& b) { return b.begin < wanted.begin; });
    return block != document.blocks.end() && block->begin < wanted.end ? block->begin
                                                                       : wanted.begin;
}

/// Positions that do not ascend are wrong in the fewest possible places: those take the place of
/// the entry before.
void makeAscending(std::vector<OutlineEntry>& entries, const Document& document) {
    std::vector<std::size_t> tails;
    std::vector<std::ptrdiff_t> previous(entries.size(), -1);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto it =
            std::upper_bound(tails.begin(), tails.end(), i, [&](std::size_t a, std::size_t b) {
                return entries[a].begin < entries[b].begin;
            });
        if (it != tails.begin())
            previous[i] = static_cast<std::ptrdiff_t>(*(it - 1));
        if (it == tails.end())
            tails.push_back(i);
        else
            *it = i;
    }
    std::vector<bool> isRight(entries.size(), false);
    for (auto i = tails.empty() ? -1 : static_cast<std::ptrdiff_t>(tails.back()); i >= 0;
         i = previous[static_cast<std::size_t>(i)])
        isRight[static_cast<std::size_t>(i)] = true;
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (isRight[i])
            begin = entries[i].begin;
        entries[i].begin = begin;
        entries[i].pageIndex = pageAt(document, begin).index;
    }
}

/// Parents from levels, and positions that never decrease.
std::vector<OutlineEntry> finished(std::vector<OutlineEntry> entries, const Document& document) {
    makeAscending(entries, document);
    std::vector<int> open; // entries that may still get children
    for (std::size_t i = 0; i < entries.size(); ++i) {
        OutlineEntry& entry = entries[i];
        while (!open.empty() && entries[static_cast<std::size_t>(open.back())].level >= entry.level)
            open.pop_back();
        entry.parent = open.empty() ? -1 : open.back();
        open.push_back(static_cast<int>(i));
    }
    return entries;
}

} // namespace

TitleFinder::TitleFinder(const Document& document, const std::vector<int>& contentsPages) {
    const DocumentText text(document.text);
    m_entries.reserve(document.blocks.size());
    for (const Block& block : document.blocks) {
        if (block.kind == BlockKind::Code || block.kind == BlockKind::TableRow)
            continue;
        const int page = pageAt(document, block.begin).index;
        if (std::binary_search(contentsPages.begin(), contentsPages.end(), page))
            continue;
        const auto end =
            std::min(block.end, block.begin + static_cast<std::int64_t>(kLongestTitle));
        m_entries.push_back({letters(text.slice(block.begin, end)), block.begin, page,
                             block.kind == BlockKind::Heading});
    }
}

std::int64_t TitleFinder::find(const std::string& title, int first, int last) const {
    const std::int64_t begin = findLetters(letters(upTo(title, kLongestTitle / 2)), first, last);
    const std::size_t space = title.find(' ');
    if (begin >= 0 || space == std::string::npos || space > 10)
        return begin;
    // The number may be printed in another way, or in another line.
    return findLetters(letters(upTo(title.substr(space), kLongestTitle / 2)), first, last);
}

std::int64_t TitleFinder::findLetters(const std::string& wanted, int first, int last) const {
    if (wanted.empty())
        return -1;
    auto entry = std::partition_point(m_entries.begin(), m_entries.end(),
                                      [&](const Entry& e) { return e.page < first; });
    std::int64_t best = -1;
    int bestRank = 0;
    for (; entry != m_entries.end() && entry->page <= last; ++entry) {
        const std::size_t at = entry->letters.find(wanted);
        // A heading may be printed without the number that the outline gives it.
        const bool isInside = entry->isHeading && entry->letters.size() >= 5 &&
                              wanted.find(entry->letters) != std::string::npos;
        if (at == std::string::npos && !isInside)
            continue;
        int rank = 1;
        if (entry->isHeading)
            rank = at == std::string::npos ? 3 : (entry->letters.size() == wanted.size() ? 5 : 4);
        else if (at <= 12 && entry->letters.size() < wanted.size() + 40)
            rank = 2;
        else if (entry->letters.size() > 2 * wanted.size() + 40)
            rank = 0;
        if (rank > bestRank) {
            best = entry->begin;
            bestRank = rank;
        }
    }
    return best;
}

std::vector<OutlineEntry> fileOutline(const std::vector<RawOutlineEntry>& raw,
                                      const Document& document,
                                      const std::vector<int>& contentsPages, int& missing) {
    const TitleFinder finder(document, contentsPages);
    const auto pages = static_cast<int>(document.pages.size());
    std::vector<OutlineEntry> entries;
    int page = 1;
    missing = 0;
    for (const RawOutlineEntry& from : raw) {
        OutlineEntry entry;
        entry.title = std::string(upTo(cleanLine(from.title), kLongestTitle));
        if (entry.title.empty() || pages == 0)
            continue;
        entry.level = std::clamp(from.level, 1, kDeepest);
        entry.source = "file";
        const bool isPageKnown = from.page >= 1 && from.page <= pages;
        page = isPageKnown ? from.page : page;
        entry.begin = finder.find(entry.title, page, page);
        if (entry.begin < 0)
            entry.begin = finder.find(entry.title, isPageKnown ? page - 1 : page,
                                      isPageKnown ? page + 1 : pages);
        if (entry.begin < 0) {
            ++missing;
            entry.begin = firstBlockOf(document, page);
        }
        page = isPageKnown ? page : pageAt(document, entry.begin).index;
        entries.push_back(std::move(entry));
    }
    return finished(std::move(entries), document);
}

std::vector<OutlineEntry>
anchoredOutline(const std::vector<RawOutlineEntry>& raw,
                const std::unordered_map<std::string, std::int64_t>& anchors,
                const Document& document, int& missing) {
    std::vector<OutlineEntry> entries;
    missing = 0;
    for (const RawOutlineEntry& from : raw) {
        auto place = anchors.find(from.anchor);
        if (place == anchors.end())
            place = anchors.find(from.anchor.substr(0, from.anchor.find('#')));
        OutlineEntry entry;
        entry.title = std::string(upTo(cleanLine(from.title), kLongestTitle));
        if (place == anchors.end() || entry.title.empty() || document.pages.empty()) {
            ++missing;
            continue;
        }
        entry.level = std::clamp(from.level, 1, kDeepest);
        entry.source = "file";
        entry.begin = place->second;
        entries.push_back(std::move(entry));
    }
    return finished(std::move(entries), document);
}

std::vector<OutlineEntry> headingOutline(const Document& document, const std::string& source) {
    const DocumentText text(document.text);
    std::vector<OutlineEntry> entries;
    for (const Block& block : document.blocks) {
        if (block.kind != BlockKind::Heading)
            continue;
        OutlineEntry entry;
        entry.title =
            std::string(upTo(cleanLine(text.slice(block.begin, block.end)), kLongestTitle));
        entry.level = std::clamp(block.level, 1, kDeepest);
        entry.begin = block.begin;
        entry.source = source;
        entries.push_back(std::move(entry));
    }
    return finished(std::move(entries), document);
}

std::vector<OutlineEntry> printedOutline(const std::vector<ContentsLine>& lines,
                                         const Document& document,
                                         const std::vector<int>& contentsPages) {
    if (lines.empty())
        return {};
    const TitleFinder finder(document, contentsPages);
    const auto pages = static_cast<int>(document.pages.size());
    std::map<std::string, int> labels;
    for (const Page& page : document.pages)
        labels.emplace(page.label, page.index);
    std::vector<OutlineEntry> entries;
    std::size_t found = 0;
    const int contentsEnd = contentsPages.empty() ? 0 : contentsPages.back();
    int from = std::min(contentsEnd + 1, pages);
    for (const ContentsLine& line : lines) {
        OutlineEntry entry;
        entry.title = std::string(upTo(line.title, kLongestTitle));
        entry.level = line.level;
        entry.source = "printed";
        const auto label = labels.find(line.label);
        if (label != labels.end() && label->second > contentsEnd)
            entry.begin = finder.find(line.title, label->second, label->second);
        else
            entry.begin = -1;
        if (entry.begin < 0)
            entry.begin = finder.find(line.title, from, pages);
        if (entry.begin >= 0) {
            ++found;
            from = pageAt(document, entry.begin).index;
            entries.push_back(std::move(entry));
        }
    }
    if (found * 2 < lines.size())
        return {};
    return finished(std::move(entries), document);
}

} // namespace engine::document
