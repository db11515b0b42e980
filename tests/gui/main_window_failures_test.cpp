#include <QDockWidget>
#include <QInputDialog>
#include <QTest>

#include <atomic>
#include <thread>

#include "tests/gui/exchange_fixture.h"
#include "tests/gui/window_fixture.h"
#include "ui/document_view.h"
#include "ui/library_model.h"
#include "ui/library_view.h"
#include "ui/memory_strip.h"
#include "ui/page_view.h"
#include "ui/settings_dialog.h"

using engine::Code;
using fixture::child;
using fixture::message;

/// Everything that can go wrong, at the object that it concerns: a sentence, and what may help.
class MainWindowFailuresTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void saysWhatIsWrongWithAFile_data();
    void saysWhatIsWrongWithAFile();
    void pausesWhenTheDiskIsFull();
    void goesOnWithOtherFilesAfterABadOne();
    void readsAnUnpluggedFileOnceItIsBack();
    void showsTextWithoutItsFile();
    void readsAChangedFileAgain();
    void asksAgainAfterAWrongPassword();
    void marksThePageThatCrashedTheReader();
    void readsOnOnceAModelIsChosen();
    void answersWithEvidenceWithoutAModel();
    void offersAnotherModelWhenItsFileIsDamaged();
    void closesTheTabOfADocumentThatIsGone();
    void offersToGoOnAfterAKill();
    void leavesFinishedReadingsAlone();

private:
    static engine::Failed failed(Code code, const std::string& message = "It failed.") {
        return {code, message, ""};
    }
    static void failReading(fixture::Window& fixture, Code code) {
        fixture.scenario().script["read"] = {failed(code)};
    }
    /// The row of the only file in the queue, once it has failed.
    static QString status(const ui::MainWindow& window) {
        const auto* action = child<QPushButton>(window, "queueAction");
        const auto* label = child<QLabel>(window, "queueStatus");
        return action != nullptr && label->foregroundRole() == QPalette::BrightText ? label->text()
                                                                                    : QString();
    }
    static QPushButton* action(const ui::MainWindow& window) {
        return child<QPushButton>(window, "queueAction");
    }
    static void ask(fixture::Window& fixture, const ui::MainWindow& window) {
        window.findChild<ui::Desk*>()->open(fixture.scenario().library.at(0));
        Q_EMIT window.findChild<ui::AskView*>()->asked(QStringLiteral("Who?"), QString());
    }
};

void MainWindowFailuresTest::saysWhatIsWrongWithAFile_data() {
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("words");
    QTest::addColumn<QString>("remedy"); ///< empty: there is no button
    QTest::addColumn<bool>("isPaused");
    const auto row = [](Code code, const char* words, const char* remedy, bool isPaused = false) {
        QTest::newRow(std::string(engine::name(code)).c_str())
            << static_cast<int>(code) << QString::fromUtf8(words) << QString::fromUtf8(remedy)
            << isPaused;
    };
    row(Code::Unsupported, "x.pdf is of a kind that Infolio does not read", "");
    row(Code::NotAFile, "It failed.", "");
    row(Code::Locked, "x.pdf is locked and needs its password", "Enter the Password…");
    row(Code::Protected, "x.pdf is protected", "");
    row(Code::BadFile, "It failed.", "Try Again");
    row(Code::TooBig, "It failed.", "");
    row(Code::NoText, "x.pdf has no text, only pictures", "");
    row(Code::FileMissing, "x.pdf is not there any more", "Try Again");
    row(Code::FileChanged, "x.pdf was changed", "Read Again");
    row(Code::Internal, "It failed.", "Try Again");
    row(Code::ReaderFailed, "It failed.", "Try Again", true);
    row(Code::BadWeights, "It failed.", "Choose a Model…", true);
    row(Code::NoModel, "There is no model", "Choose a Model…", true);
    row(Code::NoDevice, "It failed.", "Choose a Device…", true);
    row(Code::NoMemory, "There is not enough memory", "Go On", true);
    row(Code::DiskFull, "The disk is full", "Go On", true);
    row(Code::LibraryBusy, "It failed.", "Try Again", true);
    row(Code::BadLibrary, "It failed.", "Try Again", true);
    row(Code::ReadOnly, "It failed.", "Try Again", true);
    row(Code::Newer, "It failed.", "", true);
}

