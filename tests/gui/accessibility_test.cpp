#include <QAccessible>
#include <QComboBox>
#include <QDialog>
#include <QDockWidget>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QTest>

#include <set>

#include "tests/gui/exchange_fixture.h"
#include "tests/gui/window_fixture.h"
#include "ui/bound_chip.h"
#include "ui/document_view.h"
#include "ui/settings_dialog.h"
#include "ui/summary_view.h"

using fixture::child;

/// Whatever the keyboard reaches has a name for those who do not see it, and the keyboard reaches
/// everything that can have it: in the main states of the window and in its dialogs.
class AccessibilityTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void emptyWindow();
    void windowWithoutAModel();
    void openDocument();
    void openText();
    void lockedPages();
    void foundInTheLibrary();
    void answers();
    void summaries();
    void trash();
    void queue();
    void settings();
    void exportDialog();
    void shortcuts();
    void password();
    void choiceByAnotherProgram();

private:
    static QString describe(const QWidget* widget) {
        QString path;
        for (const QWidget* one = widget; one != nullptr; one = one->parentWidget())
            path.prepend(u'/' + QLatin1String(one->metaObject()->className()) + u'#' +
                         one->objectName());
        return path;
    }

    static QString nameOf(QWidget* widget) {
        QAccessibleInterface* seen = QAccessible::queryAccessibleInterface(widget);
        return seen == nullptr ? QString() : seen->text(QAccessible::Name);
    }

    /// What takes the keyboard itself: not the field inside a spin box, which stands for it.
    static QList<QWidget*> focusable(const QWidget& window) {
        QList<QWidget*> result;
        for (QWidget* widget : window.findChildren<QWidget*>()) {
            if (widget->window() == &window && widget->isVisible() && widget->isEnabled() &&
                (widget->focusPolicy() & Qt::TabFocus) == Qt::TabFocus &&
                widget->focusProxy() == nullptr)
                result.append(widget);
        }
        return result;
    }

    static QStringList unnamed(const QList<QWidget*>& widgets) {
        QStringList faults;
        for (QWidget* widget : widgets) {
            if (nameOf(widget).trimmed().isEmpty())
                faults.append(QStringLiteral("no name: ") + describe(widget));
        }
        return faults;
    }

    /// Two of the same name and kind side by side cannot be told apart.
    static QStringList alike(const QList<QWidget*>& widgets) {
        QStringList faults;
        std::set<std::tuple<QWidget*, QString, int>> seen;
        for (QWidget* widget : widgets) {
            QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(widget);
            const int role = interface == nullptr ? 0 : static_cast<int>(interface->role());
            if (!seen.insert({widget->parentWidget(), nameOf(widget), role}).second)
                faults.append(
                    QStringLiteral("twice: %1 in %2").arg(nameOf(widget), describe(widget)));
        }
        return faults;
    }

    /// What Tab reaches from where the keyboard is, all the way round.
    static QStringList unreached(const QWidget& window, const QList<QWidget*>& widgets) {
        std::set<QWidget*> reached;
        // A field that closes when it is left is where the keyboard is.
        if (!widgets.contains(window.focusWidget()))
            widgets.first()->setFocus(Qt::TabFocusReason);
        for (int i = 0; i < 300; ++i) {
            QWidget* at = window.focusWidget();
            if (at == nullptr)
                break;
            reached.insert(at);
            QTest::keyClick(at, Qt::Key_Tab);
        }
        QStringList faults;
        for (QWidget* widget : widgets) {
            // Of the radio buttons of a group, one has the Tab key.
            if (!reached.contains(widget))
                faults.append(QStringLiteral("not reached: ") + describe(widget));
        }
        return faults;
    }

    static void inspect(QWidget& window) {
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        const QList<QWidget*> widgets = focusable(window);
        QVERIFY(!widgets.isEmpty());
        const QStringList faults = unnamed(widgets) + alike(widgets) + unreached(window, widgets);
        QVERIFY2(faults.isEmpty(), qPrintable(u'\n' + faults.join(u'\n')));
    }

    static void inspectDialog(const ui::MainWindow& window) {
        for (QDialog* dialog : window.findChildren<QDialog*>()) {
            if (dialog->isVisible())
                return inspect(*dialog);
        }
        QFAIL("There is no dialog.");
    }

    static ui::MainWindow& withBooks(fixture::Window& fixture, bool arePages = true) {
        fixture::addPages(fixture.scenario(), arePages);
        engine::DocumentInfo text = support::fakeDocument('c', "Text");
        text.characters = 12'000;
        text.collections = {"Novels"};
        fixture.scenario().library = {fixture::pagedDocument('a', "Emma"),
                                      fixture::pagedDocument('b', "Sanditon"), text};
        for (int i = 0; i < 3; ++i) {
            engine::ContentsEntry chapter;
            chapter.title = "Chapter " + std::to_string(i + 1);
            chapter.range = {i * 4000, (i + 1) * 4000};
            fixture.scenario().outline.push_back(chapter);
            fixture.scenario().blocks.push_back(
                {engine::TextBlock::Kind::Paragraph, 0, chapter.range});
        }
        ui::MainWindow& window = fixture.start();
        window.resize(1400, 900);
        return window;
    }
};

