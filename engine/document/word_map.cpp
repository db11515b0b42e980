#include "engine/document/word_map.h"

#include <algorithm>
#include <cmath>

namespace engine::document {

namespace {

constexpr float kParts = 65535.0F;
constexpr std::int64_t kLongest = 65535;

void put(std::string& out, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i)
        out += static_cast<char>((value >> (8 * i)) & 0xFF);
}

std::uint32_t get(std::string_view blob, std::size_t at, int bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i)
        value |= static_cast<std::uint32_t>(static_cast<unsigned char>(blob[at + i])) << (8 * i);
    return value;
}

std::uint32_t part(float value, float size) {
    if (!(size > 0) || !std::isfinite(value))
        return 0;
    return static_cast<std::uint32_t>(std::lround(std::clamp(value / size, 0.0F, 1.0F) * kParts));
}

WordBox unpack(std::string_view blob, std::size_t word, const Page& page) {
    const std::size_t at = word * kWordBytes;
    WordBox out;
    out.begin = page.begin + get(blob, at, 4);
    out.end = out.begin + get(blob, at + 4, 2);
    const float x = page.widthPt / kParts;
    const float y = page.heightPt / kParts;
    out.box = {static_cast<float>(get(blob, at + 6, 2)) * x,
               static_cast<float>(get(blob, at + 8, 2)) * y,
               static_cast<float>(get(blob, at + 10, 2)) * x,
               static_cast<float>(get(blob, at + 12, 2)) * y};
    return out;
}

} // namespace

std::string packWords(const std::vector<WordBox>& words, const Page& page) {
    std::string out;
    out.reserve(words.size() * kWordBytes);
    for (const WordBox& word : words) {
        for (std::int64_t begin = word.begin; begin < word.end; begin += kLongest) {
            put(out, static_cast<std::uint32_t>(begin - page.begin), 4);
            put(out, static_cast<std::uint32_t>(std::min(kLongest, word.end - begin)), 2);
            put(out, part(word.box.x0, page.widthPt), 2);
            put(out, part(word.box.y0, page.heightPt), 2);
            put(out, part(word.box.x1, page.widthPt), 2);
            put(out, part(word.box.y1, page.heightPt), 2);
        }
    }
    return out;
}

std::vector<WordBox> boxes(std::string_view words, const Page& page, std::int64_t begin,
                           std::int64_t end) {
    const std::size_t count = words.size() / kWordBytes;
    std::size_t low = 0;
    std::size_t high = count;
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (unpack(words, middle, page).end <= begin)
            low = middle + 1;
        else
            high = middle;
    }
    std::vector<WordBox> out;
    for (; low < count; ++low) {
        const WordBox word = unpack(words, low, page);
        if (word.begin >= end)
            break;
        out.push_back(word);
    }
    return out;
}

} // namespace engine::document
