#include "ui/page_parts.h"

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

bool matches(const PageParts::Part& part, double scale, int rotation) {
    return part.scale == scale && part.rotation == rotation;
}

/// Around the same middle `factor` times as wide and high, or as one picture may be.
QRect scaled(const QRect& part, double factor) {
    const double pixels = static_cast<double>(part.width()) * part.height();
    const double most = std::sqrt(PageParts::kMostPixels / pixels);
    const double aside = (std::min(factor, most) - 1) / 2;
    const int across = static_cast<int>(std::floor(part.width() * aside));
    const int along = static_cast<int>(std::floor(part.height() * aside));
    return part.adjusted(-across, -along, across, along);
}

void keepBetween(std::map<int, PageParts::Part>& parts, int first, int last) {
    std::erase_if(parts, [=](const auto& part) { return part.first < first || part.first > last; });
}

} // namespace

std::optional<QRect> PageParts::missing(int page, double scale, int rotation, QRect visible,
                                        QRect whole) {
    const QRect inView = visible.intersected(whole);
    if (inView.isEmpty())
        return std::nullopt;
    const QRect needed = scaled(inView, 1);
    const auto covers = [&](const std::map<int, Part>& parts) {
        const auto found = parts.find(page);
        return found != parts.end() && matches(found->second, scale, rotation) &&
               found->second.place.contains(needed);
    };
    if (covers(m_asked) || covers(m_parts))
        return std::nullopt;
    const QRect part = scaled(needed, 1.5).intersected(whole);
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
