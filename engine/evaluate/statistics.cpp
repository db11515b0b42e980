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

Interval bootstrap(std::span<const Unit> units) {
    if (units.empty())
        return {};
    Unit all;
    for (const Unit& unit : units)
        all = {all.sum + unit.sum, all.weight + unit.weight};
    const auto mean = [](const Unit& unit) { return unit.weight > 0 ? unit.sum / unit.weight : 0; };
    Random random(kDrawSeed);
    std::vector<double> means;
    means.reserve(kDraws);
    const auto count = static_cast<std::int64_t>(units.size());
    for (int draw = 0; draw < kDraws; ++draw) {
        Unit drawn;
        for (std::int64_t i = 0; i < count; ++i) {
            const Unit& unit = units[static_cast<std::size_t>(random.below(count))];
            drawn = {drawn.sum + unit.sum, drawn.weight + unit.weight};
        }
        means.push_back(mean(drawn));
    }
    std::sort(means.begin(), means.end());
    constexpr std::size_t kTail = kDraws / 40; // 2.5 %
    return {mean(all), means[kTail], means[kDraws - 1 - kTail]};
}

Interval share(std::span<const Unit> units) {
    Unit all;
    for (const Unit& unit : units)
        all = {all.sum + unit.sum, all.weight + unit.weight};
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
