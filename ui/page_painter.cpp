#include "ui/page_painter.h"

#include <QFontMetrics>
#include <QImage>
#include <QPainter>
#include <QPainterPath>
#include <QString>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

/// The palette has one accent. The other tints are its neighbours around the colour circle, so that
/// they stay apart whatever the accent is.
int hueOf(const QPalette& palette, Mark mark) {
    const int accent = palette.color(QPalette::Highlight).hslHue();
    const int base = accent < 0 ? 215 : accent;
    switch (mark) {
    case Mark::Evidence:
        return (base + 190) % 360;
    case Mark::FindHit:
    case Mark::CurrentHit:
        return (base + 270) % 360;
    default:
        return base;
    }
}

QColor paperColor(bool isInverted) {
    return isInverted ? QColor(Qt::black) : QColor(Qt::white);
}

} // namespace

QColor markFill(const QPalette& palette, Mark mark, bool isInverted) {
    // Light enough that black text keeps its contrast under a multiplied tint, and the opposite.
    return QColor::fromHsl(hueOf(palette, mark), 205, isInverted ? 62 : 196);
}

QColor markLine(const QPalette& palette, Mark mark, bool isInverted) {
    return QColor::fromHsl(hueOf(palette, mark), 200, isInverted ? 165 : 88);
}

void paintPaper(QPainter& painter, const QRect& place, const QPalette& palette, bool isInverted) {
    QColor shadow = palette.color(QPalette::Shadow);
    for (int step = 3; step > 0; --step) {
        shadow.setAlpha(40 / step);
        painter.setPen(Qt::NoPen);
        painter.setBrush(shadow);
        painter.drawRoundedRect(place.adjusted(-step, -step + 1, step, step + 1), step, step);
    }
    painter.fillRect(place, paperColor(isInverted));
    if (isInverted) {
        painter.setPen(palette.color(QPalette::Mid));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(place.adjusted(-1, -1, 0, 0));
    }
}

void paintPicture(QPainter& painter, const QRect& place, const QImage& image, int turn,
                  bool isInverted) {
    const double ratio = painter.device()->devicePixelRatioF();
    const QSizeF upright =
        turn % 180 == 0 ? QSizeF(place.size()) : QSizeF(place.size().transposed());
    painter.save();
    painter.setClipRect(place, Qt::IntersectClip);
    painter.translate(QRectF(place).center());
    painter.rotate(turn);
    QRectF target(-upright.width() / 2, -upright.height() / 2, upright.width(), upright.height());
    const QSizeF size = QSizeF(image.size()) / ratio;
    // A renderer rounds in its own way; resampling for the sake of one pixel would blur the page.
    const bool isSharp = std::abs(size.width() - target.width()) * ratio < 1.5 &&
                         std::abs(size.height() - target.height()) * ratio < 1.5;
    if (isSharp)
        target.setSize(size);
    painter.setRenderHint(QPainter::SmoothPixmapTransform, !isSharp);
    painter.drawImage(target, image, image.rect());
    painter.restore();
    if (isInverted) {
        painter.setCompositionMode(QPainter::CompositionMode_Difference);
        painter.fillRect(place, Qt::white);
        painter.setCompositionMode(QPainter::CompositionMode_SourceOver);
    }
}

void paintPart(QPainter& painter, const QRect& place, const QRect& part, const QImage& image,
               bool isInverted) {
    const double ratio = painter.device()->devicePixelRatioF();
    const QRectF target(place.topLeft() + QPointF(part.topLeft()) / ratio,
                        QSizeF(part.size()) / ratio);
    painter.save();
    painter.setClipRect(place, Qt::IntersectClip);
    painter.drawImage(target, image, image.rect());
    if (isInverted) {
        painter.setCompositionMode(QPainter::CompositionMode_Difference);
        painter.fillRect(target, Qt::white);
    }
    painter.restore();
}

