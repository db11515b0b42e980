#include "ui/shelf.h"

#include "ui/exchange.h"
#include "ui/library_view.h"
#include "ui/message_bar.h"
#include "ui/trash_view.h"

namespace ui {

Shelf::Shelf(EngineClient& client, LibraryView& library, TrashView& trash, MessageBar& messages,
             QObject* parent)
    : QObject(parent), m_client(client), m_library(library), m_trash(trash), m_messages(messages) {
    connect(&library, &LibraryView::removeRequested, this, &Shelf::remove);
    connect(&trash, &TrashView::restoreRequested, this, &Shelf::restore);
    connect(&trash, &TrashView::deleteForGoodRequested, this, &Shelf::purge);
    connect(&messages, &MessageBar::actionTriggered, this, [this](int message) {
        if (message == m_message)
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

void Shelf::undo() {
    restore(m_removed);
}

void Shelf::restore(const Ids& ids) {
    if (ids.empty())
        return;
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
    m_message = m_messages.post(MessageBar::Kind::Info, tr("Deleting what is in the Trash…"));
    m_purgeFailure.reset();
    m_purge = m_client.purge();
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
