#include <algorithm>

#include "engine/convert.h"
#include "engine/exports.h"
#include "engine/history.h"
#include "engine/local_engine.h"
#include "engine/throttle.h"

namespace engine {

// ---- answering
// -----------------------------------------------------------------------------------------------------

/// The reading to answer from: of this model, adapter, tokenizer and mode, whatever its segment
/// length, the one that got furthest; in a mode whose states cannot be stored, one that begins
/// anew. Nothing when the document was never read.
std::shared_ptr<Reading>
LocalEngine::furthestReading(const store::DocumentRow& row,
                             const std::shared_ptr<const model::Model>& model) {
    ReadingOptions options = readingOptions();
    if (!model::isStorable(options.mode))
        return std::make_shared<Reading>(*m_library, model, options, row);
    std::int64_t furthest = -1;
    for (const store::ReadingRow& reading : m_library->readings(row.id)) {
        if (makerOf(reading) != makerOf(*model))
            continue;
        std::int64_t consumed = 0;
        for (const store::SnapshotRow& snapshot : m_library->snapshots(reading.id))
            consumed = std::max(consumed, snapshot.charEnd);
        if (consumed > furthest ||
            (consumed == furthest && reading.segmentTokens == m_options.segmentTokens)) {
            furthest = consumed;
            options.segmentTokens = reading.segmentTokens;
        }
    }
    return furthest < 0 ? nullptr : std::make_shared<Reading>(*m_library, model, options, row);
}

answer::Source LocalEngine::source(const store::DocumentRow& row,
                                   const std::optional<PageSpec>& asOf,
                                   const std::shared_ptr<const model::Model>& model,
                                   Task::Impl& task) {
    answer::Source source;
    source.documentId = row.id;
    source.characters = row.characters;
    if (asOf) {
        source.bound = boundIn(*m_library, row, *asOf);
        if (*source.bound >= row.characters)
            source.bound.reset();
    }
    if (!model)
        return source;
    const auto reading = furthestReading(row, model);
    const std::int64_t consumed = reading ? reading->consumed() : 0;
    if (consumed == 0) {
        task.emit(
            Notice{"\"" + row.title + "\" has no memory yet; the answer rests on its text alone."});
        return source;
    }
    if (!model::isStorable(readingOptions().mode))
        task.emit(Notice{"The mode " + m_options.mode + " keeps nothing of \"" + row.title +
                         "\"; it is read anew for this answer."});
    noteTraining(*model, row.title, reading->segmentTokens(), task);
    if (consumed < source.bound.value_or(row.characters)) {
        source.bound = consumed;
        task.emit(Notice{"\"" + row.title +
                         "\" is still being read; the answer is as of where the reading stands."});
    }
    const std::int64_t bound = source.bound.value_or(row.characters);
    source.state = [reading, bound, &task]() -> std::optional<model::ReadingState> {
        auto state = reading->stateAsOf(bound, [&task] { return task.isCancelled(); });
        return state;
    };
    return source;
}

Coverage LocalEngine::coverageOf(const store::DocumentRow& row, const answer::Source& source) {
    const auto pages = m_library->pages(row.id);
    // A state goes up to its bound. What rests on the text alone has no memory behind it, whatever
    // another model has read.
    Coverage result =
        coverage(pages, row.hasLocations, source.state ? source.bound.value_or(row.characters) : 0);
    result.document = {row.sha256};
    if (source.bound)
        result.bound =
            pageRange(pages, row, std::max<std::int64_t>(0, *source.bound - 1), *source.bound);
    return result;
}

/// Those of the documents that are not in the Trash, each other one with a sentence.
std::vector<store::DocumentRow> LocalEngine::outOfTheTrash(const std::vector<DocumentId>& ids,
                                                           Task::Impl& task) {
    std::vector<store::DocumentRow> rows, removed;
    for (const DocumentId& id : ids) {
        store::DocumentRow row = rowOf(*m_library, id);
        (row.deletedAt ? removed : rows).push_back(std::move(row));
    }
    if (rows.empty() && !removed.empty())
        throw Error(Code::NotInLibrary, "\"" + removed.front().title +
                                            "\" is in the Trash; bring it back from there and ask "
                                            "again.");
    for (const store::DocumentRow& row : removed)
        task.emit(Notice{"\"" + row.title + "\" is in the Trash and was left out."});
    return rows;
}

answer::Listener LocalEngine::listener(Task::Impl& task, const std::string& title,
                                       const DocumentId& id) {
    answer::Listener listener;
    listener.onEvidence = [this, &task](const answer::Quote& quote) {
        task.emit(evidenceOf(*m_library, quote));
    };
    listener.onGist = [&task](std::string_view text) { task.emit(Gist{std::string(text)}); };
    listener.isCancelled = [&task] { return task.isCancelled(); };
    listener.onProgress = [&task, title, id, throttle = Throttle()](
                              const char* stage, std::int64_t done, std::int64_t total) mutable {
        if (!throttle.isDue(done == total))
            return;
        Progress progress;
        const std::string_view name = stage;
        progress.stage = name == "rank"     ? Stage::Rank
                         : name == "search" ? Stage::Search
                                            : Stage::Write;
        progress.unit = name == "rank" ? "passages" : "tokens";
        progress.title = title;
        progress.document = id;
        progress.done = done;
        progress.total = total;
        task.emit(progress);
    };
    return listener;
}

void LocalEngine::runAsk(const AskRequest& request, Task::Impl& task) {
    if (request.documents.empty())
        throw Error(Code::WrongUse, "Name at least one document to ask.");
    if (request.asOf && request.documents.size() != 1)
        throw Error(Code::WrongUse, "As of a page needs exactly one document.");
    const auto model =
        request.channel == AskRequest::Channel::Evidence && m_options.modelPath.empty()
            ? nullptr
            : modelIfAny(task);
    const std::vector<store::DocumentRow> rows = outOfTheTrash(request.documents, task);
    std::vector<answer::Source> sources;
    sources.reserve(rows.size());
    for (const store::DocumentRow& row : rows)
        sources.push_back(source(row, request.asOf, model, task));
    if (model && model->adapter->sha256 == "none")
        task.emit(Notice{"No adapter: the memory is untrained, with a small fixed gate."});

    answer::Options options;
    options.evidenceCount = request.evidenceCount;
    options.withEvidence = request.channel != AskRequest::Channel::Gist;
    options.withGist = request.channel != AskRequest::Channel::Evidence && model != nullptr;
    options.strict = request.strict;
    options.maxTokens = request.maxTokens;
    options.seed = request.seed;
    const answer::Answer result = answer::ask(
        *m_library, model, model::modeFromName(m_options.mode), sources, request.question, options,
        listener(task, rows.front().title, {rows.front().sha256}));
    if (task.isCancelled())
        return;
    if (!result.leftOut.empty()) {
        std::string numbers;
        for (const int number : result.leftOut)
            numbers += (numbers.empty() ? "[" : ", [") + std::to_string(number) + "]";
        task.emit(Notice{"The model's window had no room for the evidence " + numbers +
                         "; the gist rests on the rest."});
    }
    if (options.withGist && !result.isRefused && result.gist.empty())
        task.emit(Notice{request.strict
                             ? "The model wrote no sentence that the evidence supports."
                             : "The model wrote nothing that goes beyond the question."});
    if (result.isRefused)
        task.emit(Refusal{result.refusal});
    for (const answer::Sentence& sentence : result.gist)
        task.emit(GistSentence{sentence.text, static_cast<Basis>(sentence.basis),
                               sentence.citations, sentence.memoryLift});
    std::vector<Coverage> coverages;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        coverages.push_back(coverageOf(rows[i], sources[i]));
        task.emit(coverages.back());
    }
    if (request.conversation.empty())
        return;
    if (m_options.readOnly) {
        task.emit(Notice{"This library cannot be written, so the answer is not kept in the "
                         "conversation \"" +
                         request.conversation + "\"."});
        return;
    }
    stillStored(*m_library, rows, [&] {
        m_library->addAnswer(answerRow(request, result, rows, sources, coverages,
                                       model ? model->weights->sha256 : ""));
    });
}

