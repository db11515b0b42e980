/// What the views of the window want, and who does it.

#include <QDesktopServices>
#include <QDockWidget>
#include <QFile>
#include <QFileInfo>
#include <QStackedWidget>
#include <QUrl>

#include <algorithm>
#include <map>

#include "ui/actions.h"
#include "ui/ask_view.h"
#include "ui/asking.h"
#include "ui/bound_chip.h"
#include "ui/contents_view.h"
#include "ui/desk.h"
#include "ui/document_view.h"
#include "ui/engine_client.h"
#include "ui/exporting.h"
#include "ui/file_walk.h"
#include "ui/hit_view.h"
#include "ui/library_model.h"
#include "ui/library_search.h"
#include "ui/library_view.h"
#include "ui/main_window.h"
#include "ui/message_bar.h"
#include "ui/model_choice.h"
#include "ui/printing.h"
#include "ui/queue_view.h"
#include "ui/reading_news.h"
#include "ui/reading_notices.h"
#include "ui/reading_queue.h"
#include "ui/shelf.h"
#include "ui/summarizing.h"
#include "ui/summary_view.h"
#include "ui/welcome_view.h"

namespace ui {
namespace {

QStringList localPaths(const engine::DocumentInfo& document) {
    QStringList paths;
    for (const std::string& path : document.paths)
        paths.append(QFile::decodeName(QByteArray::fromStdString(path)));
    return paths;
}

/// Where a document can be read; if nowhere, where it was.
QStringList fileOf(const engine::DocumentInfo& document) {
    const QStringList paths = localPaths(document);
    const auto found =
        std::ranges::find_if(paths, [](const QString& path) { return QFileInfo::exists(path); });
    return found != paths.end() ? QStringList(*found) : paths.mid(0, 1);
}

} // namespace

void MainWindow::setClient(EngineClient& client) {
    m_client = &client;
    m_desk = new Desk(client, m_middle);
    m_middle->addWidget(m_desk);
    m_queue = new ReadingQueue(client, this);
    m_news = new ReadingNews(this);
    m_notices = new ReadingNotices(*m_messages, this);
    m_shelf = new Shelf(client, *m_library, *m_trash, *m_messages, this);
    new LibrarySearch(client, *m_library, this);
    m_asking = new Asking(client, *m_ask, this);
    m_summarizing = new Summarizing(client, *m_summaries, this);
    m_exporting = new Exporting(client, *m_messages, this);
    m_printing = new Printing(client, *m_messages, this);
    connectLibrary();
    connectQueue();
    m_queue->setHasModel(QFileInfo::exists(m_paths.model));
    m_modelChoice = new ModelChoice(client, this);
    connectDesk();
    connectAsking();
    connectModel();
    applySettings(m_settings);
    m_shelf->refresh();
    const WindowValues values = m_state.load();
    m_desk->restore(values.tabs, values.currentTab);
    m_welcome->setHasDocuments(!client.engine().documents().empty());
    followDesk();
    if (m_desk->current() && values.asOf == WindowValues::kFollow)
        m_ask->boundChip().followPosition();
    else if (m_desk->current())
        m_ask->boundChip().setBound(values.asOf);
    offerToGoOn();
    read(std::exchange(m_early, {}));
}

void MainWindow::connectActions() {
    const auto on = [this](Do what, auto slot) {
        connect((*m_actions)[what], &QAction::triggered, this, slot);
    };
    on(Do::AddFiles, &MainWindow::chooseFiles);
    on(Do::AddFolder, &MainWindow::chooseFolder);
    on(Do::SampleBook, [this] { read({m_paths.sampleBook}); });
    on(Do::Quit, &QWidget::close);
    on(Do::Settings, &MainWindow::showSettings);
    on(Do::Shortcuts, &MainWindow::showShortcuts);
    on(Do::About, &MainWindow::showAbout);
    on(Do::NextRegion, [this] { walkRegions(1); });
    on(Do::PreviousRegion, [this] { walkRegions(-1); });
    on(Do::FindInLibrary, [this] {
        m_libraryDock->show();
        m_libraryDock->raise();
        m_library->focusFilter();
    });
    on(Do::Ask, [this] {
        m_askDock->show();
        m_askDock->raise();
        m_ask->focusQuestion();
    });
    on(Do::NextEvidence, [this] { m_ask->nextEvidence(); });
    on(Do::PreviousEvidence, [this] { m_ask->previousEvidence(); });
    on(Do::OpenEvidence, [this] { m_ask->openEvidence(); });
    on(Do::Summarise, &MainWindow::summarise);
    (*m_actions)[Do::SampleBook]->setEnabled(!m_paths.sampleBook.isEmpty());
    (*m_actions)[Do::Undo]->setEnabled(false);
    connect(m_welcome, &WelcomeView::addFilesRequested, this, &MainWindow::chooseFiles);
    connect(m_welcome, &WelcomeView::sampleBookRequested, this,
            [this] { read({m_paths.sampleBook}); });
    connectViewActions();
}

void MainWindow::connectViewActions() {
    // Each acts on the document in front, if there is one.
    const auto on = [this](Do what, auto act) {
        connect((*m_actions)[what], &QAction::triggered, this, [this, act] {
            if (m_desk != nullptr && m_desk->currentView() != nullptr)
                act(*m_desk->currentView());
        });
    };
    on(Do::Find, [](DocumentView& view) { view.openFind(); });
    on(Do::GoToPage, [](DocumentView& view) { view.editPage(); });
    on(Do::Back, [](DocumentView& view) { view.goBack(); });
    on(Do::Forward, [](DocumentView& view) { view.goForward(); });
    on(Do::ZoomIn, [](DocumentView& view) { view.zoomIn(); });
    on(Do::ZoomOut, [](DocumentView& view) { view.zoomOut(); });
    on(Do::ZoomReset, [](DocumentView& view) { view.resetZoom(); });
    on(Do::FitWidth, [](DocumentView& view) { view.setFit(Fit::Width); });
    on(Do::FitPage, [](DocumentView& view) { view.setFit(Fit::Page); });
    on(Do::RotateRight, [](DocumentView& view) { view.rotate(90); });
    on(Do::CloseTab, [this](DocumentView&) { m_desk->closeCurrent(); });
    on(Do::AsOfHere, [this](DocumentView& view) { setBoundHere(view.topOffset()); });
    on(Do::CopyWithCitation, [](DocumentView& view) {
        if (const engine::TextRange range = view.selection(); range.begin < range.end)
            Q_EMIT view.copyWithCitationRequested(range);
    });
    on(Do::Print,
       [this](DocumentView& view) { m_printing->start(*m_desk->current(), view.currentPage()); });
    on(Do::PrintAnswers, [this](DocumentView&) {
        m_printing->startReport(*m_desk->current(), engine::ExportRequest::What::Answers);
    });
    on(Do::PrintSummaries, [this](DocumentView&) {
        m_printing->startReport(*m_desk->current(), engine::ExportRequest::What::Summaries);
    });
    on(Do::Export, [this](DocumentView&) { m_exporting->start(*m_desk->current()); });
}

std::vector<engine::DocumentInfo>
MainWindow::documents(const std::vector<engine::DocumentId>& ids) {
    std::vector<engine::DocumentInfo> result;
    for (const engine::DocumentId& id : ids) {
        try {
            result.push_back(m_client->engine().find(id.sha256));
        } catch (const engine::Error& error) { // another program took it out of the library
            showFailure(QString::fromUtf8(error.what()));
        }
    }
    return result;
}

void MainWindow::connectLibrary() {
    using Ids = LibraryView::Ids;
    connect(m_library, &LibraryView::addFilesRequested, this, &MainWindow::chooseFiles);
    connect(m_library, &LibraryView::sampleBookRequested, this,
            [this] { read({m_paths.sampleBook}); });
    connect(m_library, &LibraryView::openRequested, this, [this](const Ids& ids) {
        for (const engine::DocumentInfo& document : documents(ids))
            m_desk->open(document);
    });
    connect(&m_library->hits(), &HitView::placeActivated, m_desk, &Desk::show);
    const auto readAgain = [this](const Ids& ids) {
        for (const engine::DocumentInfo& document : documents(ids))
            read(fileOf(document));
    };
    connect(m_library, &LibraryView::readRequested, this, readAgain);
    connect(m_desk, &Desk::readRequested, this,
            [readAgain](const engine::DocumentId& id) { readAgain({id}); });
    connect(m_library, &LibraryView::pauseRequested, this, [this](const Ids& ids) {
        for (const engine::DocumentInfo& document : documents(ids)) {
            for (const QString& path : localPaths(document))
                m_queue->pause(path, true);
        }
    });
    connect(m_library, &LibraryView::askRequested, this, [this](const Ids& ids) {
        const std::vector<engine::DocumentInfo> chosen = documents(ids);
        // The bound is a place in the document in front, and means nothing in another one.
        if (chosen.size() == 1)
            m_desk->open(chosen.front());
        m_asking->setScope(chosen);
        (*m_actions)[Do::Ask]->trigger();
    });
    connect(m_library, &LibraryView::summariseRequested, this,
            [this](const engine::DocumentId& id) {
                for (const engine::DocumentInfo& document : documents({id})) {
                    m_desk->open(document);
                    summarise();
                }
            });
    connect(m_library, &LibraryView::exportRequested, this, [this](const engine::DocumentId& id) {
        for (const engine::DocumentInfo& document : documents({id}))
            m_exporting->start(document);
    });
    connect(m_library, &LibraryView::showFileRequested, this, [this](const engine::DocumentId& id) {
        for (const engine::DocumentInfo& document : documents({id})) {
            for (const QString& path : localPaths(document).mid(0, 1))
                QDesktopServices::openUrl(QUrl::fromLocalFile(QFileInfo(path).absolutePath()));
        }
    });
    connect(m_shelf, &Shelf::removed, this, &MainWindow::letGo);
    connect(m_shelf, &Shelf::canUndoChanged, (*m_actions)[Do::Undo], &QAction::setEnabled);
    connect((*m_actions)[Do::Undo], &QAction::triggered, m_shelf, &Shelf::undo);
    connect((*m_actions)[Do::Remove], &QAction::triggered, this,
            [this] { m_shelf->remove(m_library->selectedDocuments()); });
}

void MainWindow::letGo(const std::vector<engine::DocumentId>& ids) {
    std::map<engine::DocumentId, QStringList> paths;
    for (const engine::DocumentInfo& document : m_client->engine().removedDocuments())
        paths[document.id] = localPaths(document);
    for (const engine::DocumentId& id : ids) {
        m_queue->cancelDocument(id, paths[id]);
        m_desk->closeDocument(id);
    }
    m_asking->takeOut(ids);
    const auto current = m_desk->current();
    const std::vector<engine::DocumentInfo> left = m_asking->scope();
    if (current && left.empty())
        m_asking->setScope({*current});
    else if (left.size() == 1 && (!current || current->id != left.front().id))
        m_desk->open(left.front()); // as where a single one is chosen
}

void MainWindow::connectQueue() {
    connect(m_queue, &ReadingQueue::added, this, [this](const QString& path) {
        m_queueView->addFile(path, QFileInfo(path).fileName());
    });
    connect(m_queue, &ReadingQueue::progressed, this,
            [this](const QString& path, const engine::Progress& progress) {
                m_queueView->setProgress(path, progress);
                m_library->setProgress(progress);
                m_desk->setProgress(progress);
                if (const auto document = m_desk->current();
                    document && document->id == progress.document)
                    m_ask->setReadSoFar(document->coverage.read, document->coverage.total,
                                        document->coverage.isLocation);
            });
    connect(m_queue, &ReadingQueue::documentChanged, this,
            [this](const QString&, const engine::DocumentInfo& document) {
                documentArrived(document);
            });
    connect(m_queue, &ReadingQueue::pausedChanged, m_queueView, &QueueView::setPaused);
    connect(m_queue, &ReadingQueue::allPausedChanged, m_queueView, &QueueView::setAllPaused);
    connect(m_queue, &ReadingQueue::noticed, m_notices, &ReadingNotices::add);
    connect(m_queue, &ReadingQueue::moved, m_queueView, &QueueView::moveFile);
    connect(m_queue, &ReadingQueue::failed, this, &MainWindow::showFailed);
    connect(m_queue, &ReadingQueue::takenOut, m_queueView, &QueueView::removeFile);
    connect(m_queue, &ReadingQueue::finished, this,
            [this](const QString& path, bool wasCancelled, qint64 ms) {
                if (wasCancelled)
                    m_queueView->removeFile(path);
                else
                    m_queueView->setDone(path);
                refreshDocuments();
                if (!wasCancelled)
                    m_news->tellEnded(path, QFileInfo(path).fileName(), ms);
            });
    connect(m_news, &ReadingNews::showRequested, this, &MainWindow::showRead);
    connect(m_queueView, &QueueView::emptyChanged, m_queueDock,
            [this](bool isEmpty) { m_queueDock->setVisible(!isEmpty); });
    connect(m_queueView, &QueueView::pauseRequested, m_queue, &ReadingQueue::pause);
    connect(m_queueView, &QueueView::moveRequested, m_queue, &ReadingQueue::move);
    connect(m_queueView, &QueueView::cancelRequested, m_queue, &ReadingQueue::cancel);
    connect(m_queueView, &QueueView::actionRequested, this, &MainWindow::tryAgain);
    QAction* pauseAll = (*m_actions)[Do::PauseAll];
    connect(m_queueView, &QueueView::pauseAllRequested, this, [this](bool pause) {
        if (pause)
            m_queue->pauseAll(true);
        else
            m_queue->goOnWithAll();
    });
    connect(pauseAll, &QAction::toggled, m_queue, &ReadingQueue::pauseAll);
    connect(m_queue, &ReadingQueue::allPausedChanged, pauseAll, &QAction::setChecked);
    connect(m_messages, &MessageBar::actionTriggered, this, [this](int message) {
        if (message == m_unfinishedMessage)
            read(std::exchange(m_unfinished, {}));
    });
}

void MainWindow::showFailed(const QString& path, const engine::Failed& failure, qint64 ms) {
    const FailureWords words = failureWords(failure, QFileInfo(path).fileName());
    m_remedies[path] = words.remedy;
    m_queueView->setFailed(path, words.sentence, words.action);
    m_news->tellFailed(path, QFileInfo(path).fileName(), ms);
    m_shelf->refresh();
}

/// Readings that ended with the program: it was closed, killed, or the power failed.
void MainWindow::offerToGoOn() {
    QString title;
    int count = 0;
    for (const engine::DocumentInfo& document : m_client->engine().documents()) {
        if (document.state != engine::State::Paused || document.paths.empty())
            continue;
        m_unfinished += fileOf(document);
        title = titleOf(document);
        ++count;
    }
    if (count == 0)
        return;
    const QString sentence =
        count == 1 ? tr("“%1” is not read to its end. Nothing of what was read is lost.").arg(title)
                   : tr("%n document(s) are not read to their end. Nothing of what was read is "
                        "lost.",
                        nullptr, count);
    m_unfinishedMessage = m_messages->post(MessageBar::Kind::Info, sentence, tr("Go On Reading"));
}

void MainWindow::read(const QStringList& paths) {
    if (m_queue == nullptr)
        m_early += paths;
    if (m_queue == nullptr || paths.isEmpty())
        return;
    auto* walk = new FileWalk(this);
    connect(walk, &FileWalk::found, this,
            [this](const QStringList& files) { m_queue->add(files); });
    connect(walk, &FileWalk::finished, this, [this, walk](int found, const QStringList& skipped) {
        walk->deleteLater();
        if (!skipped.isEmpty())
            m_messages->post(MessageBar::Kind::Info,
                             tr("%n file(s) of other kinds were left out, the first is %1.",
                                nullptr, static_cast<int>(skipped.size()))
                                 .arg(QFileInfo(skipped.first()).fileName()),
                             QString(), MessageBar::kUndoMs);
        else if (found == 0)
            m_messages->post(MessageBar::Kind::Info,
                             tr("There is no PDF, EPUB, text or Markdown file in this folder."));
    });
    walk->start(paths);
}

} // namespace ui
