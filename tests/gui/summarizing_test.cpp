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
    void tellsNothingBehindTheBound();
    void makesUpToTheBound();
    void keepsWhatIsChosenUnderAMovingBound();
    void dropsWhatATighterBoundForbids();
    void keepsWhatWasMadeHere();
    void leavesTheListAloneInsideAChapter();
    void keepsTheProgressUnderAMovingBound();
    void dropsWhatWaitsBehindTheBound();
    void showsTheBookThatWasKept();
    void showsWhatOlderLibrariesKeptOfABook();
    void tellsWhatIsMade();
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
    QStringList titles() const {
        QStringList result;
        for (int i = 1; i < m_parts->model()->rowCount(); ++i)
            result.append(m_parts->model()->index(i, 0).data().toString());
        return result;
    }
    /// Whether a sentence stands in the view beside the summaries.
    bool says(const QString& sentence) const {
        return std::ranges::any_of(m_view->findChildren<QLabel*>(), [&](const QLabel* label) {
            return label->text().contains(sentence);
        });
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
    QVERIFY(says(QStringLiteral("Memory is short.")));
    // A bound that hides another chapter hides nothing of this one.
    m_summarizing->setBound({{QStringLiteral("index:5"), 5000}});
    QCOMPARE(state(1), State::Failed);
    QVERIFY(says(QStringLiteral("Memory is short.")));
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

void SummarizingTest::tellsNothingBehindTheBound() {
    m_scenario.outline[0].title = "The ball";
    m_scenario.outline[1].title = "The proposal";
    m_scenario.outline[2].title = "The wedding";
    m_scenario.summaries = {record(1, 0, "They dance."), record(2, 4000, "He asks her."),
                            record(3, 8000, "They marry.")};
    m_summarizing->setDocument(m_emma);
    m_summarizing->setBound({{QStringLiteral("index:5"), 5000}});
    QCOMPARE(titles(), (QStringList{QStringLiteral("The ball"), QStringLiteral("The proposal"),
                                    QStringLiteral("Chapter 3")}));
    QCOMPARE(state(1), State::Made);
    QCOMPARE(state(2), State::None); // the one that is kept goes to the chapter's end
    QCOMPARE(state(3), State::None);
    // A page further on that ends the chapter, and a page back.
    m_summarizing->setBound({{QStringLiteral("chapter:2"), 8000}});
    QCOMPARE(state(2), State::Made);
    m_summarizing->setBound({{QStringLiteral("index:5"), 5000}});
    QCOMPARE(state(2), State::None);
    m_summarizing->setBound(std::nullopt);
    QCOMPARE(titles().last(), QStringLiteral("The wedding"));
    QCOMPARE(state(3), State::Made);
    m_summarizing->setBound({{QStringLiteral("index:5"), 5000}});
    m_summarizing->setDocument(m_sanditon); // which has no bound
    QCOMPARE(titles().last(), QStringLiteral("The wedding"));
}

void SummarizingTest::makesUpToTheBound() {
    m_summarizing->setDocument(m_emma);
    m_summarizing->setBound({{QStringLiteral("index:5"), 5000}});
    Q_EMIT m_view->makeRequested(0, Length::Short, Style::Prose);
    QTRY_COMPARE(state(0), State::Made);
    QVERIFY(m_scenario.summaryRequest.asOf);
    QCOMPARE(m_scenario.summaryRequest.asOf->text, std::string("index:5"));
    Q_EMIT m_view->makeAllRequested(Length::Short, Style::Prose);
    QTRY_VERIFY(m_client->isIdle());
    QCOMPARE(m_scenario.calls.size(), std::size_t{3}); // the third chapter lies behind it
    m_summarizing->setBound(std::nullopt);
    Q_EMIT m_view->makeRequested(3, Length::Short, Style::Prose);
    QTRY_COMPARE(state(3), State::Made);
    QVERIFY(!m_scenario.summaryRequest.asOf);
}

void SummarizingTest::keepsWhatIsChosenUnderAMovingBound() {
    hold();
    m_summarizing->setDocument(m_emma);
    m_summarizing->setBound({{QStringLiteral("index:3"), 3000}});
    m_view->selectChapter(2);
    Q_EMIT m_view->makeRequested(1, Length::Short, Style::Prose);
    QTRY_COMPARE(m_scenario.calls.size(), std::size_t{1});
    m_summarizing->setBound({{QStringLiteral("index:9"), 9000}});
    QCOMPARE(m_parts->currentIndex().row(), 2);
    m_summarizing->setBound({{QStringLiteral("index:5"), 5000}});
    QCOMPARE(state(1), State::Making); // it looks no further than its chapter
    m_mayEnd = 1;
    QTRY_COMPARE(state(1), State::Made);
}

void SummarizingTest::dropsWhatATighterBoundForbids() {
    m_scenario.script["summarize"] = {fixture::sentence("They marry.", engine::Basis::Memory)};
    std::atomic<bool> mayEnd = false;
    // Comes too late to be cancelled.
    m_scenario.beforeDone = [&](const engine::Task::Impl&) {
        while (!mayEnd)
            std::this_thread::yield();
    };
    m_summarizing->setDocument(m_emma);
    Q_EMIT m_view->makeRequested(0, Length::Short, Style::Prose);
    QTRY_COMPARE(m_scenario.calls.size(), std::size_t{1});
    m_summarizing->setBound({{QStringLiteral("index:5"), 5000}});
    mayEnd = true;
    QTRY_VERIFY(m_client->isIdle());
    QCOMPARE(state(0), State::None);
    QVERIFY(!shown().contains(QStringLiteral("They marry.")));
}

/// The library may be read only, and has none of it then.
void SummarizingTest::keepsWhatWasMadeHere() {
    m_scenario.script["summarize"] = {fixture::sentence("They meet.", engine::Basis::Memory)};
    m_summarizing->setDocument(m_emma);
    m_view->selectChapter(1);
    Q_EMIT m_view->makeRequested(1, Length::Short, Style::Prose);
    QTRY_COMPARE(state(1), State::Made);
    m_summarizing->setBound({{QStringLiteral("index:5"), 5000}});
    QCOMPARE(state(1), State::Made);
    QVERIFY(shown().contains(QStringLiteral("They meet.")));
    m_summarizing->setBound({{QStringLiteral("index:3"), 3000}});
    QCOMPARE(state(1), State::None);
    QVERIFY(!shown().contains(QStringLiteral("They meet.")));
    // Of what was made up to several bounds the newest that may be told is shown.
    m_scenario.script["summarize"] = {fixture::sentence("They set out.", engine::Basis::Memory)};
    Q_EMIT m_view->makeRequested(1, Length::Short, Style::Prose);
    QTRY_COMPARE(state(1), State::Made);
    m_summarizing->setBound({{QStringLiteral("index:2"), 2000}});
    QCOMPARE(state(1), State::None);
    m_summarizing->setBound(std::nullopt);
    QCOMPARE(state(1), State::Made);
    QVERIFY(shown().contains(QStringLiteral("They set out.")));
    m_summarizing->setDocument(m_sanditon);
    QCOMPARE(state(1), State::None);
}

void SummarizingTest::leavesTheListAloneInsideAChapter() {
    m_summarizing->setDocument(m_emma);
    m_summarizing->setBound({{QStringLiteral("index:6"), 6000}});
    QSignalSpy listed(m_parts->model(), &QAbstractItemModel::modelReset);
    for (const std::int64_t offset : {7000, 6000, 5000}) // on, and back
        m_summarizing->setBound({{QStringLiteral("index:9"), offset}});
    QCOMPARE(listed.size(), 0);
    m_summarizing->setBound({{QStringLiteral("index:4"), 4000}});
    QCOMPARE(listed.size(), 1);
}

void SummarizingTest::keepsTheProgressUnderAMovingBound() {
    engine::Progress progress;
    progress.done = 3;
    progress.total = 10;
    m_scenario.script["summarize"] = {progress};
    hold();
    m_summarizing->setDocument(m_emma);
    const auto percent = [this] {
        return m_parts->model()->index(1, 0).data(ui::SummaryModel::PercentRole).toInt();
    };
    Q_EMIT m_view->makeRequested(1, Length::Short, Style::Prose);
    QTRY_COMPARE(percent(), 30);
    m_summarizing->setBound({{QStringLiteral("index:5"), 5000}});
    QCOMPARE(percent(), 30);
    m_mayEnd = 1;
    QTRY_COMPARE(state(1), State::Made);
}

void SummarizingTest::dropsWhatWaitsBehindTheBound() {
    hold();
    m_summarizing->setDocument(m_emma);
    Q_EMIT m_view->makeAllRequested(Length::Short, Style::Prose);
    QTRY_COMPARE(m_scenario.calls.size(), std::size_t{1});
    m_summarizing->setBound({{QStringLiteral("index:4"), 4000}});
    QCOMPARE(state(1), State::Making);
    QCOMPARE(state(2), State::None);
    m_mayEnd = 1;
    QTRY_VERIFY(m_client->isIdle());
    QCOMPARE(state(1), State::Made);
    QCOMPARE(m_scenario.calls.size(), std::size_t{1});
}

void SummarizingTest::showsTheBookThatWasKept() {
    const auto part = [](std::int64_t id, std::int64_t begin, const std::string& text,
                         const std::string& length) {
        engine::SummaryRecord made = record(id, begin, text);
        made.isOfBook = true;
        made.length = length;
        made.coverage = "Read 12 of 12 pages.";
        return made;
    };
    m_scenario.summaries = {part(7, 0, "It begins.", "short"), record(2, 0, "Of the chapter."),
                            part(8, 4000, "It goes on.", "short"),
                            part(5, 8000, "Of an older one.", "long")};
    m_scenario.summaries[2].evidence = {fixture::evidence(3, "It went on.")};
    m_scenario.summaries[2].gist[0].citations = {3};
    m_summarizing->setDocument(m_emma);
    QCOMPARE(state(0), State::Made);
    QCOMPARE(state(1), State::Made);
    QCOMPARE(state(2), State::None);
    m_view->selectChapter(0);
    QVERIFY(shown().contains(QStringLiteral("It begins.")));
    QVERIFY(shown().contains(QStringLiteral("It goes on.")));
    QVERIFY(!shown().contains(QStringLiteral("Of an older one.")));
    // Sources are numbered through.
    QVERIFY(shown().contains(QStringLiteral("Evidence 1:")));
    QVERIFY(shown().contains(QStringLiteral("Evidence 2:")));
    QVERIFY(!shown().contains(QStringLiteral("Evidence 3:")));
    QCOMPARE(shown().count(QStringLiteral("Read 12 of 12 pages.")), 1);
    m_view->selectChapter(1);
    QVERIFY(shown().contains(QStringLiteral("Of the chapter.")));
}

void SummarizingTest::showsWhatOlderLibrariesKeptOfABook() {
    m_scenario.outline.clear();
    engine::DocumentInfo emma = m_emma;
    emma.characters = 8000;
    m_scenario.summaries = {record(1, 0, "It begins."), record(2, 4000, "It goes on."),
                            record(3, 123, "Of some pages.")};
    m_summarizing->setDocument(emma);
    QCOMPARE(state(0), State::Made);
    m_view->selectChapter(0);
    QVERIFY(shown().contains(QStringLiteral("It begins.")));
    QVERIFY(shown().contains(QStringLiteral("It goes on.")));
    QVERIFY(!shown().contains(QStringLiteral("Of some pages.")));
    m_summarizing->setDocument(std::nullopt);
    emma.characters = 9000;
    m_summarizing->setDocument(emma);
    QCOMPARE(state(0), State::None);
}

void SummarizingTest::tellsWhatIsMade() {
    QSignalSpy made(m_summarizing.get(), &ui::Summarizing::made);
    m_summarizing->setDocument(m_emma);
    Q_EMIT m_view->makeRequested(1, Length::Short, Style::Prose);
    QTRY_COMPARE(made.size(), 1);
    m_scenario.script["summarize"] = {
        engine::Failed{engine::Code::NoMemory, "Memory is short.", {}}};
    Q_EMIT m_view->makeRequested(2, Length::Short, Style::Prose);
    QTRY_COMPARE(state(2), State::Failed);
    QCOMPARE(made.size(), 1);
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
