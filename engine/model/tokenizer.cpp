#include "engine/model/tokenizer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <unordered_map>

#include "engine/model/bad_weights.h"
#include "engine/model/bpe.h"
#include "engine/model/model_file.h"
#include "engine/model/pre_tokenizer.h"
#include "engine/model/sha256.h"
#include "engine/model/utf8.h"

namespace engine::model {

namespace {

/// Kinds of tokens in a GGUF file.
constexpr std::int64_t kNormal = 1;
constexpr std::int64_t kControl = 3;
constexpr std::int64_t kUserDefined = 4;

constexpr unsigned kLettersOfBytes = 0x144;

/// Byte-level BPE writes each byte as one printable character below U+0144 (GPT-2's table).
/// The byte of each such character; -1 for the others.
constexpr std::array<std::int16_t, kLettersOfBytes> bytesOfLetters() {
    std::array<std::int16_t, kLettersOfBytes> result{};
    result.fill(-1);
    unsigned other = 256;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool isPrintable =
            (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
        result[isPrintable ? byte : other++] = static_cast<std::int16_t>(byte);
    }
    return result;
}

constexpr auto kByteOfLetter = bytesOfLetters();

/// The bytes that a token's letters stand for; nothing when it has another character.
std::optional<std::string> bytesOfLetters(std::string_view letters) {
    std::string bytes;
    while (!letters.empty()) {
        const Utf8Step step = utf8Step(letters);
        if (step.kind != Utf8Step::Kind::Character || step.bytes > 2) {
            return std::nullopt;
        }
        const auto first = static_cast<unsigned char>(letters[0]);
        const unsigned code =
            step.bytes == 1 ? first
                            : (first & 31u) << 6 | (static_cast<unsigned char>(letters[1]) & 63u);
        if (code >= kLettersOfBytes || kByteOfLetter[code] < 0) {
            return std::nullopt;
        }
        bytes.push_back(static_cast<char>(kByteOfLetter[code]));
        letters.remove_prefix(step.bytes);
    }
    return bytes;
}

bool isUtf8(std::string_view text) {
    while (!text.empty()) {
        const Utf8Step step = utf8Step(text);
        if (step.kind != Utf8Step::Kind::Character) {
            return false;
        }
        text.remove_prefix(step.bytes);
    }
    return true;
}

/// Names under which model families end a turn or a text.
constexpr std::string_view kStopNames[] = {"<|im_end|>", "<|endoftext|>", "<|eot_id|>",
                                           "<|end_of_text|>"};

/// What a file's tables say, checked.
struct Tables {
    std::vector<std::string> bytes; ///< per id; "" for control tokens
    std::vector<std::string_view>
        whole; ///< views of `bytes` of the tokens that text can give, "" for the others
    std::unordered_map<std::string, std::int32_t> controls;
    std::vector<MergeTable::Merge> merges;
    std::array<std::int32_t, 256> byteTokens{}; ///< -1: the vocabulary has none
    std::int32_t unknown = -1;
    std::int32_t begin = -1;
    std::vector<std::int32_t> stops;
    std::unique_ptr<const PreTokenizer> splitter;
    std::string sha256;
};

class TableReader {
public:
    explicit TableReader(const ModelFile& file) : m_file(file) {}

    Tables read() {
        const auto model = m_file.string("tokenizer.ggml.model");
        if (model != "gpt2") {
            refuse("the tokenizer (tokenizer.ggml.model)",
                   model ? "\"" + shown(*model) + "\"" : "missing", "gpt2, byte-level BPE");
        }
        const auto splitter = m_file.string("tokenizer.ggml.pre");
        m_tables.splitter = PreTokenizer::create(splitter.value_or(""));
        if (!m_tables.splitter) {
            refuse("the pre-tokenizer (tokenizer.ggml.pre)",
                   splitter ? "\"" + shown(*splitter) + "\"" : "missing",
                   "gpt-2, smollm, qwen2 or llama-bpe");
        }
        readTokens();
        readMerges();
        readBytes();
        readStops();
        readBegin(*splitter);
        m_tables.sha256 = hash(*splitter);
        return std::move(m_tables);
    }

private:
    [[noreturn]] void refuse(const std::string& what, const std::string& found,
                             const std::string& expected) const {
        refuseWeights(m_file.path(), what, found, expected);
    }

