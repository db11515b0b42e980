#include <filesystem>

#include "engine/store/database.h"
#include "tests/support/tiny_model.h"
#include "tests/unit/engine/manual.h"

namespace {

namespace fs = std::filesystem;
using engine::Code;
using engine::Event;
using engine::Failed;
using engine::Progress;
using engine::Stage;
using engine::State;
using tests::Events;

/// Books read with the tiny model, and what happens to them meanwhile.
class ReadRequestTest : public testing::Test {
protected:
    ReadRequestTest() {
        tests::writeTinyModel(m_options.modelPath = m_folder.file("tiny.gguf"));
        m_options.libraryPath = m_folder.file("library");
        m_options.readerProgram = TEST_BINARIES "/infolio-reader";
        m_options.segmentTokens = 64;
        m_options.threads = 1;
        m_engine = engine::Engine::open(m_options);
    }

    std::string book(const std::string& name, int seed) const {
        return m_folder.write(name, tests::pageText(seed, 150));
    }
    /// `meanwhile` is told each event, on the worker thread.
    Events read(
        const std::vector<std::string>& paths,
        const std::function<void(const Event&)>& meanwhile = [](const Event&) {}) {
        engine::ReadRequest request;
        request.paths = paths;
        Events events;
        const auto collect = events.sink();
        m_engine
            ->read(request,
                   [&](const Event& event) {
                       collect(event);
                       meanwhile(event);
                   })
            .wait();
        EXPECT_TRUE(events.isWhole());
        return events;
    }
    static bool isAt(const Event& event, Stage stage) {
        const auto* progress = std::get_if<Progress>(&event);
        return progress != nullptr && progress->stage == stage;
    }
    /// The last one of its stage.
    static bool endsStage(const Event& event, Stage stage) {
        const auto* progress = std::get_if<Progress>(&event);
        return isAt(event, stage) && progress->done == progress->total;
    }
    void expectOneFailure(const Events& events, Code code, const std::string& path) {
        const auto failures = events.of<Failed>();
        ASSERT_EQ(failures.size(), 1U);
        EXPECT_EQ(engine::name(failures[0].code), engine::name(code)) << failures[0].message;
        EXPECT_EQ(failures[0].where, path);
    }
    engine::DocumentInfo only() const {
        const auto documents = m_engine->documents();
        EXPECT_EQ(documents.size(), 1U);
        return documents.empty() ? engine::DocumentInfo() : documents.front();
    }

