#pragma once
/// infolio-cli without its main(): a command line and the world around it in, an exit status out.

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/interrupt.h"
#include "app/cli/options.h"
#include "engine/engine.h"

namespace app::cli {

/// The world around one run. Everything in it outlives the run.
struct Environment {
    std::ostream& out;
    std::ostream& err;
    std::istream& in;
    Interrupt& interrupt;
    Terminals terminals = {};
    int columns = 80;
    std::string readerProgram = {}; ///< infolio-reader; empty when it was not found
    std::function<std::unique_ptr<engine::Engine>(const engine::Options&)> openEngine = {};
};

/// Runs one command line; words exclude the program's name. Never throws. The exit status is that
/// of product.md, section 8.
int run(const std::vector<std::string>& words, Environment& environment);

} // namespace app::cli
