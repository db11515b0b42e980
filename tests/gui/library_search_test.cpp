#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QSignalSpy>
#include <QTest>
#include <QThread>
#include <QTimer>

#include <atomic>
#include <utility>
#include <vector>

#include "tests/gui/exchange_fixture.h"
#include "tests/gui/window_fixture.h"
#include "ui/document_view.h"
#include "ui/hit_model.h"
#include "ui/hit_view.h"
#include "ui/library_search.h"
#include "ui/library_view.h"
#include "ui/page_view.h"

using fixture::child;
using ui::HitModel;

namespace {

constexpr const char* kQuote = "A bow, a curtsey passed.";

/// Place `number` of the document with this digit, where “curtsey” was found.
engine::SearchHit found(char digit, int number, const std::string& title = "Persuasion") {
    engine::SearchHit hit;
    hit.passage = fixture::evidence(number, kQuote);
    hit.passage.document.sha256 = std::string(64, digit);
    hit.passage.title = title;
    hit.words = {{hit.passage.range.begin + 9, hit.passage.range.begin + 16}};
    return hit;
}

QStringList rows(const QAbstractItemModel& model) {
    QStringList result;
    for (int row = 0; row < model.rowCount(); ++row)
        result.append(model.index(row, 0).data().toString());
    return result;
}

} // namespace

/// The words of the library's find field in the text of all documents.
class LibrarySearchTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepsThePlacesOfADocumentTogether();
    void showsWhereTheWordsStand();
    void findsInTheText();
    void showsAllPlacesOfADocument();
    void endsWhatNobodyWaitsFor();
    void saysWhyNothingIsShown();
    void saysNothingOfWhatWasCancelled();
    void followsTheLibrary();
    void keepsItsPlacesWhenDocumentsAreAdded();
    void searchesOnceForWhatIsAddedMeanwhile();
    void triesAnewAfterAFailure();
    void knowsWhetherThereAreOtherDocuments();
    void searchesTheChosenCollection();
    void worksByKeyboard();
    void opensThePlace();

private:
    /// Two documents that have “curtsey” in their text but not in their titles.
    static ui::MainWindow& withBooks(fixture::Window& fixture) {
        fixture::addPages(fixture.scenario());
        fixture.scenario().library = {fixture::pagedDocument('a', "Persuasion"),
                                      fixture::pagedDocument('b', "Emma")};
        fixture.scenario().script["search"] = {found('a', 1), found('b', 2, "Emma"), found('a', 3)};
        ui::MainWindow& window = fixture.start();
        window.activateWindow();
        return window;
    }
    static void type(const ui::MainWindow& window, const char* words) {
        child<QLineEdit>(window, "libraryFilter")->setText(QString::fromUtf8(words));
    }
    static QListView& list(const ui::MainWindow& window) {
        return *child<QListView>(window, "hitList");
    }
    static QString heading(const ui::MainWindow& window) {
        return child<QLabel>(window, "hitHeading")->text();
    }
    static QString sentence(const ui::MainWindow& window) {
        const auto* label = child<QLabel>(window, "hitSentence");
        return label->isVisible() ? label->text() : QString();
    }
};

void LibrarySearchTest::keepsThePlacesOfADocumentTogether() {
    HitModel model;
    const QAbstractItemModelTester tester(&model);
    const std::vector<std::pair<char, int>> order{{'a', 1}, {'b', 2}, {'a', 3},
                                                  {'a', 4}, {'b', 5}, {'a', 6}};
    for (const auto& [digit, number] : order)
        model.add(found(digit, number, std::string(1, digit)));
    const QString more = QStringLiteral("More places in “a”");
    const auto letters = [](const char* text) {
        return QString::fromUtf8(text).split(u' ', Qt::SkipEmptyParts);
    };
    QCOMPARE(rows(model), letters("a a a") + QStringList(more) + letters("b b"));
    QVERIFY(model.kind(model.index(3)) == HitModel::Kind::All);
    QVERIFY(model.isFirst(model.index(4)) && !model.isFirst(model.index(5)));
    QCOMPARE(model.hit(model.index(5))->range.begin, 500);
    const engine::DocumentId a{std::string(64, 'a')}, b{std::string(64, 'b')};
    model.setAllOf(a,
                   {found('a', 1, "a"), found('a', 3, "a"), found('a', 4, "a"), found('a', 6, "a"),
                    found('a', 7, "a")},
                   false);
    QCOMPARE(rows(model), letters("a a a a a b b"));
    model.keepOnly({b});
    QCOMPARE(rows(model), letters("b b"));
    // The rows of a search stay until those of the next are there.
    model.beginAnew();
    QCOMPARE(model.rowCount(), 2);
    model.add(found('a', 9, "a"));
    QCOMPARE(rows(model), letters("a"));
    model.beginAnew();
    model.finish();
    QCOMPARE(model.rowCount(), 0);
}

