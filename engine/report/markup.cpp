#include "engine/report/markup.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include "engine/report/report.h"

namespace engine::report {
namespace {

/// Reports nest four deep. The bound keeps hostile Markdown off the call stack.
constexpr int kDeepest = 32;

using Node = std::unique_ptr<cmark_node, decltype(&cmark_node_free)>;
using Walk = std::unique_ptr<cmark_iter, decltype(&cmark_iter_free)>;

Node parsed(const std::string& markdown) {
    static std::once_flag isRegistered;
    std::call_once(isRegistered, cmark_gfm_core_extensions_ensure_registered);
    const std::unique_ptr<cmark_parser, decltype(&cmark_parser_free)> parser(
        cmark_parser_new(CMARK_OPT_FOOTNOTES | CMARK_OPT_VALIDATE_UTF8), &cmark_parser_free);
    cmark_parser_attach_syntax_extension(parser.get(), cmark_find_syntax_extension("table"));
    cmark_parser_feed(parser.get(), markdown.data(), markdown.size());
    return {cmark_parser_finish(parser.get()), &cmark_node_free};
}

std::string literal(cmark_node* node) {
    const char* text = cmark_node_get_literal(node);
    return text == nullptr ? "" : escapeControls(text);
}

/// All text below a node, however deep.
std::string flatText(cmark_node* node) {
    const Walk walk(cmark_iter_new(node), &cmark_iter_free);
    std::string text;
    while (cmark_iter_next(walk.get()) != CMARK_EVENT_DONE) {
        cmark_node* inner = cmark_iter_get_node(walk.get());
        const cmark_node_type type = cmark_node_get_type(inner);
        if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE || type == CMARK_NODE_CODE_BLOCK)
            text += literal(inner);
        else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK ||
                 type == CMARK_NODE_PARAGRAPH || type == CMARK_NODE_HEADING)
            text += text.empty() || text.back() == ' ' ? "" : " ";
    }
    while (!text.empty() && text.back() == ' ')
        text.pop_back();
    return text;
}

/// An extension's kinds have names and no constants.
bool isTable(cmark_node* node) {
    return std::string_view(cmark_node_get_type_string(node)) == "table";
}

bool isSafeLink(const std::string& url) {
    return url.starts_with("https://") || url.starts_with("http://") || url.starts_with("mailto:");
}

class Walker {
public:
    Markup walk(cmark_node* root) {
        // cmark has put the notes behind the text, in the order of their first marks.
        for (cmark_node* node = cmark_node_first_child(root); node; node = cmark_node_next(node)) {
            if (cmark_node_get_type(node) != CMARK_NODE_FOOTNOTE_DEFINITION) {
                addBlock(node, 0, m_markup.blocks);
                continue;
            }
            m_isInNote = true;
            Note note;
            addChildren(node, 0, note.blocks);
            const std::size_t number = m_markup.notes.size();
            note.mentions = number < m_mentions.size() ? m_mentions[number] : 0;
            m_markup.notes.push_back(std::move(note));
        }
        return std::move(m_markup);
    }

private:
    void addChildren(cmark_node* node, int depth, std::vector<Block>& blocks) {
        for (cmark_node* child = cmark_node_first_child(node); child;
             child = cmark_node_next(child))
            addBlock(child, depth, blocks);
    }

    void addBlock(cmark_node* node, int depth, std::vector<Block>& blocks) {
        const cmark_node_type type = cmark_node_get_type(node);
        Block block;
        if (type == CMARK_NODE_HTML_BLOCK)
            return;
        if (depth >= kDeepest) {
            block.runs.push_back({Run::Kind::Text, flatText(node)});
        } else if (type == CMARK_NODE_HEADING) {
            block.kind = Block::Kind::Heading;
            block.level = cmark_node_get_heading_level(node);
            addRuns(node, {}, depth, block.runs);
        } else if (type == CMARK_NODE_BLOCK_QUOTE) {
            block.kind = Block::Kind::Quote;
            addChildren(node, depth + 1, block.children);
        } else if (type == CMARK_NODE_LIST) {
            block.kind = Block::Kind::List;
            block.isOrdered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
            block.start = block.isOrdered ? cmark_node_get_list_start(node) : 1;
            addChildren(node, depth + 1, block.children);
        } else if (type == CMARK_NODE_ITEM) {
            block.kind = Block::Kind::Item;
            addChildren(node, depth + 1, block.children);
        } else if (type == CMARK_NODE_CODE_BLOCK) {
            block.kind = Block::Kind::Code;
            block.text = literal(node);
            if (block.text.ends_with('\n'))
                block.text.pop_back();
        } else if (type == CMARK_NODE_THEMATIC_BREAK) {
            block.kind = Block::Kind::Rule;
        } else if (isTable(node)) {
            block = table(node, depth);
        } else {
            addRuns(node, {}, depth, block.runs);
        }
        blocks.push_back(std::move(block));
    }

