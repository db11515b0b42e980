#pragma once
/// A document's own text, contents and coverage as Markdown, from which the formats with a layout
/// are written. Book text is escaped.

#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/store/library.h"

namespace engine {

/// The title, then block by block; code keeps its lines. Text outside all blocks is not lost.
std::string textMarkdown(const store::Library& library, const store::DocumentRow& document);

/// The title and a nested list with pages.
std::string outlineMarkdown(const std::string& title, const std::vector<ContentsEntry>& contents);

std::string coverageMarkdown(const std::string& title, const std::string& sentence);

} // namespace engine
