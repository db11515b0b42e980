#include <QClipboard>
#include <QGuiApplication>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTextDocumentFragment>

#include <atomic>
#include <thread>

#include "tests/gui/window_fixture.h"
#include "ui/document_view.h"
#include "ui/memory_strip.h"
#include "ui/page_view.h"
#include "ui/text_view.h"

class DeskTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void opensEachDocumentOnce();
    void closesTabs();
    void restoresTabsAndPlaces();
    void leavesOutWhatIsGone();
    void asksForPictures();
    void cancelsPicturesNobodySees();
    void asksAgainForACancelledPicture();
    void showsWhyAPictureFailed();
    void survivesAnAnswerForAClosedTab();
    void marksCitations();
    void saysWhenADocumentIsGone();
    void namesPlaces();
    void showsTheBound();
    void finds();
    void showsTextInStretches();
    void copiesWithTheCitation();
    void followsWhatIsRead();
    void followsLinksOfPages();
    void asksForLinksAgainAfterAFailure();
    void showsPrintedPagesAsText();
    void showsTitlesAsTheyAre();
    void asksForThePasswordOfALockedFile();
    void opensWithThePasswordOfTheQueue();
    void triesAgainWhenTheFileIsBack();
    void triesAgainWhereTheFileWasMoved();
    void forgetsAFailureThatIsOver();
    void asksForAPageWhosePartFailed();
    void offersToReadAChangedFileAgain();

private:
    long linksAsked(int page) const {
        return std::ranges::count(m_scenario.linksRequests, page, &engine::LinksRequest::page);
    }
    ui::DocumentView& open(const engine::DocumentInfo& document) {
        m_desk->open(document);
        return *m_desk->currentView();
    }
    /// What stands above the pages, where their file shows none; empty while it does.
    static QString failureOf(const ui::DocumentView& view) {
        return view.hasFailure() ? fixture::child<QLabel>(view, "failureSentence")->text()
                                 : QString();
    }
    /// Opens Emma, whose file fails like this.
    ui::DocumentView& openFailing(engine::Code code, const char* sentence) {
        m_scenario.script["render"] =
            m_scenario.script["links"] = {engine::Failed{code, sentence, ""}};
        ui::DocumentView& view = open(m_emma);
        if (!QTest::qWaitFor([&] { return view.hasFailure() && m_client->isIdle(); }))
            qFatal("Nothing has failed.");
        return view;
    }
    /// From now on every page can be drawn.
    void mend() {
        m_scenario.script["render"] = {picture()};
        m_scenario.script["links"].clear();
        m_scenario.renderRequests.clear();
        m_scenario.linksRequests.clear();
    }
    long renders() const { return std::ranges::count(m_scenario.calls, std::string("render")); }
    static int readPages(const ui::DocumentView& view) {
        double pages = 0;
        for (const ui::MemoryStrip::Cell& cell : view.memoryStrip()->cells())
            pages += cell.read * (cell.last - cell.first + 1);
        return qRound(pages);
    }
    /// Whether the strip says that a page may not influence an answer.
    static bool isHidden(const ui::DocumentView& view, int page) {
        return view.memoryStrip()->describe(page).join(u' ').contains(QStringLiteral("bound"));
    }
    static engine::PagePicture picture() {
        engine::PagePicture made;
        made.width = made.height = 2;
        made.stride = 8;
        made.pixels = std::string(16, '\xff');
        return made;
    }

    support::Scenario m_scenario;
    const engine::DocumentInfo m_emma = fixture::pagedDocument('a', "Emma");
    const engine::DocumentInfo m_sanditon = fixture::pagedDocument('b', "Sand & iton");
    std::unique_ptr<support::FakeEngine> m_engine;
    std::unique_ptr<ui::EngineClient> m_client;
    std::unique_ptr<ui::Desk> m_desk;
};

void DeskTest::init() {
    m_scenario = {};
    fixture::addPages(m_scenario);
    m_scenario.library = {m_emma, m_sanditon};
    m_engine = std::make_unique<support::FakeEngine>(m_scenario);
    m_client = std::make_unique<ui::EngineClient>(*m_engine);
    m_desk = std::make_unique<ui::Desk>(*m_client);
    m_desk->resize(700, 800);
    m_desk->setVisible(true);
    QVERIFY(QTest::qWaitForWindowExposed(m_desk.get()));
}

