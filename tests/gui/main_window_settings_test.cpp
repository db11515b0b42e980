#include <QAbstractButton>
#include <QFileDialog>
#include <QListView>
#include <QTest>
#include <QTextDocument>
#include <QTextDocumentFragment>

#include <atomic>
#include <thread>

#include "tests/gui/window_fixture.h"
#include "ui/library_model.h"
#include "ui/library_view.h"
#include "ui/plain_text.h"
#include "ui/settings_dialog.h"
#include "ui/trash_view.h"

using fixture::child;
using fixture::message;

/// What the buttons of the settings do in the window.
class MainWindowSettingsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void usesAChosenModel();
    void keepsTheModelWhenAnotherIsWrong();
    void saysSoWhenTheDialogIsClosed();
    void choosesAnAdapterAndNone();
    void keepsTheAdapterThatWasSet();
    void readsTheTextAloneWithoutAModel();
    void showsWhichMemoriesAnAdapterOutdates();
    void showsWhichMemoriesAreOutdatedAfterAnAnswer();
    void opensAnotherLibrary();
    void refusesAFolderOfOtherThings();
    void deletesTheHistory();
    void saysWhyTheHistoryStays();
    void emptiesTheTrashWithoutWaiting();
    void showsOneDialog();
    void worksWithoutALibrary();
    void tellsTheDevice_data();
    void tellsTheDevice();
    void tellsWhyADemandedDeviceIsNotUsed();
    void namesTheAdapterThatWasSet();

private:
    static ui::SettingsDialog& settings(const ui::MainWindow& window) {
        child<QAction>(window, "settings")->trigger();
        return *window.findChild<ui::SettingsDialog*>();
    }
    static void press(const ui::SettingsDialog& dialog, const char* name) {
        child<QPushButton>(dialog, name)->click();
    }
    /// Answers the file dialog that a button opened.
    static void choose(const ui::SettingsDialog& dialog, const char* button, const QString& path) {
        press(dialog, button);
        auto* files = dialog.findChild<QFileDialog*>();
        if (files == nullptr)
            qFatal("There is no file dialog.");
        Q_EMIT files->fileSelected(path);
        files->close();
    }
    static QString trouble(const ui::SettingsDialog& dialog) {
        return child<QLabel>(dialog, "settingsTrouble")->text();
    }
    /// What the library says of its first document.
    static QString stateShown(const ui::MainWindow& window) {
        return child<QListView>(window, "libraryList")
            ->model()
            ->index(0, 0)
            .data(ui::LibraryModel::StateWordsRole)
            .toString();
    }
    /// As the engine does once it knows a model that has not read them.
    static void outdate(fixture::Window& fixture) {
        for (engine::DocumentInfo& document : fixture.scenario().library) {
            document.state = engine::State::MemoryOutdated;
            document.coverage.read = 0;
        }
    }
    static engine::ModelInfo small() {
        engine::ModelInfo info;
        info.name = "Small 1M";
        info.family = "llama";
        info.memoryBytes = 998'400;
        return info;
    }
};

void MainWindowSettingsTest::usesAChosenModel() {
    fixture::Window fixture;
    fixture.paths().model.clear();
    fixture.scenario().model = small();
    ui::MainWindow& window = fixture.start();
    QVERIFY(child<QWidget>(window, "noModel")->isVisible());
    const QString path = fixture.write("other model.gguf");
    ui::SettingsDialog& dialog = settings(window);
    choose(dialog, "chooseModelFile", path);
    QTRY_COMPARE(fixture.calls("useModel"), 1);
    QCOMPARE(fixture.scenario().modelRequest.modelPath, path.toStdString());
    QTRY_VERIFY(!child<QWidget>(window, "noModel")->isVisible());
    QVERIFY(child<QLabel>(window, "model")->text().contains(QStringLiteral("other model")));
    QVERIFY(trouble(dialog).isEmpty());
    QVERIFY(child<QLabel>(dialog, "modelFacts")->text().contains(QStringLiteral("Small 1M")));
    QCOMPARE(child<QLabel>(dialog, "modelPath")->text(), path);
    QCOMPARE(ui::Settings::load(fixture.paths().settings).modelPath, path);
}

void MainWindowSettingsTest::tellsTheDevice_data() {
    QTest::addColumn<QString>("device");
    QTest::addColumn<QString>("reason");
    QTest::addColumn<QString>("shown");
    QTest::newRow("no driver") << "cpu"
                               << "there is no NVIDIA driver on this machine"
                               << "CPU · ";
    QTest::newRow("a device") << "cuda:0"
                              << "NVIDIA H200, compute capability 9.0"
                              << "GPU · ";
}

