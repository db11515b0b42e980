#include "ui/text_search.h"

#include <QRegularExpression>
#include <QStringList>

#include <algorithm>

namespace ui {

TextSearch::TextSearch(QString text) : m_text(std::move(text)) {
    for (qsizetype i = 0; i < m_text.size(); ++i) {
        if (m_text[i].isHighSurrogate())
            m_pairs.push_back(i);
    }
}

std::vector<engine::TextRange> TextSearch::find(const QString& words, bool isExact) const {
    std::vector<engine::TextRange> hits;
    QStringList parts;
    for (const QString& part : words.split(QRegularExpression(QStringLiteral("\\s+"))))
        if (!part.isEmpty())
            parts.append(QRegularExpression::escape(part));
    if (parts.isEmpty())
        return hits;
    QString pattern = parts.join(QStringLiteral("\\s+"));
    if (isExact)
        pattern = QStringLiteral("(?<!\\w)") + pattern + QStringLiteral("(?!\\w)");
    QRegularExpression expression(pattern, QRegularExpression::UseUnicodePropertiesOption);
    if (!isExact)
        expression.setPatternOptions(expression.patternOptions() |
                                     QRegularExpression::CaseInsensitiveOption);
    const auto offsetOf = [this](qsizetype place) {
        return static_cast<std::int64_t>(
            place - (std::ranges::lower_bound(m_pairs, place) - m_pairs.begin()));
    };
    auto matches = expression.globalMatch(m_text);
    while (matches.hasNext()) {
        const QRegularExpressionMatch match = matches.next();
        hits.push_back({offsetOf(match.capturedStart()), offsetOf(match.capturedEnd())});
    }
    return hits;
}

} // namespace ui
