#include <QAccessible>
#include <QMenu>
#include <QPainter>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include <cmath>
#include <set>

#include "ui/page_view.h"

using engine::TextRange;
using ui::PageView;

Q_DECLARE_METATYPE(engine::TextRange)

namespace {

constexpr int kLetters = 1000; ///< of each page

std::vector<ui::PageInfo> book(int count) {
    std::vector<ui::PageInfo> pages;
    for (int i = 0; i < count; ++i) {
        ui::PageInfo page;
        page.index = i + 1;
        page.label = QString::number(i + 1);
        page.size = {400, 600};
        page.range = {i * kLetters, (i + 1) * kLetters};
        pages.push_back(page);
    }
    return pages;
}

/// Ten words a line, ten lines a page; word n of a page holds offsets [10 n, 10 n + 9).
std::vector<ui::WordBox> words(int page) {
    std::vector<ui::WordBox> result;
    for (int n = 0; n < 100; ++n) {
        const qint64 begin = (page - 1) * kLetters + n * 10;
        result.push_back({{begin, begin + 9}, QRectF(40 + n % 10 * 32, 60 + n / 10 * 50, 28, 12)});
    }
    return result;
}

qint64 wordBegin(int page, int n) {
    return (page - 1) * kLetters + n * 10;
}

QImage grab(PageView& view) {
    QImage image(view.viewport()->size(), QImage::Format_RGB32);
    view.viewport()->render(&image);
    return image;
}

} // namespace

class PageViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup() { m_view.reset(); }
    void asksForWhatIsNearWhileScrolling();
    void answersScrollStepsQuickly();
    void asksForWordsOnce();
    void asksAgainAfterZooming();
    void asksForTheVisiblePartAtHighZoom();
    void paintsThePictureWhereThePageIs();
    void saysWhyAPageFailed();
    void highlightsTheExpectedRectangles_data();
    void highlightsTheExpectedRectangles();
    void fadesTheHighlightToAnOutline();
    void zoomsAroundThePointer();
    void selectsByMouse();
    void selectsByKeyboard();
    void copiesOffsets();
    void selectsOverABrokenWord();
    void scrollsByKeyboard();
    void zoomsAndTurnsByKeyboard();
    void keepsThePlace_data();
    void keepsThePlace();
    void revealsEvidence();
    void revealsWordsWhenTheyCome();
    void followsLinks();
    void offersTheContextMenu();
    void invertsPicturesOnly();
    void speaksToScreenReaders();

private:
    void giveWords(int first, int last) {
        for (int page = first; page <= last; ++page)
            m_view->setWords(page, words(page));
    }
    QPoint onWord(int page, int n) {
        return m_view->toViewport(page, words(page)[static_cast<std::size_t>(n)].box)
            .center()
            .toPoint();
    }
    TextRange selected() { return m_view->selection().range(); }

    std::unique_ptr<PageView> m_view;
};

void PageViewTest::init() {
    m_view = std::make_unique<PageView>();
    m_view->resize(500, 700);
    m_view->setPages(book(2400));
    m_view->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
    m_view->setZoom(1);
    m_view->verticalScrollBar()->setValue(0);
    m_view->setFocus();
}

void PageViewTest::asksForWhatIsNearWhileScrolling() {
    QSignalSpy wanted(m_view.get(), &PageView::pictureWanted);
    QSignalSpy unwanted(m_view.get(), &PageView::pictureUnwanted);
    m_view->goToPage(1000);
    QTRY_VERIFY(!wanted.isEmpty());
    std::vector<int> pages;
    for (const auto& call : wanted) {
        pages.push_back(call[0].toInt());
        QCOMPARE(call[1].toDouble(), 1.0);
    }
    std::set<int> asked(pages.begin(), pages.end());
    QCOMPARE(asked, (std::set{998, 999, 1000, 1001, 1002, 1003}));
    QVERIFY2(std::abs(pages.front() - 1000) <= 1, "nearest first");
    QVERIFY(std::abs(pages.back() - 1000) >= 2);
    wanted.clear();
    m_view->goToPage(1004);
    QTRY_VERIFY(!wanted.isEmpty());
    std::set<int> left;
    for (const auto& call : unwanted)
        left.insert(call[0].toInt());
    QVERIFY(left.contains(998) && left.contains(1000) && !left.contains(1003));
    for (const auto& call : wanted)
        QVERIFY(call[0].toInt() >= 1004);
}

