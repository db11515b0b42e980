#include <QTest>
#include <QTimer>

#include <atomic>
#include <thread>

#include "tests/gui/catching_application.h"
#include "tests/support/fake_engine.h"
#include "ui/engine_client.h"

using ui::EngineClient;

/// How events of the engine come to the window.
class EngineClientTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void handsOutABoundedNumberInEachFrame();
    void joinsTheWordsOfAGist();
    void keepsTheNewestProgress();
    void keepsTheOrderAndEndsWithDone();
    void saysWhenTheLastRequestHasEnded();
    void carriesFailuresOfEveryRequest();
    void goesOnAfterASlotThatThrows();
    void knowsWhetherTheLibraryIsWrittenAnew();

private:
    template <typename T> static T piece(int number) {
        T piece;
        if constexpr (std::is_same_v<T, engine::Evidence>)
            piece.number = number;
        else
            piece.done = number;
        return piece;
    }
    /// The scenario's events of "ask" with the window's thread held until all have been sent.
    std::vector<engine::Event> askHeld() {
        std::atomic<bool> isSent = false;
        m_scenario.beforeDone = [&](const engine::Task::Impl&) { isSent = true; };
        m_client = std::make_unique<EngineClient>(m_engine);
        std::vector<engine::Event> arrived;
        connect(m_client.get(), &EngineClient::arrived, this,
                [&](quint64, const engine::Event& event) { arrived.push_back(event); });
        m_client->ask({});
        while (!isSent)
            std::this_thread::yield();
        if (!QTest::qWaitFor([&] { return m_client->isIdle(); }))
            qFatal("The request does not end.");
        m_client.reset();
        return arrived;
    }

    support::Scenario m_scenario;
    support::FakeEngine m_engine{m_scenario};
    std::unique_ptr<EngineClient> m_client;
};

void EngineClientTest::init() {
    m_scenario = {};
}

void EngineClientTest::handsOutABoundedNumberInEachFrame() {
    for (int i = 1; i <= 500; ++i)
        m_scenario.script["ask"].emplace_back(piece<engine::Evidence>(i));
    EngineClient client(m_engine);
    // A timer without a wait runs once in each round of the event loop, as painting does.
    QTimer round;
    int inRound = 0, most = 0, all = 0;
    connect(&round, &QTimer::timeout, this, [&] { inRound = 0; });
    connect(&client, &EngineClient::arrived, this, [&] {
        most = std::max(most, ++inRound);
        ++all;
    });
    round.start(0);
    client.ask({});
    QTRY_VERIFY(client.isIdle());
    QCOMPARE(all, 500);
    QVERIFY2(most <= EngineClient::kFrameEvents, qPrintable(QString::number(most)));
}

void EngineClientTest::joinsTheWordsOfAGist() {
    std::string whole;
    for (int i = 0; i < 1000; ++i) {
        const std::string word = "w" + std::to_string(i) + " ";
        m_scenario.script["ask"].emplace_back(engine::Gist{word});
        whole += word;
    }
    std::string read;
    const auto arrived = askHeld();
    for (const engine::Event& event : arrived)
        read += std::get<engine::Gist>(event).utf8;
    QCOMPARE(read, whole);
    QVERIFY2(arrived.size() <= 2, qPrintable(QString::number(arrived.size())));
}

void EngineClientTest::keepsTheNewestProgress() {
    engine::Progress other = piece<engine::Progress>(7);
    other.stage = engine::Stage::Read;
    for (int i = 1; i <= 100; ++i)
        m_scenario.script["ask"].emplace_back(piece<engine::Progress>(i));
    m_scenario.script["ask"].emplace_back(other);
    const auto arrived = askHeld();
    QVERIFY(arrived.size() >= 2 && arrived.size() <= 3);
    QCOMPARE(std::get<engine::Progress>(arrived[arrived.size() - 2]).done, 100);
    QVERIFY(std::get<engine::Progress>(arrived.back()).stage == engine::Stage::Read);
}

