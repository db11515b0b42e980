#include "ui/main_window.h"

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileInfo>
#include <QLabel>
#include <QMimeData>
#include <QStatusBar>
#include <QUrl>

#include "ui/engine_client.h"

namespace ui {
namespace {

QStringList localFiles(const QMimeData& data) {
    QStringList paths;
    for (const QUrl& url : data.urls()) {
        if (url.isLocalFile())
            paths.append(url.toLocalFile());
    }
    return paths;
}

/// Titles come from files; a label must show them as they are and not as markup.
QLabel* plainLabel(const char* name, QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setObjectName(QString::fromLatin1(name));
    label->setTextFormat(Qt::PlainText);
    return label;
}

} // namespace

MainWindow::MainWindow(QWidget* parent)
    : QMainWindow(parent), m_hint(plainLabel("hint", this)), m_model(plainLabel("model", this)),
      m_work(plainLabel("work", this)) {
    setWindowTitle(tr("Infolio"));
    setMinimumSize(960, 600);
    resize(1280, 800);
    setAcceptDrops(true);
    m_hint->setText(
        tr("Drop a book or a long document here to read it: PDF, EPUB, text or Markdown."));
    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setWordWrap(true);
    setCentralWidget(m_hint);
    statusBar()->addWidget(m_work, 1);
    statusBar()->addPermanentWidget(m_model);
    setModel(QString());
}

void MainWindow::setClient(EngineClient& client) {
    m_client = &client;
    connect(&client, &EngineClient::progressed, this,
            [this](const QString& title, qint64 done, qint64 total) {
                m_work->setText(tr("Reading %1: %2 of %3").arg(title).arg(done).arg(total));
            });
    connect(&client, &EngineClient::documentChanged, this,
            [this](const QString& title, engine::State state) {
                m_work->setText(state == engine::State::Read
                                    ? tr("%1 is read.").arg(title)
                                    : tr("%1 can be searched.").arg(title));
            });
    connect(&client, &EngineClient::failed, this, &MainWindow::showTrouble);
}

void MainWindow::setModel(const QString& path) {
    m_model->setText(path.isEmpty()
                         ? tr("No model found: search and page view work, answers need one")
                         : tr("Model: %1").arg(QFileInfo(path).fileName()));
}

void MainWindow::showTrouble(const QString& sentence) {
    m_hint->setText(sentence);
}

void MainWindow::read(const QStringList& paths) {
    if (m_client && !paths.isEmpty())
        m_client->read(paths);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (m_client && !localFiles(*event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    const QStringList paths = localFiles(*event->mimeData());
    event->acceptProposedAction();
    read(paths);
}

} // namespace ui
