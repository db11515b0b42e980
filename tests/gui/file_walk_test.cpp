#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

#include "ui/file_walk.h"

class FileWalkTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void takesAFileWhateverItsName();
    void takesAFolderApart();
    void endsWhereLinksLeadInCircles();
    void opensAFolderOnceForTwoLinks();
    void survivesWhatCannotBeOpened();
    void knowsNamesOfBooks_data();
    void knowsNamesOfBooks();

private:
    struct Result {
        QStringList found, skipped;
        int count = -1;
    };

    static void write(const QTemporaryDir& home, const char* name) {
        const QString path = home.filePath(QString::fromLatin1(name));
        QDir().mkpath(QFileInfo(path).path());
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
    }

    static Result walk(const QStringList& paths) {
        ui::FileWalk walk;
        Result result;
        connect(&walk, &ui::FileWalk::found, &walk,
                [&](const QStringList& files) { result.found += files; });
        connect(&walk, &ui::FileWalk::finished, &walk, [&](int count, const QStringList& skipped) {
            result.count = count;
            result.skipped = skipped;
        });
        walk.start(paths);
        if (!QTest::qWaitFor([&] { return result.count >= 0; }))
            qWarning("The walk does not end.");
        std::ranges::sort(result.found);
        return result;
    }
};

void FileWalkTest::takesAFileWhateverItsName() {
    const QTemporaryDir home;
    write(home, "letter.xyz");
    const Result result = walk({home.filePath(QStringLiteral("letter.xyz"))});
    QCOMPARE(result.found, QStringList{home.filePath(QStringLiteral("letter.xyz"))});
    QCOMPARE(result.count, 1);
    QVERIFY(result.skipped.isEmpty());
}

void FileWalkTest::takesAFolderApart() {
    const QTemporaryDir home;
    for (const char* name : {"shelf/a.pdf", "shelf/deep/er/b.EPUB", "shelf/deep/c.exe", "d.md"})
        write(home, name);
    const Result result =
        walk({home.filePath(QStringLiteral("shelf")), home.filePath(QStringLiteral("d.md"))});
    QCOMPARE(result.found, (QStringList{home.filePath(QStringLiteral("d.md")),
                                        home.filePath(QStringLiteral("shelf/a.pdf")),
                                        home.filePath(QStringLiteral("shelf/deep/er/b.EPUB"))}));
    QCOMPARE(result.count, 3);
    QCOMPARE(result.skipped, QStringList{home.filePath(QStringLiteral("shelf/deep/c.exe"))});
}

void FileWalkTest::endsWhereLinksLeadInCircles() {
    const QTemporaryDir home;
    write(home, "shelf/deep/a.pdf");
    QVERIFY(QFile::link(home.filePath(QStringLiteral("shelf")),
                        home.filePath(QStringLiteral("shelf/deep/again"))));
    const Result result = walk({home.filePath(QStringLiteral("shelf"))});
    QCOMPARE(result.found, QStringList{home.filePath(QStringLiteral("shelf/deep/a.pdf"))});
}

void FileWalkTest::opensAFolderOnceForTwoLinks() {
    const QTemporaryDir home;
    write(home, "books/a.pdf");
    write(home, "shelf/b.pdf");
    for (const char* link : {"shelf/one", "shelf/two"})
        QVERIFY(QFile::link(home.filePath(QStringLiteral("books")),
                            home.filePath(QString::fromLatin1(link))));
    QCOMPARE(walk({home.filePath(QStringLiteral("shelf"))}).count, 2);
}

void FileWalkTest::survivesWhatCannotBeOpened() {
    const QTemporaryDir home;
    write(home, "shelf/a.pdf");
    QVERIFY(QFile::link(home.filePath(QStringLiteral("nowhere.pdf")),
                        home.filePath(QStringLiteral("shelf/broken.pdf"))));
    const Result result = walk({home.filePath(QStringLiteral("shelf"))});
    QCOMPARE(result.found, QStringList{home.filePath(QStringLiteral("shelf/a.pdf"))});
    // A path that leads nowhere is for the engine to speak about.
    QCOMPARE(walk({QStringLiteral("/nowhere/lost.pdf")}).count, 1);
    QCOMPARE(walk({}).count, 0);
}

void FileWalkTest::knowsNamesOfBooks_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("isBook");
    for (const char* name : {"a.pdf", "a.PDF", "a.b.epub", "a.txt", "a.text", "a.md", "a.markdown"})
        QTest::addRow("%s", name) << QString::fromLatin1(name) << true;
    for (const char* name : {"a", "pdf", "a.exe", "a.pdf.exe", "a.docx", ""})
        QTest::addRow("no %s", name) << QString::fromLatin1(name) << false;
}

void FileWalkTest::knowsNamesOfBooks() {
    QFETCH(QString, name);
    QTEST(ui::FileWalk::hasNameOfABook(name), "isBook");
}

QTEST_GUILESS_MAIN(FileWalkTest)
#include "file_walk_test.moc"
