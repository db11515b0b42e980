#include "ui/memory_strip.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kAside = 6;
constexpr int kBodyTop = 5;
constexpr int kBodyHeight = 14;
constexpr double kReadHeight = 0.7; ///< of a cell

class MemoryStripAccessible : public QAccessibleWidget, public QAccessibleValueInterface {
public:
    explicit MemoryStripAccessible(MemoryStrip* strip)
        : QAccessibleWidget(strip, QAccessible::Slider), m_strip(strip) {}
    void* interface_cast(QAccessible::InterfaceType type) override {
        if (type == QAccessible::ValueInterface)
            return static_cast<QAccessibleValueInterface*>(this);
        return QAccessibleWidget::interface_cast(type);
    }
    [[nodiscard]] QString text(QAccessible::Text kind) const override {
        return kind == QAccessible::Value ? m_strip->describe(m_strip->markedPage()).join(u' ')
                                          : QAccessibleWidget::text(kind);
    }
    [[nodiscard]] QVariant currentValue() const override { return m_strip->markedPage(); }
    void setCurrentValue(const QVariant& value) override { m_strip->setMarkedPage(value.toInt()); }
    [[nodiscard]] QVariant maximumValue() const override { return m_strip->pageCount(); }
    [[nodiscard]] QVariant minimumValue() const override { return 1; }
    [[nodiscard]] QVariant minimumStepSize() const override { return 1; }

private:
    MemoryStrip* m_strip;
};

QAccessibleInterface* makeStripAccessible(const QString& className, QObject* object) {
    auto* const strip = className == QLatin1String("ui::MemoryStrip")
                            ? qobject_cast<MemoryStrip*>(object)
                            : nullptr;
    return strip ? new MemoryStripAccessible(strip) : nullptr;
}

PageState gravest(PageState left, PageState right) {
    const auto weight = [](PageState state) {
        switch (state) {
        case PageState::Failed:
            return 4;
        case PageState::Pending:
            return 3;
        case PageState::Ocr:
            return 2;
        case PageState::Text:
            return 1;
        case PageState::Empty:
            break;
        }
        return 0;
    };
    return weight(left) < weight(right) ? right : left;
}

void paintHatching(QPainter& painter, const QRectF& place, const QColor& color) {
    painter.save();
    painter.setClipRect(place, Qt::IntersectClip);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 1.4));
    const double height = place.height();
    // Counted from the left edge of the strip, so that the lines run on over cells.
    for (double x = std::floor(place.left() / 4) * 4 - height; x < place.right(); x += 4)
        painter.drawLine(QPointF(x, place.bottom()), QPointF(x + height, place.top()));
    painter.restore();
}

} // namespace

MemoryStrip::MemoryStrip(QWidget* parent) : QWidget(parent) {
    static const bool isInstalled = [] {
        QAccessible::installFactory(makeStripAccessible);
        return true;
    }();
    static_cast<void>(isInstalled);
    setObjectName(QStringLiteral("memoryStrip"));
    setAccessibleName(tr("Memory of the document"));
    setAccessibleDescription(tr("Left and Right move from cell to cell, Return goes to the page."));
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setCursor(Qt::PointingHandCursor);
}

void MemoryStrip::setPages(std::vector<PageInfo> pages, PageUnit unit) {
    m_pages = std::move(pages);
    m_unit = unit;
    m_snapshots.clear();
    m_read = m_bound = m_current = 0;
    m_marked = m_pages.empty() ? 0 : 1;
    update();
}

void MemoryStrip::setReadPages(int count) {
    m_read = std::clamp(count, 0, pageCount());
    update();
}

void MemoryStrip::setSnapshots(std::vector<int> pages) {
    m_snapshots = std::move(pages);
    update();
}

void MemoryStrip::setBound(int page) {
    m_bound = page;
    update();
}

void MemoryStrip::setCurrentPage(int page) {
    m_current = page;
    if (!hasFocus() && page >= 1 && page <= pageCount())
        m_marked = page;
    update();
}

void MemoryStrip::setMarkedPage(int page) {
    if (m_pages.empty())
        return;
    m_marked = std::clamp(page, 1, pageCount());
    update();
    QAccessibleValueChangeEvent event(this, m_marked);
    QAccessible::updateAccessibility(&event);
}

int MemoryStrip::pagesPerCell() const {
    const int room = std::max(1, (width() - 2 * kAside) / kLeastCell);
    return std::max(1, (pageCount() + room - 1) / room);
}

std::size_t MemoryStrip::cellOf(int page) const {
    return static_cast<std::size_t>((page - 1) / pagesPerCell());
}

