#include <algorithm>

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
