#include <algorithm>
#include <chrono>
#include <filesystem>

#include <sys/stat.h>

#include "engine/convert.h"
#include "engine/document/document.h"
#include "engine/document/reader_client.h"
#include "engine/local_engine.h"
#include "engine/store/hash.h"
#include "engine/throttle.h"

namespace engine {

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What pictures of pages without text look like to a person.
std::string noTextSentence(const std::string& title, std::size_t pages) {
    return "\"" + title + "\" has no text: " + std::to_string(pages) +
           (pages == 1 ? " page is a picture." : " pages are pictures.") +
           " This version has no text recognition; run the file through a tool that adds a text "
           "layer first.";
}

std::string fileName(const std::string& path) {
    const std::string name = std::filesystem::path(path).filename().string();
    return name.empty() ? path : name;
}

} // namespace

// ---- reading
// -------------------------------------------------------------------------------------------------------

void LocalEngine::runRead(const ReadRequest& request, Task::Impl& task) {
    if (m_options.readOnly)
        throw Error(Code::ReadOnly,
                    "This library was opened for reading only; nothing can be added to it.");
    if (!request.textOnly)
        model::requireStorable(readingOptions().mode);
    const auto lock = m_library->lockForReading(m_options.waitSeconds);
    for (const std::string& path : request.paths) {
        if (task.isCancelled())
            return;
        try {
            readOne(path, request, task);
        } catch (const Error& error) {
            // A file that cannot be read does not stop the others; a library that cannot be written
            // does.
            const int status = exitStatus(error.code());
            if (status == 6 || status == 7)
                throw;
            task.emit(Failed{error.code(), error.what(), path});
        }
    }
}

void LocalEngine::readOne(const std::string& path, const ReadRequest& request, Task::Impl& task) {
    Throttle throttle;
    Progress progress;
    progress.title = fileName(path);
    const auto start = Clock::now();
    const std::string sha256 =
        store::sha256OfFile(path, [&](std::int64_t done, std::int64_t total) {
            progress.stage = Stage::Hash;
            progress.unit = "bytes";
            progress.done = done;
            progress.total = total;
            progress.perSecond = static_cast<double>(done) / std::max(1e-3, secondsSince(start));
            if (throttle.isDue(done == total))
                task.emit(progress);
            return !task.isCancelled();
        });
    if (task.isCancelled())
        return;

    std::optional<store::DocumentRow> row = m_library->documentBySha256(sha256);
    if (row && row->deletedAt) {
        m_library->restore(row->id);
        row = m_library->document(row->id);
        task.emit(Notice{"\"" + row->title + "\" was in the Trash and is back."});
    }
    if (!row) {
        row = storeText(path, sha256, request, task);
        if (task.isCancelled())
            return;
    }
    const std::filesystem::path absolute = std::filesystem::absolute(path).lexically_normal();
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0)
        m_library->addPath(row->id, absolute.string(), status.st_mtime, status.st_size);
    if (!request.collection.empty())
        m_library->addToCollection(request.collection, row->id);
    task.emit(Document{info(*m_library, *row)});
    if (request.textOnly)
        return;
    readMemory(*row, request.again, task);
}

