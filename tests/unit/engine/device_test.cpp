// Where the engine computes, and what it says about it. In place of NVIDIA's driver, the plugin and
// LibTorch's library for CUDA stand fakes whose device is the emulation.

#include "engine/device.h"

#include <cstdlib>

#include "engine/local_engine.h"
#include "tests/unit/engine/manual.h"

namespace {

using engine::Code;
using engine::DeviceInfo;
using engine::Failed;
using engine::Notice;
using engine::kernels::CudaLibraries;
using tests::Events;

CudaLibraries fakes() {
    return {FAKE_DRIVER, {FAKE_PLUGIN}, FAKE_TORCH};
}

CudaLibraries noDriver() {
    return {"libinfolio_no_such_driver.so.1", {FAKE_PLUGIN}, FAKE_TORCH};
}

constexpr const char* kNoDriver = "there is no NVIDIA driver on this machine (";
constexpr const char* kFake = "Fake device, compute capability 9.0";

class DeviceTest : public testing::Test {
protected:
    void SetUp() override { behave("", ""); }
    void TearDown() override { behave("", ""); }

    static void behave(const char* driver, const char* torch) {
        setenv("INFOLIO_FAKE_DRIVER", driver, 1);
        setenv("INFOLIO_FAKE_TORCH", torch, 1);
    }

    std::unique_ptr<engine::Engine> open(const std::string& device,
                                         const CudaLibraries& libraries) {
        engine::Options options;
        options.libraryPath = m_folder.file("library");
        options.readerProgram = TEST_BINARIES "/infolio-reader";
        options.modelPath = m_folder.file("tiny.gguf");
        options.device = device;
        options.segmentTokens = 64;
        options.threads = 1;
        tests::writeTinyModel(options.modelPath);
        return std::make_unique<engine::LocalEngine>(options, libraries);
    }

    static Events askedForDevice(engine::Engine& engine) {
        Events events;
        engine.device(events.sink()).wait();
        EXPECT_TRUE(events.isWhole());
        return events;
    }

    Events read(engine::Engine& engine, bool again = false) {
        engine::ReadRequest request;
        request.paths = {m_folder.write("book.txt", tests::pageText(1, 150))};
        request.again = again;
        Events events;
        engine.read(request, events.sink()).wait();
        EXPECT_TRUE(events.isWhole());
        for (const Failed& failure : events.of<Failed>())
            ADD_FAILURE() << failure.message;
        return events;
    }

    tests::TemporaryFolder m_folder;
};

TEST_F(DeviceTest, TheProcessorIsTakenWithTheReason) {
    const engine::Device device = engine::openDevice("auto", noDriver());
    EXPECT_EQ(device.cuda, -1);
    EXPECT_EQ(device.name, "cpu");
    EXPECT_EQ(device.reason.find(kNoDriver), 0U) << device.reason;
}

TEST_F(DeviceTest, WhoAsksForTheProcessorGetsNoReason) {
    // Not even the driver is opened.
    const engine::Device device = engine::openDevice("cpu", {"", {}, ""});
    EXPECT_EQ(device.name, "cpu");
    EXPECT_EQ(device.reason, "");
}

TEST_F(DeviceTest, ADeviceThatWorksIsTaken) {
    for (const char* wanted : {"auto", "cuda", "cuda:0"}) {
        const engine::Device device = engine::openDevice(wanted, fakes());
        EXPECT_EQ(device.cuda, 0) << wanted;
        EXPECT_EQ(device.name, "cuda:0") << wanted;
        EXPECT_EQ(device.reason, kFake) << wanted;
    }
}

TEST_F(DeviceTest, ADemandedDeviceThatCannotBeUsedIsAFailure) {
    const auto failure = [](const std::string& wanted, const CudaLibraries& libraries) {
        try {
            (void)engine::openDevice(wanted, libraries);
        } catch (const engine::Error& error) {
            EXPECT_EQ(error.code(), Code::NoDevice);
            return std::string(error.what());
        }
        ADD_FAILURE() << wanted << " was opened";
        return std::string();
    };
    const std::string none = failure("cuda", noDriver());
    EXPECT_EQ(none.find(std::string("The device \"cuda\" cannot be used: ") + kNoDriver), 0U)
        << none;
    EXPECT_NE(none.find("Choose auto or cpu instead."), std::string::npos) << none;
    EXPECT_EQ(failure("cuda:3", fakes()),
              "The device \"cuda:3\" cannot be used: there is no device 3; the driver counts 1, "
              "from 0. Choose auto or cpu instead.");
    behave("", "no memory");
    EXPECT_EQ(failure("cuda", fakes()),
              std::string("The device \"cuda\" cannot be used: LibTorch does not compute on ") +
                  kFake + ": CUDA out of memory. Choose auto or cpu instead.");
}

TEST_F(DeviceTest, AnUnknownWordIsRefused) {
    for (const char* word : {"gpu", "", "cuda:", "cuda:x", "cuda:-1", "cuda:100", "CUDA"}) {
        EXPECT_EQ(tests::codeOf([&] { engine::requireDeviceName(word); }), Code::WrongUse) << word;
        engine::Options options;
        options.libraryPath = m_folder.file("library");
        options.device = word;
        EXPECT_EQ(tests::codeOf([&] { (void)engine::Engine::open(options); }), Code::WrongUse);
    }
}

TEST_F(DeviceTest, TheEngineTellsItsDeviceWithoutAModel) {
    engine::Options options;
    options.libraryPath = m_folder.file("library");
    engine::LocalEngine engine(options, noDriver());
    const auto infos = askedForDevice(engine).of<DeviceInfo>();
    ASSERT_EQ(infos.size(), 1U);
    EXPECT_EQ(infos[0].device, "cpu");
    EXPECT_EQ(infos[0].reason.find(kNoDriver), 0U) << infos[0].reason;
}

TEST_F(DeviceTest, TheModelTellsWhatTheDeviceTells) {
    const auto engine = open("auto", noDriver());
    const engine::ModelInfo info = engine->model();
    EXPECT_EQ(info.device, "cpu");
    EXPECT_EQ(info.deviceReason.find(kNoDriver), 0U) << info.deviceReason;
}

TEST_F(DeviceTest, ADemandedDeviceThatIsAbsentFailsTheRequest) {
    const auto engine = open("cuda", noDriver());
    EXPECT_EQ(tests::codeOf([&] { (void)engine->model(); }), Code::NoDevice);
    const auto failures = askedForDevice(*engine).of<Failed>();
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].code, Code::NoDevice);
    EXPECT_NE(failures[0].message.find(kNoDriver), std::string::npos) << failures[0].message;
}

