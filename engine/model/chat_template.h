#pragma once
/// How a chat becomes token ids: ChatML where the model has its tokens, else plain text.

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

/// The token ids of a chat that ends with an open assistant turn. Control tokens come from the
/// template only: their texts inside `content` are ordinary characters. No system message is added.
///
///     ChatML  <|im_start|>ROLE\nCONTENT<|im_end|>\n … <|im_start|>assistant\n
///     plain   ROLE: CONTENT\n\n … assistant:
std::vector<std::int32_t> encodeChat(const Tokenizer& tokenizer,
                                     const std::vector<ChatMessage>& messages);

} // namespace engine::model