void MainWindowFailuresTest::saysWhatIsWrongWithAFile() {
    QFETCH(int, code);
    QFETCH(QString, words);
    QFETCH(QString, remedy);
    QFETCH(bool, isPaused);
    fixture::Window fixture;
    failReading(fixture, static_cast<Code>(code));
    ui::MainWindow& window = fixture.start();
    window.read({fixture.write("x.pdf")});
    QTRY_VERIFY2(status(window).contains(words), qPrintable(status(window)));
    QCOMPARE(action(window)->isVisible(), !remedy.isEmpty());
    QCOMPARE(action(window)->text(), remedy);
    QCOMPARE(child<QAction>(window, "pauseAll")->isChecked(), isPaused);
}

void MainWindowFailuresTest::pausesWhenTheDiskIsFull() {
    fixture::Window fixture;
    failReading(fixture, Code::DiskFull);
    ui::MainWindow& window = fixture.start();
    const QString first = fixture.write("a.pdf"), second = fixture.write("b.pdf");
    window.read({first, second});
    QTRY_VERIFY(child<QAction>(window, "pauseAll")->isChecked());
    QTRY_VERIFY(fixture.client().isIdle());
    QCOMPARE(fixture.calls("read"), 1); // the second would fail as the first did
    fixture.scenario().script["read"].clear();
    for (auto* button : window.findChildren<QPushButton*>(QStringLiteral("queueAction"))) {
        if (button->isVisible()) {
            QCOMPARE(button->text(), QStringLiteral("Go On"));
            button->click();
            break;
        }
    }
    QTRY_COMPARE(fixture.calls("read"), 3);
    QVERIFY(!child<QAction>(window, "pauseAll")->isChecked());
    QTRY_VERIFY(!child<QDockWidget>(window, "queueDock")->isVisible());
}

void MainWindowFailuresTest::goesOnWithOtherFilesAfterABadOne() {
    fixture::Window fixture;
    failReading(fixture, Code::NoText);
    ui::MainWindow& window = fixture.start();
    window.read({fixture.write("scan.pdf"), fixture.write("b.pdf")});
    QTRY_COMPARE(fixture.calls("read"), 2);
    QVERIFY(!child<QAction>(window, "pauseAll")->isChecked());
}

void MainWindowFailuresTest::readsAnUnpluggedFileOnceItIsBack() {
    fixture::Window fixture;
    failReading(fixture, Code::FileMissing);
    ui::MainWindow& window = fixture.start();
    window.read({fixture.write("stick.pdf")});
    QTRY_VERIFY(status(window).contains(QStringLiteral("Connect its drive")));
    fixture.scenario().script["read"].clear();
    action(window)->click();
    QTRY_COMPARE(fixture.calls("read"), 2);
    QTRY_VERIFY(!child<QDockWidget>(window, "queueDock")->isVisible());
}

void MainWindowFailuresTest::showsTextWithoutItsFile() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    fixture.scenario().library = {fixture::pagedDocument('a', "Emma")};
    fixture.scenario().boxes = {{8, 40, 60, 300, 72}};
    for (const char* name : {"render", "links"})
        fixture.scenario().script[name] = {
            failed(Code::FileMissing, "emma.pdf is not where it was.")};
    ui::MainWindow& window = fixture.start();
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(fixture.scenario().library[0]);
    QTRY_VERIFY(fixture.calls("render") > 0 && fixture.client().isIdle());
    // Evidence is found and marked all the same, and no message hides the window.
    desk->show(fixture.scenario().library[0].id, {7100, 7150});
    QTRY_COMPARE(desk->currentView()->currentPage(), 8);
    QCOMPARE(desk->currentView()->pageView()->highlight().size(), std::size_t{1});
    QVERIFY(message(window).isEmpty());
    QTRY_VERIFY(fixture.client().isIdle());
}

