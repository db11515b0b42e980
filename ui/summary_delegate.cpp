#include "ui/summary_delegate.h"

#include <QApplication>
#include <QPainter>

#include "ui/exchange_document.h"
#include "ui/summary_model.h"

namespace ui {
namespace {

QFont smallFont(QFont font) {
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * 0.88);
    else
        font.setPixelSize(qRound(font.pixelSize() * 0.88));
    return font;
}

} // namespace

void SummaryDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                            const QModelIndex& index) const {
    QStyleOptionViewItem item = option;
    initStyleOption(&item, index);
    const QStyle* style = item.widget ? item.widget->style() : QApplication::style();
    style->drawPrimitive(QStyle::PE_PanelItemViewItem, &item, painter, item.widget);
    const bool isSelected = item.state & QStyle::State_Selected;
    const QPalette& palette = item.palette;
    const int em = item.fontMetrics.height();
    const int indent = em * 2 / 3 + index.data(SummaryModel::LevelRole).toInt() * em * 3 / 4;
    const QRect area = item.rect.adjusted(indent, em / 4, -em * 2 / 3, -em / 3);
    const auto state = static_cast<SummaryPart::State>(index.data(SummaryModel::StateRole).toInt());

    painter->save();
    QFont title = item.font;
    // What is there to read stands out from what is not.
    if (state == SummaryPart::State::Made)
        title.setWeight(QFont::DemiBold);
    painter->setFont(title);
    painter->setPen(palette.color(isSelected ? QPalette::HighlightedText : QPalette::Text));
    painter->drawText(area, Qt::AlignTop | Qt::AlignLeft | Qt::TextSingleLine,
                      QFontMetrics(title).elidedText(item.text, Qt::ElideRight, area.width()));
    const QFont small = smallFont(item.font);
    painter->setFont(small);
    if (!isSelected)
        painter->setPen(mutedColor(palette));
    const QString detail = index.data(SummaryModel::DetailRole).toString();
    painter->drawText(area, Qt::AlignBottom | Qt::AlignLeft | Qt::TextSingleLine,
                      QFontMetrics(small).elidedText(detail, Qt::ElideRight, area.width()));
    if (const int percent = index.data(SummaryModel::PercentRole).toInt(); percent >= 0) {
        const QRect track(area.left(), item.rect.bottom() - 3, area.width(), 3);
        QColor rest = palette.color(isSelected ? QPalette::HighlightedText : QPalette::Text);
        painter->setPen(Qt::NoPen);
        QRect done = track;
        done.setWidth(track.width() * percent / 100);
        painter->fillRect(done, isSelected ? rest : palette.color(QPalette::Highlight));
        rest.setAlphaF(0.2F);
        painter->fillRect(track, rest);
    }
    if (item.state & QStyle::State_HasFocus) {
        QStyleOptionFocusRect focus;
        focus.QStyleOption::operator=(item);
        focus.backgroundColor = palette.color(isSelected ? QPalette::Highlight : QPalette::Base);
        style->drawPrimitive(QStyle::PE_FrameFocusRect, &focus, painter, item.widget);
    }
    painter->restore();
}

QSize SummaryDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
    const int em = option.fontMetrics.height();
    return {em * 8, em + QFontMetrics(smallFont(option.font)).height() + em / 2 + em / 3};
}

} // namespace ui
