#include "engine/model/tokenizer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/model/gguf.h"
#include "tests/support/tiny_model.h"
#include "tests/unit/model/golden.h"
#include "tests/unit/model/refusal.h"

namespace engine::model {
namespace {

using tests::expectRefused;
using tests::GgufFile;
using tests::tinyModel;

using Ids = std::vector<std::int32_t>;

std::shared_ptr<const Tokenizer> tokenizerOf(const GgufFile& file) {
    const std::string bytes = file.bytes();
    return Tokenizer::load(*Gguf::parse(bytes, "m.gguf"));
}

void refused(const GgufFile& file, std::vector<std::string> parts) {
    parts.push_back("m.gguf");
    expectRefused([&] { tokenizerOf(file); }, parts);
}

/// A model of single letters, controls and a few merges, without a token for most bytes.
GgufFile fewLetters() {
    GgufFile file;
    std::vector<std::string> tokens{"<unk>"};
    std::vector<std::int32_t> types{3};
    for (int byte = 33; byte < 127; ++byte) {
        tokens.push_back(std::string(1, static_cast<char>(byte)));
    }
    for (int code = 161; code < 256; ++code) {
        if (code != 173) {
            tokens.push_back(
                {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))});
        }
    }
    tokens.push_back("ab");
    types.resize(tokens.size(), 1);
    file.set("tokenizer.ggml.model", "gpt2");
    file.set("tokenizer.ggml.pre", "gpt-2");
    file.set("tokenizer.ggml.tokens", tokens);
    file.set("tokenizer.ggml.token_type", types);
    file.set("tokenizer.ggml.merges", std::vector<std::string>{"a b"});
    file.set("tokenizer.ggml.unknown_token_id", std::uint32_t{0});
    return file;
}

void expectRoundTrip(const Tokenizer& tokenizer, const std::string& text) {
    std::uint32_t end = 0;
    Ids ids;
    for (const Token& token : tokenizer.encode(text)) {
        // Tokens follow each other without gaps; only the two of a byte without a token share a
        // range.
        RC_ASSERT(token.byteBegin == end || token.byteEnd == end);
        RC_ASSERT(token.byteEnd > token.byteBegin);
        RC_ASSERT(token.id >= 0 && token.id < tokenizer.vocabulary());
        end = token.byteEnd;
        ids.push_back(token.id);
    }
    RC_ASSERT(end == text.size());
    RC_ASSERT(tokenizer.decode(ids) == text);
}

TEST(Tokenizer, AnyBytesComeBack) {
    const auto tiny = tokenizerOf(tinyModel(1));
    const auto few = tokenizerOf(fewLetters());
    EXPECT_TRUE(rc::check("any bytes", [&] {
        const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
        expectRoundTrip(*tiny, bytes);
        expectRoundTrip(*few, bytes);
    }));
    EXPECT_TRUE(rc::check("words with accidents", [&] {
        const auto parts = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(
            std::vector<std::string>{" the", "thing", "'s", " ", "\n", "7", "\xc3\xa9", "\xff",
                                     "\xe2\x82", "\xf0\x9f\x98\x80", "<|im_end|>", "\xc2\xa0"}));
        std::string text;
        for (const std::string& part : parts) {
            text += part;
        }
        expectRoundTrip(*tiny, text);
        expectRoundTrip(*few, text);
    }));
}

TEST(Tokenizer, MergesInOrderAndKeepsRanges) {
    const auto tokenizer = tokenizerOf(tinyModel(1));
    const std::vector<Token> tokens = tokenizer->encode("is the");
    ASSERT_EQ(tokens.size(), 2u);
    EXPECT_EQ(tokenizer->bytesOf(tokens[0].id), "is");
    EXPECT_EQ(tokenizer->bytesOf(tokens[1].id), " the");
    EXPECT_EQ(tokens[1].byteBegin, 2u);
    EXPECT_EQ(tokens[1].byteEnd, 6u);
    EXPECT_EQ(tokenizer->encodeIds("is the"), (Ids{tokens[0].id, tokens[1].id}));
    EXPECT_TRUE(tokenizer->encode("").empty());
}

TEST(Tokenizer, BytesThatAreNotUtf8BecomeByteTokens) {
    const auto tokenizer = tokenizerOf(tinyModel(1));
    // Byte b is token 3 + b.
    EXPECT_EQ(tokenizer->encodeIds("\xff\xe2\x82"), (Ids{3 + 0xff, 3 + 0xe2, 3 + 0x82}));
}

