#pragma once
/// Interleaved rounds of measurements. A round counts when the machine ran at full speed before and
/// after it and nobody else used it meanwhile (engine.md, section 11).

#include <functional>
#include <string>
#include <vector>

namespace bench {

/// Median and best of one column.
struct Figure {
    double median = 0, best = 0;
};

class Rounds {
public:
    /// What one round measured: the same columns in every round, each the higher the better.
    using Round = std::vector<double>;

    /// Runs `round` until `wanted` rounds count, twice as often at most. When fewer count, all of
    /// them are taken and `note` says so.
    static Rounds run(int wanted, const std::function<Round()>& round);

    [[nodiscard]] Figure figure(std::size_t column) const;
    /// Median over the rounds of one column by another, which disturbances of both leave alone.
    [[nodiscard]] double ratio(std::size_t column, std::size_t by) const;
    /// "" or how many of the rounds counted.
    [[nodiscard]] std::string note() const;
    [[nodiscard]] std::size_t size() const { return m_rounds.size(); }

private:
    std::vector<Round> m_rounds; ///< those that count
    std::size_t m_counted = 0, m_ran = 0;
    int m_wanted = 0;
};

/// Share of the cores that others used since its making; of what cannot run in rounds.
class Others {
public:
    Others();
    [[nodiscard]] double share() const;
    /// "" or how much they used, when it was too much.
    [[nodiscard]] std::string note() const;

private:
    double m_begin, m_own, m_all;
};

/// The machine's best of `registerPeak` so far, GFLOP/s; the first call takes a second.
double bestPeak();

double median(std::vector<double> values);

} // namespace bench
