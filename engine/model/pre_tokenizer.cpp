#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine/model/pre_tokenizer.h"

#include <pcre2.h>

#include <cassert>

#include "engine/model/utf8.h"

namespace engine::model {

namespace {

// White space is Unicode's White_Space, spelled out because PCRE2's \s also takes U+180E.
#define SPACE                                                                                      \
    R"(\x{9}-\x{d} \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})"
#define WORD R"( ?\p{L}+)"
#define SIGNS " ?[^" SPACE R"(\p{L}\p{N}]+)"
#define SUFFIXES "'s|'t|'re|'ve|'m|'ll|'d"
#define SPACES "[" SPACE "]+(?![^" SPACE "])|[" SPACE "]+"
#define LATER_WORDS "(?i:" SUFFIXES R"()|[^\r\n\p{L}\p{N}]?\p{L}+)"
#define LATER_SIGNS SIGNS R"([\r\n]*|[)" SPACE R"(]*[\r\n]+)"

struct Pattern {
    std::string_view name;
    const char* pattern;
    bool takesWholeTokens;
};

// Every pattern matches at least one character wherever it is tried.
constexpr Pattern kPatterns[] = {
    {"gpt-2", SUFFIXES "|" WORD R"(| ?\p{N}+|)" SIGNS "|" SPACES, false},
    // SmolLM cuts out each digit first and splits what lies between by GPT-2's pattern. A run of
    // spaces before a digit thus ends its part of the text, which the look-ahead says in one pass.
    {"smollm",
     R"(\p{N}|)" SUFFIXES "|" WORD "|" SIGNS "|[" SPACE "]+(?![^" SPACE R"(\p{N}])|[)" SPACE "]+",
     false},
    {"qwen2", LATER_WORDS R"(|\p{N}|)" LATER_SIGNS "|" SPACES, false},
    {"llama-bpe", LATER_WORDS R"(|\p{N}{1,3}|)" LATER_SIGNS "|" SPACES, true},
};

} // namespace

struct PreTokenizer::Impl {
    const Pattern* pattern = nullptr;
    pcre2_code* code = nullptr;
    bool hasJit = false;
};

PreTokenizer::PreTokenizer() : m_impl(std::make_unique<Impl>()) {}

PreTokenizer::~PreTokenizer() {
    pcre2_code_free(m_impl->code);
}

std::unique_ptr<const PreTokenizer> PreTokenizer::create(std::string_view name, Jit jit) {
    for (const Pattern& pattern : kPatterns) {
        if (pattern.name != name) {
            continue;
        }
        std::unique_ptr<PreTokenizer> result(new PreTokenizer);
        int error = 0;
        PCRE2_SIZE errorAt = 0;
        result->m_impl->pattern = &pattern;
        result->m_impl->code =
            pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.pattern), PCRE2_ZERO_TERMINATED,
                          PCRE2_UTF | PCRE2_UCP, &error, &errorAt, nullptr);
        assert(result->m_impl->code != nullptr);
        // Where the system forbids writable code, the interpreter does the same, more slowly.
        result->m_impl->hasJit = jit == Jit::IfAvailable &&
                                 pcre2_jit_compile(result->m_impl->code, PCRE2_JIT_COMPLETE) == 0;
        return result;
    }
    return nullptr;
}

bool PreTokenizer::takesWholeTokens() const {
    return m_impl->pattern->takesWholeTokens;
}

struct PreTokenizer::Pieces::Impl {
    const PreTokenizer::Impl& splitter;
    pcre2_match_data* match;
    std::string_view text;
};

PreTokenizer::Pieces::Pieces(const PreTokenizer& splitter)
    : m_impl(std::make_unique<Impl>(
          Impl{*splitter.m_impl,
               pcre2_match_data_create_from_pattern(splitter.m_impl->code, nullptr),
               {}})) {}

PreTokenizer::Pieces::~Pieces() {
    pcre2_match_data_free(m_impl->match);
}

void PreTokenizer::Pieces::start(std::string_view text) {
    m_impl->text = text;
}

std::size_t PreTokenizer::Pieces::end(std::size_t begin) {
    const std::string_view text = m_impl->text;
    const auto* const subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    const pcre2_code* const code = m_impl->splitter.code;
    const int found =
        m_impl->splitter.hasJit
            ? pcre2_jit_match(code, subject, text.size(), begin, PCRE2_NO_UTF_CHECK, m_impl->match,
                              nullptr)
            : pcre2_match(code, subject, text.size(), begin, PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED,
                          m_impl->match, nullptr);
    // A failed match means that PCRE2 ran into one of its limits; one character is always a sound
    // piece.
    return found > 0 ? pcre2_get_ovector_pointer(m_impl->match)[1]
                     : begin + utf8Step(text.substr(begin)).bytes;
}

} // namespace engine::model