void LibrarySearchTest::showsWhereTheWordsStand() {
    const ui::Hit plain = ui::hitOf(found('a', 1));
    QCOMPARE(plain.snippet, QString::fromUtf8(kQuote));
    QCOMPARE(plain.found.size(), std::size_t{1});
    QCOMPARE(plain.snippet.mid(plain.found[0].first, plain.found[0].second),
             QStringLiteral("curtsey"));
    // Line ends are folded; a letter of two units counts as one of the text.
    engine::SearchHit hit = found('a', 0);
    const QString passage = QStringLiteral("Far ") + QStringLiteral("and wide ").repeated(30) +
                            QStringLiteral("\n\n𝔘nder the  roof,\r\nthe roof <b>fell</b>.");
    hit.passage.quote = passage.toStdString();
    const auto place = [&passage](const char* word, qsizetype from = 0) {
        const qsizetype at = passage.indexOf(QString::fromUtf8(word), from);
        const qint64 begin = passage.left(at).toUcs4().size();
        return engine::TextRange{begin, begin + static_cast<qint64>(qstrlen(word))};
    };
    const qsizetype second = passage.lastIndexOf(QStringLiteral("roof"));
    hit.words = {place("wide"), place("roof"), place("roof", second), place("fell")};
    const ui::Hit far = ui::hitOf(hit);
    QVERIFY2(far.snippet.startsWith(QStringLiteral("…")), qPrintable(far.snippet));
    QVERIFY2(far.snippet.endsWith(QStringLiteral("𝔘nder the roof, the roof <b>fell</b>.")),
             qPrintable(far.snippet));
    QStringList words;
    for (const auto& [begin, length] : far.found)
        words.append(far.snippet.mid(begin, length));
    QCOMPARE(words, QStringLiteral("roof roof fell").split(u' '));
    // A tip is never taken for markup.
    HitModel model;
    hit.passage.title = "<img src=x>";
    model.add(hit);
    QVERIFY(!model.index(0).data(Qt::ToolTipRole).toString().contains(QStringLiteral("<img")));
}

void LibrarySearchTest::findsInTheText() {
    fixture::Window fixture;
    fixture.paths().model.clear(); // no model is needed
    ui::MainWindow& window = withBooks(fixture);
    QVERIFY(!child<QWidget>(window, "hits")->isVisible());
    type(window, "  curtsey bow ");
    // Titles are filtered at once, the text after a rest.
    QCOMPARE(child<QListView>(window, "libraryList")->model()->rowCount(), 0);
    QVERIFY(list(window).isVisible());
    QCOMPARE(fixture.calls("search"), 0);
    QTRY_COMPARE(heading(window), QStringLiteral("In the text of 2 documents"));
    QCOMPARE(fixture.calls("search"), 1);
    const engine::SearchRequest& request = fixture.scenario().searchRequest;
    QCOMPARE(request.query, std::string("curtsey bow"));
    QVERIFY(request.documents.empty() && !request.asOf && !request.exact);
    QCOMPARE(request.perDocument, HitModel::kShown + 1);
    const QAbstractItemModel& model = *list(window).model();
    QCOMPARE(rows(model), (QStringList{QStringLiteral("Persuasion"), QStringLiteral("Persuasion"),
                                       QStringLiteral("Emma")}));
    QCOMPARE(model.index(0, 0).data(Qt::AccessibleTextRole).toString(),
             QStringLiteral("Persuasion, ch. 7, ¶ 31 (loc. 58): A bow, a curtsey passed."));
    // A space more is the same search; without words there is none.
    type(window, "curtsey bow");
    QVERIFY(!child<QTimer>(window, "hitRest")->isActive());
    QCOMPARE(fixture.calls("search"), 1);
    type(window, "");
    QVERIFY(!child<QWidget>(window, "hits")->isVisible());
}

