#include <QTest>

#include "ui/code_points.h"
#include "ui/text_search.h"

class TextSearchTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void countsCodePoints();
    void takesAnyWhiteSpace();
    void findsExactly();
    void takesSignsAsTheyAre();
    void findsNothing();

private:
    using Ranges = QList<std::pair<qint64, qint64>>;
    static Ranges find(const QString& text, const QString& words, bool isExact = false) {
        Ranges result;
        for (const engine::TextRange& range : ui::TextSearch(text).find(words, isExact))
            result.append({range.begin, range.end});
        return result;
    }
};

void TextSearchTest::countsCodePoints() {
    const QString text = QStringLiteral("\U0001F4D6 book \U0001F4D6 book\U0001F4D6");
    QCOMPARE(find(text, QStringLiteral("book")), (Ranges{{2, 6}, {9, 13}}));
    QCOMPARE(find(text, QStringLiteral("\U0001F4D6")), (Ranges{{0, 1}, {7, 8}, {13, 14}}));
    // The same as counting one by one.
    for (const auto& [begin, end] : find(text, QStringLiteral("book"))) {
        const qsizetype from = ui::utf16Place(text, begin);
        QCOMPARE(text.mid(from, ui::utf16Place(text, end) - from), QStringLiteral("book"));
    }
}

void TextSearchTest::takesAnyWhiteSpace() {
    const QString text = QStringLiteral("a dark\n  wood, a dark\u00A0wood, a darkwood");
    QCOMPARE(find(text, QStringLiteral(" dark  wood ")), (Ranges{{2, 13}, {17, 26}}));
}

void TextSearchTest::findsExactly() {
    const QString text = QStringLiteral("Über über überall Über");
    QCOMPARE(find(text, QStringLiteral("über")), (Ranges{{0, 4}, {5, 9}, {10, 14}, {18, 22}}));
    QCOMPARE(find(text, QStringLiteral("Über"), true), (Ranges{{0, 4}, {18, 22}}));
    QCOMPARE(find(text, QStringLiteral("über"), true), (Ranges{{5, 9}}));
}

void TextSearchTest::takesSignsAsTheyAre() {
    const QString text = QStringLiteral("a.b (c) a+b");
    QCOMPARE(find(text, QStringLiteral("a.b")), (Ranges{{0, 3}}));
    QCOMPARE(find(text, QStringLiteral("(c)")), (Ranges{{4, 7}}));
    QCOMPARE(find(text, QStringLiteral("\\w")), Ranges());
}

void TextSearchTest::findsNothing() {
    QCOMPARE(find(QStringLiteral("text"), QString()), Ranges());
    QCOMPARE(find(QStringLiteral("text"), QStringLiteral("  ")), Ranges());
    QCOMPARE(find(QString(), QStringLiteral("text")), Ranges());
    QVERIFY(ui::TextSearch().isEmpty());
    QCOMPARE(find(QStringLiteral("aaaa"), QStringLiteral("aa")), (Ranges{{0, 2}, {2, 4}}));
}

QTEST_GUILESS_MAIN(TextSearchTest)
#include "text_search_test.moc"