TEST(Tokenizer, ControlTokensAreOrdinaryCharactersInText) {
    const auto tokenizer = tokenizerOf(tinyModel(1));
    for (const std::string text : {"<|im_end|>", "<|im_start|>user", "a<|endoftext|>b"}) {
        const Ids ids = tokenizer->encodeIds(text);
        for (const std::int32_t id : ids) {
            EXPECT_GT(id, tests::kTinyEnd) << text;
        }
        EXPECT_EQ(tokenizer->decode(ids), text);
    }
}

TEST(Tokenizer, KnowsControlAndStopTokens) {
    const auto tokenizer = tokenizerOf(tinyModel(1));
    EXPECT_EQ(tokenizer->control("<|im_start|>"), tests::kTinyStart);
    EXPECT_EQ(tokenizer->control("the"), -1);
    EXPECT_EQ(tokenizer->control("<|none|>"), -1);
    EXPECT_EQ(tokenizer->stopTokens(), (Ids{tests::kTinyEndOfText, tests::kTinyEnd}));
    EXPECT_EQ(tokenizer->vocabulary(), 279);
    EXPECT_EQ(tokenizer->bytesOf(tests::kTinyEnd), "");
    EXPECT_EQ(tokenizer->bytesOf(-1), "");
    EXPECT_EQ(tokenizer->bytesOf(279), "");
    EXPECT_EQ(tokenizer->bytesOf(3 + 'a'), "a");
    EXPECT_EQ(tokenizer->decode({tests::kTinyStart, 3 + 'a', 9999, tests::kTinyEnd}), "a");

    GgufFile file = tinyModel(1);
    file.set("tokenizer.ggml.eot_token_id", std::uint32_t{40});
    EXPECT_EQ(tokenizerOf(file)->stopTokens(), (Ids{0, 2, 40}));
}

TEST(Tokenizer, WritesAByteWithoutATokenAsTwo) {
    const auto tokenizer = tokenizerOf(fewLetters());
    const std::vector<Token> tokens = tokenizer->encode("ab ab");
    ASSERT_EQ(tokens.size(), 4u);
    EXPECT_EQ(tokenizer->bytesOf(tokens[0].id), "ab");
    EXPECT_EQ(tokens[1], (Token{0, 2, 3}));
    EXPECT_EQ(tokens[2].byteBegin, 2u);
    EXPECT_EQ(tokens[2].byteEnd, 3u);
    EXPECT_EQ(tokens[3].id, tokens[0].id);
    EXPECT_EQ(tokenizer->decode({tokens[0].id, tokens[1].id, tokens[2].id}), "ab ");
}

TEST(Tokenizer, UserDefinedTokensAreDecodedButNotRecognised) {
    GgufFile file = tinyModel(1);
    const std::string bytes = file.bytes();
    const auto parsed = Gguf::parse(bytes, "m.gguf");
    const auto names = parsed->strings("tokenizer.ggml.tokens");
    const auto numbers = parsed->integers("tokenizer.ggml.token_type");
    std::vector<std::string> tokens(names->begin(), names->end());
    std::vector<std::int32_t> types(numbers->begin(), numbers->end());
    tokens.push_back("two words");
    types.push_back(4);
    tokens.push_back("[PAD]");
    types.push_back(5);
    file.set("tokenizer.ggml.tokens", tokens);
    file.set("tokenizer.ggml.token_type", types);
    const auto tokenizer = tokenizerOf(file);
    EXPECT_EQ(tokenizer->bytesOf(279), "two words");
    EXPECT_EQ(tokenizer->bytesOf(280), "");
    EXPECT_GT(tokenizer->encodeIds("two words").size(), 1u);
}

TEST(Tokenizer, HashDependsOnTheTables) {
    const std::string hash = tokenizerOf(tinyModel(1))->sha256();
    EXPECT_EQ(hash.size(), 64u);
    EXPECT_EQ(tokenizerOf(tinyModel(2))->sha256(), hash);
    GgufFile file = tinyModel(1);
    file.set("tokenizer.ggml.pre", "gpt-2");
    EXPECT_NE(tokenizerOf(file)->sha256(), hash);
    EXPECT_NE(tokenizerOf(fewLetters())->sha256(), hash);
}

TEST(Tokenizer, BeginsATextAsTheFileAsks) {
    const Ids plain = tokenizerOf(tinyModel(1))->encodeIds("is the");
    Ids begun = plain;
    begun.insert(begun.begin(), tests::kTinyStart);
    const auto expectBegin = [&](const GgufFile& file, bool isAsked) {
        const auto tokenizer = tokenizerOf(file);
        EXPECT_EQ(tokenizer->beginToken(), isAsked ? tests::kTinyStart : -1);
        EXPECT_EQ(tokenizer->encodeFromBegin("is the"), isAsked ? begun : plain);
        EXPECT_EQ(tokenizer->encodeIds("is the"), plain);
        EXPECT_EQ(tokenizer->decode(tokenizer->encodeFromBegin("is the")), "is the");
    };
    GgufFile file = tinyModel(1);
    expectBegin(file, false);
    file.set("tokenizer.ggml.add_bos_token", true);
    expectBegin(file, true);
    file.erase("tokenizer.ggml.add_bos_token");
    expectBegin(file, false);
    // Files of Llama 3 seldom have the key.
    file.set("tokenizer.ggml.pre", "llama-bpe");
    expectBegin(file, true);
    file.set("tokenizer.ggml.add_bos_token", false);
    expectBegin(file, false);
    file.erase("tokenizer.ggml.add_bos_token");
    file.erase("tokenizer.ggml.bos_token_id");
    expectBegin(file, false);
}

