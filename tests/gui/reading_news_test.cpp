#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QSignalSpy>
#include <QTest>
#include <QWidget>

#include "tests/gui/private_bus.h"
#include "ui/reading_news.h"

/// What the service was asked to show.
class FakeNotifications : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.Notifications")

public:
    QStringList capabilities = {QStringLiteral("actions"), QStringLiteral("body")};
    QStringList titles, texts, actions;
    uint last = 40;

public Q_SLOTS:
    QStringList GetCapabilities() const { return capabilities; }
    uint Notify(const QString& program, uint replaces, const QString& icon, const QString& title,
                const QString& text, const QStringList& offered, const QVariantMap& hints,
                int milliseconds) {
        if (program == QStringLiteral("Infolio") && replaces == 0 && milliseconds == -1 &&
            icon == QStringLiteral("org.infolio.Infolio") &&
            hints.value(QStringLiteral("desktop-entry")) == icon) {
            titles.append(title);
            texts.append(text);
            actions = offered;
        }
        return ++last;
    }

Q_SIGNALS:
    void ActionInvoked(uint id, const QString& action);
    void ActivationToken(uint id, const QString& token);
    void NotificationClosed(uint id, uint reason);
};

class ReadingNewsTest : public QObject {
    Q_OBJECT

public:
    explicit ReadingNewsTest(QString busAddress) : m_busAddress(std::move(busAddress)) {}

private Q_SLOTS:
    void doesNothingWithoutAService();
    void tellsAndShows();
    void keepsTitlesToItself();
    void escapesForServicesThatTakeMarkup();
    void keepsQuietAboutShortOnesAndInFront();

private:
    static constexpr qint64 kLong = ui::ReadingNews::kLongMs + 1;
    static QString path() { return QStringLiteral("/books/emma.pdf"); }
    static QString name() { return QStringLiteral("Emma & <Co>.pdf"); }

    /// On the bus as long as it lives.
    class Service {
    public:
        explicit Service(const QString& address)
            : m_bus(QDBusConnection::connectToBus(address, QStringLiteral("notifications"))) {
            m_bus.registerObject(QStringLiteral("/org/freedesktop/Notifications"), &fake,
                                 QDBusConnection::ExportAllSlots |
                                     QDBusConnection::ExportAllSignals);
            isThere = m_bus.registerService(QStringLiteral("org.freedesktop.Notifications"));
        }
        ~Service() { QDBusConnection::disconnectFromBus(QStringLiteral("notifications")); }
        FakeNotifications fake;
        bool isThere = false;

    private:
        QDBusConnection m_bus;
    };

    QString m_busAddress;
};

void ReadingNewsTest::doesNothingWithoutAService() {
    QWidget window;
    ui::ReadingNews news(&window);
    QSignalSpy shown(&news, &ui::ReadingNews::showRequested);
    news.tellEnded(path(), name(), kLong);
    // The bus has answered that there is nobody.
    (void)QDBusConnection::sessionBus().call(QDBusMessage::createMethodCall(
        QStringLiteral("org.freedesktop.DBus"), QStringLiteral("/"),
        QStringLiteral("org.freedesktop.DBus"), QStringLiteral("GetId")));
    QCoreApplication::processEvents();
    QCOMPARE(shown.size(), 0);
}

void ReadingNewsTest::tellsAndShows() {
    if (m_busAddress.isEmpty())
        QSKIP("There is no dbus-daemon on this machine.");
    Service service(m_busAddress);
    QVERIFY(service.isThere);
    QWidget window;
    ui::ReadingNews news(&window);
    news.setHasTitles(true);
    QSignalSpy shown(&news, &ui::ReadingNews::showRequested);
    news.tellEnded(path(), name(), kLong);
    QTRY_COMPARE(service.fake.titles.size(), 1);
    QCOMPARE(service.fake.texts.last(), QStringLiteral("“Emma & <Co>.pdf” has been read."));
    QCOMPARE(service.fake.actions, (QStringList{QStringLiteral("default"), QStringLiteral("Show"),
                                                QStringLiteral("show"), QStringLiteral("Show")}));
    news.tellFailed(QStringLiteral("/books/two.pdf"), QStringLiteral("two.pdf"), kLong);
    QTRY_COMPARE(service.fake.titles.size(), 2);
    QVERIFY(service.fake.titles[0] != service.fake.titles[1]);
    QTest::qWait(0);
    // Somebody else's is none of ours; of ours each goes to its own document.
    Q_EMIT service.fake.ActionInvoked(7, QStringLiteral("show"));
    Q_EMIT service.fake.ActivationToken(42, QStringLiteral("token-42"));
    Q_EMIT service.fake.ActionInvoked(42, QStringLiteral("show"));
    QTRY_COMPARE(shown.size(), 1);
    QCOMPARE(shown[0][0].toString(), QStringLiteral("/books/two.pdf"));
    QCOMPARE(qgetenv("XDG_ACTIVATION_TOKEN"), QByteArray("token-42"));
    // One that was closed shows nothing any more.
    Q_EMIT service.fake.NotificationClosed(41, 2);
    Q_EMIT service.fake.ActionInvoked(41, QStringLiteral("show"));
    news.tellEnded(path(), name(), kLong);
    QTRY_COMPARE(service.fake.titles.size(), 3);
    QCOMPARE(shown.size(), 1);
}

void ReadingNewsTest::keepsTitlesToItself() {
    if (m_busAddress.isEmpty())
        QSKIP("There is no dbus-daemon on this machine.");
    Service service(m_busAddress);
    QWidget window;
    ui::ReadingNews news(&window);
    news.tellEnded(path(), name(), kLong);
    news.tellFailed(path(), name(), kLong);
    QTRY_COMPARE(service.fake.texts.size(), 2);
    for (const QString& text : service.fake.texts + service.fake.titles)
        QVERIFY2(!text.contains(QStringLiteral("Emma")), qPrintable(text));
}

void ReadingNewsTest::escapesForServicesThatTakeMarkup() {
    if (m_busAddress.isEmpty())
        QSKIP("There is no dbus-daemon on this machine.");
    Service service(m_busAddress);
    service.fake.capabilities += QStringLiteral("body-markup");
    QWidget window;
    ui::ReadingNews news(&window);
    news.setHasTitles(true);
    news.tellEnded(path(), name(), kLong);
    QTRY_COMPARE(service.fake.texts,
                 QStringList{QStringLiteral("“Emma &amp; &lt;Co&gt;.pdf” has been read.")});
}

void ReadingNewsTest::keepsQuietAboutShortOnesAndInFront() {
    if (m_busAddress.isEmpty())
        QSKIP("There is no dbus-daemon on this machine.");
    Service service(m_busAddress);
    QWidget window;
    ui::ReadingNews news(&window);
    news.tellEnded(path(), name(), ui::ReadingNews::kLongMs);
    window.show();
    window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    news.tellEnded(path(), name(), kLong);
    news.tellFailed(path(), name(), kLong);
    window.hide();
    QTRY_VERIFY(!window.isActiveWindow());
    // Only this one arrives, and nothing before it.
    news.tellFailed(path(), name(), kLong);
    QTRY_COMPARE(service.fake.titles.size(), 1);
    QCOMPARE(service.fake.last, 41U);
}

int main(int argc, char** argv) {
    const fixture::PrivateBus bus;
    QApplication application(argc, argv);
    ReadingNewsTest test(bus.address());
    return QTest::qExec(&test, argc, argv);
}
#include "reading_news_test.moc"
