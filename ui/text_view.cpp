#include "ui/text_view.h"

#include <QAbstractTextDocumentLayout>
#include <QContextMenuEvent>
#include <QFontMetricsF>
#include <QMimeData>
#include <QPainter>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextFrame>
#include <QTextLayout>
#include <QTextList>

#include <algorithm>
#include <cmath>

#include "ui/code_points.h"
#include "ui/page_painter.h"
#include "ui/reading_menu.h"
#include "ui/text_blocks.h"

namespace ui {
namespace {

constexpr int kLeastMargin = 24;
constexpr int kScrollStep = 48;

engine::TextRange rangeOf(const QTextBlock& block) {
    const auto* const data = static_cast<const BlockRange*>(block.userData());
    return data ? data->range() : engine::TextRange{};
}

} // namespace

TextView::TextView(QWidget* parent) : QTextEdit(parent) {
    setObjectName(QStringLiteral("textView"));
    setAccessibleName(tr("Text"));
    setReadOnly(true);
    setUndoRedoEnabled(false);
    // A text field would swallow files that are dropped on the window.
    setAcceptDrops(false);
    setFrameShape(QFrame::NoFrame);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &TextView::follow);
    connect(this, &QTextEdit::selectionChanged, this,
            [this] { Q_EMIT selectionChanged(selection()); });
    connect(&m_fade, &HighlightFade::changed, viewport(), qOverload<>(&QWidget::update));
}

void TextView::setPages(std::vector<PageInfo> pages) {
    m_pages = std::move(pages);
    m_stretch = {};
    m_blocks.clear();
    m_awaited.reset();
    m_highlight = {};
    m_hits.clear();
    m_currentHit = {};
    m_currentPage = 0;
    clear();
}

void TextView::setBlocks(engine::TextRange stretch, const std::vector<TextBlock>& blocks) {
    m_stretch = stretch;
    m_blocks = blocks;
    clear();
    document()->setIndentWidth(m_textSize * 2);
    QTextCursor cursor(document());
    cursor.beginEditBlock();
    for (const TextBlock& block : blocks)
        append(cursor, block, &block == &blocks.front());
    cursor.endEditBlock();
    // The widget's own cursor went to the end with the text, and Qt keeps it in view.
    setTextCursor(QTextCursor(document()));
    arrange();
    const std::optional<Awaited> awaited = std::exchange(m_awaited, std::nullopt);
    if (!awaited || !holds(awaited->range.begin)) {
        verticalScrollBar()->setValue(0);
    } else if (awaited->then == Then::Reveal) {
        reveal(awaited->range);
    } else if (awaited->then == Then::ShowAtBottom) {
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    } else {
        goToOffset(awaited->range.begin);
    }
    follow();
}

void TextView::append(QTextCursor& cursor, const TextBlock& block, bool isFirst) {
    QTextBlockFormat format = blockFormat(block, m_textSize);
    if (isFirst) {
        format.setTopMargin(0);
        cursor.setBlockFormat(format);
    } else {
        cursor.insertBlock(format);
    }
    cursor.insertText(insertable(block.text), charFormat(block, m_textSize));
    if (needsBullet(block)) {
        QTextListFormat list;
        list.setStyle(QTextListFormat::ListDisc);
        list.setIndent(std::max(1, block.level));
        cursor.createList(list);
    }
    cursor.block().setUserData(new BlockRange(block.range));
}

QVariant TextView::loadResource(int, const QUrl&) {
    return {};
}

bool TextView::holds(qint64 offset) const {
    return (m_stretch.begin <= offset && offset < m_stretch.end) ||
           (offset == m_stretch.end && offset == end() && m_stretch.begin < m_stretch.end);
}

qint64 TextView::end() const {
    return m_pages.empty() ? m_stretch.end : m_pages.back().range.end;
}

void TextView::want(engine::TextRange range, Then then) {
    m_awaited = Awaited{range, then};
    Q_EMIT textWanted(range.begin);
}

