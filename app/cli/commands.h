#pragma once
/// The commands, one file each.

#include <vector>

#include "app/cli/arguments.h"

namespace app::cli {

Command readCommand();
Command askCommand();
Command summarizeCommand();
Command searchCommand();
Command exportCommand();
Command libraryCommand();
Command evaluateCommand();
Command adaptCommand();

/// In the order of the help; the known ones that this version refuses too.
const std::vector<Command>& commands();

} // namespace app::cli
