#include "engine/evaluate/report.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>

#include "engine/evaluate/agreement.h"
#include "engine/evaluate/modes_table.h"
#include "engine/evaluate/plot.h"
#include "engine/model/sha256.h"

namespace engine::evaluate {

namespace {

std::string number(double value) {
    char buffer[64];
    const double size = std::fabs(value);
    std::snprintf(buffer, sizeof buffer,
                  size >= 1000 ? "%.0f"
                  : size >= 10 ? "%.1f"
                               : "%.4f",
                  value);
    return buffer;
}

std::string withInterval(const Value& value) {
    if (value.n == 0)
        return "failed";
    const std::string one = number(value.interval.value);
    if (value.lack == kOneMeasurement || value.lack == kCorrelation)
        return one;
    if (!value.hasInterval())
        return one + ", " + value.lack;
    const auto between = [](const Interval& interval) {
        return "[" + number(interval.low) + ", " + number(interval.high) + "]";
    };
    return one + " " + between(value.interval) +
           (value.overBooks ? ", over books " + between(*value.overBooks) : "");
}

/// A difference counts when each of its intervals excludes 0.
std::string difference(const Value& value) {
    const auto excludesZero = [](const Interval& one) { return one.low > 0 || one.high < 0; };
    const bool isShown =
        !value.hasInterval() ||
        (excludesZero(value.interval) && (!value.overBooks || excludesZero(*value.overBooks)));
    return withInterval(value) + (isShown ? "" : ", no difference shown");
}

std::string field(const Json& json, const char* name) {
    if (!json.contains(name) || json[name].is_null())
        return "?";
    const Json& value = json[name];
    if (value.is_string())
        return value.get<std::string>();
    if (value.is_array()) {
        std::string words;
        for (const Json& one : value)
            words += (words.empty() ? "" : ", ") +
                     (one.is_string() ? one.get<std::string>() : one.dump());
        return words;
    }
    return value.dump();
}

/// Every commit that measured a part of a file, with the beginning of its first run.
std::string commitsOf(const std::vector<Json>& records) {
    std::vector<std::string> known;
    std::string text;
    for (const Json& json : records) {
        if (json["type"] != "run")
            continue;
        const std::string commit = field(json, "commit");
        if (std::find(known.begin(), known.end(), commit) != known.end())
            continue;
        text += (known.empty() ? "commit " : "; gone on with at commit ") + commit + ", " +
                field(json, "start");
        known.push_back(commit);
    }
    return known.empty() ? "commit ?, ?" : text;
}

/// What the names of a file's charts begin with where there are several files: the file's own name,
/// without what a link in Markdown cannot hold. `taken` by another file of that name: with a
/// number.
std::string chartPrefix(const std::string& path, std::vector<std::string>& taken) {
    std::string stem = std::filesystem::path(path).stem().string();
    for (char& c : stem)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.')
            c = '-';
    std::string prefix = stem;
    for (int i = 2; std::find(taken.begin(), taken.end(), prefix) != taken.end(); ++i)
        prefix = stem + "-" + std::to_string(i);
    taken.push_back(prefix);
    return prefix + "-";
}

/// A difference of two arms.
struct Pair {
    std::string own, other;

