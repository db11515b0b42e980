#include <QSignalSpy>
#include <QTest>

#include <atomic>
#include <thread>

#include "tests/gui/catching_application.h"
#include "tests/support/fake_engine.h"
#include "ui/engine_client.h"
#include "ui/reading_queue.h"

class ReadingQueueTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void readsOneAtATimeInOrder();
    void movesWhatWaits();
    void cancelsWhatWaitsAndWhatRuns();
    void pausesOne();
    void pausesAll();
    void goesOnWithAll();
    void takesOutTheFilesOfADocument();
    void goesOnWhereASlotThrows();
    void keepsAFailedFileUntilItIsTriedAgain();
    void triesAgainWithAPassword();
    void passesAPasswordOnToThePages();
    void goesOnAfterAFailure();
    void passesOnWhatArrives();
    void leavesOtherRequestsAlone();

private:
    /// Readings end when they are let go or cancelled.
    void hold() {
        m_scenario.beforeDone = [this](const engine::Task::Impl& task) {
            ++m_begun;
            while (m_mayEnd == 0 && !task.isCancelled()) {
                m_isPaused = task.isPaused();
                std::this_thread::yield();
            }
            if (!task.isCancelled())
                --m_mayEnd;
        };
    }
    QString running() const { return QString::fromStdString(m_scenario.readRequest.paths.at(0)); }
    /// What goes with a request for a page of the book.
    std::optional<std::string> pagePassword() {
        engine::RenderRequest request;
        request.document = m_emma.id;
        m_client->render(request);
        return m_scenario.renderRequests.back().password;
    }
    static QStringList paths(const QSignalSpy& spy) {
        QStringList result;
        for (const auto& arguments : spy)
            result.append(arguments[0].toString());
        return result;
    }

    support::Scenario m_scenario;
    const engine::DocumentInfo m_emma = support::fakeDocument('a', "Emma");
    std::atomic<int> m_begun = 0, m_mayEnd = 0;
    std::atomic<bool> m_isPaused = false;
    std::unique_ptr<support::FakeEngine> m_engine;
    std::unique_ptr<ui::EngineClient> m_client;
    std::unique_ptr<ui::ReadingQueue> m_queue;
};

void ReadingQueueTest::init() {
    m_scenario = {};
    m_begun = m_mayEnd = 0;
    m_engine = std::make_unique<support::FakeEngine>(m_scenario);
    m_client = std::make_unique<ui::EngineClient>(*m_engine);
    m_queue = std::make_unique<ui::ReadingQueue>(*m_client);
}

void ReadingQueueTest::cleanup() {
    m_queue.reset();
    m_client.reset();
    m_engine.reset();
}

void ReadingQueueTest::readsOneAtATimeInOrder() {
    hold();
    QSignalSpy finished(m_queue.get(), &ui::ReadingQueue::finished);
    QSignalSpy added(m_queue.get(), &ui::ReadingQueue::added);
    m_queue->add({QStringLiteral("/a"), QStringLiteral("/b"), QStringLiteral("/a")});
    QCOMPARE(paths(added), (QStringList{QStringLiteral("/a"), QStringLiteral("/b")}));
    QTRY_COMPARE(m_begun.load(), 1);
    QCOMPARE(m_scenario.calls.size(), std::size_t{1});
    QCOMPARE(running(), QStringLiteral("/a"));
    QVERIFY(m_queue->isBusy());
    m_mayEnd = 1;
    QTRY_COMPARE(finished.size(), 1);
    QCOMPARE(running(), QStringLiteral("/b"));
    QCOMPARE(finished[0][1].toBool(), false);
    QVERIFY(finished[0][2].toLongLong() >= 0);
    m_mayEnd = 1;
    QTRY_COMPARE(finished.size(), 2);
    QVERIFY(!m_queue->isBusy());
}

