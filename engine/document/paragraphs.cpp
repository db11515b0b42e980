#include "engine/document/paragraphs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include <unicode/uchar.h>

#include "engine/document/code_points.h"

namespace engine::document {

namespace {

/// Lines one below the other, with the margins of their column.
struct Region {
    int first = 0, last = 0; ///< lines [first, last) of the page's text lines
    float left = 0, right = 0, pitch = 0;
    bool isSolid = false; ///< most lines reach the right margin: it is known
};

/// One line of text with what decides about paragraphs.
struct Item {
    int line = 0; ///< index into LaidPage::lines
    int region = 0;
    bool startsLower = false, endsSentence = false, endsHyphen = false, startsItem = false;
    bool isTabular = false;
};

struct PageFlow {
    std::vector<Item> items;
    std::vector<Region> regions;
};

/// The letter or digit that a text begins with, over opening quotes and brackets; else 0.
UChar32 firstLetter(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const UChar32 c = nextCodePoint(text, i);
        if (u_isalnum(c))
            return c;
        if (c != '(' && c != '"' && c != '\'' && c != 0x201C && c != 0x2018 && c != '[')
            return 0;
    }
    return 0;
}

/// The last code point in front of closing quotes and brackets.
UChar32 lastMark(std::string_view text) {
    for (std::size_t i = text.size(); i > 0;) {
        const UChar32 c = previousCodePoint(text, i);
        const bool isClosing =
            c == '"' || c == '\'' || c == ')' || c == ']' || c == 0x201D || c == 0x2019;
        if (!isClosing)
            return c;
    }
    return 0;
}

bool endsSentence(const std::string& text) {
    const UChar32 c = lastMark(text);
    return c == '.' || c == '!' || c == '?' || c == ':' || c == 0x2026 || c == 0x3002;
}

bool isBullet(const std::string& word) {
    static const std::set<std::string> kBullets = {"•", "‣", "◦", "▪", "■", "□", "–",
                                                   "—", "*", "·", "●", "○", "-"};
    return kBullets.count(word) > 0;
}

/// "1.", "(a)", "iv)", "[12]" and bullets.
bool isItemMark(const std::string& word) {
    if (isBullet(word))
        return true;
    if (word.size() < 2 || word.size() > 6)
        return false;
    const char last = word.back();
    if (last != '.' && last != ')' && last != ']')
        return false;
    std::size_t begin = word[0] == '(' || word[0] == '[' ? 1 : 0;
    if (last == ']' && begin == 0)
        return false;
    const std::string inner = word.substr(begin, word.size() - begin - 1);
    if (inner.empty())
        return false;
    if (inner.find_first_not_of("0123456789.") == std::string::npos)
        return inner[0] != '.';
    return (inner.size() == 1 && ((inner[0] >= 'a' && inner[0] <= 'z') || last == ')')) ||
           inner.find_first_not_of("ivx") == std::string::npos;
}

const Word& firstWord(const LaidPage& page, const Line& line) {
    return page.words[static_cast<std::size_t>(line.first)];
}
int wideGaps(const LaidPage& page, const Line& line) {
    int gaps = 0;
    for (int i = line.first + 1; i < line.last; ++i) {
        const Word& a = page.words[static_cast<std::size_t>(i) - 1];
        const Word& b = page.words[static_cast<std::size_t>(i)];
        gaps += b.box.x0 - a.box.x1 > 1.5F * line.size ? 1 : 0;
    }
    return gaps;
}

bool isBelow(const Line& a, const Line& b) {
    const float size = std::max({a.size, b.size, 1.0F});
    const bool isNear = b.baseline - a.baseline < 4 * size;
    const bool overlaps = std::min(a.box.x1, b.box.x1) > std::max(a.box.x0, b.box.x0) - 2 * size;
    return b.box.y0 > a.box.y0 + 0.3F * a.height() && isNear && overlaps;
}

float commonest(std::vector<float> values, float tolerance) {
    std::sort(values.begin(), values.end());
    std::size_t best = 0;
    std::size_t bestCount = 0;
    for (std::size_t i = 0, j = 0; i < values.size(); ++i) {
        j = std::max(i, j);
        while (j < values.size() && values[j] - values[i] <= tolerance)
            ++j;
        if (j - i > bestCount) {
            best = i;
            bestCount = j - i;
        }
    }
    return values.empty() ? 0 : values[best];
}

/// The smallest distance of lines that a fifth of them keep: paragraphs set apart are often as many
/// as lines.
float tightest(std::vector<float> pitches, float otherwise) {
    std::sort(pitches.begin(), pitches.end());
    for (std::size_t i = 0; i < pitches.size(); ++i) {
        std::size_t j = i;
        while (j < pitches.size() && pitches[j] - pitches[i] <= 0.8F)
            ++j;
        if (j - i >= 2 && (j - i) * 5 >= pitches.size())
            return pitches[(i + j) / 2];
    }
    return otherwise;
}

void measure(Region& region, const LaidPage& page, const std::vector<Item>& items,
             const BodyStyle& body) {
    std::vector<float> lefts;
    std::vector<float> rights;
    std::vector<float> pitches;
    for (int i = region.first; i < region.last; ++i) {
        const Line& line =
            page.lines[static_cast<std::size_t>(items[static_cast<std::size_t>(i)].line)];
        lefts.push_back(line.box.x0);
        rights.push_back(line.box.x1);
        if (i > region.first) {
            const Line& above =
                page.lines[static_cast<std::size_t>(items[static_cast<std::size_t>(i) - 1].line)];
            if (std::abs(above.size - line.size) < 0.6F)
                pitches.push_back(line.baseline - above.baseline);
        }
    }
    region.left = commonest(lefts, 1.5F);
    std::sort(rights.begin(), rights.end(), std::greater<>());
    region.right = rights[rights.size() >= 5 ? 1 : 0];
    const auto full = std::count_if(rights.begin(), rights.end(),
                                    [&](float x) { return x > region.right - 0.5F * body.size; });
    region.isSolid = rights.size() >= 5 && static_cast<std::size_t>(full) * 10 >= rights.size() * 4;
    const Line& first =
        page.lines[static_cast<std::size_t>(items[static_cast<std::size_t>(region.first)].line)];
    region.pitch = tightest(pitches, body.pitch * first.size / body.size);
}

/// Lines go on in a region until one does not stand below the last, or until white space parts text
/// of another width: a caption over two columns from the column below it.
std::vector<Region> makeRegions(const LaidPage& page, const std::vector<Item>& items,
                                const BodyStyle& body) {
    const auto at = [&](int i) -> const Line& {
        return page.lines[static_cast<std::size_t>(items[static_cast<std::size_t>(i)].line)];
    };
    const auto count = static_cast<int>(items.size());
    std::vector<Region> out;
    for (int first = 0, last = 0; first < count; first = last) {
        // Lines without white space between them.
        float left = at(first).box.x0;
        float right = at(first).box.x1;
        for (last = first + 1; last < count && isBelow(at(last - 1), at(last)); ++last) {
            const float pitch = body.pitch * std::max(at(last - 1).size, at(last).size) / body.size;
            if (at(last).baseline - at(last - 1).baseline > 1.5F * pitch)
                break;
            left = std::min(left, at(last).box.x0);
            right = std::max(right, at(last).box.x1);
        }
        const float em = at(first).size;
        const bool follows = !out.empty() && isBelow(at(first - 1), at(first));
        const bool isWide = follows && right - left > 0.75F * (out.back().right - out.back().left);
        const bool isFew = last - first < 4;
        if (follows && right < out.back().right + em && left > out.back().left - 4 * em &&
            (isWide || isFew)) {
            out.back().last = last;
            out.back().left = std::min(out.back().left, left);
        } else if (follows && out.back().last - out.back().first < 4 &&
                   left < out.back().left + em && right > out.back().right - em &&
                   right < out.back().right + 4 * em) {
            out.back().last = last;
            out.back().left = std::min(out.back().left, left);
            out.back().right = right;
        } else {
            Region region;
            region.first = first;
            region.last = last;
            region.left = left;
            region.right = right;
            out.push_back(region);
        }
    }
    return out;
}

PageFlow makeFlow(const LaidPage& page, const BodyStyle& body) {
    PageFlow flow;
    for (std::size_t i = 0; i < page.lines.size(); ++i) {
        const Line& line = page.lines[i];
        if (line.isFurniture)
            continue;
        Item item;
        item.line = static_cast<int>(i);
        const std::string text = lineText(page, line);
        item.startsLower = u_islower(firstLetter(text));
        item.endsSentence = endsSentence(text);
        item.endsHyphen = text.size() > 1 && text.back() == '-';
        item.startsItem = line.last - line.first > 1 && isItemMark(firstWord(page, line).text);
        item.isTabular = wideGaps(page, line) >= 2;
        flow.items.push_back(item);
    }
    flow.regions = makeRegions(page, flow.items, body);
    for (std::size_t r = 0; r < flow.regions.size(); ++r) {
        measure(flow.regions[r], page, flow.items, body);
        for (int i = flow.regions[r].first; i < flow.regions[r].last; ++i)
            flow.items[static_cast<std::size_t>(i)].region = static_cast<int>(r);
    }
    return flow;
}

/// Small or ragged regions know little about their margins; a solid one in the same column of this
/// page or its neighbours does. Of several columns that fit, the narrowest is meant.
void borrowMargins(std::vector<PageFlow>& flows, const BodyStyle& body) {
    const float em = body.size;
    std::vector<std::vector<Region>> solid(flows.size());
    for (std::size_t p = 0; p < flows.size(); ++p)
        for (const Region& region : flows[p].regions)
            if (region.isSolid)
                solid[p].push_back(region);
    for (std::size_t p = 0; p < flows.size(); ++p) {
        for (Region& region : flows[p].regions) {
            if (region.isSolid)
                continue;
            const Region* best = nullptr;
            for (std::size_t q = p < 2 ? 0 : p - 2; q < std::min(flows.size(), p + 3); ++q) {
                for (const Region& other : solid[q]) {
                    const bool fits = other.left <= region.left + 1.5F &&
                                      other.left >= region.left - 4 * em &&
                                      other.right >= region.right - 1.5F;
                    if (fits && (best == nullptr || other.right < best->right - 1.5F))
                        best = &other;
                }
            }
            if (best != nullptr) {
                region.left = best->left;
                region.right = best->right;
            }
        }
    }
}

/// Decides about paragraphs with the whole document's habits at hand.
class Builder {
public:
    Builder(const std::vector<LaidPage>& pages, const BodyStyle& body)
        : m_pages(pages), m_body(body) {
        m_flows.reserve(pages.size());
        for (const LaidPage& page : pages)
            m_flows.push_back(makeFlow(page, body));
        borrowMargins(m_flows, body);
        learnHabits();
    }

