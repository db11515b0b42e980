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
    /// To the Trash, with a way back for ten seconds and in the Trash after that.
    void remove(const Ids& ids);
    /// The last removal back.
    void undo();
    [[nodiscard]] bool canUndo() const { return !m_removed.empty(); }

Q_SIGNALS:
    void removed(const Ids& ids);
    void canUndoChanged(bool canUndo);

private:
    void restore(const Ids& ids);
    void purge();
    void endPurge();
    void setRemoved(Ids ids);
    void showFailure(const engine::Error& error);

    EngineClient& m_client;
    LibraryView& m_library;
    TrashView& m_trash;
    MessageBar& m_messages;
    Ids m_removed; ///< by the last removal
    int m_message = 0;
    EngineClient::Request m_purge = 0; ///< runs; 0: none
    std::optional<engine::Failed> m_purgeFailure;
};

} // namespace ui
