#include <QPainter>
#include <QSignalSpy>
#include <QTest>

#include <cmath>
#include <set>

#include "tests/gui/page_book.h"

using engine::TextRange;
using ui::PageView;
using namespace support;

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
    void asksForAPartAgain();
    void paintsThePictureWhereThePageIs();
    void saysWhyAPageFailed();
    void highlightsTheExpectedRectangles_data();
    void highlightsTheExpectedRectangles();
    void fadesTheHighlightToAnOutline();
    void keepsThePlace_data();
    void keepsThePlace();
    void revealsEvidence();
    void revealsWordsWhenTheyCome();
    void invertsPicturesOnly();

private:
    std::unique_ptr<PageView> m_view;
};

void PageViewTest::init() {
    m_view = shownView();
    QVERIFY(m_view);
}

void PageViewTest::asksForWhatIsNearWhileScrolling() {
    QSignalSpy wanted(m_view.get(), &PageView::pictureWanted);
    QSignalSpy unwanted(m_view.get(), &PageView::pictureUnwanted);
    m_view->goToPage(1000);
    QTRY_VERIFY(!wanted.isEmpty());
    // Those in view first, and what is around them when they are there.
    std::set<int> asked;
    for (const auto& call : wanted) {
        asked.insert(call[0].toInt());
        QCOMPARE(call[1].toDouble(), 1.0);
    }
    QCOMPARE(asked, (std::set{1000, 1001}));
    wanted.clear();
    for (const int page : asked)
        m_view->setPicture(page, 1, QImage(400, 600, QImage::Format_RGB32));
    QTRY_COMPARE(wanted.size(), 4);
    for (const auto& call : wanted)
        asked.insert(call[0].toInt());
    QCOMPARE(asked, (std::set{998, 999, 1000, 1001, 1002, 1003}));
    QVERIFY2(wanted.back()[0].toInt() == 999 || wanted.back()[0].toInt() == 1002, "nearest last");
    wanted.clear();
    m_view->goToPage(1004);
    QTRY_VERIFY(!wanted.isEmpty());
    std::set<int> left;
    for (const auto& call : unwanted)
        left.insert(call[0].toInt());
    QVERIFY(left.contains(998) && left.contains(999) && !left.contains(1003));
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
    giveWords(*m_view, 7, 8);
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

void PageViewTest::asksForAPartAgain() {
    QSignalSpy parts(m_view.get(), &PageView::partWanted);
    m_view->goToPage(3);
    m_view->setZoom(8);
    QTRY_VERIFY(!parts.isEmpty());
    parts.clear();
    m_view->tryAgain(); // it failed
    QTRY_VERIFY(!parts.isEmpty());
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
        giveWords(*m_view, page, page);
    QSignalSpy top(m_view.get(), &PageView::topOffsetChanged);
    m_view->goToPage(300);
    m_view->goToOffset(offset);
    const qint64 tolerance = hasWords ? 0 : 2;
    QVERIFY(std::abs(m_view->topOffset() - offset) <= tolerance);
    QCOMPARE(top.last()[0].toLongLong(), m_view->topOffset());
    if (offset % kLetters < kLetters / 2)
        QCOMPARE(m_view->currentPage(), page);
    // Another width keeps it.
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
    giveWords(*m_view, 40, 40);
    QVERIFY(m_view->viewport()->rect().contains(onWord(*m_view, 40, 90)));
    // A person who scrolled meanwhile is left alone.
    m_view->reveal({wordBegin(80, 90), wordBegin(80, 92) + 9});
    m_view->verticalScrollBar()->setValue(100);
    giveWords(*m_view, 80, 80);
    QCOMPARE(m_view->verticalScrollBar()->value(), 100);
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

QTEST_MAIN(PageViewTest)
#include "page_view_test.moc"
