#pragma once
/// What the benches of the window share: a window over the real engine with a library of its own,
/// and a pulse that tells how long the event loop was away.

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <algorithm>
#include <fstream>
#include <memory>

#include "engine/engine.h"
#include "ui/engine_client.h"
#include "ui/main_window.h"

namespace bench {

/// Ends the program with a sentence when `holds` does not become true.
template <typename Holds> void await(const char* what, Holds holds, int seconds = 600) {
    if (!QTest::qWaitFor(holds, seconds * 1000))
        qFatal("%s did not happen within %d s.", what, seconds);
}

/// The longest time between two turns of the event loop since begin(); and the same without the
/// time in which the thread could have gone on and the machine gave its cores to other programs.
class Pulse {
public:
    Pulse() {
        m_timer.setTimerType(Qt::PreciseTimer);
        m_timer.setInterval(kBeatMs);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { beat(); });
    }

    void begin() {
        m_wait = m_own = 0;
        m_clock.start();
        m_stolen = stolen();
        m_timer.start();
    }
    void end() {
        beat();
        m_timer.stop();
    }

    /// Milliseconds.
    [[nodiscard]] double wait() const { return m_wait; }
    [[nodiscard]] double own() const { return m_own; }

private:
    static constexpr int kBeatMs = 2;

    /// Milliseconds that the thread has waited for a core so far; 0 where the kernel does not
    /// count.
    static double stolen() {
        double computed = 0, waited = 0;
        std::ifstream("/proc/thread-self/schedstat") >> computed >> waited;
        return waited / 1e6;
    }

    void beat() {
        const double ms = static_cast<double>(m_clock.nsecsElapsed()) / 1e6 - kBeatMs;
        m_clock.restart();
        const double now = stolen();
        m_wait = std::max(m_wait, ms);
        m_own = std::max(m_own, ms - (now - m_stolen));
        m_stolen = now;
    }

    QTimer m_timer;
    QElapsedTimer m_clock;
    double m_stolen = 0, m_wait = 0, m_own = 0;
};

/// Books are stored, not read into a memory: what is measured needs no model.
class Window {
public:
    explicit Window(const std::string& reader) {
        engine::Options options;
        options.libraryPath = file("library").toStdString();
        options.readerProgram = reader;
        m_engine = engine::Engine::open(options);
        ui::WindowPaths paths;
        paths.settings = file("settings.ini");
        paths.state = file("window.ini");
        m_window = std::make_unique<ui::MainWindow>(paths);
        m_client = std::make_unique<ui::EngineClient>(*m_engine);
    }

    [[nodiscard]] QString file(const char* name) const {
        return m_home.filePath(QString::fromLatin1(name));
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
            "The first picture", [this] { return m_window->isVisible(); }, 20);
        return *m_window;
    }

    [[nodiscard]] engine::Engine& engine() { return *m_engine; }
    [[nodiscard]] ui::EngineClient& client() { return *m_client; }

private:
    QTemporaryDir m_home;
    std::unique_ptr<engine::Engine> m_engine;
    std::unique_ptr<ui::MainWindow> m_window;
    std::unique_ptr<ui::EngineClient> m_client;
};

} // namespace bench
