#pragma once
/// The Fusion style, with outlines that can be seen: Fusion draws those of a box to tick and of a
/// scroll bar's handle as darker shades of the window, which a dark window swallows. GUI thread.

#include <QProxyStyle>

namespace ui {

class Style : public QProxyStyle {
    Q_OBJECT

public:
    Style();

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                            QPainter* painter, const QWidget* widget) const override;
};

} // namespace ui
