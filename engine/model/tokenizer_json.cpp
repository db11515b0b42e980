#include "engine/model/tokenizer_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "engine/model/bad_weights.h"
#include "engine/model/json_text.h"

namespace engine::model {

namespace {

using nlohmann::json;

constexpr std::int64_t kNormal = 1;
constexpr std::int64_t kControl = 3;
constexpr std::int64_t kUserDefined = 4;
constexpr std::int64_t kUnused = 5;
constexpr std::int64_t kMostTokens = 1 << 22;

/// The regular expressions by which the families split text, as their files write them.
#define LATER_BEGIN R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})"
#define LATER_END R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"
constexpr std::string_view kQwen2 = LATER_BEGIN LATER_END;
constexpr std::string_view kLlamaBpe = LATER_BEGIN "{1,3}" LATER_END;

class Reader {
public:
    Reader(std::string_view text, const std::string& path)
        : m_path(path), m_root(parseJson(text, path, "tokenizer.json")),
          m_model(objectOf("model")) {}

    TokenizerJson read() {
        readKind();
        readSplitter();
        readVocabulary();
        readAddedTokens();
        readMerges();
        readUnknown();
        readPostProcessor();
        return std::move(m_result);
    }

private:
    [[noreturn]] void refuse(const std::string& what, const std::string& found,
                             const std::string& expected) const {
        refuseWeights(m_path, what + " of tokenizer.json", found, expected);
    }

    static std::string foundIn(const json* value) {
        return value == nullptr ? "missing" : shownJson(*value);
    }

    [[nodiscard]] const json& objectOf(const char* name) const {
        const json* value = memberOf(m_root, name);
        if (value == nullptr || !value->is_object()) {
            refuse(name, foundIn(value), "an object");
        }
        return *value;
    }

    /// Whether an object's member is absent, null or `value`.
    static bool isAbsentOr(const json& object, const char* name, const json& value) {
        const json* found = memberOf(object, name);
        return found == nullptr || *found == value;
    }

    void readKind() const {
        // The oldest files have no type; the other algorithms always name theirs.
        if (!isAbsentOr(m_model, "type", "BPE")) {
            refuse("the type", foundIn(memberOf(m_model, "type")), "BPE");
        }
        for (const auto& [name, value] : {std::pair<const char*, json>{"byte_fallback", false},
                                          {"continuing_subword_prefix", ""},
                                          {"end_of_word_suffix", ""},
                                          {"dropout", 0}}) {
            if (!isAbsentOr(m_model, name, value)) {
                refuse(name, foundIn(memberOf(m_model, name)), value.dump() + ", byte-level BPE");
            }
        }
        const json* normalizer = memberOf(m_root, "normalizer");
        // Text in NFC, as nearly all is, passes that one unchanged; Infolio keeps the rest as it
        // is, so that every token keeps its range.
        if (normalizer != nullptr && *normalizer != json{{"type", "NFC"}}) {
            refuse("the normalizer", typeOf(*normalizer), "none or NFC");
        }
        const json* decoder = memberOf(m_root, "decoder");
        if (decoder == nullptr || typeOf(*decoder) != "\"ByteLevel\"") {
            refuse("the decoder", decoder == nullptr ? "missing" : typeOf(*decoder), "ByteLevel");
        }
    }

    static std::string typeOf(const json& object) {
        const json* type = object.is_object() ? memberOf(object, "type") : nullptr;
        return type == nullptr ? shownJson(object) : shownJson(*type);
    }

    void readSplitter() {
        m_result.splitter = splitterOf();
        if (m_result.splitter.empty()) {
            const json* found = memberOf(m_root, "pre_tokenizer");
            refuse("the pre_tokenizer", found == nullptr ? "missing" : shown(found->dump()),
                   "the split of gpt-2, smollm, qwen2 or llama-bpe");
        }
        const bool takesWholeTokens = m_result.splitter == "llama-bpe";
        if (!isAbsentOr(m_model, "ignore_merges", takesWholeTokens) ||
            (takesWholeTokens && memberOf(m_model, "ignore_merges") == nullptr)) {
            refuse("ignore_merges", foundIn(memberOf(m_model, "ignore_merges")),
                   takesWholeTokens ? "true" : "false");
        }
    }

