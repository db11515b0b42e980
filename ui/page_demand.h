#pragma once
/// Which page pictures are being waited for: first the visible pages alone, and when those are
/// there two on either side. Pure.

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace ui {

class PageDemand {
public:
    static constexpr int kAround = 2;

    struct Change {
        std::vector<int> wanted;   ///< to be asked for, the one nearest to the middle last
        std::vector<int> unwanted; ///< asked for earlier, scrolled away
    };

    /// `has(page, scale)`: whether the picture is there or cannot be had; `scaleOf(page)`: pixels
    /// per point that are wanted.
    template <typename ScaleOf, typename Has>
    Change update(std::pair<int, int> visible, int pageCount, ScaleOf scaleOf, Has has) {
        Change change;
        const auto [first, last] = std::pair(visible.first - kAround, visible.second + kAround);
        for (auto asked = m_asked.begin(); asked != m_asked.end();) {
            const bool isNear = asked->first >= first && asked->first <= last;
            if (!isNear)
                change.unwanted.push_back(asked->first);
            asked = isNear ? std::next(asked) : m_asked.erase(asked);
        }
        bool isComplete = true;
        for (int page = std::max(visible.first, 1); page <= std::min(visible.second, pageCount);
             ++page)
            isComplete = isComplete && has(page, scaleOf(page));
        for (const int page : nearestLast(visible, isComplete ? kAround : 0)) {
            if (page < 1 || page > pageCount)
                continue;
            const double scale = scaleOf(page);
            const auto asked = m_asked.find(page);
            if (has(page, scale) || (asked != m_asked.end() && asked->second == scale))
                continue;
            m_asked[page] = scale;
            change.wanted.push_back(page);
        }
        return change;
    }

    /// The answer came. A late answer to an older scale does not settle the page.
    void settle(int page, double scale);
    void clear() { m_asked.clear(); }
    /// All pages that are waited for.
    [[nodiscard]] std::vector<int> asked() const;

private:
    [[nodiscard]] static std::vector<int> nearestLast(std::pair<int, int> visible, int around);

    std::map<int, double> m_asked;
};

} // namespace ui
