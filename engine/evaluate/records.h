#pragma once
/// The lines of a measurement: one JSON object each, and the file that keeps them so that a run can
/// go on where it stopped.

#include <cstdint>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace engine::evaluate {

using Json = nlohmann::ordered_json;

/// A record with `v` and `type` first.
Json record(const std::string& type);

/// One measured answer. `scores` holds what the figures are made of: a number, or [sum, weight];
/// `groups` the cells that it counts in. A figure is named suite/group/score.
struct Item {
    std::string suite, id, document, arm;
    std::vector<std::string> groups;
    Json scores = Json::object();
    Json more = Json::object(); ///< further fields: prediction, places, method
    std::string error;          ///< why it failed; its scores are then what a failure counts
    double seconds = 0;
    std::int64_t tokens = 0;

    [[nodiscard]] Json json() const;
};

/// A lines file as it stands. Throws FileMissing.
std::string linesText(const std::string& path);
/// What an item is drawn with for an interval, unless its line names a `block`: of `distance` and
/// `card` the story, of `passkey` and `needle` the number, which is asked for at several lengths
/// and depths; else the item alone.
std::string blockOf(const std::string& suite, const std::string& id);

/// Whether the last run came to its end.
bool hasEnded(const std::vector<Json>& records);

/// All records of lines files, in order. An incomplete last line, which a killed run leaves, is
/// skipped. Throws FileMissing, and BadFile for a line that is no record or of a newer version.
std::vector<Json> readRecords(const std::string& path);
std::vector<Json> parseRecords(const std::string& text, const std::string& path);

/// Where records go: a file that gets each line whole and at once, or nowhere. One thread.
class Lines {
public:
    /// Called with each line that is written, without its end.
    using OnLine = std::function<void(const std::string&)>;

    /// `path` empty: no file. `isResumed`: the file's records stay, and its items are not measured
    /// again; a cut-off last line is removed. Throws FileMissing and BadFile as readRecords, and
    /// CannotWrite.
    Lines(const std::string& path, bool isResumed, OnLine onLine);

    /// Throws WrongUse where the first `run` record of a file that is resumed has another of its
    /// `settings`, or another text of its `data`, than this one, naming what differs.
    void requireSame(const Json& run) const;
    /// Adds the `run` record. Throws as `requireSame`.
    void begin(const Json& run);
    /// Throws DiskFull.
    void add(const Json& line);
    [[nodiscard]] bool has(const std::string& suite, const std::string& id,
                           const std::string& arm) const;
    [[nodiscard]] const std::vector<Json>& records() const { return m_records; }

private:
    std::string m_path;
    OnLine m_onLine;
    std::ofstream m_file;
    std::vector<Json> m_records;
    std::set<std::string> m_items;
};

} // namespace engine::evaluate
