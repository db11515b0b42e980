#pragma once
/// What infolio-reader hands over, before any interpretation: pages of words, or sections of
/// blocks.

#include <cstdint>
#include <string>
#include <vector>

namespace engine::document {

enum class Kind : std::uint8_t { Pdf = 1, Epub = 2, Text = 3, Markdown = 4 };

/// A box in points, origin at the top left of the page as shown (rotation applied).
struct Box {
    float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

/// One word as the PDF has it; never empty.
struct RawWord {
    std::string utf8;
    Box box;
    float fontSize = 0;     ///< points
    std::uint16_t font = 0; ///< index into RawPage::fonts
    bool spaceAfter = false;
};

/// How the reading of a page ended.
enum class PageState : std::uint8_t { Pending = 0, Text = 1, Ocr = 2, Empty = 3, Failed = 4 };

struct RawPage {
    int index = 0; ///< from 1
    float widthPt = 0, heightPt = 0;
    int rotation = 0; ///< degrees
    PageState state = PageState::Text;
    std::string reason;             ///< why it failed, or ""
    std::vector<std::string> fonts; ///< names
    std::vector<RawWord> words;     ///< in the order of the reader
};

/// A place on a page that leads somewhere.
struct RawLink {
    Box box;
    int page = 0;    ///< index from 1; 0: not inside this file
    std::string uri; ///< as the file has it, at most 2,000 bytes; empty when `page` is set
};

enum class BlockKind : std::uint8_t {
    Paragraph = 1,
    Heading = 2,
    ListItem = 3,
    Quote = 4,
    Code = 5,
    TableRow = 6,
    Note = 7,
    Caption = 8
};

/// A block of a format without pages (EPUB, text, Markdown).
struct RawBlock {
    BlockKind kind = BlockKind::Paragraph;
    int level = 0;      ///< headings 1-6
    std::string utf8;   ///< white space already folded, except in Code
    std::string anchor; ///< "part.xhtml#id" when something in the file points here; else empty
    std::string
        pageLabel; ///< the printed page that begins at this block (EPUB page list); else empty
};

struct RawSection {
    std::string name; ///< part name inside the container, for anchors
    std::vector<RawBlock> blocks;
};

struct RawOutlineEntry {
    int level = 1;
    std::string title;
    int page = 0;       ///< PDF: index from 1, 0 when unknown
    std::string anchor; ///< EPUB: "part.xhtml" or "part.xhtml#id"
};

/// What opening a file tells before its text is read.
struct Opened {
    Kind kind = Kind::Text;
    std::string title, author, language;
    std::vector<std::string>
        labels; ///< printed page names, PDF: one per page (may be empty strings)
    std::vector<std::pair<float, float>> sizes; ///< PDF: width and height in points per page
    std::vector<RawOutlineEntry> outline;
    int pages = 0; ///< PDF: number of pages, already limited to 100,000
    std::vector<std::string> warnings;
};

/// A whole file as read.
struct RawDocument {
    Opened opened;
    std::vector<RawPage> pages;       ///< PDF
    std::vector<RawSection> sections; ///< other formats
};

} // namespace engine::document
