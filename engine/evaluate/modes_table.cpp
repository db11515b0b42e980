#include "engine/evaluate/modes_table.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>

#include "engine/evaluate/report.h"

namespace engine::evaluate {

namespace {

std::string shown(double value, const char* format) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, format, value);
    return buffer;
}

/// The arm in which a run in `ran` measured `mode` by a suite; empty: in none.
std::string armOf(const std::string& suite, const std::string& mode, const std::string& ran) {
    if (suite == "cost")
        return mode;
    if (mode == ran)
        return "on";
    // Without memory a segment is all that is read; the caches run on the base model in any run.
    if (suite == "perplexity")
        return mode == "local" ? "zeroed" : mode.rfind("infini", 0) == 0 ? "" : mode;
    return "";
}

/// For what has no value. Two modes hold no more than the model's context.
std::string failed(const std::string& mode) {
    return mode == "full" || mode == "autocompressor" ? "does not fit" : "failed";
}

/// The same number at another depth is no further unit.
void add(std::vector<Block>& blocks, const Block& block) {
    const auto same = std::find_if(blocks.begin(), blocks.end(),
                                   [&](const Block& one) { return one.name == block.name; });
    if (same == blocks.end())
        blocks.push_back(block);
    else
        same->unit = {same->unit.sum + block.unit.sum, same->unit.weight + block.unit.weight};
}

class Rows {
public:
    explicit Rows(const std::vector<ModeFigures>& runs) : m_runs(runs) {}

    /// The value of the last run that measured it; its n is 0 where all failed.
    [[nodiscard]] const Value* find(const std::string& suite, const std::string& group,
                                    const std::string& score, const std::string& mode) const {
        const Value* last = nullptr;
        for (const ModeFigures& run : m_runs) {
            const std::string arm = armOf(suite, mode, run.mode);
            for (const Figure& figure : run.figures)
                // A cell in which everything failed has no score by its name.
                if (figure.suite == suite && figure.group == group &&
                    (figure.score == score || figure.score == "nothing"))
                    if (const auto found = figure.arms.find(arm);
                        found != figure.arms.end() &&
                        (found->second.n > 0 || found->second.failures > 0))
                        last = &found->second;
        }
        return last;
    }

    /// Second parts of the groups "a/b/c" or, without a slash, the whole groups of a suite.
    [[nodiscard]] std::vector<std::string> places(const std::string& suite,
                                                  const std::string& prefix) const {
        std::vector<std::string> all;
        for (const ModeFigures& run : m_runs)
            for (const Figure& figure : run.figures) {
                if (figure.suite != suite || figure.group.rfind(prefix, 0) != 0)
                    continue;
                const std::string rest = figure.group.substr(prefix.size());
                const std::string place = rest.substr(0, rest.find('/'));
                if (place != "all" && std::find(all.begin(), all.end(), place) == all.end())
                    all.push_back(place);
            }
        std::sort(all.begin(), all.end(), [](const std::string& a, const std::string& b) {
            return std::atoll(a.c_str()) < std::atoll(b.c_str());
        });
        return all;
    }

    /// Right answers of all depths but the local one, "39 of 40 [87, 100 %]", drawn by number;
    /// empty: not measured.
    [[nodiscard]] std::string keys(const std::string& length, const std::string& mode) const {
        std::vector<Block> blocks;
        std::int64_t asked = 0, failures = 0;
        for (const char* depth : {"0", "25", "50", "75"})
            if (const Value* value =
                    find("passkey", "book/" + length + "/" + depth, "exact", mode)) {
                for (const Block& block : value->blocks)
                    add(blocks, block);
                asked += value->n;
                failures += value->failures;
            }
        if (failures > 0 && failures >= asked)
            return failed(mode);
        if (asked == 0)
            return "";
        const std::vector<Unit> units = unitsOf(blocks);
        const Interval interval = share(units);
        const std::string lack = lackOf(units, true);
        return shown(interval.value * static_cast<double>(asked), "%.0f") + " of " +
               std::to_string(asked) +
               (lack.empty() ? " [" + shown(100 * interval.low, "%.0f") + ", " +
                                   shown(100 * interval.high, "%.0f") + " %]"
                             : ", " + lack) +
               (failures > 0 ? ", " + std::to_string(failures) + " failed" : "");
    }

    /// Then reading is no work at all.
    [[nodiscard]] bool holdsNothing(const std::string& length, const std::string& mode) const {
        const Value* const bytes = find("cost", length, "bytes", mode);
        return bytes != nullptr && bytes->n > 0 && bytes->interval.value == 0;
    }

private:
    const std::vector<ModeFigures>& m_runs;
};

} // namespace