    std::vector<Paragraph> build() {
        std::vector<Paragraph> out;
        for (std::size_t p = 0; p < m_pages.size(); ++p) {
            std::vector<Piece> pieces = cut(static_cast<int>(p));
            classify(static_cast<int>(p), pieces);
            joinChapterTitle(static_cast<int>(p), pieces);
            joinOnPage(pieces);
            addPage(out, std::move(pieces));
        }
        flush(out);
        setLevels(out);
        return out;
    }

private:
    /// A paragraph, or the part of one that stands on one page.
    struct Piece {
        Paragraph paragraph;
        int firstItem = 0, lastItem = 0; ///< items of the page's flow, inclusive
        bool isFloat = false;            ///< note, caption or table: may interrupt a paragraph
        int page = 0;
    };

    const Line& line(int page, int item) const {
        const auto p = static_cast<std::size_t>(page);
        return m_pages[p]
            .lines[static_cast<std::size_t>(m_flows[p].items[static_cast<std::size_t>(item)].line)];
    }
    const Item& item(int page, int index) const {
        return m_flows[static_cast<std::size_t>(page)].items[static_cast<std::size_t>(index)];
    }
    const Region& region(int page, int index) const {
        return m_flows[static_cast<std::size_t>(page)]
            .regions[static_cast<std::size_t>(item(page, index).region)];
    }

