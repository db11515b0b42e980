#include <QSignalSpy>
#include <QTest>

#include <atomic>
#include <thread>

#include "tests/gui/exchange_fixture.h"
#include "tests/support/fake_engine.h"
#include "ui/ask_view.h"
#include "ui/asking.h"
#include "ui/bound_chip.h"

class AskingTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void passesSettingsOn();
    void passesTheBoundOfOneDocumentOn();
    void asksNothingAboutNothing();
    void showsWhatComes();
    void showsFailureAndRefusal();
    void stops();
    void bringsBackWhatWasAsked();
    void keepsNoHistoryWhenTold();
    void showsTheConversationOfTheScope();
    void catchesUpAfterAnAnswer();
    void ignoresOtherRequests();

private:
    const ui::Exchange& exchange(int number = 0) const {
        return *m_view->exchanges().exchange(number);
    }
    static engine::AnswerRecord record(char digit, const std::string& question) {
        engine::AnswerRecord made;
        made.conversation = "document " + std::string(16, digit);
        made.question = question;
        made.asOf = "p. 5";
        made.askedAt = "2026-05-03T10:00:00Z";
        made.gist = {fixture::sentence("They meet.", engine::Basis::Evidence, {1})};
        made.evidence = {fixture::evidence(1)};
        made.coverage = "Read 12 of 12 pages.";
        made.model = std::string(64, 'f');
        return made;
    }
    int questions() const {
        int count = 0;
        for (int i = 0; i < m_view->exchanges().rowCount(); ++i)
            count += m_view->exchanges().row(m_view->exchanges().index(i)).kind ==
                     ui::ExchangeModel::Kind::Question;
        return count;
    }

    support::Scenario m_scenario;
    const engine::DocumentInfo m_emma = support::fakeDocument('a', "Emma");
    const engine::DocumentInfo m_sanditon = support::fakeDocument('b', "Sanditon");
    std::unique_ptr<support::FakeEngine> m_engine;
    std::unique_ptr<ui::EngineClient> m_client;
    std::unique_ptr<ui::AskView> m_view;
    std::unique_ptr<ui::Asking> m_asking;
};

void AskingTest::init() {
    m_scenario = {};
    m_scenario.library = {m_emma, m_sanditon};
    m_engine = std::make_unique<support::FakeEngine>(m_scenario);
    m_client = std::make_unique<ui::EngineClient>(*m_engine);
    m_view = std::make_unique<ui::AskView>();
    m_asking = std::make_unique<ui::Asking>(*m_client, *m_view);
}

void AskingTest::cleanup() {
    m_asking.reset();
    m_view.reset();
    m_client.reset();
    m_engine.reset();
}

void AskingTest::passesSettingsOn() {
    ui::Settings settings;
    settings.evidenceCount = 9;
    settings.isStrict = true;
    settings.maxTokens = 64;
    settings.hasSeed = true;
    settings.seed = 4711;
    m_asking->setSettings(settings);
    m_asking->setScope({m_emma, m_sanditon});
    m_asking->ask(QStringLiteral("Wér?"), QString());
    QTRY_VERIFY(m_client->isIdle());
    const engine::AskRequest& first = m_scenario.askRequests.at(0);
    QCOMPARE(first.question, std::string("Wér?"));
    QVERIFY(first.documents == (std::vector{m_emma.id, m_sanditon.id}));
    QCOMPARE(first.evidenceCount, 9);
    QVERIFY(first.strict);
    QCOMPARE(first.maxTokens, 64);
    QCOMPARE(first.seed, std::optional<std::uint64_t>(4711));
    QCOMPARE(first.conversation, std::string("library"));

    m_asking->setSettings({});
    m_asking->ask(QStringLiteral("Who?"), QString());
    QTRY_VERIFY(m_client->isIdle());
    const engine::AskRequest& second = m_scenario.askRequests.at(1);
    QVERIFY(!second.strict && !second.seed);
    QCOMPARE(second.evidenceCount, 5);
}

void AskingTest::passesTheBoundOfOneDocumentOn() {
    m_asking->setScope({m_emma});
    m_asking->ask(QStringLiteral("Who?"), QStringLiteral("loc:5"));
    QTRY_VERIFY(m_client->isIdle());
    QCOMPARE(m_scenario.askRequests[0].asOf->text, std::string("loc:5"));
    QCOMPARE(m_scenario.askRequests[0].conversation, "document " + std::string(16, 'a'));
    m_asking->setScope({m_emma, m_sanditon});
    m_asking->ask(QStringLiteral("Who?"), QStringLiteral("loc:5"));
    QTRY_VERIFY(m_client->isIdle());
    QVERIFY(!m_scenario.askRequests[1].asOf);
}

void AskingTest::asksNothingAboutNothing() {
    m_asking->ask(QStringLiteral("Who?"), QString());
    QVERIFY(m_scenario.askRequests.empty());
    QCOMPARE(m_view->exchanges().rowCount(), 0);
}

void AskingTest::showsWhatComes() {
    m_scenario.script["ask"] = {engine::Notice{"No adapter."},
                                fixture::evidence(1),
                                engine::Gist{"They "},
                                engine::Gist{"meet"},
                                fixture::sentence("They meet.", engine::Basis::Evidence, {1}),
                                fixture::coverage(230, 230)};
    QSignalSpy answered(m_asking.get(), &ui::Asking::answered);
    m_asking->setScope({m_emma});
    m_asking->ask(QStringLiteral("Who?"), QString());
    QTRY_COMPARE(answered.size(), 1);
    QCOMPARE(exchange().question, QStringLiteral("Who?"));
    QCOMPARE(exchange().evidence.size(), std::size_t{1});
    QCOMPARE(exchange().sentences.size(), std::size_t{1});
    QCOMPARE(exchange().coverage.size(), std::size_t{1});
    QCOMPARE(exchange().notices, QStringList{QStringLiteral("No adapter.")});
    QVERIFY(!exchange().isRunning && !exchange().wasCancelled);
    QVERIFY(!exchange().details.empty());
}