    Block table(cmark_node* node, int depth) {
        Block block;
        block.kind = Block::Kind::Table;
        const std::size_t columns = cmark_gfm_extensions_get_table_columns(node);
        for (cmark_node* line = cmark_node_first_child(node); line; line = cmark_node_next(line)) {
            Block row;
            row.kind = Block::Kind::Row;
            for (cmark_node* entry = cmark_node_first_child(line); entry;
                 entry = cmark_node_next(entry)) {
                Block cell;
                cell.kind = Block::Kind::Cell;
                addRuns(entry, {}, depth, cell.runs);
                row.children.push_back(std::move(cell));
            }
            Block empty;
            empty.kind = Block::Kind::Cell;
            row.children.resize(columns, empty);
            block.children.push_back(std::move(row));
        }
        return block;
    }

    /// `look` is what the nodes around say about the text inside.
    void addRuns(cmark_node* parent, const Run& look, int depth, std::vector<Run>& runs) {
        for (cmark_node* node = cmark_node_first_child(parent); node;
             node = cmark_node_next(node)) {
            const cmark_node_type type = cmark_node_get_type(node);
            Run run = look;
            if (type == CMARK_NODE_TEXT) {
                addText(run, literal(node), runs);
            } else if (type == CMARK_NODE_SOFTBREAK) {
                addText(run, " ", runs);
            } else if (type == CMARK_NODE_LINEBREAK) {
                run.kind = Run::Kind::Break;
                runs.push_back(std::move(run));
            } else if (type == CMARK_NODE_CODE) {
                run.kind = Run::Kind::Code;
                run.text = literal(node);
                runs.push_back(std::move(run));
            } else if (type == CMARK_NODE_FOOTNOTE_REFERENCE) {
                addMark(run, std::atoi(cmark_node_get_literal(node)), runs);
            } else if (type == CMARK_NODE_IMAGE || depth >= kDeepest) {
                addText(run, flatText(node), runs);
            } else if (type != CMARK_NODE_HTML_INLINE) {
                run.isStrong = run.isStrong || type == CMARK_NODE_STRONG;
                run.isEmphasis = run.isEmphasis || type == CMARK_NODE_EMPH;
                if (type == CMARK_NODE_LINK) {
                    const std::string url = escapeControls(cmark_node_get_url(node));
                    run.link = isSafeLink(url) ? url : "";
                }
                addRuns(node, run, depth + 1, runs);
            }
        }
    }

    /// cmark ends a text at every sign that might have meant something; one look is one run.
    static void addText(Run run, const std::string& text, std::vector<Run>& runs) {
        const auto isAlike = [&](const Run& other) {
            return other.kind == Run::Kind::Text && other.isStrong == run.isStrong &&
                   other.isEmphasis == run.isEmphasis && other.link == run.link;
        };
        if (!runs.empty() && isAlike(runs.back())) {
            runs.back().text += text;
            return;
        }
        run.text = text;
        runs.push_back(std::move(run));
    }

    void addMark(Run run, int number, std::vector<Run>& runs) {
        // A note inside a note has no place in a word processor's file.
        if (m_isInNote || number < 1) {
            std::string mark = "[";
            mark += std::to_string(number) + "]";
            return addText(std::move(run), mark, runs);
        }
        m_mentions.resize(std::max(m_mentions.size(), static_cast<std::size_t>(number)));
        run.kind = Run::Kind::Note;
        run.link.clear();
        run.note = number;
        run.mention = ++m_mentions[static_cast<std::size_t>(number - 1)];
        runs.push_back(std::move(run));
    }

    Markup m_markup;
    std::vector<int> m_mentions;
    bool m_isInNote = false;
};

} // namespace

std::string Markup::title() const {
    std::string text;
    const auto heading = std::ranges::find(blocks, Block::Kind::Heading, &Block::kind);
    if (heading != blocks.end())
        for (const Run& run : heading->runs)
            text += run.text;
    return text;
}

Markup parseMarkdown(const std::string& markdown) {
    const Node root = parsed(markdown);
    return Walker().walk(root.get());
}

} // namespace engine::report
