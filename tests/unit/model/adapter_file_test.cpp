#include "engine/model/adapter_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "engine/model/gguf.h"
#include "engine/model/sha256.h"
#include "tests/support/tiny_adapter.h"
#include "tests/support/tiny_model.h"
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
    EXPECT_EQ(adapter->rule, "linear");
    EXPECT_EQ(adapter->segmentTokens, 1024);
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
    EXPECT_EQ(adapter->rule, "delta");
    expectValues(adapter->adapter.betaPosition, file, "beta_pos");
    expectValues(adapter->adapter.output.down, file, "o_down");
    expectValues(adapter->adapter.output.up, file, "o_up");
    file.erase("o_up");
    refused(file, {"tensor o_up", "missing", "1 x 32 x 4"});
}

TEST(AdapterFile, WidensLowRankTensorsInBf16) {
    SafetensorsFile file = sound();
    auto& tensor = file.tensor("v_up");
    tensor.dtype = "BF16";
    std::string narrow;
    for (std::size_t i = 0; i < tensor.data.size(); i += 4) {
        narrow += tensor.data.substr(i + 2, 2);
        tensor.data[i] = tensor.data[i + 1] = '\0';
    }
    const std::string wide = tensor.data;
    tensor.data = narrow;
    const at::Tensor found = parse(file)->adapter.value.up;
    ASSERT_EQ(found.nbytes(), wide.size());
    EXPECT_EQ(std::memcmp(found.const_data_ptr(), wide.data(), wide.size()), 0);
}

TEST(AdapterFile, RefusesAnotherBase) {
    SafetensorsFile file = sound();
    field(file, "base_sha256") = std::string(64, 'a');
    refused(file, {"base_sha256", std::string(64, 'a'), tinyWeights().sha256, "tiny"});
}

TEST(AdapterFile, RefusesMissingFields) {
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

TEST(AdapterFile, RefusesFieldsOutOfRange) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> bad{
        {"format", {"pt", "infolio-adapter-prototype"}},
        {"version", {"2", "0", "1.0"}},
        {"base_sha256", {"abc", std::string(64, 'A'), std::string(65, 'a')}},
        {"base_name", {std::string(4097, 'n')}},
        {"L", {"3", "2 ", "two"}},
        {"E", {"31"}},
        {"H", {"8"}},
        {"G", {"4"}},
        {"d", {"16"}},
        {"f", {"0", "-16", "1025", "16.5", "0x10", " 16", "99999999999999999999"}},
        {"layers", {"1", "1-", "-1", "-1-1", "1-0", "1-2", "0,1", "1-1 ", "1-1-1", "a-b"}},
        {"rule", {"Linear", "both"}},
        {"feature_map", {"relu", "elu"}},
        {"segment", {"0", "-64", "65", "4096", "1e3"}},
        {"eps", {"0", "-1e-10", "nan", "inf", "1"}},
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
    field(file, "f") = "8";
    refused(file, {"tensor q_feature", "1 x 4 x 16 x 8", "1 x 4 x 8 x 8"});
    file = sound();
    field(file, "layers") = "0-1";
    refused(file, {"tensor beta", "1 x 4", "2 x 4"});
}

TEST(AdapterFile, TellsWhichTextsItWasTrainedOn) {
    EXPECT_TRUE(parse(sound())->adapter.texts.empty());
    const std::string one(64, '1'), two(64, '2');
    Sha256 covered;
    covered.add(one + "\n" + two + "\n");
    SafetensorsFile file = sound();
    field(file, "data_sha256") = covered.digest();
    file.metadata.emplace_back("texts", one + " " + two);
    EXPECT_EQ(parse(file)->adapter.texts, (std::vector<std::string>{one, two}));
    for (const std::string& texts : {one, two + " " + one, one + two, std::string(), one + " "}) {
        field(file, "texts") = texts;
        refused(file, {"field texts", "data_sha256"});
    }
}

TEST(AdapterFile, RefusesTensorsMissingUnknownOrOtherwise) {
    const SafetensorsFile whole = sound();
    for (const auto& tensor : whole.tensors) {
        SafetensorsFile file = whole;
        file.erase(tensor.name);
        refused(file, {"tensor " + tensor.name, "missing"});
        file = whole;
        file.tensor(tensor.name).shape.insert(file.tensor(tensor.name).shape.begin(), 1);
        if (file.tensor(tensor.name).shape.size() <= 4) {
            refused(file, {"tensor " + tensor.name, "1 x 1 x "});
        }
        file = whole;
        auto& narrow = file.tensor(tensor.name);
        narrow.dtype = "F16";
        narrow.data.resize(narrow.data.size() / 2);
        refused(file, {"type of tensor " + tensor.name, "F16", "F32"});
        file = whole;
        const float bad = std::numeric_limits<float>::infinity();
        std::memcpy(file.tensor(tensor.name).data.data() + 4, &bad, sizeof bad);
        refused(file, {"a value of tensor " + tensor.name, "not finite"});
    }
    SafetensorsFile file = whole;
    auto& beta = file.tensor("beta");
    beta.dtype = "BF16";
    beta.data.resize(beta.data.size() / 2);
    refused(file, {"type of tensor beta", "BF16", "F32"});
    file = whole;
    file.add("gate", {1}, {0});
    refused(file, {"tensor gate", "present"});
    file = whole;
    file.headerLength = 5;
    refused(file, {"the header"});
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