qint64 TextView::offsetAt(int position) const {
    const QTextBlock block = document()->findBlock(position);
    const engine::TextRange range = rangeOf(block);
    return std::min<qint64>(
        range.end, range.begin + codePointsBefore(block.text(), position - block.position()));
}

int TextView::positionOf(qint64 offset) const {
    const auto after = std::upper_bound(
        m_blocks.begin(), m_blocks.end(), offset,
        [](qint64 value, const TextBlock& block) { return value < block.range.begin; });
    if (after == m_blocks.begin())
        return 0;
    const QTextBlock block =
        document()->findBlockByNumber(static_cast<int>(after - m_blocks.begin()) - 1);
    const QString text = block.text();
    return block.position() + static_cast<int>(utf16Place(text, offset - rangeOf(block).begin));
}

std::vector<QRectF> TextView::lines(engine::TextRange range) const {
    std::vector<QRectF> boxes;
    if (range.begin >= range.end || range.end <= m_stretch.begin || range.begin >= m_stretch.end)
        return boxes;
    const int from = positionOf(range.begin);
    const int to = positionOf(range.end);
    const QPointF scrolled(horizontalScrollBar()->value(), verticalScrollBar()->value());
    for (QTextBlock block = document()->findBlock(from); block.isValid() && block.position() < to;
         block = block.next()) {
        const QPointF corner =
            document()->documentLayout()->blockBoundingRect(block).topLeft() - scrolled;
        const QTextLayout* const layout = block.layout();
        for (int i = 0; i < layout->lineCount(); ++i) {
            const QTextLine line = layout->lineAt(i);
            const int first = std::max(from - block.position(), line.textStart());
            const int last = std::min(to - block.position(), line.textStart() + line.textLength());
            if (first >= last)
                continue;
            const double left = line.cursorToX(first);
            double right = line.cursorToX(last);
            if (last == line.textStart() + line.textLength())
                right = std::min(right, line.x() + line.naturalTextWidth());
            boxes.emplace_back(corner.x() + left, corner.y() + line.y(), right - left,
                               line.ascent() + line.descent());
        }
    }
    return boxes;
}

void TextView::setHighlight(engine::TextRange range) {
    m_highlight = range;
    if (range.begin < range.end)
        m_fade.start();
    viewport()->update();
}

void TextView::setFindHits(std::vector<engine::TextRange> hits) {
    m_hits = std::move(hits);
    m_currentHit = {};
    viewport()->update();
}

void TextView::setCurrentHit(engine::TextRange hit) {
    m_currentHit = hit;
    viewport()->update();
}

void TextView::goToPage(int page) {
    if (m_pages.empty())
        return;
    const int target = std::clamp(page, 1, static_cast<int>(m_pages.size()));
    goToOffset(m_pages[static_cast<std::size_t>(target - 1)].range.begin);
}

double TextView::topOf(qint64 offset) const {
    QTextCursor cursor(document());
    cursor.setPosition(positionOf(offset));
    return cursorRect(cursor).top() + verticalScrollBar()->value();
}

void TextView::goToOffset(qint64 offset) {
    if (!holds(offset))
        return want({offset, offset}, Then::ShowAtTop);
    m_awaited.reset();
    const bool isStart = offset == m_stretch.begin;
    verticalScrollBar()->setValue(isStart ? 0 : static_cast<int>(std::floor(topOf(offset))));
    follow();
}

void TextView::reveal(engine::TextRange range) {
    if (!holds(range.begin))
        return want(range, Then::Reveal);
    m_awaited.reset();
    const double top = topOf(range.begin);
    const double view = verticalScrollBar()->value();
    const int height = viewport()->height();
    if (top < view + 8 || topOf(range.end) > view + height - 40)
        verticalScrollBar()->setValue(static_cast<int>(top - height / 4.0));
    follow();
}

