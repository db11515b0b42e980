/// Settings: the dialog, and what each of them does in the window.

#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QLocale>

#include <utility>

#include "ui/actions.h"
#include "ui/asking.h"
#include "ui/desk.h"
#include "ui/engine_client.h"
#include "ui/exchange.h"
#include "ui/main_window.h"
#include "ui/model_choice.h"
#include "ui/reading_news.h"
#include "ui/reading_queue.h"
#include "ui/settings_dialog.h"
#include "ui/theme.h"

namespace ui {
namespace {

/// The file of a library in its folder.
constexpr QLatin1String kLibraryFile("library.db");

/// Why a folder cannot be a library; empty: it can.
QString troubleWith(const QFileInfo& folder) {
    if (!folder.isDir())
        return MainWindow::tr("%1 is no folder.").arg(folder.filePath());
    if (!folder.isWritable())
        return MainWindow::tr("%1 cannot be written; a library needs a folder of yours.")
            .arg(folder.filePath());
    const QDir content(folder.filePath());
    if (!content.exists(kLibraryFile) && !content.isEmpty())
        return MainWindow::tr("%1 holds other files and no library. Choose an empty folder, or one "
                              "with a library in it.")
            .arg(folder.filePath());
    return {};
}

QFileDialog* fileDialog(QWidget* parent, const QString& title, QFileDialog::FileMode mode) {
    auto* dialog = new QFileDialog(parent, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(mode);
    return dialog;
}

} // namespace

/// One dialog, beside the window and not in front of it.
void MainWindow::showSettings() {
    auto* dialog = findChild<SettingsDialog*>();
    if (dialog == nullptr) {
        dialog = new SettingsDialog(this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        connectSettings(*dialog);
    }
    fillSettings(*dialog);
    dialog->show();
    dialog->raise();
    dialog->activateWindow();
}

void MainWindow::fillSettings(SettingsDialog& dialog) {
    dialog.setSettings(m_settings);
    dialog.setModel(m_paths.model, m_paths.adapter);
    dialog.setDevice(m_device ? QString::fromStdString(m_device->device) : QString(),
                     m_device ? shownLine(m_device->reason) : m_deviceTrouble);
    if (m_modelInfo)
        dialog.setModelFacts(
            {{tr("Name"), QString::fromStdString(m_modelInfo->name)},
             {tr("Family"), QString::fromStdString(m_modelInfo->family)},
             {tr("Size of a memory"), QLocale().formattedDataSize(m_modelInfo->memoryBytes)}});
    const QString file = QDir(m_paths.library).filePath(kLibraryFile);
    const auto inTrash =
        m_client == nullptr ? 0 : static_cast<int>(m_client->engine().removedDocuments().size());
    dialog.setLibraryFacts(m_paths.library, QFileInfo(file).size(), inTrash);
    dialog.setHasLibrary(m_client != nullptr);
}

void MainWindow::connectSettings(SettingsDialog& dialog) {
    connect(&dialog, &SettingsDialog::settingsChanged, this, &MainWindow::keepSettings);
    connect(&dialog, &SettingsDialog::trashWanted, this, [this] {
        m_trashDock->show();
        m_trashDock->raise();
    });
    connect(&dialog, &SettingsDialog::modelFileWanted, this, [this, box = &dialog] {
        auto* files = fileDialog(box, tr("Choose a Model"), QFileDialog::ExistingFile);
        files->setNameFilters({tr("Models (*.gguf)"), tr("All files (*)")});
        connect(files, &QFileDialog::fileSelected, this,
                [this](const QString& path) { chooseModel(path, m_paths.adapter); });
        files->open();
    });
    connect(&dialog, &SettingsDialog::adapterFileWanted, this, [this, box = &dialog] {
        auto* files = fileDialog(box, tr("Choose an Adapter"), QFileDialog::ExistingFile);
        connect(files, &QFileDialog::fileSelected, this,
                [this](const QString& path) { chooseModel(m_paths.model, path); });
        files->open();
    });
    connect(&dialog, &SettingsDialog::noAdapterWanted, this,
            [this] { chooseModel(m_paths.model, QStringLiteral("none")); });
    connect(&dialog, &SettingsDialog::usualAdapterWanted, this,
            [this] { chooseModel(m_paths.model, QString()); });
    connect(&dialog, &SettingsDialog::libraryFolderWanted, this, [this, box = &dialog] {
        auto* files = fileDialog(box, tr("Choose the Folder of a Library"), QFileDialog::Directory);
        connect(files, &QFileDialog::fileSelected, this, &MainWindow::openLibrary);
        files->open();
    });
    connect(&dialog, &SettingsDialog::clearHistoryWanted, this, [this] { m_asking->forgetAll(); });
}

void MainWindow::keepSettings(const Settings& settings) {
    applySettings(settings);
    showTroubleInSettings(settings.save(m_paths.settings)
                              ? QString()
                              : tr("%1 cannot be written.").arg(m_paths.settings));
}

/// In the bar of messages when the dialog is closed.
void MainWindow::showTroubleInSettings(const QString& sentence) {
    if (auto* dialog = findChild<SettingsDialog*>())
        dialog->setTrouble(sentence);
    else if (!sentence.isEmpty())
        showFailure(sentence);
}

void MainWindow::connectModel() {
    connect(m_client, &EngineClient::arrived, this, &MainWindow::deviceArrived);
    m_deviceRequest = m_client->device();
    connect(m_modelChoice, &ModelChoice::chosen, this, &MainWindow::useModel);
    connect(m_modelChoice, &ModelChoice::failed, this, [this](const QString& sentence) {
        showTroubleInSettings(tr("%1 The model that was in use stays.").arg(sentence));
    });
}

/// The engine opens it on its own thread; what the bar and the settings show waits for that.
void MainWindow::deviceArrived(quint64 request, const engine::Event& event) {
    if (request != m_deviceRequest)
        return;
    if (const auto* found = std::get_if<engine::DeviceInfo>(&event))
        m_device = *found;
    else if (const auto* failure = std::get_if<engine::Failed>(&event))
        m_deviceTrouble = shownLine(failure->message);
    showModel();
    if (auto* dialog = findChild<SettingsDialog*>())
        fillSettings(*dialog);
}

void MainWindow::chooseModel(const QString& modelPath, const QString& adapterPath) {
    showTroubleInSettings(tr("Looking at the model…"));
    m_modelChoice->choose(modelPath, adapterPath);
}

void MainWindow::useModel(const QString& modelPath, const QString& adapterPath,
                          const engine::ModelInfo& info) {
    Settings settings = m_settings;
    if (modelPath != m_paths.model) // else it is the one that is found, and stays so
        settings.modelPath = modelPath;
    if (adapterPath != m_paths.adapter) // else it may be that of the environment
        settings.adapterPath = adapterPath;
    m_paths.model = modelPath;
    m_paths.adapter = adapterPath;
    m_queue->setHasModel(true);
    m_modelInfo = info;
    keepSettings(settings);
    if (auto* dialog = findChild<SettingsDialog*>())
        fillSettings(*dialog);
    showModel();
    m_knowsMemories = true;
    refreshDocuments();
    // What failed for want of this model goes on.
    for (const auto& [path, remedy] : std::exchange(m_remedies, {})) {
        if (remedy != Remedy::ChooseModel) {
            m_remedies[path] = remedy;
            continue;
        }
        m_queue->retry(path);
        m_queue->pauseAll(false);
    }
}

/// The window closes, which ends what is being read, and comes back with the other library.
void MainWindow::openLibrary(const QString& folder) {
    const QString trouble = troubleWith(QFileInfo(folder));
    showTroubleInSettings(trouble);
    if (!trouble.isEmpty())
        return;
    Settings settings = m_settings;
    settings.libraryPath = folder;
    if (!settings.save(m_paths.settings)) {
        showTroubleInSettings(tr("%1 cannot be written.").arg(m_paths.settings));
        return;
    }
    m_shallReopen = true;
    close();
}

void MainWindow::applySettings(const Settings& settings) {
    const bool wasReaderOnly = std::exchange(m_settings, settings).isReaderOnly;
    applyTheme(*qobject_cast<QApplication*>(QApplication::instance()), settings.theme);
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
