#include "engine/exports.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/book_markdown.h"
#include "engine/convert.h"
#include "engine/document/document.h"
#include "engine/history.h"
#include "engine/report/docx.h"
#include "engine/report/html.h"
#include "engine/report/odt.h"

namespace engine {

namespace {

constexpr int kPagesPerPart = 20;
constexpr int kPartLevel = 3; ///< of the headings in a book's summary

const char* nameOf(answer::Basis basis) {
    switch (basis) {
    case answer::Basis::Evidence:
        return "evidence";
    case answer::Basis::Memory:
        return "memory";
    case answer::Basis::Model:
        return "model";
    }
    return "model";
}

std::vector<store::EvidenceRow> evidenceRows(const answer::Answer& answer) {
    std::vector<store::EvidenceRow> rows;
    for (const answer::Quote& quote : answer.evidence)
        rows.push_back({quote.number, quote.documentId, quote.begin, quote.end, quote.pageFirst,
                        quote.pageLast, quote.text});
    return rows;
}

std::vector<store::GistRow> gistRows(const answer::Answer& answer) {
    std::vector<store::GistRow> rows;
    int ordinal = 0;
    for (const answer::Sentence& sentence : answer.gist)
        rows.push_back({ordinal++, sentence.text, nameOf(sentence.basis), sentence.citations});
    return rows;
}

report::Section section(const store::Library& library, const std::string& heading,
                        const std::vector<store::GistRow>& gist,
                        const std::vector<store::EvidenceRow>& evidence) {
    report::Section result;
    result.heading = heading;
    for (const store::GistRow& row : gist)
        result.lines.push_back({row.text, row.basis, row.citations});
    for (const store::EvidenceRow& row : verified(library, evidence)) {
        const auto document = library.document(row.documentId);
        if (!document)
            continue;
        const std::string place =
            report::placeText(placeOf(library, *document, row.begin, row.end));
        result.footnotes.push_back({row.number, document->title + ", " + place, row.quote});
    }
    return result;
}

report::Section answerSection(const store::Library& library, const store::AnswerRow& row) {
    report::Section result = section(library, row.question, row.gist, row.evidence);
    if (row.outcome == kRefused)
        result.lines.push_back({answer::refusalSentence(row.documents.size()), "", {}});
    result.coverage = row.coverage;
    return result;
}

report::Section summarySection(const store::Library& library, const store::SummaryRow& row) {
    report::Section result = section(library, row.title, row.gist, row.evidence);
    result.style = row.style;
    if (row.isOfBook)
        result.level = kPartLevel;
    else
        result.coverage = row.coverage;
    return result;
}

/// Summaries of the book first, the parts of each under a heading, then those of chapters.
std::vector<report::Section> summarySections(const store::Library& library,
                                             const std::vector<store::SummaryRow>& rows) {
    std::map<std::pair<std::string, std::string>, std::vector<report::Section>> books;
    std::vector<report::Section> others;
    for (const store::SummaryRow& row : rows) {
        if (!row.isOfBook) {
            others.push_back(summarySection(library, row));
            continue;
        }
        auto& book = books[{row.length, row.style}];
        if (book.empty()) {
            book.emplace_back().heading = "Whole book";
            book.back().coverage = row.coverage; // its parts were made together
        }
        book.push_back(summarySection(library, row));
    }
    std::vector<report::Section> sections;
    for (auto& [kind, book] : books) {
        const auto& [length, style] = kind;
        if (books.size() > 1)
            book.front().heading += " (" + length + ", " + style + ")";
        sections.insert(sections.end(), book.begin(), book.end());
    }
    sections.insert(sections.end(), others.begin(), others.end());
    return sections;
}

std::string outlineText(const std::vector<ContentsEntry>& contents) {
    std::string text;
    for (const ContentsEntry& entry : contents) {
        const std::string unit = entry.page.isLocation ? "loc. " : "p. ";
        text += std::string(static_cast<std::size_t>(2 * (entry.level - 1)), ' ') + "- " +
                report::escapeControls(entry.title) + " (" + unit + entry.page.firstLabel + ")\n";
    }
    return text;
}

constexpr std::array kLaidOut = {"html", "docx", "odt"};

std::string laidOut(const std::string& format, const std::string& markdown) {
    const report::Markup markup = report::parseMarkdown(markdown);
    return format == "html"   ? report::html(markup)
           : format == "docx" ? report::docx(markup)
                              : report::odt(markup);
}

nlohmann::json gistJson(const std::vector<store::GistRow>& gist) {
    auto lines = nlohmann::json::array();
    for (const store::GistRow& row : gist)
        lines.push_back({{"text", row.text}, {"basis", row.basis}, {"citations", row.citations}});
    return lines;
}

nlohmann::json evidenceJson(const store::Library& library,
                            const std::vector<store::EvidenceRow>& evidence) {
    auto list = nlohmann::json::array();
    for (const store::EvidenceRow& row : evidence) {
        const auto document = library.document(row.documentId);
        if (!document)
            continue;
        list.push_back(
            {{"n", row.number},
             {"title", document->title},
             {"document", document->sha256},
             {"place", report::placeText(placeOf(library, *document, row.begin, row.end))},
             {"offset", row.begin},
             {"length", row.end - row.begin},
             {"quote", row.quote}});
    }
    return list;
}

} // namespace

std::string nameOf(SummaryRequest::Length length) {
    switch (length) {
    case SummaryRequest::Length::Short:
        return "short";
    case SummaryRequest::Length::Medium:
        return "medium";
    case SummaryRequest::Length::Long:
        return "long";
    }
    return "medium";
}

std::string nameOf(SummaryRequest::Style style) {
    switch (style) {
    case SummaryRequest::Style::Prose:
        return "prose";
    case SummaryRequest::Style::Points:
        return "points";
    case SummaryRequest::Style::Outline:
        return "outline";
    }
    return "prose";
}

std::vector<SummaryPart> summaryParts(const SummaryRequest& request,
                                      const store::DocumentRow& document,
                                      const std::vector<store::PageRow>& pages,
                                      const std::vector<ContentsEntry>& contents,
                                      std::int64_t end) {
    std::vector<SummaryPart> parts;
    const auto add = [&](const std::string& title, TextRange range) {
        range.end = std::min(range.end, end);
        if (range.begin < range.end)
            parts.push_back({title, range});
    };
    if (request.of == SummaryRequest::Of::Pages) {
        const int first = pageOf(request.first, pages, contents, document);
        const int last = pageOf(request.last, pages, contents, document);
        if (last < first)
            throw Error(Code::WrongUse, "The range ends before it begins: " + request.first.text +
                                            ".." + request.last.text + ".");
        add((document.hasLocations ? "loc. " : "pp. ") + request.first.text + "–" +
                request.last.text,
            {pages[static_cast<std::size_t>(first - 1)].begin,
             pages[static_cast<std::size_t>(last - 1)].end});
        return parts;
    }
    const auto all = chapters(contents);
    if (request.of == SummaryRequest::Of::Chapter) {
        if (request.chapter < 1 || request.chapter > static_cast<int>(all.size()))
            throw Error(Code::WrongUse, "There is no chapter " + std::to_string(request.chapter) +
                                            "; \"" + document.title + "\" has " +
                                            std::to_string(all.size()) + " in its contents.");
        const ContentsEntry& chapter = all[static_cast<std::size_t>(request.chapter - 1)];
        add(chapter.title, chapter.range);
        return parts;
    }
    for (const ContentsEntry& chapter : all)
        add(chapter.title, chapter.range);
    if (!parts.empty())
        return parts;
    for (std::size_t first = 0; first < pages.size(); first += kPagesPerPart) {
        const std::size_t last = std::min(pages.size(), first + kPagesPerPart) - 1;
        add((document.hasLocations ? "loc. " : "pp. ") + labelOf(pages[first], document) + "–" +
                labelOf(pages[last], document),
            {pages[first].begin, pages[last].end});
    }
    return parts;
}

store::AnswerRow answerRow(const AskRequest& request, const answer::Answer& answer,
                           const std::vector<store::DocumentRow>& documents,
                           const std::vector<answer::Source>& sources,
                           const std::vector<Coverage>& coverages, const std::string& modelSha256) {
    store::AnswerRow row;
    row.conversation = request.conversation;
    row.question = request.question;
    row.outcome = answer.isRefused ? kRefused : "answered";
    row.modelSha256 = modelSha256;
    row.seed = request.seed;
    row.options = nlohmann::json{{"evidence", request.evidenceCount},
                                 {"strict", request.strict},
                                 {"max_tokens", request.maxTokens}}
                      .dump();
    for (const store::DocumentRow& document : documents)
        row.documents.push_back(document.id);
    if (sources.size() == 1)
        row.asOf = sources.front().bound;
    for (const Coverage& coverage : coverages)
        row.coverage += (row.coverage.empty() ? "" : " ") + coverageSentence(coverage);
    row.evidence = evidenceRows(answer);
    row.gist = gistRows(answer);
    return row;
}

store::SummaryRow summaryRow(const SummaryRequest& request, const store::DocumentRow& document,
                             const SummaryPart& part, const answer::Answer& summary,
                             const Coverage& coverage) {
    store::SummaryRow row;
    row.documentId = document.id;
    row.title = part.title;
    row.begin = part.range.begin;
    row.end = part.range.end;
    row.isOfBook = request.of == SummaryRequest::Of::Book;
    row.length = nameOf(request.length);
    row.style = nameOf(request.style);
    row.coverage = coverageSentence(coverage);
    row.evidence = evidenceRows(summary);
    row.gist = gistRows(summary);
    return row;
}

report::Place placeOf(const store::Library& library, const store::DocumentRow& document,
                      std::int64_t begin, std::int64_t end) {
    const auto pages = library.pages(document.id);
    const auto contents = contentsEntries(library.outline(document.id), pages, document);
    const PageRange range = pageRange(pages, document, begin, end);
    report::Place place;
    std::int64_t chapterBegin = 0;
    for (const ContentsEntry& chapter : chapters(contents)) {
        if (chapter.range.begin <= begin && begin < chapter.range.end) {
            place.chapter = chapter.title;
            chapterBegin = chapter.range.begin;
        }
    }
    for (const store::BlockRow& block : library.blocks(document.id, chapterBegin, begin + 1))
        if (block.begin >= chapterBegin &&
            static_cast<document::BlockKind>(block.kind) == document::BlockKind::Paragraph)
            ++place.paragraph;
    place.chapterNumber = chapterNumber(place.chapter);
    place.firstIndex = range.first;
    place.lastIndex = range.last;
    place.firstLabel = range.firstLabel;
    place.lastLabel = range.lastLabel;
    place.isLocation = range.isLocation;
    place.isPrinted = range.isPrinted;
    return place;
}

std::string readSentence(const Coverage& coverage) {
    const std::string unit = coverage.isLocation ? "locations" : "pages";
    std::string text = "Read " + std::to_string(coverage.read) + " of " +
                       std::to_string(coverage.total) + " " + unit;
    if (coverage.byOcr > 0)
        text += " (" + std::to_string(coverage.byOcr) + " by OCR)";
    std::string gaps;
    if (coverage.empty > 0)
        gaps += std::to_string(coverage.empty) +
                (coverage.empty == 1 ? " has no text" : " have no text");
    if (coverage.failed > 0)
        gaps += (gaps.empty() ? "" : ", ") + std::to_string(coverage.failed) + " could not be read";
    return text + (gaps.empty() ? "." : "; " + gaps + ".");
}

std::string coverageSentence(const Coverage& coverage) {
    const std::string text = readSentence(coverage);
    if (coverage.bound)
        return text + " As of " + (coverage.isLocation ? "loc. " : "p. ") +
               coverage.bound->lastLabel + ".";
    // What no memory has read is as of no place.
    return coverage.read < coverage.total ? text : text + " As of the end.";
}

std::string exported(const store::Library& library, const store::DocumentRow& document,
                     const ExportRequest& request) {
    using What = ExportRequest::What;
    const bool isLaidOut = std::ranges::find(kLaidOut, request.format) != kLaidOut.end();
    if (!isLaidOut && request.format != "md" && request.format != "txt" && request.format != "json")
        throw Error(Code::WrongUse, "The export format \"" + request.format +
                                        "\" is not one of md, html, docx, odt, txt, json.");
    const auto wants = [&](What what) { return request.what == what || request.what == What::All; };
    const auto pages = library.pages(document.id);
    const auto contents = contentsEntries(library.outline(document.id), pages, document);
    std::int64_t read = 0;
    for (const store::ReadingRow& reading : library.readings(document.id))
        for (const store::SnapshotRow& snapshot : library.snapshots(reading.id))
            read = std::max(read, snapshot.charEnd);
    const Coverage covered = coverage(pages, document.hasLocations, read);
    const auto answers = wants(What::Answers) ? library.answers(document.id, request.conversation)
                                              : std::vector<store::AnswerRow>();
    auto summaries =
        wants(What::Summaries) ? library.summaries(document.id) : std::vector<store::SummaryRow>();
    const auto& chosen = request.summaryIds;
    if (!chosen.empty())
        std::erase_if(summaries, [&](const store::SummaryRow& row) {
            return std::find(chosen.begin(), chosen.end(), row.id) == chosen.end();
        });
    if (request.what == What::Answers && answers.empty())
        throw Error(Code::WrongUse, "No answers of \"" + document.title +
                                        "\" are kept; ask with --conversation NAME to keep them.");
    if (request.what == What::Summaries && summaries.empty())
        throw Error(Code::WrongUse,
                    "\"" + document.title +
                        "\" has no summary yet; make one with: infolio-cli summarize.");
    if (request.what == What::Outline && contents.empty())
        throw Error(Code::WrongUse, "\"" + document.title + "\" has no contents.");

    if (request.format == "json") {
        nlohmann::json out = {{"v", 1},
                              {"title", document.title},
                              {"document", document.sha256},
                              {"coverage", readSentence(covered)}};
        if (wants(What::Text))
            out["text"] = library.text(document.id, 0, document.characters);
        if (wants(What::Outline)) {
            out["outline"] = nlohmann::json::array();
            for (const ContentsEntry& entry : contents)
                out["outline"].push_back({{"title", entry.title},
                                          {"level", entry.level},
                                          {"page_label", entry.page.firstLabel},
                                          {"page_index", entry.page.first},
                                          {"offset", entry.range.begin},
                                          {"source", entry.source}});
        }
        if (wants(What::Summaries)) {
            out["summaries"] = nlohmann::json::array();
            for (const store::SummaryRow& row : summaries) {
                const auto evidence = verified(library, row.evidence);
                out["summaries"].push_back({{"title", row.title},
                                            {"of_book", row.isOfBook},
                                            {"length", row.length},
                                            {"style", row.style},
                                            {"coverage", row.coverage},
                                            {"gist", gistJson(citing(evidence, row.gist))},
                                            {"evidence", evidenceJson(library, evidence)}});
            }
        }
        if (wants(What::Answers)) {
            out["answers"] = nlohmann::json::array();
            for (const store::AnswerRow& row : answers) {
                const auto evidence = verified(library, row.evidence);
                out["answers"].push_back(
                    {{"question", row.question},
                     {"outcome", row.outcome},
                     {"coverage", row.coverage},
                     {"as_of", row.asOf ? nlohmann::json(*row.asOf) : nlohmann::json(nullptr)},
                     {"gist", gistJson(citing(evidence, row.gist))},
                     {"evidence", evidenceJson(library, evidence)}});
            }
        }
        return out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    }
    if (isLaidOut && request.what == What::Text)
        return laidOut(request.format, textMarkdown(library, document));
    if (isLaidOut && request.what == What::Outline)
        return laidOut(request.format, outlineMarkdown(document.title, contents));
    if (isLaidOut && request.what == What::Coverage)
        return laidOut(request.format, coverageMarkdown(document.title, readSentence(covered)));
    if (request.what == What::Text)
        return library.text(document.id, 0, document.characters) + "\n";
    if (request.what == What::Outline)
        return outlineText(contents);
    if (request.what == What::Coverage)
        return readSentence(covered) + "\n";

    report::Report report;
    report.title = document.title;
    report.subtitle = request.what == What::Summaries ? "Summaries"
                      : request.what == What::Answers ? "Questions and answers"
                                                      : "Notes";
    report.sections = summarySections(library, summaries);
    for (const store::AnswerRow& row : answers)
        report.sections.push_back(answerSection(library, row));
    report.facts.emplace_back("Coverage", readSentence(covered));
    for (const store::ReadingRow& reading : library.readings(document.id))
        report.facts.emplace_back("Model", reading.modelName + ", adapter " +
                                               reading.adapterSha256.substr(0, 8) + ", mode " +
                                               reading.mode);
    report.facts.emplace_back("Document", document.sha256);
    if (isLaidOut)
        return laidOut(request.format, report::markdown(report));
    return request.format == "txt" ? report::plainText(report) : report::markdown(report);
}

} // namespace engine
