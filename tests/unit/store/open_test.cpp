#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <grp.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>

#include "engine/store/database.h"
#include "engine/store/schema.h"
#include "tests/unit/store/fixture.h"

namespace engine::store {
namespace {

namespace fs = std::filesystem;
using Access = Library::Access;

class OpenTest : public LibraryTest {
protected:
    /// Runs `action` as a user whom permissions bind, which root is not.
    template <typename Action> static bool asOrdinaryUser(Action action) {
        return inChild([&] {
                   constexpr unsigned kNobody = 65534;
                   if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 ||
                                            ::setresgid(kNobody, kNobody, kNobody) != 0 ||
                                            ::setresuid(kNobody, kNobody, kNobody) != 0)) {
                       return false;
                   }
                   return action();
               }) == 0;
    }
    void forbidWriting(const std::string& place) const {
        fs::permissions(base, fs::perms(0755));
        for (const auto& entry : fs::directory_iterator(place)) {
            fs::permissions(entry, fs::perms(0444));
        }
        fs::permissions(place, fs::perms(0555));
    }
    [[nodiscard]] Database raw() const { return Database::open(file(), Database::Mode::Create); }
    [[nodiscard]] Code codeOfOpening(Access access = Access::ReadWrite,
                                     std::string* message = nullptr) const {
        return codeOf([&] { Library::open(folder, access); }, message);
    }
    ~OpenTest() override {
        std::error_code ignored;
        fs::permissions(folder, fs::perms(0755), ignored);
    }
};

TEST_F(OpenTest, aLibraryIsMadeWithTheSettingsOfTheDesign) {
    ASSERT_NE(open(), nullptr);
    const Database database = raw();
    EXPECT_EQ(database.integer("PRAGMA application_id"), kApplicationId);
    EXPECT_EQ(database.integer("PRAGMA user_version"),
              static_cast<std::int64_t>(schemaSteps().size()));
    EXPECT_EQ(database.integer("PRAGMA auto_vacuum"), 2);
    EXPECT_EQ(database.string("PRAGMA journal_mode"), "wal");
    EXPECT_EQ(database.integer("PRAGMA synchronous"), 1);
    EXPECT_EQ(database.integer("PRAGMA foreign_keys"), 1);
    EXPECT_EQ(database.integer("PRAGMA busy_timeout"), 5000);
    EXPECT_EQ(database.integer("PRAGMA secure_delete"), 1);
    EXPECT_EQ(database.integer("PRAGMA temp_store"), 2);
    EXPECT_EQ(database.integer("PRAGMA trusted_schema"), 0);
}

TEST_F(OpenTest, anyFolderNameWillDo) {
    for (const char* name :
         {"Bücher/Größe", "100%20?mode=ro#x", "a b 'c' \"d\"", "本/🙂", "-x"}) {
        folder = base + "/" + name;
        const std::int64_t id = addTexts(*open(), "Title", {"Text. "});
        EXPECT_TRUE(fs::exists(file())) << name;
        EXPECT_EQ(Library::open(folder, Access::ReadOnly)->text(id, 0, 9), "Text. ");
    }
}

TEST_F(OpenTest, anEmptyFileBecomesALibrary) {
    fs::create_directories(folder);
    std::ofstream{file()};
    EXPECT_TRUE(open()->documents().empty());
}

