#include <QFile>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "ui/settings.h"

class SettingsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { QVERIFY(m_folder.isValid()); }
    void hasDefaults();
    void comesBackAsItWas();
    void mendsBadValues();
    void leavesNewerFilesAlone();
    void saysWhenItCannotBeSaved();

private:
    [[nodiscard]] QString path(const char* name) const {
        return m_folder.filePath(QString::fromLatin1(name));
    }
    void write(const QString& path, const char* text) const {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }
    QTemporaryDir m_folder;
};

void SettingsTest::hasDefaults() {
    QCOMPARE(ui::Settings::load(path("none.ini")), ui::Settings());
    QCOMPARE(ui::Settings().validated(), ui::Settings());
}

void SettingsTest::comesBackAsItWas() {
    ui::Settings all;
    all.segmentTokens = 512;
    all.snapshotEvery = 3;
    all.recognize = ui::Settings::Recognize::Always;
    all.recognizeLanguage = QStringLiteral("eng+deu");
    all.threads = 2;
    all.device = QStringLiteral("cuda:1");
    all.evidenceCount = 9;
    all.isStrict = true;
    all.maxTokens = 320;
    all.hasSeed = true;
    all.seed = 7;
    all.modelPath = QStringLiteral("/models/ä, b.gguf");
    all.adapterPath = QStringLiteral("/models/a.safetensors");
    all.libraryPath = QStringLiteral("/books");
    all.theme = ui::Look::Dark;
    all.textPercent = 150;
    all.invertPages = true;
    all.keepHistory = false;
    all.isReaderOnly = true;
    all.hasTitlesInNotifications = true;
    QVERIFY(all.save(path("all.ini")));
    bool isNewer = true;
    QCOMPARE(ui::Settings::load(path("all.ini"), &isNewer), all);
    QVERIFY(!isNewer);
}

void SettingsTest::mendsBadValues() {
    write(path("bad.ini"), "schema=1\n[reading]\nsegment_tokens=1000\nsnapshot_every=-4\n"
                           "threads=many\ndevice=tpu\nrecognize=perhaps\n"
                           "recognize_language=eng; rm\n[answers]\nevidence=99\nstrict=2\n"
                           "[look]\ntheme=blue\ntext_percent=900\n[privacy]\nkeep_history=no\n");
    const ui::Settings mended = ui::Settings::load(path("bad.ini"));
    QCOMPARE(mended.segmentTokens, 960);
    QCOMPARE(mended.snapshotEvery, 1);
    QCOMPARE(mended.threads, 0);
    QCOMPARE(mended.device, QStringLiteral("auto"));
    QVERIFY(mended.recognize == ui::Settings::Recognize::Auto);
    QCOMPARE(mended.recognizeLanguage, QStringLiteral("eng"));
    QCOMPARE(mended.evidenceCount, 20);
    QVERIFY(!mended.isStrict);
    QVERIFY(mended.theme == ui::Look::System);
    QCOMPARE(mended.textPercent, 200);
    QVERIFY(mended.keepHistory);
}

void SettingsTest::leavesNewerFilesAlone() {
    const char* text = "schema=2\n[look]\ntheme=dark\n";
    write(path("newer.ini"), text);
    bool isNewer = false;
    QCOMPARE(ui::Settings::load(path("newer.ini"), &isNewer), ui::Settings());
    QVERIFY(isNewer);
    QVERIFY(!ui::Settings().save(path("newer.ini")));
    QFile file(path("newer.ini"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), QByteArray(text));
}

void SettingsTest::saysWhenItCannotBeSaved() {
    write(path("plain"), "x");
    QVERIFY(!ui::Settings().save(path("plain") + QStringLiteral("/settings.ini")));
}

QTEST_MAIN(SettingsTest)
#include "settings_test.moc"
