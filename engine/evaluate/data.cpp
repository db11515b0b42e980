#include "engine/evaluate/data.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/model/sha256.h"

namespace engine::evaluate {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string contentsOf(const fs::path& path) {
    std::error_code ignored;
    std::ifstream file(path, std::ios::binary);
    if (!file || fs::is_directory(path, ignored))
        throw Error(Code::FileMissing, path.string() + " is missing; name the folder of the test "
                                                       "material with --data DIR.");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string hashOf(const std::string& bytes) {
    model::Sha256 hash;
    hash.add(bytes);
    return hash.digest();
}

/// What `read` makes of a JSON file; whatever it misses there is a sentence about the file.
template <typename Read> auto fromJson(const fs::path& path, const Read& read) {
    const std::string bytes = contentsOf(path);
    try {
        return read(Json::parse(bytes), bytes);
    } catch (const Json::exception& error) {
        throw Error(Code::BadFile, path.string() + " is not as this set's files are (" +
                                       error.what() + "); fetch it again.");
    }
}

/// The sets' files of a part. NarrativeQA's are told by the number before their first underscore.
const std::map<std::string, std::vector<std::string>> kBooks = {
    {"dev", {"41", "78", "215", "1063"}}, {"test", {"35", "77", "105", "482"}}};
const std::map<std::string, std::vector<std::string>> kCollections = {
    {"dev", {"irish-fairybook"}}, {"test", {"native-american-fairybook", "norwegian-fairybook"}}};
const char* const kSquality = "squality_v1.3_dev.json";
const char* const kSquad = "squad_dev_en_500.json";

std::vector<std::string> namesOf(const std::map<std::string, std::vector<std::string>>& parts,
                                 const std::string& part) {
    if (const auto found = parts.find(part); found != parts.end())
        return found->second;
    std::vector<std::string> all;
    for (const auto& [name, members] : parts)
        all.insert(all.end(), members.begin(), members.end());
    return all;
}

Text bookOf(const fs::path& folder, const std::string& id) {
    std::error_code ignored;
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (entry.path().extension() == ".txt" &&
            entry.path().filename().string().rfind(id + "_", 0) == 0)
            found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    const fs::path path = found.empty() ? folder / (id + "_*.txt") : found.front();
    Text text{"narrativeqa", id, contentsOf(path), ""};
    text.sha256 = hashOf(text.utf8);
    return text;
}

Collection collectionOf(const fs::path& folder, const std::string& name) {
    Collection collection;
    collection.text = {"fairytaleqa", name, contentsOf(folder / (name + ".txt")), ""};
    collection.text.sha256 = hashOf(collection.text.utf8);
    const std::vector<std::int64_t> bytes = codePointOffsets(collection.text.utf8);
    const fs::path path = folder / (name + ".json");
    const auto byteAt = [&](std::int64_t offset) {
        if (offset < 0 || offset >= static_cast<std::int64_t>(bytes.size()))
            throw Error(Code::BadFile, path.string() + " names offset " + std::to_string(offset) +
                                           ", which its text does not have; fetch both again.");
        return bytes[static_cast<std::size_t>(offset)];
    };
    std::set<std::string> ids;
    return fromJson(path, [&](const Json& json, const std::string&) {
        for (const Json& story : json.at("stories"))
            collection.stories.push_back(
                {story.at("name"), byteAt(story.at("char_start")), byteAt(story.at("char_end"))});
        for (const Json& item : json.at("questions")) {
            Question question{item.at("id"),      item.at("story"), item.at("question"),
                              item.at("answers"), INT64_MAX,        0};
            // The set numbers some questions alike, and lines know a question by its id alone.
            for (int i = 2; !ids.insert(question.id).second; ++i)
                question.id = item.at("id").get<std::string>() + "#" + std::to_string(i);
            for (const Json& span : item.at("evidence_char_spans")) {
                question.begin = std::min(question.begin, byteAt(span.at(0)));
                question.end = std::max(question.end, byteAt(span.at(1)));
            }
            if (question.answers.empty() || question.end <= question.begin)
                throw Error(Code::BadFile,
                            path.string() + ": the question " + question.id +
                                " has no answer or no evidence; fetch the file again.");
            collection.questions.push_back(std::move(question));
        }
        return collection;
    });
}

/// Articles at even places are the dev part, those at odd ones the test part.
Collection articlesOf(const fs::path& path, const std::string& part) {
    return fromJson(path, [&](const Json& json, const std::string& bytes) {
        Collection collection;
        collection.text = {"squad", part, "", hashOf(bytes)};
        std::string& text = collection.text.utf8;
        std::size_t article = 0;
        for (const Json& one : json.at("data")) {
            const bool isWanted = part == "all" || (article % 2 == 0) == (part == "dev");
            int number = 0;
            for (const Json& paragraph : one.at("paragraphs")) {
                Story story{one.at("title").get<std::string>() + "/" + std::to_string(++number),
                            std::ssize(text), 0};
                text += paragraph.at("context").get<std::string>();
                story.end = std::ssize(text);
                text += "\n\n";
                for (const Json& item : paragraph.at("qas")) {
                    Question question{item.at("id"), story.name, item.at("question"), {},
                                      story.begin,   story.end};
                    for (const Json& answer : item.at("answers"))
                        question.answers.push_back(answer.at("text"));
                    if (question.answers.empty())
                        throw Error(Code::BadFile, path.string() + ": the question " + question.id +
                                                       " has no answer; fetch the file again.");
                    if (isWanted)
                        collection.questions.push_back(std::move(question));
                }
                collection.stories.push_back(std::move(story));
            }
            ++article;
        }
        return collection;
    });
}

} // namespace

std::vector<std::int64_t> codePointOffsets(const std::string& utf8) {
    std::vector<std::int64_t> offsets;
    for (std::size_t i = 0; i < utf8.size(); ++i)
        if ((static_cast<unsigned char>(utf8[i]) & 0xC0) != 0x80)
            offsets.push_back(static_cast<std::int64_t>(i));
    offsets.push_back(static_cast<std::int64_t>(utf8.size()));
    return offsets;
}

Data loadData(const std::string& folder, const std::string& part) {
    if (part != "dev" && part != "test" && part != "all")
        throw Error(Code::WrongUse, "'" + part + "' is not a part; use dev, test or all.");
    const fs::path root(folder);
    Data data;
    const auto has = [](const std::vector<std::string>& names, const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    std::vector<std::string> books = namesOf(kBooks, "all");
    std::sort(books.begin(), books.end(),
              [](const auto& a, const auto& b) { return std::stol(a) < std::stol(b); });
    for (const std::string& id : books) {
        data.haystack.push_back(bookOf(root / "narrativeqa", id));
        if (has(namesOf(kBooks, part), id))
            data.books.push_back(data.haystack.back());
    }
    for (const std::string& name : namesOf(kCollections, "all")) {
        Collection collection = collectionOf(root / "fairytaleqa", name);
        data.haystack.push_back(collection.text);
        (has(namesOf(kCollections, part), name) ? data.collections : data.others)
            .push_back(std::move(collection));
    }
    fromJson(root / "squality" / kSquality, [&](const Json& json, const std::string& bytes) {
        for (const Json& story : json)
            data.haystack.push_back(
                {"squality", story.at("id"), story.at("document"), hashOf(bytes)});
        return 0;
    });
    data.articles = articlesOf(root / "squad" / kSquad, part);
    return data;
}

std::vector<std::string> withoutSeen(Data& data, const std::vector<std::string>& sha256) {
    std::vector<std::string> names;
    const auto isSeen = [&](const Text& text) {
        const bool isFound = std::ranges::find(sha256, text.sha256) != sha256.end();
        if (isFound && std::ranges::find(names, text.name()) == names.end())
            names.push_back(text.name());
        return isFound;
    };
    const auto isSeenCollection = [&](const Collection& one) { return isSeen(one.text); };
    std::erase_if(data.books, isSeen);
    std::erase_if(data.collections, isSeenCollection);
    std::erase_if(data.others, isSeenCollection);
    std::erase_if(data.haystack, isSeen);
    if (isSeen(data.articles.text))
        data.articles = {};
    return names;
}

Data sampleData(int sentences) {
    const char* const subjects[] = {"river", "miller", "lantern", "orchard", "captain"};
    const char* const verbs[] = {"crossed", "followed", "remembered", "sold", "painted"};
    const char* const names[] = {"Anna", "Borel", "Corin", "Dagny", "Eskil"};
    Data data;
    for (int book = 0; book < 2; ++book) {
        Collection collection;
        std::string& text = collection.text.utf8;
        const std::string id = "sample-" + std::to_string(book + 1);
        for (int i = 0; i < sentences; ++i) {
            const int k = i * (book + 2) + book;
            const std::int64_t begin = static_cast<std::int64_t>(text.size());
            const std::string name = names[k % 5], subject = subjects[k / 2 % 5];
            text += "On day " + std::to_string(i) + " the old " + subject + " near " + name + " " +
                    verbs[k / 3 % 5] + " the " + subjects[k / 5 % 5] + " once more. ";
            const auto end = static_cast<std::int64_t>(text.size());
            const std::string story = i * 2 < sentences ? "first" : "second";
            if (collection.stories.empty() || collection.stories.back().name != story)
                collection.stories.push_back({story, begin, end});
            collection.stories.back().end = end;
            if (i % 4 == 0)
                collection.questions.push_back(
                    {id + "/" + story + "/" + std::to_string(i),
                     story,
                     "Whom did the " + subject + " stand near on day " + std::to_string(i) + "?",
                     {name + " of day " + std::to_string(i)},
                     begin,
                     end});
        }
        collection.text.set = "sample";
        collection.text.id = id;
        collection.text.sha256 = hashOf(text);
        data.books.push_back(collection.text);
        data.haystack.push_back(collection.text);
        data.collections.push_back(std::move(collection));
    }
    // The last text again, each question beside the sentence that it is about.
    data.articles = data.collections.back();
    data.articles.stories.clear();
    for (Question& question : data.articles.questions) {
        question.story = question.id;
        data.articles.stories.push_back({question.id, question.begin, question.end});
    }
    return data;
}

} // namespace engine::evaluate
