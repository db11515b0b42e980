#pragma once
/// Charts as SVG text: a grid of shares, and curves with intervals. The same values give the same
/// bytes.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/evaluate/statistics.h"

namespace engine::evaluate {

/// A value as it is drawn, and what is told of it.
struct Mark {
    Interval interval;
    std::int64_t n = 0;
    std::string lack = {}; ///< why it has no interval; empty: it has one
};

/// A grid of shares between 0 and 1, one of several side by side.
struct GridPanel {
    std::string title;
    std::vector<std::vector<std::optional<Mark>>> cells; ///< by row, then column; unset: not run
};

struct Grid {
    std::string title, note, columnTitle, rowTitle;
    std::vector<std::string> columns, rows;
    std::vector<GridPanel> panels;
};
std::string gridSvg(const Grid& grid);

struct Series {
    std::string name;
    std::vector<std::optional<Mark>> points; ///< by place on the x axis
};

struct Curves {
    std::string title, note, xTitle, yTitle;
    std::vector<std::string> places;
    std::vector<Series> series;      ///< at most five
    std::optional<double> reference; ///< a dashed line, such as chance
};
std::string curvesSvg(const Curves& curves);

} // namespace engine::evaluate
