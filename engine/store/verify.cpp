#include "engine/store/hash.h"
#include "engine/store/library_impl.h"
#include "engine/store/passage_index.h"

namespace engine::store {

namespace {

/// A damaged file stops a check with an exception; for whoever verifies, that is one more fault.
template <typename Check> void collect(std::vector<std::string>& faults, Check check) {
    try {
        check();
    } catch (const Error& error) {
        if (error.code() != Code::BadLibrary) {
            throw;
        }
        faults.emplace_back(error.what());
    }
}

void checkFile(const Database& database, std::vector<std::string>& faults) {
    collect(faults, [&] {
        Statement statement = database.prepare("PRAGMA integrity_check");
        while (statement.step()) {
            if (statement.text(0) != "ok") {
                faults.push_back(database.path() + ": " + statement.string(0));
            }
        }
    });
    collect(faults, [&] {
        Statement statement = database.prepare("PRAGMA foreign_key_check");
        while (statement.step()) {
            faults.push_back(database.path() + ": a row of " + statement.string(0) +
                             " belongs to a row of " + statement.string(2) + " that is not there");
        }
    });
    if (!database.isReadOnly()) {
        collect(faults, [&] {
            database.run("INSERT INTO passages_fts(passages_fts) VALUES('integrity-check')");
        });
    }
}

void checkDocument(const Database& database, const DocumentRow& document, std::string_view packed,
                   std::vector<std::string>& faults) {
    const auto fault = [&](const std::string& what) {
        faults.push_back(document.title + " (" + document.sha256.substr(0, 8) + "): " + what);
    };
    Statement statement = database.prepare("SELECT id, char_begin, char_end, text FROM passages "
                                           "WHERE id BETWEEN ?1 AND ?2 ORDER BY id");
    statement.bind(1, passageId(document.id, 0)).bind(2, passageId(document.id, kMostPassages - 1));
    const PassageIndex index(packed);
    Sha256 hash;
    std::int64_t ordinal = 0;
    std::int64_t end = 0;
    while (statement.step()) {
        const std::int64_t begin = statement.integer(1);
        const bool isInOrder = ordinalOfPassage(statement.integer(0)) == ordinal && begin == end;
        end = statement.integer(2);
        if (!isInOrder || codePoints(statement.text(3)) != end - begin) {
            fault("passage " + std::to_string(ordinal) + " does not follow the one before it");
        }
        if (ordinal >= index.size() || index[ordinal].end != end) {
            fault("the index of passages disagrees with passage " + std::to_string(ordinal));
        }
        hash.add(statement.text(3));
        ++ordinal;
    }
    if (ordinal != index.size()) {
        fault("the index of passages has " + std::to_string(index.size()) + " entries for " +
              std::to_string(ordinal) + " passages");
    }
    if (end != document.characters) {
        fault("the text has " + std::to_string(end) + " characters instead of " +
              std::to_string(document.characters));
    }
    if (hash.digest() != document.textSha256) {
        fault("the text is not the one that was read: its hash differs");
    }
}

} // namespace

std::vector<std::string> Library::verify(std::optional<std::int64_t> documentId) const {
    std::vector<std::string> faults;
    checkFile(m_impl->database, faults);
    collect(faults, [&] {
        for (const bool isRemoved : {false, true}) {
            for (const DocumentRow& row : documents(isRemoved)) {
                if (!documentId || *documentId == row.id) {
                    checkDocument(m_impl->database, row, m_impl->passageIndex(row.id), faults);
                }
            }
        }
    });
    return faults;
}

} // namespace engine::store
