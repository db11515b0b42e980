#include "engine/reader/xhtml.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <memory>
#include <utility>

#include <libxml/HTMLparser.h>
#include <libxml/tree.h>

#include "engine/document/wire.h"
#include "engine/reader/text.h"
#include "engine/reader/unicode.h"

namespace engine::reader {
namespace {

using document::BlockKind;
using document::RawBlock;

constexpr int kMaxDepth = 256;
constexpr std::size_t kMaxNavEntries = 20'000;
constexpr int kMaxNavLevel = 16;

using Tree = std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)>;

Tree parse(std::string_view bytes) {
    const std::string text = decodeXml(bytes);
    return {htmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, "UTF-8",
                           HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_NOERROR |
                               HTML_PARSE_NOWARNING | HTML_PARSE_NODEFDTD),
            xmlFreeDoc};
}

const char* asText(const xmlChar* text) {
    return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

/// The name without its prefix, in lower case as the HTML parser gives it.
std::string_view localName(const xmlNode* node) {
    std::string_view name = asText(node->name);
    return name.substr(name.rfind(':') + 1);
}

std::string attribute(const xmlNode* node, const char* name) {
    for (const xmlAttr* property = node->properties; property != nullptr;
         property = property->next) {
        if (std::strcmp(asText(property->name), name) != 0)
            continue;
        xmlChar* value = xmlNodeListGetString(node->doc, property->children, 1);
        std::string result = asText(value);
        xmlFree(value);
        return result;
    }
    return "";
}

bool hasAttribute(const xmlNode* node, const char* name) {
    return xmlHasProp(const_cast<xmlNode*>(node), reinterpret_cast<const xmlChar*>(name)) !=
           nullptr;
}

bool hasWord(std::string_view list, std::string_view word) {
    const std::string padded = " " + foldSpace(list) + " ";
    return padded.find(" " + std::string(word) + " ") != std::string::npos;
}

bool isOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool isBlock(std::string_view name) {
    return isOneOf(name,
                   {"address", "article", "aside",  "blockquote", "body",  "caption",  "center",
                    "dd",      "details", "div",    "dl",         "dt",    "fieldset", "figcaption",
                    "figure",  "footer",  "form",   "h1",         "h2",    "h3",       "h4",
                    "h5",      "h6",      "header", "hgroup",     "hr",    "html",     "legend",
                    "li",      "main",    "nav",    "ol",         "p",     "pre",      "section",
                    "summary", "table",   "tbody",  "td",         "tfoot", "th",       "thead",
                    "tr",      "ul"});
}

/// Never text for a reader. Ruby annotations repeat the base in another script.
bool isSkipped(const xmlNode* node, std::string_view name) {
    return isOneOf(name, {"script", "style", "head", "template", "iframe", "audio", "video",
                          "object", "svg", "rt", "rp", "annotation", "annotation-xml", "input",
                          "button", "select", "textarea"}) ||
           hasAttribute(node, "hidden");
}

std::string contentOf(const xmlNode* node) {
    xmlChar* content = xmlNodeGetContent(node);
    std::string result = foldSpace(asText(content));
    xmlFree(content);
    return result;
}

bool containsBlock(const xmlNode* node, int depth = 0) {
    for (const xmlNode* child = node->children; child != nullptr && depth < kMaxDepth;
         child = child->next)
        if (child->type == XML_ELEMENT_NODE &&
            (isBlock(localName(child)) || containsBlock(child, depth + 1)))
            return true;
    return false;
}

/// A table whose cells hold blocks is page layout; others are read by row.
bool isLayoutTable(const xmlNode* row) {
    for (const xmlNode* cell = row->children; cell != nullptr; cell = cell->next)
        if (cell->type == XML_ELEMENT_NODE && containsBlock(cell))
            return true;
    return false;
}

bool isNoteReference(const xmlNode* node, std::string_view name, const std::string& type,
                     const std::string& role) {
    if (hasWord(type, "noteref") || role == "doc-noteref")
        return true;
    if (name != "sup")
        return false;
    // A raised number that is a link is a reference, whatever it is called.
    const std::string text = contentOf(node);
    const bool isNumber = !text.empty() && text.size() <= 5 &&
                          std::all_of(text.begin(), text.end(), [](unsigned char c) {
                              return std::isdigit(c) != 0 || c == '[' || c == ']' || c == '*';
                          });
    for (const xmlNode* child = node->children; child != nullptr && isNumber; child = child->next)
        if (child->type == XML_ELEMENT_NODE && localName(child) == "a")
            return true;
    return isNumber && node->parent != nullptr && localName(node->parent) == "a";
}

/// "[Pg 12]" and "p. 12" name page 12.
std::string pageName(std::string text) {
    const auto isMark = [](unsigned char c) {
        return c == '[' || c == ']' || c == '{' || c == '}' || c == ' ';
    };
    while (!text.empty() && isMark(static_cast<unsigned char>(text.back())))
        text.pop_back();
    const std::size_t space = text.find_last_of(" [{.");
    return space == std::string::npos ? text : text.substr(space + 1);
}

class Walker {
public:
    explicit Walker(const PartContext& context) : m_context(context) {}

    std::vector<RawBlock> walk(const xmlNode* root) {
        visitChildren(root, {}, 0);
        flush();
        return std::move(m_blocks);
    }

private:
    struct Style {
        BlockKind kind = BlockKind::Paragraph;
        int level = 0;
    };

    void visitChildren(const xmlNode* node, Style style, int depth) {
        if (depth > kMaxDepth)
            return;
        for (const xmlNode* child = node->children; child != nullptr; child = child->next) {
            if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
                addText(asText(child->content));
            else if (child->type == XML_ELEMENT_NODE)
                visit(child, style, depth);
        }
    }

    /// Formulas are set by their marks, not by the white space of their source.
    void addText(std::string_view text) {
        if (!m_isFormula || text.find_first_not_of(" \t\r\n") != std::string_view::npos)
            m_text += text;
    }

    void visitFormula(const xmlNode* node, Style style, int depth) {
        const bool outer = std::exchange(m_isFormula, true);
        visitChildren(node, style, depth + 1);
        m_isFormula = outer;
    }

    /// The operands of a fraction, a power, an index: "7/15", "x^2", "a_1^2".
    void visitOperands(const xmlNode* node, std::string_view signs, Style style, int depth) {
        bool isFirst = true;
        for (const xmlNode* child = node->children; child != nullptr; child = child->next) {
            if (child->type != XML_ELEMENT_NODE)
                continue;
            if (!isFirst && !signs.empty()) {
                m_text += signs.front();
                signs.remove_prefix(1);
            }
            isFirst = false;
            visit(child, style, depth + 1);
        }
    }

    void visit(const xmlNode* node, Style style, int depth) {
        const std::string_view name = localName(node);
        if (isSkipped(node, name))
            return;
        noteId(node);
        const std::string type = attribute(node, "epub:type");
        const std::string role = attribute(node, "role");
        if (hasWord(type, "pagebreak") || role == "doc-pagebreak") {
            const std::string title = attribute(node, "title");
            notePage(!title.empty()                     ? title
                     : hasAttribute(node, "aria-label") ? attribute(node, "aria-label")
                                                        : contentOf(node));
            return;
        }
        const std::string classes = attribute(node, "class");
        if (hasWord(classes, "pagenum") || hasWord(classes, "pageno")) {
            noteIdsBelow(node, depth);
            notePage(contentOf(node));
            return;
        }
        if (isNoteReference(node, name, type, role))
            return;
        if (name == "br") {
            m_text += '\n';
        } else if (name == "img" || name == "image") {
            visitPicture(node);
        } else if (name == "q") {
            m_text += "“";
            visitChildren(node, style, depth + 1);
            m_text += "”";
        } else if (name == "math") {
            visitFormula(node, style, depth);
        } else if (name == "mfrac") {
            visitOperands(node, "/", style, depth);
        } else if (name == "msup") {
            visitOperands(node, "^", style, depth);
        } else if (name == "msub") {
            visitOperands(node, "_", style, depth);
        } else if (name == "msubsup") {
            visitOperands(node, "_^", style, depth);
        } else if (isBlock(name)) {
            visitBlock(node, name, styleOf(name, type, role, style), depth);
        } else {
            visitChildren(node, style, depth + 1);
            if (name == "mtd" || name == "mtr")
                m_text += ' ';
        }
    }

    static Style styleOf(std::string_view name, const std::string& type, const std::string& role,
                         Style outer) {
        const bool isNote =
            isOneOf(name, {"aside", "li", "div", "section", "p"}) &&
            (hasWord(type, "footnote") || hasWord(type, "endnote") || hasWord(type, "rearnote") ||
             role == "doc-footnote" || role == "doc-endnote");
        if (isNote || outer.kind == BlockKind::Note)
            return {BlockKind::Note, 0};
        if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6')
            return {BlockKind::Heading, name[1] - '0'};
        if (isOneOf(name, {"li", "dt", "dd"}))
            return {BlockKind::ListItem, 0};
        if (name == "blockquote")
            return {BlockKind::Quote, 0};
        if (name == "figcaption" || name == "caption")
            return {BlockKind::Caption, 0};
        if (name == "pre")
            return {BlockKind::Code, 0};
        return outer;
    }

    void visitBlock(const xmlNode* node, std::string_view name, Style style, int depth) {
        const bool isRow = name == "tr" && !isLayoutTable(node);
        flush();
        const Style outer = m_style;
        m_style = isRow ? Style{BlockKind::TableRow, 0} : style;
        if (isRow)
            visitRow(node, depth);
        else
            visitChildren(node, style, depth + 1);
        flush();
        m_style = outer;
    }

    void visitRow(const xmlNode* row, int depth) {
        bool isFirst = true;
        for (const xmlNode* cell = row->children; cell != nullptr; cell = cell->next) {
            if (cell->type != XML_ELEMENT_NODE)
                continue;
            if (!isFirst)
                m_text += " | ";
            isFirst = false;
            noteId(cell);
            visitChildren(cell, m_style, depth + 2);
        }
    }

    /// The picture of an initial is a letter of the text; a picture alone has its description as a
    /// caption.
    void visitPicture(const xmlNode* node) {
        const std::string description = foldSpace(attribute(node, "alt"));
        const bool isLetter = toUtf32(description).size() <= 2;
        if (isLetter || !foldSpace(m_text).empty()) {
            m_text += isLetter ? description : " " + description + " ";
            return;
        }
        const Style outer = m_style;
        m_style = {BlockKind::Caption, 0};
        m_text = description;
        flush();
        m_style = outer;
    }

    void noteId(const xmlNode* node) {
        std::string id = attribute(node, "id");
        if (id.empty() && localName(node) == "a")
            id = attribute(node, "name");
        if (id.empty())
            return;
        if (m_context.targets.contains(id))
            m_anchors.push_back(m_context.name + "#" + id);
        if (const auto label = m_context.labels.find(id); label != m_context.labels.end())
            notePage(label->second);
    }

    void noteIdsBelow(const xmlNode* node, int depth) {
        for (const xmlNode* child = node->children; child != nullptr && depth < kMaxDepth;
             child = child->next)
            if (child->type == XML_ELEMENT_NODE) {
                noteId(child);
                noteIdsBelow(child, depth + 1);
            }
    }

    /// A page that begins inside a paragraph begins, for us, at the next one.
    void notePage(const std::string& text) {
        const std::string label = pageName(foldSpace(text));
        if (label.empty())
            return;
        (foldSpace(m_text).empty() ? m_label : m_nextLabel) = label;
    }

    void flush() {
        std::string text = m_style.kind == BlockKind::Code ? verbatim(m_text) : foldSpace(m_text);
        m_text.clear();
        if (isBlank(text))
            return;
        RawBlock block{m_style.kind, m_style.level, std::move(text), "", std::move(m_label)};
        if (!m_anchors.empty()) {
            block.anchor = std::move(m_anchors.front());
            m_anchors.erase(m_anchors.begin());
        }
        m_label = std::move(m_nextLabel);
        m_nextLabel.clear();
        m_blocks.push_back(std::move(block));
    }

    static std::string verbatim(std::string_view text) {
        const std::size_t first = text.find_first_not_of('\n');
        const std::size_t last = text.find_last_not_of(" \t\r\n");
        return last == std::string_view::npos ? ""
                                              : std::string(text.substr(first, last - first + 1));
    }

    const PartContext& m_context;
    std::vector<RawBlock> m_blocks;
    Style m_style;
    std::string m_text;
    bool m_isFormula = false;
    std::vector<std::string> m_anchors; ///< waiting for a block
    std::string m_label, m_nextLabel;
};

const xmlNode* findNav(const xmlNode* node, std::string_view type, int depth) {
    for (const xmlNode* child = node->children; child != nullptr && depth < kMaxDepth;
         child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        if (localName(child) == "nav" && hasWord(attribute(child, "epub:type"), type))
            return child;
        if (const xmlNode* found = findNav(child, type, depth + 1))
            return found;
    }
    return nullptr;
}

void collectNav(const xmlNode* node, int level, int depth, std::vector<NavEntry>& entries) {
    for (const xmlNode* child = node->children; child != nullptr && depth < kMaxDepth;
         child = child->next) {
        if (child->type != XML_ELEMENT_NODE || entries.size() >= kMaxNavEntries)
            continue;
        const std::string_view name = localName(child);
        const bool isEntry = name == "a" || (name == "span" && localName(node) == "li");
        if (isEntry)
            entries.push_back(
                {std::clamp(level, 1, kMaxNavLevel), contentOf(child), attribute(child, "href")});
        else
            collectNav(child, level + (name == "ol" || name == "ul" ? 1 : 0), depth + 1, entries);
    }
}

} // namespace

std::vector<RawBlock> readXhtml(std::string_view bytes, const PartContext& context) {
    const Tree tree = parse(bytes);
    const xmlNode* root = tree ? xmlDocGetRootElement(tree.get()) : nullptr;
    if (root == nullptr)
        return {};
    return Walker(context).walk(reinterpret_cast<const xmlNode*>(tree.get()));
}

std::vector<NavEntry> readNav(std::string_view bytes, std::string_view type) {
    const Tree tree = parse(bytes);
    std::vector<NavEntry> entries;
    if (!tree)
        return entries;
    if (const xmlNode* nav = findNav(reinterpret_cast<const xmlNode*>(tree.get()), type, 0))
        collectNav(nav, 0, 0, entries);
    return entries;
}

} // namespace engine::reader
