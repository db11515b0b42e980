#pragma once
/// Measures what a memory is worth: runs suites, writes lines, computes the report (evaluation.md).

#include <functional>
#include <string>
#include <vector>

#include "engine/evaluate/report.h"
#include "engine/evaluate/suite.h"

namespace engine::evaluate {

/// "passkey", "needle", "perplexity", "distance", "card", "squad", "cost".
const std::vector<std::string>& suiteNames();

/// What is measured and how the run is told of.
struct Measurement {
    std::vector<std::string> suites; ///< names, "all" or "smoke"
    Subject subject;
    Plan plan;
    std::string part = "dev";
    std::string dataFolder;
    std::string linesPath; ///< empty: the lines are only handed out
    bool isResumed = false;
    std::string modelName, device, dtype, command; ///< for the record
    int threads = 0;
};

struct Listener {
    std::function<void(const std::string& line)> onLine;
    std::function<bool(const Step&)> onStep; ///< false: stop
};

/// Throws WrongUse for suites, arms, haystacks or parts that do not exist, before anything is
/// loaded; that is also what `Measurement` can be checked with.
void requireMeaning(const std::vector<std::string>& suites, const Plan& plan,
                    const std::string& part);

/// "smoke" runs every suite on two items of made-up texts, in a moment, whatever the plan says; it
/// needs no data folder. Returns the content of the lines file; without its `done` record when it
/// was stopped. Throws as the suites, loadData and Lines do.
std::string measure(const Measurement& run, const Listener& listener);

/// "stream" or "increment". Throws WrongUse.
Method methodFromName(const std::string& name);

} // namespace engine::evaluate
