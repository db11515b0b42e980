#pragma once
/// The outline of the open document. Given plain data by setters; says by signals where the person
/// wants to go.

#include <QWidget>

#include <optional>
#include <vector>

#include "engine/engine.h"

class QLabel;
class QModelIndex;
class QPushButton;
class QStackedWidget;
class QTreeView;

namespace ui {

class ContentsModel;

class ContentsView : public QWidget {
    Q_OBJECT

public:
    explicit ContentsView(QWidget* parent = nullptr);

    /// No document is open.
    void clear();
    void setContents(const std::vector<engine::ContentsEntry>& entries);
    /// Masks the titles of what begins at or after the offset; no offset: the whole book.
    void setBound(std::optional<std::int64_t> offset);
    /// Where the page view is; marks the chapter and keeps it in sight.
    void setCurrentOffset(std::int64_t offset);

Q_SIGNALS:
    void placeRequested(const engine::TextRange& range, const engine::PageRange& page);
    /// Without contents, pages are reached by their number.
    void goToPageRequested();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void request(const QModelIndex& index);
    void updatePage();
    void showCurrent();

    ContentsModel* m_model;
    QTreeView* m_tree;
    QLabel* m_note;
    QLabel* m_empty;
    QPushButton* m_goToPage;
    QStackedWidget* m_pages;
    bool m_isOpen = false;
};

} // namespace ui
