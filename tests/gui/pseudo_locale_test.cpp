#include <QAbstractButton>
#include <QAbstractItemView>
#include <QComboBox>
#include <QDialog>
#include <QDockWidget>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QSpinBox>
#include <QTabBar>
#include <QTest>
#include <QToolBar>
#include <QToolButton>

#include "tests/gui/exchange_fixture.h"
#include "tests/gui/pseudo_locale.h"
#include "tests/gui/window_fixture.h"
#include "ui/actions.h"
#include "ui/bound_chip.h"
#include "ui/document_view.h"
#include "ui/elided_label.h"
#include "ui/lost_run.h"
#include "ui/message_bar.h"
#include "ui/settings_dialog.h"
#include "ui/summary_view.h"

using fixture::child;

/// No text of the window is forgotten when it is translated, and none is cut when it is longer.
class PseudoLocaleTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void knowsTranslatedText();
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
    void about();
    void password();
    void lostRun();

private:
    /// Words of documents, files and keys, which no translation changes.
    static QStringList data() {
        QStringList words = {QStringLiteral("Persuasion, ch. 7, ¶ 31 (loc. 58)"),
                             QStringLiteral("Persuasion"),
                             QStringLiteral("curtsey"),
                             QStringLiteral("A bow, a curtsey passed."),
                             QStringLiteral("They were repeatedly in the same circle."),
                             QStringLiteral("They meet at her sister's."),
                             QStringLiteral("She regrets her choice."),
                             QStringLiteral("[Chapter One]"),
                             QStringLiteral("[Emma]"),
                             QStringLiteral("[Sanditon]"),
                             QStringLiteral("[A failure.]"),
                             QStringLiteral("[Novels]"),
                             QStringLiteral("Asked?"),
                             QStringLiteral("small"),
                             QStringLiteral("infolio"),
                             QStringLiteral("x.pdf"),
                             QStringLiteral("y.pdf"),
                             QStringLiteral("PDF"),
                             QStringLiteral("MD"),
                             QStringLiteral("TXT"),
                             QStringLiteral("eng"),
                             QString(12'000, u'x')};
        for (const ui::ActionRow& row : ui::actionRows()) {
            for (const QKeySequence& key :
                 QKeySequence::listFromString(QString::fromLatin1(row.keys)))
                words += {key.toString(QKeySequence::NativeText)};
        }
        // A long one before its beginning.
        std::ranges::sort(words, {}, [](const QString& word) { return -word.size(); });
        return words;
    }

    static void collect(QStringList& texts, const QAction* action) {
        texts += {action->text(), action->toolTip(), action->statusTip()};
    }

    static void collect(QStringList& texts, const QAbstractItemModel& model) {
        for (int row = 0; row < model.rowCount(); ++row) {
            for (int column = 0; column < model.columnCount(); ++column) {
                for (const int role : {Qt::DisplayRole, Qt::ToolTipRole, Qt::AccessibleTextRole,
                                       Qt::AccessibleDescriptionRole})
                    texts += model.index(row, column).data(role).toString();
            }
        }
    }

    static QStringList textsOf(const QWidget* widget) {
        QStringList texts = {widget->toolTip(), widget->statusTip(), widget->whatsThis(),
                             widget->accessibleName(), widget->accessibleDescription()};
        if (widget->isWindow() || qobject_cast<const QDockWidget*>(widget) != nullptr)
            texts += widget->windowTitle();
        if (const auto* label = qobject_cast<const QLabel*>(widget))
            texts += label->text();
        if (const auto* button = qobject_cast<const QAbstractButton*>(widget))
            texts += button->text();
        if (const auto* button = qobject_cast<const QToolButton*>(widget);
            button != nullptr && button->menu() != nullptr) {
            for (const QAction* action : button->menu()->actions())
                collect(texts, action);
        }
        if (const auto* field = qobject_cast<const QLineEdit*>(widget))
            texts += {field->placeholderText(), field->text()};
        if (const auto* field = qobject_cast<const QPlainTextEdit*>(widget))
            texts += field->placeholderText();
        if (const auto* box = qobject_cast<const QComboBox*>(widget))
            collect(texts, *box->model());
        if (const auto* box = qobject_cast<const QSpinBox*>(widget))
            texts += {box->text(), box->suffix(), box->specialValueText()};
        if (const auto* tabs = qobject_cast<const QTabBar*>(widget)) {
            for (int i = 0; i < tabs->count(); ++i)
                texts += {tabs->tabText(i), tabs->tabToolTip(i)};
        }
        if (const auto* bar = qobject_cast<const QMenuBar*>(widget)) {
            for (const QAction* menu : bar->actions()) {
                texts += menu->text();
                for (const QAction* action : menu->menu()->actions())
                    collect(texts, action);
            }
        }
        if (const auto* view = qobject_cast<const QAbstractItemView*>(widget);
            view != nullptr && view->model() != nullptr) {
            collect(texts, *view->model());
            if (const auto* header = qobject_cast<const QHeaderView*>(widget)) {
                for (int i = 0; i < header->count(); ++i)
                    texts += header->model()->headerData(i, header->orientation()).toString();
            }
        }
        return texts;
    }

    static bool isClipped(const QWidget* widget) {
        if (qobject_cast<const ui::ElidedLabel*>(widget) != nullptr)
            return false;
        if (const auto* label = qobject_cast<const QLabel*>(widget)) {
            if (label->text().isEmpty())
                return false;
            return label->wordWrap() ? label->heightForWidth(label->width()) > label->height()
                                     : label->sizeHint().width() > label->width();
        }
        if (const auto* button = qobject_cast<const QToolButton*>(widget);
            button != nullptr && button->toolButtonStyle() == Qt::ToolButtonIconOnly &&
            !button->icon().isNull())
            return false; // its text is its name
        const auto* button = qobject_cast<const QAbstractButton*>(widget);
        return button != nullptr && !button->text().isEmpty() &&
               button->sizeHint().width() > button->width();
    }

    static QString describe(const QWidget* widget) {
        return QLatin1String(widget->metaObject()->className()) + u'#' + widget->objectName();
    }

    static QList<QWidget*> shown(QWidget& window) {
        QList<QWidget*> widgets = window.findChildren<QWidget*>();
        widgets.prepend(&window);
        widgets.removeIf([&window](const QWidget* widget) {
            return widget->window() != &window || !widget->isVisible();
        });
        return widgets;
    }

    static QStringList clipped(QWidget& window) {
        QStringList faults;
        for (const QWidget* widget : shown(window)) {
            if (isClipped(widget))
                faults += QStringLiteral("%1 is clipped: %2 in %3 px")
                              .arg(describe(widget), widget->property("text").toString())
                              .arg(widget->width());
        }
        return faults;
    }

    static void inspect(QWidget& window, const QStringList& known = data()) {
        // Docks take the room they need when the event loop comes round.
        (void)QTest::qWaitFor([&window] { return clipped(window).isEmpty(); }, 2000);
        QStringList faults = clipped(window);
        int seen = 0;
        for (const QWidget* widget : shown(window)) {
            for (const QString& text : textsOf(widget)) {
                seen += text.contains(u'⟦') ? 1 : 0;
                if (const QString rest = fixture::untranslated(text, known); !rest.isEmpty())
                    faults += QStringLiteral("%1 shows “%2” (of “%3”)")
                                  .arg(describe(widget), rest.left(200), text.left(200));
            }
        }
        QVERIFY(seen > 2);
        faults.removeDuplicates();
        QVERIFY2(faults.isEmpty(), qPrintable(u'\n' + faults.join(u'\n')));
    }

    static void inspectDialog(const ui::MainWindow& window, const QStringList& known = data()) {
        for (QDialog* dialog : window.findChildren<QDialog*>()) {
            if (dialog->isVisible())
                return inspect(*dialog, known);
        }
        QFAIL("There is no dialog.");
    }

    static ui::MainWindow& withBooks(fixture::Window& fixture, bool arePages = true) {
        fixture::addPages(fixture.scenario(), arePages);
        engine::DocumentInfo text = support::fakeDocument('c', "[Sanditon]");
        text.characters = 12'000;
        text.collections = {"[Novels]"};
        fixture.scenario().library = {fixture::pagedDocument('a', "[Emma]"), text};
        for (int i = 0; i < 3; ++i) {
            engine::ContentsEntry chapter;
            chapter.title = "[Chapter One]";
            chapter.range = {i * 4000, (i + 1) * 4000};
            fixture.scenario().outline.push_back(chapter);
            fixture.scenario().blocks.push_back(
                {engine::TextBlock::Kind::Paragraph, 0, chapter.range});
        }
        ui::MainWindow& window = fixture.start();
        window.resize(1280, 800);
        return window;
    }

    fixture::PseudoTranslator m_translator;
};

void PseudoLocaleTest::initTestCase() {
    QVERIFY(QCoreApplication::installTranslator(&m_translator));
}

void PseudoLocaleTest::knowsTranslatedText() {
    const QStringList data{QStringLiteral("Emma")};
    QVERIFY(fixture::untranslated(fixture::pseudo(QStringLiteral("&Open")), data).isEmpty());
    QVERIFY(fixture::untranslated(QStringLiteral("⟦Öpêñ ⟦ä⟧⟧ · ⟦x⟧ 12 Emma"), data).isEmpty());
    QVERIFY(!fixture::untranslated(QStringLiteral("⟦Öpêñ⟧ file"), data).isEmpty());
    QVERIFY(!fixture::untranslated(QStringLiteral("⟦Öpêñ"), data).isEmpty());
    QCOMPARE(fixture::pseudo(QStringLiteral("&Open %1")), QStringLiteral("⟦&Opêñ %1ïïï⟧"));
    QCOMPARE(fixture::pseudo(QStringLiteral("<b>on</b>")), QStringLiteral("<b>⟦öñ</b>ïïï⟧"));
}

void PseudoLocaleTest::emptyWindow() {
    fixture::Window fixture;
    fixture.paths().sampleBook = fixture.write("sample.pdf");
    inspect(fixture.start());
}

void PseudoLocaleTest::windowWithoutAModel() {
    fixture::Window fixture;
    fixture.paths().model.clear();
    inspect(fixture.start());
}

void PseudoLocaleTest::openDocument() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(fixture.scenario().library[0]);
    inspect(window);
    fixture.act("find");
    QTest::keyClicks(child<QLineEdit>(*desk->currentView(), "findField"), QStringLiteral("x"));
    QTRY_VERIFY(child<QWidget>(*desk->currentView(), "findNext")->isEnabled());
    child<QLineEdit>(*desk->currentView(), "findField")->clear();
    inspect(window);
    child<QDockWidget>(window, "contentsDock")->raise();
    QTRY_VERIFY(child<QDockWidget>(window, "contentsDock")->widget()->isVisible());
    inspect(window);
}

