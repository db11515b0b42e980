#include <algorithm>
#include <charconv>
#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/output_file.h"
#include "app/cli/text.h"

namespace app::cli {
namespace {

using engine::Code;
using engine::Error;

constexpr std::int64_t kMostTokens = 1'000'000'000;
constexpr const char* kSuites =
    "passkey, needle, perplexity, distance, card, squad, cost, all or smoke";

/// The words between commas; nothing when the option was not given.
std::vector<std::string> list(const Arguments& arguments, const std::string& name) {
    std::vector<std::string> words;
    const auto value = arguments.value(name);
    if (!value)
        return words;
    for (std::size_t begin = 0; begin <= value->size();) {
        const std::size_t end = std::min(value->find(',', begin), value->size());
        words.push_back(value->substr(begin, end - begin));
        begin = end + 1;
    }
    return words;
}

/// "131072", "128K" (1,024 each) or "1M".
std::int64_t number(const Arguments& arguments, const std::string& name, const std::string& word,
                    std::int64_t most) {
    std::int64_t value = 0;
    const char* const last = word.data() + word.size();
    const auto [end, error] = std::from_chars(word.data(), last, value);
    std::int64_t unit = 1;
    if (error == std::errc() && last - end == 1 && (*end == 'K' || *end == 'M'))
        unit = *end == 'K' ? 1'024 : 1'048'576;
    const bool isWhole = error == std::errc() && (end == last || unit > 1);
    if (!isWhole || value < 0 || value > most / unit)
        throw Error(Code::WrongUse,
                    arguments.source(name) + " has '" + escaped(word, Lines::Join) +
                        "', but its values must be whole numbers up to " + grouped(most) +
                        (most == kMostTokens ? ", such as 8192, 128K or 1M." : "."));
    return value * unit;
}

engine::EvaluateRequest requestOf(Context& context) {
    const Arguments& arguments = context.arguments();
    engine::EvaluateRequest request;
    if (arguments.positionals.empty())
        throw Error(Code::WrongUse, "Nothing to measure was named; the form is: infolio-cli "
                                    "evaluate SUITE... (" +
                                        std::string(kSuites) +
                                        ") or infolio-cli evaluate report FILE...");
    if (arguments.positionals.front() == "report")
        request.reportOf.assign(arguments.positionals.begin() + 1, arguments.positionals.end());
    else
        request.suites = arguments.positionals;
    if (request.suites.empty() && request.reportOf.empty())
        throw Error(Code::WrongUse, "No lines file was named; the form is: infolio-cli evaluate "
                                    "report FILE...");
    request.dataPath = arguments.value("--data").value_or("../shared/data");
    request.part = arguments.value("--part").value_or("dev");
    request.arms = list(arguments, "--arms");
    request.haystacks = list(arguments, "--haystack");
    request.method = arguments.value("--method").value_or("stream");
    request.limit = wholeNumber(arguments, "--limit", 1, 1'000'000).value_or(0);
    request.samples = wholeNumber(arguments, "--samples", 1, 1'000'000).value_or(20);
    for (const std::string& word : list(arguments, "--lengths"))
        request.lengths.push_back(number(arguments, "--lengths", word, kMostTokens));
    for (const std::string& word : list(arguments, "--depths"))
        request.depths.push_back(static_cast<int>(number(arguments, "--depths", word, 100)));
    for (const std::string& word : list(arguments, "--needles"))
        request.needles.push_back(static_cast<int>(number(arguments, "--needles", word, 1'000)));
    request.requirements = list(arguments, "--require");
    request.linesPath = arguments.value("-o").value_or("");
    if (const auto earlier = arguments.value("--resume")) {
        if (!request.linesPath.empty())
            throw Error(Code::WrongUse,
                        "--resume goes on in the file that it names; leave out -o.");
        request.linesPath = *earlier;
        request.resume = true;
    }
    request.command = "evaluate";
    for (const std::string& word : arguments.positionals)
        request.command += " " + word;
    for (const auto& [name, value] : arguments.options)
        // Where files lie on this machine says nothing about what was measured.
        if (name != "-o" && name != "--resume" && name != "--report" && name != "--charts" &&
            name != "--data" && name != "--model" && name != "--adapter" && name != "--library")
            request.command += " " + name + (value.empty() ? "" : " " + value);
    return request;
}

int run(Context& context) {
    const Arguments& arguments = context.arguments();
    Output& output = context.output();
    const bool isForced = context.options().force;
    const engine::EvaluateRequest request = requestOf(context);
    if (!request.linesPath.empty() && !request.resume)
        checkOutputFile(request.linesPath, isForced);
    const auto reportPath = arguments.value("--report");
    if (reportPath)
        checkOutputFile(*reportPath, isForced);
    const auto charts = arguments.value("--charts");
    std::error_code error;
    if (charts && !std::filesystem::create_directories(*charts, error) &&
        !std::filesystem::is_directory(*charts))
        throw Error(Code::CannotWrite, "--charts: the folder '" + escaped(*charts, Lines::Join) +
                                           "' cannot be made; choose another place.");
    engine::MeasuredReport report;
    const auto failures = context.carryOut(
        [&](engine::Sink sink) { return context.engine().evaluate(request, std::move(sink)); },
        [&](const engine::Event& event) {
            if (const auto* line = std::get_if<engine::MeasuredLine>(&event))
                output.measured(line->json);
            if (const auto* found = std::get_if<engine::MeasuredReport>(&event))
                report = *found;
        },
        "");
    if (!report.markdown.empty()) {
        if (reportPath) {
            writeOutputFile(*reportPath, report.markdown, isForced);
            output.file(*reportPath, static_cast<std::int64_t>(report.markdown.size()));
        } else {
            output.exported("md", report.markdown);
        }
        for (const auto& [name, svg] : report.charts) {
            if (!charts)
                break;
            const std::string path = (std::filesystem::path(*charts) / name).string();
            writeOutputFile(path, svg, true);
            output.file(path, static_cast<std::int64_t>(svg.size()));
        }
    }
    if (context.isInterrupted() && !request.linesPath.empty())
        output.notice("What was measured is kept; go on with --resume " +
                      shellQuoted(request.linesPath));
    return gravest(failures);
}

} // namespace

Command evaluateCommand() {
    return {
        "evaluate",
        "SUITE...",
        "measures what the memory is worth, with controls",
        {
            {"--data", "DIR", "folder of the test material (../shared/data)", "", "INFOLIO_DATA"},
            {"--part", "PART", "dev (default), test or all", "", ""},
            {"--arms", "LIST", "only these arms (manual, chapter 13): on,zeroed,other", "", ""},
            {"--haystack", "LIST", "repeat, book or both (default)", "", ""},
            {"--method", "METHOD", "stream (default), or increment: an approximation", "", ""},
            {"--limit", "N", "at most N items of a document", "", ""},
            {"--samples", "N", "samples of a cell (20)", "", ""},
            {"--lengths", "LIST", "tokens to read, such as 8K,128K,1M", "", ""},
            {"--depths", "LIST", "places of the needle in percent (0,25,50,75,100)", "", ""},
            {"--needles", "LIST", "numbers hidden in one text (1,4,16)", "", ""},
            {"-o", "FILE", "write each result as a line into this file", "", ""},
            {"--resume", "FILE", "go on with the results in this file", "", ""},
            {"--report", "FILE", "the tables as Markdown into this file", "", ""},
            {"--charts", "DIR", "the charts as SVG into this folder", "", ""},
            {"--require", "LIST", "end with 8 unless each FIGURE>=VALUE holds", "", ""},
            {"--channel", "C", "", "is not part of this version; leave it out.", ""},
            {"--via", "KIND", "", "is not part of this version; leave it out.", ""},
        },
        {},
        run,
        "",
        {std::string("SUITE is ") + kSuites,
         "report FILE... in place of SUITE makes the tables of what -o has written"}};
}

} // namespace app::cli