void TextView::select(engine::TextRange range) {
    QTextCursor cursor(document());
    cursor.setPosition(positionOf(range.begin));
    cursor.setPosition(positionOf(range.end), QTextCursor::KeepAnchor);
    const int scrolled = verticalScrollBar()->value();
    setTextCursor(cursor);
    verticalScrollBar()->setValue(scrolled);
}

engine::TextRange TextView::selection() const {
    const QTextCursor cursor = textCursor();
    if (!cursor.hasSelection())
        return {};
    return {offsetAt(cursor.selectionStart()), offsetAt(cursor.selectionEnd())};
}

qint64 TextView::topOffset() const {
    if (m_blocks.empty() || verticalScrollBar()->value() == 0)
        return m_stretch.begin;
    const int left = static_cast<int>(document()->rootFrame()->frameFormat().leftMargin());
    return offsetAt(cursorForPosition(QPoint(left, 4)).position());
}

void TextView::follow() {
    viewport()->update();
    const qint64 top = topOffset();
    const int page = placeOfOffset(m_pages, top) + 1;
    if (page != m_currentPage) {
        m_currentPage = page;
        Q_EMIT currentPageChanged(page);
    }
    Q_EMIT topOffsetChanged(top);
}

void TextView::setTextSize(double size) {
    const double wanted = std::clamp(size, kMinTextSize, kMaxTextSize);
    if (wanted == m_textSize)
        return;
    const qint64 top = topOffset();
    const engine::TextRange selected = selection();
    m_textSize = wanted;
    m_awaited = Awaited{{top, top}, Then::ShowAtTop};
    setBlocks(m_stretch, std::vector(m_blocks));
    if (selected.begin < selected.end)
        select(selected);
    Q_EMIT textSizeChanged(m_textSize);
}

void TextView::arrange() {
    const QFontMetricsF metrics(readingFont(m_textSize));
    const double measure = metrics.averageCharWidth() * kMeasure;
    const double aside = std::max<double>(kLeastMargin, (viewport()->width() - measure) / 2);
    QTextFrameFormat format = document()->rootFrame()->frameFormat();
    format.setLeftMargin(aside);
    format.setRightMargin(aside);
    format.setTopMargin(m_textSize * 2.5);
    format.setBottomMargin(m_textSize * 4);
    document()->rootFrame()->setFrameFormat(format);
    verticalScrollBar()->setSingleStep(kScrollStep);
}

void TextView::resizeEvent(QResizeEvent* event) {
    const qint64 top = topOffset();
    QTextEdit::resizeEvent(event);
    arrange();
    if (!m_blocks.empty() && top > m_stretch.begin)
        goToOffset(top);
}

void TextView::paintEvent(QPaintEvent* event) {
    {
        // Under the text, so that letters keep their colour.
        QPainter painter(viewport());
        const bool isDark = palette().color(QPalette::Base).lightness() < 128;
        paintMarks(painter, lines(m_highlight), palette(), Mark::Evidence, m_fade.strength(),
                   isDark);
        for (const engine::TextRange& hit : m_hits) {
            const bool isCurrent = hit.begin == m_currentHit.begin && hit.end == m_currentHit.end;
            paintMarks(painter, lines(hit), palette(), isCurrent ? Mark::CurrentHit : Mark::FindHit,
                       1, isDark);
        }
    }
    QTextEdit::paintEvent(event);
}

void TextView::keyPressEvent(QKeyEvent* event) {
    const bool hasControl = event->modifiers().testFlag(Qt::ControlModifier);
    if (event->matches(QKeySequence::Copy)) {
        if (textCursor().hasSelection())
            Q_EMIT copyRequested(selection());
        return;
    }
    if (hasControl && (event->key() == Qt::Key_Plus || event->key() == Qt::Key_Equal))
        return setTextSize(m_textSize + 1);
    if (hasControl && event->key() == Qt::Key_0)
        return setTextSize(kUsualTextSize);
    if (hasControl && event->key() == Qt::Key_Minus)
        return setTextSize(m_textSize - 1);
    if (event->key() == Qt::Key_Escape)
        return event->ignore();
    if (scrollByKey(event))
        return;
    // A selection by keyboard begins where the person reads.
    if (event->modifiers().testFlag(Qt::ShiftModifier) && !textCursor().hasSelection() &&
        event->text().isEmpty())
        select({topOffset(), topOffset()});
    QTextEdit::keyPressEvent(event);
}

