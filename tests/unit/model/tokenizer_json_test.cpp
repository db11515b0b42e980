#include "engine/model/tokenizer_json.h"

#include <gtest/gtest.h>

#include <functional>

#include "engine/model/checkpoint.h"
#include "engine/model/tokenizer.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/tiny_model.h"
#include "tests/unit/model/refusal.h"

namespace engine::model {
namespace {

using nlohmann::json;
using tests::expectRefused;
using tests::tinyTokenizerJson;

TokenizerJson read(const json& root) {
    return readTokenizerJson(root.dump(), "/models/tiny");
}

void refused(const std::function<void(json&)>& change, std::vector<std::string> parts) {
    json root = tinyTokenizerJson();
    change(root);
    parts.push_back("/models/tiny");
    parts.push_back("tokenizer.json");
    expectRefused([&] { read(root); }, parts);
}

json splitBy(const std::string& pattern) {
    return {{"type", "Sequence"},
            {"pretokenizers",
             {{{"type", "Split"},
               {"pattern", {{"Regex", pattern}}},
               {"behavior", "Isolated"},
               {"invert", false}},
              {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}};
}

const std::string kQwen2 = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
                           R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string kLlama = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
                           R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

TEST(TokenizerJson, GivesTheTablesOfTheGgufFile) {
    const tests::TinyTokenizer expected = tests::tinyTokenizer();
    const TokenizerJson found = read(tinyTokenizerJson());
    EXPECT_EQ(found.splitter, "smollm");
    EXPECT_EQ(found.tokens, expected.tokens);
    EXPECT_EQ(found.types, std::vector<std::int64_t>(expected.types.begin(), expected.types.end()));
    EXPECT_EQ(found.merges, expected.merges);
    EXPECT_FALSE(found.unknown);
}

TEST(TokenizerJson, TakesMergesAsPairs) {
    json root = tinyTokenizerJson();
    json pairs = json::array();
    for (const json& merge : root["model"]["merges"]) {
        const auto text = merge.get<std::string>();
        const std::size_t space = text.find(' ');
        pairs.push_back({text.substr(0, space), text.substr(space + 1)});
    }
    root["model"]["merges"] = pairs;
    EXPECT_EQ(read(root).merges, tests::tinyTokenizer().merges);
}

TEST(TokenizerJson, RecognisesSplits) {
    json root = tinyTokenizerJson();
    root["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", false}};
    EXPECT_EQ(read(root).splitter, "gpt-2");
    root["pre_tokenizer"]["use_regex"] = true;
    root["pre_tokenizer"]["trim_offsets"] = true;
    EXPECT_EQ(read(root).splitter, "gpt-2");
    root["pre_tokenizer"] = splitBy(kQwen2);
    root["normalizer"] = {{"type", "NFC"}};
    EXPECT_EQ(read(root).splitter, "qwen2");
    root["pre_tokenizer"] = splitBy(kLlama);
    root["model"]["ignore_merges"] = true;
    EXPECT_EQ(read(root).splitter, "llama-bpe");
}

TEST(TokenizerJson, RefusesOtherSplits) {
    const std::vector<std::string> words{"the pre_tokenizer", "gpt-2, smollm, qwen2 or llama-bpe"};
    refused([](json& root) { root.erase("pre_tokenizer"); }, {"the pre_tokenizer", "missing"});
    std::vector<json> others{
        json(1),
        json{{"type", "Whitespace"}},
        json{{"type", "ByteLevel"}},
        json{{"type", "ByteLevel"}, {"add_prefix_space", true}},
        json{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}},
        json{{"type", "Sequence"}},
        json{{"type", "Sequence"}, {"pretokenizers", json::array()}},
        splitBy(kQwen2 + "|x"),
        splitBy(""),
    };
    for (const auto& change : std::vector<std::function<void(json&)>>{
             [](json& steps) { steps[0]["individual_digits"] = false; },
             [](json& steps) {
                 steps[0] = {{"type", "Digits"}};
             },
             [](json& steps) { steps[1]["use_regex"] = false; },
             [](json& steps) { steps[1]["add_prefix_space"] = true; },
             [](json& steps) {
                 steps[1] = {{"type", "Metaspace"}};
             },
             [](json& steps) { steps.push_back(steps[0]); },
         }) {
        json other = tinyTokenizerJson()["pre_tokenizer"];
        change(other["pretokenizers"]);
        others.push_back(other);
    }
    json removed = splitBy(kQwen2);
    removed["pretokenizers"][0]["behavior"] = "Removed";
    others.push_back(removed);
    json inverted = splitBy(kQwen2);
    inverted["pretokenizers"][0]["invert"] = true;
    others.push_back(inverted);
    for (const json& other : others) {
        refused([&](json& root) { root["pre_tokenizer"] = other; }, words);
    }
    // Whole tokens are taken without merging by llama-bpe, and by no other.
    refused([](json& root) { root["pre_tokenizer"] = splitBy(kLlama); }, {"ignore_merges", "true"});
    refused(
        [](json& root) {
            root["pre_tokenizer"] = splitBy(kLlama);
            root["model"].erase("ignore_merges");
        },
        {"ignore_merges", "missing", "true"});
    refused([](json& root) { root["model"]["ignore_merges"] = true; },
            {"ignore_merges", "true", "false"});
}

TEST(TokenizerJson, RefusesOtherAlgorithms) {
    for (const json& type : {json("Unigram"), json("WordPiece"), json("WordLevel"), json(1)}) {
        refused([&](json& root) { root["model"]["type"] = type; }, {"the type", "BPE"});
    }
    json root = tinyTokenizerJson();
    root["model"].erase("type");
    EXPECT_NO_THROW(read(root));
    for (const auto& [option, value] :
         std::map<std::string, json>{{"byte_fallback", true},
                                     {"continuing_subword_prefix", "##"},
                                     {"end_of_word_suffix", "</w>"},
                                     {"dropout", 0.1}}) {
        refused([&](json& changed) { changed["model"][option] = value; },
                {option, value.is_string() ? value.get<std::string>() : value.dump()});
    }
    root["model"]["continuing_subword_prefix"] = "";
    root["model"]["end_of_word_suffix"] = "";
    root["model"]["dropout"] = 0.0;
    EXPECT_NO_THROW(read(root));
    for (const json& other :
         {json{{"type", "NFKC"}}, json{{"type", "Lowercase"}}, json{{"type", "Sequence"}}, json(1),
          json{{"type", "Prepend"}, {"prepend", "_"}}}) {
        refused([&](json& changed) { changed["normalizer"] = other; },
                {"the normalizer", "none or NFC"});
    }
    for (const json& other : {json(), json(1), json{{"type", "Metaspace"}}, json::object()}) {
        refused([&](json& changed) { changed["decoder"] = other; }, {"the decoder", "ByteLevel"});
    }
}

/// What puts <|im_start|>, id 1, before a text, as Llama 3's files put <|begin_of_text|>.
json beginTemplate() {
    const json begin{{"SpecialToken", {{"id", "<|im_start|>"}, {"type_id", 0}}}},
        text{{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
    return {
        {"type", "TemplateProcessing"},
        {"single", {begin, text}},
        {"special_tokens",
         {{"<|im_start|>", {{"id", "<|im_start|>"}, {"ids", {1}}, {"tokens", {"<|im_start|>"}}}}}}};
}

TEST(TokenizerJson, TakesTheTokenBeforeATextFromThePostProcessor) {
    const json byteLevel{{"type", "ByteLevel"}, {"trim_offsets", false}};
    json root = tinyTokenizerJson();
    EXPECT_FALSE(read(root).begin);
    root["post_processor"] = byteLevel;
    EXPECT_FALSE(read(root).begin);
    root["post_processor"] = beginTemplate();
    EXPECT_EQ(read(root).begin, 1);
    root["post_processor"] = {{"type", "Sequence"}, {"processors", {byteLevel, beginTemplate()}}};
    EXPECT_EQ(read(root).begin, 1);
    json end = beginTemplate();
    std::swap(end["single"][0], end["single"][1]);
    root["post_processor"] = end;
    EXPECT_FALSE(read(root).begin);
}

TEST(TokenizerJson, RefusesOtherPostProcessors) {
    for (const json& other :
         {json(1), json{{"type", "BertProcessing"}}, json{{"type", "Sequence"}}}) {
        refused([&](json& root) { root["post_processor"] = other; },
                {"the post_processor", "none, ByteLevel or TemplateProcessing"});
    }
    const auto refusedTemplate = [](const std::function<void(json&)>& change,
                                    const std::vector<std::string>& parts) {
        refused(
            [&](json& root) {
                root["post_processor"] = beginTemplate();
                change(root["post_processor"]);
            },
            parts);
    };
    refusedTemplate([](json& step) { step["single"] = 1; }, {"single", "a list"});
    refusedTemplate(
        [](json& step) { step["single"].insert(step["single"].begin(), step["single"][0]); },
        {"single", "at most one token"});
    refusedTemplate([](json& step) { step.erase("special_tokens"); },
                    {"special_tokens", "missing", "<|im_start|>"});
    refusedTemplate([](json& step) { step["single"][0]["SpecialToken"] = 1; },
                    {"special_tokens", "one id"});
    for (const json& ids : {json(1), json::array(), json{1, 2}, json{-1}, json{279}, json{"1"}}) {
        refusedTemplate([&](json& step) { step["special_tokens"]["<|im_start|>"]["ids"] = ids; },
                        {"special_tokens", "one id of a token"});
    }
}

TEST(TokenizerJson, RefusesBrokenFiles) {
    for (const std::string text : {"", "{", "[]", "7", "{\"model\":{\"vocab\":{\"a\":0,\"a\":1}}}",
                                   "{\"model\":\"\xff\"}"}) {
        expectRefused([&] { readTokenizerJson(text, "/models/tiny"); }, {"tokenizer.json"});
    }
    refused([](json& root) { root.erase("model"); }, {"model", "missing", "an object"});
    refused([](json& root) { root["model"] = 1; }, {"model", "1", "an object"});
    std::string deep = "{\"a\":";
    deep += std::string(100000, '[') + std::string(100000, ']') + "}";
    expectRefused([&] { readTokenizerJson(deep, "/models/tiny"); }, {"deeper than 16"});
    std::string many = "{\"a\":[0";
    for (int i = 0; i < (1 << 23); ++i) {
        many += ",0";
    }
    expectRefused([&] { readTokenizerJson(many + "]}", "/models/tiny"); },
                  {"more than 8388608 values"});
    expectRefused([] { readTokenizerJson(std::string(100'000'001, ' '), "/models/tiny"); },
                  {"100000001 bytes"});
}

TEST(TokenizerJson, RefusesBadIds) {
    for (const json& vocabulary : {json(), json(1), json::array(), json::object()}) {
        refused([&](json& root) { root["model"]["vocab"] = vocabulary; }, {"vocab"});
    }
    for (const json& id : {json(-1), json(1 << 22), json(1.5), json("3"), json(UINT64_MAX)}) {
        refused([&](json& root) { root["model"]["vocab"]["the"] = id; },
                {"the id of token \"the\"", "0 to 4194303"});
        refused([&](json& root) { root["added_tokens"][0]["id"] = id; },
                {"the id of token \"<|endoftext|>\"", "0 to 4194303"});
    }
    refused([](json& root) { root["model"]["vocab"]["the"] = 70; }, {"id 70 in vocab", "\"the\""});
    refused([](json& root) { root["added_tokens"][0]["id"] = 70; },
            {"id 70 in added_tokens", "\"<|endoftext|>\""});
    refused([](json& root) { root["model"]["vocab"]["<|im_end|>"] = 300; },
            {"added token \"<|im_end|>\"", "2", "300"});
}

TEST(TokenizerJson, RefusesBadAddedTokens) {
    refused([](json& root) { root["added_tokens"] = 1; }, {"added_tokens", "a list"});
    for (const json& entry : {json(1), json::object(), json{{"id", 1}}, json{{"content", "a"}},
                              json{{"id", 1}, {"content", 2}}}) {
        refused([&](json& root) { root["added_tokens"].push_back(entry); },
                {"an entry of added_tokens", "id and content"});
    }
    json root = tinyTokenizerJson();
    root["added_tokens"].push_back({{"id", 300}, {"content", "two words"}, {"special", false}});
    root["added_tokens"].push_back({{"id", 301}, {"content", "<x>"}, {"special", true}});
    const TokenizerJson read = readTokenizerJson(root.dump(), "tiny");
    EXPECT_EQ(read.tokens.size(), 302u);
    EXPECT_EQ(read.tokens[299], "[PAD299]");
    EXPECT_EQ(read.types[299], 5);
    EXPECT_EQ(read.tokens[300], "two words");
    EXPECT_EQ(read.types[300], 4);
    EXPECT_EQ(read.types[301], 3);
    root.erase("added_tokens");
    EXPECT_EQ(readTokenizerJson(root.dump(), "tiny").types[2], 5);
}

TEST(TokenizerJson, RefusesBadMergesAndUnknownTokens) {
    for (const json& merges : {json(), json("a b"), json::array()}) {
        refused([&](json& root) { root["model"]["merges"] = merges; }, {"merges"});
    }
    for (const json& merge : {json(1), json::array({"a"}), json::array({"a", "b", "c"}),
                              json::array({"a", 1}), json::object()}) {
        refused([&](json& root) { root["model"]["merges"].push_back(merge); },
                {"merge 20", "two tokens"});
    }
    refused([](json& root) { root["model"]["unk_token"] = "<unk>"; }, {"unk_token", "<unk>"});
    refused([](json& root) { root["model"]["unk_token"] = 0; }, {"unk_token", "0"});
    json root = tinyTokenizerJson();
    root["model"]["unk_token"] = "<|endoftext|>";
    EXPECT_EQ(read(root).unknown, 0);
}

/// What the tables say together is checked as it is for GGUF.
TEST(TokenizerJson, TokensAndMergesMustFitTogether) {
    const auto refusedTogether = [](const std::function<void(json&)>& change,
                                    const std::vector<std::string>& parts) {
        tests::TinyCheckpoint checkpoint = tests::tinyCheckpoint(1);
        change(checkpoint.tokenizer);
        const auto files = checkpoint.files();
        expectRefused(
            [&] {
                Tokenizer::load(*Checkpoint::parse({files.begin(), files.end()}, "tiny"));
            },
            parts);
    };
    refusedTogether([](json& root) { root["model"]["merges"].push_back("q q"); },
                    {"merge 20", "\"q q\"", "a third"});
    // A pair of which one part holds a space is no pair of tokens.
    refusedTogether(
        [](json& root) {
            root["model"]["merges"].push_back({"i n", "g"});
        },
        {"merge 20", "a third"});
    refusedTogether([](json& root) { root["model"]["vocab"]["a b"] = 279; },
                    {"token 279", "byte-level"});
    refusedTogether([](json& root) { root["model"]["vocab"].erase("q"); }, {"number of bytes"});
}

} // namespace
} // namespace engine::model
