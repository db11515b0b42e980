#include <QElapsedTimer>
#include <QLineEdit>
#include <QListView>
#include <QTest>
#include <QTimer>

#include <cstdio>

#include "tests/gui/exchange_fixture.h"
#include "tests/gui/window_fixture.h"

using fixture::child;

/// A flood of events and a large library, with the longest time that the window was busy at a
/// stretch. The time is printed and not asserted: it belongs to a machine.
class ResponsivenessTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void reading();
    void answering();
    void library();

private:
    /// Fires every 10 ms and notes the longest wait between two.
    class Pulse {
    public:
        explicit Pulse(const char* what) : m_what(what) {
            m_timer.setTimerType(Qt::PreciseTimer);
            m_timer.setInterval(10);
            QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { beat(); });
            m_clock.start();
            m_timer.start();
        }
        ~Pulse() {
            beat();
            std::printf("%s: the longest wait was %lld ms, %lld ms in all\n", m_what,
                        static_cast<long long>(m_worst), static_cast<long long>(m_all));
            std::fflush(stdout);
        }

    private:
        void beat() {
            const qint64 ms = m_clock.restart();
            m_worst = std::max(m_worst, ms);
            m_all += ms;
        }

        const char* m_what;
        QTimer m_timer;
        QElapsedTimer m_clock;
        qint64 m_worst = 0, m_all = 0;
    };
};

void ResponsivenessTest::reading() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    fixture.scenario().library = {fixture::pagedDocument('a', "Emma")};
    engine::Progress progress;
    progress.document = fixture.scenario().library[0].id;
    progress.stage = engine::Stage::Read;
    progress.total = 20'000;
    for (int i = 1; i <= 20'000; ++i) {
        progress.done = i;
        fixture.scenario().script["read"].push_back(progress);
    }
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    QTRY_VERIFY(fixture.client().isIdle());
    std::int64_t last = 0;
    connect(&fixture.client(), &ui::EngineClient::arrived, this,
            [&](quint64, const engine::Event& event) {
                if (const auto* newest = std::get_if<engine::Progress>(&event))
                    last = newest->done;
            });
    const QString path = fixture.write("emma.pdf");
    {
        const Pulse pulse("20,000 progress events");
        window.read({path});
        QTRY_VERIFY_WITH_TIMEOUT(last == 20'000 && fixture.client().isIdle(), 60'000);
    }
}

void ResponsivenessTest::answering() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    fixture.scenario().library = {fixture::pagedDocument('a', "Emma")};
    auto& script = fixture.scenario().script["ask"];
    for (int i = 1; i <= 500; ++i)
        script.emplace_back(fixture::evidence(i));
    for (int i = 0; i < 20'000; ++i)
        script.emplace_back(engine::Gist{"word "});
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    auto* view = window.findChild<ui::AskView*>();
    {
        const Pulse pulse("500 evidence and 20,000 gist events");
        Q_EMIT view->asked(QStringLiteral("Who?"), QString());
        QTRY_VERIFY_WITH_TIMEOUT(fixture.client().isIdle(), 60'000);
    }
    const ui::Exchange* exchange = view->exchanges().exchange(0);
    QCOMPARE(exchange->evidence.size(), std::size_t{500});
    QCOMPARE(exchange->streamed.size(), 100'000);
}

void ResponsivenessTest::library() {
    fixture::Window fixture;
    for (int i = 0; i < 1000; ++i) {
        engine::DocumentInfo info = fixture::pagedDocument('a', "Book " + std::to_string(i));
        const std::string number = std::to_string(1'000'000 + i);
        info.id.sha256.replace(0, number.size(), number);
        fixture.scenario().library.push_back(info);
    }
    const Pulse pulse("1,000 documents listed and filtered");
    ui::MainWindow& window = fixture.start();
    const auto* list = child<QListView>(window, "libraryList");
    QTRY_COMPARE(list->model()->rowCount(), 1000);
    auto* filter = child<QLineEdit>(window, "libraryFilter");
    for (const char key : {'B', 'o', 'o', 'k', ' ', '9', '9'}) {
        QTest::keyClick(filter, key);
        QTest::qWait(0);
    }
    QCOMPARE(list->model()->rowCount(), 19); // 99, 199, …, 899 and 990 to 999
    filter->clear();
    QTest::qWait(0);
    QCOMPARE(list->model()->rowCount(), 1000);
}

QTEST_MAIN(ResponsivenessTest)
#include "responsiveness_test.moc"
