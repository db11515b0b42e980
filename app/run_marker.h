#pragma once
/// Leaves word of a run that does not end by itself. A marker says what the program was doing; a
/// handler for fatal signals adds a report: signal, build and addresses, no text and no path of a
/// person's. The next start takes both. One run per process; nothing is sent anywhere.

#include <filesystem>
#include <optional>
#include <string>

namespace app {

/// What the program was at.
enum class Doing { Nothing, Reading, Writing };

/// A run before this one that did not end by itself.
struct LostRun {
    Doing doing = Doing::Nothing;
    std::optional<std::filesystem::path> report; ///< none: it was killed, or the power failed
};

/// Takes what earlier runs left in `folder`, which is created, and marks this one. A run that goes
/// on is not taken. Of several the latest is told; its report replaces the one told before. From
/// here on fatal signals write a report, and signals that ask the program to end take the marker
/// away. Does without where the folder cannot be written.
std::optional<LostRun> beginRun(const std::filesystem::path& folder, const std::string& version);

/// One small write. Any thread.
void markDoing(Doing doing);

/// The addresses of libraries that were loaded since, for the report. May allocate: not for
/// signal handlers.
void noteModules();

/// The run ends by itself: nothing is left. Called at exit, too.
void endRun();

} // namespace app
