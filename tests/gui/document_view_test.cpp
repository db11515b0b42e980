#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "ui/document_bar.h"
#include "ui/document_view.h"
#include "ui/memory_strip.h"
#include "ui/page_view.h"
#include "ui/place_history.h"
#include "ui/text_view.h"

using engine::TextRange;
using ui::DocumentView;

namespace {

/// Roman labels on the first ten of 300 pages, then from 1.
std::vector<ui::PageInfo> book() {
    const char* const roman[] = {"i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"};
    std::vector<ui::PageInfo> pages;
    for (int i = 0; i < 300; ++i) {
        ui::PageInfo page;
        page.index = i + 1;
        page.label = i < 10 ? QString::fromLatin1(roman[i]) : QString::number(i - 9);
        page.size = {400, 600};
        page.range = {i * 1000, (i + 1) * 1000};
        pages.push_back(page);
    }
    return pages;
}

} // namespace

class DocumentViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup() { m_tab.reset(); }
    void remembersPlaces();
    void goesBackAndForward();
    void findsPagesByLabelAndIndex();
    void goesToAPage();
    void saysThatThereIsNoSuchPage();
    void opensAndClosesTheFindBar();
    void walksThroughTheHits();
    void startsFindingWhereThePersonReads();
    void saysThatNothingWasFound();
    void marksEvidenceOnlyWhereLinesAreKnown();
    void followsTheStrip();
    void showsAndSetsTheSize();
    void holdsATextToo();
    void namesEveryControl();

private:
    template <typename Widget> Widget* child(const char* name) {
        return m_tab->findChild<Widget*>(QString::fromLatin1(name));
    }
    std::unique_ptr<DocumentView> m_tab;
};

void DocumentViewTest::init() {
    m_tab = std::make_unique<DocumentView>(DocumentView::Kind::Pages);
    m_tab->resize(700, 800);
    m_tab->setDocument(QStringLiteral("The Compass Rose"), book());
    m_tab->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_tab.get()));
    m_tab->pageView()->setFocus();
}

void DocumentViewTest::remembersPlaces() {
    ui::PlaceHistory history;
    QVERIFY(!history.back(0));
    history.leave(10);
    history.leave(10);
    history.leave(20);
    QCOMPARE(history.back(30), std::optional<qint64>(20));
    QCOMPARE(history.back(20), std::optional<qint64>(10));
    QVERIFY(!history.canGoBack());
    QCOMPARE(history.forward(10), std::optional<qint64>(20));
    history.leave(25);
    QVERIFY2(!history.canGoForward(), "a jump begins a new way");
    for (int i = 0; i < 1000; ++i)
        history.leave(100 + i);
    int steps = 0;
    while (history.back(0))
        ++steps;
    QCOMPARE(steps, static_cast<int>(ui::PlaceHistory::kPlaces));
}

void DocumentViewTest::goesBackAndForward() {
    QSignalSpy changed(m_tab.get(), &DocumentView::historyChanged);
    QVERIFY(!child<QToolButton>("back")->isEnabled());
    m_tab->goToPage(50);
    m_tab->goToPage(120);
    QVERIFY(child<QToolButton>("back")->isEnabled());
    QCOMPARE(changed.last()[0].toBool(), true);
    QTest::keyClick(m_tab->pageView(), Qt::Key_Left, Qt::AltModifier);
    QCOMPARE(m_tab->currentPage(), 50);
    child<QToolButton>("back")->click();
    QCOMPARE(m_tab->currentPage(), 1);
    QVERIFY(!child<QToolButton>("back")->isEnabled());
    QTest::keyClick(m_tab->pageView(), Qt::Key_Right, Qt::AltModifier);
    child<QToolButton>("forward")->click();
    QCOMPARE(m_tab->currentPage(), 120);
    QVERIFY(!child<QToolButton>("forward")->isEnabled());
}

void DocumentViewTest::findsPagesByLabelAndIndex() {
    const auto pages = book();
    QCOMPARE(ui::pageNamed(pages, QStringLiteral("iv")), 4);
    QCOMPARE(ui::pageNamed(pages, QStringLiteral(" XII ")), 0);
    QCOMPARE(ui::pageNamed(pages, QStringLiteral("VII")), 7);
    QCOMPARE(ui::pageNamed(pages, QStringLiteral("4")), 14);
    QCOMPARE(ui::pageNamed(pages, QStringLiteral("index:4")), 4);
    QCOMPARE(ui::pageNamed(pages, QStringLiteral("295")), 295);
    QCOMPARE(ui::pageNamed(pages, QStringLiteral("301")), 0);
    QCOMPARE(ui::pageNamed(pages, QString()), 0);
}

