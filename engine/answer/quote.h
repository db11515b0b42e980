#pragma once
/// Quotes cut out of the stored text, with their pages. Everything that comes out was compared with
/// the store again.

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "engine/answer/answer.h"

namespace engine::answer {

/// Remembers the pages of the documents it was asked for. The library must outlive it.
class QuoteReader {
public:
    explicit QuoteReader(const store::Library& library) : m_library(library) {}

    /// The stored text of [begin, end) trimmed of white space; unset when nothing is left or the
    /// store disagrees with itself.
    std::optional<Quote> quote(std::int64_t documentId, std::int64_t begin, std::int64_t end);

private:
    const std::vector<store::PageRow>& pages(std::int64_t documentId);

    const store::Library& m_library;
    std::map<std::int64_t, std::vector<store::PageRow>> m_pages;
};

} // namespace engine::answer