void LibrarySearchTest::showsAllPlacesOfADocument() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    auto& script = fixture.scenario().script["search"];
    script = {found('b', 9, "Emma")};
    for (int i = 1; i <= HitModel::kShown + 1; ++i)
        script.emplace_back(found('a', i));
    type(window, "curtsey");
    QTRY_COMPARE(list(window).model()->rowCount(), HitModel::kShown + 2);
    QTRY_VERIFY(fixture.client().isIdle());
    script.clear();
    for (int i = 1; i <= 8; ++i)
        script.emplace_back(found('a', i));
    list(window).setCurrentIndex(list(window).model()->index(HitModel::kShown + 1, 0));
    QTest::keyClick(&list(window), Qt::Key_Return);
    QTRY_COMPARE(list(window).model()->rowCount(), 9);
    const engine::SearchRequest& request = fixture.scenario().searchRequest;
    QVERIFY(request.documents == std::vector{fixture.scenario().library[0].id});
    QCOMPARE(request.query, std::string("curtsey"));
    QCOMPARE(request.perDocument, 0);
    QCOMPARE(list(window).currentIndex().row(), HitModel::kShown + 1);
    QVERIFY(!rows(*list(window).model()).contains(QStringLiteral("More places in “Persuasion”")));
}

void LibrarySearchTest::endsWhatNobodyWaitsFor() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    std::atomic<int> cancelled = 0;
    fixture.scenario().beforeDone = [&cancelled](const engine::Task::Impl& task) {
        while (!task.isCancelled())
            QThread::msleep(1);
        ++cancelled;
    };
    type(window, "curtsey");
    QTRY_COMPARE(list(window).model()->rowCount(), 3);
    type(window, "curtseys");
    QCOMPARE(list(window).model()->rowCount(), 0);
    QTRY_COMPARE(cancelled.load(), 1);
    QTRY_COMPARE(fixture.calls("search"), 2);
    QTRY_COMPARE(list(window).model()->rowCount(), 3);
    type(window, "");
    QTRY_COMPARE(cancelled.load(), 2);
    QTRY_VERIFY(fixture.client().isIdle());
    QCOMPARE(fixture.calls("search"), 2);
}

void LibrarySearchTest::saysWhyNothingIsShown() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    auto& script = fixture.scenario().script["search"];
    script.clear();
    type(window, "<b>curtsey");
    QTRY_VERIFY2(sentence(window).startsWith(QStringLiteral("No passage has all of these words.")),
                 qPrintable(sentence(window)));
    type(window, "<?!");
    QTRY_COMPARE(sentence(window),
                 QStringLiteral("“<?!” has no word to look for: type a letter or a number."));
    QCOMPARE(fixture.calls("search"), 1);
    QCOMPARE(child<QLabel>(window, "hitSentence")->textFormat(), Qt::PlainText);
    script = {found('a', 1), engine::Failed{engine::Code::BadLibrary, "The library fell.", ""}};
    type(window, "curtsey");
    QTRY_COMPARE(sentence(window), QStringLiteral("The library fell."));
    QTRY_VERIFY(fixture.client().isIdle());
    QCOMPARE(sentence(window), QStringLiteral("The library fell."));
    script = {found('a', 1)};
    type(window, "curtseys");
    QTRY_COMPARE(heading(window), QStringLiteral("In the text of 1 document"));
    QVERIFY(sentence(window).isEmpty());
    // What is left out is said.
    for (int i = 1; i < ui::LibrarySearch::kMost; ++i)
        script.emplace_back(found('a', 1));
    type(window, "curtsey");
    QTRY_COMPARE(heading(window), QStringLiteral("In the text of 1 document, and there are more "
                                                 "places: another word leaves fewer."));
}

