#include "ui/thin_bar.h"

#include <QPainter>

#include <algorithm>

namespace ui {
namespace {

constexpr int kSteps = 1000;

} // namespace

ThinBar::ThinBar(QWidget* parent) : QProgressBar(parent) {
    setFixedHeight(5);
    setRange(0, kSteps);
    setTextVisible(false);
}

void ThinBar::setFraction(double fraction) {
    setValue(static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kSteps));
}

void ThinBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(palette().color(QPalette::Mid));
    painter.drawRoundedRect(QRectF(rect()), 2.5, 2.5);
    if (value() <= 0)
        return;
    QRectF done = rect();
    done.setWidth(std::max(5.0, done.width() * value() / kSteps));
    painter.setBrush(palette().color(QPalette::Highlight));
    painter.drawRoundedRect(done, 2.5, 2.5);
}

} // namespace ui
