#include "engine/document/furniture.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace engine::document {

namespace {

constexpr float kZone = 0.15F;
constexpr float kNumberZone = 0.25F; ///< for nothing but the number of the very page
constexpr std::size_t kMostRows = 4; ///< a head or foot of more rows is text

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isNumeral(std::string_view word) {
    return !word.empty() && (word.find_first_not_of("0123456789") == std::string_view::npos ||
                             word.find_first_not_of("ivxlc") == std::string_view::npos);
}

/// What running heads have in common: their letters, without page numbers at the ends, digits
/// masked.
std::string masked(std::string_view text) {
    for (std::size_t space = text.find(' '); isNumeral(text.substr(0, space));
         space = text.find(' '))
        text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    for (std::size_t space = text.rfind(' '); isNumeral(text.substr(space + 1));
         space = text.rfind(' '))
        text.remove_suffix(space == std::string_view::npos ? text.size() : text.size() - space);
    std::string out;
    for (const char c : text) {
        if (isDigit(c)) {
            if (out.empty() || out.back() != '#')
                out += '#';
        } else if (c != ' ' && c != '.') {
            out += c;
        }
    }
    return out;
}

/// A page number, in whatever dress: "12", "- 12 -", "xiv", "Page 3 of 20", or the page's label.
bool isPageNumber(const std::string& text, const std::string& label) {
    std::string bare;
    for (const char c : text)
        if (std::string_view(" -|[](){}.,~*").find(c) == std::string_view::npos &&
            static_cast<unsigned char>(c) < 0x80)
            bare += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (bare.empty())
        return false;
    if (!label.empty() && text == label)
        return true;
    if (bare.rfind("page", 0) == 0)
        bare.erase(0, 4);
    const bool digits = std::any_of(bare.begin(), bare.end(), isDigit);
    if (digits) {
        const std::size_t of = bare.find("of");
        if (of != std::string::npos)
            bare.erase(of, 2);
        return bare.size() <= 10 &&
               std::all_of(bare.begin(), bare.end(), [](char c) { return isDigit(c) || c == '/'; });
    }
    return bare.size() <= 8 && bare.find_first_not_of("ivxlc") == std::string::npos;
}

std::string pageNumber(const LaidPage& page) {
    return page.label.empty() ? std::to_string(page.index) : page.label;
}

/// A row of lines at the edge of a page: a head often stands in two or three parts.
struct Row {
    std::vector<Line*> lines; ///< from left to right
    std::string text, mask;
    float top = 0, bottom = 0;
    float size = 0;
    int y = 0;                  ///< bucket of its height on the page
    float gap = 0;              ///< white to the next row inwards
    bool isNumber = false;      ///< nothing but a page number
    bool hasPageNumber = false; ///< begins or ends with this page's number
};

/// Text set sideways stands in no row.
bool isSideways(const Line& line) {
    return line.height() > 2.5F * line.size && line.box.x1 - line.box.x0 < line.height();
}

int bucket(float y) {
    return static_cast<int>(std::lround(y / 2));
}

class Side {
public:
    Side(std::vector<LaidPage>& pages, const BodyStyle& body, bool isTop)
        : m_body(body), m_isTop(isTop) {
        for (LaidPage& page : pages) {
            m_rows.push_back(rows(page));
            if (!page.lines.empty())
                ++m_pages;
        }
    }

