#include "engine/model/gguf.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "engine/model/tokenizer.h"
#include "engine/model/weights.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/tiny_model.h"
#include "tests/unit/model/refusal.h"

namespace engine::model {
namespace {

using tests::expectRefused;
using tests::GgufFile;
using tests::GgufValue;
using tests::littleEndian;
using tests::tinyModel;

GgufFile sound() {
    GgufFile file;
    file.set("text", "word");
    file.set("count", std::uint32_t{7});
    file.set("ratio", 0.5f);
    file.set("yes", true);
    file.set("list", std::vector<std::string>{"a", "", "bc"});
    file.set("numbers", std::vector<std::int32_t>{-1, 2});
    file.add("first", {2, 3}, {1, 2, 3, 4, 5, 6});
    file.add("second", {3}, {7, 8, 9});
    return file;
}

void refused(const GgufFile& file, std::vector<std::string> parts) {
    const std::string bytes = file.bytes();
    parts.push_back("m.gguf");
    expectRefused([&] { Gguf::parse(bytes, "m.gguf"); }, parts);
}

TEST(Gguf, GivesKeysByKind) {
    const std::string bytes = sound().bytes();
    const auto file = Gguf::parse(bytes, "m.gguf");
    EXPECT_EQ(file->path(), "m.gguf");
    EXPECT_EQ(file->string("text"), "word");
    EXPECT_EQ(file->integer("count"), 7);
    EXPECT_EQ(file->real("ratio"), 0.5);
    EXPECT_EQ(file->strings("list"), (std::vector<std::string_view>{"a", "", "bc"}));
    EXPECT_EQ(file->integers("numbers"), (std::vector<std::int64_t>{-1, 2}));
    EXPECT_FALSE(file->string("none"));
    EXPECT_FALSE(file->integer("none"));
    EXPECT_FALSE(file->real("none"));
    EXPECT_FALSE(file->strings("none"));
    EXPECT_FALSE(file->integers("none"));
}

TEST(Gguf, GivesIntegersOfEveryWidth) {
    GgufFile out;
    out.set("u8", GgufValue::UInt8, littleEndian(std::uint8_t{200}));
    out.set("i8", GgufValue::Int8, littleEndian(std::int8_t{-3}));
    out.set("u16", GgufValue::UInt16, littleEndian(std::uint16_t{60000}));
    out.set("i16", GgufValue::Int16, littleEndian(std::int16_t{-300}));
    out.set("u32", GgufValue::UInt32, littleEndian(std::uint32_t{4000000000u}));
    out.set("i32", GgufValue::Int32, littleEndian(std::int32_t{-70000}));
    out.set("u64", GgufValue::UInt64, littleEndian(std::uint64_t{1} << 40));
    out.set("i64", GgufValue::Int64, littleEndian(std::int64_t{-1} << 40));
    out.set("f64", GgufValue::Float64, littleEndian(0.1));
    const std::string bytes = out.bytes();
    const auto file = Gguf::parse(bytes, "m.gguf");
    EXPECT_EQ(file->integer("u8"), 200);
    EXPECT_EQ(file->integer("i8"), -3);
    EXPECT_EQ(file->integer("u16"), 60000);
    EXPECT_EQ(file->integer("i16"), -300);
    EXPECT_EQ(file->integer("u32"), 4000000000);
    EXPECT_EQ(file->integer("i32"), -70000);
    EXPECT_EQ(file->integer("u64"), std::int64_t{1} << 40);
    EXPECT_EQ(file->integer("i64"), -(std::int64_t{1} << 40));
    EXPECT_EQ(file->real("f64"), 0.1);
}

TEST(Gguf, GivesTensorsRowsFirst) {
    const std::string bytes = sound().bytes();
    const auto file = Gguf::parse(bytes, "m.gguf");
    ASSERT_EQ(file->tensors().size(), 2u);
    EXPECT_EQ(file->find("none"), nullptr);
    const FileTensor* first = file->find("first");
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(first->type, TensorType::F32);
    ASSERT_EQ(first->bytes, 24u);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(first->data), 24),
              sound().tensor("first").data);
    const FileTensor* second = file->find("second");
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(second->data), 12),
              sound().tensor("second").data);
}

TEST(Gguf, ReadsVersion2AndOtherAlignments) {
    GgufFile out = sound();
    out.version = 2;
    out.alignment = 8;
    out.set("general.alignment", std::uint32_t{8});
    const std::string bytes = out.bytes();
    EXPECT_EQ(Gguf::parse(bytes, "m.gguf")->tensors().size(), 2u);
}

