#include "ui/page_view.h"

#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

#include "ui/page_accessible.h"
#include "ui/page_painter.h"

namespace ui {
namespace {

constexpr int kScrollStep = 48;
constexpr int kScrollRequestMs = 30;
constexpr int kZoomRequestMs = 120;
/// Scales survive the way through an engine that keeps them as float.
constexpr double kScaleSteps = 1024;

} // namespace

PageView::PageView(QWidget* parent) : QAbstractScrollArea(parent) {
    installPageAccessible();
    setObjectName(QStringLiteral("pageView"));
    setAccessibleName(tr("Pages"));
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    viewport()->setMouseTracking(true);
    m_layout.setFit(Fit::Width);
    m_request.setSingleShot(true);
    connect(&m_request, &QTimer::timeout, this, &PageView::requestPictures);
    m_dragScroll.setInterval(kScrollRequestMs);
    connect(&m_dragScroll, &QTimer::timeout, this, [this] {
        const double over =
            m_dragged.y() < 0 ? m_dragged.y() : m_dragged.y() - viewport()->height();
        verticalScrollBar()->setValue(verticalScrollBar()->value() + static_cast<int>(over / 2));
        dragTo(m_dragged);
    });
    connect(&m_fade, &HighlightFade::changed, viewport(), qOverload<>(&QWidget::update));
}

void PageView::setPages(std::vector<PageInfo> pages) {
    for (const int page : m_demand.asked())
        Q_EMIT pictureUnwanted(page);
    m_pages = std::move(pages);
    m_cache.clear();
    m_demand.clear();
    m_parts.clear();
    m_selection.clear();
    m_selection.clearWords();
    m_links.clear();
    m_failures.clear();
    m_texts.clear();
    m_textAsked.clear();
    m_highlight.clear();
    m_hits.clear();
    m_currentHit = {};
    m_awaited.reset();
    m_place.reset();
    m_currentPage = 0;
    std::vector<QSizeF> sizes;
    for (const PageInfo& page : m_pages)
        sizes.push_back(page.size);
    m_layout.setPages(std::move(sizes));
    updateScrollBars();
    scrollTo({0, 0});
    follow();
}

void PageView::setPicture(int page, double scale, const QImage& picture, int rotation) {
    m_failures.erase(page);
    m_cache.insert({page, scale, ((rotation % 360) + 360) % 360}, picture);
    m_demand.settle(page, scale);
    requestMore();
    viewport()->update(m_layout.pageCount() >= page && page > 0
                           ? m_layout.pageRect(page).translated(-scrolled())
                           : QRect());
}

void PageView::setPictureFailed(int page, const QString& reason) {
    m_failures[page] = reason;
    m_demand.settle(page, pictureScale(page));
    requestMore();
    viewport()->update();
}

void PageView::setPictureMissing(int page, double scale) {
    m_demand.settle(page, scale);
    if (!m_request.isActive())
        m_request.start(kScrollRequestMs);
}

void PageView::tryAgain() {
    for (const int page : m_demand.asked())
        Q_EMIT pictureUnwanted(page);
    m_demand.clear();
    m_parts.clear(); // one that failed counts as on its way
    m_failures.clear();
    m_selection.clearWords();
    m_textAsked.clear();
    m_request.start(0);
    viewport()->update();
}

void PageView::setPart(int page, double scale, int rotation, QRect part, const QImage& picture) {
    m_parts.set(page, {scale, rotation, part, picture});
    viewport()->update();
}

void PageView::setWords(int page, std::vector<WordBox> words) {
    m_textAsked.erase(page);
    m_selection.setWords(page, std::move(words));
    if (m_awaited &&
        m_pages[static_cast<std::size_t>(placeOfOffset(m_pages, m_awaited->begin))].index == page) {
        const engine::TextRange range = *m_awaited;
        m_awaited.reset();
        reveal(range);
    }
    // The words tell better than the share of the page where the place is.
    if (m_place && placeOfOffset(m_pages, *m_place) + 1 == page)
        bringToTop(*m_place);
    viewport()->update();
}

void PageView::setLinks(int page, std::vector<PageLink> links) {
    m_links.set(page, std::move(links));
}

void PageView::setPageText(int page, const QString& text) {
    m_texts[page] = text;
    while (m_texts.size() > PageSelection::kPagesKept) {
        const auto last = std::prev(m_texts.end());
        m_texts.erase(page - m_texts.begin()->first > last->first - page ? m_texts.begin() : last);
    }
}

void PageView::setHighlight(std::vector<LineBox> lines) {
    m_highlight = std::move(lines);
    if (!m_highlight.empty())
        m_fade.start();
    viewport()->update();
}

void PageView::setFindHits(std::vector<engine::TextRange> hits) {
    m_hits = std::move(hits);
    m_currentHit = {};
    viewport()->update();
}

void PageView::setCurrentHit(engine::TextRange hit) {
    m_currentHit = hit;
    viewport()->update();
}

void PageView::setInverted(bool isInverted) {
    m_isInverted = isInverted;
    viewport()->update();
}

void PageView::goToPage(int page) {
    if (m_pages.empty())
        return;
    const int target = std::clamp(page, 1, m_layout.pageCount());
    m_awaited.reset();
    m_place.reset();
    scrollTo({static_cast<double>(scrolled().x()),
              m_layout.pageRect(target).top() - PageLayout::kMargin / 2.0});
    follow(target);
}

void PageView::goToOffset(qint64 offset) {
    if (placeOfOffset(m_pages, offset) < 0)
        return;
    m_awaited.reset();
    // A view that has no size yet, or no words, finds the place again when it has.
    m_place = offset;
    bringToTop(offset);
}

void PageView::bringToTop(qint64 offset) {
    const int place = placeOfOffset(m_pages, offset);
    const int page = place + 1;
    const engine::TextRange range = m_pages[static_cast<std::size_t>(place)].range;
    if (offset <= range.begin) {
        scrollTo({static_cast<double>(scrolled().x()),
                  m_layout.pageRect(page).top() - PageLayout::kMargin / 2.0});
        return follow(page);
    }
    const std::vector<QRectF> lines = m_selection.lines(page, {offset, offset + 1});
    const QRectF sheet = m_layout.pageRect(page);
    const double part = static_cast<double>(offset - range.begin) /
                        static_cast<double>(std::max<qint64>(1, range.end - range.begin));
    const double top = lines.empty() || m_layout.rotation() != 0
                           ? sheet.top() + std::min(part, 1.0) * sheet.height()
                           : m_layout.toContent(page, lines.front()).top();
    scrollTo({static_cast<double>(scrolled().x()), top});
    follow();
}

qint64 PageView::topOffset() const {
    if (m_place)
        return *m_place;
    const int page = visiblePages().first;
    if (m_pages.empty() || page < 1)
        return 0;
    const engine::TextRange range = m_pages[static_cast<std::size_t>(page - 1)].range;
    const QRectF sheet = m_layout.pageRect(page);
    const double top = scrolled().y();
    if (top <= sheet.top())
        return range.begin;
    if (m_layout.rotation() == 0) {
        const double point = m_layout.toPage({sheet.center().x(), top}).point.y();
        for (const WordBox& word : m_selection.words(page)) {
            if (word.box.center().y() > point)
                return word.range.begin;
        }
    }
    const double part = std::min((top - sheet.top()) / sheet.height(), 1.0);
    return range.begin + std::llround(part * static_cast<double>(range.end - range.begin));
}

void PageView::reveal(engine::TextRange range, const std::vector<LineBox>& lines) {
    const int place = placeOfOffset(m_pages, range.begin);
    const int page = lines.empty() ? place + 1 : lines.front().page;
    if (page < 1 || page > m_layout.pageCount())
        return;
    QRectF target;
    for (const LineBox& line : lines) {
        if (line.page == page)
            target = target.united(m_layout.toContent(page, line.box));
    }
    if (lines.empty()) {
        for (const QRectF& line : m_selection.lines(page, range))
            target = target.united(m_layout.toContent(page, line));
    }
    m_awaited.reset();
    m_place.reset();
    if (target.isNull()) {
        if (!m_selection.hasWords(page))
            m_awaited = range;
        const QRect sheet = m_layout.pageRect(page);
        if (!QRect(scrolled(), viewport()->size()).intersects(sheet))
            scrollTo(
                {static_cast<double>(scrolled().x()), sheet.top() - PageLayout::kMargin / 2.0});
        return follow(page);
    }
    const QRectF view(scrolled(), viewport()->size());
    QPointF to = view.topLeft();
    if (target.top() < view.top() + 8 || target.bottom() > view.bottom() - 8)
        to.setY(target.top() - view.height() / 4);
    if (target.left() < view.left() || target.right() > view.right())
        to.setX(std::min(target.left() - 24, target.center().x() - view.width() / 2));
    scrollTo(to);
    follow(page);
}

QPoint PageView::scrolled() const {
    return {horizontalScrollBar()->value(), verticalScrollBar()->value()};
}

void PageView::scrollTo(const QPointF& content) {
    m_isPlacing = true;
    horizontalScrollBar()->setValue(static_cast<int>(std::lround(content.x())));
    verticalScrollBar()->setValue(static_cast<int>(std::lround(content.y())));
    m_isPlacing = false;
}

template <typename Change> void PageView::rearrange(QPointF pin, Change change) {
    const PagePoint kept = m_layout.toPage(pin + scrolled());
    const double before = m_layout.zoom();
    change();
    updateScrollBars();
    if (kept.page > 0)
        scrollTo(m_layout.toContent(kept.page).map(kept.point) - pin);
    follow(m_currentPage);
    m_request.start(kZoomRequestMs);
    if (m_layout.zoom() != before)
        Q_EMIT zoomChanged(m_layout.zoom());
}

void PageView::zoomAt(double zoom, const QPointF& pin) {
    m_place.reset();
    rearrange(pin, [&] { m_layout.setZoom(zoom); });
}

void PageView::setZoom(double zoom) {
    zoomAt(zoom, QRectF(viewport()->rect()).center());
}

void PageView::setFit(Fit fit) {
    rearrange({0, 0}, [&] { m_layout.setFit(fit); });
}

void PageView::setRotation(int degrees) {
    m_place.reset();
    rearrange(QRectF(viewport()->rect()).center(), [&] { m_layout.setRotation(degrees); });
}

void PageView::resizeEvent(QResizeEvent*) {
    rearrange({0, 0}, [this] { m_layout.setViewport(viewport()->size()); });
    if (m_place)
        bringToTop(*m_place);
}

void PageView::updateScrollBars() {
    const QSize content = m_layout.contentSize();
    const QSize view = viewport()->size();
    m_isPlacing = true;
    horizontalScrollBar()->setRange(0, std::max(0, content.width() - view.width()));
    horizontalScrollBar()->setPageStep(view.width());
    horizontalScrollBar()->setSingleStep(kScrollStep);
    verticalScrollBar()->setRange(0, std::max(0, content.height() - view.height()));
    verticalScrollBar()->setPageStep(view.height());
    verticalScrollBar()->setSingleStep(kScrollStep);
    m_isPlacing = false;
}

void PageView::scrollContentsBy(int, int) {
    if (m_isPlacing)
        return;
    m_awaited.reset();
    m_place.reset();
    follow();
}

void PageView::follow(int target) {
    viewport()->update();
    if (m_pages.empty())
        return;
    if (!m_request.isActive())
        m_request.start(kScrollRequestMs);
    const auto [first, last] = visiblePages();
    const bool isTargetSeen = target >= first && target <= last;
    const int page =
        isTargetSeen ? target : m_layout.pageAt(scrolled().y() + viewport()->height() / 3.0);
    if (page != m_currentPage) {
        m_currentPage = page;
        setAccessibleName(standInHeading(page));
        Q_EMIT currentPageChanged(page);
    }
    Q_EMIT topOffsetChanged(topOffset());
}

std::pair<int, int> PageView::visiblePages() const {
    return m_layout.pagesBetween(scrolled().y(), scrolled().y() + viewport()->height());
}

double PageView::sharpScale() const {
    const double scale = m_layout.zoom() * viewport()->devicePixelRatioF();
    return std::max(1.0, std::round(scale * kScaleSteps)) / kScaleSteps;
}

double PageView::pictureScale(int page) const {
    const QSizeF size = m_layout.pageSize(page);
    const double most = std::sqrt(kPicturePixels / (size.width() * size.height()));
    return std::min(sharpScale(), std::max(1.0, std::floor(most * kScaleSteps)) / kScaleSteps);
}

void PageView::requestPictures() {
    m_ratio = viewport()->devicePixelRatioF();
    const std::pair<int, int> visible = visiblePages();
    const PageDemand::Change change = m_demand.update(
        visible, m_layout.pageCount(), [this](int page) { return pictureScale(page); },
        [this](int page, double scale) {
            return m_failures.contains(page) || m_cache.contains(page, scale);
        });
    for (const int page : change.unwanted)
        Q_EMIT pictureUnwanted(page);
    for (const int page : change.wanted)
        Q_EMIT pictureWanted(page, pictureScale(page), m_layout.rotation());
    for (int page = visible.first; page <= visible.second; ++page) {
        if (!m_selection.hasWords(page) && m_textAsked.insert(page).second)
            Q_EMIT textWanted(page);
    }
    requestParts();
}

void PageView::requestMore() {
    if (m_demand.asked().empty() && !m_request.isActive())
        m_request.start(0);
}

void PageView::requestParts() {
    const auto [first, last] = visiblePages();
    m_parts.keepOnly(first, last);
    const double scale = sharpScale();
    for (int page = first; page <= last; ++page) {
        if (pictureScale(page) == scale || m_failures.contains(page))
            continue;
        const QRectF sheet = m_layout.pageRect(page);
        const auto onPicture = [&](const QRectF& box) {
            return QRectF(box.topLeft() * m_ratio, box.size() * m_ratio).toAlignedRect();
        };
        const QRectF view(scrolled() - sheet.topLeft(), viewport()->size());
        if (const auto part = m_parts.missing(page, scale, m_layout.rotation(), onPicture(view),
                                              onPicture(QRectF(QPointF(), sheet.size()))))
            Q_EMIT partWanted(page, scale, m_layout.rotation(), *part);
    }
}

QRectF PageView::toViewport(int page, const QRectF& box) const {
    return m_layout.toContent(page, box).translated(-scrolled());
}

std::vector<QRectF> PageView::onViewport(int page, const std::vector<QRectF>& boxes) const {
    std::vector<QRectF> places;
    for (const QRectF& box : boxes)
        places.push_back(toViewport(page, box));
    return places;
}

QString PageView::standInHeading(int page) const {
    const PageInfo& info = m_pages[static_cast<std::size_t>(page - 1)];
    const QString index = QString::number(page);
    return info.label.isEmpty() || info.label == index
               ? tr("Page %1").arg(index)
               : tr("Page %1 (PDF %2)").arg(info.label, index);
}

QString PageView::pageText(int page) const {
    const auto found = m_texts.find(page);
    return found == m_texts.end() ? QString() : found->second;
}

bool PageView::hasPicture(int page) const {
    return m_cache.find({page, pictureScale(page), m_layout.rotation()}).has_value();
}

void PageView::paintEvent(QPaintEvent*) {
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), palette().color(QPalette::Window).darker(108));
    // A window that moved to a screen of another density needs other pictures.
    if (m_ratio != viewport()->devicePixelRatioF() && !m_request.isActive())
        m_request.start(kScrollRequestMs);
    if (m_pages.empty()) {
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(viewport()->rect(), Qt::AlignCenter, tr("This document has no pages."));
        return;
    }
    const auto [first, last] = visiblePages();
    for (int page = first; page <= last; ++page)
        paintPage(painter, page);
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(viewport()->rect().adjusted(1, 1, -1, -1));
    }
}

