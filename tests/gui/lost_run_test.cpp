#include <QClipboard>
#include <QDialog>
#include <QFile>
#include <QGuiApplication>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

#include "ui/lost_run.h"
#include "ui/message_bar.h"

using Doing = ui::LostRun::Doing;

class LostRunTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void showsCopiesAndDeletes();
    void saysItWithoutAReport();
    void doesWithoutTheFile();

private:
    static QString said(const QWidget& window) {
        return window.findChild<QLabel*>(QStringLiteral("messageSentence"))->text();
    }
    static QPushButton* action(const QWidget& window) {
        return window.findChild<QPushButton*>(QStringLiteral("messageAction"));
    }
    static QDialog* dialog(const QWidget& window) {
        return window.findChild<QDialog*>(QStringLiteral("lostRun"));
    }
};

void LostRunTest::showsCopiesAndDeletes() {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("last-crash.txt"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("infolio 1\nsignal SIGSEGV\n");
    file.close();
    QWidget window;
    ui::MessageBar messages(&window);
    ui::LostRun lost(messages, &window);
    lost.tell(Doing::Reading, path);
    window.show();
    QVERIFY(said(window).contains(QStringLiteral("while it was reading")));
    action(window)->click();
    QVERIFY(messages.isEmpty());
    QVERIFY(dialog(window));
    QCOMPARE(dialog(window)->findChild<QPlainTextEdit*>()->toPlainText(),
             QStringLiteral("infolio 1\nsignal SIGSEGV\n"));
    dialog(window)->findChild<QPushButton*>(QStringLiteral("lostRunCopy"))->click();
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("infolio 1\nsignal SIGSEGV\n"));
    QVERIFY(QFile::exists(path));
    dialog(window)->findChild<QPushButton*>(QStringLiteral("lostRunDelete"))->click();
    QVERIFY(!QFile::exists(path));
    QTRY_VERIFY(!dialog(window));
}

void LostRunTest::saysItWithoutAReport() {
    QWidget window;
    ui::MessageBar messages(&window);
    ui::LostRun lost(messages, &window);
    lost.tell(Doing::Writing, {});
    window.show();
    QVERIFY(said(window).contains(QStringLiteral("writing an answer")));
    QVERIFY(!action(window)->isVisible());
}

void LostRunTest::doesWithoutTheFile() {
    QWidget window;
    ui::MessageBar messages(&window);
    ui::LostRun lost(messages, &window);
    lost.tell(Doing::Nothing, QStringLiteral("/nowhere/last-crash.txt"));
    window.show();
    action(window)->click();
    QCOMPARE(dialog(window)->findChild<QPlainTextEdit*>()->toPlainText(),
             QStringLiteral("The report is not there any more."));
}

QTEST_MAIN(LostRunTest)
#include "lost_run_test.moc"
