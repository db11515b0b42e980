// Any bytes through each pre-tokenizer: they come back, and the tokens cover them without gaps.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/gguf.h"
#include "engine/model/tokenizer.h"
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
