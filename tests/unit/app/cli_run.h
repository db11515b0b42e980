#pragma once
/// Runs command lines against an engine of prepared answers, in a folder of its own that disappears
/// afterwards.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/cli/cli.h"
#include "tests/support/fake_engine.h"

struct Result {
    int status = -1;
    std::string out;
    std::string err;
    [[nodiscard]] std::string outAndErr() const { return out + err; }
};

/// Sets an environment variable, or removes it, until destroyed.
class Variable {
public:
    Variable(const char* name, const char* value);
    ~Variable();
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* m_name;
    std::optional<std::string> m_before;
};

class CliTest : public testing::Test {
protected:
    CliTest();
    ~CliTest() override;

    /// Runs one command line. The engine is opened at most once.
    Result run(const std::vector<std::string>& words);
    /// Runs it with --json and checks what holds for every such output: one object a line with v
    /// and type, done last and once, its exit the exit status, standard error empty. Returns the
    /// records without done.
    std::vector<nlohmann::json> records(std::vector<std::string> words, int* status = nullptr);
    std::string write(const std::string& name, const std::string& content);

    support::Scenario scenario;
    std::optional<engine::Error> openFails; ///< thrown by opening the library
    std::optional<engine::Options> opened;  ///< how the library was opened
    std::string input;                      ///< standard input
    app::cli::Terminals terminals;
    app::cli::Interrupt interrupt;
    std::filesystem::path folder;

private:
    std::vector<std::unique_ptr<Variable>> m_variables;
};

engine::Evidence fakeEvidence(int number, const std::string& quote);
std::vector<std::string> types(const std::vector<nlohmann::json>& records);
std::string contentOf(const std::filesystem::path& path);