bool TextView::scrollByKey(QKeyEvent* event) {
    const Qt::KeyboardModifiers held = event->modifiers() & ~Qt::KeypadModifier;
    const bool hasShift = held.testFlag(Qt::ShiftModifier);
    const int height = viewport()->height();
    if (event->key() == Qt::Key_Space) {
        scrollBy(hasShift ? kLeastMargin - height : height - kLeastMargin);
        return true;
    }
    if (hasShift || held.testFlag(Qt::AltModifier))
        return false;
    const bool hasControl = held.testFlag(Qt::ControlModifier);
    switch (event->key()) {
    case Qt::Key_Up:
        scrollBy(hasControl ? -height / 2 : -kScrollStep);
        return true;
    case Qt::Key_Down:
        scrollBy(hasControl ? height / 2 : kScrollStep);
        return true;
    case Qt::Key_PageUp:
        scrollBy(kLeastMargin - height);
        return true;
    case Qt::Key_PageDown:
        scrollBy(height - kLeastMargin);
        return true;
    case Qt::Key_Home:
        goToOffset(0);
        return true;
    case Qt::Key_End:
        if (holds(end()))
            verticalScrollBar()->setValue(verticalScrollBar()->maximum());
        else
            want({std::max<qint64>(0, end() - 1), end()}, Then::ShowAtBottom);
        return true;
    default:
        return false;
    }
}

void TextView::scrollBy(int pixels) {
    QScrollBar* const bar = verticalScrollBar();
    const int before = bar->value();
    bar->setValue(before + pixels);
    if (bar->value() != before || m_awaited)
        return;
    // At an end of the stretch reading goes on in the next one.
    if (pixels > 0 && m_stretch.end < end())
        want({m_stretch.end, m_stretch.end}, Then::ShowAtTop);
    else if (pixels < 0 && m_stretch.begin > 0)
        want({m_stretch.begin - 1, m_stretch.begin}, Then::ShowAtBottom);
}

void TextView::wheelEvent(QWheelEvent* event) {
    if (event->modifiers().testFlag(Qt::ControlModifier)) {
        setTextSize(m_textSize + (event->angleDelta().y() > 0 ? 1 : -1));
        return event->accept();
    }
    QTextEdit::wheelEvent(event);
}

void TextView::contextMenuEvent(QContextMenuEvent* event) {
    const bool isByKey = event->reason() == QContextMenuEvent::Keyboard;
    const QTextCursor cursor = isByKey ? textCursor() : cursorForPosition(event->pos());
    std::optional<qint64> offset;
    if (!m_blocks.empty())
        offset = offsetAt(cursor.position());
    auto* const menu = new ReadingMenu(selection(), offset, this);
    connect(menu, &ReadingMenu::copyRequested, this, &TextView::copyRequested);
    connect(menu, &ReadingMenu::copyWithCitationRequested, this,
            &TextView::copyWithCitationRequested);
    connect(menu, &ReadingMenu::askAboutRequested, this, &TextView::askAboutRequested);
    connect(menu, &ReadingMenu::asOfRequested, this, &TextView::asOfRequested);
    menu->popup(viewport()->mapToGlobal(isByKey ? cursorRect(cursor).bottomLeft() : event->pos()));
}

QMimeData* TextView::createMimeDataFromSelection() const {
    auto* const mime = new QMimeData;
    mime->setText(textCursor().selectedText().replace(QChar::ParagraphSeparator, u'\n'));
    return mime;
}

} // namespace ui
