#include "engine/model/safetensors.h"

#include <gtest/gtest.h>

#include "tests/support/safetensors_writer.h"
#include "tests/unit/model/refusal.h"

namespace engine::model {
namespace {

using tests::expectRefused;
using tests::SafetensorsFile;

SafetensorsFile sound() {
    SafetensorsFile file;
    file.metadata = {{"format", "pt"}};
    file.add("first", {2, 3}, {1, 2, 3, 4, 5, 6});
    file.add("second", {3}, {7, 8, 9});
    return file;
}

void refused(const SafetensorsFile& file, std::vector<std::string> parts) {
    const std::string bytes = file.bytes();
    parts.push_back("m.safetensors");
    expectRefused([&] { readSafetensors(bytes, "m.safetensors"); }, parts);
}

/// A file of one tensor, described by `description`, with `bytes` bytes of data.
void refusedTensor(const std::string& description, std::size_t bytes,
                   const std::vector<std::string>& parts) {
    SafetensorsFile file;
    file.add("t", {1}, {0});
    file.tensors[0].data.resize(bytes);
    file.header = "{\"t\":" + description + "}";
    refused(file, parts);
}

TEST(Safetensors, GivesTensorsAndMetadata) {
    SafetensorsFile file = sound();
    file.tensors[1].dtype = "BF16";
    file.tensors[1].data.resize(6);
    const std::string bytes = file.bytes();
    const Safetensors read = readSafetensors(bytes, "m.safetensors");
    EXPECT_EQ(read.metadata, (std::map<std::string, std::string>{{"format", "pt"}}));
    ASSERT_EQ(read.tensors.size(), 2u);
    EXPECT_EQ(read.tensors[0].name, "first");
    EXPECT_EQ(read.tensors[0].type, TensorType::F32);
    EXPECT_EQ(read.tensors[0].shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(
        std::string(reinterpret_cast<const char*>(read.tensors[0].data), read.tensors[0].bytes),
        file.tensors[0].data);
    EXPECT_EQ(read.tensors[1].type, TensorType::BF16);
    EXPECT_EQ(
        std::string(reinterpret_cast<const char*>(read.tensors[1].data), read.tensors[1].bytes),
        file.tensors[1].data);
}

TEST(Safetensors, TakesSpacesBehindTheHeaderAndTensorsInAnyOrder) {
    SafetensorsFile file = sound();
    file.tensors[0].range = {{12, 36}};
    file.tensors[1].range = {{0, 12}};
    file.header = file.description() + "     ";
    const std::string bytes = file.bytes();
    const Safetensors read = readSafetensors(bytes, "m.safetensors");
    ASSERT_EQ(read.tensors.size(), 2u);
    EXPECT_EQ(read.tensors[0].name, "second");
    EXPECT_EQ(read.tensors[1].data - read.tensors[0].data, 12);
    file = {};
    const std::string none = file.bytes();
    EXPECT_TRUE(readSafetensors(none, "m.safetensors").tensors.empty());
}

TEST(Safetensors, RefusesABadHeader) {
    expectRefused([] { readSafetensors("1234567", "m.safetensors"); }, {"the file", "7 bytes"});
    SafetensorsFile file = sound();
    file.headerLength = file.bytes().size() - 7;
    refused(file, {"length of the header", "at most " + std::to_string(file.bytes().size() - 8)});
    file.headerLength = UINT64_MAX;
    refused(file, {"length of the header", "18446744073709551615"});
    std::string large = tests::SafetensorsFile().bytes();
    large.resize(100'000'100);
    const std::uint64_t length = 100'000'001;
    large.replace(0, 8, reinterpret_cast<const char*>(&length), 8);
    expectRefused([&] { readSafetensors(large, "m.safetensors"); },
                  {"length of the header", "100000001", "at most 100000000"});
    file = sound();
    for (const std::string header :
         {"", "{", "{\"a\":}", "{\"\xff\":1}", "{} x", "[1,2", "{\"a\":1,}", "nul"}) {
        file.header = header;
        refused(file, {"the header", "JSON"});
    }
    file.header = "[1]";
    refused(file, {"the header", "JSON array", "JSON object"});
    file.header = std::string(20, '[');
    refused(file, {"the header", "deeper than 16"});
}

TEST(Safetensors, RefusesKeysGivenTwice) {
    SafetensorsFile file = sound();
    file.tensors[1].name = "first";
    refused(file, {"\"first\"", "given twice"});
    refusedTensor(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"dtype":"F32"})", 4,
                  {"\"dtype\"", "given twice"});
    file = sound();
    file.metadata = {{"a", "1"}, {"a", "1"}};
    refused(file, {"\"a\"", "given twice"});
}

TEST(Safetensors, RefusesMetadataThatIsNotText) {
    SafetensorsFile file;
    file.header = R"({"__metadata__":[]})";
    refused(file, {"__metadata__", "JSON array", "an object of strings"});
    file.header = R"({"__metadata__":{"rank":16}})";
    refused(file, {"\"rank\" of __metadata__", "16", "a string"});
}

TEST(Safetensors, RefusesTensorsDescribedOtherwise) {
    for (const char* description : {"1", "[]", "{}", R"({"dtype":"F32","shape":[1]})",
                                    R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1})",
                                    R"({"type":"F32","shape":[1],"data_offsets":[0,4]})"}) {
        refusedTensor(description, 4, {"tensor t", "dtype, shape and data_offsets"});
    }
    SafetensorsFile file = sound();
    file.tensors[0].name = "";
    refused(file, {"the name of a tensor", "0 bytes"});
    file.tensors[0].name = std::string(1025, 'n');
    refused(file, {"the name of a tensor", "1025 bytes"});
}

