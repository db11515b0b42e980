#include <QClipboard>
#include <QComboBox>
#include <QDesktopServices>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDockWidget>
#include <QLineEdit>
#include <QListView>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPointer>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>
#include <QThread>
#include <QTreeView>

#include <atomic>
#include <thread>
#include <utility>

#include "tests/gui/exchange_fixture.h"
#include "tests/gui/window_fixture.h"
#include "ui/bound_chip.h"
#include "ui/document_view.h"
#include "ui/export_dialog.h"
#include "ui/library_view.h"
#include "ui/memory_strip.h"
#include "ui/page_view.h"
#include "ui/settings_dialog.h"
#include "ui/summary_view.h"
#include "ui/trash_view.h"

using fixture::child;
using fixture::message;
using Kind = ui::ExchangeModel::Kind;

/// Stands for the program that opens addresses.
class Browser : public QObject {
    Q_OBJECT

public:
    QList<QUrl> opened;

public Q_SLOTS:
    void open(const QUrl& url) { opened.append(url); }
};

/// What a person does with documents in the window.
class MainWindowWorkTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void showsAnAnswer();
    void opensACitation();
    void keepsTheChosenScope();
    void asksAboutAnotherDocumentWithoutTheBound();
    void removesAndBringsBack();
    void letsGoOfWhatIsRemoved();
    void takesOutWaitingFilesWithoutListingAnew();
    void waitsWithTheTrashWhileItIsEmptied();
    void pausesTheQueueByItsButton();
    void showsWhatIsSaidWhileReading();
    void exportsToAFile();
    void asksAsOfHere();
    void boundsOneDocumentOnly();
    void boundsContentsStripAndSummaries();
    void refusesABoundThatNamesNoPlace();
    void keepsTheBoundOverARestart();
    void asksBeforeALinkLeavesTheBook();
    void appliesSettingsAtOnce();
    void hidesQuestionsFromReaders();
    void opensNoDialogThatHoldsTheProgramUp();
    void walksTheRegions();

private:
    static void twoBooks(fixture::Window& fixture) {
        fixture::addPages(fixture.scenario());
        fixture.scenario().library = {fixture::pagedDocument('a', "Emma"),
                                      fixture::pagedDocument('b', "Sanditon")};
    }
    /// The files of two of three books, which are listed and will lie in the Trash.
    static std::pair<QString, QString> twoToRemove(fixture::Window& fixture) {
        twoBooks(fixture);
        auto& books = fixture.scenario().library;
        books.push_back(fixture::pagedDocument('c', "Persuasion"));
        const QString first = fixture.write("a.pdf"), second = fixture.write("b.pdf");
        books[0].paths = {first.toStdString()};
        books[1].paths = {second.toStdString()};
        fixture.scenario().trash = {books[0], books[1]};
        return {first, second};
    }
    /// Requests of the engine last until they are let go or cancelled.
    static void hold(fixture::Window& fixture, const std::atomic<bool>& mayEnd) {
        fixture.scenario().beforeDone = [&mayEnd](const engine::Task::Impl& task) {
            while (!mayEnd && !task.isCancelled())
                std::this_thread::yield();
        };
    }
    static QList<Kind> kinds(ui::MainWindow& window) {
        ui::ExchangeModel& model = window.findChild<ui::AskView*>()->exchanges();
        QList<Kind> result;
        for (int i = 0; i < model.rowCount(); ++i)
            result.append(model.row(model.index(i)).kind);
        return result;
    }
    static void ask(fixture::Window& fixture, ui::MainWindow& window) {
        fixture.act("ask");
        auto* question = child<QPlainTextEdit>(window, "question");
        QTest::keyClicks(question, QStringLiteral("How do they meet?"));
        QTest::keyClick(question, Qt::Key_Return);
    }
};

void MainWindowWorkTest::initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
}

