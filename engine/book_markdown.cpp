#include "engine/book_markdown.h"

#include <algorithm>

#include "engine/document/document.h"
#include "engine/report/escape.h"

namespace engine {
namespace {

using document::BlockKind;
using report::escapeMarkdown;

std::string heading(const std::string& title) {
    return "# " + escapeMarkdown(title) + "\n\n";
}

/// Between fences longer than any in the text.
std::string fenced(const std::string& text) {
    std::size_t longest = 2, length = 0;
    for (const char c : text) {
        length = c == '`' ? length + 1 : 0;
        longest = std::max(longest, length);
    }
    const std::string fence(longest + 1, '`');
    return fence + "\n" + text + "\n" + fence + "\n\n";
}

std::string blockMarkdown(BlockKind kind, int level, const std::string& text) {
    const std::string line = escapeMarkdown(text);
    if (line.empty())
        return "";
    switch (kind) {
    case BlockKind::Heading:
        return std::string(static_cast<std::size_t>(std::clamp(level + 1, 2, 6)), '#') + " " +
               line + "\n\n";
    case BlockKind::ListItem:
        return "- " + line + "\n\n";
    case BlockKind::Quote:
        return "> " + line + "\n\n";
    case BlockKind::Code:
        return fenced(text);
    case BlockKind::Paragraph:
    case BlockKind::TableRow:
    case BlockKind::Note:
    case BlockKind::Caption:
        break;
    }
    return line + "\n\n";
}

} // namespace

std::string textMarkdown(const store::Library& library, const store::DocumentRow& document) {
    std::string out = heading(document.title);
    std::int64_t done = 0;
    const auto add = [&](BlockKind kind, int level, std::int64_t end) {
        if (end > done)
            out += blockMarkdown(kind, level, library.text(document.id, done, end));
        done = std::max(done, end);
    };
    for (const store::BlockRow& block : library.blocks(document.id, 0, document.characters)) {
        add(BlockKind::Paragraph, 1, block.begin);
        add(static_cast<BlockKind>(block.kind), block.level, block.end);
    }
    add(BlockKind::Paragraph, 1, document.characters);
    return out;
}

std::string outlineMarkdown(const std::string& title, const std::vector<ContentsEntry>& contents) {
    std::string out = heading(title);
    // Markdown knows no list inside a list that is not there, so that a level is never skipped.
    std::vector<int> open;
    for (const ContentsEntry& entry : contents) {
        while (!open.empty() && open.back() >= entry.level)
            open.pop_back();
        const std::string unit = entry.page.isLocation ? "loc. " : "p. ";
        out += std::string(2 * open.size(), ' ') + "- " + escapeMarkdown(entry.title) + " (" +
               unit + escapeMarkdown(entry.page.firstLabel) + ")\n";
        open.push_back(entry.level);
    }
    return out;
}

std::string coverageMarkdown(const std::string& title, const std::string& sentence) {
    return heading(title) + escapeMarkdown(sentence) + "\n";
}

} // namespace engine