void AccessibilityTest::emptyWindow() {
    fixture::Window fixture;
    fixture.paths().sampleBook = fixture.write("sample.pdf");
    inspect(fixture.start());
}

void AccessibilityTest::windowWithoutAModel() {
    fixture::Window fixture;
    fixture.paths().model.clear();
    inspect(fixture.start());
}

void AccessibilityTest::openDocument() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(fixture.scenario().library[0]);
    desk->open(fixture.scenario().library[1]);
    inspect(window);
    fixture.act("find");
    QTest::keyClicks(child<QLineEdit>(*desk->currentView(), "findField"), QStringLiteral("x"));
    QTRY_VERIFY(child<QWidget>(*desk->currentView(), "findNext")->isEnabled());
    inspect(window);
    for (const char* dock : {"contentsDock", "trashDock"}) {
        child<QDockWidget>(window, dock)->show();
        child<QDockWidget>(window, dock)->raise();
        QTRY_VERIFY(child<QDockWidget>(window, dock)->widget()->isVisible());
        inspect(window);
    }
}

void AccessibilityTest::openText() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture, false);
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[2]);
    inspect(window);
}

void AccessibilityTest::lockedPages() {
    fixture::Window fixture;
    fixture.scenario().script["render"] = {
        engine::Failed{engine::Code::Locked, "It needs a password.", ""}};
    ui::MainWindow& window = withBooks(fixture);
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(fixture.scenario().library[0]);
    QTRY_VERIFY(desk->currentView()->hasFailure());
    inspect(window);
}

void AccessibilityTest::foundInTheLibrary() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    fixture.scenario().script["search"] = {engine::SearchHit{fixture::evidence(1)}};
    child<QLineEdit>(window, "libraryFilter")->setText(QStringLiteral("bow"));
    auto* list = child<QListView>(window, "hitList");
    QTRY_COMPARE(list->model()->rowCount(), 1);
    QTRY_VERIFY(fixture.client().isIdle());
    inspect(window);
    QAccessibleInterface* row = QAccessible::queryAccessibleInterface(list)->child(0);
    QVERIFY(row != nullptr);
    QCOMPARE(row->text(QAccessible::Name),
             QStringLiteral("Persuasion, ch. 7, ¶ 31 (loc. 58): A bow, a curtsey passed."));
    fixture.scenario().script["search"].clear();
    child<QLineEdit>(window, "libraryFilter")->setText(QStringLiteral("bows"));
    QTRY_VERIFY(child<QWidget>(window, "hitSentence")->isVisible());
    inspect(window);
}

void AccessibilityTest::answers() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    auto* view = window.findChild<ui::AskView*>();
    fixture::answer(view->exchanges(), QStringLiteral("Who?"));
    view->setDraft(QStringLiteral("And why?"));
    view->boundChip().setBound(QStringLiteral("index:5"));
    inspect(window);
    QAction* other = child<QAction>(window, "boundOther");
    other->trigger();
    inspect(window);
}

