#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QTextBlock>
#include <QUrl>

#include <cmath>

#include "ui/text_view.h"

using engine::TextRange;
using ui::TextBlock;
using ui::TextView;

namespace {

/// Three chapters; each a heading and forty paragraphs, stored with two line ends between them.
struct Book {
    std::vector<std::vector<TextBlock>> chapters;
    std::vector<TextRange> stretches;
    std::vector<ui::PageInfo> pages;
    QString text;
};

qint64 length(const QString& text) {
    return text.toUcs4().size();
}

Book book() {
    Book made;
    qint64 at = 0;
    for (int chapter = 1; chapter <= 3; ++chapter) {
        std::vector<TextBlock> blocks;
        const qint64 begin = at;
        for (int n = 0; n <= 40; ++n) {
            TextBlock block;
            block.kind = n == 0 ? TextBlock::Kind::Heading : TextBlock::Kind::Paragraph;
            block.level = n == 0 ? 1 : 0;
            // Letters of two UTF-16 units, markup that must stay letters, and a line end inside.
            block.text = n == 0 ? QStringLiteral("Chapter %1").arg(chapter)
                                : QStringLiteral("Paragraph %1.%2 of <b>\U0001F4D6\U0001F4D6</b>\n"
                                                 "needle%3 stands among words that fill lines and "
                                                 "lines, so that there is something to scroll.")
                                      .arg(chapter)
                                      .arg(n)
                                      .arg(n);
            block.range = {at, at + length(block.text)};
            at = block.range.end + 2;
            made.text += block.text + QStringLiteral("\n\n");
            blocks.push_back(block);
        }
        made.chapters.push_back(blocks);
        made.stretches.push_back({begin, at});
    }
    for (int i = 0; i * 1800 < at; ++i) {
        ui::PageInfo page;
        page.index = i + 1;
        page.range = {i * 1800, std::min<qint64>(at, (i + 1) * 1800)};
        made.pages.push_back(page);
    }
    return made;
}

} // namespace

class TextViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup() { m_view.reset(); }
    void keepsTheTextAsItIs();
    void givesListItemsTheBulletTheyLack();
    void goesBetweenOffsetsAndPlaces();
    void tellsTheSelectionInOffsets();
    void copiesOffsets();
    void comesBackToThePlace();
    void asksForTheChapterOfAPlace();
    void readsOnIntoTheNextChapter();
    void findsTheLinesOfARange();
    void marksEvidence();
    void keepsItsPlaceWhenTheTextGrows();
    void keepsAComfortableMeasure();
    void loadsNothing();
    void saysWhichLocationIsRead();

private:
    void show(int chapter) {
        m_view->setBlocks(m_book.stretches[static_cast<std::size_t>(chapter - 1)],
                          m_book.chapters[static_cast<std::size_t>(chapter - 1)]);
    }
    TextRange find(const QString& needle) {
        const qsizetype at = m_book.text.indexOf(needle);
        const qint64 begin = length(m_book.text.left(at));
        return {begin, begin + length(needle)};
    }

    Book m_book = book();
    std::unique_ptr<TextView> m_view;
};

void TextViewTest::init() {
    m_view = std::make_unique<TextView>();
    m_view->resize(700, 500);
    m_view->setPages(m_book.pages);
    // As a window answers.
    connect(m_view.get(), &TextView::textWanted, m_view.get(), [this](qint64 offset) {
        for (int chapter = 3; chapter >= 1; --chapter) {
            if (m_book.stretches[static_cast<std::size_t>(chapter - 1)].begin <= offset)
                return show(chapter);
        }
    });
    show(1);
    m_view->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
}

void TextViewTest::keepsTheTextAsItIs() {
    QCOMPARE(m_view->document()->blockCount(), 41);
    QString first = m_view->document()->findBlockByNumber(7).text();
    first.replace(QChar::LineSeparator, u'\n');
    QCOMPARE(first, m_book.chapters[0][7].text);
    TextBlock hostile;
    hostile.text = QStringLiteral("a\u2029b\rc\uFFFC\uFDD0<img src=x>");
    hostile.range = {0, length(hostile.text)};
    m_view->setBlocks(hostile.range, {hostile});
    QCOMPARE(m_view->document()->blockCount(), 1);
    QCOMPARE(m_view->document()->firstBlock().text().size(), hostile.text.size());
    QVERIFY(m_view->toPlainText().contains(QStringLiteral("<img src=x>")));
}

void TextViewTest::givesListItemsTheBulletTheyLack() {
    std::vector<TextBlock> blocks;
    qint64 at = 0;
    for (const char* const text : {"Sugar and tea", "2. Salt", "\u2022 Pepper", "Last words"}) {
        TextBlock block;
        block.kind = blocks.size() == 3 ? TextBlock::Kind::Paragraph : TextBlock::Kind::ListItem;
        block.text = QString::fromUtf8(text);
        block.range = {at, at + length(block.text)};
        at = block.range.end + 2;
        blocks.push_back(block);
    }
    m_view->setBlocks({0, at}, blocks);
    const auto hasBullet = [this](int n) {
        return m_view->document()->findBlockByNumber(n).textList() != nullptr;
    };
    QVERIFY(hasBullet(0) && !hasBullet(1) && !hasBullet(2) && !hasBullet(3));
    QCOMPARE(m_view->document()->firstBlock().text(), blocks[0].text);
    QCOMPARE(m_view->offsetAt(m_view->positionOf(blocks[3].range.begin)), blocks[3].range.begin);
}

