#include "tests/support/tiny_model.h"
#include "tests/unit/engine/manual.h"

namespace {

using engine::Code;
using engine::Failed;
using engine::Training;
using tests::Events;

/// Training by request.
class AdaptRequestTest : public testing::Test {
protected:
    AdaptRequestTest() {
        std::string words;
        for (int i = 0; i < 6000; ++i)
            words += "word" + std::to_string(i % 97) + (i % 11 == 0 ? ". " : " ");
        m_request.texts = {m_folder.write("a.txt", words),
                           m_folder.write("b.txt", "Other " + words)};
        m_request.output = m_folder.file("adapter.safetensors");
        m_request.steps = 1;
        m_request.gatesOnly = true;
    }

    Events adapt(const std::string& model, const std::string& device = "auto") {
        engine::Options options;
        options.device = device;
        options.libraryPath = m_folder.file("library");
        options.readerProgram = TEST_BINARIES "/infolio-reader";
        options.modelPath = model;
        Events events;
        engine::Engine::open(options)->adapt(m_request, events.sink()).wait();
        EXPECT_TRUE(events.isWhole());
        return events;
    }

    tests::TemporaryFolder m_folder;
    engine::AdaptRequest m_request;
};

TEST_F(AdaptRequestTest, WritesAnAdapterAndTellsOfIt) {
    const std::string model = m_folder.file("tiny.gguf");
    tests::writeTinyModel(model);
    const auto lines = adapt(model).of<Training>();
    ASSERT_FALSE(lines.empty());
    EXPECT_TRUE(lines.back().isResult);
    EXPECT_NE(lines.back().line.find("written: "), std::string::npos) << lines.back().line;
    EXPECT_EQ(lines.back().step, 1);
    EXPECT_TRUE(std::filesystem::exists(m_request.output));
    EXPECT_TRUE(std::filesystem::exists(m_request.output + ".checkpoint"));
    const auto again = adapt(model).of<Failed>();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].code, Code::CannotWrite);
}

TEST_F(AdaptRequestTest, RefusesADeviceThatIsNotThere) {
    const std::string model = m_folder.file("tiny.gguf");
    tests::writeTinyModel(model);
    const auto failures = adapt(model, "cuda:99").of<Failed>();
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].code, Code::NoDevice);
    EXPECT_NE(failures[0].message.find("\"cuda:99\" cannot be used"), std::string::npos)
        << failures[0].message;
}

TEST_F(AdaptRequestTest, NeedsAModel) {
    const auto failures = adapt("").of<Failed>();
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].code, Code::NoModel);
}

} // namespace