void MainWindowSettingsTest::tellsTheDevice() {
    QFETCH(QString, device);
    QFETCH(QString, reason);
    QFETCH(QString, shown);
    fixture::Window fixture;
    fixture.scenario().device = {device.toStdString(), reason.toStdString()};
    ui::MainWindow& window = fixture.start();
    const auto* label = child<QLabel>(window, "model");
    QTRY_COMPARE(label->toolTip(), ui::asPlainText(reason));
    QCOMPARE(label->accessibleDescription(), reason);
    QVERIFY2(label->text().startsWith(shown), qPrintable(label->text()));
    ui::SettingsDialog& dialog = settings(window);
    QVERIFY(child<QLabel>(dialog, "deviceFact")->text().contains(reason));
}

void MainWindowSettingsTest::tellsWhyADemandedDeviceIsNotUsed() {
    fixture::Window fixture;
    fixture.scenario().script["device"] = {
        engine::Failed{engine::Code::NoDevice, "The device \"cuda\" cannot be used.", ""}};
    ui::MainWindow& window = fixture.start();
    const auto* label = child<QLabel>(window, "model");
    QTRY_VERIFY(label->text().startsWith(QStringLiteral("No device · ")));
    const QString sentence = QStringLiteral("The device \"cuda\" cannot be used.");
    QCOMPARE(label->accessibleDescription(), sentence);
    // A tip without a tag would be shown with its &quot;.
    QVERIFY(Qt::mightBeRichText(label->toolTip()));
    QCOMPARE(QTextDocumentFragment::fromHtml(label->toolTip()).toPlainText(), sentence);
    QCOMPARE(child<QLabel>(settings(window), "deviceFact")->text(), sentence);
}

void MainWindowSettingsTest::keepsTheModelWhenAnotherIsWrong() {
    fixture::Window fixture;
    ui::MainWindow& window = fixture.start();
    fixture.scenario().script["useModel"] = {
        engine::Failed{engine::Code::BadWeights, "<b>x.gguf</b> is no GGUF file.", ""}};
    ui::SettingsDialog& dialog = settings(window);
    choose(dialog, "chooseModelFile", fixture.write("x.gguf"));
    QTRY_VERIFY(trouble(dialog).contains(QStringLiteral("<b>x.gguf</b> is no GGUF file.")));
    QVERIFY(trouble(dialog).contains(QStringLiteral("stays")));
    QVERIFY(child<QLabel>(window, "model")->text().contains(QStringLiteral("small")));
    QVERIFY(ui::Settings::load(fixture.paths().settings).modelPath.isEmpty());
}

void MainWindowSettingsTest::saysSoWhenTheDialogIsClosed() {
    fixture::Window fixture;
    ui::MainWindow& window = fixture.start();
    fixture.scenario().script["useModel"] = {
        engine::Failed{engine::Code::BadWeights, "x.gguf is damaged.", ""}};
    ui::SettingsDialog& dialog = settings(window);
    choose(dialog, "chooseModelFile", fixture.write("x.gguf"));
    delete &dialog;
    QTRY_VERIFY(message(window).contains(QStringLiteral("x.gguf is damaged.")));
}

void MainWindowSettingsTest::choosesAnAdapterAndNone() {
    fixture::Window fixture;
    ui::MainWindow& window = fixture.start();
    const QString path = fixture.write("trained.safetensors");
    ui::SettingsDialog& dialog = settings(window);
    choose(dialog, "chooseAdapterFile", path);
    QTRY_COMPARE(fixture.calls("useModel"), 1);
    QCOMPARE(fixture.scenario().modelRequest.modelPath, fixture.paths().model.toStdString());
    QCOMPARE(fixture.scenario().modelRequest.adapterPath, path.toStdString());
    const auto* model = child<QLabel>(window, "model");
    QTRY_VERIFY(model->text().contains(QStringLiteral("adapter trained")));
    QCOMPARE(ui::Settings::load(fixture.paths().settings).adapterPath, path);
    QVERIFY(ui::Settings::load(fixture.paths().settings).modelPath.isEmpty());
    press(dialog, "noAdapter");
    QTRY_VERIFY(model->text().contains(QStringLiteral("no adapter")));
    QCOMPARE(fixture.scenario().modelRequest.adapterPath, std::string("none"));
    QCOMPARE(ui::Settings::load(fixture.paths().settings).adapterPath, QStringLiteral("none"));
    press(dialog, "usualAdapter");
    QTRY_COMPARE(fixture.calls("useModel"), 3);
    QCOMPARE(fixture.scenario().modelRequest.adapterPath, std::string());
    QTRY_VERIFY(ui::Settings::load(fixture.paths().settings).adapterPath.isEmpty());
}

