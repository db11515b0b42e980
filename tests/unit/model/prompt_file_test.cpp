#include "engine/model/prompt_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "engine/model/adapter_file.h"
#include "tests/support/tiny_adapter.h"
#include "tests/support/tiny_prompt.h"
#include "tests/unit/model/trained_file.h"

namespace engine::model {
namespace {

using tests::expectRefused;
using tests::expectValues;
using tests::field;
using tests::SafetensorsFile;
using tests::tinyWeights;

SafetensorsFile sound(const std::string& method = "rmt") {
    return tests::tinyPrompt(1, method, tinyWeights().sha256);
}

std::shared_ptr<const PromptFile> parse(const SafetensorsFile& file) {
    return PromptFile::parse(file.bytes(), "p.safetensors", tinyWeights());
}

void refused(const SafetensorsFile& file, std::vector<std::string> parts) {
    parts.push_back("p.safetensors");
    expectRefused([&] { parse(file); }, parts);
}

TEST(PromptFile, GivesFieldsAndTensors) {
    const SafetensorsFile file = sound();
    const auto found = parse(file);
    EXPECT_EQ(found->prompt.method, Mode::Rmt);
    EXPECT_EQ(parse(sound("autocompressor"))->prompt.method, Mode::Autocompressor);
    EXPECT_EQ(found->prompt.count(), 3);
    EXPECT_EQ(found->prompt.deltaScale, 2.0);
    EXPECT_EQ(found->prompt.sha256.size(), 64u);
    EXPECT_EQ(found->rank, 4);
    EXPECT_EQ(found->alpha, 8.0);
    EXPECT_EQ(found->segmentTokens, 1024);
    EXPECT_EQ(found->steps, 200);
    EXPECT_EQ(found->seed, 7);
    EXPECT_EQ(found->perplexityWithMemory, 20.5);
    EXPECT_EQ(found->perplexityZeroed, 21.25);
    EXPECT_EQ(found->baseName, "tiny");
    EXPECT_EQ(found->engineVersion, "0.1.0");
    EXPECT_EQ(found->dataSha256, std::string(64, 'd'));
    EXPECT_EQ(found->passkey, "30/32 at 2");
    EXPECT_EQ(found->license, "Apache-2.0");
    expectValues(found->prompt.vectors, file, "vectors");
    expectValues(found->prompt.outputNorm, file, "output_norm");
    expectValues(found->prompt.query.down, file, "q_down");
    expectValues(found->prompt.query.up, file, "q_up");
    expectValues(found->prompt.key.down, file, "k_down");
    expectValues(found->prompt.key.up, file, "k_up");
    expectValues(found->prompt.value.down, file, "v_down");
    expectValues(found->prompt.value.up, file, "v_up");
    EXPECT_NE(parse(sound("autocompressor"))->prompt.sha256, found->prompt.sha256);
}

TEST(PromptFile, TellsWhatItWasTrainedOn) {
    SafetensorsFile file = sound();
    EXPECT_TRUE(parse(file)->prompt.texts.empty());
    const std::vector<std::string> texts = tests::addTexts(file);
    EXPECT_EQ(parse(file)->prompt.texts, texts);
    tests::expectTextsRefused(sound(), refused);
}

TEST(PromptFile, WidensLowRankTensorsInBf16) {
    tests::expectWidened(sound(), "q_down",
                         [](const auto& file) { return parse(file)->prompt.query.down; });
}

TEST(PromptFile, RefusesAnotherBaseAndAnotherKind) {
    tests::expectAnotherBaseRefused(sound(), refused);
    refused(tests::tinyAdapter(1, tinyWeights().sha256), {"field format", "infolio-adapter"});
    const std::string bytes = sound().bytes();
    expectRefused([&] { AdapterFile::parse(bytes, "p.safetensors", tinyWeights()); },
                  {"field format", "infolio-prompt", "infolio-adapter"});
}

TEST(PromptFile, RefusesMissingFields) {
    tests::expectEveryFieldRequired(sound(), refused);
}

TEST(PromptFile, RefusesFieldsOutOfRange) {
    tests::expectFieldsRefused(
        sound(),
        {{"format", {"pt", "infolio-adapter"}},
         {"version", {"1", "0", "2.0"}},
         {"method", {"RMT", "infini-linear", "xl", "rmt "}},
         {"p", {"0", "-3", "1025", "3.5", "0x3", " 3", "99999999999999999999"}}},
        refused);
    SafetensorsFile file = sound();
    field(file, "p") = "4";
    refused(file, {"tensor vectors", "3 x 32", "4 x 32"});
    file = sound();
    field(file, "rank") = "3";
    refused(file, {"tensor q_down", "2 x 4 x 32", "2 x 3 x 32"});
}

TEST(PromptFile, RefusesTensorsMissingUnknownOrOtherwise) {
    tests::expectTensorsRefused(sound(), std::numeric_limits<float>::quiet_NaN(), "vectors",
                                refused);
    SafetensorsFile file = sound();
    file.add("o_up", {1}, {0});
    refused(file, {"tensor o_up", "present", "a prompt"});
    const std::string bytes = sound().bytes();
    for (std::size_t length = 1; length < bytes.size(); length += 61) {
        expectRefused(
            [&] { PromptFile::parse(bytes.substr(0, length), "p.safetensors", tinyWeights()); },
            {"p.safetensors"});
    }
}

TEST(PromptFile, IsLoadedFromDiskAndKnownAmongOthers) {
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() /
        ("infolio-prompt-" + std::to_string(getpid()) + ".safetensors");
    for (const bool isLoaded : {true, false}) {
        try {
            isLoaded ? void(PromptFile::load(path, tinyWeights())) : void(PromptFile::isOne(path));
            FAIL();
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Code::FileMissing);
        }
    }
    const auto write = [&](const std::string& bytes) {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    };
    write(sound().bytes());
    EXPECT_TRUE(PromptFile::isOne(path));
    EXPECT_EQ(PromptFile::load(path, tinyWeights())->prompt.sha256, parse(sound())->prompt.sha256);
    write(tests::tinyAdapter(1, tinyWeights().sha256).bytes());
    EXPECT_FALSE(PromptFile::isOne(path));
    write("no safetensors");
    expectRefused([&] { PromptFile::isOne(path); }, {"infolio-prompt-"});
    std::filesystem::remove(path);
}

} // namespace
} // namespace engine::model
