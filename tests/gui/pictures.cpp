/// Pictures of the window's main states with the real engine, for a person to look at:
///
///     pictures FOLDER              (QT_QPA_PLATFORM=offscreen) light, dark, and light at twice
///                                  the pixels, one after another
///     pictures FOLDER light|dark   one of them, at QT_SCALE_FACTOR;
///                                  LC_ALL=de_DE.UTF-8 for German
///
/// Reads the sample book into a library of its own, so that it needs the default model.

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QListView>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <cstdio>
#include <functional>

#include "engine/engine.h"
#include "ui/actions.h"
#include "ui/ask_view.h"
#include "ui/desk.h"
#include "ui/document_view.h"
#include "ui/engine_client.h"
#include "ui/exchange_model.h"
#include "ui/icons.h"
#include "ui/main_window.h"
#include "ui/page_view.h"
#include "ui/queue_view.h"
#include "ui/settings.h"
#include "ui/settings_dialog.h"
#include "ui/summary_view.h"
#include "ui/translations.h"

namespace {

class Pictures {
public:
    Pictures(const QString& folder, const QString& look) : m_folder(folder), m_look(look) {
        QDir().mkpath(folder);
    }

    int take() {
        ui::Settings settings;
        settings.theme = m_look == u"dark" ? ui::Look::Dark : ui::Look::Light;
        ui::WindowPaths paths;
        paths.settings = m_home.filePath(QStringLiteral("settings.ini"));
        paths.state = m_home.filePath(QStringLiteral("window.ini"));
        paths.sampleBook = QStringLiteral(SAMPLE_BOOK);
        paths.model = QStringLiteral(TEST_MODEL);
        paths.shippedAdapter = QStringLiteral(SHIPPED_ADAPTER);
        if (!settings.save(paths.settings))
            return 1;
        engine::Options options;
        options.libraryPath = m_home.filePath(QStringLiteral("library")).toStdString();
        options.modelPath = TEST_MODEL;
        options.shippedAdapterPath = SHIPPED_ADAPTER;
        options.readerProgram = TEST_READER;
        const auto engine = engine::Engine::open(options);
        ui::EngineClient client(*engine);
        ui::MainWindow window(paths);
        window.show();
        window.resize(1280, 800);
        window.setClient(client);
        wait([] { return false; }, 300);
        grab(window, "1-empty");
        readBook(window, client);
        ask(window, client);
        act(window, "find");
        QTest::keyClicks(window.focusWidget(), QStringLiteral("memory"));
        wait([] { return false; }, 900);
        grab(window, "6-find");
        QTest::keyClick(window.focusWidget(), Qt::Key_Escape);
        act(window, "findInLibrary");
        QTest::keyClicks(window.focusWidget(), QStringLiteral("memory"));
        wait([] { return false; }, 900);
        grab(window, "11-search");
        QTest::keyClick(window.focusWidget(), Qt::Key_Escape);
        summarise(window, client);
        act(window, "shortcuts");
        wait([] { return false; }, 300);
        grab(*QApplication::activeModalWidget(), "9-shortcuts");
        QTest::keyClick(QApplication::activeModalWidget(), Qt::Key_Escape);
        act(window, "settings");
        wait([] { return false; }, 300);
        auto* const dialog = window.findChild<ui::SettingsDialog*>();
        auto* const pages = dialog->findChild<QListWidget*>();
        for (int page = 0; page < pages->count(); ++page) {
            pages->setCurrentRow(page);
            wait([] { return false; }, 100);
            grab(*dialog, qPrintable(QStringLiteral("10-settings-%1").arg(page + 1)));
        }
        dialog->reject();
        failToDraw(options, paths);
        return 0;
    }

private:
    static bool wait(const std::function<bool()>& holds, int ms) {
        return QTest::qWaitFor(holds, ms);
    }

    static void act(ui::MainWindow& window, const char* name) {
        window.findChild<QAction*>(QString::fromLatin1(name))->trigger();
    }

    void grab(QWidget& widget, const char* name) {
        const QString scale = widget.devicePixelRatioF() > 1 ? QStringLiteral("-2x") : QString();
        const QString file = QStringLiteral("%1/%2-%3%4.png")
                                 .arg(m_folder, QString::fromLatin1(name), m_look, scale);
        widget.grab().save(file);
        std::printf("%s\n", qPrintable(file));
        std::fflush(stdout);
    }