void DocumentViewTest::goesToAPage() {
    auto* const field = child<QLineEdit>("pageField");
    QCOMPARE(field->text(), QStringLiteral("i"));
    QCOMPARE(child<QLabel>("pageCount")->text(), QStringLiteral("(1 of 300)"));
    QTest::keyClick(m_tab->pageView(), Qt::Key_G, Qt::ControlModifier);
    QTRY_VERIFY(field->hasFocus());
    QTest::keyClicks(field, QStringLiteral("42"));
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(m_tab->currentPage(), 52);
    QCOMPARE(field->text(), QStringLiteral("42"));
    QCOMPARE(child<QLabel>("pageCount")->text(), QStringLiteral("(52 of 300)"));
    QTRY_VERIFY(m_tab->pageView()->hasFocus());
}

void DocumentViewTest::saysThatThereIsNoSuchPage() {
    auto* const field = child<QLineEdit>("pageField");
    m_tab->editPage();
    QTest::keyClicks(field, QStringLiteral("xyz"));
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(child<QLabel>("pageCount")->text(), QStringLiteral("There is no page xyz."));
    QCOMPARE(m_tab->currentPage(), 1);
    QTest::keyClick(field, Qt::Key_Escape);
    QCOMPARE(field->text(), QStringLiteral("i"));
    QTRY_VERIFY(m_tab->pageView()->hasFocus());
}

void DocumentViewTest::opensAndClosesTheFindBar() {
    QSignalSpy wanted(m_tab.get(), &DocumentView::findWanted);
    auto* const bar = child<QWidget>("findBar");
    QVERIFY(!bar->isVisible());
    QTest::keyClick(m_tab->pageView(), Qt::Key_F, Qt::ControlModifier);
    QVERIFY(bar->isVisible());
    auto* const field = child<QLineEdit>("findField");
    QTRY_VERIFY(field->hasFocus());
    QTest::keyClicks(field, QStringLiteral("albatross"));
    QTRY_COMPARE(wanted.size(), 1);
    QCOMPARE(wanted[0][0].toString(), QStringLiteral("albatross"));
    QCOMPARE(wanted[0][1].toBool(), false);
    child<QCheckBox>("findExact")->click();
    QCOMPARE(wanted.size(), 2);
    QCOMPARE(wanted[1][1].toBool(), true);
    QTest::keyClick(field, Qt::Key_Escape);
    QVERIFY(!bar->isVisible());
    QCOMPARE(wanted.last()[0].toString(), QString());
    QTRY_VERIFY(m_tab->pageView()->hasFocus());
    // Opened again it still knows the words.
    m_tab->openFind();
    QCOMPARE(wanted.last()[0].toString(), QStringLiteral("albatross"));
}

void DocumentViewTest::walksThroughTheHits() {
    m_tab->openFind();
    auto* const field = child<QLineEdit>("findField");
    auto* const count = child<QLabel>("findCount");
    QSignalSpy wanted(m_tab.get(), &DocumentView::findWanted);
    QTest::keyClicks(field, QStringLiteral("rose"));
    QTRY_COMPARE(wanted.size(), 1);
    QVERIFY(!child<QToolButton>("findNext")->isEnabled());
    m_tab->setFindHits({{5500, 5504}, {90100, 90104}, {200700, 200704}});
    QCOMPARE(count->text(), QStringLiteral("1 of 3"));
    QCOMPARE(m_tab->currentPage(), 6);
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(count->text(), QStringLiteral("2 of 3"));
    QCOMPARE(m_tab->currentPage(), 91);
    child<QToolButton>("findNext")->click();
    QCOMPARE(m_tab->currentPage(), 201);
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(count->text(), QStringLiteral("1 of 3"));
    QTest::keyClick(field, Qt::Key_Return, Qt::ShiftModifier);
    QCOMPARE(count->text(), QStringLiteral("3 of 3"));
    m_tab->goBack();
    QCOMPARE(m_tab->currentPage(), 1);
}

void DocumentViewTest::startsFindingWhereThePersonReads() {
    m_tab->goToPage(100);
    m_tab->setFindHits({{5500, 5504}, {150100, 150104}, {200700, 200704}});
    QCOMPARE(m_tab->currentPage(), 151);
    m_tab->setFindHits({{5500, 5504}, {150100, 150104}, {200700, 200704}}, 0);
    QCOMPARE(m_tab->currentPage(), 6);
}

