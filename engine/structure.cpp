// What a window needs to lay out a document: places, pages, blocks, words and boxes.
#include <algorithm>

#include "engine/convert.h"
#include "engine/line_boxes.h"
#include "engine/local_engine.h"

namespace engine {

std::int64_t LocalEngine::boundIn(const store::Library& library, const store::DocumentRow& row,
                                  const PageSpec& place) {
    const auto pages = library.pages(row.id);
    return offsetOf(place, pages, contentsEntries(library.outline(row.id), pages, row), row);
}

std::int64_t LocalEngine::boundOf(const DocumentId& id, const PageSpec& place) const {
    const std::lock_guard lock(m_viewMutex);
    return boundIn(*m_view, rowOf(*m_view, id), place);
}

std::vector<PageInfo> LocalEngine::pages(const DocumentId& id) const {
    const std::lock_guard lock(m_viewMutex);
    std::vector<PageInfo> result;
    const store::DocumentRow document = rowOf(*m_view, id);
    for (const store::PageRow& page : m_view->pages(document.id))
        result.push_back(pageInfo(page, document));
    return result;
}

std::vector<LineBox> LocalEngine::boxes(const DocumentId& id, TextRange range) const {
    const std::lock_guard lock(m_viewMutex);
    const store::DocumentRow row = rowOf(*m_view, id);
    requireInside(range, row);
    std::vector<LineBox> result;
    if (!hasPictures(row.kind) || range.begin == range.end)
        return result;
    const PageRange pages = pageRange(m_view->pages(row.id), row, range.begin, range.end);
    for (const store::PageRow& page : m_view->pagesWithWords(row.id, pages.first, pages.last)) {
        const auto lines = lineBoxes(page.index, wordBoxes(page, range));
        result.insert(result.end(), lines.begin(), lines.end());
    }
    return result;
}

std::vector<TextBlock> LocalEngine::blocks(const DocumentId& id, TextRange range) const {
    const std::lock_guard lock(m_viewMutex);
    const store::DocumentRow row = rowOf(*m_view, id);
    requireInside(range, row);
    std::vector<TextBlock> result;
    for (const store::BlockRow& block : m_view->blocks(row.id, range.begin, range.end))
        result.push_back(textBlock(block));
    return result;
}

std::vector<WordBox> LocalEngine::words(const DocumentId& id, int page) const {
    const std::lock_guard lock(m_viewMutex);
    const store::DocumentRow row = rowOf(*m_view, id);
    requirePage(page, row);
    const auto pages = m_view->pagesWithWords(row.id, page, page);
    if (!hasPictures(row.kind) || pages.empty())
        return {};
    return wordBoxes(pages.front(), {pages.front().begin, pages.front().end});
}

} // namespace engine