void TextViewTest::goesBetweenOffsetsAndPlaces() {
    for (int chapter = 1; chapter <= 3; ++chapter) {
        show(chapter);
        for (int n = 1; n <= 40; n += 13) {
            const QString needle = QStringLiteral("needle%1 ").arg(n);
            const qsizetype from =
                m_book.text.indexOf(QStringLiteral("Paragraph %1.%2 ").arg(chapter).arg(n));
            const qsizetype at = m_book.text.indexOf(needle, from);
            const qint64 offset = length(m_book.text.left(at));
            const int position = m_view->positionOf(offset);
            QCOMPARE(m_view->toPlainText().mid(position, needle.size()), needle);
            QCOMPARE(m_view->offsetAt(position), offset);
        }
        for (const TextBlock& block : m_book.chapters[static_cast<std::size_t>(chapter - 1)]) {
            QCOMPARE(m_view->offsetAt(m_view->positionOf(block.range.begin)), block.range.begin);
            QCOMPARE(m_view->offsetAt(m_view->positionOf(block.range.end)), block.range.end);
        }
    }
}

void TextViewTest::tellsTheSelectionInOffsets() {
    QSignalSpy changed(m_view.get(), &TextView::selectionChanged);
    const TextRange range = find(QStringLiteral("needle3 stands"));
    m_view->select(range);
    QVERIFY(!changed.isEmpty());
    const auto told = changed.last()[0].value<TextRange>();
    QCOMPARE(told.begin, range.begin);
    QCOMPARE(told.end, range.end);
    m_view->select({0, 0});
    QCOMPARE(m_view->selection().end, 0);
    // By keyboard, from the first line in view.
    m_view->goToOffset(find(QStringLiteral("Paragraph 1.20 ")).begin);
    m_view->setFocus();
    QTest::keyClick(m_view.get(), Qt::Key_Right, Qt::ShiftModifier | Qt::ControlModifier);
    QCOMPARE(m_view->selection().begin, find(QStringLiteral("Paragraph 1.20 ")).begin);
    QVERIFY(m_view->selection().end > m_view->selection().begin + 5);
}

