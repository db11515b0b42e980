#include <QAbstractItemModelTester>
#include <QLabel>
#include <QLineEdit>
#include <QTest>
#include <QTreeView>

#include "ui/shortcuts_view.h"

class ShortcutsViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void listsInTheOrderGiven();
    void filtersByActionAndKeys();

private:
    static std::vector<ui::ShortcutRow> rows() {
        return {{QStringLiteral("File"), QStringLiteral("Quit"), QStringLiteral("Ctrl+Q")},
                {QStringLiteral("File"), QStringLiteral("Add files"), QStringLiteral("Ctrl+O")},
                {QStringLiteral("Help"), QStringLiteral("About"), QString()}};
    }
};

void ShortcutsViewTest::listsInTheOrderGiven() {
    ui::ShortcutsModel model;
    QAbstractItemModelTester tester(&model);
    model.setRows(rows());
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.index(2, ui::ShortcutsModel::Keys).data(Qt::AccessibleTextRole).toString(),
             QStringLiteral("no keys"));
    ui::ShortcutsView view;
    view.setRows(rows());
    const auto* list = view.findChild<QTreeView*>(QStringLiteral("shortcutsList"));
    QCOMPARE(list->model()->index(0, 0).data().toString(), QStringLiteral("Quit"));
    QCOMPARE(list->model()->index(1, 1).data().toString(), QStringLiteral("Ctrl+O"));
}

void ShortcutsViewTest::filtersByActionAndKeys() {
    ui::ShortcutsView view;
    view.setRows(rows());
    view.show();
    auto* filter = view.findChild<QLineEdit*>(QStringLiteral("shortcutsFilter"));
    const auto* list = view.findChild<QTreeView*>(QStringLiteral("shortcutsList"));
    const auto* none = view.findChild<QLabel*>(QStringLiteral("shortcutsNone"));
    QTest::keyClicks(filter, QStringLiteral("ctrl+o"));
    QCOMPARE(list->model()->rowCount(), 1);
    QCOMPARE(list->model()->index(0, 0).data().toString(), QStringLiteral("Add files"));
    QVERIFY(!none->isVisible());
    filter->setText(QStringLiteral("abou"));
    QCOMPARE(list->model()->rowCount(), 1);
    filter->setText(QStringLiteral("zzz"));
    QCOMPARE(list->model()->rowCount(), 0);
    QVERIFY(none->isVisible());
}

QTEST_MAIN(ShortcutsViewTest)
#include "shortcuts_view_test.moc"
