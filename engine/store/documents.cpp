#include "engine/store/library_impl.h"
#include "engine/store/passage_index.h"

namespace engine::store {

namespace {

constexpr std::string_view kColumns =
    "SELECT id, sha256, kind, title, author, language, bytes, pages, chars, has_locations, "
    "text_sha256, "
    "reader_version, layout_version, state, error, added_at, deleted_at FROM documents ";

std::vector<DocumentRow> rows(Statement& statement) {
    std::vector<DocumentRow> documents;
    while (statement.step()) {
        DocumentRow row;
        int column = 0;
        row.id = statement.integer(column++);
        for (std::string* text : {&row.sha256, &row.kind, &row.title, &row.author, &row.language}) {
            *text = statement.string(column++);
        }
        row.bytes = statement.integer(column++);
        row.pages = statement.integer(column++);
        row.characters = statement.integer(column++);
        row.hasLocations = statement.integer(column++) != 0;
        row.textSha256 = statement.string(column++);
        row.readerVersion = statement.string(column++);
        row.layoutVersion = static_cast<int>(statement.integer(column++));
        row.state = statement.string(column++);
        row.error = statement.string(column++);
        row.addedAt = statement.string(column++);
        if (!statement.isNull(column)) {
            row.deletedAt = statement.string(column);
        }
        documents.push_back(std::move(row));
    }
    return documents;
}

std::vector<DocumentRow> select(const Database& database, std::string_view condition,
                                std::string_view value) {
    Statement statement = database.prepare(std::string(kColumns).append(condition));
    statement.bind(1, value);
    return rows(statement);
}

std::optional<DocumentRow> first(std::vector<DocumentRow> documents) {
    return documents.empty() ? std::nullopt : std::optional(std::move(documents.front()));
}

void requireTiling(const Database& database, const DocumentContent& content) {
    std::int64_t end = 0;
    for (const PassageRow& passage : content.passages) {
        if (passage.begin != end || passage.end <= passage.begin ||
            codePoints(passage.text) != passage.end - passage.begin) {
            throw Error{Code::Internal, database.path() + ": passage " +
                                            std::to_string(passage.ordinal) +
                                            " does not follow the one before it; this is a bug, "
                                            "please report it"};
        }
        end = passage.end;
    }
    // Positions in the packed index have 32 bits, ordinals 20.
    if (end > UINT32_MAX || static_cast<std::int64_t>(content.passages.size()) > kMostPassages) {
        throw Error{Code::TooBig,
                    database.path() + ": a document of " + std::to_string(end) + " characters in " +
                        std::to_string(content.passages.size()) +
                        " passages is larger than a library can hold; read it in parts"};
    }
}

void insertPages(const Database& database, std::int64_t id, const std::vector<PageRow>& pages) {
    Statement page = database.prepare(
        "INSERT INTO pages(document_id, idx, label, width_pt, height_pt, rotation, "
        "char_begin, char_end, status, reason) VALUES(?,?,?,?,?,?,?,?,?,?)");
    Statement words =
        database.prepare("INSERT INTO page_words(document_id, idx, words) VALUES(?,?,?)");
    for (const PageRow& row : pages) {
        page.bind(1, id).bind(2, row.index).bind(3, row.label).bind(4, row.widthPt);
        page.bind(5, row.heightPt).bind(6, row.rotation).bind(7, row.begin).bind(8, row.end);
        page.bind(9, row.status).bind(10, row.reason).run();
        if (!row.words.empty()) {
            words.bind(1, id).bind(2, row.index).bindBlob(3, row.words).run();
        }
    }
}

void insertStructure(const Database& database, std::int64_t id, const DocumentContent& content) {
    Statement block = database.prepare("INSERT INTO blocks(document_id, ordinal, kind, level, "
                                       "char_begin, char_end) VALUES(?,?,?,?,?,?)");
    std::int64_t ordinal = 0;
    for (const BlockRow& row : content.blocks) {
        block.bind(1, id).bind(2, ordinal++).bind(3, row.kind).bind(4, row.level);
        block.bind(5, row.begin).bind(6, row.end).run();
    }
    Statement entry =
        database.prepare("INSERT INTO outline(document_id, ordinal, parent, level, "
                         "title, page_idx, char_begin, source) VALUES(?,?,?,?,?,?,?,?)");
    for (const OutlineRow& row : content.outline) {
        entry.bind(1, id).bind(2, row.ordinal).bind(3, row.parent).bind(4, row.level);
        entry.bind(5, row.title)
            .bind(6, row.pageIndex)
            .bind(7, row.begin)
            .bind(8, row.source)
            .run();
    }
}

void insertPassages(const Database& database, const FullText& fullText, std::int64_t id,
                    const std::vector<PassageRow>& passages) {
    Statement passage = database.prepare(
        "INSERT INTO passages(id, outline_ordinal, page_first, page_last, char_begin, "
        "char_end, is_contents, text) VALUES(?,?,?,?,?,?,?,?)");
    Statement words = database.prepare("INSERT INTO passages_fts(rowid, text) VALUES(?,?)");
    std::string packed;
    std::int64_t ordinal = 0;
    for (const PassageRow& row : passages) {
        const std::int64_t passageId = store::passageId(id, ordinal++);
        passage.bind(1, passageId)
            .bind(2, row.outline)
            .bind(3, row.pageFirst)
            .bind(4, row.pageLast);
        passage.bind(5, row.begin).bind(6, row.end).bind(7, row.isContents).bind(8, row.text).run();
        words.bind(1, passageId).bind(2, row.text).run();
        PassageEntry entry{};
        entry.end = static_cast<std::uint32_t>(row.end);
        entry.isContents = row.isContents ? 1 : 0;
        entry.words = static_cast<std::uint32_t>(fullText.count(row.text)) & 0x7fffffffU;
        packed.append(reinterpret_cast<const char*>(&entry), sizeof entry);
    }
    database.prepare("INSERT INTO passage_index(document_id, entries) VALUES(?,?)")
        .bind(1, id)
        .bindBlob(2, packed)
        .run();
}

} // namespace

std::vector<DocumentRow> Library::documents(bool removed) const {
    Statement statement = m_impl->database.prepare(
        std::string(kColumns).append("WHERE (deleted_at IS NOT NULL) = ?1 ORDER BY id"));
    statement.bind(1, removed);
    return rows(statement);
}

std::optional<DocumentRow> Library::document(std::int64_t id) const {
    Statement statement = m_impl->database.prepare(std::string(kColumns).append("WHERE id = ?1"));
    statement.bind(1, id);
    return first(rows(statement));
}

std::optional<DocumentRow> Library::documentBySha256(std::string_view hex) const {
    return first(select(m_impl->database, "WHERE sha256 = ?1", hex));
}

std::vector<DocumentRow> Library::documentsByPrefix(std::string_view hexPrefix) const {
    return select(m_impl->database,
                  "WHERE sha256 >= lower(?1) AND sha256 < lower(?1) || 'g' AND deleted_at IS NULL "
                  "ORDER BY id",
                  hexPrefix);
}

std::vector<DocumentRow> Library::documentsByTitle(std::string_view title) const {
    return select(m_impl->database, "WHERE title = ?1 AND deleted_at IS NULL ORDER BY id", title);
}

std::vector<DocumentRow> Library::documentsByPath(std::string_view path) const {
    Statement statement = m_impl->database.prepare(std::string(kColumns).append(
        "JOIN document_paths ON document_id = id WHERE path = ?1 AND deleted_at IS NULL "
        "ORDER BY mtime DESC, id DESC"));
    statement.bindBlob(1, path);
    return rows(statement);
}

std::vector<std::string> Library::paths(std::int64_t documentId) const {
    Statement statement = m_impl->database.prepare(
        "SELECT path FROM document_paths WHERE document_id = ?1 ORDER BY path");
    statement.bind(1, documentId);
    std::vector<std::string> paths;
    while (statement.step()) {
        paths.emplace_back(statement.blob(0));
    }
    return paths;
}

std::vector<PathRow> Library::files(std::int64_t documentId) const {
    Statement statement = m_impl->database.prepare(
        "SELECT path, mtime, size FROM document_paths WHERE document_id = ?1 "
        "ORDER BY mtime DESC, path");
    statement.bind(1, documentId);
    std::vector<PathRow> files;
    while (statement.step()) {
        files.push_back(
            {std::string(statement.blob(0)), statement.integer(1), statement.integer(2)});
    }
    return files;
}

std::int64_t Library::addDocument(const DocumentRow& row, const DocumentContent& content) {
    const Database& database = m_impl->database;
    requireTiling(database, content);
    Transaction transaction(database);
    // Another process may have added the same bytes since the caller looked.
    if (const auto present = documentBySha256(row.sha256)) {
        return present->id;
    }
    Statement document =
        database.prepare("INSERT INTO documents(sha256, kind, title, author, language, bytes, "
                         "pages, chars, has_locations, "
                         "text_sha256, reader_version, layout_version, state, error, added_at) "
                         "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    document.bind(1, row.sha256).bind(2, row.kind).bind(3, row.title).bind(4, row.author);
    document.bind(5, row.language).bind(6, row.bytes).bind(7, row.pages).bind(8, row.characters);
    document.bind(9, row.hasLocations).bind(10, row.textSha256).bind(11, row.readerVersion);
    document.bind(12, row.layoutVersion).bind(13, row.state).bind(14, row.error);
    document.bind(15, timestamp(row.addedAt)).run();
    const std::int64_t id = database.lastInsertId();
    insertPages(database, id, content.pages);
    insertStructure(database, id, content);
    insertPassages(database, m_impl->fullText, id, content.passages);
    transaction.commit();
    return id;
}

void Library::addPath(std::int64_t documentId, std::string_view path, std::int64_t mtime,
                      std::int64_t size) {
    m_impl->database
        .prepare("INSERT INTO document_paths(document_id, path, mtime, size) VALUES(?,?,?,?) "
                 "ON CONFLICT(document_id, path) DO UPDATE SET mtime = excluded.mtime, size = "
                 "excluded.size")
        .bind(1, documentId)
        .bindBlob(2, path)
        .bind(3, mtime)
        .bind(4, size)
        .run();
}

void Library::setState(std::int64_t documentId, std::string_view state, std::string_view error) {
    m_impl->database.prepare("UPDATE documents SET state = ?2, error = ?3 WHERE id = ?1")
        .bind(1, documentId)
        .bind(2, state)
        .bind(3, error)
        .run();
}

void Library::addToCollection(std::string_view name, std::int64_t documentId) {
    const Database& database = m_impl->database;
    Transaction transaction(database);
    database.prepare("INSERT OR IGNORE INTO collections(name) VALUES(?1)").bind(1, name).run();
    database
        .prepare("INSERT OR IGNORE INTO collection_documents(collection_id, document_id) "
                 "SELECT id, ?2 FROM collections WHERE name = ?1")
        .bind(1, name)
        .bind(2, documentId)
        .run();
    transaction.commit();
}

std::vector<std::string> Library::collectionsOf(std::int64_t documentId) const {
    Statement statement = m_impl->database.prepare(
        "SELECT name FROM collections JOIN collection_documents ON collection_id = id "
        "WHERE document_id = ?1 ORDER BY name");
    statement.bind(1, documentId);
    std::vector<std::string> names;
    while (statement.step()) {
        names.push_back(statement.string(0));
    }
    return names;
}

std::vector<std::int64_t> Library::collection(std::string_view name) const {
    Statement statement = m_impl->database.prepare(
        "SELECT document_id FROM collections c JOIN collection_documents ON collection_id = c.id "
        "JOIN documents d ON d.id = document_id WHERE name = ?1 AND deleted_at IS NULL "
        "ORDER BY document_id");
    statement.bind(1, name);
    std::vector<std::int64_t> ids;
    while (statement.step()) {
        ids.push_back(statement.integer(0));
    }
    return ids;
}

} // namespace engine::store
