#pragma once
/// How a chat becomes token ids: the template whose control tokens the model has, else plain text.

#include <cstdint>
#include <string>
#include <vector>

namespace engine::model {

class Tokenizer;

/// One turn of a chat.
struct ChatMessage {
    std::string role; ///< "system", "user", "assistant"
    std::string content;
};

/// What a chat's window shows before it.
enum class Before { Nothing, Text };

/// The token ids of a chat that ends with an open assistant turn. Control tokens come from the
/// template only: their texts inside `content` are ordinary characters. No system message is added.
/// A chat behind nothing begins with the token by which the file, or else the template, begins a
/// text; behind a text there is none.
///
///     ChatML  <|im_start|>ROLE\nCONTENT<|im_end|>\n … <|im_start|>assistant\n
///     qwen3   as ChatML, and at the end <think>\n\n</think>\n\n: thoughts that are empty
///     llama 3 <|begin_of_text|><|start_header_id|>ROLE<|end_header_id|>\n\nCONTENT<|eot_id|> …
///             <|start_header_id|>assistant<|end_header_id|>\n\n
///     plain   ROLE: CONTENT\n\n … assistant:
std::vector<std::int32_t> encodeChat(const Tokenizer& tokenizer,
                                     const std::vector<ChatMessage>& messages,
                                     Before before = Before::Nothing);

} // namespace engine::model
