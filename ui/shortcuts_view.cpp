#include "ui/shortcuts_view.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTreeView>
#include <QVBoxLayout>

#include "ui/accessible.h"

namespace ui {

void ShortcutsModel::setRows(std::vector<ShortcutRow> rows) {
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

int ShortcutsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int ShortcutsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ShortcutsModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const ShortcutRow& row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == Qt::DisplayRole)
        return index.column() == Action ? row.action
               : index.column() == Keys ? row.keys
                                        : row.group;
    if (role == Qt::AccessibleTextRole && index.column() == Keys)
        return row.keys.isEmpty() ? tr("no keys") : row.keys;
    return {};
}

QVariant ShortcutsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Action:
        return tr("Action");
    case Keys:
        return tr("Keys");
    case Group:
        return tr("Belongs to");
    default:
        return {};
    }
}

ShortcutsView::ShortcutsView(QWidget* parent)
    : QDialog(parent), m_model(new ShortcutsModel(this)),
      m_filtered(new QSortFilterProxyModel(this)), m_filter(new QLineEdit(this)),
      m_list(new QTreeView(this)), m_none(new QLabel(this)) {
    setObjectName(QStringLiteral("shortcuts"));
    setWindowTitle(tr("Shortcuts"));
    m_filtered->setSourceModel(m_model);
    m_filtered->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_filtered->setFilterKeyColumn(-1);
    m_filtered->setSortCaseSensitivity(Qt::CaseInsensitive);
    m_filter->setObjectName(QStringLiteral("shortcutsFilter"));
    m_filter->setAccessibleName(tr("Filter the actions"));
    m_filter->setPlaceholderText(tr("Filter by action or keys"));
    m_filter->setClearButtonEnabled(true);
    nameClearButton(*m_filter, tr("Clear the filter"));
    m_list->setObjectName(QStringLiteral("shortcutsList"));
    m_list->setAccessibleName(tr("Actions and their keys"));
    m_list->setModel(m_filtered);
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setAlternatingRowColors(true);
    m_list->setAllColumnsShowFocus(true);
    m_list->setTabKeyNavigation(false);
    m_list->setSortingEnabled(true);
    // In the order of the menus until a column is chosen.
    m_list->header()->setSortIndicator(-1, Qt::AscendingOrder);
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(ShortcutsModel::Action, QHeaderView::Stretch);
    m_list->header()->setSectionResizeMode(ShortcutsModel::Keys, QHeaderView::ResizeToContents);
    m_list->header()->setSectionResizeMode(ShortcutsModel::Group, QHeaderView::ResizeToContents);
    m_none->setObjectName(QStringLiteral("shortcutsNone"));
    m_none->setTextFormat(Qt::PlainText);
    m_none->setText(tr("No action fits the filter."));
    m_none->hide();
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setObjectName(QStringLiteral("shortcutsClose"));
    buttons->button(QDialogButtonBox::Close)->setAccessibleName(tr("Close the list"));
    buttons->button(QDialogButtonBox::Close)->setAutoDefault(false);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_filter);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_none);
    layout->addWidget(buttons);
    const int em = fontMetrics().height();
    resize(em * 34, em * 32);

    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_filtered->setFilterFixedString(text);
        m_none->setVisible(m_filtered->rowCount() == 0);
    });
}

void ShortcutsView::setRows(std::vector<ShortcutRow> rows) {
    m_model->setRows(std::move(rows));
    m_none->setVisible(m_filtered->rowCount() == 0 && !m_filter->text().isEmpty());
}

} // namespace ui
