#include "ui/main_window.h"

#include <QApplication>
#include <QBoxLayout>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QFileInfo>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QScreen>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolBar>
#include <QUrl>

#include "ui/actions.h"
#include "ui/ask_view.h"
#include "ui/bound_chip.h"
#include "ui/contents_view.h"
#include "ui/desk.h"
#include "ui/engine_client.h"
#include "ui/exchange.h"
#include "ui/icons.h"
#include "ui/library_view.h"
#include "ui/message_bar.h"
#include "ui/plain_text.h"
#include "ui/queue_view.h"
#include "ui/reading_queue.h"
#include "ui/summarizing.h"
#include "ui/summary_view.h"
#include "ui/theme.h"
#include "ui/trash_view.h"
#include "ui/welcome_view.h"

namespace ui {
namespace {

constexpr int kDockState = 1; ///< raised when a dock is added or renamed

/// One line in the status bar.
QLabel* statusLabel(const char* name, QWidget* parent) {
    QLabel* label = plainLabel(name, parent);
    label->setWordWrap(false);
    return label;
}

QStringList localPaths(const QMimeData& data) {
    QStringList paths;
    for (const QUrl& url : data.urls()) {
        if (url.isLocalFile())
            paths.append(url.toLocalFile());
    }
    return paths;
}

} // namespace

MainWindow::MainWindow(const WindowPaths& paths, QWidget* parent)
    : QMainWindow(parent), m_paths(paths), m_settings(Settings::load(paths.settings)),
      m_state(paths.state, [this] { return state(); }), m_actions(new Actions(this)),
      m_messages(new MessageBar(this)), m_middle(new QStackedWidget(this)),
      m_welcome(new WelcomeView(this)), m_library(new LibraryView(this)),
      m_contents(new ContentsView(this)), m_trash(new TrashView(this)), m_ask(new AskView(this)),
      m_summaries(new SummaryView(this)), m_queueView(new QueueView(this)),
      m_model(statusLabel("model", this)), m_work(statusLabel("work", this)) {
    setWindowTitle(tr("Infolio"));
    setMinimumSize(960, 600);
    resize(1280, 800);
    setAcceptDrops(true);
    auto* middle = new QWidget(this);
    auto* column = new QVBoxLayout(middle);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_messages);
    column->addWidget(m_middle, 1);
    m_middle->addWidget(m_welcome);
    m_welcome->setHasSampleBook(!m_paths.sampleBook.isEmpty());
    setCentralWidget(middle);
    buildDocks();
    buildMenus();
    buildStatusBar();
    connectActions();
    restoreState();
    setEnabled(true);
    showModel();
}

MainWindow::~MainWindow() {
    m_state.flush();
}

QDockWidget* MainWindow::addDock(const char* name, const QString& title, QWidget* content,
                                 Qt::DockWidgetArea area) {
    auto* dock = new QDockWidget(title, this);
    dock->setObjectName(QString::fromLatin1(name));
    dock->setWidget(content);
    // Behind another tab a dock counts as visible; the keyboard must not go where nobody sees it.
    connect(dock, &QDockWidget::visibilityChanged, content, &QWidget::setVisible);
    addDockWidget(area, dock);
    return dock;
}

void MainWindow::buildDocks() {
    // The queue's rows are wide; under the pages alone they would push the other docks aside.
    setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
    m_libraryDock = addDock("libraryDock", tr("Library"), m_library, Qt::LeftDockWidgetArea);
    m_contentsDock = addDock("contentsDock", tr("Contents"), m_contents, Qt::LeftDockWidgetArea);
    m_trashDock = addDock("trashDock", tr("Trash"), m_trash, Qt::LeftDockWidgetArea);
    m_askDock = addDock("askDock", tr("Ask"), m_ask, Qt::RightDockWidgetArea);
    m_summaryDock = addDock("summaryDock", tr("Summaries"), m_summaries, Qt::RightDockWidgetArea);
    m_queueDock = addDock("queueDock", tr("Reading Queue"), m_queueView, Qt::BottomDockWidgetArea);
    tabifyDockWidget(m_libraryDock, m_contentsDock);
    tabifyDockWidget(m_contentsDock, m_trashDock);
    tabifyDockWidget(m_askDock, m_summaryDock);
    m_libraryDock->raise();
    m_askDock->raise();
    m_trashDock->hide();
    m_queueDock->hide();
    resizeDocks({m_queueDock}, {170}, Qt::Vertical);
    setTabPosition(Qt::LeftDockWidgetArea, QTabWidget::North);
    setTabPosition(Qt::RightDockWidgetArea, QTabWidget::North);
}

void MainWindow::buildMenus() {
    m_actions->fill(*menuBar());
    auto* view = menuBar()->findChild<QMenu*>(QStringLiteral("View"));
    view->addSeparator();
    for (QDockWidget* dock :
         {m_libraryDock, m_contentsDock, m_trashDock, m_askDock, m_summaryDock, m_queueDock})
        view->addAction(dock->toggleViewAction());
    auto* bar = addToolBar(tr("Tools"));
    bar->setObjectName(QStringLiteral("tools"));
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    for (const ActionRow& row : actionRows()) {
        if (row.inToolBar)
            bar->addAction((*m_actions)[row.what]);
    }
}

void MainWindow::buildStatusBar() {
    statusBar()->addWidget(m_work, 1);
    statusBar()->addPermanentWidget(m_model);
}

