#pragma once
/// The tables of library.db and the numbered steps that lead from any older version to the present
/// one.

#include <span>
#include <string>
#include <string_view>

#include "engine/store/database.h"

namespace engine::store {

/// Marks a file as a library: "Infl".
inline constexpr int kApplicationId = 0x496E666C;

/// Step i leads from version i to i + 1. Append only: files of every past version exist.
std::span<const std::string_view> schemaSteps();

/// Brings a writable file to the version after the last step, each step in a transaction of its
/// own. A file that has tables is first copied to `copyPath(file, version)`. Throws what
/// `versionOf` throws.
void migrate(const Database& database, std::span<const std::string_view> steps);

/// The version of a file, 0 when it is empty. Throws BadLibrary when it is another program's, Newer
/// when it has a later version than the last step leads to.
std::int64_t versionOf(const Database& database, std::span<const std::string_view> steps);

/// For a file that cannot be changed: an older version gives ReadOnly.
void checkVersion(const Database& database, std::span<const std::string_view> steps);

/// Where the copy made before migrating from `version` lies.
std::string copyPath(const std::string& databasePath, std::int64_t version);

} // namespace engine::store