store::DocumentRow LocalEngine::storeText(const std::string& path, const std::string& sha256,
                                          const ReadRequest& request, Task::Impl& task) {
    Throttle throttle;
    Progress progress;
    progress.stage = Stage::Text;
    progress.document = {sha256};
    progress.title = fileName(path);
    const auto start = Clock::now();
    document::ReaderOptions options;
    options.program = m_options.readerProgram;
    options.password = request.password;
    const document::RawDocument raw = document::readFile(path, options, [&](int done, int total) {
        progress.unit = "pages";
        progress.done = done;
        progress.total = total;
        progress.perSecond = done / std::max(1e-3, secondsSince(start));
        if (done > 0 && secondsSince(start) > 2)
            progress.etaSeconds = (total - done) / progress.perSecond;
        if (throttle.isDue(done == total))
            task.emit(progress);
        return !task.isCancelled();
    });
    if (task.isCancelled())
        return {};

    document::Document document = document::repair(raw);
    if (document.title.empty())
        document.title = std::filesystem::path(path).stem().string();
    if (document.text.find_first_not_of(" \t\r\n\f") == std::string::npos)
        throw Error(Code::NoText, document.kind == document::Kind::Pdf
                                      ? noTextSentence(document.title, document.pages.size())
                                      : "\"" + document.title + "\" has no text.");
    for (const std::string& warning : document.warnings)
        task.emit(Notice{document.title + ": " + warning});

    store::DocumentRow row = documentRow(document);
    row.sha256 = sha256;
    row.bytes = static_cast<std::int64_t>(std::filesystem::file_size(path));
    row.textSha256 = store::sha256(document.text);
    row.readerVersion = document::readerVersion(m_options.readerProgram);
    row.state = "text ready";
    progress.stage = Stage::Index;
    progress.unit = "passages";
    progress.done = 0;
    progress.total = static_cast<std::int64_t>(document.passages.size());
    progress.perSecond = 0;
    progress.etaSeconds.reset();
    task.emit(progress);
    row.id = m_library->addDocument(row, documentContent(document));
    progress.done = progress.total;
    task.emit(progress);
    auto stored = m_library->document(row.id);
    return stored ? std::move(*stored) : row;
}

void LocalEngine::readMemory(store::DocumentRow row, bool again, Task::Impl& task) {
    const auto model = modelIfAny(task);
    if (!model)
        return;
    Reading reading(*m_library, model, readingOptions(), row);
    if (again)
        reading.forget();
    if (model->adapter->sha256 == "none")
        task.emit(Notice{"No adapter: the memory is untrained, with a small fixed gate."});

    Throttle throttle;
    Progress progress;
    progress.stage = Stage::Read;
    progress.document = {row.sha256};
    progress.title = row.title;
    progress.unit = row.hasLocations ? "locations" : "pages";
    progress.total = row.pages;
    const auto start = Clock::now();
    const std::int64_t firstOffset = reading.consumed();
    std::optional<ReadingPosition> first;
    m_library->setState(row.id, "reading", "");
    const auto report = [&](const ReadingPosition& position) {
        if (!first)
            first = position;
        const double seconds = std::max(1e-3, secondsSince(start));
        progress.done = position.page;
        progress.memoryBytes = position.memoryBytes;
        // The first segment after loading is slower than the rest and would spoil a rate taken over
        // few of them.
        const double characters = static_cast<double>(position.offset - firstOffset) / seconds;
        progress.tokensPerSecond =
            static_cast<double>(position.tokens - first->tokens + m_options.segmentTokens) /
            seconds;
        progress.perSecond = characters * static_cast<double>(row.pages) /
                             static_cast<double>(std::max<std::int64_t>(1, row.characters));
        if (seconds > 2 && characters > 0)
            progress.etaSeconds =
                static_cast<double>(row.characters - position.offset) / characters;
        if (throttle.isDue(position.offset == row.characters))
            task.emit(progress);
    };
    const bool isComplete = reading.run(
        [&](const ReadingPosition& position) {
            report(position);
            m_worker.letOthersIn();
            return task.isCancelled() ? Next::Stop : task.isPaused() ? Next::Pause : Next::GoOn;
        },
        [&] {
            m_library->setState(row.id, "paused", "");
            m_worker.waitWhilePaused(task);
            m_library->setState(row.id, "reading", "");
        },
        [&](const std::string& sentence) { task.emit(Notice{sentence}); });
    Coverage pages = coverage(m_library->pages(row.id), row.hasLocations,
                              isComplete ? row.characters : reading.consumed());
    m_library->setState(row.id,
                        !isComplete        ? "paused"
                        : pages.failed > 0 ? "read with gaps"
                                           : "read",
                        "");
    if (isComplete) {
        progress.done = progress.total;
        progress.etaSeconds = 0;
        task.emit(progress);
    }
    pages.document = {row.sha256};
    task.emit(pages);
}

} // namespace engine
