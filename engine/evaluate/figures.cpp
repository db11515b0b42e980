#include "engine/evaluate/figures.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>
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

/// What a score tells of an item.
enum class Kind {
    Share,      ///< right or wrong
    Proportion, ///< how much of it is right
    Amount,     ///< anything else, also where it happens to be 0 or 1
};

Kind kindOf(const std::string& score) {
    if (score == "exact" || score == "right" || score == "contained" || score == "stray-number" ||
        score == "equal-to-base")
        return Kind::Share;
    return score == "digits" ? Kind::Proportion : Kind::Amount;
}

/// Entries that have the same `field` are drawn together.
std::vector<Block> blocksBy(std::string Entry::*field, const Entries& entries) {
    std::vector<Block> blocks;
    std::map<std::string, std::size_t> places;
    for (const Entry& entry : entries) {
        const auto [at, isNew] = places.try_emplace(entry.*field, blocks.size());
        if (isNew)
            blocks.push_back({entry.*field, {}});
        Unit& unit = blocks[at->second].unit;
        unit = {unit.sum + entry.unit.sum, unit.weight + entry.unit.weight};
    }
    return blocks;
}

std::string overUnits(const char* method, std::size_t units, std::int64_t items) {
    return std::string(method) + " over " + std::to_string(units) +
           (static_cast<std::int64_t>(units) == items ? " items" : " blocks");
}

/// How `share` (statistics.h) or `bootstrap` came by the interval.
std::string methodOf(const Value& value, Kind kind) {
    double weight = 0;
    for (const Block& block : value.blocks)
        weight += block.unit.weight;
    if (kind != Kind::Amount && std::llround(weight) == std::ssize(value.blocks))
        return "Wilson";
    const bool isUniform =
        kind != Kind::Amount && (value.interval.value == 0 || value.interval.value == 1);
    return overUnits(isUniform ? "Wilson" : "bootstrap", value.blocks.size(), value.n);
}

void takeInterval(Value& value, const std::string& why) {
    value.interval.low = value.interval.high = value.interval.value;
    value.lack = value.method = why;
}

/// Fewer books than that say little of how books differ.
constexpr std::size_t kFewestBooks = 8;

std::optional<Interval> overBooks(const Entries& entries) {
    const std::vector<Unit> books = unitsOf(blocksBy(&Entry::document, entries));
    return books.size() >= kFewestBooks && !areAlike(books) ? std::optional(bootstrap(books))
                                                            : std::nullopt;
}

Value valueOf(const Entries& entries, Kind kind) {
    Value value;
    value.n = static_cast<std::int64_t>(entries.size());
    for (const Entry& entry : entries)
        value.failures += entry.isFailure ? 1 : 0;
    value.blocks = blocksBy(&Entry::block, entries);
    const std::vector<Unit> units = unitsOf(value.blocks);
    const bool isAmount = kind == Kind::Amount;
    value.interval = isAmount ? bootstrap(units) : share(units);
    value.method = methodOf(value, kind);
    const bool isOne = isAmount && value.n == 1 && !entries[0].isWeighted;
    if (const std::string lack = isOne ? kOneMeasurement : lackOf(units, !isAmount); !lack.empty())
        takeInterval(value, lack);
    if (kind != Kind::Share)
        value.overBooks = overBooks(entries);
    return value;
}

/// The items of both arms, in the order of the first: `first[i]` and `second[i]` are of one item.
/// An item that only one arm measured is in neither, nor one of which they have other weights.
struct Paired {
    Entries first, second;
};

Paired pairedOf(const Entries& own, const Entries& other) {
    std::map<std::string, const Entry*> byId;
    for (const Entry& entry : other)
        byId[entry.id] = &entry;
    Paired paired;
    for (const Entry& entry : own) {
        const auto found = byId.find(entry.id);
        if (found == byId.end() || found->second->unit.weight != entry.unit.weight)
            continue;
        paired.first.push_back(entry);
        paired.second.push_back(*found->second);
    }
    return paired;
}

