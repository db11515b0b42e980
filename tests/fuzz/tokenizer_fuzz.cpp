// Any bytes through each pre-tokenizer: they come back, and the tokens cover them without gaps.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/gguf.h"
#include "engine/model/tokenizer.h"
#include "tests/fuzz/seeds.h"
#include "tests/support/tiny_model.h"

namespace {

using engine::model::Tokenizer;

std::vector<std::shared_ptr<const Tokenizer>> tokenizers() {
    std::vector<std::shared_ptr<const Tokenizer>> all;
    for (const char* splitter : {"gpt-2", "smollm", "qwen2", "llama-bpe"}) {
        tests::GgufFile file = tests::tinyModel(1);
        file.set("tokenizer.ggml.pre", splitter);
        const std::string bytes = file.bytes();
        all.push_back(Tokenizer::load(*engine::model::Gguf::parse(bytes, "tiny.gguf")));
    }
    return all;
}

void demand(bool holds) {
    if (!holds) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int* argumentCount, char*** arguments) {
    fuzz::addSeeds(*argumentCount, *arguments,
                   {"the thing and the other thing, isn't it? They'LL see; we've 12345 of them.",
                    "  two spaces\n\n\ttabs\r\nand lines \n", "caf\xc3\xa9 \xc2\xa0 na\xc3\xafve",
                    "\xe6\xbc\xa2\xe5\xad\x97 \xd9\xa1\xd9\xa2 e\xcc\x81",
                    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80 <|im_end|>",
                    "\xff\xe2\x82 cut \xf0\x9f",
                    std::string(300, 'a') + std::string(300, ' ') + std::string(50, '7')});
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto all = tokenizers();
    const std::string text(reinterpret_cast<const char*>(data), size);
    for (const auto& tokenizer : all) {
        std::uint32_t end = 0;
        std::vector<std::int32_t> ids;
        for (const engine::model::Token& token : tokenizer->encode(text)) {
            demand(token.byteBegin == end && token.byteEnd > end);
            end = token.byteEnd;
            ids.push_back(token.id);
        }
        demand(end == size && tokenizer->decode(ids) == text);
    }
    engine::model::Utf8Stream whole;
    engine::model::Utf8Stream parts;
    std::string expected = whole.push(text);
    expected += whole.finish();
    std::string streamed;
    for (const char byte : text) {
        streamed += parts.push(std::string_view(&byte, 1));
    }
    streamed += parts.finish();
    demand(streamed == expected);
    return 0;
}
