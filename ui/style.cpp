#include "ui/style.h"

#include <QPainter>
#include <QStyleOption>

namespace ui {
namespace {

/// In the colour of marks that carry information.
void outline(QPainter& painter, const QStyleOption& option, const QRectF& rect, double radius) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(option.palette.color(QPalette::Dark));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
    painter.restore();
}

} // namespace

Style::Style() : QProxyStyle(QStringLiteral("Fusion")) {}

void Style::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                          const QWidget* widget) const {
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    if (element == PE_IndicatorCheckBox)
        outline(*painter, *option, option->rect, 2);
    else if (element == PE_IndicatorRadioButton)
        outline(*painter, *option, option->rect, option->rect.width() / 2.0);
}

void Style::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                               QPainter* painter, const QWidget* widget) const {
    QProxyStyle::drawComplexControl(control, option, painter, widget);
    if (control == CC_ScrollBar && (option->state & State_Enabled) != 0)
        outline(*painter, *option,
                proxy()->subControlRect(CC_ScrollBar, option, SC_ScrollBarSlider, widget), 2);
}

} // namespace ui
