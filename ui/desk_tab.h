#pragma once
/// What the desk keeps of a document that is open. For the files of Desk only.

#include <set>
#include <vector>

#include "ui/desk.h"
#include "ui/text_search.h"

namespace ui {

struct Desk::Tab {
    engine::DocumentInfo info;
    DocumentView* view = nullptr;
    std::vector<PageInfo> pages;
    std::vector<engine::ContentsEntry> chapters;
    TextSearch search;
    std::set<int> linkedPages; ///< their links came or were asked for
    bool hasPassword = false;  ///< one was given, right or wrong
};

} // namespace ui
