#pragma once
/// Everything that a person may set, on six pages. Not modal: show it with open() or show(). A
/// change counts at once, so there is nothing to confirm.

#include <QDialog>

#include <utility>
#include <vector>

#include "ui/settings.h"

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QSpinBox;
class QStackedWidget;

namespace ui {

class SettingsDialog : public QDialog {
    Q_OBJECT

public:
    enum class Page { Reading, Answers, Models, Library, Look, Privacy };

    explicit SettingsDialog(QWidget* parent = nullptr);

    /// Shows values without a signal.
    void setSettings(const Settings& settings);
    [[nodiscard]] const Settings& settings() const { return m_settings; }
    void showPage(Page page);
    /// The device in use, "cpu", "cuda:N" or empty, and why, as in engine::DeviceInfo. A CUDA
    /// device can be chosen beside "auto" and "cpu".
    void setDevice(const QString& device, const QString& reason);
    /// Text recognition is not part of every installation; without it, its settings are hidden.
    void setCanRecognize(bool canRecognize);
    /// The model and the adapter in use, which need not be those of the settings: the model is
    /// empty where there is none, the adapter as in Settings.
    void setModel(const QString& modelPath, const QString& adapterPath);
    /// Without a library there is no model to choose and no history to delete.
    void setHasLibrary(bool hasLibrary);
    /// What is known of the model in use: "Name", "SmolLM2 135M".
    void setModelFacts(const std::vector<std::pair<QString, QString>>& facts);
    /// Where the library is and how large.
    void setLibraryFacts(const QString& path, qint64 bytes, int inTrash);
    /// Shown at the top: what went wrong, or what is being done; empty: hides.
    void setTrouble(const QString& sentence);

Q_SIGNALS:
    void settingsChanged(const ui::Settings& settings);
    void modelFileWanted();
    void adapterFileWanted();
    void usualAdapterWanted();
    void noAdapterWanted();
    void libraryFolderWanted();
    void trashWanted();
    /// Confirmed.
    void clearHistoryWanted();

private:
    void enableAdapters();
    QFormLayout* addPage(const QString& title);
    void addSentence(QFormLayout* form, const QString& sentence);
    void buildReading();
    void buildAnswers();
    void buildModels();
    void buildLibrary();
    void buildLook();
    void buildPrivacy();
    QSpinBox* number(const char* name, const QString& spoken, int least, int most, int step = 1);
    QCheckBox* check(const char* name, const QString& text);
    QComboBox* choice(const char* name, const QString& spoken);
    void buildClearHistory(QFormLayout* form);
    QPushButton* action(const char* name, const QString& text, void (SettingsDialog::*wanted)());
    void showDevice();
    void collect();

    Settings m_settings;
    bool m_isShowing = true; ///< values are being put into the controls; true while they are made
    QListWidget* m_pages;
    QStackedWidget* m_stack;
    QLabel* m_trouble;
    QFormLayout* m_reading;
    QSpinBox* m_segment;
    QSpinBox* m_snapshots;
    QComboBox* m_recognize;
    QLineEdit* m_recognizeLanguage;
    QSpinBox* m_threads;
    QComboBox* m_device;
    QLabel* m_deviceFact;
    QSpinBox* m_evidence;
    QCheckBox* m_strict;
    QSpinBox* m_maxTokens;
    QCheckBox* m_hasSeed;
    QSpinBox* m_seed;
    QLabel* m_model;
    QLabel* m_adapter;
    QString m_adapterPath; ///< in use; as in Settings
    QPushButton* m_usualAdapter;
    QPushButton* m_noAdapter;
    QPushButton* m_chooseModel;
    QPushButton* m_chooseAdapter;
    QLabel* m_modelFacts;
    QLabel* m_library;
    QPushButton* m_trash;
    QComboBox* m_theme;
    QSpinBox* m_text;
    QCheckBox* m_invert;
    QCheckBox* m_history;
    QCheckBox* m_readerOnly;
    QCheckBox* m_titles;
    QPushButton* m_clearHistory;
    QWidget* m_clearQuestion; ///< whether it is meant
    bool m_hasLibrary = true;
};

} // namespace ui
