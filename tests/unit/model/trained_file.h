#pragma once
/// What the tests of adapter files and of prompt files share: files of the tiny model that can be
/// changed, and what every such file refuses.

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/gguf.h"
#include "engine/model/sha256.h"
#include "engine/model/weights.h"
#include "tests/support/safetensors_writer.h"
#include "tests/support/tiny_model.h"
#include "tests/unit/model/refusal.h"

namespace tests {

inline const engine::model::Weights& tinyWeights() {
    using namespace engine::model;
    static const std::shared_ptr<const Weights> weights = [] {
        const std::string bytes = tinyModelBytes(1);
        return Weights::load(*Gguf::parse(bytes, "m.gguf"), Dtype::BFloat16);
    }();
    return *weights;
}

inline std::string& field(SafetensorsFile& file, const std::string& name) {
    for (auto& [key, value] : file.metadata) {
        if (key == name) {
            return value;
        }
    }
    throw std::out_of_range("no field " + name);
}

inline void expectValues(const at::Tensor& found, SafetensorsFile file, const std::string& name) {
    const auto& stored = file.tensor(name);
    EXPECT_EQ(found.scalar_type(), at::kFloat) << name;
    EXPECT_EQ(found.sizes().vec(), stored.shape) << name;
    ASSERT_EQ(found.nbytes(), stored.data.size()) << name;
    EXPECT_EQ(std::memcmp(found.const_data_ptr(), stored.data.data(), found.nbytes()), 0) << name;
}

/// Stores a tensor in bf16; `found` gives what the file is read as.
inline void expectWidened(SafetensorsFile file, const std::string& name,
                          const std::function<at::Tensor(const SafetensorsFile&)>& found) {
    SafetensorsFile wide = file;
    std::string narrow, &data = wide.tensor(name).data;
    for (std::size_t i = 0; i < data.size(); i += 4) {
        narrow += data.substr(i + 2, 2);
        data[i] = data[i + 1] = '\0';
    }
    file.tensor(name).dtype = "BF16";
    file.tensor(name).data = narrow;
    expectValues(found(file), wide, name);
}

/// Gives the file texts that its data_sha256 covers.
inline std::vector<std::string> addTexts(SafetensorsFile& file) {
    const std::string one(64, '1'), two(64, '2');
    engine::model::Sha256 covered;
    covered.add(one + "\n" + two + "\n");
    field(file, "data_sha256") = covered.digest();
    file.metadata.emplace_back("texts", one + " " + two);
    return {one, two};
}

/// Expects a file to be refused with a sentence that has all parts.
using Refused = std::function<void(const SafetensorsFile&, std::vector<std::string>)>;
/// Of each field of a file, values that it must not have.
using BadFields = std::vector<std::pair<std::string, std::vector<std::string>>>;

inline void expectTextsRefused(SafetensorsFile file, const Refused& refused) {
    const std::vector<std::string> sound = addTexts(file);
    const std::string &one = sound[0], &two = sound[1];
    for (const std::string& texts : {one, two + " " + one, one + two, std::string(), one + " "}) {
        field(file, "texts") = texts;
        refused(file, {"field texts", "data_sha256"});
    }
}

inline void expectAnotherBaseRefused(SafetensorsFile file, const Refused& refused) {
    field(file, "base_sha256") = std::string(64, 'a');
    refused(file, {"base_sha256", std::string(64, 'a'), tinyWeights().sha256, "tiny"});
}

inline void expectEveryFieldRequired(const SafetensorsFile& whole, const Refused& refused) {
    for (const auto& entry : whole.metadata) {
        SafetensorsFile file = whole;
        std::erase_if(file.metadata, [&](const auto& other) { return other.first == entry.first; });
        refused(file, {"field " + entry.first, "missing"});
        file = whole;
        field(file, entry.first) = "";
        refused(file, {"field " + entry.first});
    }
}

/// `own` and the fields that both kinds of files have are to be all fields of `whole`.
inline void expectFieldsRefused(const SafetensorsFile& whole, const BadFields& own,
                                const Refused& refused) {
    BadFields bad{
        {"base_sha256", {"abc", std::string(64, 'A'), std::string(65, 'a')}},
        {"base_name", {std::string(4097, 'n')}},
        {"L", {"3", "2 ", "two"}},
        {"E", {"31"}},
        {"H", {"8"}},
        {"G", {"4"}},
        {"d", {"16"}},
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
    bad.insert(bad.end(), own.begin(), own.end());
    EXPECT_EQ(bad.size(), whole.metadata.size());
    for (const auto& [name, values] : bad) {
        for (const std::string& value : values) {
            SCOPED_TRACE(name + " = " + value);
            SafetensorsFile file = whole;
            field(file, name) = value;
            refused(file, {"field " + name});
        }
    }
}

/// `bad` is not finite; `fp32` names a tensor that must not be in bf16.
inline void expectTensorsRefused(const SafetensorsFile& whole, float bad, const std::string& fp32,
                                 const Refused& refused) {
    for (const auto& tensor : whole.tensors) {
        SafetensorsFile file = whole;
        file.erase(tensor.name);
        refused(file, {"tensor " + tensor.name, "missing"});
        file = whole;
        auto& shape = file.tensor(tensor.name).shape;
        std::string longer = "1";
        for (const std::int64_t length : shape) {
            longer += " x " + std::to_string(length);
        }
        shape.insert(shape.begin(), 1);
        if (shape.size() <= 4) {
            refused(file, {"tensor " + tensor.name, longer});
        }
        file = whole;
        auto& narrow = file.tensor(tensor.name);
        narrow.dtype = "F16";
        narrow.data.resize(narrow.data.size() / 2);
        refused(file, {"type of tensor " + tensor.name, "F16", "F32"});
        file = whole;
        std::memcpy(file.tensor(tensor.name).data.data() + 4, &bad, sizeof bad);
        refused(file, {"a value of tensor " + tensor.name, "not finite"});
    }
    SafetensorsFile file = whole;
    auto& narrow = file.tensor(fp32);
    narrow.dtype = "BF16";
    narrow.data.resize(narrow.data.size() / 2);
    refused(file, {"type of tensor " + fp32, "BF16", "F32"});
    file = whole;
    file.headerLength = 5;
    refused(file, {"the header"});
}

} // namespace tests