std::vector<MemoryStrip::Cell> MemoryStrip::cells() const {
    std::vector<Cell> cells;
    const int step = pagesPerCell();
    for (int first = 1; first <= pageCount(); first += step) {
        Cell cell;
        cell.first = first;
        cell.last = std::min(first + step - 1, pageCount());
        cell.state = PageState::Empty;
        for (int page = cell.first; page <= cell.last; ++page) {
            const auto place = static_cast<std::size_t>(page - 1);
            cell.state = gravest(cell.state, m_pages[place].state);
        }
        cell.read = static_cast<double>(std::clamp(m_read - first + 1, 0, cell.last - first + 1)) /
                    (cell.last - first + 1);
        cell.hasSnapshot = std::any_of(m_snapshots.begin(), m_snapshots.end(), [&](int page) {
            return page >= cell.first && page <= cell.last;
        });
        cells.push_back(cell);
    }
    return cells;
}

QRectF MemoryStrip::cellRect(std::size_t cell) const {
    const int count = (pageCount() + pagesPerCell() - 1) / pagesPerCell();
    const double ratio = devicePixelRatioF();
    const double room = width() - 2.0 * kAside;
    const auto edge = [&](std::size_t at) {
        return std::round((kAside + room * static_cast<double>(at) / count) * ratio) / ratio;
    };
    return {edge(cell), kBodyTop, edge(cell + 1) - edge(cell), kBodyHeight};
}

int MemoryStrip::pageAt(double x) const {
    const double part = (x - kAside) / std::max(1.0, width() - 2.0 * kAside);
    const int count = (pageCount() + pagesPerCell() - 1) / pagesPerCell();
    const int cell = std::clamp(static_cast<int>(part * count), 0, std::max(0, count - 1));
    const double within = std::clamp(part * count - cell, 0.0, 0.999);
    return std::min(pageCount(),
                    cell * pagesPerCell() + 1 + static_cast<int>(within * pagesPerCell()));
}

QString MemoryStrip::pageName(int page) const {
    const QString label = m_pages[static_cast<std::size_t>(page - 1)].label;
    const QString index = QString::number(page);
    if (m_unit == PageUnit::Location)
        return tr("Location %1").arg(index);
    if (label.isEmpty() || label == index)
        return tr("Page %1").arg(index);
    return m_unit == PageUnit::PrintedPage ? tr("Page %1").arg(label)
                                           : tr("Page %1 (PDF %2)").arg(label, index);
}

QString MemoryStrip::describeState(PageState state, bool isOne) const {
    switch (state) {
    case PageState::Ocr:
        return isOne ? tr("Its text was recognised in a picture.")
                     : tr("Some text was recognised in pictures.");
    case PageState::Empty:
        return tr("No text stands here.");
    case PageState::Failed:
        return isOne ? tr("It could not be read.") : tr("At least one page could not be read.");
    case PageState::Pending:
        return tr("Its text is not known yet.");
    case PageState::Text:
        break;
    }
    return {};
}

QStringList MemoryStrip::describe(int page) const {
    if (page < 1 || page > pageCount())
        return {};
    const Cell cell = cells()[cellOf(page)];
    const bool isOne = cell.first == cell.last;
    QStringList sentences;
    sentences << (isOne ? tr("%1.").arg(pageName(page))
                        : tr("%1 to %2.").arg(pageName(cell.first), pageName(cell.last)));
    if (cell.read >= 1)
        sentences << tr("In memory.");
    else
        sentences << (cell.read > 0 ? tr("Partly in memory.") : tr("Not in memory."));
    QString state = describeState(cell.state, isOne);
    const QString& reason = m_pages[static_cast<std::size_t>(page - 1)].reason;
    if (isOne && cell.state == PageState::Failed && !reason.isEmpty())
        state = tr("It could not be read: %1.", "a clause").arg(reason);
    if (!state.isEmpty())
        sentences << state;
    if (cell.hasSnapshot)
        sentences << tr("A snapshot was taken here.");
    if (m_bound >= cell.first && m_bound <= cell.last)
        sentences << tr("Answers use nothing after this place.");
    else if (m_bound > 0 && cell.first > m_bound)
        sentences << tr("Behind the bound: answers use nothing from here.");
    if (m_current >= cell.first && m_current <= cell.last)
        sentences << tr("You are here.");
    return sentences;
}

QSize MemoryStrip::sizeHint() const {
    return {240, kHeight};
}

void MemoryStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Window));
    painter.fillRect(QRect(0, 0, width(), 1), palette().color(QPalette::Mid));
    const std::vector<Cell> all = cells();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const QRectF place = cellRect(i);
        const double gap = place.width() >= 4 ? 1 : 0;
        paintCell(painter, place.adjusted(0, 0, -gap, 0), all[i]);
    }
    if (m_pages.empty())
        return;
    paintBound(painter);
    paintCurrent(painter);
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(palette().color(QPalette::WindowText), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(cellRect(cellOf(m_marked)).adjusted(-2, -2, 1, 2), 2, 2);
    }
}

