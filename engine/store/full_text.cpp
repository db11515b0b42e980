#include "engine/store/full_text.h"

#include <algorithm>

#include <sqlite3.h>

namespace engine::store {

namespace {

fts5_api* apiOf(const Database& database) {
    fts5_api* api = nullptr;
    sqlite3_stmt* statement = nullptr;
    int result = sqlite3_prepare_v2(database.handle(), "SELECT fts5(?1)", -1, &statement, nullptr);
    if (result == SQLITE_OK) {
        sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
        result = sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    if (api == nullptr) {
        throw databaseError(result, 0, database.path(), "FTS5 is missing in this SQLite");
    }
    return api;
}

/// occurrences(passages_fts): how often the query's one phrase occurs in the row. The instance list
/// is walked in place: neither a row of fts5vocab per occurrence nor the text itself is needed, and
/// FTS5's own tokenizer and phrase matching decide what an occurrence is.
void countOccurrences(const Fts5ExtensionApi* api, Fts5Context* context, sqlite3_context* result,
                      int /*count*/, sqlite3_value** /*values*/) {
    Fts5PhraseIter iterator;
    int column = 0;
    int offset = 0;
    sqlite3_int64 found = 0;
    const int status = api->xPhraseFirst(context, 0, &iterator, &column, &offset);
    if (status != SQLITE_OK) {
        sqlite3_result_error_code(result, status);
        return;
    }
    for (; column >= 0; api->xPhraseNext(context, &iterator, &column, &offset)) {
        ++found;
    }
    sqlite3_result_int64(result, found);
}

} // namespace

class FullText::Tokenizer {
public:
    Tokenizer(const Database& database, fts5_api* api, const char* name,
              std::vector<const char*> arguments) {
        void* context = nullptr;
        int result = api->xFindTokenizer(api, name, &context, &m_functions);
        if (result == SQLITE_OK) {
            result = m_functions.xCreate(context, arguments.data(),
                                         static_cast<int>(arguments.size()), &m_tokenizer);
        }
        if (result != SQLITE_OK) {
            throw databaseError(result, 0, database.path(), "FTS5 tokenizer");
        }
    }
    ~Tokenizer() { m_functions.xDelete(m_tokenizer); }
    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;

    template <typename Visit> void run(std::string_view text, Visit visit) const {
        m_functions.xTokenize(
            m_tokenizer, &visit, FTS5_TOKENIZE_AUX, text.empty() ? "" : text.data(),
            static_cast<int>(text.size()),
            [](void* context, int, const char* token, int size, int begin, int end) {
                (*static_cast<Visit*>(context))(
                    std::string_view(token, static_cast<std::size_t>(size)), begin, end);
                return SQLITE_OK;
            });
    }

    [[nodiscard]] std::vector<std::string> list(std::string_view text) const {
        std::vector<std::string> tokens;
        run(text, [&tokens](std::string_view token, int, int) { tokens.emplace_back(token); });
        return tokens;
    }

private:
    fts5_tokenizer m_functions{};
    Fts5Tokenizer* m_tokenizer = nullptr;
};

FullText::FullText(const Database& database) : m_database(database) {
    fts5_api* api = apiOf(database);
    // The same arguments as passages_fts has in the schema.
    m_stems = std::make_unique<Tokenizer>(
        database, api, "porter", std::vector<const char*>{"unicode61", "remove_diacritics", "2"});
    m_words = std::make_unique<Tokenizer>(database, api, "unicode61",
                                          std::vector<const char*>{"remove_diacritics", "0"});
    api->xCreateFunction(api, "occurrences", nullptr, countOccurrences, nullptr);
}

FullText::~FullText() = default;

std::vector<std::string> FullText::stems(std::string_view text) const {
    return m_stems->list(text);
}

std::vector<std::string> FullText::words(std::string_view text) const {
    return m_words->list(text);
}

std::vector<FullText::Token> FullText::tokens(std::string_view text, bool exact) const {
    std::vector<Token> tokens;
    (exact ? m_words : m_stems)->run(text, [&tokens](std::string_view token, int begin, int end) {
        tokens.push_back({std::string(token), begin, end});
    });
    return tokens;
}

std::int64_t FullText::count(std::string_view text) const {
    std::int64_t count = 0;
    m_stems->run(text, [&count](std::string_view, int, int) { ++count; });
    return count;
}

void FullText::occurrences(std::string_view phrase, std::int64_t first, std::int64_t last,
                           const std::function<void(std::int64_t, std::int64_t)>& visit) const {
    // Inside quotes nothing but a quote and NUL has a meaning to FTS5.
    std::string query = "\"";
    std::copy_if(phrase.begin(), phrase.end(), std::back_inserter(query),
                 [](char character) { return character != '"' && character != '\0'; });
    query += '"';
    Statement rows = m_database.prepare("SELECT rowid, occurrences(passages_fts) FROM passages_fts "
                                        "WHERE passages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3");
    rows.bind(1, query).bind(2, first).bind(3, last);
    while (rows.step()) {
        visit(rows.integer(0), rows.integer(1));
    }
}

} // namespace engine::store