TEST_F(OpenTest, severalProgramsMayMakeTheSameLibraryAtOnce) {
    fs::create_directories(folder);
    constexpr int kPrograms = 6;
    int gate[2];
    ASSERT_EQ(::pipe(gate), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < kPrograms; ++i) {
        children.push_back(::fork());
        if (children.back() == 0) {
            ::close(gate[1]);
            char byte = 0;
            static_cast<void>(::read(gate[0], &byte, 1)); // ends when the parent closes its side
            try {
                addTexts(*open(), "Title " + std::to_string(i), {"Text. "});
                ::_exit(0);
            } catch (const Error& error) {
                std::fprintf(stderr, "%s\n", error.what());
            }
            ::_exit(1);
        }
    }
    ::close(gate[0]);
    ::close(gate[1]);
    for (const pid_t child : children) {
        int status = -1;
        ::waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(open()->documents().size(), static_cast<std::size_t>(kPrograms));
    EXPECT_TRUE(open()->verify({}).empty());
}

TEST_F(OpenTest, refusesWhatIsNotALibrary) {
    fs::create_directories(folder);
    const auto refused = [&] {
        EXPECT_EQ(codeOfOpening(Access::ReadWrite), Code::BadLibrary);
        EXPECT_EQ(codeOfOpening(Access::ReadOnly), Code::BadLibrary);
        fs::remove_all(file());
    };
    std::ofstream(file()) << std::string(5000, 'x');
    refused();
    fs::create_directory(file());
    refused();
    ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
    refused();
    raw().run("CREATE TABLE mine(x)");
    const std::string before = bytesOf(file());
    EXPECT_EQ(codeOfOpening(), Code::BadLibrary);
    EXPECT_TRUE(bytesOf(file()) == before); // another program's database is left as it was
    refused();
    raw().run("CREATE TABLE mine(x); PRAGMA application_id=77; PRAGMA user_version=1");
    refused();
    EXPECT_EQ(codeOfOpening(Access::ReadOnly), Code::BadLibrary); // nothing there
    fs::remove_all(folder);
    std::ofstream(folder) << "a file where the folder should be";
    EXPECT_EQ(codeOfOpening(), Code::BadLibrary);
}

TEST_F(OpenTest, aNewerLibraryIsNotTouched) {
    addTexts(*open(), "Title", {"Text. "});
    raw().run("PRAGMA user_version=41");
    const std::string before = bytesOf(file());
    for (const Access access : {Access::ReadWrite, Access::ReadOnly}) {
        std::string message;
        EXPECT_EQ(codeOfOpening(access, &message), Code::Newer);
        EXPECT_NE(message.find("41"), std::string::npos) << message;
        EXPECT_NE(message.find("version " + std::to_string(schemaSteps().size())),
                  std::string::npos)
            << message;
    }
    EXPECT_TRUE(bytesOf(file()) == before);
}

TEST_F(OpenTest, aDamagedLibraryIsNamed) {
    std::vector<std::string> texts;
    for (int i = 0; i < 400; ++i) {
        texts.push_back("Passage " + std::to_string(i) + std::string(900, 'x') + ". ");
    }
    const std::int64_t id = addTexts(*open(), "Title", texts);
    {
        std::fstream stream(file(), std::ios::binary | std::ios::in | std::ios::out);
        stream.seekp(100 * 4096); // behind the schema, which is needed to open it at all
        stream << std::string(60 * 4096, '\x55');
    }
    const auto library = open();
    EXPECT_EQ(codeOf([&] { static_cast<void>(library->text(id, 0, 400000)); }), Code::BadLibrary);
    EXPECT_FALSE(library->verify({}).empty());
    fs::resize_file(file(), 3 * 4096);
    EXPECT_EQ(codeOf([&] { static_cast<void>(open()->text(id, 0, 400000)); }), Code::BadLibrary);
}

TEST_F(OpenTest, readsWhereNothingCanBeWritten) {
    const std::int64_t id = addTexts(*open(), "Title", {"The text of a book. "});
    forbidWriting(folder);
    EXPECT_TRUE(asOrdinaryUser([&] {
        const auto library = Library::open(folder, Access::ReadOnly);
        return library->documents().size() == 1 && library->text(id, 4, 8) == "text" &&
               library->candidates({"books"}, {}, {{id, {}}}, 9).size() == 1 &&
               library->verify({}).empty() &&
               codeOf([&] { library->setState(id, "read", ""); }) == Code::ReadOnly &&
               codeOf([&] { library->lockForReading(0); }) == Code::ReadOnly &&
               codeOf([&] { library->purge(); }) == Code::ReadOnly;
    }));
    EXPECT_TRUE(asOrdinaryUser([&] { return codeOfOpening() == Code::ReadOnly; }));
    // The folder may be written but the file may not.
    fs::permissions(folder, fs::perms(0777));
    EXPECT_TRUE(asOrdinaryUser([&] {
        return Library::open(folder, Access::ReadOnly)->documents().size() == 1 &&
               codeOfOpening() == Code::ReadOnly;
    }));
    // Neither folder nor file may be read.
    fs::permissions(file(), fs::perms(0));
    EXPECT_TRUE(asOrdinaryUser([&] { return codeOfOpening(Access::ReadOnly) == Code::ReadOnly; }));
}

TEST_F(OpenTest, readingOnlyChangesNothingAndSeesAWriter) {
    const auto writer = open();
    addTexts(*writer, "First", {"Text. "});
    const auto reader = Library::open(folder, Access::ReadOnly);
    const std::int64_t second = addTexts(*writer, "Second", {"More text. "});
    EXPECT_EQ(reader->text(second, 0, 4), "More");
    EXPECT_EQ(codeOf([&] { reader->remove({second}); }), Code::ReadOnly);
    EXPECT_EQ(codeOf([&] { addTexts(*reader, "Third", {"x"}); }), Code::ReadOnly);
    EXPECT_EQ(codeOf([&] { reader->lockForReading(0); }), Code::ReadOnly);
}

TEST_F(OpenTest, aJournalThatCannotBePutInOrderIsNotIgnored) {
    const auto library = open();
    addTexts(*library, "Title", {"Text. "});
    const std::string copy = base + "/copy";
    fs::create_directory(copy);
    fs::copy(file(), copy);
    fs::copy(file() + "-wal", copy);
    ASSERT_GT(fs::file_size(copy + "/library.db-wal"), 0U);
    forbidWriting(copy);
    EXPECT_TRUE(asOrdinaryUser(
        [&] { return codeOf([&] { Library::open(copy, Access::ReadOnly); }) == Code::ReadOnly; }));
    fs::permissions(copy, fs::perms(0755));
}

TEST_F(OpenTest, aFolderThatCannotBeMadeOrWrittenIsReadOnly) {
    const std::string sealed = base + "/sealed";
    fs::create_directory(sealed);
    forbidWriting(sealed);
    EXPECT_TRUE(asOrdinaryUser([&] {
        return codeOf([&] { Library::open(sealed, Access::ReadWrite); }) == Code::ReadOnly &&
               codeOf([&] { Library::open(sealed + "/new", Access::ReadWrite); }) == Code::ReadOnly;
    }));
    fs::permissions(sealed, fs::perms(0755));
}

TEST_F(OpenTest, aFileSystemWithoutSharedMemoryIsRefused) {
    sqlite3_vfs* usual = sqlite3_vfs_find(nullptr);
    sqlite3_vfs_register(sqlite3_vfs_find("unix-dotfile"), 1); // locks as on a network share
    EXPECT_EQ(codeOfOpening(), Code::BadLibrary);
    sqlite3_vfs_register(usual, 1);
}

TEST_F(OpenTest, everyResultOfSqliteHasItsCode) {
    const auto code = [](int result, int systemError = 0) {
        const Error error = databaseError(result, systemError, "/place/library.db", "detail");
        EXPECT_EQ(std::string(error.what()).substr(0, 17), "/place/library.db");
        return error.code();
    };
    EXPECT_EQ(code(SQLITE_FULL), Code::DiskFull);
    EXPECT_EQ(code(SQLITE_IOERR_WRITE, EFBIG), Code::DiskFull);
    EXPECT_EQ(code(SQLITE_IOERR_SHMSIZE, ENOSPC), Code::DiskFull);
    EXPECT_EQ(code(SQLITE_IOERR_FSYNC, EDQUOT), Code::DiskFull);
    EXPECT_EQ(code(SQLITE_CANTOPEN, ENOSPC), Code::DiskFull);
    EXPECT_EQ(code(SQLITE_IOERR_READ, EIO), Code::BadLibrary);
    EXPECT_EQ(code(SQLITE_CORRUPT_VTAB), Code::BadLibrary);
    EXPECT_EQ(code(SQLITE_NOTADB), Code::BadLibrary);
    EXPECT_EQ(code(SQLITE_CANTOPEN, ENOENT), Code::BadLibrary);
    EXPECT_EQ(code(SQLITE_CANTOPEN, EACCES), Code::ReadOnly);
    EXPECT_EQ(code(SQLITE_READONLY_DBMOVED), Code::ReadOnly);
    EXPECT_EQ(code(SQLITE_PERM), Code::ReadOnly);
    EXPECT_EQ(code(SQLITE_BUSY_SNAPSHOT), Code::LibraryBusy);
    EXPECT_EQ(code(SQLITE_LOCKED), Code::LibraryBusy);
    EXPECT_EQ(code(SQLITE_NOMEM), Code::NoMemory);
    EXPECT_EQ(code(SQLITE_TOOBIG), Code::TooBig);
    EXPECT_EQ(code(SQLITE_ERROR), Code::Internal);
}

TEST_F(OpenTest, stepsRaiseTheVersionOneByOneAndKeepACopy) {
    fs::create_directories(folder);
    const std::vector<std::string_view> steps = {
        "CREATE TABLE a(x); INSERT INTO a VALUES(1)", "ALTER TABLE a ADD COLUMN y DEFAULT 2",
        "INSERT INTO a VALUES(3, 4); INSERT INTO missing VALUES(5)"};
    const std::span<const std::string_view> all(steps);
    const Database database = raw();
    migrate(database, all.first(1));
    EXPECT_FALSE(fs::exists(copyPath(file(), 0))); // an empty file needs none
    EXPECT_EQ(codeOf([&] { checkVersion(database, all.first(2)); }), Code::ReadOnly);
    migrate(database, all.first(2));
    EXPECT_EQ(database.integer("PRAGMA user_version"), 2);
    EXPECT_EQ(database.integer("SELECT y FROM a"), 2);
    ASSERT_TRUE(fs::exists(copyPath(file(), 1)));
    {
        const Database copy = Database::open(copyPath(file(), 1), Database::Mode::ReadOnly);
        EXPECT_EQ(copy.integer("PRAGMA user_version"), 1);
        EXPECT_EQ(copy.integer("PRAGMA application_id"), kApplicationId);
        EXPECT_EQ(copy.integer("SELECT x FROM a"), 1);
    }
    // A step that fails leaves the version before it.
    EXPECT_EQ(codeOf([&] { migrate(database, all); }), Code::Internal);
    EXPECT_EQ(database.integer("PRAGMA user_version"), 2);
    EXPECT_EQ(database.integer("SELECT count(*) FROM a"), 1);
    EXPECT_EQ(codeOf([&] { migrate(database, all); }), Code::Internal); // the copy is there already
    EXPECT_EQ(codeOf([&] { migrate(database, all.first(1)); }), Code::Newer);
}

TEST_F(OpenTest, oneProcessHasTheRightToReadBooks) {
    const auto library = open();
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto lock = open()->lockForReading(0);
        static_cast<void>(::write(pipe[1], "x", 1));
        ::pause();
        ::_exit(0);
    }
    char byte = 0;
    ASSERT_EQ(::read(pipe[0], &byte, 1), 1);
    std::string message;
    EXPECT_EQ(codeOf([&] { library->lockForReading(0); }, &message), Code::LibraryBusy);
    EXPECT_NE(message.find("process " + std::to_string(child) + " "), std::string::npos) << message;
    EXPECT_EQ(codeOf([&] { library->lockForReading(0.03); }), Code::LibraryBusy);
    // Others may still ask and search, and store what they found.
    addTexts(*library, "Title", {"Text. "});
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(pipe[0]);
    ::close(pipe[1]);
    auto lock = library->lockForReading(0);
    EXPECT_EQ(bytesOf(folder + "/library.lock"), std::to_string(::getpid()));
    EXPECT_EQ(codeOf([&] { open()->lockForReading(0); }), Code::LibraryBusy);
    lock.reset();
    EXPECT_NE(library->lockForReading(0), nullptr);
}

