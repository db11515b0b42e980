#pragma once
/// The time as it is stored and logged.

#include <ctime>
#include <string>

namespace engine {

/// Now, to the second: "2026-11-30T12:00:00Z" (ISO 8601).
inline std::string utcTime() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

} // namespace engine
