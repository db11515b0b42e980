#pragma once
/// Paints what a search of the library found: title, place, and three lines of the passage with the
/// found words in bold on a tint.

#include <QStyledItemDelegate>

namespace ui {

class HitDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace ui
