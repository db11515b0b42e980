#pragma once
/// The order in which files are read: one at a time, so that the rest can be moved, paused and
/// taken out. Talks to the engine through EngineClient; the queue view shows what its signals say.
/// GUI thread only.

#include <QObject>
#include <QStringList>

#include <optional>
#include <vector>

#include "ui/engine_client.h"

namespace ui {

/// A file is known by its path in every call and signal.
class ReadingQueue : public QObject {
    Q_OBJECT

public:
    explicit ReadingQueue(EngineClient& client, QObject* parent = nullptr);

    /// A path that is in the queue already is tried again if it failed, and else left as it is.
    void add(const QStringList& paths);
    /// Without a model there is nothing to read into a memory: of what is read from now on only
    /// the text is kept. There is one unless this says otherwise.
    void setHasModel(bool hasModel) { m_hasModel = hasModel; }
    /// A failed file once more.
    void retry(const QString& path, const std::optional<QString>& password = std::nullopt);
    void pause(const QString& path, bool isPaused);
    /// The whole queue; files that are paused singly stay so when it goes on.
    void pauseAll(bool isPaused);
    /// Nothing is paused any more, neither the whole nor a single file.
    void goOnWithAll();
    /// To a place among all files of the queue, from 0; what is being read stays where it is.
    void move(const QString& path, int place);
    /// What is being read ends within one segment, and what is read is kept.
    void cancel(const QString& path);
    /// The same for every file of a document: those at its paths, which are absolute, and one that
    /// was found to be it.
    void cancelDocument(const engine::DocumentId& id, const QStringList& paths);

    [[nodiscard]] bool isPaused() const { return m_isPaused; }
    /// Something is being read or waits for it.
    [[nodiscard]] bool isBusy() const;

Q_SIGNALS:
    void added(const QString& path);
    void moved(const QString& path, int place);
    void pausedChanged(const QString& path, bool isPaused);
    void progressed(const QString& path, const engine::Progress& progress);
    void documentChanged(const QString& path, const engine::DocumentInfo& document);
    /// What the engine has to say about the file while it reads it, and about reading as a whole.
    void noticed(const QString& path, const QString& sentence);
    /// The file stays in the queue until it is tried again or taken out. What would fail every file
    /// pauses the queue. `ms`: how long it took.
    void failed(const QString& path, const engine::Failed& failure, qint64 ms);
    /// The file was read, to its end or until it was cancelled, and has left the queue.
    void finished(const QString& path, bool wasCancelled, qint64 ms);
    /// The file was cancelled while nothing read it, and has left the queue: the library is as
    /// before.
    void takenOut(const QString& path);
    void allPausedChanged(bool isPaused);

private:
    struct Item {
        enum class State { Waiting, Running, Failed };
        QString path;
        QString place;                              ///< the same, absolute and without detours
        std::optional<engine::DocumentId> document; ///< once the file has been looked at
        std::optional<QString> password;
        State state = State::Waiting;
        bool isPaused = false;
        qint64 startedMs = 0;
    };

    [[nodiscard]] Item* find(const QString& path);
    [[nodiscard]] Item* running();
    void startNext();
    /// Out of the queue; returns how long it was read, in ms.
    qint64 take(const QString& path);
    void receive(quint64 request, const engine::Event& event);
    void end(quint64 request, bool wasCancelled);

    EngineClient& m_client;
    std::vector<Item> m_items; ///< in the order of the queue
    EngineClient::Request m_request = 0;
    std::optional<engine::Failed> m_failure; ///< of the running one
    bool m_isPaused = false;
    bool m_hasModel = true;
};

} // namespace ui
