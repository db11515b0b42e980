#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include <atomic>
#include <thread>

#include "tests/gui/exchange_fixture.h"
#include "tests/support/fake_engine.h"
#include "ui/exchange_model.h"
#include "ui/summarizing.h"

using Length = ui::SummaryView::Length;
using Style = ui::SummaryView::Style;
using State = ui::SummaryPart::State;

class SummarizingTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void listsBookAndChapters();
    void makesOne();
    void makesThemOneAfterTheOther();
    void stopsThemAll();
    void saysWhyOneFailed();
    void showsTheNewestThatWasKept();
    void forgetsTheDocumentBefore();
    void makesNothingWithoutADocument();

private:
    void hold() {
        m_scenario.beforeDone = [this](const engine::Task::Impl& task) {
            while (m_mayEnd == 0 && !task.isCancelled())
                std::this_thread::yield();
            if (!task.isCancelled())
                --m_mayEnd;
        };
    }
    State state(int chapter) const {
        const QAbstractItemModel* model = m_parts->model();
        return static_cast<State>(
            model->index(chapter, 0).data(ui::SummaryModel::StateRole).toInt());
    }
    /// What stands in the text of the chosen part.
    QString shown() const {
        QString text;
        const auto* view = m_view->findChild<QListView*>(QStringLiteral("summaryText"));
        for (int i = 0; i < view->model()->rowCount(); ++i)
            text += view->model()->index(i, 0).data(Qt::DisplayRole).toString() + u'\n';
        return text;
    }
    static engine::SummaryRecord record(std::int64_t id, std::int64_t begin,
                                        const std::string& text) {
        engine::SummaryRecord made;
        made.id = id;
        made.range = {begin, begin + 4000};
        made.madeAt = "2026-05-03T10:00:00Z";
        made.style = "prose";
        made.gist = {fixture::sentence(text, engine::Basis::Evidence, {1})};
        made.evidence = {fixture::evidence(1)};
        return made;
    }

    support::Scenario m_scenario;
    const engine::DocumentInfo m_emma = support::fakeDocument('a', "Emma");
    const engine::DocumentInfo m_sanditon = support::fakeDocument('b', "Sanditon");
    std::atomic<int> m_mayEnd = 0;
    std::unique_ptr<support::FakeEngine> m_engine;
    std::unique_ptr<ui::EngineClient> m_client;
    std::unique_ptr<ui::SummaryView> m_view;
    std::unique_ptr<ui::Summarizing> m_summarizing;
    QListView* m_parts = nullptr;
};

void SummarizingTest::init() {
    m_scenario = {};
    m_mayEnd = 0;
    for (int i = 0; i < 3; ++i) {
        engine::ContentsEntry chapter;
        chapter.title = "Chapter " + std::to_string(i + 1);
        chapter.range = {i * 4000, (i + 1) * 4000};
        m_scenario.outline.push_back(chapter);
    }
    m_engine = std::make_unique<support::FakeEngine>(m_scenario);
    m_client = std::make_unique<ui::EngineClient>(*m_engine);
    m_view = std::make_unique<ui::SummaryView>();
    m_summarizing = std::make_unique<ui::Summarizing>(*m_client, *m_view);
    m_parts = m_view->findChild<QListView*>(QStringLiteral("summaryParts"));
}

void SummarizingTest::cleanup() {
    m_summarizing.reset();
    m_view.reset();
    m_client.reset();
    m_engine.reset();
}

void SummarizingTest::listsBookAndChapters() {
    m_summarizing->setDocument(m_emma);
    QCOMPARE(m_parts->model()->rowCount(), 4);
    QVERIFY(m_parts->model()->index(0, 0).data().toString().contains(QStringLiteral("Whole book")));
    QVERIFY(m_parts->model()->index(3, 0).data().toString().contains(QStringLiteral("Chapter 3")));
    for (int i = 0; i < 4; ++i)
        QCOMPARE(state(i), State::None);
    m_summarizing->setDocument(std::nullopt);
    QCOMPARE(m_parts->model()->rowCount(), 0);
}

void SummarizingTest::makesOne() {
    m_scenario.script["summarize"] = {engine::Progress{}, fixture::evidence(1),
                                      fixture::sentence("They meet.", engine::Basis::Evidence, {1}),
                                      fixture::coverage(12, 12)};
    m_summarizing->setDocument(m_emma);
    m_view->selectChapter(2);
    Q_EMIT m_view->makeRequested(2, Length::Short, Style::Points);
    QCOMPARE(state(2), State::Making);
    QTRY_COMPARE(state(2), State::Made);
    QVERIFY(m_scenario.summaryRequest.document == m_emma.id);
    QCOMPARE(m_scenario.summaryRequest.of, engine::SummaryRequest::Of::Chapter);
    QCOMPARE(m_scenario.summaryRequest.chapter, 2);
    QCOMPARE(m_scenario.summaryRequest.length, engine::SummaryRequest::Length::Short);
    QCOMPARE(m_scenario.summaryRequest.style, engine::SummaryRequest::Style::Points);
    QVERIFY(shown().contains(QStringLiteral("They meet.")));
    Q_EMIT m_view->makeRequested(0, Length::Long, Style::Prose);
    QTRY_COMPARE(state(0), State::Made);
    QCOMPARE(m_scenario.summaryRequest.of, engine::SummaryRequest::Of::Book);
    QCOMPARE(m_scenario.summaryRequest.length, engine::SummaryRequest::Length::Long);
}