void EngineClientTest::keepsTheOrderAndEndsWithDone() {
    m_scenario.script["ask"] = {piece<engine::Evidence>(1), engine::Gist{"a"},
                                piece<engine::Evidence>(2), engine::Gist{"b"}, engine::Gist{"c"}};
    const auto arrived = askHeld();
    QVERIFY(arrived.size() >= 4);
    QCOMPARE(std::get<engine::Evidence>(arrived[0]).number, 1);
    QCOMPARE(std::get<engine::Gist>(arrived[1]).utf8, std::string("a"));
    QCOMPARE(std::get<engine::Evidence>(arrived[2]).number, 2);
}

void EngineClientTest::saysWhenTheLastRequestHasEnded() {
    EngineClient client(m_engine);
    int ended = 0, idle = 0;
    connect(&client, &EngineClient::ended, this, [&] { ++ended; });
    connect(&client, &EngineClient::idle, this, [&] {
        ++idle;
        QCOMPARE(ended, 2);
    });
    client.ask({});
    client.search({});
    QTRY_COMPARE(idle, 1);
    QVERIFY(client.isIdle());
}

void EngineClientTest::carriesFailuresOfEveryRequest() {
    const engine::Failed failure{engine::Code::LibraryBusy, "Another program reads.", ""};
    for (const char* name : {"read", "ask", "search", "summarize", "render", "links", "export",
                             "useModel", "purge", "forgetAnswers"})
        m_scenario.script[name] = {failure};
    EngineClient client(m_engine);
    QList<quint64> failed, begun;
    connect(&client, &EngineClient::arrived, this,
            [&](quint64 request, const engine::Event& event) {
                QCOMPARE(std::get<engine::Failed>(event).message, failure.message);
                failed.append(request);
            });
    begun = {client.read({}),           client.ask({}),      client.search({}),
             client.summarize({}),      client.render({}),   client.links({}),
             client.exportDocument({}), client.useModel({}), client.purge(),
             client.forgetAnswers()};
    QTRY_VERIFY(client.isIdle());
    QCOMPARE(failed, begun);
    QCOMPARE(m_scenario.calls.back(), std::string("forgetAnswers"));
}

void EngineClientTest::goesOnAfterASlotThatThrows() {
    for (int i = 1; i <= 3; ++i)
        m_scenario.script["ask"].emplace_back(piece<engine::Evidence>(i));
    EngineClient client(m_engine);
    QList<int> arrived;
    int ended = 0, idle = 0;
    connect(&client, &EngineClient::arrived, this, [&](quint64, const engine::Event& event) {
        arrived.append(std::get<engine::Evidence>(event).number);
        fixture::fail();
    });
    connect(&client, &EngineClient::ended, this, [&] {
        ++ended;
        fixture::fail();
    });
    connect(&client, &EngineClient::idle, this, [&] { ++idle; });
    client.ask({});
    QTRY_COMPARE(idle, 1); // a window that is being closed waits for it
    QCOMPARE(arrived, (QList<int>{1, 2, 3}));
    client.search({});
    QTRY_COMPARE(idle, 2);
    QCOMPARE(ended, 2);
}

void EngineClientTest::knowsWhetherTheLibraryIsWrittenAnew() {
    EngineClient client(m_engine);
    connect(&client, &EngineClient::ended, this, [&] { QVERIFY(!client.isRewriting()); });
    client.ask({});
    QVERIFY(!client.isRewriting());
    QTRY_VERIFY(client.isIdle());
    for (const bool isPurge : {true, false}) {
        if (isPurge)
            client.purge();
        else
            client.forgetAnswers();
        QVERIFY(client.isRewriting());
        QTRY_VERIFY(client.isIdle());
    }
}

int main(int argc, char* argv[]) {
    const fixture::CatchingApplication application(argc, argv);
    EngineClientTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "engine_client_test.moc"
