#pragma once
/// What a running command has at hand: its words, the output, the engine, and the one way to carry
/// out a request. One thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/arguments.h"
#include "app/cli/cli.h"
#include "app/cli/options.h"
#include "app/cli/output.h"
#include "engine/engine.h"

namespace app::cli {

class Context {
public:
    Context(Environment& environment, const Arguments& arguments, const CommonOptions& options,
            Output& output)
        : m_environment(environment), m_arguments(arguments), m_options(options), m_output(output) {
    }

    [[nodiscard]] const Arguments& arguments() const { return m_arguments; }
    [[nodiscard]] const CommonOptions& options() const { return m_options; }
    [[nodiscard]] Output& output() const { return m_output; }
    [[nodiscard]] Environment& environment() const { return m_environment; }
    [[nodiscard]] bool isInterrupted() const {
        return m_environment.interrupt.signal() != 0 || m_output.isBroken();
    }

    /// Opens the library at the first call.
    engine::Engine& engine();
    /// Whether the library, once opened, cannot be written.
    [[nodiscard]] bool isReadOnly() const { return m_isReadOnly; }

    using Start = std::function<engine::Task(engine::Sink)>;
    using OnEvent = std::function<void(const engine::Event&)>;
    /// Starts a request and waits for its Done; a signal cancels it. Progress, notices and failures
    /// go to the output; all other events, and those too, go to `onEvent` (worker thread). `kept`
    /// is what a person is told to be safe when the signal comes; empty: nothing yet. Returns the
    /// failures.
    std::vector<engine::Failed> carryOut(const Start& start, const OnEvent& onEvent,
                                         const std::string& kept = "what was read is kept");

    /// A DOC. Throws NotInLibrary with the `read` command to run, Ambiguous.
    engine::DocumentInfo document(const std::string& spec);
    /// Documents named by `specs` and by --collection together, each once. Throws also WrongUse for
    /// an empty collection.
    std::vector<engine::DocumentInfo> documents(const std::vector<std::string>& specs);

    /// Throws WrongUse when there are fewer or more words than these.
    const std::vector<std::string>& words(std::size_t least, std::size_t most,
                                          const std::string& usage) const;

    /// Where -o sends a result of this format; "-" is standard output. Throws WrongUse for bytes
    /// that would go to a terminal unasked or among JSON lines, and what checkOutputFile throws.
    [[nodiscard]] std::string outputTarget(const std::string& format) const;

    /// The lines of a file, or of standard input for "-". Throws FileMissing, and WrongUse when
    /// that is a terminal.
    std::vector<std::string> lines(const std::string& option, const std::string& path);

private:
    Environment& m_environment;
    const Arguments& m_arguments;
    const CommonOptions& m_options;
    Output& m_output;
    std::unique_ptr<engine::Engine> m_engine;
    bool m_isReadOnly = false;
};

/// The exit status of a request that failed so: that of the gravest failure; 0 without any.
int gravest(const std::vector<engine::Failed>& failures);

/// Reads files and reports each document; `failures` are those of files that were given up before.
/// Returns the exit status: 3 when some and 4 when all files failed.
int readFiles(Context& context, const engine::ReadRequest& request,
              std::vector<engine::Failed> failures);

/// Writes an export to what outputTarget() gave. Returns the exit status.
int exportTo(Context& context, const engine::ExportRequest& request, const std::string& path);

std::vector<engine::DocumentId> ids(const std::vector<engine::DocumentInfo>& documents);

} // namespace app::cli
