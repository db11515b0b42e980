#include "engine/store/schema.h"

#include <array>
#include <filesystem>

namespace engine::store {

namespace {

// A passage's id is document_id * 2^20 + ordinal (passage_index.h says why), therefore passages
// have no index of their own. The text is stored once: passages_fts reads it from passages.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE documents(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, title TEXT NOT NULL, author TEXT NOT NULL, language TEXT NOT NULL,
    bytes INTEGER NOT NULL, pages INTEGER NOT NULL, chars INTEGER NOT NULL, has_locations INTEGER NOT NULL,
    text_sha256 TEXT NOT NULL, reader_version TEXT NOT NULL, layout_version INTEGER NOT NULL,
    state TEXT NOT NULL, error TEXT NOT NULL,
    added_at TEXT NOT NULL, deleted_at TEXT);
CREATE INDEX documents_by_title ON documents(title);

CREATE TABLE document_paths(
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    path BLOB NOT NULL, mtime INTEGER NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY(document_id, path)) WITHOUT ROWID;
CREATE INDEX document_paths_by_path ON document_paths(path);

CREATE TABLE collections(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE collection_documents(
    collection_id INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    PRIMARY KEY(collection_id, document_id)) WITHOUT ROWID;
CREATE INDEX collection_documents_by_document ON collection_documents(document_id);

CREATE TABLE pages(
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    idx INTEGER NOT NULL, label TEXT NOT NULL, width_pt REAL NOT NULL, height_pt REAL NOT NULL, rotation INTEGER NOT NULL,
    char_begin INTEGER NOT NULL, char_end INTEGER NOT NULL, status INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY(document_id, idx)) WITHOUT ROWID;

CREATE TABLE page_words(
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    idx INTEGER NOT NULL, words BLOB NOT NULL,
    PRIMARY KEY(document_id, idx));

CREATE TABLE blocks(
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, kind INTEGER NOT NULL, level INTEGER NOT NULL,
    char_begin INTEGER NOT NULL, char_end INTEGER NOT NULL,
    PRIMARY KEY(document_id, ordinal)) WITHOUT ROWID;
CREATE INDEX blocks_by_end ON blocks(document_id, char_end);

CREATE TABLE outline(
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, parent INTEGER NOT NULL, level INTEGER NOT NULL, title TEXT NOT NULL,
    page_idx INTEGER NOT NULL, char_begin INTEGER NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY(document_id, ordinal)) WITHOUT ROWID;

CREATE TABLE passages(
    id INTEGER PRIMARY KEY,
    outline_ordinal INTEGER NOT NULL, page_first INTEGER NOT NULL, page_last INTEGER NOT NULL,
    char_begin INTEGER NOT NULL, char_end INTEGER NOT NULL, is_contents INTEGER NOT NULL,
    text TEXT NOT NULL);
CREATE TABLE passage_index(
    document_id INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
    entries BLOB NOT NULL);
CREATE VIRTUAL TABLE passages_fts USING fts5(
    text, content='passages', content_rowid='id', columnsize=0, tokenize='porter unicode61 remove_diacritics 2');

CREATE TABLE models(
    id INTEGER PRIMARY KEY, role TEXT NOT NULL, sha256 TEXT NOT NULL, name TEXT NOT NULL,
    UNIQUE(role, sha256));

CREATE TABLE readings(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    model_id INTEGER NOT NULL REFERENCES models,
    adapter_id INTEGER NOT NULL REFERENCES models,
    mode TEXT NOT NULL, segment_tokens INTEGER NOT NULL, tokenizer_sha256 TEXT NOT NULL, state TEXT NOT NULL,
    UNIQUE(document_id, model_id, adapter_id, mode, segment_tokens, tokenizer_sha256));

CREATE TABLE snapshots(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reading_id INTEGER NOT NULL REFERENCES readings ON DELETE CASCADE,
    parent_id INTEGER REFERENCES snapshots ON DELETE SET NULL,
    kind TEXT NOT NULL, char_end INTEGER NOT NULL, token_end INTEGER NOT NULL, page_idx INTEGER NOT NULL,
    segment INTEGER NOT NULL, prefix_sha256 TEXT NOT NULL, format INTEGER NOT NULL,
    engine_version TEXT NOT NULL, device TEXT NOT NULL, dtype TEXT NOT NULL, threads INTEGER NOT NULL,
    created_at TEXT NOT NULL, data BLOB NOT NULL);
CREATE INDEX snapshots_by_reading ON snapshots(reading_id, token_end);
CREATE INDEX snapshots_by_parent ON snapshots(parent_id);

CREATE TABLE conversations(id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL);

CREATE TABLE answers(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER REFERENCES conversations ON DELETE CASCADE,
    question TEXT NOT NULL, outcome TEXT NOT NULL, model_id INTEGER REFERENCES models,
    options TEXT NOT NULL, seed INTEGER, created_at TEXT NOT NULL, as_of_char INTEGER, coverage TEXT NOT NULL);
CREATE INDEX answers_by_conversation ON answers(conversation_id);
CREATE TABLE answer_documents(
    answer_id INTEGER NOT NULL REFERENCES answers ON DELETE CASCADE,
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    PRIMARY KEY(answer_id, document_id)) WITHOUT ROWID;
CREATE INDEX answer_documents_by_document ON answer_documents(document_id);

CREATE TABLE gist_sentences(
    answer_id INTEGER NOT NULL REFERENCES answers ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, text TEXT NOT NULL, basis TEXT NOT NULL,
    PRIMARY KEY(answer_id, ordinal)) WITHOUT ROWID;
CREATE TABLE evidence(
    answer_id INTEGER NOT NULL REFERENCES answers ON DELETE CASCADE,
    number INTEGER NOT NULL, document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    char_begin INTEGER NOT NULL, char_end INTEGER NOT NULL, page_first INTEGER NOT NULL, page_last INTEGER NOT NULL,
    quote TEXT NOT NULL,
    PRIMARY KEY(answer_id, number)) WITHOUT ROWID;
CREATE INDEX evidence_by_document ON evidence(document_id);
CREATE TABLE citations(
    answer_id INTEGER NOT NULL, ordinal INTEGER NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY(answer_id, ordinal, number),
    FOREIGN KEY(answer_id, ordinal) REFERENCES gist_sentences ON DELETE CASCADE,
    FOREIGN KEY(answer_id, number) REFERENCES evidence ON DELETE CASCADE) WITHOUT ROWID;
CREATE INDEX citations_by_evidence ON citations(answer_id, number);

CREATE TABLE summaries(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    outline_ordinal INTEGER NOT NULL, title TEXT NOT NULL, char_begin INTEGER NOT NULL, char_end INTEGER NOT NULL,
    length TEXT NOT NULL, style TEXT NOT NULL,
    answer_id INTEGER NOT NULL UNIQUE REFERENCES answers ON DELETE CASCADE,
    UNIQUE(document_id, char_begin, char_end, length, style));
)sql";

constexpr std::array<std::string_view, 1> kSteps{kFirst};

} // namespace

