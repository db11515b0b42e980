#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "ui/export_dialog.h"

class ExportDialogTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void proposesAFile();
    void offersOnlyWhatCanBeWritten();
    void followsTheFormat();
    void asksBeforeItReplaces();
    void refusesNamesThatCannotBe();
    void staysOpenOnTrouble();

private:
    template <class Widget> static Widget* find(const ui::ExportDialog& dialog, const char* name) {
        return dialog.findChild<Widget*>(QString::fromLatin1(name));
    }
    static void choose(const ui::ExportDialog& dialog, const char* format) {
        auto* box = find<QComboBox>(dialog, "exportFormat");
        box->setCurrentIndex(box->findData(QString::fromLatin1(format)));
    }
    QTemporaryDir m_folder;
};

void ExportDialogTest::proposesAFile() {
    ui::ExportDialog dialog;
    dialog.setDocument(QStringLiteral("../Vol. 2: \"Emma\"/x\n"), m_folder.path());
    QCOMPARE(dialog.choice().path, m_folder.filePath(QStringLiteral("Vol. 2 Emma x.md")));
    QVERIFY(dialog.choice().what == engine::ExportRequest::What::All);
    dialog.setWhat(engine::ExportRequest::What::Summaries);
    QSignalSpy requested(&dialog, &ui::ExportDialog::exportRequested);
    find<QPushButton>(dialog, "exportGo")->click();
    QCOMPARE(requested.size(), 1);
    const auto choice = requested[0][0].value<ui::ExportChoice>();
    QVERIFY(choice.what == engine::ExportRequest::What::Summaries);
    QCOMPARE(choice.format, QStringLiteral("md"));
    QVERIFY(!choice.mayReplace);
}

void ExportDialogTest::offersOnlyWhatCanBeWritten() {
    ui::ExportDialog dialog;
    auto* box = find<QComboBox>(dialog, "exportFormat");
    QCOMPARE(box->count(), 3);
    dialog.setFormats({QStringLiteral("html"), QStringLiteral("pdf")});
    QCOMPARE(box->count(), 5);
    choose(dialog, "pdf");
    QCOMPARE(dialog.choice().format, QStringLiteral("pdf"));
    dialog.setFormats({});
    QCOMPARE(dialog.choice().format, QStringLiteral("md"));
}

void ExportDialogTest::followsTheFormat() {
    ui::ExportDialog dialog;
    dialog.setDocument(QStringLiteral("Vol. 2"), m_folder.path());
    choose(dialog, "json");
    QCOMPARE(dialog.choice().path, m_folder.filePath(QStringLiteral("Vol. 2.json")));
    dialog.setPath(m_folder.filePath(QStringLiteral("own.txt")));
    QCOMPARE(dialog.choice().format, QStringLiteral("txt"));
    choose(dialog, "md");
    QCOMPARE(dialog.choice().path, m_folder.filePath(QStringLiteral("own.md")));
    dialog.setPath(m_folder.filePath(QStringLiteral("own.name")));
    QCOMPARE(dialog.choice().path, m_folder.filePath(QStringLiteral("own.name.md")));
}

void ExportDialogTest::asksBeforeItReplaces() {
    QFile file(m_folder.filePath(QStringLiteral("there.md")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.close();
    ui::ExportDialog dialog;
    dialog.setDocument(QStringLiteral("Emma"), m_folder.path());
    dialog.show();
    QSignalSpy requested(&dialog, &ui::ExportDialog::exportRequested);
    auto* go = find<QPushButton>(dialog, "exportGo");
    auto* replace = find<QCheckBox>(dialog, "exportReplace");
    QVERIFY(!replace->isVisible());
    dialog.setPath(file.fileName());
    QVERIFY(replace->isVisible());
    QVERIFY(!go->isEnabled());
    replace->click();
    QVERIFY(go->isEnabled());
    go->click();
    QVERIFY(requested[0][0].value<ui::ExportChoice>().mayReplace);
    // Consent is for that file only.
    dialog.setPath(m_folder.filePath(QStringLiteral("new.md")));
    dialog.setPath(file.fileName());
    QVERIFY(!go->isEnabled());
    // A file that came into being after the name was typed.
    dialog.setPath(m_folder.filePath(QStringLiteral("late.md")));
    QVERIFY(go->isEnabled());
    QFile late(m_folder.filePath(QStringLiteral("late.md")));
    QVERIFY(late.open(QIODevice::WriteOnly));
    late.close();
    go->click();
    QCOMPARE(requested.size(), 1);
    QVERIFY(replace->isVisible());
}

void ExportDialogTest::refusesNamesThatCannotBe() {
    ui::ExportDialog dialog;
    dialog.setDocument(QStringLiteral("Emma"), m_folder.path());
    auto* go = find<QPushButton>(dialog, "exportGo");
    auto* path = find<QLineEdit>(dialog, "exportPath");
    QVERIFY(go->isEnabled());
    for (const QString& bad : {QString(), m_folder.path(), QStringLiteral("emma.md"),
                               m_folder.filePath(QStringLiteral("no/such/emma.md"))}) {
        path->setText(bad);
        QVERIFY2(!go->isEnabled(), qPrintable(bad));
        QVERIFY(!find<QLabel>(dialog, "exportExists")->text().isEmpty());
    }
    ui::ExportDialog without;
    QVERIFY(!find<QPushButton>(without, "exportGo")->isEnabled());
}

void ExportDialogTest::staysOpenOnTrouble() {
    ui::ExportDialog dialog;
    dialog.setDocument(QStringLiteral("Emma"), m_folder.path());
    dialog.open();
    find<QPushButton>(dialog, "exportGo")->click();
    QVERIFY(dialog.isVisible());
    dialog.setTrouble(QStringLiteral("The disk is full."));
    QVERIFY(find<QLabel>(dialog, "exportTrouble")->isVisible());
    find<QLineEdit>(dialog, "exportPath")->setText(m_folder.filePath(QStringLiteral("b.md")));
    QVERIFY(!find<QLabel>(dialog, "exportTrouble")->isVisible());
    QTest::keyClick(&dialog, Qt::Key_Escape);
    QVERIFY(!dialog.isVisible());
}

QTEST_MAIN(ExportDialogTest)
#include "export_dialog_test.moc"
