#pragma once
/// Figures computed from item records: per cell and score a value with its interval for each arm,
/// and the paired differences of `on` from the controls.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/evaluate/records.h"
#include "engine/evaluate/statistics.h"

namespace engine::evaluate {

/// What one arm measured in a cell, or how two arms differ on the items that both measured.
struct Value {
    Interval interval;
    std::int64_t n = 0; ///< items; 0: all of them failed, and there is no value
    std::int64_t failures = 0;
    std::string method;                ///< of the interval
    std::optional<Interval> overBooks; ///< the same drawn over documents; unset: of fewer than 8
};

/// A row: "passkey/book/131072/50/exact".
struct Figure {
    std::string suite, group, score;
    std::map<std::string, Value> arms;        ///< what was measured
    std::map<std::string, Value> differences; ///< "on-zeroed": of `on` from that arm

    [[nodiscard]] std::string name() const { return suite + "/" + group + "/" + score; }
};

/// In the order in which suites, groups and scores first occur among the items; numbers of a
/// group's name count as numbers. A score of 0 and 1 is a share, with Wilson's interval; all else
/// is a mean (of tokens, where items have weights) with a bootstrap over items, or over the blocks
/// that they name, and one over documents where there are 8 or more. Failures count with the scores
/// that they have.
std::vector<Figure> figuresOf(const std::vector<Json>& records);

/// Spearman's correlation, over stories, of `card` with `distance`, as a figure of the suite card;
/// only where both were measured on two stories or more.
std::vector<Figure> correlations(const std::vector<Figure>& figures);

/// The record of one value, or difference.
Json figureRecord(const Figure& figure, const std::string& arm, const Value& value);

/// A demand: NAME[:ARM][.low|.high] OP NUMBER, with OP one of >=, <=, > and <. ARM is an arm or a
/// difference ("on-zeroed"), by itself `on`.
struct Requirement {
    std::string text, name, arm, side, op;
    double bound = 0;
};
/// Throws WrongUse for one that says nothing.
Requirement requirement(const std::string& text);
/// Empty when it is met by every figure of its name that has a value of its arm, of which there may
/// be one for each file; else a sentence with what was measured, or that it was not.
std::string missed(const Requirement& requirement, const std::vector<Figure>& figures);

} // namespace engine::evaluate
