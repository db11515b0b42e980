#include <QAccessible>
#include <QMenu>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include <cmath>

#include "tests/gui/page_book.h"

using engine::TextRange;
using ui::PageView;
using namespace support;

class PageInputTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup() { m_view.reset(); }
    void zoomsAroundThePointer();
    void selectsByMouse();
    void selectsByKeyboard();
    void copiesOffsets();
    void selectsOverABrokenWord();
    void scrollsByKeyboard();
    void zoomsAndTurnsByKeyboard();
    void followsLinks();
    void offersTheContextMenu();
    void speaksToScreenReaders();

private:
    TextRange selected() { return m_view->selection().range(); }

    std::unique_ptr<PageView> m_view;
};

void PageInputTest::init() {
    m_view = shownView();
    QVERIFY(m_view);
}

void PageInputTest::zoomsAroundThePointer() {
    m_view->goToPage(50);
    const QPointF at(180, 333);
    const QPointF content =
        at + QPointF(m_view->horizontalScrollBar()->value(), m_view->verticalScrollBar()->value());
    const ui::PagePoint before = m_view->pageLayout().toPage(content);
    QWheelEvent wheel(at, m_view->viewport()->mapToGlobal(at), {}, {0, 480}, Qt::NoButton,
                      Qt::ControlModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(m_view->viewport(), &wheel);
    QVERIFY(m_view->pageLayout().zoom() > 1.5);
    const QRectF after = m_view->toViewport(before.page, QRectF(before.point, QSizeF(0.1, 0.1)));
    QVERIFY((after.topLeft() - at).manhattanLength() <= 2);
}

void PageInputTest::selectsByMouse() {
    giveWords(*m_view, 1, 2);
    QSignalSpy changed(m_view.get(), &PageView::selectionChanged);
    QTest::mousePress(m_view->viewport(), Qt::LeftButton, {}, onWord(*m_view, 1, 12));
    QTest::mouseMove(m_view->viewport(), onWord(*m_view, 1, 15));
    QTest::mouseMove(m_view->viewport(), onWord(*m_view, 1, 27));
    QTest::mouseRelease(m_view->viewport(), Qt::LeftButton, {}, onWord(*m_view, 1, 27));
    QCOMPARE(selected().begin, wordBegin(1, 12));
    QCOMPARE(selected().end, wordBegin(1, 27) + 9);
    QVERIFY(!changed.isEmpty());
    // Backwards, from behind the end of a line.
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, QPoint(5, 5));
    QVERIFY(m_view->selection().isEmpty());
    QTest::mousePress(m_view->viewport(), Qt::LeftButton, {},
                      onWord(*m_view, 1, 39) + QPoint(40, 0));
    QTest::mouseMove(m_view->viewport(), onWord(*m_view, 1, 33));
    QTest::mouseRelease(m_view->viewport(), Qt::LeftButton, {}, onWord(*m_view, 1, 33));
    QCOMPARE(selected().begin, wordBegin(1, 33));
    QCOMPARE(selected().end, wordBegin(1, 39) + 9);
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, Qt::ShiftModifier,
                      onWord(*m_view, 1, 45));
    QCOMPARE(selected().begin, wordBegin(1, 39));
    QCOMPARE(selected().end, wordBegin(1, 45) + 9);
    QTest::mouseDClick(m_view->viewport(), Qt::LeftButton, {}, onWord(*m_view, 1, 3));
    QCOMPARE(selected().begin, wordBegin(1, 3));
    QCOMPARE(selected().end, wordBegin(1, 3) + 9);
}

