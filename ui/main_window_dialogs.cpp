/// The dialogs that the window opens, and what follows from them. None is waited for.

#include <QApplication>
#include <QDockWidget>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>

#include "ui/actions.h"
#include "ui/asking.h"
#include "ui/desk.h"
#include "ui/engine_client.h"
#include "ui/main_window.h"
#include "ui/reading_news.h"
#include "ui/reading_queue.h"
#include "ui/settings_dialog.h"
#include "ui/shortcuts_view.h"
#include "ui/theme.h"

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

/// The button of a failure: a locked file asks for its password, everything else is tried again.
void MainWindow::tryAgain(const QString& path) {
    const QString name = QFileInfo(path).fileName();
    if (!m_locked.contains(path)) {
        m_queue->retry(path);
        return;
    }
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Password"));
    dialog->setLabelText(tr("Password of %1:").arg(name));
    dialog->setTextEchoMode(QLineEdit::Password);
    connect(dialog, &QInputDialog::textValueSelected, this,
            [this, path](const QString& password) { m_queue->retry(path, password); });
    dialog->open();
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

void MainWindow::showSettings() {
    auto* dialog = new SettingsDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setSettings(m_settings);
    dialog->setCanRecognize(false, tr("Text recognition is not part of this version."));
    dialog->setLibraryActions(false, false);
    connect(dialog, &SettingsDialog::settingsChanged, this,
            [this, dialog](const Settings& settings) {
                applySettings(settings);
                dialog->setTrouble(settings.save(m_paths.settings)
                                       ? QString()
                                       : tr("%1 cannot be written.").arg(m_paths.settings));
            });
    connect(dialog, &SettingsDialog::trashWanted, this, [this] {
        m_trashDock->show();
        m_trashDock->raise();
    });
    dialog->open();
}

void MainWindow::applySettings(const Settings& settings) {
    const bool wasReaderOnly = std::exchange(m_settings, settings).isReaderOnly;
    applyTheme(*qobject_cast<QApplication*>(QApplication::instance()), lookOf(settings.theme));
    if (m_client == nullptr)
        return;
    m_asking->setSettings(settings);
    m_news->setHasTitles(settings.hasTitlesInNotifications);
    m_desk->setInverted(settings.invertPages);
    m_desk->setTextPercent(settings.textPercent);
    const bool hasAnswers = !settings.isReaderOnly;
    m_askDock->toggleViewAction()->setEnabled(hasAnswers);
    m_summaryDock->toggleViewAction()->setEnabled(hasAnswers);
    for (const Do what : {Do::Ask, Do::Summarise, Do::NextEvidence, Do::PreviousEvidence})
        (*m_actions)[what]->setEnabled(hasAnswers);
    (*m_actions)[Do::AsOfHere]->setEnabled(hasAnswers && m_desk->current());
    if (hasAnswers && !wasReaderOnly)
        return;
    m_askDock->setVisible(hasAnswers);
    m_summaryDock->setVisible(hasAnswers);
}

} // namespace ui