void ReadingQueueTest::movesWhatWaits() {
    hold();
    QSignalSpy moved(m_queue.get(), &ui::ReadingQueue::moved);
    m_queue->add({QStringLiteral("/a"), QStringLiteral("/b"), QStringLiteral("/c")});
    QTRY_COMPARE(m_begun.load(), 1);
    m_queue->move(QStringLiteral("/a"), 2); // is being read
    m_queue->move(QStringLiteral("/x"), 0);
    m_queue->move(QStringLiteral("/c"), 2);
    QCOMPARE(moved.size(), 0);
    m_queue->move(QStringLiteral("/c"), 1);
    QCOMPARE(moved.size(), 1);
    QCOMPARE(moved[0][1].toInt(), 1);
    m_mayEnd = 1;
    QTRY_COMPARE(running(), QStringLiteral("/c"));
    m_queue->move(QStringLiteral("/b"), 99);
    m_mayEnd = 2;
    QTRY_VERIFY(!m_queue->isBusy());
}

void ReadingQueueTest::cancelsWhatWaitsAndWhatRuns() {
    hold();
    QSignalSpy finished(m_queue.get(), &ui::ReadingQueue::finished);
    QSignalSpy takenOut(m_queue.get(), &ui::ReadingQueue::takenOut);
    m_queue->add({QStringLiteral("/a"), QStringLiteral("/b"), QStringLiteral("/c")});
    QTRY_COMPARE(m_begun.load(), 1);
    m_queue->cancel(QStringLiteral("/b"));
    QCOMPARE(paths(takenOut), QStringList{QStringLiteral("/b")});
    m_queue->cancel(QStringLiteral("/a"));
    QCOMPARE(finished.size(), 0); // it ends within one segment
    QTRY_COMPARE(finished.size(), 1);
    QCOMPARE(finished[0][0].toString(), QStringLiteral("/a"));
    QCOMPARE(finished[0][1].toBool(), true);
    QTRY_COMPARE(running(), QStringLiteral("/c"));
    m_queue->cancel(QStringLiteral("/c"));
    QTRY_VERIFY(!m_queue->isBusy());
    m_queue->cancel(QStringLiteral("/c"));
    QCOMPARE(finished.size(), 2);
    QCOMPARE(takenOut.size(), 1);
}

void ReadingQueueTest::pausesOne() {
    hold();
    QSignalSpy paused(m_queue.get(), &ui::ReadingQueue::pausedChanged);
    m_queue->add({QStringLiteral("/a"), QStringLiteral("/b"), QStringLiteral("/c")});
    QTRY_COMPARE(m_begun.load(), 1);
    m_queue->pause(QStringLiteral("/b"), true);
    m_queue->pause(QStringLiteral("/b"), true);
    QCOMPARE(paused.size(), 1);
    m_queue->pause(QStringLiteral("/a"), true);
    QTRY_VERIFY(m_isPaused);
    m_queue->pause(QStringLiteral("/a"), false);
    QTRY_VERIFY(!m_isPaused);
    m_mayEnd = 1;
    QTRY_COMPARE(running(), QStringLiteral("/c")); // /b is passed over
    m_mayEnd = 1;
    QTRY_VERIFY(m_client->isIdle());
    QVERIFY(m_queue->isBusy());
    m_queue->pause(QStringLiteral("/b"), false);
    QTRY_COMPARE(running(), QStringLiteral("/b"));
    m_mayEnd = 1;
    QTRY_VERIFY(!m_queue->isBusy());
}

void ReadingQueueTest::pausesAll() {
    hold();
    QSignalSpy all(m_queue.get(), &ui::ReadingQueue::allPausedChanged);
    m_queue->pauseAll(true);
    m_queue->add({QStringLiteral("/a"), QStringLiteral("/b")});
    QVERIFY(m_queue->isPaused());
    QVERIFY(m_scenario.calls.empty());
    m_queue->pauseAll(false);
    QTRY_COMPARE(m_begun.load(), 1);
    m_queue->pause(QStringLiteral("/a"), true);
    m_queue->pauseAll(true);
    m_queue->pauseAll(false);
    QTRY_VERIFY(m_isPaused); // its own pause is still on
    m_queue->pause(QStringLiteral("/a"), false);
    QTRY_VERIFY(!m_isPaused);
    m_mayEnd = 2;
    QTRY_VERIFY(!m_queue->isBusy());
    QCOMPARE(all.size(), 4);
}