void PageInputTest::selectsByKeyboard() {
    giveWords(*m_view, 1, 2);
    QTest::keyClick(m_view.get(), Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(selected().begin, wordBegin(1, 0));
    QTest::keyClick(m_view.get(), Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(selected().end, wordBegin(1, 1) + 9);
    QTest::keyClick(m_view.get(), Qt::Key_Down, Qt::ShiftModifier);
    QCOMPARE(selected().end, wordBegin(1, 11) + 9);
    QTest::keyClick(m_view.get(), Qt::Key_Up, Qt::ShiftModifier);
    QTest::keyClick(m_view.get(), Qt::Key_Left, Qt::ShiftModifier);
    QCOMPARE(selected().end, wordBegin(1, 0) + 9);
    // Over the end of the page.
    m_view->select({wordBegin(1, 99), wordBegin(1, 99) + 9});
    QTest::keyClick(m_view.get(), Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(selected().end, wordBegin(2, 0) + 9);
    QTest::keyClick(m_view.get(), Qt::Key_A, Qt::ControlModifier);
    QCOMPARE(selected().end, qint64{2400} * kLetters);
    QTest::keyClick(m_view.get(), Qt::Key_Escape);
    QVERIFY(m_view->selection().isEmpty());
}

void PageInputTest::copiesOffsets() {
    giveWords(*m_view, 1, 1);
    QSignalSpy copied(m_view.get(), &PageView::copyRequested);
    QTest::keyClick(m_view.get(), Qt::Key_C, Qt::ControlModifier);
    QVERIFY2(copied.isEmpty(), "nothing is selected");
    m_view->select({20, 49});
    QTest::keyClick(m_view.get(), Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(copied.size(), 1);
    const auto range = copied[0][0].value<TextRange>();
    QCOMPARE(range.begin, 20);
    QCOMPARE(range.end, 49);
}

void PageInputTest::selectsOverABrokenWord() {
    std::vector<ui::WordBox> broken = words(1);
    broken[10].range = broken[9].range;
    m_view->setWords(1, broken);
    m_view->select(broken[8].range);
    QTest::keyClick(m_view.get(), Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(m_view.get(), Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(selected().end, wordBegin(1, 11) + 9);
    QTest::keyClick(m_view.get(), Qt::Key_Left, Qt::ShiftModifier);
    QTest::keyClick(m_view.get(), Qt::Key_Left, Qt::ShiftModifier);
    QCOMPARE(selected().end, wordBegin(1, 8) + 9);
}

void PageInputTest::scrollsByKeyboard() {
    QScrollBar* const bar = m_view->verticalScrollBar();
    const int height = m_view->viewport()->height();
    QTest::keyClick(m_view.get(), Qt::Key_Down);
    QCOMPARE(bar->value(), bar->singleStep());
    QTest::keyClick(m_view.get(), Qt::Key_Up);
    QCOMPARE(bar->value(), 0);
    QTest::keyClick(m_view.get(), Qt::Key_PageDown);
    QVERIFY(bar->value() > height * 9 / 10 && bar->value() < height);
    const int page = bar->value();
    QTest::keyClick(m_view.get(), Qt::Key_Space);
    QCOMPARE(bar->value(), 2 * page);
    QTest::keyClick(m_view.get(), Qt::Key_Space, Qt::ShiftModifier);
    QTest::keyClick(m_view.get(), Qt::Key_PageUp);
    QCOMPARE(bar->value(), 0);
    QTest::keyClick(m_view.get(), Qt::Key_Down, Qt::ControlModifier);
    QCOMPARE(bar->value(), height / 2);
    QTest::keyClick(m_view.get(), Qt::Key_End);
    QCOMPARE(bar->value(), bar->maximum());
    QCOMPARE(m_view->currentPage(), 2400);
    QTest::keyClick(m_view.get(), Qt::Key_Left);
    QCOMPARE(m_view->currentPage(), 2399);
    QTest::keyClick(m_view.get(), Qt::Key_Home);
    QCOMPARE(m_view->currentPage(), 1);
    QTest::keyClick(m_view.get(), Qt::Key_Right);
    QCOMPARE(m_view->currentPage(), 2);
}

void PageInputTest::zoomsAndTurnsByKeyboard() {
    QTest::keyClick(m_view.get(), Qt::Key_Plus, Qt::ControlModifier);
    QCOMPARE(m_view->pageLayout().zoom(), 1.1);
    QTest::keyClick(m_view.get(), Qt::Key_Minus, Qt::ControlModifier);
    QTest::keyClick(m_view.get(), Qt::Key_Minus, Qt::ControlModifier);
    QCOMPARE(m_view->pageLayout().zoom(), 0.9);
    QTest::keyClick(m_view.get(), Qt::Key_0, Qt::ControlModifier);
    QCOMPARE(m_view->pageLayout().zoom(), 1.0);
    for (int i = 0; i < 40; ++i)
        QTest::keyClick(m_view.get(), Qt::Key_Plus, Qt::ControlModifier);
    QCOMPARE(m_view->pageLayout().zoom(), 8.0);
    QTest::keyClick(m_view.get(), Qt::Key_R, Qt::ControlModifier);
    QCOMPARE(m_view->pageLayout().rotation(), 90);
    QTest::keyClick(m_view.get(), Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(m_view->pageLayout().rotation(), 0);
}

void PageInputTest::followsLinks() {
    m_view->setLinks(1, {{QRectF(40, 100, 80, 12), QStringLiteral("offset:5000"), {}},
                         {QRectF(40, 200, 80, 12), QStringLiteral("offset:6000"), {}}});
    QSignalSpy activated(m_view.get(), &PageView::linkActivated);
    QSignalSpy hovered(m_view.get(), &PageView::linkHovered);
    const QPoint at = m_view->toViewport(1, {40, 100, 80, 12}).center().toPoint();
    QMouseEvent move(QEvent::MouseMove, at, m_view->viewport()->mapToGlobal(at), Qt::NoButton, {},
                     {});
    QCoreApplication::sendEvent(m_view->viewport(), &move);
    QCOMPARE(hovered.size(), 1);
    QCOMPARE(hovered[0][0].toString(), QStringLiteral("offset:5000"));
    QCOMPARE(m_view->viewport()->cursor().shape(), Qt::PointingHandCursor);
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, at);
    QCOMPARE(activated.size(), 1);
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, at + QPoint(0, 40));
    QCOMPARE(activated.size(), 1);
    QTest::keyClick(m_view.get(), Qt::Key_Tab);
    QTest::keyClick(m_view.get(), Qt::Key_Tab);
    QTest::keyClick(m_view.get(), Qt::Key_Return);
    QCOMPARE(activated.size(), 2);
    QCOMPARE(activated[1][0].toString(), QStringLiteral("offset:6000"));
}

void PageInputTest::offersTheContextMenu() {
    giveWords(*m_view, 1, 1);
    m_view->select({20, 49});
    QSignalSpy ask(m_view.get(), &PageView::askAboutRequested);
    QSignalSpy asOf(m_view.get(), &PageView::asOfRequested);
    QSignalSpy cite(m_view.get(), &PageView::copyWithCitationRequested);
    const auto choose = [&](const char* name) {
        const QPoint at = onWord(*m_view, 1, 33);
        QContextMenuEvent event(QContextMenuEvent::Mouse, at, m_view->viewport()->mapToGlobal(at));
        QCoreApplication::sendEvent(m_view->viewport(), &event);
        auto* const menu = m_view->findChild<QMenu*>(QStringLiteral("readingMenu"));
        QVERIFY(menu);
        auto* const action = menu->findChild<QAction*>(QString::fromLatin1(name));
        QVERIFY(action->isEnabled());
        action->trigger();
        menu->close();
        QTRY_VERIFY(!m_view->findChild<QMenu*>(QStringLiteral("readingMenu")));
    };
    choose("askAbout");
    QCOMPARE(ask.size(), 1);
    QCOMPARE(ask[0][0].value<TextRange>().end, 49);
    choose("copyWithCitation");
    QCOMPARE(cite.size(), 1);
    choose("asOfHere");
    QCOMPARE(asOf.size(), 1);
    QCOMPARE(asOf[0][0].toLongLong(), wordBegin(1, 33) + 9);
}

void PageInputTest::speaksToScreenReaders() {
    giveWords(*m_view, 2, 2);
    m_view->goToPage(2);
    QAccessibleInterface* const face = QAccessible::queryAccessibleInterface(m_view.get());
    QVERIFY(face && face->textInterface());
    QCOMPARE(face->text(QAccessible::Name), QStringLiteral("Page 2"));
    // A letter outside the basic plane is two UTF-16 units and one offset.
    QString text(kLetters, u'a');
    text.replace(2, 1, QStringLiteral("\U0001F4D6"));
    m_view->setPageText(2, text);
    QAccessibleTextInterface* const words = face->textInterface();
    QCOMPARE(words->characterCount(), kLetters + 1);
    QCOMPARE(words->text(2, 4), QStringLiteral("\U0001F4D6"));
    m_view->select({wordBegin(2, 1), wordBegin(2, 1) + 9});
    int start = 0;
    int end = 0;
    words->selection(0, &start, &end);
    QCOMPARE(start, 11);
    QCOMPARE(end, 20);
    words->setSelection(0, 21, 30);
    QCOMPARE(selected().begin, wordBegin(2, 2));
    QCOMPARE(selected().end, wordBegin(2, 2) + 9);
    const QRect letter = words->characterRect(21);
    const QRectF box = m_view->toViewport(2, QRectF(40 + 2 * 32, 60, 28, 12));
    QVERIFY(std::abs(letter.left() - m_view->viewport()->mapToGlobal(box.topLeft()).x()) <= 1);
    QCOMPARE(words->offsetAtPoint(letter.center()), 21);
    QVERIFY2(!words->characterRect(10).isValid(), "between two words");
}

QTEST_MAIN(PageInputTest)
#include "page_input_test.moc"