    void readTokens() {
        m_tokens =
            m_file.strings("tokenizer.ggml.tokens").value_or(std::vector<std::string_view>{});
        if (m_tokens.empty()) {
            refuse("the list of tokens (tokenizer.ggml.tokens)", "missing", "one text per token");
        }
        m_types = m_file.integers("tokenizer.ggml.token_type")
                      .value_or(std::vector<std::int64_t>(m_tokens.size(), kNormal));
        if (m_types.size() != m_tokens.size()) {
            refuse("the length of tokenizer.ggml.token_type", std::to_string(m_types.size()),
                   std::to_string(m_tokens.size()) + ", as many as there are tokens");
        }
        m_tables.bytes.resize(m_tokens.size());
        m_tables.whole.resize(m_tokens.size());
        for (std::size_t id = 0; id < m_tokens.size(); ++id) {
            readToken(id);
        }
    }

    void readToken(std::size_t id) {
        const std::string_view text = m_tokens[id];
        const auto number = static_cast<std::int32_t>(id);
        const std::string what = "token " + std::to_string(id);
        if (!isUtf8(text)) {
            refuse(what, "\"" + shown(text) + "\"", "text in UTF-8");
        }
        if (m_types[id] == kControl) {
            m_tables.controls.emplace(text, number);
        } else if (m_types[id] == kUserDefined) {
            m_tables.bytes[id] = text;
            m_tables.controls.emplace(text, number);
        } else if (m_types[id] == kNormal) {
            std::optional<std::string> bytes = bytesOfLetters(text);
            if (!bytes || bytes->empty()) {
                refuse(what, "\"" + shown(text) + "\"", "letters of byte-level BPE");
            }
            m_tables.bytes[id] = std::move(*bytes);
            m_tables.whole[id] = m_tables.bytes[id];
            if (!m_ids.emplace(m_tables.bytes[id], number).second) {
                refuse(what, "\"" + shown(text) + "\", which was given before", "another text");
            }
        }
    }

    /// The normal token with these bytes, or -1.
    [[nodiscard]] std::int32_t idOf(const std::string& bytes) const {
        const auto found = m_ids.find(bytes);
        return found == m_ids.end() ? -1 : found->second;
    }

    void readMerges() {
        m_merges =
            m_file.strings("tokenizer.ggml.merges").value_or(std::vector<std::string_view>{});
        if (m_merges.empty()) {
            refuse("the list of merges (tokenizer.ggml.merges)", "missing", "pairs of tokens");
        }
        for (std::size_t rank = 0; rank < m_merges.size(); ++rank) {
            const std::string_view text = m_merges[rank];
            const std::size_t space = text.find(' ');
            const auto left = bytesOfLetters(text.substr(0, space));
            const auto right =
                bytesOfLetters(space == std::string_view::npos ? "" : text.substr(space + 1));
            const MergeTable::Merge merge{left ? idOf(*left) : -1, right ? idOf(*right) : -1,
                                          left && right ? idOf(*left + *right) : -1};
            if (merge.left < 0 || merge.right < 0 || merge.result < 0) {
                refuse("merge " + std::to_string(rank), "\"" + shown(text) + "\"",
                       "two tokens that make a third");
            }
            m_tables.merges.push_back(merge);
        }
    }

    void readBytes() {
        int missing = 0;
        for (unsigned byte = 0; byte < 256; ++byte) {
            m_tables.byteTokens[byte] = idOf(std::string(1, static_cast<char>(byte)));
            missing += m_tables.byteTokens[byte] < 0 ? 1 : 0;
        }
        const std::int64_t unknown = m_file.integer("tokenizer.ggml.unknown_token_id").value_or(-1);
        // Only a token that text never gives can mark a byte without a token.
        if (isId(unknown) && m_types[static_cast<std::size_t>(unknown)] != kNormal) {
            m_tables.unknown = static_cast<std::int32_t>(unknown);
        }
        if (missing > 128 || (missing > 0 && m_tables.unknown < 0)) {
            refuse("the number of bytes that have a token", std::to_string(256 - missing),
                   "256, or 128 and an unknown token");
        }
    }

    [[nodiscard]] bool isId(std::int64_t id) const {
        return id >= 0 && id < static_cast<std::int64_t>(m_tokens.size());
    }

    void readStops() {
        std::vector<std::int32_t>& stops = m_tables.stops;
        for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                                "tokenizer.ggml.eom_token_id"}) {
            const auto id = m_file.integer(key);
            if (id && !isId(*id)) {
                refuse(m_file.keyWords(key), std::to_string(*id),
                       "below " + std::to_string(m_tokens.size()));
            }
            if (id) {
                stops.push_back(static_cast<std::int32_t>(*id));
            }
        }
        for (const std::string_view name : kStopNames) {
            const auto found = m_tables.controls.find(std::string(name));
            if (found != m_tables.controls.end()) {
                stops.push_back(found->second);
            }
        }
        std::sort(stops.begin(), stops.end());
        stops.erase(std::unique(stops.begin(), stops.end()), stops.end());
    }

