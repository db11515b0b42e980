#include "engine/model/adapter_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "tests/support/tiny_adapter.h"
#include "tests/unit/model/trained_file.h"

namespace engine::model {
namespace {

using tests::expectRefused;
using tests::expectValues;
using tests::field;
using tests::SafetensorsFile;
using tests::tinyWeights;

SafetensorsFile sound() {
    return tests::tinyAdapter(1, tinyWeights().sha256);
}

std::shared_ptr<const AdapterFile> parse(const SafetensorsFile& file) {
    return AdapterFile::parse(file.bytes(), "a.safetensors", tinyWeights());
}

void refused(const SafetensorsFile& file, std::vector<std::string> parts) {
    parts.push_back("a.safetensors");
    expectRefused([&] { parse(file); }, parts);
}

TEST(AdapterFile, GivesFieldsAndTensors) {
    const SafetensorsFile file = sound();
    const auto adapter = parse(file);
    EXPECT_EQ(adapter->adapter.firstLayer, 1);
    EXPECT_EQ(adapter->adapter.lastLayer, 1);
    EXPECT_EQ(adapter->adapter.features, 16);
    EXPECT_EQ(adapter->adapter.epsilon, 1e-10);
    EXPECT_EQ(adapter->adapter.sha256.size(), 64u);
    EXPECT_EQ(adapter->rank, 4);
    EXPECT_EQ(adapter->alpha, 8.0);
    EXPECT_EQ(adapter->adapter.rule, "linear");
    EXPECT_EQ(adapter->adapter.segmentTokens, 1024);
    EXPECT_EQ(adapter->steps, 200);
    EXPECT_EQ(adapter->seed, 7);
    EXPECT_EQ(adapter->perplexityWithMemory, 20.5);
    EXPECT_EQ(adapter->perplexityZeroed, 21.25);
    EXPECT_EQ(adapter->baseName, "tiny");
    EXPECT_EQ(adapter->engineVersion, "0.1.0");
    EXPECT_EQ(adapter->dataSha256, std::string(64, 'd'));
    EXPECT_EQ(adapter->passkey, "32/32 at 131072");
    EXPECT_EQ(adapter->license, "Apache-2.0");
    expectValues(adapter->adapter.beta, file, "beta");
    expectValues(adapter->adapter.queryFeature, file, "q_feature");
    expectValues(adapter->adapter.queryBias, file, "q_bias");
    expectValues(adapter->adapter.keyFeature, file, "k_feature");
    expectValues(adapter->adapter.keyBias, file, "k_bias");
    expectValues(adapter->adapter.writeU, file, "write_u");
    expectValues(adapter->adapter.writeC, file, "write_c");
    expectValues(adapter->adapter.query.down, file, "q_down");
    expectValues(adapter->adapter.query.up, file, "q_up");
    expectValues(adapter->adapter.key.down, file, "k_down");
    expectValues(adapter->adapter.key.up, file, "k_up");
    expectValues(adapter->adapter.value.down, file, "v_down");
    expectValues(adapter->adapter.value.up, file, "v_up");
    EXPECT_FALSE(adapter->adapter.betaPosition.defined());
    EXPECT_FALSE(adapter->adapter.output.down.defined());
    EXPECT_NE(parse(tests::tinyAdapter(2, tinyWeights().sha256))->adapter.sha256,
              adapter->adapter.sha256);
}

TEST(AdapterFile, TakesWhatIsOptional) {
    SafetensorsFile file = sound();
    file.add("beta_pos", {1, 4}, {1, 2, 3, 4});
    file.add("o_down", {1, 4, 32}, std::vector<float>(128, 0.5f));
    file.add("o_up", {1, 32, 4}, std::vector<float>(128, 0.25f));
    field(file, "rule") = "delta";
    const auto adapter = parse(file);
    EXPECT_EQ(adapter->adapter.rule, "delta");
    expectValues(adapter->adapter.betaPosition, file, "beta_pos");
    expectValues(adapter->adapter.output.down, file, "o_down");
    expectValues(adapter->adapter.output.up, file, "o_up");
    file.erase("o_up");
    refused(file, {"tensor o_up", "missing", "1 x 32 x 4"});
}

TEST(AdapterFile, WidensLowRankTensorsInBf16) {
    tests::expectWidened(sound(), "v_up",
                         [](const auto& file) { return parse(file)->adapter.value.up; });
}

TEST(AdapterFile, RefusesAnotherBase) {
    tests::expectAnotherBaseRefused(sound(), refused);
}

TEST(AdapterFile, RefusesMissingFields) {
    tests::expectEveryFieldRequired(sound(), refused);
}

TEST(AdapterFile, RefusesFieldsOutOfRange) {
    tests::expectFieldsRefused(
        sound(),
        {{"format", {"pt", "infolio-adapter-prototype"}},
         {"version", {"2", "0", "1.0"}},
         {"f", {"0", "-16", "1025", "16.5", "0x10", " 16", "99999999999999999999"}},
         {"layers", {"1", "1-", "-1", "-1-1", "1-0", "1-2", "0,1", "1-1 ", "1-1-1", "a-b"}},
         {"rule", {"Linear", "both"}},
         {"feature_map", {"relu", "elu"}},
         {"eps", {"0", "-1e-10", "nan", "inf", "1"}}},
        refused);
    SafetensorsFile file = sound();
    field(file, "f") = "8";
    refused(file, {"tensor q_feature", "1 x 4 x 16 x 8", "1 x 4 x 8 x 8"});
    file = sound();
    field(file, "layers") = "0-1";
    refused(file, {"tensor beta", "1 x 4", "2 x 4"});
}

TEST(AdapterFile, TellsWhichTextsItWasTrainedOn) {
    SafetensorsFile file = sound();
    EXPECT_TRUE(parse(file)->adapter.texts.empty());
    const std::vector<std::string> texts = tests::addTexts(file);
    EXPECT_EQ(parse(file)->adapter.texts, texts);
    tests::expectTextsRefused(sound(), refused);
}

TEST(AdapterFile, RefusesTensorsMissingUnknownOrOtherwise) {
    tests::expectTensorsRefused(sound(), std::numeric_limits<float>::infinity(), "beta", refused);
    SafetensorsFile file = sound();
    file.add("gate", {1}, {0});
    refused(file, {"tensor gate", "present"});
}

TEST(AdapterFile, TellsWhichWeightsItIsFor) {
    const std::string path = testing::TempDir() + "adapter_for.safetensors";
    const auto write = [&](const SafetensorsFile& file) {
        std::ofstream(path, std::ios::binary) << file.bytes();
    };
    write(sound());
    EXPECT_TRUE(AdapterFile::isFor(path, tinyWeights()));
    write(tests::tinyAdapter(1, std::string(64, 'e')));
    EXPECT_FALSE(AdapterFile::isFor(path, tinyWeights()));
    std::ofstream(path, std::ios::binary) << "no safetensors";
    EXPECT_THROW(AdapterFile::isFor(path, tinyWeights()), engine::Error);
    EXPECT_THROW(AdapterFile::isFor(path + ".gone", tinyWeights()), engine::Error);
}

TEST(AdapterFile, IsLoadedFromDisk) {
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() /
        ("infolio-adapter-" + std::to_string(getpid()) + ".safetensors");
    try {
        AdapterFile::load(path, tinyWeights());
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::FileMissing);
    }
    const std::string bytes = sound().bytes();
    std::ofstream(path, std::ios::binary) << bytes;
    const auto adapter = AdapterFile::load(path, tinyWeights());
    std::filesystem::remove(path);
    EXPECT_EQ(adapter->adapter.sha256, parse(sound())->adapter.sha256);
    expectValues(adapter->adapter.beta, sound(), "beta");
}

} // namespace
} // namespace engine::model
