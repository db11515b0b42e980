#pragma once
/// A number as text, for logs and files.

#include <cstdio>
#include <string>

namespace engine::adapt {

/// `format` is printf's, for one double; at most 39 characters.
inline std::string shown(double value, const char* format = "%.3f") {
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, format, value);
    return buffer;
}

} // namespace engine::adapt
