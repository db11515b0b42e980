#pragma once
/// The engine's side of infolio-reader: starts the sandboxed process, reads a whole file through
/// it, survives its crashes, hangs and lies. Treats the process as hostile: a bad frame ends it.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "engine/document/raw.h"

namespace engine::document {

struct ReaderOptions {
    std::string program;                 ///< path of infolio-reader
    std::optional<std::string> password; ///< tried as UTF-8, then as Latin-1
    int pageCpuSeconds = 20;             ///< watchdog: CPU time of the worker on one page
    int pageWallSeconds = 120;
    int maxRestarts = 50;
    int recyclePages = 500; ///< a fresh process after so many pages
    std::size_t maxBytes = std::size_t{1}
                           << 30; ///< of text and boxes in all; a file that gives more is TooBig
};

/// Called after every page or section; return false to stop (the result then holds what was read).
using ReaderProgress = std::function<bool(int done, int total)>;

/// Reads the file behind `path` (regular files only). Pages that crash or hang the reader come back
/// as Failed with a reason; the others are read. Call from one thread at a time: the worker dies
/// with the thread that spawned it.
///
/// Throws Unsupported, NotAFile, Locked, Protected, BadFile, TooBig, FileMissing, FileChanged,
/// ReaderFailed.
RawDocument readFile(const std::string& path, const ReaderOptions& options,
                     const ReaderProgress& progress);

/// Versions of the reader, Poppler and the sandbox state, for --version -v and the documents table.
std::string readerVersion(const std::string& program);

} // namespace engine::document