void AskingTest::showsFailureAndRefusal() {
    m_scenario.script["ask"] = {engine::Refusal{"Not in this document."},
                                engine::Failed{engine::Code::NoMemory, "Memory is short.", {}}};
    m_asking->setScope({m_emma});
    m_asking->ask(QStringLiteral("Who?"), QString());
    QTRY_VERIFY(m_client->isIdle());
    QCOMPARE(exchange().refusal, QStringLiteral("Not in this document."));
    QCOMPARE(exchange().failures.size(), std::size_t{1});
    QCOMPARE(exchange().failures[0].message, std::string("Memory is short."));
    // Another try is possible.
    m_asking->ask(QStringLiteral("Who?"), QString());
    QTRY_COMPARE(m_scenario.askRequests.size(), std::size_t{2});
    QTRY_VERIFY(m_client->isIdle());
}

void AskingTest::stops() {
    m_scenario.script["ask"] = {fixture::evidence(1)};
    m_scenario.beforeDone = [](const engine::Task::Impl& task) {
        while (!task.isCancelled())
            std::this_thread::yield();
    };
    QSignalSpy answered(m_asking.get(), &ui::Asking::answered);
    m_asking->setScope({m_emma});
    m_asking->stop(); // nothing runs
    m_asking->ask(QStringLiteral("Who?"), QString());
    QTRY_COMPARE(exchange().evidence.size(), std::size_t{1});
    m_asking->ask(QStringLiteral("And who else?"), QString()); // one at a time
    QCOMPARE(m_scenario.askRequests.size(), std::size_t{1});
    Q_EMIT m_view->stopRequested();
    QTRY_VERIFY(m_client->isIdle());
    QVERIFY(exchange().wasCancelled && !exchange().isRunning);
    QCOMPARE(exchange().evidence.size(), std::size_t{1}); // what was found stays
    QCOMPARE(answered.size(), 0);
}

void AskingTest::bringsBackWhatWasAsked() {
    m_scenario.answers = {record('a', "Who?"), record('b', "Where?"), record('a', "Why?")};
    m_scenario.answers[2].refusal = engine::Refusal{"Not in this document."};
    m_asking->setScope({m_emma});
    QCOMPARE(questions(), 2);
    QCOMPARE(exchange(0).question, QStringLiteral("Who?"));
    QCOMPARE(exchange(0).asOf, QStringLiteral("p. 5"));
    QCOMPARE(exchange(0).sentences.size(), std::size_t{1});
    QCOMPARE(exchange(0).evidence.size(), std::size_t{1});
    QCOMPARE(exchange(0).notices, QStringList{QStringLiteral("Read 12 of 12 pages.")});
    QVERIFY(!exchange(0).isRunning);
    QCOMPARE(exchange(1).refusal, QStringLiteral("Not in this document."));
    // The new one stands below.
    m_asking->ask(QStringLiteral("When?"), QString());
    QTRY_VERIFY(m_client->isIdle());
    QCOMPARE(questions(), 3);
}

void AskingTest::keepsNoHistoryWhenTold() {
    ui::Settings settings;
    settings.keepHistory = false;
    m_asking->setSettings(settings);
    m_asking->setScope({m_emma});
    m_asking->ask(QStringLiteral("Who?"), QString());
    QTRY_VERIFY(m_client->isIdle());
    QVERIFY(m_scenario.askRequests[0].conversation.empty());
    QCOMPARE(questions(), 1);
}

void AskingTest::showsTheConversationOfTheScope() {
    m_scenario.answers = {record('a', "Who?"), record('b', "Where?"), record('b', "When?")};
    m_asking->setScope({m_emma});
    QCOMPARE(questions(), 1);
    m_asking->setScope({m_sanditon});
    QCOMPARE(questions(), 2);
    m_asking->setScope({});
    QCOMPARE(questions(), 0);
    m_asking->setScope({m_emma});
    QCOMPARE(questions(), 1);
    // The same scope again leaves in view what is there.
    m_asking->ask(QStringLiteral("Why?"), QString());
    QTRY_VERIFY(m_client->isIdle());
    m_asking->setScope({m_emma});
    QCOMPARE(questions(), 2);
}

void AskingTest::catchesUpAfterAnAnswer() {
    m_scenario.answers = {record('b', "Where?"), record('b', "When?")};
    std::atomic<bool> mayEnd = false;
    m_scenario.beforeDone = [&](const engine::Task::Impl& task) {
        while (!mayEnd && !task.isCancelled())
            std::this_thread::yield();
    };
    m_asking->setScope({m_emma});
    m_asking->ask(QStringLiteral("Who?"), QString());
    m_asking->setScope({m_sanditon});
    QCOMPARE(questions(), 1); // the answer that is being written is not taken away
    QCOMPARE(exchange().question, QStringLiteral("Who?"));
    mayEnd = true;
    QTRY_VERIFY(m_client->isIdle());
    QCOMPARE(questions(), 2);
    QCOMPARE(m_view->exchanges().row(m_view->exchanges().index(0)).exchange->question,
             QStringLiteral("Where?"));
}

void AskingTest::ignoresOtherRequests() {
    m_scenario.script["summarize"] = {fixture::evidence(7)};
    m_asking->setScope({m_emma});
    m_asking->ask(QStringLiteral("Who?"), QString());
    m_client->summarize({});
    QTRY_VERIFY(m_client->isIdle());
    QVERIFY(exchange().evidence.empty());
}

QTEST_MAIN(AskingTest)
#include "asking_test.moc"
