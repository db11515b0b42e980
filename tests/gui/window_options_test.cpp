#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include "app/window_options.h"

class WindowOptionsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void takesWhatIsFound();
    void takesWhatWasSet();
    void theEnvironmentBeatsWhatWasSet();
    void whatWasChosenSinceBeatsTheEnvironment();
    void namesAVariableWithoutSense();
    void leavesAMissingModelToTheWindow();
    void saysWhichPathNeedsTheFolderThatIsGone();

private:
    static ui::Settings settings();
    QTemporaryDir m_home;
};

/// As on a machine on which nothing is found and nothing said.
void WindowOptionsTest::init() {
    QVERIFY(m_home.isValid());
    for (const char* name : {"HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"})
        qputenv(name, m_home.path().toUtf8());
    for (const char* name :
         {"LIBRARY", "MODEL", "ADAPTER", "MODE", "WEIGHTS", "DEVICE", "THREADS", "SEGMENT", "SEED"})
        qunsetenv((QByteArray("INFOLIO_") + name).constData());
}

ui::Settings WindowOptionsTest::settings() {
    ui::Settings settings;
    settings.libraryPath = QStringLiteral("/set/library");
    settings.modelPath = QStringLiteral("/set/ä.gguf");
    settings.adapterPath = QStringLiteral("/set/a.safetensors");
    settings.device = QStringLiteral("cpu");
    settings.threads = 3;
    settings.segmentTokens = 512;
    settings.snapshotEvery = 5;
    return settings;
}

void WindowOptionsTest::takesWhatIsFound() {
    const engine::Options options = app::windowOptions({}, nullptr);
    QCOMPARE(options.libraryPath, m_home.filePath(QStringLiteral("infolio/library")).toStdString());
    QCOMPARE(options.adapterPath, std::string());
    QCOMPARE(options.device, std::string("auto"));
    QCOMPARE(options.mode, std::string("infini-linear"));
    QCOMPARE(options.dtype, std::string("bf16"));
    QCOMPARE(options.threads, 0);
    QCOMPARE(options.segmentTokens, 1024);
    QCOMPARE(options.snapshotEvery, 8);
    qputenv("INFOLIO_LIBRARY", "");
    QCOMPARE(app::windowOptions({}, nullptr).libraryPath, options.libraryPath);
}

void WindowOptionsTest::takesWhatWasSet() {
    const engine::Options options = app::windowOptions(settings(), nullptr);
    QCOMPARE(options.libraryPath, std::string("/set/library"));
    QCOMPARE(options.modelPath, std::string("/set/ä.gguf"));
    QCOMPARE(options.adapterPath, std::string("/set/a.safetensors"));
    QCOMPARE(options.device, std::string("cpu"));
    QCOMPARE(options.threads, 3);
    QCOMPARE(options.segmentTokens, 512);
    QCOMPARE(options.snapshotEvery, 5);
}

void WindowOptionsTest::theEnvironmentBeatsWhatWasSet() {
    qputenv("INFOLIO_LIBRARY", "/said/./library");
    qputenv("INFOLIO_MODEL", "/said/m.gguf");
    qputenv("INFOLIO_ADAPTER", "none");
    qputenv("INFOLIO_MODE", "local");
    qputenv("INFOLIO_WEIGHTS", "int8");
    qputenv("INFOLIO_DEVICE", "cuda:1");
    qputenv("INFOLIO_THREADS", "2");
    qputenv("INFOLIO_SEGMENT", "256");
    qputenv("INFOLIO_SEED", "nonsense"); // of the command line alone
    const engine::Options options = app::windowOptions(settings(), nullptr);
    QCOMPARE(options.libraryPath, std::string("/said/library"));
    QCOMPARE(options.modelPath, std::string("/said/m.gguf"));
    QCOMPARE(options.adapterPath, std::string("none"));
    QCOMPARE(options.mode, std::string("local"));
    QCOMPARE(options.dtype, std::string("int8"));
    QCOMPARE(options.device, std::string("cuda:1"));
    QCOMPARE(options.threads, 2);
    QCOMPARE(options.segmentTokens, 256);
    QCOMPARE(options.snapshotEvery, 5);
}

void WindowOptionsTest::whatWasChosenSinceBeatsTheEnvironment() {
    theEnvironmentBeatsWhatWasSet();
    const ui::Settings before = settings();
    // Another library is chosen even when it is the one that had been set.
    engine::Options options = app::windowOptions(before, &before);
    QCOMPARE(options.libraryPath, std::string("/set/library"));
    QCOMPARE(options.modelPath, std::string("/said/m.gguf"));
    QCOMPARE(options.threads, 2);
    ui::Settings now = before;
    now.modelPath = QStringLiteral("/chosen/m.gguf");
    now.adapterPath.clear();
    now.device = QStringLiteral("auto");
    now.threads = 4;
    now.segmentTokens = 1024;
    options = app::windowOptions(now, &before);
    QCOMPARE(options.modelPath, std::string("/chosen/m.gguf"));
    QCOMPARE(options.adapterPath, std::string());
    QCOMPARE(options.device, std::string("auto"));
    QCOMPARE(options.threads, 4);
    QCOMPARE(options.segmentTokens, 1024);
    QCOMPARE(options.mode, std::string("local"));
}

void WindowOptionsTest::namesAVariableWithoutSense() {
    qputenv("INFOLIO_THREADS", "many");
    try {
        (void)app::windowOptions({}, nullptr);
        QFAIL("nothing was thrown");
    } catch (const engine::Error& error) {
        QCOMPARE(error.code(), engine::Code::WrongUse);
        QVERIFY2(QByteArray(error.what()).startsWith("INFOLIO_THREADS is 'many'"), error.what());
    }
}

void WindowOptionsTest::leavesAMissingModelToTheWindow() {
    qputenv("INFOLIO_MODEL", "/no/such.gguf");
    QCOMPARE(app::windowOptions({}, nullptr).modelPath, std::string("/no/such.gguf"));
}

void WindowOptionsTest::saysWhichPathNeedsTheFolderThatIsGone() {
    const QString before = QDir::currentPath();
    const QString gone = m_home.filePath(QStringLiteral("gone"));
    QVERIFY(QDir().mkdir(gone) && QDir::setCurrent(gone) && QDir().rmdir(gone));
    const auto trouble = [](const ui::Settings& settings) -> QByteArray {
        try {
            (void)app::windowOptions(settings, nullptr);
        } catch (const engine::Error& error) {
            return error.code() == engine::Code::WrongUse ? error.what() : "another code";
        }
        return {};
    };
    const QByteArray usual = trouble({}); // whose path is whole
    ui::Settings relative;
    relative.libraryPath = QStringLiteral("books");
    const QByteArray set = trouble(relative);
    qputenv("INFOLIO_LIBRARY", "books");
    const QByteArray said = trouble({});
    QVERIFY(QDir::setCurrent(before));
    QCOMPARE(usual, QByteArray());
    QVERIFY2(set.startsWith("The folder of the library is 'books'"), set.constData());
    QVERIFY2(said.startsWith("INFOLIO_LIBRARY is 'books'"), said.constData());
}

QTEST_GUILESS_MAIN(WindowOptionsTest)
#include "window_options_test.moc"
