#pragma once
/// Answers and summaries as rows of the library, and such rows as reports for people.

#include <string>
#include <vector>

#include "engine/answer/answer.h"
#include "engine/engine.h"
#include "engine/report/report.h"
#include "engine/store/library.h"

namespace engine {

/// "short", "medium", "long".
std::string nameOf(SummaryRequest::Length length);
/// "prose", "points", "outline".
std::string nameOf(SummaryRequest::Style style);

/// One range that is summarised for itself.
struct SummaryPart {
    std::string title;
    TextRange range;
};

/// The parts that a request asks for, none beyond `end`. A document without contents is cut into
/// parts of about 20 pages. Throws WrongUse for a chapter or page that is not there.
std::vector<SummaryPart> summaryParts(const SummaryRequest& request,
                                      const store::DocumentRow& document,
                                      const std::vector<store::PageRow>& pages,
                                      const std::vector<ContentsEntry>& contents, std::int64_t end);

store::AnswerRow answerRow(const AskRequest& request, const answer::Answer& answer,
                           const std::vector<store::DocumentRow>& documents,
                           const std::vector<answer::Source>& sources,
                           const std::vector<Coverage>& coverages, const std::string& modelSha256);

store::SummaryRow summaryRow(const SummaryRequest& request, const store::DocumentRow& document,
                             const SummaryPart& part, const answer::Answer& summary,
                             const Coverage& coverage);

/// The place of [begin, end) with chapter, paragraph and pages.
report::Place placeOf(const store::Library& library, const store::DocumentRow& document,
                      std::int64_t begin, std::int64_t end);

/// "Read 611 of 614 pages (12 by OCR); 2 have no text, 1 could not be read.": of a document.
std::string readSentence(const Coverage& coverage);
/// The same of an answer, with its bound: "Read 212 of 614 pages. As of p. 212."; with none where
/// it rests on the text alone.
std::string coverageSentence(const Coverage& coverage);

/// The export as one string; of "docx" and "odt" the bytes. Throws WrongUse: unknown format,
/// nothing to export.
std::string exported(const store::Library& library, const store::DocumentRow& document,
                     const ExportRequest& request);

} // namespace engine