void DeskTest::cleanup() {
    m_desk.reset();
    m_client.reset();
    m_engine.reset();
}

void DeskTest::opensEachDocumentOnce() {
    QSignalSpy changed(m_desk.get(), &ui::Desk::currentDocumentChanged);
    QVERIFY(!m_desk->current() && m_desk->currentView() == nullptr);
    open(m_emma);
    open(m_sanditon);
    QCOMPARE(m_desk->count(), 2);
    QCOMPARE(m_desk->tabText(1), QStringLiteral("Sand && iton"));
    const auto before = changed.size();
    open(m_emma);
    QCOMPARE(m_desk->count(), 2);
    QVERIFY(m_desk->current()->id == m_emma.id);
    QCOMPARE(changed.size(), before + 1);
}

void DeskTest::closesTabs() {
    open(m_emma);
    open(m_sanditon);
    m_desk->closeDocument(m_emma.id);
    QCOMPARE(m_desk->count(), 1);
    QVERIFY(m_desk->current()->id == m_sanditon.id);
    m_desk->closeDocument(m_emma.id);
    QTest::keyClick(m_desk.get(), Qt::Key_Escape);
    m_desk->closeCurrent();
    QCOMPARE(m_desk->count(), 0);
    m_desk->closeCurrent();
    QVERIFY(!m_desk->current());
    QCOMPARE(m_desk->currentOffset(), 0);
}

void DeskTest::restoresTabsAndPlaces() {
    open(m_emma).goToOffset(5000);
    open(m_sanditon).goToOffset(9000);
    open(m_emma);
    const QList<ui::TabState> tabs = m_desk->tabs();
    QCOMPARE(tabs.size(), 2);
    QCOMPARE(tabs[0].offset, 5000);
    const ui::Desk* const old = m_desk.get();
    m_desk = std::make_unique<ui::Desk>(*m_client);
    QVERIFY(old != m_desk.get());
    m_desk->resize(700, 800);
    m_desk->restore(tabs, 0);
    m_desk->setVisible(true);
    QVERIFY(QTest::qWaitForWindowExposed(m_desk.get()));
    QCOMPARE(m_desk->count(), 2);
    QCOMPARE(m_desk->currentIndex(), 0);
    QTRY_COMPARE(m_desk->currentOffset(), 5000);
    m_desk->setCurrentIndex(1);
    QTRY_COMPARE(m_desk->currentOffset(), 9000);
    for (int i = 0; i < 2; ++i) {
        QCOMPARE(m_desk->tabs()[i].document, tabs[i].document);
        QCOMPARE(m_desk->tabs()[i].offset, tabs[i].offset);
    }
}

void DeskTest::leavesOutWhatIsGone() {
    m_scenario.library[0].isRemoved = true;
    const auto tab = [](char digit, qint64 offset) {
        return ui::TabState{QString(64, QLatin1Char(digit)), offset, 0};
    };
    m_desk->restore({tab('a', 0), tab('f', 0), tab('b', 99'999'999), tab('b', 0), {}}, 7);
    QCOMPARE(m_desk->count(), 1);
    QVERIFY(m_desk->current()->id == m_sanditon.id);
}

void DeskTest::asksForPictures() {
    m_scenario.script["render"] = {picture()};
    open(m_emma);
    QTRY_VERIFY(renders() > 0);
    QTRY_VERIFY(m_client->isIdle());
    const engine::RenderRequest& request = m_scenario.renderRequests.front();
    QVERIFY(request.document == m_emma.id);
    QCOMPARE(request.page, 1);
    QVERIFY(request.scale > 0);
    QCOMPARE(request.rotation, 0);
    QVERIFY(!request.part);
    // No page twice for the same zoom.
    QSet<int> pages;
    for (const engine::RenderRequest& one : m_scenario.renderRequests)
        pages.insert(one.page);
    QCOMPARE(pages.size(), static_cast<int>(m_scenario.renderRequests.size()));
    m_desk->currentView()->rotate(90);
    QTRY_COMPARE(m_scenario.renderRequests.back().rotation, 90);
}

