#pragma once
/// The options that every command takes, and what the values of all options mean. Everything is
/// checked before any work starts; a bad value is WrongUse with a sentence that names the option,
/// or the variable it came from.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/arguments.h"
#include "engine/engine.h"

namespace app::cli {

enum class ProgressStyle { Line, Plain, Never };

/// Words on the command line or in the environment that concern the program, not one command.
struct CommonOptions {
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    bool yes = false;
    bool force = false;
    bool color = false;
    ProgressStyle progress = ProgressStyle::Plain;
    std::optional<std::uint64_t> seed;
    engine::Options engine;
};

const std::vector<OptionSpec>& commonOptionSpecs();

struct Terminals {
    bool out = false;
    bool err = false;
    bool in = false;
};

/// Throws WrongUse, NoModel (a named model file that is not there) or BadWeights.
CommonOptions commonOptions(const Arguments& arguments, const Terminals& terminals,
                            const std::string& readerProgram);

/// The whole number of option `name`, or nothing when it was not given.
std::optional<std::int64_t> wholeNumber(const Arguments& arguments, const std::string& name,
                                        std::int64_t least, std::int64_t most);

/// One of `words`, as its position, or nothing when the option was not given. Words that exist but
/// are for later are in `later` and are refused by name.
std::optional<int> oneOf(const Arguments& arguments, const std::string& name,
                         const std::vector<std::string>& words,
                         const std::vector<std::string>& later = {});

/// `212`, `xii`, `index:240`, `loc:37`, `chapter:7`, `offset:123456`: the form alone; whether the
/// document has the place is the engine's matter.
engine::PageSpec pageSpec(const std::string& source, const std::string& value);
std::optional<engine::PageSpec> pageOption(const Arguments& arguments, const std::string& name);

/// --format of a written result: md, html, docx, odt, txt or json.
std::optional<std::string> exportFormat(const Arguments& arguments);
/// A result in this format is bytes and no text.
bool isBinaryFormat(const std::string& format);

} // namespace app::cli
