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

/// How often two arms were right about the same items.
struct Agreement {
    std::int64_t both = 0, first = 0, second = 0, neither = 0; ///< `first`: it alone
};

/// The difference of two shares of the same items, first less second, with the interval of Newcombe
/// (Statistics in Medicine 17, 1998, 2635-2650, method 10): the score intervals of the two shares,
/// joined by the correlation of the pairs. It does not shrink to a point where all items are alike.
/// Of nothing: 0 in [-1, 1].
Interval pairedShares(const Agreement& items);

/// What one unit of drawing adds: a sum over `weight` tokens or items.
struct Unit {
    double sum = 0, weight = 0;
};

/// Σ sum / Σ weight, with the middle 95 % of 2,000 draws of as many units with replacement, seed 1.
/// Of nothing: zeros. A difference is paired by giving the differences of each unit.
Interval bootstrap(std::span<const Unit> units);

/// Whether the units have the same mean, so that every draw of them does, and tells nothing.
bool areAlike(std::span<const Unit> units);

/// The mean of `last` less the mean of `first`, with the middle 95 % of 2,000 draws, seed 1, of as
/// many units with replacement from either, each for itself. `isPaired`: last[i] and first[i] are
/// of one thing, and are drawn together; there are as many of both. Of nothing: zeros.
Interval bootstrapChange(std::span<const Unit> last, std::span<const Unit> first, bool isPaired);

/// A share of items that come in units: Wilson's interval where each unit is one item, else the
/// bootstrap over units; where all items are alike, which no draw could differ from, Wilson's of as
/// many items as there are units.
Interval share(std::span<const Unit> units);

/// Spearman's rank correlation; equal values share their mean rank. 0 where one side is constant or
/// there are fewer than two pairs.
double rankCorrelation(std::span<const double> a, std::span<const double> b);

} // namespace engine::evaluate