/// How long a connection waits for a writer, in milliseconds.
std::int64_t patienceOf(sqlite3* connection) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection, "PRAGMA busy_timeout", -1, &statement, nullptr);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const std::int64_t milliseconds = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return milliseconds;
}

TEST_F(OpenTest, aCallWaitsForAnotherWriterAsLongAsItWasTold) {
    const std::int64_t id = addTexts(*open(), "Title", {"Text. "});
    std::unique_ptr<Library> impatient;
    std::unique_ptr<Library> patient;
    {
        // Asked of the connections themselves: to tell 0 s from the 5 s of all others, or those
        // from 10 minutes, by what happens would take a clock and as long.
        const Statements statements([](std::string_view) {});
        impatient = Library::open(folder, Access::ReadWrite, std::chrono::seconds(0));
        EXPECT_EQ(patienceOf(Statements::newest()), 0);
        patient = Library::open(folder, Access::ReadWrite, std::chrono::seconds(1));
        EXPECT_EQ(patienceOf(Statements::newest()), 1000);
        patient->setPatience(std::chrono::minutes(10));
        EXPECT_EQ(patienceOf(Statements::newest()), 600000);
    }
    const Database other = raw();
    Transaction transaction(other);
    EXPECT_EQ(codeOf([&] { impatient->setState(id, "read", ""); }), Code::LibraryBusy);
    std::thread waiting([&] { patient->setState(id, "read", ""); });
    transaction.commit();
    waiting.join();
    EXPECT_EQ(impatient->document(id)->state, "read");
}

