#include <QTest>

#include <set>

#include "ui/page_cache.h"
#include "ui/page_demand.h"
#include "ui/page_layout.h"
#include "ui/page_parts.h"

using ui::Fit;
using ui::PageLayout;

class PageLayoutTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void goesThereAndBack_data();
    void goesThereAndBack();
    void turnsClockwise();
    void findsThePageOfEveryHeight();
    void limitsTheZoom();
    void fitsTheWidthOfTheUsualPage();
    void fitsAWholePage();
    void standsWithoutPages();
    void findsThePageOfAnOffset();
    void keepsPicturesByBytes();
    void offersAnotherScaleUntilTheRightOneComes();
    void asksForWhatIsInViewFirstAndOnce();
    void asksForPartsWithRoomAround();
    void asksForNoLargerPartThanIsDrawn();

private:
    static std::vector<QSizeF> book(int count) {
        std::vector<QSizeF> sizes;
        for (int i = 0; i < count; ++i)
            sizes.emplace_back(i % 7 == 3 ? 842 : 595.3, i % 7 == 3 ? 595 : 841.9);
        return sizes;
    }
};

void PageLayoutTest::goesThereAndBack_data() {
    QTest::addColumn<double>("zoom");
    QTest::addColumn<int>("rotation");
    for (const double zoom : {0.1, 0.33, 1.0, 1.37, 8.0}) {
        for (const int rotation : {0, 90, 180, 270})
            QTest::addRow("%g %d", zoom, rotation) << zoom << rotation;
    }
}

void PageLayoutTest::goesThereAndBack() {
    QFETCH(double, zoom);
    QFETCH(int, rotation);
    PageLayout layout;
    layout.setPages(book(2400));
    layout.setViewport({800, 600});
    layout.setZoom(zoom);
    layout.setRotation(rotation);
    for (const int page : {1, 4, 1200, 2399, 2400}) {
        const QPointF corners[] = {{1, 2}, {300.25, 400.5}, {594, 10}};
        for (const QPointF& point : corners) {
            if (point.y() >= layout.pageSize(page).height())
                continue;
            const QPointF content = layout.toContent(page).map(point);
            const ui::PagePoint back = layout.toPage(content);
            QCOMPARE(back.page, page);
            QVERIFY((back.point - point).manhattanLength() < 1e-6);
            QVERIFY(QRectF(layout.pageRect(page)).adjusted(-1, -1, 1, 1).contains(content));
        }
    }
}

void PageLayoutTest::turnsClockwise() {
    PageLayout layout;
    layout.setPages({{200, 100}});
    layout.setViewport({400, 400});
    const QRectF corner(0, 0, 20, 10);
    const auto at = [&](int rotation) {
        layout.setRotation(rotation);
        return layout.toContent(1, corner).translated(-layout.pageRect(1).topLeft());
    };
    QCOMPARE(at(0), QRectF(0, 0, 20, 10));
    QCOMPARE(at(90), QRectF(90, 0, 10, 20));
    QCOMPARE(at(180), QRectF(180, 90, 20, 10));
    QCOMPARE(at(270), QRectF(0, 180, 10, 20));
    QCOMPARE(at(-90), QRectF(0, 180, 10, 20));
}

void PageLayoutTest::findsThePageOfEveryHeight() {
    PageLayout layout;
    layout.setPages(book(2400));
    layout.setViewport({800, 600});
    layout.setZoom(0.5);
    int expected = 1;
    for (int y = 0; y < layout.contentSize().height(); y += 3) {
        while (expected < 2400 && layout.pageRect(expected + 1).top() <= y)
            ++expected;
        QCOMPARE(layout.pageAt(y), expected);
        const auto [first, last] = layout.pagesBetween(y, y + 600);
        QVERIFY(layout.pageRect(first).bottom() >= y || first == 2400);
        QVERIFY(first == 1 || layout.pageRect(first - 1).bottom() < y);
        QVERIFY(last == 2400 || layout.pageRect(last + 1).top() > y + 600);
    }
}