void LocalEngine::runSearch(const SearchRequest& request, Task::Impl& task) {
    std::vector<store::DocumentRow> rows;
    if (request.documents.empty())
        rows = m_library->documents();
    else
        rows = outOfTheTrash(request.documents, task);
    if (request.asOf && rows.size() != 1)
        throw Error(Code::WrongUse, "As of a page needs exactly one document.");
    std::vector<store::Scope> scopes;
    for (const store::DocumentRow& row : rows) {
        store::Scope scope{row.id, std::nullopt};
        if (request.asOf) {
            scope.bound = boundIn(*m_library, row, *request.asOf);
            if (*scope.bound >= row.characters)
                scope.bound.reset();
        }
        scopes.push_back(scope);
    }
    int number = 0;
    for (const store::Candidate& candidate : m_library->search(
             request.query, scopes, request.limit, request.exact, request.perDocument)) {
        if (task.isCancelled())
            return;
        const auto passage = m_library->passage(candidate.passageId);
        if (!passage)
            continue;
        answer::Quote quote;
        quote.number = ++number;
        quote.documentId = candidate.documentId;
        quote.begin = passage->begin;
        quote.end = passage->end;
        quote.text = passage->text;
        quote.score = candidate.bm25;
        SearchHit hit{evidenceOf(*m_library, quote)};
        for (const store::Span& word :
             m_library->places(request.query, passage->text, request.exact))
            hit.words.push_back({passage->begin + word.begin, passage->begin + word.end});
        task.emit(hit);
    }
}

} // namespace engine