TEST(Gguf, RefusesAKeyOfAnotherKind) {
    const std::string bytes = sound().bytes();
    const auto file = Gguf::parse(bytes, "m.gguf");
    expectRefused([&] { (void)file->integer("text"); }, {"key text", "a string", "a number"});
    expectRefused([&] { (void)file->integer("numbers"); }, {"key numbers", "an array"});
    expectRefused([&] { (void)file->real("count"); }, {"key count", "a float"});
    expectRefused([&] { (void)file->string("count"); }, {"key count", "a string"});
    expectRefused([&] { (void)file->integer("yes"); }, {"key yes", "a truth value", "a number"});
    expectRefused([&] { (void)file->strings("text"); }, {"key text", "an array of strings"});
    expectRefused([&] { (void)file->integers("list"); }, {"key list", "an array of numbers"});
}

TEST(Gguf, RefusesABadHead) {
    GgufFile file = sound();
    file.magic = "GGML";
    refused(file, {"magic", "\"GGML\"", "\"GGUF\""});
    file = sound();
    file.version = 4;
    refused(file, {"version", "4", "2 or 3"});
    file.version = 1;
    refused(file, {"version", "1", "2 or 3"});
    file.version = 0x03000000;
    refused(file, {"big-endian", "little-endian"});
    file = sound();
    file.tensorCount = 65537;
    refused(file, {"number of tensors", "65537", "65536"});
    file = sound();
    file.keyCount = std::uint64_t{1} << 60;
    refused(file, {"number of keys", "65536"});
    file.keyCount = 65536;
    refused(file, {"key"});
}

TEST(Gguf, RefusesBadKeys) {
    GgufFile file = sound();
    file.keys.push_back(file.keys.front());
    refused(file, {"key text", "twice"});
    file = sound();
    file.set("", std::uint32_t{1});
    refused(file, {"name of a key", "0 bytes"});
    file = sound();
    file.set(std::string(2000, 'k'), std::uint32_t{1});
    refused(file, {"name of a key", "2000 bytes"});
    file = sound();
    file.set("odd", static_cast<GgufValue>(13), "");
    refused(file, {"type of key odd", "13"});
    file = sound();
    file.set("odd", GgufValue::Bool, "\2");
    refused(file, {"key odd", "2", "0 or 1"});
    file = sound();
    file.set("deep", GgufValue::Array,
             littleEndian(std::uint32_t{9}) + littleEndian(std::uint64_t{1}));
    refused(file, {"key deep", "array of arrays"});
    file = sound();
    file.set("odd", GgufValue::Array,
             littleEndian(std::uint32_t{13}) + littleEndian(std::uint64_t{0}));
    refused(file, {"type of key odd", "13"});
    file = sound();
    file.set("long", GgufValue::Array,
             littleEndian(std::uint32_t{10}) + littleEndian(UINT64_MAX / 8));
    refused(file, {"key long", "values long"});
    file = sound();
    file.set("long", GgufValue::Array, littleEndian(std::uint32_t{8}) + littleEndian(UINT64_MAX));
    refused(file, {"key long"});
    file = sound();
    file.set("long", GgufValue::String, littleEndian(UINT64_MAX));
    refused(file, {"key long", "18446744073709551615", "at most"});
}

TEST(Gguf, RefusesABadAlignment) {
    for (const std::uint32_t alignment : {0u, 3u, 1u << 21}) {
        GgufFile file = sound();
        file.set("general.alignment", alignment);
        refused(file, {"general.alignment", std::to_string(alignment), "power of two"});
    }
}

TEST(Gguf, RefusesBadTensors) {
    GgufFile file = sound();
    file.tensors.push_back(file.tensors.front());
    refused(file, {"tensor first", "twice"});
    file = sound();
    file.tensors[0].name = "";
    refused(file, {"name of a tensor"});
    file = sound();
    file.tensors[0].dimensions.clear();
    refused(file, {"rank of tensor first", "0", "1 to 4"});
    file = sound();
    file.tensors[0].dimensions = {1, 1, 1, 1, 6};
    refused(file, {"rank of tensor first", "5", "1 to 4"});
    file = sound();
    file.tensors[0].dimensions = {0, 6};
    refused(file, {"dimension of tensor first", "0"});
    file.tensors[0].dimensions = {UINT64_MAX, 2};
    refused(file, {"dimension of tensor first"});
    file.tensors[0].dimensions = {std::uint64_t{1} << 40, std::uint64_t{1} << 40};
    refused(file, {"dimension of tensor first"});
    file.tensors[0].dimensions = {1u << 30, 1u << 30};
    refused(file, {"dimension of tensor first"});
    file = sound();
    file.tensors[0].type = 9;
    refused(file, {"type of tensor first", "9", "Q6_K"});
    file = sound();
    file.tensors[0].type = 8;
    refused(file, {"row length of tensor first", "3", "a multiple of 32"});
}