void PageViewTest::answersScrollStepsQuickly() {
    // Pages rush by and are given up again: never more than a screenful is waited for.
    std::set<int> waiting;
    std::size_t most = 0;
    connect(m_view.get(), &PageView::pictureWanted, this, [&](int page, double, int) {
        waiting.insert(page);
        most = std::max(most, waiting.size());
    });
    connect(m_view.get(), &PageView::pictureUnwanted, this, [&](int page) { waiting.erase(page); });
    QScrollBar* const bar = m_view->verticalScrollBar();
    int steps = 0;
    for (int value = 0; value < bar->maximum(); value += bar->maximum() / 120, ++steps) {
        bar->setValue(value);
        QCoreApplication::processEvents();
    }
    bar->setValue(bar->maximum());
    QTRY_VERIFY(waiting.contains(2400));
    QVERIFY2(most <= 16, qPrintable(QString::number(most)));
    QCOMPARE(m_view->currentPage(), 2400);
}

void PageViewTest::asksForWordsOnce() {
    QSignalSpy wanted(m_view.get(), &PageView::textWanted);
    m_view->goToPage(7);
    QTRY_VERIFY(!wanted.isEmpty());
    const qsizetype count = wanted.size();
    giveWords(7, 8);
    m_view->verticalScrollBar()->setValue(m_view->verticalScrollBar()->value() + 3);
    QSignalSpy pictures(m_view.get(), &PageView::pictureWanted);
    m_view->goToPage(300);
    QTRY_VERIFY(!pictures.isEmpty());
    for (qsizetype i = count; i < wanted.size(); ++i)
        QVERIFY(wanted[i][0].toInt() >= 300);
}

void PageViewTest::asksAgainAfterZooming() {
    QSignalSpy wanted(m_view.get(), &PageView::pictureWanted);
    QTRY_VERIFY(!wanted.isEmpty());
    for (const auto& call : wanted)
        m_view->setPicture(call[0].toInt(), call[1].toDouble(),
                           QImage(400, 600, QImage::Format_RGB32));
    wanted.clear();
    m_view->setZoom(1.1);
    m_view->setZoom(1.25);
    m_view->setZoom(1.5);
    QTRY_VERIFY(!wanted.isEmpty());
    for (const auto& call : wanted)
        QCOMPARE(call[1].toDouble(), 1.5);
    // Turning needs no other picture.
    for (const auto& call : wanted)
        m_view->setPicture(call[0].toInt(), 1.5, QImage(600, 900, QImage::Format_RGB32));
    QSignalSpy after(m_view.get(), &PageView::pictureWanted);
    m_view->setRotation(180);
    m_view->goToPage(40);
    QTRY_VERIFY(!after.isEmpty());
    for (const auto& call : after)
        QVERIFY(call[0].toInt() >= 38);
}

void PageViewTest::asksForTheVisiblePartAtHighZoom() {
    QSignalSpy parts(m_view.get(), &PageView::partWanted);
    QSignalSpy wanted(m_view.get(), &PageView::pictureWanted);
    m_view->goToPage(3);
    m_view->setZoom(8);
    QTRY_VERIFY(!parts.isEmpty());
    QCOMPARE(parts[0][1].toDouble(), 8.0);
    const QRect part = parts[0][3].toRect();
    QVERIFY(part.width() < 2 * 500 && part.height() < 2 * 700);
    for (const auto& call : wanted) {
        const double scale = call[1].toDouble();
        QVERIFY(scale * 400 * scale * 600 <= PageView::kPicturePixels);
    }
    const int page = parts[0][0].toInt();
    QImage red(part.size(), QImage::Format_RGB32);
    red.fill(Qt::red);
    m_view->setPicture(page, wanted[0][1].toDouble(), QImage(40, 60, QImage::Format_RGB32));
    m_view->setPart(page, 8, 0, part, red);
    QCOMPARE(grab(*m_view).pixelColor(200, 300), QColor(Qt::red));
}

