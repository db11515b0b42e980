#include <QApplication>
#include <QClipboard>
#include <QMenu>
#include <QMimeData>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QTextDocument>

#include "tests/gui/exchange_fixture.h"
#include "ui/exchange_delegate.h"
#include "ui/exchange_document.h"
#include "ui/exchange_view.h"

class ExchangeViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void walksTheEvidence();
    void opensEvidenceByEnter();
    void opensEvidenceByClick();
    void openLinkNumbersLeadToTheirEvidence();
    void copiesInThreeFormats();
    void cutsQuotesAfterThreeLines();
    void fitsRowsToTheWidth();
    void growsWithTheFont();
    void neverLoadsOrParsesBookText();
    void followsTheQuestionUntilScrolled();
    void keepsItsPlaceWhenEarlierOnesAreShown();

private:
    struct Shown {
        explicit Shown(const std::string& quote = "A bow, a curtsey passed.") {
            number = model.begin(QStringLiteral("How?"));
            model.addEvidence(number, fixture::evidence(1, quote));
            model.addEvidence(number, fixture::evidence(2));
            model.addSentence(number,
                              fixture::sentence("They meet.", engine::Basis::Evidence, {2}));
            model.addCoverage(number, fixture::coverage(9, 9));
            model.finish(number, false);
            view.setExchanges(&model);
            view.resize(400, 600);
            view.show();
        }
        [[nodiscard]] int height(const QModelIndex& index) const {
            return view.visualRect(index).height();
        }
        /// A point of the row at which `link` lies.
        [[nodiscard]] QPoint find(const QModelIndex& index, const QString& link) const {
            const auto* delegate = static_cast<ui::ExchangeDelegate*>(view.itemDelegate());
            const QRect rect = view.visualRect(index);
            for (int y = rect.top(); y < rect.bottom(); y += 2) {
                for (int x = rect.left(); x < rect.right(); x += 2) {
                    if (delegate->linkAt(index, rect, QPoint(x, y)) == link)
                        return {x, y};
                }
            }
            return {};
        }
        ui::ExchangeModel model;
        ui::ExchangeView view;
        int number = 0;
    };
};

void ExchangeViewTest::walksTheEvidence() {
    Shown shown;
    QTest::keyClicks(&shown.view, QStringLiteral("]"));
    QCOMPARE(shown.view.currentIndex(), shown.model.evidenceIndex(shown.number, 1));
    QTest::keyClicks(&shown.view, QStringLiteral("]"));
    QCOMPARE(shown.view.currentIndex(), shown.model.evidenceIndex(shown.number, 2));
    QTest::keyClicks(&shown.view, QStringLiteral("]"));
    QCOMPARE(shown.view.currentIndex(), shown.model.evidenceIndex(shown.number, 2));
    QTest::keyClicks(&shown.view, QStringLiteral("["));
    QCOMPARE(shown.view.currentIndex(), shown.model.evidenceIndex(shown.number, 1));
}

void ExchangeViewTest::opensEvidenceByEnter() {
    Shown shown;
    QSignalSpy opened(&shown.view, &ui::ExchangeView::citationActivated);
    shown.view.setCurrentIndex(shown.model.index(0));
    QTest::keyClick(&shown.view, Qt::Key_Return);
    QCOMPARE(opened.size(), 0);
    shown.view.nextEvidence();
    QTest::keyClick(&shown.view, Qt::Key_Return);
    QCOMPARE(opened.size(), 1);
    QCOMPARE(opened[0][0].toString(), QString(64, u'a'));
    QCOMPARE(opened[0][1].toLongLong(), 100);
    QCOMPARE(opened[0][2].toLongLong(), 124);
}

void ExchangeViewTest::opensEvidenceByClick() {
    Shown shown;
    QSignalSpy opened(&shown.view, &ui::ExchangeView::citationActivated);
    const QModelIndex second = shown.model.evidenceIndex(shown.number, 2);
    const QPoint place = shown.find(second, QStringLiteral("cite:open"));
    QVERIFY(!place.isNull());
    QTest::mouseClick(shown.view.viewport(), Qt::LeftButton, {}, place);
    QCOMPARE(opened.size(), 1);
    QCOMPARE(opened[0][1].toLongLong(), 200);
    // Beside the links a click only chooses the row.
    QTest::mouseClick(shown.view.viewport(), Qt::LeftButton, {},
                      shown.view.visualRect(second).topLeft() + QPoint(3, 3));
    QCOMPARE(opened.size(), 1);
}

void ExchangeViewTest::openLinkNumbersLeadToTheirEvidence() {
    Shown shown;
    QSignalSpy opened(&shown.view, &ui::ExchangeView::citationActivated);
    const QPoint place = shown.find(shown.model.index(1), QStringLiteral("cite:2"));
    QVERIFY(!place.isNull());
    QTest::mouseClick(shown.view.viewport(), Qt::LeftButton, {}, place);
    QCOMPARE(opened.size(), 1);
    QCOMPARE(opened[0][1].toLongLong(), 200);
    QCOMPARE(shown.view.currentIndex(), shown.model.evidenceIndex(shown.number, 2));
    shown.view.follow(shown.model.index(1), QStringLiteral("cite:9"));
    shown.view.follow(shown.model.index(1), QStringLiteral("https://example.org"));
    QCOMPARE(opened.size(), 1);
}

