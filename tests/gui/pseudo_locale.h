#pragma once
/// A language made up for tests: every sentence stands in ⟦brackets⟧, has accents and is longer by
/// two fifths, so that text without a translation, glued text and clipped text can be seen.

#include <QRegularExpression>
#include <QTranslator>

namespace fixture {

/// Place holders, mnemonics, tags and patterns of file names stay as they are.
inline QString pseudo(const QString& source) {
    static const QRegularExpression kKept(
        QStringLiteral("%L?[0-9n]|&.|<[^>]*>|\\([^()]*\\*[^()]*\\)"));
    static const QString kPlain = QStringLiteral("aeioucnAEOU");
    static const QString kAccented = QStringLiteral("áêïöüçñÅÉØÛ");
    QString text;
    qsizetype from = 0;
    const auto accent = [&](const QString& piece) {
        for (const QChar letter : piece) {
            const qsizetype at = kPlain.indexOf(letter);
            text += at < 0 ? letter : kAccented[at];
        }
    };
    for (auto it = kKept.globalMatch(source); it.hasNext();) {
        const auto match = it.next();
        accent(source.mid(from, match.capturedStart() - from));
        text += match.captured();
        from = match.capturedEnd();
    }
    accent(source.mid(from));
    // In words, as a long sentence would break.
    for (qsizetype more = source.size() * 2 / 5; more > 0; more -= 4)
        text += more >= 4 ? QStringLiteral(" lñg") : QString(more, u'ï');
    // What begins with a tag has to, to be taken for markup.
    const qsizetype head = source.startsWith(u'<') ? source.indexOf(u'>') + 1 : 0;
    return text.left(head) + u'⟦' + text.mid(head) + u'⟧';
}

class PseudoTranslator : public QTranslator {
public:
    using QTranslator::QTranslator;

    QString translate(const char* context, const char* source, const char* /*disambiguation*/,
                      int /*n*/) const override {
        // Names of keys are put together by Qt itself.
        return qstrcmp(context, "QShortcut") == 0 ? QString() : pseudo(QString::fromUtf8(source));
    }
    bool isEmpty() const override { return false; }
};

/// What of a text stands in no brackets; digits, marks and what `data` lists left out.
inline QString untranslated(QString text, const QStringList& data) {
    for (const QString& known : data)
        text.remove(known);
    static const QRegularExpression kInner(QStringLiteral("⟦[^⟦⟧]*⟧"));
    while (text.contains(kInner))
        text.remove(kInner);
    text.remove(QRegularExpression(QStringLiteral("<[^>]*>")));
    static const QRegularExpression kLetters(QStringLiteral("[\\p{L}⟦⟧]"));
    return text.contains(kLetters) ? text.simplified() : QString();
}

} // namespace fixture
