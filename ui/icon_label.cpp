#include "ui/icon_label.h"

#include <QPainter>

namespace ui {

IconLabel::IconLabel(const QIcon& icon, int size, QWidget* parent) : QWidget(parent), m_icon(icon) {
    setFixedSize(size, size);
}

void IconLabel::setIcon(const QIcon& icon) {
    m_icon = icon;
    update();
}

void IconLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    m_icon.paint(&painter, rect(), Qt::AlignCenter, isEnabled() ? QIcon::Normal : QIcon::Disabled);
}

} // namespace ui