std::span<const std::string_view> schemaSteps() {
    return kSteps;
}

std::string copyPath(const std::string& databasePath, std::int64_t version) {
    return databasePath + ".version" + std::to_string(version);
}

std::int64_t versionOf(const Database& database, std::span<const std::string_view> steps) {
    const std::int64_t application = database.integer("PRAGMA application_id");
    const std::int64_t version = database.integer("PRAGMA user_version");
    const bool isEmpty = database.integer("SELECT count(*) FROM sqlite_schema") == 0;
    if (application != kApplicationId && !(application == 0 && version == 0 && isEmpty)) {
        throw Error{Code::BadLibrary, database.path() +
                                          ": this database belongs to another program; "
                                          "choose another place with --library"};
    }
    if (version > static_cast<std::int64_t>(steps.size())) {
        throw Error{Code::Newer,
                    database.path() + ": this library has version " + std::to_string(version) +
                        " and this program reads up to version " + std::to_string(steps.size()) +
                        "; it was made by a newer Infolio, use that one"};
    }
    return version;
}

void checkVersion(const Database& database, std::span<const std::string_view> steps) {
    const std::int64_t version = versionOf(database, steps);
    if (version < static_cast<std::int64_t>(steps.size())) {
        throw Error{Code::ReadOnly,
                    database.path() + ": this library has version " + std::to_string(version) +
                        " and must be brought to version " + std::to_string(steps.size()) +
                        "; open it once where it can be written"};
    }
}

void migrate(const Database& database, std::span<const std::string_view> steps) {
    std::int64_t version = versionOf(database, steps);
    const auto newest = static_cast<std::int64_t>(steps.size());
    if (version > 0 && version < newest) {
        const std::string copy = copyPath(database.path(), version);
        std::filesystem::remove(copy); // left by a migration that did not end
        database.prepare("VACUUM INTO ?1").bind(1, copy).run();
    }
    for (; version < newest; ++version) {
        Transaction transaction(database);
        database.run("PRAGMA application_id=" + std::to_string(kApplicationId));
        database.run(std::string(steps[static_cast<std::size_t>(version)]));
        database.run("PRAGMA user_version=" + std::to_string(version + 1));
        transaction.commit();
    }
}

} // namespace engine::store
