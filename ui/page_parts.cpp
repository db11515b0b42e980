#include "ui/page_parts.h"

namespace ui {
namespace {

bool matches(const PageParts::Part& part, double scale, int rotation) {
    return part.scale == scale && part.rotation == rotation;
}

void keepBetween(std::map<int, PageParts::Part>& parts, int first, int last) {
    std::erase_if(parts, [=](const auto& part) { return part.first < first || part.first > last; });
}

} // namespace

std::optional<QRect> PageParts::missing(int page, double scale, int rotation, QRect visible,
                                        QRect whole) {
    const QRect needed = visible.intersected(whole);
    const auto covers = [&](const std::map<int, Part>& parts) {
        const auto found = parts.find(page);
        return found != parts.end() && matches(found->second, scale, rotation) &&
               found->second.place.contains(needed);
    };
    if (needed.isEmpty() || covers(m_asked) || covers(m_parts))
        return std::nullopt;
    const int aside = needed.width() / 4;
    const int above = needed.height() / 4;
    const QRect part = needed.adjusted(-aside, -above, aside, above).intersected(whole);
    m_asked[page] = {scale, rotation, part, {}};
    return part;
}

void PageParts::set(int page, Part part) {
    const auto asked = m_asked.find(page);
    if (asked == m_asked.end() || !matches(asked->second, part.scale, part.rotation) ||
        asked->second.place != part.place)
        return;
    m_asked.erase(asked);
    m_parts[page] = std::move(part);
}

const PageParts::Part* PageParts::find(int page, double scale, int rotation) const {
    const auto found = m_parts.find(page);
    return found != m_parts.end() && matches(found->second, scale, rotation) ? &found->second
                                                                             : nullptr;
}

void PageParts::keepOnly(int first, int last) {
    keepBetween(m_asked, first, last);
    keepBetween(m_parts, first, last);
}

void PageParts::clear() {
    m_asked.clear();
    m_parts.clear();
}

} // namespace ui
