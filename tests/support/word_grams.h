#pragma once
/// How much of a text another text holds: word 3-grams as multisets, after NFKC, lower case and
/// splitting at everything that is neither letter nor digit.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

namespace support {

inline std::vector<std::string> words(std::string_view utf8) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(status);
    icu::UnicodeString text =
        nfkc->normalize(icu::UnicodeString::fromUTF8(std::string(utf8)), status);
    text.toLower();
    std::vector<std::string> out;
    icu::UnicodeString word;
    for (std::int32_t i = 0; i <= text.length(); i = text.moveIndex32(i, 1)) {
        const UChar32 c = i < text.length() ? text.char32At(i) : ' ';
        if (u_isalnum(c)) {
            word.append(c);
        } else if (!word.isEmpty()) {
            out.emplace_back();
            word.toUTF8String(out.back());
            word.remove();
        }
        if (i == text.length())
            break;
    }
    return out;
}

struct Overlap {
    double recall = 0, precision = 0;
};

inline Overlap overlap(std::string_view extracted, std::string_view truth) {
    const auto grams = [](std::string_view text) {
        std::unordered_map<std::string, std::int64_t> counts;
        const std::vector<std::string> all = words(text);
        for (std::size_t i = 2; i < all.size(); ++i)
            ++counts[all[i - 2] + ' ' + all[i - 1] + ' ' + all[i]];
        return counts;
    };
    const auto found = grams(extracted);
    const auto wanted = grams(truth);
    std::int64_t common = 0;
    std::int64_t foundTotal = 0;
    std::int64_t wantedTotal = 0;
    for (const auto& [gram, count] : found) {
        foundTotal += count;
        const auto it = wanted.find(gram);
        if (it != wanted.end())
            common += std::min(count, it->second);
    }
    for (const auto& [gram, count] : wanted)
        wantedTotal += count;
    return {wantedTotal == 0 ? 0 : static_cast<double>(common) / static_cast<double>(wantedTotal),
            foundTotal == 0 ? 0 : static_cast<double>(common) / static_cast<double>(foundTotal)};
}

} // namespace support