void TextViewTest::copiesOffsets() {
    QSignalSpy copied(m_view.get(), &TextView::copyRequested);
    QTest::keyClick(m_view.get(), Qt::Key_C, Qt::ControlModifier);
    QVERIFY(copied.isEmpty());
    const TextRange range = find(QStringLiteral("needle5 stands"));
    m_view->select(range);
    QTest::keyClick(m_view.get(), Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(copied.size(), 1);
    QCOMPARE(copied[0][0].value<TextRange>().begin, range.begin);
}

void TextViewTest::comesBackToThePlace() {
    for (const int n : {2, 17, 30}) {
        const qint64 offset = m_book.chapters[0][static_cast<std::size_t>(n)].range.begin;
        m_view->goToOffset(offset);
        QCOMPARE(m_view->topOffset(), offset);
    }
    m_view->goToOffset(0);
    QCOMPARE(m_view->verticalScrollBar()->value(), 0);
}

void TextViewTest::asksForTheChapterOfAPlace() {
    QSignalSpy wanted(m_view.get(), &TextView::textWanted);
    const TextRange range = find(QStringLiteral("Paragraph 3.25 "));
    m_view->reveal(range);
    QCOMPARE(wanted.size(), 1);
    QCOMPARE(wanted[0][0].toLongLong(), range.begin);
    QCOMPARE(m_view->stretch().begin, m_book.stretches[2].begin);
    const std::vector<QRectF> lines = m_view->lines(range);
    QCOMPARE(lines.size(), std::size_t{1});
    QVERIFY(QRectF(m_view->viewport()->rect()).contains(lines[0]));
    m_view->reveal(find(QStringLiteral("Paragraph 3.26 ")));
    QCOMPARE(wanted.size(), 1);
}

void TextViewTest::readsOnIntoTheNextChapter() {
    QScrollBar* const bar = m_view->verticalScrollBar();
    bar->setValue(bar->maximum());
    QTest::keyClick(m_view.get(), Qt::Key_PageDown);
    QCOMPARE(m_view->stretch().begin, m_book.stretches[1].begin);
    QCOMPARE(bar->value(), 0);
    QTest::keyClick(m_view.get(), Qt::Key_PageUp);
    QCOMPARE(m_view->stretch().begin, 0);
    QCOMPARE(bar->value(), bar->maximum());
    QTest::keyClick(m_view.get(), Qt::Key_End);
    QCOMPARE(m_view->stretch().begin, m_book.stretches[2].begin);
    QCOMPARE(bar->value(), bar->maximum());
    QTest::keyClick(m_view.get(), Qt::Key_PageDown);
    QCOMPARE(m_view->stretch().begin, m_book.stretches[2].begin);
    QTest::keyClick(m_view.get(), Qt::Key_Home);
    QCOMPARE(m_view->topOffset(), 0);
}

void TextViewTest::findsTheLinesOfARange() {
    const TextBlock& block = m_book.chapters[0][2];
    const std::vector<QRectF> lines = m_view->lines(block.range);
    QVERIFY(lines.size() >= 2);
    for (std::size_t i = 1; i < lines.size(); ++i)
        QVERIFY(lines[i].top() > lines[i - 1].top());
    // The place under the middle of a word is that word.
    const TextRange word = find(QStringLiteral("needle2"));
    const std::vector<QRectF> box = m_view->lines(word);
    QCOMPARE(box.size(), std::size_t{1});
    const int position = m_view->cursorForPosition(box[0].center().toPoint()).position();
    QVERIFY(m_view->offsetAt(position) > word.begin && m_view->offsetAt(position) < word.end);
    QVERIFY(m_view->lines({m_book.stretches[1].begin, m_book.stretches[1].end}).empty());
}

void TextViewTest::marksEvidence() {
    const TextRange range = find(QStringLiteral("needle1 stands among"));
    const QPoint at = m_view->lines(range)[0].topRight().toPoint() + QPoint(-1, 1);
    const QRgb before = m_view->viewport()->grab().toImage().pixel(at);
    m_view->setHighlight(range);
    QVERIFY(m_view->viewport()->grab().toImage().pixel(at) != before);
    QTRY_COMPARE_WITH_TIMEOUT(m_view->viewport()->grab().toImage().pixel(at + QPoint(-4, 3)),
                              before, 8000);
    m_view->setHighlight({});
    QCOMPARE(m_view->viewport()->grab().toImage().pixel(at), before);
    m_view->setFindHits({range});
    m_view->setCurrentHit(range);
    QVERIFY(m_view->viewport()->grab().toImage().pixel(at) != before);
}

void TextViewTest::keepsItsPlaceWhenTheTextGrows() {
    const qint64 offset = m_book.chapters[0][20].range.begin;
    m_view->goToOffset(offset);
    QSignalSpy changed(m_view.get(), &TextView::textSizeChanged);
    QTest::keyClick(m_view.get(), Qt::Key_Plus, Qt::ControlModifier);
    QCOMPARE(m_view->textSize(), 13.0);
    QCOMPARE(changed.size(), 1);
    QCOMPARE(m_view->topOffset(), offset);
    m_view->setTextSize(500);
    QCOMPARE(m_view->textSize(), TextView::kMaxTextSize);
    QTest::keyClick(m_view.get(), Qt::Key_0, Qt::ControlModifier);
    QCOMPARE(m_view->textSize(), TextView::kUsualTextSize);
    QCOMPARE(m_view->topOffset(), offset);
    m_view->resize(400, 500);
    QVERIFY(std::abs(m_view->topOffset() - offset) <= 60);
}

void TextViewTest::keepsAComfortableMeasure() {
    m_view->resize(2000, 500);
    QTRY_COMPARE(m_view->width(), 2000);
    int longest = 0;
    double left = 1e9;
    double right = 0;
    for (int n = 1; n < 10; ++n) {
        const QTextBlock block = m_view->document()->findBlockByNumber(n);
        for (int i = 0; i < block.layout()->lineCount(); ++i)
            longest = std::max(longest, block.layout()->lineAt(i).textLength());
        for (const QRectF& line :
             m_view->lines(m_book.chapters[0][static_cast<std::size_t>(n)].range)) {
            left = std::min(left, line.left());
            right = std::max(right, line.right());
        }
    }
    QVERIFY2(longest > 50 && longest < 100, qPrintable(QString::number(longest)));
    QVERIFY2(std::abs(left - (2000 - right)) < 150, "the column stands in the middle");
}

void TextViewTest::loadsNothing() {
    QVERIFY(!m_view
                 ->loadResource(QTextDocument::ImageResource,
                                QUrl(QStringLiteral("file:///etc/hostname")))
                 .isValid());
    QVERIFY(!m_view->acceptDrops());
    QVERIFY(m_view->isReadOnly());
}

void TextViewTest::saysWhichLocationIsRead() {
    QSignalSpy page(m_view.get(), &TextView::currentPageChanged);
    m_view->goToPage(4);
    QCOMPARE(page.last()[0].toInt(), m_view->currentPage());
    QVERIFY(std::abs(m_view->currentPage() - 4) <= 1);
    QSignalSpy top(m_view.get(), &TextView::topOffsetChanged);
    m_view->verticalScrollBar()->setValue(m_view->verticalScrollBar()->value() + 300);
    QVERIFY(!top.isEmpty());
    QCOMPARE(top.last()[0].toLongLong(), m_view->topOffset());
}

QTEST_MAIN(TextViewTest)
#include "text_view_test.moc"
