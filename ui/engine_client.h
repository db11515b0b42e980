#pragma once
/// The one bridge between the window and the engine: owns the running requests and turns their
/// events, which come on the engine's thread, into signals on the window's. GUI thread only. The
/// engine outlives the client.
///
/// However fast the engine is, the window has its turn: a frame brings a bounded number of events,
/// the rest waits for the next one, also where a slot throws. Pieces of a gist that wait are
/// joined, and of progress in the same work only the newest is kept.

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "engine/engine.h"

namespace ui {

class EngineClient : public QObject {
    Q_OBJECT

public:
    /// Events of one frame, at most; fewer when they keep the window busy for long.
    static constexpr int kFrameEvents = 32;
    static constexpr int kFrameMs = 16;

    /// Names a request as long as it runs; never used twice.
    using Request = quint64;

    explicit EngineClient(engine::Engine& engine, QObject* parent = nullptr);
    /// Cancels what runs and waits for its end: one segment at most.
    ~EngineClient() override;

    /// For the engine's synchronous calls, which are short and never wait for its worker.
    [[nodiscard]] engine::Engine& engine() { return m_engine; }

    Request read(const engine::ReadRequest& request);
    Request ask(const engine::AskRequest& request);
    Request search(const engine::SearchRequest& request);
    Request summarize(const engine::SummaryRequest& request);
    Request render(const engine::RenderRequest& request);
    Request links(const engine::LinksRequest& request);
    Request exportDocument(const engine::ExportRequest& request);
    Request useModel(const engine::ModelRequest& request);
    Request device();
    Request purge();
    Request forgetAnswers();

    /// A request that has ended is ignored.
    void cancel(Request request);
    void pause(Request request, bool isPaused);
    void cancelAll();
    /// The password of a locked document: goes with every request for its pages from now on. In
    /// memory alone, for as long as the client lives.
    void setPassword(const engine::DocumentId& document, const QString& password);
    [[nodiscard]] bool isIdle() const { return m_tasks.empty(); }
    /// A request writes the library anew, or will: until it has ended, engine().remove and
    /// engine().restore could wait for seconds.
    [[nodiscard]] bool isRewriting() const { return !m_rewriting.empty(); }

Q_SIGNALS:
    /// The events of a request that runs but Done, in order.
    void arrived(quint64 request, const engine::Event& event);
    /// The request's last signal.
    void ended(quint64 request, bool wasCancelled);
    /// The last request has ended.
    void idle();
    /// A password of a document was given; whether it opens it, its pages will tell.
    void passwordGiven(const engine::DocumentId& document);

private:
    struct Letter {
        Request request;
        engine::Event event;
    };

    [[nodiscard]] std::optional<std::string> passwordOf(const engine::DocumentId& document) const;
    [[nodiscard]] engine::Sink sink(Request request);
    template <typename Start> Request begin(Start start);
    template <typename Start> Request rewrite(Start start);
    void post(Request request, const engine::Event& event);
    void schedule();
    void drain();
    [[nodiscard]] std::optional<Letter> next();
    void deliver(const Letter& letter);
    void sayIfIdle();

    engine::Engine& m_engine;
    std::mutex m_mutex;
    std::deque<Letter> m_mailbox;
    bool m_isScheduled = false; ///< under the mutex: what waits has its frame
    QTimer m_frame;
    QElapsedTimer m_lastFrame;
    Request m_last = 0;
    std::set<Request> m_rewriting;
    std::map<engine::DocumentId, std::string> m_passwords;
    std::map<Request, engine::Task> m_tasks; ///< destroyed first: afterwards no sink is called
};

} // namespace ui