void DocumentViewTest::saysThatNothingWasFound() {
    m_tab->openFind();
    QSignalSpy wanted(m_tab.get(), &DocumentView::findWanted);
    QTest::keyClicks(child<QLineEdit>("findField"), QStringLiteral("zzz"));
    QTRY_COMPARE(wanted.size(), 1);
    m_tab->setFindHits({});
    QCOMPARE(child<QLabel>("findCount")->text(), QStringLiteral("Not found"));
    QVERIFY(!child<QToolButton>("findPrevious")->isEnabled());
    child<QLineEdit>("findField")->clear();
    QCOMPARE(child<QLabel>("findCount")->text(), QString());
}

void DocumentViewTest::marksEvidenceOnlyWhereLinesAreKnown() {
    m_tab->goTo({70100, 70200}, {{71, QRectF(40, 100, 200, 14)}});
    QCOMPARE(m_tab->currentPage(), 71);
    QCOMPARE(m_tab->pageView()->highlight().size(), std::size_t{1});
    m_tab->goTo({80100, 80200});
    QCOMPARE(m_tab->currentPage(), 81);
    QVERIFY(m_tab->pageView()->highlight().empty());
    m_tab->goBack();
    QCOMPARE(m_tab->currentPage(), 71);
}

void DocumentViewTest::followsTheStrip() {
    ui::MemoryStrip* const strip = m_tab->memoryStrip();
    m_tab->goToPage(30);
    QCOMPARE(strip->markedPage(), 30);
    Q_EMIT strip->pageActivated(200);
    QCOMPARE(m_tab->currentPage(), 200);
    QVERIFY(child<QToolButton>("back")->isEnabled());
}

void DocumentViewTest::showsAndSetsTheSize() {
    m_tab->pageView()->setZoom(1);
    auto* const size = child<QToolButton>("size");
    QCOMPARE(size->text(), QStringLiteral("100 %"));
    child<QToolButton>("zoomIn")->click();
    QCOMPARE(size->text(), QStringLiteral("110 %"));
    child<QToolButton>("rotate")->click();
    QCOMPARE(m_tab->pageView()->pageLayout().rotation(), 90);
    m_tab->resetZoom();
    QCOMPARE(size->text(), QStringLiteral("100 %"));
}

void DocumentViewTest::holdsATextToo() {
    DocumentView tab(DocumentView::Kind::Text);
    std::vector<ui::PageInfo> locations(3);
    for (int i = 0; i < 3; ++i) {
        locations[static_cast<std::size_t>(i)].index = i + 1;
        locations[static_cast<std::size_t>(i)].range = {i * 1800, (i + 1) * 1800};
    }
    QSignalSpy wanted(tab.textView(), &ui::TextView::textWanted);
    tab.setDocument(QStringLiteral("Emma"), locations, ui::PageUnit::Location);
    QCOMPARE(wanted.size(), 1);
    ui::TextBlock block;
    block.range = {0, 5400};
    block.text = QString(5400, u'e');
    tab.textView()->setBlocks(block.range, {block});
    QCOMPARE(tab.currentPage(), 1);
    QCOMPARE(tab.findChild<QLabel*>(QStringLiteral("pageCount"))->text(), QStringLiteral("of 3"));
    QCOMPARE(tab.findChild<QToolButton*>(QStringLiteral("size"))->text(), QStringLiteral("12 pt"));
    tab.zoomIn();
    QCOMPARE(tab.findChild<QToolButton*>(QStringLiteral("size"))->text(), QStringLiteral("13 pt"));
    QVERIFY(!tab.findChild<QToolButton*>(QStringLiteral("rotate"))->isVisibleTo(&tab));
}

void DocumentViewTest::namesEveryControl() {
    m_tab->openFind();
    for (const QWidget* widget : m_tab->findChildren<QWidget*>()) {
        // Qt's own parts, as a line edit's clear button, are not ours to name.
        if (widget->focusPolicy() == Qt::NoFocus || widget->objectName().startsWith(u"qt_"))
            continue;
        const auto* const button = qobject_cast<const QAbstractButton*>(widget);
        QVERIFY2(!widget->accessibleName().isEmpty() || (button && !button->text().isEmpty()),
                 qPrintable(widget->objectName()));
        QVERIFY(!widget->objectName().isEmpty());
    }
}

QTEST_MAIN(DocumentViewTest)
#include "document_view_test.moc"
