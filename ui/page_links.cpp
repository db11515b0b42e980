#include "ui/page_links.h"

namespace ui {

void PageLinks::set(int page, std::vector<PageLink> links) {
    m_links[page] = std::move(links);
    if (m_focused.page == page && m_focused.link >= m_links[page].size())
        m_focused = {};
}

void PageLinks::clear() {
    m_links.clear();
    m_focused = {};
}

const std::vector<PageLink>& PageLinks::on(int page) const {
    static const std::vector<PageLink> none;
    const auto found = m_links.find(page);
    return found == m_links.end() ? none : found->second;
}

PageLinks::Place PageLinks::at(int page, const QPointF& point) const {
    const std::vector<PageLink>& links = on(page);
    for (std::size_t i = 0; i < links.size(); ++i) {
        if (links[i].box.contains(point))
            return {page, i};
    }
    return {};
}

const PageLink* PageLinks::find(Place place) const {
    const std::vector<PageLink>& links = on(place.page);
    return place.page > 0 && place.link < links.size() ? &links[place.link] : nullptr;
}

bool PageLinks::step(int page, bool isForward) {
    const std::size_t count = on(page).size();
    const bool isHere = m_focused.page == page;
    const bool isAtEnd = isHere && (isForward ? m_focused.link + 1 >= count : m_focused.link == 0);
    if (count == 0 || isAtEnd) {
        m_focused = {};
        return false;
    }
    if (isHere)
        m_focused.link += isForward ? 1 : -1;
    else
        m_focused = {page, isForward ? 0 : count - 1};
    return true;
}

} // namespace ui