    float indent(int page, int index) const {
        return line(page, index).box.x0 - region(page, index).left;
    }
    bool isIndented(int page, int index) const {
        const float em = line(page, index).size;
        return indent(page, index) > 0.8F * em;
    }

    /// Free space at the end of a line beyond what the next line's first word would have needed, in
    /// em.
    float freeSpace(int page, int index, int nextPage, int next) const {
        const Line& a = line(page, index);
        const Word& word =
            firstWord(m_pages[static_cast<std::size_t>(nextPage)], line(nextPage, next));
        const float needed = word.box.x1 - word.box.x0 + 0.3F * a.size;
        return (region(page, index).right - a.box.x1 - needed) / std::max(a.size, 1.0F);
    }

    void learnHabits() {
        int indents = 0;
        int gaps = 0;
        for (std::size_t p = 0; p < m_flows.size(); ++p) {
            const auto page = static_cast<int>(p);
            for (int i = 1; i < static_cast<int>(m_flows[p].items.size()); ++i) {
                if (item(page, i).region != item(page, i - 1).region)
                    continue;
                const Line& a = line(page, i - 1);
                const Line& b = line(page, i);
                if (std::abs(a.size - m_body.size) > 0.6F || std::abs(b.size - m_body.size) > 0.6F)
                    continue;
                const float em = b.size;
                const bool isIndent = indent(page, i) > 0.8F * em && indent(page, i) < 4 * em &&
                                      std::abs(indent(page, i - 1)) < 0.4F * em;
                if (b.baseline - a.baseline > 1.3F * region(page, i).pitch)
                    ++gaps;
                else if (isIndent)
                    ++indents;
            }
        }
        m_indents = indents > gaps;
    }

