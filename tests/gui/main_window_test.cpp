#include <QDockWidget>
#include <QInputDialog>
#include <QSignalSpy>
#include <QTest>

#include <atomic>
#include <thread>

#include "tests/gui/window_fixture.h"
#include "ui/queue_view.h"

using fixture::child;
using fixture::drop;
using fixture::message;

/// The window from its start to its end, and files on their way through it.
class MainWindowTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void startsWithoutAnEngine();
    void readsWhatCameBeforeTheLibraryWasOpen();
    void namesTheModel();
    void saysWhichModelIsMissing();
    void readsADroppedFile();
    void readsSeveralDroppedFiles();
    void readsADroppedFolder();
    void refusesAWebAddress();
    void leavesDropsToTheWindow();
    void showsTheQueueWhileItIsOfUse();
    void saysWhyAFileFailed();
    void asksForAPassword();
    void opensADocumentOnceItsTextIsThere();
    void closesWhileAFileIsRead();
    void closesWhileSummariesWait();
};

void MainWindowTest::startsWithoutAnEngine() {
    fixture::Window fixture;
    ui::MainWindow& window = fixture.show();
    QCOMPARE(window.windowTitle(), QStringLiteral("Infolio"));
    QCOMPARE(child<QLabel>(window, "welcomeTitle")->text(),
             QStringLiteral("Drop a book here to read it"));
    QVERIFY(child<QLabel>(window, "hint")->isVisible());
    QVERIFY(window.width() >= 960 && window.height() >= 600);
    QVERIFY(!drop(window, QStringLiteral("/books/emma.epub")));
    window.showTrouble(QStringLiteral("<b>library.db</b> is damaged."));
    QCOMPARE(child<QLabel>(window, "hint")->text(),
             QStringLiteral("<b>library.db</b> is damaged."));
    QCOMPARE(child<QLabel>(window, "hint")->textFormat(), Qt::PlainText);
    QVERIFY(window.close());
}

void MainWindowTest::readsWhatCameBeforeTheLibraryWasOpen() {
    fixture::Window fixture;
    const QString path = fixture.write("emma.epub");
    ui::MainWindow& window = fixture.show();
    window.read({path});
    fixture.enliven();
    QTRY_COMPARE(fixture.calls("read"), 1);
    QCOMPARE(fixture.scenario().readRequest.paths, std::vector<std::string>{path.toStdString()});
}

void MainWindowTest::namesTheModel() {
    fixture::Window fixture;
    ui::MainWindow& window = fixture.start();
    QVERIFY(child<QLabel>(window, "model")->text().contains(QStringLiteral("small")));
    QVERIFY(child<QLabel>(window, "model")->text().contains(QStringLiteral("no adapter")));
    QVERIFY(!child<QWidget>(window, "noModel")->isVisible());
}

void MainWindowTest::saysWhichModelIsMissing() {
    fixture::Window none;
    none.paths().model.clear();
    ui::MainWindow& without = none.start();
    QVERIFY(child<QLabel>(without, "model")->text().startsWith(QStringLiteral("No model found")));
    QVERIFY(child<QWidget>(without, "noModel")->isVisible());

    fixture::Window lost;
    lost.paths().model = lost.file("lost.gguf");
    ui::MainWindow& window = lost.start();
    QVERIFY(child<QLabel>(window, "model")->text().contains(QStringLiteral("lost.gguf")));
    QVERIFY(child<QWidget>(window, "noModel")->isVisible());
    QVERIFY(child<QLabel>(window, "noModelText")->text().contains(lost.paths().model));
}

void MainWindowTest::readsADroppedFile() {
    fixture::Window fixture;
    const QString path = fixture.write("Emma & Co.epub");
    ui::MainWindow& window = fixture.start();
    QVERIFY(drop(window, path));
    QTRY_COMPARE(fixture.calls("read"), 1);
    QCOMPARE(fixture.scenario().readRequest.paths, std::vector<std::string>{path.toStdString()});
    QVERIFY(!fixture.scenario().readRequest.password);
}

void MainWindowTest::readsSeveralDroppedFiles() {
    fixture::Window fixture;
    const QString first = fixture.write("emma.epub");
    const QString second = fixture.write("letter.unknown"); // its content decides
    ui::MainWindow& window = fixture.start();
    QVERIFY(drop(window, {QUrl::fromLocalFile(first), QUrl::fromLocalFile(second),
                          QUrl::fromLocalFile(first)}));
    QTRY_COMPARE(fixture.calls("read"), 2);
    QTRY_VERIFY(fixture.client().isIdle());
    QCOMPARE(fixture.calls("read"), 2);
}

