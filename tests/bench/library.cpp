/// How a library of many documents feels, with the real engine: how long the program takes from its
/// start to its window, how long the filter takes, and how the list scrolls:
///
///     library [DOCUMENTS]        (QT_QPA_PLATFORM=offscreen; 1,000 unless told)
///
/// Bars for 1,000: 1 s to the window, 100 ms for an answer of the filter.

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLineEdit>
#include <QListView>
#include <QProcess>
#include <QScrollBar>
#include <QTemporaryDir>

#include <cstdio>

#include "tests/bench/window_bench.h"

namespace {

std::vector<std::string> writeBooks(const QString& folder, int count) {
    QDir().mkpath(folder);
    const QStringList things = QStringLiteral("Harbour,Boat,Gull,Net,Herring,Pier,Lamp,Key,Storm,"
                                              "Island,Sail,Anchor,Tide")
                                   .split(u',');
    std::vector<std::string> paths;
    for (int i = 0; i < count; ++i) {
        const QString title =
            QStringLiteral("The %1 and the %2 %3")
                .arg(things[i % things.size()], things[i / things.size() % things.size()])
                .arg(i);
        QFile file(QStringLiteral("%1/%2.md").arg(folder, title));
        if (!file.open(QIODevice::WriteOnly))
            qFatal("%s cannot be written.", qPrintable(file.fileName()));
        file.write(
            QStringLiteral("# %1\n\nThere was a %2 by the sea.\n").arg(title, title).toUtf8());
        paths.push_back(file.fileName().toStdString());
    }
    return paths;
}

/// Milliseconds from the start of the program `infolio` until its window and its list of documents
/// were painted first, as Qt itself notes it.
struct Start {
    double window = 0, list = 0;
};
Start start(const QString& folder) {
    QProcess program;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const char* name : {"DATA", "CONFIG", "CACHE", "STATE"})
        environment.insert(QStringLiteral("XDG_%1_HOME").arg(QLatin1String(name)), folder);
    environment.insert(QStringLiteral("XDG_RUNTIME_DIR"), folder);
    environment.insert(QStringLiteral("QT_LOGGING_RULES"),
                       QStringLiteral("qt.widgets.painting=true"));
    program.setProcessEnvironment(environment);
    program.setProcessChannelMode(QProcess::MergedChannels);
    QElapsedTimer clock;
    clock.start();
    Start result;
    program.start(QStringLiteral(TEST_PROGRAM), QStringList());
    while (result.list == 0 && clock.elapsed() < 60'000 && program.waitForReadyRead(60'000)) {
        const double now = static_cast<double>(clock.nsecsElapsed()) / 1e6;
        for (const QByteArray& line : program.readAll().split('\n')) {
            if (!line.contains("Drawing"))
                continue;
            if (result.window == 0 && line.contains("ui::MainWindow"))
                result.window = now;
            // It is hidden as long as it is empty.
            if (line.contains("libraryList"))
                result.list = now;
        }
    }
    program.terminate();
    if (!program.waitForFinished(20'000))
        program.kill();
    return result;
}

} // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    const int count = argc > 1 ? QString::fromLatin1(argv[1]).toInt() : 1000;
    const QTemporaryDir home;
    {
        bench::Window window(TEST_READER, home.path());
        QElapsedTimer clock;
        clock.start();
        window.read(writeBooks(window.file("books"), count));
        std::printf("%d documents were stored in %.1f s\n", count,
                    static_cast<double>(clock.elapsed()) / 1e3);
    }
    for (int run = 1; run <= 5; ++run) {
        const Start took = start(home.path());
        std::printf("start %d: window after %.0f ms (bar 1000), list after %.0f ms\n", run,
                    took.window, took.list);
        std::fflush(stdout);
    }

    bench::Window window(TEST_READER, home.path());
    ui::MainWindow& main = window.show();
    auto* list = main.findChild<QListView*>(QStringLiteral("libraryList"));
    auto* filter = main.findChild<QLineEdit*>(QStringLiteral("libraryFilter"));
    bench::await(
        "The list", [&] { return list->model()->rowCount() == count; }, 30);
    // From the key to the painted list.
    QElapsedTimer clock;
    double worst = 0;
    const auto type = [&](const QString& text) {
        clock.start();
        filter->setText(text);
        list->viewport()->repaint();
        const double ms = static_cast<double>(clock.nsecsElapsed()) / 1e6;
        std::printf("filter “%s”: %d documents in %.1f ms\n", qPrintable(text),
                    list->model()->rowCount(), ms);
        worst = std::max(worst, ms);
    };
    for (const char* text : {"h", "he", "herring", "herring 9", "nothing like it", "1", ""})
        type(QString::fromLatin1(text));
    std::printf("the slowest answer took %.1f ms (bar 100)\n", worst);

    double frame = 0;
    QScrollBar* bar = list->verticalScrollBar();
    bench::Pulse pulse;
    pulse.begin();
    int frames = 0;
    for (int value = 0; value <= bar->maximum(); value += 37, ++frames) {
        clock.start();
        bar->setValue(value);
        list->viewport()->repaint();
        frame = std::max(frame, static_cast<double>(clock.nsecsElapsed()) / 1e6);
        bench::idle(0);
    }
    pulse.end();
    std::printf("scrolled through in %d frames, the slowest took %.1f ms; no answer %.1f ms, of it "
                "computing %.1f ms (bar 50)\n",
                frames, frame, pulse.wait(), pulse.work());
    return 0;
}