Entries differencesIn(const Paired& paired) {
    Entries differences = paired.first;
    for (std::size_t i = 0; i < differences.size(); ++i) {
        differences[i].unit.sum -= paired.second[i].unit.sum;
        differences[i].isFailure = paired.first[i].isFailure || paired.second[i].isFailure;
    }
    return differences;
}

/// Whether every item is wholly wrong, or every one wholly right.
bool isUniform(const Entries& entries) {
    const auto areAll = [&](bool isRight) {
        return std::all_of(entries.begin(), entries.end(), [&](const Entry& entry) {
            return entry.unit.sum == (isRight ? entry.unit.weight : 0);
        });
    };
    return areAll(false) || areAll(true);
}

/// How often the arms of a share agree; of blocks, and of proportions, where each arm is the same
/// in all items. Nothing where items of a block differ, which are then drawn together.
std::optional<Agreement> agreementOf(const Paired& paired, std::size_t blocks, Kind kind) {
    const bool isAlone = kind == Kind::Share && blocks == paired.first.size();
    if (!isAlone && !(isUniform(paired.first) && isUniform(paired.second)))
        return std::nullopt;
    Agreement items;
    for (std::size_t i = 0; i < blocks; ++i) {
        const bool first = paired.first[i].unit.sum > 0, second = paired.second[i].unit.sum > 0;
        ++(first && second ? items.both
           : first         ? items.first
           : second        ? items.second
                           : items.neither);
    }
    return items;
}

Value differenceOf(const Entries& own, const Entries& other, Kind kind) {
    const Paired paired = pairedOf(own, other);
    Value value;
    value.lack = value.method = kTooFew;
    if (paired.first.empty())
        return value;
    value = valueOf(differencesIn(paired), Kind::Amount); // a difference of shares is no share
    const std::size_t units = value.blocks.size();
    const auto items = kind == Kind::Amount ? std::nullopt : agreementOf(paired, units, kind);
    if (items && units >= kFewestUnits) {
        value.interval = pairedShares(*items);
        value.lack.clear();
        value.method = overUnits("Newcombe", units, value.n);
    }
    if (value.hasInterval())
        value.method = "paired " + value.method;
    else if (value.lack != kAllAlike)
        value.lack = value.method = kTooFew;
    return value;
}

