#include <QAbstractItemModelTester>
#include <QAction>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "ui/library_model.h"
#include "ui/library_view.h"

using engine::DocumentInfo;
using engine::State;
using ui::LibraryModel;
using ui::LibraryView;
using Ids = LibraryView::Ids;

namespace {

DocumentInfo document(int number, const char* title, const char* author,
                      State state = State::Read) {
    DocumentInfo info;
    info.id.sha256 = QByteArray::number(number).rightJustified(64, '0').toStdString();
    info.title = title;
    info.author = author;
    info.kind = "pdf";
    info.state = state;
    info.coverage.total = 614;
    info.coverage.read = state == State::Read ? 614 : 0;
    info.paths = {"/books/a.pdf"};
    return info;
}

std::vector<DocumentInfo> shelf() {
    return {document(1, "Villette", "Charlotte Brontë"), document(2, "Emma", "Jane Austen"),
            document(3, "part 10", ""), document(4, "Part 2", "Jane Austen", State::Reading)};
}

QStringList titles(const QAbstractItemModel& model) {
    QStringList result;
    for (int row = 0; row < model.rowCount(); ++row)
        result.append(model.index(row, 0).data().toString());
    return result;
}

QStringList words(const char* text) {
    return QString::fromUtf8(text).split(QLatin1Char('|'), Qt::SkipEmptyParts);
}

template <class Widget> Widget* child(const QObject& view, const char* name) {
    auto* result = view.findChild<Widget*>(QString::fromLatin1(name));
    Q_ASSERT(result);
    return result;
}

} // namespace

class LibraryViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void saysWhereADocumentStands_data();
    void saysWhereADocumentStands();
    void sorts();
    void filters();
    void filtersTenThousand();
    void followsAReading();
    void showsCollections();
    void keepsTheSelection();
    void worksByKeyboard();
    void offersWhatIsPossible();
    void helpsWhenThereIsNothing();
    void showsTitlesAsTheyAre();
};

void LibraryViewTest::saysWhereADocumentStands_data() {
    QTest::addColumn<int>("state");
    QTest::addColumn<int>("read");
    QTest::addColumn<int>("failed");
    QTest::addColumn<int>("total");
    QTest::addColumn<QString>("expected");
    const auto row = [](State state, int read, int failed, int total, const char* expected) {
        QTest::newRow(expected) << int(state) << read << failed << total
                                << QString::fromUtf8(expected);
    };
    row(State::Read, 614, 0, 614, "Read · 614 of 614 pages");
    row(State::Reading, 233, 0, 614, "Reading · 37 %");
    row(State::Reading, 0, 0, 0, "Reading");
    row(State::Paused, 212, 0, 614, "Paused · 212 of 614 pages");
    row(State::TextReady, 0, 0, 614, "Text ready");
    row(State::Queued, 0, 0, 0, "Queued");
    row(State::Locked, 0, 0, 0, "Locked");
    row(State::NoText, 0, 0, 27, "No text");
    row(State::Damaged, 0, 2, 16, "Damaged: 14 of 16 pages open");
    row(State::Damaged, 0, 0, 0, "Damaged");
    row(State::ReadWithGaps, 614, 4, 614, "Read with gaps · 4 failed");
    row(State::MemoryOutdated, 0, 0, 614, "Memory outdated");
}

void LibraryViewTest::saysWhereADocumentStands() {
    QFETCH(int, state);
    QFETCH(int, read);
    QFETCH(int, failed);
    QFETCH(int, total);
    QFETCH(QString, expected);
    DocumentInfo info = document(1, "Emma", "Jane Austen", State(state));
    info.coverage.read = read;
    info.coverage.failed = failed;
    info.coverage.total = total;
    QCOMPARE(ui::stateWords(info), expected);
    if (total > 0) {
        info.coverage.isLocation = true;
        QCOMPARE(ui::stateWords(info).contains(QStringLiteral("locations")),
                 expected.contains(QStringLiteral("pages")));
    }
}

