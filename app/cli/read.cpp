#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sys/stat.h>

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/text.h"

namespace app::cli {
namespace {

namespace fs = std::filesystem;
using engine::Code;
using engine::Error;
using engine::State;

struct File {
    std::string path;
    std::int64_t bytes = 0;
};

/// The files that the words of a command line mean.
class FileList {
public:
    explicit FileList(bool isRecursive) : m_isRecursive(isRecursive) {}

    void add(const std::string& path) {
        struct stat status = {};
        if (stat(path.c_str(), &status) != 0)
            return fail(
                Code::FileMissing, path,
                std::string("there is no such file, or it cannot be reached; check the name."));
        if (!S_ISDIR(status.st_mode))
            return files.push_back({path, static_cast<std::int64_t>(status.st_size)}), void();
        if (!m_isRecursive)
            return fail(Code::NotAFile, path,
                        "this is a folder; add --recursive to read the files in it.");
        walk(path, status);
    }

    std::vector<File> files;
    std::vector<engine::Failed> failures;
    std::vector<std::string> skipped;

private:
    void fail(Code code, const std::string& path, const std::string& sentence) {
        failures.push_back({code, escaped(path, Lines::Join) + ": " + sentence, path});
    }

    void walk(const fs::path& folder, const struct stat& status) {
        // Links may lead in a circle; a folder is visited once.
        if (!m_visited.insert({status.st_dev, status.st_ino}).second)
            return;
        std::error_code error;
        std::vector<fs::path> entries;
        for (fs::directory_iterator it(folder, error), end; !error && it != end;
             it.increment(error))
            entries.push_back(it->path());
        if (error)
            return fail(Code::FileMissing, folder.string(),
                        "this folder cannot be listed: " + error.message() + ".");
        std::sort(entries.begin(), entries.end());
        for (const fs::path& entry : entries) {
            struct stat inner = {};
            if (stat(entry.c_str(), &inner) != 0)
                skipped.push_back(entry.string());
            else if (S_ISDIR(inner.st_mode))
                walk(entry, inner);
            else if (S_ISREG(inner.st_mode) && isBook(entry))
                files.push_back({entry.string(), static_cast<std::int64_t>(inner.st_size)});
            else
                skipped.push_back(entry.string());
        }
    }

    /// In a folder nobody named the single file, so the name decides what is tried; the content
    /// decides what it is.
    static bool isBook(const fs::path& path) {
        std::string extension = path.extension().string();
        std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) {
            return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        });
        static const std::set<std::string> known = {".pdf",  ".epub", ".txt",
                                                    ".text", ".md",   ".markdown"};
        return known.contains(extension);
    }

    bool m_isRecursive;
    std::set<std::pair<dev_t, ino_t>> m_visited;
};

std::string passwordFrom(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    if (!file || !(std::getline(file, line) || file.eof()))
        throw Error(Code::WrongUse, "--password-file: '" + escaped(path, Lines::Join) +
                                        "' cannot be read; check its name and rights.");
    if (!line.empty() && line.back() == '\r')
        line.pop_back();
    if (line.empty())
        throw Error(Code::WrongUse, "--password-file: the first line of '" +
                                        escaped(path, Lines::Join) +
                                        "' is empty; it must be the password.");
    return line;
}

/// Status of a reading of several files: the gravest where the whole could not go on, else 3 when
/// some and 4 when all of them failed.
int statusOf(const std::vector<engine::Failed>& failures, bool anyDone) {
    constexpr int kUnreadable = 4;
    int status = 0;
    for (const engine::Failed& failed : failures) {
        if (const int one = engine::exitStatus(failed.code); one != kUnreadable)
            status = std::max(status, one);
    }
    if (status != 0 || failures.empty())
        return status;
    return anyDone ? 3 : kUnreadable;
}

int run(Context& context) {
    const Arguments& arguments = context.arguments();
    Output& output = context.output();
    engine::ReadRequest request;
    request.collection = arguments.value("--collection").value_or("");
    request.textOnly = arguments.has("--text-only");
    request.again = arguments.has("--again");
    if (const auto file = arguments.value("--password-file"))
        request.password = passwordFrom(*file);

    std::vector<std::string> paths = arguments.positionals;
    if (const auto from = arguments.value("--files-from")) {
        const auto more = context.lines("--files-from", *from);
        paths.insert(paths.end(), more.begin(), more.end());
    }
    if (paths.empty())
        throw Error(Code::WrongUse,
                    "Nothing to read was named; the form is: infolio-cli read PATH...");
    FileList list(arguments.has("--recursive"));
    for (const std::string& path : paths)
        list.add(path);
    for (const std::string& path : list.skipped)
        output.notice("skipped: " + path);
    for (const engine::Failed& failed : list.failures)
        output.error(failed.code, failed.message, failed.where);
    if (arguments.has("--dry-run")) {
        for (const File& file : list.files)
            output.file(file.path, file.bytes);
        return statusOf(list.failures, !list.files.empty());
    }
    if (list.files.empty())
        return statusOf(list.failures, false);
    for (const File& file : list.files)
        request.paths.push_back(file.path);
    return readFiles(context, request, list.failures);
}

} // namespace

int readFiles(Context& context, const engine::ReadRequest& request,
              std::vector<engine::Failed> failures) {
    Output& output = context.output();
    std::vector<engine::DocumentId> read;
    const auto more = context.carryOut(
        [&](engine::Sink sink) { return context.engine().read(request, std::move(sink)); },
        [&](const engine::Event& event) {
            const auto* document = std::get_if<engine::Document>(&event);
            if (!document)
                return;
            // A document is reported at each step of its way; people see where it stands in the
            // end.
            if (output.isJson())
                output.document(document->info);
            if (std::find(read.begin(), read.end(), document->info.id) == read.end())
                read.push_back(document->info.id);
        });
    for (const engine::DocumentId& id : read) {
        engine::DocumentInfo info = context.engine().find(id.sha256);
        output.document(info);
        info.coverage.document = id;
        output.coverage(info.coverage, "", "");
    }
    failures.insert(failures.end(), more.begin(), more.end());
    return statusOf(failures, !read.empty());
}

Command readCommand() {
    const auto later = [](const char* name, const char* value) {
        return OptionSpec{name, value, "", "is not part of this version; leave it out.", ""};
    };
    return {"read",
            "PATH...",
            "adds files to the library and reads them; goes on where an earlier reading stopped",
            {
                {"--recursive", "", "folders too, with all folders in them", "", ""},
                {"--collection", "NAME", "put the documents into this collection", "", ""},
                {"--files-from", "FILE|-", "more paths, one per line", "", ""},
                {"--text-only", "", "text and search only, no memory", "", ""},
                {"--password-file", "FILE", "first line: the password of locked files", "", ""},
                {"--again", "", "from the start, although a memory exists", "", ""},
                {"--dry-run", "", "only list the files that would be read", "", ""},
                later("--ocr", "WHEN"),
                later("--ocr-lang", "L"),
                later("--continues", "DOC"),
                later("--shard", "I/N"),
                later("--no-card", ""),
                later("--card", ""),
            },
            {},
            run,
            ""};
}

} // namespace app::cli
