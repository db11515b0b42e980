#include "engine/evaluate/agreement.h"

#include <cstdlib>
#include <map>
#include <optional>
#include <tuple>

namespace engine::evaluate {

namespace {

/// "book-increment/32768/0/3" is "book/32768/0/3", read in another way.
std::string plainId(const std::string& id) {
    const std::string suffix = "-increment";
    const std::size_t slash = id.find('/');
    if (slash == std::string::npos || slash < suffix.size() ||
        id.compare(slash - suffix.size(), suffix.size(), suffix) != 0)
        return id;
    return id.substr(0, slash - suffix.size()) + id.substr(slash);
}

struct Ways {
    std::optional<bool> streamed, added;
};

struct Counts {
    int both = 0, streamedAlone = 0, addedAlone = 0, neither = 0;
};

} // namespace

std::string agreementTable(const std::vector<FileRecords>& files) {
    std::map<std::tuple<std::string, std::string, std::string>, Ways> samples;
    for (const FileRecords& file : files)
        for (const Json& json : file.records) {
            if (json["type"] != "item" || !json.contains("method") || json["arm"] != "on" ||
                json.value("local", false))
                continue;
            Ways& ways = samples[{json["suite"].get<std::string>(), file.setting,
                                  plainId(json["id"].get<std::string>())}];
            const bool isRight = json["scores"]["exact"].get<double>() == 1;
            if (json["method"] == "stream")
                ways.streamed = isRight;
            if (json["method"] == "increment")
                ways.added = isRight;
        }
    // By suite, haystack and length; the last of these as a number.
    std::map<std::tuple<std::string, std::string, long long>, Counts> rows;
    for (const auto& [sample, ways] : samples) {
        if (!ways.streamed || !ways.added)
            continue;
        const std::string& id = std::get<2>(sample);
        const std::size_t slash = id.find('/');
        Counts& counts = rows[{std::get<0>(sample), id.substr(0, slash),
                               std::atoll(id.substr(slash + 1).c_str())}];
        if (*ways.streamed && *ways.added)
            ++counts.both;
        else if (*ways.streamed)
            ++counts.streamedAlone;
        else if (*ways.added)
            ++counts.addedAlone;
        else
            ++counts.neither;
    }
    if (rows.empty())
        return "";
    std::string text =
        "| samples | n | right by both | streamed alone | increments alone | wrong by "
        "both |\n| --- | ---: | ---: | ---: | ---: | ---: |\n";
    for (const auto& [row, counts] : rows) {
        const int n = counts.both + counts.streamedAlone + counts.addedAlone + counts.neither;
        text += "| " + std::get<0>(row) + ", " + std::get<1>(row) + ", " +
                std::to_string(std::get<2>(row)) + " tokens | " + std::to_string(n);
        for (const int count :
             {counts.both, counts.streamedAlone, counts.addedAlone, counts.neither})
            text += " | " + std::to_string(count);
        text += " |\n";
    }
    return text;
}

} // namespace engine::evaluate
