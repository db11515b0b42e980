#pragma once
/// One window for each library: a second start hands its files to the first and ends. The lock
/// decides who is first; a local socket of this user carries the message.

#include <QLocalServer>
#include <QLockFile>
#include <QObject>
#include <QStringList>

#include <memory>

namespace ui {

class SingleInstance : public QObject {
    Q_OBJECT

public:
    /// `library` names what is shared; `runtimeFolder` holds lock and socket and belongs to this
    /// user alone.
    SingleInstance(const QString& library, const QString& runtimeFolder, QObject* parent = nullptr);

    /// True when no other window has this library. Listens from then on.
    [[nodiscard]] bool isFirst();
    /// Hands absolute paths and the desktop's activation token to the first window. False when it
    /// does not answer within two seconds.
    [[nodiscard]] bool hand(const QStringList& paths, const QString& activationToken) const;

Q_SIGNALS:
    /// Another start wants these files read, and the window in front.
    void received(const QStringList& paths, const QString& activationToken);

private:
    void accept();

    QString m_socket;
    QLockFile m_lock;
    QLocalServer m_server;
};

} // namespace ui