    /// Most files of Llama 3 leave the truth value out and count on their pre-tokenizer's name.
    void readBegin(std::string_view splitter) {
        constexpr const char* kKey = "tokenizer.ggml.bos_token_id";
        const auto id = m_file.integer(kKey);
        const bool isAsked = m_file.boolean("tokenizer.ggml.add_bos_token")
                                 .value_or(id.has_value() && splitter == "llama-bpe");
        if (!isAsked) {
            return;
        }
        if (!id || !isId(*id)) {
            refuse(m_file.keyWords(kKey), id ? std::to_string(*id) : "missing",
                   "below " + std::to_string(m_tokens.size()) +
                       ", the token with which every text is to begin");
        }
        m_tables.begin = static_cast<std::int32_t>(*id);
    }

    [[nodiscard]] std::string hash(std::string_view splitter) const {
        // Lengths stand before the texts, so that two different lists never give the same bytes.
        std::string all;
        const auto add = [&all](std::string_view text) {
            all += std::to_string(text.size()) + ":";
            all += text;
        };
        add(splitter);
        for (std::size_t id = 0; id < m_tokens.size(); ++id) {
            all += std::to_string(m_types[id]) + " ";
            add(m_tokens[id]);
        }
        for (const std::string_view merge : m_merges) {
            add(merge);
        }
        // One that is not asked for changes nothing that is read, so it must not change the hash.
        if (m_tables.begin >= 0) {
            all += "begin " + std::to_string(m_tables.begin);
        }
        Sha256 sha;
        sha.add(all);
        return sha.digest();
    }

    const ModelFile& m_file;
    std::vector<std::string_view> m_tokens;
    std::vector<std::int64_t> m_types;
    std::vector<std::string_view> m_merges;
    std::unordered_map<std::string_view, std::int32_t>
        m_ids; ///< of the normal tokens, by their bytes
    Tables m_tables;
};

class BpeTokenizer final : public Tokenizer {
public:
    explicit BpeTokenizer(Tables tables)
        : m_tables(std::move(tables)), m_whole(m_tables.whole), m_merges(m_tables.merges),
          m_isReached(m_tables.bytes.size()) {
        std::uint8_t next = 0;
        for (unsigned byte = 0; byte < 256; ++byte) {
            if (m_tables.byteTokens[byte] < 0) {
                while (m_tables.byteTokens[next] < 0) {
                    ++next;
                }
                m_standIn[byte] = m_tables.byteTokens[next++];
                m_byteOfStandIn.emplace(m_standIn[byte], static_cast<char>(byte));
            }
        }
    }

    [[nodiscard]] std::vector<Token> encode(std::string_view text) const override;

    [[nodiscard]] std::string decode(const std::vector<std::int32_t>& ids) const override {
        std::string text;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (ids[i] == m_tables.unknown && i + 1 < ids.size()) {
                const auto missing = m_byteOfStandIn.find(ids[i + 1]);
                if (missing != m_byteOfStandIn.end()) {
                    text.push_back(missing->second);
                    ++i;
                    continue;
                }
            }
            text += bytesOf(ids[i]);
        }
        return text;
    }

    [[nodiscard]] std::string_view bytesOf(std::int32_t id) const override {
        return id >= 0 && id < vocabulary() ? m_tables.bytes[static_cast<std::size_t>(id)]
                                            : std::string_view();
    }

    [[nodiscard]] std::int32_t control(std::string_view name) const override {
        const auto found = m_tables.controls.find(std::string(name));
        return found == m_tables.controls.end() ? -1 : found->second;
    }

    [[nodiscard]] std::int32_t beginToken() const override { return m_tables.begin; }

    [[nodiscard]] std::int64_t vocabulary() const override {
        return static_cast<std::int64_t>(m_tables.bytes.size());
    }

    [[nodiscard]] std::vector<std::int32_t> stopTokens() const override { return m_tables.stops; }
    [[nodiscard]] const std::string& sha256() const override { return m_tables.sha256; }

private:
    class Encoder;

    Tables m_tables;
    TokenTable m_whole;
    MergeTable m_merges;
    /// Tokens that merging was seen to give for their own bytes, so that it need not be done again.
    /// Whoever sets one writes what every other thread would write.
    mutable std::vector<std::atomic<bool>> m_isReached;
    /// A byte without a token is written as the unknown token and the token of another byte.
    std::array<std::int32_t, 256> m_standIn{};
    std::unordered_map<std::int32_t, char> m_byteOfStandIn;
};

