/// Mouse and keyboard of the page view.

#include <QApplication>
#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <array>
#include <cmath>

#include "ui/page_accessible.h"
#include "ui/page_view.h"
#include "ui/plain_text.h"
#include "ui/reading_menu.h"

namespace ui {
namespace {

constexpr std::array kZoomSteps = {0.1, 0.25, 0.33, 0.5, 0.67, 0.75, 0.9, 1.0, 1.1, 1.25,
                                   1.5, 1.75, 2.0,  2.5, 3.0,  4.0,  5.0, 6.0, 8.0};
/// What stays in view when a page is turned.
constexpr int kOverlap = 24;

} // namespace

void PageView::zoomIn() {
    const auto* const step =
        std::find_if(kZoomSteps.begin(), kZoomSteps.end(),
                     [this](double zoom) { return zoom > m_layout.zoom() + 0.005; });
    setZoom(step == kZoomSteps.end() ? PageLayout::kMaxZoom : *step);
}

void PageView::zoomOut() {
    const auto step = std::find_if(kZoomSteps.rbegin(), kZoomSteps.rend(),
                                   [this](double zoom) { return zoom < m_layout.zoom() - 0.005; });
    setZoom(step == kZoomSteps.rend() ? PageLayout::kMinZoom : *step);
}

void PageView::keyPressEvent(QKeyEvent* event) {
    if (!changeByKey(event) && !selectByKey(event) && !scrollByKey(event))
        event->ignore();
}

bool PageView::changeByKey(QKeyEvent* event) {
    const bool hasControl = event->modifiers().testFlag(Qt::ControlModifier);
    const bool hasShift = event->modifiers().testFlag(Qt::ShiftModifier);
    switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        if (hasControl)
            zoomIn();
        return hasControl;
    case Qt::Key_Minus:
        if (hasControl)
            zoomOut();
        return hasControl;
    case Qt::Key_0:
        if (hasControl)
            setZoom(1);
        return hasControl;
    case Qt::Key_R:
        if (hasControl)
            setRotation(m_layout.rotation() + (hasShift ? -90 : 90));
        return hasControl;
    case Qt::Key_Return:
    case Qt::Key_Enter: {
        const bool hasLink = m_links.find(m_links.focused()) != nullptr;
        followLink(m_links.focused());
        return hasLink;
    }
    case Qt::Key_Escape: {
        const bool hadSelection = !m_selection.isEmpty();
        select({});
        return hadSelection;
    }
    default:
        return false;
    }
}

bool PageView::selectByKey(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        if (!m_selection.isEmpty())
            Q_EMIT copyRequested(m_selection.range());
        return true;
    }
    if (event->matches(QKeySequence::SelectAll)) {
        if (!m_pages.empty())
            select({m_pages.front().range.begin, m_pages.back().range.end});
        return true;
    }
    if (event->modifiers() != Qt::ShiftModifier)
        return false;
    std::optional<PageSelection::Move> move;
    switch (event->key()) {
    case Qt::Key_Left:
        move = PageSelection::Move::Left;
        break;
    case Qt::Key_Right:
        move = PageSelection::Move::Right;
        break;
    case Qt::Key_Up:
        move = PageSelection::Move::Up;
        break;
    case Qt::Key_Down:
        move = PageSelection::Move::Down;
        break;
    default:
        return false;
    }
    if (m_selection.isEmpty()) {
        startSelectionInView();
    } else if (m_selection.move(*move)) {
        reveal(m_selection.focus());
    }
    announceSelection();
    return true;
}

bool PageView::scrollByKey(QKeyEvent* event) {
    const bool hasControl = event->modifiers().testFlag(Qt::ControlModifier);
    const bool hasShift = event->modifiers().testFlag(Qt::ShiftModifier);
    const int height = viewport()->height();
    QScrollBar* const down = verticalScrollBar();
    QScrollBar* const across = horizontalScrollBar();
    int by = 0;
    switch (event->key()) {
    case Qt::Key_Up:
    case Qt::Key_Down:
        by = hasControl ? height / 2 : down->singleStep();
        by = event->key() == Qt::Key_Up ? -by : by;
        break;
    case Qt::Key_PageUp:
        by = kOverlap - height;
        break;
    case Qt::Key_PageDown:
        by = height - kOverlap;
        break;
    case Qt::Key_Space:
        by = hasShift ? kOverlap - height : height - kOverlap;
        break;
    case Qt::Key_Home:
        by = -down->value();
        break;
    case Qt::Key_End:
        by = down->maximum() - down->value();
        break;
    case Qt::Key_Left:
    case Qt::Key_Right: {
        const int step = event->key() == Qt::Key_Left ? -1 : 1;
        if (event->modifiers() & Qt::AltModifier)
            return false;
        if (across->maximum() > 0)
            across->setValue(across->value() + step * across->singleStep());
        else
            goToPage(m_currentPage + step);
        return true;
    }
    default:
        return false;
    }
    down->setValue(down->value() + by);
    return true;
}

void PageView::startSelectionInView() {
    const qint64 top = topOffset();
    const auto [first, last] = visiblePages();
    for (int page = first; page <= last; ++page) {
        for (const WordBox& word : m_selection.words(page)) {
            if (word.range.end > top)
                return m_selection.start(word.range);
        }
    }
}

void PageView::select(engine::TextRange range) {
    m_selection.start(range);
    announceSelection();
}

void PageView::announceSelection() {
    viewport()->update();
    announcePageSelection(*this);
    Q_EMIT selectionChanged(m_selection.range());
}

