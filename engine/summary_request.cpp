#include <algorithm>

#include "engine/convert.h"
#include "engine/exports.h"
#include "engine/history.h"
#include "engine/local_engine.h"

namespace engine {

void LocalEngine::runSummarize(const SummaryRequest& request, Task::Impl& task) {
    const auto model = loadedModel();
    const store::DocumentRow row = rowOf(*m_library, request.document);
    const auto pages = m_library->pages(row.id);
    const auto contents = contentsEntries(m_library->outline(row.id), pages, row);
    const answer::Source whole = source(row, request.asOf, model, task);
    const std::int64_t end = whole.bound.value_or(row.characters);

    std::vector<SummaryPart> parts = summaryParts(request, row, pages, contents, end);
    if (parts.empty())
        throw Error(Code::WrongUse,
                    "There is nothing to summarise before this point of \"" + row.title + "\".");
    answer::SummaryOptions options;
    options.words = request.length == SummaryRequest::Length::Short    ? 100
                    : request.length == SummaryRequest::Length::Medium ? 300
                                                                       : 1000;
    options.style = static_cast<answer::SummaryOptions::Style>(request.style);
    // A book's summary is the summaries of its chapters, each with its share of the words.
    if (request.of == SummaryRequest::Of::Book)
        options.words = std::max(25, options.words / static_cast<int>(parts.size()));
    const Coverage covered = coverageOf(row, whole);
    if (m_options.readOnly)
        task.emit(Notice{"This library cannot be written, so the summary is not kept."});
    int numbers = 0;
    std::vector<std::int64_t> kept;
    for (std::size_t i = 0; i < parts.size() && !task.isCancelled(); ++i) {
        Progress progress;
        progress.stage = Stage::Write;
        progress.document = request.document;
        progress.title = parts[i].title;
        progress.unit = "chapters";
        progress.done = static_cast<std::int64_t>(i);
        progress.total = static_cast<std::int64_t>(parts.size());
        task.emit(progress);

        // Numbers run on over the chapters, so that one list of footnotes serves them all.
        answer::Listener listener;
        listener.isCancelled = [&task] { return task.isCancelled(); };
        answer::Source part = whole;
        const std::int64_t partEnd = parts[i].range.end;
        if (part.state && partEnd < end) {
            part.bound = partEnd;
            const auto reading = furthestReading(row, model);
            part.state = [reading, partEnd, &task]() -> std::optional<model::ReadingState> {
                return reading->stateAsOf(partEnd, [&task] { return task.isCancelled(); });
            };
        }
        answer::Answer result =
            answer::summarize(*m_library, model, model::modeFromName(m_options.mode), part,
                              parts[i].range.begin, partEnd, parts[i].title, options, listener);
        if (task.isCancelled())
            break;
        for (answer::Quote& quote : result.evidence) {
            quote.number += numbers;
            task.emit(evidenceOf(*m_library, quote));
        }
        for (answer::Sentence& sentence : result.gist) {
            for (int& citation : sentence.citations)
                citation += numbers;
            task.emit(GistSentence{sentence.text, static_cast<Basis>(sentence.basis),
                                   sentence.citations, sentence.memoryLift});
        }
        numbers += static_cast<int>(result.evidence.size());
        Summary summary;
        summary.document = request.document;
        summary.title = parts[i].title;
        summary.range = parts[i].range;
        summary.pages = pageRange(pages, row, summary.range.begin, summary.range.end);
        if (!m_options.readOnly) {
            summary.id = stillStored(*m_library, {row}, [&] {
                return m_library->addSummary(summaryRow(request, row, parts[i], result, covered));
            });
            kept.push_back(summary.id);
        }
        task.emit(summary);
    }
    if (task.isCancelled())
        return;
    if (request.of == SummaryRequest::Of::Book && !m_options.readOnly)
        stillStored(*m_library, {row}, [&] {
            m_library->completeBookSummary(row.id, nameOf(request.length), nameOf(request.style),
                                           kept);
        });
    task.emit(covered);
}

} // namespace engine
