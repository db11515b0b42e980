#pragma once
/// The library: find field, collections, order, the list of documents, and the places in their text
/// where the words of the find field stand. Given plain data by setters; says by signals what the
/// person wants. Removing is only asked for here; undo is elsewhere.

#include <QWidget>

#include <vector>

#include "engine/engine.h"

class QAction;
class QComboBox;
class QLabel;
class QLineEdit;
class QListView;
class QMenu;
class QPushButton;
class QStackedWidget;

namespace ui {

class HitView;
class LibraryModel;

class LibraryView : public QWidget {
    Q_OBJECT

public:
    using Ids = std::vector<engine::DocumentId>;

    explicit LibraryView(QWidget* parent = nullptr);

    /// A window gives its docks no more than they must have: narrower than this, a title is cut
    /// short.
    [[nodiscard]] QSize minimumSizeHint() const override {
        return QWidget::minimumSizeHint().expandedTo({245, 0});
    }

    void setDocuments(std::vector<engine::DocumentInfo> documents);
    void updateDocument(const engine::DocumentInfo& document);
    void setProgress(const engine::Progress& progress);
    /// Makes a document the current and only selected one, if it is shown.
    void selectDocument(const engine::DocumentId& id);
    [[nodiscard]] Ids selectedDocuments() const;
    /// Puts the cursor into the filter.
    void focusFilter();
    /// Asks for searches and takes their answers.
    [[nodiscard]] HitView& hits() { return *m_hits; }

Q_SIGNALS:
    void selectionChanged(const Ids& ids);
    void openRequested(const Ids& ids);
    void readRequested(const Ids& ids);
    void pauseRequested(const Ids& ids);
    void askRequested(const Ids& ids);
    void summariseRequested(const engine::DocumentId& id);
    void exportRequested(const engine::DocumentId& id);
    void showFileRequested(const engine::DocumentId& id);
    void removeRequested(const Ids& ids);
    void addFilesRequested();
    void sampleBookRequested();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* makeEmptyPage();
    QWidget* makeNoHitPage();
    void makeControls();
    void makeMenu();
    QAction* addAction(const char* name, const char* iconName, const QString& text,
                       void (LibraryView::*wanted)(const Ids&));
    QAction* addAction(const char* name, const char* iconName, const QString& text,
                       void (LibraryView::*wanted)(const engine::DocumentId&));
    void popUpMenu(const QPoint& position);
    void updateActions();
    void updatePage();
    void updateCollections();
    void updateHits();
    void focusDocuments(int row);
    void keepSelection();
    void restoreSelection();
    bool listKeyPressed(int key);

    LibraryModel* m_model;
    QLineEdit* m_filter;
    QComboBox* m_collections;
    QComboBox* m_sort;
    QListView* m_list;
    QLabel* m_noHit;
    QLabel* m_count;
    QStackedWidget* m_pages;
    HitView* m_hits = nullptr;
    QMenu* m_menu;
    QAction *m_open, *m_read, *m_pause, *m_ask, *m_summarise, *m_export, *m_showFile, *m_remove;
    Ids m_kept; ///< the selection while rows are exchanged
    engine::DocumentId m_keptCurrent;
    bool m_isExchanging = false;
};

} // namespace ui