    void readBook(ui::MainWindow& window, ui::EngineClient& client) {
        // A tenth of the book: far enough to have a speed.
        bool isFar = false;
        const QObject context;
        QObject::connect(&client, &ui::EngineClient::arrived, &context,
                         [&isFar](quint64, const engine::Event& event) {
                             const auto* progress = std::get_if<engine::Progress>(&event);
                             if (progress != nullptr && progress->stage == engine::Stage::Read)
                                 isFar = isFar || progress->done * 10 >= progress->total;
                         });
        QFile::copy(QStringLiteral(SAMPLE_BOOK), m_book);
        window.read({m_book, QStringLiteral("/nowhere/lost.pdf")});
        wait([&] { return window.findChild<ui::Desk*>()->count() > 0; }, 30'000);
        wait([&] { return isFar; }, 60'000);
        grab(window, "2-reading");
        wait([&] { return client.isIdle(); }, 300'000);
        wait([] { return false; }, 500);
        grab(window, "3-read");
    }

    void ask(ui::MainWindow& window, ui::EngineClient& client) {
        auto* view = window.findChild<ui::AskView*>();
        act(window, "ask");
        view->setDraft(QStringLiteral("What happens when the power fails while a book is read?"));
        wait([] { return false; }, 100);
        QTest::keyClick(window.focusWidget(), Qt::Key_Return);
        wait([&] { return client.isIdle(); }, 120'000);
        wait([] { return false; }, 500);
        grab(window, "4-answer");
        view->nextEvidence();
        const ui::ExchangeModel& model = view->exchanges();
        const engine::Evidence* evidence = model.evidence(model.evidenceIndex(0, 1));
        if (evidence != nullptr)
            Q_EMIT view->citationActivated(QString::fromStdString(evidence->document.sha256),
                                           evidence->range.begin, evidence->range.end);
        const ui::PageView& pages = *window.findChild<ui::Desk*>()->currentView()->pageView();
        wait([&] { return pages.hasPicture(pages.currentPage()); }, 20'000);
        wait([] { return false; }, 700);
        grab(window, "5-citation");
    }

    void summarise(ui::MainWindow& window, ui::EngineClient& client) {
        act(window, "summarise");
        wait([] { return false; }, 300);
        grab(window, "7-summaries");
        auto* view = window.findChild<ui::SummaryView*>();
        view->selectChapter(2);
        Q_EMIT view->makeRequested(2, ui::SummaryView::Length::Short,
                                   ui::SummaryView::Style::Prose);
        wait([&] { return client.isIdle(); }, 300'000);
        wait([] { return false; }, 500);
        grab(window, "8-summary");
    }

    /// As where a drive was taken out, in a program that does not hold the file open yet.
    void failToDraw(const engine::Options& options, const ui::WindowPaths& paths) {
        QFile::remove(m_book);
        const auto engine = engine::Engine::open(options);
        ui::EngineClient client(*engine);
        ui::MainWindow window(paths);
        window.show();
        window.resize(1280, 800);
        window.setClient(client);
        auto* desk = window.findChild<ui::Desk*>();
        desk->open(engine->documents().front());
        wait([&] { return desk->currentView()->hasFailure(); }, 5'000);
        wait([] { return false; }, 300);
        grab(window, "12-failure");
    }

    QString m_folder, m_look;
    QTemporaryDir m_home;
    QString m_book = m_home.filePath(QStringLiteral("manual.pdf"));
};

/// One look after another, each in a program of its own: the density of the screen is chosen when a
/// program starts.
int takeAll(const QString& folder) {
    int status = 0;
    constexpr std::array<std::pair<const char*, const char*>, 3> kRuns{
        {{"light", "1"}, {"dark", "1"}, {"light", "2"}}};
    for (const auto& [look, scale] : kRuns) {
        QProcess program;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("QT_SCALE_FACTOR"), QLatin1String(scale));
        program.setProcessEnvironment(environment);
        program.setProcessChannelMode(QProcess::ForwardedChannels);
        program.start(QCoreApplication::applicationFilePath(), {folder, QLatin1String(look)});
        if (!program.waitForFinished(-1) || program.exitCode() != 0)
            status = 1;
    }
    return status;
}

} // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    ui::installTranslations(application);
    if (argc < 2) {
        std::fprintf(stderr, "pictures FOLDER [light|dark]\n");
        return 2;
    }
    const QString folder = QString::fromLocal8Bit(argv[1]);
    return argc == 2 ? takeAll(folder) : Pictures(folder, QString::fromLocal8Bit(argv[2])).take();
}
