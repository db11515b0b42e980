#pragma once
/// The library as the window keeps it: lists what is there, takes documents out and brings them
/// back. GUI thread only.

#include <QObject>

#include <optional>

#include "ui/engine_client.h"

namespace ui {

class LibraryView;
class MessageBar;
class TrashView;

class Shelf : public QObject {
    Q_OBJECT

public:
    using Ids = std::vector<engine::DocumentId>;

    Shelf(EngineClient& client, LibraryView& library, TrashView& trash, MessageBar& messages,
          QObject* parent = nullptr);

    /// Both lists anew from the engine.
    void refresh();
    /// To the Trash, with a way back for ten seconds and in the Trash after that. While the library
    /// is written anew this waits, and says so, and so does what comes back.
    void remove(const Ids& ids);
    /// The last removal back, or not to be done if it waits.
    void undo();
    [[nodiscard]] bool canUndo() const { return !m_removed.empty() || !m_toRemove.empty(); }

Q_SIGNALS:
    void removed(const Ids& ids);
    void canUndoChanged(bool canUndo);

private:
    void restore(const Ids& ids);
    void removeLater(const Ids& ids);
    void restoreLater(const Ids& ids);
    void doWhatWaits();
    void showDeleting();
    void purge();
    void endPurge();
    void setRemoved(Ids ids);
    void showFailure(const engine::Error& error);

    EngineClient& m_client;
    LibraryView& m_library;
    TrashView& m_trash;
    MessageBar& m_messages;
    Ids m_removed;               ///< by the last removal
    Ids m_toRemove, m_toRestore; ///< once the library can be written to
    int m_message = 0;
    int m_waitMessage = 0, m_backMessage = 0;
    EngineClient::Request m_purge = 0; ///< runs; 0: none
    std::optional<engine::Failed> m_purgeFailure;
};

} // namespace ui
