#pragma once
/// One row of the table that tests/bench/run.sh prints, in Markdown.

#include <string>

#include "tests/bench/rounds.h"

namespace bench {

/// What a figure must reach: the bar, and what engine.md asks for in the end.
struct Bar {
    enum class Sense { AtLeast, AtMost } sense = Sense::AtLeast;
    double bar = 0;
    double target = 0; ///< 0: none beyond the bar
    std::string unit;  ///< behind the numbers, with its space
};

struct Row {
    std::string name, workload;
    std::string ours, peer; ///< figures with units; peer or limit of the machine
    double value = 0;       ///< what the bar is about
    Bar bar;
    std::string note; ///< of the rounds
};

/// "12.3 (13.0) unit": median and best.
std::string shown(const Figure& figure, const std::string& unit);
/// Three digits that count, thousands with commas.
std::string shown(double value);

/// Prints the row; a figure that nothing was measured for is "not run" and its reason.
void print(const Row& row);
void printNotRun(const std::string& name, const std::string& workload, const std::string& reason);

} // namespace bench
