#include "app/cli/cli.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <optional>
#include <ostream>
#include <variant>

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/text.h"
#include "app/paths.h"

namespace app::cli {
namespace {

namespace fs = std::filesystem;
using engine::Code;
using engine::Error;

constexpr int kBug = 70;

std::string screen() {
    std::string text = "infolio-cli [COMMON] COMMAND [OPTIONS] [--] ARGS\n\nCommands\n";
    for (const Command& command : commands()) {
        if (!command.refusal.empty())
            continue;
        std::string left = "  " + command.name + " " + command.arguments;
        left.resize(std::max<std::size_t>(left.size() + 2, 26), ' ');
        text += left + command.summary + "\n";
    }
    return text + "\nDOC is an id (4 digits or more), a path or a title. PAGE is 212, xii, "
                  "index:240, loc:37, chapter:7 or "
                  "offset:123456.\ninfolio-cli COMMAND -h tells the options of one command, "
                  "infolio-cli --help all of them.\n";
}

std::string everything() {
    std::string text = screen() + "\nCommon options\n" + optionLines(commonOptionSpecs());
    for (const Command& command : commands()) {
        if (command.refusal.empty())
            text += "\n" + helpText(command, nullptr);
    }
    return text;
}

/// A library of its own for a question about the machine, so that asking for the version touches
/// nobody's books.
class ScratchLibrary {
public:
    ScratchLibrary() {
        std::string name = (fs::temp_directory_path() / "infolio-XXXXXX").string();
        if (!mkdtemp(name.data()))
            throw Error(Code::CannotWrite,
                        name + ": no folder for temporary files can be made there; set TMPDIR.");
        m_path = name;
    }
    ~ScratchLibrary() {
        std::error_code ignored;
        fs::remove_all(m_path, ignored);
    }
    ScratchLibrary(const ScratchLibrary&) = delete;
    ScratchLibrary& operator=(const ScratchLibrary&) = delete;
    [[nodiscard]] const std::string& path() const { return m_path; }

private:
    std::string m_path;
};

int printVersion(Environment& environment, const CommonOptions& options, Output& output) {
    if (!options.verbose) {
        output.version(INFOLIO_VERSION, nullptr, {}, "");
        return 0;
    }
    const ScratchLibrary scratch;
    engine::Options wanted = options.engine;
    wanted.libraryPath = scratch.path();
    std::optional<engine::DeviceInfo> device;
    try {
        const auto engine = environment.openEngine(wanted);
        engine
            ->device([&](const engine::Event& event) {
                if (const auto* found = std::get_if<engine::DeviceInfo>(&event))
                    device = *found;
            })
            .wait();
        const engine::ModelInfo model = engine->model();
        output.version(INFOLIO_VERSION, &model,
                       engine::DeviceInfo{model.device, model.deviceReason}, "");
        return 0;
    } catch (const Error& error) {
        output.version(INFOLIO_VERSION, nullptr, device, error.what());
        return error.code() == Code::NoModel ? 0 : engine::exitStatus(error.code());
    }
}

int dispatch(Environment& environment, const Invocation& invocation, const CommonOptions& options,
             Output& output) {
    const Arguments& arguments = invocation.arguments;
    const Command* command = invocation.command;
    if (arguments.has("-h") || arguments.has("--help")) {
        output.plain(command                   ? helpText(*command, invocation.parent)
                     : arguments.has("--help") ? everything()
                                               : screen());
        return 0;
    }
    if (arguments.has("--version"))
        return printVersion(environment, options, output);
    if (!command)
        throw Error(Code::WrongUse, "No command was given; infolio-cli -h lists them.");
    if (!command->run) {
        std::string names;
        for (const Command& action : command->actions) {
            if (action.refusal.empty())
                names += (names.empty() ? "" : ", ") + action.name;
        }
        throw Error(Code::WrongUse, command->name + " needs an action: " + names + ".");
    }
    Context context(environment, arguments, options, output);
    return command->run(context);
}

/// Leaves what is known about a bug where it can be sent from; no text of a document or question
/// goes there.
std::string traceBug(const std::string& what) {
    std::error_code error;
    const fs::path folder = stateFolder();
    fs::create_directories(folder, error);
    const fs::path path = folder / "trace.log";
    std::ofstream file(path, std::ios::app);
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    file << now << " infolio-cli " << INFOLIO_VERSION << ": " << what << std::endl;
    return file ? "; noted in " + path.string() : std::string();
}

/// Runs `work` and turns what it throws into an error record and an exit status.
template <typename Work> int guarded(Output& output, const Work& work) {
    try {
        return work();
    } catch (const Error& error) {
        output.error(error.code(), error.what(), "");
        return engine::exitStatus(error.code());
    } catch (const std::bad_alloc&) {
        output.error(Code::NoMemory,
                     "There is not enough memory; close other programs and try again.", "");
        return engine::exitStatus(Code::NoMemory);
    } catch (const std::exception& error) {
        output.error(Code::Internal,
                     std::string("Something in Infolio itself went wrong: ") + error.what() +
                         traceBug(error.what()) + ".",
                     "");
        return kBug;
    }
}

/// The status of a run that a signal or a vanished reader of its output may have ended.
int finalStatus(const Environment& environment, const Output& output, int status) {
    if (const int signal = environment.interrupt.signal(); signal != 0)
        return 128 + signal;
    if (output.isPipeClosed())
        return 0;
    if (output.isBroken()) {
        environment.err << "infolio-cli: Standard output cannot be written; is the disk full?"
                        << std::endl;
        return engine::exitStatus(Code::DiskFull);
    }
    return status;
}

bool wantsJson(const std::vector<std::string>& words) {
    const auto end = std::find(words.begin(), words.end(), "--");
    return std::find(words.begin(), end, "--json") != end;
}

} // namespace

const std::vector<Command>& commands() {
    static const std::vector<Command> all = {readCommand(),     askCommand(),    summarizeCommand(),
                                             searchCommand(),   exportCommand(), libraryCommand(),
                                             evaluateCommand(), adaptCommand()};
    return all;
}

int run(const std::vector<std::string>& words, Environment& environment) {
    const Streams streams{environment.out, environment.err, environment.columns,
                          environment.terminals.out ? environment.columns : 0};
    const auto onGone = [&] { environment.interrupt.notify(Interrupt::Wake::OutputGone); };
    // Until the words are understood, all that is known about the output is whether it is JSON.
    CommonOptions options;
    options.json = wantsJson(words);
    Invocation invocation;
    {
        Output early(streams, options, onGone);
        const int status = guarded(early, [&] {
            invocation = parse(words, commonOptionSpecs(), commands());
            options = commonOptions(invocation.arguments, environment.terminals,
                                    environment.readerProgram);
            return 0;
        });
        if (status != 0) {
            early.done(status);
            return finalStatus(environment, early, status);
        }
    }
    Output output(streams, options, onGone);
    const int status = finalStatus(environment, output, guarded(output, [&] {
                                       return dispatch(environment, invocation, options, output);
                                   }));
    output.done(status);
    return status;
}

} // namespace app::cli
