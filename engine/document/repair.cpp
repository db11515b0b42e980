#include "engine/document/document.h"

#include <algorithm>
#include <unordered_map>

#include "engine/document/chapters.h"
#include "engine/document/clean.h"
#include "engine/document/contents.h"
#include "engine/document/dehyphenate.h"
#include "engine/document/document_text.h"
#include "engine/document/furniture.h"
#include "engine/document/lines.h"
#include "engine/document/locations.h"
#include "engine/document/paragraphs.h"
#include "engine/document/passages.h"
#include "engine/document/word_map.h"

namespace engine::document {

namespace {

using Intervals = std::vector<std::pair<std::int64_t, std::int64_t>>;

/// Writes the stored text of a file with pages, page by page in ascending order.
class PageWriter {
public:
    PageWriter(Document& document, const std::vector<LaidPage>& pages, Dehyphenator& dehyphenator)
        : m_document(document), m_pages(pages), m_dehyphenator(dehyphenator),
          m_words(pages.size()) {}

    void write(const Paragraph& paragraph) {
        Block block{paragraph.kind, paragraph.level, 0, 0};
        for (std::size_t i = 0; i < paragraph.lines.size(); ++i) {
            const LineRef& ref = paragraph.lines[i];
            if (i == 0)
                separate(m_document.text.empty() ? "" : "\n\n", ref.page);
            else
                joinLine(paragraph, i);
            if (i == 0)
                block.begin = m_length;
            writeLine(ref);
        }
        block.end = m_length;
        m_document.blocks.push_back(block);
    }

    void finish() {
        endPagesBefore(static_cast<int>(m_pages.size()));
        m_document.characters = m_length;
        for (std::size_t i = 0; i < m_pages.size(); ++i)
            m_document.pages[i].words = packWords(m_words[i], m_document.pages[i]);
    }

private:
    const Line& line(const LineRef& ref) const {
        return m_pages[static_cast<std::size_t>(ref.page)]
            .lines[static_cast<std::size_t>(ref.line)];
    }
    const Word& word(const LineRef& ref, int index) const {
        return m_pages[static_cast<std::size_t>(ref.page)].words[static_cast<std::size_t>(index)];
    }

    void append(std::string_view utf8) {
        m_document.text += utf8;
        m_length += codePoints(utf8);
    }

    /// What stands between two lines belongs to the page of the first.
    void separate(const char* between, int page) {
        append(between);
        endPagesBefore(page);
    }

    void endPagesBefore(int page) {
        for (; m_page < page; ++m_page) {
            m_document.pages[static_cast<std::size_t>(m_page)].end = m_length;
            if (m_page + 1 < static_cast<int>(m_pages.size()))
                m_document.pages[static_cast<std::size_t>(m_page) + 1].begin = m_length;
        }
    }

    void joinLine(const Paragraph& paragraph, std::size_t index) {
        const LineRef& above = paragraph.lines[index - 1];
        const LineRef& below = paragraph.lines[index];
        if (below.join == Join::Nothing)
            return;
        const bool turnsPage = above.page != below.page;
        if (below.join == Join::LineEnd && !turnsPage) {
            append("\n");
            return;
        }
        const std::string left = brokenWord(above);
        const std::string right = word(below, line(below).first).text;
        if (turnsPage || !isBroken(left, right)) {
            separate(" ", below.page);
            return;
        }
        if (m_dehyphenator.decide(left, right) == Hyphen::Join) {
            m_document.text.pop_back();
            --m_length;
            std::vector<WordBox>& words = m_words[static_cast<std::size_t>(above.page)];
            --words.back().end;
            if (words.back().end == words.back().begin)
                words.pop_back();
        }
    }

