#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <random>
#include <sqlite3.h>
#include <sys/file.h>

#include "engine/store/schema.h"
#include "tests/unit/store/fixture.h"

namespace engine::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = 24;
const auto kNever = [] { return false; };

/// A text in passages of about 1,000 characters; with words of more than 24 bytes, which the index
/// holds as they are.
std::vector<std::string> book(unsigned seed, int passages) {
    std::mt19937 random(seed);
    std::vector<std::string> texts;
    for (int i = 0; i < passages; ++i) {
        std::string text;
        while (text.size() < 1000) {
            const int letters = random() % 20 == 0 ? 30 : 2 + static_cast<int>(random() % 8);
            for (int j = 0; j < letters; ++j) {
                text += static_cast<char>('a' + random() % 26);
            }
            text += ' ';
        }
        if (i % 3 == 0) { // a script without spaces
            for (int j = 0; j < 40; ++j) {
                const auto point = 0x4E00 + random() % 0x5000;
                text += static_cast<char>(0xE0 | (point >> 12));
                text += static_cast<char>(0x80 | ((point >> 6) & 63));
                text += static_cast<char>(0x80 | (point & 63));
            }
        }
        texts.push_back(text + ". ");
    }
    return texts;
}

std::string joined(const std::vector<std::string>& texts) {
    std::string text;
    for (const std::string& part : texts) {
        text += part;
    }
    return text;
}

/// The first place in the library's files at which a piece of `text` lies, in words; "" when there
/// is none.
std::string pieceLeft(const std::string& folder, const std::string& text) {
    std::unordered_set<std::string_view> pieces;
    for (std::size_t at = 0; at + kPieceBytes <= text.size(); ++at) {
        pieces.insert(std::string_view(text).substr(at, kPieceBytes));
    }
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const std::string bytes = bytesOf(entry.path());
        for (std::size_t at = 0; at + kPieceBytes <= bytes.size(); ++at) {
            const std::string_view piece = std::string_view(bytes).substr(at, kPieceBytes);
            if (pieces.contains(piece)) {
                return entry.path().filename().string() + " at " + std::to_string(at) + ": " +
                       std::string(piece);
            }
        }
    }
    return {};
}

std::uintmax_t bytesIn(const std::string& folder) {
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        bytes += entry.file_size();
    }
    return bytes;
}

using RemovalTest = LibraryTest;

TEST_F(RemovalTest, theTrashKeepsEverything) {
    const auto library = open();
    const std::int64_t id = addTexts(*library, "Title", {"Text. "});
    const std::string sha256 = library->document(id)->sha256;
    library->addPath(id, "/books/title.txt", 1, 2);
    library->addToCollection("c", id);
    library->remove({id});
    EXPECT_TRUE(library->documents().empty());
    ASSERT_EQ(library->documents(true).size(), 1U);
    EXPECT_TRUE(library->documents(true)[0].deletedAt);
    EXPECT_TRUE(library->documentsByPrefix(sha256.substr(0, 8)).empty());
    EXPECT_TRUE(library->documentsByTitle("Title").empty());
    EXPECT_TRUE(library->documentsByPath("/books/title.txt").empty());
    EXPECT_TRUE(library->collection("c").empty());
    EXPECT_TRUE(library->documentBySha256(sha256)->deletedAt);
    library->restore({id});
    EXPECT_EQ(library->documents().size(), 1U);
    EXPECT_EQ(library->documentsByPath("/books/title.txt").size(), 1U);
    EXPECT_EQ(library->collection("c").size(), 1U);
    EXPECT_EQ(library->purge(), 0);
    EXPECT_EQ(library->text(id, 0, 4), "Text");
}

