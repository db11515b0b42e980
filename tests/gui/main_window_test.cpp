#include <QDropEvent>
#include <QLabel>
#include <QMimeData>
#include <QSignalSpy>
#include <QTest>
#include <QUrl>

#include <atomic>
#include <thread>

#include "tests/support/fake_engine.h"
#include "ui/engine_client.h"
#include "ui/main_window.h"

class MainWindowTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void startsWithoutAnEngine();
    void namesTheModel();
    void readsDroppedFiles();
    void ignoresDropsWithoutLocalFiles();
    void showsWhyAFileCannotBeRead();
    void closesWhileAFileIsBeingRead();

private:
    static QString text(const ui::MainWindow& window, const char* name) {
        return window.findChild<QLabel*>(QString::fromLatin1(name))->text();
    }
    static bool drop(ui::MainWindow& window, const QUrl& url) {
        QMimeData data;
        data.setUrls({url});
        QDragEnterEvent enter(QPoint(9, 9), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        enter.ignore();
        QCoreApplication::sendEvent(&window, &enter);
        if (!enter.isAccepted())
            return false;
        QDropEvent dropped(QPointF(9, 9), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&window, &dropped);
        return true;
    }
};

void MainWindowTest::startsWithoutAnEngine() {
    ui::MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QCOMPARE(window.windowTitle(), QStringLiteral("Infolio"));
    QVERIFY(text(window, "hint").startsWith(QStringLiteral("Drop a book")));
    QVERIFY(window.width() >= 960 && window.height() >= 600);
    QVERIFY(!drop(window, QUrl::fromLocalFile(QStringLiteral("/books/emma.epub"))));
}

void MainWindowTest::namesTheModel() {
    ui::MainWindow window;
    QVERIFY(text(window, "model").startsWith(QStringLiteral("No model found")));
    window.setModel(QStringLiteral("/models/small.gguf"));
    QCOMPARE(text(window, "model"), QStringLiteral("Model: small.gguf"));
}

void MainWindowTest::readsDroppedFiles() {
    support::Scenario scenario;
    support::FakeEngine engine(scenario);
    engine::Progress progress;
    progress.title = "Emma";
    progress.done = 3;
    progress.total = 9;
    scenario.script["read"] = {progress, engine::Document{support::fakeDocument('a', "Emma")}};
    ui::EngineClient client(engine);
    ui::MainWindow window;
    window.setClient(client);
    QSignalSpy progressed(&client, &ui::EngineClient::progressed);
    QSignalSpy idle(&client, &ui::EngineClient::idle);
    QVERIFY(drop(window, QUrl::fromLocalFile(QStringLiteral("/books/emma.epub"))));
    QTRY_COMPARE(idle.size(), 1);
    QCOMPARE(progressed.size(), 1);
    QCOMPARE(progressed[0][1].toLongLong(), 3);
    QCOMPARE(scenario.readRequest.paths, std::vector<std::string>{"/books/emma.epub"});
    QCOMPARE(text(window, "work"), QStringLiteral("Emma is read."));
}

void MainWindowTest::ignoresDropsWithoutLocalFiles() {
    support::Scenario scenario;
    support::FakeEngine engine(scenario);
    ui::EngineClient client(engine);
    ui::MainWindow window;
    window.setClient(client);
    QVERIFY(!drop(window, QUrl(QStringLiteral("https://example.org/emma.epub"))));
    QVERIFY(scenario.calls.empty());
}

void MainWindowTest::showsWhyAFileCannotBeRead() {
    support::Scenario scenario;
    support::FakeEngine engine(scenario);
    scenario.script["read"] = {
        engine::Failed{engine::Code::BadFile, "<b>x.pdf</b> is damaged.", "x.pdf"}};
    ui::EngineClient client(engine);
    ui::MainWindow window;
    window.setClient(client);
    window.read({QStringLiteral("x.pdf")});
    QTRY_COMPARE(text(window, "hint"), QStringLiteral("<b>x.pdf</b> is damaged."));
    QCOMPARE(window.findChild<QLabel*>(QStringLiteral("hint"))->textFormat(), Qt::PlainText);
}

void MainWindowTest::closesWhileAFileIsBeingRead() {
    support::Scenario scenario;
    support::FakeEngine engine(scenario);
    std::atomic<bool> hasStarted = false;
    std::atomic<bool> wasCancelled = false;
    scenario.beforeDone = [&](const engine::Task::Impl& task) {
        hasStarted = true;
        while (!task.isCancelled())
            std::this_thread::yield();
        wasCancelled = true;
    };
    {
        ui::EngineClient client(engine);
        client.read({QStringLiteral("a.pdf")});
        client.read({QStringLiteral("b.pdf")});
        QTRY_VERIFY(hasStarted);
    }
    QVERIFY(wasCancelled);
}

QTEST_MAIN(MainWindowTest)
#include "main_window_test.moc"