void LibraryViewTest::sorts() {
    LibraryModel model;
    const QAbstractItemModelTester tester(&model);
    std::vector<DocumentInfo> books = shelf();
    books[0].addedAt = "2026-03-01T00:00:00Z";
    books[2].addedAt = "2026-05-01T00:00:00Z";
    model.setDocuments(books);
    QCOMPARE(titles(model), words("Emma|Part 2|part 10|Villette"));
    model.setSort(LibraryModel::Sort::Author);
    QCOMPARE(titles(model), words("Villette|Emma|Part 2|part 10"));
    model.setSort(LibraryModel::Sort::Added);
    QCOMPARE(titles(model), words("part 10|Villette|Emma|Part 2"));
    model.setSort(LibraryModel::Sort::State);
    QCOMPARE(titles(model), words("Part 2|Emma|part 10|Villette"));
    books[1].state = State::Queued;
    model.updateDocument(books[1]);
    books[0].isRemoved = true;
    model.updateDocument(books[0]);
    model.updateDocument(document(9, "Armadale", "", State::Locked));
    QCOMPARE(titles(model), words("Part 2|Emma|Armadale|part 10"));
    QCOMPARE(model.documentCount(), 4);
}

void LibraryViewTest::filters() {
    LibraryModel model;
    const QAbstractItemModelTester tester(&model);
    model.setDocuments(shelf());
    model.setFilter(QStringLiteral("bronte"));
    QCOMPARE(titles(model), words("Villette"));
    model.setFilter(QStringLiteral("  AUSTEN em "));
    QCOMPARE(titles(model), words("Emma"));
    model.setFilter(QStringLiteral("Brontë villette x"));
    QCOMPARE(model.rowCount(), 0);
    model.setFilter(QString());
    QCOMPARE(model.rowCount(), 4);
    QCOMPARE(model.rowOf({std::string(64, 'f')}), -1);
}

void LibraryViewTest::filtersTenThousand() {
    std::vector<DocumentInfo> books;
    for (int i = 0; i < 10000; ++i) {
        const QByteArray title = "The collected letters, volume " + QByteArray::number(i);
        books.push_back(document(i, title.constData(), i % 100 == 7 ? "Ödön" : "Somebody Else"));
    }
    LibraryView view;
    view.show();
    QElapsedTimer timer;
    timer.start();
    view.setDocuments(books);
    qInfo("10,000 documents set in %lld ms", timer.restart());
    auto* filter = child<QLineEdit>(view, "libraryFilter");
    filter->setText(QStringLiteral("odon"));
    qInfo("10,000 documents filtered in %lld ms", timer.restart());
    const QAbstractItemModel* model = child<QListView>(view, "libraryList")->model();
    QCOMPARE(model->rowCount(), 100);
    QCOMPARE(titles(*model).first(), QStringLiteral("The collected letters, volume 7"));
    QCOMPARE(child<QLabel>(view, "libraryCount")->text(),
             QStringLiteral("100 of 10,000 documents"));
    filter->setText(QStringLiteral("odon 9907"));
    QCOMPARE(titles(*model), words("The collected letters, volume 9907"));
}

void LibraryViewTest::followsAReading() {
    LibraryModel model;
    const QAbstractItemModelTester tester(&model);
    model.setDocuments(shelf());
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    engine::Progress progress;
    progress.stage = engine::Stage::Read;
    progress.document = shelf()[1].id;
    progress.done = 307;
    progress.total = 614;
    model.setProgress(progress);
    const QModelIndex emma = model.index(0);
    QCOMPARE(emma.data(LibraryModel::StateWordsRole).toString(), QStringLiteral("Reading · 50 %"));
    QCOMPARE(emma.data(LibraryModel::FractionRole).toDouble(), 0.5);
    QCOMPARE(changed.size(), 1);
    QCOMPARE(changed[0][0].toModelIndex(), emma);
    progress.stage = engine::Stage::Text;
    progress.done = 600;
    model.setProgress(progress);
    QCOMPARE(emma.data(LibraryModel::FractionRole).toDouble(), 0.5);
    QVERIFY(reset.isEmpty());
    QCOMPARE(model.index(3).data(LibraryModel::FractionRole).toDouble(), -1.0);
}

