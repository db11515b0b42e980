#include "engine/answer/quote.h"

#include <algorithm>

namespace engine::answer {
namespace {

bool isSpace(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

int pageAt(const std::vector<store::PageRow>& pages, std::int64_t offset) {
    const auto after = std::ranges::upper_bound(pages, offset, {}, &store::PageRow::begin);
    return after == pages.begin() ? 1 : std::prev(after)->index;
}

} // namespace

bool isVerbatim(const store::Library& library, const Quote& quote) {
    return quote.begin < quote.end &&
           library.text(quote.documentId, quote.begin, quote.end) == quote.text;
}

std::optional<Quote> QuoteReader::quote(std::int64_t documentId, std::int64_t begin,
                                        std::int64_t end) {
    const std::string stored = m_library.text(documentId, begin, end);
    std::string_view text = stored;
    Quote quote;
    quote.documentId = documentId;
    quote.begin = begin;
    quote.end = end;
    // White space is ASCII here, so a byte is a code point.
    while (!text.empty() && isSpace(text.front())) {
        text.remove_prefix(1);
        ++quote.begin;
    }
    while (!text.empty() && isSpace(text.back())) {
        text.remove_suffix(1);
        --quote.end;
    }
    quote.text = text;
    if (!isVerbatim(m_library, quote))
        return std::nullopt;
    quote.pageFirst = pageAt(pages(documentId), quote.begin);
    quote.pageLast = pageAt(pages(documentId), quote.end - 1);
    return quote;
}

const std::vector<store::PageRow>& QuoteReader::pages(std::int64_t documentId) {
    const auto [entry, isNew] = m_pages.try_emplace(documentId);
    if (isNew)
        entry->second = m_library.pages(documentId);
    return entry->second;
}

} // namespace engine::answer
