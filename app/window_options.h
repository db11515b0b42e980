#pragma once
/// What the window's engine is opened with: what the environment says, else what was set in the
/// window, else what is found. GUI thread only.

#include "engine/engine.h"
#include "ui/settings.h"

namespace app {

/// `former` are the settings with which this run opened its first window, null for that window
/// itself. A later one is opened for a library that was chosen in the window, and what was chosen
/// there since counts more than the environment. Throws WrongUse for a variable that has no
/// sensible value, naming it.
engine::Options windowOptions(const ui::Settings& settings, const ui::Settings* former);

} // namespace app