void MainWindowTest::readsADroppedFolder() {
    fixture::Window fixture;
    fixture.write("shelf/a.pdf");
    fixture.write("shelf/deep/b.EPUB");
    fixture.write("shelf/deep/setup.exe");
    QVERIFY(QFile::link(fixture.file("shelf"), fixture.file("shelf/deep/again")));
    ui::MainWindow& window = fixture.start();
    QVERIFY(drop(window, fixture.file("shelf")));
    QTRY_COMPARE(fixture.calls("read"), 2);
    QTRY_VERIFY(message(window).contains(QStringLiteral("setup.exe")));
    QTRY_VERIFY(fixture.client().isIdle());
    QCOMPARE(fixture.calls("read"), 2);
}

void MainWindowTest::refusesAWebAddress() {
    fixture::Window fixture;
    const QString path = fixture.write("emma.epub");
    ui::MainWindow& window = fixture.start();
    const QUrl web(QStringLiteral("https://example.org/emma.epub"));
    QVERIFY(drop(window, {web}));
    QTRY_VERIFY(message(window).contains(QStringLiteral("fetches nothing")));
    QCOMPARE(fixture.calls("read"), 0);
    // What lies on this computer is read all the same.
    QVERIFY(drop(window, {web, QUrl::fromLocalFile(path)}));
    QTRY_COMPARE(fixture.calls("read"), 1);
}

void MainWindowTest::leavesDropsToTheWindow() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    fixture.scenario().library = {fixture::pagedDocument('a', "Emma")};
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    for (const QWidget* widget : window.findChildren<QWidget*>())
        QVERIFY2(!widget->acceptDrops(),
                 qPrintable(widget->objectName() + u' ' +
                            QLatin1String(widget->metaObject()->className())));
}

void MainWindowTest::showsTheQueueWhileItIsOfUse() {
    std::atomic<bool> mayEnd = false;
    fixture::Window fixture;
    fixture.scenario().beforeDone = [&](const engine::Task::Impl& task) {
        while (!mayEnd && !task.isCancelled())
            std::this_thread::yield();
    };
    ui::MainWindow& window = fixture.start();
    const auto* dock = child<QDockWidget>(window, "queueDock");
    QVERIFY(!dock->isVisible());
    QVERIFY(drop(window, fixture.write("emma.epub")));
    QTRY_VERIFY(dock->isVisible());
    mayEnd = true;
    QTRY_VERIFY(!dock->isVisible());
    QVERIFY(window.findChild<ui::QueueView*>()->isEmpty());
}

void MainWindowTest::saysWhyAFileFailed() {
    fixture::Window fixture;
    fixture.scenario().script["read"] = {
        engine::Failed{engine::Code::BadFile, "<b>x.pdf</b> is damaged.", "x.pdf"}};
    ui::MainWindow& window = fixture.start();
    QVERIFY(drop(window, fixture.write("x.pdf")));
    QTRY_VERIFY(child<QLabel>(window, "queueStatus") != nullptr);
    QTRY_VERIFY(child<QLabel>(window, "queueStatus")
                    ->text()
                    .contains(QStringLiteral("<b>x.pdf</b> is damaged.")));
    QCOMPARE(child<QLabel>(window, "queueStatus")->textFormat(), Qt::PlainText);
    QVERIFY(child<QDockWidget>(window, "queueDock")->isVisible());
    auto* action = child<QPushButton>(window, "queueAction");
    QVERIFY(action->isVisible());
    QCOMPARE(action->text(), QStringLiteral("Try Again"));
    fixture.scenario().script["read"].clear();
    action->click();
    QTRY_COMPARE(fixture.calls("read"), 2);
    QTRY_VERIFY(!child<QDockWidget>(window, "queueDock")->isVisible());
}

