#include "ui/page_demand.h"

#include <algorithm>
#include <cstdlib>

namespace ui {

void PageDemand::settle(int page, double scale) {
    const auto asked = m_asked.find(page);
    if (asked != m_asked.end() && asked->second == scale)
        m_asked.erase(asked);
}

std::vector<int> PageDemand::asked() const {
    std::vector<int> pages;
    for (const auto& [page, scale] : m_asked)
        pages.push_back(page);
    return pages;
}

std::vector<int> PageDemand::nearestLast(std::pair<int, int> visible, int around) {
    std::vector<int> pages;
    for (int page = visible.first - around; page <= visible.second + around; ++page)
        pages.push_back(page);
    const int middle = visible.first + visible.second;
    std::stable_sort(pages.begin(), pages.end(), [middle](int left, int right) {
        return std::abs(2 * left - middle) > std::abs(2 * right - middle);
    });
    return pages;
}

} // namespace ui