    /// The last word of a line, over the pieces of which some readers make it.
    std::string brokenWord(const LineRef& ref) const {
        const Line& from = line(ref);
        std::string out;
        for (int i = from.last - 1; i >= from.first; --i) {
            out.insert(0, word(ref, i).text);
            if (i > from.first && hasSpaceBetween(word(ref, i - 1), word(ref, i)))
                break;
        }
        return out;
    }

    void writeLine(const LineRef& ref) {
        const Line& from = line(ref);
        for (int i = from.first; i < from.last; ++i) {
            if (i > from.first && hasSpaceBetween(word(ref, i - 1), word(ref, i)))
                append(" ");
            const std::int64_t begin = m_length;
            append(word(ref, i).text);
            m_words[static_cast<std::size_t>(ref.page)].push_back(
                {begin, m_length, word(ref, i).box});
        }
    }

    Document& m_document;
    const std::vector<LaidPage>& m_pages;
    Dehyphenator& m_dehyphenator;
    std::vector<std::vector<WordBox>> m_words;
    std::int64_t m_length = 0;
    int m_page = 0; ///< index of the page that is being written
};

/// A short block at which an entry of the outline begins is its heading, however it is set.
void nameHeadings(Document& document) {
    auto block = document.blocks.begin();
    for (const OutlineEntry& entry : document.outline) {
        block = std::find_if(block, document.blocks.end(),
                             [&](const Block& b) { return b.begin >= entry.begin; });
        if (block == document.blocks.end())
            return;
        if (block->begin == entry.begin && block->kind == BlockKind::Paragraph &&
            block->end - block->begin <= codePoints(entry.title) + 12) {
            block->kind = BlockKind::Heading;
            block->level = entry.level;
        }
    }
}

void repairPages(const RawDocument& raw, Document& document) {
    std::vector<LaidPage> pages;
    pages.reserve(raw.pages.size());
    std::vector<int> contentsPages;
    for (std::size_t i = 0; i < raw.pages.size(); ++i) {
        const std::string label =
            i < raw.opened.labels.size() ? cleanLine(raw.opened.labels[i]) : std::string();
        pages.push_back(layLines(raw.pages[i], label));
        if (layContents(pages.back()))
            contentsPages.push_back(static_cast<int>(i) + 1);
        Page page;
        page.index = static_cast<int>(i) + 1;
        page.label = label.empty() ? std::to_string(page.index) : label;
        page.widthPt = pages.back().width;
        page.heightPt = pages.back().height;
        page.rotation = raw.pages[i].rotation;
        page.state = raw.pages[i].state;
        page.reason = raw.pages[i].reason;
        document.pages.push_back(std::move(page));
    }
    const BodyStyle body = bodyStyle(pages);
    markFurniture(pages, body);
    const std::vector<Paragraph> paragraphs = makeParagraphs(pages, body);
    const Vocabulary vocabulary = vocabularyOf(pages);
    Dehyphenator dehyphenator(vocabulary, kDictionaries, document.language);
    PageWriter writer(document, pages, dehyphenator);
    for (const Paragraph& paragraph : paragraphs)
        writer.write(paragraph);
    writer.finish();
    for (Page& page : document.pages)
        if (page.state == PageState::Text && page.begin == page.end)
            page.state = PageState::Empty;

    int missing = 0;
    document.outline = fileOutline(raw.opened.outline, document, contentsPages, missing);
    if (missing > 0)
        document.warnings.push_back(std::to_string(missing) + " of " +
                                    std::to_string(raw.opened.outline.size()) +
                                    " titles of the file's outline do not stand on their pages.");
    if (document.outline.empty())
        document.outline = printedOutline(contentsLines(pages), document, contentsPages);
    if (document.outline.empty())
        document.outline = headingOutline(document, "guessed");
    nameHeadings(document);
    Intervals contents;
    for (const int index : contentsPages) {
        const Page& page = document.pages[static_cast<std::size_t>(index) - 1];
        contents.emplace_back(page.begin, page.end);
    }
    document.passages = makePassages(document, contents);
}

/// Blocks of a printed table of contents: what follows a heading "Contents" until a block too long
/// for an entry. A block is judged by what stands before its end.
class ContentsTracker {
public:
    void add(const Block& block, const std::string& text) {
        static constexpr std::int64_t kLongestEntry = 120;
        if (isTitle(text)) {
            m_isOpen = true;
        } else if (m_isOpen &&
                   (block.kind == BlockKind::Heading || block.end - block.begin > kLongestEntry)) {
            m_isOpen = false;
        }
        if (!m_isOpen)
            return;
        if (!m_intervals.empty() && m_intervals.back().second + 2 >= block.begin)
            m_intervals.back().second = block.end;
        else
            m_intervals.emplace_back(block.begin, block.end);
    }
    [[nodiscard]] const Intervals& intervals() const { return m_intervals; }

private:
    static bool isTitle(const std::string& text) {
        std::string lower;
        for (const char c : text.substr(0, 20))
            if (c != '.' && c != ':')
                lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        return lower == "contents" || lower == "table of contents" || lower == "inhalt" ||
               lower == "sommaire";
    }