void MainWindowTest::asksForAPassword() {
    fixture::Window fixture;
    fixture.scenario().script["read"] = {
        engine::Failed{engine::Code::Locked, "x.pdf needs a password.", "x.pdf"}};
    ui::MainWindow& window = fixture.start();
    QVERIFY(drop(window, fixture.write("x.pdf")));
    QTRY_VERIFY(child<QPushButton>(window, "queueAction") != nullptr);
    auto* action = child<QPushButton>(window, "queueAction");
    QTRY_VERIFY(action->isVisible());
    QCOMPARE(action->text(), QStringLiteral("Enter the Password…"));
    fixture.scenario().script["read"].clear();
    action->click();
    auto* dialog = window.findChild<QInputDialog*>();
    QVERIFY(dialog != nullptr && dialog->isVisible());
    QVERIFY(dialog->labelText().contains(QStringLiteral("x.pdf")));
    QCOMPARE(dialog->textEchoMode(), QLineEdit::Password);
    QCOMPARE(dialog->findChild<QLabel*>()->textFormat(), Qt::PlainText);
    dialog->setTextValue(QStringLiteral("test123"));
    dialog->accept();
    QTRY_COMPARE(fixture.calls("read"), 2);
    QCOMPARE(fixture.scenario().readRequest.password, std::optional<std::string>("test123"));
    QTRY_VERIFY(!child<QDockWidget>(window, "queueDock")->isVisible());
}

void MainWindowTest::opensADocumentOnceItsTextIsThere() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    engine::Progress progress;
    progress.title = "Emma";
    progress.done = 3;
    progress.total = 9;
    fixture.scenario().script["read"] = {progress};
    ui::MainWindow& window = fixture.start();
    const auto* desk = window.findChild<ui::Desk*>();
    QVERIFY(drop(window, fixture.write("emma.pdf")));
    QTRY_VERIFY(fixture.calls("read") == 1 && fixture.client().isIdle());
    QCOMPARE(desk->count(), 0);
    QVERIFY(child<QWidget>(window, "welcome")->isVisible());

    const engine::DocumentInfo emma = fixture::pagedDocument('a', "Emma");
    fixture.scenario().library = {emma};
    fixture.scenario().script["read"] = {progress, engine::Document{emma}};
    QVERIFY(drop(window, fixture.file("emma.pdf")));
    QTRY_COMPARE(desk->count(), 1);
    QVERIFY(desk->isVisible());
    QCOMPARE(window.windowTitle(), QStringLiteral("Emma – Infolio"));
    // The next one waits in the library: the person is reading.
    const engine::DocumentInfo sanditon = fixture::pagedDocument('b', "Sanditon");
    fixture.scenario().library.push_back(sanditon);
    fixture.scenario().script["read"] = {engine::Document{sanditon}};
    QVERIFY(drop(window, fixture.write("sanditon.pdf")));
    QTRY_VERIFY(fixture.calls("read") == 3 && fixture.client().isIdle());
    QCOMPARE(desk->count(), 1);
    QCOMPARE(desk->current()->title, std::string("Emma"));
}

void MainWindowTest::closesWhileAFileIsRead() {
    std::atomic<bool> mayEnd = false;
    std::atomic<int> begun = 0;
    fixture::Window fixture;
    fixture.scenario().beforeDone = [&](const engine::Task::Impl& task) {
        ++begun;
        while (!mayEnd || !task.isCancelled())
            std::this_thread::yield();
    };
    ui::MainWindow& window = fixture.start();
    window.read({fixture.write("a.pdf"), fixture.write("b.pdf")});
    QTRY_COMPARE(begun.load(), 1);
    window.close(); // returns at once; the segment is still being read
    QVERIFY(window.isVisible());
    QVERIFY(child<QLabel>(window, "work")->text().contains(QStringLiteral("segment")));
    window.close();
    QVERIFY(window.isVisible());
    mayEnd = true;
    QTRY_VERIFY(!window.isVisible());
    QCOMPARE(fixture.calls("read"), 1); // the second file is not begun
}

void MainWindowTest::closesWhileSummariesWait() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    fixture.scenario().library = {fixture::pagedDocument('a', "Emma")};
    for (int i = 0; i < 3; ++i) {
        engine::ContentsEntry chapter;
        chapter.title = "Chapter";
        chapter.range = {i * 4000, (i + 1) * 4000};
        fixture.scenario().outline.push_back(chapter);
    }
    fixture.scenario().beforeDone = [&](const engine::Task::Impl& task) {
        while (!task.isCancelled())
            std::this_thread::yield();
    };
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    fixture.act("summarise");
    child<QPushButton>(window, "summaryMakeAll")->click();
    QTRY_COMPARE(fixture.calls("summarize"), 1);
    window.close();
    QTRY_VERIFY(!window.isVisible());
    QCOMPARE(fixture.calls("summarize"), 1);
}

QTEST_MAIN(MainWindowTest)
#include "main_window_test.moc"