    bool isOtherStyle(const Line& a, const Line& b) const {
        const float ratio = b.size / std::max(a.size, 0.1F);
        if (ratio > 1.12F || ratio < 0.89F)
            return true;
        return a.isMono != b.isMono && std::min(a.characters, b.characters) > 3;
    }

    /// Whether a line begins a paragraph; `start` is the first line of the paragraph so far.
    bool startsParagraph(int page, int start, int index) const {
        const Item& above = item(page, index - 1);
        const Item& below = item(page, index);
        const Line& a = line(page, index - 1);
        const Line& b = line(page, index);
        if (above.region != below.region || above.isTabular || below.isTabular ||
            m_pages[static_cast<std::size_t>(page)].isContents)
            return true;
        const float em = std::max(std::min(a.size, b.size), 1.0F);
        const float pitch = std::max(region(page, index).pitch, m_body.pitch * em / m_body.size);
        const float distance = (b.baseline - a.baseline) / std::max(pitch, 1.0F);
        const bool runsOn = !above.endsSentence && below.startsLower;
        if (isOtherStyle(a, b) &&
            !(runsOn && distance < 1.3F && std::abs(a.size - b.size) < 0.25F * em))
            return true;
        if (a.isMono && b.isMono)
            return distance > 2.2F;
        if (distance > 2.0F || (distance > 1.3F && !runsOn))
            return true;
        const float free = freeSpace(page, index - 1, page, index);
        if (a.isBold != b.isBold && !runsOn && (above.endsSentence || free > 1))
            return true;
        const float step = (b.box.x0 - a.box.x0) / em;
        // Letters of a drawing above the rest of a paragraph.
        if (index - 1 == start && a.characters < 12 && !above.endsHyphen && below.startsLower &&
            free > 10)
            return true;
        if (below.startsItem && (above.endsSentence || free > 0.5F || step < -0.8F))
            return true;
        const Line& first = line(page, start);
        if (item(page, start).startsItem && b.box.x0 < first.box.x0 - 0.5F * em)
            return above.endsSentence || free > 0.5F || index - 1 != start;
        if (step < -0.8F && indent(page, index) < -0.8F * em)
            return above.endsSentence || free > 0.5F;
        if (isIndented(page, index) && step > 0.8F)
            return !above.startsItem && !runsOn;
        if (isIndented(page, index) && std::abs(step) < 0.4F && m_indents)
            return above.endsSentence;
        return above.endsSentence && free > 0.5F;
    }

