#include "engine/line_boxes.h"

#include <algorithm>

namespace engine {

namespace {

bool shareALine(const WordBox& a, const WordBox& b) {
    const float height = std::min(a.y1 - a.y0, b.y1 - b.y0);
    const float overlap = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
    const float gap = std::max(a.x0, b.x0) - std::min(a.x1, b.x1);
    return overlap >= height / 2 && gap < 3 * height;
}

} // namespace

std::vector<LineBox> lineBoxes(int page, const std::vector<WordBox>& words) {
    std::vector<LineBox> lines;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const WordBox& word = words[i];
        // The neighbour decides and not the line so far: a large initial letter reaches down to
        // lines that are not its own.
        if (i == 0 || !shareALine(words[i - 1], word)) {
            lines.push_back({page, word.x0, word.y0, word.x1, word.y1});
            continue;
        }
        LineBox& line = lines.back();
        line.x0 = std::min(line.x0, word.x0);
        line.y0 = std::min(line.y0, word.y0);
        line.x1 = std::max(line.x1, word.x1);
        line.y1 = std::max(line.y1, word.y1);
    }
    return lines;
}

} // namespace engine