void PageView::paintPage(QPainter& painter, int page) {
    const QRect place = m_layout.pageRect(page).translated(-scrolled());
    paintPaper(painter, place, palette(), m_isInverted);
    const auto picture = m_cache.find({page, pictureScale(page), m_layout.rotation()});
    const auto failure = m_failures.find(page);
    if (picture) {
        paintPicture(painter, place, picture->image,
                     (m_layout.rotation() - picture->rotation + 360) % 360, m_isInverted);
        const PageParts::Part* part = m_parts.find(page, sharpScale(), m_layout.rotation());
        if (part)
            paintPart(painter, place, part->place, part->image, m_isInverted);
    } else if (failure != m_failures.end()) {
        paintStandIn(painter, place, palette(), tr("%1 cannot be shown").arg(standInHeading(page)),
                     failure->second, m_isInverted);
    } else {
        paintStandIn(painter, place, palette(), standInHeading(page), QString(), m_isInverted);
    }
    painter.save();
    painter.setClipRect(place.adjusted(-8, 0, 8, 0));
    paintMarksOf(painter, page);
    painter.restore();
}

void PageView::paintMarksOf(QPainter& painter, int page) {
    const engine::TextRange text = m_pages[static_cast<std::size_t>(page - 1)].range;
    const auto paint = [&](const std::vector<QRectF>& boxes, Mark mark, double strength) {
        paintMarks(painter, onViewport(page, boxes), palette(), mark, strength, m_isInverted);
    };
    std::vector<QRectF> evidence;
    for (const LineBox& line : m_highlight) {
        if (line.page == page)
            evidence.push_back(line.box);
    }
    paint(evidence, Mark::Evidence, m_fade.strength());
    auto hit = std::lower_bound(m_hits.begin(), m_hits.end(), text.begin,
                                [](engine::TextRange range, qint64 at) { return range.end <= at; });
    for (; hit != m_hits.end() && hit->begin < text.end; ++hit) {
        const bool isCurrent = hit->begin == m_currentHit.begin && hit->end == m_currentHit.end;
        paint(m_selection.lines(page, *hit), isCurrent ? Mark::CurrentHit : Mark::FindHit, 1);
    }
    if (!m_selection.isEmpty())
        paint(m_selection.lines(page, m_selection.range()), Mark::Selection, 1);
    if (const PageLink* link = m_links.find(m_hovered); link && m_hovered.page == page)
        paint({link->box}, Mark::Link, 1);
    if (const PageLink* link = m_links.find(m_links.focused());
        link && m_links.focused().page == page)
        paint({link->box}, Mark::FocusedLink, 1);
}

} // namespace ui