void MainWindowFailuresTest::readsAChangedFileAgain() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    engine::DocumentInfo emma = fixture::pagedDocument('a', "Emma");
    const QString path = fixture.write("emma.pdf");
    emma.paths = {path.toStdString()};
    fixture.scenario().library = {emma};
    fixture.scenario().script["render"] = {failed(Code::FileChanged)};
    ui::MainWindow& window = fixture.start();
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(emma);
    QTRY_VERIFY(desk->currentView()->hasFailure());
    child<QPushButton>(window, "failureAction")->click();
    QTRY_COMPARE(fixture.calls("read"), 1);
    QCOMPARE(fixture.scenario().readRequest.paths.at(0), path.toStdString());
    QTRY_VERIFY(fixture.client().isIdle());
}

void MainWindowFailuresTest::asksAgainAfterAWrongPassword() {
    fixture::Window fixture;
    failReading(fixture, Code::Locked);
    ui::MainWindow& window = fixture.start();
    window.read({fixture.write("x.pdf")});
    for (int i = 1; i <= 2; ++i) {
        QTRY_VERIFY(status(window).contains(QStringLiteral("password")));
        action(window)->click();
        auto* dialog = window.findChild<QInputDialog*>();
        QVERIFY(dialog != nullptr);
        dialog->setTextValue(QStringLiteral("wrong%1").arg(i));
        dialog->accept();
        QTRY_COMPARE(fixture.calls("read"), i + 1);
        QCOMPARE(fixture.scenario().readRequest.password, "wrong" + std::to_string(i));
        QTRY_VERIFY(fixture.client().isIdle() && window.findChild<QInputDialog*>() == nullptr);
    }
    QTRY_VERIFY(status(window).contains(QStringLiteral("password")));
}

void MainWindowFailuresTest::marksThePageThatCrashedTheReader() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    engine::PageInfo& page = fixture.scenario().pages[2];
    page.state = engine::PageInfo::State::Failed;
    page.reason = "the reader crashed on it";
    engine::DocumentInfo emma = fixture::pagedDocument('a', "Emma");
    emma.state = engine::State::ReadWithGaps;
    emma.coverage.failed = 1;
    emma.coverage.text = 11;
    emma.coverage.failedPages = {3};
    fixture.scenario().library = {emma};
    fixture.scenario().script["read"] = {engine::Document{emma}};
    ui::MainWindow& window = fixture.start();
    window.read({fixture.write("emma.pdf")});
    auto* desk = window.findChild<ui::Desk*>();
    QTRY_COMPARE(desk->count(), 1);
    // Reading went on: the file has left the queue and is in the library with its gap.
    QTRY_VERIFY(!child<QDockWidget>(window, "queueDock")->isVisible());
    QCOMPARE(ui::stateWords(emma), QStringLiteral("Read with gaps · 1 failed"));
    const ui::MemoryStrip* strip = desk->currentView()->memoryStrip();
    QVERIFY(strip->cells()[2].state == ui::PageState::Failed);
    QVERIFY2(strip->describe(3).join(u' ').contains(QStringLiteral("crashed")),
             qPrintable(strip->describe(3).join(u' ')));
    QVERIFY(strip->cells()[3].state == ui::PageState::Text);
    QTRY_VERIFY(fixture.client().isIdle());
}

void MainWindowFailuresTest::readsOnOnceAModelIsChosen() {
    fixture::Window fixture;
    failReading(fixture, Code::BadWeights);
    ui::MainWindow& window = fixture.start();
    window.read({fixture.write("x.pdf")});
    QTRY_VERIFY(!status(window).isEmpty());
    action(window)->click();
    auto* dialog = window.findChild<ui::SettingsDialog*>();
    QVERIFY(dialog != nullptr && dialog->isVisible());
    QVERIFY(child<QPushButton>(*dialog, "chooseModelFile")->isVisible());
    QCOMPARE(fixture.calls("read"), 1);
    fixture.scenario().script["read"].clear();
    Q_EMIT dialog->noAdapterWanted();
    QTRY_COMPARE(fixture.calls("read"), 2);
    QTRY_VERIFY(!child<QDockWidget>(window, "queueDock")->isVisible());
    QVERIFY(!child<QAction>(window, "pauseAll")->isChecked());
}

