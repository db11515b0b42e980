#include "ui/page_accessible.h"

#include <QAccessible>
#include <QAccessibleWidget>

#include <algorithm>

#include "ui/code_points.h"
#include "ui/page_view.h"

namespace ui {
namespace {

class PageAccessible : public QAccessibleWidget, public QAccessibleTextInterface {
public:
    explicit PageAccessible(PageView* view)
        : QAccessibleWidget(view, QAccessible::Document), m_view(view) {}

    void* interface_cast(QAccessible::InterfaceType type) override {
        if (type == QAccessible::TextInterface)
            return static_cast<QAccessibleTextInterface*>(this);
        return QAccessibleWidget::interface_cast(type);
    }

    [[nodiscard]] QAccessible::State state() const override {
        QAccessible::State state = QAccessibleWidget::state();
        state.readOnly = true;
        state.selectableText = true;
        state.multiLine = true;
        return state;
    }

    [[nodiscard]] QString text(QAccessible::Text kind) const override {
        return kind == QAccessible::Value ? page() : QAccessibleWidget::text(kind);
    }

    [[nodiscard]] QString text(int start, int end) const override {
        return page().mid(start, end - start);
    }
    [[nodiscard]] int characterCount() const override { return static_cast<int>(page().size()); }

    void selection(int index, int* start, int* end) const override {
        *start = *end = 0;
        if (index != 0 || selectionCount() == 0)
            return;
        const engine::TextRange range = m_view->selection().range();
        *start = place(range.begin);
        *end = place(range.end);
    }
    [[nodiscard]] int selectionCount() const override {
        const engine::TextRange range = m_view->selection().range();
        return place(range.begin) < place(range.end) ? 1 : 0;
    }
    void addSelection(int start, int end) override { setSelection(0, start, end); }
    void removeSelection(int) override { m_view->select({}); }
    void setSelection(int index, int start, int end) override {
        if (index == 0)
            m_view->select({offset(start), offset(end)});
    }

    [[nodiscard]] int cursorPosition() const override {
        return place(m_view->selection().focus().begin);
    }
    void setCursorPosition(int position) override {
        m_view->reveal({offset(position), offset(position) + 1});
    }
    void scrollToSubstring(int start, int end) override {
        m_view->reveal({offset(start), offset(end)});
    }

    [[nodiscard]] QRect characterRect(int position) const override {
        const qint64 at = offset(position);
        const int current = m_view->currentPage();
        for (const WordBox& word : m_view->selection().words(current)) {
            if (at < word.range.begin || at >= word.range.end)
                continue;
            // Boxes are known per word; its characters share it evenly.
            const double width =
                word.box.width() / static_cast<double>(word.range.end - word.range.begin);
            const QRectF box(word.box.left() + width * static_cast<double>(at - word.range.begin),
                             word.box.top(), width, word.box.height());
            const QRect onView = m_view->toViewport(current, box).toAlignedRect();
            return {m_view->viewport()->mapToGlobal(onView.topLeft()), onView.size()};
        }
        return {};
    }
    [[nodiscard]] int offsetAtPoint(const QPoint& point) const override {
        const QPointF local = m_view->viewport()->mapFromGlobal(point);
        const int current = m_view->currentPage();
        for (const WordBox& word : m_view->selection().words(current)) {
            const QRectF box = m_view->toViewport(current, word.box);
            if (box.contains(local)) {
                const double part = (local.x() - box.left()) / box.width();
                const auto length = static_cast<double>(word.range.end - word.range.begin);
                return place(word.range.begin + static_cast<qint64>(part * length));
            }
        }
        return -1;
    }
    QString attributes(int, int* start, int* end) const override {
        *start = 0;
        *end = characterCount();
        return {};
    }

private:
    [[nodiscard]] QString page() const { return m_view->pageText(m_view->currentPage()); }
    [[nodiscard]] qint64 pageBegin() const {
        const int current = m_view->currentPage();
        return current < 1 ? 0 : m_view->pages()[static_cast<std::size_t>(current - 1)].range.begin;
    }
    [[nodiscard]] int place(qint64 at) const {
        return static_cast<int>(utf16Place(page(), std::max<qint64>(0, at - pageBegin())));
    }
    [[nodiscard]] qint64 offset(int position) const {
        return pageBegin() + codePointsBefore(page(), position);
    }

    PageView* m_view;
};

QAccessibleInterface* makePageAccessible(const QString& className, QObject* object) {
    if (className != QLatin1String("ui::PageView"))
        return nullptr;
    auto* const view = qobject_cast<PageView*>(object);
    return view ? new PageAccessible(view) : nullptr;
}

} // namespace

void installPageAccessible() {
    static const bool isInstalled = [] {
        QAccessible::installFactory(makePageAccessible);
        return true;
    }();
    static_cast<void>(isInstalled);
}

void announcePageSelection(PageView& view) {
    if (!QAccessible::isActive())
        return;
    auto* const face = QAccessible::queryAccessibleInterface(&view);
    if (!face || !face->textInterface())
        return;
    int start = 0;
    int end = 0;
    face->textInterface()->selection(0, &start, &end);
    QAccessibleTextSelectionEvent event(&view, start, end);
    QAccessible::updateAccessibility(&event);
}

} // namespace ui
