#include "engine/report/docx.h"

#include <algorithm>
#include <optional>

#include <pugixml.hpp>

#include "engine/report/docx_parts.h"
#include "engine/report/package.h"

namespace engine::report {
namespace {

using Node = pugi::xml_node;

const std::string kMain = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const std::string kOffice = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const std::string kPackage = "http://schemas.openxmlformats.org/package/2006/relationships";

constexpr int kIndent = 360;     ///< a step to the right, in twentieths of a point
constexpr int kLastLevel = 8;    ///< of a list, from 0
constexpr int kTextWidth = 9026; ///< A4 without its margins, in twentieths of a point
constexpr int kBullets = 1;      ///< the list without numbers

/// One XML part with the targets of its links.
class LinkedPart {
public:
    explicit LinkedPart(const char* rootName)
        : m_root(addElement(m_xml, rootName, {{"xmlns:w", kMain}, {"xmlns:r", kOffice}})),
          m_links(addElement(m_relationships, "Relationships", {{"xmlns", kPackage}})) {}

    Node root() { return m_root; }
    std::string relate(const std::string& type, const std::string& target, bool isOutside) {
        const std::string id = "rId" + std::to_string(++m_count);
        Node node = addElement(m_links, "Relationship",
                               {{"Id", id}, {"Type", kOffice + "/" + type}, {"Target", target}});
        if (isOutside)
            node.append_attribute("TargetMode") = "External";
        return id;
    }
    [[nodiscard]] std::string text() const { return xmlText(m_xml); }
    [[nodiscard]] std::string relationships() const { return xmlText(m_relationships); }

private:
    pugi::xml_document m_xml, m_relationships;
    Node m_root, m_links;
    int m_count = 0;
};

/// Where a block stands.
struct Place {
    LinkedPart& part;
    std::string style = {}; ///< of its paragraphs; "": the plain one
    int indent = 0;         ///< steps
    int listLevel = -1;     ///< -1: in no list
};

class Writer {
public:
    explicit Writer(const Markup& markup)
        : m_markup(markup),
          m_numbering(addElement(m_numberingXml, "w:numbering", {{"xmlns:w", kMain}})) {
        for (const char* part : {"styles", "numbering", "settings", "footnotes"})
            m_document.relate(part, part + std::string(".xml"), false);
        addAbstractList(0, false);
        addAbstractList(1, true);
        m_lists.push_back({0, 1}); // kBullets
    }

    std::string write() {
        Node body = addElement(m_document.root(), "w:body");
        addBlocks(body, m_markup.blocks, {m_document});
        Node section = addElement(body, "w:sectPr");
        addElement(section, "w:pgSz", {{"w:w", "11906"}, {"w:h", "16838"}});
        addElement(section, "w:pgMar",
                   {{"w:top", "1440"},
                    {"w:right", "1440"},
                    {"w:bottom", "1440"},
                    {"w:left", "1440"},
                    {"w:header", "708"},
                    {"w:footer", "708"},
                    {"w:gutter", "0"}});
        addNotes();
        addLists();
        return zipped({{"[Content_Types].xml", docxContentTypes()},
                       {"_rels/.rels", docxRelationships()},
                       {"docProps/core.xml", coreProperties()},
                       {"word/document.xml", m_document.text()},
                       {"word/_rels/document.xml.rels", m_document.relationships()},
                       {"word/styles.xml", docxStyles()},
                       {"word/numbering.xml", xmlText(m_numberingXml)},
                       {"word/settings.xml", docxSettings()},
                       {"word/footnotes.xml", m_notes.text()},
                       {"word/_rels/footnotes.xml.rels", m_notes.relationships()}});
    }

private:
    struct List {
        int abstract;
        int start;
    };
    /// The mark before an item's first paragraph.
    struct Mark {
        int list;
        int level;
    };

    [[nodiscard]] std::string coreProperties() const {
        pugi::xml_document xml;
        Node root =
            addElement(xml, "cp:coreProperties",
                       {{"xmlns:cp",
                         "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"},
                        {"xmlns:dc", "http://purl.org/dc/elements/1.1/"}});
        addElement(root, "dc:title").text() = m_markup.title().c_str();
        addElement(root, "dc:creator").text() = "Infolio";
        return xmlText(xml);
    }

    void addAbstractList(int id, bool isOrdered) {
        Node list =
            addElement(m_numbering, "w:abstractNum", {{"w:abstractNumId", std::to_string(id)}});
        addElement(list, "w:multiLevelType", {{"w:val", "multilevel"}});
        for (int level = 0; level <= kLastLevel; ++level) {
            Node node = addElement(list, "w:lvl", {{"w:ilvl", std::to_string(level)}});
            addElement(node, "w:start", {{"w:val", "1"}});
            addElement(node, "w:numFmt", {{"w:val", isOrdered ? "decimal" : "bullet"}});
            addElement(node, "w:lvlText",
                       {{"w:val", isOrdered ? std::string("%") + std::to_string(level + 1) + "."
                                            : "\u2022"}});
            addElement(node, "w:lvlJc", {{"w:val", "left"}});
            addElement(addElement(node, "w:pPr"), "w:ind",
                       {{"w:left", std::to_string(kIndent * (level + 1))},
                        {"w:hanging", std::to_string(kIndent)}});
        }
    }