void MainWindowWorkTest::showsAnAnswer() {
    fixture::Window fixture;
    twoBooks(fixture);
    fixture.scenario().script["ask"] = {
        fixture::evidence(1), fixture::evidence(2), engine::Gist{"They meet"},
        fixture::sentence("They meet.", engine::Basis::Evidence, {1}), fixture::coverage(12, 12)};
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    ask(fixture, window);
    QTRY_COMPARE(fixture.calls("ask"), 1);
    QTRY_VERIFY(window.findChild<ui::AskView*>()->exchanges().running() < 0);
    const engine::AskRequest& request = fixture.scenario().askRequests[0];
    QCOMPARE(request.question, std::string("How do they meet?"));
    QVERIFY(request.documents == std::vector{fixture.scenario().library[0].id});
    const QList<Kind> shown = kinds(window);
    QCOMPARE(shown.count(Kind::Question), 1);
    QCOMPARE(shown.count(Kind::Gist), 1);
    QCOMPARE(shown.count(Kind::Evidence), 2);
    QCOMPARE(shown.count(Kind::Coverage), 1);
    QVERIFY(window.findChild<ui::AskView*>()->draft().isEmpty());
}

void MainWindowWorkTest::opensACitation() {
    fixture::Window fixture;
    twoBooks(fixture);
    engine::Evidence evidence = fixture::evidence(1);
    evidence.document.sha256 = std::string(64, 'b'); // not the one in front
    evidence.range = {7100, 7150};
    fixture.scenario().boxes = {{8, 40, 60, 300, 72}, {8, 40, 80, 120, 92}};
    fixture.scenario().script["ask"] = {evidence};
    ui::MainWindow& window = fixture.start();
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(fixture.scenario().library[0]);
    ask(fixture, window);
    QTRY_VERIFY(kinds(window).contains(Kind::Evidence));
    fixture.act("nextEvidence");
    QTest::keyClick(child<QListView>(window, "exchanges"), Qt::Key_Return);
    QCOMPARE(desk->count(), 2);
    QCOMPARE(desk->current()->title, std::string("Sanditon"));
    const auto& marked = desk->currentView()->pageView()->highlight();
    QCOMPARE(marked.size(), std::size_t{2});
    for (std::size_t i = 0; i < marked.size(); ++i) {
        const engine::LineBox& box = fixture.scenario().boxes[i];
        QCOMPARE(marked[i].page, box.page);
        QCOMPARE(marked[i].box, QRectF(QPointF(box.x0, box.y0), QPointF(box.x1, box.y1)));
    }
    QTRY_COMPARE(desk->currentView()->currentPage(), 8);
    // The way back leads to where the question was asked, and to the page that was left.
    QVERIFY(child<QAction>(window, "back")->isEnabled());
}

void MainWindowWorkTest::keepsTheChosenScope() {
    fixture::Window fixture;
    twoBooks(fixture);
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    const engine::DocumentId a = fixture.scenario().library[0].id;
    const engine::DocumentId b = fixture.scenario().library[1].id;
    Q_EMIT window.findChild<ui::LibraryView*>()->askRequested({a, b});
    // A file that is read in the meantime changes nothing of what the person chose.
    fixture.scenario().script["read"] = {engine::Document{fixture.scenario().library[0]}};
    window.read({fixture.write("emma.pdf")});
    QTRY_VERIFY(fixture.calls("read") == 1 && fixture.client().isIdle());
    ask(fixture, window);
    QTRY_COMPARE(fixture.calls("ask"), 1);
    QVERIFY(fixture.scenario().askRequests[0].documents == (std::vector{a, b}));
    QTRY_VERIFY(fixture.client().isIdle());
    // Another document in front is another thing to ask about.
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[1]);
    ask(fixture, window);
    QTRY_COMPARE(fixture.calls("ask"), 2);
    QVERIFY(fixture.scenario().askRequests[1].documents == std::vector{b});
}

