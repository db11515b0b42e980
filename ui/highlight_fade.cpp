#include "ui/highlight_fade.h"

namespace ui {

HighlightFade::HighlightFade(QObject* parent) : QObject(parent) {
    m_hold.setSingleShot(true);
    m_hold.setInterval(kHoldMs);
    m_fade.setStartValue(1.0);
    m_fade.setEndValue(0.0);
    m_fade.setDuration(kFadeMs);
    connect(&m_hold, &QTimer::timeout, &m_fade, [this] { m_fade.start(); });
    connect(&m_fade, &QVariantAnimation::valueChanged, this, [this](const QVariant& value) {
        m_strength = value.toDouble();
        Q_EMIT changed();
    });
}

void HighlightFade::start() {
    m_fade.stop();
    m_strength = 1;
    m_hold.start();
    Q_EMIT changed();
}

} // namespace ui
