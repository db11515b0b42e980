#include "engine/document/contents.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/document/paragraphs.h"

namespace engine::document {

namespace {

constexpr std::size_t kFewest = 5; ///< rows that make a page a contents page

bool isDots(const std::string& text) {
    return text.find_first_not_of(". ") == std::string::npos;
}

bool isLabel(const std::string& text) {
    if (text.empty() || text.size() > 7)
        return false;
    return text.find_first_not_of("0123456789") == std::string::npos ||
           text.find_first_not_of("ivxlc") == std::string::npos;
}

/// "Title....." becomes "Title".
std::string withoutDots(const std::string& text) {
    const std::size_t dots = text.find("...");
    return dots == std::string::npos ? text : text.substr(0, dots);
}

struct Row {
    std::vector<std::size_t> words; ///< from left to right
    float top = 0, bottom = 0;
    int leaders = 0; ///< runs of dots
    bool endsWithLabel = false;
    bool hasGap = false; ///< a wide gap before the label
};

std::vector<Row> makeRows(const LaidPage& page) {
    std::vector<std::size_t> order(page.words.size());
    std::iota(order.begin(), order.end(), 0);
    const auto middle = [&](std::size_t i) { return page.words[i].box.y0 + page.words[i].box.y1; };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return middle(a) < middle(b); });
    std::vector<Row> rows;
    for (const std::size_t i : order) {
        const Box& box = page.words[i].box;
        const float overlap =
            rows.empty() ? 0
                         : std::min(rows.back().bottom, box.y1) - std::max(rows.back().top, box.y0);
        if (rows.empty() ||
            overlap < 0.5F * std::min(rows.back().bottom - rows.back().top, box.y1 - box.y0)) {
            rows.emplace_back();
            rows.back().top = box.y0;
            rows.back().bottom = box.y1;
        }
        rows.back().words.push_back(i);
    }
    for (Row& row : rows) {
        std::stable_sort(row.words.begin(), row.words.end(), [&](std::size_t a, std::size_t b) {
            return page.words[a].box.x0 < page.words[b].box.x0;
        });
        int run = 0;
        for (const std::size_t i : row.words) {
            const std::string& text = page.words[i].text;
            const bool dots = isDots(text);
            const bool isLong = text.find("....") != std::string::npos;
            run = dots ? run + static_cast<int>(text.size()) : 0;
            if (isLong || (dots && run >= 3 && run - static_cast<int>(text.size()) < 3))
                ++row.leaders;
        }
        const Word& last = page.words[row.words.back()];
        row.endsWithLabel = row.words.size() > 1 && isLabel(last.text);
        if (row.words.size() > 1) {
            const Word& before = page.words[row.words[row.words.size() - 2]];
            row.hasGap = last.box.x0 - before.box.x1 > 1.5F * last.size;
        }
    }
    return rows;
}

bool isContentsPage(const LaidPage& page, const std::vector<Row>& rows) {
    const auto count = [&](auto test) {
        return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), test));
    };
    const std::size_t led =
        count([](const Row& row) { return row.leaders == 1 && row.endsWithLabel; });
    const std::size_t twice = count([](const Row& row) { return row.leaders > 1; });
    if (led >= kFewest && led * 10 >= rows.size() * 4)
        return twice * 5 <= led;
    const std::size_t gapped =
        count([](const Row& row) { return row.endsWithLabel && row.hasGap; });
    const std::size_t labelled = count([](const Row& row) { return row.endsWithLabel; });
    if (labelled < kFewest || (gapped * 10 < rows.size() * 6 && labelled * 10 < rows.size() * 8))
        return false;
    std::size_t falls = 0;
    int before = 0;
    for (const Row& row : rows) {
        const std::string& label = page.words[row.words.back()].text;
        if (!row.endsWithLabel || label.find_first_not_of("0123456789") != std::string::npos ||
            label.size() > 5)
            continue;
        const int number = std::stoi(label);
        falls += number < before ? 1 : 0;
        before = number;
    }
    return falls * 10 <= labelled;
}

} // namespace

bool layContents(LaidPage& page) {
    if (page.words.empty())
        return false;
    const std::vector<Row> rows = makeRows(page);
    if (!isContentsPage(page, rows))
        return false;
    std::vector<Word> words;
    page.lines.clear();
    for (const Row& row : rows) {
        const auto first = static_cast<int>(words.size());
        for (const std::size_t i : row.words) {
            Word word = page.words[i];
            if (isDots(word.text) && row.leaders > 0)
                continue;
            word.text = withoutDots(word.text);
            word.spaceAfter = true;
            if (!word.text.empty())
                words.push_back(std::move(word));
        }
        const auto last = static_cast<int>(words.size());
        if (first < last)
            page.lines.push_back(makeLine(words, first, last));
    }
    page.words = std::move(words);
    page.isContents = true;
    return true;
}

std::vector<ContentsLine> contentsLines(const std::vector<LaidPage>& pages) {
    std::vector<ContentsLine> out;
    std::vector<float> lefts;
    std::string wrapped;
    auto page =
        std::find_if(pages.begin(), pages.end(), [](const LaidPage& p) { return p.isContents; });
    for (; page != pages.end() && page->isContents; ++page) {
        for (const Line& line : page->lines) {
            const std::string& label = page->words[static_cast<std::size_t>(line.last) - 1].text;
            if (line.isFurniture)
                continue;
            if (line.last - line.first < 2 || !isLabel(label)) {
                // A title over two rows begins with its number.
                const std::string text = lineText(*page, line);
                wrapped = numberDepth(text) > 0 ? text + " " : std::string();
                continue;
            }
            ContentsLine entry;
            entry.label = label;
            Line title = line;
            --title.last;
            const std::string text = lineText(*page, title);
            entry.title = numberDepth(text) > 0 ? text : wrapped + text;
            wrapped.clear();
            entry.level = numberDepth(entry.title);
            lefts.push_back(line.box.x0);
            out.push_back(std::move(entry));
        }
    }
    std::vector<float> steps = lefts;
    std::sort(steps.begin(), steps.end());
    steps.erase(std::unique(steps.begin(), steps.end(), [](float a, float b) { return b - a < 4; }),
                steps.end());
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto step =
            std::upper_bound(steps.begin(), steps.end(), lefts[i] + 0.01F) - steps.begin();
        if (out[i].level == 0)
            out[i].level = static_cast<int>(std::clamp<std::ptrdiff_t>(step, 1, 6));
    }
    return out;
}

} // namespace engine::document
