#include "engine/document/lines.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <unicode/uchar.h>

#include "engine/document/clean.h"
#include "engine/document/code_points.h"

namespace engine::document {

namespace {

/// Numbers from a file are whatever the file says; geometry needs finite ones.
float finite(float value) {
    return std::isfinite(value) ? std::clamp(value, -1e6F, 1e6F) : 0.0F;
}

Box finite(const Box& box) {
    const Box b = {finite(box.x0), finite(box.y0), finite(box.x1), finite(box.y1)};
    return {std::min(b.x0, b.x1), std::min(b.y0, b.y1), std::max(b.x0, b.x1), std::max(b.y0, b.y1)};
}

Box united(const Box& a, const Box& b) {
    return {std::min(a.x0, b.x0), std::min(a.y0, b.y0), std::max(a.x1, b.x1), std::max(a.y1, b.y1)};
}

bool contains(const std::string& lower, std::initializer_list<const char*> parts) {
    return std::any_of(parts.begin(), parts.end(),
                       [&](const char* part) { return lower.find(part) != std::string::npos; });
}

struct FontStyle {
    bool isBold = false, isMono = false;
};

FontStyle fontStyle(const std::string& name) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const bool isMedi = lower.size() > 4 && lower.compare(lower.size() - 4, 4, "medi") == 0;
    return {isMedi || contains(lower, {"bold", "black", "heavy", "cmbx", "sfbx", "demi"}),
            contains(lower, {"mono", "courier", "cmtt", "sftt", "consol", "typewriter",
                             "lettergothic", "menlo"})};
}

bool isNumber(const std::string& text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool isNoteMark(const Word& word, const Word& before) {
    return isNumber(word.text) && word.text.size() <= 3 && word.size <= 0.75F * before.size &&
           word.box.y1 < before.box.y1 - 0.15F * before.size && !before.spaceAfter &&
           before.text.size() >= 2 && !isNumber(before.text.substr(before.text.size() - 1)) &&
           word.box.x0 - before.box.x1 < 0.3F * before.size &&
           word.box.x0 >= before.box.x1 - 0.3F * before.size;
}

bool isRightToLeft(const std::string& text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto direction = u_charDirection(nextCodePoint(text, i));
        if (direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC)
            return true;
        if (direction == U_LEFT_TO_RIGHT)
            return false;
    }
    return false;
}

bool isTall(const Word& word) {
    return word.text.size() > 1 && word.box.y1 - word.box.y0 > 2.5F * std::max(word.size, 1.0F) &&
           word.box.x1 - word.box.x0 < 2.0F * std::max(word.size, 1.0F);
}

bool isBeside(const Line& line, const Word& last, const Word& word) {
    if (isTall(last) || isTall(word)) {
        // Text set sideways runs along one strip.
        return std::abs(word.box.x0 - last.box.x0) < 2 && std::abs(word.box.x1 - last.box.x1) < 2 &&
               std::max(word.box.y0, last.box.y0) - std::min(word.box.y1, last.box.y1) < word.size;
    }
    const float overlap = std::min(line.box.y1, word.box.y1) - std::max(line.box.y0, word.box.y0);
    const float height = std::min(line.height(), word.box.y1 - word.box.y0);
    if (overlap < 0.5F * height || overlap <= 0)
        return false;
    const float slack = 0.5F * std::max(last.size, word.size);
    if (word.box.x0 >= last.box.x1 - slack)
        return true;
    return word.box.x1 <= last.box.x0 + slack && isRightToLeft(word.text);
}

std::vector<Word> cleanWords(const RawPage& page) {
    std::vector<FontStyle> styles;
    styles.reserve(page.fonts.size());
    for (const std::string& name : page.fonts)
        styles.push_back(fontStyle(name));
    std::vector<Word> words;
    words.reserve(page.words.size());
    for (const RawWord& raw : page.words) {
        Word word;
        word.text = cleanLine(raw.utf8);
        if (word.text.empty()) {
            if (raw.spaceAfter && !words.empty())
                words.back().spaceAfter = true;
            continue;
        }
        word.box = finite(raw.box);
        word.size = finite(raw.fontSize);
        if (word.size <= 0)
            word.size = std::max(word.box.y1 - word.box.y0, 0.1F);
        if (raw.font < styles.size()) {
            word.isBold = styles[raw.font].isBold;
            word.isMono = styles[raw.font].isMono;
        }
        word.spaceAfter = raw.spaceAfter;
        if (!words.empty() && startsWithMark(word.text) && !words.back().spaceAfter) {
            // A letter and its accent are one word, else the whole text would not be NFC.
            words.back().text = clean(words.back().text + word.text);
            words.back().box = united(words.back().box, word.box);
            words.back().spaceAfter = word.spaceAfter;
        } else if (!words.empty() && isNoteMark(word, words.back())) {
            words.back().spaceAfter = word.spaceAfter;
        } else {
            words.push_back(std::move(word));
        }
    }
    return words;
}

} // namespace

