/// The window: options, main window, engine, event loop.

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>
#include <QTimer>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "app/paths.h"
#include "app/run_marker.h"
#include "app/wait_policy.h"
#include "app/window_options.h"
#include "engine/engine.h"
#include "ui/engine_client.h"
#include "ui/icons.h"
#include "ui/lost_run.h"
#include "ui/main_window.h"
#include "ui/single_instance.h"
#include "ui/theme.h"
#include "ui/translations.h"

namespace {

constexpr const char* kHelp = "infolio [FILE...]   opens the window and reads the files\n"
                              "  --version         the version\n"
                              "  -h, --help        this help\n"
                              "infolio-cli does the same without a window.\n";

/// Exit status when no window can be opened.
constexpr int kNoDisplay = 1;

/// Words that need no display, or that nobody understands. Returns an exit status, or -1 to go on.
int answerWithoutWindow(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--")
            return -1;
        if (word == "--version")
            return std::printf("infolio %s\n", INFOLIO_VERSION), 0;
        if (word == "-h" || word == "--help")
            return std::printf("%s", kHelp), 0;
        if (word.size() > 1 && word.front() == '-') {
            std::fprintf(stderr, "infolio: Unknown option '%s'; infolio --help lists all.\n",
                         argv[i]);
            return 2;
        }
    }
    return -1;
}

/// What Qt said while it looked for a display, and not about its platform plugins.
QStringList& saidMeanwhile() {
    static QStringList messages;
    return messages;
}

/// While Qt looks for a display: what it and its plugins say, and the abort at the end, become one
/// sentence. When there is a display the rest is passed on afterwards.
void endWithoutDisplay(QtMsgType type, const QMessageLogContext& context, const QString& message) {
    if (type == QtFatalMsg) {
        std::fputs("infolio: There is no display to open a window on; set DISPLAY or "
                   "WAYLAND_DISPLAY, or use infolio-cli, which needs none.\n",
                   stderr);
        std::_Exit(kNoDisplay);
    }
    if (std::string_view(context.category ? context.category : "").rfind("qt.qpa.", 0) != 0)
        saidMeanwhile().append(message);
}

QString utf8(const std::filesystem::path& path) {
    return QFile::decodeName(QByteArray::fromStdString(path.string()));
}

/// A folder of this user that exists afterwards.
QString folder(QStandardPaths::StandardLocation location) {
    const QString path = QStandardPaths::writableLocation(location);
    QDir().mkpath(path);
    return path;
}

ui::WindowPaths windowPaths() {
    const QDir config(folder(QStandardPaths::AppConfigLocation));
    ui::WindowPaths paths;
    paths.settings = config.filePath(QStringLiteral("settings.ini"));
    paths.state = config.filePath(QStringLiteral("window.ini"));
    if (const auto book = app::findSampleBook(app::programFile()))
        paths.sampleBook = utf8(*book);
    return paths;
}

/// Keeps the marker of this run in step with what the engine does.
void markWork(ui::EngineClient& client) {
    const auto mark = [last = std::make_shared<app::Doing>()](app::Doing doing) {
        if (std::exchange(*last, doing) != doing)
            app::markDoing(doing);
    };
    QObject::connect(&client, &ui::EngineClient::arrived, &client,
                     [mark](quint64, const engine::Event& event) {
                         const auto* progress = std::get_if<engine::Progress>(&event);
                         if (progress == nullptr)
                             return;
                         const bool isWriting = progress->stage == engine::Stage::Search ||
                                                progress->stage == engine::Stage::Rank ||
                                                progress->stage == engine::Stage::Write;
                         mark(isWriting ? app::Doing::Writing : app::Doing::Reading);
                     });
    QObject::connect(&client, &ui::EngineClient::idle, &client,
                     [mark] { mark(app::Doing::Nothing); });
}

QStringList absolute(const QStringList& files) {
    QStringList paths;
    for (const QString& file : files)
        paths.append(QFileInfo(file).absoluteFilePath());
    return paths;
}

/// Failures of the engine's synchronous calls end here, in a sentence: the library was damaged or
/// taken away while the window shows it.
class Application : public QApplication {
public:
    using QApplication::QApplication;

