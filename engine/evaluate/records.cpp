#include "engine/evaluate/records.h"

#include <filesystem>
#include <sstream>

#include "engine/error.h"

namespace engine::evaluate {

namespace {

std::string keyOf(const std::string& suite, const std::string& id, const std::string& arm) {
    return suite + '\n' + id + '\n' + arm;
}

} // namespace

std::string linesText(const std::string& path) {
    std::error_code ignored;
    std::ifstream file(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path, ignored))
        throw Error(Code::FileMissing,
                    path + ": there is no such file of lines; name one that evaluate wrote.");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Json record(const std::string& type) {
    return {{"v", 1}, {"type", type}};
}

std::string blockOf(const std::string& suite, const std::string& id) {
    const std::size_t first = id.find('/'), last = id.rfind('/');
    if (last == std::string::npos)
        return id;
    if (suite == "distance" || suite == "card")
        return id.substr(0, last);
    if (suite == "passkey")
        return id.substr(0, first) + id.substr(last);
    if (suite != "needle")
        return id;
    // Among other counts of needles a number is another one.
    const std::size_t count = id.rfind('/', last - 1);
    return id.substr(0, first) + id.substr(count == std::string::npos ? last : count);
}

bool hasEnded(const std::vector<Json>& records) {
    bool isDone = false;
    for (const Json& json : records)
        isDone = json["type"] == "done" || (isDone && json["type"] != "run");
    return isDone;
}

Json Item::json() const {
    Json json = record("item");
    json["suite"] = suite;
    json["id"] = id;
    json["document"] = document;
    json["arm"] = arm;
    json["channel"] = "gist";
    json["groups"] = groups;
    json["scores"] = scores;
    json.update(more);
    json["error"] = error.empty() ? Json() : Json(error);
    json["seconds"] = seconds;
    json["tokens"] = tokens;
    return json;
}

std::vector<Json> parseRecords(const std::string& text, const std::string& path) {
    std::vector<Json> records;
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        ++number;
        if (end == std::string::npos)
            break; // the line that was being written when the run was killed
        const std::string line = text.substr(begin, end - begin);
        begin = end + 1;
        const auto fail = [&](const std::string& what) {
            throw Error(Code::BadFile, path + ", line " + std::to_string(number) + ": " + what);
        };
        Json json = Json::parse(line, nullptr, false);
        if (json.is_discarded() || !json.is_object() || !json.contains("v") ||
            !json.contains("type") || !json["type"].is_string())
            fail("this is no record of a measurement; name a file that evaluate wrote.");
        if (json["v"] != 1)
            fail("the record is of a newer version; use the Infolio that wrote it.");
        const bool isItem = json["type"] == "item";
        const auto isWord = [&](const char* field) {
            return json.contains(field) && json[field].is_string();
        };
        if (isItem &&
            (!isWord("suite") || !isWord("id") || !isWord("arm") || !json.contains("groups") ||
             !json["groups"].is_array() || !json.contains("scores") || !json["scores"].is_object()))
            fail("an item lacks a field; measure it again.");
        records.push_back(std::move(json));
    }
    return records;
}

std::vector<Json> readRecords(const std::string& path) {
    return parseRecords(linesText(path), path);
}

Lines::Lines(const std::string& path, bool isResumed, OnLine onLine)
    : m_path(path), m_onLine(std::move(onLine)) {
    if (path.empty())
        return;
    if (isResumed) {
        const std::string text = linesText(path);
        m_records = parseRecords(text, path);
        for (const Json& json : m_records)
            if (json["type"] == "item")
                m_items.insert(keyOf(json["suite"], json["id"], json["arm"]));
        const std::size_t whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
        std::error_code error;
        if (whole < text.size())
            std::filesystem::resize_file(path, whole, error);
    }
    m_file.open(path, std::ios::binary | (isResumed ? std::ios::app : std::ios::trunc));
    if (!m_file)
        throw Error(Code::CannotWrite,
                    path + ": the lines cannot be written there; choose another file.");
}

void Lines::requireSame(const Json& run) const {
    for (const Json& json : m_records) {
        if (json["type"] != "run")
            continue;
        for (const auto& [name, value] : run["settings"].items())
            if (!json.contains("settings") || !json["settings"].contains(name) ||
                json["settings"][name] != value)
                throw Error(Code::WrongUse,
                            m_path + " was measured with another setting of \"" + name +
                                "\"; use the same one, or begin a new file with -o.");
        const Json own = run.value("data", Json::object()),
                   before = json.value("data", Json::object());
        for (const auto& [name, hash] : own.items())
            if (before.contains(name) && before[name] != hash)
                throw Error(Code::WrongUse, m_path + " was measured with another text of \"" +
                                                name +
                                                "\"; name the test material that it began with, "
                                                "or begin a new file with -o.");
        break;
    }
}

void Lines::begin(const Json& run) {
    requireSame(run);
    add(run);
}

void Lines::add(const Json& line) {
    const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (m_file.is_open()) {
        m_file << text << '\n' << std::flush;
        if (!m_file)
            throw Error(Code::DiskFull, m_path + ": a line could not be written; make room and go "
                                                 "on with --resume.");
    }
    m_records.push_back(line);
    if (line["type"] == "item")
        m_items.insert(keyOf(line["suite"], line["id"], line["arm"]));
    if (m_onLine)
        m_onLine(text);
}

bool Lines::has(const std::string& suite, const std::string& id, const std::string& arm) const {
    return m_items.contains(keyOf(suite, id, arm));
}

} // namespace engine::evaluate
