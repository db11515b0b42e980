#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QLabel>
#include <QListView>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "ui/queue_model.h"
#include "ui/queue_row.h"
#include "ui/queue_view.h"

using engine::Progress;
using engine::Stage;
using ui::QueueModel;
using ui::QueueRow;
using ui::QueueView;

namespace {

QString s(const char* text) {
    return QString::fromUtf8(text);
}

Progress reading(std::int64_t done, std::int64_t total) {
    Progress progress;
    progress.stage = Stage::Read;
    progress.unit = "pages";
    progress.done = done;
    progress.total = total;
    return progress;
}

QList<QueueRow*> rowsOf(const QueueView& view) {
    QList<QueueRow*> rows;
    for (QueueRow* row : view.findChildren<QueueRow*>()) {
        if (row->isVisible())
            rows.append(row);
    }
    std::sort(rows.begin(), rows.end(), [](auto* a, auto* b) { return a->y() < b->y(); });
    return rows;
}

QString titleIn(const QWidget& row) {
    return row.findChild<QLabel*>(s("queueTitle"))->text();
}

QString textIn(const QWidget& widget, const char* name) {
    return widget.findChild<QLabel*>(s(name))->text();
}

void click(const QWidget& widget, const char* name) {
    auto* button = widget.findChild<QAbstractButton*>(s(name));
    QVERIFY(button && button->isVisible() && button->isEnabled());
    button->click();
}

} // namespace

class QueueViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void saysWhatGoesOn();
    void saysHowLongItTakes_data();
    void saysHowLongItTakes();
    void keepsTheOrder();
    void countsTheWhole();
    void isHiddenWhenEmpty();
    void actsByButtons();
    void standsWithTheWholeQueue();
    void actsByKeys();
    void showsAFailure();
    void namesEveryControl();
    void takesTenThousand();
};

void QueueViewTest::saysWhatGoesOn() {
    Progress progress = reading(212, 614);
    QCOMPARE(ui::stageWords(progress), s("Reading: 212 of 614 pages"));
    QCOMPARE(ui::rateWords(progress), QString());
    progress.perSecond = 2.62;
    progress.tokensPerSecond = 1240.4;
    QCOMPARE(ui::rateWords(progress), s("2.6 pages/s · 1,240 tokens/s"));
    progress.unit = "locations";
    QCOMPARE(ui::stageWords(progress), s("Reading: 212 of 614 locations"));
    progress.stage = Stage::Index;
    progress.unit = "passages";
    progress.total = 2048;
    QCOMPARE(ui::stageWords(progress), s("Indexing: 212 of 2,048 passages"));
    progress.stage = Stage::Text;
    progress.total = 0;
    QCOMPARE(ui::stageWords(progress), s("Taking out the text"));
    progress.stage = Stage::Hash;
    progress.unit = "bytes";
    progress.done = 1 << 20;
    progress.total = 200 << 20;
    QCOMPARE(ui::stageWords(progress), s("Checking the file: 1.00 MiB of 200.00 MiB"));

    ui::QueueItem item;
    QCOMPARE(item.statusWords(), s("Waiting"));
    QCOMPARE(item.fraction(), -1.0);
    item.progress = reading(1, 4);
    item.progress->perSecond = 3;
    item.progress->etaSeconds = 90;
    QCOMPARE(item.detailWords(), s("3.0 pages/s · about 2 minutes left"));
    QCOMPARE(item.fraction(), 0.25);
    item.isPaused = true;
    QCOMPARE(item.statusWords(), s("Paused at 1 of 4 pages"));
    QCOMPARE(item.detailWords(), QString());
}

void QueueViewTest::saysHowLongItTakes_data() {
    QTest::addColumn<double>("seconds");
    QTest::addColumn<QString>("expected");
    QTest::newRow("0") << 0.0 << s("less than a minute left");
    QTest::newRow("54") << 54.0 << s("less than a minute left");
    QTest::newRow("60") << 60.0 << s("about 1 minute left");
    QTest::newRow("200") << 200.0 << s("about 3 minutes left");
    QTest::newRow("58 min") << 58 * 60.0 << s("about 1 hour left");
    QTest::newRow("80 min") << 80 * 60.0 << s("about 1 h 20 min left");
    QTest::newRow("121 min") << 121 * 60.0 << s("about 2 hours left");
    QTest::newRow("days") << 2e5 << s("more than a day left");
}

