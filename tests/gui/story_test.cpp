#include <QFileInfo>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <memory>

#include "engine/engine.h"
#include "tests/gui/window_fixture.h"
#include "ui/document_view.h"
#include "ui/export_dialog.h"
#include "ui/hit_model.h"
#include "ui/page_view.h"
#include "ui/queue_view.h"
#include "ui/summary_model.h"
#include "ui/summary_view.h"

using fixture::child;

/// The window with the real engine, from a book that is dropped to the same desk on the next day.
/// Each part goes on where the one before stopped.
class StoryTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void readsADroppedBook();
    void findsWordsInTheText();
    void answersWithQuotes();
    void showsWhereAQuoteStands();
    void summarisesAChapter();
    void exportsMarkdown();
    void findsEverythingAgain();
    void knowsTheBookAlready();
    void saysWhatIsWrongWithOtherFiles();
    void opensALockedFile();
    void cleanupTestCase();

private:
    static constexpr int kReadMs = 180'000;
    static constexpr int kAnswerMs = 60'000;
    static constexpr int kChapter = 2;

    void open() {
        engine::Options options;
        options.libraryPath = m_home.filePath(QStringLiteral("library")).toStdString();
        options.modelPath = TEST_MODEL;
        options.readerProgram = TEST_READER;
        ui::WindowPaths paths;
        paths.settings = m_home.filePath(QStringLiteral("settings.ini"));
        paths.state = m_home.filePath(QStringLiteral("window.ini"));
        paths.sampleBook = QStringLiteral(SAMPLE_BOOK);
        paths.model = QStringLiteral(TEST_MODEL);
        m_window = std::make_unique<ui::MainWindow>(paths);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_engine = engine::Engine::open(options);
        m_client = std::make_unique<ui::EngineClient>(*m_engine);
        m_window->setClient(*m_client);
        m_desk = m_window->findChild<ui::Desk*>();
        m_ask = m_window->findChild<ui::AskView*>();
        m_summaries = m_window->findChild<ui::SummaryView*>();
    }
    void close() {
        if (m_window == nullptr)
            return;
        m_window->close();
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->isVisible(), 20'000);
        m_window.reset();
        m_client.reset();
        m_engine.reset();
    }
    void act(const char* name) const { child<QAction>(*m_window, name)->trigger(); }
    QString write(const char* name, const QByteArray& content) const {
        const QString path = m_home.filePath(QString::fromLatin1(name));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("%s cannot be written.", qPrintable(path));
        return path;
    }
    const engine::Evidence* firstEvidence() const {
        return m_ask->exchanges().evidence(m_ask->exchanges().evidenceIndex(m_exchange, 1));
    }
    QString summary() const {
        QString text;
        const auto* view = child<QListView>(*m_window, "summaryText");
        for (int i = 0; i < view->model()->rowCount(); ++i)
            text += view->model()->index(i, 0).data().toString() + u'\n';
        return text;
    }
    /// The sentence that the queue has for a file that was not read; waits for it.
    QString failureOf(const QString& path) {
        fixture::drop(*m_window, path);
        const auto sentence = [this, &path]() -> QString {
            for (const QLabel* title :
                 m_window->findChildren<QLabel*>(QStringLiteral("queueTitle"))) {
                auto* action = child<QPushButton>(*title->parentWidget(), "queueAction");
                if (title->text() == QFileInfo(path).fileName() && action->isVisible())
                    return child<QLabel>(*title->parentWidget(), "queueStatus")->text();
            }
            return {};
        };
        if (!QTest::qWaitFor([&] { return !sentence().isEmpty(); }, kReadMs))
            return {};
        return sentence();
    }

    QTemporaryDir m_home;
    std::unique_ptr<engine::Engine> m_engine;
    std::unique_ptr<ui::EngineClient> m_client;
    std::unique_ptr<ui::MainWindow> m_window;
    ui::Desk* m_desk = nullptr;
    ui::AskView* m_ask = nullptr;
    ui::SummaryView* m_summaries = nullptr;
    engine::DocumentInfo m_book;
    int m_exchange = 0;
    qint64 m_place = 0;
    QString m_answer, m_summary;
};

void StoryTest::initTestCase() {
    if (!QFileInfo::exists(QStringLiteral(TEST_MODEL)))
        QSKIP("The default model is not there; installer/setup.sh brings it.");
    open();
}

void StoryTest::readsADroppedBook() {
    QVERIFY(fixture::drop(*m_window, QStringLiteral(SAMPLE_BOOK)));
    // It can be looked at long before it is read.
    QTRY_COMPARE_WITH_TIMEOUT(m_desk->count(), 1, kReadMs);
    QTRY_VERIFY_WITH_TIMEOUT(m_client->isIdle(), kReadMs);
    QCOMPARE(m_engine->documents().size(), std::size_t{1});
    m_book = m_engine->documents()[0];
    QCOMPARE(m_book.state, engine::State::Read);
    QCOMPARE(m_desk->current()->coverage.read, m_book.coverage.total);
    QVERIFY(m_window->findChild<ui::QueueView*>()->isEmpty());
}

