#include "tests/bench/rounds.h"

#include <algorithm>
#include <cstdlib>

#include "tests/bench/bench.h"
#include "tests/bench/machine.h"

namespace bench {

namespace {

constexpr double kLeastSpeed = 0.92; ///< of the machine's best
constexpr double kMostOthers = 0.1;  ///< share of the cores that others may use

double& bestSoFar() {
    static double best = [] {
        // What a program before this one saw, so that all of a table's rows use one measure.
        const char* known = std::getenv("INFOLIO_BENCH_PEAK");
        double most = known != nullptr ? std::atof(known) : 0;
        for (int i = 0; i < 10; ++i) {
            most = std::max(most, registerPeak(setting().threads));
        }
        return most;
    }();
    return best;
}

double probe() {
    const double peak = registerPeak(setting().threads);
    bestSoFar() = std::max(bestSoFar(), peak);
    return peak;
}

} // namespace

Others::Others() : m_begin(now()), m_own(0), m_all(0) {
    const CpuSeconds cpu = CpuSeconds::now();
    m_own = cpu.own;
    m_all = cpu.all;
}

double Others::share() const {
    const CpuSeconds cpu = CpuSeconds::now();
    return ((cpu.all - m_all) - (cpu.own - m_own)) / ((now() - m_begin) * setting().cores);
}

std::string Others::note() const {
    const double used = share();
    return used <= kMostOthers
               ? ""
               : "loaded: others used " + std::to_string(static_cast<int>(100 * used + 0.5)) +
                     " % of the cores";
}

double bestPeak() {
    return bestSoFar();
}

double median(std::vector<double> values) {
    if (values.empty()) {
        return 0;
    }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

Rounds Rounds::run(int wanted, const std::function<Round()>& round) {
    struct Ran {
        Round values;
        double speed = 0;  ///< the lower of the probes around it
        double others = 0; ///< share of the cores
    };
    std::vector<Ran> all;
    const auto counts = [](const Ran& ran) {
        return ran.speed >= kLeastSpeed * bestPeak() && ran.others <= kMostOthers;
    };
    const auto counted = [&] { return std::count_if(all.begin(), all.end(), counts); };
    double before = probe();
    while (counted() < wanted && static_cast<int>(all.size()) < 2 * wanted) {
        Ran ran;
        const Others others;
        ran.values = round();
        ran.others = others.share();
        const double after = probe();
        ran.speed = std::min(before, after);
        before = after;
        all.push_back(std::move(ran));
    }
    Rounds result;
    result.m_wanted = wanted;
    result.m_ran = all.size();
    result.m_counted = static_cast<std::size_t>(counted());
    const bool isEnough = static_cast<int>(result.m_counted) >= wanted;
    for (Ran& ran : all) {
        if (!isEnough || counts(ran)) {
            result.m_rounds.push_back(std::move(ran.values));
        }
    }
    return result;
}

Figure Rounds::figure(std::size_t column) const {
    std::vector<double> values;
    for (const Round& round : m_rounds) {
        values.push_back(round.at(column));
    }
    return {median(values), values.empty() ? 0 : *std::max_element(values.begin(), values.end())};
}

double Rounds::ratio(std::size_t column, std::size_t by) const {
    std::vector<double> values;
    for (const Round& round : m_rounds) {
        values.push_back(round.at(column) / round.at(by));
    }
    return median(std::move(values));
}

std::string Rounds::note() const {
    return static_cast<int>(m_counted) >= m_wanted
               ? ""
               : "loaded: " + std::to_string(m_counted) + " of " + std::to_string(m_ran) +
                     " rounds counted";
}

} // namespace bench