    [[nodiscard]] std::string key() const { return own + "-" + other; }
};

std::vector<Pair> differencesOf(const std::string& suite, const std::vector<Figure>& figures) {
    if (suite == "cost")
        return {};
    std::vector<Pair> pairs = {{"on", "zeroed"}, {"on", "other"}};
    if (suite != "perplexity")
        return pairs;
    pairs.push_back({"on", "xl-same-bytes"});
    pairs.push_back({"on", "xl"});
    // Few runs have these arms, and a column more is wide.
    for (const Pair& pair : {Pair{"reread", "reread-zeroed"}, Pair{"reread", "reread-other"}})
        if (std::any_of(figures.begin(), figures.end(), [&](const Figure& figure) {
                return figure.suite == suite && figure.differences.contains(pair.key());
            }))
            pairs.push_back(pair);
    return pairs;
}

Mark markOf(const Value& value) {
    return {value.interval, value.n, value.lack};
}

/// "n = 100 a cell".
std::string countOf(const Grid& grid) {
    std::int64_t least = 0, most = 0;
    for (const GridPanel& panel : grid.panels)
        for (const auto& row : panel.cells)
            for (const auto& mark : row)
                if (mark) {
                    least = least == 0 ? mark->n : std::min(least, mark->n);
                    most = std::max(most, mark->n);
                }
    return "n = " + std::to_string(least) +
           (most > least ? " to " + std::to_string(most) : std::string()) + " a cell";
}

/// "perplexity 31 of 414 items": of the suites that `--limit` holds for.
std::string shareOf(const std::vector<Json>& records) {
    struct Counts {
        std::set<std::string> ids;
        std::map<std::string, std::int64_t> documents; ///< the items of each; 0: not told
    };
    std::map<std::string, Counts> suites;
    for (const Json& json : records) {
        if (json["type"] != "item")
            continue;
        const std::string suite = json["suite"];
        if (suite != "perplexity" && suite != "distance" && suite != "card" && suite != "squad")
            continue;
        Counts& counts = suites[suite];
        counts.ids.insert(json["id"].get<std::string>());
        std::int64_t& items = counts.documents[field(json, "document")];
        items = std::max(items, json.value("document_items", std::int64_t{0}));
    }
    std::string text;
    for (const auto& [suite, counts] : suites) {
        std::int64_t all = 0;
        bool isKnown = true;
        for (const auto& [document, items] : counts.documents) {
            all += items;
            isKnown = isKnown && items > 0;
        }
        text +=
            (text.empty() ? " " : ", ") + suite + " " + std::to_string(counts.ids.size()) +
            (isKnown ? " of " + std::to_string(all) + " items" : " items, of how many is not told");
        // Such lines are older than those whose quarters are the whole book's.
        if (!isKnown && suite == "perplexity")
            text += " (its quarters are those of what was read)";
    }
    return text.empty() ? text : text + ";";
}

/// The figures of a suite whose groups begin with `prefix`.
std::string table(const std::string& suite, const std::vector<Figure>& figures,
                  const std::string& prefix) {
    std::vector<std::string> arms = armsOf(suite);
    // A mode's own name is an arm of the suite cost alone; others may have been added by hand.
    for (const Figure& figure : figures)
        for (const auto& [arm, value] : figure.arms)
            if (figure.suite == suite && std::find(arms.begin(), arms.end(), arm) == arms.end())
                arms.push_back(arm);
    const std::vector<Pair> differences = differencesOf(suite, figures);
    std::string text = "| figure | n |", rule = "| --- | ---: |";
    for (const std::string& arm : arms) {
        text += " " + arm + " |";
        rule += " --- |";
    }
    for (const Pair& pair : differences) {
        text += " " + pair.own + " − " + pair.other + " [95 %] |";
        rule += " --- |";
    }
    text += " failures |\n" + rule + " ---: |\n";
    for (const Figure& figure : figures) {
        if (figure.suite != suite || figure.group.rfind(prefix, 0) != 0)
            continue;
        std::int64_t n = 0, failures = 0;
        for (const auto& [arm, value] : figure.arms) {
            n = std::max(n, value.n);
            failures += value.failures;
        }
        if (const auto on = figure.arms.find("on"); on != figure.arms.end())
            n = on->second.n;
        text += "| " + figure.group + ", " + figure.score + " | " + std::to_string(n) + " |";
        for (const std::string& arm : arms) {
            const auto found = figure.arms.find(arm);
            text += " " + (found == figure.arms.end()       ? "not run"
                           : figure.group == kQuarterChange ? difference(found->second)
                                                            : withInterval(found->second));
            if (found != figure.arms.end() && found->second.n != 0 && found->second.n != n)
                text += ", n " + std::to_string(found->second.n);
            text += " |";
        }
        for (const Pair& pair : differences) {
            const auto found = figure.differences.find(pair.key());
            text += " " +
                    (found == figure.differences.end() || found->second.n == 0
                         ? "not run"
                         : difference(found->second)) +
                    " |";
        }
        text += " " + std::to_string(failures) + " |\n";
    }
    return text;
}

/// How shares, and their differences, come by their intervals.
constexpr const char* kIntervalsNote =
    "Where each item of a row is drawn alone, shares have Wilson's interval and their differences "
    "Newcombe's of the pairs. Items of one number or story hang together: a row that has several "
    "of one draws it whole (bootstrap). Means are drawn too. Where all of an arm is right, or all "
    "of it wrong, no draw could differ: there it has Wilson's interval of as many as are drawn, "
    "and where that holds of both arms, their difference Newcombe's.";

/// What the rows of quarters compare, where they do.
std::string quartersNote(const std::vector<Figure>& figures) {
    const auto has = [&](const std::string& group) {
        return std::any_of(figures.begin(), figures.end(), [&](const Figure& figure) {
            return figure.suite == "perplexity" && figure.group == group;
        });
    };
    if (!has(kQuarterChange))
        return "";
    return std::string(" The row ") + kQuarterChange +
           " is how the last quarter of books differs from their first; a negative difference says "
           "that the memory gains more in the last." +
           (has(std::string(kLastQuarter) + kSameBooks)
                ? " It is of the books that both were measured of, of which -same-books are the "
                  "rows; the other quarters are of different books."
                : "");
}

/// What the adapter of a run was made for, where the run was another one; lines that do not tell
/// say nothing.
std::string madeFor(const std::vector<Json>& records, const Json& settings) {
    const auto told = std::find_if(records.begin(), records.end(), [](const Json& json) {
        return json["type"] == "run" && json.contains("adapter_rule");
    });
    const std::string mode = field(settings, "mode");
    if (told == records.end() || !mode.starts_with("infini-"))
        return "";
    const std::string rule = told->value("adapter_rule", "");
    const std::int64_t N = told->value("adapter_segment", std::int64_t{0});
    std::string text;
    if (!rule.empty() && mode != "infini-" + rule)
        text = "the " + rule + " rule";
    if (N > 0 && settings.value("segment", N) != N)
        text += (text.empty() ? "" : " and ") + ("segments of " + std::to_string(N) + " tokens");
    return text.empty() ? "" : ", made for " + text;
}

std::string tokensName(const std::string& count) {
    const std::int64_t tokens = std::atoll(count.c_str());
    if (tokens >= 1'048'576 && tokens % 1'048'576 == 0)
        return std::to_string(tokens / 1'048'576) + "M";
    return tokens >= 1024 ? std::to_string(tokens / 1024) + "K" : count;
}

/// The cells "HAYSTACK/LENGTH/ROW" of a suite as one grid for each haystack.
std::vector<std::pair<std::string, std::string>>
grids(const std::string& suite, const std::vector<Figure>& figures, const std::string& note) {
    std::vector<std::string> haystacks;
    struct Cell {
        std::string haystack, length, row;
        const Figure* figure;
    };
    std::vector<Cell> cells;
    for (const Figure& figure : figures) {
        const std::size_t first = figure.group.find('/'), last = figure.group.rfind('/');
        if (figure.suite != suite || figure.score != "exact" || first == last ||
            figure.group.compare(first, 4, "/all") == 0)
            continue;
        cells.push_back({figure.group.substr(0, first),
                         figure.group.substr(first + 1, last - first - 1),
                         figure.group.substr(last + 1), &figure});
        if (std::find(haystacks.begin(), haystacks.end(), cells.back().haystack) == haystacks.end())
            haystacks.push_back(cells.back().haystack);
    }
    std::vector<std::pair<std::string, std::string>> charts;
    for (const std::string& haystack : haystacks) {
        Grid grid;
        std::vector<std::string> lengths, rows;
        for (const Cell& cell : cells) {
            if (cell.haystack != haystack)
                continue;
            if (std::find(lengths.begin(), lengths.end(), cell.length) == lengths.end())
                lengths.push_back(cell.length);
            if (std::find(rows.begin(), rows.end(), cell.row) == rows.end())
                rows.push_back(cell.row);
        }
        const bool isDepth = suite == "passkey";
        const auto byNumber = [](const std::string& a, const std::string& b) {
            return std::atoll(a.c_str()) < std::atoll(b.c_str());
        };
        std::sort(lengths.begin(), lengths.end(), byNumber);
        std::sort(rows.begin(), rows.end(), byNumber);
        grid.title = suite + ", " + haystack + ": exact match, %";
        grid.columnTitle = "tokens read";
        grid.rowTitle = isDepth ? "depth" : "needles";
        for (const std::string& length : lengths)
            grid.columns.push_back(tokensName(length));
        for (const std::string& row : rows)
            grid.rows.push_back(!isDepth ? row : row == "100" ? "100 % local" : row + " %");
        for (const char* arm : {"on", "zeroed", "other"}) {
            GridPanel panel{arm, {rows.size(), std::vector<std::optional<Mark>>(lengths.size())}};
            for (const Cell& cell : cells) {
                const auto value = cell.figure->arms.find(arm);
                if (cell.haystack != haystack || value == cell.figure->arms.end() ||
                    value->second.n == 0)
                    continue;
                const auto at = [](const std::vector<std::string>& all, const std::string& one) {
                    return static_cast<std::size_t>(std::find(all.begin(), all.end(), one) -
                                                    all.begin());
                };
                panel.cells[at(rows, cell.row)][at(lengths, cell.length)] = markOf(value->second);
            }
            grid.panels.push_back(std::move(panel));
        }
        grid.note = note + ", " + countOf(grid);
        charts.emplace_back(suite + "-" + haystack + ".svg", gridSvg(grid));
    }
    return charts;
}

/// One curve over the bins "segments-…" for each arm or difference.
void curves(const std::string& suite, const std::string& score, const std::vector<Figure>& figures,
            bool isDifference, const std::vector<std::string>& names, Curves chart,
            const std::string& file, std::vector<std::pair<std::string, std::string>>& charts) {
    std::vector<const Figure*> bins;
    for (const Figure& figure : figures)
        if (figure.suite == suite && figure.score == score &&
            figure.group.rfind("segments-", 0) == 0) {
            bins.push_back(&figure);
            chart.places.push_back(figure.group.substr(9));
        }
    if (bins.empty())
        return;
    for (const std::string& name : names) {
        Series series{name, {}};
        bool isMeasured = false;
        for (const Figure* figure : bins) {
            const auto& from = isDifference ? figure->differences : figure->arms;
            const auto found = from.find(isDifference ? "on-" + name : name);
            if (found == from.end() || found->second.n == 0) {
                series.points.emplace_back();
                continue;
            }
            isMeasured = true;
            Mark mark = markOf(found->second);
            if (isDifference) // of nats: what is gained is shown upwards
                mark.interval = {-mark.interval.value, -mark.interval.high, -mark.interval.low};
            series.points.emplace_back(mark);
        }
        if (isDifference)
            series.name = "over " + name;
        if (!isMeasured)
            series.name += " (not run)";
        chart.series.push_back(std::move(series));
    }
    charts.emplace_back(file, curvesSvg(chart));
}

} // namespace

std::vector<std::string> armsOf(const std::string& suite) {
    if (suite == "passkey" || suite == "needle")
        return {"on", "zeroed", "other", "local", "full"};
    if (suite == "perplexity")
        return {"on",          "zeroed", "other", "xl",     "xl-same-bytes",
                "compressive", "knn",    "full",  "reread", "reread-zeroed",
                "reread-other"};
    if (suite == "cost")
        return {"infini-linear", "infini-delta", "local",         "xl", "compressive", "knn",
                "full",          "rmt",          "autocompressor"};
    return {"on", "zeroed", "other"};
}

Report report(const std::vector<LinesFile>& files) {
    Report result;
    std::string& text = result.markdown;
    text = "# What was measured\n";
    std::vector<ModeFigures> runs;
    std::vector<std::string> stems;
    std::vector<FileRecords> readings;
    for (const LinesFile& file : files) {
        readings.push_back({"", parseRecords(file.text, file.path)});
        const std::vector<Json>& records = readings.back().records;
        model::Sha256 hash;
        hash.add(file.text);
        const auto first = std::find_if(records.begin(), records.end(),
                                        [](const Json& json) { return json["type"] == "run"; });
        const Json run = first == records.end() ? Json::object() : *first;
        const bool isStopped = !hasEnded(records);
        const Json settings = run.contains("settings") ? run["settings"] : Json::object();
        text += "\n## " + std::filesystem::path(file.path).filename().string() + "\n\n";
        text += "Model " + field(run, "model") + " (" + field(settings, "weights") + "), adapter " +
                field(settings, "adapter") + madeFor(records, settings) + "; mode " +
                field(settings, "mode") + ", N " + field(settings, "segment") + ", " +
                field(run, "device") + ", " + field(settings, "dtype") + ", " +
                field(run, "threads") + " threads; part " + field(settings, "part") + ", method " +
                field(settings, "method") + ", decoding " + field(run, "decoding") + ", seed " +
                field(settings, "seed") + "; " + commitsOf(records) + ". Lines SHA-256 " +
                hash.digest() + ".\n";
        if (settings.contains("limit") && settings["limit"] != 0)
            text += "\nLimited to " + field(settings, "limit") +
                    " items of each document:" + shareOf(records) + " not comparable.\n";
        if (field(settings, "adapter") == "none")
            text += "\nThe memory is untrained: no adapter.\n";
        if (run.contains("seen") && !run["seen"].empty())
            text += "\nSeen, and so without a result, because the adapter was trained on it: " +
                    field(run, "seen") + ".\n";
        if (isStopped)
            text +=
                "\nThe run did not come to its end; what it measured follows. A row counts what "
                "all of its arms have measured.\n";
        std::vector<Figure> figures = figuresOf(records, isStopped);
        for (Figure& figure : correlations(figures))
            figures.push_back(std::move(figure));
        std::vector<std::string> suites;
        for (const Figure& figure : figures)
            if (std::find(suites.begin(), suites.end(), figure.suite) == suites.end())
                suites.push_back(figure.suite);
        std::vector<std::pair<std::string, std::string>> charts;
        const std::string adapter = field(settings, "adapter");
        Json same = settings;
        for (const char* const name : {"method", "part", "limit"})
            same.erase(name);
        readings.back().setting = same.dump();
        const std::string note = field(run, "model") + ", adapter " + adapter.substr(0, 12) + ", " +
                                 field(settings, "mode") + ", N " + field(settings, "segment") +
                                 ", " + field(settings, "method");
        for (const std::string& suite : suites) {
            text += "\n### " + suite + "\n\n";
            if (suite == "perplexity")
                text += "Nats per token; the first token of each segment is not scored. Lower is "
                        "better, so a negative difference is a gain." +
                        quartersNote(figures) + "\n\n";
            if (suite == "passkey")
                text += "Depth 100 is local: its needle stands in the window, and tests attention "
                        "and not memory. ";
            if (suite == "cost")
                text +=
                    "The mode local keeps nothing of a text, and so reads nothing. The process's "
                    "resident megabytes are what it held then, with what the modes measured "
                    "before left in it.\n\n";
            if (suite == "distance" || suite == "card")
                text += "Choice of four without evidence; chance is 0.25. What is local stands in "
                        "the window, and tests attention and not memory. In the row of a single "
                        "story each question is drawn alone. ";
            if (suite == "squad")
                text += "The gist as the program first writes it, at most 32 tokens, beside the "
                        "paragraph that holds the answer; stray: a number of it stands neither in "
                        "the paragraph nor in the question. ";
            if (suite != "perplexity" && suite != "cost")
                text += std::string(kIntervalsNote) + "\n\n";
            // A repeated haystack does not stand for real text, so each has a table of its own.
            std::vector<std::string> prefixes{""};
            if (suite == "passkey" || suite == "needle") {
                prefixes.clear();
                for (const Figure& figure : figures)
                    if (const std::string own = figure.group.substr(0, figure.group.find('/') + 1);
                        figure.suite == suite &&
                        std::find(prefixes.begin(), prefixes.end(), own) == prefixes.end())
                        prefixes.push_back(own);
            }
            for (std::size_t i = 0; i < prefixes.size(); ++i)
                text += (i > 0 ? "\n" : "") + table(suite, figures, prefixes[i]);
            if (suite == "passkey" || suite == "needle")
                for (auto& chart : grids(suite, figures, note))
                    charts.push_back(std::move(chart));
        }
        curves("perplexity", "all", figures, true, {"zeroed", "other", "xl-same-bytes"},
               {"Gain of the memory by place in the book",
                note,
                "segments",
                "nats per token gained, 95 %",
                {},
                {},
                0.0},
               "perplexity-all.svg", charts);
        curves("perplexity", "first-64", figures, true, {"zeroed", "other", "xl-same-bytes"},
               {"Gain over the first 64 tokens of a segment",
                note,
                "segments",
                "nats per token gained, 95 %",
                {},
                {},
                0.0},
               "perplexity-first-64.svg", charts);
        curves("distance", "right", figures, false, {"on", "zeroed", "other"},
               {"Right choices of four by distance",
                note,
                "segments between the evidence and the end",
                "share, 95 %",
                {},
                {},
                0.25},
               "distance.svg", charts);
        if (!charts.empty()) {
            const std::string prefix = files.size() > 1 ? chartPrefix(file.path, stems) : "";
            text += "\n";
            for (auto& [name, svg] : charts) {
                name = prefix + name;
                text += "![" + name.substr(0, name.size() - 4) + "](" + name + ")\n";
                result.charts.emplace_back(name, std::move(svg));
            }
        }
        result.figures.insert(result.figures.end(), figures.begin(), figures.end());
        runs.push_back({field(settings, "mode"), std::move(figures)});
    }
    if (const std::string both = agreementTable(readings); !both.empty())
        text +=
            "\n## Streamed, and by increments\n\nBy increments a text is read once, and what the "
            "changed segments write more is added to its memory; the segments behind them have "
            "not read the needle. Of the samples that were read in both ways:\n\n" +
            both;
    if (const std::string modes = modesTable(runs); !modes.empty())
        text += "\n## All modes\n\nNats are lower when better; behind them stand the 95 % interval "
                "and n, the segments that they are a mean of. Full attention reads no further than "
                "the model's context: compare it with the others within that. Modes without a "
                "memory run on the base model; pass keys stand in book text and count at depths 0 "
                "to 75.\n\n" +
                modes;
    if (const std::string accounting = accountingTable(runs); !accounting.empty())
        text +=
            "\n## Memory, counted as the paper counts it\n\nNumbers, whatever their width, after "
            "whole segments. The paper's 114 is a search among 65,536 tokens in one layer and a "
            "cache of one segment, against the memory; so is the mode knn here, on this "
            "model's shape." +
            std::string(accounting.find("\n| rmt |") == std::string::npos
                            ? ""
                            : " Of rmt the paper counts 2·d·p numbers a layer; here it carries one "
                              "set of p vectors of the model's width.") +
            "\n\n" + accounting;
    return result;
}

} // namespace engine::evaluate
