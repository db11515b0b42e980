#pragma once
/// The order in which files are read: one at a time, so that the rest can be moved, paused and
/// taken out. Talks to the engine through EngineClient; the queue view shows what its signals say.
/// GUI thread only.

#include <QObject>
#include <QStringList>

#include <deque>
#include <optional>

#include "ui/engine_client.h"

namespace ui {

class ReadingQueue : public QObject {
    Q_OBJECT

public:
    /// Names a file of the queue; never used twice.
    using Entry = quint64;

    explicit ReadingQueue(EngineClient& client, QObject* parent = nullptr);

    /// Paths as the file system gives them. A path that waits already is not added again.
    void add(const QStringList& paths, bool again = false);
    /// A locked file once more, with a password.
    void retry(Entry entry, const std::optional<QString>& password);
    void pause(Entry entry, bool isPaused);
    void pauseAll(bool isPaused);
    void moveUp(Entry entry);
    void moveDown(Entry entry);
    /// Ends it within one segment; what is read is kept.
    void cancel(Entry entry);

    [[nodiscard]] bool isPaused() const { return m_isPaused; }
    [[nodiscard]] bool isEmpty() const { return m_waiting.empty() && !m_running; }

Q_SIGNALS:
    void added(quint64 entry, const QString& path);
    void moved(quint64 entry, int place); ///< among the waiting ones, from 0
    void pausedChanged(quint64 entry, bool isPaused);
    void progressed(quint64 entry, const engine::Progress& progress);
    void documentChanged(quint64 entry, const engine::DocumentInfo& document);
    void noticed(quint64 entry, const QString& sentence);
    void failed(quint64 entry, const engine::Failed& failure);
    /// The entry has left the queue; after a failure it stays known to `retry`.
    void finished(quint64 entry, bool wasCancelled);
    void allPausedChanged(bool isPaused);

private:
    struct Item {
        Entry entry = 0;
        QString path;
        std::optional<QString> password;
        bool again = false;
        bool isPaused = false;
    };

    void startNext();
    void receive(quint64 request, const engine::Event& event);
    void end(quint64 request, bool wasCancelled);
    [[nodiscard]] std::deque<Item>::iterator waiting(Entry entry);

    EngineClient& m_client;
    std::deque<Item> m_waiting;
    std::deque<Item> m_failed;
    std::optional<Item> m_running;
    EngineClient::Request m_request = 0;
    Entry m_last = 0;
    bool m_hasFailed = false;
    bool m_isPaused = false;
};

} // namespace ui