void MainWindowFailuresTest::answersWithEvidenceWithoutAModel() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    fixture.paths().model.clear();
    fixture.scenario().library = {fixture::pagedDocument('a', "Emma")};
    fixture.scenario().script["ask"] = {engine::Notice{"No model file was found."},
                                        fixture::evidence(1)};
    ui::MainWindow& window = fixture.start();
    QVERIFY(
        child<QLabel>(window, "noModelText")->text().contains(QStringLiteral("none was found")));
    ask(fixture, window);
    ui::ExchangeModel& exchanges = window.findChild<ui::AskView*>()->exchanges();
    QTRY_VERIFY(exchanges.running() < 0);
    QCOMPARE(exchanges.exchange(0)->evidence.size(), std::size_t{1});
    QVERIFY(exchanges.exchange(0)->failures.empty());
}

void MainWindowFailuresTest::offersAnotherModelWhenItsFileIsDamaged() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    fixture.scenario().library = {fixture::pagedDocument('a', "Emma")};
    fixture.scenario().script["ask"] = {failed(Code::BadWeights, "small.gguf is damaged.")};
    ui::MainWindow& window = fixture.start();
    QVERIFY(!child<QWidget>(window, "noModel")->isVisible());
    ask(fixture, window);
    QTRY_VERIFY(child<QWidget>(window, "noModel")->isVisible());
    QCOMPARE(child<QLabel>(window, "noModelText")->text(),
             QStringLiteral("small.gguf is damaged."));
    Q_EMIT window.findChild<ui::AskView*>()->modelRequested();
    auto* dialog = window.findChild<ui::SettingsDialog*>();
    QVERIFY(dialog != nullptr && child<QPushButton>(*dialog, "chooseModelFile")->isVisible());
    Q_EMIT dialog->noAdapterWanted();
    QTRY_VERIFY(!child<QWidget>(window, "noModel")->isVisible());
}

void MainWindowFailuresTest::closesTheTabOfADocumentThatIsGone() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    fixture.scenario().library = {fixture::pagedDocument('a', "Emma"),
                                  fixture::pagedDocument('b', "Sanditon")};
    ui::MainWindow& window = fixture.start();
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(fixture.scenario().library[1]);
    desk->open(fixture.scenario().library[0]);
    QTRY_VERIFY(fixture.client().isIdle());
    fixture.scenario().gone = fixture.scenario().library[0].id.sha256;
    window.read({fixture.write("a.pdf"), fixture.write("b.pdf")});
    QTRY_COMPARE(fixture.calls("read"), 2);
    QTRY_VERIFY(message(window).contains(QStringLiteral("“Emma” was deleted from the library")));
    QCOMPARE(desk->count(), 1);
    QCOMPARE(desk->current()->title, std::string("Sanditon"));
    QTRY_VERIFY(fixture.client().isIdle());
    QTRY_VERIFY(!child<QDockWidget>(window, "queueDock")->isVisible());
}

void MainWindowFailuresTest::offersToGoOnAfterAKill() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    engine::DocumentInfo emma = fixture::pagedDocument('a', "Emma");
    emma.state = engine::State::Paused;
    emma.coverage.read = 5;
    const QString path = fixture.write("emma.pdf");
    emma.paths = {fixture.file("old place.pdf").toStdString(), path.toStdString()};
    fixture.scenario().library = {emma};
    ui::MainWindow& window = fixture.start();
    QTRY_VERIFY(message(window).contains(QStringLiteral("“Emma” is not read to its end")));
    QCOMPARE(fixture.calls("read"), 0);
    QCOMPARE(ui::stateWords(emma).left(6), QStringLiteral("Paused"));
    child<QPushButton>(window, "messageAction")->click();
    QTRY_COMPARE(fixture.calls("read"), 1);
    QCOMPARE(fixture.scenario().readRequest.paths, std::vector<std::string>{path.toStdString()});
    QVERIFY(!fixture.scenario().readRequest.again); // from where it stopped
}

void MainWindowFailuresTest::leavesFinishedReadingsAlone() {
    fixture::Window fixture;
    engine::DocumentInfo emma = fixture::pagedDocument('a', "Emma");
    emma.paths = {"/books/emma.pdf"};
    fixture.scenario().library = {emma};
    const ui::MainWindow& window = fixture.start();
    QVERIFY(message(window).isEmpty());
}

QTEST_MAIN(MainWindowFailuresTest)
#include "main_window_failures_test.moc"