    bool m_isOpen = false;
    Intervals m_intervals;
};

void repairSections(const RawDocument& raw, Document& document) {
    std::unordered_map<std::string, std::int64_t> anchors;
    std::vector<PageMark> marks;
    std::vector<std::int64_t> paragraphEnds;
    ContentsTracker contents;
    std::vector<std::string> waiting;      // anchors in front of the next block with text
    std::vector<std::string> waitingPages; // labels likewise
    std::int64_t length = 0;
    const auto land = [&](std::int64_t begin) {
        for (std::string& anchor : waiting)
            anchors.emplace(std::move(anchor), begin);
        waiting.clear();
        for (std::string& label : waitingPages)
            marks.push_back({begin, std::move(label)});
        waitingPages.clear();
    };
    for (const RawSection& section : raw.sections) {
        waiting.push_back(section.name);
        for (const RawBlock& from : section.blocks) {
            if (!from.anchor.empty())
                waiting.push_back(from.anchor);
            if (!from.pageLabel.empty())
                waitingPages.push_back(cleanLine(from.pageLabel));
            const std::string text =
                from.kind == BlockKind::Code ? cleanCode(from.utf8) : cleanLine(from.utf8);
            if (text.empty())
                continue;
            if (!document.text.empty()) {
                document.text += "\n\n";
                length += 2;
                paragraphEnds.push_back(length);
            }
            Block block{from.kind,
                        from.kind == BlockKind::Heading ? std::clamp(from.level, 1, 6) : from.level,
                        length, 0};
            land(length);
            document.text += text;
            length += codePoints(text);
            block.end = length;
            document.blocks.push_back(block);
            contents.add(block, text);
        }
    }
    land(length);
    document.characters = length;
    document.pages = makeLocations(length, paragraphEnds, marks);
    document.hasLocations = marks.empty();

    int missing = 0;
    document.outline = anchoredOutline(raw.opened.outline, anchors, document, missing);
    if (missing > 0)
        document.warnings.push_back(std::to_string(missing) + " of " +
                                    std::to_string(raw.opened.outline.size()) +
                                    " entries of the file's outline lead nowhere.");
    if (document.outline.empty())
        document.outline =
            headingOutline(document, raw.opened.kind == Kind::Text ? "guessed" : "file");
    document.passages = makePassages(document, contents.intervals());
}

} // namespace

Document repair(const RawDocument& raw) {
    Document document;
    document.kind = raw.opened.kind;
    document.title = cleanLine(raw.opened.title);
    document.author = cleanLine(raw.opened.author);
    document.language = cleanLine(raw.opened.language);
    document.warnings = raw.opened.warnings;
    if (raw.opened.kind == Kind::Pdf)
        repairPages(raw, document);
    else
        repairSections(raw, document);
    return document;
}

} // namespace engine::document
