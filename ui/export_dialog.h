#pragma once
/// What leaves a document, in which format and into which file. Not modal: show it with open(). A
/// file that exists is replaced only after consent, which is given in the dialog itself.

#include <QDialog>

#include "engine/engine.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace ui {

struct ExportChoice {
    engine::ExportRequest::What what = engine::ExportRequest::What::All;
    QString format; ///< "md", "txt", "json", and what setFormats added
    QString path;
    bool mayReplace = false; ///< the person agreed that the file is replaced
};

class ExportDialog : public QDialog {
    Q_OBJECT

public:
    explicit ExportDialog(QWidget* parent = nullptr);

    /// Whose export it is, and the folder where its file is proposed.
    void setDocument(const QString& title, const QString& folder);
    void setWhat(engine::ExportRequest::What what);
    /// Formats beside "md", "txt" and "json" that can be written here: "html", "docx", "odt",
    /// "pdf".
    void setFormats(const QStringList& others);
    /// What the file dialog gave.
    void setPath(const QString& path);
    /// Why it did not work; the dialog stays open. Empty: hides.
    void setTrouble(const QString& sentence);
    /// While the file is being written nothing can be chosen, but Cancel works and stops it.
    void setBusy(bool isBusy);
    [[nodiscard]] ExportChoice choice() const;

Q_SIGNALS:
    /// The dialog stays open until accept() is called.
    void exportRequested(const ui::ExportChoice& choice);
    /// The person wants to choose the file in a file dialog, starting from this path.
    void browseRequested(const QString& path);

private:
    void nameControls();
    void build();
    void adaptSuffix();
    void refresh();

    QLabel* m_heading;
    QComboBox* m_what;
    QComboBox* m_format;
    QLineEdit* m_path;
    QLabel* m_exists;
    QCheckBox* m_replace;
    QLabel* m_trouble;
    QLabel* m_writing;
    QPushButton* m_export = nullptr;
    QPushButton* m_browse = nullptr;
    bool m_isBusy = false;
    bool m_isOwnName = false; ///< the person named the file: only its suffix follows the format
    QString m_title, m_folder;
};

} // namespace ui
