#pragma once
/// The whole window over an engine of prepared answers, with files of its own, for tests of what
/// its parts do together.

#include <QAction>
#include <QDir>
#include <QDropEvent>
#include <QFile>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

#include <algorithm>
#include <memory>

#include "tests/support/fake_engine.h"
#include "ui/ask_view.h"
#include "ui/desk.h"
#include "ui/engine_client.h"
#include "ui/exchange_model.h"
#include "ui/main_window.h"

namespace fixture {

/// A document with pages, all of them read.
inline engine::DocumentInfo pagedDocument(char digit, const std::string& title) {
    engine::DocumentInfo info = support::fakeDocument(digit, title);
    info.kind = "pdf";
    info.coverage.text = info.coverage.read = info.coverage.total = 12;
    info.coverage.isLocation = false;
    info.characters = 12'000;
    return info;
}

/// Twelve pages of 1,000 characters each, for every document of the scenario.
inline void addPages(support::Scenario& scenario, bool arePages = true) {
    scenario.text = std::string(12'000, 'x');
    for (int i = 0; i < 12; ++i) {
        engine::PageInfo page;
        page.index = i + 1;
        page.label = std::to_string(i + 1);
        page.widthPt = arePages ? 400 : 0;
        page.heightPt = arePages ? 600 : 0;
        page.range = {i * 1000, (i + 1) * 1000};
        page.state = engine::PageInfo::State::Text;
        scenario.pages.push_back(page);
    }
}

class Window {
public:
    Window() {
        m_paths.settings = file("settings.ini");
        m_paths.state = file("window.ini");
        m_paths.model = write("small.gguf", "weights");
    }

    /// A path in the test's own folder.
    [[nodiscard]] QString file(const char* name) const {
        return m_home.filePath(QString::fromLatin1(name));
    }

    /// A file with its folders; returns its path.
    QString write(const char* name, const QByteArray& content = "A text.") const {
        const QString path = file(name);
        QDir().mkpath(QFileInfo(path).path());
        QFile out(path);
        if (!out.open(QIODevice::WriteOnly) || out.write(content) != content.size())
            qFatal("%s cannot be written.", qPrintable(path));
        return path;
    }

    ui::WindowPaths& paths() { return m_paths; }
    support::Scenario& scenario() { return m_scenario; }
    ui::EngineClient& client() { return *m_client; }

    /// The window on the screen, without an engine.
    ui::MainWindow& show() {
        m_window = std::make_unique<ui::MainWindow>(m_paths);
        m_window->show();
        if (!QTest::qWaitForWindowExposed(m_window.get()))
            qFatal("The window does not appear.");
        return *m_window;
    }

    /// The window alive.
    ui::MainWindow& start() {
        show();
        enliven();
        return *m_window;
    }

    /// Gives the window on the screen its engine.
    void enliven() {
        m_client = std::make_unique<ui::EngineClient>(m_engine);
        m_window->setClient(*m_client);
    }

    /// Closed and opened again over the same files.
    ui::MainWindow& restart() {
        m_window->close();
        m_window.reset();
        m_client.reset();
        return start();
    }

    [[nodiscard]] long calls(const char* name) const {
        return std::ranges::count(m_scenario.calls, std::string(name));
    }

    void act(const char* name) const {
        m_window->findChild<QAction*>(QString::fromLatin1(name))->trigger();
    }

private:
    QTemporaryDir m_home;
    ui::WindowPaths m_paths;
    support::Scenario m_scenario;
    support::FakeEngine m_engine{m_scenario};
    std::unique_ptr<ui::EngineClient> m_client;
    std::unique_ptr<ui::MainWindow> m_window;
};

template <typename Widget> Widget* child(const QObject& parent, const char* name) {
    return parent.findChild<Widget*>(QString::fromLatin1(name));
}

/// False when the window refuses what hangs over it.
inline bool drop(QWidget& window, const QList<QUrl>& urls) {
    QMimeData data;
    data.setUrls(urls);
    QDragEnterEvent enter(QPoint(9, 9), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    enter.ignore();
    QCoreApplication::sendEvent(&window, &enter);
    if (!enter.isAccepted())
        return false;
    QDropEvent dropped(QPointF(9, 9), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &dropped);
    return true;
}

inline bool drop(QWidget& window, const QString& path) {
    return drop(window, QList<QUrl>{QUrl::fromLocalFile(path)});
}

/// What the message bar says; empty while it is hidden.
inline QString message(const QObject& window) {
    const auto* sentence = child<QLabel>(window, "messageSentence");
    return sentence->isVisible() ? sentence->text() : QString();
}

} // namespace fixture
