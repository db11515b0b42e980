#pragma once
/// Sets pages of words as a PDF reader hands them over.

#include <string>
#include <vector>

#include "engine/document/document.h"
#include "engine/document/document_text.h"

namespace layout {

using namespace engine::document;

enum Font : std::uint16_t { kRegular = 0, kBold = 1, kMono = 2 };

/// One page, 400 x 600 points unless said otherwise. A character is half as wide as it is high.
class PageBuilder {
public:
    explicit PageBuilder(int index, float width = 400, float height = 600) {
        m_page.index = index;
        m_page.widthPt = width;
        m_page.heightPt = height;
        m_page.fonts = {"Serif", "Serif-Bold", "Mono-Regular"};
    }

    /// A line whose letters stand on y.
    PageBuilder& line(float x, float y, const std::string& text, float size = 10,
                      Font font = kRegular) {
        std::size_t begin = 0;
        while (begin < text.size()) {
            std::size_t end = text.find(' ', begin);
            end = end == std::string::npos ? text.size() : end;
            if (end > begin) {
                RawWord word;
                word.utf8 = text.substr(begin, end - begin);
                const float advance = size / 2 * static_cast<float>(codePoints(word.utf8));
                word.box = {x, y - 0.8F * size, x + advance, y + 0.2F * size};
                word.fontSize = size;
                word.font = font;
                word.spaceAfter = end < text.size();
                m_page.words.push_back(word);
                x += advance;
            }
            x += size / 2;
            begin = end + 1;
        }
        return *this;
    }

    /// Lines 12 points apart, the first standing on y.
    PageBuilder& lines(float x, float y, const std::vector<std::string>& texts, float size = 10) {
        for (const std::string& text : texts) {
            line(x, y, text, size);
            y += 1.2F * size;
        }
        return *this;
    }

    [[nodiscard]] RawPage page() const { return m_page; }

private:
    RawPage m_page;
};

inline RawDocument pdf(std::vector<RawPage> pages) {
    RawDocument raw;
    raw.opened.kind = Kind::Pdf;
    raw.opened.pages = static_cast<int>(pages.size());
    raw.pages = std::move(pages);
    return raw;
}

inline std::string pageText(const Document& document, int page) {
    const Page& p = document.pages.at(static_cast<std::size_t>(page) - 1);
    return std::string(DocumentText(document.text).slice(p.begin, p.end));
}

inline std::string blockText(const Document& document, std::size_t block) {
    const Block& b = document.blocks.at(block);
    return std::string(DocumentText(document.text).slice(b.begin, b.end));
}

/// Twelve lines of running prose, each reaching the right margin of a column of 60 characters.
inline std::vector<std::string> prose() {
    return {"The river ran low that summer and the mill stood idle until",
            "the rain came back in the last week of the month of August.",
            "Nobody in the village could remember a season like this one",
            "and the old men at the inn spoke about it every evening, as",
            "if words alone could fill the pond and turn the great wheel",
            "which had ground the corn of the valley for two long lives."};
}

} // namespace layout
