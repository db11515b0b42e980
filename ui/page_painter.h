#pragma once
/// How a page and what lies on it are painted: picture or stand-in, marks of evidence, find hits
/// and selection. Colours come from the palette; the paper is white because the pictures are. Keeps
/// nothing.

#include <QPalette>
#include <QPixmap>
#include <QRectF>

#include <vector>

class QPainter;
class QString;

namespace ui {

enum class Mark { Selection, Evidence, FindHit, CurrentHit, Link, FocusedLink };

/// Fill and line of a mark on white paper, or on black when pages are inverted.
QColor markFill(const QPalette& palette, Mark mark, bool isInverted);
QColor markLine(const QPalette& palette, Mark mark, bool isInverted);

/// Shadow and paper.
void paintPaper(QPainter& painter, const QRect& place, const QPalette& palette, bool isInverted);
/// `image` is turned by `turn` degrees more on the way; painted pixel by pixel when it fits.
void paintPicture(QPainter& painter, const QRect& place, const QImage& image, int turn,
                  bool isInverted);
/// A part of a page's picture, in its pixels, over the rest.
void paintPart(QPainter& painter, const QRect& place, const QRect& part, const QImage& image,
               bool isInverted);
/// In place of a picture: what is known, in words.
void paintStandIn(QPainter& painter, const QRect& place, const QPalette& palette,
                  const QString& heading, const QString& reason, bool isInverted);
/// `strength` 1 is the full tint, 0 the outline alone.
void paintMarks(QPainter& painter, const std::vector<QRectF>& lines, const QPalette& palette,
                Mark mark, double strength, bool isInverted);

} // namespace ui