    void mark() {
        count();
        for (std::vector<Row>& rows : m_rows) {
            // A head of several rows is set apart as a whole, below its last row.
            std::size_t end = 0;
            for (std::size_t i = 0; i < rows.size() && i < kMostRows; ++i) {
                if (!mayBeFurniture(rows[i]) && !(i == 0 && isRunningHead(rows[i])))
                    break;
                if (isSetApart(rows[i]) || isSharedHeight(rows[i].y))
                    end = i + 1;
            }
            for (std::size_t i = 0; i < end; ++i)
                for (Line* line : rows[i].lines)
                    line->isFurniture = true;
        }
    }

private:
    /// The rows of the zone from the edge inwards.
    std::vector<Row> rows(LaidPage& page) const {
        std::vector<Line*> lines;
        for (Line& line : page.lines)
            if (!line.isFurniture && !isSideways(line))
                lines.push_back(&line);
        std::stable_sort(lines.begin(), lines.end(), [&](const Line* a, const Line* b) {
            return m_isTop ? a->box.y0 < b->box.y0 : a->box.y1 > b->box.y1;
        });
        std::vector<Row> out;
        for (Line* line : lines) {
            const float overlap = out.empty() ? 0
                                              : std::min(out.back().bottom, line->box.y1) -
                                                    std::max(out.back().top, line->box.y0);
            if (!out.empty() &&
                overlap > 0.5F * std::min(out.back().bottom - out.back().top, line->height())) {
                Row& row = out.back();
                row.lines.push_back(line);
                row.top = std::min(row.top, line->box.y0);
                row.bottom = std::max(row.bottom, line->box.y1);
                row.size = std::max(row.size, line->size);
                continue;
            }
            if (out.size() > kMostRows)
                break;
            Row row;
            row.lines.push_back(line);
            row.top = line->box.y0;
            row.bottom = line->box.y1;
            row.size = line->size;
            out.push_back(std::move(row));
        }
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i].gap = m_isTop ? page.height - out[i].bottom : out[i].top;
            if (i + 1 < out.size())
                out[i].gap =
                    m_isTop ? out[i + 1].top - out[i].bottom : out[i].top - out[i + 1].bottom;
        }
        for (Row& row : out)
            describe(row, page);
        while (!out.empty() && (out.size() > kMostRows || !isInZone(out.back(), page)))
            out.pop_back();
        return out;
    }

    [[nodiscard]] bool isInZone(const Row& row, const LaidPage& page) const {
        const float zone = row.text == pageNumber(page) ? kNumberZone : kZone;
        const bool isInside =
            m_isTop ? row.bottom <= zone * page.height : row.top >= (1 - zone) * page.height;
        return isInside && row.size <= 1.25F * m_body.size;
    }

    void describe(Row& row, const LaidPage& page) const {
        std::stable_sort(row.lines.begin(), row.lines.end(),
                         [](const Line* a, const Line* b) { return a->box.x0 < b->box.x0; });
        for (const Line* line : row.lines)
            row.text += (row.text.empty() ? "" : " ") + lineText(page, *line);
        row.mask = masked(row.text);
        row.y = bucket(m_isTop ? row.top : row.bottom);
        row.isNumber = isPageNumber(row.text, page.label);
        const std::string first = row.text.substr(0, row.text.find(' '));
        const std::string last = row.text.substr(row.text.rfind(' ') + 1);
        const std::string number = pageNumber(page);
        row.hasPageNumber = first == number || last == number;
    }

    void count() {
        for (const std::vector<Row>& rows : m_rows) {
            std::unordered_set<std::string> seen;
            for (std::size_t i = 0; i < rows.size(); ++i) {
                if (seen.insert(rows[i].mask).second)
                    ++m_masks[rows[i].mask];
                if (i == 0) {
                    Height& height = m_heights[rows[i].y];
                    ++height.pages;
                    height.isolated += rows[i].gap > 0.8F * m_body.pitch ? 1 : 0;
                }
            }
        }
    }

    /// Whether at least a tenth of the pages have their outermost line at this height, most of them
    /// set apart.
    [[nodiscard]] bool isSharedHeight(int y) const {
        int pages = 0;
        int isolated = 0;
        for (int near = y - 1; near <= y + 1; ++near) {
            const auto it = m_heights.find(near);
            if (it != m_heights.end()) {
                pages += it->second.pages;
                isolated += it->second.isolated;
            }
        }
        return pages >= 3 && pages * 10 >= m_pages && isolated * 10 >= pages * 6;
    }

    [[nodiscard]] bool isRepeated(const Row& row) const {
        const auto it = m_masks.find(row.mask);
        return !row.mask.empty() && it != m_masks.end() && it->second >= 3;
    }
    [[nodiscard]] bool isSetApart(const Row& row) const { return row.gap > 0.5F * m_body.pitch; }

    [[nodiscard]] bool mayBeFurniture(const Row& row) const {
        return isRepeated(row) || row.isNumber || (row.hasPageNumber && isSharedHeight(row.y));
    }

    /// A head that changes with every chapter or page: known by its place alone.
    [[nodiscard]] bool isRunningHead(const Row& row) const {
        return m_isTop && row.gap > 0.8F * m_body.pitch && isSharedHeight(row.y);
    }

    struct Height {
        int pages = 0, isolated = 0;
    };

    BodyStyle m_body;
    bool m_isTop;
    int m_pages = 0;
    std::vector<std::vector<Row>> m_rows;
    std::unordered_map<std::string, int> m_masks;
    std::map<int, Height> m_heights;
};

/// Stamps in the margin, set sideways: the same on at least three pages.
void markSideways(std::vector<LaidPage>& pages) {
    std::unordered_map<std::string, int> masks;
    const auto forEach = [&](auto use) {
        for (LaidPage& page : pages) {
            for (Line& line : page.lines) {
                const bool isOutside =
                    line.box.x1 < kZone * page.width || line.box.x0 > (1 - kZone) * page.width;
                if (isOutside && isSideways(line))
                    use(line, masked(lineText(page, line)));
            }
        }
    };
    forEach([&](const Line&, const std::string& mask) { ++masks[mask]; });
    forEach([&](Line& line, const std::string& mask) { line.isFurniture = masks[mask] >= 3; });
}

} // namespace

void markFurniture(std::vector<LaidPage>& pages, const BodyStyle& body) {
    Side(pages, body, true).mark();
    Side(pages, body, false).mark();
    markSideways(pages);
}

} // namespace engine::document