void paintStandIn(QPainter& painter, const QRect& place, const QPalette& palette,
                  const QString& heading, const QString& reason, bool isInverted) {
    // Paper does not follow the theme, so the ink is chosen for the paper.
    QColor ink = isInverted ? QColor(Qt::white) : QColor(Qt::black);
    ink.setAlphaF(reason.isEmpty() ? 0.6F : 0.86F);
    const int margin = std::min(24, place.width() / 10);
    const QRect box = place.adjusted(margin, margin, -margin, -margin);
    QFont bold = painter.font();
    bold.setBold(true);
    const int width = std::min(box.width(), 420);
    const QRect column(box.center().x() - width / 2, box.top(), width, box.height());
    const QFontMetrics headingMetrics(bold);
    const QFontMetrics reasonMetrics(painter.font());
    const QRect reasonBox = reasonMetrics.boundingRect(column, Qt::TextWordWrap, reason);
    const int reasonHeight = reason.isEmpty() ? 0 : reasonBox.height() + 8;
    int top = box.top() + (box.height() - headingMetrics.height() - reasonHeight) / 3;
    painter.save();
    painter.setClipRect(place, Qt::IntersectClip);
    if (!reason.isEmpty()) {
        const QRect panel(column.left() - 16, top - 16, width + 32,
                          headingMetrics.height() + reasonHeight + 32);
        painter.setPen(QPen(markLine(palette, Mark::Evidence, isInverted), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(panel.intersected(place.adjusted(4, 4, -4, -4)), 6, 6);
    }
    painter.setPen(ink);
    painter.setFont(bold);
    painter.drawText(QRect(column.left(), top, width, headingMetrics.height()),
                     Qt::AlignHCenter | Qt::AlignTop, heading);
    top += headingMetrics.height() + 8;
    bold.setBold(false);
    painter.setFont(bold);
    painter.drawText(QRect(column.left(), top, width, box.bottom() - top),
                     Qt::AlignHCenter | Qt::AlignTop | Qt::TextWordWrap, reason);
    painter.restore();
}

void paintMarks(QPainter& painter, const std::vector<QRectF>& lines, const QPalette& palette,
                Mark mark, double strength, bool isInverted) {
    if (lines.empty())
        return;
    const QColor line = markLine(palette, mark, isInverted);
    QRectF all;
    // One shape, because lines that stand close would be tinted twice where their boxes overlap.
    QPainterPath shape;
    shape.setFillRule(Qt::WindingFill);
    for (const QRectF& box : lines) {
        shape.addRoundedRect(box.adjusted(-1.5, -1, 1.5, 1), 2, 2);
        all = all.united(box);
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    if (strength > 0 && mark != Mark::Link && mark != Mark::FocusedLink) {
        QColor fill = markFill(palette, mark, isInverted);
        fill.setAlphaF(static_cast<float>(strength));
        painter.setCompositionMode(isInverted ? QPainter::CompositionMode_Screen
                                              : QPainter::CompositionMode_Multiply);
        painter.fillPath(shape, fill);
        painter.setCompositionMode(QPainter::CompositionMode_SourceOver);
    }
    // Every mark has a shape of its own besides its tint.
    if (mark == Mark::Evidence || mark == Mark::CurrentHit || mark == Mark::FocusedLink)
        painter.strokePath(shape.simplified(), QPen(line, mark == Mark::Evidence ? 1.25 : 2));
    if (mark == Mark::FindHit || mark == Mark::Link) {
        painter.setPen(QPen(line, 1.5));
        for (const QRectF& box : lines)
            painter.drawLine(box.bottomLeft() + QPointF(-1, 1), box.bottomRight() + QPointF(1, 1));
    }
    if (mark == Mark::Evidence) {
        painter.setPen(QPen(line, 3, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(all.topLeft() - QPointF(7, 0), all.bottomLeft() - QPointF(7, 0));
    }
    painter.restore();
}

} // namespace ui