void DeskTest::cancelsPicturesNobodySees() {
    std::atomic<int> cancelled = 0;
    std::atomic<bool> mayEnd = false;
    m_scenario.beforeDone = [&](const engine::Task::Impl& task) {
        while (!mayEnd && !task.isCancelled())
            std::this_thread::yield();
        cancelled += task.isCancelled();
    };
    open(m_emma);
    QTRY_VERIFY(renders() > 0);
    m_desk->currentView()->goToPage(12);
    QTRY_VERIFY(cancelled > 0);
    QTRY_COMPARE(m_scenario.renderRequests.back().document.sha256, m_emma.id.sha256);
    m_desk->closeCurrent();
    QTRY_VERIFY(m_client->isIdle()); // the rest ends with its tab
    mayEnd = true;
}

void DeskTest::asksAgainForACancelledPicture() {
    std::atomic<bool> mayEnd = false;
    m_scenario.beforeDone = [&](const engine::Task::Impl& task) {
        while (!mayEnd && !task.isCancelled())
            std::this_thread::yield();
    };
    open(m_emma);
    QTRY_VERIFY(renders() > 0);
    const auto before = renders();
    m_client->cancelAll();
    QTRY_VERIFY(renders() > before);
    mayEnd = true;
    QTRY_VERIFY(m_client->isIdle());
}

void DeskTest::showsWhyAPictureFailed() {
    engine::PagePicture failed;
    failed.failure = "the page is damaged";
    m_scenario.script["render"] = {failed};
    const ui::DocumentView& view = open(m_emma);
    QTRY_VERIFY(renders() > 0);
    QTRY_VERIFY(m_client->isIdle());
    QVERIFY(!view.hasFailure()); // the page says it
    QVERIFY(!view.pageView()->hasPicture(1));
    m_scenario.script["render"] = {
        engine::Failed{engine::Code::BadFile, "sanditon.pdf is <i>damaged</i>.", "sanditon.pdf"}};
    const ui::DocumentView& other = open(m_sanditon);
    QTRY_VERIFY(other.hasFailure());
    QTRY_VERIFY(m_client->isIdle());
    QCOMPARE(failureOf(other), QStringLiteral("sanditon.pdf is <i>damaged</i>."));
    QCOMPARE(fixture::child<QLabel>(other, "failureSentence")->textFormat(), Qt::PlainText);
    QVERIFY(!view.hasFailure());
}

void DeskTest::survivesAnAnswerForAClosedTab() {
    m_scenario.script["render"] = {picture()};
    open(m_emma);
    QTRY_VERIFY(renders() > 0); // its pictures are on their way, and more will be asked for
    m_desk->currentView()->zoomIn();
    m_desk->closeCurrent();
    QTRY_VERIFY(m_client->isIdle());
    QCOMPARE(m_desk->count(), 0);
}

void DeskTest::marksCitations() {
    m_scenario.boxes = {{8, 40, 60, 300, 72}, {8, 40, 80, 120, 92}};
    m_desk->show(m_emma.id, {7100, 7150});
    QCOMPARE(m_desk->count(), 1);
    QCOMPARE(m_desk->currentView()->pageView()->highlight().size(), std::size_t{2});
    QTRY_COMPARE(m_desk->currentView()->currentPage(), 8);
    m_desk->show(m_emma.id, {7100, 7150});
    QCOMPARE(m_desk->count(), 1);
    QSignalSpy history(m_desk.get(), &ui::Desk::historyChanged);
    m_desk->currentView()->goBack();
    QVERIFY(!history.isEmpty());
}

void DeskTest::saysWhenADocumentIsGone() {
    QSignalSpy failed(m_desk.get(), &ui::Desk::failed);
    m_desk->show({std::string(64, 'f')}, {0, 1});
    QCOMPARE(failed.size(), 1);
    QVERIFY(failed[0][0].toString().contains(QStringLiteral("not in the library")));
    QCOMPARE(m_desk->count(), 0);
}

