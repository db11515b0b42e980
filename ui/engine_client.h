#pragma once
/// The one bridge between the window and the engine: owns the running requests and turns their
/// events, which come on the engine's thread, into signals on the window's. GUI thread only. The
/// engine outlives the client.

#include <QObject>

#include <deque>
#include <map>
#include <mutex>

#include "engine/engine.h"

namespace ui {

class EngineClient : public QObject {
    Q_OBJECT

public:
    /// Names a request as long as it runs; never used twice.
    using Request = quint64;

    explicit EngineClient(engine::Engine& engine, QObject* parent = nullptr);
    /// Cancels what runs and waits for its end: one segment at most.
    ~EngineClient() override;

    /// For the engine's synchronous calls, which never wait for its worker.
    [[nodiscard]] engine::Engine& engine() { return m_engine; }

    Request read(const engine::ReadRequest& request);
    Request ask(const engine::AskRequest& request);
    Request search(const engine::SearchRequest& request);
    Request summarize(const engine::SummaryRequest& request);
    Request render(const engine::RenderRequest& request);

    /// A request that has ended is ignored.
    void cancel(Request request);
    void pause(Request request, bool isPaused);
    void cancelAll();
    [[nodiscard]] bool isIdle() const { return m_tasks.empty(); }

Q_SIGNALS:
    /// Every event but Done of a request that runs, in order.
    void arrived(quint64 request, const engine::Event& event);
    /// The request's last signal.
    void ended(quint64 request, bool wasCancelled);
    /// The last request has ended.
    void idle();

private:
    struct Letter {
        Request request;
        engine::Event event;
    };

    [[nodiscard]] engine::Sink sink(Request request);
    Request keep(Request request, engine::Task task);
    void post(Request request, const engine::Event& event);
    void queueDrain();
    void drain();

    engine::Engine& m_engine;
    std::mutex m_mutex;
    std::deque<Letter> m_mailbox;
    bool m_isDrainQueued = false; ///< one queued call serves everything that arrives until it runs
    Request m_last = 0;
    std::map<Request, engine::Task> m_tasks; ///< destroyed first: afterwards no sink is called
};

} // namespace ui
