#include "app/cli/arguments.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>

#include "app/cli/suggest.h"
#include "app/cli/text.h"
#include "engine/error.h"

namespace app::cli {
namespace {

using engine::Code;
using engine::Error;

// CLI11 takes "[a,b]" in a list of words for a list of its own and splits it; a question or file
// may look like that. A byte in front hides the bracket from it, and is taken off again.
constexpr char kGuard = '\x01';

std::string guarded(const std::string& word) {
    return !word.empty() && (word.front() == '[' || word.front() == kGuard) ? kGuard + word : word;
}

std::string unguarded(const std::string& word) {
    return !word.empty() && word.front() == kGuard ? word.substr(1) : word;
}

/// One command of ours beside its CLI11 parser.
struct Node {
    const Command* command;
    const Command* parent;
    CLI::App* app;
    std::map<std::string, CLI::Option*> options;
    std::vector<std::string> positionals;
};

void addOptions(CLI::App& app, const std::vector<OptionSpec>& specs,
                std::map<std::string, CLI::Option*>& options) {
    for (const OptionSpec& spec : specs) {
        CLI::Option* option = spec.value.empty()
                                  ? app.add_flag(spec.name)
                                  : app.add_option(spec.name)->expected(1)->type_size(1);
        options[spec.name] = option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
}

std::unique_ptr<Node> addCommand(CLI::App& parentApp, const Command& command,
                                 const Command* parent) {
    auto node = std::make_unique<Node>();
    node->command = &command;
    node->parent = parent;
    node->app = parentApp.add_subcommand(command.name);
    node->app->fallthrough();
    addOptions(*node->app, command.options, node->options);
    if (command.actions.empty())
        node->app->add_option("ARGS", node->positionals);
    else
        node->app->require_subcommand(0, 1);
    return node;
}

std::vector<std::string> names(const std::vector<OptionSpec>& specs) {
    std::vector<std::string> result;
    for (const OptionSpec& spec : specs) {
        if (spec.refusal.empty())
            result.push_back(spec.name);
    }
    return result;
}

std::vector<std::string> names(const std::vector<Command>& commands) {
    std::vector<std::string> result;
    for (const Command& command : commands) {
        if (command.refusal.empty())
            result.push_back(command.name);
    }
    return result;
}

[[noreturn]] void failUnknown(const std::string& what, const std::string& word,
                              const std::vector<std::string>& known) {
    const std::string near = nearest(word, known);
    throw Error(Code::WrongUse, "Unknown " + what + " '" + escaped(word, Lines::Join) + "'" +
                                    (near.empty() ? "; infolio-cli --help lists all."
                                                  : "; did you mean '" + near + "'?"));
}

void checkLeftOvers(const CLI::App& app, const Node* node, const std::vector<OptionSpec>& common,
                    const std::vector<Command>& commands) {
    const std::vector<std::string> left = app.remaining(true);
    if (left.empty())
        return;
    const std::string word = unguarded(left.front());
    if (word.size() < 2 || word.front() != '-') {
        if (!node)
            failUnknown("command", word, names(commands));
        failUnknown(node->command->name + " action", word, names(node->command->actions));
    }
    std::vector<std::string> known = names(common);
    if (node) {
        for (const Command* owner : {node->command, node->parent}) {
            const auto more = owner ? names(owner->options) : std::vector<std::string>();
            known.insert(known.end(), more.begin(), more.end());
        }
    }
    failUnknown("option", word.substr(0, word.find('=')), known);
}

/// A flag, which may also be written as --flag=false.
bool isOn(const CLI::Option& option, const OptionSpec& spec) {
    try {
        return option.as<bool>();
    } catch (const CLI::ConversionError&) {
        throw Error(Code::WrongUse, spec.name + " takes no value.");
    }
}

void collect(const std::vector<OptionSpec>& specs,
             const std::map<std::string, CLI::Option*>& options,
             const std::vector<std::string>& known, Arguments& arguments) {
    for (const OptionSpec& spec : specs) {
        const CLI::Option* option = options.at(spec.name);
        if (!spec.environment.empty())
            arguments.variables[spec.name] = spec.environment;
        if (option->count() > 0 && !spec.refusal.empty())
            throw Error(Code::WrongUse, spec.name + " " + spec.refusal);
        if (option->count() > 0 && spec.value.empty()) {
            if (isOn(*option, spec))
                arguments.options[spec.name] = "";
        } else if (option->count() > 0) {
            const std::string value = unguarded(option->results().back());
            if (value.size() > 1 && std::find(known.begin(), known.end(), value) != known.end())
                throw Error(Code::WrongUse, spec.name + " needs a value (" + spec.value +
                                                "), but " + value + " follows.");
            arguments.options[spec.name] = value;
        } else if (const char* value =
                       spec.environment.empty() ? nullptr : std::getenv(spec.environment.c_str());
                   value && *value) {
            arguments.environment[spec.name] = value;
        }
    }
}

/// CLI11's own complaints, in the words of this program.
[[noreturn]] void failParse(const CLI::ParseError& error,
                            const std::vector<const OptionSpec*>& specs) {
    const std::string message = error.what();
    for (const OptionSpec* spec : specs) {
        if (message.rfind(spec->name + ":", 0) != 0)
            continue;
        if (!spec->refusal.empty())
            throw Error(Code::WrongUse, spec->name + " " + spec->refusal);
        throw Error(Code::WrongUse, spec->value.empty()
                                        ? spec->name + " takes no value."
                                        : spec->name + " needs a value: " + spec->value + ".");
    }
    throw Error(Code::WrongUse,
                "The command line cannot be understood: " + escaped(message, Lines::Join));
}

} // namespace

bool Arguments::has(const std::string& name) const {
    return options.contains(name);
}

std::optional<std::string> Arguments::value(const std::string& name) const {
    for (const auto* from : {&options, &environment}) {
        if (const auto found = from->find(name); found != from->end())
            return found->second;
    }
    return std::nullopt;
}

std::string Arguments::source(const std::string& name) const {
    return !options.contains(name) && environment.contains(name) ? variables.at(name) : name;
}

Invocation parse(const std::vector<std::string>& words, const std::vector<OptionSpec>& common,
                 const std::vector<Command>& commands) {
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    app.require_subcommand(0, 1);
    std::map<std::string, CLI::Option*> commonOptions;
    addOptions(app, common, commonOptions);
    std::vector<std::unique_ptr<Node>> nodes;
    std::vector<const OptionSpec*> specs;
    for (const OptionSpec& spec : common)
        specs.push_back(&spec);
    for (const Command& command : commands) {
        nodes.push_back(addCommand(app, command, nullptr));
        CLI::App& parentApp = *nodes.back()->app;
        for (const Command& action : command.actions)
            nodes.push_back(addCommand(parentApp, action, &command));
    }
    for (const auto& node : nodes) {
        node->app->allow_extras();
        for (const OptionSpec& spec : node->command->options)
            specs.push_back(&spec);
    }

    // What follows a lone -- is never an option. CLI11 loses sight of that inside a command.
    const auto lone = std::find(words.begin(), words.end(), "--");
    std::vector<std::string> reversed;
    for (auto word = std::make_reverse_iterator(lone); word != words.rend(); ++word)
        reversed.push_back(guarded(*word));
    std::optional<CLI::ParseError> failure;
    try {
        app.parse(reversed);
    } catch (const CLI::ParseError& error) {
        failure = error;
    }

    Node* chosen = nullptr;
    for (const auto& node : nodes) {
        if (node->app->parsed() && (!chosen || node->parent))
            chosen = node.get();
    }
    if (chosen && !chosen->command->refusal.empty())
        throw Error(Code::WrongUse, chosen->command->name + " " + chosen->command->refusal);
    if (failure)
        failParse(*failure, specs);
    checkLeftOvers(app, chosen, common, commands);

    Invocation result;
    std::vector<std::string> known;
    for (const OptionSpec* spec : specs)
        known.push_back(spec->name);
    collect(common, commonOptions, known, result.arguments);
    if (chosen) {
        result.command = chosen->command;
        result.parent = chosen->parent;
        collect(chosen->command->options, chosen->options, known, result.arguments);
        for (const std::string& word : chosen->positionals)
            result.arguments.positionals.push_back(unguarded(word));
        if (lone != words.end())
            result.arguments.positionals.insert(result.arguments.positionals.end(), lone + 1,
                                                words.end());
    }
    return result;
}

std::string optionLines(const std::vector<OptionSpec>& options) {
    constexpr std::size_t kColumn = 26;
    std::string result;
    for (const OptionSpec& spec : options) {
        if (!spec.refusal.empty())
            continue;
        std::string left = "  " + spec.name + (spec.value.empty() ? "" : " " + spec.value);
        left.resize(std::max(left.size() + 2, kColumn), ' ');
        result += left + spec.help + "\n";
    }
    return result;
}

std::string helpText(const Command& command, const Command* parent) {
    const std::string name = (parent ? parent->name + " " : std::string()) + command.name;
    std::string result = "infolio-cli [COMMON] " + name +
                         (command.options.empty() ? "" : " [OPTIONS]") +
                         (command.arguments.empty() ? "" : " " + command.arguments) + "\n  " +
                         command.summary + "\n";
    for (const std::string& line : command.details)
        result += "  " + line + "\n";
    result += optionLines(command.options);
    for (const Command& action : command.actions) {
        if (action.refusal.empty())
            result += helpText(action, &command);
    }
    return result;
}

} // namespace app::cli
