#include "engine/model/chat_template.h"

#include "engine/model/tokenizer.h"

namespace engine::model {

namespace {

void addText(const Tokenizer& tokenizer, std::string_view text, std::vector<std::int32_t>& ids) {
    const std::vector<std::int32_t> added = tokenizer.encodeIds(text);
    ids.insert(ids.end(), added.begin(), added.end());
}

std::vector<std::int32_t> encodePlain(const Tokenizer& tokenizer,
                                      const std::vector<ChatMessage>& messages) {
    std::string text;
    for (const ChatMessage& message : messages) {
        text += message.role + ": " + message.content + "\n\n";
    }
    return tokenizer.encodeIds(text + "assistant:");
}

} // namespace

std::vector<std::int32_t> encodeChat(const Tokenizer& tokenizer,
                                     const std::vector<ChatMessage>& messages) {
    const std::int32_t start = tokenizer.control("<|im_start|>");
    const std::int32_t end = tokenizer.control("<|im_end|>");
    if (start < 0 || end < 0) {
        return encodePlain(tokenizer, messages);
    }
    std::vector<std::int32_t> ids;
    for (const ChatMessage& message : messages) {
        ids.push_back(start);
        addText(tokenizer, message.role + "\n" + message.content, ids);
        ids.push_back(end);
        addText(tokenizer, "\n", ids);
    }
    ids.push_back(start);
    addText(tokenizer, "assistant\n", ids);
    return ids;
}

} // namespace engine::model
