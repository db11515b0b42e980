#pragma once
/// The Trash: documents that were removed and can come back, and the way to delete them for good.
/// Given plain data by a setter; says by signals what the person wants.

#include <QAbstractListModel>
#include <QWidget>

#include <vector>

#include "engine/engine.h"

class QFrame;
class QLabel;
class QListView;
class QPushButton;
class QStackedWidget;

namespace ui {

/// The removed documents, as they are given.
class TrashModel : public QAbstractListModel {
    Q_OBJECT

public:
    using QAbstractListModel::QAbstractListModel;

    void setDocuments(std::vector<engine::DocumentInfo> documents);
    [[nodiscard]] const std::vector<engine::DocumentInfo>& documents() const { return m_documents; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    std::vector<engine::DocumentInfo> m_documents;
};

class TrashView : public QWidget {
    Q_OBJECT

public:
    using Ids = std::vector<engine::DocumentId>;

    explicit TrashView(QWidget* parent = nullptr);
    void setDocuments(std::vector<engine::DocumentInfo> documents);

Q_SIGNALS:
    void restoreRequested(const Ids& ids);
    /// Confirmed: everything in the Trash goes. The ids are those that the person was shown.
    void deleteForGoodRequested(const Ids& ids);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QFrame* makeBar();
    [[nodiscard]] Ids selected() const;
    void askWhetherToDelete();
    void closeBar();
    void restore();
    void updateButtons();

    TrashModel* m_model;
    QListView* m_list;
    QStackedWidget* m_pages;
    QPushButton* m_restore;
    QPushButton* m_delete;
    QFrame* m_bar;
    QLabel* m_question;
    QPushButton *m_confirm, *m_keep;
};

} // namespace ui
