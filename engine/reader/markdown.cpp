#include "engine/reader/markdown.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include "engine/reader/unicode.h"
#include "engine/reader/xhtml.h"

namespace engine::reader {
namespace {

using document::BlockKind;
using document::RawBlock;

std::string unquoted(std::string value) {
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front())
        value = value.substr(1, value.size() - 2);
    return value;
}

/// Takes "---" … "---" from the top of the text, when it is there, and reads the three keys a
/// library needs.
void takeFrontMatter(std::string_view& text, MarkdownParts& parts) {
    constexpr std::string_view kFence = "---\n";
    constexpr std::size_t kLongest = 65536;
    if (!text.starts_with(kFence))
        return;
    const std::size_t end = text.substr(0, kLongest).find("\n---\n", kFence.size() - 1);
    if (end == std::string_view::npos)
        return;
    std::string_view lines = text.substr(kFence.size(), end + 1 - kFence.size());
    text.remove_prefix(end + 1 + kFence.size());
    while (!lines.empty()) {
        const std::size_t length = std::min(lines.find('\n'), lines.size());
        const std::string_view line = lines.substr(0, length);
        lines.remove_prefix(std::min(length + 1, lines.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos)
            continue;
        const std::string_view key = line.substr(0, colon);
        const std::string value = unquoted(foldSpace(line.substr(colon + 1)));
        if (key == "title")
            parts.title = value;
        else if (key == "author")
            parts.author = value;
        else if (key == "lang" || key == "language")
            parts.language = value;
    }
}

/// What a block is by the blocks around it.
BlockKind kindOf(cmark_node* node) {
    constexpr int kDeepest = 64;
    int depth = 0;
    for (cmark_node* outer = cmark_node_parent(node); outer != nullptr && depth < kDeepest;
         outer = cmark_node_parent(outer), ++depth) {
        const cmark_node_type type = cmark_node_get_type(outer);
        if (type == CMARK_NODE_ITEM)
            return BlockKind::ListItem;
        if (type == CMARK_NODE_BLOCK_QUOTE)
            return BlockKind::Quote;
        if (type == CMARK_NODE_FOOTNOTE_DEFINITION)
            return BlockKind::Note;
    }
    return BlockKind::Paragraph;
}

class Walker {
public:
    std::vector<RawBlock> walk(cmark_node* root) {
        const std::unique_ptr<cmark_iter, decltype(&cmark_iter_free)> iterator(cmark_iter_new(root),
                                                                               cmark_iter_free);
        for (cmark_event_type event = cmark_iter_next(iterator.get()); event != CMARK_EVENT_DONE;
             event = cmark_iter_next(iterator.get())) {
            cmark_node* node = cmark_iter_get_node(iterator.get());
            if (event == CMARK_EVENT_ENTER)
                enter(node);
            else
                leave(node);
        }
        return std::move(m_blocks);
    }

private:
    void enter(cmark_node* node) {
        const char* literal = cmark_node_get_literal(node);
        switch (cmark_node_get_type(node)) {
        case CMARK_NODE_TEXT:
        case CMARK_NODE_CODE:
            m_text += literal == nullptr ? "" : literal;
            return;
        case CMARK_NODE_SOFTBREAK:
        case CMARK_NODE_LINEBREAK:
            m_text += ' ';
            return;
        case CMARK_NODE_CODE_BLOCK:
            addCode(literal == nullptr ? "" : literal);
            return;
        case CMARK_NODE_HTML_BLOCK:
            addHtml(literal == nullptr ? "" : literal);
            return;
        default:
            break;
        }
        if (std::strcmp(cmark_node_get_type_string(node), "table_cell") == 0 &&
            cmark_node_previous(node) != nullptr)
            m_text += " | ";
    }

    void leave(cmark_node* node) {
        switch (cmark_node_get_type(node)) {
        case CMARK_NODE_HEADING:
            add(BlockKind::Heading, cmark_node_get_heading_level(node));
            return;
        case CMARK_NODE_PARAGRAPH:
            add(kindOf(node), 0);
            return;
        default:
            break;
        }
        const std::string_view name = cmark_node_get_type_string(node);
        if (name == "table_row" || name == "table_header")
            add(BlockKind::TableRow, 0);
    }

    void add(BlockKind kind, int level) {
        std::string text = foldSpace(m_text);
        m_text.clear();
        if (!isBlank(text))
            m_blocks.push_back({kind, level, std::move(text), "", ""});
    }

    void addCode(std::string text) {
        while (!text.empty() && text.back() == '\n')
            text.pop_back();
        if (!text.empty())
            m_blocks.push_back({BlockKind::Code, 0, std::move(text), "", ""});
    }

    void addHtml(std::string_view html) {
        for (RawBlock& block : readXhtml(html, {}))
            m_blocks.push_back(std::move(block));
    }

    std::vector<RawBlock> m_blocks;
    std::string m_text;
};

class MarkdownBook : public Book {
public:
    explicit MarkdownBook(std::string_view utf8) : m_parts(parseMarkdown(utf8)) {}

    document::wire::OpenedFile opened() override {
        document::wire::OpenedFile file;
        file.opened.kind = document::Kind::Markdown;
        file.opened.title = m_parts.title;
        file.opened.author = m_parts.author;
        file.opened.language = m_parts.language;
        file.parts = 1;
        return file;
    }

    Part read(int) override { return document::RawSection{"", m_parts.blocks}; }

private:
    MarkdownParts m_parts;
};

} // namespace

MarkdownParts parseMarkdown(std::string_view utf8) {
    MarkdownParts parts;
    takeFrontMatter(utf8, parts);
    cmark_gfm_core_extensions_ensure_registered();
    const std::unique_ptr<cmark_parser, decltype(&cmark_parser_free)> parser(
        cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_FOOTNOTES), cmark_parser_free);
    for (const char* name : {"table", "strikethrough"})
        if (cmark_syntax_extension* extension = cmark_find_syntax_extension(name))
            cmark_parser_attach_syntax_extension(parser.get(), extension);
    cmark_parser_feed(parser.get(), utf8.data(), utf8.size());
    const std::unique_ptr<cmark_node, decltype(&cmark_node_free)> root(
        cmark_parser_finish(parser.get()), cmark_node_free);
    parts.blocks = Walker().walk(root.get());
    const bool hasHeading = !parts.blocks.empty() && parts.blocks[0].kind == BlockKind::Heading &&
                            parts.blocks[0].level == 1;
    if (parts.title.empty() && hasHeading)
        parts.title = parts.blocks[0].utf8;
    return parts;
}

std::unique_ptr<Book> openMarkdown(std::string_view utf8) {
    return std::make_unique<MarkdownBook>(utf8);
}

} // namespace engine::reader
