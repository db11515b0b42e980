#include "ui/hit_delegate.h"

#include <QPainter>
#include <QTextLayout>

#include "ui/exchange_document.h"
#include "ui/hit_model.h"
#include "ui/row_painting.h"

namespace ui {
namespace {

constexpr int kMargin = 5;
constexpr int kSnippetLines = 3;
constexpr int kLeastWidth = 160;
constexpr float kTint = 0.22F;

QFont bold(QFont font) {
    font.setWeight(QFont::DemiBold);
    return font;
}

/// Bold letters may be higher than the others.
int lineHeight(const QFont& font) {
    return QFontMetrics(bold(font)).height() + 1;
}

void paintSnippet(QPainter& painter, const QRect& rect, const QStyleOptionViewItem& option,
                  const Hit& hit, const QColor& color) {
    QTextCharFormat found;
    found.setFontWeight(QFont::Bold);
    if (!(option.state & QStyle::State_Selected)) {
        QColor tint = option.palette.color(QPalette::Highlight);
        tint.setAlphaF(kTint);
        found.setBackground(tint);
    }
    QList<QTextLayout::FormatRange> formats;
    for (const auto& [begin, length] : hit.found)
        formats.append({begin, length, found});
    QTextLayout layout(hit.snippet, option.font);
    layout.setFormats(formats);
    const QString dots = QStringLiteral("…");
    const int dotsWidth = option.fontMetrics.horizontalAdvance(dots);
    painter.setPen(color);
    painter.setFont(option.font);
    layout.beginLayout();
    for (int i = 0; i < kSnippetLines; ++i) {
        QTextLine line = layout.createLine();
        if (!line.isValid())
            break;
        line.setLineWidth(rect.width() - (i + 1 == kSnippetLines ? dotsWidth : 0));
        line.setPosition(QPointF(0, i * lineHeight(option.font)));
        if (i + 1 == kSnippetLines && line.textStart() + line.textLength() < hit.snippet.size())
            painter.drawText(QPointF(rect.left() + line.naturalTextWidth(),
                                     rect.top() + line.y() + line.ascent()),
                             dots);
    }
    layout.endLayout();
    layout.draw(&painter, rect.topLeft());
}

} // namespace

void HitDelegate::paint(QPainter* painter, const QStyleOptionViewItem& given,
                        const QModelIndex& index) const {
    QStyleOptionViewItem option = given;
    initStyleOption(&option, index);
    const auto* model = static_cast<const HitModel*>(index.model());
    const bool isSelected = option.state & QStyle::State_Selected;
    const QPalette& palette = option.palette;
    const QColor strong = palette.color(isSelected ? QPalette::HighlightedText : QPalette::Text);
    const QColor quiet = isSelected ? strong : mutedColor(palette);
    painter->save();
    paintRow(*painter, option);
    const QRect inside = option.rect.adjusted(2 * kMargin, kMargin, -2 * kMargin, -kMargin);
    const int height = lineHeight(option.font);
    QRect line(inside.left(), inside.top(), inside.width(), height);
    const Hit* hit = model->hit(index);
    if (hit == nullptr) {
        paintLine(*painter, line, option.font,
                  model->kind(index) == HitModel::Kind::All ? strong : quiet, option.text);
    } else {
        if (model->isFirst(index)) {
            paintLine(*painter, line, bold(option.font), strong, hit->title);
            line.translate(0, height);
        }
        paintLine(*painter, line, option.font, quiet, hit->place);
        line.translate(0, height);
        paintSnippet(*painter, line, option, *hit, strong);
    }
    painter->restore();
}

QSize HitDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const auto* model = static_cast<const HitModel*>(index.model());
    const int lines = model->hit(index) == nullptr ? 1
                      : model->isFirst(index)      ? kSnippetLines + 2
                                                   : kSnippetLines + 1;
    return {kLeastWidth, lines * lineHeight(option.font) + 2 * kMargin};
}

} // namespace ui