void QueueViewTest::saysHowLongItTakes() {
    QFETCH(double, seconds);
    QFETCH(QString, expected);
    QCOMPARE(ui::remainingWords(seconds), expected);
}

void QueueViewTest::keepsTheOrder() {
    QueueModel model;
    const QAbstractItemModelTester tester(&model);
    for (const char* key : {"a", "b", "c", "d"})
        model.addFile(s(key), s(key));
    model.addFile(s("a"), s("again"));
    const auto order = [&] {
        QString keys;
        for (int row = 0; row < model.rowCount(); ++row)
            keys += model.itemAt(row).key;
        return keys;
    };
    model.moveFile(s("a"), 2);
    QCOMPARE(order(), s("bcad"));
    model.moveFile(s("d"), 0);
    QCOMPARE(order(), s("dbca"));
    model.moveFile(s("b"), 99);
    model.moveFile(s("x"), 0);
    QCOMPARE(order(), s("dcab"));
    model.removeFile(s("c"));
    model.setDone(s("a"));
    model.setDone(s("nobody"));
    QCOMPARE(order(), s("db"));
    QCOMPARE(model.doneCount(), 1);
    QCOMPARE(model.itemAt(0).title, s("d"));
}

void QueueViewTest::countsTheWhole() {
    QueueModel model;
    model.addFile(s("a"), s("a.pdf"));
    QCOMPARE(model.overallWords(), s("1 document in the queue."));
    for (const char* key : {"b", "c", "d"})
        model.addFile(s(key), s(key));
    model.setDone(s("a"));
    QCOMPARE(model.overallWords(), s("1 of 4 documents done."));
    QCOMPARE(model.overallFraction(), 0.25);
    model.setProgress(s("b"), reading(5, 10));
    QCOMPARE(model.overallFraction(), 0.375);
    model.setFailed(s("c"), s("It is damaged."), QString());
    QCOMPARE(model.overallWords(), s("1 of 4 documents done. 1 could not be read."));
    model.setPaused(s("b"), true);
    QVERIFY(!model.isPaused());
    model.setPaused(s("d"), true);
    QVERIFY(model.isPaused());
    QVERIFY(model.overallWords().startsWith(s("Paused.")));
    for (const char* key : {"b", "c", "d"})
        model.removeFile(s(key));
    QCOMPARE(model.doneCount(), 0);
}

void QueueViewTest::isHiddenWhenEmpty() {
    QueueView view;
    QSignalSpy empty(&view, &QueueView::emptyChanged);
    QVERIFY(view.isEmpty());
    view.addFile(s("a"), s("a.pdf"));
    view.addFile(s("b"), s("b.pdf"));
    QCOMPARE(empty.size(), 1);
    QCOMPARE(empty[0][0].toBool(), false);
    view.setDone(s("a"));
    view.removeFile(s("b"));
    QCOMPARE(empty.size(), 2);
    QCOMPARE(empty[1][0].toBool(), true);
}

void QueueViewTest::actsByButtons() {
    QueueView view;
    view.resize(900, 400);
    view.show();
    for (const char* key : {"a", "b", "c"})
        view.addFile(s(key), s(key));
    QTRY_COMPARE(rowsOf(view).size(), 3);
    Progress progress = reading(1, 2);
    progress.title = "The title";
    view.setProgress(s("a"), progress);
    QCOMPARE(titleIn(*rowsOf(view)[0]), s("The title"));
    QCOMPARE(rowsOf(view)[0]->findChild<QProgressBar*>()->value(), 500);

    QSignalSpy pause(&view, &QueueView::pauseRequested);
    QSignalSpy moved(&view, &QueueView::moveRequested);
    QSignalSpy cancelled(&view, &QueueView::cancelRequested);
    QSignalSpy all(&view, &QueueView::pauseAllRequested);
    click(*rowsOf(view)[0], "queuePause");
    QCOMPARE(pause.takeFirst(), (QVariantList{s("a"), true}));
    view.setPaused(s("a"), true);
    click(*rowsOf(view)[0], "queuePause");
    QCOMPARE(pause.takeFirst(), (QVariantList{s("a"), false}));
    QVERIFY(!rowsOf(view)[0]->findChild<QToolButton*>(s("queueUp"))->isEnabled());
    QVERIFY(!rowsOf(view)[2]->findChild<QToolButton*>(s("queueDown"))->isEnabled());
    click(*rowsOf(view)[2], "queueUp");
    QCOMPARE(moved.takeFirst(), (QVariantList{s("c"), 1}));
    click(*rowsOf(view)[1], "queueDown");
    QCOMPARE(moved.takeFirst(), (QVariantList{s("b"), 2}));
    view.moveFile(s("b"), 2);
    QTRY_COMPARE(titleIn(*rowsOf(view)[2]), s("b"));
    QTRY_VERIFY(!rowsOf(view)[2]->findChild<QToolButton*>(s("queueDown"))->isEnabled());
    connect(&view, &QueueView::cancelRequested, &view, &QueueView::removeFile);
    click(*rowsOf(view)[1], "queueCancel");
    QCOMPARE(cancelled.takeFirst(), QVariantList{s("c")});
    QTRY_COMPARE(rowsOf(view).size(), 2);
    click(view, "queuePauseAll");
    QCOMPARE(all.takeFirst(), QVariantList{true});
    view.setPaused(s("b"), true);
    QTRY_COMPARE(view.findChild<QPushButton*>(s("queuePauseAll"))->text(), s("Go on with all"));
    click(view, "queuePauseAll");
    QCOMPARE(all.takeFirst(), QVariantList{false});
}

