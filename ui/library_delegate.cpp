#include "ui/library_delegate.h"

#include <QPainter>

#include "engine/engine.h"
#include "ui/icons.h"
#include "ui/library_model.h"
#include "ui/row_painting.h"

namespace ui {
namespace {

constexpr int kMargin = 7;
constexpr int kGap = 10;
constexpr int kLineHeight = 3; ///< of the progress line

const char* iconOf(engine::State state) {
    using engine::State;
    switch (state) {
    case State::Queued:
        return "clock";
    case State::TextReady:
        return "text";
    case State::Reading:
        return "play";
    case State::Paused:
        return "pause";
    case State::Read:
        return "check";
    case State::Locked:
        return "lock";
    case State::Removed:
        return "trash";
    case State::ReadWithGaps:
    case State::MemoryOutdated:
    case State::NoText:
    case State::Damaged:
        break;
    }
    return "warning";
}

bool isTrouble(engine::State state) {
    using engine::State;
    return state == State::ReadWithGaps || state == State::MemoryOutdated ||
           state == State::NoText || state == State::Damaged || state == State::Locked;
}

QFont titleFont(QFont font) {
    font.setWeight(QFont::DemiBold);
    return font;
}

QFont kindFont(QFont font) {
    font.setPointSizeF(font.pointSizeF() * 0.75);
    font.setWeight(QFont::DemiBold);
    return font;
}

QSize coverSize(const QFont& font) {
    const QFontMetrics metrics(kindFont(font));
    const int width = metrics.horizontalAdvance(QStringLiteral("EPUB")) + 12;
    return {width, width * 4 / 3};
}

/// Stands for the cover: a small book that names the kind of the file.
void paintCover(QPainter& painter, const QRect& rect, const QString& kind,
                const QStyleOptionViewItem& option) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(option.palette.color(QPalette::Mid), 1));
    painter.setBrush(option.palette.color(QPalette::Window));
    painter.drawRoundedRect(QRectF(rect).adjusted(.5, .5, -.5, -.5), 3, 3);
    painter.setPen(QPen(option.palette.color(QPalette::Mid), 1.5));
    painter.drawLine(QPointF(rect.left() + 4.5, rect.top() + 1.5),
                     QPointF(rect.left() + 4.5, rect.bottom() - .5));
    painter.setFont(kindFont(option.font));
    painter.setPen(option.palette.color(QPalette::WindowText));
    painter.drawText(rect.adjusted(4, 0, 0, 0), Qt::AlignCenter, kind);
    painter.restore();
}

void paintProgress(QPainter& painter, const QRect& rect, double fraction, bool isSelected,
                   const QPalette& palette) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    QColor track = palette.color(isSelected ? QPalette::HighlightedText : QPalette::Mid);
    if (isSelected)
        track.setAlphaF(0.35F);
    painter.setBrush(track);
    painter.drawRoundedRect(rect, 1.5, 1.5);
    QRectF done = rect;
    done.setWidth(rect.width() * fraction);
    painter.setBrush(palette.color(isSelected ? QPalette::HighlightedText : QPalette::Highlight));
    painter.drawRoundedRect(done, 1.5, 1.5);
    painter.restore();
}

} // namespace

void LibraryDelegate::paint(QPainter* painter, const QStyleOptionViewItem& given,
                            const QModelIndex& index) const {
    QStyleOptionViewItem option = given;
    initStyleOption(&option, index);
    const bool isSelected = option.state & QStyle::State_Selected;
    const QPalette& palette = option.palette;
    const auto state = static_cast<engine::State>(index.data(LibraryModel::StateRole).toInt());
    paintRow(*painter, option);

    const QColor strong = palette.color(isSelected ? QPalette::HighlightedText : QPalette::Text);
    const QColor quiet =
        palette.color(isSelected ? QPalette::HighlightedText : QPalette::PlaceholderText);
    const QColor stateColor =
        !isSelected && isTrouble(state) ? palette.color(QPalette::BrightText) : quiet;
    const QRect inside = option.rect.adjusted(kMargin, kMargin, -kMargin, -kMargin);
    const QSize cover = coverSize(option.font);
    paintCover(*painter, QRect(inside.topLeft() + QPoint(0, 1), cover),
               index.data(LibraryModel::KindRole).toString(), option);

    const int height = QFontMetrics(titleFont(option.font)).height();
    const QString author = index.data(LibraryModel::AuthorRole).toString();
    const double fraction = index.data(LibraryModel::FractionRole).toDouble();
    const int textHeight = (author.isEmpty() ? 2 : 3) * (height + 1) + (fraction >= 0 ? 6 : 0);
    QRect line(inside.left() + cover.width() + kGap,
               inside.top() + std::max(0, (inside.height() - textHeight) / 2),
               inside.width() - cover.width() - kGap, height);
    paintLine(*painter, line, titleFont(option.font), strong, option.text);
    line.translate(0, height + 1);
    if (!author.isEmpty()) {
        paintLine(*painter, line, option.font, strong, author);
        line.translate(0, height + 1);
    }
    const int iconSize = height - 2;
    icon(iconOf(state), isTrouble(state) ? QPalette::BrightText : QPalette::PlaceholderText)
        .paint(painter, QRect(line.left() - 1, line.top() + 1, iconSize, iconSize), Qt::AlignCenter,
               isSelected ? QIcon::Selected : QIcon::Normal);
    paintLine(*painter, line.adjusted(iconSize + 4, 0, 0, 0), option.font, stateColor,
              index.data(LibraryModel::StateWordsRole).toString());
    if (fraction >= 0)
        paintProgress(*painter, QRect(line.left(), line.bottom() + 4, line.width(), kLineHeight),
                      fraction, isSelected, palette);
}

QSize LibraryDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
    const int lines = 3 * (QFontMetrics(titleFont(option.font)).height() + 1) + 6;
    return {coverSize(option.font).width() + 160,
            std::max(lines, coverSize(option.font).height() + 1) + 2 * kMargin + 2};
}

} // namespace ui