class PurgeTest : public LibraryTest {
protected:
    /// A document with everything that can be derived from it, each with a text of its own that
    /// begins with `name`.
    std::int64_t addRich(Library& library, const std::string& name,
                         const std::vector<std::string>& texts) {
        DocumentContent content = contentOf(texts);
        content.outline = {{0, -1, 1, name + " outline title of a chapter", 1, 0, "file"}};
        content.pages[0].label = name + " is the label of this page";
        content.pages[0].reason = name + " is the reason why it failed";
        content.pages[0].words = std::string(3000, '\x7');
        content.blocks = {{1, 1, 0, 10}};
        DocumentRow row = rowOf(name + " is the title of the document", content);
        row.author = name + " is the author of the document";
        const std::int64_t id = library.addDocument(row, content);
        library.setState(id, "text ready", name + " is the error of the document");
        library.addPath(id, "/home/someone/" + name + "/is the path of it", 1, 2);
        library.addToCollection(name + " is a collection of its own", id);
        ReadingRow reading;
        reading.documentId = id;
        reading.modelSha256 = "m";
        reading.adapterSha256 = "none";
        const std::int64_t readingId = library.reading(reading);
        SnapshotRow snapshot;
        snapshot.readingId = readingId;
        snapshot.kind = "head";
        library.addSnapshot(snapshot, std::string(200000, '\x5'));
        AnswerRow answer;
        answer.conversation = name + " is the name of a conversation";
        answer.question = name + " is the question that was asked";
        answer.documents = {id};
        answer.evidence = {{1, id, 0, 50, 1, 1, texts[0].substr(0, 50)}};
        answer.gist = {{0, name + " is the gist of the whole answer", "evidence", {1}}};
        library.addAnswer(answer);
        SummaryRow summary;
        summary.documentId = id;
        summary.title = name + " is the title of the summary";
        summary.end = 90;
        summary.coverage = name + " is the coverage of the summary";
        summary.evidence = {{1, id, 0, 60, 1, 1, texts[1].substr(0, 60)}};
        summary.gist = {{0, name + " is the first sentence of the summary", "evidence", {1}}};
        library.addSummary(summary);
        return id;
    }
};

TEST_F(PurgeTest, noPieceStaysAndTheFileShrinks) {
    const auto library = open();
    const std::vector<std::string> gone = book(1, 60);
    const std::vector<std::string> stays = book(2, 60);
    const std::int64_t first = addRich(*library, "Persuasion", gone);
    const std::int64_t second = addRich(*library, "Ivanhoe", stays);
    ASSERT_NE(pieceLeft(folder, joined(gone)), "");
    const std::uintmax_t before = bytesIn(folder);
    library->remove({first});
    EXPECT_EQ(library->purge(), 1);
    EXPECT_EQ(pieceLeft(folder, joined(gone)), "");
    for (const auto& entry : fs::directory_iterator(folder)) {
        EXPECT_EQ(bytesOf(entry.path()).find("Persuasion"), std::string::npos) << entry.path();
    }
    EXPECT_LT(bytesIn(folder), before / 3 * 2);
    EXPECT_EQ(Library::open(folder, Library::Access::ReadWrite)->verify({}),
              std::vector<std::string>{});
    EXPECT_EQ(library->text(second, 0, 1000000), joined(stays));
    EXPECT_EQ(library->answers(second, "").size(), 1U);
    EXPECT_EQ(library->summaries(second)[0].gist.size(), 1U);
    EXPECT_EQ(library->readings(second).size(), 1U);
    EXPECT_FALSE(library->document(first));
    EXPECT_TRUE(library->answers(first, "").empty());
    EXPECT_TRUE(library->summaries(first).empty());
    EXPECT_TRUE(library->readings(first).empty());
    // An id is not given twice: what points to a purged document points to nothing.
    EXPECT_GT(addTexts(*library, "Third", {"Text. "}), second);
}

TEST_F(PurgeTest, anyOrderOfPurgesLeavesNothing) {
    // Rows of many sizes, removed and added in turn, make SQLite move rows between pages. Where it
    // does, deleting alone leaves copies behind: with this seed, a purge that does not write the
    // tables anew fails.
    const auto library = open();
    std::mt19937 random(1);
    std::vector<std::pair<std::int64_t, std::vector<std::string>>> books;
    std::string purged;
    for (int i = 0; i < 60; ++i) {
        if (books.empty() || random() % 20 < 11) {
            std::vector<std::string> texts =
                book(100 + static_cast<unsigned>(i), 1 + static_cast<int>(random() % 40));
            for (std::string& text : texts) {
                text.resize(30 + random() % 900); // of ASCII letters up to there
            }
            const std::int64_t id = addTexts(*library, std::to_string(i), texts);
            books.emplace_back(id, std::move(texts));
            continue;
        }
        std::swap(books[random() % books.size()], books.back());
        library->remove({books.back().first});
        purged += joined(books.back().second);
        books.pop_back();
        ASSERT_EQ(library->purge(), 1);
        ASSERT_EQ(pieceLeft(folder, purged), "");
        for (const auto& [id, texts] : books) {
            ASSERT_EQ(library->text(id, 0, 1000000), joined(texts));
        }
    }
    EXPECT_TRUE(library->verify({}).empty());
}