void QueueViewTest::standsWithTheWholeQueue() {
    QueueView view;
    view.resize(900, 400);
    view.show();
    for (const char* key : {"a", "b"})
        view.addFile(s(key), s(key));
    Progress progress = reading(1, 4);
    progress.perSecond = 3;
    progress.etaSeconds = 90;
    view.setProgress(s("a"), progress);
    QTRY_COMPARE(rowsOf(view).size(), 2);
    QCOMPARE(textIn(*rowsOf(view)[0], "queueStatus"), s("Reading: 1 of 4 pages"));
    QSignalSpy all(&view, &QueueView::pauseAllRequested);
    QSignalSpy pause(&view, &QueueView::pauseRequested);
    view.setAllPaused(true);
    QTRY_COMPARE(textIn(*rowsOf(view)[0], "queueStatus"), s("Paused at 1 of 4 pages"));
    QCOMPARE(textIn(*rowsOf(view)[0], "queueDetail"), QString());
    view.addFile(s("c"), s("c"));
    QTRY_COMPARE(rowsOf(view).size(), 3);
    QCOMPARE(textIn(*rowsOf(view)[2], "queueStatus"), s("Paused before it began"));
    QVERIFY(!rowsOf(view)[0]->findChild<QToolButton*>(s("queuePause"))->isEnabled());
    auto* list = view.findChild<QListView*>(s("queueList"));
    list->setCurrentIndex(list->model()->index(0, 0));
    QTest::keyClick(list, Qt::Key_Space);
    QVERIFY(pause.isEmpty());
    QCOMPARE(view.findChild<QPushButton*>(s("queuePauseAll"))->text(), s("Go on with all"));
    QVERIFY(textIn(view, "queueOverall").startsWith(s("Paused.")));
    click(view, "queuePauseAll");
    QCOMPARE(all.takeFirst(), QVariantList{false});
    view.setAllPaused(false);
    QTRY_COMPARE(view.findChild<QPushButton*>(s("queuePauseAll"))->text(), s("Pause all"));
    QCOMPARE(textIn(*rowsOf(view)[0], "queueStatus"), s("Reading: 1 of 4 pages"));
    QVERIFY(rowsOf(view)[0]->findChild<QToolButton*>(s("queuePause"))->isEnabled());
}

void QueueViewTest::actsByKeys() {
    QueueView view;
    view.show();
    for (const char* key : {"a", "b", "c"})
        view.addFile(s(key), s(key));
    auto* list = view.findChild<QListView*>(s("queueList"));
    connect(&view, &QueueView::moveRequested, &view, &QueueView::moveFile);
    connect(&view, &QueueView::cancelRequested, &view, &QueueView::removeFile);
    QSignalSpy moved(&view, &QueueView::moveRequested);
    QSignalSpy pause(&view, &QueueView::pauseRequested);
    QSignalSpy cancelled(&view, &QueueView::cancelRequested);
    QTest::keyClick(list, Qt::Key_Delete);
    QVERIFY(cancelled.isEmpty());
    list->setCurrentIndex(list->model()->index(0, 0));
    QTest::keyClick(list, Qt::Key_Down, Qt::ControlModifier);
    QCOMPARE(moved.takeFirst(), (QVariantList{s("a"), 1}));
    QCOMPARE(list->currentIndex().row(), 1);
    QTest::keyClick(list, Qt::Key_Up, Qt::ControlModifier);
    QTest::keyClick(list, Qt::Key_Up, Qt::ControlModifier);
    QCOMPARE(moved.size(), 1);
    QTest::keyClick(list, Qt::Key_Space);
    QCOMPARE(pause.takeFirst(), (QVariantList{s("a"), true}));
    QTest::keyClick(list, Qt::Key_Delete);
    QCOMPARE(cancelled.takeFirst(), QVariantList{s("a")});
    QCOMPARE(list->model()->rowCount(), 2);
}