void PageView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton)
        return event->ignore();
    m_pressed = event->position();
    m_isDragging = false;
    const PagePoint at = m_layout.toPage(m_pressed + scrolled());
    m_pressedLink = m_links.at(at.page, at.point);
    m_links.unfocus();
    if (event->modifiers().testFlag(Qt::ShiftModifier) && !m_selection.isEmpty()) {
        m_isDragging = true;
        return dragTo(m_pressed);
    }
    if (!m_selection.isEmpty())
        select({});
}

void PageView::mouseMoveEvent(QMouseEvent* event) {
    if (!event->buttons().testFlag(Qt::LeftButton))
        return hover(event->position());
    const double moved = (event->position() - m_pressed).manhattanLength();
    if (!m_isDragging && moved >= QApplication::startDragDistance()) {
        const PagePoint from = m_layout.toPage(m_pressed + scrolled());
        if (const auto word = m_selection.wordNear(from.page, from.point)) {
            m_isDragging = true;
            m_selection.start(word->range);
        }
    }
    if (m_isDragging)
        dragTo(event->position());
}

void PageView::dragTo(const QPointF& position) {
    m_dragged = position;
    const PagePoint to = m_layout.toPage(position + scrolled());
    if (const auto word = m_selection.wordNear(to.page, to.point)) {
        m_selection.extendTo(word->range);
        announceSelection();
    }
    const bool isOutside = position.y() < 0 || position.y() > viewport()->height();
    if (isOutside && !m_dragScroll.isActive())
        m_dragScroll.start();
    else if (!isOutside)
        m_dragScroll.stop();
}

void PageView::mouseReleaseEvent(QMouseEvent* event) {
    m_dragScroll.stop();
    const PagePoint at = m_layout.toPage(event->position() + scrolled());
    const PageLinks::Place link = m_links.at(at.page, at.point);
    if (event->button() == Qt::LeftButton && !m_isDragging && link.page > 0 &&
        link == m_pressedLink)
        followLink(link);
    m_isDragging = false;
}

void PageView::mouseDoubleClickEvent(QMouseEvent* event) {
    const PagePoint at = m_layout.toPage(event->position() + scrolled());
    if (const auto word = m_selection.wordAt(at.page, at.point)) {
        select(word->range);
        m_isDragging = true;
    }
}

void PageView::hover(const QPointF& position) {
    const PagePoint at = m_layout.toPage(position + scrolled());
    const PageLinks::Place link = m_links.at(at.page, at.point);
    const PageLink* const found = m_links.find(link);
    if (found)
        viewport()->setCursor(Qt::PointingHandCursor);
    else if (m_selection.wordAt(at.page, at.point))
        viewport()->setCursor(Qt::IBeamCursor);
    else
        viewport()->unsetCursor();
    if (link == m_hovered)
        return;
    m_hovered = link;
    viewport()->update();
    Q_EMIT linkHovered(found ? found->target : QString());
}

bool PageView::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::Leave)
        hover({-1e6, -1e6});
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const PageLink* link = m_links.find(m_hovered);
        QToolTip::showText(help->globalPos(), link ? asPlainText(link->title) : QString(), this);
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void PageView::followLink(PageLinks::Place place) {
    if (const PageLink* link = m_links.find(place))
        Q_EMIT linkActivated(link->target);
}

bool PageView::focusNextPrevChild(bool next) {
    const auto [first, last] = visiblePages();
    int page = m_links.focused().page;
    if (page < first || page > last)
        page = next ? first : last;
    for (; page >= first && page <= last && page > 0; page += next ? 1 : -1) {
        if (!m_links.step(page, next))
            continue;
        viewport()->update();
        Q_EMIT linkHovered(m_links.find(m_links.focused())->target);
        return true;
    }
    viewport()->update();
    return QAbstractScrollArea::focusNextPrevChild(next);
}

void PageView::wheelEvent(QWheelEvent* event) {
    if (!event->modifiers().testFlag(Qt::ControlModifier))
        return QAbstractScrollArea::wheelEvent(event);
    const double notches = event->angleDelta().y() / 120.0;
    zoomAt(m_layout.zoom() * std::pow(1.15, notches), event->position());
    event->accept();
}

std::optional<qint64> PageView::offsetAt(const QPointF& position) const {
    const PagePoint at = m_layout.toPage(position + scrolled());
    if (at.page < 1)
        return std::nullopt;
    if (const auto word = m_selection.wordNear(at.page, at.point))
        return word->range.end;
    return m_pages[static_cast<std::size_t>(at.page - 1)].range.end;
}

void PageView::contextMenuEvent(QContextMenuEvent* event) {
    QPointF place = event->pos();
    if (event->reason() == QContextMenuEvent::Keyboard) {
        const std::vector<QRectF> lines = m_selection.lines(m_currentPage, m_selection.focus());
        place = lines.empty() ? QRectF(viewport()->rect()).center()
                              : toViewport(m_currentPage, lines.front()).bottomLeft();
    }
    auto* const menu = new ReadingMenu(m_selection.range(), offsetAt(place), this);
    connect(menu, &ReadingMenu::copyRequested, this, &PageView::copyRequested);
    connect(menu, &ReadingMenu::copyWithCitationRequested, this,
            &PageView::copyWithCitationRequested);
    connect(menu, &ReadingMenu::askAboutRequested, this, &PageView::askAboutRequested);
    connect(menu, &ReadingMenu::asOfRequested, this, &PageView::asOfRequested);
    menu->popup(viewport()->mapToGlobal(place.toPoint()));
}

} // namespace ui
