#include "ui/shelf.h"

#include <algorithm>
#include <utility>

#include "ui/exchange.h"
#include "ui/library_view.h"
#include "ui/message_bar.h"
#include "ui/trash_view.h"

namespace ui {
namespace {

void addTo(Shelf::Ids& ids, const Shelf::Ids& more) {
    for (const engine::DocumentId& id : more) {
        if (std::ranges::find(ids, id) == ids.end())
            ids.push_back(id);
    }
}

} // namespace

Shelf::Shelf(EngineClient& client, LibraryView& library, TrashView& trash, MessageBar& messages,
             QObject* parent)
    : QObject(parent), m_client(client), m_library(library), m_trash(trash), m_messages(messages) {
    connect(&library, &LibraryView::removeRequested, this, &Shelf::remove);
    connect(&trash, &TrashView::restoreRequested, this, &Shelf::restore);
    connect(&trash, &TrashView::deleteForGoodRequested, this, &Shelf::purge);
    connect(&messages, &MessageBar::actionTriggered, this, [this](int message) {
        if (message == m_message || message == m_waitMessage)
            undo();
    });
    connect(&client, &EngineClient::arrived, this,
            [this](quint64 request, const engine::Event& event) {
                if (const auto* failure = std::get_if<engine::Failed>(&event);
                    failure != nullptr && request == m_purge)
                    m_purgeFailure = *failure;
            });
    connect(&client, &EngineClient::ended, this, [this](quint64 request) {
        if (request == m_purge)
            endPurge();
        doWhatWaits();
    });
}

void Shelf::showFailure(const engine::Error& error) {
    m_messages.post(MessageBar::Kind::Failure, shownLine(error.what()));
}

void Shelf::refresh() {
    try {
        m_library.setDocuments(m_client.engine().documents());
        m_trash.setDocuments(m_client.engine().removedDocuments());
    } catch (const engine::Error& error) {
        showFailure(error);
    }
}

void Shelf::setRemoved(Ids ids) {
    m_removed = std::move(ids);
    Q_EMIT canUndoChanged(canUndo());
}

void Shelf::remove(const Ids& ids) {
    if (ids.empty())
        return;
    if (m_client.isRewriting())
        return removeLater(ids);
    try {
        m_client.engine().remove(ids);
    } catch (const engine::Error& error) {
        showFailure(error);
        return;
    }
    m_messages.withdraw(m_message);
    m_message = m_messages.post(MessageBar::Kind::Info,
                                tr("%n document(s) moved to the Trash. Your files stay where they "
                                   "are.",
                                   nullptr, static_cast<int>(ids.size())),
                                tr("Undo"), MessageBar::kUndoMs);
    setRemoved(ids);
    Q_EMIT removed(ids);
    refresh();
}

void Shelf::removeLater(const Ids& ids) {
    addTo(m_toRemove, ids);
    m_messages.withdraw(m_waitMessage);
    m_messages.withdraw(m_message); // comes again behind this one, which can be undone
    m_waitMessage = m_messages.post(MessageBar::Kind::Info,
                                    tr("%n document(s) will move to the Trash as soon as the "
                                       "deletion that is running has ended.",
                                       nullptr, static_cast<int>(m_toRemove.size())),
                                    tr("Undo"));
    if (m_purge != 0)
        showDeleting();
    Q_EMIT canUndoChanged(true);
}

void Shelf::restoreLater(const Ids& ids) {
    addTo(m_toRestore, ids);
    m_trash.setEnabled(false); // else it could be emptied before they are out of it
    m_messages.withdraw(m_message);
    m_messages.withdraw(m_backMessage);
    m_backMessage = m_messages.post(MessageBar::Kind::Info,
                                    tr("%n document(s) will come back from the Trash as soon as "
                                       "the deletion that is running has ended.",
                                       nullptr, static_cast<int>(m_toRestore.size())));
    if (m_purge != 0)
        showDeleting();
    setRemoved({});
}

void Shelf::doWhatWaits() {
    if (m_client.isRewriting())
        return;
    for (const int message : {std::exchange(m_waitMessage, 0), std::exchange(m_backMessage, 0)})
        m_messages.withdraw(message);
    restore(std::exchange(m_toRestore, {}));
    remove(std::exchange(m_toRemove, {})); // last, for it can be undone
    m_trash.setEnabled(true);
}

void Shelf::undo() {
    if (m_toRemove.empty())
        return restore(m_removed);
    m_messages.withdraw(m_waitMessage);
    m_toRemove.clear();
    Q_EMIT canUndoChanged(canUndo());
}

void Shelf::restore(const Ids& ids) {
    if (ids.empty())
        return;
    if (m_client.isRewriting())
        return restoreLater(ids);
    try {
        m_client.engine().restore(ids);
    } catch (const engine::Error& error) {
        showFailure(error);
        return;
    }
    m_messages.withdraw(m_message);
    setRemoved({});
    refresh();
}

/// Takes as long as writing the library's text anew, so it is not waited for.
void Shelf::purge() {
    if (m_purge != 0)
        return;
    setRemoved({});
    m_messages.withdraw(m_message);
    showDeleting();
    m_trash.setEnabled(false); // what is in it can no longer come back
    m_purgeFailure.reset();
    m_purge = m_client.purge();
}

void Shelf::showDeleting() {
    m_message = m_messages.post(MessageBar::Kind::Info, tr("Deleting what is in the Trash…"));
}

void Shelf::endPurge() {
    m_purge = 0;
    m_messages.withdraw(m_message);
    if (m_purgeFailure)
        m_messages.post(MessageBar::Kind::Failure, shownLine(m_purgeFailure->message));
    else
        m_messages.post(MessageBar::Kind::Info,
                        tr("The Trash is empty. Nothing of these documents is left in the "
                           "library."),
                        QString(), MessageBar::kUndoMs);
    refresh();
}

} // namespace ui
