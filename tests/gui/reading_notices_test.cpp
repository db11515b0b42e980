#include <QAbstractButton>
#include <QDialog>
#include <QPlainTextEdit>
#include <QTest>
#include <QWidget>

#include "tests/gui/window_fixture.h"
#include "ui/message_bar.h"
#include "ui/reading_notices.h"

using fixture::child;
using fixture::message;

class ReadingNoticesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepsWhatWasNotShownYet();
    void showsWhatWasNotShownYet();
};

void ReadingNoticesTest::keepsWhatWasNotShownYet() {
    QWidget window;
    ui::MessageBar bar(&window);
    ui::ReadingNotices notices(bar, &window);
    window.show();
    notices.add(QStringLiteral("/books/a.pdf"), QStringLiteral("A: cut short."));
    QTRY_COMPARE(message(window), QStringLiteral("A: cut short."));
    // Said while the message that does not say it is being closed.
    notices.add(QStringLiteral("/books/b.pdf"), QStringLiteral("B: cut short."));
    child<QAbstractButton>(bar, "messageClose")->click();
    QVERIFY(bar.isEmpty());
    QTRY_COMPARE(message(window), QStringLiteral("B: cut short."));
    // What was closed was seen.
    child<QAbstractButton>(bar, "messageClose")->click();
    notices.add(QStringLiteral("/books/c.pdf"), QStringLiteral("C: cut short."));
    QTRY_COMPARE(message(window), QStringLiteral("C: cut short."));
}

void ReadingNoticesTest::showsWhatWasNotShownYet() {
    QWidget window;
    ui::MessageBar bar(&window);
    ui::ReadingNotices notices(bar, &window);
    window.show();
    notices.add(QStringLiteral("/books/a.pdf"), QStringLiteral("A: cut short."));
    notices.add(QStringLiteral("/books/b.pdf"), QStringLiteral("B: cut short."));
    QTRY_VERIFY(message(window).endsWith(QStringLiteral("B: cut short.")));
    notices.add(QStringLiteral("/books/c.pdf"), QStringLiteral("C: cut short."));
    child<QAbstractButton>(bar, "messageAction")->click();
    QCOMPARE(child<QPlainTextEdit>(window, "noticesList")->toPlainText(),
             QStringLiteral("A: cut short.\n\nB: cut short.\n\nC: cut short."));
    child<QDialog>(window, "noticesDialog")->close();
    // The list has said them all.
    notices.add(QStringLiteral("/books/d.pdf"), QStringLiteral("D: cut short."));
    QTRY_COMPARE(message(window), QStringLiteral("D: cut short."));
}

QTEST_MAIN(ReadingNoticesTest)
#include "reading_notices_test.moc"