    /// "" when it is none that is known.
    [[nodiscard]] std::string splitterOf() const {
        const json* found = memberOf(m_root, "pre_tokenizer");
        if (found == nullptr) {
            return "";
        }
        if (isByteLevel(*found, true)) {
            return "gpt-2";
        }
        const json* const parts =
            typeOf(*found) == "\"Sequence\"" ? memberOf(*found, "pretokenizers") : nullptr;
        if (parts == nullptr || !parts->is_array() || parts->size() != 2) {
            return "";
        }
        const json& first = (*parts)[0];
        if (first == json{{"type", "Digits"}, {"individual_digits", true}}) {
            return isByteLevel((*parts)[1], true) ? "smollm" : "";
        }
        for (const auto& [name, pattern] :
             {std::pair{"qwen2", kQwen2}, std::pair{"llama-bpe", kLlamaBpe}}) {
            if (first == json{{"type", "Split"},
                              {"pattern", {{"Regex", pattern}}},
                              {"behavior", "Isolated"},
                              {"invert", false}}) {
                return isByteLevel((*parts)[1], false) ? name : "";
            }
        }
        return "";
    }

    /// A step that writes bytes as letters, after splitting by GPT-2's expression if it `splits`.
    static bool isByteLevel(const json& step, bool splits) {
        if (typeOf(step) != "\"ByteLevel\"" || !isAbsentOr(step, "add_prefix_space", false) ||
            memberOf(step, "add_prefix_space") == nullptr) {
            return false;
        }
        const json* regex = memberOf(step, "use_regex");
        return regex == nullptr ? splits : *regex == splits;
    }

    void readVocabulary() {
        const json* vocabulary = memberOf(m_model, "vocab");
        if (vocabulary == nullptr || !vocabulary->is_object() || vocabulary->empty()) {
            refuse("vocab", foundIn(vocabulary), "an object of ids by token");
        }
        for (const auto& [text, id] : vocabulary->items()) {
            put("vocab", idOf("\"" + shown(text) + "\"", id), text, kNormal);
        }
    }

    [[nodiscard]] std::int64_t idOf(const std::string& token, const json& value) const {
        const auto id = integerOf(value);
        if (!id || *id < 0 || *id >= kMostTokens) {
            refuse("the id of token " + token, shownJson(value),
                   "0 to " + std::to_string(kMostTokens - 1));
        }
        return *id;
    }

    void put(const char* where, std::int64_t id, const std::string& text, std::int64_t type) {
        const auto at = static_cast<std::size_t>(id);
        for (std::size_t i = m_result.tokens.size(); i <= at; ++i) {
            m_result.tokens.push_back("[PAD" + std::to_string(i) + "]");
            m_result.types.push_back(kUnused);
        }
        if (m_result.types[at] != kUnused && m_result.tokens[at] != text) {
            refuse("id " + std::to_string(id) + " in " + where, "\"" + shown(text) + "\"",
                   "\"" + shown(m_result.tokens[at]) + "\", which has it");
        }
        m_result.tokens[at] = text;
        m_result.types[at] = type;
    }

    void readAddedTokens() {
        const json* added = memberOf(m_root, "added_tokens");
        if (added == nullptr) {
            return;
        }
        if (!added->is_array()) {
            refuse("added_tokens", shownJson(*added), "a list");
        }
        for (const json& token : *added) {
            const json* const content = token.is_object() ? memberOf(token, "content") : nullptr;
            const json* const id = token.is_object() ? memberOf(token, "id") : nullptr;
            if (content == nullptr || !content->is_string() || id == nullptr) {
                refuse("an entry of added_tokens", shown(token.dump()),
                       "an object with id and content");
            }
            const auto text = content->get<std::string>();
            const std::int64_t number = idOf("\"" + shown(text) + "\"", *id);
            const json& vocabulary = m_model["vocab"];
            const auto same = vocabulary.find(text);
            if (same != vocabulary.end() && *same != number) {
                refuse("the id of added token \"" + shown(text) + "\"", std::to_string(number),
                       shownJson(*same) + ", its id in vocab");
            }
            put("added_tokens", number, text,
                isAbsentOr(token, "special", false) ? kUserDefined : kControl);
        }
    }

