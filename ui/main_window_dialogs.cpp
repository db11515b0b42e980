/// The dialogs that the window opens, and what follows from them. None is waited for.

#include <QApplication>
#include <QClipboard>
#include <QDesktopServices>
#include <QDockWidget>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QUrl>

#include "ui/actions.h"
#include "ui/desk.h"
#include "ui/engine_client.h"
#include "ui/main_window.h"
#include "ui/reading_news.h"
#include "ui/reading_queue.h"
#include "ui/settings_dialog.h"
#include "ui/shortcuts_view.h"

namespace ui {

void MainWindow::chooseFiles() {
    auto* dialog = new QFileDialog(this, tr("Add Files"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    dialog->setNameFilters(
        {tr("Books and documents (*.pdf *.epub *.txt *.md *.markdown)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::filesSelected, this, &MainWindow::read);
    dialog->open();
}

void MainWindow::chooseFolder() {
    auto* dialog = new QFileDialog(this, tr("Add Folder"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::filesSelected, this, &MainWindow::read);
    dialog->open();
}

/// The button of a failure.
void MainWindow::tryAgain(const QString& path) {
    const Remedy remedy = m_remedies[path];
    if (remedy == Remedy::ChooseModel || remedy == Remedy::ChooseDevice) {
        showSettings();
        findChild<SettingsDialog*>()->showPage(remedy == Remedy::ChooseModel
                                                   ? SettingsDialog::Page::Models
                                                   : SettingsDialog::Page::Reading);
        return;
    }
    if (remedy != Remedy::EnterPassword) {
        m_queue->retry(path);
        m_queue->pauseAll(false);
        return;
    }
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Password"));
    dialog->setLabelText(tr("Password of %1:").arg(QFileInfo(path).fileName()));
    dialog->findChild<QLabel*>()->setTextFormat(Qt::PlainText); // a file may be named like a tag
    dialog->setTextEchoMode(QLineEdit::Password);
    connect(dialog, &QInputDialog::textValueSelected, this,
            [this, path](const QString& password) { m_queue->retry(path, password); });
    dialog->open();
}

/// A link that leads out of the book. Nothing is opened before the person has seen where it leads.
void MainWindow::askAboutAddress(const QString& address) {
    const QUrl url(address, QUrl::StrictMode);
    const bool isWeb =
        (url.scheme() == QStringLiteral("https") || url.scheme() == QStringLiteral("http")) &&
        !url.host().isEmpty();
    const bool canOpen = url.isValid() && (isWeb || url.scheme() == QStringLiteral("mailto"));
    auto* box = new QMessageBox(QMessageBox::Question, tr("Link"),
                                tr("This link leads out of the book."), QMessageBox::Cancel, this);
    box->setObjectName(QStringLiteral("linkDialog"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(address);
    auto* copy = box->addButton(tr("Copy Address"), QMessageBox::ActionRole);
    copy->setObjectName(QStringLiteral("linkCopy"));
    connect(copy, &QPushButton::clicked, box,
            [address] { QGuiApplication::clipboard()->setText(address); });
    if (canOpen) {
        auto* open =
            box->addButton(url.scheme() == QStringLiteral("mailto") ? tr("Write a Message")
                                                                    : tr("Open in the Browser"),
                           QMessageBox::AcceptRole);
        open->setObjectName(QStringLiteral("linkOpen"));
        connect(open, &QPushButton::clicked, box, [url] { QDesktopServices::openUrl(url); });
    }
    box->setDefaultButton(QMessageBox::Cancel);
    box->open();
}

/// From a notification: the document, or the queue where it failed.
void MainWindow::showRead(const QString& path) {
    bringToFront();
    try {
        m_desk->open(m_client->engine().find(QFile::encodeName(path).toStdString()));
    } catch (const engine::Error&) { // it failed before it was in the library
        m_queueDock->show();
        m_queueDock->raise();
    }
}

void MainWindow::showShortcuts() {
    auto* view = new ShortcutsView(this);
    view->setAttribute(Qt::WA_DeleteOnClose);
    std::vector<ShortcutRow> rows;
    for (const ActionRow& row : actionRows()) {
        const QAction* action = (*m_actions)[row.what];
        QStringList keys;
        for (const QKeySequence& key : action->shortcuts())
            keys.append(key.toString(QKeySequence::NativeText));
        QString text = action->text();
        rows.push_back({QCoreApplication::translate("Actions", row.menu).remove(u'&'),
                        text.remove(u'&'), keys.join(QStringLiteral(", "))});
    }
    view->setRows(std::move(rows));
    view->open();
}

} // namespace ui