void ReadingQueueTest::goesOnWithAll() {
    hold();
    QSignalSpy paused(m_queue.get(), &ui::ReadingQueue::pausedChanged);
    QSignalSpy all(m_queue.get(), &ui::ReadingQueue::allPausedChanged);
    m_queue->add({QStringLiteral("/a"), QStringLiteral("/b")});
    QTRY_COMPARE(m_begun.load(), 1);
    for (const char* path : {"/a", "/b"})
        m_queue->pause(QString::fromLatin1(path), true);
    QTRY_VERIFY(m_isPaused);
    paused.clear();
    m_queue->goOnWithAll();
    QTRY_VERIFY(!m_isPaused);
    QCOMPARE(paths(paused), (QStringList{QStringLiteral("/a"), QStringLiteral("/b")}));
    QCOMPARE(paused[1][1].toBool(), false);
    QCOMPARE(all.size(), 0);
    m_queue->pause(QStringLiteral("/a"), true);
    m_queue->pauseAll(true);
    QTRY_VERIFY(m_isPaused);
    m_queue->goOnWithAll();
    QTRY_VERIFY(!m_isPaused);
    QVERIFY(!m_queue->isPaused());
    QCOMPARE(all.size(), 2);
    m_mayEnd = 2;
    QTRY_VERIFY(!m_queue->isBusy());
}

void ReadingQueueTest::takesOutTheFilesOfADocument() {
    const engine::DocumentInfo emma = support::fakeDocument('a', "Emma");
    hold();
    m_scenario.script["read"] = {engine::Document{emma}};
    QSignalSpy finished(m_queue.get(), &ui::ReadingQueue::finished);
    QSignalSpy takenOut(m_queue.get(), &ui::ReadingQueue::takenOut);
    QSignalSpy changed(m_queue.get(), &ui::ReadingQueue::documentChanged);
    m_queue->add({QStringLiteral("/copy of emma"), QStringLiteral("/x"), QStringLiteral("/emma"),
                  QStringLiteral("/books/../emma")});
    QTRY_COMPARE(changed.size(), 1);
    m_queue->cancelDocument(support::fakeDocument('b', "Sanditon").id, {QStringLiteral("/y")});
    QCOMPARE(takenOut.size(), 0);
    // What waits is known by its path; what is read turned out to be it.
    m_queue->cancelDocument(emma.id, {QStringLiteral("/emma")});
    QCOMPARE(paths(takenOut),
             (QStringList{QStringLiteral("/emma"), QStringLiteral("/books/../emma")}));
    QTRY_COMPARE(finished.size(), 1);
    QCOMPARE(finished[0][0].toString(), QStringLiteral("/copy of emma"));
    QVERIFY(finished[0][1].toBool());
    QTRY_COMPARE(running(), QStringLiteral("/x"));
    m_mayEnd = 1;
    QTRY_VERIFY(!m_queue->isBusy());
}

void ReadingQueueTest::goesOnWhereASlotThrows() {
    connect(m_queue.get(), &ui::ReadingQueue::finished, this, [] { fixture::fail(); });
    connect(m_queue.get(), &ui::ReadingQueue::failed, this, [] { fixture::fail(); });
    m_queue->add({QStringLiteral("/a"), QStringLiteral("/b")});
    QTRY_VERIFY(!m_queue->isBusy());
    QCOMPARE(running(), QStringLiteral("/b"));
    m_scenario.script["read"] = {engine::Failed{engine::Code::BadFile, "It is damaged.", "/c"}};
    m_queue->add({QStringLiteral("/c"), QStringLiteral("/d")});
    QTRY_COMPARE(running(), QStringLiteral("/d"));
    QTRY_VERIFY(!m_queue->isBusy());
}

void ReadingQueueTest::keepsAFailedFileUntilItIsTriedAgain() {
    m_scenario.script["read"] = {engine::Failed{engine::Code::BadFile, "It is damaged.", "/a"}};
    QSignalSpy failed(m_queue.get(), &ui::ReadingQueue::failed);
    QSignalSpy finished(m_queue.get(), &ui::ReadingQueue::finished);
    m_queue->add({QStringLiteral("/a")});
    QTRY_COMPARE(failed.size(), 1);
    QCOMPARE(finished.size(), 0);
    QVERIFY(!m_queue->isBusy());
    m_scenario.script["read"].clear();
    m_queue->add({QStringLiteral("/a")}); // the same file dropped once more
    QTRY_COMPARE(finished.size(), 1);
    QCOMPARE(finished[0][1].toBool(), false);
    QCOMPARE(m_scenario.calls.size(), std::size_t{2});
    QVERIFY(!m_scenario.readRequest.again); // what was read of it stays
    m_queue->retry(QStringLiteral("/a"));   // it has left the queue
    QCOMPARE(m_scenario.calls.size(), std::size_t{2});
}

