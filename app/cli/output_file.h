#pragma once
/// A result as a file: written aside and renamed, so that nobody ever sees half of it and a failure
/// leaves the old one.

#include <string>

namespace app::cli {

/// Whether a result may be written there, before the work for it starts. Throws CannotWrite: the
/// file exists and `replace` is off, is no regular file, or its folder is missing or not writable.
void checkOutputFile(const std::string& path, bool replace);

/// Throws CannotWrite and DiskFull; then nothing has changed at `path`.
void writeOutputFile(const std::string& path, const std::string& content, bool replace);

} // namespace app::cli
