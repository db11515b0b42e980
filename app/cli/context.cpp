#include "app/cli/context.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>

#include "app/cli/output_file.h"
#include "app/cli/text.h"

namespace app::cli {
namespace {

using engine::Code;
using engine::Error;

std::vector<std::string> linesOf(std::istream& in) {
    std::vector<std::string> result;
    for (std::string line; std::getline(in, line);) {
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        if (!line.empty())
            result.push_back(line);
    }
    return result;
}

} // namespace

engine::Engine& Context::engine() {
    if (m_engine)
        return *m_engine;
    try {
        m_engine = m_environment.openEngine(m_options.engine);
    } catch (const Error& error) {
        if (error.code() != Code::ReadOnly)
            throw;
        // What cannot be written can still be searched and asked; a request that writes says no.
        engine::Options options = m_options.engine;
        options.readOnly = true;
        m_engine = m_environment.openEngine(options);
        m_isReadOnly = true;
        m_output.notice("The library cannot be written here; it is open for reading only.");
    }
    return *m_engine;
}

std::vector<engine::Failed> Context::carryOut(const Start& start, const OnEvent& onEvent,
                                              const std::string& kept) {
    if (isInterrupted())
        return {};
    std::vector<engine::Failed> failures;
    Interrupt& interrupt = m_environment.interrupt;
    engine::Task task = start([&](const engine::Event& event) {
        if (const auto* progress = std::get_if<engine::Progress>(&event))
            m_output.progress(*progress);
        if (const auto* notice = std::get_if<engine::Notice>(&event))
            m_output.notice(notice->utf8);
        if (const auto* failed = std::get_if<engine::Failed>(&event)) {
            m_output.error(failed->code, failed->message, failed->where);
            failures.push_back(*failed);
        }
        onEvent(event);
        if (std::holds_alternative<engine::Done>(event))
            interrupt.notify(Interrupt::Wake::Done);
    });
    while (true) {
        const Interrupt::Wake wake = interrupt.wait();
        if (wake == Interrupt::Wake::Done)
            break;
        task.cancel();
        if (wake == Interrupt::Wake::Signal)
            m_output.notice("Stopping at the end of this step" + (kept.empty() ? "" : "; " + kept) +
                            ". Once more ends at once.");
    }
    task.wait();
    return failures;
}

engine::DocumentInfo Context::document(const std::string& spec) {
    try {
        return engine().find(spec);
    } catch (const Error& error) {
        if (error.code() != Code::NotInLibrary)
            throw;
        std::error_code ignored;
        const std::string path =
            std::filesystem::exists(spec, ignored) ? shellQuoted(spec) : "PATH";
        throw Error(Code::NotInLibrary,
                    "'" + escaped(spec, Lines::Join) +
                        "' is not in the library; read it first: infolio-cli read " + path);
    }
}

std::vector<engine::DocumentInfo> Context::documents(const std::vector<std::string>& specs) {
    std::vector<engine::DocumentInfo> result;
    const auto add = [&](const engine::DocumentInfo& info) {
        const auto isSame = [&](const engine::DocumentInfo& other) { return other.id == info.id; };
        if (std::none_of(result.begin(), result.end(), isSame))
            result.push_back(info);
    };
    for (const std::string& spec : specs)
        add(document(spec));
    if (const auto name = m_arguments.value("--collection")) {
        const auto members = engine().collection(*name);
        if (members.empty())
            throw Error(Code::WrongUse,
                        "No document is in a collection named '" + escaped(*name, Lines::Join) +
                            "'; infolio-cli library collection list names them all.");
        for (const engine::DocumentInfo& info : members)
            add(info);
    }
    return result;
}

const std::vector<std::string>& Context::words(std::size_t least, std::size_t most,
                                               const std::string& usage) const {
    const std::size_t count = m_arguments.positionals.size();
    if (count < least || count > most)
        throw Error(Code::WrongUse,
                    std::string(count < least ? "Something is missing" : "That is too much") +
                        "; the form is: infolio-cli " + usage);
    return m_arguments.positionals;
}

std::string Context::outputTarget(const std::string& format) const {
    const auto path = m_arguments.value("-o");
    if (path && *path != "-") {
        checkOutputFile(*path, m_options.force);
        return *path;
    }
    const bool isUnasked = m_environment.terminals.out && !path;
    if (isBinaryFormat(format) && (isUnasked || m_output.isJson()))
        throw Error(Code::WrongUse, "A " + format + " file is not text for " +
                                        (m_output.isJson() ? "JSON lines" : "a terminal") +
                                        "; name the file with -o FILE.");
    return "-";
}

std::vector<std::string> Context::lines(const std::string& option, const std::string& path) {
    if (path == "-") {
        if (m_environment.terminals.in)
            throw Error(
                Code::WrongUse,
                option +
                    " - reads standard input, which is a terminal; name a file or use a pipe.");
        return linesOf(m_environment.in);
    }
    std::error_code ignored;
    std::ifstream file(path);
    if (!file || std::filesystem::is_directory(path, ignored))
        throw Error(Code::WrongUse, option + ": the file '" + escaped(path, Lines::Join) +
                                        "' cannot be read; check its name and rights.");
    return linesOf(file);
}

int gravest(const std::vector<engine::Failed>& failures) {
    int status = 0;
    for (const engine::Failed& failed : failures)
        status = std::max(status, engine::exitStatus(failed.code));
    return status;
}

std::vector<engine::DocumentId> ids(const std::vector<engine::DocumentInfo>& documents) {
    std::vector<engine::DocumentId> result;
    for (const engine::DocumentInfo& info : documents)
        result.push_back(info.id);
    return result;
}

} // namespace app::cli
