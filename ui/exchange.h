#pragma once
/// One question with everything that came back for it, as plain data, and the words in which the
/// window says it: basis, coverage, places, and an answer as text that keeps its references when it
/// is copied.

#include <QString>
#include <QStringList>

#include <utility>
#include <vector>

#include "engine/engine.h"

namespace ui {

struct Exchange {
    QString question; ///< empty for a summary
    QString asOf;     ///< the bound in words, "p. 212"; empty: the whole book
    QString streamed; ///< the gist while it is written; empty once the sentences are there
    std::vector<engine::GistSentence> sentences;
    std::vector<engine::Evidence> evidence;
    std::vector<engine::Coverage> coverage; ///< one per document
    QString refusal;
    QStringList notices;
    std::vector<engine::Failed> failures;
    std::vector<std::pair<QString, QString>> details; ///< what is known: "Model", "Seed", …
    bool isRunning = false;
    bool wasCancelled = false;
    bool isPoints = false; ///< a sentence per line
};

/// Text of a book or a model on the way to the screen: control characters and those that turn the
/// direction of what follows become U+FFFD, line ends become line feeds.
QString shownText(const std::string& utf8);
/// The same on one line, with white space folded.
QString shownLine(const std::string& utf8);

/// "evidence", "memory", "model".
QString basisWord(engine::Basis basis);
/// What the word means, in a sentence.
QString basisSentence(engine::Basis basis);
/// "p. 212", "p. 30 (PDF 40)", "loc. 37": the last page of the range. Printed pages have no index.
QString placeName(const engine::PageRange& pages);
/// "614 of 614 pages read, as of p. 212. Failed: 14, 15."
QString coverageText(const engine::Coverage& coverage);
/// "Persuasion, ch. 7, ¶ 31 (loc. 58)".
QString citationText(const engine::Evidence& evidence);
/// "2 of 3 sentences have evidence", in the singular too.
QString gistCaption(const Exchange& exchange);

/// The answer with its references and coverage. Book and model text is escaped for its format: it
/// can make no link, heading or markup.
QString plainAnswer(const Exchange& exchange);
QString htmlAnswer(const Exchange& exchange);
QString markdownAnswer(const Exchange& exchange);

/// One piece of evidence with its reference, for the clipboard.
QString plainQuote(const engine::Evidence& evidence);
QString htmlQuote(const engine::Evidence& evidence);
QString markdownQuote(const engine::Evidence& evidence);

} // namespace ui