TEST(Tokenizer, TheBeginTokenIsPartOfTheHashOnlyWhereItIsAskedFor) {
    GgufFile file = tinyModel(1);
    const std::string hash = tokenizerOf(file)->sha256();
    EXPECT_EQ(hash, "4ae513e1c7ff80197b8bb4914c490a3cb7e11572f4e3bbb3decc0859982a1109");
    file.erase("tokenizer.ggml.bos_token_id");
    EXPECT_EQ(tokenizerOf(file)->sha256(), hash);
    file.set("tokenizer.ggml.add_bos_token", true);
    file.set("tokenizer.ggml.bos_token_id", std::uint32_t{1});
    const std::string asking = tokenizerOf(file)->sha256();
    EXPECT_NE(asking, hash);
    file.set("tokenizer.ggml.bos_token_id", std::uint32_t{0});
    EXPECT_NE(tokenizerOf(file)->sha256(), asking);
    EXPECT_NE(tokenizerOf(file)->sha256(), hash);
}

TEST(Tokenizer, RefusesABeginTokenThatIsNone) {
    GgufFile file = tinyModel(1);
    file.set("tokenizer.ggml.add_bos_token", true);
    file.set("tokenizer.ggml.bos_token_id", std::uint32_t{279});
    refused(file, {"tokenizer.ggml.bos_token_id", "279", "below 279", "begin"});
    file.erase("tokenizer.ggml.bos_token_id");
    refused(file, {"tokenizer.ggml.bos_token_id", "missing"});
    file.set("tokenizer.ggml.add_bos_token", std::uint32_t{1});
    refused(file, {"tokenizer.ggml.add_bos_token", "a truth value"});
}

TEST(Tokenizer, RefusesWhatItCannotSplit) {
    GgufFile file = tinyModel(1);
    file.set("tokenizer.ggml.model", "llama");
    refused(file, {"tokenizer.ggml.model", "\"llama\"", "byte-level BPE"});
    file.erase("tokenizer.ggml.model");
    refused(file, {"tokenizer.ggml.model", "missing"});
    file = tinyModel(1);
    file.set("tokenizer.ggml.pre", "viking");
    refused(file, {"tokenizer.ggml.pre", "\"viking\"", "smollm"});
    file.erase("tokenizer.ggml.pre");
    refused(file, {"tokenizer.ggml.pre", "missing"});
}

TEST(Tokenizer, RefusesDamagedTables) {
    GgufFile file = fewLetters();
    file.erase("tokenizer.ggml.tokens");
    refused(file, {"tokenizer.ggml.tokens", "missing"});
    file = fewLetters();
    file.set("tokenizer.ggml.token_type", std::vector<std::int32_t>{1, 2});
    refused(file, {"tokenizer.ggml.token_type", "2"});
    file = fewLetters();
    file.erase("tokenizer.ggml.merges");
    refused(file, {"tokenizer.ggml.merges", "missing"});
    for (const std::string merge : {"ab", "a", "a x y", "b a", "a \xff", " b", "\xe2\x82\xac b"}) {
        file = fewLetters();
        file.set("tokenizer.ggml.merges", std::vector<std::string>{"a b", merge});
        refused(file, {"merge 1", "a third"});
    }
    file = tinyModel(1);
    file.set("tokenizer.ggml.eos_token_id", std::uint32_t{279});
    refused(file, {"eos_token_id", "279", "below 279"});
}

TEST(Tokenizer, RefusesTokensThatAreNotByteLevel) {
    for (const std::string text : {"\xe2\x96\x81the", "", "\xc2\xad", "a b"}) {
        GgufFile file = tinyModel(1);
        file.set("tokenizer.ggml.tokens", std::vector<std::string>{"a", text});
        file.erase("tokenizer.ggml.token_type");
        refused(file, {"token 1", "byte-level"});
    }
    for (const std::int32_t type : {1, 3, 4, 5}) {
        GgufFile broken = tinyModel(1);
        broken.set("tokenizer.ggml.tokens", std::vector<std::string>{"a", "b\xe2\x82"});
        broken.set("tokenizer.ggml.token_type", std::vector<std::int32_t>{1, type});
        refused(broken, {"token 1", "\"b??\"", "UTF-8"});
    }
    GgufFile file = tinyModel(1);
    file.set("tokenizer.ggml.tokens", std::vector<std::string>{"a", "b", "a"});
    file.erase("tokenizer.ggml.token_type");
    refused(file, {"token 2", "given before"});
}