    std::vector<Piece> cut(int page) const {
        std::vector<Piece> out;
        const auto count = static_cast<int>(m_flows[static_cast<std::size_t>(page)].items.size());
        bool afterDropCap = false;
        for (int i = 0; i < count; ++i) {
            const bool starts =
                out.empty() || (!afterDropCap && startsParagraph(page, out.back().firstItem, i));
            if (starts) {
                out.emplace_back();
                out.back().firstItem = i;
                out.back().page = page;
            }
            out.back().paragraph.lines.push_back(
                {page, item(page, i).line, afterDropCap ? Join::Nothing : Join::Space});
            out.back().lastItem = i;
            afterDropCap = starts && isDropCap(page, i, count);
        }
        for (Piece& piece : out) {
            if (!keepsLines(piece))
                continue;
            for (std::size_t i = 1; i < piece.paragraph.lines.size(); ++i)
                piece.paragraph.lines[i].join = Join::LineEnd;
        }
        return out;
    }

    /// Code, verse and lists of names are broken on purpose: most lines leave room for the next
    /// word.
    bool keepsLines(const Piece& piece) const {
        if (line(piece.page, piece.firstItem).isMono)
            return true;
        const int lines = piece.lastItem - piece.firstItem;
        int open = 0;
        bool hasLower = false;
        for (int i = piece.firstItem; i < piece.lastItem; ++i) {
            if (item(piece.page, i).endsHyphen)
                return false;
            const bool isLower = item(piece.page, i + 1).startsLower;
            open += freeSpace(piece.page, i, piece.page, i + 1) > (isLower ? 4 : 2) ? 1 : 0;
            hasLower = hasLower || isLower;
        }
        const Region& column = region(piece.page, piece.firstItem);
        const bool isNarrow = column.right - column.left <
                              0.25F * m_pages[static_cast<std::size_t>(piece.page)].width;
        return lines > 0 && (open * 10 >= lines * 6 || (isNarrow && lines > 2 && !hasLower));
    }

    bool isDropCap(int page, int index, int count) const {
        const Line& a = line(page, index);
        if (index + 1 >= count || a.last - a.first != 1 || a.size < 1.6F * m_body.size)
            return false;
        const std::string& text = firstWord(m_pages[static_cast<std::size_t>(page)], a).text;
        const Line& b = line(page, index + 1);
        return text.size() <= 2 && u_isalpha(firstLetter(text)) && b.box.x0 > a.box.x0 &&
               b.box.y0 < a.box.y1;
    }

    std::string text(const Piece& piece) const { return paragraphText(m_pages, piece.paragraph); }

    bool isCaption(const std::string& text, float size) const {
        static constexpr std::array<std::string_view, 12> kNames = {
            "Figure",    "FIGURE",    "Fig.", "Table",   "TABLE",   "Listing",
            "Algorithm", "Abbildung", "Abb.", "Tabelle", "Tableau", "Plate"};
        for (const std::string_view name : kNames) {
            if (text.rfind(name, 0) != 0 || text.size() < name.size() + 2 ||
                text[name.size()] != ' ')
                continue;
            std::size_t i = name.size() + 1;
            while (i < text.size() &&
                   (u_isdigit(text[i]) || text[i] == '.' || (text[i] >= 'A' && text[i] <= 'Z')))
                ++i;
            if (i == name.size() + 1)
                return false;
            return text[i - 1] == '.' || (i < text.size() && text[i] == ':') ||
                   size < m_body.size - 0.4F;
        }
        return false;
    }

    bool startsLikeNote(const std::string& text) const {
        const UChar32 c = firstCodePoint(text);
        return u_isdigit(c) || c == '*' || c == 0x2020 || c == 0x2021 || c == 0xA7 || c == 0xB9 ||
               c == 0xB2 || c == 0xB3;
    }

    /// Small type at the foot of its column.
    bool isNote(int page, const Piece& piece) const {
        const Line& first = line(page, piece.firstItem);
        const LaidPage& laid = m_pages[static_cast<std::size_t>(page)];
        if (first.size > m_body.size - 0.6F || first.box.y0 < 0.4F * laid.height)
            return false;
        const auto& items = m_flows[static_cast<std::size_t>(page)].items;
        return std::none_of(items.begin(), items.end(), [&](const Item& other) {
            const Line& l = laid.lines[static_cast<std::size_t>(other.line)];
            return l.size > m_body.size - 0.6F && l.box.y0 > first.box.y1 &&
                   l.box.x0 < first.box.x1 && l.box.x1 > first.box.x0;
        });
    }

