#include "engine/report/odt.h"

#include <algorithm>

#include <pugixml.hpp>

#include "engine/report/odt_parts.h"
#include "engine/report/package.h"

namespace engine::report {
namespace {

using Node = pugi::xml_node;
using Attributes = std::vector<std::pair<const char*, std::string>>;

const Attributes kNamespaces = {
    {"xmlns:office", "urn:oasis:names:tc:opendocument:xmlns:office:1.0"},
    {"xmlns:style", "urn:oasis:names:tc:opendocument:xmlns:style:1.0"},
    {"xmlns:text", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"},
    {"xmlns:table", "urn:oasis:names:tc:opendocument:xmlns:table:1.0"},
    {"xmlns:fo", "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"},
    {"xmlns:xlink", "http://www.w3.org/1999/xlink"},
    {"xmlns:meta", "urn:oasis:names:tc:opendocument:xmlns:meta:1.0"},
    {"xmlns:dc", "http://purl.org/dc/elements/1.1/"},
    {"office:version", "1.2"},
};

/// Where a block stands.
struct Place {
    std::string style = "Standard"; ///< of its paragraphs
    bool isInList = false;
};

class Writer {
public:
    explicit Writer(const Markup& markup) : m_markup(markup) {}

    std::string write() {
        pugi::xml_document xml;
        Node root = addElement(xml, "office:document-content", kNamespaces);
        // Cells take their borders from automatic styles only.
        Node cell = addElement(addElement(root, "office:automatic-styles"), "style:style",
                               {{"style:name", "Cell"}, {"style:family", "table-cell"}});
        addElement(cell, "style:table-cell-properties",
                   {{"fo:border", "0.5pt solid #b0b0b0"}, {"fo:padding", "0.1cm"}});
        addBlocks(addElement(addElement(root, "office:body"), "office:text"), m_markup.blocks, {});
        return zipped({{"mimetype", std::string(kOdtType), Part::Storage::Stored},
                       {"content.xml", xmlText(xml)},
                       {"styles.xml", odtStyles()},
                       {"meta.xml", meta()},
                       {"META-INF/manifest.xml", odtManifest()}});
    }

private:
    [[nodiscard]] std::string meta() const {
        pugi::xml_document xml;
        Node node = addElement(addElement(xml, "office:document-meta", kNamespaces), "office:meta");
        addElement(node, "meta:generator").text() = "Infolio";
        addElement(node, "dc:title").text() = m_markup.title().c_str();
        return xmlText(xml);
    }

    void addBlocks(Node parent, const std::vector<Block>& blocks, const Place& place) {
        for (const Block& block : blocks)
            addBlock(parent, block, place);
    }

    void addBlock(Node parent, const Block& block, const Place& place) {
        Place inner = place;
        switch (block.kind) {
        case Block::Kind::Heading: {
            const std::string level = std::to_string(block.level);
            Node heading = addElement(
                parent, "text:h",
                {{"text:style-name", "Heading_20_" + level}, {"text:outline-level", level}});
            return addLine(heading, block.runs);
        }
        case Block::Kind::Quote:
            inner.style = "Quotations";
            return addBlocks(parent, block.children, inner);
        case Block::Kind::Code:
            return addLine(addParagraph(parent, "Code"), {{Run::Kind::Text, block.text}});
        case Block::Kind::List:
            return addList(parent, block, place);
        case Block::Kind::Table:
            return place.isInList ? addRowsAsLines(parent, block, place) : addTable(parent, block);
        case Block::Kind::Rule:
            addParagraph(parent, "Rule");
            return;
        case Block::Kind::Paragraph:
        case Block::Kind::Item:
        case Block::Kind::Row:
        case Block::Kind::Cell:
            break;
        }
        addLine(addParagraph(parent, place.style), block.runs);
    }

    void addList(Node parent, const Block& list, const Place& place) {
        Node node = addElement(parent, "text:list",
                               {{"text:style-name", list.isOrdered ? "Numbers" : "Bullets"}});
        Place inner = place;
        inner.isInList = true;
        for (const Block& item : list.children) {
            Node entry = addElement(node, "text:list-item");
            if (list.isOrdered && &item == &list.children.front())
                entry.append_attribute("text:start-value") = list.start;
            addBlocks(entry, item.children, inner);
        }
    }

    void addTable(Node parent, const Block& table) {
        const std::size_t columns =
            table.children.empty() ? 0 : table.children.front().children.size();
        if (columns == 0)
            return;
        Node node = addElement(parent, "table:table",
                               {{"table:name", std::string("Table") + std::to_string(++m_tables)}});
        addElement(node, "table:table-column",
                   {{"table:number-columns-repeated", std::to_string(columns)}});
        for (const Block& row : table.children) {
            const bool isHeader = &row == &table.children.front();
            Node rows = isHeader ? addElement(node, "table:table-header-rows") : node;
            Node line = addElement(rows, "table:table-row");
            for (const Block& cell : row.children) {
                Node box =
                    addElement(line, "table:table-cell",
                               {{"table:style-name", "Cell"}, {"office:value-type", "string"}});
                addLine(addParagraph(box, isHeader ? "TableHeading" : "TableText"), cell.runs);
            }
        }
        // Two tables that touch look like one.
        addParagraph(parent, "Standard");
    }

    void addRowsAsLines(Node parent, const Block& table, const Place& place) {
        for (const Block& row : table.children) {
            std::vector<Run> line;
            for (const Block& cell : row.children) {
                if (!line.empty())
                    line.push_back({Run::Kind::Text, " | "});
                line.insert(line.end(), cell.runs.begin(), cell.runs.end());
            }
            addLine(addParagraph(parent, place.style), line);
        }
    }

    static Node addParagraph(Node parent, const std::string& style) {
        return addElement(parent, "text:p", {{"text:style-name", style}});
    }

    /// All that a paragraph or heading holds.
    void addLine(Node paragraph, const std::vector<Run>& runs) {
        m_isAfterSpace = true;
        addRuns(paragraph, runs);
    }

    void addRuns(Node paragraph, const std::vector<Run>& runs) {
        for (const Run& run : runs) {
            if (run.kind == Run::Kind::Note) {
                addNoteMark(paragraph, run);
                continue;
            }
            Node parent = paragraph;
            std::string style = run.kind == Run::Kind::Code      ? "CodeText"
                                : run.isStrong && run.isEmphasis ? "StrongEmphasis"
                                : run.isStrong                   ? "Strong"
                                : run.isEmphasis                 ? "Emphasis"
                                                                 : "";
            if (!run.link.empty()) {
                parent = addElement(parent, "text:a",
                                    {{"xlink:type", "simple"}, {"xlink:href", run.link}});
                style = style.empty() ? "Link" : style;
            }
            if (!style.empty())
                parent = addElement(parent, "text:span", {{"text:style-name", style}});
            if (run.kind == Run::Kind::Break)
                addText(parent, "\n");
            else
                addText(parent, run.text);
        }
    }

    /// A footnote can be anchored once; a later mention is a reference that repeats its number.
    void addNoteMark(Node paragraph, const Run& run) {
        const std::string number = std::to_string(run.note);
        const std::string id = "note" + number;
        m_isAfterSpace = false;
        if (run.mention > 1) {
            Node span = addElement(paragraph, "text:span", {{"text:style-name", "NoteMark"}});
            addElement(span, "text:note-ref",
                       {{"text:note-class", "footnote"},
                        {"text:reference-format", "text"},
                        {"text:ref-name", id}})
                .text() = number.c_str();
            return;
        }
        Node note =
            addElement(paragraph, "text:note", {{"text:id", id}, {"text:note-class", "footnote"}});
        addElement(note, "text:note-citation").text() = number.c_str();
        Node body = addElement(note, "text:note-body");
        const auto& blocks = m_markup.notes[static_cast<std::size_t>(run.note - 1)].blocks;
        Place inside;
        inside.style = "Footnote";
        if (blocks.empty())
            addParagraph(body, inside.style);
        addBlocks(body, blocks, inside);
        m_isAfterSpace = false;
    }

    /// OpenDocument folds white space, so that every space after another is an element.
    void addText(Node parent, const std::string& text) {
        std::string plain;
        const auto flush = [&] {
            if (!plain.empty())
                parent.append_child(pugi::node_pcdata).set_value(plain.c_str());
            plain.clear();
        };
        for (const char c : text) {
            const bool isElement = c == '\n' || c == '\t' || (c == ' ' && m_isAfterSpace);
            m_isAfterSpace = c == ' ' || c == '\n';
            if (!isElement) {
                plain += c;
                continue;
            }
            flush();
            addElement(parent, c == '\n' ? "text:line-break" : c == '\t' ? "text:tab" : "text:s");
        }
        flush();
    }

    const Markup& m_markup;
    int m_tables = 0;
    bool m_isAfterSpace = true; ///< or at the start of a paragraph
};

} // namespace

std::string odt(const Markup& markup) {
    return Writer(markup).write();
}

} // namespace engine::report
