#include "ui/accessible.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QLineEdit>
#include <QToolButton>

namespace ui {

void makeChosenCurrent(QAbstractItemView& view) {
    QItemSelectionModel* selection = view.selectionModel();
    QObject::connect(selection, &QItemSelectionModel::selectionChanged, &view,
                     [&view, selection](const QItemSelection& chosen) {
                         if (view.selectionMode() != QAbstractItemView::SingleSelection ||
                             chosen.isEmpty())
                             return;
                         const QModelIndex row = chosen.indexes().constFirst();
                         if (row != selection->currentIndex())
                             selection->setCurrentIndex(row, QItemSelectionModel::ClearAndSelect);
                     });
}

void nameClearButton(QLineEdit& field, const QString& name) {
    for (QToolButton* button : field.findChildren<QToolButton*>())
        button->setAccessibleName(name);
}

void nameChoice(QComboBox& box, const QString& name) {
    box.setAccessibleName(name);
    box.setAccessibleDescription(name);
}

} // namespace ui
