#include "engine/store/database.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <sqlite3.h>

#include "engine/store/library.h"

namespace engine::store {

namespace {

bool isOutOfSpace(int systemError) {
    return systemError == ENOSPC || systemError == EDQUOT || systemError == EFBIG;
}

/// The errno behind an input/output error. SQLite forgets it when a commit fails; its files
/// remember.
int systemErrorOf(sqlite3* connection) {
    int error = sqlite3_system_errno(connection);
    if (error == 0) {
        sqlite3_file_control(connection, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
    }
    sqlite3_file* journal = nullptr;
    if (error == 0 &&
        sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal) ==
            SQLITE_OK &&
        journal != nullptr && journal->pMethods != nullptr) {
        journal->pMethods->xFileControl(journal, SQLITE_FCNTL_LAST_ERRNO, &error);
    }
    return error;
}

Error lastError(sqlite3* connection, int result, std::string_view path) {
    const std::string detail = sqlite3_errmsg(connection); // before the next call replaces it
    const bool isOfSystem = (result & 0xff) == SQLITE_IOERR || (result & 0xff) == SQLITE_CANTOPEN;
    return databaseError(result, isOfSystem ? systemErrorOf(connection) : 0, path, detail);
}

/// A file name as a URI: everything but unreserved characters is escaped, so that '?' or '%' in a
/// folder's name stay a name.
std::string fileUri(const std::string& path, std::string_view parameters) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string uri = "file:";
    for (const char character : path) {
        const auto byte = static_cast<unsigned char>(character);
        if (std::isalnum(byte) != 0 || std::strchr("/-_.~", character) != nullptr) {
            uri += character;
        } else {
            uri += '%';
            uri += kHex[byte >> 4];
            uri += kHex[byte & 15];
        }
    }
    uri += parameters;
    return uri;
}

} // namespace

Error databaseError(int result, int systemError, std::string_view path, std::string_view detail) {
    const std::string file(path);
    const std::string because = " (" + std::string(detail) + ")";
    const Error full{Code::DiskFull,
                     file + ": the disk is full; nothing is lost, make room and try again"};
    switch (result & 0xff) {
    case SQLITE_FULL:
        return full;
    case SQLITE_IOERR:
        if (isOutOfSpace(systemError)) {
            return full;
        }
        return {Code::BadLibrary,
                file + ": the library cannot be read or written (" +
                    (systemError != 0 ? std::strerror(systemError) : std::string(detail)) +
                    "); check the disk"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return {Code::ReadOnly, file + ": the library cannot be written; allow writing there or "
                                       "choose another place with --library"};
    case SQLITE_CANTOPEN:
        if (isOutOfSpace(systemError)) {
            return full;
        }
        if (systemError == EACCES || systemError == EROFS || systemError == EPERM) {
            return {Code::ReadOnly, file + ": the library cannot be opened for lack of permission; "
                                           "allow it or choose another place with --library"};
        }
        return {Code::BadLibrary, file + ": the library cannot be opened" + because +
                                      "; check that the place exists and is a folder"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {Code::LibraryBusy,
                file + ": another program is writing to the library; try again when it is done"};
    case SQLITE_NOTADB:
        return {Code::BadLibrary, file + ": this is not a library of Infolio; choose another place "
                                         "with --library"};
    case SQLITE_CORRUPT:
        return {Code::BadLibrary,
                file + ": the library is damaged" + because +
                    "; restore a backup, or read the documents into a new library"};
    case SQLITE_NOMEM:
        return {Code::NoMemory, file + ": there is not enough memory for the library; close other "
                                       "programs and try again"};
    case SQLITE_TOOBIG:
        return {Code::TooBig, file + ": a text or memory is larger than the library can hold; read "
                                     "the document in parts"};
    default:
        return {Code::Internal, file + ": the library refused a request" + because +
                                    "; this is a bug, please report it"};
    }
}

// Statement

Statement::Statement(sqlite3* connection, std::string_view path, std::string_view sql)
    : m_connection(connection), m_path(path) {
    check(sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &m_statement,
                             nullptr));
}

Statement::Statement(Statement&& other) noexcept
    : m_connection(other.m_connection), m_statement(std::exchange(other.m_statement, nullptr)),
      m_path(other.m_path) {}

Statement::~Statement() {
    sqlite3_finalize(m_statement);
}

void Statement::check(int result) const {
    if (result != SQLITE_OK) {
        throw lastError(m_connection, result, m_path);
    }
}

Statement& Statement::bind(int index, std::int64_t value) {
    check(sqlite3_bind_int64(m_statement, index, value));
    return *this;
}

Statement& Statement::bind(int index, double value) {
    check(sqlite3_bind_double(m_statement, index, value));
    return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
    // A null pointer would bind NULL, so an empty view needs an address.
    check(sqlite3_bind_text64(m_statement, index, text.empty() ? "" : text.data(), text.size(),
                              SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int index, const std::optional<std::int64_t>& value) {
    check(value ? sqlite3_bind_int64(m_statement, index, *value)
                : sqlite3_bind_null(m_statement, index));
    return *this;
}

Statement& Statement::bindBlob(int index, std::string_view bytes) {
    check(sqlite3_bind_blob64(m_statement, index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                              SQLITE_TRANSIENT));
    return *this;
}

bool Statement::step() {
    const int result = sqlite3_step(m_statement);
    if (result == SQLITE_ROW) {
        return true;
    }
    if (result != SQLITE_DONE) {
        const Error error = lastError(m_connection, result, m_path);
        sqlite3_reset(m_statement);
        throw error;
    }
    return false;
}

void Statement::run() {
    while (step()) {
    }
    reset();
}

void Statement::reset() {
    sqlite3_reset(m_statement);
}

bool Statement::isNull(int column) const {
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(m_statement, column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(m_statement, column);
}

std::string_view Statement::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(m_statement, column));
    return {data != nullptr ? data : "",
            static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column))};
}

