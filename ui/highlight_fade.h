#pragma once
/// How strongly evidence is tinted: fully for two seconds, then fading to its outline, which stays.

#include <QTimer>
#include <QVariantAnimation>

namespace ui {

class HighlightFade : public QObject {
    Q_OBJECT

public:
    static constexpr int kHoldMs = 2000;
    static constexpr int kFadeMs = 400;

    explicit HighlightFade(QObject* parent = nullptr);

    void start();
    [[nodiscard]] double strength() const { return m_strength; }

Q_SIGNALS:
    void changed();

private:
    QTimer m_hold;
    QVariantAnimation m_fade;
    double m_strength = 0;
};

} // namespace ui