void PseudoLocaleTest::openText() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture, false);
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[1]);
    inspect(window);
}

void PseudoLocaleTest::lockedPages() {
    fixture::Window fixture;
    fixture.scenario().script["render"] = {
        engine::Failed{engine::Code::Locked, "[A failure.]", ""}};
    ui::MainWindow& window = withBooks(fixture);
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(fixture.scenario().library[0]);
    QTRY_VERIFY(desk->currentView()->hasFailure());
    inspect(window);
}

void PseudoLocaleTest::foundInTheLibrary() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    auto& script = fixture.scenario().script["search"];
    for (int i = 1; i <= 4; ++i)
        script.emplace_back(engine::SearchHit{fixture::evidence(i)});
    auto* field = child<QLineEdit>(window, "libraryFilter");
    field->setText(QStringLiteral("curtsey"));
    QTRY_COMPARE(child<QListView>(window, "hitList")->model()->rowCount(), 4);
    QTRY_VERIFY(fixture.client().isIdle());
    inspect(window);
    script.clear();
    for (const char* words : {"x.pdf", "?!"}) {
        field->setText(QString::fromLatin1(words));
        QTRY_VERIFY(child<QWidget>(window, "hitSentence")->isVisible());
        inspect(window);
    }
}

void PseudoLocaleTest::answers() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    auto* view = window.findChild<ui::AskView*>();
    fixture::answer(view->exchanges(), QStringLiteral("Asked?"));
    view->boundChip().setBound(QStringLiteral("index:5"));
    inspect(window);
}

