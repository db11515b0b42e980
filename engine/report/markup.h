#pragma once
/// A report's Markdown taken apart: the one tree that the writers of HTML, DOCX and ODT walk. Plain
/// values; pure functions. Raw HTML is left out, pictures leave their description, links other than
/// to the web or a mail address are text, and every character may stand in XML 1.0.

#include <string>
#include <vector>

namespace engine::report {

/// A piece of a line in one look.
struct Run {
    enum class Kind { Text, Code, Break, Note } kind = Kind::Text;
    std::string text = {}; ///< UTF-8; empty for Break and Note
    bool isStrong = false;
    bool isEmphasis = false;
    std::string link = {}; ///< "": none
    int note = 0;          ///< Kind::Note: which, from 1
    int mention = 1;       ///< Kind::Note: 1 for the first mark of this note, 2 for its second
};

struct Block {
    enum class Kind {
        Heading,   ///< level, runs
        Paragraph, ///< runs
        Quote,     ///< children
        Code,      ///< text
        List,      ///< children are Items
        Item,      ///< children
        Table,     ///< children are Rows, the first of them the header
        Row,       ///< children are Cells, in every row of a table as many
        Cell,      ///< runs
        Rule
    } kind = Kind::Paragraph;
    int level = 1; ///< Heading: 1 to 6
    bool isOrdered = false;
    int start = 1; ///< List: its first number
    std::string text;
    std::vector<Run> runs;
    std::vector<Block> children;
};

struct Note {
    std::vector<Block> blocks;
    int mentions = 0; ///< its marks in the text; 0 when only another note mentions it
};

struct Markup {
    std::vector<Block> blocks;
    std::vector<Note> notes; ///< note n is notes[n - 1], in the order of their first marks
    [[nodiscard]] std::string title() const; ///< of the first heading; may be empty
};

/// Never fails: everything is Markdown. What is nested deeper than any report comes out flat. Safe
/// to call from any thread.
Markup parseMarkdown(const std::string& markdown);

} // namespace engine::report
