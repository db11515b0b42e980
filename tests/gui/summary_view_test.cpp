#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "tests/gui/exchange_fixture.h"
#include "ui/exchange_view.h"
#include "ui/summary_view.h"

using ui::SummaryView;

class SummaryViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void saysTheStateOfEachPart();
    void asksForWhatIsChosen();
    void stopsWhileItMakes();
    void showsASummaryWithItsSources();
    void saysWhyOneFailed();
    void makesNothingWithoutAModel();
    void forgetsTheDocumentBefore();

private:
    template <class Widget> static Widget* find(const SummaryView& view, const char* name) {
        return view.findChild<Widget*>(QString::fromLatin1(name));
    }
    static std::vector<ui::SummaryPart> parts() {
        std::vector<ui::SummaryPart> made(3);
        for (int i = 0; i < 3; ++i) {
            made[static_cast<std::size_t>(i)].chapter = i;
            made[static_cast<std::size_t>(i)].title = QStringLiteral("Part %1").arg(i);
            made[static_cast<std::size_t>(i)].pages = QStringLiteral("p. %1").arg(10 * i);
        }
        return made;
    }
    static ui::Exchange summary() {
        ui::Exchange made;
        made.sentences = {fixture::sentence("Sir Walter is vain.", engine::Basis::Evidence, {1})};
        made.evidence = {fixture::evidence(1)};
        made.coverage = {fixture::coverage(230, 230)};
        return made;
    }
};

void SummaryViewTest::saysTheStateOfEachPart() {
    ui::SummaryModel model;
    QAbstractItemModelTester tester(&model);
    model.setParts(parts());
    model.setProgress(1, 4, 10);
    model.setMade(2, QDateTime(QDate(2026, 5, 3), QTime(9, 0)));
    model.setProgress(99, 1, 2);
    const auto detail = [&model](int row) {
        return model.index(row).data(ui::SummaryModel::DetailRole).toString();
    };
    QCOMPARE(detail(0), QStringLiteral("p. 0 · no summary"));
    QCOMPARE(detail(1), QStringLiteral("p. 10 · making, 40 %"));
    QVERIFY(detail(2).startsWith(QStringLiteral("p. 20 · made on ")));
    QCOMPARE(model.index(1).data(ui::SummaryModel::PercentRole).toInt(), 40);
    QCOMPARE(model.index(2).data(ui::SummaryModel::PercentRole).toInt(), -1);
    QVERIFY(model.index(1)
                .data(Qt::AccessibleTextRole)
                .toString()
                .contains(QStringLiteral("making, 40 %")));
}

void SummaryViewTest::asksForWhatIsChosen() {
    SummaryView view;
    view.setDocument(QStringLiteral("Persuasion"), parts());
    QSignalSpy make(&view, &SummaryView::makeRequested);
    QSignalSpy all(&view, &SummaryView::makeAllRequested);
    view.selectChapter(2);
    find<QComboBox>(view, "summaryLength")->setCurrentIndex(0);
    find<QComboBox>(view, "summaryStyle")->setCurrentIndex(1);
    find<QPushButton>(view, "summaryMake")->click();
    QCOMPARE(make.size(), 1);
    QCOMPARE(make[0][0].toInt(), 2);
    QVERIFY(make[0][1].value<SummaryView::Length>() == SummaryView::Length::Short);
    QVERIFY(make[0][2].value<SummaryView::Style>() == SummaryView::Style::Points);
    find<QPushButton>(view, "summaryMakeAll")->click();
    QCOMPARE(all.size(), 1);
    QVERIFY(!find<QPushButton>(view, "summaryExport")->isEnabled());
}

void SummaryViewTest::stopsWhileItMakes() {
    SummaryView view;
    view.setDocument(QStringLiteral("Persuasion"), parts());
    view.show();
    QSignalSpy make(&view, &SummaryView::makeRequested);
    QSignalSpy stop(&view, &SummaryView::stopRequested);
    auto* button = find<QPushButton>(view, "summaryMake");
    QTest::keyClick(&view, Qt::Key_Escape);
    QCOMPARE(stop.size(), 0);
    view.setProgress(1, 0, 0);
    QCOMPARE(button->text(), QStringLiteral("Stop"));
    QVERIFY(!find<QPushButton>(view, "summaryMakeAll")->isEnabled());
    button->click();
    QTest::keyClick(&view, Qt::Key_Escape);
    QCOMPARE(stop.size(), 2);
    QCOMPARE(make.size(), 0);
    view.setStopped(1);
    QCOMPARE(button->text(), QStringLiteral("Make"));
}

void SummaryViewTest::showsASummaryWithItsSources() {
    SummaryView view;
    view.setDocument(QStringLiteral("Persuasion"), parts());
    view.show();
    QSignalSpy opened(&view, &SummaryView::citationActivated);
    QSignalSpy exported(&view, &SummaryView::exportRequested);
    auto* text = find<ui::ExchangeView>(view, "summaryText");
    QVERIFY(!text->isVisible());
    view.setSummary(1, summary(), QDateTime::currentDateTime());
    QVERIFY(!text->isVisible());
    view.selectChapter(1);
    QVERIFY(text->isVisible());
    QCOMPARE(find<QPushButton>(view, "summaryMake")->text(), QStringLiteral("Make again"));
    QTest::keyClicks(text, QStringLiteral("]"));
    QTest::keyClick(text, Qt::Key_Return);
    QCOMPARE(opened.size(), 1);
    QCOMPARE(opened[0][1].toLongLong(), 100);
    find<QPushButton>(view, "summaryExport")->click();
    QCOMPARE(exported.size(), 1);
}

void SummaryViewTest::saysWhyOneFailed() {
    SummaryView view;
    view.setDocument(QStringLiteral("Persuasion"), parts());
    view.setFailed(0, QStringLiteral("It does not fit."));
    QCOMPARE(find<QLabel>(view, "summaryHint")->text(), QStringLiteral("It does not fit."));
    view.setProgress(0, 1, 2);
    QVERIFY(find<QLabel>(view, "summaryHint")->text() != QStringLiteral("It does not fit."));
}

void SummaryViewTest::makesNothingWithoutAModel() {
    SummaryView view;
    view.setDocument(QStringLiteral("Persuasion"), parts());
    view.show();
    view.setCanMake(false, QStringLiteral("Summaries need a model."));
    QVERIFY(!find<QPushButton>(view, "summaryMake")->isEnabled());
    QVERIFY(!find<QPushButton>(view, "summaryMakeAll")->isEnabled());
    QVERIFY(find<QLabel>(view, "summaryReason")->isVisible());
    view.setCanMake(true);
    QVERIFY(find<QPushButton>(view, "summaryMake")->isEnabled());
}

void SummaryViewTest::forgetsTheDocumentBefore() {
    SummaryView view;
    view.show();
    QVERIFY(!find<QListView>(view, "summaryParts")->isVisible());
    view.setDocument(QStringLiteral("Persuasion"), parts());
    view.setSummary(0, summary(), QDateTime::currentDateTime());
    QVERIFY(find<ui::ExchangeView>(view, "summaryText")->isVisible());
    view.setDocument(QStringLiteral("Emma"), parts());
    QVERIFY(!find<ui::ExchangeView>(view, "summaryText")->isVisible());
    QVERIFY(find<QListView>(view, "summaryParts")->isVisible());
}

QTEST_MAIN(SummaryViewTest)
#include "summary_view_test.moc"