void PseudoLocaleTest::summaries() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    fixture.act("summarise");
    window.findChild<ui::SummaryView*>()->selectChapter(2);
    QTRY_VERIFY(child<QWidget>(window, "summaryMake")->isEnabled());
    inspect(window);
    fixture.scenario().script["summarize"] = {
        fixture::evidence(1),
        fixture::sentence("She regrets her choice.", engine::Basis::Evidence, {1})};
    child<QPushButton>(window, "summaryMake")->click();
    QTRY_VERIFY(child<QWidget>(window, "summaryText")->isVisible());
    QTRY_VERIFY(fixture.client().isIdle());
    inspect(window);
}

void PseudoLocaleTest::trash() {
    fixture::Window fixture;
    fixture.scenario().trash = {fixture::pagedDocument('d', "[Emma]")};
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

void PseudoLocaleTest::queue() {
    fixture::Window fixture;
    fixture.scenario().script["read"] = {
        engine::Failed{engine::Code::Locked, "[A failure.]", "x.pdf"}};
    ui::MainWindow& window = withBooks(fixture);
    window.read({fixture.write("x.pdf"), fixture.write("y.pdf")});
    QTRY_VERIFY(child<QWidget>(window, "queueAction") != nullptr);
    QTRY_VERIFY(fixture.client().isIdle());
    QVERIFY(fixture::drop(window, {QUrl(QStringLiteral("https://example.org/emma.epub"))}));
    QTRY_VERIFY(!fixture::message(window).isEmpty());
    inspect(window);
}

void PseudoLocaleTest::settings() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    fixture.act("settings");
    auto* dialog = window.findChild<ui::SettingsDialog*>();
    for (int page = 0; page < child<QListWidget>(*dialog, "settingsPages")->count(); ++page) {
        dialog->showPage(static_cast<ui::SettingsDialog::Page>(page));
        inspectDialog(window, QStringList(fixture.paths().model) + data());
    }
}

