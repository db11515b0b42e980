#include <QAbstractItemModelTester>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTreeView>

#include "ui/contents_model.h"
#include "ui/contents_view.h"

using engine::ContentsEntry;
using ui::ContentsModel;
using ui::ContentsView;

namespace {

ContentsEntry entry(int level, const char* title, std::int64_t begin, std::int64_t end, int page,
                    const char* label) {
    ContentsEntry result;
    result.level = level;
    result.title = title;
    result.range = {begin, end};
    result.page.first = result.page.last = page;
    result.page.firstLabel = result.page.lastLabel = label;
    result.source = "file";
    return result;
}

std::vector<ContentsEntry> outline() {
    return {entry(1, "Preface", 0, 100, 3, "iii"),
            entry(1, "The arrival", 100, 900, 11, "1"),
            entry(2, "By sea", 150, 500, 12, "2"),
            entry(2, "By land", 500, 900, 30, "20"),
            entry(3, "The mule dies", 600, 900, 31, "21"),
            entry(1, "The murderer is the gardener", 900, 2000, 60, "50")};
}

/// Every title with its indentation, in the order of the tree.
QStringList lines(const ContentsModel& model, const QModelIndex& parent = {},
                  const QString& indent = {}) {
    QStringList result;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        const QModelIndex index = model.index(row, 0, parent);
        result.append(indent + index.data().toString());
        result += lines(model, index, indent + QLatin1Char('.'));
    }
    return result;
}

} // namespace

class ContentsViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void makesATree();
    void survivesSkippedLevels();
    void masksWhatIsAfterTheBound();
    void countsChaptersBelowTheBooksTitle();
    void marksWhereThePersonIs();
    void goesWhereThePersonWants();
    void saysWhenThereIsNoOutline();
};

void ContentsViewTest::makesATree() {
    ContentsModel model;
    const QAbstractItemModelTester tester(&model);
    model.setContents(outline());
    QCOMPARE(lines(model), (QStringList{QStringLiteral("Preface"), QStringLiteral("The arrival"),
                                        QStringLiteral(".By sea"), QStringLiteral(".By land"),
                                        QStringLiteral("..The mule dies"),
                                        QStringLiteral("The murderer is the gardener")}));
    QCOMPARE(model.index(0, 1).data().toString(), QStringLiteral("iii"));
    QCOMPARE(model.index(0, 0).data(Qt::AccessibleTextRole).toString(),
             QStringLiteral("Preface, page iii"));
    QCOMPARE(model.entryCount(), 6);
    model.setContents({});
    QCOMPARE(model.rowCount(), 0);
}

void ContentsViewTest::survivesSkippedLevels() {
    ContentsModel model;
    const QAbstractItemModelTester tester(&model);
    model.setContents({entry(3, "deep first", 0, 10, 1, "1"), entry(1, "top", 10, 30, 2, "2"),
                       entry(4, "deep", 20, 30, 3, "3"), entry(0, "", 30, 40, 4, "4")});
    QCOMPARE(lines(model), (QStringList{QStringLiteral("deep first"), QStringLiteral("top"),
                                        QStringLiteral(".deep"), QStringLiteral("Chapter 3")}));
}

void ContentsViewTest::masksWhatIsAfterTheBound() {
    ContentsModel model;
    const QAbstractItemModelTester tester(&model);
    model.setContents(outline());
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    model.setBound(500);
    QVERIFY(!changed.isEmpty());
    QCOMPARE(lines(model),
             (QStringList{QStringLiteral("Preface"), QStringLiteral("The arrival"),
                          QStringLiteral(".By sea"), QStringLiteral(".Chapter 2, part 2"),
                          QStringLiteral("..Chapter 2, part 2.1"), QStringLiteral("Chapter 3")}));
    // No role gives the title away.
    const QModelIndex last = model.index(2, 0);
    for (int role = 0; role < Qt::UserRole + 9; ++role)
        QVERIFY(!last.data(role).toString().contains(QStringLiteral("gardener")));
    model.setBound({});
    QCOMPARE(lines(model).last(), QStringLiteral("The murderer is the gardener"));
}

