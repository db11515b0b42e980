#include <QFile>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include "ui/window_state.h"

class WindowStateTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepsEveryValue();
    void writesShortlyAfterAChange();
    void writesWhileChangesGoOn();
    void flushesWhatWaits();
    void ignoresALaterVersion();
    void startsFromNothing();
    void survivesADamagedFile();

private:
    QString file() const { return m_home.filePath(QStringLiteral("window.ini")); }
    static ui::WindowValues load(const QString& path) {
        return ui::WindowState(path, [] { return ui::WindowValues(); }).load();
    }
    static ui::WindowValues values() {
        ui::WindowValues values;
        values.geometry = QByteArray("\0\x01geo", 5);
        values.docks = QByteArray("docks;=,\n", 9);
        values.tabs = {{QStringLiteral("aa"), 123'456'789'012, 0}, {QStringLiteral("bb"), 0, 1.25}};
        values.currentTab = 1;
        values.draft = QStringLiteral("Who,\n“she” \\ or=he?\U0001F4D6");
        values.asOf = QStringLiteral("index:5");
        return values;
    }

    QTemporaryDir m_home;
};

void WindowStateTest::keepsEveryValue() {
    {
        ui::WindowState state(file(), values);
        state.change();
        state.flush();
    }
    const ui::WindowValues loaded = load(file());
    QCOMPARE(loaded.geometry, values().geometry);
    QCOMPARE(loaded.docks, values().docks);
    QCOMPARE(loaded.tabs.size(), 2);
    for (int i = 0; i < 2; ++i) {
        QCOMPARE(loaded.tabs[i].document, values().tabs[i].document);
        QCOMPARE(loaded.tabs[i].offset, values().tabs[i].offset);
        QCOMPARE(loaded.tabs[i].zoom, values().tabs[i].zoom);
    }
    QCOMPARE(loaded.currentTab, 1);
    QCOMPARE(loaded.draft, values().draft);
    QCOMPARE(loaded.asOf, values().asOf);
}

void WindowStateTest::writesShortlyAfterAChange() {
    QFile::remove(file());
    int collected = 0;
    ui::WindowState state(file(), [&] {
        ui::WindowValues now = values();
        now.currentTab = ++collected;
        return now;
    });
    for (int i = 0; i < 100; ++i)
        state.change();
    QCOMPARE(collected, 0); // a sweep of scroll steps costs nothing
    QVERIFY(!QFile::exists(file()));
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(file()), 1000);
    QCOMPARE(collected, 1);
    QCOMPARE(load(file()).currentTab, 1);
    state.change();
    QTRY_COMPARE(load(file()).currentTab, 2);
}

void WindowStateTest::writesWhileChangesGoOn() {
    QFile::remove(file());
    ui::WindowState state(file(), values);
    QTimer scrolling;
    connect(&scrolling, &QTimer::timeout, &state, &ui::WindowState::change);
    scrolling.start(20);
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(file()), 2000);
}

void WindowStateTest::flushesWhatWaits() {
    QFile::remove(file());
    ui::WindowState state(file(), values);
    state.flush();
    QVERIFY(!QFile::exists(file())); // nothing has changed
    state.change();
    state.flush();
    QVERIFY(QFile::exists(file()));
}

void WindowStateTest::ignoresALaterVersion() {
    QFile::remove(file());
    {
        QSettings settings(file(), QSettings::IniFormat);
        settings.setValue(QStringLiteral("version"), ui::WindowState::kVersion + 1);
        settings.setValue(QStringLiteral("draft"), QStringLiteral("from the future"));
    }
    QVERIFY(load(file()).draft.isEmpty());
}

void WindowStateTest::startsFromNothing() {
    const ui::WindowValues loaded = load(m_home.filePath(QStringLiteral("none.ini")));
    QVERIFY(loaded.geometry.isEmpty() && loaded.tabs.isEmpty() && loaded.draft.isEmpty());
}

void WindowStateTest::survivesADamagedFile() {
    QFile broken(m_home.filePath(QStringLiteral("broken.ini")));
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write(QByteArray("[tabs\nsize=999999999\n\x80\xff=\n", 26));
    broken.close();
    QVERIFY(load(broken.fileName()).draft.isEmpty());
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write("version=1\n[tabs]\nsize=2000000000\n");
    broken.close();
    QVERIFY(load(broken.fileName()).tabs.size() < 10'000);
}

QTEST_GUILESS_MAIN(WindowStateTest)
#include "window_state_test.moc"