    bool isHeading(const Piece& piece, const std::string& text) const {
        const Line& first = line(piece.page, piece.firstItem);
        if (text.size() > 200 || piece.paragraph.lines.size() > 4 || first.isMono)
            return false;
        bool isLarge = true;
        bool isBold = true;
        for (int i = piece.firstItem; i <= piece.lastItem; ++i) {
            isLarge = isLarge && line(piece.page, i).size >= 1.15F * m_body.size;
            isBold = isBold && line(piece.page, i).isBold;
        }
        if (u_isalnum(firstLetter(text)) == 0 || isContentsRow(piece))
            return false;
        if (isLarge)
            return true;
        if (isBold && text.size() < 120 && numberDepth(text) > 0)
            return true;
        return isChapterName(text) && text.size() < 80 &&
               !item(piece.page, piece.lastItem).startsLower;
    }

    void classify(int page, std::vector<Piece>& pieces) const {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            Piece& piece = pieces[i];
            const Line& first = line(page, piece.firstItem);
            const std::string content = text(piece);
            BlockKind& kind = piece.paragraph.kind;
            const bool afterNote = i > 0 && pieces[i - 1].paragraph.kind == BlockKind::Note;
            if (item(page, piece.firstItem).isTabular)
                kind = BlockKind::TableRow;
            else if (first.isMono)
                kind = BlockKind::Code;
            else if (isCaption(content, first.size))
                kind = BlockKind::Caption;
            else if (isHeading(piece, content))
                kind = BlockKind::Heading;
            else if ((startsLikeNote(content) || afterNote) && isNote(page, piece))
                kind = BlockKind::Note;
            else if (item(page, piece.firstItem).startsItem)
                kind = BlockKind::ListItem;
            piece.isFloat = kind == BlockKind::TableRow || kind == BlockKind::Caption ||
                            kind == BlockKind::Note || isScrap(piece, content);
        }
    }

    /// Letters of a drawing: a few characters that stand alone and end no sentence.
    bool isScrap(const Piece& piece, const std::string& text) const {
        const Region& own = region(piece.page, piece.firstItem);
        return piece.paragraph.kind == BlockKind::Paragraph && text.size() < 20 &&
               own.last - own.first <= 2 && !item(piece.page, piece.lastItem).endsSentence &&
               !item(piece.page, piece.lastItem).endsHyphen;
    }

    /// In the middle of the page's text, with white on both sides.
    bool isCentred(int page, int index) const {
        const auto& regions = m_flows[static_cast<std::size_t>(page)].regions;
        const Region& widest =
            *std::max_element(regions.begin(), regions.end(), [](const Region& a, const Region& b) {
                return a.right - a.left < b.right - b.left;
            });
        const Line& own = line(page, index);
        const float middle = (own.box.x0 + own.box.x1) / 2 - (widest.left + widest.right) / 2;
        return std::abs(middle) < 2 * own.size && own.box.x0 > widest.left + 2 * own.size;
    }

    bool isContentsRow(const Piece& piece) const {
        const LaidPage& page = m_pages[static_cast<std::size_t>(piece.page)];
        return page.isContents &&
               line(piece.page, piece.firstItem).last - line(piece.page, piece.firstItem).first > 1;
    }