void PageLayoutTest::limitsTheZoom() {
    PageLayout layout;
    layout.setPages(book(3));
    layout.setZoom(0.01);
    QCOMPARE(layout.zoom(), 0.1);
    layout.setZoom(99);
    QCOMPARE(layout.zoom(), 8.0);
    QCOMPARE(layout.pageRect(1).width(), qRound(595.3 * 8));
}

void PageLayoutTest::fitsTheWidthOfTheUsualPage() {
    std::vector<QSizeF> sizes(40, QSizeF(500, 700));
    sizes[7] = QSizeF(2000, 700);
    PageLayout layout;
    layout.setPages(sizes);
    layout.setFit(Fit::Width);
    layout.setViewport({1024, 600});
    QCOMPARE(layout.pageRect(1).width(), 1024 - 2 * PageLayout::kMargin);
    QCOMPARE(layout.pageRect(1).left(), (layout.contentSize().width() - 1000) / 2);
    QVERIFY(layout.contentSize().width() > 1024);
    layout.setRotation(90);
    QCOMPARE(layout.pageRect(1).width(), 1024 - 2 * PageLayout::kMargin);
    layout.setViewport({524, 600});
    QCOMPARE(layout.pageRect(1).width(), 500);
    layout.setZoom(1);
    layout.setViewport({900, 600});
    QCOMPARE(layout.zoom(), 1.0);
}

void PageLayoutTest::fitsAWholePage() {
    PageLayout layout;
    layout.setPages({{500, 700}, {500, 700}});
    layout.setFit(Fit::Page);
    layout.setViewport({1024, 374});
    QCOMPARE(layout.pageRect(1).height(), 350);
    QCOMPARE(layout.pageRect(1).width(), 250);
}

void PageLayoutTest::standsWithoutPages() {
    PageLayout layout;
    layout.setViewport({100, 100});
    layout.setFit(Fit::Page);
    QCOMPARE(layout.pageAt(5), 0);
    QCOMPARE(layout.toPage({5, 5}).page, 0);
    QCOMPARE(layout.pagesBetween(0, 100), std::pair(0, -1));
    layout.setPages({{0, -3}});
    QVERIFY(layout.pageSize(1).width() > 100);
}

void PageLayoutTest::findsThePageOfAnOffset() {
    std::vector<ui::PageInfo> pages(4);
    pages[0].range = {0, 10};
    pages[1].range = {10, 10};
    pages[2].range = {10, 30};
    pages[3].range = {30, 40};
    QCOMPARE(ui::placeOfOffset(pages, -1), 0);
    QCOMPARE(ui::placeOfOffset(pages, 9), 0);
    QCOMPARE(ui::placeOfOffset(pages, 10), 2);
    QCOMPARE(ui::placeOfOffset(pages, 99), 3);
    QCOMPARE(ui::placeOfOffset({}, 0), -1);
}

void PageLayoutTest::keepsPicturesByBytes() {
    const QImage picture(100, 100, QImage::Format_RGB32);
    ui::PageCache cache(3 * picture.sizeInBytes());
    for (int page = 1; page <= 3; ++page)
        cache.insert({page, 1, 0}, picture);
    QVERIFY(cache.find({1, 1, 0}));
    cache.insert({4, 1, 0}, picture);
    QVERIFY(cache.bytes() <= 3 * picture.sizeInBytes());
    QVERIFY2(cache.contains(1, 1), "it was painted after page 2");
    QVERIFY(!cache.contains(2, 1));
}

void PageLayoutTest::offersAnotherScaleUntilTheRightOneComes() {
    ui::PageCache cache;
    cache.insert({1, 1, 0}, QImage(10, 20, QImage::Format_RGB32));
    const auto other = cache.find({1, 2, 90});
    QVERIFY(other && !other->isExact);
    QCOMPARE(other->rotation, 0);
    cache.insert({1, 2, 90}, QImage(40, 20, QImage::Format_RGB32));
    const auto exact = cache.find({1, 2, 90});
    QVERIFY(exact && exact->isExact);
    QCOMPARE(exact->image.width(), 40);
    QVERIFY(cache.contains(1, 2));
    QVERIFY(!cache.find({2, 2, 90}));
}