TEST_F(PurgeTest, whatAnotherDocumentSaysStays) {
    const auto library = open();
    const std::vector<std::string> text = book(1, 10);
    std::vector<std::string> edition = text;
    edition.push_back("Another edition has one sentence more. ");
    const std::int64_t first = addTexts(*library, "A", text);
    const std::int64_t second = addTexts(*library, "B", edition);
    library->remove({first});
    library->purge();
    EXPECT_EQ(library->text(second, 0, 1000000), joined(edition));
    const std::string word = text[4].substr(0, text[4].find(' '));
    EXPECT_EQ(library->search(word, {{second, {}}}, 9, true).size(), 1U);
}

TEST_F(PurgeTest, answersOverSeveralDocumentsLoseOnlyItsPart) {
    const auto library = open();
    const std::vector<std::string> gone = book(1, 5);
    const std::int64_t first = addTexts(*library, "A", gone);
    const std::int64_t second = addTexts(*library, "B", book(2, 5));
    AnswerRow answer;
    answer.question = "Who is who?";
    answer.documents = {first, second};
    answer.evidence = {{1, first, 0, 5, 1, 1, "one"}, {2, second, 0, 5, 1, 1, "two"}};
    answer.gist = {{0, "Cites the first.", "evidence", {1}},
                   {1, "Cites both.", "evidence", {1, 2}},
                   {2, "Cites the second.", "evidence", {2}},
                   {3, "Says from memory " + gone[3].substr(100, 24), "memory", {}},
                   {4, "Says from memory " + gone[3].substr(200, 20), "memory", {}}};
    library->addAnswer(answer);
    answer.question = "What means " + gone[2].substr(40, 30) + "?";
    library->addAnswer(answer);
    library->remove({first});
    library->purge();
    const auto answers = library->answers(second, "");
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].question, "Who is who?");
    EXPECT_EQ(answers[0].documents, (std::vector<std::int64_t>{second}));
    ASSERT_EQ(answers[0].evidence.size(), 1U);
    EXPECT_EQ(answers[0].evidence[0].number, 2);
    ASSERT_EQ(answers[0].gist.size(), 2U);
    EXPECT_EQ(answers[0].gist[0].ordinal, 2);
    EXPECT_EQ(answers[0].gist[1].ordinal, 4);
    EXPECT_EQ(pieceLeft(folder, joined(gone)), "");
}

TEST_F(PurgeTest, copiesFromMigrationsGoToo) {
    const auto library = open();
    const std::vector<std::string> gone = book(1, 5);
    library->remove({addTexts(*library, "A", gone)});
    library->backup(copyPath(file(), 0));
    ASSERT_NE(pieceLeft(folder, joined(gone)), "");
    library->purge();
    EXPECT_EQ(pieceLeft(folder, joined(gone)), "");
}

TEST_F(PurgeTest, forgottenAnswersLeaveNoPiece) {
    const auto library = open();
    const std::vector<std::string> kept = book(1, 5);
    const std::int64_t id = addTexts(*library, "A", kept);
    AnswerRow answer;
    answer.conversation = "a conversation with a long name";
    answer.question = "What does nobody else want to know about it?";
    answer.documents = {id};
    answer.gist = {{0, "This sentence was written by a model alone.", "model", {}}};
    library->addAnswer(answer);
    answer.conversation.clear();
    library->addAnswer(answer);
    const std::string text =
        answer.question + "a conversation with a long name" + answer.gist[0].text;
    ASSERT_NE(pieceLeft(folder, text), "");
    library->forgetAnswers();
    EXPECT_TRUE(library->answers(id, "").empty());
    EXPECT_TRUE(library->conversations().empty());
    EXPECT_EQ(pieceLeft(folder, text), "");
    EXPECT_EQ(library->text(id, 0, 1000000), joined(kept));
    EXPECT_TRUE(library->verify({}).empty());
}

TEST_F(PurgeTest, othersWriteBetweenTwoTables) {
    addTexts(*open(), "A", book(1, 5));
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
    int tables = 0;
    int writes = 0;
    {
        const Statements statements([&](std::string_view sql) {
            if (sql.starts_with("CREATE TEMP TABLE kept")) {
                ++tables;
            } else if (tables > 0 && sql == "BEGIN IMMEDIATE") {
                writes += sqlite3_exec(other, "UPDATE documents SET error = 'x'", nullptr, nullptr,
                                       nullptr) == SQLITE_OK
                              ? 1
                              : 0;
            }
        });
        open()->purge();
    }
    sqlite3_close(other);
    EXPECT_GT(tables, 10);
    EXPECT_EQ(writes, tables - 1);
    EXPECT_TRUE(open()->verify({}).empty());
}

