#include <QDataStream>
#include <QDir>
#include <QFile>
#include <QLocalServer>
#include <QLocalSocket>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "ui/single_instance.h"

/// A second process is this program again, told by its first argument what to do.
class SingleInstanceTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void handsFilesToTheFirst();
    void keepsLibrariesApart();
    void takesOverFromAKilledProcess();
    void refusesAMessageThatIsTooLong();
    void survivesForeignMessages();
    void saysThatNobodyAnswers();
    void doesWithoutAPlaceForTheLock();

private:
    static constexpr int kMostBytes = 1 << 20;
    QString library() const { return m_home.filePath(QStringLiteral("library")); }
    QString socket() const {
        const QStringList sockets =
            QDir(m_home.path())
                .entryList({QStringLiteral("infolio-*")}, QDir::System | QDir::Files)
                .filter(QRegularExpression(QStringLiteral("-[0-9a-f]+$")));
        return sockets.isEmpty() ? QString() : m_home.filePath(sockets.first());
    }
    void send(const QByteArray& bytes) {
        QLocalSocket socket;
        socket.connectToServer(this->socket());
        QVERIFY(socket.waitForConnected());
        qint64 sent = 0;
        // The first instance lives in this thread, so it needs its turns.
        QTRY_VERIFY(socket.state() != QLocalSocket::ConnectedState || sent == bytes.size() || [&] {
            const qint64 now = socket.write(bytes.mid(sent, 1 << 16));
            sent += std::max<qint64>(now, 0);
            socket.flush();
            return false;
        }());
        socket.disconnectFromServer();
        QTRY_COMPARE(socket.state(), QLocalSocket::UnconnectedState);
    }

    QTemporaryDir m_home;
};

void SingleInstanceTest::handsFilesToTheFirst() {
    ui::SingleInstance first(library(), m_home.path());
    QVERIFY(first.isFirst());
    QSignalSpy received(&first, &ui::SingleInstance::received);
    const QStringList paths = {QStringLiteral("/books/Émma & co.pdf"), QStringLiteral("/b")};
    ui::SingleInstance second(library(), m_home.path());
    QVERIFY(!second.isFirst());
    QVERIFY(second.hand(paths, QStringLiteral("token")));
    QTRY_COMPARE(received.size(), 1);
    QCOMPARE(received[0][0].toStringList(), paths);
    QCOMPARE(received[0][1].toString(), QStringLiteral("token"));
    // Without files it is a wish to see the window; and several at once all arrive.
    for (int i = 0; i < 5; ++i)
        QVERIFY(second.hand({}, QString()));
    QTRY_COMPARE(received.size(), 6);
    QVERIFY(received[5][0].toStringList().isEmpty());
}

void SingleInstanceTest::keepsLibrariesApart() {
    ui::SingleInstance one(library(), m_home.path());
    ui::SingleInstance other(library() + QStringLiteral("2"), m_home.path());
    QVERIFY(one.isFirst());
    QVERIFY(other.isFirst());
    ui::SingleInstance same(library() + QStringLiteral("/../library/"), m_home.path());
    QVERIFY(!same.isFirst());
}

void SingleInstanceTest::takesOverFromAKilledProcess() {
    QProcess other;
    other.start(QCoreApplication::applicationFilePath(),
                {QStringLiteral("--hold"), library(), m_home.path()});
    QVERIFY(other.waitForStarted());
    QTRY_VERIFY(other.canReadLine());
    QCOMPARE(other.readLine(), QByteArray("first\n"));
    ui::SingleInstance mine(library(), m_home.path());
    QVERIFY(!mine.isFirst());
    other.kill();
    QVERIFY(other.waitForFinished());
    QVERIFY(!socket().isEmpty()); // it lies there still
    QVERIFY(mine.isFirst());
    QSignalSpy received(&mine, &ui::SingleInstance::received);
    QVERIFY(ui::SingleInstance(library(), m_home.path()).hand({QStringLiteral("/a")}, {}));
    QTRY_COMPARE(received.size(), 1);
}

void SingleInstanceTest::refusesAMessageThatIsTooLong() {
    ui::SingleInstance first(library(), m_home.path());
    QVERIFY(first.isFirst());
    QSignalSpy received(&first, &ui::SingleInstance::received);
    const ui::SingleInstance second(library(), m_home.path());
    QVERIFY(!second.hand({QString(kMostBytes, u'x')}, {}));
    QByteArray message;
    QDataStream out(&message, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_0);
    out << quint32{1} << QString() << QStringList{QString(kMostBytes, u'x')};
    send(message);
    QVERIFY(second.hand({QStringLiteral("/a")}, {}));
    QTRY_COMPARE(received.size(), 1);
    QCOMPARE(received[0][0].toStringList(), QStringList{QStringLiteral("/a")});
}

void SingleInstanceTest::survivesForeignMessages() {
    ui::SingleInstance first(library(), m_home.path());
    QVERIFY(first.isFirst());
    QSignalSpy received(&first, &ui::SingleInstance::received);
    send({});
    send("GET / HTTP/1.0\r\n\r\n");
    QByteArray cut;
    QDataStream out(&cut, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_0);
    out << quint32{1} << QString() << quint32{4'000'000'000};
    send(cut);
    QByteArray later;
    QDataStream next(&later, QIODevice::WriteOnly);
    next.setVersion(QDataStream::Qt_6_0);
    next << quint32{2} << QString() << QStringList{QStringLiteral("/a")};
    send(later);
    QVERIFY(ui::SingleInstance(library(), m_home.path()).hand({QStringLiteral("/b")}, {}));
    QTRY_COMPARE(received.size(), 1);
    QCOMPARE(received[0][0].toStringList(), QStringList{QStringLiteral("/b")});
}

void SingleInstanceTest::saysThatNobodyAnswers() {
    const QTemporaryDir empty;
    QVERIFY(!ui::SingleInstance(library(), empty.path()).hand({}, {}));
}

void SingleInstanceTest::doesWithoutAPlaceForTheLock() {
    ui::SingleInstance one(library(), QStringLiteral("/nowhere/at/all"));
    QVERIFY(one.isFirst());
}

int main(int argc, char** argv) {
    QCoreApplication application(argc, argv);
    const QStringList words = QCoreApplication::arguments();
    if (words.size() == 4 && words[1] == u"--hold") {
        ui::SingleInstance instance(words[2], words[3]);
        std::puts(instance.isFirst() ? "first" : "second");
        std::fflush(stdout);
        return QCoreApplication::exec();
    }
    SingleInstanceTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "single_instance_test.moc"
