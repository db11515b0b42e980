#pragma once
/// The places a person came from and can go back to, as a browser keeps them. Pure.

#include <QtGlobal>

#include <deque>
#include <optional>

namespace ui {

class PlaceHistory {
public:
    static constexpr std::size_t kPlaces = 200;

    /// A jump away from this offset; what lay ahead is forgotten.
    void leave(qint64 offset);
    /// Where to go, from where the person is.
    std::optional<qint64> back(qint64 here);
    std::optional<qint64> forward(qint64 here);
    [[nodiscard]] bool canGoBack() const { return !m_behind.empty(); }
    [[nodiscard]] bool canGoForward() const { return !m_ahead.empty(); }
    void clear();

private:
    std::deque<qint64> m_behind;
    std::deque<qint64> m_ahead;
};

} // namespace ui