TEST(Gguf, RefusesBadPlaces) {
    GgufFile file = sound();
    file.tensors[1].offset = 33;
    refused(file, {"offset of tensor second", "33", "a multiple of 32"});
    file = sound();
    file.tensors[1].offset = 0;
    refused(file, {"tensor second", "at least 24", "tensor first"});
    file = sound();
    file.tensors[1].offset = 64;
    refused(file, {"tensor second", "12 bytes at offset 64", "44 bytes of data"});
    file.tensors[1].offset = UINT64_MAX - 31;
    refused(file, {"tensor second", "44 bytes of data"});
}

TEST(Gguf, RefusesEveryTruncation) {
    const std::string bytes = sound().bytes();
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        const std::string cut = bytes.substr(0, length);
        EXPECT_THROW(Gguf::parse(cut, "m.gguf"), Error) << length;
    }
}

TEST(Gguf, ShowsNoUnprintableCharacters) {
    GgufFile file = sound();
    file.tensors[0].name = "a\n\xff" + std::string(100, 'x');
    file.tensors[0].type = 99;
    refused(file, {"tensor a??xxx", "..."});
}

/// A whole model's file with one thing made hostile by hand; it must be refused before anything is
/// built from it, wherever the check stands.
TEST(Gguf, RefusesFilesMadeHostileByHand) {
    struct Case {
        const char* name;
        std::function<void(GgufFile&)> change;
        std::vector<std::string> parts;
    };
    const auto merges = [](const std::vector<std::string>& added) {
        return [added](GgufFile& file) {
            std::vector<std::string> all = tests::tinyTokenizer().merges;
            all.insert(all.end(), added.begin(), added.end());
            file.set("tokenizer.ggml.merges", all);
        };
    };
    const auto token = [](const std::string& text) {
        return [text](GgufFile& file) {
            std::vector<std::string> all = tests::tinyTokenizer().tokens;
            all[2] = text;
            file.set("tokenizer.ggml.tokens", all);
        };
    };
    const std::string strings = littleEndian(std::uint32_t{8});
    const std::vector<Case> cases{
        {"tensors without end",
         [](GgufFile& f) { f.tensorCount = UINT64_MAX; },
         {"number of tensors", "18446744073709551615"}},
        {"keys without end", [](GgufFile& f) { f.keyCount = UINT64_MAX; }, {"number of keys"}},
        {"tokens without end",
         [&](GgufFile& f) {
             f.set("tokenizer.ggml.tokens", GgufValue::Array, strings + littleEndian(UINT64_MAX));
         },
         {"tokenizer.ggml.tokens"}},
        {"numbers without end",
         [](GgufFile& f) {
             f.set("tokenizer.ggml.token_type", GgufValue::Array,
                   littleEndian(std::uint32_t{5}) + littleEndian(std::uint64_t{1} << 62));
         },
         {"tokenizer.ggml.token_type", "values long"}},
        {"layers without end",
         [](GgufFile& f) { f.set("llama.block_count", 0xffffffffu); },
         {"block_count", "4294967295"}},
        {"two tensors in one place",
         [](GgufFile& f) { f.tensors[2].offset = 0; },
         {"tensor", "at least"}},
        {"a tensor inside another",
         [](GgufFile& f) { f.tensors[1].offset = 32; },
         {"attn_norm.weight", "32", "at least"}},
        {"a negative offset",
         [](GgufFile& f) { f.tensors[1].offset = static_cast<std::uint64_t>(-32); },
         {"attn_norm.weight", "bytes of data"}},
        {"a negative dimension",
         [](GgufFile& f) { f.tensors[0].dimensions[1] = static_cast<std::uint64_t>(-1); },
         {"a dimension of tensor token_embd.weight"}},
        {"a product that comes round to the right size",
         [](GgufFile& f) {
             f.tensors[0].dimensions = {32, 279, std::uint64_t{1} << 62, 4};
         },
         {"a dimension of tensor token_embd.weight"}},
        {"a negative count of heads",
         [](GgufFile& f) {
             f.set("llama.attention.head_count", GgufValue::Int32, littleEndian(std::int32_t{-4}));
         },
         {"head_count", "-4"}},
        {"a negative end of text",
         [](GgufFile& f) {
             f.set("tokenizer.ggml.eos_token_id", GgufValue::Int64, littleEndian(std::int64_t{-1}));
         },
         {"eos_token_id", "-1"}},
        {"a merge that gives back its own part", merges({"in "}), {"merge 20", "a third"}},
        {"a merge of nothing", merges({" "}), {"merge 20", "a third"}},
        {"merges that wait for each other", merges({"zq qz", "zqqz zq"}), {"merge 20", "a third"}},
        {"a token in broken UTF-8", token("<|im\xc3|>"), {"token 2", "<|im?|>", "UTF-8"}},
        {"a token with a surrogate", token("\xed\xa0\x80"), {"token 2", "UTF-8"}},
        {"an overlong token", token("\xc0\xaf"), {"token 2", "UTF-8"}},
        {"a key given twice", [](GgufFile& f) { f.keys.push_back(f.keys[3]); }, {"given twice"}},
        {"a tensor given twice",
         [](GgufFile& f) { f.tensors.push_back(f.tensors[3]); },
         {"given twice"}},
        {"lists in lists",
         [](GgufFile& f) {
             f.set("tokenizer.ggml.tokens", GgufValue::Array,
                   littleEndian(std::uint32_t{9}) + littleEndian(std::uint64_t{1}) +
                       littleEndian(std::uint32_t{9}) + littleEndian(std::uint64_t{1}));
         },
         {"tokenizer.ggml.tokens", "an array of arrays"}},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.name);
        GgufFile file = tinyModel(1);
        one.change(file);
        const std::string bytes = file.bytes();
        expectRefused(
            [&] {
                const auto parsed = Gguf::parse(bytes, "m.gguf");
                Tokenizer::load(*parsed);
                Weights::load(*parsed, Dtype::BFloat16);
            },
            one.parts);
    }
    // Merges that are all sound, however they lean on each other, end.
    GgufFile file = tinyModel(1);
    merges({"i n", "t he", "the r", "e re"})(file);
    std::vector<std::string> tokens = tests::tinyTokenizer().tokens;
    tokens.insert(tokens.end(), {"the", "ther", "ere"});
    file.set("tokenizer.ggml.tokens", tokens);
    std::vector<std::int32_t> types(tokens.size(), 1);
    types[0] = types[1] = types[2] = 3;
    file.set("tokenizer.ggml.token_type", types);
    const std::string bytes = file.bytes();
    const auto tokenizer = Tokenizer::load(*Gguf::parse(bytes, "m.gguf"));
    EXPECT_EQ(tokenizer->decode(tokenizer->encodeIds("there in here")), "there in here");
}

