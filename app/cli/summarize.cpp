#include <charconv>

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/text.h"

namespace app::cli {
namespace {

using engine::Code;
using engine::Error;
using engine::SummaryRequest;

void setScope(SummaryRequest& request, const std::string& of) {
    using Of = SummaryRequest::Of;
    if (of == "book") {
        request.of = Of::Book;
    } else if (of == "chapters") {
        request.of = Of::Chapters;
    } else if (of.rfind("chapter:", 0) == 0) {
        request.of = Of::Chapter;
        const char* end = of.data() + of.size();
        const auto [stop, error] = std::from_chars(of.data() + 8, end, request.chapter);
        if (error != std::errc() || stop != end || request.chapter < 1)
            throw Error(Code::WrongUse, "--of is '" + escaped(of, Lines::Join) +
                                            "', but a chapter is named by its count: chapter:3.");
    } else if (const std::size_t dots = of.find(".."); dots != std::string::npos) {
        request.of = Of::Pages;
        request.first = pageSpec("The first page of --of", of.substr(0, dots));
        request.last = pageSpec("The last page of --of", of.substr(dots + 2));
    } else {
        throw Error(
            Code::WrongUse,
            "--of is '" + escaped(of, Lines::Join) +
                "', but must be book, chapters, chapter:N or PAGE..PAGE (for example 10..25).");
    }
}

int run(Context& context) {
    const Arguments& arguments = context.arguments();
    Output& output = context.output();
    const std::string spec = context.words(1, 1, "summarize DOC")[0];
    SummaryRequest request;
    setScope(request, arguments.value("--of").value_or("book"));
    using Length = SummaryRequest::Length;
    using Style = SummaryRequest::Style;
    request.length = static_cast<Length>(oneOf(arguments, "--length", {"short", "medium", "long"})
                                             .value_or(static_cast<int>(Length::Medium)));
    request.style =
        static_cast<Style>(oneOf(arguments, "--style", {"prose", "points", "outline"}).value_or(0));
    request.asOf = pageOption(arguments, "--as-of");
    const auto format = exportFormat(arguments);
    const bool isWritten = format || arguments.value("-o");
    const std::string path = isWritten ? context.outputTarget(format.value_or("md")) : "";
    request.document = context.document(spec).id;
    // A document is made of the summary that is kept.
    if (isWritten && context.isReadOnly())
        throw Error(Code::ReadOnly,
                    "The library cannot be written, so no summary can be kept in it and made a "
                    "document of; leave out -o and --format to see it, or choose another place "
                    "with --library.");

    // As people read it a heading comes before its sentences, but a summary is known by its last
    // event.
    const bool isShown = output.isJson() || !isWritten;
    std::vector<engine::GistSentence> sentences;
    std::vector<engine::Evidence> sources;
    std::vector<std::int64_t> made;
    const auto failures = context.carryOut(
        [&](engine::Sink sink) { return context.engine().summarize(request, std::move(sink)); },
        [&](const engine::Event& event) {
            if (const auto* evidence = std::get_if<engine::Evidence>(&event)) {
                sources.push_back(*evidence);
                if (output.isJson())
                    output.evidence(*evidence);
            } else if (const auto* sentence = std::get_if<engine::GistSentence>(&event)) {
                sentences.push_back(*sentence);
                if (output.isJson())
                    output.gist({*sentence});
            } else if (const auto* summary = std::get_if<engine::Summary>(&event)) {
                made.push_back(summary->id);
                if (isShown)
                    output.summary(*summary, sentences, sources);
                sentences.clear();
                sources.clear();
            } else if (const auto* coverage = std::get_if<engine::Coverage>(&event);
                       coverage && isShown) {
                output.coverage(*coverage, "", "");
            }
        });
    if (!failures.empty())
        return gravest(failures);
    if (made.empty() || context.isInterrupted())
        return 1;
    if (!isWritten)
        return 0;

    engine::ExportRequest wanted;
    wanted.document = request.document;
    wanted.what = engine::ExportRequest::What::Summaries;
    wanted.format = format.value_or("md");
    wanted.summaryIds = made;
    return exportTo(context, wanted, path);
}

} // namespace

Command summarizeCommand() {
    return {"summarize",
            "DOC",
            "summarises a document or a part of it, with citations",
            {
                {"--of", "PART", "book (default), chapters, chapter:N or PAGE..PAGE", "", ""},
                {"--as-of", "PAGE", "nothing after this page has any influence", "", ""},
                {"--length", "LENGTH", "short, medium (default) or long: 100, 300, 1,000 words", "",
                 ""},
                {"--style", "STYLE", "prose (default), points or outline", "", ""},
                {"-o", "FILE|-", "as a document into this file", "", ""},
                {"--format", "F", "of that document: md (default), html, docx, odt, txt or json",
                 "", ""},
            },
            {},
            run,
            ""};
}

} // namespace app::cli
