#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>
#include <QSet>
#include <QTest>
#include <QToolBar>

#include "tests/gui/window_fixture.h"
#include "ui/actions.h"

class ActionsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hasOneRowForEachAction();
    void usesNoKeyTwice();
    void namesEveryAction();
    void fillsTheMenus();
    void usesNoMnemonicTwice();
    void leavesTypingKeysToTextFields();
    void connectsEveryAction();
    void keepsToTheKeysOfTheManual();
};

void ActionsTest::hasOneRowForEachAction() {
    QSet<int> seen;
    for (const ui::ActionRow& row : ui::actionRows())
        seen.insert(static_cast<int>(row.what));
    QCOMPARE(seen.size(), static_cast<int>(ui::actionRows().size()));
    QCOMPARE(seen.size(), static_cast<int>(ui::Do::About) + 1); // the last of them
}

void ActionsTest::usesNoKeyTwice() {
    fixture::Window fixture;
    const ui::MainWindow& window = fixture.start();
    QMap<QString, QString> owners;
    for (const QAction* action : window.findChildren<QAction*>()) {
        for (const QKeySequence& key : action->shortcuts()) {
            const QString keys = key.toString();
            QVERIFY2(!keys.isEmpty(), qPrintable(action->text())); // the table has a typing error
            // The context menus of the lists repeat what the menus have.
            if (action->shortcutContext() == Qt::WidgetShortcut)
                continue;
            QVERIFY2(!owners.contains(keys),
                     qPrintable(keys + u' ' + action->text() + u' ' + owners.value(keys)));
            owners.insert(keys, action->text());
        }
    }
    QVERIFY(owners.size() > 20);
}

void ActionsTest::namesEveryAction() {
    QWidget parent;
    const ui::Actions actions(&parent);
    QSet<QString> names, texts;
    for (const ui::ActionRow& row : ui::actionRows()) {
        const QAction* action = actions[row.what];
        QVERIFY(action != nullptr);
        QVERIFY(!action->text().remove(u'&').isEmpty());
        QVERIFY(!action->objectName().isEmpty());
        names.insert(action->objectName());
        texts.insert(action->text().remove(u'&'));
        if (row.icon != nullptr)
            QVERIFY2(!action->icon().isNull(), row.name);
        if (row.inToolBar)
            QVERIFY2(row.icon != nullptr, row.name);
    }
    QCOMPARE(names.size(), static_cast<int>(ui::actionRows().size()));
    QCOMPARE(texts.size(), names.size());
}

void ActionsTest::fillsTheMenus() {
    QWidget parent;
    const ui::Actions actions(&parent);
    QMenuBar bar;
    actions.fill(bar);
    QCOMPARE(bar.actions().size(), 5);
    QSet<QString> shown;
    for (const QAction* title : bar.actions()) {
        QVERIFY(!title->menu()->objectName().isEmpty());
        for (const QAction* action : title->menu()->actions())
            shown.insert(action->objectName());
    }
    for (const ui::ActionRow& row : ui::actionRows())
        QCOMPARE(shown.contains(QLatin1String(row.name)), row.menu != nullptr);
}

void ActionsTest::usesNoMnemonicTwice() {
    fixture::Window fixture;
    const ui::MainWindow& window = fixture.start();
    QStringList titles;
    for (const QAction* title : window.menuBar()->actions()) {
        titles.append(title->text());
        QStringList seen;
        for (const QAction* action : title->menu()->actions()) {
            const QString key = QKeySequence::mnemonic(action->text()).toString();
            QVERIFY2(key.isEmpty() || !seen.contains(key), qPrintable(action->text()));
            seen.append(key);
        }
    }
    QSet<QString> keys;
    for (const QString& title : titles)
        keys.insert(QKeySequence::mnemonic(title).toString());
    QCOMPARE(keys.size(), titles.size());
}

