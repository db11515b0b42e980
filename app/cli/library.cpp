#include <algorithm>
#include <climits>
#include <filesystem>
#include <istream>
#include <map>
#include <ostream>

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/text.h"

namespace app::cli {
namespace {

using engine::Code;
using engine::DocumentInfo;
using engine::Error;

constexpr std::size_t kAny = SIZE_MAX;

/// Asks on a terminal; elsewhere only --yes agrees.
bool agrees(Context& context, const std::string& question) {
    if (context.options().yes)
        return true;
    Environment& environment = context.environment();
    if (!environment.terminals.in || !environment.terminals.err || context.options().json)
        throw Error(Code::WrongUse, question + " Nobody can be asked here; agree with --yes.");
    environment.err << escaped(question, Lines::Join) << " [y/N] " << std::flush;
    std::string answer;
    std::getline(environment.in, answer);
    const bool isYes = answer == "y" || answer == "Y" || answer == "yes";
    if (!isYes)
        context.output().notice("Nothing was changed.");
    return isYes;
}

std::string titles(const std::vector<DocumentInfo>& documents) {
    std::string result;
    for (const DocumentInfo& info : documents)
        result += (result.empty() ? "\"" : ", \"") + info.title + "\"";
    return result;
}

int list(Context& context) {
    context.words(0, 0, "library list");
    const auto documents = context.engine().documents();
    for (const DocumentInfo& info : documents)
        context.output().document(info);
    const auto removed = context.engine().removedDocuments();
    for (const DocumentInfo& info : removed)
        context.output().document(info);
    if (documents.empty() && removed.empty())
        context.output().notice("The library is empty; add books with: infolio-cli read PATH...");
    return 0;
}

int show(Context& context) {
    const DocumentInfo info = context.document(context.words(1, 1, "library show DOC")[0]);
    const auto contents = context.engine().contents(info.id);
    context.output().document(info, &contents);
    return 0;
}

int snapshots(Context& context) {
    const DocumentInfo info = context.document(context.words(1, 1, "library snapshots DOC")[0]);
    const auto found = context.engine().snapshots(info.id);
    for (const engine::SnapshotInfo& snapshot : found)
        context.output().snapshot(snapshot);
    if (found.empty())
        context.output().notice("There is no snapshot; this document was not read by a model.");
    return 0;
}

int verify(Context& context) {
    const auto& specs = context.words(0, kAny, "library verify [DOC]");
    engine::VerifyRequest request;
    request.replay = context.arguments().has("--replay");
    request.documents = ids(context.documents(specs));
    bool holds = true;
    const auto failures = context.carryOut(
        [&](engine::Sink sink) { return context.engine().verify(request, std::move(sink)); },
        [&](const engine::Event& event) {
            if (const auto* check = std::get_if<engine::Check>(&event)) {
                holds = holds && check->holds;
                context.output().check(*check);
            }
        });
    if (!failures.empty())
        return gravest(failures);
    return holds ? 0 : engine::exitStatus(Code::CheckFailed);
}

int remove(Context& context) {
    const auto documents = context.documents(context.words(1, kAny, "library remove DOC..."));
    if (!agrees(context, "Move " + titles(documents) + " to the Trash?"))
        return 1;
    context.engine().remove(ids(documents));
    context.output().notice("In the Trash: " + titles(documents) +
                            "; library restore brings back, library purge deletes.");
    return 0;
}

/// A DOC among those in the Trash, where Engine::find does not look.
DocumentInfo removedDocument(const std::vector<DocumentInfo>& removed, const std::string& spec) {
    std::error_code ignored;
    const std::string path = std::filesystem::absolute(spec, ignored).lexically_normal().string();
    std::vector<DocumentInfo> found;
    for (const DocumentInfo& info : removed) {
        const bool isId = spec.size() >= 4 && info.id.sha256.rfind(spec, 0) == 0;
        const bool isPath =
            std::find(info.paths.begin(), info.paths.end(), path) != info.paths.end();
        if (isId || isPath || info.title == spec)
            found.push_back(info);
    }
    if (found.empty())
        throw Error(Code::NotInLibrary,
                    "'" + escaped(spec, Lines::Join) +
                        "' is not in the Trash; infolio-cli library list shows what is.");
    if (found.size() > 1)
        throw Error(Code::Ambiguous, "'" + escaped(spec, Lines::Join) + "' fits " +
                                         std::to_string(found.size()) +
                                         " documents in the Trash; name one by its id.");
    return found.front();
}

int restore(Context& context) {
    const auto& specs = context.words(1, kAny, "library restore DOC...");
    const auto removed = context.engine().removedDocuments();
    std::vector<DocumentInfo> documents;
    for (const std::string& spec : specs)
        documents.push_back(removedDocument(removed, spec));
    context.engine().restore(ids(documents));
    context.output().notice("Back in the library: " + titles(documents) + ".");
    return 0;
}

int purge(Context& context) {
    context.words(0, 0, "library purge");
    const auto removed = context.engine().removedDocuments();
    if (removed.empty()) {
        context.output().notice("The Trash is empty.");
        return 0;
    }
    const std::string count =
        counted(static_cast<std::int64_t>(removed.size()), "document", "documents");
    if (!agrees(context, "Delete for good what is known about " + count +
                             " in the Trash? Your own files stay.")) {
        return 1;
    }
    const auto failures =
        context.carryOut([&](engine::Sink sink) { return context.engine().purge(std::move(sink)); },
                         [](const engine::Event&) {});
    if (!failures.empty())
        return gravest(failures);
    context.output().notice("Deleted: " + titles(removed) + ".");
    return 0;
}

int collection(Context& context) {
    const auto& words = context.words(1, 2, "library collection list [NAME]");
    if (words[0] == "add" || words[0] == "remove")
        throw Error(
            Code::WrongUse,
            "library collection " + words[0] +
                " is not part of this version; infolio-cli read --collection NAME PATH adds.");
    if (words[0] != "list")
        throw Error(Code::WrongUse, "Unknown collection action '" + escaped(words[0], Lines::Join) +
                                        "'; did you mean 'list'?");
    std::map<std::string, std::int64_t> counts;
    for (const DocumentInfo& info : context.engine().documents()) {
        for (const std::string& name : info.collections) {
            ++counts[name];
            if (words.size() == 2 && name == words[1])
                context.output().document(info);
        }
    }
    if (words.size() == 2)
        return counts.contains(words[1]) ? 0 : 1;
    for (const auto& [name, count] : counts)
        context.output().collection(name, count);
    return 0;
}

} // namespace

Command libraryCommand() {
    const auto later = [](const char* name, const char* summary) {
        return Command{name, "", summary, {}, {}, nullptr, "is not part of this version."};
    };
    Command command{"library", "ACTION", "lists, shows, checks and removes documents", {}, {},
                    nullptr,   ""};
    command.actions = {
        {"list", "", "all documents, those in the Trash last", {}, {}, list, ""},
        {"show", "DOC", "one document with its contents", {}, {}, show, ""},
        {"snapshots", "DOC", "the stored memories of a document", {}, {}, snapshots, ""},
        {"verify",
         "[DOC]...",
         "checks the stored text, index and memories",
         {{"--replay", "", "read again and compare the memory bit by bit", "", ""}},
         {},
         verify,
         ""},
        {"remove", "DOC...", "moves documents to the Trash", {}, {}, remove, ""},
        {"restore", "DOC...", "brings documents back from the Trash", {}, {}, restore, ""},
        {"purge", "", "deletes what is in the Trash for good", {}, {}, purge, ""},
        {"collection",
         "list [NAME]",
         "the collections, or the documents of one",
         {},
         {},
         collection,
         ""},
        later("set", ""),
        later("card", ""),
        later("compact", ""),
        later("backup", ""),
        later("merge", ""),
    };
    return command;
}

} // namespace app::cli