    void addLists() {
        for (std::size_t i = 0; i < m_lists.size(); ++i) {
            Node list = addElement(m_numbering, "w:num", {{"w:numId", std::to_string(i + 1)}});
            addElement(list, "w:abstractNumId", {{"w:val", std::to_string(m_lists[i].abstract)}});
            if (m_lists[i].abstract == 0)
                continue;
            for (int level = 0; level <= kLastLevel; ++level)
                addElement(addElement(list, "w:lvlOverride", {{"w:ilvl", std::to_string(level)}}),
                           "w:startOverride", {{"w:val", std::to_string(m_lists[i].start)}});
        }
    }

    void addNotes() {
        Node root = m_notes.root();
        addSeparator(root, "separator", "-1");
        addSeparator(root, "continuationSeparator", "0");
        for (std::size_t i = 0; i < m_markup.notes.size(); ++i) {
            Node note = addElement(root, "w:footnote", {{"w:id", std::to_string(i + 1)}});
            const std::vector<Block>& blocks = m_markup.notes[i].blocks;
            const Place place{m_notes, "FootnoteText"};
            const bool isLine = !blocks.empty() && blocks.front().kind == Block::Kind::Paragraph;
            Node paragraph = addParagraph(note, place);
            addElement(styledRun(paragraph, "FootnoteReference"), "w:footnoteRef");
            addText(addElement(paragraph, "w:r"), " ");
            if (isLine)
                addRuns(paragraph, blocks.front().runs, place);
            addBlocks(note, {blocks.begin() + (isLine ? 1 : 0), blocks.end()}, place);
        }
    }

    static void addSeparator(Node root, const std::string& type, const char* id) {
        Node note = addElement(root, "w:footnote", {{"w:type", type}, {"w:id", id}});
        Node run = addElement(addElement(note, "w:p"), "w:r");
        addElement(run, ("w:" + type).c_str());
    }

    void addBlocks(Node parent, const std::vector<Block>& blocks, const Place& place,
                   std::optional<Mark> mark = {}) {
        for (const Block& block : blocks) {
            addBlock(parent, block, place, mark);
            mark.reset();
        }
    }

    void addBlock(Node parent, const Block& block, const Place& place, std::optional<Mark> mark) {
        // A list, quote or table at the start of an item leaves the item's mark a line of its own.
        const bool isParagraph = block.kind == Block::Kind::Paragraph;
        if (mark && !isParagraph)
            addParagraph(parent, place, mark);
        Place inner = place;
        switch (block.kind) {
        case Block::Kind::Heading:
            inner.style = std::string("Heading") + std::to_string(block.level);
            return addRuns(addParagraph(parent, inner), block.runs, place);
        case Block::Kind::Quote:
            inner.style = "Quote";
            ++inner.indent;
            return addBlocks(parent, block.children, inner);
        case Block::Kind::Code:
            inner.style = "Code";
            return addText(addElement(addParagraph(parent, inner), "w:r"), block.text);
        case Block::Kind::List:
            return addList(parent, block, place);
        case Block::Kind::Table:
            return addTable(parent, block, place);
        case Block::Kind::Rule:
            inner.style = "Rule";
            addParagraph(parent, inner);
            return;
        case Block::Kind::Paragraph:
        case Block::Kind::Item:
        case Block::Kind::Row:
        case Block::Kind::Cell:
            break;
        }
        addRuns(addParagraph(parent, place, mark), block.runs, place);
    }

    void addList(Node parent, const Block& list, const Place& place) {
        int number = kBullets;
        if (list.isOrdered) {
            m_lists.push_back({1, list.start});
            number = static_cast<int>(m_lists.size());
        }
        Place inner = place;
        inner.style = place.style.empty() ? "ListParagraph" : place.style;
        inner.listLevel = std::min(place.listLevel + 1, kLastLevel);
        ++inner.indent;
        for (const Block& item : list.children) {
            const Mark mark{number, inner.listLevel};
            if (item.children.empty())
                addParagraph(parent, inner, mark);
            addBlocks(parent, item.children, inner, mark);
        }
    }

