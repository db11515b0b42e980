#include "engine/evaluate/suite.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "engine/error.h"

namespace engine::evaluate {

bool Plan::wants(std::string_view arm) const {
    // These cost several times what the others do.
    if (arms.empty())
        return arm != "full" && arm != "compressive" && arm != "knn" && !arm.starts_with("reread");
    return std::find(arms.begin(), arms.end(), arm) != arms.end();
}

std::vector<std::int32_t> bookTokens(const model::Tokenizer& tokenizer,
                                     const std::vector<Text>& texts) {
    std::vector<std::int32_t> ids;
    for (const Text& text : texts) {
        const std::vector<std::int32_t> more = tokenizer.encodeIds(text.utf8);
        ids.insert(ids.end(), more.begin(), more.end());
    }
    return ids;
}

std::vector<std::int32_t> textFrom(const model::Tokenizer& tokenizer,
                                   std::span<const std::int32_t> ids, std::int64_t offset,
                                   std::int64_t tokens) {
    if (ids.empty())
        throw Error(Code::NoText, "The texts of the haystack are empty; check the folder of the "
                                  "test material.");
    std::vector<std::int32_t> text;
    text.reserve(static_cast<std::size_t>(tokens));
    if (tokenizer.beginToken() >= 0)
        text.push_back(tokenizer.beginToken());
    for (std::int64_t i = offset; std::ssize(text) < tokens; ++i)
        text.push_back(ids[static_cast<std::size_t>(i % std::ssize(ids))]);
    return text;
}

std::vector<std::int32_t> fillerTokens(const model::Tokenizer& tokenizer, std::int64_t tokens) {
    const std::vector<std::int32_t> once =
        tokenizer.encodeIds(" The grass is green. The sky is blue. The sun is yellow. Here we go. "
                            "There and back again.");
    return textFrom(tokenizer, once, 0, tokens);
}

std::int64_t kvBytesPerToken(const model::Weights& weights) {
    const model::Config& config = weights.config;
    const std::int64_t width = weights.dtype == model::Dtype::Float32 ? 4 : 2;
    return 2 * config.headWidth * config.kvHeads * config.layers * width;
}

std::string binOf(std::int64_t count) {
    std::int64_t low = 1;
    while (low * 2 <= count)
        low *= 2;
    return low == 1 ? "1" : std::to_string(low) + "-" + std::to_string(low * 2 - 1);
}

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::uint64_t seedOf(std::uint64_t seed, std::string_view name, std::int64_t a, std::int64_t b) {
    std::uint64_t hash = 0xcbf29ce484222325U ^ seed;
    const auto mix = [&](std::uint64_t value) {
        for (int i = 0; i < 8; ++i)
            hash = (hash ^ ((value >> (8 * i)) & 0xFF)) * 0x100000001b3U;
    };
    for (const char c : name)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    mix(static_cast<std::uint64_t>(a));
    mix(static_cast<std::uint64_t>(b));
    return hash;
}

model::ReadingState nothing() {
    return {};
}

bool readText(Bench& bench, model::ReadingSession& session, std::span<const std::int32_t> ids,
              const std::string& what) {
    std::size_t at = 0;
    while (at < ids.size()) {
        at += session.push(ids.subspan(at));
        if (!bench.onStep({what, "tokens", static_cast<std::int64_t>(at),
                           static_cast<std::int64_t>(ids.size())}))
            return false;
    }
    return true;
}

} // namespace engine::evaluate
