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
constexpr int kMostLines = 4; ///< a head or foot of more lines is text

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

/// Letters and masked digits of a line: what running heads have in common.
std::string masked(const std::string& text) {
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

/// One line at the edge of a page, with what surrounds it.
struct Edge {
    Line* line = nullptr;
    std::string text, mask;
    int y = 0;     ///< bucket of its height on the page
    float gap = 0; ///< white to the next line inwards
    bool isNumber = false;
};

int bucket(float y) {
    return static_cast<int>(std::lround(y / 2));
}

class Side {
public:
    Side(std::vector<LaidPage>& pages, const BodyStyle& body, bool isTop)
        : m_body(body), m_isTop(isTop) {
        for (LaidPage& page : pages) {
            m_edges.push_back(edges(page));
            if (!page.lines.empty())
                ++m_pages;
        }
    }

    void mark() {
        count();
        for (std::vector<Edge>& edges : m_edges) {
            for (std::size_t i = 0; i < edges.size(); ++i) {
                if (!isFurniture(edges[i], i))
                    break;
                edges[i].line->isFurniture = true;
            }
        }
    }

private:
    /// The lines of the zone from the edge inwards. Lines at one height are one row and share its
    /// gap.
    std::vector<Edge> edges(LaidPage& page) const {
        std::vector<Line*> lines;
        for (Line& line : page.lines)
            if (!line.isFurniture)
                lines.push_back(&line);
        std::stable_sort(lines.begin(), lines.end(), [&](const Line* a, const Line* b) {
            return m_isTop ? a->box.y0 < b->box.y0 : a->box.y1 > b->box.y1;
        });
        std::vector<Edge> out;
        for (std::size_t i = 0; i < lines.size() && out.size() < kMostLines; ++i) {
            Line& line = *lines[i];
            const bool isInside = m_isTop ? line.box.y1 > kZone * page.height
                                          : line.box.y0 < (1 - kZone) * page.height;
            if (isInside || line.size > 1.25F * m_body.size)
                break;
            Edge edge;
            edge.line = &line;
            edge.text = lineText(page, line);
            edge.mask = masked(edge.text);
            edge.y = bucket(m_isTop ? line.box.y0 : line.box.y1);
            edge.isNumber = isPageNumber(edge.text, page.label);
            edge.gap = m_isTop ? page.height - line.box.y1 : line.box.y0;
            for (std::size_t j = i + 1; j < lines.size(); ++j) {
                const float gap =
                    m_isTop ? lines[j]->box.y0 - line.box.y1 : line.box.y0 - lines[j]->box.y1;
                if (gap > -0.5F * line.height()) {
                    edge.gap = gap;
                    break;
                }
            }
            out.push_back(std::move(edge));
        }
        return out;
    }

    void count() {
        for (const std::vector<Edge>& edges : m_edges) {
            std::unordered_set<std::string> seen;
            for (std::size_t i = 0; i < edges.size(); ++i) {
                if (seen.insert(edges[i].mask).second)
                    ++m_masks[edges[i].mask];
                if (i == 0) {
                    Height& height = m_heights[edges[i].y];
                    ++height.pages;
                    height.isolated += edges[i].gap > 0.8F * m_body.pitch ? 1 : 0;
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

    [[nodiscard]] bool isFurniture(const Edge& edge, std::size_t place) const {
        const auto it = m_masks.find(edge.mask);
        const bool isRepeated = it != m_masks.end() && it->second >= 3 && !edge.mask.empty();
        const bool isIsolated = edge.gap > 0.5F * m_body.pitch;
        const bool isShared = isSharedHeight(edge.y);
        if (m_isTop) {
            if (place == 0 && isShared && edge.gap > 0.8F * m_body.pitch)
                return true;
            return (isRepeated || edge.isNumber) && (isIsolated || isShared);
        }
        return (isRepeated || edge.isNumber) && (isIsolated || isShared);
    }

    struct Height {
        int pages = 0, isolated = 0;
    };

    BodyStyle m_body;
    bool m_isTop;
    int m_pages = 0;
    std::vector<std::vector<Edge>> m_edges;
    std::unordered_map<std::string, int> m_masks;
    std::map<int, Height> m_heights;
};

} // namespace

void markFurniture(std::vector<LaidPage>& pages, const BodyStyle& body) {
    Side(pages, body, true).mark();
    Side(pages, body, false).mark();
}

} // namespace engine::document
