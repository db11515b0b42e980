// Who may include whom (ARCHITECTURE.md): reads every include of engine, ui and app.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Include {
    std::string file; ///< relative to the sources
    std::string target;
};

bool isSource(const fs::path& path) {
    const std::string extension = path.extension().string();
    return extension == ".h" || extension == ".cpp" || extension == ".cu";
}

std::vector<Include> includesOf(const std::string& file, std::istream& stream) {
    static const std::regex pattern("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"]");
    std::vector<Include> found;
    std::string line;
    std::smatch match;
    while (std::getline(stream, line))
        if (std::regex_search(line, match, pattern))
            found.push_back({file, match[1]});
    return found;
}

std::vector<Include> includesUnder(const std::string& folder) {
    std::vector<Include> found;
    const fs::path root = TEST_SOURCES;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        if (!entry.is_regular_file() || !isSource(entry.path()))
            continue;
        std::ifstream stream(entry.path());
        const auto here = includesOf(fs::relative(entry.path(), root).string(), stream);
        found.insert(found.end(), here.begin(), here.end());
    }
    return found;
}

bool startsWith(const std::string& text, const std::string& prefix) {
    return text.rfind(prefix, 0) == 0;
}

bool isQt(const std::string& target) {
    return std::regex_search(target, std::regex("^Q[A-Za-z]+$|^Qt[A-Z]"));
}
bool isTorch(const std::string& target) {
    return startsWith(target, "ATen/") || startsWith(target, "c10/") ||
           startsWith(target, "torch/");
}
bool isSqlite(const std::string& target) {
    return startsWith(target, "sqlite3");
}
bool isPoppler(const std::string& target) {
    return startsWith(target, "poppler") || target == "OutputDev.h" || target == "PDFDoc.h";
}

/// What lies on the ground floor: any folder of the engine may include it.
bool isGroundFloor(const std::string& target) {
    return target == "engine/error.h" || target == "engine/random.h" ||
           target == "engine/utc_time.h";
}

/// Which engine folders a folder's sources may include, besides the ground floor and their own.
struct Rule {
    std::string folder;
    std::vector<std::string> engineFolders;
    bool mayTorch = false;
    bool maySqlite = false;
    bool mayPoppler = false;
};

const std::vector<Rule> kRules = {
    {"engine/kernels", {}, true, false, false},
    {"engine/document", {}, false, false, false},
    {"engine/reader", {"engine/document/wire.h", "engine/document/raw.h"}, false, false, true},
    {"engine/model",
     {"engine/kernels/ops.h", "engine/kernels/ops_decode.h", "engine/kernels/ops_matrix.h"},
     true,
     false,
     false},
    {"engine/store", {}, false, true, false},
    {"engine/answer", {"engine/model/", "engine/store/", "engine/document/"}, false, false, false},
    {"engine/adapt",
     {"engine/model/", "engine/kernels/ops.h", "engine/answer/prompt.h", "engine/answer/words.h",
      "engine/document/document_text.h", "engine/document/sentences.h"},
     true,
     false,
     false},
    {"engine/report", {}, false, false, false},
    {"engine/evaluate",
     {"engine/model/", "engine/answer/basis.h", "engine/answer/gist.h", "engine/answer/prompt.h"},
     true,
     false,
     false},
};

std::vector<std::string> violations(const Rule& rule, const std::vector<Include>& includes) {
    std::vector<std::string> found;
    for (const Include& include : includes) {
        const std::string& target = include.target;
        bool isAllowed = !isQt(target) && (rule.mayTorch || !isTorch(target)) &&
                         (rule.maySqlite || !isSqlite(target)) &&
                         (rule.mayPoppler || !isPoppler(target));
        if (startsWith(target, "engine/") && !isGroundFloor(target) &&
            !startsWith(target, rule.folder + "/")) {
            bool isListed = false;
            for (const std::string& other : rule.engineFolders)
                isListed = isListed || startsWith(target, other);
            isAllowed = isAllowed && isListed;
        }
        if (startsWith(target, "ui/") || startsWith(target, "app/"))
            isAllowed = false;
        if (!isAllowed)
            found.push_back(include.file + " includes " + target);
    }
    return found;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines)
        text += "\n  " + line;
    return text;
}

TEST(Layering, EngineFoldersIncludeOnlyWhatTheyMay) {
    for (const Rule& rule : kRules) {
        const auto found = violations(rule, includesUnder(rule.folder));
        EXPECT_TRUE(found.empty()) << rule.folder << joined(found);
    }
}

TEST(Layering, TheConductorKnowsNoWindowNoSqliteAndNoPoppler) {
    for (const Include& include : includesUnder("engine")) {
        EXPECT_FALSE(isQt(include.target)) << include.file << " includes " << include.target;
        EXPECT_FALSE(include.target == "torch/torch.h" || include.target == "ATen/ATen.h")
            << include.file << " includes " << include.target;
        if (include.file.find('/', 7) != std::string::npos)
            continue;
        EXPECT_FALSE(isTorch(include.target) || isSqlite(include.target) ||
                     isPoppler(include.target))
            << include.file << " includes " << include.target;
    }
}

TEST(Layering, WindowAndProgramsSeeTwoHeadersOfTheEngine) {
    for (const std::string folder : {"ui", "app"}) {
        for (const Include& include : includesUnder(folder)) {
            const bool isEngine = startsWith(include.target, "engine/");
            EXPECT_TRUE(!isEngine || include.target == "engine/engine.h" ||
                        include.target == "engine/error.h")
                << include.file << " includes " << include.target;
            EXPECT_FALSE(isTorch(include.target) || isSqlite(include.target) ||
                         isPoppler(include.target))
                << include.file << " includes " << include.target;
        }
    }
}

TEST(Layering, TheInterfaceIncludesOnlyStdAndErrors) {
    std::ifstream stream(fs::path(TEST_SOURCES) / "engine/engine.h");
    ASSERT_TRUE(stream);
    for (const Include& include : includesOf("engine/engine.h", stream))
        EXPECT_TRUE(include.target == "engine/error.h" ||
                    include.target.find_first_of("/.") == std::string::npos)
            << "engine.h includes " << include.target;
}

TEST(Layering, ARuleSeesAWrongInclude) {
    const Rule& document = kRules[1];
    EXPECT_EQ(violations(document, {{"engine/document/a.cpp", "sqlite3.h"}}).size(), 1u);
    EXPECT_EQ(violations(document, {{"engine/document/a.cpp", "engine/model/session.h"}}).size(),
              1u);
    EXPECT_EQ(violations(document, {{"engine/document/a.cpp", "QString"}}).size(), 1u);
    EXPECT_EQ(violations(document, {{"engine/document/a.cpp", "ATen/core/Tensor.h"}}).size(), 1u);
    EXPECT_TRUE(violations(document, {{"engine/document/a.cpp", "engine/document/raw.h"}}).empty());
}

} // namespace
