#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>

#include "ui/settings_dialog.h"

Q_DECLARE_METATYPE(ui::Settings)

class SettingsDialogTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void saysEachChangeAtOnce();
    void showsValuesWithoutASignal();
    void mendsWhatIsTyped();
    void keepsADeviceThatIsNotHere();
    void showsOnlyWhatHasAMeaning();
    void asksBeforeHistoryIsDeleted();
    void asksForFiles();
    void isNotModal();
    void namesEveryControl();

private:
    template <class Widget>
    static Widget* find(const ui::SettingsDialog& dialog, const char* name) {
        return dialog.findChild<Widget*>(QString::fromLatin1(name));
    }
    static ui::Settings last(const QSignalSpy& spy) { return spy.last()[0].value<ui::Settings>(); }
};

void SettingsDialogTest::saysEachChangeAtOnce() {
    ui::SettingsDialog dialog;
    QSignalSpy changed(&dialog, &ui::SettingsDialog::settingsChanged);
    find<QCheckBox>(dialog, "readerOnly")->click();
    QCOMPARE(changed.size(), 1);
    QVERIFY(last(changed).isReaderOnly);
    find<QComboBox>(dialog, "theme")->setCurrentIndex(2);
    QVERIFY(last(changed).theme == ui::Look::Dark);
    QVERIFY(last(changed).isReaderOnly);
    find<QSpinBox>(dialog, "textPercent")->setValue(150);
    QCOMPARE(last(changed).textPercent, 150);
    QVERIFY(!find<QSpinBox>(dialog, "seed")->isEnabled());
    find<QCheckBox>(dialog, "hasSeed")->click();
    QVERIFY(find<QSpinBox>(dialog, "seed")->isEnabled());
    QCOMPARE(changed.size(), 4);
}

void SettingsDialogTest::showsValuesWithoutASignal() {
    ui::SettingsDialog dialog;
    QSignalSpy changed(&dialog, &ui::SettingsDialog::settingsChanged);
    ui::Settings settings;
    settings.evidenceCount = 9;
    settings.isStrict = true;
    dialog.setSettings(settings);
    const QString model = QStringLiteral("<i>m</i>.gguf");
    dialog.setModel(model, {});
    QCOMPARE(changed.size(), 0);
    QCOMPARE(find<QSpinBox>(dialog, "evidenceCount")->value(), 9);
    QVERIFY(find<QCheckBox>(dialog, "strict")->isChecked());
    QCOMPARE(find<QLabel>(dialog, "modelPath")->text(), model);
    QCOMPARE(find<QLabel>(dialog, "modelPath")->textFormat(), Qt::PlainText);
}

void SettingsDialogTest::mendsWhatIsTyped() {
    ui::SettingsDialog dialog;
    QSignalSpy changed(&dialog, &ui::SettingsDialog::settingsChanged);
    auto* segment = find<QSpinBox>(dialog, "segmentTokens");
    segment->setValue(1000);
    QCOMPARE(last(changed).segmentTokens, 960);
    QCOMPARE(segment->value(), 960);
    segment->setValue(961);
    QCOMPARE(changed.size(), 1);
    QCOMPARE(segment->value(), 960);
}

void SettingsDialogTest::keepsADeviceThatIsNotHere() {
    ui::SettingsDialog dialog;
    ui::Settings settings;
    settings.device = QStringLiteral("cuda:1");
    dialog.setSettings(settings);
    QSignalSpy changed(&dialog, &ui::SettingsDialog::settingsChanged);
    find<QCheckBox>(dialog, "strict")->click();
    QCOMPARE(last(changed).device, QStringLiteral("cuda:1"));
    dialog.setDevice(QStringLiteral("cpu"), QStringLiteral("there is no driver"));
    QCOMPARE(find<QComboBox>(dialog, "device")->currentText(),
             QStringLiteral("cuda:1 (not found)"));
    QCOMPARE(find<QLabel>(dialog, "deviceFact")->text(),
             QStringLiteral("The processor reads: there is no driver."));
    dialog.setDevice(QStringLiteral("cuda:1"), QStringLiteral("NVIDIA H100"));
    QCOMPARE(find<QComboBox>(dialog, "device")->currentText(), QStringLiteral("NVIDIA H100"));
    QCOMPARE(find<QLabel>(dialog, "deviceFact")->text(), QStringLiteral("NVIDIA H100"));
    QCOMPARE(changed.size(), 1);
}