TEST_F(DeviceTest, ABookIsReadOnTheDeviceAndGoesOnElsewhere) {
    {
        const auto engine = open("cuda", fakes());
        EXPECT_EQ(engine->model().device, "cuda:0");
        EXPECT_EQ(engine->model().deviceReason, kFake);
        read(*engine);
        const auto documents = engine->documents();
        ASSERT_EQ(documents.size(), 1U);
        EXPECT_GT(documents[0].tokensRead, 128);
        const auto snapshots = engine->snapshots(documents[0].id);
        ASSERT_FALSE(snapshots.empty());
        for (const engine::SnapshotInfo& snapshot : snapshots)
            EXPECT_EQ(snapshot.device, "cuda:0");
    }
    const auto engine = open("cpu", fakes());
    const Events events = read(*engine);
    bool isTold = false;
    for (const Notice& notice : events.of<Notice>())
        isTold = isTold ||
                 notice.utf8.find("was made with bf16 on cuda:0, 1 thread, and goes on with bf16 "
                                  "on cpu, 1 thread:") != std::string::npos;
    EXPECT_TRUE(isTold);
}

TEST_F(DeviceTest, TrainingComputesOnTheDeviceAsLongAsItHasRoom) {
    const auto engine = open("cuda", fakes());
    tests::GgufFile narrow = tests::tinyModel(1); // the emulation takes its time
    narrow.set("llama.context_length", 512U);
    m_folder.write("tiny.gguf", narrow.bytes());
    engine::AdaptRequest request;
    for (const char* const name : {"a.txt", "b.txt"})
        request.texts.push_back(
            m_folder.write(name, name + tests::pageText(1, 150) + tests::pageText(2, 6000)));
    request.output = m_folder.file("adapter.safetensors");
    request.steps = 1;
    request.gatesOnly = true;
    Events events;
    engine->adapt(request, events.sink()).wait();
    const auto lines = events.of<engine::Training>();
    EXPECT_TRUE(std::ranges::any_of(lines, [](const engine::Training& told) {
        return told.line.find(", on cuda:0") != std::string::npos;
    }));
    for (const Failed& failure : events.of<Failed>())
        ADD_FAILURE() << failure.message;
    EXPECT_TRUE(std::filesystem::exists(request.output));
    request.output = m_folder.file("other.safetensors");
    Events starved;
    engine
        ->adapt(request,
                [&](const engine::Event& event) {
                    behave("", "no memory");
                    starved.all.push_back(event);
                })
        .wait();
    const auto failures = starved.of<Failed>();
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].code, Code::NoMemory);
    EXPECT_NE(failures[0].message.find("--resume"), std::string::npos) << failures[0].message;
    EXPECT_EQ(failures[0].message.find("segment"), std::string::npos) << failures[0].message;
}

TEST_F(DeviceTest, AModelThatFindsNoRoomIsReadOnTheProcessor) {
    behave("", "20000");
    const auto engine = open("auto", fakes());
    const engine::ModelInfo info = engine->model();
    EXPECT_EQ(info.device, "cpu");
    EXPECT_NE(info.deviceReason.find("has no room for the weights"), std::string::npos)
        << info.deviceReason;
    read(*engine);
    EXPECT_EQ(tests::codeOf([&] { (void)open("cuda", fakes())->model(); }), Code::NoMemory);
}

TEST_F(DeviceTest, AModelThatFindsNoRoomKeepsNoOtherFromTheDevice) {
    behave("", "20000");
    const auto engine = open("auto", fakes());
    EXPECT_EQ(engine->model().device, "cpu");
    behave("", "");
    Events chosen;
    engine->useModel({m_folder.file("tiny.gguf"), ""}, chosen.sink()).wait();
    const auto infos = chosen.of<engine::ModelInfo>();
    ASSERT_EQ(infos.size(), 1U);
    EXPECT_EQ(infos[0].device, "cuda:0");
    EXPECT_EQ(infos[0].deviceReason, kFake);
    EXPECT_EQ(engine->model().device, "cuda:0");
    read(*engine);
    const auto snapshots = engine->snapshots(engine->documents().at(0).id);
    ASSERT_FALSE(snapshots.empty());
    for (const engine::SnapshotInfo& snapshot : snapshots)
        EXPECT_EQ(snapshot.device, "cuda:0");
}

} // namespace
