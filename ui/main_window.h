#pragma once
/// The main window: places the views, fills menus and tool bar, takes dropped files, and connects
/// what the views want with those who can do it. Starts without an engine, so that it is on the
/// screen before a library is opened.

#include <QMainWindow>

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/engine.h"
#include "ui/failure_words.h"
#include "ui/settings.h"
#include "ui/window_state.h"

class QDockWidget;
class QLabel;
class QStackedWidget;

namespace ui {

class Actions;
class AskView;
class Asking;
class ContentsView;
class Desk;
class EngineClient;
class Exporting;
class LibraryView;
class MessageBar;
class ModelChoice;
class Printing;
class QueueView;
class ReadingNews;
class ReadingNotices;
class ReadingQueue;
class SettingsDialog;
class Shelf;
class Summarizing;
class SummaryView;
class TrashView;
class WelcomeView;

/// Where the window finds what is not its own.
struct WindowPaths {
    QString settings;       ///< ini file
    QString state;          ///< ini file
    QString sampleBook;     ///< empty: none was built
    QString model;          ///< as found or set; empty: none
    QString adapter;        ///< as set: a file, "none", or empty: the one of `shippedAdapter`
    QString library;        ///< folder
    QString shippedAdapter; ///< comes with the program; empty: none
};

class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(const WindowPaths& paths, QWidget* parent = nullptr);
    ~MainWindow() override;

    /// From here on the window is alive: the library is listed, the session is restored. The client
    /// outlives the window's use of it.
    void setClient(EngineClient& client);
    /// A sentence in the bar of messages.
    void showFailure(const QString& sentence);
    /// A sentence in the middle of the window: there is no library.
    void showTrouble(const QString& sentence);
    /// Files and folders, to be read in the queue; until there is an engine they wait.
    void read(const QStringList& paths);
    /// In front of the others, as another start asked for it.
    void bringToFront();

    [[nodiscard]] const Settings& settings() const { return m_settings; }
    /// The window was closed in order to come back with the library that the settings name now.
    [[nodiscard]] bool shallReopen() const { return m_shallReopen; }
    [[nodiscard]] MessageBar& messages() { return *m_messages; }

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void buildDocks();
    void buildMenus();
    void buildStatusBar();
    QDockWidget* addDock(const char* name, const QString& title, QWidget* content,
                         Qt::DockWidgetArea area);
    void connectActions();
    void connectViewActions();
    void connectLibrary();
    void connectQueue();
    void connectDesk();
    void connectAsking();
    void connectModel();

    /// What the engine knows of them; those that are gone are named in the bar of messages.
    std::vector<engine::DocumentInfo> documents(const std::vector<engine::DocumentId>& ids);
    void chooseFiles();
    void chooseFolder();
    void tryAgain(const QString& path);
    void showRead(const QString& path);
    void documentArrived(const engine::DocumentInfo& document);
    void refreshDocuments();
    void followMemories();
    void followDesk();
    void showDocument(const std::optional<engine::DocumentInfo>& document);
    /// Nothing of them is read, shown or asked about from here on.
    void letGo(const std::vector<engine::DocumentId>& ids);
    void followPlace();
    void setBoundHere(qint64 offset);
    void summarise();
    void walkRegions(int step);
    void showShortcuts();
    void showFailed(const QString& path, const engine::Failed& failure, qint64 ms);
    void offerToGoOn();
    void followBound(const QString& spec);
    void askAboutAddress(const QString& address);
    void showSettings();
    void fillSettings(SettingsDialog& dialog);
    void connectSettings(SettingsDialog& dialog);
    void keepSettings(const Settings& settings);
    void showTroubleInSettings(const QString& sentence);
    [[nodiscard]] QString adapterInUse() const;
    void chooseModel(const QString& modelPath, const QString& adapterPath);
    void useModel(const QString& modelPath, const QString& adapterPath,
                  const engine::ModelInfo& info);
    void deviceArrived(quint64 request, const engine::Event& event);
    void openLibrary(const QString& folder);
    void showAbout();
    void applySettings(const Settings& settings);
    void showModel();
    void stateChanged();
    [[nodiscard]] WindowValues state() const;
    void restoreState();

    WindowPaths m_paths;
    Settings m_settings;
    WindowState m_state;
    EngineClient* m_client = nullptr;

    Actions* m_actions;
    MessageBar* m_messages;
    QStackedWidget* m_middle;
    WelcomeView* m_welcome;
    LibraryView* m_library;
    ContentsView* m_contents;
    TrashView* m_trash;
    AskView* m_ask;
    SummaryView* m_summaries;
    QueueView* m_queueView;
    QLabel* m_model;
    QLabel* m_work;
    QDockWidget *m_libraryDock, *m_contentsDock, *m_trashDock, *m_askDock, *m_summaryDock,
        *m_queueDock;

    Desk* m_desk = nullptr;
    ReadingQueue* m_queue = nullptr;
    ReadingNews* m_news = nullptr;
    ReadingNotices* m_notices = nullptr;
    Shelf* m_shelf = nullptr;
    Asking* m_asking = nullptr;
    Summarizing* m_summarizing = nullptr;
    Exporting* m_exporting = nullptr;
    ModelChoice* m_modelChoice = nullptr;
    std::optional<engine::ModelInfo> m_modelInfo; ///< of one that was chosen here
    bool m_knowsMemories = false; ///< what is shown tells memories that serve the model from others
    quint64 m_deviceRequest = 0;
    std::optional<engine::DeviceInfo> m_device; ///< nothing until it is known
    QString m_deviceTrouble;                    ///< why the demanded one cannot be used
    QStringList m_early;                        ///< paths that came before the engine
    std::map<QString, Remedy> m_remedies;       ///< for files of the queue that failed
    QStringList m_unfinished; ///< files of readings that a former window did not end
    int m_unfinishedMessage = 0;
    Printing* m_printing = nullptr;
    bool m_isClosing = false;
    bool m_shallReopen = false;
};

} // namespace ui
