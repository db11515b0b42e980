#pragma once
/// A file turned into stored text: the repaired text in reading order with its pages, blocks,
/// outline, passages and word boxes. All positions are offsets: Unicode code points of the stored
/// text. A pure value; no I/O.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/document/raw.h"

namespace engine::document {

struct Page {
    int index = 0; ///< from 1, without gaps
    std::string label;
    float widthPt = 0, heightPt = 0;
    int rotation = 0;
    std::int64_t begin = 0, end = 0; ///< one contiguous interval; pages tile the text
    PageState state = PageState::Text;
    std::string reason;
    std::string
        words; ///< offset map: 14 bytes a word (documents.md, section 3); empty for locations
};

struct Block {
    BlockKind kind = BlockKind::Paragraph;
    int level = 0;
    std::int64_t begin = 0, end = 0;
};

struct OutlineEntry {
    int parent = -1; ///< index into Document::outline, always smaller than the entry's own
    int level = 1;
    std::string title;
    int pageIndex = 1;
    std::int64_t begin = 0; ///< never decreases
    std::string source;     ///< "file", "printed" or "guessed"
};

struct Passage {
    int ordinal = 0;  ///< from 0
    int outline = -1; ///< the innermost outline entry it lies in, or -1
    int pageFirst = 1, pageLast = 1;
    std::int64_t begin = 0, end = 0; ///< passages tile the text
    bool isContents = false;         ///< a printed contents page: ranked below body text
};

struct Document {
    Kind kind = Kind::Text;
    std::string title, author, language;
    bool hasLocations = false; ///< pages are locations
    std::string text;          ///< UTF-8, NFC
    std::int64_t characters = 0;
    std::vector<Page> pages;
    std::vector<Block> blocks;
    std::vector<OutlineEntry> outline;
    std::vector<Passage> passages;
    std::vector<std::string> warnings;
};

/// Raised whenever the same file would give another stored text.
inline constexpr int kLayoutVersion = 1;

/// Repairs the layout of a whole file (documents.md, sections 3 and 4). Pure and deterministic:
/// same input, same text. Page p's text, and passages below a bound, may depend on whole-file
/// statistics (furniture, vocabulary), never on I/O.
Document repair(const RawDocument& raw);

} // namespace engine::document
