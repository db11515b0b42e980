#include <QAction>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "ui/bound_chip.h"

class BoundChipTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void startsWithTheWholeBook();
    void takesAPage();
    void leavesThePageByEscape();
    void followsThePerson();
    void standsDownAtTheLastPage();
    void takesBackWhatNamesNoPlace();
    void countsLocations();
    void showsStrangeLabelsAsTheyAre();

private:
    static QString text(const ui::BoundChip& chip) {
        return chip.findChild<QPushButton*>(QStringLiteral("boundButton"))->text();
    }
    static void choose(const ui::BoundChip& chip, const char* name) {
        chip.findChild<QAction*>(QString::fromLatin1(name))->trigger();
    }
};

void BoundChipTest::startsWithTheWholeBook() {
    ui::BoundChip chip;
    QCOMPARE(chip.bound(), QString());
    QCOMPARE(text(chip), QStringLiteral("Whole book"));
    QVERIFY(!chip.findChild<QAction*>(QStringLiteral("boundHere"))->isEnabled());
}

void BoundChipTest::takesAPage() {
    ui::BoundChip chip;
    chip.show();
    QSignalSpy changed(&chip, &ui::BoundChip::boundChanged);
    choose(chip, "boundOther");
    auto* page = chip.findChild<QLineEdit*>(QStringLiteral("boundPage"));
    QVERIFY(page->isVisible());
    QTest::keyClicks(page, QStringLiteral(" 212 "));
    QTest::keyClick(page, Qt::Key_Return);
    QVERIFY(!page->isVisible());
    QCOMPARE(changed.size(), 1);
    QCOMPARE(changed[0][0].toString(), QStringLiteral("212"));
    QCOMPARE(text(chip), QStringLiteral("As of p. 212"));
    chip.setBound(QStringLiteral("chapter:7"));
    QCOMPARE(text(chip), QStringLiteral("As of end of ch. 7"));
    choose(chip, "boundWhole");
    QCOMPARE(changed.last()[0].toString(), QString());
}

void BoundChipTest::leavesThePageByEscape() {
    ui::BoundChip chip;
    chip.show();
    chip.setBound(QStringLiteral("xii"));
    QSignalSpy changed(&chip, &ui::BoundChip::boundChanged);
    choose(chip, "boundOther");
    auto* page = chip.findChild<QLineEdit*>(QStringLiteral("boundPage"));
    QCOMPARE(page->text(), QStringLiteral("xii"));
    QTest::keyClicks(page, QStringLiteral("9"));
    QTest::keyClick(page, Qt::Key_Escape);
    QVERIFY(!page->isVisible());
    QCOMPARE(changed.size(), 0);
    QCOMPARE(chip.bound(), QStringLiteral("xii"));
}

void BoundChipTest::followsThePerson() {
    ui::BoundChip chip;
    QSignalSpy changed(&chip, &ui::BoundChip::boundChanged);
    chip.setPosition(40, QStringLiteral("30"), 600);
    QCOMPARE(changed.size(), 0);
    choose(chip, "boundHere");
    QCOMPARE(changed.last()[0].toString(), QStringLiteral("index:40"));
    QCOMPARE(text(chip), QStringLiteral("Where I am: p. 30 (PDF 40)"));
    chip.setPosition(41, QStringLiteral("31"), 600);
    QCOMPARE(changed.last()[0].toString(), QStringLiteral("index:41"));
    chip.setPosition(41, QStringLiteral("31"), 600);
    QCOMPARE(changed.size(), 2);
}

void BoundChipTest::standsDownAtTheLastPage() {
    ui::BoundChip chip;
    chip.setPosition(599, QStringLiteral("599"), 600);
    chip.followPosition();
    QSignalSpy changed(&chip, &ui::BoundChip::boundChanged);
    chip.setPosition(600, QStringLiteral("600"), 600);
    QCOMPARE(changed.size(), 1);
    QCOMPARE(changed[0][0].toString(), QString());
    QVERIFY(!chip.isFollowing());
    // Going back does not bring a bound back that has stood down.
    chip.setPosition(10, QStringLiteral("10"), 600);
    QCOMPARE(chip.bound(), QString());
}

void BoundChipTest::takesBackWhatNamesNoPlace() {
    ui::BoundChip chip;
    chip.setPosition(40, QStringLiteral("30"), 600);
    chip.followPosition();
    chip.setPosition(41, QStringLiteral("31"), 600);
    chip.setBound(QStringLiteral("nowhere"));
    chip.takeBack();
    QVERIFY(chip.isFollowing());
    QCOMPARE(chip.bound(), QStringLiteral("index:41"));
    // Where the one before is refused too, none is left.
    chip.setBound(QStringLiteral("nowhere"));
    chip.setBound(QStringLiteral("elsewhere"));
    QStringList refused;
    connect(&chip, &ui::BoundChip::boundChanged, &chip, [&](const QString& spec) {
        refused.append(spec);
        if (!spec.isEmpty())
            chip.takeBack();
    });
    chip.takeBack();
    QCOMPARE(refused, (QStringList{QStringLiteral("nowhere"), QString()}));
    QCOMPARE(chip.bound(), QString());
}

void BoundChipTest::countsLocations() {
    ui::BoundChip chip;
    chip.setPosition(37, QStringLiteral("37"), 230, ui::PageUnit::Location);
    chip.followPosition();
    QCOMPARE(chip.bound(), QStringLiteral("loc:37"));
    QCOMPARE(chip.boundText(), QStringLiteral("loc. 37"));
    chip.setPosition(226, QStringLiteral("214"), 400, ui::PageUnit::PrintedPage);
    QCOMPARE(chip.bound(), QStringLiteral("index:226"));
    QCOMPARE(chip.boundText(), QStringLiteral("p. 214"));
    // What stands in front of the first printed page has no number, and is not its page 1.
    chip.setPosition(1, QStringLiteral("[1]"), 400, ui::PageUnit::PrintedPage);
    QCOMPARE(chip.bound(), QStringLiteral("index:1"));
    QCOMPARE(chip.boundText(), QStringLiteral("p. [1]"));
    chip.setBound(QStringLiteral("[1]"));
    chip.setPosition(2, QStringLiteral("1"), 400, ui::PageUnit::PrintedPage);
    QCOMPARE(chip.boundText(), QStringLiteral("p. [1]"));
    chip.followPosition();
    QCOMPARE(chip.boundText(), QStringLiteral("p. 1"));
}

void BoundChipTest::showsStrangeLabelsAsTheyAre() {
    ui::BoundChip chip;
    chip.setPosition(3, QStringLiteral("A&B<i>\n"), 600);
    chip.followPosition();
    QCOMPARE(chip.boundText(), QStringLiteral("p. A&B<i> (PDF 3)"));
    QVERIFY(text(chip).contains(QStringLiteral("A&&B<i>")));
    QVERIFY(!chip.findChild<QPushButton*>(QStringLiteral("boundButton"))
                 ->toolTip()
                 .contains(QStringLiteral("<i>")));
}

QTEST_MAIN(BoundChipTest)
#include "bound_chip_test.moc"
