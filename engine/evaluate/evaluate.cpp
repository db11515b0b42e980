#include "engine/evaluate/evaluate.h"

#include <sys/resource.h>

#include <algorithm>
#include <map>

#include "engine/error.h"
#include "engine/utc_time.h"

namespace engine::evaluate {

namespace {

using Measure = bool (*)(Bench&);

const std::vector<std::pair<std::string, Measure>> kSuites = {
    {"passkey", measurePasskey},   {"needle", measureNeedle}, {"perplexity", measurePerplexity},
    {"distance", measureDistance}, {"card", measureCard},     {"squad", measureSquad},
    {"cost", measureCost}};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// The smallest that runs every suite.
Plan smokePlan(const Plan& plan, std::int64_t N) {
    Plan small = plan;
    small.haystacks = {"repeat", "book"};
    small.method = Method::Stream;
    small.limit = 2;
    small.samples = 2;
    small.lengths = {4 * N};
    small.depths = {0, 50, 100};
    small.needles = {1, 4};
    return small;
}

Json settingsOf(const Measurement& run, const Plan& plan) {
    const model::Model& model = *run.subject.model;
    Json settings = Json::object();
    settings["weights"] = model.weights->sha256;
    settings["adapter"] = model.adapter->sha256;
    settings["tokenizer"] = model.tokenizer->sha256();
    settings["mode"] = model::nameOf(run.subject.mode);
    settings["segment"] = run.subject.N;
    settings["dtype"] = run.dtype;
    settings["part"] = run.part;
    settings["method"] = plan.method == Method::Increment ? "increment" : "stream";
    settings["limit"] = plan.limit;
    settings["seed"] = plan.seed;
    return settings;
}

Json runRecord(const Measurement& run, const Plan& plan, const std::vector<std::string>& suites,
               const Data& data, const std::vector<std::string>& seen) {
    Json json = record("run");
    json["suite"] = suites;
    json["part"] = run.part;
    json["arms"] = plan.arms.empty() ? Json("all but the costly ones") : Json(plan.arms);
    json["command"] = run.command;
    json["commit"] = INFOLIO_COMMIT;
    json["model"] = run.modelName;
    json["device"] = run.device;
    json["threads"] = run.threads;
    if (const model::Adapter& adapter = *run.subject.model->adapter; adapter.isTrained()) {
        json["adapter_rule"] = adapter.rule;
        json["adapter_segment"] = adapter.segmentTokens;
    }
    json["decoding"] = "greedy";
    json["evidence_tokens"] = 0;
    json["samples"] = plan.samples;
    json["lengths"] = plan.lengths;
    json["depths"] = plan.depths;
    json["needles"] = plan.needles;
    json["haystacks"] = plan.haystacks;
    Json hashes = Json::object();
    for (const Text& text : data.haystack)
        hashes[text.set == "squality" ? text.set : text.name()] = text.sha256;
    if (!data.articles.text.set.empty())
        hashes[data.articles.text.set] = data.articles.text.sha256;
    json["data"] = hashes;
    json["seen"] = seen;
    json["start"] = utcTime();
    json["settings"] = settingsOf(run, plan);
    return json;
}

std::int64_t peakKilobytes() {
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

} // namespace

const std::vector<std::string>& suiteNames() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& [name, measure] : kSuites)
            all.push_back(name);
        return all;
    }();
    return names;
}

Method methodFromName(const std::string& name) {
    if (name == "stream")
        return Method::Stream;
    if (name == "increment")
        return Method::Increment;
    throw Error(Code::WrongUse,
                "\"" + name + "\" is not a method; use stream or increment (with --method)");
}

void requireMeaning(const std::vector<std::string>& suites, const Plan& plan,
                    const std::string& part) {
    const auto& names = suiteNames();
    if (suites.empty())
        throw Error(Code::WrongUse, "no suite was named; use " + joined(names) + ", all or smoke");
    for (const std::string& suite : suites)
        if (suite != "all" && suite != "smoke" &&
            std::find(names.begin(), names.end(), suite) == names.end())
            throw Error(Code::WrongUse, "\"" + suite + "\" is not a suite; use " + joined(names) +
                                            ", all or smoke");
    for (const std::string& arm : plan.arms) {
        std::vector<std::string> known;
        for (const std::string& name : names)
            for (const std::string& one : armsOf(name))
                if (std::find(known.begin(), known.end(), one) == known.end())
                    known.push_back(one);
        if (std::find(known.begin(), known.end(), arm) == known.end())
            throw Error(Code::WrongUse,
                        "\"" + arm + "\" is not an arm; use some of " + joined(known));
    }
    for (const std::string& haystack : plan.haystacks)
        if (haystack != "repeat" && haystack != "book")
            throw Error(Code::WrongUse,
                        "\"" + haystack + "\" is not a haystack; use repeat or book");
    if (part != "dev" && part != "test" && part != "all")
        throw Error(Code::WrongUse, "\"" + part + "\" is not a part; use dev, test or all");
}

std::string measure(const Measurement& run, const Listener& listener) {
    requireMeaning(run.suites, run.plan, run.part);
    const auto has = [&](const std::string& name) {
        return std::find(run.suites.begin(), run.suites.end(), name) != run.suites.end();
    };
    const bool isSmoke = has("smoke");
    std::vector<std::string> suites;
    for (const std::string& name : suiteNames())
        if (isSmoke || has("all") || has(name))
            suites.push_back(name);
    Data data;
    if (isSmoke)
        data = sampleData(static_cast<int>(run.subject.N / 2));
    else if (suites != std::vector<std::string>{"passkey"} ||
             run.plan.haystacks != std::vector<std::string>{"repeat"})
        data = loadData(run.dataFolder, run.part);
    const std::vector<std::string> seen = withoutSeen(data, run.subject.model->adapter->texts);
    const Plan plan = isSmoke ? smokePlan(run.plan, run.subject.N) : run.plan;
    std::string text;
    Lines lines(run.linesPath, run.isResumed, [&](const std::string& line) {
        text += line + "\n";
        if (listener.onLine)
            listener.onLine(line);
    });
    for (const Json& json : lines.records())
        text += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    const Json begun = runRecord(run, plan, suites, data, seen);
    // How samples are paired follows from the settings too.
    lines.requireSame(begun);
    requireSameControls(suites, plan, run.subject, data, lines.records());
    const double start = now();
    lines.begin(begun);
    Bench bench{run.subject,
                plan,
                data,
                lines,
                [&](const Step& step) { return !listener.onStep || listener.onStep(step); },
                {}};
    for (const auto& [name, measureSuite] : kSuites) {
        if (std::find(suites.begin(), suites.end(), name) == suites.end())
            continue;
        if (!measureSuite(bench))
            return text;
    }
    std::vector<Figure> figures = figuresOf(lines.records());
    for (Figure& figure : correlations(figures))
        figures.push_back(std::move(figure));
    for (const Figure& figure : figures) {
        for (const auto& [arm, value] : figure.arms)
            if (value.n > 0)
                lines.add(figureRecord(figure, arm, value));
        for (const auto& [arm, value] : figure.differences)
            lines.add(figureRecord(figure, arm, value));
    }
    std::int64_t items = 0, failures = 0;
    for (const Json& json : lines.records())
        if (json["type"] == "item") {
            ++items;
            failures += json["error"].is_null() ? 0 : 1;
        }
    Json done = record("done");
    done["items"] = items;
    done["failures"] = failures;
    done["seconds"] = now() - start;
    done["peak_rss_kilobytes"] = peakKilobytes();
    lines.add(done);
    return text;
}

} // namespace engine::evaluate
