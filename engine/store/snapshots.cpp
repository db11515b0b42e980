#include "engine/store/library_impl.h"

namespace engine::store {

std::int64_t Library::Impl::model(std::string_view role, std::string_view sha256,
                                  std::string_view name) const {
    database
        .prepare("INSERT INTO models(role, sha256, name) VALUES(?1, ?2, ?3) "
                 "ON CONFLICT(role, sha256) DO UPDATE SET name = ?3 WHERE name = ''")
        .bind(1, role)
        .bind(2, sha256)
        .bind(3, name)
        .run();
    Statement statement = database.prepare("SELECT id FROM models WHERE role = ?1 AND sha256 = ?2");
    statement.bind(1, role).bind(2, sha256).step();
    return statement.integer(0);
}

std::optional<std::int64_t> Library::Impl::findReading(const ReadingRow& row) const {
    Statement find = database.prepare(
        "SELECT r.id FROM readings r JOIN models m ON m.id = model_id JOIN models a ON a.id = "
        "adapter_id WHERE document_id = ?1 AND m.sha256 = ?2 AND a.sha256 = ?3 AND mode = ?4 AND "
        "segment_tokens = ?5 AND tokenizer_sha256 = ?6");
    find.bind(1, row.documentId).bind(2, row.modelSha256).bind(3, row.adapterSha256);
    find.bind(4, row.mode).bind(5, row.segmentTokens).bind(6, row.tokenizerSha256);
    return find.step() ? std::optional(find.integer(0)) : std::nullopt;
}

std::int64_t Library::reading(const ReadingRow& row) {
    // A question about a book that was read must not need the right to write.
    if (const auto id = m_impl->findReading(row)) {
        return *id;
    }
    const Database& database = m_impl->database;
    Transaction transaction(database);
    // Another process may have made it since.
    if (const auto id = m_impl->findReading(row)) {
        return *id;
    }
    Statement insert = database.prepare(
        "INSERT INTO readings(document_id, model_id, adapter_id, mode, segment_tokens, "
        "tokenizer_sha256, state) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    insert.bind(1, row.documentId);
    insert.bind(2, m_impl->model("model", row.modelSha256, row.modelName));
    insert.bind(3, m_impl->model("adapter", row.adapterSha256, "")).bind(4, row.mode);
    insert.bind(5, row.segmentTokens).bind(6, row.tokenizerSha256).bind(7, row.state).run();
    const std::int64_t id = database.lastInsertId();
    transaction.commit();
    return id;
}

std::vector<ReadingRow> Library::readings(std::int64_t documentId) const {
    Statement statement = m_impl->database.prepare(
        "SELECT r.id, m.sha256, m.name, a.sha256, mode, segment_tokens, tokenizer_sha256, state "
        "FROM readings r JOIN models m ON m.id = model_id JOIN models a ON a.id = adapter_id "
        "WHERE document_id = ?1 ORDER BY r.id");
    statement.bind(1, documentId);
    std::vector<ReadingRow> readings;
    while (statement.step()) {
        ReadingRow row;
        row.id = statement.integer(0);
        row.documentId = documentId;
        row.modelSha256 = statement.string(1);
        row.modelName = statement.string(2);
        row.adapterSha256 = statement.string(3);
        row.mode = statement.string(4);
        row.segmentTokens = statement.integer(5);
        row.tokenizerSha256 = statement.string(6);
        row.state = statement.string(7);
        readings.push_back(std::move(row));
    }
    return readings;
}

void Library::setReadingState(std::int64_t readingId, std::string_view state) {
    m_impl->database.prepare("UPDATE readings SET state = ?2 WHERE id = ?1")
        .bind(1, readingId)
        .bind(2, state)
        .run();
}

std::int64_t Library::addSnapshot(const SnapshotRow& row, std::string_view data) {
    const Database& database = m_impl->database;
    Transaction transaction(database);
    if (row.kind == "head") {
        database.prepare("DELETE FROM snapshots WHERE reading_id = ?1 AND kind = 'head'")
            .bind(1, row.readingId)
            .run();
    }
    Statement insert = database.prepare(
        "INSERT INTO snapshots(reading_id, parent_id, kind, char_end, token_end, page_idx, "
        "segment, "
        "prefix_sha256, format, engine_version, device, dtype, threads, created_at, data) "
        // The parent may have been a head that another head has replaced.
        "VALUES(?1, (SELECT id FROM snapshots WHERE id = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
        "?11, "
        "?12, ?13, ?14, ?15)");
    insert.bind(1, row.readingId).bind(2, row.parentId).bind(3, row.kind).bind(4, row.charEnd);
    insert.bind(5, row.tokenEnd).bind(6, row.pageIndex).bind(7, row.segment);
    insert.bind(8, row.prefixSha256).bind(9, row.format).bind(10, row.engineVersion);
    insert.bind(11, row.device).bind(12, row.dtype).bind(13, row.threads);
    insert.bind(14, timestamp(row.createdAt)).bindBlob(15, data).run();
    const std::int64_t id = database.lastInsertId();
    transaction.commit();
    return id;
}

std::vector<SnapshotRow> Library::snapshots(std::int64_t readingId) const {
    Statement statement = m_impl->database.prepare(
        "SELECT id, parent_id, kind, char_end, token_end, page_idx, segment, prefix_sha256, "
        "format, "
        "engine_version, device, dtype, threads, created_at, length(data) FROM snapshots "
        "WHERE reading_id = ?1 ORDER BY token_end, id");
    statement.bind(1, readingId);
    std::vector<SnapshotRow> snapshots;
    while (statement.step()) {
        SnapshotRow row;
        row.id = statement.integer(0);
        row.readingId = readingId;
        row.parentId = statement.optionalInteger(1);
        row.kind = statement.string(2);
        row.charEnd = statement.integer(3);
        row.tokenEnd = statement.integer(4);
        row.pageIndex = static_cast<int>(statement.integer(5));
        row.segment = statement.integer(6);
        row.prefixSha256 = statement.string(7);
        row.format = static_cast<int>(statement.integer(8));
        row.engineVersion = statement.string(9);
        row.device = statement.string(10);
        row.dtype = statement.string(11);
        row.threads = static_cast<int>(statement.integer(12));
        row.createdAt = statement.string(13);
        row.bytes = statement.integer(14);
        snapshots.push_back(std::move(row));
    }
    return snapshots;
}

std::string Library::snapshotData(std::int64_t snapshotId) const {
    Statement statement = m_impl->database.prepare("SELECT data FROM snapshots WHERE id = ?1");
    statement.bind(1, snapshotId);
    if (!statement.step()) {
        throw Error{Code::BadSnapshot,
                    m_impl->database.path() + ": snapshot " + std::to_string(snapshotId) +
                        " is not in the library any more; read the document again"};
    }
    return std::string(statement.blob(0));
}

void Library::dropSnapshots(std::int64_t readingId) {
    m_impl->database.prepare("DELETE FROM snapshots WHERE reading_id = ?1")
        .bind(1, readingId)
        .run();
}

} // namespace engine::store
