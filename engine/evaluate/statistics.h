#pragma once
/// Intervals of what was measured: 95 %, by closed form for shares and by drawing for means. Pure
/// functions; the same input gives the same bits on every machine.

#include <cstdint>
#include <span>
#include <vector>

namespace engine::evaluate {

inline constexpr int kDraws = 2'000;
inline constexpr std::uint64_t kDrawSeed = 1;
/// Of fewer units an interval says nothing.
inline constexpr std::size_t kFewestUnits = 5;

struct Interval {
    double value = 0, low = 0, high = 0;
};

/// Wilson's interval of a share, z = 1.96. Of nothing: 0 in [0, 1].
Interval wilson(std::int64_t hits, std::int64_t count);

/// What one unit of drawing adds: a sum over `weight` tokens or items.
struct Unit {
    double sum = 0, weight = 0;
};

/// Σ sum / Σ weight, with the middle 95 % of 2,000 draws of as many units with replacement, seed 1.
/// Of nothing: zeros. A difference is paired by giving the differences of each unit.
Interval bootstrap(std::span<const Unit> units);

/// A share of items that come in units: Wilson's interval where each unit is one item, else the
/// bootstrap over units; where all items are alike, which no draw could differ from, Wilson's of as
/// many items as there are units.
Interval share(std::span<const Unit> units);

/// Spearman's rank correlation; equal values share their mean rank. 0 where one side is constant or
/// there are fewer than two pairs.
double rankCorrelation(std::span<const double> a, std::span<const double> b);

} // namespace engine::evaluate
