#pragma once
/// Where things of this program lie on this machine: the XDG folders, the model, the reader
/// program. Looks, creates nothing. Any thread.

#include <filesystem>
#include <optional>
#include <string>

namespace app {

/// Infolio's own folders, `…/infolio`; relative XDG values are ignored, as the XDG specification
/// asks.
std::filesystem::path dataFolder();
std::filesystem::path cacheFolder();
std::filesystem::path stateFolder();

/// The library used when nobody names one.
std::filesystem::path defaultLibrary();

/// The running program's own file.
std::filesystem::path programFile();

/// The model that setup brings, or else the first GGUF file by name, in: the data folder's
/// `models`, the cache folder's `models`, ../share/infolio/models from the folder of `program`, or
/// where it is installed. None is no error: search and evidence work without one.
std::optional<std::filesystem::path> findModel(const std::filesystem::path& program);

/// The adapter that was trained for that model: adapters/smollm2-135m-instruct.safetensors in
/// ../share/infolio from the folder of `program`, or where it is installed.
std::optional<std::filesystem::path> findAdapter(const std::filesystem::path& program);

/// infolio-reader: beside `program`, in ../libexec/infolio from there, or on PATH; empty when
/// nowhere.
std::filesystem::path findReader(const std::filesystem::path& program);

/// The user manual, which is the sample book: ../share/infolio/infolio-manual.pdf from the folder
/// of `program`, or where it is installed. None when it was not built.
std::optional<std::filesystem::path> findSampleBook(const std::filesystem::path& program);

} // namespace app
