#include <atomic>
#include <mutex>
#include <optional>

#include "tests/support/tiny_model.h"
#include "tests/unit/engine/manual.h"

namespace {

using engine::Code;
using engine::EvaluateRequest;
using engine::Failed;
using engine::MeasuredLine;
using engine::MeasuredReport;
using tests::Events;

/// Measuring through the engine, with the tiny model.
class EvaluateRequestTest : public testing::Test {
protected:
    EvaluateRequestTest() {
        m_options.libraryPath = m_folder.file("library");
        m_options.modelPath = m_folder.file("tiny.gguf");
        m_options.readerProgram = TEST_BINARIES "/infolio-reader";
        m_options.segmentTokens = 64;
        m_options.dtype = "fp32";
        tests::writeTinyModel(m_options.modelPath);
        m_engine = engine::Engine::open(m_options);
    }

    Events run(const EvaluateRequest& request) {
        Events events;
        m_engine->evaluate(request, events.sink()).wait();
        EXPECT_TRUE(events.isWhole());
        return events;
    }

    static EvaluateRequest passkey() {
        EvaluateRequest request;
        request.suites = {"passkey"};
        request.haystacks = {"repeat"};
        request.samples = 2;
        request.lengths = {256};
        request.depths = {0};
        return request;
    }

    tests::TemporaryFolder m_folder;
    engine::Options m_options;
    std::unique_ptr<engine::Engine> m_engine;
};

TEST_F(EvaluateRequestTest, MeasuresAndReports) {
    EvaluateRequest request = passkey();
    request.linesPath = m_folder.file("lines.jsonl");
    request.requirements = {"passkey/repeat/256/0/exact:zeroed<=1",
                            "passkey/repeat/256/0/exact>=2"};
    const Events events = run(request);
    std::string text;
    for (const MeasuredLine& line : events.of<MeasuredLine>())
        text += line.json + "\n";
    std::ifstream file(request.linesPath);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
    const auto reports = events.of<MeasuredReport>();
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].charts.size(), 1U);
    const auto failures = events.of<Failed>();
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].code, Code::CheckFailed);
    EXPECT_EQ(failures[0].where, "passkey/repeat/256/0/exact");

    EvaluateRequest again;
    again.reportOf = {request.linesPath};
    const auto once = run(again).of<MeasuredReport>();
    ASSERT_EQ(once.size(), 1U);
    EXPECT_EQ(once[0].markdown, reports[0].markdown);
    EXPECT_EQ(once[0].charts, reports[0].charts);
}

TEST_F(EvaluateRequestTest, TheSeedIsThatOfTheOptions) {
    const auto linesOf = [&](std::uint64_t seed) {
        m_engine.reset();
        m_options.seed = seed;
        m_engine = engine::Engine::open(m_options);
        return run(passkey()).of<MeasuredLine>();
    };
    const auto seven = linesOf(7), unset = linesOf(0);
    ASSERT_FALSE(seven.empty());
    ASSERT_FALSE(unset.empty());
    EXPECT_NE(seven.front().json.find(R"("seed":7)"), std::string::npos) << seven.front().json;
    EXPECT_NE(unset.front().json.find(R"("seed":1)"), std::string::npos) << unset.front().json;
}

TEST_F(EvaluateRequestTest, RefusalsAreEvents) {
    const auto codes = [&](const EvaluateRequest& request) {
        const auto failures = run(request).of<Failed>();
        return failures.size() == 1 ? failures[0].code : Code::Internal;
    };
    EXPECT_EQ(codes({}), Code::WrongUse);
    EvaluateRequest request;
    request.reportOf = {m_folder.file("none.jsonl")};
    EXPECT_EQ(codes(request), Code::FileMissing);
    request = passkey();
    request.suites = {"poetry"};
    EXPECT_EQ(codes(request), Code::WrongUse);
    request = passkey();
    request.method = "guess";
    EXPECT_EQ(codes(request), Code::WrongUse);
    request = passkey();
    request.requirements = {"nothing"};
    EXPECT_EQ(codes(request), Code::WrongUse);
    request = passkey();
    request.haystacks = {"book"};
    request.dataPath = m_folder.file("no data");
    EXPECT_EQ(codes(request), Code::FileMissing);
    request = passkey();
    request.linesPath = m_folder.file("no/folder");
    EXPECT_EQ(codes(request), Code::CannotWrite);
}

TEST_F(EvaluateRequestTest, CancellingKeepsTheLines) {
    EvaluateRequest request = passkey();
    request.linesPath = m_folder.file("lines.jsonl");
    request.lengths = {64 * 64};
    Events events;
    std::optional<engine::Task> task;
    std::atomic<bool> isTold = false;
    std::mutex mutex;
    std::unique_lock lock(mutex);
    task = m_engine->evaluate(request, [&](const engine::Event& event) {
        events.all.push_back(event);
        if (std::holds_alternative<engine::Progress>(event) && !isTold.exchange(true)) {
            const std::lock_guard hold(mutex);
            task->cancel();
        }
    });
    lock.unlock();
    task->wait();
    EXPECT_TRUE(events.isWhole());
    EXPECT_TRUE(events.of<engine::Done>()[0].cancelled);
    EXPECT_TRUE(std::filesystem::exists(request.linesPath));
}

} // namespace