void MainWindowWorkTest::asksAboutAnotherDocumentWithoutTheBound() {
    fixture::Window fixture;
    twoBooks(fixture);
    fixture.scenario().library.push_back(fixture::pagedDocument('c', "Persuasion"));
    const auto& books = fixture.scenario().library;
    ui::MainWindow& window = fixture.start();
    auto* desk = window.findChild<ui::Desk*>();
    auto* library = window.findChild<ui::LibraryView*>();
    ui::BoundChip& chip = window.findChild<ui::AskView*>()->boundChip();
    desk->open(books[0]);
    chip.setBound(QStringLiteral("index:5"));
    Q_EMIT library->askRequested({books[1].id});
    QVERIFY(desk->current()->id == books[1].id);
    ask(fixture, window);
    QTRY_COMPARE(fixture.calls("ask"), 1);
    QVERIFY(fixture.scenario().askRequests[0].documents == std::vector{books[1].id});
    QVERIFY(!fixture.scenario().askRequests[0].asOf);
    QTRY_VERIFY(fixture.client().isIdle());
    // The same where it is what is left of several.
    desk->open(books[0]);
    chip.setBound(QStringLiteral("index:5"));
    Q_EMIT library->askRequested({books[1].id, books[2].id});
    Q_EMIT library->removeRequested({books[2].id});
    ask(fixture, window);
    QTRY_COMPARE(fixture.calls("ask"), 2);
    QVERIFY(fixture.scenario().askRequests[1].documents == std::vector{books[1].id});
    QVERIFY(!fixture.scenario().askRequests[1].asOf);
}

