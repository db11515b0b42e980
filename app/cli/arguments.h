#pragma once
/// What commands and options exist, as tables, and how a command line is taken apart by them. Words
/// only: what a value means is the command's matter.

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace app::cli {

class Context;

struct OptionSpec {
    std::string name;  ///< "--limit" or "-o"
    std::string value; ///< name of its value in the help, "N"; empty: a flag
    std::string help;  ///< one line
    std::string
        refusal; ///< when set, the option is known but refused: the end of a sentence about it
    std::string
        environment; ///< variable that gives the value when the option does not; empty: none
};

struct Command {
    std::string name;
    std::string arguments; ///< as in the usage line, "DOC... QUESTION"
    std::string summary;   ///< one line
    std::vector<OptionSpec> options;
    std::vector<Command> actions; ///< of a command that has its own commands; `run` is then unused
    int (*run)(Context&) = nullptr;
    std::string
        refusal; ///< when set, the command is known but refused: the end of a sentence about it
    std::vector<std::string> details = {}; ///< further lines of its own help
};

/// The words of one command line, already attributed.
class Arguments {
public:
    std::vector<std::string> positionals;
    std::map<std::string, std::string> options; ///< by option name; flags have an empty value
    std::map<std::string, std::string>
        environment; ///< the same for values that came from the environment

    [[nodiscard]] bool has(const std::string& name) const;
    [[nodiscard]] std::optional<std::string>
    value(const std::string& name) const; ///< option, else environment
    /// The name under which a person gave the value: the option, or the environment variable.
    [[nodiscard]] std::string source(const std::string& name) const;

    std::map<std::string, std::string> variables; ///< option name → environment variable
};

struct Invocation {
    const Command* command = nullptr; ///< null: none was named
    const Command* parent = nullptr;  ///< set when `command` is an action
    Arguments arguments;
};

/// Takes a command line apart; words exclude the program's name. Throws WrongUse with one sentence,
/// naming the nearest known word, for an unknown, refused or incomplete option or command.
Invocation parse(const std::vector<std::string>& words, const std::vector<OptionSpec>& common,
                 const std::vector<Command>& commands);

/// Usage, one line per option; refused ones are not shown.
std::string helpText(const Command& command, const Command* parent);
std::string optionLines(const std::vector<OptionSpec>& options);

} // namespace app::cli
