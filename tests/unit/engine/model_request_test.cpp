#include <algorithm>
#include <future>
#include <tuple>
#include <utility>

#include "tests/support/tiny_adapter.h"
#include "tests/support/tiny_model.h"
#include "tests/unit/engine/manual.h"

namespace {

using engine::Code;
using engine::Failed;
using engine::ModelInfo;
using tests::Events;

/// Choosing another model while the engine runs.
class ModelRequestTest : public testing::Test {
protected:
    Events use(const std::string& model, const std::string& adapter = "") {
        Events events;
        m_engine->useModel({model, adapter}, events.sink()).wait();
        EXPECT_TRUE(events.isWhole());
        return events;
    }

    tests::TemporaryFolder m_folder;
    std::unique_ptr<engine::Engine> m_engine = tests::openEngine(m_folder.file("library"));
};

TEST_F(ModelRequestTest, AChosenModelIsUsedFromThenOn) {
    EXPECT_EQ(tests::codeOf([&] { (void)m_engine->model(); }), Code::NoModel);
    const std::string path = m_folder.file("tiny.gguf");
    tests::writeTinyModel(path);
    const auto infos = use(path).of<ModelInfo>();
    ASSERT_EQ(infos.size(), 1U);
    EXPECT_EQ(infos[0].path, path);
    EXPECT_TRUE(infos[0].isLoaded);
    EXPECT_EQ(infos[0].adapter, "none");
    EXPECT_GT(infos[0].memoryBytes, 0);
    EXPECT_EQ(m_engine->model().sha256, infos[0].sha256);
    EXPECT_EQ(m_engine->model().path, path);
}

TEST_F(ModelRequestTest, WeightsAreHeldAsAskedFor) {
    const std::string path = m_folder.file("tiny.gguf");
    tests::writeTinyModel(path);
    engine::Options options;
    options.libraryPath = m_folder.file("formats");
    options.readerProgram = TEST_BINARIES "/infolio-reader";
    options.modelPath = path;
    std::string bf16;
    for (const char* dtype : {"bf16", "fp32", "int8"}) {
        options.dtype = dtype;
        const ModelInfo info = engine::Engine::open(options)->model();
        EXPECT_EQ(info.dtype, dtype);
        bf16 = bf16.empty() ? info.sha256 : bf16;
        // The tiny model's values are fp32, which int8 rounds to others.
        EXPECT_EQ(info.sha256 == bf16, options.dtype != "int8");
    }
    options.dtype = "int4";
    EXPECT_EQ(tests::codeOf([&] { engine::Engine::open(options); }), Code::WrongUse);
}

TEST_F(ModelRequestTest, AModeWhoseStateGrowsIsRefusedBeforeAnythingIsRead) {
    for (const char* mode : {"knn", "full"}) {
        engine::Options options;
        options.libraryPath = m_folder.file(mode);
        options.readerProgram = TEST_BINARIES "/infolio-reader";
        options.mode = mode;
        const auto reader = engine::Engine::open(options);
        engine::ReadRequest request;
        request.paths = {m_folder.write("book.txt", "One page of text.")};
        Events events;
        reader->read(request, events.sink()).wait();
        EXPECT_TRUE(events.isWhole());
        const auto failures = events.of<Failed>();
        ASSERT_EQ(failures.size(), 1U);
        EXPECT_EQ(failures[0].code, Code::WrongUse);
        EXPECT_NE(failures[0].message.find(std::string("mode ") + mode), std::string::npos);
        EXPECT_TRUE(reader->documents().empty());
        // Its text alone is stored as in every mode.
        tests::readText(*reader, request.paths[0]);
        EXPECT_EQ(reader->documents().size(), 1U);
    }
}

TEST_F(ModelRequestTest, AnAnswerInAModeWhoseStateGrowsReadsTheTextAnew) {
    const std::string model = m_folder.file("tiny.gguf");
    tests::writeTinyModel(model);
    // The tiny model has about a token a byte and a context of 2,048 tokens.
    const std::string book = m_folder.write("book.txt", tests::pageText(1, 150)),
                      longBook = m_folder.write("long.txt", tests::pageText(2, 1500));
    for (const char* mode : {"knn", "full"}) {
        engine::Options options;
        options.libraryPath = m_folder.file(mode);
        options.readerProgram = TEST_BINARIES "/infolio-reader";
        options.modelPath = model;
        options.mode = mode;
        options.segmentTokens = 64;
        const auto reader = engine::Engine::open(options);
        const auto answered = [&](const std::string& path) {
            engine::AskRequest request;
            request.documents = {tests::readText(*reader, path).id};
            request.question = "Which word?";
            request.maxTokens = 4;
            Events events;
            reader->ask(request, events.sink()).wait();
            EXPECT_TRUE(events.isWhole());
            return events;
        };
        const Events events = answered(book);
        EXPECT_TRUE(events.of<Failed>().empty());
        const auto notices = events.of<engine::Notice>();
        EXPECT_TRUE(std::ranges::any_of(notices, [&](const engine::Notice& notice) {
            return notice.utf8.find(std::string("mode ") + mode) != std::string::npos;
        }));
        const auto coverages = events.of<engine::Coverage>();
        ASSERT_EQ(coverages.size(), 1U);
        EXPECT_EQ(coverages[0].read, coverages[0].total);
        EXPECT_GT(coverages[0].total, 0);
        // Nothing of it is stored.
        EXPECT_EQ(reader->documents().front().coverage.read, 0);
        const auto failures = answered(longBook).of<Failed>();
        if (std::string(mode) == "full") {
            ASSERT_EQ(failures.size(), 1U);
            EXPECT_EQ(failures[0].code, Code::DoesNotFit);
            EXPECT_NE(failures[0].message.find("infini-linear"), std::string::npos);
        } else {
            EXPECT_TRUE(failures.empty());
        }
    }
}

TEST_F(ModelRequestTest, AReadingThatTheAdapterWasNotTrainedForSaysSo) {
    const std::string model = m_folder.file("tiny.gguf"),
                      book = m_folder.write("book.txt", tests::pageText(1, 150));
    tests::writeTinyModel(model);
    engine::Options options;
    options.libraryPath = m_folder.file("trained");
    options.readerProgram = TEST_BINARIES "/infolio-reader";
    options.modelPath = model;
    options.dtype = "fp32";
    options.adapterPath = m_folder.write(
        "adapter.safetensors",
        tests::tinyAdapter(1, engine::Engine::open(options)->model().sha256).bytes());
    // The tiny adapter names the linear rule and segments of 1,024 tokens.
    for (const auto& [mode, N, sentence] :
         {std::tuple{"infini-linear", 1024, ""},
          std::tuple{"infini-delta", 1024, "the linear rule;"},
          std::tuple{"infini-linear", 64, "segments of 1024 tokens;"}, std::tuple{"xl", 64, ""}}) {
        options.mode = mode;
        options.segmentTokens = N;
        const auto reader = engine::Engine::open(options);
        engine::ReadRequest read;
        read.paths = {book};
        Events reading, asking;
        reader->read(read, reading.sink()).wait();
        engine::AskRequest ask;
        ask.documents = {reader->documents().front().id};
        ask.question = "Which word?";
        ask.maxTokens = 4;
        reader->ask(ask, asking.sink()).wait();
        for (const Events* events : {&reading, &asking}) {
            EXPECT_TRUE(events->of<Failed>().empty());
            std::string told;
            for (const engine::Notice& notice : events->of<engine::Notice>())
                if (notice.utf8.find("The adapter was made for") != std::string::npos)
                    told += notice.utf8;
            EXPECT_EQ(told.empty(), sentence[0] == '\0') << mode << N << told;
            EXPECT_NE(told.find(sentence), std::string::npos) << mode << N << told;
        }
    }
}

/// A book that one adapter has read, and another that may be used in its place.
class OtherAdapterTest : public testing::Test {
protected:
    OtherAdapterTest() {
        m_options.libraryPath = m_folder.file("library");
        m_options.readerProgram = TEST_BINARIES "/infolio-reader";
        m_options.modelPath = m_folder.file("tiny.gguf");
        m_options.adapterPath = "none";
        m_options.dtype = "fp32";
        m_options.segmentTokens = 64;
        m_options.threads = 1;
        tests::writeTinyModel(m_options.modelPath);
        m_engine = engine::Engine::open(m_options);
        m_adapter = m_folder.write("adapter.safetensors",
                                   tests::tinyAdapter(1, m_engine->model().sha256).bytes());
        m_book = m_folder.write("book.txt", tests::pageText(1, 300) + tests::pageText(2, 300));
        read();
    }