void PageLayoutTest::asksForWhatIsInViewFirstAndOnce() {
    ui::PageDemand demand;
    const auto one = [](int) { return 1.0; };
    std::set<int> there;
    const auto has = [&](int page, double) { return there.contains(page); };
    auto change = demand.update({10, 12}, 2400, one, has);
    QCOMPARE(change.wanted, (std::vector{10, 12, 11}));
    QVERIFY(demand.update({10, 12}, 2400, one, has).wanted.empty());
    for (const int page : {10, 11, 12}) {
        there.insert(page);
        demand.settle(page, 1);
    }
    QCOMPARE(demand.update({10, 12}, 2400, one, has).wanted, (std::vector{8, 14, 9, 13}));
    change = demand.update({12, 14}, 2400, one, has);
    QCOMPARE(change.unwanted, (std::vector{8, 9}));
    QVERIFY2(change.wanted.empty(), "those in view are waited for already");
    demand.settle(13, 0.5);
    QVERIFY2(demand.update({12, 14}, 2400, one, has).wanted.empty(), "a late answer");
    demand.settle(13, 1);
    QCOMPARE(demand.update({12, 14}, 2400, one, has).wanted, std::vector{13});
    there.insert(1);
    QCOMPARE(demand.update({1, 1}, 2, one, has).wanted, std::vector{2});
}

void PageLayoutTest::asksForPartsWithRoomAround() {
    ui::PageParts parts;
    const QRect whole(0, 0, 4000, 6000);
    const auto part = parts.missing(3, 7, 0, {1000, 2000, 800, 400}, whole);
    QCOMPARE(part, std::optional(QRect(800, 1900, 1200, 600)));
    QVERIFY(!parts.missing(3, 7, 0, {1100, 2050, 800, 400}, whole));
    parts.set(3, {7, 90, *part, QImage(1200, 600, QImage::Format_RGB32)});
    QVERIFY2(!parts.find(3, 7, 90), "nobody asked for it turned");
    parts.set(3, {7, 0, *part, QImage(1200, 600, QImage::Format_RGB32)});
    QVERIFY(parts.find(3, 7, 0));
    QVERIFY(!parts.find(3, 8, 0));
    QVERIFY(parts.missing(3, 7, 0, {2000, 2050, 800, 400}, whole));
    parts.keepOnly(4, 5);
    QVERIFY(!parts.find(3, 7, 0));
}

void PageLayoutTest::asksForNoLargerPartThanIsDrawn() {
    constexpr qint64 kMost = 8 << 20; // as engine::RenderRequest has it
    const auto pixels = [](const QRect& part) {
        return static_cast<qint64>(part.width()) * part.height();
    };
    ui::PageParts parts;
    // On a screen of high density in the middle of a page: no room for all that is around it.
    const QRect inView(150, 900, 2640, 1960);
    const auto widened = parts.missing(1, 5, 0, inView, {0, 0, 2975, 4210});
    QVERIFY(widened && widened->contains(inView) && *widened != inView);
    QVERIFY(pixels(*widened) <= kMost);
    // More than a picture may be is in view: its middle.
    const QRect whole(0, 0, 6000, 9000), huge(0, 3000, 5120, 2880);
    const auto cut = parts.missing(2, 8, 0, huge, whole);
    QVERIFY(cut && huge.contains(*cut));
    QVERIFY(pixels(*cut) <= kMost && pixels(*cut) > kMost * 9 / 10);
    QVERIFY((cut->center() - huge.center()).manhattanLength() <= 2);
    QVERIFY2(!parts.missing(2, 8, 0, huge, whole), "it is on its way");
}

QTEST_MAIN(PageLayoutTest)
#include "page_layout_test.moc"