void StoryTest::findsWordsInTheText() {
    auto* field = child<QLineEdit>(*m_window, "libraryFilter");
    field->setText(QStringLiteral("boatman \"second key\""));
    auto* list = child<QListView>(*m_window, "hitList");
    QTRY_VERIFY_WITH_TIMEOUT(list->model()->rowCount() > 0, kAnswerMs);
    QTRY_VERIFY_WITH_TIMEOUT(m_client->isIdle(), kAnswerMs);
    const auto* model = m_window->findChild<ui::HitModel*>();
    const ui::Hit* hit = model->hit(model->index(0));
    QVERIFY(hit->document == m_book.id);
    QStringList words;
    for (const auto& [begin, length] : hit->found)
        words.append(hit->snippet.mid(begin, length));
    QVERIFY2(words.contains(QStringLiteral("second key")), qPrintable(words.join(u'|')));
    QTest::keyClick(list, Qt::Key_Down);
    QTest::keyClick(list, Qt::Key_Return);
    const auto boxes = m_engine->boxes(hit->document, hit->range);
    QVERIFY(!boxes.empty());
    QCOMPARE(m_desk->currentView()->pageView()->highlight().size(), boxes.size());
    QTRY_COMPARE(m_desk->currentView()->currentPage(), boxes.front().page);
    // What is in the Trash has no places.
    m_engine->remove({m_book.id});
    field->setText(QStringLiteral("key"));
    QTRY_VERIFY_WITH_TIMEOUT(child<QWidget>(*m_window, "hitSentence")->isVisible(), kAnswerMs);
    m_engine->restore({m_book.id});
    field->clear();
}

void StoryTest::answersWithQuotes() {
    act("ask");
    auto* question = child<QPlainTextEdit>(*m_window, "question");
    QTest::keyClicks(question, QStringLiteral("What happens when the power fails?"));
    QTest::keyClick(question, Qt::Key_Return);
    QVERIFY(m_ask->exchanges().running() >= 0);
    m_exchange = m_ask->exchanges().running();
    QTRY_VERIFY_WITH_TIMEOUT(m_client->isIdle(), kAnswerMs);
    const ui::Exchange* exchange = m_ask->exchanges().exchange(m_exchange);
    QVERIFY(exchange->failures.empty());
    QVERIFY(!exchange->evidence.empty());
    QVERIFY(!exchange->sentences.empty() || !exchange->refusal.isEmpty());
    QCOMPARE(exchange->coverage.size(), std::size_t{1});
    for (const engine::Evidence& evidence : exchange->evidence)
        QCOMPARE(m_engine->text(evidence.document, evidence.range), evidence.quote);
    m_answer = ui::markdownAnswer(*exchange);
}

void StoryTest::showsWhereAQuoteStands() {
    act("nextEvidence");
    QTest::keyClick(child<QListView>(*m_window, "exchanges"), Qt::Key_Return);
    const engine::Evidence* evidence = firstEvidence();
    QVERIFY(evidence != nullptr);
    const auto boxes = m_engine->boxes(evidence->document, evidence->range);
    QVERIFY(!boxes.empty());
    const auto& marked = m_desk->currentView()->pageView()->highlight();
    QCOMPARE(marked.size(), boxes.size());
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        QCOMPARE(marked[i].page, boxes[i].page);
        QCOMPARE(marked[i].box,
                 QRectF(QPointF(boxes[i].x0, boxes[i].y0), QPointF(boxes[i].x1, boxes[i].y1)));
    }
    QTRY_COMPARE(m_desk->currentView()->currentPage(), boxes.front().page);
    // The picture of the page comes, and with it the mark.
    QTRY_VERIFY_WITH_TIMEOUT(m_client->isIdle(), kAnswerMs);
}

void StoryTest::summarisesAChapter() {
    act("summarise");
    m_summaries->selectChapter(kChapter);
    Q_EMIT m_summaries->makeRequested(kChapter, ui::SummaryView::Length::Short,
                                      ui::SummaryView::Style::Prose);
    QVERIFY(!m_client->isIdle());
    QTRY_VERIFY_WITH_TIMEOUT(m_client->isIdle(), kAnswerMs);
    QCOMPARE(m_engine->summaries(m_book.id).size(), std::size_t{1});
    m_summary = summary();
    const auto sentences = m_engine->summaries(m_book.id)[0].gist;
    QVERIFY(!sentences.empty());
    QVERIFY(m_summary.contains(QString::fromStdString(sentences[0].utf8)));
}

void StoryTest::exportsMarkdown() {
    act("export");
    auto* dialog = m_window->findChild<ui::ExportDialog*>();
    QVERIFY(dialog != nullptr);
    const QString path = m_home.filePath(QStringLiteral("book.md"));
    dialog->setPath(path);
    child<QPushButton>(*dialog, "exportGo")->click();
    QTRY_VERIFY(QFile::exists(path));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString text = QString::fromUtf8(file.readAll());
    QVERIFY(text.contains(QStringLiteral("What happens when the power fails?")));
    QVERIFY(text.contains(QString::fromStdString(m_book.title)));
}