void ReadingQueueTest::triesAgainWithAPassword() {
    m_scenario.script["read"] = {engine::Failed{engine::Code::Locked, "It is locked.", "/a"}};
    QSignalSpy failed(m_queue.get(), &ui::ReadingQueue::failed);
    m_queue->add({QStringLiteral("/a")});
    QTRY_COMPARE(failed.size(), 1);
    QVERIFY(!m_scenario.readRequest.password);
    m_queue->retry(QStringLiteral("/a"), QStringLiteral("wörd"));
    QTRY_COMPARE(failed.size(), 2);
    QCOMPARE(m_scenario.readRequest.password, std::optional<std::string>("wörd"));
    QCOMPARE(pagePassword(), std::nullopt); // what it opens is not known
}

void ReadingQueueTest::passesAPasswordOnToThePages() {
    m_scenario.script["read"] = {engine::Failed{engine::Code::Locked, "It is locked.", "/a"}};
    QSignalSpy failed(m_queue.get(), &ui::ReadingQueue::failed);
    m_queue->add({QStringLiteral("/a")});
    QTRY_COMPARE(failed.size(), 1);
    m_scenario.script["read"] = {engine::Document{m_emma}};
    m_queue->retry(QStringLiteral("/a"), QStringLiteral("wörd"));
    QTRY_VERIFY(!m_queue->isBusy());
    QCOMPARE(pagePassword(), std::optional<std::string>("wörd"));
}

void ReadingQueueTest::goesOnAfterAFailure() {
    m_scenario.script["read"] = {engine::Failed{engine::Code::BadFile, "It is damaged.", "/a"}};
    QSignalSpy failed(m_queue.get(), &ui::ReadingQueue::failed);
    m_queue->add({QStringLiteral("/a"), QStringLiteral("/b")});
    QTRY_COMPARE(failed.size(), 2);
    QCOMPARE(paths(failed), (QStringList{QStringLiteral("/a"), QStringLiteral("/b")}));
}

void ReadingQueueTest::passesOnWhatArrives() {
    m_scenario.script["read"] = {engine::Progress{}, engine::Notice{"No adapter."},
                                 engine::Document{support::fakeDocument('a', "Emma")}};
    QSignalSpy progressed(m_queue.get(), &ui::ReadingQueue::progressed);
    QSignalSpy noticed(m_queue.get(), &ui::ReadingQueue::noticed);
    QSignalSpy changed(m_queue.get(), &ui::ReadingQueue::documentChanged);
    QSignalSpy finished(m_queue.get(), &ui::ReadingQueue::finished);
    m_queue->add({QStringLiteral("/Émma.epub")});
    QTRY_COMPARE(finished.size(), 1);
    QCOMPARE(paths(progressed), QStringList{QStringLiteral("/Émma.epub")});
    QCOMPARE(noticed[0][1].toString(), QStringLiteral("No adapter."));
    QCOMPARE(changed.size(), 1);
    QCOMPARE(m_scenario.readRequest.paths[0], std::string("/Émma.epub"));
}

void ReadingQueueTest::leavesOtherRequestsAlone() {
    m_scenario.script["ask"] = {engine::Failed{engine::Code::NoModel, "There is no model.", {}}};
    hold();
    QSignalSpy failed(m_queue.get(), &ui::ReadingQueue::failed);
    QSignalSpy ended(m_client.get(), &ui::EngineClient::ended);
    m_client->ask({});
    m_queue->add({QStringLiteral("/a")});
    m_mayEnd = 1;
    QTRY_COMPARE(ended.size(), 1);
    QVERIFY(m_queue->isBusy());
    m_mayEnd = 1;
    QTRY_VERIFY(!m_queue->isBusy());
    QCOMPARE(failed.size(), 0);
}

int main(int argc, char* argv[]) {
    const fixture::CatchingApplication application(argc, argv);
    ReadingQueueTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "reading_queue_test.moc"