/// How the mean of `last` differs from that of `first`, which are of the same books.
Value changeOf(const Entries& last, const Entries& first) {
    Value value = valueOf(last, Kind::Amount);
    const Value before = valueOf(first, Kind::Amount);
    const std::vector<Unit> late = unitsOf(value.blocks), early = unitsOf(before.blocks);
    value.interval = bootstrapChange(late, early, false);
    value.n += before.n;
    value.failures += before.failures;
    value.method = "bootstrap of each quarter";
    value.lack.clear();
    value.overBooks.reset();
    if (std::min(late.size(), early.size()) < kFewestUnits)
        takeInterval(value, kTooFew);
    else if (areAlike(late) && areAlike(early))
        takeInterval(value, kAllAlike);
    const auto lateBooks = blocksBy(&Entry::document, last),
               earlyBooks = blocksBy(&Entry::document, first);
    value.blocks.insert(value.blocks.end(), before.blocks.begin(), before.blocks.end());
    std::vector<Unit> lateUnits, earlyUnits; // of the same book at the same place
    for (const Block& book : lateBooks) {
        const auto same = std::find_if(earlyBooks.begin(), earlyBooks.end(),
                                       [&](const Block& one) { return one.name == book.name; });
        if (same == earlyBooks.end())
            continue;
        lateUnits.push_back(book.unit);
        earlyUnits.push_back(same->unit);
    }
    if (lateUnits.size() >= kFewestBooks && !(areAlike(lateUnits) && areAlike(earlyUnits)))
        value.overBooks = bootstrapChange(lateUnits, earlyUnits, true);
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

using Ids = std::set<std::string>;

/// An item that failed, with the scores that it has all the same.
struct Failure {
    std::string id, document;
    Ids scores;
};

struct Cell {
    std::vector<std::string> scores;                               ///< in order
    std::map<std::string, std::map<std::string, Entries>> entries; ///< score, arm
    std::map<std::string, std::vector<Failure>> failed;            ///< by arm
};

/// The story whose row it is; empty: it is of no single one.
std::string storyOf(const std::string& group) {
    constexpr std::string_view kStory = "story/";
    return group.starts_with(kStory) ? group.substr(kStory.size()) : "";
}

std::string documentOf(const Json& item) {
    return item.contains("document") && item["document"].is_string()
               ? item["document"].get<std::string>()
               : "";
}

/// With the row of its collection, which lines once did not name.
std::vector<std::string> groupsOf(const Json& item, const std::string& suite) {
    std::vector<std::string> groups = item["groups"];
    const auto has = [&](const std::string& group) {
        return std::find(groups.begin(), groups.end(), group) != groups.end();
    };
    const std::string document = documentOf(item);
    if ((suite == "distance" || suite == "card") && has("all") && !document.empty() &&
        !has(document))
        groups.push_back(document);
    return groups;
}

void add(Cell& cell, const std::string& group, const Json& json) {
    const std::string id = json["id"], arm = json["arm"];
    const bool isFailure = json.contains("error") && !json["error"].is_null();
    if (isFailure) {
        Failure failure{id, documentOf(json), {}};
        for (const auto& [score, given] : json["scores"].items())
            failure.scores.insert(score);
        cell.failed[arm].push_back(std::move(failure));
    }
    for (const auto& [score, given] : json["scores"].items()) {
        Entry entry;
        entry.id = id;
        entry.block = !storyOf(group).empty()  ? id
                      : json.contains("block") ? json["block"].get<std::string>()
                                               : blockOf(json["suite"], id);
        entry.document = documentOf(json);
        entry.isFailure = isFailure;
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

/// What the arm `full` can hold, as far as lines tell.
class Room {
public:
    explicit Room(const std::vector<Json>& records) {
        for (const Json& json : records) {
            if (json["type"] != "item")
                continue;
            const std::string suite = json["suite"], id = json["id"];
            if (suite != "perplexity") {
                if (json["arm"] == "full")
                    m_held.insert(suite + "/" + lengthOf(id));
                continue;
            }
            for (const Json& group : json["groups"])
                if (group == "first-segment" || group == "within-context")
                    m_held.insert(suite + "/" + id);
        }
    }

    [[nodiscard]] bool holds(const std::string& suite, const std::string& id) const {
        return m_held.contains(suite + "/" + (suite == "perplexity" ? id : lengthOf(id)));
    }

private:
    /// Of "book/8192/50/3".
    static std::string lengthOf(const std::string& id) {
        const std::size_t begin = id.find('/') + 1;
        return id.substr(begin, id.find('/', begin) - begin);
    }

    Ids m_held;
};

/// The items that each arm of a row has measured, of those that it has room for. An arm in which
/// everything failed has no say.
Ids commonOf(const Cell& cell, const Room& room, const Figure& figure) {
    std::map<std::string, Ids> measured;
    Ids common;
    for (const auto& [arm, entries] : cell.entries.at(figure.score)) {
        Ids& ids = measured[arm];
        for (const Entry& entry : entries)
            ids.insert(entry.id);
        if (const auto failed = cell.failed.find(arm); failed != cell.failed.end())
            for (const Failure& failure : failed->second)
                ids.insert(failure.id);
        common.insert(ids.begin(), ids.end());
    }
    std::erase_if(common, [&](const std::string& id) {
        return std::any_of(measured.begin(), measured.end(), [&](const auto& one) {
            return !one.second.contains(id) &&
                   (one.first != "full" || room.holds(figure.suite, id));
        });
    });
    return common;
}

/// The pairs of arms that are compared, of those that there are.
std::vector<std::pair<std::string, std::string>>
comparedOf(const std::map<std::string, Entries>& arms) {
    std::vector<std::pair<std::string, std::string>> pairs;
    const auto add = [&](const std::string& own, const std::string& other) {
        if (arms.contains(own) && arms.contains(other))
            pairs.emplace_back(own, other);
    };
    for (const auto& [arm, entries] : arms)
        if (arm != "on")
            add("on", arm);
    add("reread", "reread-zeroed");
    add("reread", "reread-other");
    return pairs;
}

/// Failures count with or without a score; an arm that has nothing else is one as a whole.
void setFailures(Value& value, std::int64_t failures) {
    value.failures = failures;
    if (value.n == 0)
        value.lack = value.method = "failed";
}

/// `kept`: the items that count; unset: all.
void fill(Figure& figure, Cell& cell, const std::optional<Ids>& kept) {
    auto& arms = cell.entries[figure.score];
    const auto isLeftOut = [&](const auto& one) { return kept && !kept->contains(one.id); };
    for (auto& [arm, entries] : arms)
        if (std::erase_if(entries, isLeftOut) > 0)
            figure.isCut = true;
    std::erase_if(arms, [](const auto& one) { return one.second.empty(); });
    for (const auto& [arm, entries] : arms)
        figure.arms[arm] = valueOf(entries, kindOf(figure.score));
    // What failed so early that it has no score is a failure of its arm all the same.
    for (const auto& [arm, failures] : cell.failed)
        for (const Failure& failure : failures)
            if (!failure.scores.contains(figure.score) && !isLeftOut(failure)) {
                Value& value = figure.arms[arm];
                setFailures(value, value.failures + 1);
            }
    for (const auto& [own, other] : comparedOf(arms))
        figure.differences[own + "-" + other] =
            differenceOf(arms.at(own), arms.at(other), kindOf(figure.score));
}

/// The books that a quarter was measured of.
Ids booksOf(const std::map<std::string, Cell>& cells, const char* quarter) {
    Ids books;
    if (const auto found = cells.find(quarter); found != cells.end())
        for (const auto& [score, arms] : found->second.entries)
            for (const auto& [arm, entries] : arms)
                for (const Entry& entry : entries)
                    books.insert(entry.document);
    return books;
}

/// Adds the quarters of the books that have both, where others have but one; a stopped run has read
/// short books alone to their ends.
void addSameBooks(std::map<std::string, Cell>& cells) {
    const Ids first = booksOf(cells, kFirstQuarter), last = booksOf(cells, kLastQuarter);
    Ids both;
    std::set_intersection(first.begin(), first.end(), last.begin(), last.end(),
                          std::inserter(both, both.end()));
    if (both.empty() || (both == first && both == last))
        return;
    for (const char* quarter : {kFirstQuarter, kLastQuarter}) {
        Cell cell = cells.at(quarter);
        const auto isOfAnother = [&](const auto& one) { return !both.contains(one.document); };
        for (auto& [arm, failures] : cell.failed)
            std::erase_if(failures, isOfAnother);
        for (auto& [score, arms] : cell.entries) {
            for (auto& [arm, entries] : arms)
                std::erase_if(entries, isOfAnother);
            std::erase_if(arms, [](const auto& one) { return one.second.empty(); });
        }
        std::erase_if(cell.scores,
                      [&](const std::string& score) { return cell.entries[score].empty(); });
        cells.emplace(std::string(quarter) + kSameBooks, std::move(cell));
    }
}

/// How the last quarter differs from the first, after `rows` were filled, of which theirs are.
std::vector<Figure> quarterChanges(const std::map<std::string, Cell>& cells,
                                   const std::vector<Figure>& rows) {
    const std::string suffix =
        cells.contains(std::string(kFirstQuarter) + kSameBooks) ? kSameBooks : "";
    const auto first = cells.find(kFirstQuarter + suffix), last = cells.find(kLastQuarter + suffix);
    if (first == cells.end() || last == cells.end())
        return {};
    std::vector<Figure> changes;
    for (const std::string& score : last->second.scores) {
        const auto late = last->second.entries.find(score),
                   early = first->second.entries.find(score);
        if (late == last->second.entries.end() || early == first->second.entries.end())
            continue;
        Figure figure{"perplexity", kQuarterChange, score, {}, {}};
        for (const auto& [arm, entries] : late->second)
            if (early->second.contains(arm))
                figure.arms[arm] = changeOf(entries, early->second.at(arm));
        for (const auto& [own, other] : comparedOf(late->second)) {
            if (!figure.arms.contains(own) || !figure.arms.contains(other))
                continue;
            const Entries after =
                              differencesIn(pairedOf(late->second.at(own), late->second.at(other))),
                          before = differencesIn(
                              pairedOf(early->second.at(own), early->second.at(other)));
            if (!after.empty() && !before.empty())
                figure.differences[own + "-" + other] = changeOf(after, before);
        }
        if (figure.arms.empty())
            continue;
        std::map<std::string, std::int64_t> failures;
        for (const Figure& row : rows)
            if (row.suite == figure.suite && row.score == score &&
                (row.group == first->first || row.group == last->first))
                for (const auto& [arm, value] : row.arms)
                    failures[arm] += value.failures;
        for (const auto& [arm, count] : failures)
            if (count > 0)
                setFailures(figure.arms[arm], count);
        changes.push_back(std::move(figure));
    }
    return changes;
}

/// By suite: the story in the middle of which the arm `on` stopped.
std::map<std::string, std::string> openStories(const std::vector<Json>& records) {
    std::map<std::string, std::string> open;
    std::string before;
    for (const Json& json : records) {
        if (json["type"] == "run")
            before.clear();
        if (json["type"] != "item")
            continue;
        // A run's suites, and a story's arms, follow each other.
        const std::string suite = json["suite"];
        if (before != suite)
            open.erase(before);
        before = suite;
        if (json["arm"] == "on")
            open[suite] = blockOf(suite, json["id"]);
        else
            open.erase(suite);
    }
    return open;
}

} // namespace

std::vector<Unit> unitsOf(const std::vector<Block>& blocks) {
    std::vector<Unit> units;
    units.reserve(blocks.size());
    for (const Block& block : blocks)
        units.push_back(block.unit);
    return units;
}

std::string lackOf(const std::vector<Unit>& units, bool isShare) {
    if (units.size() < kFewestUnits)
        return kTooFew;
    const bool isByScore =
        isShare && std::all_of(units.begin(), units.end(), [](const Unit& unit) {
            return unit.sum == 0 || unit.sum == unit.weight; // statistics.h, `share`
        });
    return !isByScore && areAlike(units) ? kAllAlike : "";
}

std::vector<Figure> figuresOf(const std::vector<Json>& records, bool isStopped) {
    std::vector<std::string> suites;
    std::map<std::string, std::map<std::string, Cell>> cells; // suite, group
    for (const Json& json : records) {
        if (json["type"] != "item")
            continue;
        const std::string suite = json["suite"];
        if (!cells.contains(suite))
            suites.push_back(suite);
        for (const std::string& group : groupsOf(json, suite))
            add(cells[suite][group], group, json);
    }
    addSameBooks(cells["perplexity"]);
    const Room room(records);
    const auto open = openStories(records);
    std::vector<Figure> figures;
    for (const std::string& suite : suites) {
        std::vector<std::string> groups;
        for (const auto& [group, cell] : cells[suite])
            groups.push_back(group);
        std::stable_sort(groups.begin(), groups.end(), isBefore);
        for (const std::string& group : groups) {
            Cell& cell = cells[suite][group];
            const bool isOpen = isStopped && open.contains(suite) &&
                                ("/" + open.at(suite)).ends_with("/" + storyOf(group));
            if (cell.scores.empty())
                cell.scores.push_back("nothing");
            for (const std::string& score : cell.scores) {
                Figure figure{suite, group, score, {}, {}, isOpen};
                std::optional<Ids> kept;
                if (isStopped && !cell.entries[score].empty()) {
                    kept = commonOf(cell, room, figure);
                    // What no two arms have measured together says nothing side by side.
                    if (kept->empty()) {
                        cell.entries[score].clear();
                        continue;
                    }
                }
                fill(figure, cell, kept);
                figures.push_back(std::move(figure));
            }
        }
        if (suite == "perplexity")
            for (Figure& change : quarterChanges(cells[suite], figures))
                figures.push_back(std::move(change));
    }
    return figures;
}

std::vector<Figure> correlations(const std::vector<Figure>& figures) {
    std::map<std::string, double> distance;
    const auto isStory = [](const Figure& figure, const char* suite) {
        return figure.suite == suite && figure.score == "right" && !storyOf(figure.group).empty() &&
               !figure.isCut && figure.arms.contains("on");
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
    if (a.size() < kFewestStories)
        return {};
    const double value = rankCorrelation(a, b);
    Figure figure{"card", "stories", "rank-correlation-with-distance", {}, {}};
    Value& on = figure.arms["on"];
    on.interval = {value, value, value};
    on.n = static_cast<std::int64_t>(a.size());
    on.lack = on.method = kCorrelation;
    return {figure};
}

Json figureRecord(const Figure& figure, const std::string& arm, const Value& value) {
    Json json = record("figure");
    json["name"] = figure.name();
    json["arm"] = arm;
    json["value"] = value.interval.value;
    json["low"] = value.hasInterval() ? Json(value.interval.low) : Json();
    json["high"] = value.hasInterval() ? Json(value.interval.high) : Json();
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

namespace {

bool isMet(const Requirement& requirement, double value) {
    return requirement.op == ">="   ? value >= requirement.bound
           : requirement.op == "<=" ? value <= requirement.bound
           : requirement.op == ">"  ? value > requirement.bound
                                    : value < requirement.bound;
}

/// Of a value without an interval.
std::string sentenceOf(const std::string& lack) {
    if (lack == kTooFew)
        return "there is too little for an interval";
    if (lack == kAllAlike)
        return "all are alike, so that there is no interval";
    return lack == kOneMeasurement ? "one measurement has no interval"
                                   : "a correlation has no interval";
}

} // namespace

std::string missed(const Requirement& requirement, const std::vector<Figure>& figures) {
    bool isMeasured = false;
    for (const Figure& figure : figures) {
        if (figure.name() != requirement.name)
            continue;
        const auto& from =
            figure.differences.contains(requirement.arm) ? figure.differences : figure.arms;
        const auto found = from.find(requirement.arm);
        if (found == from.end() || found->second.n == 0)
            continue;
        isMeasured = true;
        const std::string n = " (n " + std::to_string(found->second.n) + ").";
        if (!requirement.side.empty() && !found->second.hasInterval())
            return requirement.text + " is missed: " + sentenceOf(found->second.lack) + n;
        std::vector<std::pair<std::string, Interval>> intervals{{"", found->second.interval}};
        if (!requirement.side.empty() && found->second.overBooks)
            intervals.emplace_back("over books ", *found->second.overBooks);
        for (const auto& [where, interval] : intervals) {
            const double value = requirement.side == ".low"    ? interval.low
                                 : requirement.side == ".high" ? interval.high
                                                               : interval.value;
            if (isMet(requirement, value))
                continue;
            char buffer[64];
            std::snprintf(buffer, sizeof buffer, "%.4f", value);
            return requirement.text + " is missed: " + where + "it is " + buffer + n;
        }
    }
    if (isMeasured)
        return "";
    return requirement.text + " is missed: " + requirement.name + " of the arm " + requirement.arm +
           " was not measured; run its suite first.";
}

} // namespace engine::evaluate
