#include "app/cli/options.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "app/cli/suggest.h"
#include "app/cli/text.h"
#include "app/paths.h"

namespace app::cli {
namespace {

using engine::Code;
using engine::Error;

[[noreturn]] void failValue(const Arguments& arguments, const std::string& name,
                            const std::string& value, const std::string& wanted) {
    throw Error(Code::WrongUse, arguments.source(name) + " is '" + escaped(value, Lines::Join) +
                                    "', but must be " + wanted + ".");
}

std::string joined(const std::vector<std::string>& words) {
    std::string result;
    for (std::size_t i = 0; i < words.size(); ++i)
        result += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    return result;
}

bool allDigits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string device(const Arguments& arguments) {
    const std::string value = arguments.value("--device").value_or("auto");
    const bool isNumbered = value.rfind("cuda:", 0) == 0 && value.size() <= 8 &&
                            allDigits(std::string_view(value).substr(5));
    if (value != "auto" && value != "cpu" && value != "cuda" && !isNumbered)
        failValue(arguments, "--device", value, "auto, cpu, cuda or cuda:N");
    return value;
}

std::string modelPath(const Arguments& arguments) {
    const auto named = arguments.value("--model");
    if (!named) {
        const auto found = findModel(programFile());
        return found ? found->string() : std::string();
    }
    std::error_code error;
    const auto status = std::filesystem::status(*named, error);
    if (!std::filesystem::exists(status))
        throw Error(Code::NoModel, escaped(*named, Lines::Join) +
                                       ": there is no such model file; give " +
                                       arguments.source("--model") + " the path of a GGUF file.");
    // Safetensors are given by the folder in which they lie beside config.json.
    if (!std::filesystem::is_regular_file(status) && !std::filesystem::is_directory(status))
        throw Error(Code::BadWeights,
                    escaped(*named, Lines::Join) + " is neither a file nor a folder; give " +
                        arguments.source("--model") + " the path of a GGUF file.");
    return *named;
}

double seconds(const Arguments& arguments, const std::string& name) {
    const auto value = arguments.value(name);
    if (!value)
        return 0;
    double number = -1;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (error != std::errc() || end != value->data() + value->size() ||
        !(number >= 0 && number <= 1e7))
        failValue(arguments, name, *value, "a number of seconds, 0 or more");
    return number;
}

} // namespace

const std::vector<OptionSpec>& commonOptionSpecs() {
    static const std::vector<OptionSpec> specs = {
        {"--library", "PATH", "the library's folder", "", "INFOLIO_LIBRARY"},
        {"--model", "FILE", "language model: a GGUF file or a folder of safetensors", "",
         "INFOLIO_MODEL"},
        {"--adapter", "FILE|none",
         "what was trained for the mode (default: the adapter that comes with Infolio)", "",
         "INFOLIO_ADAPTER"},
        {"--mode", "MODE", "infini-linear (default), infini-delta, local, xl, compressive or rmt",
         "", "INFOLIO_MODE"},
        {"--weights", "FORMAT", "bf16 (default), or int8: half the memory", "", "INFOLIO_WEIGHTS"},
        {"--device", "DEVICE", "auto (default), cpu, cuda or cuda:N", "", "INFOLIO_DEVICE"},
        {"--threads", "N", "threads to compute with (default: one per core)", "",
         "INFOLIO_THREADS"},
        {"--segment", "N", "tokens read in one step, a multiple of 64 (1024)", "",
         "INFOLIO_SEGMENT"},
        {"--snapshot-every", "K", "keep the memory every K segments (8)", "", ""},
        {"--seed", "N", "draw words at random, the same for one N; seeds adapt and evaluate too",
         "", "INFOLIO_SEED"},
        {"--json", "", "one JSON object per line on standard output", "", ""},
        {"-q", "", "no progress and no remarks", "", ""},
        {"-v", "", "more about what happens", "", ""},
        {"--progress", "STYLE", "auto (default), plain or never", "", ""},
        {"--color", "WHEN", "auto (default), always or never", "", ""},
        {"--wait", "SECONDS", "wait so long for a busy library", "", ""},
        {"--yes", "", "agree to what would be asked", "", ""},
        {"--force", "", "replace an existing output file", "", ""},
        {"-h", "", "help on one screen", "", ""},
        {"--help", "", "help on everything", "", ""},
        {"--version", "", "the version; with -v also device, model, libraries", "", ""},
    };
    return specs;
}

std::optional<std::int64_t> wholeNumber(const Arguments& arguments, const std::string& name,
                                        std::int64_t least, std::int64_t most) {
    const auto value = arguments.value(name);
    if (!value)
        return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (error != std::errc() || end != value->data() + value->size() || number < least ||
        number > most)
        failValue(arguments, name, *value,
                  "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return number;
}

std::optional<int> oneOf(const Arguments& arguments, const std::string& name,
                         const std::vector<std::string>& words,
                         const std::vector<std::string>& later) {
    const auto value = arguments.value(name);
    if (!value)
        return std::nullopt;
    if (const auto found = std::find(words.begin(), words.end(), *value); found != words.end())
        return static_cast<int>(found - words.begin());
    if (std::find(later.begin(), later.end(), *value) != later.end())
        throw Error(Code::WrongUse, arguments.source(name) + " " + *value +
                                        " is not part of this version; use " + joined(words) + ".");
    const std::string near = nearest(*value, words);
    failValue(arguments, name, *value,
              joined(words) + (near.empty() ? "" : "; did you mean " + near + "?"));
}

engine::PageSpec pageSpec(const std::string& source, const std::string& value) {
    const auto fail = [&] {
        throw Error(Code::WrongUse, source + " is '" + escaped(value, Lines::Join) +
                                        "', but must be a page label (212, xii), index:240, "
                                        "loc:37, chapter:7 or offset:123456.");
    };
    // Labels are free text, so only what claims to be one of the counted forms can be wrong here.
    for (const std::string_view prefix : {"index:", "loc:", "chapter:", "offset:"}) {
        if (value.rfind(prefix, 0) == 0) {
            const std::string_view number = std::string_view(value).substr(prefix.size());
            if (!allDigits(number) || number.size() > 12)
                fail();
        }
    }
    if (value.empty() || !isUtf8(value))
        fail();
    return {value};
}

std::optional<engine::PageSpec> pageOption(const Arguments& arguments, const std::string& name) {
    const auto value = arguments.value(name);
    return value ? std::optional(pageSpec(name, *value)) : std::nullopt;
}

std::optional<std::string> exportFormat(const Arguments& arguments) {
    const auto value = arguments.value("--format");
    if (value == "pdf")
        throw Error(Code::WrongUse, "--format pdf is not written by infolio-cli; write md and "
                                    "print that as PDF with any program, or export from the "
                                    "window.");
    oneOf(arguments, "--format", {"md", "html", "docx", "odt", "txt", "json"});
    return value;
}

bool isBinaryFormat(const std::string& format) {
    return format == "docx" || format == "odt";
}

CommonOptions commonOptions(const Arguments& arguments, const Terminals& terminals,
                            const std::string& readerProgram) {
    CommonOptions result;
    result.json = arguments.has("--json");
    result.quiet = arguments.has("-q");
    result.verbose = arguments.has("-v");
    result.yes = arguments.has("--yes");
    result.force = arguments.has("--force");

    const int progress = oneOf(arguments, "--progress", {"auto", "plain", "never"}).value_or(0);
    result.progress = progress == 2 || result.quiet                    ? ProgressStyle::Never
                      : progress == 0 && terminals.err && !result.json ? ProgressStyle::Line
                                                                       : ProgressStyle::Plain;
    const int color = oneOf(arguments, "--color", {"auto", "always", "never"}).value_or(0);
    const char* noColor = std::getenv("NO_COLOR");
    result.color = color == 1 || (color == 0 && terminals.out && !(noColor && *noColor));

    const std::vector<std::string> modes = {"infini-linear", "infini-delta", "local", "xl",
                                            "compressive",   "knn",          "full",  "rmt",
                                            "autocompressor"};
    oneOf(arguments, "--mode", modes);
    result.engine.mode = arguments.value("--mode").value_or(modes.front());
    result.engine.adapterPath = arguments.value("--adapter").value_or("");
    result.engine.shippedAdapterPath = findAdapter(programFile()).value_or("").string();
    oneOf(arguments, "--weights", {"bf16", "int8"});
    result.engine.dtype = arguments.value("--weights").value_or(result.engine.dtype);
    result.engine.device = device(arguments);
    result.engine.threads =
        static_cast<int>(wholeNumber(arguments, "--threads", 1, 1024).value_or(0));
    if (const auto seed = wholeNumber(arguments, "--seed", 0, INT64_MAX)) {
        result.seed = static_cast<std::uint64_t>(*seed);
        result.engine.seed = *result.seed;
    }
    if (const auto segment = wholeNumber(arguments, "--segment", 64, 8192)) {
        if (*segment % 64 != 0)
            failValue(arguments, "--segment", std::to_string(*segment), "a multiple of 64");
        result.engine.segmentTokens = static_cast<int>(*segment);
    }
    result.engine.snapshotEvery =
        static_cast<int>(wholeNumber(arguments, "--snapshot-every", 1, 1'000'000)
                             .value_or(result.engine.snapshotEvery));
    result.engine.waitSeconds = seconds(arguments, "--wait");

    result.engine.libraryPath = arguments.value("--library").value_or(defaultLibrary().string());
    result.engine.modelPath = modelPath(arguments);
    result.engine.readerProgram = readerProgram;
    return result;
}

} // namespace app::cli