/// Encodes one text.
class BpeTokenizer::Encoder {
public:
    Encoder(const BpeTokenizer& tokenizer, std::string_view text)
        : m_tokenizer(tokenizer), m_text(text), m_pieces(*tokenizer.m_tables.splitter),
          m_merger(tokenizer.m_merges) {
        m_tokens.reserve(text.size() / 4 + 4);
    }

    std::vector<Token> run() {
        std::size_t at = 0;
        while (at < m_text.size()) {
            const std::size_t end = endOfUtf8(at);
            encodeRun(at, end);
            at = end;
            if (at < m_text.size()) {
                const std::size_t broken = utf8Step(m_text.substr(at)).bytes;
                for (std::size_t i = at; i < at + broken; ++i) {
                    addByte(i);
                }
                at += broken;
            }
        }
        return std::move(m_tokens);
    }

private:
    /// The end of the longest run of whole characters from `at` on.
    [[nodiscard]] std::size_t endOfUtf8(std::size_t at) const {
        while (at < m_text.size()) {
            if (static_cast<unsigned char>(m_text[at]) < 0x80) {
                ++at;
                continue;
            }
            const Utf8Step step = utf8Step(m_text.substr(at));
            if (step.kind != Utf8Step::Kind::Character) {
                break;
            }
            at += step.bytes;
        }
        return at;
    }

    void encodeRun(std::size_t begin, std::size_t end) {
        m_pieces.start(m_text.substr(begin, end - begin));
        for (std::size_t at = begin; at < end;) {
            const std::size_t pieceEnd = begin + m_pieces.end(at - begin);
            encodePiece(at, pieceEnd);
            at = pieceEnd;
        }
    }

    void encodePiece(std::size_t begin, std::size_t end) {
        const std::int32_t whole = m_tokenizer.m_whole.find(m_text.substr(begin, end - begin));
        std::atomic<bool>* const isReached =
            whole < 0 ? nullptr : &m_tokenizer.m_isReached[static_cast<std::size_t>(whole)];
        if (isReached != nullptr && (isReached->load(std::memory_order_relaxed) ||
                                     m_tokenizer.m_tables.splitter->takesWholeTokens())) {
            add(whole, begin, end);
            return;
        }
        const std::size_t before = m_tokens.size();
        for (std::size_t i = begin; i < end; ++i) {
            const std::int32_t id = byteToken(i);
            if (id < 0) {
                mergeSymbols();
                addByte(i);
            } else {
                m_symbols.push_back(
                    {id, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i + 1)});
            }
        }
        mergeSymbols();
        if (isReached != nullptr && m_tokens.size() == before + 1) {
            isReached->store(true, std::memory_order_relaxed);
        }
    }

    void mergeSymbols() {
        m_merger.merge(m_symbols, m_tokens);
        m_symbols.clear();
    }

    [[nodiscard]] std::int32_t byteToken(std::size_t at) const {
        return m_tokenizer.m_tables.byteTokens[static_cast<unsigned char>(m_text[at])];
    }

    void addByte(std::size_t at) {
        const std::int32_t id = byteToken(at);
        if (id >= 0) {
            add(id, at, at + 1);
        } else {
            add(m_tokenizer.m_tables.unknown, at, at + 1);
            add(m_tokenizer.m_standIn[static_cast<unsigned char>(m_text[at])], at, at + 1);
        }
    }

    void add(std::int32_t id, std::size_t begin, std::size_t end) {
        m_tokens.push_back(
            {id, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    }

    const BpeTokenizer& m_tokenizer;
    std::string_view m_text;
    PreTokenizer::Pieces m_pieces;
    Merger m_merger;
    std::vector<Token> m_symbols;
    std::vector<Token> m_tokens;
};

std::vector<Token> BpeTokenizer::encode(std::string_view text) const {
    return Encoder(*this, text).run();
}

} // namespace

std::shared_ptr<const Tokenizer> Tokenizer::load(const ModelFile& file) {
    return std::make_shared<BpeTokenizer>(TableReader(file).read());
}

std::vector<std::int32_t> Tokenizer::encodeIds(std::string_view text) const {
    std::vector<std::int32_t> ids;
    for (const Token& token : encode(text)) {
        ids.push_back(token.id);
    }
    return ids;
}

std::vector<std::int32_t> Tokenizer::encodeFromBegin(std::string_view text) const {
    std::vector<std::int32_t> ids = encodeIds(text);
    if (beginToken() >= 0) {
        ids.insert(ids.begin(), beginToken());
    }
    return ids;
}

} // namespace engine::model