void DeskTest::namesPlaces() {
    m_scenario.pages[6].label = "v";
    open(m_emma);
    QCOMPARE(m_desk->placeOf(m_emma.id, 4000).spec, QStringLiteral("index:5"));
    QCOMPARE(m_desk->placeOf(m_emma.id, 4000).text, QStringLiteral("p. 5"));
    QCOMPARE(m_desk->placeOf(m_emma.id, 6999).text, QStringLiteral("p. v (PDF 7)"));
    QCOMPARE(m_desk->placeOf(m_sanditon.id, 4000).spec, QStringLiteral("offset:4000"));
    engine::DocumentInfo text = support::fakeDocument('c', "Text");
    text.characters = 12'000;
    open(text);
    QCOMPARE(m_desk->placeOf(text.id, 4000).spec, QStringLiteral("loc:5"));
    QCOMPARE(m_desk->placeOf(text.id, 4000).text, QStringLiteral("loc. 5"));
}

void DeskTest::showsTheBound() {
    const ui::DocumentView& emma = open(m_emma);
    const ui::DocumentView& sanditon = open(m_sanditon);
    m_desk->setBound(5000);
    QVERIFY(isHidden(sanditon, 6) && !isHidden(sanditon, 5));
    QVERIFY(!isHidden(emma, 6));
    m_desk->setBound(std::nullopt);
    QVERIFY(!isHidden(sanditon, 6));
}

void DeskTest::finds() {
    m_scenario.text.replace(3500, 5, "Emma ");
    m_scenario.text.replace(7500, 5, "emma ");
    ui::DocumentView& view = open(m_emma);
    const auto* count = fixture::child<QLabel>(view, "findCount");
    auto* field = fixture::child<QLineEdit>(view, "findField");
    view.openFind();
    QTest::keyClicks(field, QStringLiteral("nobody"));
    QTRY_COMPARE(count->text(), QStringLiteral("Not found"));
    field->clear();
    QTest::keyClicks(field, QStringLiteral("emma"));
    QTRY_COMPARE(count->text(), QStringLiteral("1 of 2"));
    QTRY_COMPARE(view.currentPage(), 4);
    QTest::keyClick(field, Qt::Key_Return);
    QTRY_COMPARE(view.currentPage(), 8);
    QCOMPARE(count->text(), QStringLiteral("2 of 2"));
}

void DeskTest::showsTextInStretches() {
    m_scenario.pages.clear();
    fixture::addPages(m_scenario, false);
    for (int i = 0; i < 12; ++i)
        m_scenario.blocks.push_back(
            {engine::TextBlock::Kind::Paragraph, 0, {i * 1000, (i + 1) * 1000}});
    engine::ContentsEntry chapter;
    chapter.range = {4000, 6000};
    m_scenario.outline = {chapter};
    engine::DocumentInfo text = support::fakeDocument('c', "Text");
    text.characters = 12'000;
    const ui::DocumentView& view = open(text);
    QVERIFY(view.pageView() == nullptr);
    // In front of the first chapter, in it, and behind it.
    m_desk->show(text.id, {100, 200});
    QCOMPARE(view.textView()->stretch().end, 4000);
    m_desk->show(text.id, {4500, 4600});
    QCOMPARE(view.textView()->stretch().begin, 4000);
    QCOMPARE(view.textView()->stretch().end, 6000);
    m_desk->show(text.id, {9000, 9100});
    QCOMPARE(view.textView()->stretch().begin, 6000);
    QCOMPARE(view.textView()->stretch().end, 12'000);
    m_desk->setTextPercent(150);
    QCOMPARE(view.textView()->textSize(), ui::TextView::kUsualTextSize * 1.5);
    // What is opened afterwards has the same size.
    engine::DocumentInfo other = support::fakeDocument('d', "Other");
    other.characters = 12'000;
    QCOMPARE(open(other).textView()->textSize(), ui::TextView::kUsualTextSize * 1.5);
}

void DeskTest::copiesWithTheCitation() {
    m_scenario.text.replace(4000, 12, "A dark\n wood");
    ui::DocumentView& view = open(m_emma);
    Q_EMIT view.copyRequested({4000, 4012});
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("A dark\n wood"));
    Q_EMIT view.copyWithCitationRequested({4000, 4012});
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("“A dark wood” (Emma, p. 5)"));
    QSignalSpy asked(m_desk.get(), &ui::Desk::askAboutRequested);
    Q_EMIT view.askAboutRequested({4000, 4006});
    QCOMPARE(asked.size(), 1);
    QCOMPARE(asked[0][0].toString(), QStringLiteral("A dark"));
}

