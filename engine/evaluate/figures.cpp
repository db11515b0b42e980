#include "engine/evaluate/figures.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <set>

#include "engine/error.h"

namespace engine::evaluate {

namespace {

/// What one item adds to a figure.
struct Entry {
    std::string id, block, document;
    Unit unit;
    bool isWeighted = false, isFailure = false;
};

using Entries = std::vector<Entry>;

/// Scores that are right or wrong; all others are amounts, also where they happen to be 0 or 1.
bool isShareName(const std::string& score) {
    return score == "exact" || score == "right" || score == "equal-to-base";
}

/// Entries that have the same `field` are drawn together.
std::vector<Unit> unitsBy(std::string Entry::*field, const Entries& entries) {
    std::vector<std::string> order;
    std::map<std::string, Unit> sums;
    for (const Entry& entry : entries) {
        const auto [at, isNew] = sums.try_emplace(entry.*field);
        if (isNew)
            order.push_back(entry.*field);
        at->second = {at->second.sum + entry.unit.sum, at->second.weight + entry.unit.weight};
    }
    std::vector<Unit> units;
    units.reserve(order.size());
    for (const std::string& name : order)
        units.push_back(sums[name]);
    return units;
}

Value valueOf(const Entries& entries, bool isShare) {
    Value value;
    value.n = static_cast<std::int64_t>(entries.size());
    std::int64_t hits = 0;
    for (const Entry& entry : entries) {
        value.failures += entry.isFailure ? 1 : 0;
        hits += entry.unit.sum == 1 ? 1 : 0;
    }
    if (isShare) {
        value.interval = wilson(hits, value.n);
        value.method = "Wilson";
        return value;
    }
    if (entries.size() == 1 && !entries[0].isWeighted) {
        const double one = entries[0].unit.sum;
        value.interval = {one, one, one};
        value.method = "one measurement";
        return value;
    }
    const std::vector<Unit> units = unitsBy(&Entry::block, entries);
    value.interval = bootstrap(units);
    value.method = "bootstrap over " + std::to_string(units.size()) +
                   (units.size() == entries.size() ? " items" : " blocks");
    // Fewer books than that say little of how books differ.
    if (const auto books = unitsBy(&Entry::document, entries); books.size() >= 8)
        value.overBooks = bootstrap(books);
    return value;
}

/// Each item's difference has the weight that both have; an item that only one arm measured is in
/// neither.
Value differenceOf(const Entries& own, const Entries& other) {
    std::map<std::string, const Entry*> byId;
    for (const Entry& entry : other)
        byId[entry.id] = &entry;
    Entries paired;
    for (const Entry& entry : own) {
        const auto found = byId.find(entry.id);
        if (found == byId.end() || found->second->unit.weight != entry.unit.weight)
            continue;
        Entry difference = entry;
        difference.unit.sum -= found->second->unit.sum;
        difference.isFailure = entry.isFailure || found->second->isFailure;
        paired.push_back(std::move(difference));
    }
    Value value;
    if (!paired.empty())
        value = valueOf(paired, false); // a difference of shares is no share
    value.method = "paired " + value.method;
    return value;
}

/// "8192" before "131072", "segments-2-3" before "segments-16-31".
bool isBefore(const std::string& a, const std::string& b) {
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    std::size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
        if (isDigit(a[i]) && isDigit(b[j])) {
            std::size_t iEnd = i, jEnd = j;
            while (iEnd < a.size() && isDigit(a[iEnd]))
                ++iEnd;
            while (jEnd < b.size() && isDigit(b[jEnd]))
                ++jEnd;
            const std::string x = a.substr(i, iEnd - i), y = b.substr(j, jEnd - j);
            if (x.size() != y.size())
                return x.size() < y.size();
            if (x != y)
                return x < y;
            i = iEnd;
            j = jEnd;
            continue;
        }
        if (a[i] != b[j])
            return a[i] < b[j];
        ++i;
        ++j;
    }
    return a.size() - i < b.size() - j;
}

struct Cell {
    std::vector<std::string> scores;                               ///< in order
    std::map<std::string, std::map<std::string, Entries>> entries; ///< score, arm
    /// By arm: the items that failed, with the scores that they have all the same.
    std::map<std::string, std::vector<std::set<std::string>>> failed;
};

} // namespace