void LibraryViewTest::showsCollections() {
    LibraryView view;
    view.show();
    std::vector<DocumentInfo> books = shelf();
    view.setDocuments(books);
    auto* collections = child<QComboBox>(view, "libraryCollections");
    QVERIFY(!collections->isVisible());
    books[0].collections = {"Novels", "Thesis"};
    books[1].collections = {"Novels"};
    view.setDocuments(books);
    QVERIFY(collections->isVisible());
    QCOMPARE(collections->count(), 3);
    collections->setCurrentIndex(1);
    const QAbstractItemModel* model = child<QListView>(view, "libraryList")->model();
    QCOMPARE(titles(*model), words("Emma|Villette"));
    books[1].collections.clear();
    view.updateDocument(books[1]);
    QCOMPARE(collections->currentText(), QStringLiteral("Novels"));
    QCOMPARE(titles(*model), words("Villette"));
    books[0].collections.clear();
    view.updateDocument(books[0]);
    QCOMPARE(model->rowCount(), 4);
}

void LibraryViewTest::keepsTheSelection() {
    LibraryView view;
    view.setDocuments(shelf());
    QSignalSpy selection(&view, &LibraryView::selectionChanged);
    view.selectDocument(shelf()[3].id);
    QCOMPARE(selection.size(), 1);
    QCOMPARE(view.selectedDocuments(), Ids{shelf()[3].id});
    child<QComboBox>(view, "librarySort")->setCurrentIndex(1);
    child<QLineEdit>(view, "libraryFilter")->setText(QStringLiteral("part"));
    view.setDocuments(shelf());
    QCOMPARE(view.selectedDocuments(), Ids{shelf()[3].id});
    QCOMPARE(selection.size(), 1);
    child<QLineEdit>(view, "libraryFilter")->setText(QStringLiteral("emma"));
    QCOMPARE(selection.size(), 2);
    QVERIFY(view.selectedDocuments().empty());
}

void LibraryViewTest::worksByKeyboard() {
    LibraryView view;
    view.setDocuments(shelf());
    view.show();
    QVERIFY(QTest::qWaitForWindowActive(&view));
    QSignalSpy open(&view, &LibraryView::openRequested);
    QSignalSpy remove(&view, &LibraryView::removeRequested);
    auto* filter = child<QLineEdit>(view, "libraryFilter");
    auto* list = child<QListView>(view, "libraryList");
    view.focusFilter();
    QTest::keyClicks(filter, QStringLiteral("austen"));
    QTest::keyClick(filter, Qt::Key_Down);
    QTRY_VERIFY(list->hasFocus());
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(open.size(), 1);
    QCOMPARE(open[0][0].value<Ids>(), Ids{shelf()[1].id});
    QTest::keyClick(list, Qt::Key_Down, Qt::ShiftModifier);
    QTest::keyClick(list, Qt::Key_Delete);
    QCOMPARE(remove.size(), 1);
    QCOMPARE(remove[0][0].value<Ids>(), (Ids{shelf()[1].id, shelf()[3].id}));
    QTest::keyClick(filter, Qt::Key_Escape);
    QCOMPARE(list->model()->rowCount(), 4);
    QTest::keyClick(list, Qt::Key_V);
    QCOMPARE(list->currentIndex().data().toString(), QStringLiteral("Villette"));
    QContextMenuEvent wanted(QContextMenuEvent::Keyboard, QPoint(), QPoint());
    QCoreApplication::sendEvent(list, &wanted);
    QVERIFY(child<QMenu>(view, "libraryMenu")->isVisible());
}

