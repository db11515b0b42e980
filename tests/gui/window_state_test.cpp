#include <QElapsedTimer>
#include <QFile>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "ui/window_state.h"

class WindowStateTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepsEveryValue();
    void writesShortlyAfterAChange();
    void writesWhatWaitsAtTheEnd();
    void ignoresALaterVersion();
    void startsFromNothing();
    void survivesADamagedFile();

private:
    QString file() const { return m_home.filePath(QStringLiteral("window.ini")); }
    static ui::WindowValues values() {
        ui::WindowValues values;
        values.geometry = QByteArray("\0\x01geo", 5);
        values.docks = QByteArray("docks;=,\n", 9);
        values.tabs = {{QStringLiteral("aa"), 123'456'789'012, 0}, {QStringLiteral("bb"), 0, 1.25}};
        values.currentTab = 1;
        values.draft = QStringLiteral("Who,\n“she” \\ or=he?\U0001F4D6");
        values.asOf = QStringLiteral("index:5");
        values.recentFiles = {QStringLiteral("/a, b/c;d.pdf"), QStringLiteral("/e.epub")};
        return values;
    }

    QTemporaryDir m_home;
};

void WindowStateTest::keepsEveryValue() {
    {
        ui::WindowState state(file());
        state.save(values());
    }
    const ui::WindowValues loaded = ui::WindowState(file()).load();
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
    QCOMPARE(loaded.recentFiles, values().recentFiles);
}

void WindowStateTest::writesShortlyAfterAChange() {
    QFile::remove(file());
    ui::WindowState state(file());
    state.save(values());
    ui::WindowValues later = values();
    later.currentTab = 0;
    state.save(later);
    QVERIFY(!QFile::exists(file())); // a sweep of changes is written once
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(file()), 1000);
    QCOMPARE(ui::WindowState(file()).load().currentTab, 0);
}

void WindowStateTest::writesWhatWaitsAtTheEnd() {
    QFile::remove(file());
    QVERIFY(ui::WindowState(file()).load().draft.isEmpty());
    QVERIFY(!QFile::exists(file()));
    {
        ui::WindowState state(file());
        state.save(values());
    }
    QVERIFY(QFile::exists(file()));
}

void WindowStateTest::ignoresALaterVersion() {
    QFile::remove(file());
    {
        QSettings settings(file(), QSettings::IniFormat);
        settings.setValue(QStringLiteral("version"), ui::WindowState::kVersion + 1);
        settings.setValue(QStringLiteral("draft"), QStringLiteral("from the future"));
    }
    QVERIFY(ui::WindowState(file()).load().draft.isEmpty());
}

void WindowStateTest::startsFromNothing() {
    const ui::WindowValues loaded =
        ui::WindowState(m_home.filePath(QStringLiteral("none.ini"))).load();
    QVERIFY(loaded.geometry.isEmpty() && loaded.tabs.isEmpty() && loaded.draft.isEmpty());
}

void WindowStateTest::survivesADamagedFile() {
    QFile broken(m_home.filePath(QStringLiteral("broken.ini")));
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write(QByteArray("[tabs\nsize=999999999\n\x80\xff=\n", 26));
    broken.close();
    QVERIFY(ui::WindowState(broken.fileName()).load().draft.isEmpty());
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write("version=1\n[tabs]\nsize=2000000000\n");
    broken.close();
    QVERIFY(ui::WindowState(broken.fileName()).load().tabs.size() < 10'000);
}

QTEST_GUILESS_MAIN(WindowStateTest)
#include "window_state_test.moc"