void MainWindow::showModel() {
    const QString path = m_paths.model;
    if (path.isEmpty()) {
        m_model->setText(tr("No model found: search and page view work, answers need one"));
        m_ask->setNoModel(QString());
        m_summaries->setCanMake(false, tr("Summaries need a model."));
        return;
    }
    if (!QFileInfo::exists(path)) {
        m_model->setText(tr("%1 is missing: search and page view work, answers need a model")
                             .arg(QFileInfo(path).fileName()));
        m_ask->setNoModel(path);
        m_summaries->setCanMake(false, tr("Summaries need a model."));
        return;
    }
    const QString name = QFileInfo(path).completeBaseName();
    const QString adapter = adapterInUse();
    const QString device = !m_deviceTrouble.isEmpty()              ? tr("No device")
                           : m_device && m_device->device != "cpu" ? tr("GPU")
                                                                   : tr("CPU");
    m_model->setText(
        adapter.isEmpty()
            ? tr("%1 · %2 · no adapter: memory untrained, small fixed gate").arg(device, name)
            : tr("%1 · %2 · adapter %3").arg(device, name, QFileInfo(adapter).completeBaseName()));
    const QString why = m_device ? shownLine(m_device->reason) : m_deviceTrouble;
    m_model->setToolTip(asPlainText(why));
    m_model->setAccessibleDescription(why);
    m_ask->setHasModel();
    m_summaries->setCanMake(true);
}

/// Empty: none. Before the model has been loaded, what was set leads to.
QString MainWindow::adapterInUse() const {
    if (m_modelInfo)
        return QFile::decodeName(QByteArray::fromStdString(m_modelInfo->adapterPath));
    return m_paths.adapter == QLatin1String("none") ? QString()
           : m_paths.adapter.isEmpty()              ? m_paths.shippedAdapter
                                                    : m_paths.adapter;
}

void MainWindow::showTrouble(const QString& sentence) {
    m_welcome->setTrouble(sentence);
}

void MainWindow::showAbout() {
    auto* box = new QMessageBox(QMessageBox::Information, tr("About Infolio"),
                                tr("Infolio %1").arg(QApplication::applicationVersion()),
                                QMessageBox::Close, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setIconPixmap(windowIcon().pixmap(64, 64));
    box->setInformativeText(tr("Reads whole books on this computer and answers with quotes that "
                               "you can check. Nothing is sent anywhere."));
    box->open();
}

void MainWindow::showFailure(const QString& sentence) {
    m_messages->post(MessageBar::Kind::Failure, sentence);
}

void MainWindow::bringToFront() {
    setWindowState(windowState() & ~Qt::WindowMinimized);
    raise();
    activateWindow();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (m_client == nullptr || !event->mimeData()->hasUrls())
        return;
    event->setDropAction(Qt::CopyAction);
    event->accept();
    m_welcome->setDropping(true);
    m_work->setText(tr("Drop to read"));
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) {
    m_welcome->setDropping(false);
    m_work->clear();
}

void MainWindow::dropEvent(QDropEvent* event) {
    m_welcome->setDropping(false);
    m_work->clear();
    const QStringList paths = localPaths(*event->mimeData());
    event->setDropAction(Qt::CopyAction);
    event->accept();
    if (paths.size() < event->mimeData()->urls().size())
        m_messages->post(MessageBar::Kind::Failure,
                         tr("Infolio reads files of this computer and fetches nothing from the "
                            "network: save the page or book as a file and drop that."));
    read(paths);
}

void MainWindow::changeEvent(QEvent* event) {
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        update();
}

void MainWindow::closeEvent(QCloseEvent* event) {
    stateChanged();
    if (m_client == nullptr || m_client->isIdle()) {
        m_state.flush();
        event->accept();
        return;
    }
    // What runs ends within one segment or one token; the window waits for it without blocking.
    event->ignore();
    if (m_isClosing)
        return;
    m_isClosing = true;
    m_state.flush();
    m_work->setText(tr("Finishing the current segment…"));
    m_queue->pauseAll(true);
    m_summarizing->stop(); // the parts that wait would begin when the one in work has ended
    connect(m_client, &EngineClient::idle, this, &QWidget::close);
    m_client->cancelAll();
}

/// Until the session is restored there is nothing to write: it would replace the former one.
void MainWindow::stateChanged() {
    if (m_desk != nullptr)
        m_state.change();
}

WindowValues MainWindow::state() const {
    WindowValues values;
    values.geometry = saveGeometry();
    values.docks = QMainWindow::saveState(kDockState);
    values.tabs = m_desk->tabs();
    values.currentTab = m_desk->currentIndex();
    values.draft = m_ask->draft();
    const BoundChip& chip = m_ask->boundChip();
    values.asOf = chip.isFollowing() ? QString(WindowValues::kFollow) : chip.bound();
    return values;
}

void MainWindow::restoreState() {
    const WindowValues values = m_state.load();
    if (!values.geometry.isEmpty())
        restoreGeometry(values.geometry);
    if (!values.docks.isEmpty())
        QMainWindow::restoreState(values.docks, kDockState);
    m_queueDock->setVisible(false);
    // A place saved on a screen that is gone, or smaller since, would be out of reach.
    if (const QScreen* place = screen(); place != nullptr) {
        const QRect room = place->availableGeometry();
        if (!room.contains(frameGeometry().center()))
            move(room.topLeft());
        resize(size().boundedTo(room.size()).expandedTo(minimumSize()));
    }
    m_ask->setDraft(values.draft);
}

} // namespace ui