void SettingsDialogTest::showsOnlyWhatHasAMeaning() {
    ui::SettingsDialog dialog;
    dialog.show();
    QVERIFY(!find<QComboBox>(dialog, "recognize")->isVisible());
    QVERIFY(!find<QLineEdit>(dialog, "recognizeLanguage")->isVisible());
    dialog.setCanRecognize(true);
    QVERIFY(find<QComboBox>(dialog, "recognize")->isVisible());
    QVERIFY(find<QLineEdit>(dialog, "recognizeLanguage")->isVisible());
    dialog.setHasLibrary(false);
    for (const char* name : {"chooseModelFile", "chooseAdapterFile", "usualAdapter", "noAdapter",
                             "clearHistory", "showTrash"})
        QVERIFY2(!find<QPushButton>(dialog, name)->isEnabled(), name);
    QVERIFY(find<QPushButton>(dialog, "chooseLibraryFolder")->isEnabled());
    dialog.setHasLibrary(true);
    QVERIFY(find<QPushButton>(dialog, "chooseModelFile")->isEnabled());
    QVERIFY(find<QPushButton>(dialog, "noAdapter")->isEnabled());
    QVERIFY(!find<QPushButton>(dialog, "usualAdapter")->isEnabled()); // it is in use
    dialog.setModel({}, QStringLiteral("none"));
    QVERIFY(!find<QPushButton>(dialog, "noAdapter")->isEnabled());
    QVERIFY(find<QPushButton>(dialog, "usualAdapter")->isEnabled());
}

void SettingsDialogTest::asksBeforeHistoryIsDeleted() {
    ui::SettingsDialog dialog;
    dialog.show();
    dialog.showPage(ui::SettingsDialog::Page::Privacy);
    QSignalSpy wanted(&dialog, &ui::SettingsDialog::clearHistoryWanted);
    auto* first = find<QPushButton>(dialog, "clearHistory");
    auto* keep = find<QPushButton>(dialog, "clearHistoryKeep");
    auto* go = find<QPushButton>(dialog, "clearHistoryGo");
    QVERIFY(!go->isVisible());
    first->click();
    QVERIFY(go->isVisible());
    QVERIFY(
        find<QLabel>(dialog, "clearHistoryQuestion")->text().contains(QStringLiteral("cannot")));
    QCOMPARE(wanted.size(), 0);
    keep->click();
    QVERIFY(!go->isVisible() && first->isEnabled());
    QCOMPARE(wanted.size(), 0);
    first->click();
    go->click();
    QCOMPARE(wanted.size(), 1);
    QVERIFY(!go->isVisible());
}

void SettingsDialogTest::asksForFiles() {
    ui::SettingsDialog dialog;
    QSignalSpy model(&dialog, &ui::SettingsDialog::modelFileWanted);
    QSignalSpy library(&dialog, &ui::SettingsDialog::libraryFolderWanted);
    QSignalSpy adapter(&dialog, &ui::SettingsDialog::adapterFileWanted);
    QSignalSpy none(&dialog, &ui::SettingsDialog::noAdapterWanted);
    QSignalSpy trash(&dialog, &ui::SettingsDialog::trashWanted);
    find<QPushButton>(dialog, "chooseModelFile")->click();
    find<QPushButton>(dialog, "chooseAdapterFile")->click();
    find<QPushButton>(dialog, "showTrash")->click();
    find<QPushButton>(dialog, "chooseLibraryFolder")->click();
    QCOMPARE(model.size(), 1);
    QCOMPARE(library.size(), 1);
    QCOMPARE(adapter.size(), 1);
    QCOMPARE(trash.size(), 1);
    dialog.setModel({}, QStringLiteral("/a.safetensors"));
    find<QPushButton>(dialog, "noAdapter")->click();
    QCOMPARE(none.size(), 1);
    QSignalSpy usual(&dialog, &ui::SettingsDialog::usualAdapterWanted);
    find<QPushButton>(dialog, "usualAdapter")->click();
    QCOMPARE(usual.size(), 1);
}

void SettingsDialogTest::isNotModal() {
    ui::SettingsDialog dialog;
    dialog.show();
    QVERIFY(!dialog.isModal());
    dialog.showPage(ui::SettingsDialog::Page::Privacy);
    QVERIFY(find<QCheckBox>(dialog, "keepHistory")->isVisible());
    QVERIFY(!find<QCheckBox>(dialog, "strict")->isVisible());
    QTest::keyClick(&dialog, Qt::Key_Escape);
    QVERIFY(!dialog.isVisible());
}

void SettingsDialogTest::namesEveryControl() {
    ui::SettingsDialog dialog;
    for (const QWidget* widget : dialog.findChildren<QWidget*>()) {
        // The edit inside a spin box belongs to it.
        if (!(widget->focusPolicy() & Qt::TabFocus) ||
            qobject_cast<const QSpinBox*>(widget->parentWidget()))
            continue;
        // The list inside a combo box is shown by it alone.
        if (widget->inherits("QComboBoxListView"))
            continue;
        QVERIFY2(!widget->objectName().isEmpty(), widget->metaObject()->className());
        QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(widget->objectName()));
    }
}

QTEST_MAIN(SettingsDialogTest)
#include "settings_dialog_test.moc"
