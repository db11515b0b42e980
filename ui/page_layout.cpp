#include "ui/page_layout.h"

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr QSizeF kA4{595, 842};

double nineInTen(std::vector<double> values) {
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * 9 / 10);
    std::nth_element(values.begin(), nth, values.end());
    return *nth;
}

int pixels(double points, double zoom) {
    return std::max(1, static_cast<int>(std::lround(points * zoom)));
}

} // namespace

PageUnit unitOf(const engine::DocumentInfo& document) {
    if (engine::hasPictures(document.kind))
        return PageUnit::Page;
    return document.coverage.isLocation ? PageUnit::Location : PageUnit::PrintedPage;
}

int placeOfOffset(const std::vector<PageInfo>& pages, std::int64_t offset) {
    const auto after = std::upper_bound(
        pages.begin(), pages.end(), offset,
        [](std::int64_t value, const PageInfo& page) { return value < page.range.begin; });
    if (pages.empty())
        return -1;
    // Pages without text have empty ranges; the last page that begins at the offset holds it, but
    // in front of the text there is the first.
    return static_cast<int>(std::max<std::ptrdiff_t>(0, after - pages.begin() - 1));
}

void PageLayout::setPages(std::vector<QSizeF> sizes) {
    m_sizes = std::move(sizes);
    for (QSizeF& size : m_sizes) {
        if (!(size.width() > 0 && size.height() > 0))
            size = kA4;
    }
    arrange();
}

void PageLayout::setViewport(QSize size) {
    m_viewport = size.expandedTo(QSize(1, 1));
    arrange();
}

void PageLayout::setZoom(double zoom) {
    m_fit = Fit::None;
    m_zoom = std::clamp(zoom, kMinZoom, kMaxZoom);
    arrange();
}

void PageLayout::setFit(Fit fit) {
    m_fit = fit;
    arrange();
}

void PageLayout::setRotation(int degrees) {
    m_rotation = ((degrees % 360) + 360) % 360 / 90 * 90;
    arrange();
}

QSizeF PageLayout::turned(const QSizeF& size) const {
    return m_rotation % 180 == 0 ? size : size.transposed();
}

QSizeF PageLayout::usualSize() const {
    std::vector<double> widths;
    std::vector<double> heights;
    for (const QSizeF& size : m_sizes) {
        widths.push_back(turned(size).width());
        heights.push_back(turned(size).height());
    }
    return {nineInTen(std::move(widths)), nineInTen(std::move(heights))};
}

void PageLayout::arrange() {
    if (m_fit != Fit::None && !m_sizes.empty()) {
        const QSizeF usual = usualSize();
        const double across = (m_viewport.width() - 2.0 * kMargin) / usual.width();
        const double down = (m_viewport.height() - 2.0 * kMargin) / usual.height();
        m_zoom =
            std::clamp(m_fit == Fit::Width ? across : std::min(across, down), kMinZoom, kMaxZoom);
    }
    m_tops.clear();
    m_tops.reserve(m_sizes.size() + 1);
    m_widest = 0;
    int top = kMargin;
    for (const QSizeF& size : m_sizes) {
        m_tops.push_back(top);
        top += pixels(turned(size).height(), m_zoom) + kGap;
        m_widest = std::max(m_widest, pixels(turned(size).width(), m_zoom));
    }
    m_tops.push_back(m_sizes.empty() ? 0 : top - kGap + kMargin);
}

QSize PageLayout::contentSize() const {
    return {std::max(m_viewport.width(), m_widest + 2 * kMargin),
            m_tops.empty() ? 0 : m_tops.back()};
}

QRect PageLayout::pageRect(int page) const {
    const QSizeF size = turned(pageSize(page));
    const int width = pixels(size.width(), m_zoom);
    return {(contentSize().width() - width) / 2, m_tops.at(index(page)), width,
            pixels(size.height(), m_zoom)};
}

QTransform PageLayout::toContent(int page) const {
    const QRectF place = pageRect(page);
    const QSizeF size = pageSize(page);
    QTransform transform;
    transform.translate(place.center().x(), place.center().y());
    transform.rotate(m_rotation);
    const QSizeF upright = m_rotation % 180 == 0 ? place.size() : place.size().transposed();
    transform.scale(upright.width() / size.width(), upright.height() / size.height());
    transform.translate(-size.width() / 2, -size.height() / 2);
    return transform;
}

QRectF PageLayout::toContent(int page, const QRectF& points) const {
    return toContent(page).mapRect(points);
}

PagePoint PageLayout::toPage(const QPointF& content) const {
    int page = pageAt(content.y());
    if (page == 0)
        return {};
    if (page < pageCount()) {
        const double below = m_tops[index(page + 1)] - content.y();
        const double above = content.y() - pageRect(page).bottom();
        if (above > below)
            ++page;
    }
    return {page, toContent(page).inverted().map(content)};
}

int PageLayout::pageAt(double y) const {
    if (m_sizes.empty())
        return 0;
    const auto after = std::upper_bound(m_tops.begin(), m_tops.end() - 1, y);
    return std::max(1, static_cast<int>(after - m_tops.begin()));
}

std::pair<int, int> PageLayout::pagesBetween(double top, double bottom) const {
    if (m_sizes.empty())
        return {0, -1};
    int first = pageAt(top);
    const int last = pageAt(bottom);
    if (first < last && pageRect(first).bottom() < top)
        ++first;
    return {first, last};
}

} // namespace ui