void LibrarySearchTest::saysNothingOfWhatWasCancelled() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    QTRY_VERIFY(fixture.client().isIdle());
    std::atomic<bool> holds = true;
    fixture.scenario().beforeDone = [&holds](const engine::Task::Impl& task) {
        while (holds && !task.isCancelled())
            QThread::msleep(1);
    };
    auto& script = fixture.scenario().script["search"];
    script.clear();
    type(window, "curtsey");
    QTRY_COMPARE(fixture.calls("search"), 1);
    fixture.client().cancelAll(); // as the window does that is being closed
    QTRY_VERIFY(fixture.client().isIdle());
    QCOMPARE(sentence(window), QString());
    QCOMPARE(heading(window), QStringLiteral("Searching the text…"));
    // Nor is a part of a document's places shown as all of them.
    holds = false;
    for (int i = 1; i <= HitModel::kShown + 1; ++i)
        script.emplace_back(found('a', i));
    type(window, "curtseys");
    QTRY_COMPARE(heading(window), QStringLiteral("In the text of 1 document"));
    QTRY_VERIFY(fixture.client().isIdle());
    const QStringList few = rows(*list(window).model());
    holds = true;
    list(window).setCurrentIndex(list(window).model()->index(HitModel::kShown, 0));
    QTest::keyClick(&list(window), Qt::Key_Return);
    QCOMPARE(fixture.calls("search"), 3);
    fixture.client().cancelAll();
    QTRY_VERIFY(fixture.client().isIdle());
    QCOMPARE(rows(*list(window).model()), few);
}

void LibrarySearchTest::followsTheLibrary() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    type(window, "curtsey");
    QTRY_COMPARE(heading(window), QStringLiteral("In the text of 2 documents"));
    list(window).setCurrentIndex(list(window).model()->index(2, 0));
    // Until the engine has answered anew, nothing of what is in the Trash is shown.
    std::atomic<bool> mayGoOn = false;
    fixture.scenario().beforeAll = [&mayGoOn] {
        while (!mayGoOn)
            QThread::msleep(1);
    };
    auto& library = fixture.scenario().library;
    library.erase(library.begin());
    fixture.scenario().script["search"] = {found('b', 2, "Emma")};
    window.findChild<ui::LibraryView*>()->setDocuments(library);
    QCOMPARE(rows(*list(window).model()), QStringList(QStringLiteral("Emma")));
    QCOMPARE(list(window).currentIndex().row(), 0);
    QCOMPARE(fixture.calls("search"), 2);
    mayGoOn = true;
    QTRY_COMPARE(heading(window), QStringLiteral("In the text of 1 document"));
    // A document more is searched too; where the reader was stays current.
    library.push_back(fixture::pagedDocument('c', "Sanditon"));
    fixture.scenario().script["search"] = {found('c', 4, "Sanditon")};
    window.findChild<ui::LibraryView*>()->updateDocument(library.back());
    QTRY_COMPARE(list(window).model()->rowCount(), 2);
    QCOMPARE(list(window).currentIndex().data().toString(), QStringLiteral("Emma"));
    QTRY_VERIFY(fixture.client().isIdle());
    // The same documents again are no reason.
    window.findChild<ui::LibraryView*>()->setDocuments(library);
    QCOMPARE(fixture.calls("search"), 3);
}

void LibrarySearchTest::keepsItsPlacesWhenDocumentsAreAdded() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    auto& script = fixture.scenario().script["search"];
    script.clear();
    for (int i = 1; i <= HitModel::kShown + 1; ++i)
        script.emplace_back(found('a', i));
    type(window, "curtsey");
    const QAbstractItemModel& model = *list(window).model();
    QTRY_COMPARE(model.rowCount(), HitModel::kShown + 1);
    QTRY_VERIFY(fixture.client().isIdle());
    script.clear();
    for (int i = 1; i <= 8; ++i)
        script.emplace_back(found('a', i));
    list(window).setCurrentIndex(model.index(HitModel::kShown, 0));
    QTest::keyClick(&list(window), Qt::Key_Return);
    QTRY_COMPARE(model.rowCount(), 8);
    list(window).setCurrentIndex(model.index(6, 0));
    const QStringList before = rows(model);
    const QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    auto& library = fixture.scenario().library;
    library.push_back(fixture::pagedDocument('c', "Sanditon"));
    script = {found('c', 4, "Sanditon")};
    window.findChild<ui::LibraryView*>()->updateDocument(library.back());
    QTRY_COMPARE(heading(window), QStringLiteral("In the text of 2 documents"));
    QVERIFY(fixture.scenario().searchRequest.documents == std::vector{library.back().id});
    QCOMPARE(fixture.scenario().searchRequest.query, std::string("curtsey"));
    QCOMPARE(rows(model), before + QStringList(QStringLiteral("Sanditon")));
    QCOMPARE(list(window).currentIndex().row(), 6);
    QVERIFY(resets.isEmpty());
    // What has no such passage takes nothing away.
    library.push_back(fixture::pagedDocument('d', "Lady Susan"));
    script.clear();
    window.findChild<ui::LibraryView*>()->updateDocument(library.back());
    QCOMPARE(fixture.calls("search"), 4);
    QTRY_VERIFY(fixture.client().isIdle());
    QCOMPARE(rows(model), before + QStringList(QStringLiteral("Sanditon")));
    QVERIFY(sentence(window).isEmpty());
}

