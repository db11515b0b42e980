#include <cerrno>
#include <filesystem>
#include <unordered_map>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/store/library_impl.h"
#include "engine/store/passage_index.h"
#include "engine/store/schema.h"

namespace engine::store {

namespace {

/// A purged text leaves no piece of this many bytes (product.md, section 5, row 9).
constexpr std::size_t kPieceBytes = 24;

constexpr std::string_view kTrash = "SELECT id FROM documents WHERE deleted_at IS NOT NULL";

std::vector<std::int64_t> trash(const Database& database) {
    Statement statement = database.prepare(kTrash);
    std::vector<std::int64_t> ids;
    while (statement.step()) {
        ids.push_back(statement.integer(0));
    }
    return ids;
}

/// Strings of answers that stay, and which of them share a piece with a text.
class SharedStrings {
public:
    void add(std::string text, std::string removal) {
        m_removals.push_back(std::move(removal));
        m_texts.push_back(std::move(text));
    }
    /// The removals of the strings that share a piece with `document`.
    [[nodiscard]] std::vector<std::string> sharing(std::string_view document) const {
        std::unordered_map<std::string_view, std::vector<std::size_t>> owners;
        for (std::size_t i = 0; i < m_texts.size(); ++i) {
            for (std::size_t at = 0; at + kPieceBytes <= m_texts[i].size(); ++at) {
                owners[std::string_view(m_texts[i]).substr(at, kPieceBytes)].push_back(i);
            }
        }
        std::vector<bool> isShared(m_texts.size());
        for (std::size_t at = 0; at + kPieceBytes <= document.size(); ++at) {
            const auto found = owners.find(document.substr(at, kPieceBytes));
            if (found != owners.end()) {
                for (const std::size_t i : found->second) {
                    isShared[i] = true;
                }
            }
        }
        std::vector<std::string> removals;
        for (std::size_t i = 0; i < m_texts.size(); ++i) {
            if (isShared[i]) {
                removals.push_back(m_removals[i]);
            }
        }
        return removals;
    }

private:
    std::vector<std::string> m_texts;
    std::vector<std::string> m_removals;
};

/// Answers over several documents stay when one of them goes, but not the sentences that cite it or
/// repeat it.
void cleanSharedAnswers(const Library& library, const Database& database,
                        const std::vector<std::int64_t>& doomed) {
    const std::string inTrash = "(" + std::string(kTrash) + ")";
    database.run("DELETE FROM gist_sentences WHERE (answer_id, ordinal) IN (SELECT c.answer_id, "
                 "c.ordinal FROM citations c JOIN evidence e ON e.answer_id = c.answer_id AND "
                 "e.number = c.number WHERE e.document_id IN " +
                 inTrash + ")");
    SharedStrings strings;
    Statement sentences = database.prepare("SELECT answer_id, ordinal, text FROM gist_sentences "
                                           "WHERE answer_id IN (SELECT answer_id FROM "
                                           "answer_documents WHERE document_id IN " +
                                           inTrash + ")");
    while (sentences.step()) {
        strings.add(sentences.string(2),
                    "DELETE FROM gist_sentences WHERE answer_id = " + sentences.string(0) +
                        " AND ordinal = " + sentences.string(1));
    }
    Statement answers = database.prepare(
        "SELECT id, question, options, coverage FROM answers WHERE id IN (SELECT answer_id FROM "
        "answer_documents WHERE document_id IN " +
        inTrash + ")");
    while (answers.step()) {
        for (const int column : {1, 2, 3}) {
            strings.add(answers.string(column),
                        "DELETE FROM answers WHERE id = " + answers.string(0));
        }
    }
    for (const std::int64_t id : doomed) {
        const auto document = library.document(id);
        for (const std::string& text : {library.text(id, 0, INT64_MAX), document->title}) {
            for (const std::string& removal : strings.sharing(text)) {
                database.run(removal);
            }
        }
    }
}

void deleteTrash(const Library& library, const Database& database,
                 const std::vector<std::int64_t>& doomed) {
    const std::string inTrash = "(" + std::string(kTrash) + ")";
    database.run(
        "DELETE FROM answers WHERE id IN (SELECT answer_id FROM summaries WHERE document_id IN " +
        inTrash + ")");
    database.run(
        "DELETE FROM answers WHERE id IN (SELECT answer_id FROM answer_documents) AND id NOT "
        "IN (SELECT answer_id FROM answer_documents WHERE document_id NOT IN " +
        inTrash + ")");
    cleanSharedAnswers(library, database, doomed);
    // The index has to be told the text that it shall forget, and keeps both until clearTraces.
    Statement words =
        database.prepare("INSERT INTO passages_fts(passages_fts, rowid, text) "
                         "SELECT 'delete', id, text FROM passages WHERE id BETWEEN ?1 AND ?2");
    Statement passages = database.prepare("DELETE FROM passages WHERE id BETWEEN ?1 AND ?2");
    for (const std::int64_t id : doomed) {
        for (Statement* statement : {&words, &passages}) {
            statement->bind(1, passageId(id, 0)).bind(2, passageId(id, kMostPassages - 1)).run();
        }
    }
    database.run("DELETE FROM documents WHERE deleted_at IS NOT NULL"); // the rest goes by cascade
    database.run(
        "DELETE FROM collections WHERE id NOT IN (SELECT collection_id FROM collection_documents)");
    database.run("DELETE FROM conversations WHERE id NOT IN (SELECT conversation_id FROM answers "
                 "WHERE conversation_id IS NOT NULL)");
}

std::string markPath(const std::string& folder) {
    return (std::filesystem::path(folder) / "library.traces").string();
}

/// The right to take deleted text out of the library's files, one program at a time. The file that
/// is locked for it is not empty from the moment at which text is deleted to the one at which its
/// traces are gone, so a program that is ended in between leaves word.
class TracesMark {
public:
    /// Waits for a program that has the right; throws LibraryBusy when that takes longer.
    TracesMark(const std::string& folder, std::chrono::milliseconds patience)
        : TracesMark(markPath(folder)) { // which makes the destructor close what cannot be locked
        if (!lockWithin(m_file, m_path, patience)) {
            throw Error{Code::LibraryBusy,
                        folder + ": another program is taking deleted text out of the library's "
                                 "files; try again when it is done"};
        }
    }
    ~TracesMark() { ::close(m_file); }
    TracesMark(const TracesMark&) = delete;
    TracesMark& operator=(const TracesMark&) = delete;

