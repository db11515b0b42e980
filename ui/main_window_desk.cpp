/// The window around the document in front: places, bound, answers and their citations.

#include <QDockWidget>
#include <QStackedWidget>

#include <utility>

#include "ui/actions.h"
#include "ui/ask_view.h"
#include "ui/asking.h"
#include "ui/bound_chip.h"
#include "ui/contents_view.h"
#include "ui/desk.h"
#include "ui/document_view.h"
#include "ui/engine_client.h"
#include "ui/exchange.h"
#include "ui/exporting.h"
#include "ui/library_model.h"
#include "ui/library_view.h"
#include "ui/main_window.h"
#include "ui/message_bar.h"
#include "ui/queue_view.h"
#include "ui/settings_dialog.h"
#include "ui/shelf.h"
#include "ui/summarizing.h"
#include "ui/summary_view.h"
#include "ui/welcome_view.h"

namespace ui {

void MainWindow::connectDesk() {
    connect(m_desk, &Desk::currentDocumentChanged, this, &MainWindow::followDesk);
    connect(m_desk, &Desk::placeChanged, this, &MainWindow::followPlace);
    connect(m_desk, &Desk::historyChanged, this, [this](bool back, bool forward) {
        (*m_actions)[Do::Back]->setEnabled(back);
        (*m_actions)[Do::Forward]->setEnabled(forward);
    });
    connect(m_desk, &Desk::asOfRequested, this, &MainWindow::setBoundHere);
    connect(m_desk, &Desk::failed, this, [this](const QString& sentence) {
        m_messages->post(MessageBar::Kind::Failure, sentence);
    });
    connect(m_desk, &Desk::addressActivated, this, &MainWindow::askAboutAddress);
    connect(m_desk, &Desk::askAboutRequested, this, [this](const QString& text) {
        m_ask->setDraft(tr("What does this mean: “%1”").arg(text.simplified().left(200)));
        (*m_actions)[Do::Ask]->trigger();
    });
    connect(m_contents, &ContentsView::placeRequested, this,
            [this](const engine::TextRange& range) {
                if (m_desk->currentView() != nullptr)
                    m_desk->currentView()->goToOffset(range.begin);
            });
    connect(m_contents, &ContentsView::goToPageRequested, this, [this] {
        if (m_desk->currentView() != nullptr)
            m_desk->currentView()->editPage();
    });
}

void MainWindow::connectAsking() {
    const auto showCitation = [this](const QString& id, qint64 begin, qint64 end) {
        m_desk->show({id.toStdString()}, {begin, end});
    };
    connect(m_ask, &AskView::citationActivated, this, showCitation);
    connect(m_summaries, &SummaryView::citationActivated, this, showCitation);
    connect(m_summaries, &SummaryView::exportRequested, this, [this] {
        if (m_summarizing->document())
            m_exporting->start(*m_summarizing->document(), engine::ExportRequest::What::Summaries);
    });
    connect(m_ask, &AskView::draftChanged, this, &MainWindow::stateChanged);
    connect(m_ask, &AskView::scopeChangeRequested, this, [this] {
        m_libraryDock->show();
        m_libraryDock->raise();
        m_library->focusFilter();
        m_messages->post(MessageBar::Kind::Info,
                         tr("Select documents in the library and choose “Ask About” in their menu, "
                            "or open one."),
                         QString(), MessageBar::kUndoMs);
    });
    connect(m_ask, &AskView::modelRequested, this, [this] {
        showSettings();
        findChild<SettingsDialog*>()->showPage(SettingsDialog::Page::Models);
    });
    connect(&m_ask->boundChip(), &BoundChip::boundChanged, this, &MainWindow::followBound);
    connect(m_asking, &Asking::answered, this, &MainWindow::followMemories);
    connect(m_summarizing, &Summarizing::made, this, &MainWindow::followMemories);
    connect(m_asking, &Asking::forgotten, this, [this] {
        m_messages->post(MessageBar::Kind::Info,
                         tr("All questions and answers are deleted; summaries are kept."),
                         QString(), MessageBar::kUndoMs);
    });
    connect(m_asking, &Asking::forgettingFailed, this, &MainWindow::showFailure);
}

/// Contents, strip and summaries keep to the same bound as the answers.
void MainWindow::followBound(const QString& spec) {
    std::optional<qint64> offset;
    if (const auto document = m_desk->current(); document && !spec.isEmpty()) {
        try {
            offset = m_client->engine().boundOf(document->id, {spec.toStdString()});
        } catch (const engine::Error& error) {
            if (error.code() != engine::Code::WrongUse)
                throw;
            showFailure(shownLine(error.what()));
            m_ask->boundChip().takeBack();
            return;
        }
    }
    m_contents->setBound(offset);
    m_desk->setBound(offset);
    m_summarizing->setBound(offset ? std::optional(SummaryBound{spec, *offset}) : std::nullopt);
    stateChanged();
}

void MainWindow::documentArrived(const engine::DocumentInfo& document) {
    m_library->updateDocument(document);
    m_desk->update(document);
    m_welcome->setHasDocuments(true);
    if (m_desk->count() == 0)
        m_desk->open(document);
    const auto current = m_desk->current();
    if (current && current->id == document.id)
        followDesk();
}

void MainWindow::refreshDocuments() {
    m_shelf->refresh();
    m_desk->refresh();
    followDesk();
}

/// The engine loads the model for the first answer or summary, and only then knows which memories
/// serve it.
void MainWindow::followMemories() {
    if (!std::exchange(m_knowsMemories, true))
        refreshDocuments();
}

void MainWindow::followDesk() {
    const auto document = m_desk->current();
    try {
        showDocument(document);
    } catch (const engine::Error& error) {
        if (!document || error.code() != engine::Code::NotInLibrary)
            throw;
        showFailure(tr("“%1” was deleted from the library by another program, and its tab is "
                       "closed. Add its file to read it again.")
                        .arg(titleOf(*document)));
        letGo({document->id});
        m_shelf->refresh();
    }
}

void MainWindow::showDocument(const std::optional<engine::DocumentInfo>& document) {
    if (document)
        m_middle->setCurrentWidget(m_desk);
    else
        m_middle->setCurrentWidget(m_welcome);
    for (const Do what : {Do::Find, Do::GoToPage, Do::ZoomIn, Do::ZoomOut, Do::ZoomReset,
                          Do::FitWidth, Do::FitPage, Do::RotateRight, Do::CloseTab, Do::Export,
                          Do::Print, Do::PrintAnswers, Do::PrintSummaries, Do::CopyWithCitation})
        (*m_actions)[what]->setEnabled(document.has_value());
    (*m_actions)[Do::AsOfHere]->setEnabled(document && !m_settings.isReaderOnly);
    setWindowTitle(document ? tr("%1 – Infolio").arg(titleOf(*document)) : tr("Infolio"));
    const auto& before = m_summarizing->document();
    const bool isOther =
        before.has_value() != document.has_value() || (document && before->id != document->id);
    m_summarizing->setDocument(document);
    if (!document) {
        m_contents->clear();
        if (isOther)
            m_asking->setScope({});
        stateChanged();
        return;
    }
    m_contents->setContents(m_client->engine().contents(document->id));
    if (isOther)
        m_ask->boundChip().setBound(QString()); // it was a place in another document
    // What a person chose to ask stays until another document is in front.
    if (isOther || (m_asking->scope().size() == 1 && m_asking->scope()[0].id == document->id))
        m_asking->setScope({*document});
    if (isOther)
        m_library->selectDocument(document->id);
    followPlace();
}

void MainWindow::followPlace() {
    const DocumentView* view = m_desk->currentView();
    const auto document = m_desk->current();
    if (view == nullptr || !document)
        return;
    m_contents->setCurrentOffset(view->topOffset());
    const int page = view->currentPage();
    m_ask->boundChip().setPosition(page, m_desk->currentLabel(), document->coverage.total,
                                   unitOf(*document));
    stateChanged();
}

void MainWindow::setBoundHere(qint64 offset) {
    const auto document = m_desk->current();
    if (!document)
        return;
    m_ask->boundChip().setBound(m_desk->placeOf(document->id, offset).spec);
    m_askDock->show();
    m_askDock->raise();
}

void MainWindow::summarise() {
    if (m_settings.isReaderOnly)
        return;
    m_summaryDock->show();
    m_summaryDock->raise();
    m_summaries->setFocus();
}

void MainWindow::walkRegions(int step) {
    const QList<QWidget*> regions = {m_library, m_contents,  m_middle,
                                     m_ask,     m_summaries, m_queueView};
    int at = -1;
    for (int i = 0; i < regions.size(); ++i) {
        if (regions[i]->isAncestorOf(focusWidget()))
            at = i;
    }
    for (int i = 1; i <= regions.size(); ++i) {
        const auto count = static_cast<int>(regions.size());
        QWidget* next = regions[((at + step * i) % count + count) % count];
        if (!next->isVisible())
            continue;
        if (next == m_middle && m_desk != nullptr && m_desk->currentView() != nullptr)
            return m_desk->currentView()->setFocus();
        // The region itself is a frame: the first of it that takes the keyboard.
        for (QWidget* one = next->nextInFocusChain(); one != next; one = one->nextInFocusChain()) {
            if (next->isAncestorOf(one) && one->isVisible() && one->isEnabled() &&
                (one->focusPolicy() & Qt::TabFocus) != 0)
                return one->setFocus(Qt::TabFocusReason);
        }
    }
}

} // namespace ui
