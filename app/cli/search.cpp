#include <climits>

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/text.h"

namespace app::cli {
namespace {

using engine::Code;
using engine::Error;

int run(Context& context) {
    const Arguments& arguments = context.arguments();
    engine::SearchRequest request;
    request.query = context.words(1, 1, "search QUERY; put several words in quotes")[0];
    if (!isUtf8(request.query) || request.query.find_first_not_of(" \t\n\"") == std::string::npos)
        throw Error(
            Code::WrongUse,
            "The query has no words, or is not UTF-8; give at least one word to search for.");
    request.exact = arguments.has("--exact");
    const bool isCount = arguments.has("--count");
    request.limit = static_cast<int>(wholeNumber(arguments, "--limit", 1, 100'000).value_or(20));
    if (arguments.has("--all") || isCount)
        request.limit = INT_MAX;
    request.asOf = pageOption(arguments, "--as-of");
    const auto in = arguments.value("--in");
    if (request.asOf && !in)
        throw Error(Code::WrongUse, "--as-of needs one document: --in DOC.");
    if (in || arguments.value("--collection"))
        request.documents =
            ids(context.documents(in ? std::vector{*in} : std::vector<std::string>()));

    std::int64_t count = 0;
    const auto failures = context.carryOut(
        [&](engine::Sink sink) { return context.engine().search(request, std::move(sink)); },
        [&](const engine::Event& event) {
            if (const auto* hit = std::get_if<engine::SearchHit>(&event)) {
                ++count;
                if (!isCount)
                    context.output().hit(hit->passage);
            }
        });
    if (!failures.empty())
        return gravest(failures);
    if (isCount)
        context.output().figure("hits", count, grouped(count));
    else if (count == 0)
        context.output().notice("No passage has all of these words.");
    return count == 0 ? 1 : 0;
}

} // namespace

Command searchCommand() {
    return {"search",
            "QUERY",
            "finds the passages with all words of QUERY; \"…\" is a phrase",
            {
                {"--in", "DOC", "in this document only", "", ""},
                {"--collection", "NAME", "in this collection only", "", ""},
                {"--as-of", "PAGE", "nothing after this page (needs --in)", "", ""},
                {"--exact", "", "the words as written, no other endings", "", ""},
                {"--limit", "N", "at most N passages (20)", "", ""},
                {"--all", "", "all of them", "", ""},
                {"--count", "", "only their number", "", ""},
            },
            {},
            run,
            ""};
}

} // namespace app::cli
