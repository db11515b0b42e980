#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/output_file.h"

namespace app::cli {
namespace {

using engine::ExportRequest;

int run(Context& context) {
    const Arguments& arguments = context.arguments();
    const std::string spec = context.words(1, 1, "export DOC")[0];
    ExportRequest request;
    request.what = static_cast<ExportRequest::What>(
        oneOf(arguments, "--what", {"answers", "summaries", "text", "outline", "coverage", "all"},
              {"card"})
            .value_or(static_cast<int>(ExportRequest::What::All)));
    request.format = exportFormat(arguments).value_or("md");
    request.conversation = arguments.value("--conversation").value_or("");
    const std::string path = context.outputTarget(request.format);
    request.document = context.document(spec).id;
    return exportTo(context, request, path);
}

} // namespace

int exportTo(Context& context, const ExportRequest& request, const std::string& path) {
    std::string content;
    const auto failures = context.carryOut(
        [&](engine::Sink sink) {
            return context.engine().exportDocument(request, std::move(sink));
        },
        [&](const engine::Event& event) {
            if (const auto* exported = std::get_if<engine::Exported>(&event))
                content = exported->content;
        });
    if (!failures.empty())
        return gravest(failures);
    if (context.isInterrupted())
        return 1;
    if (path == "-") {
        context.output().exported(request.format, content);
        return 0;
    }
    writeOutputFile(path, content, context.options().force);
    context.output().file(path, static_cast<std::int64_t>(content.size()));
    return 0;
}

Command exportCommand() {
    return {"export",
            "DOC",
            "writes what is known about a document, with footnotes",
            {
                {"--what", "WHAT", "answers, summaries, text, outline, coverage or all (default)",
                 "", ""},
                {"--conversation", "NAME", "answers of this conversation only", "", ""},
                {"--format", "F", "md (default), html, docx, odt, txt or json", "", ""},
                {"-o", "FILE|-", "into this file", "", ""},
            },
            {},
            run,
            ""};
}

} // namespace app::cli
