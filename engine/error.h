#pragma once
/// The one exception of the engine, its codes, and what each code means to a caller. Includes only
/// std.

#include <stdexcept>
#include <string>
#include <string_view>

namespace engine {

/// What went wrong, as far as a caller can act on it. The names are part of the JSON output: add,
/// never rename.
enum class Code {
    WrongUse,  ///< a request that cannot mean anything: empty question, page outside the document
    Ambiguous, ///< a name that fits several documents
    NotInLibrary, ///< a document that was not read yet, was deleted meanwhile, or is in the Trash
    Unsupported,  ///< a kind of file that Infolio does not read
    NotAFile,     ///< a directory, FIFO, socket or device where a file is needed
    Locked,       ///< needs a password, or another one
    Protected,    ///< DRM
    BadFile,      ///< damaged
    TooBig,       ///< unpacks to more than the limits of documents.md
    NoText,       ///< opens, but has no text
    FileMissing,  ///< not where it was, or not readable
    FileChanged,  ///< changed while it was read, or since
    ReaderFailed, ///< infolio-reader is missing or cannot start
    BadWeights,   ///< model or adapter file damaged, unsupported or of another base
    NoModel,      ///< no model file at hand
    BadSnapshot,  ///< a stored memory that must not be used; leads to reading again
    DoesNotFit,   ///< question and evidence exceed the model's window
    LibraryBusy,  ///< another process reads books into this library, purges it or writes to it
    BadLibrary,   ///< not a library, or damaged
    Newer,        ///< made by a newer Infolio
    ReadOnly,     ///< the library cannot be written
    DiskFull,     ///< nothing is lost; reading can go on later
    NoMemory,     ///< the memory budget does not fit this machine
    NoDevice,     ///< the demanded device is absent
    CannotWrite,  ///< an output file that cannot be written, or exists
    CheckFailed,  ///< verify found a difference
    Internal,     ///< a bug
};

/// The name of a code as printed in JSON, for example "BadFile".
std::string_view name(Code code);

/// The exit status of infolio-cli for a failure with this code (product.md, section 8).
int exitStatus(Code code);

/// A failure inside the engine. `what()` is one sentence for a person: what, where, and what to do.
class Error : public std::runtime_error {
public:
    Error(Code code, const std::string& message) : std::runtime_error(message), m_code(code) {}

    [[nodiscard]] Code code() const { return m_code; }

private:
    Code m_code;
};

} // namespace engine
