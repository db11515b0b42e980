#pragma once
/// Paints a row of a SummaryModel on two lines, so that it fits a narrow panel: the title, and
/// under it the pages and the state; a thin bar while the summary is made.

#include <QStyledItemDelegate>

namespace ui {

class SummaryDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const override;
};

} // namespace ui
