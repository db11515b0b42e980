#include "engine/model/prompt_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "engine/model/adapter_file.h"
#include "engine/model/gguf.h"
#include "engine/model/sha256.h"
#include "tests/support/tiny_adapter.h"
#include "tests/support/tiny_model.h"
#include "tests/support/tiny_prompt.h"
#include "tests/unit/model/refusal.h"

namespace engine::model {
namespace {

using tests::expectRefused;
using tests::SafetensorsFile;

const Weights& tinyWeights() {
    static const std::shared_ptr<const Weights> weights = [] {
        const std::string bytes = tests::tinyModelBytes(1);
        return Weights::load(*Gguf::parse(bytes, "m.gguf"), Dtype::BFloat16);
    }();
    return *weights;
}

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

std::string& field(SafetensorsFile& file, const std::string& name) {
    for (auto& [key, value] : file.metadata) {
        if (key == name) {
            return value;
        }
    }
    throw std::out_of_range("no field " + name);
}

void expectValues(const at::Tensor& found, SafetensorsFile file, const std::string& name) {
    const auto& stored = file.tensor(name);
    EXPECT_EQ(found.scalar_type(), at::kFloat) << name;
    EXPECT_EQ(found.sizes().vec(), stored.shape) << name;
    ASSERT_EQ(found.nbytes(), stored.data.size()) << name;
    EXPECT_EQ(std::memcmp(found.const_data_ptr(), stored.data.data(), found.nbytes()), 0) << name;
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
    const std::string one(64, 'a'), two(64, 'b');
    Sha256 hash;
    hash.add(one + "\n" + two + "\n");
    field(file, "data_sha256") = hash.digest();
    file.metadata.emplace_back("texts", one + " " + two);
    EXPECT_EQ(parse(file)->prompt.texts, (std::vector<std::string>{one, two}));
    field(file, "texts") = two + " " + one;
    refused(file, {"field texts", "data_sha256"});
}

TEST(PromptFile, WidensLowRankTensorsInBf16) {
    SafetensorsFile file = sound();
    auto& tensor = file.tensor("q_down");
    tensor.dtype = "BF16";
    std::string narrow;
    for (std::size_t i = 0; i < tensor.data.size(); i += 4) {
        narrow += tensor.data.substr(i + 2, 2);
        tensor.data[i] = tensor.data[i + 1] = '\0';
    }
    const std::string wide = tensor.data;
    tensor.data = narrow;
    const at::Tensor found = parse(file)->prompt.query.down;
    ASSERT_EQ(found.nbytes(), wide.size());
    EXPECT_EQ(std::memcmp(found.const_data_ptr(), wide.data(), wide.size()), 0);
}

TEST(PromptFile, RefusesAnotherBaseAndAnotherKind) {
    SafetensorsFile file = sound();
    field(file, "base_sha256") = std::string(64, 'a');
    refused(file, {"base_sha256", std::string(64, 'a'), tinyWeights().sha256, "tiny"});
    refused(tests::tinyAdapter(1, tinyWeights().sha256), {"field format", "infolio-adapter"});
    const std::string bytes = sound().bytes();
    expectRefused([&] { AdapterFile::parse(bytes, "p.safetensors", tinyWeights()); },
                  {"field format", "infolio-prompt", "infolio-adapter"});
}

TEST(PromptFile, RefusesMissingFields) {
    const SafetensorsFile whole = sound();
    for (const auto& entry : whole.metadata) {
        SafetensorsFile file = whole;
        std::erase_if(file.metadata, [&](const auto& other) { return other.first == entry.first; });
        refused(file, {"field " + entry.first, "missing"});
        file = whole;
        field(file, entry.first) = "";
        refused(file, {"field " + entry.first});
    }
}

TEST(PromptFile, RefusesFieldsOutOfRange) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> bad{
        {"format", {"pt", "infolio-adapter"}},
        {"version", {"2", "0", "1.0"}},
        {"method", {"RMT", "infini-linear", "xl", "rmt "}},
        {"base_sha256", {"abc", std::string(64, 'A'), std::string(65, 'a')}},
        {"base_name", {std::string(4097, 'n')}},
        {"L", {"3", "2 ", "two"}},
        {"E", {"31"}},
        {"H", {"8"}},
        {"G", {"4"}},
        {"d", {"16"}},
        {"p", {"0", "-3", "1025", "3.5", "0x3", " 3", "99999999999999999999"}},
        {"segment", {"0", "-64", "65", "4096", "1e3"}},
        {"rank", {"0", "2000", "x"}},
        {"alpha", {"0", "-1", "nan", "inf", "1e9"}},
        {"engine", {std::string(4097, 'n')}},
        {"data_sha256", {"none", std::string(64, 'g')}},
        {"steps", {"-1", "1.5"}},
        {"seed", {"-1", "18446744073709551615"}},
        {"ppl_memory", {"0.5", "nan", "inf", "1e10"}},
        {"ppl_zeroed", {"0.5", "-nan"}},
        {"passkey", {std::string(4097, 'n')}},
        {"license", {std::string(4097, 'n')}},
    };
    EXPECT_EQ(bad.size(), sound().metadata.size());
    for (const auto& [name, values] : bad) {
        for (const std::string& value : values) {
            SCOPED_TRACE(name + " = " + value);
            SafetensorsFile file = sound();
            field(file, name) = value;
            refused(file, {"field " + name});
        }
    }
    SafetensorsFile file = sound();
    field(file, "p") = "4";
    refused(file, {"tensor vectors", "3 x 32", "4 x 32"});
    file = sound();
    field(file, "rank") = "3";
    refused(file, {"tensor q_down", "2 x 4 x 32", "2 x 3 x 32"});
}

TEST(PromptFile, RefusesTensorsMissingUnknownOrOtherwise) {
    const SafetensorsFile whole = sound();
    for (const auto& tensor : whole.tensors) {
        SafetensorsFile file = whole;
        file.erase(tensor.name);
        refused(file, {"tensor " + tensor.name, "missing"});
        file = whole;
        file.tensor(tensor.name).shape.insert(file.tensor(tensor.name).shape.begin(), 1);
        refused(file, {"tensor " + tensor.name, "1 x "});
        file = whole;
        auto& narrow = file.tensor(tensor.name);
        narrow.dtype = "F16";
        narrow.data.resize(narrow.data.size() / 2);
        refused(file, {"type of tensor " + tensor.name, "F16", "F32"});
        file = whole;
        const float bad = std::numeric_limits<float>::quiet_NaN();
        std::memcpy(file.tensor(tensor.name).data.data() + 4, &bad, sizeof bad);
        refused(file, {"a value of tensor " + tensor.name, "not finite"});
    }
    SafetensorsFile file = whole;
    auto& vectors = file.tensor("vectors");
    vectors.dtype = "BF16";
    vectors.data.resize(vectors.data.size() / 2);
    refused(file, {"type of tensor vectors", "BF16", "F32"});
    file = whole;
    file.add("o_up", {1}, {0});
    refused(file, {"tensor o_up", "present", "a prompt"});
    file = whole;
    file.headerLength = 5;
    refused(file, {"the header"});
    const std::string bytes = whole.bytes();
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