    /// "CHAPTER IV" with the title of the chapter on a line of its own below.
    void joinChapterTitle(int page, std::vector<Piece>& pieces) const {
        for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
            Piece& next = pieces[i + 1];
            const std::string title = text(next);
            if (pieces[i].paragraph.kind != BlockKind::Heading || text(pieces[i]).size() > 20 ||
                !isChapterName(text(pieces[i])) || next.firstItem != next.lastItem ||
                title.size() > 80 || item(page, next.firstItem).startsLower ||
                item(page, next.firstItem).endsHyphen)
                continue;
            const bool isHeading =
                next.paragraph.kind == BlockKind::Heading && !isChapterName(title);
            const bool isTitle = next.paragraph.kind == BlockKind::Paragraph &&
                                 isCentred(page, next.firstItem) &&
                                 !item(page, next.firstItem).endsSentence;
            if (!isHeading && !isTitle)
                continue;
            pieces[i].paragraph.lines.push_back(next.paragraph.lines.front());
            pieces[i].paragraph.lines.back().join = Join::LineEnd;
            pieces[i].lastItem = next.lastItem;
            pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        }
    }

    static bool isRunning(const Piece& piece) {
        return !piece.isFloat && (piece.paragraph.kind == BlockKind::Paragraph ||
                                  piece.paragraph.kind == BlockKind::ListItem);
    }

    /// Whether `next`, which starts another column or page, goes on with `piece`.
    bool continues(const Piece& piece, const Piece& next) const {
        if (!isRunning(piece) || next.paragraph.kind != BlockKind::Paragraph ||
            m_pages[static_cast<std::size_t>(piece.page)].isContents ||
            m_pages[static_cast<std::size_t>(next.page)].isContents)
            return false;
        const Item& last = item(piece.page, piece.lastItem);
        const Item& first = item(next.page, next.firstItem);
        const Line& a = line(piece.page, piece.lastItem);
        const Line& b = line(next.page, next.firstItem);
        if (isOtherStyle(a, b))
            return false;
        if (last.endsHyphen && first.startsLower)
            return true;
        if (isIndented(next.page, next.firstItem) && piece.paragraph.kind != BlockKind::ListItem)
            return !last.endsSentence && first.startsLower;
        const float free = freeSpace(piece.page, piece.lastItem, next.page, next.firstItem);
        if (last.endsSentence)
            return m_indents && free < 0.5F && !first.startsLower;
        return first.startsLower || free < 1;
    }

    bool isRegionChange(const Piece& piece, const Piece& next) const {
        return item(piece.page, piece.lastItem).region != item(next.page, next.firstItem).region;
    }

    /// Joins paragraphs that go on in the next column, or behind a float, which then stands in
    /// front of them.
    void joinOnPage(std::vector<Piece>& pieces) const {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            if (!isRunning(pieces[i]))
                continue;
            std::size_t next = i + 1;
            while (next < pieces.size() && pieces[next].isFloat)
                ++next;
            if (next >= pieces.size())
                break;
            const bool isBroken = next > i + 1 || isRegionChange(pieces[i], pieces[next]);
            if (!isBroken || !continues(pieces[i], pieces[next]))
                continue;
            auto& lines = pieces[i].paragraph.lines;
            lines.insert(lines.end(), pieces[next].paragraph.lines.begin(),
                         pieces[next].paragraph.lines.end());
            pieces[i].lastItem = pieces[next].lastItem;
            pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(next));
            std::rotate(pieces.begin() + static_cast<std::ptrdiff_t>(i),
                        pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                        pieces.begin() + static_cast<std::ptrdiff_t>(next));
            // The paragraph stands behind its floats; look at it again, it may go on once more.
            i = next - 2;
        }
    }

    /// Adds a page. Its last running paragraph is kept back with the floats behind it, since the
    /// next page may go on with it; then the floats stand in front of it.
    void addPage(std::vector<Paragraph>& out, std::vector<Piece> pieces) {
        std::size_t next = 0;
        while (next < pieces.size() && pieces[next].isFloat)
            ++next;
        if (!m_open.empty() && next < pieces.size() && canGoOn() &&
            continues(m_open.front(), pieces[next])) {
            Piece joined = std::move(m_open.front());
            m_open.erase(m_open.begin());
            const auto& lines = pieces[next].paragraph.lines;
            joined.paragraph.lines.insert(joined.paragraph.lines.end(), lines.begin(), lines.end());
            joined.page = pieces[next].page;
            joined.firstItem = pieces[next].firstItem;
            joined.lastItem = pieces[next].lastItem;
            pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(next));
            pieces.insert(pieces.begin(), std::move(joined));
        }
        flush(out);
        std::size_t last = pieces.size();
        while (last > 0 && pieces[last - 1].isFloat)
            --last;
        const std::size_t end = last > 0 && isRunning(pieces[last - 1]) ? last - 1 : pieces.size();
        for (std::size_t i = 0; i < end; ++i)
            out.push_back(std::move(pieces[i].paragraph));
        m_open.assign(std::make_move_iterator(pieces.begin() + static_cast<std::ptrdiff_t>(end)),
                      std::make_move_iterator(pieces.end()));
    }

    /// A paragraph that came from the page before cannot let the floats of its last page pass: they
    /// would leave the page.
    [[nodiscard]] bool canGoOn() const {
        return m_open.size() == 1 ||
               m_open.front().paragraph.lines.front().page == m_open.front().page;
    }

    void flush(std::vector<Paragraph>& out) {
        for (Piece& piece : m_open)
            out.push_back(std::move(piece.paragraph));
        m_open.clear();
    }

    /// Numbers set the level of a heading, else its size among the sizes of all headings.
    void setLevels(std::vector<Paragraph>& paragraphs) const {
        std::set<float, std::greater<>> sizes;
        const auto sizeOf = [&](const Paragraph& paragraph) {
            const LineRef& ref = paragraph.lines.front();
            return std::round(m_pages[static_cast<std::size_t>(ref.page)]
                                  .lines[static_cast<std::size_t>(ref.line)]
                                  .size);
        };
        for (const Paragraph& paragraph : paragraphs)
            if (paragraph.kind == BlockKind::Heading)
                sizes.insert(sizeOf(paragraph));
        for (Paragraph& paragraph : paragraphs) {
            if (paragraph.kind != BlockKind::Heading)
                continue;
            const std::string content = paragraphText(m_pages, paragraph);
            const int depth = numberDepth(content);
            const auto rank = std::distance(sizes.begin(), sizes.find(sizeOf(paragraph))) + 1;
            if (isChapterName(content))
                paragraph.level = 1;
            else
                paragraph.level = depth > 0 ? std::min(depth, 6)
                                            : static_cast<int>(std::min<std::ptrdiff_t>(rank, 6));
        }
    }

    const std::vector<LaidPage>& m_pages;
    BodyStyle m_body;
    std::vector<PageFlow> m_flows;
    bool m_indents = false; ///< paragraphs of this document begin with an indent rather than a gap
    std::vector<Piece> m_open; ///< the last running paragraph of the pages so far and the floats
                               ///< behind it, or nothing
};

} // namespace

