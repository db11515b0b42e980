#include <QAccessible>
#include <QSignalSpy>
#include <QTest>

#include "ui/memory_strip.h"

using ui::MemoryStrip;
using ui::PageState;

class MemoryStripTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void givesEveryPageACell();
    void gathersPagesWhenThereAreMany();
    void neverLosesAFailedPage();
    void saysWhatIsKnown();
    void goesWhereItIsClicked();
    void walksByKeyboard();
    void speaksToScreenReaders();
    void tellsStatesApartWithoutColour();
    void standsWithoutPages();

private:
    static std::vector<ui::PageInfo> pages(int count) {
        std::vector<ui::PageInfo> made(static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i) {
            made[static_cast<std::size_t>(i)].index = i + 1;
            made[static_cast<std::size_t>(i)].label = QString::number(i + 1);
        }
        return made;
    }
};

void MemoryStripTest::givesEveryPageACell() {
    MemoryStrip strip;
    strip.resize(412, MemoryStrip::kHeight);
    strip.setPages(pages(40));
    strip.setReadPages(10);
    const auto cells = strip.cells();
    QCOMPARE(cells.size(), std::size_t{40});
    QCOMPARE(cells[9].read, 1.0);
    QCOMPARE(cells[10].read, 0.0);
    for (std::size_t i = 1; i < cells.size(); ++i)
        QCOMPARE(strip.cellRect(i).left(), strip.cellRect(i - 1).right());
    QCOMPARE(strip.cellRect(0).left(), 6.0);
    QCOMPARE(strip.cellRect(39).right(), 406.0);
    QCOMPARE(strip.sizeHint().height(), 24);
}

void MemoryStripTest::gathersPagesWhenThereAreMany() {
    MemoryStrip strip;
    strip.resize(412, MemoryStrip::kHeight);
    strip.setPages(pages(2400));
    strip.setReadPages(45);
    strip.setSnapshots({31});
    const auto cells = strip.cells();
    QCOMPARE(cells.size(), std::size_t{80});
    QCOMPARE(cells[0].first, 1);
    QCOMPARE(cells[79].last, 2400);
    QCOMPARE(cells[0].read, 1.0);
    QCOMPARE(cells[1].read, 0.5);
    QVERIFY(cells[1].hasSnapshot && !cells[0].hasSnapshot);
}

void MemoryStripTest::neverLosesAFailedPage() {
    auto many = pages(2400);
    many[777].state = PageState::Failed;
    many[778].state = PageState::Empty;
    MemoryStrip strip;
    strip.resize(412, MemoryStrip::kHeight);
    strip.setPages(many);
    QCOMPARE(strip.cells()[777 / 30].state, PageState::Failed);
    QCOMPARE(strip.cells()[0].state, PageState::Text);
}

void MemoryStripTest::saysWhatIsKnown() {
    auto few = pages(4);
    few[0].label = QStringLiteral("<i>");
    few[1].state = PageState::Ocr;
    few[2].state = PageState::Failed;
    MemoryStrip strip;
    strip.resize(400, MemoryStrip::kHeight);
    strip.setPages(few);
    strip.setReadPages(2);
    strip.setSnapshots({2});
    strip.setBound(2);
    strip.setCurrentPage(1);
    QCOMPARE(strip.describe(1).join(u' '),
             QStringLiteral("Page <i> (PDF 1). In memory. You are here."));
    QCOMPARE(
        strip.describe(2).join(u' '),
        QStringLiteral("Page 2. In memory. Its text was recognised in a picture. A snapshot was "
                       "taken here. Answers use nothing after this place."));
    QVERIFY(strip.describe(3).contains(QStringLiteral("It could not be read.")));
    QVERIFY(strip.describe(3).contains(QStringLiteral("Not in memory.")));
    QVERIFY(strip.describe(99).isEmpty());
    strip.setPages(few, ui::PageUnit::Location);
    QCOMPARE(strip.describe(1)[0], QStringLiteral("Location 1."));
    strip.setPages(few, ui::PageUnit::PrintedPage);
    QCOMPARE(strip.describe(1)[0], QStringLiteral("Page <i>."));
}