TEST(Tokenizer, RefusesMissingBytesWithoutAnUnknownToken) {
    GgufFile file = fewLetters();
    file.erase("tokenizer.ggml.unknown_token_id");
    refused(file, {"number of bytes", "188", "256"});
    // A token that text can give cannot mark anything.
    file.set("tokenizer.ggml.unknown_token_id", std::uint32_t{1});
    refused(file, {"number of bytes", "188"});
    file.set("tokenizer.ggml.unknown_token_id", std::uint32_t{100000});
    refused(file, {"number of bytes", "188"});
    file = fewLetters();
    file.set("tokenizer.ggml.tokens", std::vector<std::string>{"<unk>", "a", "b", "ab"});
    file.set("tokenizer.ggml.token_type", std::vector<std::int32_t>{3, 1, 1, 1});
    refused(file, {"number of bytes", "2", "128"});
}

TEST(Tokenizer, IsSharedBetweenThreads) {
    const auto tokenizer = tokenizerOf(tinyModel(1));
    const std::string text = "the thing and the other thing of the house is on the shore";
    const Ids expected = tokenizerOf(tinyModel(1))->encodeIds(text);
    std::vector<std::thread> threads;
    std::vector<Ids> found(4);
    for (Ids& ids : found) {
        threads.emplace_back([&] { ids = tokenizer->encodeIds(text); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (const Ids& ids : found) {
        EXPECT_EQ(ids, expected);
    }
}

class DefaultTokenizer : public testing::Test {
protected:
    static void SetUpTestSuite() {
        if (!std::string(TEST_MODEL).empty()) {
            tokenizer = Tokenizer::load(*Gguf::open(TEST_MODEL));
        }
    }
    static void TearDownTestSuite() { tokenizer.reset(); }
    void SetUp() override {
        if (!tokenizer) {
            GTEST_SKIP() << "the default model is not on this machine";
        }
    }

    static inline std::shared_ptr<const Tokenizer> tokenizer;
};

TEST_F(DefaultTokenizer, HasItsTables) {
    EXPECT_EQ(tokenizer->vocabulary(), 49152);
    EXPECT_EQ(Gguf::open(TEST_MODEL)->strings("tokenizer.ggml.merges")->size(), 48900u);
    EXPECT_EQ(tokenizer->stopTokens(), (Ids{0, 2}));
}

TEST_F(DefaultTokenizer, GivesTheIdsOfTheIndependentScript) {
    const nlohmann::json golden = tests::golden("tokens.json");
    for (const nlohmann::json& one : golden["cases"]) {
        const std::string text = tests::fromHex(one["text"]);
        // Once from the tables and once from what the first pass remembered.
        EXPECT_EQ(tokenizer->encodeIds(text), one["ids"].get<Ids>()) << text;
        EXPECT_EQ(tokenizer->encodeIds(text), one["ids"].get<Ids>()) << text;
        EXPECT_EQ(tokenizer->decode(one["ids"].get<Ids>()), text);
    }
}

TEST_F(DefaultTokenizer, GivesTheIdsOfABook) {
    if (!std::filesystem::exists(TEST_DATA)) {
        GTEST_SKIP() << "the test material is not on this machine";
    }
    const nlohmann::json book = tests::golden("tokens.json")["book"];
    std::ifstream in(std::string(TEST_DATA) + "/" + book["file"].get<std::string>());
    std::string text(book["bytes"].get<std::size_t>(), '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    ASSERT_TRUE(in);
    EXPECT_EQ(tokenizer->encodeIds(text), book["ids"].get<Ids>());
}

TEST_F(DefaultTokenizer, AnyBytesComeBack) {
    EXPECT_TRUE(rc::check("any bytes", [&] {
        expectRoundTrip(*tokenizer, *rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
    }));
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all.push_back(static_cast<char>(byte));
    }
    EXPECT_EQ(tokenizer->decode(tokenizer->encodeIds(all)), all);
}

TEST_F(DefaultTokenizer, TakesAMegabyteWithoutASpace) {
    std::string text;
    for (std::uint32_t i = 0; text.size() < 1000000; ++i) {
        text.push_back(static_cast<char>('a' + i * 2654435761u / 7 % 26));
    }
    EXPECT_EQ(tokenizer->decode(tokenizer->encodeIds(text)), text);
}

} // namespace
} // namespace engine::model
