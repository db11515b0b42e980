#include "engine/history.h"

#include <algorithm>

#include "engine/convert.h"
#include "engine/exports.h"
#include "engine/local_engine.h"

namespace engine {

namespace {

Basis basisFromName(const std::string& name) {
    return name == "evidence" ? Basis::Evidence : name == "memory" ? Basis::Memory : Basis::Model;
}

std::vector<GistSentence> gistOf(const std::vector<store::EvidenceRow>& evidence,
                                 const std::vector<store::GistRow>& rows) {
    std::vector<GistSentence> gist;
    for (const store::GistRow& row : citing(evidence, rows))
        gist.push_back({row.text, basisFromName(row.basis), row.citations, 0});
    return gist;
}

answer::Quote quoteOf(const store::EvidenceRow& row) {
    answer::Quote quote;
    quote.number = row.number;
    quote.documentId = row.documentId;
    quote.begin = row.begin;
    quote.end = row.end;
    quote.text = row.quote;
    return quote;
}

std::vector<Evidence> evidenceList(const store::Library& library,
                                   const std::vector<store::EvidenceRow>& rows) {
    std::vector<Evidence> evidence;
    for (const store::EvidenceRow& row : rows)
        evidence.push_back(evidenceOf(library, quoteOf(row)));
    return evidence;
}

/// "p. 212" for an offset at which the knowledge of a document ends.
std::string placeUpTo(const store::Library& library, const store::DocumentRow& document,
                      std::int64_t end) {
    const PageRange pages =
        pageRange(library.pages(document.id), document, std::max<std::int64_t>(0, end - 1), end);
    return (pages.isLocation ? "loc. " : "p. ") + pages.lastLabel;
}

} // namespace

Evidence evidenceOf(const store::Library& library, const answer::Quote& quote) {
    const auto row = library.document(quote.documentId);
    if (!row)
        throw Error(Code::NotInLibrary,
                    "A document that is quoted here was deleted from the library "
                    "meanwhile. Ask again about what is still in it.");
    Evidence result;
    result.number = quote.number;
    result.document = {row->sha256};
    result.title = row->title;
    result.range = {quote.begin, quote.end};
    result.pages = pageRange(library.pages(quote.documentId), *row, quote.begin, quote.end);
    result.quote = quote.text;
    result.score = quote.score;

    const report::Place place = placeOf(library, *row, quote.begin, quote.end);
    result.chapter = place.chapter;
    result.paragraph = place.paragraph;
    result.place = report::placeText(place);
    return result;
}

std::vector<store::EvidenceRow> verified(const store::Library& library,
                                         const std::vector<store::EvidenceRow>& rows) {
    std::vector<store::EvidenceRow> result;
    for (const store::EvidenceRow& row : rows)
        if (answer::isVerbatim(library, quoteOf(row)))
            result.push_back(row);
    return result;
}

std::vector<store::GistRow> citing(const std::vector<store::EvidenceRow>& evidence,
                                   std::vector<store::GistRow> gist) {
    for (store::GistRow& row : gist)
        std::erase_if(row.citations, [&](int number) {
            return std::ranges::find(evidence, number, &store::EvidenceRow::number) ==
                   evidence.end();
        });
    return gist;
}

AnswerRecord answerRecord(const store::Library& library, const store::AnswerRow& row) {
    AnswerRecord record;
    record.id = row.id;
    record.conversation = row.conversation;
    record.question = row.question;
    record.askedAt = row.createdAt;
    for (const std::int64_t id : row.documents) {
        const auto document = library.document(id);
        if (!document)
            continue;
        record.documents.push_back({document->sha256});
        // Only an answer about one document is as of a place.
        if (row.asOf && row.documents.size() == 1)
            record.asOf = placeUpTo(library, *document, *row.asOf);
    }
    const auto evidence = verified(library, row.evidence);
    record.gist = gistOf(evidence, row.gist);
    record.evidence = evidenceList(library, evidence);
    record.coverage = row.coverage;
    record.model = row.modelSha256;
    if (row.outcome == kRefused)
        record.refusal = Refusal{answer::refusalSentence(row.documents.size())};
    return record;
}

SummaryRecord summaryRecord(const store::Library& library, const store::SummaryRow& row) {
    SummaryRecord record;
    record.id = row.id;
    record.title = row.title;
    record.range = {row.begin, row.end};
    if (const auto document = library.document(row.documentId)) {
        record.document = {document->sha256};
        record.pages = pageRange(library.pages(row.documentId), *document, row.begin, row.end);
    }
    record.isOfBook = row.isOfBook;
    record.length = row.length;
    record.style = row.style;
    record.madeAt = row.createdAt;
    record.coverage = row.coverage;
    const auto evidence = verified(library, row.evidence);
    record.gist = gistOf(evidence, row.gist);
    record.evidence = evidenceList(library, evidence);
    return record;
}

std::vector<std::string> LocalEngine::conversations() const {
    const std::lock_guard lock(m_viewMutex);
    return m_view->conversations();
}

std::vector<AnswerRecord> LocalEngine::answers(const std::string& conversation) const {
    const std::lock_guard lock(m_viewMutex);
    std::vector<AnswerRecord> records;
    for (const store::AnswerRow& row : m_view->answersOfConversation(conversation))
        records.push_back(answerRecord(*m_view, row));
    return records;
}

std::vector<SummaryRecord> LocalEngine::summaries(const DocumentId& id) const {
    const std::lock_guard lock(m_viewMutex);
    std::vector<SummaryRecord> records;
    for (const store::SummaryRow& row : m_view->summaries(rowOf(*m_view, id).id))
        records.push_back(summaryRecord(*m_view, row));
    return records;
}

} // namespace engine