void LibrarySearchTest::searchesOnceForWhatIsAddedMeanwhile() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    QTRY_VERIFY(fixture.client().isIdle());
    std::atomic<bool> mayGoOn = false;
    fixture.scenario().beforeAll = [&mayGoOn] {
        while (!mayGoOn)
            QThread::msleep(1);
    };
    // The search that runs finds one of them already.
    fixture.scenario().script["search"] = {found('a', 1), found('c', 4, "Sanditon")};
    type(window, "curtsey");
    QTRY_COMPARE(fixture.calls("search"), 1);
    fixture.scenario().script["search"].clear();
    auto& library = fixture.scenario().library;
    for (const auto& [digit, title] :
         {std::pair{'c', "Sanditon"}, std::pair{'d', "Lady Susan"}, std::pair{'e', "Evelyn"}}) {
        library.push_back(fixture::pagedDocument(digit, title));
        window.findChild<ui::LibraryView*>()->updateDocument(library.back());
    }
    QCOMPARE(fixture.calls("search"), 1);
    mayGoOn = true;
    QTRY_COMPARE(fixture.calls("search"), 2);
    QVERIFY(fixture.scenario().searchRequest.documents ==
            (std::vector{library[3].id, library[4].id}));
    QCOMPARE(fixture.scenario().searchRequest.limit, ui::LibrarySearch::kMost - 2);
    QTRY_VERIFY(fixture.client().isIdle());
    QCOMPARE(heading(window), QStringLiteral("In the text of 2 documents"));
    QCOMPARE(fixture.calls("search"), 2);
}

void LibrarySearchTest::triesAnewAfterAFailure() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    auto& script = fixture.scenario().script["search"];
    script = {engine::Failed{engine::Code::BadLibrary, "The library fell.", ""}};
    type(window, "curtsey");
    QTRY_COMPARE(sentence(window), QStringLiteral("The library fell."));
    QTRY_VERIFY(fixture.client().isIdle());
    script = {found('a', 1), found('c', 4, "Sanditon")};
    auto& library = fixture.scenario().library;
    library.push_back(fixture::pagedDocument('c', "Sanditon"));
    window.findChild<ui::LibraryView*>()->updateDocument(library.back());
    QTRY_COMPARE(heading(window), QStringLiteral("In the text of 2 documents"));
    QVERIFY(fixture.scenario().searchRequest.documents.empty());
    QVERIFY(sentence(window).isEmpty());
}

void LibrarySearchTest::knowsWhetherThereAreOtherDocuments() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    fixture.scenario().script["search"].clear();
    auto& library = fixture.scenario().library;
    for (engine::DocumentInfo& document : library)
        document.collections = {"Novels"};
    window.findChild<ui::LibraryView*>()->setDocuments(library);
    type(window, "curtsey");
    const QString ofAll = QStringLiteral("No passage has all");
    QTRY_VERIFY2(sentence(window).startsWith(ofAll), qPrintable(sentence(window)));
    auto* collections = child<QComboBox>(window, "libraryCollections");
    collections->setCurrentIndex(1);
    QTRY_VERIFY2(sentence(window).startsWith(QStringLiteral("No passage of this collection")),
                 qPrintable(sentence(window)));
    collections->setCurrentIndex(0);
    QTRY_VERIFY2(sentence(window).startsWith(ofAll), qPrintable(sentence(window)));
}