class GgufOpen : public testing::Test {
protected:
    void SetUp() override {
        folder =
            std::filesystem::temp_directory_path() / ("infolio-gguf-" + std::to_string(getpid()));
        std::filesystem::create_directory(folder);
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::filesystem::path folder;
};

TEST_F(GgufOpen, MapsAFile) {
    const std::string path = folder / "tiny.gguf";
    tests::writeTinyModel(path);
    const auto file = Gguf::open(path);
    EXPECT_EQ(file->path(), path);
    EXPECT_EQ(file->string("general.architecture"), "llama");
    EXPECT_NE(file->find("token_embd.weight"), nullptr);
}

TEST_F(GgufOpen, RefusesAFileCutInHalf) {
    const std::string path = folder / "tiny.gguf";
    tests::writeTinyModel(path);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    expectRefused([&] { Gguf::open(path); }, {path, "tensor", "bytes of data"});
}

TEST_F(GgufOpen, RefusesAnEmptyFile) {
    const std::string path = folder / "empty.gguf";
    std::ofstream(path).close();
    expectRefused([&] { Gguf::open(path); }, {path, "empty"});
}

TEST_F(GgufOpen, SaysThatAFileIsMissing) {
    try {
        Gguf::open(folder / "none.gguf");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::FileMissing);
    }
}

TEST_F(GgufOpen, SaysThatAFolderOrAFifoIsNoFile) {
    const std::string fifo = folder / "fifo";
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    for (const std::string& path : {folder.string(), fifo}) {
        try {
            Gguf::open(path);
            FAIL() << path;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Code::NotAFile) << path;
        }
    }
}

} // namespace
} // namespace engine::model