    [[nodiscard]] bool isSet() const {
        struct stat status {};
        return ::fstat(m_file, &status) == 0 && status.st_size > 0;
    }
    void set() const {
        if (::pwrite(m_file, "1", 1, 0) != 1 || ::fsync(m_file) != 0) {
            throwForFile(m_path, errno);
        }
    }
    void clear() const {
        if (::ftruncate(m_file, 0) != 0) {
            throwForFile(m_path, errno);
        }
    }

private:
    explicit TracesMark(std::string path)
        : m_path(std::move(path)),
          m_file(::open(m_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
        if (m_file < 0) {
            throwForFile(m_path, errno);
        }
    }

    std::string m_path;
    int m_file;
};

/// A setting of the connection for the time of a block.
class Setting {
public:
    Setting(const Database& database, const std::string& during, std::string after)
        : m_database(database), m_after(std::move(after)) {
        database.run("PRAGMA " + during);
    }
    ~Setting() { m_database.run("PRAGMA " + m_after); }
    Setting(const Setting&) = delete;
    Setting& operator=(const Setting&) = delete;

private:
    const Database& m_database;
    std::string m_after;
};

/// Writes every table that holds text anew. secure_delete clears what is deleted, but when SQLite
/// moved a row to another page earlier, a copy of it may lie in the unused middle of its former
/// page. A table that is emptied gives all its pages back, and those are cleared. The two bulky
/// tables hold numbers only. VACUUM would do the same for the price of copying them too.
/// False when it was cancelled between two tables.
bool rewriteTextTables(const Database& database, const std::function<bool()>& isCancelled) {
    std::vector<std::string> tables;
    Statement statement = database.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name NOT GLOB "
        "'sqlite_*' AND name NOT IN ('snapshots', 'page_words')");
    while (statement.step()) {
        tables.push_back(statement.string(0));
    }
    statement.reset();
    // Emptying a table must not take the rows that refer to it along.
    const Setting keys(database, "foreign_keys=OFF", "foreign_keys=ON");
    // All text of a library may be more than the memory; the file has no name and holds what stays.
    const Setting place(database, "temp_store=FILE", "temp_store=MEMORY");
    for (const std::string& table : tables) {
        if (isCancelled()) {
            return false;
        }
        // What other programs have to write waits for one table, not for all of them.
        Transaction transaction(database);
        database.run("CREATE TEMP TABLE kept AS SELECT * FROM main." + table +
                     "; DELETE FROM main." + table + "; INSERT INTO main." + table +
                     " SELECT * FROM kept; DROP TABLE temp.kept");
        transaction.commit();
    }
    return true;
}

/// Takes deleted text out of the library's files. Each of its steps leaves a sound library. False
/// when it was cancelled between two of them.
bool takeTracesOut(
    const Database& database, const std::function<bool()>& isCancelled = [] { return false; }) {
    // Until its pieces are merged into one, the index keeps words that it was told to forget.
    database.run("INSERT INTO passages_fts(passages_fts) VALUES('optimize')");
    if (!rewriteTextTables(database, isCancelled)) {
        return false;
    }
    for (std::int64_t version = 0; version < static_cast<std::int64_t>(schemaSteps().size());
         ++version) {
        std::filesystem::remove(copyPath(database.path(), version));
    }
    database.run("PRAGMA incremental_vacuum");
    Statement checkpoint = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
    checkpoint.step();
    if (checkpoint.integer(0) != 0) {
        throw Error{Code::LibraryBusy, database.path() +
                                           ": what was to go is removed, but traces of "
                                           "its text stay in the journal while another "
                                           "program uses the library; close it and delete "
                                           "again"};
    }
    return true;
}

} // namespace

void Library::remove(const std::vector<std::int64_t>& documentIds) {
    const std::string now = timestamp("");
    Transaction transaction(m_impl->database);
    Statement update = m_impl->database.prepare(
        "UPDATE documents SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL");
    for (const std::int64_t id : documentIds) {
        update.bind(1, id).bind(2, now).run();
    }
    transaction.commit();
}

void Library::restore(const std::vector<std::int64_t>& documentIds) {
    Transaction transaction(m_impl->database);
    Statement update =
        m_impl->database.prepare("UPDATE documents SET deleted_at = NULL WHERE id = ?1");
    for (const std::int64_t id : documentIds) {
        update.bind(1, id).run();
    }
    transaction.commit();
}

int Library::purge() {
    const Database& database = m_impl->database;
    m_impl->requireWritable();
    const TracesMark mark(m_impl->folder, m_impl->patience);
    std::vector<std::int64_t> doomed;
    {
        Transaction transaction(database);
        doomed = trash(database);
        deleteTrash(*this, database, doomed);
        mark.set();
        transaction.commit();
    }
    takeTracesOut(database);
    mark.clear();
    return static_cast<int>(doomed.size());
}

void Library::forgetAnswers() {
    const Database& database = m_impl->database;
    m_impl->requireWritable();
    const TracesMark mark(m_impl->folder, m_impl->patience);
    {
        Transaction transaction(database);
        database.run("DELETE FROM answers WHERE id NOT IN (SELECT answer_id FROM summaries)");
        database.run("DELETE FROM conversations WHERE id NOT IN (SELECT conversation_id FROM "
                     "answers WHERE conversation_id IS NOT NULL)");
        mark.set();
        transaction.commit();
    }
    takeTracesOut(database);
    mark.clear();
}

bool Library::hasTraces() const {
    const int file = ::open(markPath(m_impl->folder).c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    struct stat status {};
    // Under the lock of another program, the traces are its business.
    const bool isLeft =
        ::flock(file, LOCK_SH | LOCK_NB) == 0 && ::fstat(file, &status) == 0 && status.st_size > 0;
    ::close(file);
    return isLeft;
}

void Library::clearTraces(const std::function<bool()>& isCancelled) {
    m_impl->requireWritable();
    const TracesMark mark(m_impl->folder, m_impl->patience);
    if (mark.isSet() && takeTracesOut(m_impl->database, isCancelled)) {
        mark.clear();
    }
}

} // namespace engine::store