void PageViewTest::paintsThePictureWhereThePageIs() {
    QImage picture(400, 600, QImage::Format_RGB32);
    picture.fill(Qt::white);
    QPainter painter(&picture);
    painter.fillRect(0, 0, 40, 40, Qt::red);
    painter.end();
    m_view->setPicture(1, 1, picture);
    const auto colorAt = [&](const QRectF& box) {
        return grab(*m_view).pixelColor(m_view->toViewport(1, box).center().toPoint());
    };
    QCOMPARE(colorAt({0, 0, 40, 40}), QColor(Qt::red));
    QCOMPARE(colorAt({40, 40, 40, 40}), QColor(Qt::white));
    for (const int rotation : {90, 180, 270}) {
        m_view->setRotation(rotation);
        m_view->goToPage(1);
        const bool isInView = m_view->viewport()->rect().contains(
            m_view->toViewport(1, {0, 0, 40, 40}).center().toPoint());
        if (!isInView)
            m_view->horizontalScrollBar()->setValue(m_view->horizontalScrollBar()->maximum());
        QCOMPARE(colorAt({0, 0, 40, 40}), QColor(Qt::red));
    }
    // A picture that comes turned is not turned again.
    m_view->setPages(book(3));
    m_view->setRotation(90);
    QImage turned(600, 400, QImage::Format_RGB32);
    turned.fill(Qt::white);
    QPainter second(&turned);
    second.fillRect(560, 0, 40, 40, Qt::red);
    second.end();
    m_view->setPicture(1, 1, turned, 90);
    m_view->horizontalScrollBar()->setValue(m_view->horizontalScrollBar()->maximum());
    QCOMPARE(colorAt({0, 0, 40, 40}), QColor(Qt::red));
}

void PageViewTest::saysWhyAPageFailed() {
    QSignalSpy wanted(m_view.get(), &PageView::pictureWanted);
    QTRY_VERIFY(!wanted.isEmpty());
    const QImage waiting = grab(*m_view);
    m_view->setPictureFailed(1, QStringLiteral("The page's stream ends too early."));
    QVERIFY(grab(*m_view) != waiting);
    wanted.clear();
    m_view->verticalScrollBar()->setValue(10);
    m_view->setZoom(1.5);
    QTRY_VERIFY(!wanted.isEmpty());
    for (const auto& call : wanted)
        QVERIFY2(call[0].toInt() != 1, "asking again would fail again");
}

void PageViewTest::highlightsTheExpectedRectangles_data() {
    QTest::addColumn<double>("zoom");
    QTest::addColumn<int>("rotation");
    for (const double zoom : {0.5, 1.0, 1.7}) {
        for (const int rotation : {0, 90, 180, 270})
            QTest::addRow("%g %d", zoom, rotation) << zoom << rotation;
    }
}

void PageViewTest::highlightsTheExpectedRectangles() {
    QFETCH(double, zoom);
    QFETCH(int, rotation);
    m_view->resize(1100, 1100);
    m_view->setPages(book(3));
    m_view->setZoom(zoom);
    m_view->setRotation(rotation);
    m_view->verticalScrollBar()->setValue(0);
    QImage white(400, 600, QImage::Format_RGB32);
    white.fill(Qt::white);
    m_view->setPicture(1, zoom, white);
    const QRectF box(100, 200, 120, 20);
    const QImage before = grab(*m_view);
    m_view->setHighlight({{1, box}});
    const QImage after = grab(*m_view);
    // What the rotation does to a box of the 400 × 600 page, worked out by hand.
    QRectF expected = box;
    if (rotation == 90)
        expected = {600 - box.bottom(), box.left(), box.height(), box.width()};
    else if (rotation == 180)
        expected = {400 - box.right(), 600 - box.bottom(), box.width(), box.height()};
    else if (rotation == 270)
        expected = {box.top(), 400 - box.right(), box.height(), box.width()};
    const QPointF corner = m_view->pageLayout().pageRect(1).topLeft();
    expected = QRectF(corner + expected.topLeft() * zoom, expected.size() * zoom);
    const QRectF shown = m_view->toViewport(1, box);
    QVERIFY((shown.topLeft() - expected.topLeft()).manhattanLength() < 1);
    QVERIFY((shown.bottomRight() - expected.bottomRight()).manhattanLength() < 1);
    const QRect inner = expected.toAlignedRect().adjusted(3, 3, -3, -3);
    const QRect outer = expected.toAlignedRect().adjusted(-12, -12, 12, 12);
    QVERIFY(after.rect().contains(outer));
    int unchangedInside = 0;
    int changedOutside = 0;
    for (int y = 0; y < after.height(); ++y) {
        for (int x = 0; x < after.width(); ++x) {
            const bool isChanged = before.pixel(x, y) != after.pixel(x, y);
            unchangedInside += inner.contains(x, y) && !isChanged;
            changedOutside += !outer.contains(x, y) && isChanged;
        }
    }
    QCOMPARE(unchangedInside, 0);
    QCOMPARE(changedOutside, 0);
}

