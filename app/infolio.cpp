/// The window: options, main window, engine, event loop.

#include <QApplication>
#include <QTimer>

#include <cstdio>
#include <memory>
#include <string_view>

#include "app/paths.h"
#include "app/wait_policy.h"
#include "engine/engine.h"
#include "ui/engine_client.h"
#include "ui/main_window.h"

namespace {

constexpr const char* kHelp = "infolio [FILE...]   opens the window and reads the files\n"
                              "  --version         the version\n"
                              "  -h, --help        this help\n"
                              "infolio-cli does the same without a window.\n";

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

engine::Options engineOptions() {
    engine::Options options;
    options.libraryPath = app::defaultLibrary().string();
    options.modelPath = app::findModel().value_or("").string();
    options.readerProgram = app::findReader(app::programFile()).string();
    return options;
}

} // namespace

int main(int argc, char** argv) {
    if (const int status = answerWithoutWindow(argc, argv); status >= 0)
        return status;
    app::spinBriefly(argv);
    const QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("infolio"));
    QStringList files = QApplication::arguments().mid(1);
    files.removeOne(QStringLiteral("--"));

    const engine::Options options = engineOptions();
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<ui::EngineClient> client;
    ui::MainWindow window;
    window.setModel(QString::fromStdString(options.modelPath));
    window.show();
    // Window first, library second: opening may take a moment, and its failure is a sentence to be
    // read.
    QTimer::singleShot(0, &window, [&] {
        try {
            engine = engine::Engine::open(options);
            client = std::make_unique<ui::EngineClient>(*engine);
            window.setClient(*client);
            window.read(files);
        } catch (const engine::Error& error) {
            window.showTrouble(QString::fromStdString(error.what()));
        }
    });
    return QApplication::exec();
}
