#include "tests/bench/table.h"

#include <cmath>
#include <cstdio>

namespace bench {

namespace {

std::string boundOf(const Bar& bar) {
    const std::string sign = bar.sense == Bar::Sense::AtLeast ? "≥ " : "≤ ";
    return sign + shown(bar.bar) + bar.unit +
           (bar.target != 0 ? ", then " + shown(bar.target) + bar.unit : "");
}

std::string verdictOf(const Row& row) {
    const auto holds = [&](double bound) {
        return row.bar.sense == Bar::Sense::AtLeast ? row.value >= bound : row.value <= bound;
    };
    std::string verdict = "**missed**";
    if (holds(row.bar.bar)) {
        verdict = row.bar.target != 0 && !holds(row.bar.target) ? "holds, target not yet" : "holds";
    }
    return row.note.empty() ? verdict : verdict + " (" + row.note + ")";
}

} // namespace

std::string shown(double value) {
    if (value == 0 || !std::isfinite(value)) {
        return value == 0 ? "0" : "–";
    }
    if (std::fabs(value) < 1e-3) {
        char text[32];
        std::snprintf(text, sizeof text, "%.2g", value);
        return text;
    }
    const int digits = static_cast<int>(std::floor(std::log10(std::fabs(value)))) + 1;
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", std::max(0, 3 - std::max(digits, 0)), value);
    std::string result = text;
    const std::size_t point = result.find('.');
    const std::size_t first = result[0] == '-' ? 1 : 0;
    for (std::size_t at = std::min(point, result.size()); at > first + 3;) {
        at -= 3;
        result.insert(at, ",");
    }
    return result;
}

std::string shown(const Figure& figure, const std::string& unit) {
    return shown(figure.median) + " (" + shown(figure.best) + ")" + unit;
}

void print(const Row& row) {
    std::printf("| %s | %s | %s | %s | %s%s | %s | %s |\n", row.name.c_str(), row.workload.c_str(),
                row.ours.c_str(), row.peer.c_str(), shown(row.value).c_str(), row.bar.unit.c_str(),
                boundOf(row.bar).c_str(), verdictOf(row).c_str());
    std::fflush(stdout);
}

void printNotRun(const std::string& name, const std::string& workload, const std::string& reason) {
    std::printf("| %s | %s | – | – | – | – | not run: %s |\n", name.c_str(), workload.c_str(),
                reason.c_str());
    std::fflush(stdout);
}

} // namespace bench