Line makeLine(const std::vector<Word>& words, int first, int last) {
    Line line;
    line.first = first;
    line.last = last;
    line.box = words[static_cast<std::size_t>(first)].box;
    std::map<float, int> sizes;
    int bold = 0;
    int mono = 0;
    for (int i = line.first; i < line.last; ++i) {
        const Word& word = words[static_cast<std::size_t>(i)];
        line.box = united(line.box, word.box);
        const auto length = static_cast<int>(word.text.size());
        sizes[std::round(word.size * 4) / 4] += length;
        line.characters += length;
        bold += word.isBold ? length : 0;
        mono += word.isMono ? length : 0;
    }
    const auto most =
        std::max_element(sizes.begin(), sizes.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    line.size = most->first;
    line.isBold = bold * 10 > line.characters * 8;
    line.isMono = mono * 10 > line.characters * 8;
    line.baseline = line.box.y1;
    for (int i = line.first; i < line.last; ++i) {
        const Word& word = words[static_cast<std::size_t>(i)];
        if (std::round(word.size * 4) / 4 == line.size) {
            line.baseline = word.box.y1;
            break;
        }
    }
    return line;
}

LaidPage layLines(const RawPage& page, const std::string& label) {
    LaidPage out;
    out.index = page.index;
    out.width = std::max(finite(page.widthPt), 1.0F);
    out.height = std::max(finite(page.heightPt), 1.0F);
    out.label = label;
    out.words = cleanWords(page);
    const auto count = static_cast<int>(out.words.size());
    for (int i = 0; i < count; ++i) {
        const Word& word = out.words[static_cast<std::size_t>(i)];
        if (!out.lines.empty() &&
            isBeside(out.lines.back(), out.words[static_cast<std::size_t>(i) - 1], word)) {
            out.lines.back().last = i + 1;
            out.lines.back().box = united(out.lines.back().box, word.box);
        } else {
            Line line;
            line.first = i;
            line.last = i + 1;
            line.box = word.box;
            out.lines.push_back(line);
        }
    }
    for (Line& line : out.lines)
        line = makeLine(out.words, line.first, line.last);
    return out;
}

bool hasSpaceBetween(const Word& left, const Word& right) {
    if (left.spaceAfter)
        return true;
    const float gap =
        right.box.x0 >= left.box.x1 ? right.box.x0 - left.box.x1 : left.box.x0 - right.box.x1;
    return gap > 0.25F * std::max(std::min(left.size, right.size), 1.0F);
}

std::string lineText(const LaidPage& page, const Line& line) {
    std::string out;
    for (int i = line.first; i < line.last; ++i) {
        const Word& word = page.words[static_cast<std::size_t>(i)];
        if (i > line.first && hasSpaceBetween(page.words[static_cast<std::size_t>(i) - 1], word))
            out += ' ';
        out += word.text;
    }
    return out;
}

BodyStyle bodyStyle(const std::vector<LaidPage>& pages) {
    std::map<float, std::int64_t> sizes;
    for (const LaidPage& page : pages)
        for (const Line& line : page.lines)
            sizes[std::round(line.size * 2) / 2] += line.characters;
    BodyStyle style;
    if (sizes.empty())
        return style;
    const auto larger = [](const auto& a, const auto& b) { return a.second < b.second; };
    style.size = std::max(std::max_element(sizes.begin(), sizes.end(), larger)->first, 1.0F);

    std::map<float, std::int64_t> pitches;
    for (const LaidPage& page : pages) {
        for (std::size_t i = 1; i < page.lines.size(); ++i) {
            const Line& a = page.lines[i - 1];
            const Line& b = page.lines[i];
            const float distance = b.baseline - a.baseline;
            const bool isBody =
                std::abs(a.size - style.size) < 0.6F && std::abs(b.size - style.size) < 0.6F;
            if (isBody && distance > 0.7F * style.size && distance < 3 * style.size)
                ++pitches[std::round(distance * 4) / 4];
        }
    }
    style.pitch = pitches.empty() ? 1.2F * style.size
                                  : std::max_element(pitches.begin(), pitches.end(), larger)->first;
    return style;
}

} // namespace engine::document