    void readMerges() {
        const json* merges = memberOf(m_model, "merges");
        if (merges == nullptr || !merges->is_array() || merges->empty()) {
            refuse("merges", foundIn(merges), "a list of pairs");
        }
        for (const json& merge : *merges) {
            if (merge.is_string()) {
                m_result.merges.push_back(merge.get<std::string>());
            } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
                       merge[1].is_string()) {
                m_result.merges.push_back(merge[0].get<std::string>() + " " +
                                          merge[1].get<std::string>());
            } else {
                refuse("merge " + std::to_string(m_result.merges.size()), shown(merge.dump()),
                       "two tokens");
            }
        }
    }

    void readUnknown() {
        const json* unknown = memberOf(m_model, "unk_token");
        if (unknown == nullptr) {
            return;
        }
        const auto found = std::find(m_result.tokens.begin(), m_result.tokens.end(), *unknown);
        if (found == m_result.tokens.end()) {
            refuse("unk_token", shownJson(*unknown), "one of the tokens");
        }
        m_result.unknown = found - m_result.tokens.begin();
    }

    void readPostProcessor() {
        const json* processor = memberOf(m_root, "post_processor");
        if (processor == nullptr) {
            return;
        }
        const json* const steps =
            typeOf(*processor) == "\"Sequence\"" ? memberOf(*processor, "processors") : nullptr;
        if (steps == nullptr || !steps->is_array()) {
            readPostStep(*processor);
            return;
        }
        for (const json& step : *steps) {
            readPostStep(step);
        }
    }

    void readPostStep(const json& step) {
        const std::string type = typeOf(step);
        if (type == "\"TemplateProcessing\"") {
            readTemplate(step);
        } else if (type != "\"ByteLevel\"") { // which moves ranges and adds no token
            refuse("the post_processor", type, "none, ByteLevel or TemplateProcessing");
        }
    }

    /// What stands before a text that comes alone. What stands behind one is left out: a book has
    /// no end before its last page, and a prompt goes on.
    void readTemplate(const json& step) {
        const json* const parts = memberOf(step, "single");
        if (parts == nullptr || !parts->is_array()) {
            refuse("single of the post_processor", foundIn(parts), "a list");
        }
        for (const json& part : *parts) {
            const json* const token = part.is_object() ? memberOf(part, "SpecialToken") : nullptr;
            if (token == nullptr) {
                return; // the text
            }
            if (m_result.begin) {
                refuse("single of the post_processor", shown(parts->dump()),
                       "at most one token before the text");
            }
            m_result.begin = templateId(step, *token);
        }
    }

    [[nodiscard]] std::int64_t templateId(const json& step, const json& token) const {
        const json* const name = token.is_object() ? memberOf(token, "id") : nullptr;
        const json* const all = memberOf(step, "special_tokens");
        const json* const entry = name != nullptr && name->is_string() && all != nullptr
                                      ? memberOf(*all, name->get_ref<const std::string&>())
                                      : nullptr;
        const json* const ids = entry != nullptr ? memberOf(*entry, "ids") : nullptr;
        const auto id = ids != nullptr && ids->is_array() && ids->size() == 1
                            ? integerOf(ids->front())
                            : std::nullopt;
        if (!id || *id < 0 || *id >= std::ssize(m_result.tokens)) {
            refuse("special_tokens of the post_processor", foundIn(all),
                   "one id of a token for " + foundIn(name));
        }
        return *id;
    }

    const std::string& m_path;
    const json m_root;
    const json& m_model;
    TokenizerJson m_result;
};

} // namespace

TokenizerJson readTokenizerJson(std::string_view text, const std::string& path) {
    return Reader(text, path).read();
}

} // namespace engine::model