std::string modesTable(const std::vector<ModeFigures>& runs) {
    if (std::none_of(runs.begin(), runs.end(),
                     [&](const ModeFigures& run) { return run.mode != runs.front().mode; }))
        return "";
    const Rows rows(runs);
    struct Column {
        std::string title, suite, group, score;
        const char* format;
    };
    std::vector<Column> columns;
    for (const std::string& length : rows.places("cost", "")) {
        const std::string tokens = length + " tokens";
        columns.push_back({"bytes held after " + tokens, "cost", length, "bytes", "%.0f"});
        columns.push_back({"of full attention's", "cost", length, "share", "1/%.0f"});
        columns.push_back({"tokens/s over " + tokens, "cost", length, "tokens-per-second", "%.0f"});
    }
    if (!rows.places("perplexity", "beyond-first").empty()) {
        columns.push_back({"nats per token", "perplexity", "beyond-first", "all", "%.4f"});
        columns.push_back(
            {"first 64 of a segment", "perplexity", "beyond-first", "first-64", "%.4f"});
    }
    if (!rows.places("perplexity", "within-context").empty())
        columns.push_back({"nats per token within the model's context", "perplexity",
                           "within-context", "all", "%.4f"});
    for (const std::string& bin : rows.places("perplexity", "segments-"))
        columns.push_back({"segments " + bin, "perplexity", "segments-" + bin, "all", "%.4f"});
    for (const std::string& length : rows.places("passkey", "book/"))
        columns.push_back({"pass keys, " + length + " tokens", "passkey", length, "", ""});

    std::string text = "| mode |", rule = "| --- |";
    for (const Column& column : columns) {
        text += " " + column.title + " |";
        rule += " ---: |";
    }
    text += "\n" + rule + "\n";
    int measured = 0;
    for (const std::string& mode : armsOf("cost")) {
        std::string line = "| " + mode + " |";
        bool isMeasured = false;
        for (const Column& column : columns) {
            std::string cell;
            if (column.suite == "passkey") {
                cell = rows.keys(column.group, mode);
            } else if (column.score == "share") {
                const Value* own = rows.find("cost", column.group, "bytes", mode);
                const Value* full =
                    rows.find("cost", column.group, "bytes-of-full-attention", mode);
                if (own && own->n == 0)
                    cell = failed(mode);
                else if (own && full)
                    cell = own->interval.value > 0
                               ? shown(full->interval.value / own->interval.value, column.format)
                               : "0";
            } else if (column.suite == "cost" && column.score == "tokens-per-second" &&
                       rows.holdsNothing(column.group, mode)) {
                cell = "nothing to do";
            } else if (const Value* value =
                           rows.find(column.suite, column.group, column.score, mode)) {
                cell = value->n == 0 ? failed(mode) : shown(value->interval.value, column.format);
                if (value->n > 0 && column.suite == "perplexity")
                    cell += (value->hasInterval()
                                 ? " [" + shown(value->interval.low, column.format) + ", " +
                                       shown(value->interval.high, column.format) + "]"
                                 : ", " + value->lack) +
                            ", n " + std::to_string(value->n);
            }
            isMeasured = isMeasured || !cell.empty();
            line += " " + (cell.empty() ? "not run" : cell) + " |";
        }
        if (isMeasured) {
            text += line + "\n";
            ++measured;
        }
    }
    return measured < 2 ? "" : text;
}

std::string accountingTable(const std::vector<ModeFigures>& runs) {
    const Rows rows(runs);
    const auto held = [&](const std::string& length, const std::string& mode,
                          const char* score) -> std::optional<double> {
        const Value* const value = rows.find("cost", length, score, mode);
        return value != nullptr && value->n > 0 ? std::optional(value->interval.value)
                                                : std::nullopt;
    };
    std::string longest;
    for (const std::string& length : rows.places("cost", ""))
        if (held(length, "infini-linear", "numbers") && held(length, "knn", "numbers"))
            longest = length;
    if (longest.empty())
        return "";
    const double own = *held(longest, "infini-linear", "numbers");
    // Millions, of Table 2.
    const std::map<std::string, double> ofPaper = {
        {"infini-linear", 1.6}, {"infini-delta", 1.6}, {"xl", 50}, {"knn", 183}, {"rmt", 2.5}};
    std::string text = "| mode | numbers held after " + longest +
                       " tokens | bytes | times infini-linear's | in the paper |\n"
                       "| --- | ---: | ---: | ---: | ---: |\n";
    for (const std::string& mode : armsOf("cost")) {
        const auto numbers = held(longest, mode, "numbers"), bytes = held(longest, mode, "bytes");
        if (!numbers || !bytes)
            continue;
        const auto paper = ofPaper.find(mode);
        text +=
            "| " + mode + " | " + shown(*numbers, "%.0f") + " | " + shown(*bytes, "%.0f") + " | " +
            shown(*numbers / own, "%.3g") + " | " +
            (paper == ofPaper.end() ? "not told"
                                    : shown(paper->second / ofPaper.at("infini-linear"), "%.3g")) +
            " |\n";
    }
    return text;
}

} // namespace engine::evaluate