void MainWindowSettingsTest::keepsTheAdapterThatWasSet() {
    fixture::Window fixture;
    fixture.paths().adapter = QStringLiteral("/mine"); // by the environment
    ui::MainWindow& window = fixture.start();
    ui::SettingsDialog& dialog = settings(window);
    QCOMPARE(child<QLabel>(dialog, "modelPath")->text(), fixture.paths().model);
    QCOMPARE(child<QLabel>(dialog, "adapterPath")->text(), QStringLiteral("/mine"));
    const QString path = fixture.write("other model.gguf");
    choose(dialog, "chooseModelFile", path);
    QTRY_COMPARE(child<QLabel>(dialog, "modelPath")->text(), path);
    QCOMPARE(fixture.scenario().modelRequest.adapterPath, std::string("/mine"));
    QCOMPARE(child<QLabel>(dialog, "adapterPath")->text(), QStringLiteral("/mine"));
    QVERIFY(ui::Settings::load(fixture.paths().settings).adapterPath.isEmpty());
}

/// The engine would say of every file that it finds no model, which stands in the window anyway.
void MainWindowSettingsTest::readsTheTextAloneWithoutAModel() {
    fixture::Window fixture;
    fixture.paths().model = fixture.file("gone.gguf");
    ui::MainWindow& window = fixture.start();
    window.read({fixture.write("a.txt")});
    QTRY_VERIFY(fixture.calls("read") == 1 && fixture.client().isIdle());
    QVERIFY(fixture.scenario().readRequest.textOnly);
    choose(settings(window), "chooseModelFile", fixture.write("there.gguf"));
    QTRY_VERIFY(fixture.calls("useModel") == 1 && fixture.client().isIdle());
    window.read({fixture.write("b.txt")});
    QTRY_VERIFY(fixture.calls("read") == 2 && fixture.client().isIdle());
    QVERIFY(!fixture.scenario().readRequest.textOnly);
}

void MainWindowSettingsTest::namesTheAdapterThatWasSet() {
    const auto shown = [](const QString& adapter) {
        fixture::Window fixture;
        fixture.paths().shippedAdapter = QStringLiteral("/share/shipped.safetensors");
        fixture.paths().adapter = adapter;
        return child<QLabel>(fixture.start(), "model")->text();
    };
    QVERIFY(shown({}).contains(QStringLiteral("adapter shipped")));
    QVERIFY(shown(QStringLiteral("/mine.safetensors")).contains(QStringLiteral("adapter mine")));
    QVERIFY(shown(QStringLiteral("none")).contains(QStringLiteral("no adapter")));
}

void MainWindowSettingsTest::showsWhichMemoriesAnAdapterOutdates() {
    fixture::Window fixture;
    fixture.scenario().library = {support::fakeDocument('a', "Emma")};
    ui::MainWindow& window = fixture.start();
    QVERIFY(stateShown(window).contains(QStringLiteral("Read")));
    outdate(fixture);
    press(settings(window), "noAdapter");
    QTRY_COMPARE(stateShown(window), QStringLiteral("Memory outdated"));
}

void MainWindowSettingsTest::showsWhichMemoriesAreOutdatedAfterAnAnswer() {
    fixture::Window fixture;
    fixture.scenario().library = {support::fakeDocument('a', "Emma")};
    ui::MainWindow& window = fixture.start();
    outdate(fixture);
    auto* library = child<ui::LibraryView>(window, "library");
    library->selectDocument(fixture.scenario().library[0].id);
    Q_EMIT library->askRequested(library->selectedDocuments());
    auto* ask = window.findChild<ui::AskView*>();
    Q_EMIT ask->asked(QStringLiteral("Who?"), QString());
    QTRY_COMPARE(fixture.calls("ask"), 1);
    QTRY_COMPARE(stateShown(window), QStringLiteral("Memory outdated"));
}

void MainWindowSettingsTest::opensAnotherLibrary() {
    for (const bool isEmpty : {true, false}) {
        fixture::Window fixture;
        ui::MainWindow& window = fixture.start();
        QVERIFY(!window.shallReopen());
        const QString folder = fixture.file("shelf");
        QVERIFY(QDir().mkpath(folder));
        if (!isEmpty)
            fixture.write("shelf/library.db");
        choose(settings(window), "chooseLibraryFolder", folder);
        // What the engine is asked at the start may still run.
        QTRY_VERIFY(!window.isVisible());
        QVERIFY(window.shallReopen());
        QCOMPARE(ui::Settings::load(fixture.paths().settings).libraryPath, folder);
    }
}