std::vector<Paragraph> makeParagraphs(const std::vector<LaidPage>& pages, const BodyStyle& body) {
    return Builder(pages, body).build();
}

std::string paragraphText(const std::vector<LaidPage>& pages, const Paragraph& paragraph) {
    std::string out;
    for (const LineRef& ref : paragraph.lines) {
        const LaidPage& page = pages[static_cast<std::size_t>(ref.page)];
        out += lineText(page, page.lines[static_cast<std::size_t>(ref.line)]);
        out += ' ';
        if (out.size() > 1000)
            break;
    }
    return out;
}

bool isChapterName(const std::string& text) {
    static constexpr std::array<std::string_view, 9> kNames = {"chapter",  "part",     "book",
                                                               "appendix", "volume",   "kapitel",
                                                               "chapitre", "capitulo", "letter"};
    std::string lower;
    for (std::size_t i = 0; i < text.size() && i < 24; ++i)
        lower += text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    for (const std::string_view name : kNames) {
        if (lower.rfind(name, 0) != 0 || lower.size() <= name.size() || lower[name.size()] != ' ')
            continue;
        if (text[0] < 'A' || text[0] > 'Z')
            return false;
        std::string number = lower.substr(name.size() + 1);
        number = number.substr(0, number.find_first_of(" .:,-"));
        const bool isRoman = number.find_first_not_of("ivxlc") == std::string::npos;
        const bool isDigits = number.find_first_not_of("0123456789") == std::string::npos;
        static const std::set<std::string> kWords = {"one",    "two",    "three", "four", "five",
                                                     "six",    "seven",  "eight", "nine", "ten",
                                                     "eleven", "twelve", "a",     "b"};
        return !number.empty() && (isRoman || isDigits || kWords.count(number) > 0);
    }
    return false;
}

int numberDepth(const std::string& text) {
    int depth = 0;
    std::size_t i = 0;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
        const std::size_t begin = i;
        while (i < text.size() && text[i] >= '0' && text[i] <= '9')
            ++i;
        if (i - begin > 3)
            return 0;
        ++depth;
        if (i < text.size() && text[i] == '.')
            ++i;
        else
            break;
    }
    if (depth == 0 || i + 1 >= text.size() || text[i] != ' ')
        return 0;
    return depth;
}

} // namespace engine::document