void LibrarySearchTest::searchesTheChosenCollection() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    auto& library = fixture.scenario().library;
    library[1].collections = {"Novels"};
    window.findChild<ui::LibraryView*>()->setDocuments(library);
    type(window, "curtsey");
    QTRY_COMPARE(heading(window), QStringLiteral("In the text of 2 documents"));
    fixture.scenario().script["search"].clear();
    child<QComboBox>(window, "libraryCollections")->setCurrentIndex(1);
    QCOMPARE(fixture.calls("search"), 2);
    QVERIFY(fixture.scenario().searchRequest.documents == std::vector{library[1].id});
    QTRY_VERIFY2(sentence(window).startsWith(QStringLiteral("No passage of this collection")),
                 qPrintable(sentence(window)));
    child<QComboBox>(window, "libraryCollections")->setCurrentIndex(0);
    QVERIFY(fixture.scenario().searchRequest.documents.empty());
}

void LibrarySearchTest::worksByKeyboard() {
    fixture::Window fixture;
    ui::MainWindow& window = withBooks(fixture);
    QVERIFY(QTest::qWaitForWindowActive(&window));
    fixture.act("findInLibrary");
    auto* field = child<QLineEdit>(window, "libraryFilter");
    QVERIFY(field->hasFocus());
    QTest::keyClicks(field, QStringLiteral("curtsey"));
    QTRY_COMPARE(heading(window), QStringLiteral("In the text of 2 documents"));
    QTest::keyClick(field, Qt::Key_Down);
    QTRY_VERIFY(list(window).hasFocus());
    QCOMPARE(list(window).currentIndex().row(), 0);
    const QSignalSpy opened(&window.findChild<ui::LibraryView*>()->hits(),
                            &ui::HitView::placeActivated);
    QTest::keyClick(&list(window), Qt::Key_Down);
    QTest::keyClick(&list(window), Qt::Key_Enter);
    QCOMPARE(opened.size(), 1);
    QCOMPARE(opened[0][1].value<engine::TextRange>().begin, 300);
    QVERIFY(list(window).hasFocus()); // the next place is one key away
    QTest::keyClick(&list(window), Qt::Key_Up);
    QTest::keyClick(&list(window), Qt::Key_Up);
    QVERIFY(field->hasFocus());
    // Titles that match stand between the field and the places.
    field->clear();
    QTest::keyClicks(field, QStringLiteral("emma"));
    QTRY_COMPARE(heading(window), QStringLiteral("In the text of 2 documents"));
    auto* documents = child<QListView>(window, "libraryList");
    QTest::keyClick(field, Qt::Key_Down);
    QVERIFY(documents->hasFocus());
    QTest::keyClick(documents, Qt::Key_Down);
    QVERIFY(list(window).hasFocus());
    QTest::keyClick(&list(window), Qt::Key_Up);
    QVERIFY(documents->hasFocus());
    // The keyboard is never left on what is hidden.
    QTest::keyClick(documents, Qt::Key_Down);
    fixture.scenario().script["search"].clear();
    auto& library = fixture.scenario().library;
    library.erase(library.begin());
    window.findChild<ui::LibraryView*>()->setDocuments(library);
    QTRY_VERIFY(!sentence(window).isEmpty());
    QVERIFY(documents->hasFocus());
}

void LibrarySearchTest::opensThePlace() {
    fixture::Window fixture;
    fixture.scenario().boxes = {{8, 40, 60, 300, 72}};
    ui::MainWindow& window = withBooks(fixture);
    engine::SearchHit hit = found('b', 2, "Emma");
    hit.passage.range = {7100, 7150};
    fixture.scenario().script["search"] = {hit};
    auto* desk = window.findChild<ui::Desk*>();
    desk->open(fixture.scenario().library[0]);
    type(window, "curtsey");
    QTRY_COMPARE(list(window).model()->rowCount(), 1);
    const QRect row = list(window).visualRect(list(window).model()->index(0, 0));
    QTest::mouseClick(list(window).viewport(), Qt::LeftButton, {}, row.center());
    QCOMPARE(desk->count(), 2);
    QCOMPARE(desk->current()->title, std::string("Emma"));
    const auto& marked = desk->currentView()->pageView()->highlight();
    QCOMPARE(marked.size(), std::size_t{1});
    QCOMPARE(marked[0].page, 8);
    QTRY_COMPARE(desk->currentView()->currentPage(), 8);
    QCOMPARE(child<QLineEdit>(window, "libraryFilter")->text(), QStringLiteral("curtsey"));
}

QTEST_MAIN(LibrarySearchTest)
#include "library_search_test.moc"