void AccessibilityTest::summaries() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    fixture.act("summarise");
    window.findChild<ui::SummaryView*>()->selectChapter(2);
    QTRY_VERIFY(child<QWidget>(window, "summaryMake")->isEnabled());
    inspect(window);
    fixture.scenario().script["summarize"] = {
        fixture::evidence(1), fixture::sentence("They meet.", engine::Basis::Evidence, {1})};
    child<QPushButton>(window, "summaryMake")->click();
    QTRY_VERIFY(child<QWidget>(window, "summaryText")->isVisible());
    QTRY_VERIFY(fixture.client().isIdle());
    inspect(window);
}

void AccessibilityTest::choiceByAnotherProgram() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    fixture.act("summarise");
    auto* parts = child<QListView>(window, "summaryParts");
    QTRY_COMPARE(parts->model()->rowCount(), 4);
    QAccessibleInterface* list = QAccessible::queryAccessibleInterface(parts);
    QAccessibleInterface* row = list->child(2);
    QVERIFY(row != nullptr && row->actionInterface() != nullptr);
    row->actionInterface()->doAction(QAccessibleActionInterface::toggleAction());
    QCOMPARE(parts->currentIndex().row(), 2);
    QCOMPARE(parts->selectionModel()->selectedIndexes().size(), 1);
    // Qt names a box by its choice; what it is for is its description.
    const auto* length = child<QComboBox>(window, "summaryLength");
    QCOMPARE(length->accessibleDescription(), QStringLiteral("Length of the summary"));
}

void AccessibilityTest::trash() {
    fixture::Window fixture;
    fixture.scenario().trash = {fixture::pagedDocument('d', "Gone")};
    ui::MainWindow& window = withBooks(fixture);
    auto* dock = child<QDockWidget>(window, "trashDock");
    dock->show();
    dock->raise();
    QTRY_VERIFY(child<QWidget>(window, "trashList")->isVisible());
    inspect(window);
    child<QAbstractButton>(window, "trashDelete")->click();
    QTRY_VERIFY(child<QWidget>(window, "trashBar")->isVisible());
    inspect(window);
}

void AccessibilityTest::queue() {
    fixture::Window fixture;
    fixture.scenario().script["read"] = {
        engine::Failed{engine::Code::Locked, "It needs a password.", "x.pdf"}};
    ui::MainWindow& window = withBooks(fixture);
    window.read({fixture.write("x.pdf"), fixture.write("y.pdf")});
    QTRY_VERIFY(child<QWidget>(window, "queueAction") != nullptr);
    QTRY_VERIFY(fixture.client().isIdle());
    QVERIFY(fixture::drop(window, {QUrl(QStringLiteral("https://example.org/emma.epub"))}));
    QTRY_VERIFY(!fixture::message(window).isEmpty());
    inspect(window);
    // Some that wait, under one that is paused.
    fixture.act("pauseAll");
    window.read({fixture.write("a.pdf"), fixture.write("b.pdf"), fixture.write("c.pdf")});
    QTRY_COMPARE(child<QListView>(window, "queueList")->model()->rowCount(), 5);
    inspect(window);
}

void AccessibilityTest::settings() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    fixture.act("settings");
    auto* dialog = window.findChild<ui::SettingsDialog*>();
    for (int page = 0; page < child<QListWidget>(*dialog, "settingsPages")->count(); ++page) {
        dialog->showPage(static_cast<ui::SettingsDialog::Page>(page));
        inspectDialog(window);
    }
}

void AccessibilityTest::exportDialog() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    fixture.act("export");
    inspectDialog(window);
}

void AccessibilityTest::shortcuts() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    fixture.act("shortcuts");
    inspectDialog(window);
}

void AccessibilityTest::password() {
    fixture::Window fixture;
    fixture.scenario().script["read"] = {
        engine::Failed{engine::Code::Locked, "It needs a password.", "x.pdf"}};
    ui::MainWindow& window = withBooks(fixture);
    window.read({fixture.write("x.pdf")});
    QTRY_VERIFY(child<QWidget>(window, "queueAction") != nullptr);
    QTRY_VERIFY(child<QWidget>(window, "queueAction")->isVisible());
    child<QPushButton>(window, "queueAction")->click();
    inspectDialog(window);
}

QTEST_MAIN(AccessibilityTest)
#include "accessibility_test.moc"
