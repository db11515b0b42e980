#include <QAbstractItemModelTester>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "tests/support/fake_engine.h"
#include "ui/trash_view.h"

using Ids = ui::TrashView::Ids;
using support::fakeDocument;

class TrashViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void saysThatItIsEmpty();
    void bringsBack();
    void asksBeforeItDeletes();
    void namesAFewAndCountsTheRest();
    void forgetsAQuestionThatIsOutOfDate();
    void closesTheBarByKey();

private:
    static std::vector<engine::DocumentInfo> removed() {
        return {fakeDocument('a', "Emma"), fakeDocument('b', "<b>Villette</b>")};
    }
    template <class Widget> static Widget& child(const ui::TrashView& view, const char* name) {
        return *view.findChild<Widget*>(QString::fromLatin1(name));
    }
};

void TrashViewTest::saysThatItIsEmpty() {
    ui::TrashView view;
    view.show();
    QVERIFY(child<QLabel>(view, "trashEmpty").isVisible());
    QVERIFY(!child<QPushButton>(view, "trashRestore").isEnabled());
    QVERIFY(!child<QPushButton>(view, "trashDelete").isEnabled());
    view.setDocuments(removed());
    QVERIFY(!child<QLabel>(view, "trashEmpty").isVisible());
    QVERIFY(child<QPushButton>(view, "trashDelete").isEnabled());
}

void TrashViewTest::bringsBack() {
    ui::TrashView view;
    view.show();
    auto& list = child<QListView>(view, "trashList");
    const QAbstractItemModelTester tester(list.model());
    view.setDocuments(removed());
    QSignalSpy restore(&view, &ui::TrashView::restoreRequested);
    list.setCurrentIndex(list.model()->index(1, 0));
    child<QPushButton>(view, "trashRestore").click();
    QCOMPARE(restore.takeFirst()[0].value<Ids>(), Ids{removed()[1].id});
    list.selectAll();
    QTest::keyClick(&list, Qt::Key_Return);
    QCOMPARE(restore.takeFirst()[0].value<Ids>(), (Ids{removed()[0].id, removed()[1].id}));
}

void TrashViewTest::asksBeforeItDeletes() {
    ui::TrashView view;
    view.show();
    QVERIFY(QTest::qWaitForWindowActive(&view));
    view.setDocuments(removed());
    QSignalSpy deleted(&view, &ui::TrashView::deleteForGoodRequested);
    auto& bar = child<QFrame>(view, "trashBar");
    auto& question = child<QLabel>(view, "trashQuestion");
    QVERIFY(!bar.isVisible());
    child<QPushButton>(view, "trashDelete").click();
    QVERIFY(bar.isVisible());
    QVERIFY(child<QPushButton>(view, "trashKeep").hasFocus());
    QVERIFY(!child<QPushButton>(view, "trashDelete").isEnabled());
    QVERIFY(question.text().contains(QStringLiteral("\n• Emma\n• <b>Villette</b>\n")));
    QCOMPARE(question.textFormat(), Qt::PlainText);
    child<QPushButton>(view, "trashKeep").click();
    QVERIFY(!bar.isVisible());
    QVERIFY(deleted.isEmpty());
    child<QPushButton>(view, "trashDelete").click();
    child<QPushButton>(view, "trashConfirm").click();
    QCOMPARE(deleted.size(), 1);
    QCOMPARE(deleted[0][0].value<Ids>(), (Ids{removed()[0].id, removed()[1].id}));
    QVERIFY(!bar.isVisible());
}

void TrashViewTest::namesAFewAndCountsTheRest() {
    ui::TrashView view;
    std::vector<engine::DocumentInfo> many;
    for (const char digit : {'1', '2', '3', '4', '5', '6', '7'})
        many.push_back(fakeDocument(digit, std::string("Book ") + digit));
    many[0].title = "A title without end, without end, without end, without end";
    view.setDocuments(many);
    child<QPushButton>(view, "trashDelete").click();
    const QString text = child<QLabel>(view, "trashQuestion").text();
    QVERIFY(text.contains(QStringLiteral("\n• A title without end, without end, without…\n")));
    QVERIFY(text.contains(QStringLiteral("• Book 5\n• and 2 more documents\n")));
    QVERIFY(!text.contains(QStringLiteral("Book 6")));
}

void TrashViewTest::forgetsAQuestionThatIsOutOfDate() {
    ui::TrashView view;
    view.show();
    view.setDocuments(removed());
    child<QPushButton>(view, "trashDelete").click();
    view.setDocuments({fakeDocument('c', "Another")});
    QVERIFY(!child<QFrame>(view, "trashBar").isVisible());
    QVERIFY(child<QPushButton>(view, "trashDelete").isEnabled());
}

void TrashViewTest::closesTheBarByKey() {
    ui::TrashView view;
    view.show();
    view.setDocuments(removed());
    child<QPushButton>(view, "trashDelete").click();
    QTest::keyClick(&child<QPushButton>(view, "trashKeep"), Qt::Key_Escape);
    QVERIFY(!child<QFrame>(view, "trashBar").isVisible());
}

QTEST_MAIN(TrashViewTest)
#include "trash_view_test.moc"
