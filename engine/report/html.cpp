#include "engine/report/html.h"

#include <string_view>

namespace engine::report {
namespace {

/// No browser may fetch or run anything for this page, whatever it may contain.
constexpr std::string_view kPolicy = "default-src 'none'; style-src 'unsafe-inline'";

// Without characters that XML would want escaped. Links are dark enough for white paper.
constexpr std::string_view kStyle = R"(
body { max-width: 42em; margin: 2em auto; padding: 0 1em; line-height: 1.5;
       font-family: "Noto Serif", "Liberation Serif", Georgia, serif; color: #1b1b1b; background: #ffffff; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; }
a { color: #1a4f8a; }
blockquote { margin-left: 1em; padding-left: 1em; border-left: 3px solid #b0b0b0; }
code, pre { font-family: "Noto Sans Mono", "Liberation Mono", monospace; font-size: 90%; }
pre { padding: 0.5em 1em; background: #f3f3f3; white-space: pre-wrap; }
table { border-collapse: collapse; }
th, td { padding: 0.2em 0.6em; border: 1px solid #b0b0b0; text-align: left; vertical-align: top; }
sup { line-height: 1; }
.notes { margin-top: 2em; font-size: 90%; }
)";

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '&')
            result += "&amp;";
        else if (c == '<')
            result += "&lt;";
        else if (c == '>')
            result += "&gt;";
        else if (c == '"')
            result += "&quot;";
        else
            result += c;
    }
    return result;
}

std::string element(const std::string& tag, const std::string& inner) {
    return "<" + tag + ">" + inner + "</" + tag + ">";
}

std::string link(const std::string& attributes, const std::string& inner) {
    return "<a " + attributes + ">" + inner + "</a>";
}

std::string noteId(int note) {
    return std::string("note") + std::to_string(note);
}

std::string markId(int note, int mention) {
    const std::string id = std::string("mark") + std::to_string(note);
    return mention == 1 ? id : id + "-" + std::to_string(mention);
}

std::string runText(const Run& run) {
    std::string out = escaped(run.text);
    if (run.kind == Run::Kind::Break)
        return "<br/>";
    if (run.kind == Run::Kind::Note)
        return element("sup", link(std::string("id=\"") + markId(run.note, run.mention) +
                                       "\" href=\"#" + noteId(run.note) + "\"",
                                   std::to_string(run.note)));
    if (run.kind == Run::Kind::Code)
        out = element("code", out);
    if (run.isEmphasis)
        out = element("em", out);
    if (run.isStrong)
        out = element("strong", out);
    return run.link.empty() ? out : link(std::string("href=\"") + escaped(run.link) + "\"", out);
}

std::string runsText(const std::vector<Run>& runs) {
    std::string out;
    for (const Run& run : runs)
        out += runText(run);
    return out;
}

std::string blocksText(const std::vector<Block>& blocks);

std::string tableText(const Block& table) {
    std::string out;
    for (const Block& row : table.children) {
        const bool isHeader = &row == &table.children.front();
        std::string cells;
        for (const Block& cell : row.children)
            cells += element(isHeader ? "th" : "td", runsText(cell.runs));
        out += element("tr", cells) + "\n";
    }
    return "<table>\n" + out + "</table>";
}

std::string listText(const Block& list) {
    std::string items;
    for (const Block& item : list.children) {
        // An item of one paragraph is a line and needs no space around it.
        const bool isLine =
            !item.children.empty() && item.children.front().kind == Block::Kind::Paragraph;
        std::string inner = isLine ? runsText(item.children.front().runs) : "";
        const auto rest = item.children.begin() + (isLine ? 1 : 0);
        if (rest != item.children.end())
            inner += std::string("\n") + blocksText({rest, item.children.end()});
        items += element("li", inner) + "\n";
    }
    const std::string tag = list.isOrdered ? "ol" : "ul";
    const std::string start = list.isOrdered && list.start != 1
                                  ? std::string(" start=\"") + std::to_string(list.start) + "\""
                                  : "";
    return "<" + tag + start + ">\n" + items + "</" + tag + ">";
}

std::string blockText(const Block& block) {
    switch (block.kind) {
    case Block::Kind::Heading:
        return element(std::string("h") + std::to_string(block.level), runsText(block.runs));
    case Block::Kind::Quote:
        return std::string("<blockquote>\n") + blocksText(block.children) + "</blockquote>";
    case Block::Kind::Code:
        return element("pre", element("code", escaped(block.text)));
    case Block::Kind::List:
        return listText(block);
    case Block::Kind::Table:
        return tableText(block);
    case Block::Kind::Rule:
        return "<hr/>";
    case Block::Kind::Paragraph:
    case Block::Kind::Item:
    case Block::Kind::Row:
    case Block::Kind::Cell:
        break;
    }
    return element("p", runsText(block.runs));
}

std::string blocksText(const std::vector<Block>& blocks) {
    std::string out;
    for (const Block& block : blocks)
        out += blockText(block) + "\n";
    return out;
}

/// One arrow back for each mark; the first note's first is "mark1".
std::string backLinks(const Note& note, int number) {
    std::string out;
    for (int mention = 1; mention <= note.mentions; ++mention)
        out +=
            std::string(" ") + link(std::string("href=\"#") + markId(number, mention) +
                                        "\" title=\"Back to the text\"",
                                    "\u2191" + (note.mentions > 1 ? std::to_string(mention) : ""));
    return out;
}

std::string notesText(const std::vector<Note>& notes) {
    if (notes.empty())
        return "";
    std::string out;
    for (std::size_t i = 0; i < notes.size(); ++i) {
        const int number = static_cast<int>(i) + 1;
        const Note& note = notes[i];
        const bool isLine =
            !note.blocks.empty() && note.blocks.front().kind == Block::Kind::Paragraph;
        // The number is written out: where no list is drawn, on paper or in plain text, it stays.
        out += std::string("<p>") +
               link(std::string("id=\"") + noteId(number) + "\"", std::to_string(number) + ".") +
               " " + (isLine ? runsText(note.blocks.front().runs) : "") + backLinks(note, number) +
               "</p>\n" + blocksText({note.blocks.begin() + (isLine ? 1 : 0), note.blocks.end()});
    }
    return "<hr/>\n<div class=\"notes\">\n" + out + "</div>\n";
}

} // namespace

std::string html(const Markup& markup) {
    return "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
           "<meta charset=\"utf-8\"/>\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"" +
           std::string(kPolicy) +
           "\"/>\n<meta name=\"viewport\" content=\"width=device-width\"/>\n" +
           element("title", escaped(markup.title())) + "\n" +
           element("style", std::string(kStyle)) + "\n</head>\n<body>\n" +
           blocksText(markup.blocks) + notesText(markup.notes) + "</body>\n</html>\n";
}

} // namespace engine::report