    void addTable(Node parent, const Block& table, const Place& place) {
        const std::size_t columns =
            table.children.empty() ? 0 : table.children.front().children.size();
        if (columns == 0)
            return;
        const std::string width = std::to_string(static_cast<std::size_t>(kTextWidth) / columns);
        Node node = addElement(parent, "w:tbl");
        Node properties = addElement(node, "w:tblPr");
        addElement(properties, "w:tblStyle", {{"w:val", "TableGrid"}});
        addElement(properties, "w:tblW", {{"w:w", "0"}, {"w:type", "auto"}});
        Node grid = addElement(node, "w:tblGrid");
        for (std::size_t i = 0; i < columns; ++i)
            addElement(grid, "w:gridCol", {{"w:w", width}});
        for (const Block& row : table.children) {
            const bool isHeader = &row == &table.children.front();
            Node line = addElement(node, "w:tr");
            if (isHeader)
                addElement(addElement(line, "w:trPr"), "w:tblHeader");
            for (const Block& cell : row.children) {
                Node box = addElement(line, "w:tc");
                addElement(addElement(box, "w:tcPr"), "w:tcW", {{"w:w", width}, {"w:type", "dxa"}});
                const Place inner{place.part, isHeader ? "TableHeading" : ""};
                addRuns(addParagraph(box, inner), cell.runs, inner);
            }
        }
        // Two tables that touch would become one.
        addParagraph(parent, {place.part});
    }

    static Node addParagraph(Node parent, const Place& place, std::optional<Mark> mark = {}) {
        Node paragraph = addElement(parent, "w:p");
        if (place.style.empty() && place.indent == 0 && !mark)
            return paragraph;
        Node properties = addElement(paragraph, "w:pPr");
        if (!place.style.empty())
            addElement(properties, "w:pStyle", {{"w:val", place.style}});
        if (mark) {
            Node number = addElement(properties, "w:numPr");
            addElement(number, "w:ilvl", {{"w:val", std::to_string(mark->level)}});
            addElement(number, "w:numId", {{"w:val", std::to_string(mark->list)}});
        }
        if (place.indent > 0) {
            Node indent = addElement(properties, "w:ind",
                                     {{"w:left", std::to_string(kIndent * place.indent)}});
            if (mark)
                indent.append_attribute("w:hanging") = kIndent;
        }
        return paragraph;
    }

    void addRuns(Node paragraph, const std::vector<Run>& runs, const Place& place) {
        for (const Run& run : runs) {
            if (run.kind == Run::Kind::Note) {
                addNoteMark(paragraph, run);
                continue;
            }
            Node parent = paragraph;
            if (!run.link.empty())
                parent = addElement(paragraph, "w:hyperlink",
                                    {{"r:id", place.part.relate("hyperlink", run.link, true)}});
            Node node = addElement(parent, "w:r");
            const std::string style = run.kind == Run::Kind::Code ? "CodeText"
                                      : run.link.empty()          ? ""
                                                                  : "Hyperlink";
            if (!style.empty() || run.isStrong || run.isEmphasis) {
                Node look = addElement(node, "w:rPr");
                if (!style.empty())
                    addElement(look, "w:rStyle", {{"w:val", style}});
                if (run.isStrong)
                    addElement(look, "w:b");
                if (run.isEmphasis)
                    addElement(look, "w:i");
            }
            if (run.kind == Run::Kind::Break)
                addElement(node, "w:br");
            else
                addText(node, run.text);
        }
    }

    /// A footnote can be anchored once; a later mention is a field that repeats its number.
    void addNoteMark(Node paragraph, const Run& run) {
        const std::string number = std::to_string(run.note);
        const std::string bookmark = "_RefNote" + number;
        if (run.mention > 1) {
            Node field = addElement(paragraph, "w:fldSimple",
                                    {{"w:instr", " NOTEREF " + bookmark + " \\f \\h "}});
            addText(styledRun(field, "FootnoteReference"), number);
            return;
        }
        const bool isMentionedAgain =
            m_markup.notes[static_cast<std::size_t>(run.note - 1)].mentions > 1;
        if (isMentionedAgain)
            addElement(paragraph, "w:bookmarkStart", {{"w:id", number}, {"w:name", bookmark}});
        addElement(styledRun(paragraph, "FootnoteReference"), "w:footnoteReference",
                   {{"w:id", number}});
        if (isMentionedAgain)
            addElement(paragraph, "w:bookmarkEnd", {{"w:id", number}});
    }

    static Node styledRun(Node parent, const char* style) {
        Node run = addElement(parent, "w:r");
        addElement(addElement(run, "w:rPr"), "w:rStyle", {{"w:val", style}});
        return run;
    }

    static void addText(Node run, const std::string& text) {
        std::size_t begin = 0;
        while (begin <= text.size()) {
            const std::size_t end = std::min(text.find_first_of("\n\t", begin), text.size());
            if (end > begin)
                addElement(run, "w:t", {{"xml:space", "preserve"}}).text() =
                    text.substr(begin, end - begin).c_str();
            if (end < text.size())
                addElement(run, text[end] == '\n' ? "w:br" : "w:tab");
            begin = end + 1;
        }
    }

    const Markup& m_markup;
    LinkedPart m_document{"w:document"};
    LinkedPart m_notes{"w:footnotes"};
    pugi::xml_document m_numberingXml;
    Node m_numbering;
    std::vector<List> m_lists; ///< list n is m_lists[n - 1]
};

} // namespace

std::string docx(const Markup& markup) {
    return Writer(markup).write();
}

} // namespace engine::report