void PseudoLocaleTest::exportDialog() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    fixture.act("export");
    child<QLineEdit>(window, "exportPath")->setText(QStringLiteral("x.pdf"));
    inspectDialog(window);
}

void PseudoLocaleTest::shortcuts() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    fixture.act("shortcuts");
    inspectDialog(window);
}

void PseudoLocaleTest::about() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    fixture.act("about");
    inspectDialog(window);
}

void PseudoLocaleTest::password() {
    fixture::Window fixture;
    fixture.scenario().script["read"] = {
        engine::Failed{engine::Code::Locked, "[A failure.]", "x.pdf"}};
    ui::MainWindow& window = withBooks(fixture);
    window.read({fixture.write("x.pdf")});
    QTRY_VERIFY(child<QWidget>(window, "queueAction") != nullptr);
    QTRY_VERIFY(child<QWidget>(window, "queueAction")->isVisible());
    child<QPushButton>(window, "queueAction")->click();
    inspectDialog(window);
}

void PseudoLocaleTest::lostRun() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    ui::LostRun lost(window.messages(), &window);
    lost.tell(ui::LostRun::Doing::Reading, fixture.write("x.pdf", "[A failure.]"));
    inspect(window);
    child<QPushButton>(window, "messageAction")->click();
    inspectDialog(window);
}

QTEST_MAIN(PseudoLocaleTest)
#include "pseudo_locale_test.moc"
