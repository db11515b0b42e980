#pragma once
/// Paints a row of the library: kind, title, author, state in words with its icon, and a thin line
/// of how far it was read.

#include <QStyledItemDelegate>

namespace ui {

class LibraryDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace ui
