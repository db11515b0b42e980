#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include "tests/gui/exchange_fixture.h"
#include "ui/exchange_model.h"

using Kind = ui::ExchangeModel::Kind;

class ExchangeModelTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepsTheOrderOfReading();
    void replacesTheStreamedText();
    void movesNoRowThatIsThere();
    void takesTheGistAwayForARefusal();
    void leavesNoEmptyRowBehind();
    void saysThatItWasStopped();
    void ignoresWhatComesTooLate();
    void showsStoredExchanges();
    void showsLongConversationsByPages();
    void speaksEachSentence();
    void saysCoverageInWords();
    void keepsReferencesInCopies();
    void escapesBookTextInCopies();
    void hidesDirectionMarks();

private:
    static QList<Kind> kinds(const ui::ExchangeModel& model) {
        QList<Kind> all;
        for (int row = 0; row < model.rowCount(); ++row)
            all += model.row(model.index(row)).kind;
        return all;
    }
};

void ExchangeModelTest::keepsTheOrderOfReading() {
    ui::ExchangeModel model;
    QAbstractItemModelTester tester(&model);
    fixture::answer(model, QStringLiteral("How do they meet?"));
    const int second = model.begin(QStringLiteral("And then?"));
    model.addNotice(second, QStringLiteral("No adapter."));
    model.setDetails(second, {{QStringLiteral("Seed"), QStringLiteral("7")}});
    model.addEvidence(second, fixture::evidence(1));
    model.addFailure(second, {engine::Code::NoMemory, "No memory.", ""});
    QCOMPARE(kinds(model), (QList<Kind>{Kind::Question, Kind::Gist, Kind::Evidence, Kind::Evidence,
                                        Kind::Coverage, Kind::Question, Kind::Gist, Kind::Failure,
                                        Kind::Evidence, Kind::Notice, Kind::Details}));
    QCOMPARE(model.evidenceIndex(0, 2).row(), 3);
    QCOMPARE(model.evidenceIndex(second, 1).row(), 8);
    QVERIFY(!model.evidenceIndex(second, 2).isValid());
}

void ExchangeModelTest::replacesTheStreamedText() {
    ui::ExchangeModel model;
    const int number = model.begin(QStringLiteral("How?"));
    const QModelIndex gist = model.index(1);
    model.appendGist(number, QStringLiteral("They "));
    const quint64 version = model.row(gist).version;
    model.appendGist(number, QStringLiteral("meat"));
    QVERIFY(model.row(gist).version > version);
    QVERIFY(gist.data().toString().contains(QStringLiteral("They meat")));
    model.addSentence(number, fixture::sentence("They meet.", engine::Basis::Model));
    QVERIFY(!gist.data().toString().contains(QStringLiteral("meat")));
    QVERIFY(gist.data(Qt::AccessibleTextRole).toString().contains(QStringLiteral("Basis: model")));
}

void ExchangeModelTest::movesNoRowThatIsThere() {
    ui::ExchangeModel model;
    const int number = model.begin(QStringLiteral("How?"));
    model.addEvidence(number, fixture::evidence(1));
    const QPersistentModelIndex evidence = model.evidenceIndex(number, 1);
    model.appendGist(number, QStringLiteral("They meet"));
    model.addSentence(number, fixture::sentence("They meet.", engine::Basis::Evidence, {1}));
    model.addCoverage(number, fixture::coverage(3, 9));
    model.finish(number, false);
    QCOMPARE(evidence.row(), 2);
}

void ExchangeModelTest::takesTheGistAwayForARefusal() {
    ui::ExchangeModel model;
    QAbstractItemModelTester tester(&model);
    const int number = model.begin(QStringLiteral("Who is the murderer?"));
    model.appendGist(number, QStringLiteral("Perhaps"));
    model.setRefusal(number, QStringLiteral("Not in this document."));
    model.finish(number, false);
    QCOMPARE(kinds(model), (QList<Kind>{Kind::Question, Kind::Refusal}));
    QVERIFY(!ui::plainAnswer(*model.exchange(number)).contains(QStringLiteral("Perhaps")));
}

void ExchangeModelTest::leavesNoEmptyRowBehind() {
    ui::ExchangeModel model;
    QSignalSpy running(&model, &ui::ExchangeModel::runningChanged);
    const int number = model.begin(QStringLiteral("How?"));
    model.addEvidence(number, fixture::evidence(1));
    model.finish(number, false);
    QCOMPARE(kinds(model), (QList<Kind>{Kind::Question, Kind::Evidence}));
    QCOMPARE(running.size(), 2);
    QCOMPARE(running[0][0].toBool(), true);
    QCOMPARE(running[1][0].toBool(), false);
}

void ExchangeModelTest::saysThatItWasStopped() {
    ui::ExchangeModel model;
    const int number = model.begin(QStringLiteral("How?"));
    model.finish(number, true);
    QCOMPARE(kinds(model), (QList<Kind>{Kind::Question, Kind::Gist}));
    QCOMPARE(model.index(1).data().toString(), QStringLiteral("The answer was stopped."));
}

void ExchangeModelTest::ignoresWhatComesTooLate() {
    ui::ExchangeModel model;
    QAbstractItemModelTester tester(&model);
    const int number = model.begin(QStringLiteral("How?"));
    model.clear();
    model.addEvidence(number, fixture::evidence(1));
    model.addSentence(number, fixture::sentence("Late.", engine::Basis::Model));
    model.finish(number, false);
    QCOMPARE(model.rowCount(), 0);
    QVERIFY(model.begin(QStringLiteral("Again?")) != number);
}

