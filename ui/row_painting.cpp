#include "ui/row_painting.h"

#include <QPainter>

namespace ui {

void paintRow(QPainter& painter, const QStyleOptionViewItem& option) {
    const bool isSelected = option.state & QStyle::State_Selected;
    const QPalette& palette = option.palette;
    painter.fillRect(option.rect, palette.brush(isSelected ? QPalette::Highlight
                                                : option.state & QStyle::State_MouseOver
                                                    ? QPalette::AlternateBase
                                                    : QPalette::Base));
    if (option.state & QStyle::State_HasFocus) {
        painter.setPen(palette.color(isSelected ? QPalette::HighlightedText : QPalette::Highlight));
        painter.drawRect(option.rect.adjusted(2, 2, -3, -3));
    }
}

void paintLine(QPainter& painter, const QRect& rect, const QFont& font, const QColor& color,
               const QString& text) {
    painter.setFont(font);
    painter.setPen(color);
    painter.drawText(rect, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                     QFontMetrics(font).elidedText(text, Qt::ElideRight, rect.width()));
}

} // namespace ui