void MainWindowWorkTest::removesAndBringsBack() {
    fixture::Window fixture;
    twoBooks(fixture);
    ui::MainWindow& window = fixture.start();
    auto* desk = window.findChild<ui::Desk*>();
    const engine::DocumentId id = fixture.scenario().library[0].id;
    desk->open(fixture.scenario().library[0]);
    QVERIFY(!child<QAction>(window, "undo")->isEnabled());
    auto* list = child<QListView>(window, "libraryList");
    QVERIFY(window.findChild<ui::LibraryView*>()->selectedDocuments() == std::vector{id});
    QTest::keyClick(list, Qt::Key_Delete);
    QCOMPARE(fixture.calls("remove"), 1);
    QVERIFY(fixture.scenario().changed == std::vector{id});
    QCOMPARE(desk->count(), 0);
    QTRY_VERIFY(message(window).contains(QStringLiteral("Trash")));
    QVERIFY(child<QAction>(window, "undo")->isEnabled());
    child<QPushButton>(window, "messageAction")->click();
    QCOMPARE(fixture.calls("restore"), 1);
    QVERIFY(fixture.scenario().changed == std::vector{id});
    QVERIFY(!child<QAction>(window, "undo")->isEnabled());
    QVERIFY(message(window).isEmpty());
    // The key does the same as the button.
    window.findChild<ui::LibraryView*>()->selectDocument(id);
    QTest::keyClick(list, Qt::Key_Delete);
    QCOMPARE(fixture.calls("remove"), 2);
    QTest::keyClick(&window, Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(fixture.calls("restore"), 2);
}

void MainWindowWorkTest::letsGoOfWhatIsRemoved() {
    fixture::Window fixture;
    const auto [first, second] = twoToRemove(fixture);
    const auto& books = fixture.scenario().library;
    const QString third = fixture.write("c.pdf");
    std::atomic<bool> mayEnd = false;
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(books[2]);
    QTRY_VERIFY(fixture.client().isIdle());
    Q_EMIT window.findChild<ui::LibraryView*>()->askRequested({books[0].id, books[2].id});
    hold(fixture, mayEnd);
    window.read({first, second, third});
    QTRY_COMPARE(fixture.calls("read"), 1);
    // The one is being read, the other waits: neither may come back from the Trash by it.
    Q_EMIT window.findChild<ui::LibraryView*>()->removeRequested({books[0].id, books[1].id});
    QTRY_COMPARE(fixture.calls("read"), 2);
    QCOMPARE(fixture.scenario().readRequest.paths.at(0), third.toStdString());
    mayEnd = true;
    QTRY_VERIFY(fixture.client().isIdle());
    ask(fixture, window);
    QTRY_COMPARE(fixture.calls("ask"), 1);
    QVERIFY(fixture.scenario().askRequests[0].documents == std::vector{books[2].id});
    QTRY_VERIFY(fixture.client().isIdle());
    // With nothing left of what was chosen, the document in front is asked.
    Q_EMIT window.findChild<ui::LibraryView*>()->askRequested({books[1].id});
    Q_EMIT window.findChild<ui::LibraryView*>()->removeRequested({books[1].id});
    ask(fixture, window);
    QTRY_COMPARE(fixture.calls("ask"), 2);
    QVERIFY(fixture.scenario().askRequests[1].documents == std::vector{books[2].id});
}

void MainWindowWorkTest::takesOutWaitingFilesWithoutListingAnew() {
    fixture::Window fixture;
    const auto [first, second] = twoToRemove(fixture);
    const auto& books = fixture.scenario().library;
    const QString third = fixture.write("read.pdf");
    std::atomic<bool> mayEnd = false;
    ui::MainWindow& window = fixture.start();
    QTRY_VERIFY(fixture.client().isIdle());
    hold(fixture, mayEnd);
    window.read({third, first, second});
    QTRY_COMPARE(fixture.calls("read"), 1);
    const auto listings = [&](const ui::LibraryView::Ids& ids) {
        QSignalSpy listed(child<QListView>(window, "libraryList")->model(),
                          &QAbstractItemModel::modelReset);
        Q_EMIT window.findChild<ui::LibraryView*>()->removeRequested(ids);
        return listed.size();
    };
    const auto withoutFiles = listings({books[2].id});
    QCOMPARE(listings({books[0].id, books[1].id}), withoutFiles);
    mayEnd = true;
    QTRY_VERIFY(fixture.client().isIdle());
    QCOMPARE(fixture.calls("read"), 1);
    QTRY_VERIFY(!child<QDockWidget>(window, "queueDock")->isVisible());
}

void MainWindowWorkTest::waitsWithTheTrashWhileItIsEmptied() {
    fixture::Window fixture;
    twoBooks(fixture);
    const engine::DocumentId a = fixture.scenario().library[0].id;
    const engine::DocumentId b = fixture.scenario().library[1].id;
    std::atomic<bool> mayEnd = false;
    ui::MainWindow& window = fixture.start();
    hold(fixture, mayEnd);
    auto* trash = window.findChild<ui::TrashView*>();
    auto* library = window.findChild<ui::LibraryView*>();
    Q_EMIT trash->deleteForGoodRequested({});
    QCOMPARE(fixture.calls("purge"), 1);
    QVERIFY(!trash->isEnabled());
    Q_EMIT library->removeRequested({a});
    QCOMPARE(fixture.calls("remove"), 0);
    QVERIFY(message(window).contains(QStringLiteral("will move to the Trash")));
    // It can be undone before it is done.
    child<QPushButton>(window, "messageAction")->click();
    QVERIFY(message(window).startsWith(QStringLiteral("Deleting")));
    QVERIFY(!child<QAction>(window, "undo")->isEnabled());
    Q_EMIT library->removeRequested({a});
    Q_EMIT library->removeRequested({b, a});
    QVERIFY(message(window).startsWith(QStringLiteral("2 ")));
    QVERIFY(message(window).contains(QStringLiteral("will move to the Trash")));
    mayEnd = true;
    QTRY_COMPARE(fixture.calls("remove"), 1);
    QVERIFY(fixture.scenario().changed == (std::vector{a, b}));
    QVERIFY(trash->isEnabled());
    QVERIFY(child<QAction>(window, "undo")->isEnabled());
    QVERIFY(!message(window).contains(QStringLiteral("will move")));

    // What comes back waits in the same way.
    mayEnd = false;
    fixture.client().forgetAnswers();
    fixture.act("undo");
    QCOMPARE(fixture.calls("restore"), 0);
    QVERIFY(!child<QAction>(window, "undo")->isEnabled());
    QVERIFY(!trash->isEnabled()); // or it could be emptied first
    mayEnd = true;
    QTRY_COMPARE(fixture.calls("restore"), 1);
    QVERIFY(fixture.scenario().changed == (std::vector{a, b}));
    QVERIFY(trash->isEnabled());
}

void MainWindowWorkTest::pausesTheQueueByItsButton() {
    fixture::Window fixture;
    std::atomic<bool> mayEnd = false, isPaused = false;
    ui::MainWindow& window = fixture.start();
    QTRY_VERIFY(fixture.client().isIdle()); // what a window asks for as it opens is not paused
    fixture.scenario().beforeDone = [&](const engine::Task::Impl& task) {
        while (!mayEnd && !task.isCancelled()) {
            isPaused = task.isPaused();
            std::this_thread::yield();
        }
    };
    const QString only = fixture.write("a.pdf");
    window.read({only});
    QTRY_COMPARE(fixture.calls("read"), 1);
    auto* button = child<QPushButton>(window, "queuePauseAll");
    const auto* action = child<QAction>(window, "pauseAll");
    QTRY_VERIFY(button->isEnabled());
    for (int i = 0; i < 2; ++i) {
        QTRY_COMPARE(button->text(), QStringLiteral("Pause all"));
        button->click();
        QTRY_VERIFY(isPaused);
        QVERIFY(action->isChecked());
        QTRY_COMPARE(button->text(), QStringLiteral("Go on with all"));
        button->click();
        QTRY_VERIFY(!isPaused);
        QVERIFY(!action->isChecked());
    }
    // What is paused file by file goes on by the same button.
    window.findChild<QAbstractButton*>(QStringLiteral("queuePause"))->click();
    QTRY_VERIFY(isPaused);
    QTRY_COMPARE(button->text(), QStringLiteral("Go on with all"));
    button->click();
    QTRY_VERIFY(!isPaused);
    mayEnd = true;
    QTRY_VERIFY(fixture.client().isIdle());
}

void MainWindowWorkTest::showsWhatIsSaidWhileReading() {
    fixture::Window fixture;
    const engine::Notice general{"No adapter: the memory is untrained."};
    fixture.scenario().script["read"] = {general};
    ui::MainWindow& window = fixture.start();
    window.read({fixture.write("a.pdf")});
    QTRY_COMPARE(message(window), QString::fromStdString(general.utf8));
    QVERIFY(!child<QPushButton>(window, "messageAction")->isVisible());
    QVERIFY(!child<QTimer>(window, "messageTimer")->isActive()); // it stays
    child<QAbstractButton>(window, "messageClose")->click();
    QTRY_VERIFY(fixture.client().isIdle());

    // Of a batch there is one message, and what holds for every file is not said again.
    fixture.scenario().script["read"] = {
        general, engine::Notice{"Long: the file claims 200000 pages; the first 100000 are read."},
        engine::Notice{"\"Long\" was in the Trash and is back."}};
    window.read({fixture.write("b.pdf")});
    QTRY_VERIFY(message(window).endsWith(
        QStringLiteral("the last one: \"Long\" was in the Trash and is back.")));
    QVERIFY(message(window).startsWith(QStringLiteral("2 ")));
    child<QPushButton>(window, "messageAction")->click();
    QTRY_VERIFY(child<QPlainTextEdit>(window, "noticesList") != nullptr);
    const QString list = child<QPlainTextEdit>(window, "noticesList")->toPlainText();
    QVERIFY(list.contains(QStringLiteral("the first 100000 are read")));
    QVERIFY(list.contains(QStringLiteral("is back")));
    QVERIFY(!list.contains(QStringLiteral("untrained")));
    child<QDialog>(window, "noticesDialog")->close();
    QVERIFY(message(window).isEmpty());
    QTRY_VERIFY(fixture.client().isIdle());

    // The same file, the same trouble.
    fixture.scenario().script["read"].pop_back();
    window.read({fixture.file("b.pdf")});
    QTRY_VERIFY(message(window).contains(QStringLiteral("the first 100000 are read")));
}

void MainWindowWorkTest::exportsToAFile() {
    fixture::Window fixture;
    twoBooks(fixture);
    fixture.scenario().exported = "# Emma\n";
    const QString path = fixture.write("emma.md", "was here before");
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    fixture.act("export");
    const QPointer<ui::ExportDialog> dialog = window.findChild<ui::ExportDialog*>();
    QVERIFY(dialog && dialog->isVisible());
    dialog->setPath(path);
    auto* go = child<QPushButton>(*dialog, "exportGo");
    QVERIFY(!go->isEnabled()); // not without consent
    dialog->setPath(QStringLiteral("/proc/emma.md"));
    go->click();
    QTRY_VERIFY(!child<QLabel>(*dialog, "exportTrouble")->text().isEmpty());
    QVERIFY(dialog->isVisible());
    dialog->setPath(fixture.file("fresh.md"));
    go->click();
    QTRY_VERIFY(message(window).contains(QStringLiteral("fresh.md")));
    QTRY_VERIFY(!dialog);
    QFile written(fixture.file("fresh.md"));
    QVERIFY(written.open(QIODevice::ReadOnly));
    QCOMPARE(written.readAll(), QByteArray("# Emma\n"));
    QVERIFY(fixture.scenario().exportRequest.document == fixture.scenario().library[0].id);
}

void MainWindowWorkTest::asksAsOfHere() {
    fixture::Window fixture;
    twoBooks(fixture);
    ui::MainWindow& window = fixture.start();
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(fixture.scenario().library[0]);
    desk->currentView()->goToPage(5);
    QTRY_COMPARE(desk->currentView()->currentPage(), 5);
    fixture.act("asOfHere");
    ui::BoundChip& chip = window.findChild<ui::AskView*>()->boundChip();
    QCOMPARE(chip.bound(), QStringLiteral("index:5"));
    ask(fixture, window);
    QTRY_COMPARE(fixture.calls("ask"), 1);
    QVERIFY(fixture.scenario().askRequests[0].asOf);
    QCOMPARE(fixture.scenario().askRequests[0].asOf->text, std::string("index:5"));
}

void MainWindowWorkTest::boundsOneDocumentOnly() {
    fixture::Window fixture;
    twoBooks(fixture);
    ui::MainWindow& window = fixture.start();
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(fixture.scenario().library[0]);
    ui::BoundChip& chip = window.findChild<ui::AskView*>()->boundChip();
    chip.setBound(QStringLiteral("index:5"));
    desk->open(fixture.scenario().library[1]);
    QCOMPARE(chip.bound(), QString());
}

void MainWindowWorkTest::boundsContentsStripAndSummaries() {
    fixture::Window fixture;
    twoBooks(fixture);
    for (const char* title : {"The ball", "The proposal", "The wedding"}) {
        engine::ContentsEntry chapter;
        chapter.title = title;
        chapter.range.begin = static_cast<std::int64_t>(fixture.scenario().outline.size()) * 4000;
        chapter.range.end = chapter.range.begin + 4000;
        fixture.scenario().outline.push_back(chapter);
    }
    fixture.scenario().bounds = {{"chapter:2", 8000}, {"offset:8000", 8000}, {"VIII", 8000}};
    ui::MainWindow& window = fixture.start();
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(fixture.scenario().library[0]);
    const auto* contents = child<QTreeView>(window, "contentsTree")->model();
    const auto* parts = child<QListView>(window, "summaryParts")->model();
    const ui::MemoryStrip* strip = desk->currentView()->memoryStrip();
    const auto isBehind = [&](int page) {
        return strip->describe(page).join(u' ').contains(QStringLiteral("Behind the bound"));
    };
    ui::BoundChip& chip = window.findChild<ui::AskView*>()->boundChip();
    for (const char* spec : {"chapter:2", "offset:8000", "VIII", "index:8"}) {
        chip.setBound(QString());
        QCOMPARE(contents->index(2, 0).data().toString(), QStringLiteral("The wedding"));
        QCOMPARE(parts->index(3, 0).data().toString(), QStringLiteral("The wedding"));
        QVERIFY(!isBehind(9));
        chip.setBound(QString::fromLatin1(spec));
        QVERIFY2(contents->index(2, 0).data().toString() == QStringLiteral("Chapter 3"), spec);
        QVERIFY2(parts->index(3, 0).data().toString() == QStringLiteral("Chapter 3"), spec);
        QCOMPARE(parts->index(2, 0).data().toString(), QStringLiteral("The proposal"));
        QVERIFY2(isBehind(9) && !isBehind(8), spec);
    }
    Q_EMIT window.findChild<ui::SummaryView*>()->makeRequested(0, ui::SummaryView::Length::Short,
                                                               ui::SummaryView::Style::Prose);
    QTRY_COMPARE(fixture.calls("summarize"), 1);
    QVERIFY(fixture.scenario().summaryRequest.asOf);
    QCOMPARE(fixture.scenario().summaryRequest.asOf->text, std::string("index:8"));
    QTRY_VERIFY(fixture.client().isIdle());
}

void MainWindowWorkTest::refusesABoundThatNamesNoPlace() {
    fixture::Window fixture;
    twoBooks(fixture);
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    ui::BoundChip& chip = window.findChild<ui::AskView*>()->boundChip();
    chip.setBound(QStringLiteral("index:5"));
    chip.setBound(QStringLiteral("chapter:99"));
    QVERIFY(message(window).contains(QStringLiteral("names no place")));
    QCOMPARE(chip.bound(), QStringLiteral("index:5"));
}

void MainWindowWorkTest::keepsTheBoundOverARestart() {
    fixture::Window fixture;
    twoBooks(fixture);
    ui::MainWindow* window = &fixture.start();
    const auto chip = [&]() -> ui::BoundChip& {
        return window->findChild<ui::AskView*>()->boundChip();
    };
    window->findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    chip().setBound(QStringLiteral("index:5"));
    window = &fixture.restart();
    QCOMPARE(chip().bound(), QStringLiteral("index:5"));
    QVERIFY(!chip().isFollowing());
    ask(fixture, *window);
    QTRY_COMPARE(fixture.calls("ask"), 1);
    QCOMPARE(fixture.scenario().askRequests[0].asOf->text, std::string("index:5"));
    QTRY_VERIFY(fixture.client().isIdle());

    chip().followPosition();
    window = &fixture.restart();
    QVERIFY(chip().isFollowing());
    window->findChild<ui::Desk*>()->currentView()->goToPage(7);
    QTRY_COMPARE(chip().bound(), QStringLiteral("index:7"));

    chip().setBound(QString());
    window = &fixture.restart();
    QCOMPARE(chip().bound(), QString());
    QVERIFY(!chip().isFollowing());
}

void MainWindowWorkTest::asksBeforeALinkLeavesTheBook() {
    fixture::Window fixture;
    twoBooks(fixture);
    ui::MainWindow& window = fixture.start();
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(fixture.scenario().library[0]);
    Browser browser;
    QDesktopServices::setUrlHandler(QStringLiteral("https"), &browser, "open");
    const auto dialog = [&] {
        return window.findChild<QMessageBox*>(QStringLiteral("linkDialog"));
    };
    Q_EMIT desk->addressActivated(QStringLiteral("https://example.org/a?b=<i>c</i>"));
    QVERIFY(dialog() != nullptr && dialog()->isVisible());
    QCOMPARE(dialog()->informativeText(), QStringLiteral("https://example.org/a?b=<i>c</i>"));
    QCOMPARE(dialog()->textFormat(), Qt::PlainText);
    QVERIFY(browser.opened.isEmpty());
    child<QPushButton>(*dialog(), "linkCopy")->click();
    QCOMPARE(QGuiApplication::clipboard()->text(),
             QStringLiteral("https://example.org/a?b=<i>c</i>"));
    QTRY_VERIFY(dialog() == nullptr);
    QVERIFY(browser.opened.isEmpty());

    Q_EMIT desk->addressActivated(QStringLiteral("https://example.org/"));
    child<QPushButton>(*dialog(), "linkOpen")->click();
    QTRY_VERIFY(dialog() == nullptr);
    QCOMPARE(browser.opened, QList<QUrl>{QUrl(QStringLiteral("https://example.org/"))});
    // What would start a program or open a file of this computer can only be copied.
    for (const char* address : {"file:///etc/passwd", "javascript:alert(1)", "x.pdf", "https://"}) {
        Q_EMIT desk->addressActivated(QString::fromLatin1(address));
        QVERIFY2(child<QPushButton>(*dialog(), "linkCopy") != nullptr, address);
        QVERIFY2(child<QPushButton>(*dialog(), "linkOpen") == nullptr, address);
        dialog()->close();
        QTRY_VERIFY(dialog() == nullptr);
    }
    QDesktopServices::unsetUrlHandler(QStringLiteral("https"));
}

void MainWindowWorkTest::appliesSettingsAtOnce() {
    fixture::Window fixture;
    ui::MainWindow& window = fixture.start();
    fixture.act("settings");
    auto* dialog = window.findChild<ui::SettingsDialog*>();
    QVERIFY(dialog != nullptr && dialog->isVisible());
    auto* theme = child<QComboBox>(*dialog, "theme");
    theme->setCurrentIndex(2);
    QVERIFY(QApplication::palette().color(QPalette::Window).lightness() < 100);
    theme->setCurrentIndex(1);
    QVERIFY(QApplication::palette().color(QPalette::Window).lightness() > 200);
    QVERIFY(ui::Settings::load(fixture.paths().settings).theme == ui::Look::Light);
    QCOMPARE(window.settings().theme, ui::Look::Light);
}

void MainWindowWorkTest::hidesQuestionsFromReaders() {
    fixture::Window fixture;
    twoBooks(fixture);
    ui::Settings settings;
    settings.isReaderOnly = true;
    QVERIFY(settings.save(fixture.paths().settings));
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    const auto* asks = child<QDockWidget>(window, "askDock");
    const auto* summaries = child<QDockWidget>(window, "summaryDock");
    for (const char* name : {"ask", "asOfHere", "summarise", "nextEvidence"}) {
        fixture.act(name);
        QVERIFY2(!asks->isVisible() && !summaries->isVisible(), name);
    }
    Q_EMIT window.findChild<ui::LibraryView*>()->summariseRequested(
        fixture.scenario().library[0].id);
    QVERIFY(!summaries->isVisible());
    QVERIFY(!asks->toggleViewAction()->isEnabled());
    // And back.
    fixture.act("settings");
    auto* dialog = window.findChild<ui::SettingsDialog*>();
    settings.isReaderOnly = false;
    Q_EMIT dialog->settingsChanged(settings);
    QVERIFY(asks->isVisible());
    fixture.act("summarise");
    QVERIFY(summaries->isVisible());
}

void MainWindowWorkTest::opensNoDialogThatHoldsTheProgramUp() {
    fixture::Window fixture;
    twoBooks(fixture);
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    for (const char* name : {"addFiles", "addFolder", "export", "settings", "shortcuts", "about"}) {
        bool hasReturned = false;
        bool ranInside = false;
        // A dialog that runs an event loop of its own runs this, and is closed by it.
        QTimer::singleShot(0, &window, [&] {
            ranInside = !hasReturned;
            for (QDialog* dialog : window.findChildren<QDialog*>())
                dialog->close();
        });
        fixture.act(name);
        hasReturned = true;
        QVERIFY2(!ranInside, name);
        const auto dialogs = window.findChildren<QDialog*>();
        QVERIFY2(std::ranges::any_of(dialogs, &QDialog::isVisible), name);
        QTRY_VERIFY(window.findChildren<QDialog*>().isEmpty());
    }
}

void MainWindowWorkTest::walksTheRegions() {
    fixture::Window fixture;
    twoBooks(fixture);
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QList<QWidget*> visited;
    for (int i = 0; i < 4; ++i) {
        fixture.act("nextRegion");
        QWidget* at = QApplication::focusWidget();
        QVERIFY(at != nullptr);
        QVERIFY2((at->focusPolicy() & Qt::TabFocus) != 0, at->metaObject()->className());
        QVERIFY(!at->visibleRegion().isEmpty()); // not behind another tab
        visited.append(at);
    }
    // Library, pages, ask; and round.
    QCOMPARE(visited[3], visited[0]);
    QVERIFY(visited[0] != visited[1] && visited[1] != visited[2]);
    fixture.act("previousRegion");
    QCOMPARE(QApplication::focusWidget(), visited[2]);
}

QTEST_MAIN(MainWindowWorkTest)
#include "main_window_work_test.moc"