std::vector<Figure> figuresOf(const std::vector<Json>& records) {
    std::vector<std::string> suites;
    std::map<std::string, std::map<std::string, Cell>> cells; // suite, group
    for (const Json& json : records) {
        if (json["type"] != "item")
            continue;
        const std::string suite = json["suite"], id = json["id"], arm = json["arm"];
        if (!cells.contains(suite))
            suites.push_back(suite);
        for (const Json& group : json["groups"]) {
            Cell& cell = cells[suite][group.get<std::string>()];
            if (json.contains("error") && !json["error"].is_null()) {
                std::set<std::string> scores;
                for (const auto& [score, given] : json["scores"].items())
                    scores.insert(score);
                cell.failed[arm].push_back(std::move(scores));
            }
            for (const auto& [score, given] : json["scores"].items()) {
                Entry entry;
                entry.id = id;
                entry.block = json.contains("block") ? json["block"].get<std::string>() : id;
                if (json.contains("document") && json["document"].is_string())
                    entry.document = json["document"].get<std::string>();
                entry.isFailure = json.contains("error") && !json["error"].is_null();
                entry.isWeighted = given.is_array() && given.size() == 2;
                if (!entry.isWeighted && !given.is_number())
                    continue;
                entry.unit = entry.isWeighted ? Unit{given[0].get<double>(), given[1].get<double>()}
                                              : Unit{given.get<double>(), 1};
                if (std::find(cell.scores.begin(), cell.scores.end(), score) == cell.scores.end())
                    cell.scores.push_back(score);
                cell.entries[score][arm].push_back(std::move(entry));
            }
        }
    }
    std::vector<Figure> figures;
    for (const std::string& suite : suites) {
        std::vector<std::string> groups;
        for (const auto& [group, cell] : cells[suite])
            groups.push_back(group);
        std::stable_sort(groups.begin(), groups.end(), isBefore);
        for (const std::string& group : groups) {
            Cell& cell = cells[suite][group];
            if (cell.scores.empty())
                cell.scores.push_back("nothing");
            for (const std::string& score : cell.scores) {
                Figure figure{suite, group, score, {}, {}};
                const auto& arms = cell.entries[score];
                for (const auto& [arm, entries] : arms)
                    figure.arms[arm] = valueOf(entries, isShareName(score));
                // What failed so early that it has no score is a failure of its arm all the same.
                for (const auto& [arm, items] : cell.failed)
                    for (const auto& scores : items)
                        if (!scores.contains(score)) {
                            Value& value = figure.arms[arm];
                            ++value.failures;
                            if (value.n == 0)
                                value.method = "failed";
                        }
                if (const auto on = arms.find("on"); on != arms.end())
                    for (const auto& [arm, entries] : arms)
                        if (arm != "on")
                            figure.differences["on-" + arm] = differenceOf(on->second, entries);
                figures.push_back(std::move(figure));
            }
        }
    }
    return figures;
}

std::vector<Figure> correlations(const std::vector<Figure>& figures) {
    std::map<std::string, double> distance;
    const auto isStory = [](const Figure& figure, const char* suite) {
        return figure.suite == suite && figure.score == "right" &&
               figure.group.rfind("story/", 0) == 0 && figure.arms.contains("on");
    };
    for (const Figure& figure : figures)
        if (isStory(figure, "distance"))
            distance[figure.group] = figure.arms.at("on").interval.value;
    std::vector<double> a, b;
    for (const Figure& figure : figures)
        if (isStory(figure, "card") && distance.contains(figure.group)) {
            a.push_back(figure.arms.at("on").interval.value);
            b.push_back(distance[figure.group]);
        }
    if (a.size() < 2)
        return {};
    const double value = rankCorrelation(a, b);
    Figure figure{"card", "stories", "rank-correlation-with-distance", {}, {}};
    Value& on = figure.arms["on"];
    on.interval = {value, value, value};
    on.n = static_cast<std::int64_t>(a.size());
    on.method = "Spearman, no interval";
    return {figure};
}

Json figureRecord(const Figure& figure, const std::string& arm, const Value& value) {
    Json json = record("figure");
    json["name"] = figure.name();
    json["arm"] = arm;
    json["value"] = value.interval.value;
    json["low"] = value.interval.low;
    json["high"] = value.interval.high;
    json["method"] = value.method;
    if (value.overBooks) {
        json["low_over_books"] = value.overBooks->low;
        json["high_over_books"] = value.overBooks->high;
    }
    json["n"] = value.n;
    json["failures"] = value.failures;
    return json;
}

Requirement requirement(const std::string& text) {
    const auto fail = [&] {
        throw Error(Code::WrongUse, "\"" + text +
                                        "\" demands nothing; write it as "
                                        "'passkey/book/131072/50/exact>=0.98', with :ARM, .low or "
                                        ".high behind the name where that is meant");
    };
    const std::size_t at = text.find_first_of("<>");
    if (at == std::string::npos || at == 0)
        fail();
    Requirement one;
    one.text = text;
    one.op = text.substr(at, at + 1 < text.size() && text[at + 1] == '=' ? 2 : 1);
    const std::string number = text.substr(at + one.op.size());
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), one.bound);
    if (number.empty() || error != std::errc() || end != number.data() + number.size())
        fail();
    one.name = text.substr(0, at);
    for (const char* side : {".low", ".high"})
        if (one.name.size() > 5 && one.name.ends_with(side)) {
            one.side = side;
            one.name.resize(one.name.size() - one.side.size());
        }
    one.arm = "on";
    if (const std::size_t colon = one.name.find(':'); colon != std::string::npos) {
        one.arm = one.name.substr(colon + 1);
        one.name.resize(colon);
    }
    if (one.name.empty() || one.arm.empty())
        fail();
    return one;
}

std::string missed(const Requirement& requirement, const std::vector<Figure>& figures) {
    bool isMeasured = false;
    for (const Figure& figure : figures) {
        if (figure.name() != requirement.name)
            continue;
        const auto& from = requirement.arm.rfind("on-", 0) == 0 ? figure.differences : figure.arms;
        const auto found = from.find(requirement.arm);
        if (found == from.end() || found->second.n == 0)
            continue;
        isMeasured = true;
        const Interval& interval = found->second.interval;
        const double value = requirement.side == ".low"    ? interval.low
                             : requirement.side == ".high" ? interval.high
                                                           : interval.value;
        const bool isMet = requirement.op == ">="   ? value >= requirement.bound
                           : requirement.op == "<=" ? value <= requirement.bound
                           : requirement.op == ">"  ? value > requirement.bound
                                                    : value < requirement.bound;
        if (isMet)
            continue;
        char buffer[64];
        std::snprintf(buffer, sizeof buffer, "%.4f", value);
        return requirement.text + " is missed: it is " + buffer + " (n " +
               std::to_string(found->second.n) + ").";
    }
    if (isMeasured)
        return "";
    return requirement.text + " is missed: " + requirement.name + " of the arm " + requirement.arm +
           " was not measured; run its suite first.";
}

} // namespace engine::evaluate
