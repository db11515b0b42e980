#pragma once
/// What the delegates of lists of documents and of hits share.

#include <QColor>
#include <QFont>
#include <QRect>
#include <QString>
#include <QStyleOptionViewItem>

class QPainter;

namespace ui {

/// The row's background by its state, and a frame where it has the keyboard. Leaves the painter's
/// pen changed.
void paintRow(QPainter& painter, const QStyleOptionViewItem& option);

/// One line of text, cut at its end where it does not fit. Leaves the painter's pen and font
/// changed.
void paintLine(QPainter& painter, const QRect& rect, const QFont& font, const QColor& color,
               const QString& text);

} // namespace ui