    void setWindow(ui::MainWindow* window) { m_window = window; }

    bool notify(QObject* receiver, QEvent* event) override {
        try {
            return QApplication::notify(receiver, event);
        } catch (const engine::Error& error) {
            if (m_window == nullptr)
                throw;
            m_window->showFailure(QString::fromUtf8(error.what()));
            return true;
        }
    }

private:
    ui::MainWindow* m_window = nullptr;
};

/// Shows the window with the library that is set, until it is closed; true when it shall open again
/// with the settings as they are then. `former` as for windowOptions.
bool openWindow(Application& application, const QStringList& files, const ui::Settings* former) {
    ui::WindowPaths paths = windowPaths();
    const ui::Settings settings = ui::Settings::load(paths.settings);
    engine::Options options;
    QString trouble;
    try {
        options = app::windowOptions(settings, former);
    } catch (const engine::Error& error) {
        trouble = QString::fromUtf8(error.what());
    }
    paths.model = utf8(options.modelPath);
    paths.adapter = utf8(options.adapterPath);
    paths.shippedAdapter = utf8(options.shippedAdapterPath);
    paths.library = utf8(options.libraryPath);
    std::optional<ui::SingleInstance> instance;
    if (trouble.isEmpty()) {
        instance.emplace(paths.library, folder(QStandardPaths::RuntimeLocation));
        if (!instance->isFirst() &&
            instance->hand(files, qEnvironmentVariable("XDG_ACTIVATION_TOKEN")))
            return false;
    }

    const auto lost =
        former == nullptr ? app::beginRun(app::stateFolder(), INFOLIO_VERSION) : std::nullopt;
    ui::applyTheme(application, settings.theme);
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<ui::EngineClient> client;
    ui::MainWindow window(paths);
    application.setWindow(&window);
    ui::LostRun lostRun(window.messages(), &window);
    if (lost)
        lostRun.tell(static_cast<ui::LostRun::Doing>(lost->doing),
                     lost->report ? utf8(*lost->report) : QString());
    if (instance)
        QObject::connect(&*instance, &ui::SingleInstance::received, &window,
                         [&window](const QStringList& received) {
                             window.bringToFront();
                             window.read(received);
                         });
    window.show();
    // Window first, library second: opening may take a moment, and its failure is a sentence to be
    // read.
    QTimer::singleShot(0, &window, [&] {
        if (!trouble.isEmpty()) {
            window.showTrouble(trouble);
            return;
        }
        try {
            engine = engine::Engine::open(options);
            client = std::make_unique<ui::EngineClient>(*engine);
            markWork(*client);
            app::noteModules();
            window.setClient(*client);
            window.read(files);
        } catch (const engine::Error& error) {
            window.showTrouble(QString::fromStdString(error.what()));
        }
    });
    QApplication::exec();
    application.setWindow(nullptr);
    return window.shallReopen();
}

} // namespace

int main(int argc, char** argv) {
    if (const int status = answerWithoutWindow(argc, argv); status >= 0)
        return status;
    app::spinBriefly(argv);
    QGuiApplication::setHighDpiScaleFactorRoundingPolicy(
        Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    const QtMessageHandler handler = qInstallMessageHandler(endWithoutDisplay);
    Application application(argc, argv);
    qInstallMessageHandler(handler);
    for (const QString& message : std::exchange(saidMeanwhile(), {}))
        std::fprintf(stderr, "%s\n", qPrintable(message));
    QApplication::setApplicationName(QStringLiteral("infolio"));
    QApplication::setApplicationDisplayName(QStringLiteral("Infolio"));
    QApplication::setApplicationVersion(QStringLiteral(INFOLIO_VERSION));
    QGuiApplication::setDesktopFileName(QStringLiteral("org.infolio.Infolio"));
    QStringList files = QApplication::arguments().mid(1);
    files.removeOne(QStringLiteral("--"));
    files = absolute(files);

    ui::installTranslations(application);
    QApplication::setWindowIcon(ui::applicationIcon());
    const ui::Settings atStart = ui::Settings::load(windowPaths().settings);
    const ui::Settings* former = nullptr;
    while (openWindow(application, files, former)) { // with another library
        former = &atStart;
        files.clear();
    }
    return 0;
}
