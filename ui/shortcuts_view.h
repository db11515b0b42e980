#pragma once
/// The list of everything that can be done and with which keys. Not modal: show it with open() or
/// show(). Filled from the program's table of actions, so it cannot say anything else than that.

#include <QAbstractTableModel>
#include <QDialog>

#include <vector>

class QLabel;
class QLineEdit;
class QSortFilterProxyModel;
class QTreeView;

namespace ui {

struct ShortcutRow {
    QString group; ///< "Reading"
    QString action;
    QString keys; ///< as shown, "Ctrl+O"; empty: none
};

class ShortcutsModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Action, Keys, Group, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setRows(std::vector<ShortcutRow> rows);
    [[nodiscard]] int rowCount(const QModelIndex& parent = QModelIndex()) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = QModelIndex()) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    std::vector<ShortcutRow> m_rows;
};

class ShortcutsView : public QDialog {
    Q_OBJECT

public:
    explicit ShortcutsView(QWidget* parent = nullptr);

    void setRows(std::vector<ShortcutRow> rows);

private:
    ShortcutsModel* m_model;
    QSortFilterProxyModel* m_filtered;
    QLineEdit* m_filter;
    QTreeView* m_list;
    QLabel* m_none;
};

} // namespace ui