void PageViewTest::fadesTheHighlightToAnOutline() {
    const QImage before = grab(*m_view);
    const QRectF box(100, 100, 120, 20);
    m_view->setHighlight({{1, box}});
    const QPoint middle = m_view->toViewport(1, box).center().toPoint();
    const QPoint edge(middle.x(), qRound(m_view->toViewport(1, box).top()) - 1);
    QVERIFY(grab(*m_view).pixel(middle) != before.pixel(middle));
    QTRY_COMPARE_WITH_TIMEOUT(grab(*m_view).pixel(middle), before.pixel(middle), 8000);
    QVERIFY2(grab(*m_view).pixel(edge) != before.pixel(edge), "the outline stays");
    m_view->setHighlight({});
    QCOMPARE(grab(*m_view), before);
}

void PageViewTest::zoomsAroundThePointer() {
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

void PageViewTest::selectsByMouse() {
    giveWords(1, 2);
    QSignalSpy changed(m_view.get(), &PageView::selectionChanged);
    QTest::mousePress(m_view->viewport(), Qt::LeftButton, {}, onWord(1, 12));
    QTest::mouseMove(m_view->viewport(), onWord(1, 15));
    QTest::mouseMove(m_view->viewport(), onWord(1, 27));
    QTest::mouseRelease(m_view->viewport(), Qt::LeftButton, {}, onWord(1, 27));
    QCOMPARE(selected().begin, wordBegin(1, 12));
    QCOMPARE(selected().end, wordBegin(1, 27) + 9);
    QVERIFY(!changed.isEmpty());
    // Backwards, from behind the end of a line.
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, QPoint(5, 5));
    QVERIFY(m_view->selection().isEmpty());
    QTest::mousePress(m_view->viewport(), Qt::LeftButton, {}, onWord(1, 39) + QPoint(40, 0));
    QTest::mouseMove(m_view->viewport(), onWord(1, 33));
    QTest::mouseRelease(m_view->viewport(), Qt::LeftButton, {}, onWord(1, 33));
    QCOMPARE(selected().begin, wordBegin(1, 33));
    QCOMPARE(selected().end, wordBegin(1, 39) + 9);
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, Qt::ShiftModifier, onWord(1, 45));
    QCOMPARE(selected().begin, wordBegin(1, 39));
    QCOMPARE(selected().end, wordBegin(1, 45) + 9);
    QTest::mouseDClick(m_view->viewport(), Qt::LeftButton, {}, onWord(1, 3));
    QCOMPARE(selected().begin, wordBegin(1, 3));
    QCOMPARE(selected().end, wordBegin(1, 3) + 9);
}