TEST(Safetensors, RefusesOtherTypesByName) {
    for (const char* type : {"F64", "I8", "U8", "I64", "BOOL", "F8_E4M3", "f32", ""}) {
        SafetensorsFile file = sound();
        file.tensors[1].dtype = type;
        refused(file, {"type of tensor second", type, "F32, F16 or BF16"});
    }
    refusedTensor(R"({"dtype":7,"shape":[1],"data_offsets":[0,4]})", 4, {"type of tensor t", "7"});
}

TEST(Safetensors, RefusesBadShapes) {
    const auto shape = [](const std::string& text, const std::vector<std::string>& parts) {
        refusedTensor(R"({"dtype":"F32","shape":)" + text + R"(,"data_offsets":[0,4]})", 4, parts);
    };
    shape("1", {"shape of tensor t", "1 to 4 dimensions"});
    shape("[]", {"shape of tensor t", "0 dimensions"});
    shape("[1,1,1,1,1]", {"shape of tensor t", "5 dimensions"});
    shape("[0]", {"a dimension of tensor t", "0"});
    shape("[-1]", {"a dimension of tensor t", "-1"});
    shape("[1.0]", {"a dimension of tensor t", "1.0"});
    shape("[\"1\"]", {"a dimension of tensor t"});
    shape("[18446744073709551615]", {"a dimension of tensor t", "18446744073709551615"});
    shape("[4294967296,4294967296]", {"a dimension of tensor t", "4294967296"});
    shape("[2147483648,2147483648]", {"a dimension of tensor t"});
    shape("[99999999999999999999999]", {"a dimension of tensor t"});
}

TEST(Safetensors, RefusesBadRanges) {
    const auto range = [](const std::string& text, const std::vector<std::string>& parts) {
        refusedTensor(R"({"dtype":"F32","shape":[1],"data_offsets":)" + text + "}", 8, parts);
    };
    range("4", {"place of tensor t", "two offsets"});
    range("[0]", {"place of tensor t", "two offsets"});
    range("[0,4,8]", {"place of tensor t", "two offsets"});
    range("[-4,0]", {"place of tensor t", "two offsets"});
    range("[0,4.0]", {"place of tensor t", "two offsets"});
    range("[4,0]", {"place of tensor t", "4 to 0", "8 bytes of data"});
    range("[8,12]", {"place of tensor t", "8 to 12", "8 bytes of data"});
    range("[0,18446744073709551615]", {"place of tensor t", "8 bytes of data"});
    range("[0,8]", {"tensor t", "8 bytes", "4, shape times type"});
    range("[0,2]", {"tensor t", "2 bytes", "4, shape times type"});
}

TEST(Safetensors, RefusesHolesOverlapsAndBytesLeftOver) {
    SafetensorsFile file = sound();
    file.tensors[1].range = {{20, 32}};
    refused(file, {"offset of tensor second", "20", "24"});
    file = sound();
    file.tensors[1].data += "pads";
    file.tensors[1].range = {{28, 40}};
    refused(file, {"offset of tensor second", "28", "24"});
    file = sound();
    file.tensors[0].range = {{12, 36}};
    file.tensors[1].range = {{12, 24}};
    refused(file, {"offset of tensor", "12", "0"});
    file = sound();
    file.tensors[1].data += "more";
    file.tensors[1].range = {{24, 36}};
    refused(file, {"the data", "40 bytes", "36"});
}

TEST(Safetensors, RefusesEveryTruncation) {
    const std::string bytes = sound().bytes();
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        const std::string cut = bytes.substr(0, length);
        EXPECT_THROW(readSafetensors(cut, "m.safetensors"), Error) << length;
    }
}

TEST(Safetensors, RefusesMoreTensorsThanAModelCanHave) {
    SafetensorsFile file;
    std::string header = "{";
    for (int i = 0; i <= 65536; ++i) {
        header += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
    }
    file.header = header + "}";
    refused(file, {"the number of tensors", "65537", "65536"});
}

} // namespace
} // namespace engine::model
