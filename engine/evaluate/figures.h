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

/// Items that are drawn together, because what one of them says the others say in part.
struct Block {
    std::string name;
    Unit unit;
};

std::vector<Unit> unitsOf(const std::vector<Block>& blocks);

/// What stands where there are too few units for an interval.
inline constexpr const char* kTooFew = "too few for an interval";
/// What stands where the units do not differ, so that drawing them tells nothing.
inline constexpr const char* kAllAlike = "all alike, no interval";
/// What stands where nothing is drawn.
inline constexpr const char* kOneMeasurement = "one measurement";
inline constexpr const char* kCorrelation = "Spearman, no interval";

/// Groups of `perplexity`: quarters of books, the same of the books alone that have both (with
/// `kSameBooks` behind the name), and how the last differs from the first.
inline constexpr const char* kFirstQuarter = "quarter-1";
inline constexpr const char* kLastQuarter = "quarter-4";
inline constexpr const char* kSameBooks = "-same-books";
inline constexpr const char* kQuarterChange = "quarter-4-less-quarter-1";

/// Why a share (statistics.h, `share`) or else a mean of these units has no interval; empty: it has
/// one.
std::string lackOf(const std::vector<Unit>& units, bool isShare);

/// What one arm measured in a cell, or how two arms differ on the items that both measured.
struct Value {
    Interval interval;  ///< low and high are the value itself where it has none
    std::int64_t n = 0; ///< items; 0: all of them failed, and there is no value
    std::int64_t failures = 0;
    std::string method;                ///< of the interval
    std::vector<Block> blocks;         ///< its units, in the order in which they were measured
    std::optional<Interval> overBooks; ///< the same drawn over documents; unset: of fewer than 8,
                                       ///< or all of them are alike
    std::string lack;                  ///< why it has no interval; empty: it has one

    [[nodiscard]] bool hasInterval() const { return lack.empty(); }
};

/// A row: "passkey/book/131072/50/exact".
struct Figure {
    std::string suite, group, score;
    std::map<std::string, Value> arms; ///< what was measured
    /// "on-zeroed": of `on` from that arm; "reread-reread-other": of `reread` from its controls.
    std::map<std::string, Value> differences;
    bool isCut = false; ///< the run stopped before all of its items were measured

    [[nodiscard]] std::string name() const { return suite + "/" + group + "/" + score; }
};

/// In the order in which suites, groups and scores first occur among the items; numbers of a
/// group's name count as numbers. A score of 0 and 1 is a share (statistics.h, `share`), and how
/// two arms differ in it is `pairedShares` where each item is drawn alone or each of the two is the
/// same in all of them; all else is a mean (of tokens, where items have weights) with a bootstrap,
/// but `digits`, of which a part may be right, is as a share where an arm has all or none right.
/// These are drawn over the blocks that items name, or that `blockOf` gives them, in the row of a
/// single story over its items; means also over documents where there are 8 or more. What is drawn
/// and all alike has no interval. Failures count with the scores that they have.
///
/// `perplexity` has a row `kQuarterChange`: how the last quarter differs from the first in the
/// books that both were measured of. Where that is not all of them, the quarters of these books
/// have rows of their own.
///
/// `isStopped`: the run did not come to its end, and its arms may have come to different places.
/// Then a row counts the items that each of its arms has measured, whatever came of them; `full`,
/// which has no room for longer texts, is asked for those alone that it can hold.
std::vector<Figure> figuresOf(const std::vector<Json>& records, bool isStopped = false);

/// Stories that a correlation needs.
inline constexpr std::size_t kFewestStories = 10;

/// Spearman's correlation, over stories, of `card` with `distance`, as a figure of the suite card;
/// only where both were measured to the end on ten stories or more.
std::vector<Figure> correlations(const std::vector<Figure>& figures);

/// The record of one value, or difference. `low` and `high` are null where it has no interval.
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
/// be one for each file, and by the end of each of its intervals, where an end is meant; else a
/// sentence with what was measured, or that it was not, or why there is no such interval.
std::string missed(const Requirement& requirement, const std::vector<Figure>& figures);

} // namespace engine::evaluate