void LibraryViewTest::offersWhatIsPossible() {
    LibraryView view;
    std::vector<DocumentInfo> books = shelf();
    books[0].state = State::Locked;
    books[0].paths.clear();
    view.setDocuments(books);
    const auto isOffered = [&](const char* name) {
        return child<QAction>(view, name)->isEnabled();
    };
    QVERIFY(!isOffered("libraryOpen"));
    view.selectDocument(books[0].id);
    QVERIFY(isOffered("libraryOpen") && isOffered("libraryRemove"));
    QVERIFY(!isOffered("libraryAsk") && !isOffered("libraryShowFile") && !isOffered("libraryRead"));
    view.selectDocument(books[3].id);
    QVERIFY(isOffered("libraryPause") && isOffered("libraryAsk") && isOffered("libraryShowFile"));
    books[3].state = State::Paused;
    view.updateDocument(books[3]);
    QVERIFY(isOffered("libraryRead") && !isOffered("libraryPause"));
    const auto readText = [&] { return child<QAction>(view, "libraryRead")->text(); };
    QCOMPARE(readText(), QStringLiteral("&Read"));
    books[3].state = State::MemoryOutdated;
    view.updateDocument(books[3]);
    QVERIFY(isOffered("libraryRead") && isOffered("libraryAsk") && !isOffered("libraryPause"));
    QCOMPARE(readText(), QStringLiteral("&Read again"));
    QSignalSpy summarise(&view, &LibraryView::summariseRequested);
    child<QAction>(view, "librarySummarise")->trigger();
    QCOMPARE(summarise.size(), 1);
    QVERIFY(summarise[0][0].value<engine::DocumentId>() == books[3].id);
    child<QListView>(view, "libraryList")->selectAll();
    QVERIFY(!isOffered("librarySummarise") && !isOffered("libraryExport"));
    QSignalSpy ask(&view, &LibraryView::askRequested);
    child<QAction>(view, "libraryAsk")->trigger();
    QCOMPARE(ask[0][0].value<Ids>().size(), std::size_t(4));
}

void LibraryViewTest::helpsWhenThereIsNothing() {
    LibraryView view;
    view.show();
    QSignalSpy add(&view, &LibraryView::addFilesRequested);
    QSignalSpy sample(&view, &LibraryView::sampleBookRequested);
    QVERIFY(child<QWidget>(view, "libraryEmpty")->isVisible());
    child<QPushButton>(view, "libraryAddFiles")->click();
    child<QPushButton>(view, "librarySample")->click();
    QCOMPARE(add.size(), 1);
    QCOMPARE(sample.size(), 1);
    view.setDocuments(shelf());
    QVERIFY(!child<QWidget>(view, "libraryEmpty")->isVisible());
    child<QLineEdit>(view, "libraryFilter")->setText(QStringLiteral("<b>war"));
    QVERIFY(child<QWidget>(view, "libraryNoHit")->isVisible());
    auto* text = child<QLabel>(view, "libraryNoHitText");
    QCOMPARE(text->text(), QStringLiteral("No document has “<b>war” in its title or author."));
    QCOMPARE(text->textFormat(), Qt::PlainText);
    child<QPushButton>(view, "libraryShowAll")->click();
    QVERIFY(child<QListView>(view, "libraryList")->isVisible());
    view.setDocuments({});
    QVERIFY(child<QWidget>(view, "libraryEmpty")->isVisible());
}

void LibraryViewTest::showsTitlesAsTheyAre() {
    LibraryModel model;
    std::vector<DocumentInfo> books{document(1, "<img src=x> & co", "<i>me</i>"),
                                    document(2, "", "")};
    books[1].paths = {"/books/scan 7.pdf"};
    model.setDocuments(books);
    QVERIFY(!model.index(0).data(Qt::ToolTipRole).toString().contains(QStringLiteral("<img")));
    QCOMPARE(titles(model), words("<img src=x> & co|scan 7.pdf"));
    QCOMPARE(model.index(0).data(Qt::AccessibleTextRole).toString(),
             QStringLiteral("<img src=x> & co, by <i>me</i>. Read · 614 of 614 pages"));
}

QTEST_MAIN(LibraryViewTest)
#include "library_view_test.moc"
