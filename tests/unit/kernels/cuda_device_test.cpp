// Opening a CUDA device: every reason for staying on the CPU, said by a fake driver or plugin.

#include "engine/kernels/cuda_device.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace engine::kernels {

namespace {

class CudaOpeningTest : public testing::Test {
protected:
    void SetUp() override { behave("", ""); }
    void TearDown() override { behave("", ""); }

    static void behave(const char* driver, const char* plugin) {
        setenv("INFOLIO_FAKE_DRIVER", driver, 1);
        setenv("INFOLIO_FAKE_PLUGIN", plugin, 1);
    }

    static CudaLibraries fakes() {
        return {FAKE_DRIVER, {"/nowhere/libinfolio_cuda.so", FAKE_PLUGIN}};
    }

    static std::string reason(const CudaLibraries& libraries, int number = 0) {
        const CudaOpening opening = CudaDevice::open(libraries, number);
        EXPECT_EQ(opening.device == nullptr, !opening.reason.empty());
        return opening.reason;
    }

    static std::string reasonWith(const char* driver, const char* plugin) {
        behave(driver, plugin);
        return reason(fakes());
    }
};

TEST_F(CudaOpeningTest, ADeviceThatComputesWhatTheProcessorComputesIsUsed) {
    const CudaOpening opening = CudaDevice::open(fakes());
    ASSERT_NE(opening.device, nullptr) << opening.reason;
    EXPECT_EQ(opening.device->name(), "Fake device, compute capability 9.0");
    EXPECT_EQ(opening.device->number(), 0);
    EXPECT_EQ(opening.device->table().version, kInfolioCudaVersion);
}

TEST_F(CudaOpeningTest, NoDriver) {
    CudaLibraries libraries = fakes();
    libraries.driver = "libinfolio_no_such_driver.so.1";
    const std::string said = reason(libraries);
    EXPECT_EQ(said.find("there is no NVIDIA driver on this machine ("), 0u) << said;
    EXPECT_NE(said.find(libraries.driver), std::string::npos) << said;
}

TEST_F(CudaOpeningTest, ALibraryThatIsNoDriver) {
    CudaLibraries libraries = fakes();
    libraries.driver = FAKE_PLUGIN;
    EXPECT_EQ(reason(libraries),
              std::string("the NVIDIA driver ") + FAKE_PLUGIN + " is incomplete; install it again");
}

TEST_F(CudaOpeningTest, NoDevice) {
    EXPECT_EQ(reasonWith("no device", ""), "the NVIDIA driver finds no device");
    EXPECT_EQ(reasonWith("none counted", ""), "the NVIDIA driver finds no device");
}

TEST_F(CudaOpeningTest, ADriverThatDoesNotStart) {
    EXPECT_EQ(reasonWith("broken", ""), "the NVIDIA driver does not start (error 999); restart the "
                                        "machine or install the driver again");
}

TEST_F(CudaOpeningTest, ADeviceThatIsNotThere) {
    EXPECT_EQ(reason(fakes(), 3), "there is no device 3; the driver counts 1, from 0");
    EXPECT_EQ(reason(fakes(), -1), "there is no device -1; the driver counts 1, from 0");
}

TEST_F(CudaOpeningTest, ADeviceThatDoesNotAnswer) {
    EXPECT_EQ(reasonWith("silent", ""), "the NVIDIA driver does not answer for device 0");
}

TEST_F(CudaOpeningTest, ADeviceThatIsTooOld) {
    EXPECT_EQ(reasonWith("old", ""),
              "Fake device, compute capability 7.0, is too old; 8.0 or later is needed");
}

TEST_F(CudaOpeningTest, NoPlugin) {
    CudaLibraries libraries = fakes();
    libraries.plugins = {"/nowhere/a.so", "/nowhere/b.so"};
    EXPECT_EQ(reason(libraries),
              "the CUDA kernels are not installed (looked for /nowhere/a.so, /nowhere/b.so)");
}

TEST_F(CudaOpeningTest, APluginThatCannotBeLoaded) {
    CudaLibraries libraries = fakes();
    libraries.plugins = {TEST_SOURCES "/CMakeLists.txt"};
    EXPECT_EQ(reason(libraries).find("the CUDA kernels cannot be loaded ("), 0u);
}

TEST_F(CudaOpeningTest, ALibraryThatIsNoPlugin) {
    CudaLibraries libraries = fakes();
    libraries.plugins = {FAKE_DRIVER};
    EXPECT_EQ(reason(libraries), std::string(FAKE_DRIVER) +
                                     " is no library of Infolio's CUDA kernels; install it again");
}

TEST_F(CudaOpeningTest, APluginOfAnotherVersion) {
    for (const char* const how : {"other version", "other size"}) {
        const std::string said = reasonWith("", how);
        EXPECT_NE(said.find("belongs to another version of Infolio"), std::string::npos) << said;
        EXPECT_NE(said.find("install both from the same release"), std::string::npos) << said;
    }
}

TEST_F(CudaOpeningTest, KernelsThatDoNotRun) {
    const std::string before =
        "the CUDA kernels do not work on Fake device, compute capability 9.0: ";
    EXPECT_EQ(reasonWith("", "old driver"),
              before + "CUDA driver version is insufficient for CUDA runtime version");
    EXPECT_EQ(reasonWith("", "no memory"), before + "out of memory");
}

TEST_F(CudaOpeningTest, KernelsThatComputeSomethingElse) {
    for (const char* const how : {"wrong attention", "wrong delta"}) {
        const std::string said = reasonWith("", how);
        EXPECT_NE(said.find("results differ from the processor's by"), std::string::npos) << said;
    }
    EXPECT_NE(reasonWith("", "wrong gate").find("results of norm or gate differ"),
              std::string::npos);
}

TEST_F(CudaOpeningTest, ThePluginIsLookedForBesideTheProgram) {
    const auto plugins = CudaLibraries::standard().plugins;
    ASSERT_EQ(plugins.size(), 3u);
    EXPECT_EQ(plugins[0], TEST_BINARIES "/libinfolio_cuda.so");
    const auto build = std::filesystem::path(TEST_BINARIES).parent_path();
    EXPECT_EQ(plugins[1], build / "lib/libinfolio_cuda.so");
    EXPECT_EQ(plugins[2], build / "lib/infolio/libinfolio_cuda.so");
}

} // namespace

} // namespace engine::kernels
