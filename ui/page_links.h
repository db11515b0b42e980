#pragma once
/// The links of the pages near the one that is read, which of them is under the pointer, and which
/// the keyboard stands on. Pure.

#include <QString>

#include <map>
#include <vector>

#include "ui/page_layout.h"

namespace ui {

class PageLinks {
public:
    struct Place {
        int page = 0; ///< 0: none
        std::size_t link = 0;
        bool operator==(const Place&) const = default;
    };

    void set(int page, std::vector<PageLink> links);
    void clear();
    [[nodiscard]] const std::vector<PageLink>& on(int page) const;
    [[nodiscard]] Place at(int page, const QPointF& point) const;
    [[nodiscard]] const PageLink* find(Place place) const;

    /// Steps to the next or previous link of a page; false at its end, where the focus is dropped.
    bool step(int page, bool isForward);
    [[nodiscard]] Place focused() const { return m_focused; }
    void unfocus() { m_focused = {}; }

private:
    std::map<int, std::vector<PageLink>> m_links;
    Place m_focused;
};

} // namespace ui