TEST_F(OpenTest, waitsForAnotherOpeningNoLongerThanItWasTold) {
    (void)open();
    const int other = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ASSERT_EQ(::flock(other, LOCK_EX), 0);
    const auto openNow = [&] {
        return Library::open(folder, Access::ReadWrite, std::chrono::milliseconds(0));
    };
    std::string message;
    EXPECT_EQ(codeOf([&] { openNow(); }, &message), Code::LibraryBusy);
    EXPECT_NE(message.find("is opening this library"), std::string::npos) << message;
    ::close(other);
    EXPECT_TRUE(openNow()->documents().empty());
}

TEST_F(OpenTest, aLockThatCannotBeWrittenIsNamed) {
    const auto library = open();
    fs::create_directory(folder + "/library.lock");
    EXPECT_EQ(codeOf([&] { library->lockForReading(0); }), Code::BadLibrary);
}

TEST_F(OpenTest, aBackupIsALibrary) {
    const auto library = open();
    const std::int64_t id = addTexts(*library, "Title", {"Text of it. "});
    fs::create_directory(base + "/backup");
    const std::string target = base + "/backup/library.db";
    library->backup(target);
    EXPECT_FALSE(fs::exists(target + ".part"));
    EXPECT_EQ(Library::open(base + "/backup", Access::ReadWrite)->text(id, 0, 4), "Text");
    EXPECT_TRUE(Library::open(base + "/backup", Access::ReadOnly)->verify({}).empty());
    const std::string before = bytesOf(target);
    EXPECT_EQ(codeOf([&] { library->backup(target); }), Code::CannotWrite);
    EXPECT_TRUE(bytesOf(target) == before);
    EXPECT_EQ(codeOf([&] { library->backup(base + "/absent/library.db"); }), Code::CannotWrite);
    EXPECT_EQ(codeOf([&] { library->backup(base + "/backup"); }), Code::CannotWrite);
}

} // namespace
} // namespace engine::store