void ExchangeViewTest::copiesInThreeFormats() {
    Shown shown;
    shown.view.setCurrentIndex(shown.model.index(1));
    QTest::keyClick(&shown.view, Qt::Key_C, Qt::ControlModifier);
    const QMimeData* data = QApplication::clipboard()->mimeData();
    QCOMPARE(data->text(), ui::plainAnswer(*shown.model.exchange(shown.number)));
    QVERIFY(data->html().contains(QStringLiteral("They meet. [2]")));
    QVERIFY(QString::fromUtf8(data->data(QStringLiteral("text/markdown")))
                .contains(QStringLiteral("They meet.[^2]")));
    shown.view.nextEvidence();
    shown.view.copyCurrent();
    QCOMPARE(QApplication::clipboard()->text(), ui::plainQuote(fixture::evidence(1)));
    QMenu* menu = shown.view.menuFor(shown.model.index(1));
    QCOMPARE(menu->actions().size(), 1);
    delete menu;
}

void ExchangeViewTest::cutsQuotesAfterThreeLines() {
    std::string quote;
    for (int i = 0; i < 80; ++i)
        quote += "words of a long passage ";
    Shown shown(quote + "END");
    const QModelIndex first = shown.model.evidenceIndex(shown.number, 1);
    const int line = shown.view.fontMetrics().lineSpacing();
    const int cut = shown.height(first);
    QVERIFY2(cut < 9 * line, qPrintable(QString::number(cut)));
    shown.view.setCurrentIndex(first);
    QTest::keyClick(&shown.view, Qt::Key_Space);
    QTRY_VERIFY(shown.height(first) > 3 * cut);
    QTest::keyClick(&shown.view, Qt::Key_Space);
    QTRY_COMPARE(shown.height(first), cut);
    // A short one has nothing to expand.
    QVERIFY(shown.find(shown.model.evidenceIndex(shown.number, 2), QStringLiteral("cite:expand"))
                .isNull());
}

void ExchangeViewTest::fitsRowsToTheWidth() {
    Shown shown;
    shown.model.setRefusal(
        shown.model.begin(QStringLiteral("Who?")),
        QStringLiteral("Not in this document: no passage and nothing in the memory answers the "
                       "question, which has many words so that it needs some lines."));
    const QModelIndex refusal = shown.model.index(shown.model.rowCount() - 1);
    const int wide = shown.height(refusal);
    shown.view.resize(180, 600);
    QTRY_VERIFY(shown.height(refusal) > wide);
    QVERIFY(shown.view.visualRect(refusal).width() <= shown.view.viewport()->width());
    // Every row is as tall as its text: the next begins where it ends.
    for (int row = 1; row < shown.model.rowCount(); ++row)
        QCOMPARE(shown.view.visualRect(shown.model.index(row)).top(),
                 shown.view.visualRect(shown.model.index(row - 1)).bottom() + 1);
    shown.view.resize(400, 600);
    QTRY_COMPARE(shown.height(refusal), wide);
}

void ExchangeViewTest::growsWithTheFont() {
    Shown shown;
    const QModelIndex first = shown.model.evidenceIndex(shown.number, 1);
    const int before = shown.height(first);
    QFont twice = shown.view.font();
    twice.setPointSizeF(twice.pointSizeF() * 2);
    shown.view.setFont(twice);
    QTRY_VERIFY(shown.height(first) >= before * 17 / 10);
    QVERIFY(shown.view.visualRect(first).right() <= shown.view.viewport()->width());
}

void ExchangeViewTest::neverLoadsOrParsesBookText() {
    Shown shown("<a href='cite:open'>x</a><img src='file:///etc/passwd'>");
    const QModelIndex first = shown.model.evidenceIndex(shown.number, 1);
    const auto document =
        ui::exchangeDocument(shown.model.row(first), shown.view.font(), shown.view.palette(), 4000);
    QVERIFY(document->toPlainText().contains(QStringLiteral("<img src='file:///etc/passwd'>")));
    QVERIFY(
        !document
             ->resource(QTextDocument::ImageResource, QUrl(QStringLiteral("file:///etc/passwd")))
             .isValid());
}

void ExchangeViewTest::followsTheQuestionUntilScrolled() {
    Shown shown;
    shown.view.resize(400, 200);
    for (int i = 0; i < 5; ++i)
        fixture::answer(shown.model, QStringLiteral("Question %1").arg(i));
    const int number = shown.model.begin(QStringLiteral("The last?"));
    shown.model.addEvidence(number, fixture::evidence(1));
    shown.model.addEvidence(number, fixture::evidence(2));
    shown.model.addEvidence(number, fixture::evidence(3));
    const QModelIndex question = shown.model.questionIndex(number);
    QTRY_COMPARE(shown.view.visualRect(question).top(), 0);
    shown.view.verticalScrollBar()->triggerAction(QScrollBar::SliderToMinimum);
    shown.model.addEvidence(number, fixture::evidence(4));
    QTRY_VERIFY(shown.view.visualRect(question).isValid());
    QCOMPARE(shown.view.verticalScrollBar()->value(), 0);
}

void ExchangeViewTest::keepsItsPlaceWhenEarlierOnesAreShown() {
    Shown shown;
    shown.model.setExchanges(std::vector<ui::Exchange>(30, *shown.model.exchange(shown.number)));
    shown.view.setCurrentIndex(shown.model.index(0));
    const QPersistentModelIndex first = shown.model.index(1);
    QTest::keyClick(&shown.view, Qt::Key_Return);
    QVERIFY(first.row() > 10);
    QTRY_COMPARE(shown.view.visualRect(first).top(), 0);
    QCOMPARE(shown.view.currentIndex(), QModelIndex(first));
}

QTEST_MAIN(ExchangeViewTest)
#include "exchange_view_test.moc"
