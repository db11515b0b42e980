#include "engine/document/locations.h"

namespace engine::document {

namespace {

void add(std::vector<Page>& pages, std::int64_t end, std::string label) {
    Page page;
    page.index = static_cast<int>(pages.size()) + 1;
    page.label = std::move(label);
    page.begin = pages.empty() ? 0 : pages.back().end;
    page.end = end;
    page.state = page.end > page.begin ? PageState::Text : PageState::Empty;
    pages.push_back(std::move(page));
}

} // namespace

std::vector<Page> makeLocations(std::int64_t length, const std::vector<std::int64_t>& paragraphEnds,
                                const std::vector<PageMark>& marks) {
    std::vector<Page> pages;
    if (!marks.empty()) {
        if (marks.front().begin > 0)
            add(pages, marks.front().begin, "");
        for (std::size_t i = 0; i < marks.size(); ++i)
            add(pages, i + 1 < marks.size() ? marks[i + 1].begin : length, marks[i].label);
        return pages;
    }
    std::int64_t begin = 0;
    for (const std::int64_t end : paragraphEnds) {
        if (end - begin > kLocationCharacters && end < length) {
            add(pages, end, std::to_string(pages.size() + 1));
            begin = end;
        }
    }
    add(pages, length, std::to_string(pages.size() + 1));
    return pages;
}

} // namespace engine::document