    void read() {
        engine::ReadRequest request;
        request.paths = {m_book};
        Events events;
        m_engine->read(request, events.sink()).wait();
        EXPECT_TRUE(events.of<Failed>().empty());
    }
    void use(const std::string& adapter) {
        Events events;
        m_engine->useModel({m_options.modelPath, adapter}, events.sink()).wait();
        EXPECT_TRUE(events.of<Failed>().empty());
    }
    engine::DocumentInfo book() const { return m_engine->documents().at(0); }
    Events asked() {
        engine::AskRequest request;
        request.documents = {book().id};
        request.question = "Which word?";
        request.maxTokens = 4;
        Events events;
        m_engine->ask(request, events.sink()).wait();
        EXPECT_TRUE(events.isWhole());
        return events;
    }

    tests::TemporaryFolder m_folder;
    engine::Options m_options;
    std::unique_ptr<engine::Engine> m_engine;
    std::string m_adapter, m_book;
};

TEST_F(OtherAdapterTest, ItsMemoryIsOutdatedUntilTheBookIsReadAgain) {
    const int pages = book().coverage.total;
    ASSERT_GT(pages, 0);
    EXPECT_EQ(book().state, engine::State::Read);
    EXPECT_EQ(book().coverage.read, pages);
    const std::int64_t tokens = book().tokensRead;
    use(m_adapter);
    EXPECT_EQ(book().state, engine::State::MemoryOutdated);
    EXPECT_EQ(book().coverage.read, 0);
    EXPECT_EQ(book().tokensRead, 0);
    m_engine->remove({book().id});
    EXPECT_EQ(m_engine->removedDocuments().at(0).state, engine::State::Removed);
    read();
    EXPECT_EQ(book().state, engine::State::Read);
    EXPECT_EQ(book().coverage.read, pages);
    EXPECT_EQ(book().tokensRead, tokens);
    use("none");
    EXPECT_EQ(book().state, engine::State::Read);
}

TEST_F(OtherAdapterTest, AHalfReadBookIsHalfReadForItsModelOnly) {
    use(m_adapter);
    engine::ReadRequest request;
    request.paths = {m_book};
    std::promise<void> hasBegun, isCancelled;
    bool isFirst = true;
    engine::Task task = m_engine->read(request, [&](const engine::Event& event) {
        const auto* progress = std::get_if<engine::Progress>(&event);
        if (progress == nullptr || progress->stage != engine::Stage::Read ||
            !std::exchange(isFirst, false))
            return;
        hasBegun.set_value();
        isCancelled.get_future().wait();
    });
    hasBegun.get_future().wait();
    task.cancel();
    isCancelled.set_value();
    task.wait();
    EXPECT_EQ(book().state, engine::State::Paused);
    use("none");
    EXPECT_EQ(book().state, engine::State::Read);
    EXPECT_EQ(book().coverage.read, book().coverage.total);
    use(m_adapter);
    EXPECT_EQ(book().state, engine::State::Paused);
}

TEST_F(OtherAdapterTest, ItsMemoryIsNoCoverageOfAnAnswer) {
    EXPECT_EQ(asked().of<engine::Coverage>().at(0).read, book().coverage.total);
    use(m_adapter);
    const Events events = asked();
    const auto notices = events.of<engine::Notice>();
    EXPECT_TRUE(std::ranges::any_of(notices, [](const engine::Notice& notice) {
        return notice.utf8.find("text alone") != std::string::npos;
    }));
    EXPECT_EQ(events.of<engine::Coverage>().at(0).read, 0);
    EXPECT_GT(events.of<engine::Coverage>().at(0).total, 0);
    // Evidence without any model rests on the text alone as well.
    m_options.modelPath.clear();
    m_engine.reset();
    m_engine = engine::Engine::open(m_options);
    engine::AskRequest request;
    request.documents = {book().id};
    request.question = "w1";
    request.channel = engine::AskRequest::Channel::Evidence;
    Events evidence;
    m_engine->ask(request, evidence.sink()).wait();
    EXPECT_TRUE(evidence.of<Failed>().empty());
    EXPECT_EQ(evidence.of<engine::Coverage>().at(0).read, 0);
}

TEST_F(OtherAdapterTest, AReplayWithAnotherNumberFormatSaysSo) {
    m_options.dtype = "bf16";
    m_engine.reset();
    m_engine = engine::Engine::open(m_options);
    engine::VerifyRequest request;
    request.replay = true;
    Events events;
    m_engine->verify(request, events.sink()).wait();
    const auto checks = events.of<engine::Check>();
    ASSERT_EQ(checks.size(), 2U);
    EXPECT_EQ(checks[1].what, "memory");
    EXPECT_TRUE(checks[1].holds);
    EXPECT_NE(checks[1].detail.find("compared across machines"), std::string::npos);
}

TEST_F(OtherAdapterTest, ABooksSummaryStandsBesideThoseOfItsChapters) {
    const std::string path = m_folder.write("book.md", "# One\n\n" + tests::pageText(3, 60) +
                                                           "# Two\n\n" + tests::pageText(4, 60));
    engine::SummaryRequest request;
    request.document = tests::readText(*m_engine, path).id;
    request.length = engine::SummaryRequest::Length::Short;
    const auto make = [&](engine::SummaryRequest::Of of) {
        request.of = of;
        Events events;
        m_engine->summarize(request, events.sink()).wait();
        EXPECT_TRUE(events.of<Failed>().empty());
        std::vector<std::int64_t> ids;
        for (const engine::Summary& summary : events.of<engine::Summary>())
            ids.push_back(summary.id);
        return ids;
    };
    const auto kept = [&](bool isOfBook) {
        std::vector<std::int64_t> ids;
        for (const engine::SummaryRecord& record : m_engine->summaries(request.document))
            if (record.isOfBook == isOfBook)
                ids.push_back(record.id);
        return ids;
    };
    const auto chapters = make(engine::SummaryRequest::Of::Chapters);
    ASSERT_EQ(chapters.size(), 2U);
    for (int round = 0; round < 2; ++round) {
        const auto book = make(engine::SummaryRequest::Of::Book);
        ASSERT_EQ(book.size(), 2U);
        EXPECT_EQ(kept(true), book);
        EXPECT_EQ(kept(false), chapters);
    }
}

TEST_F(ModelRequestTest, AFileThatIsNoModelChangesNothing) {
    const std::string path = m_folder.file("tiny.gguf");
    tests::writeTinyModel(path);
    use(path);
    const std::string sha256 = m_engine->model().sha256;
    const std::string text = m_folder.write("text.gguf", "not a model");
    struct Case {
        std::string model, adapter;
        Code code;
    };
    for (const Case& wrong :
         {Case{text, "", Code::BadWeights}, Case{path, text, Code::BadWeights},
          Case{m_folder.file("lost.gguf"), "", Code::NoModel}, Case{"", "", Code::NoModel}}) {
        const Events events = use(wrong.model, wrong.adapter);
        EXPECT_TRUE(events.of<ModelInfo>().empty());
        const auto failures = events.of<Failed>();
        ASSERT_EQ(failures.size(), 1U) << wrong.model << wrong.adapter;
        EXPECT_EQ(failures[0].code, wrong.code) << wrong.model << wrong.adapter;
    }
    EXPECT_EQ(m_engine->model().sha256, sha256);
    EXPECT_EQ(m_engine->model().path, path);
}

} // namespace