void StoryTest::findsEverythingAgain() {
    m_place = m_desk->currentOffset();
    QVERIFY(m_place > 0);
    m_ask->setDraft(QStringLiteral("And then?"));
    const QString question = m_ask->exchanges().exchange(m_exchange)->question;
    close();
    open();
    QCOMPARE(m_desk->count(), 1);
    QVERIFY(m_desk->current()->id == m_book.id);
    QTRY_VERIFY_WITH_TIMEOUT(m_client->isIdle(), kAnswerMs);
    QCOMPARE(m_desk->currentOffset(), m_place);
    QCOMPARE(m_ask->draft(), QStringLiteral("And then?"));
    const ui::ExchangeModel::Row row = m_ask->exchanges().row(m_ask->exchanges().index(0));
    QCOMPARE(row.exchange->question, question);
    QVERIFY(!row.exchange->evidence.empty());
    QVERIFY(!row.exchange->sentences.empty() || !row.exchange->refusal.isEmpty());
    act("summarise");
    m_summaries->selectChapter(kChapter);
    const std::string sentence = m_engine->summaries(m_book.id)[0].gist[0].utf8;
    QVERIFY(summary().contains(QString::fromStdString(sentence)));
}

void StoryTest::knowsTheBookAlready() {
    QVERIFY(fixture::drop(*m_window, QStringLiteral(SAMPLE_BOOK)));
    QTRY_VERIFY(!m_client->isIdle());
    QTRY_VERIFY_WITH_TIMEOUT(m_client->isIdle(), kReadMs);
    QCOMPARE(m_engine->documents().size(), std::size_t{1});
    QCOMPARE(m_desk->count(), 1);
    QCOMPARE(m_engine->documents()[0].state, engine::State::Read);
}

void StoryTest::saysWhatIsWrongWithOtherFiles() {
    // What a file is, its content says: this one is read.
    const QString renamed = write("renamed.pdf", "Three boats lay in the harbour. It was late.\n");
    QVERIFY(fixture::drop(*m_window, renamed));
    QTRY_COMPARE_WITH_TIMEOUT(m_engine->documents().size(), std::size_t{2}, kReadMs);
    QTRY_VERIFY_WITH_TIMEOUT(m_client->isIdle(), kReadMs);
    const engine::DocumentInfo text = m_engine->find(renamed.toStdString());
    QCOMPARE(text.kind, std::string("text"));
    QCOMPARE(text.state, engine::State::Read);

    const QString sentence = failureOf(write("empty.pdf", {}));
    QVERIFY2(sentence.contains(QStringLiteral("empty.pdf")), qPrintable(sentence));
    QVERIFY2(sentence.contains(QStringLiteral("empty"), Qt::CaseInsensitive), qPrintable(sentence));
    const QString lost = failureOf(m_home.filePath(QStringLiteral("lost.pdf")));
    QVERIFY2(lost.contains(QStringLiteral("lost.pdf")), qPrintable(lost));
    QCOMPARE(m_engine->documents().size(), std::size_t{2});
    // Only rows in view have their buttons: the next failure needs the room.
    for (auto* cancel : m_window->findChildren<QAbstractButton*>(QStringLiteral("queueCancel")))
        cancel->click();
    QTRY_VERIFY(m_window->findChild<ui::QueueView*>()->isEmpty());
}

void StoryTest::opensALockedFile() {
    const QString locked =
        QStringLiteral(TEST_DATA "/pdf/format-corpus__encryption_openpassword.pdf");
    if (!QFileInfo::exists(locked))
        QSKIP("The test material is not there.");
    const QString sentence = failureOf(locked);
    QVERIFY2(sentence.contains(QStringLiteral("password")), qPrintable(sentence));
    QPushButton* action = nullptr;
    for (auto* button : m_window->findChildren<QPushButton*>(QStringLiteral("queueAction"))) {
        if (button->isVisible() && button->text().contains(QStringLiteral("Password")))
            action = button;
    }
    QVERIFY(action != nullptr);
    action->click();
    auto* dialog = m_window->findChild<QInputDialog*>();
    QVERIFY(dialog != nullptr);
    dialog->setTextValue(QStringLiteral("test123"));
    dialog->accept();
    const auto isRead = [&] {
        const auto documents = m_engine->documents();
        return std::ranges::any_of(documents, [](const engine::DocumentInfo& document) {
            return !document.paths.empty() &&
                   document.paths[0].find("openpassword") != std::string::npos &&
                   document.state == engine::State::Read;
        });
    };
    QTRY_VERIFY_WITH_TIMEOUT(isRead(), kReadMs);
}

void StoryTest::cleanupTestCase() {
    close();
}

QTEST_MAIN(StoryTest)
#include "story_test.moc"
