#include <charconv>

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

int run(Context& context) {
    const Arguments& arguments = context.arguments();
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
    const auto failures = context.carryOut(
        [&](engine::Sink sink) { return context.engine().adapt(request, std::move(sink)); },
        [&](const engine::Event& event) {
            if (const auto* training = std::get_if<engine::Training>(&event))
                context.output().training(*training);
        });
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
            {"--target", "K", "until 95 % of numbers are found K segments behind", "", ""},
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
