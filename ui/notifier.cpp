#include "ui/notifier.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QVariantMap>

#include <utility>

namespace ui {
namespace {

QString service() {
    return QStringLiteral("org.freedesktop.Notifications");
}
QString path() {
    return QStringLiteral("/org/freedesktop/Notifications");
}

QDBusMessage call(const char* method) {
    return QDBusMessage::createMethodCall(service(), path(), service(),
                                          QString::fromLatin1(method));
}

} // namespace

Notifier::Notifier(QObject* parent) : QObject(parent) {}

void Notifier::notify(const QString& title, const QString& text, const QString& key) {
    QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected())
        return;
    if (!std::exchange(m_isListening, true)) {
        // Without the service's name: with it QtDBus asks the bus who owns it, and waits.
        bus.connect(QString(), path(), service(), QStringLiteral("ActionInvoked"), this,
                    SLOT(actionInvoked(uint, QString)));
        bus.connect(QString(), path(), service(), QStringLiteral("ActivationToken"), this,
                    SLOT(activationToken(uint, QString)));
        bus.connect(QString(), path(), service(), QStringLiteral("NotificationClosed"), this,
                    SLOT(notificationClosed(uint, uint)));
    }
    // Some services take the text for markup and some do not; each says which.
    auto* asked = new QDBusPendingCallWatcher(bus.asyncCall(call("GetCapabilities")), this);
    connect(asked, &QDBusPendingCallWatcher::finished, this,
            [this, title, text, key](QDBusPendingCallWatcher* watcher) {
                watcher->deleteLater();
                const QDBusPendingReply<QStringList> reply = *watcher;
                if (reply.isError())
                    return;
                const bool hasMarkup = reply.value().contains(QStringLiteral("body-markup"));
                send(title, hasMarkup ? text.toHtmlEscaped() : text, key);
            });
}

void Notifier::send(const QString& title, const QString& text, const QString& key) {
    QDBusMessage message = call("Notify");
    const QVariantMap hints{
        {QStringLiteral("desktop-entry"), QStringLiteral("org.infolio.Infolio")}};
    constexpr uint kReplacesNone = 0;
    constexpr int kUsualTime = -1;
    message << QStringLiteral("Infolio") << kReplacesNone << QStringLiteral("org.infolio.Infolio")
            << title << text
            << QStringList{QStringLiteral("default"), tr("Show"), QStringLiteral("show"),
                           tr("Show")}
            << hints << kUsualTime;
    auto* sent =
        new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(message), this);
    connect(sent, &QDBusPendingCallWatcher::finished, this,
            [this, key](QDBusPendingCallWatcher* watcher) {
                watcher->deleteLater();
                if (const QDBusPendingReply<uint> reply = *watcher; !reply.isError())
                    m_shown.insert(reply.value(), key);
            });
}

void Notifier::actionInvoked(uint id, const QString& /*action*/) {
    // Other programs' notifications are signalled here as well.
    if (m_shown.contains(id))
        Q_EMIT showRequested(m_shown.take(id));
}

void Notifier::activationToken(uint id, const QString& token) {
    // On Wayland a window comes forward only with the token, which comes before the action.
    if (m_shown.contains(id))
        qputenv("XDG_ACTIVATION_TOKEN", token.toUtf8());
}

void Notifier::notificationClosed(uint id, uint /*reason*/) {
    m_shown.remove(id);
}

} // namespace ui
