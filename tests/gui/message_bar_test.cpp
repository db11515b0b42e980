#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/message_bar.h"

class MessageBarTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void showsOneAfterTheOther();
    void doesItsAction();
    void goesAfterItsTime();
    void staysWithoutATime();
    void withdrawsWithoutASound();
    void saysWhatHappened();

private:
    static QString sentence(const ui::MessageBar& bar) {
        return bar.findChild<QLabel*>(QStringLiteral("messageSentence"))->text();
    }
    static constexpr auto kInfo = ui::MessageBar::Kind::Info;
};

void MessageBarTest::showsOneAfterTheOther() {
    ui::MessageBar bar;
    QVERIFY(!bar.isVisible());
    QSignalSpy dismissed(&bar, &ui::MessageBar::dismissed);
    const int first = bar.post(kInfo, QStringLiteral("<b>First</b>"));
    const int second = bar.post(kInfo, QStringLiteral("Second"));
    QVERIFY(first != second);
    QVERIFY(bar.isVisible());
    QCOMPARE(sentence(bar), QStringLiteral("<b>First</b>"));
    QCOMPARE(bar.findChild<QLabel*>(QStringLiteral("messageSentence"))->textFormat(),
             Qt::PlainText);
    QCOMPARE(bar.findChild<QLabel*>(QStringLiteral("messageWaiting"))->text(),
             QStringLiteral("1 more"));
    bar.findChild<QToolButton*>(QStringLiteral("messageClose"))->click();
    QCOMPARE(dismissed[0][0].toInt(), first);
    QCOMPARE(sentence(bar), QStringLiteral("Second"));
    QTest::keyClick(&bar, Qt::Key_Escape);
    QCOMPARE(dismissed[1][0].toInt(), second);
    QVERIFY(!bar.isVisible());
    QVERIFY(bar.isEmpty());
}

void MessageBarTest::doesItsAction() {
    ui::MessageBar bar;
    QSignalSpy acted(&bar, &ui::MessageBar::actionTriggered);
    QSignalSpy dismissed(&bar, &ui::MessageBar::dismissed);
    auto* button = bar.findChild<QPushButton*>(QStringLiteral("messageAction"));
    bar.post(kInfo, QStringLiteral("No action"));
    QVERIFY(!button->isVisible());
    const int undo = bar.post(kInfo, QStringLiteral("Removed"), QStringLiteral("Undo"));
    QTest::keyClick(&bar, Qt::Key_Escape);
    QVERIFY(button->isVisible());
    QCOMPARE(button->text(), QStringLiteral("Undo"));
    button->click();
    QCOMPARE(acted.size(), 1);
    QCOMPARE(acted[0][0].toInt(), undo);
    QCOMPARE(dismissed.size(), 1);
    QVERIFY(!bar.isVisible());
}

void MessageBarTest::goesAfterItsTime() {
    // The bar waits while it is pointed at or has the focus, so it stands in a window that gives it
    // neither.
    QWidget window;
    auto* layout = new QVBoxLayout(&window);
    auto* other = new QLineEdit(&window);
    auto* bar = new ui::MessageBar(&window);
    layout->addWidget(other);
    layout->addStretch(1);
    layout->addWidget(bar);
    window.resize(400, 400);
    window.move(300, 300);
    window.show();
    other->setFocus();
    QSignalSpy dismissed(bar, &ui::MessageBar::dismissed);
    bar->post(kInfo, QStringLiteral("Short"), {}, 20);
    bar->post(kInfo, QStringLiteral("Next"), {}, 60'000);
    QTRY_COMPARE(dismissed.size(), 1);
    QCOMPARE(sentence(*bar), QStringLiteral("Next"));
    auto* timer = bar->findChild<QTimer*>(QStringLiteral("messageTimer"));
    QVERIFY(timer->isActive());
    // Who reaches it by keyboard has all the time of the world.
    auto* close = bar->findChild<QToolButton*>(QStringLiteral("messageClose"));
    close->setFocus(Qt::TabFocusReason);
    QTRY_VERIFY(!timer->isActive());
    other->setFocus();
    QTRY_VERIFY(timer->isActive());
}

void MessageBarTest::staysWithoutATime() {
    ui::MessageBar bar;
    bar.post(kInfo, QStringLiteral("Stays"));
    QVERIFY(!bar.findChild<QTimer*>(QStringLiteral("messageTimer"))->isActive());
}

void MessageBarTest::withdrawsWithoutASound() {
    ui::MessageBar bar;
    QSignalSpy dismissed(&bar, &ui::MessageBar::dismissed);
    const int first = bar.post(kInfo, QStringLiteral("First"));
    const int second = bar.post(kInfo, QStringLiteral("Second"));
    const int third = bar.post(kInfo, QStringLiteral("Third"));
    bar.withdraw(second);
    bar.withdraw(first);
    QCOMPARE(sentence(bar), QStringLiteral("Third"));
    bar.withdraw(third);
    bar.withdraw(third);
    QVERIFY(!bar.isVisible());
    QCOMPARE(dismissed.size(), 0);
}

void MessageBarTest::saysWhatHappened() {
    ui::MessageBar bar;
    bar.post(ui::MessageBar::Kind::Failure, QStringLiteral("The disk is full."));
    QCOMPARE(bar.accessibleName(), QStringLiteral("Failed: The disk is full."));
}

QTEST_MAIN(MessageBarTest)
#include "message_bar_test.moc"
