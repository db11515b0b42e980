#include "ui/place_history.h"

namespace ui {
namespace {

std::optional<qint64> step(std::deque<qint64>& from, std::deque<qint64>& to, qint64 here) {
    if (from.empty())
        return std::nullopt;
    const qint64 place = from.back();
    from.pop_back();
    to.push_back(here);
    return place;
}

} // namespace

void PlaceHistory::leave(qint64 offset) {
    m_ahead.clear();
    // Two jumps from one place are one step back.
    if (!m_behind.empty() && m_behind.back() == offset)
        return;
    m_behind.push_back(offset);
    if (m_behind.size() > kPlaces)
        m_behind.pop_front();
}

std::optional<qint64> PlaceHistory::back(qint64 here) {
    return step(m_behind, m_ahead, here);
}

std::optional<qint64> PlaceHistory::forward(qint64 here) {
    return step(m_ahead, m_behind, here);
}

void PlaceHistory::clear() {
    m_behind.clear();
    m_ahead.clear();
}

} // namespace ui