void DeskTest::followsWhatIsRead() {
    engine::DocumentInfo info = m_emma;
    info.coverage.read = 3;
    const ui::DocumentView& view = open(info);
    QCOMPARE(readPages(view), 3);
    info.coverage.read = 7;
    m_desk->update(info);
    QCOMPARE(readPages(view), 7);
    m_desk->update(m_sanditon); // not open
    m_desk->refresh();
    QCOMPARE(readPages(view), 12);
    QCOMPARE(m_desk->current()->coverage.read, 12);
}

void DeskTest::followsLinksOfPages() {
    engine::PageLink inside{40, 100, 140, 112, 8, ""};
    engine::PageLink beyond{40, 130, 140, 142, 99, ""};
    engine::PageLink outside{40, 160, 140, 172, 0, "https://example.org/a?b=<c>\x07"};
    m_scenario.links = {inside, beyond, outside};
    ui::DocumentView& view = open(m_emma);
    ui::PageView& pages = *view.pageView();
    QTRY_VERIFY(linksAsked(1) > 0 && m_client->isIdle());
    QVERIFY(m_scenario.linksRequests[0].document == m_emma.id);
    QSignalSpy address(m_desk.get(), &ui::Desk::addressActivated);
    QSignalSpy history(m_desk.get(), &ui::Desk::historyChanged);
    const auto click = [&](const engine::PageLink& link) {
        const QRectF box(QPointF(link.x0, link.y0), QPointF(link.x1, link.y1));
        QTest::mouseClick(pages.viewport(), Qt::LeftButton, {},
                          pages.toViewport(1, box).center().toPoint());
    };
    click(outside);
    QCOMPARE(address.size(), 1);
    QCOMPARE(address[0][0].toString(),
             QStringLiteral("https://example.org/a?b=<c>\uFFFD")); // no unseen character
    click(beyond); // the file names a page that it does not have
    QCOMPARE(address.size(), 1);
    QVERIFY(history.isEmpty());
    click(inside);
    QTRY_COMPARE(view.currentPage(), 8);
    QVERIFY(history.last()[0].toBool());
    view.goBack();
    QTRY_COMPARE(view.currentPage(), 1);
    QCOMPARE(linksAsked(1), 1); // they are known
}

void DeskTest::asksForLinksAgainAfterAFailure() {
    m_scenario.script["links"] = {
        engine::Failed{engine::Code::FileMissing, "emma.pdf is gone.", ""}};
    ui::DocumentView& view = open(m_emma);
    QTRY_VERIFY(linksAsked(1) == 1 && m_client->isIdle());
    Q_EMIT view.pageView()->textWanted(1);
    QCOMPARE(linksAsked(1), 2);
    QTRY_VERIFY(m_client->isIdle());
    // An answer for a tab that is gone goes nowhere.
    Q_EMIT view.pageView()->textWanted(1);
    m_desk->closeCurrent();
    QTRY_VERIFY(m_client->isIdle());
}

