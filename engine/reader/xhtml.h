#pragma once
/// XHTML and HTML parts as blocks: what a reader sees as paragraphs, headings, list items, rows,
/// notes and captions.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/document/raw.h"

namespace engine::reader {

/// What the rest of the file says about a part.
struct PartContext {
    std::string name;                          ///< becomes the front of anchors
    std::set<std::string> targets;             ///< ids that the outline points to
    std::map<std::string, std::string> labels; ///< ids where a printed page begins, with its name
};

/// The blocks of a part. Damage is repaired as browsers do; nothing is fetched; elements nested
/// deeper than 256 are left out. An id that the outline points to becomes the anchor of the block
/// it stands in or before; a second one goes to the next block.
std::vector<document::RawBlock> readXhtml(std::string_view bytes, const PartContext& context);

/// An entry of a navigation document.
struct NavEntry {
    int level = 1;
    std::string title, href;
};

/// The lists of an EPUB 3 navigation document: its nav element of this epub:type.
std::vector<NavEntry> readNav(std::string_view bytes, std::string_view type);

} // namespace engine::reader
