#include "engine/evaluate/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/random.h"

namespace engine::evaluate {

Interval wilson(std::int64_t hits, std::int64_t count) {
    if (count == 0)
        return {0, 0, 1};
    constexpr double z = 1.96;
    const auto n = static_cast<double>(count);
    const double p = static_cast<double>(hits) / n;
    const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return {p, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

Interval pairedShares(const Agreement& items) {
    const std::int64_t count = items.both + items.first + items.second + items.neither;
    if (count == 0)
        return {0, -1, 1};
    const Interval a = wilson(items.both + items.first, count),
                   b = wilson(items.both + items.second, count);
    const auto n = static_cast<double>(count), both = static_cast<double>(items.both),
               first = static_cast<double>(items.first), second = static_cast<double>(items.second),
               neither = static_cast<double>(items.neither);
    const double sides = (both + first) * (second + neither) * (both + second) * (first + neither);
    double together = both * neither - first * second;
    if (together > 0) // the correction for continuity
        together = std::max(together - n / 2, 0.0);
    const double correlation = sides > 0 ? together / std::sqrt(sides) : 0;
    const auto reach = [&](double x, double y) {
        return std::sqrt(std::max(0.0, x * x - 2 * correlation * x * y + y * y));
    };
    const double value = (first - second) / n;
    return {value, value - reach(a.value - a.low, b.high - b.value),
            value + reach(a.high - a.value, b.value - b.low)};
}

namespace {

double meanOf(const Unit& unit) {
    return unit.weight > 0 ? unit.sum / unit.weight : 0;
}

Unit sumOf(std::span<const Unit> units) {
    Unit all;
    for (const Unit& unit : units)
        all = {all.sum + unit.sum, all.weight + unit.weight};
    return all;
}

/// The middle 95 % of what `draw` gives, around `value`.
template <typename Draw> Interval middleOf(double value, const Draw& draw) {
    std::vector<double> means;
    means.reserve(kDraws);
    for (int i = 0; i < kDraws; ++i)
        means.push_back(draw());
    std::sort(means.begin(), means.end());
    constexpr std::size_t kTail = kDraws / 40; // 2.5 %
    return {value, means[kTail], means[kDraws - 1 - kTail]};
}

Unit drawn(std::span<const Unit> units, Random& random) {
    Unit sum;
    for (std::size_t i = 0; i < units.size(); ++i) {
        const Unit& unit = units[static_cast<std::size_t>(random.below(std::ssize(units)))];
        sum = {sum.sum + unit.sum, sum.weight + unit.weight};
    }
    return sum;
}

} // namespace

Interval bootstrap(std::span<const Unit> units) {
    if (units.empty())
        return {};
    Random random(kDrawSeed);
    return middleOf(meanOf(sumOf(units)), [&] { return meanOf(drawn(units, random)); });
}

bool areAlike(std::span<const Unit> units) {
    constexpr double kRounding = 1e-12; // of sums that were added in another order
    return std::all_of(units.begin(), units.end(), [&](const Unit& unit) {
        const double first = meanOf(units.front());
        return std::fabs(meanOf(unit) - first) <= kRounding * std::max(1.0, std::fabs(first));
    });
}

Interval bootstrapChange(std::span<const Unit> last, std::span<const Unit> first, bool isPaired) {
    if (last.empty() || first.empty())
        return {};
    Random random(kDrawSeed);
    return middleOf(meanOf(sumOf(last)) - meanOf(sumOf(first)), [&] {
        if (!isPaired) {
            const double one = meanOf(drawn(last, random));
            return one - meanOf(drawn(first, random));
        }
        Unit late, early;
        for (std::size_t i = 0; i < last.size(); ++i) {
            const auto at = static_cast<std::size_t>(random.below(std::ssize(last)));
            late = {late.sum + last[at].sum, late.weight + last[at].weight};
            early = {early.sum + first[at].sum, early.weight + first[at].weight};
        }
        return meanOf(late) - meanOf(early);
    });
}

Interval share(std::span<const Unit> units) {
    const Unit all = sumOf(units);
    const auto count = static_cast<std::int64_t>(units.size());
    const auto items = std::llround(all.weight), hits = std::llround(all.sum);
    if (items == count)
        return wilson(hits, count);
    if (hits == 0 || hits == items)
        return wilson(hits == 0 ? 0 : count, count);
    return bootstrap(units);
}

namespace {

std::vector<double> ranks(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> result(values.size());
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin;
        while (end < order.size() && values[order[end]] == values[order[begin]])
            ++end;
        for (std::size_t i = begin; i < end; ++i)
            result[order[i]] = (static_cast<double>(begin) + static_cast<double>(end - 1)) / 2;
        begin = end;
    }
    return result;
}

} // namespace

double rankCorrelation(std::span<const double> a, std::span<const double> b) {
    if (a.size() != b.size() || a.size() < 2)
        return 0;
    const std::vector<double> x = ranks(a), y = ranks(b);
    const double middle = (static_cast<double>(x.size()) - 1) / 2;
    double xy = 0, xx = 0, yy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xy += (x[i] - middle) * (y[i] - middle);
        xx += (x[i] - middle) * (x[i] - middle);
        yy += (y[i] - middle) * (y[i] - middle);
    }
    return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

} // namespace engine::evaluate
