#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>

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

std::string absolutePath(const std::string& path) {
    std::error_code error; // the working folder may be gone
    const auto absolute = std::filesystem::absolute(path, error);
    return error ? path : absolute.lexically_normal().string();
}

} // namespace

/// A file as it lay there before anything of it was read. Its hash and its text are taken through
/// two openings: if it were replaced in between, one file's text would be stored as another's.
class LocalEngine::FoundFile {
public:
    explicit FoundFile(std::string path) : m_path(std::move(path)), m_status(statusNow()) {}

    /// Throws FileMissing, FileChanged.
    void requireSame() const {
        const struct stat now = statusNow();
        if (now.st_dev != m_status.st_dev || now.st_ino != m_status.st_ino ||
            now.st_size != m_status.st_size || now.st_mtim.tv_sec != m_status.st_mtim.tv_sec ||
            now.st_mtim.tv_nsec != m_status.st_mtim.tv_nsec)
            throw Error(Code::FileChanged,
                        "\"" + fileName(m_path) +
                            "\" changed while it was read. Read it again when it is complete.");
    }
    [[nodiscard]] const std::string& path() const { return m_path; }
    [[nodiscard]] std::int64_t bytes() const { return m_status.st_size; }
    [[nodiscard]] std::int64_t mtime() const { return m_status.st_mtime; } ///< seconds

private:
    [[nodiscard]] struct stat statusNow() const {
        struct stat status {};
        if (::stat(m_path.c_str(), &status) != 0)
            throw store::fileMissing(m_path, errno);
        return status;
    }

    std::string m_path;
    struct stat m_status;
};

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
    const FoundFile file(path);
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
    file.requireSame();

    std::optional<store::DocumentRow> row = m_library->documentBySha256(sha256);
    if (row && row->deletedAt) {
        m_library->restore({row->id});
        row = m_library->document(row->id);
        if (row)
            task.emit(Notice{"\"" + row->title + "\" was in the Trash and is back."});
    }
    if (!row) { // or another program has purged it since
        row = storeText(file, sha256, request, task);
        if (task.isCancelled())
            return;
    }
    stillStored(*m_library, {*row}, [&] {
        m_library->addPath(row->id, absolutePath(path), file.mtime(), file.bytes());
        if (!request.collection.empty())
            m_library->addToCollection(request.collection, row->id);
    });
    task.emit(Document{info(*m_library, *row)});
    if (request.textOnly)
        return;
    readMemory(*row, request.again, task);
}

store::DocumentRow LocalEngine::storeText(const FoundFile& file, const std::string& sha256,
                                          const ReadRequest& request, Task::Impl& task) {
    Throttle throttle;
    Progress progress;
    progress.stage = Stage::Text;
    progress.document = {sha256};
    progress.title = fileName(file.path());
    const auto start = Clock::now();
    document::ReaderOptions options;
    options.program = m_options.readerProgram;
    options.password = request.password;
    const document::RawDocument raw =
        document::readFile(file.path(), options, [&](int done, int total) {
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
    file.requireSame();

    document::Document document = document::repair(raw);
    if (document.title.empty())
        document.title = std::filesystem::path(file.path()).stem().string();
    if (document.text.find_first_not_of(" \t\r\n\f") == std::string::npos)
        throw Error(Code::NoText, document.kind == document::Kind::Pdf
                                      ? noTextSentence(document.title, document.pages.size())
                                      : "\"" + document.title + "\" has no text.");
    for (const std::string& warning : document.warnings)
        task.emit(Notice{document.title + ": " + warning});

    store::DocumentRow row = documentRow(document);
    row.sha256 = sha256;
    row.bytes = file.bytes();
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

void LocalEngine::readMemory(const store::DocumentRow& row, bool again, Task::Impl& task) {
    const auto model = modelIfAny(task);
    if (!model)
        return;
    try {
        readOn(row, model, again, task);
    } catch (...) {
        endFailedReading(row);
        throw;
    }
}

/// Leaves a document that nobody goes on with as paused. Throws NotInLibrary, in place of what it
/// led to, when the document was deleted.
void LocalEngine::endFailedReading(const store::DocumentRow& row) {
    try {
        if (requireStored(*m_library, row).state == "reading")
            m_library->setState(row.id, "paused", "");
    } catch (const Error& error) {
        // Of other failures the first is the one to tell of.
        if (error.code() == Code::NotInLibrary)
            throw;
    }
}

void LocalEngine::readOn(const store::DocumentRow& row,
                         const std::shared_ptr<const model::Model>& model, bool again,
                         Task::Impl& task) {
    Reading reading(*m_library, model, readingOptions(), row);
    if (again)
        reading.forget();
    if (model->adapter->sha256 == "none")
        task.emit(Notice{"No adapter: the memory is untrained, with a small fixed gate."});
    noteTraining(*model, row.title, m_options.segmentTokens, task);

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
            if (task.isCancelled())
                return Next::Stop;
            m_worker.letOthersIn();
            requireStored(*m_library, row);
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
