#include "ui/exchange.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>

namespace ui {
namespace {

class Words {
    Q_DECLARE_TR_FUNCTIONS(ui::Exchange)
};

/// Characters that would reorder or hide the text around them, and the place holder that
/// QTextDocument takes for an embedded object.
bool isUnshowable(QChar c) {
    const char16_t code = c.unicode();
    return (code < 0x20 && code != u'\n' && code != u'\t') || (code >= 0x7F && code < 0xA0) ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xFFFC || (code >= 0xFDD0 && code <= 0xFDEF);
}

QString escapeMarkdown(const QString& line) {
    static const QString kSpecial = QStringLiteral("\\`*_{}[]<>#|~&!$");
    QString out;
    for (const QChar c : line) {
        if (kSpecial.contains(c))
            out += u'\\';
        out += c;
    }
    // Addresses become links in many readers although nobody marked them as such.
    out.replace(QStringLiteral("://"), QStringLiteral("\\://"));
    out.replace(QStringLiteral("www."), QStringLiteral("www\\."), Qt::CaseInsensitive);
    qsizetype digits = 0;
    while (digits < out.size() && out[digits].isDigit())
        ++digits;
    if (digits > 0 && digits < out.size() && (out[digits] == u'.' || out[digits] == u')'))
        out.insert(digits, u'\\');
    else if (!out.isEmpty() && QStringLiteral("+-=").contains(out[0]))
        out.prepend(u'\\');
    return out;
}

QString markOf(engine::Basis basis) {
    switch (basis) {
    case engine::Basis::Evidence:
        return {};
    case engine::Basis::Memory:
        return QStringLiteral("~ ");
    case engine::Basis::Model:
        return QStringLiteral("? ");
    }
    return {};
}

/// Explains the marks that stand in the answer.
QStringList legend(const Exchange& exchange) {
    QStringList lines;
    for (const engine::Basis basis : {engine::Basis::Memory, engine::Basis::Model}) {
        const auto has = [basis](const engine::GistSentence& sentence) {
            return sentence.basis == basis;
        };
        if (std::any_of(exchange.sentences.begin(), exchange.sentences.end(), has))
            lines += markOf(basis) + basisSentence(basis);
    }
    return lines;
}

QString quoted(const QString& text) {
    return Words::tr("“%1”", "a quote from a book").arg(text);
}

QStringList closing(const Exchange& exchange) {
    QStringList lines = legend(exchange);
    for (const engine::Coverage& coverage : exchange.coverage)
        lines += coverageText(coverage);
    return lines + exchange.notices;
}

QString opening(const Exchange& exchange) {
    return exchange.asOf.isEmpty() || exchange.question.isEmpty()
               ? exchange.question
               : Words::tr("%1 (as of %2)", "question, place")
                     .arg(exchange.question, exchange.asOf);
}

} // namespace

QString shownText(const std::string& utf8) {
    QString text = QString::fromStdString(utf8);
    text.replace(QStringLiteral("\r\n"), QStringLiteral("\n"));
    for (QChar& c : text) {
        if (c == u'\r' || c == QChar::ParagraphSeparator || c == QChar::LineSeparator || c == u'\f')
            c = u'\n';
        else if (isUnshowable(c))
            c = QChar::ReplacementCharacter;
    }
    return text;
}

QString shownLine(const std::string& utf8) {
    return shownText(utf8).simplified();
}

QString basisWord(engine::Basis basis) {
    switch (basis) {
    case engine::Basis::Evidence:
        return Words::tr("evidence");
    case engine::Basis::Memory:
        return Words::tr("memory");
    case engine::Basis::Model:
        return Words::tr("model");
    }
    return {};
}

QString basisSentence(engine::Basis basis) {
    switch (basis) {
    case engine::Basis::Evidence:
        return Words::tr("A quote from the book supports this sentence.");
    case engine::Basis::Memory:
        return Words::tr("From the memory of the book; no quote was found for it.");
    case engine::Basis::Model:
        return Words::tr("From the model alone; neither a quote nor the memory supports it.");
    }
    return {};
}

QString placeName(const engine::PageRange& pages) {
    const QString label = shownLine(pages.lastLabel);
    const QString index = QString::number(pages.last);
    if (pages.isLocation)
        return Words::tr("loc. %1").arg(index);
    if (label.isEmpty() || label == index)
        return Words::tr("p. %1").arg(index);
    if (pages.isPrinted)
        return Words::tr("p. %1").arg(label);
    return Words::tr("p. %1 (PDF %2)", "printed page, page of the file").arg(label, index);
}

QString coverageText(const engine::Coverage& coverage) {
    const QString read = QLocale().toString(coverage.read);
    const int total = coverage.total;
    QString text;
    if (coverage.bound) {
        text = coverage.isLocation
                   ? Words::tr("%1 of %Ln location(s) read, as of %2", nullptr, total)
                   : Words::tr("%1 of %Ln page(s) read, as of %2", nullptr, total);
        text = text.arg(read, placeName(*coverage.bound));
    } else {
        text = coverage.isLocation ? Words::tr("%1 of %Ln location(s) read", nullptr, total)
                                   : Words::tr("%1 of %Ln page(s) read", nullptr, total);
        text = text.arg(read);
    }
    QStringList sentences{text};
    if (coverage.byOcr > 0)
        sentences += Words::tr("%1 by text recognition").arg(QLocale().toString(coverage.byOcr));
    if (coverage.empty > 0)
        sentences += Words::tr("%1 empty").arg(QLocale().toString(coverage.empty));
    if (coverage.failed > 0) {
        QStringList pages;
        // A book that failed on hundreds of pages must not fill the panel with their numbers.
        const std::size_t shown = std::min<std::size_t>(coverage.failedPages.size(), 8);
        for (std::size_t i = 0; i < shown; ++i)
            pages += QString::number(coverage.failedPages[i]);
        if (shown < coverage.failedPages.size())
            pages += QStringLiteral("…");
        sentences += pages.isEmpty() ? Words::tr("%1 failed").arg(coverage.failed)
                                     : Words::tr("%1 failed: %2", "number, list of pages")
                                           .arg(QString::number(coverage.failed),
                                                pages.join(QStringLiteral(", ")));
    }
    return sentences.join(QStringLiteral(" · "));
}

QString citationText(const engine::Evidence& evidence) {
    return Words::tr("%1, %2", "title, place in it")
        .arg(shownLine(evidence.title), shownLine(evidence.place));
}

QString gistCaption(const Exchange& exchange) {
    const auto cited = std::count_if(
        exchange.sentences.begin(), exchange.sentences.end(),
        [](const engine::GistSentence& s) { return s.basis == engine::Basis::Evidence; });
    if (exchange.sentences.size() == 1)
        return cited == 1 ? Words::tr("The sentence has evidence")
                          : Words::tr("The sentence has no evidence");
    return Words::tr("%1 of %Ln sentence(s) have evidence", nullptr,
                     static_cast<int>(exchange.sentences.size()))
        .arg(QLocale().toString(cited));
}

QString plainAnswer(const Exchange& exchange) {
    QStringList blocks;
    if (!exchange.question.isEmpty())
        blocks += opening(exchange);
    QStringList lines;
    for (const engine::GistSentence& sentence : exchange.sentences) {
        QString line = markOf(sentence.basis) + shownLine(sentence.utf8);
        for (const int number : sentence.citations)
            line += QStringLiteral(" [%1]").arg(number);
        lines += line;
    }
    if (!lines.isEmpty())
        blocks += lines.join(exchange.isPoints ? u'\n' : u' ');
    if (!exchange.refusal.isEmpty())
        blocks += exchange.refusal;
    QStringList quotes;
    for (const engine::Evidence& evidence : exchange.evidence)
        quotes += QStringLiteral("[%1] ").arg(evidence.number) + plainQuote(evidence);
    if (!quotes.isEmpty())
        blocks += quotes.join(u'\n');
    const QStringList last = closing(exchange);
    if (!last.isEmpty())
        blocks += last.join(u'\n');
    return blocks.join(QStringLiteral("\n\n")) + u'\n';
}

QString htmlAnswer(const Exchange& exchange) {
    QString out;
    const auto paragraph = [&out](const QString& html) {
        out += QStringLiteral("<p>") + html + QStringLiteral("</p>\n");
    };
    if (!exchange.question.isEmpty())
        paragraph(QStringLiteral("<b>") + opening(exchange).toHtmlEscaped() +
                  QStringLiteral("</b>"));
    QStringList lines;
    for (const engine::GistSentence& sentence : exchange.sentences) {
        QString line = (markOf(sentence.basis) + shownLine(sentence.utf8)).toHtmlEscaped();
        for (const int number : sentence.citations)
            line += QStringLiteral(" [%1]").arg(number);
        lines += line;
    }
    if (!lines.isEmpty())
        paragraph(lines.join(exchange.isPoints ? QStringLiteral("<br>") : QStringLiteral(" ")));
    if (!exchange.refusal.isEmpty())
        paragraph(exchange.refusal.toHtmlEscaped());
    for (const engine::Evidence& evidence : exchange.evidence)
        paragraph(QStringLiteral("[%1] ").arg(evidence.number) + htmlQuote(evidence));
    for (const QString& line : closing(exchange))
        paragraph(line.toHtmlEscaped());
    return out;
}

QString markdownAnswer(const Exchange& exchange) {
    QStringList blocks;
    if (!exchange.question.isEmpty())
        blocks += QStringLiteral("**%1**").arg(escapeMarkdown(opening(exchange).simplified()));
    QStringList lines;
    for (const engine::GistSentence& sentence : exchange.sentences) {
        QString line = escapeMarkdown(shownLine(sentence.utf8));
        if (sentence.basis != engine::Basis::Evidence)
            line.prepend(escapeMarkdown(markOf(sentence.basis)));
        for (const int number : sentence.citations)
            line += QStringLiteral("[^%1]").arg(number);
        lines += exchange.isPoints ? QStringLiteral("- ") + line : line;
    }
    if (!lines.isEmpty())
        blocks += lines.join(exchange.isPoints ? u'\n' : u' ');
    if (!exchange.refusal.isEmpty())
        blocks += escapeMarkdown(exchange.refusal);
    // A footnote that no sentence refers to is not shown by most readers.
    QStringList notes, others;
    for (const engine::Evidence& evidence : exchange.evidence) {
        const auto refers = [&evidence](const engine::GistSentence& sentence) {
            return std::count(sentence.citations.begin(), sentence.citations.end(),
                              evidence.number) > 0;
        };
        if (std::any_of(exchange.sentences.begin(), exchange.sentences.end(), refers))
            notes += QStringLiteral("[^%1]: ").arg(evidence.number) + markdownQuote(evidence);
        else
            others += QStringLiteral("- ") + markdownQuote(evidence);
    }
    if (!others.isEmpty())
        blocks += others.join(u'\n');
    for (const QString& line : closing(exchange))
        blocks += escapeMarkdown(line);
    if (!notes.isEmpty())
        blocks += notes.join(u'\n');
    return blocks.join(QStringLiteral("\n\n")) + u'\n';
}

QString plainQuote(const engine::Evidence& evidence) {
    return Words::tr("%1: %2", "reference, quote")
        .arg(citationText(evidence), quoted(shownLine(evidence.quote)));
}

QString htmlQuote(const engine::Evidence& evidence) {
    return Words::tr("%1: %2", "reference, quote")
        .arg(citationText(evidence).toHtmlEscaped(), QStringLiteral("<q>") +
                                                         shownLine(evidence.quote).toHtmlEscaped() +
                                                         QStringLiteral("</q>"));
}

QString markdownQuote(const engine::Evidence& evidence) {
    return Words::tr("%1: %2", "reference, quote")
        .arg(escapeMarkdown(citationText(evidence)),
             quoted(escapeMarkdown(shownLine(evidence.quote))));
}

} // namespace ui