void ContentsViewTest::countsChaptersBelowTheBooksTitle() {
    ContentsModel model;
    model.setContents({entry(1, "The Book", 0, 900, 1, "1"), entry(2, "One", 10, 300, 2, "2"),
                       entry(2, "Two", 300, 900, 9, "9"), entry(3, "Two a", 400, 900, 9, "9")});
    model.setBound(300);
    QCOMPARE(lines(model),
             (QStringList{QStringLiteral("The Book"), QStringLiteral(".One"),
                          QStringLiteral(".Chapter 2"), QStringLiteral("..Chapter 2, part 1")}));
}

void ContentsViewTest::marksWhereThePersonIs() {
    ContentsModel model;
    const QAbstractItemModelTester tester(&model);
    model.setCurrentOffset(650);
    model.setContents(outline());
    QCOMPARE(model.currentEntry().data().toString(), QStringLiteral("The mule dies"));
    QVERIFY(model.currentEntry().data(Qt::FontRole).value<QFont>().bold());
    QVERIFY(model.currentEntry()
                .data(Qt::AccessibleTextRole)
                .toString()
                .endsWith(QStringLiteral("you are here")));
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    model.setCurrentOffset(699);
    QVERIFY(changed.isEmpty());
    model.setCurrentOffset(120);
    QCOMPARE(changed.size(), 2);
    QCOMPARE(model.currentEntry().data().toString(), QStringLiteral("The arrival"));
    model.setCurrentOffset(5000);
    QVERIFY(!model.currentEntry().isValid());
}

void ContentsViewTest::goesWhereThePersonWants() {
    ContentsView view;
    view.setContents(outline());
    view.resize(300, 400);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QSignalSpy place(&view, &ContentsView::placeRequested);
    auto* tree = view.findChild<QTreeView*>(QStringLiteral("contentsTree"));
    const QModelIndex sea = tree->model()->index(0, 0, tree->model()->index(1, 0));
    QVERIFY(tree->isExpanded(sea.parent()));
    QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, tree->visualRect(sea).center());
    QCOMPARE(place.size(), 1);
    QCOMPARE(place[0][0].value<engine::TextRange>().begin, 150);
    QCOMPARE(place[0][1].value<engine::PageRange>().first, 12);
    tree->setFocus();
    QTest::keyClick(tree, Qt::Key_Down);
    QTest::keyClick(tree, Qt::Key_Return);
    QCOMPARE(place.size(), 2);
    QCOMPARE(place[1][0].value<engine::TextRange>().begin, 500);
}

void ContentsViewTest::saysWhenThereIsNoOutline() {
    ContentsView view;
    view.show();
    auto* empty = view.findChild<QLabel*>(QStringLiteral("contentsEmpty"));
    auto* note = view.findChild<QLabel*>(QStringLiteral("contentsNote"));
    auto* button = view.findChild<QPushButton*>(QStringLiteral("contentsGoToPage"));
    QVERIFY(empty->isVisible() && !button->isVisible());
    QVERIFY(empty->text().startsWith(QStringLiteral("Open a document")));
    view.setContents({});
    QVERIFY(empty->text().startsWith(QStringLiteral("This document has no contents")));
    QSignalSpy goTo(&view, &ContentsView::goToPageRequested);
    button->click();
    QCOMPARE(goTo.size(), 1);
    std::vector<ContentsEntry> guessed = outline();
    for (ContentsEntry& each : guessed)
        each.source = "guessed";
    view.setContents(guessed);
    QVERIFY(!empty->isVisible() && note->isVisible());
    view.setContents(outline());
    QVERIFY(!note->isVisible());
    view.clear();
    QVERIFY(empty->isVisible() && !button->isVisible());
}

QTEST_MAIN(ContentsViewTest)
#include "contents_view_test.moc"