void DeskTest::showsPrintedPagesAsText() {
    m_scenario.pages.clear();
    fixture::addPages(m_scenario, false);
    for (int i = 0; i < 12; ++i) {
        m_scenario.pages[static_cast<std::size_t>(i)].label =
            i == 0 ? "[1]" : std::to_string(i < 2 ? 212 : 211 + i);
        m_scenario.blocks.push_back(
            {engine::TextBlock::Kind::Paragraph, 0, {i * 1000, (i + 1) * 1000}});
    }
    m_scenario.boxes = {{5, 40, 60, 300, 72}};
    engine::DocumentInfo printed = fixture::pagedDocument('c', "Harbour");
    printed.kind = "epub";
    const ui::DocumentView& view = open(printed);
    QVERIFY(view.pageView() == nullptr && view.textView() != nullptr);
    m_desk->show(printed.id, {4500, 4550});
    m_desk->currentView()->goToOffset(4500);
    QTRY_COMPARE(view.currentPage(), 5);
    QCOMPARE(m_desk->currentLabel(), QStringLiteral("215"));
    QVERIFY(m_client->isIdle());
    QCOMPARE(renders(), 0);
    QCOMPARE(fixture::child<QLineEdit>(view, "pageField")->text(), QStringLiteral("215"));
    QVERIFY(view.memoryStrip()->describe(5)[0].startsWith(QStringLiteral("Page 215.")));

    const auto place = [&](qint64 offset) { return m_desk->placeOf(printed.id, offset); };
    QCOMPARE(place(4100).text, QStringLiteral("p. 215"));
    QCOMPARE(place(4100).spec, QStringLiteral("215"));
    QCOMPARE(place(1100).spec, QStringLiteral("212"));
    QCOMPARE(place(100).spec, QStringLiteral("[1]")); // nothing is printed there
    QCOMPARE(place(100).text, QStringLiteral("p. [1]"));
    QCOMPARE(place(11'100).spec, QStringLiteral("index:12")); // hides nothing
    m_desk->currentView()->goToOffset(0);
    QTRY_COMPARE(view.currentPage(), 1);
    QCOMPARE(m_desk->currentLabel(), QStringLiteral("[1]"));
    QCOMPARE(fixture::child<QLineEdit>(view, "pageField")->text(), QStringLiteral("[1]"));
    QVERIFY(view.memoryStrip()->describe(1)[0].startsWith(QStringLiteral("Page [1].")));
    m_scenario.pages[5].label = "215";
    m_desk->closeCurrent();
    open(printed);
    QCOMPARE(place(4100).spec, QStringLiteral("index:5")); // two are called so
}

void DeskTest::showsTitlesAsTheyAre() {
    const QString title = QStringLiteral("<img src=\"file:///dev/zero\"> & more");
    const engine::DocumentInfo document = fixture::pagedDocument('c', title.toUtf8().constData());
    open(document);
    const QString tip = m_desk->tabToolTip(0);
    QVERIFY2(!tip.contains(QStringLiteral("<img")), qPrintable(tip));
    QCOMPARE(QTextDocumentFragment::fromHtml(tip).toPlainText(), title);
}

void DeskTest::asksForThePasswordOfALockedFile() {
    m_desk->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(m_desk.get()));
    ui::DocumentView& view = openFailing(engine::Code::Locked, "emma.pdf needs a password.");
    auto* field = fixture::child<QLineEdit>(view, "failurePassword");
    auto* button = fixture::child<QPushButton>(view, "failureAction");
    QVERIFY(field->isVisible() && button->isVisible());
    QCOMPARE(field->echoMode(), QLineEdit::Password);
    QCOMPARE(failureOf(view),
             QStringLiteral("The file of “Emma” is locked and needs its password."));
    QVERIFY(!m_scenario.renderRequests.front().password);
    const long before = renders();
    button->click(); // without a password nothing is tried
    QVERIFY(field->hasFocus());
    QCOMPARE(renders(), before);

    // A wrong one: it can be given again.
    QTest::keyClicks(field, QStringLiteral("wrong"));
    QTest::keyClick(field, Qt::Key_Return);
    QVERIFY(!view.hasFailure());
    QTRY_VERIFY(view.hasFailure() && m_client->isIdle());
    QCOMPARE(m_scenario.renderRequests.back().password, std::optional<std::string>("wrong"));
    QCOMPARE(failureOf(view), QStringLiteral("That password does not open the file of “Emma”."));
    QVERIFY(field->text().isEmpty());
    QVERIFY(field->hasFocus());

    mend();
    QTest::keyClicks(field, QStringLiteral("test123"));
    QTest::keyClick(field, Qt::Key_Return);
    QTRY_VERIFY(view.pageView()->hasPicture(1));
    QVERIFY(!view.hasFailure());
    QVERIFY(view.pageView()->hasFocus());
    QTRY_VERIFY(linksAsked(1) == 1 && m_client->isIdle());
    for (const engine::RenderRequest& request : m_scenario.renderRequests)
        QCOMPARE(request.password, std::optional<std::string>("test123"));
    QCOMPARE(m_scenario.linksRequests[0].password, std::optional<std::string>("test123"));

    // Another document has another password.
    open(m_sanditon);
    QTRY_VERIFY(m_scenario.renderRequests.back().document == m_sanditon.id);
    QVERIFY(!m_scenario.renderRequests.back().password);
}

void DeskTest::opensWithThePasswordOfTheQueue() {
    const ui::DocumentView& view = openFailing(engine::Code::Locked, "It needs a password.");
    mend();
    m_client->setPassword(m_sanditon.id, QStringLiteral("other"));
    QVERIFY(view.hasFailure());
    m_client->setPassword(m_emma.id, QStringLiteral("test123"));
    QTRY_VERIFY(view.pageView()->hasPicture(1));
    QVERIFY(!view.hasFailure());
    // What shows its pages is left alone.
    QVERIFY(view.pageView()->selection().hasWords(1));
    m_client->setPassword(m_emma.id, QStringLiteral("test123"));
    QVERIFY(view.pageView()->selection().hasWords(1));
}

void DeskTest::triesAgainWhenTheFileIsBack() {
    const ui::DocumentView& view = openFailing(engine::Code::FileMissing, "emma.pdf is gone.");
    QVERIFY(!fixture::child<QLineEdit>(view, "failurePassword")->isVisible());
    QVERIFY(failureOf(view).startsWith(QStringLiteral("The file of “Emma” is not where it was.")));
    mend();
    auto* button = fixture::child<QPushButton>(view, "failureAction");
    QCOMPARE(button->text(), QStringLiteral("Try Again"));
    button->click();
    QTRY_VERIFY(view.pageView()->hasPicture(1));
    QVERIFY(!view.hasFailure());
    QTRY_COMPARE(linksAsked(1), 1);
}

void DeskTest::triesAgainWhereTheFileWasMoved() {
    const ui::DocumentView& view = openFailing(engine::Code::FileMissing, "It is gone.");
    mend();
    engine::DocumentInfo moved = m_emma;
    m_desk->update(moved);
    QVERIFY(view.hasFailure());
    moved.paths = {"/elsewhere/emma.pdf"};
    m_desk->update(moved);
    QTRY_VERIFY(view.pageView()->hasPicture(1));
    QVERIFY(!view.hasFailure());
}

void DeskTest::forgetsAFailureThatIsOver() {
    ui::DocumentView& view = openFailing(engine::Code::FileMissing, "It is gone.");
    mend(); // its drive is back
    view.goToPage(9);
    QTRY_VERIFY(!view.hasFailure());
    view.goToPage(1);
    QTRY_VERIFY(view.pageView()->hasPicture(1));
}

void DeskTest::asksForAPageWhosePartFailed() {
    m_scenario.script["render"] = {picture()};
    const ui::DocumentView& view = open(m_emma);
    QTRY_VERIFY(view.pageView()->hasPicture(1) && m_client->isIdle());
    engine::PagePicture failed;
    failed.failure = "it is too large";
    m_scenario.script["render"] = {failed};
    Q_EMIT view.pageView()->partWanted(1, 8, 0, QRect(0, 0, 9, 9));
    QTRY_VERIFY(m_client->isIdle());
    mend();
    view.pageView()->setZoom(1.25);
    QTRY_VERIFY(std::ranges::count(m_scenario.renderRequests, 1, &engine::RenderRequest::page) > 0);
}

void DeskTest::offersToReadAChangedFileAgain() {
    std::vector<engine::DocumentId> wanted;
    connect(m_desk.get(), &ui::Desk::readRequested, this,
            [&](const engine::DocumentId& id) { wanted.push_back(id); });
    const ui::DocumentView& view = openFailing(engine::Code::FileChanged, "It is another file.");
    QVERIFY(failureOf(view).startsWith(
        QStringLiteral("The file of “Emma” is not the one that was read")));
    auto* button = fixture::child<QPushButton>(view, "failureAction");
    QCOMPARE(button->text(), QStringLiteral("Read Again"));
    QVERIFY(!fixture::child<QLineEdit>(view, "failurePassword")->isVisible());
    button->click();
    QVERIFY(wanted == std::vector{m_emma.id});
}

QTEST_MAIN(DeskTest)
#include "desk_test.moc"
