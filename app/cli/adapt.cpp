#include <charconv>
#include <filesystem>
#include <utility>

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/text.h"

namespace app::cli {
namespace {

using engine::Code;
using engine::Error;

/// The value of an option that is a number above 0, or 0 where `mayBeZero`.
std::optional<double> number(const Arguments& arguments, const std::string& name, bool mayBeZero) {
    const auto value = arguments.value(name);
    if (!value)
        return std::nullopt;
    double result = -1;
    const char* const end = value->data() + value->size();
    const auto [stopped, error] = std::from_chars(value->data(), end, result);
    if (error != std::errc() || stopped != end || !(result <= 1e6) || result < 0 ||
        (result == 0 && !mayBeZero))
        throw Error(Code::WrongUse, name + " is '" + escaped(*value, Lines::Join) +
                                        "', but must be a number " +
                                        (mayBeZero ? "from 0" : "above 0") + " up to 1,000,000.");
    return result;
}

/// Options of reading and answering, which training would pass over in silence. Variables stand for
/// all commands, so what comes from the environment is no mistake here.
void refuseOptionsOfReading(const Arguments& arguments) {
    const std::pair<const char*, const char*> refused[] = {
        {"--adapter", "names what answers use; to begin with an adapter, give --from FILE."},
        {"--mode", "says how a book is read; give --method to say what is trained."},
        {"--weights", "says how the model is held for answers; training holds it as bf16, so leave "
                      "it out."},
        {"--segment", "is for reading; training chooses its segments itself, so leave it out."}};
    for (const auto& [name, sentence] : refused)
        if (arguments.has(name))
            throw Error(Code::WrongUse, std::string(name) + " " + sentence);
}

/// When the checkpoint was written; the least of times when there is none.
std::filesystem::file_time_type checkpointTime(const engine::AdaptRequest& request) {
    std::error_code ignored;
    return std::filesystem::last_write_time(request.output + ".checkpoint", ignored);
}

int run(Context& context) {
    const Arguments& arguments = context.arguments();
    refuseOptionsOfReading(arguments);
    engine::AdaptRequest request;
    request.texts = arguments.positionals;
    if (request.texts.empty())
        throw Error(Code::WrongUse, "No texts to train on were named; the form is: infolio-cli "
                                    "adapt -o FILE --minutes M TEXT...");
    const auto output = arguments.value("-o");
    if (!output || output->empty() || *output == "-")
        throw Error(Code::WrongUse,
                    "The adapter needs a file of its own, with its checkpoint and log beside it; "
                    "name it with -o FILE.");
    request.output = *output;
    const std::vector<std::string> methods = {"infini", "rmt", "autocompressor"};
    request.method =
        methods[static_cast<std::size_t>(oneOf(arguments, "--method", methods).value_or(0))];
    request.layers = arguments.value("--layers").value_or("");
    request.minutes = number(arguments, "--minutes", false);
    request.steps = wholeNumber(arguments, "--steps", 1, 10'000'000);
    request.target = wholeNumber(arguments, "--target", 0, 1'000'000);
    if (!request.minutes && !request.steps && !request.target)
        throw Error(Code::WrongUse, "The training has no end; say how long with --minutes, --steps "
                                    "or --target.");
    request.seed = context.options().seed.value_or(0);
    request.gatesOnly = oneOf(arguments, "--stage", {"all", "gates"}).value_or(0) == 1;
    request.from = arguments.value("--from").value_or("");
    request.resume = arguments.has("--resume");
    request.force = context.options().force;
    request.refused = arguments.value("--refuse").value_or("");
    const auto klWeight = number(arguments, "--kl", true);
    if (klWeight && request.method != "infini")
        throw Error(Code::WrongUse, "--kl is an option of the method infini; leave it out with "
                                    "--method " +
                                        request.method + ".");
    request.klWeight = klWeight.value_or(3);
    request.checkpointMinutes = number(arguments, "--checkpoint", false).value_or(10);
    const auto before = checkpointTime(request);
    const auto failures = context.carryOut(
        [&](engine::Sink sink) { return context.engine().adapt(request, std::move(sink)); },
        [&](const engine::Event& event) {
            if (const auto* training = std::get_if<engine::Training>(&event))
                context.output().training(*training);
        },
        "");
    // A checkpoint that another training left here is none of this one, which may not have begun.
    const auto after = checkpointTime(request);
    const bool isKept =
        after != std::filesystem::file_time_type::min() && (request.resume || after != before);
    if (context.isInterrupted() && failures.empty() && isKept)
        context.output().notice("What was trained is kept; go on with the same command (--seed " +
                                std::to_string(request.seed) + ") and --resume" +
                                (request.from.empty() ? "" : " in place of --from"));
    return gravest(failures);
}

} // namespace

Command adaptCommand() {
    return {
        "adapt",
        "TEXT...",
        "trains a memory adapter for the model from plain texts and folders of *.txt",
        {
            {"-o", "FILE", "the adapter; FILE.checkpoint and FILE.log lie beside it", "", ""},
            {"--minutes", "M", "train so long", "", ""},
            {"--steps", "N", "train so many steps", "", ""},
            {"--target", "K", "until 95 % of numbers are found among K times 64 tokens", "", ""},
            {"--method", "METHOD", "infini (default), or vectors for rmt or autocompressor", "",
             ""},
            {"--layers", "RANGE", "15-24, or auto: measured (50 to 83 % of the depth)", "", ""},
            {"--stage", "STAGE", "all (default), or gates: only the gates, in minutes", "", ""},
            {"--from", "ADAPTER", "begin with this adapter", "", ""},
            {"--resume", "", "go on with FILE.checkpoint", "", ""},
            {"--refuse", "LIST", "texts that may not be trained on: hashes, files, folders", "",
             ""},
            {"--kl", "W", "weight of the distance to the model with full attention (3)", "", ""},
            {"--checkpoint", "M", "write checkpoint and adapter every M minutes (10)", "", ""},
        },
        {},
        run,
        ""};
}

} // namespace app::cli