std::string_view Statement::blob(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(m_statement, column));
    return {data != nullptr ? data : "",
            static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column))};
}

std::optional<std::int64_t> Statement::optionalInteger(int column) const {
    return isNull(column) ? std::nullopt : std::optional(integer(column));
}

// Database

Database::Database(sqlite3* connection, std::string path)
    : m_connection(connection), m_path(std::move(path)) {}

Database::Database(Database&& other) noexcept
    : m_connection(std::exchange(other.m_connection, nullptr)), m_path(std::move(other.m_path)) {}

Database::~Database() {
    sqlite3_close_v2(m_connection);
}

Database Database::open(const std::string& path, Mode mode) {
    const int flags =
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE |
        (mode == Mode::Create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    const std::string uri = fileUri(path, mode == Mode::Immutable ? "?immutable=1" : "");
    sqlite3* connection = nullptr;
    const int result = sqlite3_open_v2(uri.c_str(), &connection, flags, nullptr);
    Database database(connection, path); // closes the connection when opening it failed
    if (result != SQLITE_OK) {
        throw lastError(connection, result, path);
    }
    database.setPatience(kPatience);
    database.run("PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
                 "PRAGMA trusted_schema=OFF; PRAGMA synchronous=NORMAL");
    return database;
}

void Database::setPatience(std::chrono::milliseconds patience) const {
    sqlite3_busy_timeout(m_connection, static_cast<int>(patience.count()));
}

void Database::run(const std::string& sql) const {
    const int result = sqlite3_exec(m_connection, sql.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) {
        throw lastError(m_connection, result, m_path);
    }
}

Statement Database::prepare(std::string_view sql) const {
    return {m_connection, m_path, sql};
}

std::int64_t Database::integer(std::string_view sql) const {
    Statement statement = prepare(sql);
    statement.step();
    return statement.integer(0);
}

std::string Database::string(std::string_view sql) const {
    Statement statement = prepare(sql);
    statement.step();
    return statement.string(0);
}

std::int64_t Database::lastInsertId() const {
    return sqlite3_last_insert_rowid(m_connection);
}

bool Database::isReadOnly() const {
    return sqlite3_db_readonly(m_connection, "main") == 1;
}

// Transaction

Transaction::Transaction(const Database& database) : m_database(database) {
    database.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    // SQLite has ended the transaction by itself after some errors (a full disk); a second ROLLBACK
    // is refused harmlessly.
    if (m_isOpen) {
        sqlite3_exec(m_database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void Transaction::commit() {
    m_database.run("COMMIT");
    m_isOpen = false;
}

std::string sqliteVersion() {
    return sqlite3_libversion();
}

} // namespace engine::store
