#include "engine/model/chat_template.h"

#include <string_view>
#include <utility>

#include "engine/model/tokenizer.h"

namespace engine::model {

namespace {

/// How a family writes a turn: OPEN role [ROLE_END] gap content CLOSE after. Control tokens are in
/// capitals.
struct Template {
    std::string_view begin; ///< control token before the first turn, "" for none
    std::string_view open, roleEnd, close;
    std::string_view gap, after;      ///< text
    std::string_view think, thinkEnd; ///< around the thoughts before an answer, "" for none
};

constexpr Template kTemplates[] = {
    {"", "<|im_start|>", "", "<|im_end|>", "\n", "\n", "<think>", "</think>"},
    {"", "<|im_start|>", "", "<|im_end|>", "\n", "\n", "", ""},
    {"<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "\n\n", "", "",
     ""},
};

bool hasTokens(const Tokenizer& tokenizer, const Template& form) {
    for (const std::string_view name :
         {form.begin, form.open, form.roleEnd, form.close, form.think, form.thinkEnd}) {
        if (!name.empty() && tokenizer.control(name) < 0) {
            return false;
        }
    }
    return true;
}

class Writer {
public:
    Writer(const Tokenizer& tokenizer, const Template& form, Before before)
        : m_tokenizer(tokenizer), m_form(form) {
        if (before == Before::Text) {
            return;
        }
        if (tokenizer.beginToken() >= 0) {
            m_ids.push_back(tokenizer.beginToken());
        } else {
            addControl(form.begin);
        }
    }

    /// An open turn ends behind the content.
    void add(const std::string& role, const std::string& content, bool isOpen) {
        addControl(m_form.open);
        std::string text = role;
        if (!m_form.roleEnd.empty()) {
            addText(text);
            addControl(m_form.roleEnd);
            text.clear();
        }
        addText(text + std::string(m_form.gap) + content);
        if (!isOpen) {
            addControl(m_form.close);
            addText(m_form.after);
        }
    }

    /// Thoughts that are empty, so that the answer follows at once.
    void addThoughts() {
        if (!m_form.think.empty()) {
            addControl(m_form.think);
            addText("\n\n");
            addControl(m_form.thinkEnd);
            addText("\n\n");
        }
    }

    std::vector<std::int32_t> ids() { return std::move(m_ids); }

private:
    void addControl(std::string_view name) {
        if (!name.empty()) {
            m_ids.push_back(m_tokenizer.control(name));
        }
    }

    void addText(std::string_view text) {
        const std::vector<std::int32_t> added = m_tokenizer.encodeIds(text);
        m_ids.insert(m_ids.end(), added.begin(), added.end());
    }

    const Tokenizer& m_tokenizer;
    const Template& m_form;
    std::vector<std::int32_t> m_ids;
};

std::vector<std::int32_t> encodePlain(const Tokenizer& tokenizer,
                                      const std::vector<ChatMessage>& messages, Before before) {
    std::string text;
    for (const ChatMessage& message : messages) {
        text += message.role + ": " + message.content + "\n\n";
    }
    text += "assistant:";
    return before == Before::Text ? tokenizer.encodeIds(text) : tokenizer.encodeFromBegin(text);
}

} // namespace

std::vector<std::int32_t> encodeChat(const Tokenizer& tokenizer,
                                     const std::vector<ChatMessage>& messages, Before before) {
    for (const Template& form : kTemplates) {
        if (hasTokens(tokenizer, form)) {
            Writer writer(tokenizer, form, before);
            for (const ChatMessage& message : messages) {
                writer.add(message.role, message.content, false);
            }
            writer.add("assistant", "", true);
            writer.addThoughts();
            return writer.ids();
        }
    }
    return encodePlain(tokenizer, messages, before);
}

} // namespace engine::model