    tests::TemporaryFolder m_folder;
    engine::Options m_options;
    std::unique_ptr<engine::Engine> m_engine;
};

TEST_F(ReadRequestTest, ABookThatIsPurgedWhileItIsReadEndsInWords) {
    const std::string doomed = book("doomed.txt", 1), other = book("other.txt", 2);
    engine::Task purge;
    bool isPurged = false;
    const Events events = read({doomed, other}, [&](const Event& event) {
        if (!isAt(event, Stage::Read) || isPurged)
            return;
        isPurged = true;
        m_engine->remove({std::get<Progress>(event).document});
        purge = m_engine->purge([](const Event&) {});
    });
    expectOneFailure(events, Code::NotInLibrary, doomed);
    EXPECT_EQ(only().title, "other");
    EXPECT_EQ(only().state, State::Read);
}

TEST_F(ReadRequestTest, ABookThatAnotherProgramPurgesEndsInWords) {
    const std::string doomed = book("doomed.txt", 1), other = book("other.txt", 2);
    const auto library = engine::store::Library::open(m_options.libraryPath,
                                                      engine::store::Library::Access::ReadWrite);
    bool isPurged = false;
    const Events events = read({doomed, other}, [&](const Event& event) {
        // Its text is stored and no reading is there yet, so the store refuses one.
        const auto* document = std::get_if<engine::Document>(&event);
        if (document == nullptr || isPurged)
            return;
        isPurged = true;
        library->remove({library->documentBySha256(document->info.id.sha256)->id});
        library->purge();
    });
    expectOneFailure(events, Code::NotInLibrary, doomed);
    EXPECT_EQ(only().title, "other");
    EXPECT_EQ(only().state, State::Read);
}

TEST_F(ReadRequestTest, ABookThatIsPurgedAsSoonAsItIsStoredEndsInWords) {
    const std::string doomed = book("doomed.txt", 1), other = book("other.txt", 2);
    const auto library = engine::store::Library::open(m_options.libraryPath,
                                                      engine::store::Library::Access::ReadWrite);
    bool isPurged = false;
    const Events events = read({doomed, other}, [&](const Event& event) {
        if (!endsStage(event, Stage::Index) || isPurged)
            return;
        isPurged = true;
        const std::string id = std::get<Progress>(event).document.sha256;
        library->remove({library->documentBySha256(id)->id});
        library->purge();
    });
    expectOneFailure(events, Code::NotInLibrary, doomed);
    EXPECT_EQ(only().title, "other");
}

TEST_F(ReadRequestTest, AReadingThatFailsIsAPausedOne) {
    const std::string path = book("book.txt", 1);
    const auto database = engine::store::Database::open(m_options.libraryPath + "/library.db",
                                                        engine::store::Database::Mode::Create);
    database.run("CREATE TRIGGER full BEFORE INSERT ON snapshots BEGIN SELECT RAISE(FAIL, 'full'); "
                 "END");
    EXPECT_EQ(read({path}).of<Failed>().size(), 1U);
    EXPECT_EQ(only().state, State::Paused);
    database.run("DROP TRIGGER full");
    EXPECT_TRUE(read({path}).of<Failed>().empty());
    EXPECT_EQ(only().state, State::Read);
}

TEST_F(ReadRequestTest, AFileThatIsReplacedAfterItWasHashedIsNotStored) {
    const std::string path = book("book.txt", 1), other = book("other.txt", 2),
                      next = book("next.txt", 3);
    bool isReplaced = false;
    const Events events = read({path, other}, [&](const Event& event) {
        if (!isReplaced && endsStage(event, Stage::Hash)) {
            isReplaced = true;
            fs::rename(next, path);
        }
    });
    expectOneFailure(events, Code::FileChanged, path);
    EXPECT_EQ(only().title, "other");
    EXPECT_TRUE(read({path}).of<Failed>().empty()); // now it is complete
    EXPECT_EQ(m_engine->documents().size(), 2U);
}

TEST_F(ReadRequestTest, AFileThatIsReplacedWhileItsTextIsReadIsNotStored) {
    const std::string path = book("book.txt", 1), next = book("next.txt", 3);
    bool isReplaced = false;
    const Events events = read({path}, [&](const Event& event) {
        if (!isReplaced && endsStage(event, Stage::Text)) {
            isReplaced = true;
            fs::rename(next, path);
        }
    });
    expectOneFailure(events, Code::FileChanged, path);
    EXPECT_TRUE(m_engine->documents().empty());
}

TEST_F(ReadRequestTest, AFileThatVanishesLeavesTheOthers) {
    for (const Stage stage : {Stage::Hash, Stage::Text}) {
        const std::string path = book("book.txt", 1), other = book("other.txt", 2);
        bool isRemoved = false;
        const Events events = read({path, other}, [&](const Event& event) {
            if (!isRemoved && endsStage(event, stage))
                isRemoved = fs::remove(path);
        });
        expectOneFailure(events, Code::FileMissing, path);
        EXPECT_EQ(only().title, "other");
    }
}

TEST_F(ReadRequestTest, ALibraryThatCannotBeWrittenAnswersFromItsMemory) {
    ASSERT_TRUE(read({book("book.txt", 1)}).of<Failed>().empty());
    const engine::DocumentId id = only().id;
    m_options.readOnly = true;
    m_engine = engine::Engine::open(m_options);
    const auto expectUnkept = [](const Events& events) {
        EXPECT_TRUE(events.isWhole());
        for (const Failed& failure : events.of<Failed>())
            ADD_FAILURE() << failure.message;
        int notices = 0;
        for (const engine::Notice& notice : events.of<engine::Notice>())
            notices += notice.utf8.find("is not kept") != std::string::npos ? 1 : 0;
        EXPECT_EQ(notices, 1);
    };

    engine::AskRequest ask;
    ask.documents = {id};
    ask.question = "Where is w104?";
    ask.maxTokens = 4;
    ask.conversation = "talk";
    Events answer;
    m_engine->ask(ask, answer.sink()).wait();
    expectUnkept(answer);
    EXPECT_EQ(answer.of<engine::Coverage>().size(), 1U);

    engine::SummaryRequest summarize;
    summarize.document = id;
    summarize.length = engine::SummaryRequest::Length::Short;
    Events summary;
    m_engine->summarize(summarize, summary.sink()).wait();
    expectUnkept(summary);
    EXPECT_EQ(summary.of<engine::Summary>().size(), 1U);

    Events checks;
    m_engine->verify({{id}, true}, checks.sink()).wait();
    EXPECT_TRUE(checks.of<Failed>().empty());
    ASSERT_EQ(checks.of<engine::Check>().size(), 2U);
    EXPECT_TRUE(checks.of<engine::Check>()[1].holds);
}

} // namespace
