#include <QAccessible>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "tests/gui/exchange_fixture.h"
#include "ui/ask_view.h"
#include "ui/bound_chip.h"
#include "ui/exchange_view.h"

class AskViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sendsByReturn();
    void keepsTheDraftUntilItRuns();
    void asksNothingWithoutADocument();
    void stopsByEscapeAndButton();
    void asksAsOfAPage();
    void offersExamples();
    void findsEvidenceWithoutAModel();
    void saysUpToWhereABookIsRead();
    void hasNoBoundForSeveralDocuments();
    void announcesEachSentence();
    void passesCitationsOn();
    void asksAgainAfterAFailure();
    void namesEveryControl();
    void tabsInTheOrderOfReading();

private:
    template <class Widget> static Widget* find(const ui::AskView& view, const char* name) {
        return view.findChild<Widget*>(QString::fromLatin1(name));
    }
    static void prepare(ui::AskView& view) {
        view.setScope({QStringLiteral("Persuasion")});
        view.resize(400, 700);
        view.show();
    }
};

void AskViewTest::sendsByReturn() {
    ui::AskView view;
    prepare(view);
    QSignalSpy asked(&view, &ui::AskView::asked);
    auto* box = find<QPlainTextEdit>(view, "question");
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(asked.size(), 0);
    QTest::keyClicks(box, QStringLiteral("Who"));
    QTest::keyClick(box, Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClicks(box, QStringLiteral("is she?"));
    QCOMPARE(asked.size(), 0);
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(asked.size(), 1);
    QCOMPARE(asked[0][0].toString(), QStringLiteral("Who\nis she?"));
    QCOMPARE(asked[0][1].toString(), QString());
    QTest::keyClick(box, Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(asked.size(), 2);
    QTest::keyClicks(box, QStringLiteral("["));
    QVERIFY(view.draft().endsWith(u'['));
}

void AskViewTest::keepsTheDraftUntilItRuns() {
    ui::AskView view;
    prepare(view);
    QSignalSpy changed(&view, &ui::AskView::draftChanged);
    view.setDraft(QStringLiteral("Who is she?"));
    QCOMPARE(changed.last()[0].toString(), QStringLiteral("Who is she?"));
    QTest::mouseClick(find<QPushButton>(view, "send"), Qt::LeftButton);
    QCOMPARE(view.draft(), QStringLiteral("Who is she?"));
    view.begin(QStringLiteral("Who is she?"));
    QCOMPARE(view.draft(), QString());
    view.setDraft(QStringLiteral("The next"));
    view.begin(QStringLiteral("An example"));
    QCOMPARE(view.draft(), QStringLiteral("The next"));
}

void AskViewTest::asksNothingWithoutADocument() {
    ui::AskView view;
    view.show();
    QSignalSpy asked(&view, &ui::AskView::asked);
    view.setDraft(QStringLiteral("Who?"));
    QTest::keyClick(find<QPlainTextEdit>(view, "question"), Qt::Key_Return);
    QCOMPARE(asked.size(), 0);
    QVERIFY(!find<QPushButton>(view, "send")->isEnabled());
    view.setScope({QStringLiteral("Persuasion")});
    QVERIFY(find<QPushButton>(view, "send")->isEnabled());
}

void AskViewTest::stopsByEscapeAndButton() {
    ui::AskView view;
    prepare(view);
    QSignalSpy stopped(&view, &ui::AskView::stopRequested);
    auto* box = find<QPlainTextEdit>(view, "question");
    auto* send = find<QPushButton>(view, "send");
    QTest::keyClick(box, Qt::Key_Escape);
    QCOMPARE(stopped.size(), 0);
    const int number = view.begin(QStringLiteral("Who?"));
    QCOMPARE(send->text(), QStringLiteral("Stop"));
    QTest::keyClick(box, Qt::Key_Escape);
    QCOMPARE(stopped.size(), 1);
    QTest::mouseClick(send, Qt::LeftButton);
    QCOMPARE(stopped.size(), 2);
    // A question typed meanwhile waits.
    QSignalSpy asked(&view, &ui::AskView::asked);
    view.setDraft(QStringLiteral("And then?"));
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(asked.size(), 0);
    view.exchanges().finish(number, true);
    QCOMPARE(send->text(), QStringLiteral("Ask"));
}

void AskViewTest::asksAsOfAPage() {
    ui::AskView view;
    prepare(view);
    QSignalSpy asked(&view, &ui::AskView::asked);
    view.boundChip().setPosition(30, QStringLiteral("xii"), 600);
    view.boundChip().followPosition();
    view.setDraft(QStringLiteral("Who?"));
    QTest::keyClick(find<QPlainTextEdit>(view, "question"), Qt::Key_Return);
    QCOMPARE(asked[0][1].toString(), QStringLiteral("index:30"));
    const int number = view.begin(QStringLiteral("Who?"));
    QCOMPARE(view.exchanges().exchange(number)->asOf, QStringLiteral("p. xii (PDF 30)"));
}

void AskViewTest::offersExamples() {
    ui::AskView view;
    prepare(view);
    const QString four[] = {QStringLiteral("A?"), QStringLiteral("B?"), QStringLiteral("C?"),
                            QStringLiteral("D?")};
    view.setExamples({four[0], four[1], four[2], four[3]});
    const auto examples = view.findChildren<QPushButton*>(QStringLiteral("example"));
    QCOMPARE(examples.size(), 3);
    QSignalSpy asked(&view, &ui::AskView::asked);
    examples[1]->click();
    QCOMPARE(asked[0][0].toString(), four[1]);
    QVERIFY(find<QWidget>(view, "askEmpty")->isVisible());
    fixture::answer(view.exchanges(), four[1]);
    QVERIFY(!find<QWidget>(view, "askEmpty")->isVisible());
    view.exchanges().clear();
    QVERIFY(find<QWidget>(view, "askEmpty")->isVisible());
}

void AskViewTest::findsEvidenceWithoutAModel() {
    ui::AskView view;
    prepare(view);
    view.setNoModel(QStringLiteral("/models/small.gguf"));
    QVERIFY(find<QLabel>(view, "noModelText")->isVisible());
    QVERIFY(
        find<QLabel>(view, "noModelText")->text().contains(QStringLiteral("/models/small.gguf")));
    QSignalSpy wanted(&view, &ui::AskView::modelRequested);
    find<QPushButton>(view, "chooseModel")->click();
    QCOMPARE(wanted.size(), 1);
    QSignalSpy asked(&view, &ui::AskView::asked);
    view.setDraft(QStringLiteral("Who?"));
    QCOMPARE(find<QPushButton>(view, "send")->text(), QStringLiteral("Find evidence"));
    find<QPushButton>(view, "send")->click();
    QCOMPARE(asked.size(), 1);
    view.setHasModel();
    QVERIFY(!find<QLabel>(view, "noModelText")->isVisible());
}

void AskViewTest::saysUpToWhereABookIsRead() {
    ui::AskView view;
    prepare(view);
    auto* label = find<QLabel>(view, "readSoFar");
    view.setReadSoFar(212, 614);
    QVERIFY(label->isVisible());
    QVERIFY(label->text().contains(QStringLiteral("page 212 of 614")));
    view.setReadSoFar(614, 614);
    QVERIFY(!label->isVisible());
}

void AskViewTest::hasNoBoundForSeveralDocuments() {
    ui::AskView view;
    prepare(view);
    view.boundChip().setBound(QStringLiteral("212"));
    view.setReadSoFar(3, 9);
    view.setScope({QStringLiteral("<b>Emma</b>"), QStringLiteral("Persuasion %1")});
    QCOMPARE(view.boundChip().bound(), QString());
    QVERIFY(!find<QLabel>(view, "readSoFar")->isVisible());
    QCOMPARE(find<QLabel>(view, "scope")->text(),
             QStringLiteral("Asking <b>Emma</b> and Persuasion %1"));
    QCOMPARE(find<QLabel>(view, "scope")->textFormat(), Qt::PlainText);
    view.setScope({QStringLiteral("Emma")});
    QCOMPARE(view.boundChip().bound(), QStringLiteral("212"));
    QSignalSpy change(&view, &ui::AskView::scopeChangeRequested);
    find<QPushButton>(view, "changeScope")->click();
    QCOMPARE(change.size(), 1);
}

void AskViewTest::announcesEachSentence() {
    ui::AskView view;
    prepare(view);
    const int number = view.begin(QStringLiteral("Who?"));
    view.exchanges().addSentence(number, fixture::sentence("Anne.", engine::Basis::Evidence, {1}));
    QCOMPARE(find<QLabel>(view, "askAlert")->accessibleName(),
             QStringLiteral("Anne. Basis: evidence."));
}

void AskViewTest::passesCitationsOn() {
    ui::AskView view;
    prepare(view);
    fixture::answer(view.exchanges(), QStringLiteral("How?"));
    QSignalSpy opened(&view, &ui::AskView::citationActivated);
    view.nextEvidence();
    view.nextEvidence();
    QTest::keyClick(view.findChild<ui::ExchangeView*>(), Qt::Key_Return);
    QCOMPARE(opened.size(), 1);
    QCOMPARE(opened[0][1].toLongLong(), 200);
    // From the menu, for those who have no Return key.
    view.openEvidence();
    QCOMPARE(opened.size(), 2);
    QCOMPARE(opened[1][1].toLongLong(), 200);
    ui::AskView empty;
    empty.openEvidence();
    QCOMPARE(opened.size(), 2);
}

void AskViewTest::asksAgainAfterAFailure() {
    ui::AskView view;
    prepare(view);
    const int number = view.begin(QStringLiteral("Who?"));
    view.exchanges().addFailure(number, {engine::Code::NoMemory, "Not enough memory.", ""});
    view.exchanges().finish(number, false);
    QSignalSpy asked(&view, &ui::AskView::asked);
    auto* list = view.findChild<ui::ExchangeView*>();
    list->setCurrentIndex(view.exchanges().index(1));
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(asked.size(), 1);
    QCOMPARE(asked[0][0].toString(), QStringLiteral("Who?"));
}

void AskViewTest::namesEveryControl() {
    ui::AskView view;
    prepare(view);
    view.setExamples({QStringLiteral("A?")});
    view.setNoModel({});
    for (const QWidget* widget : view.findChildren<QWidget*>()) {
        if (!(widget->focusPolicy() & Qt::TabFocus))
            continue;
        QVERIFY2(!widget->objectName().isEmpty(), widget->metaObject()->className());
        QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(widget->objectName()));
    }
}

void AskViewTest::tabsInTheOrderOfReading() {
    ui::AskView view;
    prepare(view);
    fixture::answer(view.exchanges(), QStringLiteral("How?"));
    view.setDraft(QStringLiteral("Who?"));
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    view.activateWindow();
    auto* list = view.findChild<ui::ExchangeView*>();
    list->setFocus();
    QTRY_VERIFY(list->hasFocus());
    for (const char* next : {"changeScope", "question", "boundButton", "send", "exchanges"}) {
        QTest::keyClick(view.focusWidget(), Qt::Key_Tab);
        QCOMPARE(view.focusWidget()->objectName(), QString::fromLatin1(next));
    }
}

QTEST_MAIN(AskViewTest)
#include "ask_view_test.moc"