/// A key that a text field needs must not be taken from it by the window.
void ActionsTest::leavesTypingKeysToTextFields() {
    QWidget parent;
    const ui::Actions actions(&parent);
    QList<QKeySequence> typed;
    for (const QKeySequence::StandardKey standard :
         {QKeySequence::Copy, QKeySequence::Cut, QKeySequence::Paste, QKeySequence::SelectAll,
          QKeySequence::MoveToNextWord, QKeySequence::MoveToPreviousWord,
          QKeySequence::MoveToStartOfDocument, QKeySequence::MoveToEndOfDocument})
        typed += QKeySequence::keyBindings(standard);
    for (const ui::ActionRow& row : ui::actionRows()) {
        for (const QKeySequence& key : actions[row.what]->shortcuts()) {
            if (row.isCharacter)
                continue;
            QVERIFY2(!typed.contains(key), row.name);
            const auto modifiers = key[0].keyboardModifiers() & ~Qt::ShiftModifier;
            const bool isFunction = key[0].key() >= Qt::Key_F1 && key[0].key() <= Qt::Key_F35;
            QVERIFY2(modifiers != Qt::NoModifier || isFunction, row.name);
        }
    }
}

/// Whoever listens to an action, menus and tool bars included.
int listeners(const QAction& action) {
    struct Open : QAction {
        using QAction::receivers;
    };
    return (action.*&Open::receivers)(SIGNAL(triggered(bool))) +
           (action.*&Open::receivers)(SIGNAL(toggled(bool)));
}

void ActionsTest::connectsEveryAction() {
    // The same menus and tool bar where nobody does anything.
    QMainWindow idle;
    const ui::Actions actions(&idle);
    actions.fill(*idle.menuBar());
    auto* bar = idle.addToolBar(QString());
    fixture::Window fixture;
    const ui::MainWindow& window = fixture.start();
    for (const ui::ActionRow& row : ui::actionRows()) {
        if (row.inToolBar)
            bar->addAction(actions[row.what]);
        const auto* action = fixture::child<QAction>(window, row.name);
        QVERIFY2(action != nullptr, row.name);
        QVERIFY2(listeners(*action) > listeners(*actions[row.what]), row.name);
    }
}

void ActionsTest::keepsToTheKeysOfTheManual() {
    QWidget parent;
    const ui::Actions actions(&parent);
    const QList<std::pair<ui::Do, const char*>> promised = {{ui::Do::AddFiles, "Ctrl+O"},
                                                            {ui::Do::AddFolder, "Ctrl+Shift+O"},
                                                            {ui::Do::Ask, "Ctrl+J"},
                                                            {ui::Do::Find, "Ctrl+F"},
                                                            {ui::Do::FindInLibrary, "Ctrl+Shift+F"},
                                                            {ui::Do::GoToPage, "Ctrl+G"},
                                                            {ui::Do::NextEvidence, "]"},
                                                            {ui::Do::PreviousEvidence, "["},
                                                            {ui::Do::NextRegion, "F6"},
                                                            {ui::Do::PreviousRegion, "Shift+F6"},
                                                            {ui::Do::AsOfHere, "Ctrl+Shift+A"},
                                                            {ui::Do::Back, "Alt+Left"},
                                                            {ui::Do::Forward, "Alt+Right"},
                                                            {ui::Do::PauseAll, "Ctrl+Shift+P"},
                                                            {ui::Do::Export, "Ctrl+E"},
                                                            {ui::Do::Remove, "Del"},
                                                            {ui::Do::Undo, "Ctrl+Z"},
                                                            {ui::Do::ZoomIn, "Ctrl++"},
                                                            {ui::Do::ZoomOut, "Ctrl+-"},
                                                            {ui::Do::ZoomReset, "Ctrl+0"},
                                                            {ui::Do::Shortcuts, "F1"},
                                                            {ui::Do::Settings, "Ctrl+,"},
                                                            {ui::Do::Quit, "Ctrl+Q"}};
    for (const auto& [what, keys] : promised)
        QVERIFY2(actions[what]->shortcuts().contains(QKeySequence(QString::fromLatin1(keys))),
                 keys);
}

QTEST_MAIN(ActionsTest)
#include "actions_test.moc"