void QueueViewTest::showsAFailure() {
    QueueView view;
    view.resize(900, 300);
    view.show();
    view.addFile(s("a"), s("<b>a</b>.pdf"));
    view.setFailed(s("a"), s("<b>a</b>.pdf is locked."), s("Enter the password…"));
    QTRY_COMPARE(rowsOf(view).size(), 1);
    QueueRow& row = *rowsOf(view)[0];
    QCOMPARE(textIn(row, "queueStatus"), s("<b>a</b>.pdf is locked."));
    QCOMPARE(row.findChild<QLabel*>(s("queueStatus"))->textFormat(), Qt::PlainText);
    QCOMPARE(row.findChild<QLabel*>(s("queueTitle"))->textFormat(), Qt::PlainText);
    QVERIFY(!row.findChild<QWidget*>(s("queuePause"))->isVisible());
    QVERIFY(!row.findChild<QWidget*>(s("queueBar"))->isVisible());
    QSignalSpy action(&view, &QueueView::actionRequested);
    click(row, "queueAction");
    QCOMPARE(action.takeFirst(), QVariantList{s("a")});
    auto* list = view.findChild<QListView*>(s("queueList"));
    list->setCurrentIndex(list->model()->index(0, 0));
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(action.takeFirst(), QVariantList{s("a")});
    QTRY_VERIFY(!view.findChild<QPushButton*>(s("queuePauseAll"))->isEnabled());
    view.setProgress(s("a"), reading(1, 2));
    QCOMPARE(textIn(row, "queueStatus"), s("Reading: 1 of 2 pages"));
    QVERIFY(row.findChild<QWidget*>(s("queuePause"))->isVisible());
    const int height = row.height();
    view.setFailed(s("a"), s("A sentence that goes on and on. ").repeated(30));
    QTRY_VERIFY(row.height() > height);
    const auto* status = row.findChild<QLabel*>(s("queueStatus"));
    QTRY_VERIFY(status->height() >= status->heightForWidth(status->width()));
    view.setProgress(s("a"), reading(1, 2));
    QTRY_COMPARE(row.height(), height);
    view.setFailed(s("a"), s("It is damaged."));
    QVERIFY(!row.findChild<QWidget*>(s("queueAction"))->isVisible());
}

void QueueViewTest::namesEveryControl() {
    QueueView view;
    view.show();
    view.addFile(s("a"), s("Emma"));
    QTRY_COMPARE(rowsOf(view).size(), 1);
    for (QWidget* widget : view.findChildren<QWidget*>()) {
        if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() ||
            widget->objectName().startsWith(s("qt_")))
            continue;
        const auto* button = qobject_cast<QAbstractButton*>(widget);
        QVERIFY2(!widget->accessibleName().isEmpty() || (button && !button->text().isEmpty()),
                 qPrintable(widget->objectName()));
        QVERIFY(!widget->objectName().isEmpty());
    }
    QCOMPARE(rowsOf(view)[0]->findChild<QWidget*>(s("queueCancel"))->accessibleName(),
             s("Stop reading Emma"));
}

void QueueViewTest::takesTenThousand() {
    QueueView view;
    view.resize(900, 300);
    view.show();
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < 10000; ++i)
        view.addFile(QString::number(i), QString::number(i));
    QTRY_VERIFY(!rowsOf(view).isEmpty());
    qInfo("10,000 files queued and shown in %lld ms", timer.elapsed());
    QVERIFY(rowsOf(view).size() < 20);
    auto* list = view.findChild<QListView*>(s("queueList"));
    list->scrollToBottom();
    QTRY_VERIFY(!rowsOf(view).isEmpty() && titleIn(*rowsOf(view).last()) == s("9999"));
    QVERIFY(rowsOf(view).size() < 20);
}

QTEST_MAIN(QueueViewTest)
#include "queue_view_test.moc"
