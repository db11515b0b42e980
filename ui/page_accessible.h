#pragma once
/// What a screen reader is told about the page view: the text of the current page, where each
/// character stands, and the selection. UTF-16 towards the screen reader, offsets towards the view.

namespace ui {

class PageView;

/// Makes Qt answer for every PageView; may be called again.
void installPageAccessible();
/// Tells listeners that the selection moved.
void announcePageSelection(PageView& view);

} // namespace ui
