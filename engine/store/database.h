#pragma once
/// One connection to one SQLite file, its statements and transactions. The only place that calls
/// sqlite3_open, and the only one that turns SQLite's results into engine::Error. One thread at a
/// time.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace engine::store {

/// The sentence and code for a result that SQLite gave. `systemError` is the errno behind an
/// input/output error, or 0.
Error databaseError(int result, int systemError, std::string_view path, std::string_view detail);

/// A prepared statement. Parameters count from 1, columns from 0. Views from `text` and `blob` live
/// until the next step.
class Statement {
public:
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, int value) { return bind(index, static_cast<std::int64_t>(value)); }
    Statement& bind(int index, bool value) { return bind(index, static_cast<std::int64_t>(value)); }
    Statement& bind(int index, double value);
    Statement& bind(int index, std::string_view text);
    Statement& bind(int index, const std::string& text) {
        return bind(index, std::string_view(text));
    }
    Statement& bind(int index, const char* text) { return bind(index, std::string_view(text)); }
    Statement& bind(int index, const std::optional<std::int64_t>& value);
    Statement& bindBlob(int index, std::string_view bytes);

    /// True when there is a row.
    bool step();
    /// Runs to the end and makes the statement ready for other parameters.
    void run();
    void reset();

    [[nodiscard]] bool isNull(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const;
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] std::string_view blob(int column) const;
    [[nodiscard]] std::string string(int column) const { return std::string(text(column)); }
    [[nodiscard]] std::optional<std::int64_t> optionalInteger(int column) const;

private:
    friend class Database;
    Statement(sqlite3* connection, std::string_view path, std::string_view sql);
    void check(int result) const;

    sqlite3* m_connection;
    sqlite3_stmt* m_statement = nullptr;
    std::string_view m_path; ///< owned by the Database
};

class Database {
public:
    enum class Mode {
        Create,    ///< read and write; made when it is not there
        ReadOnly,  ///< SQLite's locks hold, so a writer may be at work
        Immutable, ///< no locks and no journal: for media on which nothing can be written
    };

    static Database open(const std::string& path, Mode mode);
    Database(Database&& other) noexcept;
    Database& operator=(Database&&) = delete;
    ~Database();

    /// How long a statement waits for another program that writes.
    void setPatience(std::chrono::milliseconds patience) const;
    void run(const std::string& sql) const;
    [[nodiscard]] Statement prepare(std::string_view sql) const;
    /// First column of the first row.
    [[nodiscard]] std::int64_t integer(std::string_view sql) const;
    [[nodiscard]] std::string string(std::string_view sql) const;
    [[nodiscard]] std::int64_t lastInsertId() const;
    [[nodiscard]] bool isReadOnly() const;
    [[nodiscard]] const std::string& path() const { return m_path; }
    [[nodiscard]] sqlite3* handle() const { return m_connection; }

private:
    Database(sqlite3* connection, std::string path);

    sqlite3* m_connection;
    std::string m_path;
};

/// BEGIN IMMEDIATE … COMMIT; rolls back when it is destroyed before `commit`.
class Transaction {
public:
    explicit Transaction(const Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

private:
    const Database& m_database;
    bool m_isOpen = true;
};

} // namespace engine::store
