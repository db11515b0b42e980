#pragma once
/// The one bridge between the window and the engine: owns the running requests and turns their
/// events, which come on the engine's thread, into signals on the window's. GUI thread only. The
/// engine outlives the client.

#include <QObject>
#include <QString>
#include <QStringList>

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/engine.h"

namespace ui {

class EngineClient : public QObject {
    Q_OBJECT

public:
    explicit EngineClient(engine::Engine& engine, QObject* parent = nullptr);
    /// Cancels what runs and waits for its end: one segment at most.
    ~EngineClient() override;

    /// Reads files; their progress and results come as signals.
    void read(const QStringList& paths);

Q_SIGNALS:
    void progressed(const QString& title, qint64 done, qint64 total);
    void documentChanged(const QString& title, engine::State state);
    void failed(const QString& message);
    /// The last request has ended.
    void idle();

private:
    void post(const engine::Event& event);
    void drain();
    void deliver(const engine::Event& event);

    engine::Engine& m_engine;
    std::mutex m_mutex;
    std::deque<engine::Event> m_mailbox;
    std::vector<engine::Task> m_tasks; ///< destroyed first: afterwards no sink is called
};

} // namespace ui