void MemoryStripTest::goesWhereItIsClicked() {
    MemoryStrip strip;
    strip.resize(412, MemoryStrip::kHeight);
    strip.setPages(pages(40));
    QSignalSpy activated(&strip, &MemoryStrip::pageActivated);
    for (const int page : {1, 17, 40}) {
        QTest::mouseClick(&strip, Qt::LeftButton, {},
                          strip.cellRect(static_cast<std::size_t>(page - 1)).center().toPoint());
        QCOMPARE(activated.last()[0].toInt(), page);
    }
    strip.setPages(pages(2400));
    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(411, 10));
    QCOMPARE(activated.last()[0].toInt(), 2400);
}

void MemoryStripTest::walksByKeyboard() {
    MemoryStrip strip;
    strip.resize(412, MemoryStrip::kHeight);
    strip.setPages(pages(2400));
    QSignalSpy activated(&strip, &MemoryStrip::pageActivated);
    QTest::keyClick(&strip, Qt::Key_Left);
    QCOMPARE(strip.markedPage(), 1);
    QTest::keyClick(&strip, Qt::Key_Right);
    QTest::keyClick(&strip, Qt::Key_Right);
    QCOMPARE(strip.markedPage(), 61);
    QVERIFY(activated.isEmpty());
    QTest::keyClick(&strip, Qt::Key_Return);
    QCOMPARE(activated.last()[0].toInt(), 61);
    QTest::keyClick(&strip, Qt::Key_End);
    QCOMPARE(strip.markedPage(), 2400);
    QTest::keyClick(&strip, Qt::Key_Right);
    QCOMPARE(strip.markedPage(), 2400);
    QTest::keyClick(&strip, Qt::Key_Home);
    QCOMPARE(strip.markedPage(), 1);
}

void MemoryStripTest::speaksToScreenReaders() {
    MemoryStrip strip;
    strip.resize(412, MemoryStrip::kHeight);
    strip.setPages(pages(40));
    strip.setReadPages(40);
    QAccessibleInterface* const face = QAccessible::queryAccessibleInterface(&strip);
    QVERIFY(face && face->valueInterface());
    QCOMPARE(face->text(QAccessible::Name), QStringLiteral("Memory of the document"));
    QCOMPARE(face->valueInterface()->maximumValue().toInt(), 40);
    face->valueInterface()->setCurrentValue(7);
    QCOMPARE(strip.markedPage(), 7);
    QCOMPARE(face->text(QAccessible::Value), QStringLiteral("Page 7. In memory."));
}

void MemoryStripTest::tellsStatesApartWithoutColour() {
    auto few = pages(6);
    few[1].state = PageState::Ocr;
    few[2].state = PageState::Empty;
    few[3].state = PageState::Failed;
    MemoryStrip strip;
    strip.resize(252, MemoryStrip::kHeight);
    strip.setPages(few);
    strip.setReadPages(5);
    const QImage grey = strip.grab().toImage().convertToFormat(QImage::Format_Grayscale8);
    std::vector<QImage> seen;
    for (std::size_t i = 0; i < 6; ++i) {
        if (i == 4)
            continue;
        seen.push_back(grey.copy(strip.cellRect(i).toRect()));
    }
    for (std::size_t left = 0; left < seen.size(); ++left) {
        for (std::size_t right = left + 1; right < seen.size(); ++right)
            QVERIFY(seen[left] != seen[right]);
    }
}

void MemoryStripTest::standsWithoutPages() {
    MemoryStrip strip;
    strip.resize(252, MemoryStrip::kHeight);
    QSignalSpy activated(&strip, &MemoryStrip::pageActivated);
    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(100, 10));
    QTest::keyClick(&strip, Qt::Key_Return);
    QVERIFY(activated.isEmpty());
    QVERIFY(!strip.grab().isNull());
    QVERIFY(strip.cells().empty());
}

QTEST_MAIN(MemoryStripTest)
#include "memory_strip_test.moc"
