#include "tests/unit/app/cli_run.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

Variable::Variable(const char* name, const char* value) : m_name(name) {
    if (const char* before = std::getenv(name))
        m_before = before;
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

Variable::~Variable() {
    if (m_before)
        setenv(m_name, m_before->c_str(), 1);
    else
        unsetenv(m_name);
}

CliTest::CliTest() {
    std::string name =
        (std::filesystem::temp_directory_path() / "infolio-app-test-XXXXXX").string();
    folder = mkdtemp(name.data());
    for (const char* variable : {"XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"})
        m_variables.push_back(std::make_unique<Variable>(variable, folder.c_str()));
    for (const char* variable :
         {"INFOLIO_LIBRARY", "INFOLIO_MODEL", "INFOLIO_ADAPTER", "INFOLIO_MODE", "INFOLIO_WEIGHTS",
          "INFOLIO_DEVICE", "INFOLIO_THREADS", "INFOLIO_SEGMENT", "INFOLIO_SEED", "INFOLIO_DATA",
          "NO_COLOR"})
        m_variables.push_back(std::make_unique<Variable>(variable, nullptr));
}

CliTest::~CliTest() {
    std::filesystem::remove_all(folder);
}

Result CliTest::run(const std::vector<std::string>& words) {
    std::ostringstream out;
    std::ostringstream err;
    std::istringstream in(input);
    app::cli::Environment environment{out, err, in, interrupt, terminals};
    environment.openEngine =
        [this](const engine::Options& options) -> std::unique_ptr<engine::Engine> {
        const bool isRetry = opened && !opened->readOnly && options.readOnly;
        EXPECT_TRUE(!opened || isRetry) << "the library is opened twice";
        opened = options;
        if (openFails && !isRetry)
            throw engine::Error(*openFails);
        return std::make_unique<support::FakeEngine>(scenario);
    };
    opened.reset();
    Result result;
    result.status = app::cli::run(words, environment);
    result.out = out.str();
    result.err = err.str();
    return result;
}

std::vector<nlohmann::json> CliTest::records(std::vector<std::string> words, int* status) {
    words.insert(words.begin(), "--json");
    const Result result = run(words);
    EXPECT_EQ(result.err, "");
    std::vector<nlohmann::json> all;
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) {
        nlohmann::json record = nlohmann::json::parse(line, nullptr, false);
        EXPECT_TRUE(record.is_object()) << line;
        EXPECT_EQ(record.value("v", 0), 1) << line;
        EXPECT_NE(record.value("type", ""), "") << line;
        all.push_back(std::move(record));
    }
    EXPECT_FALSE(all.empty());
    if (all.empty())
        return all;
    EXPECT_EQ(all.back()["type"], "done");
    EXPECT_EQ(all.back()["exit"], result.status);
    EXPECT_GE(all.back()["seconds"], 0);
    all.pop_back();
    for (const auto& record : all)
        EXPECT_NE(record["type"], "done");
    if (status)
        *status = result.status;
    return all;
}

std::string CliTest::write(const std::string& name, const std::string& content) {
    const std::filesystem::path path = folder / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
}

engine::Evidence fakeEvidence(int number, const std::string& quote) {
    engine::Evidence evidence;
    evidence.number = number;
    evidence.document.sha256 = std::string(64, 'a');
    evidence.title = "Persuasion";
    evidence.chapter = "Chapter 7";
    evidence.place = "ch. 7, ¶ 31 (loc. 58)";
    evidence.pages = {58, 58, "58", "58", true};
    evidence.range = {100, 120};
    evidence.quote = quote;
    return evidence;
}

std::vector<std::string> types(const std::vector<nlohmann::json>& records) {
    std::vector<std::string> result;
    for (const auto& record : records)
        result.push_back(record["type"]);
    return result;
}

std::string contentOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
