#pragma once
/// Tells the desktop that something ended while the person was elsewhere, and says when they want
/// to see it. Speaks to org.freedesktop.Notifications; where there is no such service nothing
/// happens. Never waits. GUI thread only.

#include <QMap>
#include <QObject>

namespace ui {

class Notifier : public QObject {
    Q_OBJECT

public:
    explicit Notifier(QObject* parent = nullptr);

    /// `key` is what `showRequested` will say. Neither text is taken for markup.
    void notify(const QString& title, const QString& text, const QString& key);

Q_SIGNALS:
    void showRequested(const QString& key);

private Q_SLOTS:
    void actionInvoked(uint id, const QString& action);
    void activationToken(uint id, const QString& token);
    void notificationClosed(uint id, uint reason);

private:
    void send(const QString& title, const QString& text, const QString& key);

    bool m_isListening = false;
    QMap<uint, QString> m_shown; ///< keys of what is on the screen
};

} // namespace ui
