#pragma once
/// What the benches of the window share: a window over the real engine with a library of its own,
/// and a pulse that tells how long the event loop was away.

#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QTimer>
#include <QWindow>

#include <algorithm>
#include <ctime>
#include <memory>

#include "engine/engine.h"
#include "ui/engine_client.h"
#include "ui/main_window.h"

namespace bench {

/// Lets the event loop run for some time. (QTest::qWait sleeps outside of it.)
inline void idle(int ms) {
    QEventLoop loop;
    QTimer::singleShot(ms, Qt::PreciseTimer, &loop, &QEventLoop::quit);
    loop.exec();
}

/// Ends the program with a sentence when `holds` does not become true.
template <typename Holds> void await(const char* what, Holds holds, int seconds = 600) {
    QElapsedTimer clock;
    clock.start();
    while (!holds()) {
        if (clock.elapsed() > seconds * 1000)
            qFatal("%s did not happen within %d s.", what, seconds);
        idle(2);
    }
}

/// The longest time between two turns of the event loop since begin(), and the longest that the
/// thread computed in one: what a machine with other things to do adds is in the first alone.
class Pulse {
public:
    Pulse() {
        m_timer.setTimerType(Qt::PreciseTimer);
        m_timer.setInterval(kBeatMs);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { beat(); });
    }

    void begin() {
        m_wait = m_work = 0;
        m_clock.start();
        m_computed = computed();
        m_timer.start();
    }
    void end() {
        beat();
        m_timer.stop();
    }

    /// Milliseconds.
    [[nodiscard]] double wait() const { return m_wait; }
    [[nodiscard]] double work() const { return m_work; }

private:
    static constexpr int kBeatMs = 2;

    static double computed() {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
    }

    void beat() {
        m_wait = std::max(m_wait, static_cast<double>(m_clock.nsecsElapsed()) / 1e6 - kBeatMs);
        m_clock.restart();
        const double now = computed();
        m_work = std::max(m_work, now - m_computed);
        m_computed = now;
    }

    QTimer m_timer;
    QElapsedTimer m_clock;
    double m_computed = 0, m_wait = 0, m_work = 0;
};

/// Without a model books are stored and not read into a memory.
class Window {
public:
    /// `folder` as XDG_DATA_HOME and the like, so that the program finds the same library there.
    Window(const std::string& reader, const QString& folder, const std::string& model = {})
        : m_folder(folder) {
        QDir().mkpath(m_folder.filePath(QStringLiteral("infolio")));
        engine::Options options;
        options.libraryPath = file("infolio/library").toStdString();
        options.readerProgram = reader;
        options.modelPath = model;
        m_engine = engine::Engine::open(options);
        ui::WindowPaths paths;
        paths.settings = file("settings.ini");
        paths.state = file("window.ini");
        paths.model = QString::fromStdString(model);
        m_window = std::make_unique<ui::MainWindow>(paths);
        m_client = std::make_unique<ui::EngineClient>(*m_engine);
    }

    [[nodiscard]] QString file(const char* name) const {
        return m_folder.filePath(QString::fromLatin1(name));
    }

    void read(const std::vector<std::string>& paths) {
        engine::ReadRequest request;
        request.paths = paths;
        request.textOnly = true;
        m_client->read(request);
        await("The end of the reading", [this] { return m_client->isIdle(); });
    }

    ui::MainWindow& show() {
        m_window->show();
        m_window->setClient(*m_client);
        await(
            "The first picture", [this] { return m_window->windowHandle()->isExposed(); }, 20);
        idle(100);
        return *m_window;
    }

    [[nodiscard]] engine::Engine& engine() { return *m_engine; }
    [[nodiscard]] ui::EngineClient& client() { return *m_client; }

private:
    QDir m_folder;
    std::unique_ptr<engine::Engine> m_engine;
    std::unique_ptr<ui::MainWindow> m_window;
    std::unique_ptr<ui::EngineClient> m_client;
};

} // namespace bench