void PageViewTest::selectsByKeyboard() {
    giveWords(1, 2);
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

void PageViewTest::copiesOffsets() {
    giveWords(1, 1);
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

void PageViewTest::selectsOverABrokenWord() {
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

void PageViewTest::scrollsByKeyboard() {
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

void PageViewTest::zoomsAndTurnsByKeyboard() {
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

void PageViewTest::keepsThePlace_data() {
    QTest::addColumn<qint64>("offset");
    QTest::addColumn<bool>("hasWords");
    for (const qint64 offset :
         {qint64{0}, wordBegin(7, 0), wordBegin(7, 40), wordBegin(1500, 70)}) {
        QTest::addRow("%lld with words", static_cast<long long>(offset)) << offset << true;
        QTest::addRow("%lld without", static_cast<long long>(offset)) << offset << false;
    }
}

void PageViewTest::keepsThePlace() {
    QFETCH(qint64, offset);
    QFETCH(bool, hasWords);
    const int page = static_cast<int>(offset / kLetters) + 1;
    if (hasWords)
        giveWords(page, page);
    QSignalSpy top(m_view.get(), &PageView::topOffsetChanged);
    m_view->goToPage(300);
    m_view->goToOffset(offset);
    const qint64 tolerance = hasWords ? 0 : 2;
    QVERIFY(std::abs(m_view->topOffset() - offset) <= tolerance);
    QCOMPARE(top.last()[0].toLongLong(), m_view->topOffset());
    QCOMPARE(m_view->currentPage(), page);
    // Zooming out and in comes back; so does another width.
    m_view->resize(700, 700);
    QVERIFY(std::abs(m_view->topOffset() - offset) <= tolerance + 10);
}

void PageViewTest::revealsEvidence() {
    const QRectF box(40, 500, 300, 14);
    m_view->reveal({wordBegin(900, 80), wordBegin(900, 89)}, {{900, box}});
    QCOMPARE(m_view->currentPage(), 900);
    QVERIFY(QRectF(m_view->viewport()->rect()).contains(m_view->toViewport(900, box)));
    const int value = m_view->verticalScrollBar()->value();
    m_view->reveal({wordBegin(900, 80), wordBegin(900, 89)}, {{900, box.translated(0, 20)}});
    QCOMPARE(m_view->verticalScrollBar()->value(), value);
    // Wide pages are scrolled sideways too.
    m_view->setZoom(3);
    const QRectF right(350, 500, 40, 14);
    m_view->reveal({wordBegin(901, 80), wordBegin(901, 89)}, {{901, right}});
    QVERIFY(QRectF(m_view->viewport()->rect()).contains(m_view->toViewport(901, right)));
    m_view->reveal({0, 5}, {{9999, right}});
    QCOMPARE(m_view->currentPage(), 901);
}

void PageViewTest::revealsWordsWhenTheyCome() {
    m_view->setZoom(2);
    m_view->reveal({wordBegin(40, 90), wordBegin(40, 92) + 9});
    QCOMPARE(m_view->currentPage(), 40);
    QVERIFY(m_view->highlight().empty());
    giveWords(40, 40);
    QVERIFY(m_view->viewport()->rect().contains(onWord(40, 90)));
    // A person who scrolled meanwhile is left alone.
    m_view->reveal({wordBegin(80, 90), wordBegin(80, 92) + 9});
    m_view->verticalScrollBar()->setValue(100);
    giveWords(80, 80);
    QCOMPARE(m_view->verticalScrollBar()->value(), 100);
}

void PageViewTest::followsLinks() {
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

void PageViewTest::offersTheContextMenu() {
    giveWords(1, 1);
    m_view->select({20, 49});
    QSignalSpy ask(m_view.get(), &PageView::askAboutRequested);
    QSignalSpy asOf(m_view.get(), &PageView::asOfRequested);
    QSignalSpy cite(m_view.get(), &PageView::copyWithCitationRequested);
    const auto choose = [&](const char* name) {
        const QPoint at = onWord(1, 33);
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

void PageViewTest::invertsPicturesOnly() {
    QImage white(400, 600, QImage::Format_RGB32);
    white.fill(Qt::white);
    m_view->setPicture(1, 1, white);
    const QPoint inside = m_view->pageLayout().pageRect(1).center();
    const QPoint outside(3, 300);
    const QRgb around = grab(*m_view).pixel(outside);
    m_view->setInverted(true);
    QCOMPARE(grab(*m_view).pixelColor(inside), QColor(Qt::black));
    QCOMPARE(grab(*m_view).pixel(outside), around);
}

void PageViewTest::speaksToScreenReaders() {
    giveWords(2, 2);
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

QTEST_MAIN(PageViewTest)
#include "page_view_test.moc"