void ExchangeModelTest::showsStoredExchanges() {
    ui::ExchangeModel live, stored;
    QAbstractItemModelTester tester(&stored);
    const int number = fixture::answer(live, QStringLiteral("How do they meet?"));
    stored.setExchanges({*live.exchange(number)});
    QCOMPARE(kinds(stored), kinds(live));
    QCOMPARE(stored.running(), -1);
}

void ExchangeModelTest::showsLongConversationsByPages() {
    ui::ExchangeModel model;
    QAbstractItemModelTester tester(&model);
    constexpr int kCount = 2 * ui::ExchangeModel::kPage + 1;
    std::vector<ui::Exchange> all(kCount);
    for (int i = 0; i < kCount; ++i)
        all[static_cast<std::size_t>(i)].question = QString::number(i);
    model.setExchanges(all);
    QCOMPARE(model.rowCount(), ui::ExchangeModel::kPage + 1);
    QVERIFY(model.row(model.index(0)).kind == Kind::Earlier);
    QCOMPARE(model.row(model.index(1)).exchange->question,
             QString::number(ui::ExchangeModel::kPage + 1));
    // What comes now stands at the end.
    const int number = model.begin(QStringLiteral("last"));
    QCOMPARE(model.questionIndex(number).row(), ui::ExchangeModel::kPage + 1);
    model.showEarlier();
    QVERIFY(model.row(model.index(0)).kind == Kind::Earlier);
    QCOMPARE(model.row(model.index(1)).exchange->question, QStringLiteral("1"));
    model.showEarlier();
    model.showEarlier();
    QCOMPARE(model.row(model.index(0)).exchange->question, QStringLiteral("0"));
    QCOMPARE(model.rowCount(), kCount + 2);
}

void ExchangeModelTest::speaksEachSentence() {
    ui::ExchangeModel model;
    QSignalSpy spoken(&model, &ui::ExchangeModel::spoken);
    fixture::answer(model, QStringLiteral("How do they meet?"));
    QCOMPARE(spoken.size(), 2);
    QCOMPARE(spoken[1][0].toString(), QStringLiteral("She regrets her choice. Basis: memory."));
}

void ExchangeModelTest::saysCoverageInWords() {
    engine::Coverage coverage = fixture::coverage(614, 614);
    QCOMPARE(ui::coverageText(coverage), QStringLiteral("614 of 614 pages read"));
    engine::PageRange bound;
    bound.last = 226;
    bound.lastLabel = "212";
    coverage.bound = bound;
    coverage.failed = 2;
    coverage.failedPages = {14, 15};
    QCOMPARE(ui::coverageText(coverage),
             QStringLiteral("614 of 614 pages read, as of p. 212 (PDF 226) · 2 failed: 14, 15"));
    engine::Coverage locations = fixture::coverage(3, 9);
    locations.isLocation = true;
    QCOMPARE(ui::coverageText(locations), QStringLiteral("3 of 9 locations read"));
    engine::Coverage printed = fixture::coverage(226, 400);
    printed.bound = engine::PageRange{226, 226, "214", "214", false, true};
    QCOMPARE(ui::coverageText(printed), QStringLiteral("226 of 400 pages read, as of p. 214"));
}

void ExchangeModelTest::keepsReferencesInCopies() {
    ui::ExchangeModel model;
    const ui::Exchange& exchange =
        *model.exchange(fixture::answer(model, QStringLiteral("How do they meet?")));
    const QString plain = ui::plainAnswer(exchange);
    QVERIFY(plain.contains(QStringLiteral("They meet at her sister's. [1]")));
    QVERIFY(plain.contains(QStringLiteral("~ She regrets her choice.")));
    QVERIFY(plain.contains(
        QStringLiteral("[1] Persuasion, ch. 7, ¶ 31 (loc. 58): “A bow, a curtsey passed.”")));
    QVERIFY(plain.contains(QStringLiteral("230 of 230 locations")) ||
            plain.contains(QStringLiteral("230 of 230 pages read")));
    const QString markdown = ui::markdownAnswer(exchange);
    QVERIFY(markdown.contains(QStringLiteral("They meet at her sister's.[^1]")));
    QVERIFY(markdown.contains(QStringLiteral("\n[^1]: Persuasion, ch. 7")));
    // Evidence that no sentence cites is not lost as a note that nobody refers to.
    QVERIFY(markdown.contains(QStringLiteral("\n- Persuasion, ch. 7")));
    QVERIFY(!markdown.contains(QStringLiteral("[^2]")));
    QVERIFY(ui::htmlAnswer(exchange).contains(QStringLiteral("<q>A bow, a curtsey passed.</q>")));
}

void ExchangeModelTest::escapesBookTextInCopies() {
    const engine::Evidence hostile =
        fixture::evidence(1, "<script>x</script> [a](http://b) *c* %1 %2");
    QVERIFY(!ui::htmlQuote(hostile).contains(QStringLiteral("<script")));
    QVERIFY(ui::htmlQuote(hostile).contains(QStringLiteral("%1 %2")));
    const QString markdown = ui::markdownQuote(hostile);
    QVERIFY(markdown.contains(QStringLiteral("\\[a\\](http\\://b) \\*c\\*")));
    QVERIFY(!markdown.contains(QStringLiteral("<script")) ||
            markdown.contains(QStringLiteral("\\<script")));
}

void ExchangeModelTest::hidesDirectionMarks() {
    QCOMPARE(ui::shownText("a\xE2\x80\xAE"
                           "b\r\nc\x07"),
             QStringLiteral("a\uFFFDb\nc\uFFFD"));
    QCOMPARE(ui::shownLine("  a \n\t b "), QStringLiteral("a b"));
}

QTEST_MAIN(ExchangeModelTest)
#include "exchange_model_test.moc"
