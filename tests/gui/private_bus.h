#pragma once
/// A message bus of a test's own, so that no desktop is needed and none is asked. Make it before
/// the application.

#include <QProcess>

namespace fixture {

class PrivateBus {
public:
    PrivateBus() {
        qunsetenv("DBUS_SESSION_BUS_ADDRESS");
        m_daemon.start(QStringLiteral("dbus-daemon"),
                       {QStringLiteral("--session"), QStringLiteral("--nofork"),
                        QStringLiteral("--print-address=1")});
        if (m_daemon.waitForStarted() && m_daemon.waitForReadyRead())
            m_address = QString::fromLatin1(m_daemon.readLine()).trimmed();
        // Without a daemon the address leads nowhere, as on a machine without a bus.
        qputenv("DBUS_SESSION_BUS_ADDRESS",
                m_address.isEmpty() ? "unix:path=/nowhere" : m_address.toLatin1());
    }
    ~PrivateBus() {
        m_daemon.kill();
        m_daemon.waitForFinished();
    }
    [[nodiscard]] QString address() const { return m_address; }

private:
    QProcess m_daemon;
    QString m_address;
};

} // namespace fixture
