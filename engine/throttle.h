#pragma once
/// Keeps progress events to a rate that a person can follow.

#include <chrono>

namespace engine {

/// Lets a progress event through at most ten times a second, and the last one always.
class Throttle {
public:
    bool isDue(bool isLast) {
        const auto now = std::chrono::steady_clock::now();
        if (!isLast && now - m_last < std::chrono::milliseconds(100))
            return false;
        m_last = now;
        return true;
    }

private:
    std::chrono::steady_clock::time_point m_last;
};

} // namespace engine