void MemoryStrip::paintCell(QPainter& painter, const QRectF& place, const Cell& cell) const {
    const QColor mark = palette().color(QPalette::Dark);
    const QColor read = palette().color(QPalette::Highlight);
    painter.save();
    if (cell.state == PageState::Failed) {
        QPen pen(palette().color(QPalette::BrightText), 1.5);
        pen.setCapStyle(Qt::FlatCap);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(pen);
        // A cross of one size, wherever it stands.
        const QRectF cross(place.center().x() - 3.5, place.center().y() - 3.5, 7, 7);
        painter.drawLine(cross.topLeft(), cross.bottomRight());
        painter.drawLine(cross.topRight(), cross.bottomLeft());
    } else if (cell.state == PageState::Empty) {
        painter.setPen(QPen(cell.read > 0 ? read : mark, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(place.adjusted(0.5, kBodyHeight - 5.5, -0.5, -0.5));
    } else {
        const QRectF done(place.left(), place.top(), place.width() * cell.read, place.height());
        const QRectF open(done.right(), place.top(), place.width() - done.width(), place.height());
        if (open.width() > 0)
            paintHatching(painter, open, mark);
        const double height = place.height() * kReadHeight;
        painter.fillRect(QRectF(done.left(), done.bottom() - height, done.width(), height), read);
        if (cell.state == PageState::Ocr && cell.read > 0) {
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setPen(Qt::NoPen);
            painter.setBrush(palette().color(QPalette::Window));
            const double radius = std::clamp(place.width() / 2 - 1, 1.0, 2.0);
            painter.drawEllipse(QPointF(place.center().x(), place.bottom() - 3), radius, radius);
        }
    }
    if (cell.hasSnapshot) {
        painter.setRenderHint(QPainter::Antialiasing, false);
        painter.fillRect(QRectF(place.right() - 1, 2, 1.5, kBodyTop + kBodyHeight - 2),
                         palette().color(QPalette::WindowText));
    }
    painter.restore();
}

void MemoryStrip::paintBound(QPainter& painter) const {
    if (m_bound < 1 || m_bound > pageCount())
        return;
    const double x = cellRect(cellOf(m_bound)).right();
    QColor veil = palette().color(QPalette::Window);
    veil.setAlphaF(0.6F);
    painter.fillRect(QRectF(x, 1, width() - x, height() - 1.0), veil);
    const QColor ink = palette().color(QPalette::WindowText);
    painter.fillRect(QRectF(x - 1, 1, 2, height() - 1.0), ink);
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath flag(QPointF(x + 1, 1));
    flag.lineTo(x + 8, 4);
    flag.lineTo(x + 1, 7);
    painter.fillPath(flag, ink);
}

void MemoryStrip::paintCurrent(QPainter& painter) const {
    if (m_current < 1 || m_current > pageCount())
        return;
    const double x = cellRect(cellOf(m_current)).center().x();
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath arrow(QPointF(x, kBodyTop + kBodyHeight));
    arrow.lineTo(x + 4.5, height());
    arrow.lineTo(x - 4.5, height());
    painter.fillPath(arrow, palette().color(QPalette::WindowText));
}

bool MemoryStrip::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && !m_pages.empty()) {
        const auto* help = static_cast<QHelpEvent*>(event);
        QStringList lines;
        for (const QString& sentence : describe(pageAt(help->pos().x())))
            lines << sentence.toHtmlEscaped();
        QToolTip::showText(
            help->globalPos(),
            QStringLiteral("<span>%1</span>").arg(lines.join(QStringLiteral("<br>"))), this);
        return true;
    }
    return QWidget::event(event);
}

void MemoryStrip::keyPressEvent(QKeyEvent* event) {
    if (m_pages.empty())
        return event->ignore();
    const int step = pagesPerCell();
    const int first = static_cast<int>(cellOf(m_marked)) * step + 1;
    switch (event->key()) {
    case Qt::Key_Left:
        return setMarkedPage(first - step);
    case Qt::Key_Right:
        return setMarkedPage(first + step <= pageCount() ? first + step : m_marked);
    case Qt::Key_PageUp:
        return setMarkedPage(first - 10 * step);
    case Qt::Key_PageDown:
        return setMarkedPage(first + 10 * step);
    case Qt::Key_Home:
        return setMarkedPage(1);
    case Qt::Key_End:
        return setMarkedPage(pageCount());
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        Q_EMIT pageActivated(m_marked);
        return;
    default:
        event->ignore();
    }
}

void MemoryStrip::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || m_pages.empty())
        return event->ignore();
    m_marked = pageAt(event->position().x());
    update();
    Q_EMIT pageActivated(m_marked);
}

} // namespace ui
