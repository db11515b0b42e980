#include "engine/store/library_impl.h"

namespace engine::store {

namespace {

/// Gist, evidence and citations of an answer, or of the answer behind a summary.
void insertChannels(const Database& database, std::int64_t answerId,
                    const std::vector<EvidenceRow>& evidence, const std::vector<GistRow>& gist) {
    Statement quote = database.prepare("INSERT INTO evidence(answer_id, number, document_id, "
                                       "char_begin, char_end, page_first, page_last, quote) "
                                       "VALUES(?,?,?,?,?,?,?,?)");
    for (const EvidenceRow& row : evidence) {
        quote.bind(1, answerId).bind(2, row.number).bind(3, row.documentId).bind(4, row.begin);
        quote.bind(5, row.end)
            .bind(6, row.pageFirst)
            .bind(7, row.pageLast)
            .bind(8, row.quote)
            .run();
    }
    Statement sentence = database.prepare(
        "INSERT INTO gist_sentences(answer_id, ordinal, text, basis) VALUES(?,?,?,?)");
    Statement citation =
        database.prepare("INSERT INTO citations(answer_id, ordinal, number) VALUES(?,?,?)");
    for (const GistRow& row : gist) {
        sentence.bind(1, answerId).bind(2, row.ordinal).bind(3, row.text).bind(4, row.basis).run();
        for (const int number : row.citations) {
            citation.bind(1, answerId).bind(2, row.ordinal).bind(3, number).run();
        }
    }
}

std::vector<EvidenceRow> evidenceOf(const Database& database, std::int64_t answerId) {
    Statement statement = database.prepare(
        "SELECT number, document_id, char_begin, char_end, page_first, page_last, quote "
        "FROM evidence WHERE answer_id = ?1 ORDER BY number");
    statement.bind(1, answerId);
    std::vector<EvidenceRow> evidence;
    while (statement.step()) {
        evidence.push_back({static_cast<int>(statement.integer(0)), statement.integer(1),
                            statement.integer(2), statement.integer(3),
                            static_cast<int>(statement.integer(4)),
                            static_cast<int>(statement.integer(5)), statement.string(6)});
    }
    return evidence;
}

std::vector<GistRow> gistOf(const Database& database, std::int64_t answerId) {
    Statement statement = database.prepare("SELECT ordinal, text, basis FROM gist_sentences "
                                           "WHERE answer_id = ?1 ORDER BY ordinal");
    Statement numbers = database.prepare("SELECT number FROM citations WHERE answer_id = ?1 AND "
                                         "ordinal = ?2 ORDER BY number");
    statement.bind(1, answerId);
    std::vector<GistRow> gist;
    while (statement.step()) {
        GistRow row{
            static_cast<int>(statement.integer(0)), statement.string(1), statement.string(2), {}};
        numbers.bind(1, answerId).bind(2, row.ordinal);
        while (numbers.step()) {
            row.citations.push_back(static_cast<int>(numbers.integer(0)));
        }
        numbers.reset();
        gist.push_back(std::move(row));
    }
    return gist;
}

std::vector<std::int64_t> documentsOf(const Database& database, std::int64_t answerId) {
    Statement statement = database.prepare(
        "SELECT document_id FROM answer_documents WHERE answer_id = ?1 ORDER BY document_id");
    statement.bind(1, answerId);
    std::vector<std::int64_t> documents;
    while (statement.step()) {
        documents.push_back(statement.integer(0));
    }
    return documents;
}

constexpr std::string_view kAnswerColumns =
    "SELECT a.id, ifnull(c.title, ''), question, outcome, m.sha256, options, a.created_at, seed, "
    "as_of_char, coverage FROM answers a LEFT JOIN conversations c ON c.id = conversation_id "
    "JOIN models m ON m.id = model_id ";

std::vector<AnswerRow> answerRows(const Database& database, Statement& statement) {
    std::vector<AnswerRow> answers;
    while (statement.step()) {
        AnswerRow row;
        row.id = statement.integer(0);
        row.conversation = statement.string(1);
        row.question = statement.string(2);
        row.outcome = statement.string(3);
        row.modelSha256 = statement.string(4);
        row.options = statement.string(5);
        row.createdAt = statement.string(6);
        if (const auto seed = statement.optionalInteger(7)) {
            row.seed = static_cast<std::uint64_t>(*seed);
        }
        row.asOf = statement.optionalInteger(8);
        row.coverage = statement.string(9);
        row.documents = documentsOf(database, row.id);
        row.evidence = evidenceOf(database, row.id);
        row.gist = gistOf(database, row.id);
        answers.push_back(std::move(row));
    }
    return answers;
}

// The key of a summary has no column for the book: a part of a book's summary would take the place
// of the chapter's own. Its length says what it is.
constexpr std::string_view kOfBook = "book ";
constexpr std::string_view kUnfinished = "unfinished book ";

/// With their gist, evidence and citations.
void dropSummaries(const Database& database, std::int64_t documentId, const std::string& length,
                   std::string_view style) {
    database
        .prepare("DELETE FROM answers WHERE id IN (SELECT answer_id FROM summaries WHERE "
                 "document_id = ?1 AND length = ?2 AND style = ?3)")
        .bind(1, documentId)
        .bind(2, length)
        .bind(3, style)
        .run();
}

} // namespace

std::int64_t Library::addAnswer(const AnswerRow& row) {
    const Database& database = m_impl->database;
    Transaction transaction(database);
    const std::string now = timestamp(row.createdAt);
    std::optional<std::int64_t> conversation;
    if (!row.conversation.empty()) {
        database.prepare("INSERT OR IGNORE INTO conversations(title, created_at) VALUES(?1, ?2)")
            .bind(1, row.conversation)
            .bind(2, now)
            .run();
        Statement find = database.prepare("SELECT id FROM conversations WHERE title = ?1");
        find.bind(1, row.conversation).step();
        conversation = find.integer(0);
    }
    Statement insert = database.prepare("INSERT INTO answers(conversation_id, question, outcome, "
                                        "model_id, options, seed, created_at, "
                                        "as_of_char, coverage) VALUES(?,?,?,?,?,?,?,?,?)");
    insert.bind(1, conversation).bind(2, row.question).bind(3, row.outcome);
    insert.bind(4, m_impl->model("model", row.modelSha256, "")).bind(5, row.options);
    insert.bind(6, row.seed ? std::optional(static_cast<std::int64_t>(*row.seed)) : std::nullopt);
    insert.bind(7, now).bind(8, row.asOf).bind(9, row.coverage).run();
    const std::int64_t id = database.lastInsertId();
    Statement link = database.prepare(
        "INSERT OR IGNORE INTO answer_documents(answer_id, document_id) VALUES(?1, ?2)");
    for (const std::int64_t document : row.documents) {
        link.bind(1, id).bind(2, document).run();
    }
    insertChannels(database, id, row.evidence, row.gist);
    transaction.commit();
    return id;
}

std::vector<AnswerRow> Library::answers(std::int64_t documentId,
                                        std::string_view conversation) const {
    Statement statement = m_impl->database.prepare(
        std::string(kAnswerColumns)
            .append("JOIN answer_documents d ON d.answer_id = a.id WHERE d.document_id = ?1 AND "
                    "(?2 = '' OR c.title = ?2) ORDER BY a.id"));
    statement.bind(1, documentId).bind(2, conversation);
    return answerRows(m_impl->database, statement);
}

std::vector<AnswerRow> Library::answersOfConversation(std::string_view title) const {
    Statement statement = m_impl->database.prepare(
        std::string(kAnswerColumns).append("WHERE c.title = ?1 ORDER BY a.id"));
    statement.bind(1, title);
    return answerRows(m_impl->database, statement);
}

std::vector<std::string> Library::conversations() const {
    Statement statement = m_impl->database.prepare(
        "SELECT title FROM conversations c JOIN answers a ON a.conversation_id = c.id GROUP BY "
        "c.id ORDER BY max(a.id) DESC");
    std::vector<std::string> titles;
    while (statement.step()) {
        titles.push_back(statement.string(0));
    }
    return titles;
}

std::int64_t Library::addSummary(const SummaryRow& row) {
    const Database& database = m_impl->database;
    const std::string length = std::string(row.isOfBook ? kUnfinished : "").append(row.length);
    Transaction transaction(database);
    database
        .prepare(
            "DELETE FROM answers WHERE id = (SELECT answer_id FROM summaries WHERE document_id = "
            "?1 AND char_begin = ?2 AND char_end = ?3 AND length = ?4 AND style = ?5)")
        .bind(1, row.documentId)
        .bind(2, row.begin)
        .bind(3, row.end)
        .bind(4, length)
        .bind(5, row.style)
        .run();
    database
        .prepare("INSERT INTO answers(question, outcome, options, created_at, coverage) "
                 "VALUES('', 'summary', '', ?1, ?2)")
        .bind(1, timestamp(row.createdAt))
        .bind(2, row.coverage)
        .run();
    const std::int64_t answer = database.lastInsertId();
    // Nobody asks for outline_ordinal, and taking the column out would be a step of the schema.
    Statement insert = database.prepare("INSERT INTO summaries(document_id, outline_ordinal, "
                                        "title, char_begin, char_end, length, style, "
                                        "answer_id) VALUES(?,-1,?,?,?,?,?,?)");
    insert.bind(1, row.documentId).bind(2, row.title).bind(3, row.begin).bind(4, row.end);
    insert.bind(5, length).bind(6, row.style).bind(7, answer).run();
    const std::int64_t id = database.lastInsertId();
    insertChannels(database, answer, row.evidence, row.gist);
    transaction.commit();
    return id;
}

void Library::completeBookSummary(std::int64_t documentId, std::string_view length,
                                  std::string_view style, const std::vector<std::int64_t>& ids) {
    const Database& database = m_impl->database;
    const std::string complete = std::string(kOfBook).append(length);
    Transaction transaction(database);
    // Another program's part of the same range takes the place of one that is not listed yet.
    Statement find = database.prepare("SELECT 1 FROM summaries WHERE id = ?1");
    for (const std::int64_t id : ids) {
        if (!find.bind(1, id).step()) {
            throw Error{Code::LibraryBusy,
                        database.path() +
                            ": another program summarised this book at the same time; what was "
                            "listed before stays, make this summary again"};
        }
        find.reset();
    }
    dropSummaries(database, documentId, complete, style);
    Statement update = database.prepare("UPDATE summaries SET length = ?2 WHERE id = ?1");
    for (const std::int64_t id : ids) {
        update.bind(1, id).bind(2, complete).run();
    }
    dropSummaries(database, documentId, std::string(kUnfinished).append(length), style);
    transaction.commit();
}

std::vector<SummaryRow> Library::summaries(std::int64_t documentId) const {
    const Database& database = m_impl->database;
    Statement statement = database.prepare(
        "SELECT s.id, title, char_begin, char_end, length, style, created_at, coverage, answer_id "
        "FROM summaries s JOIN answers a ON a.id = answer_id "
        "WHERE document_id = ?1 AND substr(length, 1, ?2) != ?3 "
        "ORDER BY char_begin, char_end, s.id");
    statement.bind(1, documentId)
        .bind(2, static_cast<std::int64_t>(kUnfinished.size()))
        .bind(3, kUnfinished);
    std::vector<SummaryRow> summaries;
    while (statement.step()) {
        SummaryRow row;
        row.id = statement.integer(0);
        row.documentId = documentId;
        row.title = statement.string(1);
        row.begin = statement.integer(2);
        row.end = statement.integer(3);
        row.length = statement.string(4);
        row.isOfBook = row.length.starts_with(kOfBook);
        row.length.erase(0, row.isOfBook ? kOfBook.size() : 0);
        row.style = statement.string(5);
        row.createdAt = statement.string(6);
        row.coverage = statement.string(7);
        row.evidence = evidenceOf(database, statement.integer(8));
        row.gist = gistOf(database, statement.integer(8));
        summaries.push_back(std::move(row));
    }
    return summaries;
}

} // namespace engine::store
