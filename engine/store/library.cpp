#include "engine/store/library.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/store/library_impl.h"
#include "engine/store/schema.h"
#include "engine/utc_time.h"

namespace engine::store {

namespace {

namespace fs = std::filesystem;

} // namespace

void throwForFile(const std::string& path, int systemError) {
    switch (systemError) {
    case EACCES:
    case EPERM:
    case EROFS:
        throw Error{Code::ReadOnly, path +
                                        ": the library cannot be written; allow writing there or "
                                        "choose another place with --library"};
    case ENOSPC:
    case EDQUOT:
        throw Error{Code::DiskFull,
                    path + ": the disk is full; nothing is lost, make room and try again"};
    default:
        throw Error{Code::BadLibrary, path + ": the library cannot be opened (" +
                                          std::strerror(systemError) +
                                          "); choose another place with --library"};
    }
}

bool lockWithin(int file, const std::string& path, std::chrono::duration<double> patience) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + patience;
    while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            throwForFile(path, errno);
        }
        if (Clock::now() >= deadline) {
            return false;
        }
        // flock has no time limit of its own.
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

namespace {

/// A lock on the folder itself: two programs that make or migrate the same library at once do so
/// one after the other.
class FolderLock {
public:
    /// Waits for a program that has it; throws LibraryBusy when that takes longer.
    FolderLock(const std::string& folder, std::chrono::milliseconds patience)
        : FolderLock(folder) { // which makes the destructor close what cannot be locked
        if (!lockWithin(m_fd, folder, patience)) {
            throw Error{Code::LibraryBusy,
                        folder + ": another program is opening this library; try again when it is "
                                 "done"};
        }
    }
    ~FolderLock() { ::close(m_fd); }
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    explicit FolderLock(const std::string& folder)
        : m_fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        if (m_fd < 0) {
            throwForFile(folder, errno);
        }
    }

    int m_fd;
};

/// Opening a FIFO would wait for its other end, so anything but a file is refused first.
void refuseOtherThanFile(const std::string& path) {
    std::error_code ignored;
    const fs::file_status status = fs::status(path, ignored);
    if (fs::exists(status) && !fs::is_regular_file(status)) {
        throw Error{Code::BadLibrary,
                    path + ": this is not a file; choose another place with --library"};
    }
}

Database openForWriting(const std::string& folder, const std::string& path,
                        std::chrono::milliseconds patience) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        throwForFile(folder, error.value());
    }
    refuseOtherThanFile(path);
    const FolderLock lock(folder, patience);
    // SQLite reports a read-only file system in words that do not say so.
    if (::access(folder.c_str(), W_OK) != 0) {
        throwForFile(folder, errno);
    }
    Database database = Database::open(path, Database::Mode::Create);
    // SQLite falls back to reading when the file or its folder may not be written, and says so only
    // here.
    if (database.isReadOnly() || ::access(folder.c_str(), W_OK) != 0) {
        throwForFile(path, EACCES);
    }
    // A file that is not ours or newer must be left as it is, so it is looked at before any setting
    // is written into it.
    if (versionOf(database, schemaSteps()) == 0) {
        database.run("PRAGMA auto_vacuum=INCREMENTAL");
    }
    if (database.string("PRAGMA journal_mode=WAL") != "wal") {
        throw Error{Code::BadLibrary, path +
                                          ": this file system has no shared memory for the "
                                          "library's journal; choose a local disk with --library"};
    }
    migrate(database, schemaSteps());
    return database;
}

Database openForReading(const std::string& path) {
    refuseOtherThanFile(path);
    if (!fs::exists(path)) {
        throw Error{Code::BadLibrary,
                    path + ": there is no library here; read a document first, or choose another "
                           "place with --library"};
    }
    try {
        Database database = Database::open(path, Database::Mode::ReadOnly);
        checkVersion(database, schemaSteps());
        return database;
    } catch (const Error&) {
        // A journal needs a file beside the library even for readers. Where none can be made and
        // none lies, nobody can be writing, and the file alone is the whole library.
        std::error_code none;
        const std::string folder = fs::path(path).parent_path().string();
        const std::string journal = path + "-wal";
        if (::access(path.c_str(), R_OK) != 0 || ::access(folder.c_str(), W_OK) == 0) {
            throw;
        }
        if (fs::exists(journal, none) && fs::file_size(journal, none) > 0) {
            throw Error{Code::ReadOnly,
                        path +
                            ": the library was not closed and its journal cannot be put in order "
                            "here; copy the folder to where it can be written"};
        }
    }
    Database database = Database::open(path, Database::Mode::Immutable);
    checkVersion(database, schemaSteps());
    return database;
}

} // namespace

Library::Library(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Library::~Library() = default;

std::unique_ptr<Library> Library::open(const std::string& folder, Access access,
                                       std::chrono::milliseconds patience) {
    const std::string path = (fs::path(folder) / "library.db").string();
    Database database =
        access == Access::ReadWrite ? openForWriting(folder, path, patience) : openForReading(path);
    std::unique_ptr<Library> library(
        new Library(std::make_unique<Impl>(folder, patience, std::move(database))));
    library->setPatience(patience);
    return library;
}

void Library::setPatience(std::chrono::milliseconds patience) {
    m_impl->patience = patience;
    m_impl->database.setPatience(patience);
}

void Library::Impl::requireWritable() const {
    if (database.isReadOnly()) {
        throwForFile(folder, EROFS);
    }
}

std::unique_ptr<Library::WriterLock> Library::lockForReading(double waitSeconds) {
    m_impl->requireWritable();
    const std::string path = (fs::path(m_impl->folder) / "library.lock").string();
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        throwForFile(path, errno);
    }
    auto lock = std::make_unique<WriterLock>(fd); // closes fd on every way out
    if (!lockWithin(fd, path, std::chrono::duration<double>(waitSeconds))) {
        char holder[32] = {};
        const ssize_t got = ::pread(fd, holder, sizeof holder - 1, 0);
        throw Error{Code::LibraryBusy, m_impl->folder + ": process " +
                                           std::string(holder, got > 0 ? got : 0) +
                                           " is reading books into this library; wait for it "
                                           "(--wait SECONDS) or stop it"};
    }
    const std::string pid = std::to_string(::getpid());
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
        throwForFile(path, errno);
    }
    return lock;
}

Library::WriterLock::~WriterLock() {
    ::close(m_fd);
}

void Library::backup(const std::string& path) const {
    std::error_code ignored;
    const auto refuse = [&path](const std::string& why) {
        return Error{Code::CannotWrite, path + ": " + why};
    };
    if (fs::exists(fs::symlink_status(path, ignored))) {
        throw refuse("the file exists already; choose another name for the backup");
    }
    const std::string part = path + ".part";
    fs::remove(part, ignored);
    try {
        m_impl->database.prepare("VACUUM INTO ?1").bind(1, part).run();
        const Database copy = Database::open(part, Database::Mode::ReadOnly);
        if (copy.string("PRAGMA integrity_check(1)") != "ok") {
            throw refuse("the copy is damaged; check the disk and try again");
        }
    } catch (const Error& error) {
        fs::remove(part, ignored);
        if (error.code() == Code::BadLibrary && !fs::is_directory(fs::path(path).parent_path())) {
            throw refuse("the folder for the backup is not there; choose another place");
        }
        throw;
    }
    fs::rename(part, path, ignored);
    if (ignored) {
        throw refuse("the backup cannot be given its name (" + ignored.message() + ")");
    }
}

std::string timestamp(std::string_view given) {
    if (!given.empty()) {
        return std::string(given);
    }
    return utcTime();
}

} // namespace engine::store