void SummarizingTest::makesThemOneAfterTheOther() {
    hold();
    m_summarizing->setDocument(m_emma);
    Q_EMIT m_view->makeAllRequested(Length::Short, Style::Prose);
    for (int chapter = 1; chapter <= 3; ++chapter) {
        QTRY_COMPARE(m_scenario.calls.size(), static_cast<std::size_t>(chapter));
        QCOMPARE(m_scenario.summaryRequest.chapter, chapter);
        QCOMPARE(state(chapter), State::Making);
        m_mayEnd = 1;
        QTRY_COMPARE(state(chapter), State::Made);
    }
    QTRY_VERIFY(m_client->isIdle());
    QCOMPARE(m_scenario.calls.size(), std::size_t{3});
}

void SummarizingTest::stopsThemAll() {
    hold();
    m_summarizing->setDocument(m_emma);
    Q_EMIT m_view->makeAllRequested(Length::Short, Style::Prose);
    QTRY_COMPARE(m_scenario.calls.size(), std::size_t{1});
    Q_EMIT m_view->stopRequested();
    QTRY_VERIFY(m_client->isIdle());
    for (int chapter = 1; chapter <= 3; ++chapter)
        QCOMPARE(state(chapter), State::None);
    QCOMPARE(m_scenario.calls.size(), std::size_t{1});
}

void SummarizingTest::saysWhyOneFailed() {
    m_scenario.script["summarize"] = {
        engine::Failed{engine::Code::NoMemory, "Memory is short.", {}}};
    m_summarizing->setDocument(m_emma);
    m_view->selectChapter(1);
    Q_EMIT m_view->makeRequested(1, Length::Short, Style::Prose);
    QTRY_COMPARE(state(1), State::Failed);
    const auto labels = m_view->findChildren<QLabel*>();
    QVERIFY(std::ranges::any_of(labels, [](const QLabel* label) {
        return label->text().contains(QStringLiteral("Memory is short."));
    }));
    m_scenario.script["summarize"].clear();
    Q_EMIT m_view->makeRequested(1, Length::Short, Style::Prose);
    QTRY_COMPARE(state(1), State::Made);
}

void SummarizingTest::showsTheNewestThatWasKept() {
    m_scenario.summaries = {record(9, 4000, "The new one."), record(3, 4000, "The old one."),
                            record(4, 123, "Of some pages.")};
    m_summarizing->setDocument(m_emma);
    QCOMPARE(state(1), State::None);
    QCOMPARE(state(2), State::Made);
    m_view->selectChapter(2);
    QVERIFY(shown().contains(QStringLiteral("The new one.")));
    QVERIFY(!shown().contains(QStringLiteral("The old one.")));
}

void SummarizingTest::forgetsTheDocumentBefore() {
    m_scenario.script["summarize"] = {engine::Progress{},
                                      fixture::sentence("Of Emma.", engine::Basis::Memory)};
    std::atomic<bool> mayEnd = false;
    // Comes too late to be cancelled.
    m_scenario.beforeDone = [&](const engine::Task::Impl&) {
        while (!mayEnd)
            std::this_thread::yield();
    };
    m_summarizing->setDocument(m_emma);
    Q_EMIT m_view->makeRequested(1, Length::Short, Style::Prose);
    m_summarizing->setDocument(m_sanditon);
    mayEnd = true;
    QTRY_VERIFY(m_client->isIdle());
    for (int chapter = 0; chapter <= 3; ++chapter)
        QCOMPARE(state(chapter), State::None);
    QVERIFY(m_summarizing->document()->id == m_sanditon.id);
    Q_EMIT m_view->makeRequested(1, Length::Short, Style::Prose);
    QTRY_COMPARE(state(1), State::Made);
    QVERIFY(m_scenario.summaryRequest.document == m_sanditon.id);
}

void SummarizingTest::makesNothingWithoutADocument() {
    Q_EMIT m_view->makeRequested(1, Length::Short, Style::Prose);
    QVERIFY(m_scenario.calls.empty());
}

QTEST_MAIN(SummarizingTest)
#include "summarizing_test.moc"
