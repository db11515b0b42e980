#include "ui/single_instance.h"

#include <QCryptographicHash>
#include <QDataStream>
#include <QDir>
#include <QFileInfo>
#include <QLocalSocket>

namespace ui {
namespace {

constexpr quint32 kVersion = 1;
constexpr qint64 kMostBytes = 1 << 20;
constexpr int kPatienceMs = 2000;

QString placeOf(const QString& library, const QString& folder) {
    const QByteArray name =
        QCryptographicHash::hash(QDir::cleanPath(QFileInfo(library).absoluteFilePath()).toUtf8(),
                                 QCryptographicHash::Sha256)
            .toHex()
            .left(16);
    return QDir(folder).filePath(QStringLiteral("infolio-") + QString::fromLatin1(name));
}

} // namespace

SingleInstance::SingleInstance(const QString& library, const QString& runtimeFolder,
                               QObject* parent)
    : QObject(parent), m_socket(placeOf(library, runtimeFolder)),
      m_lock(m_socket + QStringLiteral(".lock")) {
    m_lock.setStaleLockTime(0); // held as long as the process lives
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, &SingleInstance::accept);
}

bool SingleInstance::isFirst() {
    if (!m_lock.tryLock(0))
        return m_lock.error() != QLockFile::LockFailedError; // no place for a lock: do without
    // A socket that lies here belongs to a process that was killed: the lock is ours.
    QLocalServer::removeServer(m_socket);
    m_server.listen(m_socket);
    return true;
}

bool SingleInstance::hand(const QStringList& paths, const QString& activationToken) const {
    QByteArray message;
    QDataStream out(&message, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_0);
    out << kVersion << activationToken << paths;
    if (message.size() > kMostBytes)
        return false;
    QLocalSocket socket;
    socket.connectToServer(m_socket);
    if (!socket.waitForConnected(kPatienceMs))
        return false;
    socket.write(message);
    socket.flush();
    socket.disconnectFromServer();
    return socket.state() == QLocalSocket::UnconnectedState ||
           socket.waitForDisconnected(kPatienceMs);
}

void SingleInstance::accept() {
    QLocalSocket* socket = m_server.nextPendingConnection();
    connect(socket, &QLocalSocket::readyRead, this, [socket] {
        if (socket->bytesAvailable() > kMostBytes)
            socket->abort();
    });
    connect(socket, &QLocalSocket::disconnected, this, [this, socket] {
        socket->deleteLater();
        QDataStream in(socket->read(kMostBytes));
        in.setVersion(QDataStream::Qt_6_0);
        quint32 version = 0;
        QString token;
        QStringList paths;
        in >> version;
        if (version != kVersion)
            return;
        in >> token >> paths;
        if (in.status() == QDataStream::Ok)
            Q_EMIT received(paths, token);
    });
}

} // namespace ui