void MainWindowSettingsTest::refusesAFolderOfOtherThings() {
    fixture::Window fixture;
    ui::MainWindow& window = fixture.start();
    fixture.write("pictures/cat.png");
    ui::SettingsDialog& dialog = settings(window);
    for (const QString& path : {fixture.file("pictures"), fixture.file("pictures/cat.png"),
                                fixture.file("gone"), QStringLiteral("/proc")}) {
        choose(dialog, "chooseLibraryFolder", path);
        QVERIFY2(trouble(dialog).contains(path), qPrintable(path));
        QVERIFY(window.isVisible() && !window.shallReopen());
    }
    QVERIFY(ui::Settings::load(fixture.paths().settings).libraryPath.isEmpty());
}

void MainWindowSettingsTest::deletesTheHistory() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    fixture.scenario().library = {fixture::pagedDocument('a', "Emma")};
    engine::AnswerRecord record;
    record.conversation = "document " + std::string(16, 'a');
    record.question = "Who?";
    fixture.scenario().answers = {record};
    ui::MainWindow& window = fixture.start();
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    ui::ExchangeModel& exchanges = window.findChild<ui::AskView*>()->exchanges();
    QVERIFY(exchanges.rowCount() > 0);
    ui::SettingsDialog& dialog = settings(window);
    press(dialog, "clearHistory");
    QCOMPARE(fixture.calls("forgetAnswers"), 0);
    press(dialog, "clearHistoryGo");
    QTRY_COMPARE(exchanges.rowCount(), 0);
    QCOMPARE(fixture.calls("forgetAnswers"), 1);
    QTRY_VERIFY(message(window).contains(QStringLiteral("deleted")));
}

void MainWindowSettingsTest::saysWhyTheHistoryStays() {
    fixture::Window fixture;
    ui::MainWindow& window = fixture.start();
    fixture.scenario().script["forgetAnswers"] = {
        engine::Failed{engine::Code::LibraryBusy, "Another program uses the library.", ""}};
    Q_EMIT settings(window).clearHistoryWanted();
    QTRY_COMPARE(message(window), QStringLiteral("Another program uses the library."));
}

void MainWindowSettingsTest::emptiesTheTrashWithoutWaiting() {
    std::atomic<bool> mayEnd = false;
    fixture::Window fixture;
    fixture.scenario().trash = {fixture::pagedDocument('a', "Emma")};
    fixture.scenario().beforeAll = [&] {
        while (!mayEnd)
            std::this_thread::yield();
    };
    ui::MainWindow& window = fixture.start();
    auto* trash = window.findChild<ui::TrashView*>();
    Q_EMIT trash->deleteForGoodRequested({fixture.scenario().trash[0].id});
    Q_EMIT trash->deleteForGoodRequested({fixture.scenario().trash[0].id});
    QCOMPARE(message(window), QStringLiteral("Deleting what is in the Trash…"));
    QCOMPARE(fixture.calls("purge"), 1);
    fixture.scenario().trash.clear();
    mayEnd = true;
    QTRY_VERIFY(message(window).contains(QStringLiteral("The Trash is empty")));
    fixture.scenario().script["purge"] = {
        engine::Failed{engine::Code::LibraryBusy, "Traces stay in the journal.", ""}};
    Q_EMIT trash->deleteForGoodRequested({});
    child<QAbstractButton>(window, "messageClose")->click();
    QTRY_COMPARE(message(window), QStringLiteral("Traces stay in the journal."));
}

void MainWindowSettingsTest::showsOneDialog() {
    fixture::Window fixture;
    fixture.scenario().trash = {fixture::pagedDocument('a', "Emma")};
    ui::MainWindow& window = fixture.start();
    const ui::SettingsDialog& dialog = settings(window);
    QCOMPARE(&settings(window), &dialog);
    QVERIFY(!dialog.isModal());
    QVERIFY(child<QPushButton>(dialog, "showTrash")->text().contains(u'1'));
    press(dialog, "showTrash");
    QVERIFY(window.findChild<ui::TrashView*>()->isVisible());
}

void MainWindowSettingsTest::worksWithoutALibrary() {
    fixture::Window fixture;
    ui::MainWindow& window = fixture.show();
    window.showTrouble(QStringLiteral("library.db is damaged."));
    const QString folder = fixture.file("shelf");
    QVERIFY(QDir().mkpath(folder));
    ui::SettingsDialog& dialog = settings(window);
    QVERIFY(!child<QPushButton>(dialog, "chooseModelFile")->isEnabled());
    choose(dialog, "chooseLibraryFolder", folder);
    QVERIFY(window.shallReopen() && !window.isVisible());
}

QTEST_MAIN(MainWindowSettingsTest)
#include "main_window_settings_test.moc"
