#pragma once
/// Running heads, page numbers and the like: what stands on a page but is not its text.

#include <vector>

#include "engine/document/lines.h"

namespace engine::document {

/// Marks the lines that are page furniture (Line::isFurniture). Looks only at the outer 15 % of a
/// page and at sizes up to 1.25 x body; repetition alone is never enough, nor is a shared height.
void markFurniture(std::vector<LaidPage>& pages, const BodyStyle& body);

} // namespace engine::document