TEST_F(PurgeTest, killedAtAnyTableItIsFinishedLater) {
    int table = 0;
    for (bool isKilled = true; isKilled;) {
        ++table;
        const std::vector<std::string> gone = book(static_cast<unsigned>(table), 20);
        {
            const auto library = open();
            library->remove({addRich(*library, "Persuasion " + std::to_string(table), gone)});
        }
        isKilled = inChild([&] {
                       int tables = 0;
                       const Statements statements([&](std::string_view sql) {
                           if (sql.starts_with("CREATE TEMP TABLE kept") && ++tables == table) {
                               ::kill(::getpid(), SIGKILL);
                           }
                       });
                       return open()->purge() == 1;
                   }) != 0;
        const auto library = open();
        ASSERT_EQ(library->hasTraces(), isKilled);
        ASSERT_TRUE(library->documents(true).empty());
        ASSERT_EQ(library->verify({}), std::vector<std::string>{});
        library->clearTraces(kNever);
        ASSERT_FALSE(library->hasTraces());
        ASSERT_EQ(pieceLeft(folder, joined(gone)), "") << "killed at table " << table;
    }
    EXPECT_GT(table, 10);
}

TEST_F(PurgeTest, aClearingThatIsCancelledIsFinishedLater) {
    const auto library = open();
    const std::vector<std::string> texts = book(1, 5);
    const std::int64_t id = addTexts(*library, "A", texts);
    std::ofstream(folder + "/library.traces") << "1";
    int tables = 0;
    library->clearTraces([&] { return ++tables == 2; });
    EXPECT_EQ(tables, 2);
    EXPECT_TRUE(library->hasTraces());
    EXPECT_EQ(library->verify({}), std::vector<std::string>{});
    EXPECT_EQ(library->text(id, 0, 1000000), joined(texts));
    library->clearTraces(kNever);
    EXPECT_FALSE(library->hasTraces());
}

TEST_F(PurgeTest, tracesAreLeftToThePurgeThatIsUnderWay) {
    const auto library = open();
    const std::string mark = folder + "/library.traces";
    std::ofstream(mark) << "1";
    EXPECT_TRUE(library->hasTraces());
    const int file = ::open(mark.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(::flock(file, LOCK_EX), 0);
    EXPECT_FALSE(library->hasTraces());
    ::close(file);
    EXPECT_TRUE(library->hasTraces());
    const auto readOnly = Library::open(folder, Library::Access::ReadOnly);
    EXPECT_EQ(codeOf([&] { readOnly->clearTraces(kNever); }), Code::ReadOnly);
    library->clearTraces(kNever);
    EXPECT_FALSE(library->hasTraces());
}

TEST_F(PurgeTest, waitsForAnotherPurgeNoLongerThanItWasTold) {
    const auto library =
        Library::open(folder, Library::Access::ReadWrite, std::chrono::milliseconds(0));
    library->remove({addTexts(*library, "A", {"Text. "})});
    const std::string mark = folder + "/library.traces";
    std::ofstream(mark) << "1";
    const int file = ::open(mark.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(::flock(file, LOCK_EX), 0);
    std::string message;
    EXPECT_EQ(codeOf([&] { library->purge(); }, &message), Code::LibraryBusy);
    EXPECT_NE(message.find("taking deleted text out"), std::string::npos) << message;
    EXPECT_EQ(codeOf([&] { library->forgetAnswers(); }), Code::LibraryBusy);
    EXPECT_EQ(codeOf([&] { library->clearTraces(kNever); }), Code::LibraryBusy);
    EXPECT_EQ(library->documents(true).size(), 1U);
    ::close(file);
    EXPECT_EQ(library->purge(), 1);
}

TEST_F(PurgeTest, saysWhenAnotherProgramHoldsTheJournal) {
    const auto library = open();
    const std::vector<std::string> gone = book(1, 5);
    library->remove({addTexts(*library, "A", gone)});
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
    ASSERT_EQ(
        sqlite3_exec(other, "BEGIN; SELECT count(*) FROM documents", nullptr, nullptr, nullptr),
        SQLITE_OK);
    EXPECT_EQ(codeOf([&] { library->purge(); }), Code::LibraryBusy);
    EXPECT_TRUE(library->documents(true).empty());
    EXPECT_TRUE(library->hasTraces());
    sqlite3_close(other);
    EXPECT_EQ(library->purge(), 0);
    EXPECT_FALSE(library->hasTraces());
    EXPECT_EQ(pieceLeft(folder, joined(gone)), "");
}

} // namespace
} // namespace engine::store
